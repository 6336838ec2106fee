//! Our own camera, and which pictures go where.
//!
//! [`Phone::settle_filming`] runs after each input and is the one place that says whether the
//! camera is open: where a call that is not held wants it, by our own person's wish. It also sees
//! to it that every leg's terms say the same, and that each peer knows how much of it we show.

use std::time::{Duration, Instant};

use super::Phone;
use super::call::{Call, Member, Stage};
use super::early;
use super::effect::MediaOrder;
use super::holding::is_agreed;
use super::signal::Sdp;
use super::terms::Terms;
use super::wishes::Outcome;
use crate::av::{CameraState, DeviceException, Kind, Pictures};
use crate::command::CommandError;
use crate::event::{Event, Happened};
use crate::id::LegId;

/// How often one peer is told of another size of its picture at most.
const VIEW_PAUSE: Duration = Duration::from_secs(1);
/// The sizes that are told, in lines: a little more or less is no news.
const VIEWS: [u16; 8] = [0, 90, 120, 180, 240, 360, 480, 720];

/// Our camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Camera {
    /// Whether the media was told to open it.
    is_ordered: bool,
    /// Whether it takes pictures, by the media's word.
    is_open: bool,
    /// Its fault.
    fault: Option<DeviceException>,
}

/// Which pictures go over one leg, and what its peer was told of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sight {
    /// Whether the peer says that it sends.
    pub(super) from_peer: bool,
    /// Whether the peer takes ours.
    pub(super) to_peer: bool,
    /// How many lines of its picture the peer believes that we show.
    pub(super) told_view: Option<u16>,
    /// When it was last told because of that alone.
    told_at: Option<Instant>,
}

impl Sight {
    /// Reads what a member's leg carries; for those outside the core's own modules.
    pub(super) const fn has_pictures(&self) -> bool {
        self.from_peer || self.to_peer
    }
}

impl Call {
    /// Tells whether pictures go either way, or ours are to.
    pub fn has_pictures(&self) -> bool {
        self.wants_camera || self.members.iter().any(|it| it.sight.has_pictures())
    }

    /// Tells whether the others are to get our pictures now.
    pub(super) const fn films(&self) -> bool {
        self.wants_camera && !self.is_held && !self.is_ringing()
    }

    /// Tells whether a peer that is not to see us would, were the camera open.
    fn is_exposed(&self) -> bool {
        let exposes = |member: &Member| is_agreed(member) && member.terms.exposes();
        !self.films() && self.members.iter().any(exposes)
    }

    /// Returns the pictures that the first offer of a leg speaks of; `is_invited`: it makes somebody ring.
    fn first_pictures(&self, is_invited: bool) -> Pictures {
        // What rings says what the call was begun as.
        if self.kind == Kind::Voice && is_invited {
            Pictures::None
        } else if self.films() {
            Pictures::Exchange
        } else if self.kind == Kind::Video || self.has_pictures() {
            Pictures::Receive
        } else {
            Pictures::None
        }
    }
}

impl Phone {
    /// Tells whether our camera takes pictures, by its own word.
    pub const fn is_camera_on(&self) -> bool {
        self.camera.is_open
    }

    /// Tells whether our camera is to be open.
    pub fn wants_camera(&self) -> bool {
        self.calls.iter().any(Call::films)
    }

    /// Returns the fault of our camera.
    pub fn camera_exception(&self) -> Option<DeviceException> {
        let away = self.is_in_background && self.wants_camera();
        let away = away.then_some(DeviceException::InBackground);
        self.camera.fault.or(away)
    }

    /// The same of our microphone, the program's being in the background included.
    pub(super) fn microphone_exception(&self) -> Option<DeviceException> {
        let away = self
            .is_in_background
            .then_some(DeviceException::InBackground);
        self.microphone_fault.or(away)
    }

