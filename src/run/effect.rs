//! The core's words in the media's, and back.

use super::{Arrival, Voice};
use crate::av::{Role, Shown};
use crate::command::{Command, CommandError};
use crate::id::LegId;
use crate::media::audio::sound::Sound;
use crate::media::device::{CameraSpec, DeviceSpec, Direction};
use crate::media::{Order, Report};
use crate::phone::Input;
use crate::phone::effect::MediaOrder;
use crate::phone::input::MediaReport;
use crate::phone::signal::Sdp;

/// Refuses a command whose device string is none. The core cannot tell.
pub(super) fn check(command: &Command) -> Result<(), CommandError> {
    let sound = |direction, device: &str| DeviceSpec::parse_for(direction, device).map(|_spec| ());
    let read = if let Command::Device { which, device } = command {
        match which {
            Role::Camera => device.parse::<CameraSpec>().map(|_spec| ()),
            Role::Microphone => sound(Direction::Microphone, device),
            Role::Speaker => sound(Direction::Speaker, device),
        }
    } else if let Command::RingOn { devices } = command {
        devices
            .iter()
            .try_for_each(|device| sound(Direction::Speaker, device))
    } else {
        Ok(())
    };
    read.map_err(|error| CommandError::Invalid(error.to_string()))
}

/// Returns what the media must do; `None` for a device string that was refused before.
pub(super) fn order_of(order: MediaOrder) -> Option<Order> {
    Some(match order {
        MediaOrder::Offer { leg, pictures } => Order::Offer { leg, pictures },
        MediaOrder::Answer {
            leg,
            offer,
            pictures,
        } => Order::Answer {
            leg,
            offer: offer.0,
            pictures,
        },
        MediaOrder::Prepare {
            leg,
            offer,
            pictures,
            is_early,
        } => Order::Prepare {
            leg,
            offer: offer.0,
            pictures,
            is_early,
        },
        MediaOrder::LookAhead { leg, answer } => Order::LookAhead {
            leg,
            answer: answer.0,
        },
        MediaOrder::StartOver { leg } => Order::StartOver { leg },
        MediaOrder::Accept { leg, answer } => Order::Accept {
            leg,
            answer: answer.0,
        },
        MediaOrder::Close { leg } => Order::Close { leg },
        MediaOrder::Reoffer {
            leg,
            is_held,
            pictures,
            restarts_ice,
        } => Order::Reoffer {
            leg,
            is_held,
            pictures,
            restarts_ice,
        },
        MediaOrder::Hush { leg, on } => Order::Hush { leg, on },
        MediaOrder::Withdraw { leg } => Order::Withdraw { leg },
        MediaOrder::Dtmf { leg, digits } => Order::Dtmf { leg, digits },
        // Where it goes is the station's to say.
        MediaOrder::Record { .. } => return None,
        MediaOrder::Mute(on) => Order::Mute(on),
        MediaOrder::Talk(on) => Order::Talk(on),
        MediaOrder::Gain { leg, db } => Order::Gain { leg, db },
        MediaOrder::Bridge { strangers, members } => Order::Bridge { strangers, members },
        MediaOrder::Deafen(on) => Order::Deafen(on),
        MediaOrder::Camera(on) => Order::Camera(on),
        MediaOrder::NextCamera => Order::NextCamera,
        MediaOrder::View { leg, lines } => Order::View { leg, lines },
        MediaOrder::RingOn(devices) => {
            let devices = devices.iter();
            let read = devices.map(|it| DeviceSpec::parse_for(Direction::Speaker, it).ok());
            Order::RingOn(read.collect::<Option<_>>()?)
        }
        MediaOrder::Clean { stage, on } => Order::Clean { stage, on },
        MediaOrder::Device { which, device } => {
            let sound = |direction| DeviceSpec::parse_for(direction, &device).ok();
            match which {
                Role::Microphone => Order::Microphone(sound(Direction::Microphone)?),
                Role::Speaker => Order::Speaker(sound(Direction::Speaker)?),
                Role::Camera => Order::CameraDevice(device.parse().ok()?),
            }
        }
    })
}

/// Returns how many lines of each peer's picture fit into its box, a picture being four by three.
pub(super) fn lines_of(shown: &[Shown]) -> Vec<(LegId, u16)> {
    let lines = |it: &Shown| it.height.min(it.width / 4 * 3);
    let peers = shown.iter().filter_map(|it| Some((it.leg?, lines(it))));
    peers.collect()
}

