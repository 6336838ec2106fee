//! What each report of the media does.

use std::time::Instant;

use super::Phone;
use super::call::{Link, MediaState, Stage};
use super::effect::Ring;
use super::ending::{End, room_state};
use super::input::MediaReport;
use super::signal::{CancelCause, ElsewhereResult, Purpose, Refusal, Say, Sdp};
use super::waiting::{CONNECT, LAST_WORD};
use crate::av::Role;
use crate::event::{EndReason, Event, Happened, InvitationState, RoomReason};
use crate::id::LegId;

impl Phone {
    pub(super) fn note(&mut self, now: Instant, report: MediaReport) {
        match report {
            MediaReport::Offer { leg, sdp } if self.is_up(leg) => self.new_offer_is_ready(leg, sdp),
            MediaReport::Answer { leg, sdp } if self.is_up(leg) => {
                self.new_answer_is_ready(now, leg, sdp);
            }
            MediaReport::Prepared { leg, sdp } => self.prepared(leg, sdp),
            MediaReport::Offer { leg, sdp } => self.offer_is_ready(now, leg, sdp),
            MediaReport::Answer { leg, sdp } => self.answer_is_ready(now, leg, sdp),
            MediaReport::Failed { leg, detail } => self.media_failed(now, leg, detail),
            MediaReport::Connected { leg } => {
                self.restore_volume(leg);
                self.media_flows(leg);
                self.renegotiate_leg(now, leg);
            }
            MediaReport::Silent { leg } => {
                self.media_is(
                    leg,
                    MediaState::Silent { since: now },
                    RoomReason::Reconnecting,
                );
                self.find_another_way(now, leg);
            }
            MediaReport::Back { leg } => {
                self.media_is(leg, MediaState::Flowing, RoomReason::Reconnected);
            }
            MediaReport::Lost { leg } => self.media_lost(now, leg),
            MediaReport::NotAcceptable { leg, detail } => self.not_acceptable(now, leg, &detail),
            MediaReport::Held { leg, is_held } => self.held_there(leg, is_held),
            MediaReport::Speaking { leg, on } => self.speaking(leg, on),
            MediaReport::Dtmf { leg, digit } => self.dtmf_there(leg, digit),
            MediaReport::Closed { leg } => {
                let media = self.media_of(leg);
                if let Some(media) = media.filter(|media| !is_closed(media)) {
                    *media = MediaState::Closed {
                        until: now + LAST_WORD,
                    };
                }
            }
            MediaReport::Exception {
                which,
                exception,
                device,
                detail,
            } => {
                let happened = match which {
                    Role::Microphone => Happened::LocalMicrophoneException {
                        exception,
                        device,
                        detail,
                    },
                    Role::Camera => return self.camera_fault(exception, device, detail),
                    Role::Speaker => Happened::SpeakerException {
                        exception,
                        device,
                        detail,
                    },
                };
                self.publish(Event::new(happened));
                self.device_fault(which, exception);
            }
            MediaReport::DeviceChanged {
                which,
                device,
                change,
                undo,
            } => {
                self.publish(Event::new(Happened::DeviceChanged {
                    which,
                    device,
                    change,
                    undo,
                }));
            }
            MediaReport::Quality { leg, quality } => self.sounds_like(leg, &quality),
            MediaReport::RecordingStarted { call, path } => self.recording_began(&call, path),
            MediaReport::RecordingFailed { call, detail } => self.recording_failed(&call, &detail),
            MediaReport::Route { route, device } => {
                self.publish(Event::new(Happened::AudioOutput { route, device }));
            }
            MediaReport::Muffled(by) => self.publish(Event::new(Happened::Muffled { by })),
            MediaReport::CameraFacing { front, device } => {
                self.publish(Event::new(Happened::CameraFacing { front, device }));
            }
            MediaReport::Camera { on } => self.camera_is(on),
            MediaReport::Pictures {
                leg,
                from_peer,
                to_peer,
            } => self.pictures_are(leg, from_peer, to_peer),
        }
    }

    fn offer_is_ready(&mut self, now: Instant, leg: LegId, sdp: Sdp) {
        let Some(index) = self.call_of(leg) else {
            return;
        };
        if self.calls[index].is_group && self.media_of(leg).is_none() {
            return self.group_offer(now, leg, sdp);
        }
        let call = &mut self.calls[index];
        if call.stage != Stage::Preparing {
            return;
        }
        let until = now + call.ring;
        call.stage = Stage::Calling { since: now, until };
        let member = call.peer_mut();
        member.link = Link::Inviting { until };
        let to = member.to.clone();
        let (kind, expires, data) = (call.kind, call.ring, call.data.clone());
        let replaces = call.plan.replaces.take();
        let label = call.label(&self.settings.device);
        self.say(Say::Invite {
            leg,
            to,
            label,
            kind,
            sdp,
            expires,
            data: data.clone(),
            purpose: Purpose::Ring { roster: None },
            replaces,
        });
        self.publish_with(index, Happened::OutgoingSent, data);
        self.member_is(index, InvitationState::Sent, None);
    }