    /// Turns our camera on or off in the call that goes on.
    pub(super) fn film(&mut self, on: bool) -> Outcome {
        let is_open = |call: &Call| !call.is_ringing();
        let index = self
            .pick(None, |call| is_open(call) && !call.is_held)
            .or_else(|_| self.pick(None, is_open))?;
        let call = &mut self.calls[index];
        let has_terms = matches!(call.stage, Stage::Talking { .. });
        if on && !call.wants_camera && has_terms && !self.sign_in.is_online() {
            // It could not be offered: seen by nobody it would be open.
            return Err(CommandError::NotSignedIn);
        }
        call.wants_camera = on;
        for member in &mut call.members {
            member.terms.retry_pictures();
        }
        Ok(Some(call.id.clone()))
    }

    /// Has the media make the first offer of a leg.
    pub(super) fn offer(&mut self, leg: LegId) {
        let Some((index, at)) = self.seat_of(leg) else {
            return;
        };
        let call = &mut self.calls[index];
        let pictures = call.first_pictures(call.members[at].is_pending());
        call.members[at].terms = Terms::first(pictures);
        self.order(MediaOrder::Offer { leg, pictures });
    }

    /// Has the media make the first answer of a leg: theirs are taken, ours go where they are wanted.
    pub(super) fn answer_offer(&mut self, leg: LegId, offer: Sdp) {
        let Some((index, at)) = self.seat_of(leg) else {
            return;
        };
        let call = &mut self.calls[index];
        // What was told already stays; ours are offered then.
        let films = call.films() && call.members[at].early.is_none();
        let pictures = match early::unseen(&offer) {
            Pictures::Receive if films => Pictures::Exchange,
            unseen @ (Pictures::None | Pictures::Receive | Pictures::Exchange) => unseen,
        };
        call.members[at].terms = Terms::first(pictures);
        self.order(MediaOrder::Answer {
            leg,
            offer,
            pictures,
        });
    }

    /// Opens or closes the camera, offers or withdraws its pictures, tells what we show of theirs.
    pub(super) fn settle_filming(&mut self, now: Instant) {
        for index in 0..self.calls.len() {
            self.give_up_pictures(index);
        }
        // Whoever is not to see it must not: the camera waits for a peer that keeps an offer open.
        let is_exposed = self.calls.iter().any(Call::is_exposed);
        // A program that is stopped would keep it open for as long as that lasts.
        let on = self.wants_camera() && !is_exposed && !self.is_in_background;
        if self.camera.is_ordered != on {
            self.camera.is_ordered = on;
            self.order(MediaOrder::Camera(on));
            if !on && self.camera.fault.is_some() {
                // What is not used has no fault.
                self.camera_fault(None, String::new(), String::new());
            }
        }
        for index in 0..self.calls.len() {
            let call = &self.calls[index];
            let films = call.films();
            let differs = |member: &Member| {
                let agreed = member.terms.agreed();
                let wanted = member.terms.wanted(agreed.is_held, films);
                is_agreed(member) && agreed != wanted
            };
            if call.members.iter().any(differs) {
                self.renegotiate(now, index);
            }
        }
        self.tell_views(now);
    }

    /// Closes the camera in a call between two whose peer does not take our pictures.
    fn give_up_pictures(&mut self, index: usize) {
        let call = &mut self.calls[index];
        if call.is_group || !call.wants_camera || !call.peer().terms.is_declined() {
            return;
        }
        call.wants_camera = false;
        let facts = call.facts();
        let message = "the other side takes no pictures; the camera is off";
        self.publish(Event::of(
            facts,
            Happened::Error {
                code: "pictures_refused".to_owned(),
                message: message.to_owned(),
                method: "camera".to_owned(),
            },
        ));
    }

    /// The media has opened the camera or closed it.
    pub(super) fn camera_is(&mut self, on: bool) {
        if self.camera.is_open != on {
            self.camera.is_open = on;
            self.publish(Event::new(Happened::Camera { on }));
            self.tell_all_devices();
        }
    }

    /// The camera has a fault, or is well again.
    pub(super) fn camera_fault(
        &mut self,
        exception: Option<DeviceException>,
        device: String,
        detail: String,
    ) {
        let was = std::mem::replace(&mut self.camera.fault, exception);
        if was.is_none() && exception.is_none() {
            return;
        }
        self.publish(Event::new(Happened::LocalCameraException {
            exception,
            device,
            detail,
        }));
        if was != exception {
            self.tell_all_devices();
        }
    }