/// Returns the leg of an order that makes a session.
pub(super) const fn new_leg(order: &MediaOrder) -> Option<LegId> {
    match order {
        MediaOrder::Offer { leg, .. } | MediaOrder::Answer { leg, .. } => Some(*leg),
        MediaOrder::Accept { .. }
        | MediaOrder::Prepare { .. }
        | MediaOrder::LookAhead { .. }
        | MediaOrder::StartOver { .. }
        | MediaOrder::Reoffer { .. }
        | MediaOrder::Hush { .. }
        | MediaOrder::Withdraw { .. }
        | MediaOrder::Dtmf { .. }
        | MediaOrder::Close { .. }
        | MediaOrder::Mute(_)
        | MediaOrder::Talk(_)
        | MediaOrder::Gain { .. }
        | MediaOrder::Bridge { .. }
        | MediaOrder::Deafen(_)
        | MediaOrder::Camera(_)
        | MediaOrder::NextCamera
        | MediaOrder::View { .. }
        | MediaOrder::RingOn(_)
        | MediaOrder::Clean { .. }
        | MediaOrder::Record { .. }
        | MediaOrder::Device { .. } => None,
    }
}

pub(super) const fn lent_voice(voice: Voice, leg: LegId) -> Option<Order> {
    match voice {
        Voice::Microphone => None,
        Voice::Echo => Some(Order::Echo { leg }),
        Voice::Visitor => Some(Order::Say {
            leg,
            sound: Sound::Visitor,
        }),
    }
}

/// Returns what a report means at the door.
pub(super) fn arrival_of(report: Report) -> Arrival {
    let report = match report {
        Report::Offer { leg, sdp } => MediaReport::Offer { leg, sdp: Sdp(sdp) },
        Report::Answer { leg, sdp } => MediaReport::Answer { leg, sdp: Sdp(sdp) },
        Report::Prepared { leg, sdp } => MediaReport::Prepared { leg, sdp: Sdp(sdp) },
        Report::Failed { leg, reason } => MediaReport::Failed {
            leg,
            detail: reason,
        },
        Report::Connected { leg } => MediaReport::Connected { leg },
        Report::FirstSound { .. } => return Arrival::FirstSound,
        Report::NotAcceptable { leg, reason } => MediaReport::NotAcceptable {
            leg,
            detail: reason,
        },
        Report::Held { leg, is_held } => MediaReport::Held { leg, is_held },
        Report::Dtmf { leg, digit } => MediaReport::Dtmf { leg, digit },
        Report::Speaking { leg, on } => MediaReport::Speaking { leg, on },
        Report::Silent { leg } => MediaReport::Silent { leg },
        Report::Back { leg } => MediaReport::Back { leg },
        Report::Quality { leg, quality } => MediaReport::Quality { leg, quality },
        Report::Lost { leg } => MediaReport::Lost { leg },
        Report::Closed { leg } => MediaReport::Closed { leg },
        Report::Exception {
            which,
            exception,
            device,
            detail,
        } => MediaReport::Exception {
            which,
            exception,
            device,
            detail,
        },
        Report::DeviceChanged {
            which,
            name,
            change,
            undo,
        } => MediaReport::DeviceChanged {
            which,
            device: name,
            change,
            undo,
        },
        Report::Pictures {
            leg,
            from_peer,
            to_peer,
        } => MediaReport::Pictures {
            leg,
            from_peer,
            to_peer,
        },
        Report::Camera { on } => MediaReport::Camera { on },
        Report::CameraFacing { front, device } => MediaReport::CameraFacing { front, device },
        Report::Route { route, device } => MediaReport::Route { route, device },
        Report::Muffled(muffled) => MediaReport::Muffled(muffled),
        Report::RecordingStarted { call, path } => MediaReport::RecordingStarted {
            call,
            path: path.display().to_string(),
        },
        Report::RecordingFailed { call, reason } => MediaReport::RecordingFailed {
            call,
            detail: reason,
        },
        Report::RecordingClosed { call, n_dropped } => {
            return Arrival::RecordingClosed { call, n_dropped };
        }
        Report::Check(stage) => return Arrival::Check(stage),
    };
    Arrival::Input(Input::Media(report))
}