    fn answer_is_ready(&mut self, now: Instant, leg: LegId, sdp: Sdp) {
        let Some(index) = self.call_of(leg) else {
            return;
        };
        let call = &mut self.calls[index];
        let Stage::Answering { data } = &call.stage else {
            if call.is_group {
                self.group_answer(now, leg, sdp);
            }
            return;
        };
        let data = data.clone();
        let media = MediaState::Connecting {
            until: now + CONNECT,
        };
        call.stage = Stage::Talking { since: now };
        let member = call.peer_mut();
        member.link = Link::Up(media);
        member.state = InvitationState::Accepted;
        self.say(Say::Accept { leg, sdp, data });
        self.sound(Ring::Connected);
        self.tell_other_devices(index, ElsewhereResult::Accepted);
        self.call_room(index, RoomReason::Logining);
        self.tell_devices(index);
        self.leave_place(now, index);
    }

    fn media_failed(&mut self, now: Instant, leg: LegId, detail: String) {
        let Some(index) = self.call_of(leg) else {
            return;
        };
        // The peer has closed it: terms that were on their way come to nothing, and its goodbye says why.
        if matches!(self.media_of(leg), Some(MediaState::Closed { .. })) {
            return;
        }
        if self.calls[index].is_group && self.group_media_failed(now, leg, &detail) {
            return;
        }
        self.invitation_error(index, "media", &detail);
        match self.calls[index].stage {
            Stage::Talking { .. } => {
                self.login_failed(index);
                // What was agreed on cannot be used; that is not the network's fault.
                let reason = match self.media_of(leg) {
                    Some(MediaState::Connecting { .. }) => EndReason::Failed,
                    _ => EndReason::NetworkLost,
                };
                self.leave(now, index, reason, None);
            }
            // RFC 3261, 21.4.26: the offer cannot be met.
            Stage::Ringing { .. } | Stage::Answering { .. } => {
                let text = "Not Acceptable Here".to_owned();
                let refusal = Refusal::Other { status: 488, text };
                self.say(Say::Refuse {
                    leg,
                    refusal,
                    data: None,
                });
                self.end(
                    now,
                    index,
                    End::because(EndReason::Failed).with_detail(detail),
                );
            }
            Stage::Preparing | Stage::Calling { .. } => {
                self.withdraw(index, CancelCause::Caller, None);
                self.end(
                    now,
                    index,
                    End::because(EndReason::Failed).with_detail(detail),
                );
            }
        }
    }

    fn media_flows(&mut self, leg: LegId) {
        let Some(media) = self.media_of(leg) else {
            return;
        };
        if !matches!(media, MediaState::Connecting { .. }) {
            return;
        }
        *media = MediaState::Flowing;
        let Some(index) = self.call_of(leg) else {
            return;
        };
        if self.calls[index].is_group {
            return self.group_flows(index, leg);
        }
        let member = self.calls[index].peer_mut();
        member.has_entered = true;
        let user = member.user.clone();
        self.call_room(index, RoomReason::Logined);
        self.publish_of(index, Happened::UserEnter { user });
    }

    fn media_is(&mut self, leg: LegId, state: MediaState, reason: RoomReason) {
        let Some(media) = self.media_of(leg) else {
            return;
        };
        // Only a change counts: a report may come twice, or late.
        let is_change = matches!(
            (&*media, state),
            (MediaState::Flowing, MediaState::Silent { .. })
                | (MediaState::Silent { .. }, MediaState::Flowing)
        );
        if !is_change {
            return;
        }
        *media = state;
        if let Some(index) = self.call_of(leg).filter(|index| self.is_felt(*index)) {
            self.call_room(index, reason);
        }
    }

    fn media_lost(&mut self, now: Instant, leg: LegId) {
        let Some(index) = self.call_of(leg) else {
            return;
        };
        if self.calls[index].is_group {
            return self.group_lost(index, leg);
        }
        if let Stage::Talking { .. } = self.calls[index].stage {
            self.call_room(index, RoomReason::ReconnectFailed);
            self.leave(now, index, EndReason::NetworkLost, None);
        }
    }

    fn media_of(&mut self, leg: LegId) -> Option<&mut MediaState> {
        match &mut self.member_of(leg)?.link {
            Link::Up(media) => Some(media),
            Link::None
            | Link::Offering
            | Link::Inviting { .. }
            | Link::Invited
            | Link::Answering
            | Link::Awaited { .. } => None,
        }
    }

    /// Tells that the media never found its way, where that is so.
    pub(super) fn login_failed(&mut self, index: usize) {
        if !self.calls[index].peer().has_entered {
            self.call_room(index, RoomReason::LoginFailed);
        }
    }

    pub(super) fn call_room(&mut self, index: usize, reason: RoomReason) {
        let happened = room_state(&self.calls[index], reason);
        self.publish_of(index, happened);
    }
}

const fn is_closed(media: &MediaState) -> bool {
    matches!(media, MediaState::Closed { .. })
}