    pub(super) fn pictures_are(&mut self, leg: LegId, from_peer: bool, to_peer: bool) {
        if let Some(member) = self.member_of(leg) {
            member.sight.from_peer = from_peer;
            member.sight.to_peer = to_peer;
        }
    }

    /// Returns what those in a call are told of our camera.
    pub(super) fn camera_state(&self, call: &Call) -> CameraState {
        if !call.films() || self.is_in_background {
            return CameraState::Off;
        }
        match self.camera {
            Camera { is_open: true, .. } => CameraState::On,
            Camera {
                fault: Some(DeviceException::InvalidId),
                ..
            } => CameraState::None,
            Camera { .. } => CameraState::Off,
        }
    }

    /// Returns what those in a call are told of our camera's fault.
    pub(super) fn camera_exception_in(&self, call: &Call) -> Option<DeviceException> {
        self.camera_exception().filter(|_| call.wants_camera)
    }

    /// The program goes into the background, or comes back: whoever is in a call with us is told.
    pub(super) fn background(&mut self, on: bool) {
        let is_live = |call: &Call| matches!(call.stage, Stage::Talking { .. }) || call.films();
        if self.is_in_background == on || on && !self.calls.iter().any(is_live) {
            return;
        }
        self.is_in_background = on;
        let exception = on.then_some(DeviceException::InBackground);
        let detail = if on {
            "the program is in the background"
        } else {
            ""
        };
        if self.microphone_fault.is_none() {
            self.publish(Event::new(Happened::LocalMicrophoneException {
                exception,
                device: String::new(),
                detail: detail.to_owned(),
            }));
        }
        if self.camera.fault.is_none() && self.wants_camera() {
            self.publish(Event::new(Happened::LocalCameraException {
                exception,
                device: String::new(),
                detail: detail.to_owned(),
            }));
        }
        self.tell_all_devices();
    }

    /// Returns how many lines of a peer's picture we show; `None` where nobody has said.
    pub(super) fn view_of(&self, leg: LegId) -> Option<u16> {
        let shown = self.shown.as_ref()?;
        let lines = shown.iter().find(|(of, _)| *of == leg);
        Some(lines.map_or(0, |(_, lines)| view(*lines)))
    }

    /// Returns the legs whose peers believe that we show something else, and since when they may be told.
    fn untold_views(&self) -> impl Iterator<Item = (LegId, Option<Instant>)> {
        let members = self.calls.iter().flat_map(|call| &call.members);
        let members = members.filter(|member| member.ours && is_agreed(member));
        members.filter_map(|member| {
            let leg = member.leg?;
            let is_news = self.view_of(leg) != member.sight.told_view;
            let at = member.sight.told_at.map(|told| told + VIEW_PAUSE);
            is_news.then_some((leg, at))
        })
    }

    /// Returns when somebody is to be told what we show.
    pub(super) fn view_due(&self) -> Option<(Instant, &'static str)> {
        let due = self.untold_views().filter_map(|(_, at)| at).min()?;
        Some((due, "another size of a picture is told"))
    }

    fn tell_views(&mut self, now: Instant) {
        let may_be_told = |at: Option<Instant>| at.is_none_or(|at| at <= now);
        let untold = self.untold_views().filter(|(_, at)| may_be_told(*at));
        let untold: Vec<LegId> = untold.map(|(leg, _)| leg).collect();
        for leg in untold {
            let Some(index) = self.call_of(leg) else {
                continue;
            };
            self.device_seq += 1;
            self.tell_devices_to(index, |member| member.leg == Some(leg));
            if let Some(member) = self.member_of(leg) {
                member.sight.told_at = Some(now);
            }
        }
    }
}

/// Returns the next size that is told, in lines.
fn view(lines: u16) -> u16 {
    let mut views = VIEWS.into_iter();
    views.find(|view| lines <= *view).unwrap_or(720)
}
