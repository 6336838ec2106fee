//! The core's words in the media's, and back.

use super::{Arrival, Voice};
use crate::av::Role;
use crate::command::{Command, CommandError};
use crate::id::LegId;
use crate::media::audio::sound::Sound;
use crate::media::device::DeviceSpec;
use crate::media::{Order, Report};
use crate::phone::Input;
use crate::phone::effect::MediaOrder;
use crate::phone::input::MediaReport;
use crate::phone::signal::Sdp;

/// Refuses a command whose device string is none. The core cannot tell.
pub(super) fn check(command: &Command) -> Result<(), CommandError> {
    if let Command::Device { which, device } = command {
        DeviceSpec::parse_for(*which, device)
            .map_err(|error| CommandError::Invalid(error.to_string()))?;
    }
    Ok(())
}

/// Returns what the media must do; `None` for a device string that was refused before.
pub(super) fn order_of(order: MediaOrder) -> Option<Order> {
    Some(match order {
        MediaOrder::Offer { leg } => Order::Offer { leg },
        MediaOrder::Answer { leg, offer } => Order::Answer {
            leg,
            offer: offer.0,
        },
        MediaOrder::Accept { leg, answer } => Order::Accept {
            leg,
            answer: answer.0,
        },
        MediaOrder::Close { leg } => Order::Close { leg },
        MediaOrder::Reoffer {
            leg,
            is_held,
            restarts_ice,
        } => Order::Reoffer {
            leg,
            is_held,
            restarts_ice,
        },
        MediaOrder::Withdraw { leg } => Order::Withdraw { leg },
        MediaOrder::Dtmf { leg, digits } => Order::Dtmf { leg, digits },
        MediaOrder::Mute(on) => Order::Mute(on),
        MediaOrder::Deafen(on) => Order::Deafen(on),
        MediaOrder::Device { which, device } => {
            let device = DeviceSpec::parse_for(which, &device).ok()?;
            match which {
                Role::Microphone => Order::Microphone(device),
                Role::Speaker => Order::Speaker(device),
            }
        }
    })
}

/// Returns the leg of an order that makes a session.
pub(super) const fn new_leg(order: &MediaOrder) -> Option<LegId> {
    match order {
        MediaOrder::Offer { leg } | MediaOrder::Answer { leg, .. } => Some(*leg),
        MediaOrder::Accept { .. }
        | MediaOrder::Reoffer { .. }
        | MediaOrder::Withdraw { .. }
        | MediaOrder::Dtmf { .. }
        | MediaOrder::Close { .. }
        | MediaOrder::Mute(_)
        | MediaOrder::Deafen(_)
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
        Report::Silent { leg } => MediaReport::Silent { leg },
        Report::Back { leg } => MediaReport::Back { leg },
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
        Report::DeviceChanged { which, name } => MediaReport::DeviceChanged {
            which,
            device: name,
        },
    };
    Arrival::Input(Input::Media(report))
}
