//! What each signal from the network does.

use std::time::Instant;

use super::Phone;
use super::arriving::Invitation;
use super::call::{Direction, Link, MediaState, Stage};
use super::effect::{MediaOrder, Ring};
use super::ending::End;
use super::signal::{CancelCause, DeviceState, Heard, Message, Refusal, Say, Sdp};
use super::waiting::CONNECT;
use crate::event::{EndReason, Event, Happened, InvitationState, MissedCause, RoomReason};
use crate::id::{LegId, UserId};

impl Phone {
    pub(super) fn hear(&mut self, now: Instant, heard: Heard) {
        match heard {
            Heard::SigningIn => self.signing_in(now),
            Heard::SignedIn => self.signed_in(now),
            Heard::SignInFailed {
                error,
                detail,
                retry,
            } => {
                self.sign_in_failed(now, error, detail, retry);
            }
            Heard::ConnectionLost => self.connection_lost(now),
            Heard::Replaced => self.replaced(now),
            Heard::SignedOut => self.signed_out(now),
            Heard::Invited {
                leg,
                from,
                label,
                sip_call_id,
                kind,
                sdp,
                expires,
                data,
                ours,
                purpose,
                replaces,
                referred_by,
            } => {
                let is_labelled = label.is_some();
                let call = self.incoming(now, from, label, sip_call_id, kind, data);
                let invitation = Invitation {
                    leg,
                    sdp,
                    expires,
                    ours,
                    is_labelled,
                    purpose,
                    replaces,
                    referred_by,
                };
                self.invited(now, call, invitation);
            }
            Heard::Ringing { leg, device } => self.rings_there(leg, device),
            Heard::Early { leg, sdp } => self.early_there(leg, sdp),
            Heard::Accepted {
                leg,
                sdp,
                data,
                device,
                ours,
            } => {
                self.taken_there(now, leg, sdp, data, device, ours);
            }
            Heard::Refused { leg, refusal, data } => self.refused_there(now, leg, refusal, data),
            Heard::Canceled { leg, cause, data } => self.canceled_there(now, leg, cause, data),
            Heard::Bye {
                leg,
                reason,
                by,
                data,
            } => self.goodbye(now, leg, reason, by, data),
            Heard::Reoffered { leg, sdp } => self.reoffered(leg, sdp),
            Heard::ReofferTaken { leg, sdp } => self.reoffer_taken(now, leg, sdp),
            Heard::ReofferRefused { leg, again } => self.reoffer_refused(now, leg, again),
            Heard::Device { leg, state } => self.devices_there(leg, state),
            Heard::Roster { from, roster } => self.roster_there(now, &from, roster),
            Heard::Add { leg, users } => self.asked_to_add(now, leg, users),
            Heard::Chat { leg, id, text } => self.chat_there(leg, id, text),
            Heard::Dtmf { leg, digit } => self.dtmf_there(leg, digit),
            Heard::Transferred { leg, to, replaces } => self.transferred(now, leg, to, replaces),
            Heard::TransferProgress { leg, status } => self.transfer_progress(now, leg, status),
            Heard::Message {
                from,
                message: Message::Roster(roster),
            } => self.roster_there(now, &from.id, roster),
            Heard::Message { from, message } => self.message_there(now, from, message),
            Heard::MessageFailed { to, refusal } => self.message_failed(&to, &refusal),
        }
    }

    fn rings_there(&mut self, leg: LegId, device: Option<String>) {
        if self.is_of_group(leg) {
            return self.group_rings(leg, device);
        }
        let Some(index) = self
            .call_of(leg)
            .filter(|index| self.calls[*index].is_calling())
        else {
            return;
        };
        let member = self.calls[index].peer_mut();
        if member.state == InvitationState::Ringing {
            return;
        }
        member.device = device;
        self.member_is(index, InvitationState::Ringing, None);
        self.sound(Ring::Ringback);
        self.report_transfer(index, 180);
    }

    fn taken_there(
        &mut self,
        now: Instant,
        leg: LegId,
        sdp: Sdp,
        data: Option<String>,
        device: Option<String>,
        ours: bool,
    ) {
        let Some(index) = self.call_of(leg) else {
            // It was taken while our CANCEL was on its way (RFC 3261, 9.1).
            let reason = self.ended_because(leg).unwrap_or(EndReason::Canceled);
            self.say(Say::Bye {
                leg,
                reason,
                by: None,
                data: None,
            });
            return;
        };
        if self.calls[index].is_group {
            return self.group_taken(now, leg, sdp, data, device, ours);
        }
        if !self.calls[index].is_calling() {
            return;
        }
        let call = &mut self.calls[index];
        call.stage = Stage::Talking { since: now };
        let member = call.peer_mut();
        member.link = Link::Up(MediaState::Connecting {
            until: now + CONNECT,
        });
        member.device = device.or_else(|| member.device.take());
        member.ours = ours;
        member.terms.first_taken(sdp.has_pictures());
        let callee = member.user.clone();
        self.first_answer(leg, sdp);
        self.sound(Ring::Connected);
        self.member_is(index, InvitationState::Accepted, None);
        let callee_id = callee.id.clone();
        self.publish_with(
            index,
            Happened::OutgoingAccepted { callee, callee_id },
            data,
        );
        self.call_room(index, RoomReason::Logining);
        self.tell_devices(index);
        self.report_transfer(index, 200);
        self.hold_others(now, index);
        self.renegotiate(now, index);
    }

    pub(super) fn refused_there(
        &mut self,
        now: Instant,
        leg: LegId,
        refusal: Refusal,
        data: Option<String>,
    ) {
        if self.is_of_group(leg) {
            return self.group_refused(now, leg, refusal, data);
        }
        let Some(index) = self
            .call_of(leg)
            .filter(|index| self.calls[*index].is_calling())
        else {
            return;
        };
        let callee = self.calls[index].peer().user.clone();
        let callee_id = callee.id.clone();
        let note = data.as_deref().and_then(crate::address::note_of);
        let end = match refusal {
            Refusal::Busy => {
                self.member_is(index, InvitationState::Busy, note);
                let busy = Happened::OutgoingBusy { callee, callee_id };
                self.publish_with(index, busy, data.clone());
                End::because(EndReason::Busy)
            }
            Refusal::Declined => {
                self.member_is(index, InvitationState::Declined, note);
                let declined = Happened::OutgoingDeclined { callee, callee_id };
                self.publish_with(index, declined, data.clone());
                End::because(EndReason::Declined)
            }
            Refusal::NoAnswer => {
                self.member_is(index, InvitationState::Timeout, None);
                self.outgoing_timeout(index);
                End::because(EndReason::NoAnswer)
            }
            Refusal::Offline => {
                self.leave_word(now, index, 0);
                self.member_is(index, InvitationState::Offline, None);
                End::because(EndReason::Offline)
            }
            Refusal::NotFound => {
                self.member_is(index, InvitationState::Offline, None);
                End::because(EndReason::NotFound)
            }
            Refusal::Canceled => {
                self.member_is(index, InvitationState::Canceled, None);
                End::because(EndReason::Canceled)
            }
            Refusal::Unreachable => {
                let message = "the server cannot be reached".to_owned();
                self.invitation_error(index, "unreachable", &message);
                End::because(EndReason::NetworkLost).with_detail(message)
            }
            Refusal::RoomFull => End::because(EndReason::RoomFull),
            Refusal::Glare { winner } => return self.glare_lost(now, index, &winner),
            Refusal::Moved { .. } | Refusal::Forbidden | Refusal::Over => {
                let detail = format!("{refusal:?}");
                End::because(EndReason::Failed).with_detail(detail)
            }
            Refusal::Other { status, text } => {
                let detail = format!("{status} {text}");
                self.invitation_error(index, &status.to_string(), &detail);
                End::because(EndReason::Failed).with_detail(detail)
            }
        };
        if self.calls[index].peer().is_pending() {
            self.member_is(index, InvitationState::Offline, None);
        }
        self.end(now, index, end.with_data(data));
    }

    pub(super) fn invitation_error(&mut self, index: usize, code: &str, message: &str) {
        let (code, message) = (code.to_owned(), message.to_owned());
        self.publish_of(index, Happened::InvitationError { code, message });
    }

    fn canceled_there(
        &mut self,
        now: Instant,
        leg: LegId,
        cause: CancelCause,
        data: Option<String>,
    ) {
        if self.group_canceled(leg) {
            return;
        }
        let Some(index) = self.call_of(leg) else {
            return;
        };
        match self.calls[index].stage {
            Stage::Ringing { .. } | Stage::Answering { .. } => {}
            Stage::Talking { .. } => {
                // The line had refused before our acceptance reached it: there is nothing to talk in.
                let reason = match cause {
                    CancelCause::Caller => EndReason::Canceled,
                    CancelCause::Timeout => EndReason::NoAnswer,
                    CancelCause::AnsweredElsewhere => EndReason::AnsweredElsewhere,
                    CancelCause::DeclinedElsewhere => EndReason::Declined,
                };
                return self.goodbye(now, leg, Some(reason), None, data);
            }
            Stage::Preparing | Stage::Calling { .. } => return,
        }
        let reason = match cause {
            CancelCause::Caller => {
                self.publish_with(index, Happened::IncomingCanceled, data.clone());
                self.miss(now, index, MissedCause::Canceled);
                EndReason::Canceled
            }
            CancelCause::Timeout => {
                self.rang_in_vain(now, index);
                EndReason::NoAnswer
            }
            CancelCause::AnsweredElsewhere => EndReason::AnsweredElsewhere,
            CancelCause::DeclinedElsewhere => EndReason::Declined,
        };
        self.end(now, index, End::because(reason).with_data(data));
    }

    /// Publishes that nobody answered here.
    pub(super) fn rang_in_vain(&mut self, now: Instant, index: usize) {
        let data = self.calls[index].data.clone();
        self.publish_with(index, Happened::IncomingTimeout, data);
        self.miss(now, index, MissedCause::Timeout);
    }

    fn goodbye(
        &mut self,
        now: Instant,
        leg: LegId,
        reason: Option<EndReason>,
        by: Option<UserId>,
        data: Option<String>,
    ) {
        if self.is_of_group(leg) && self.group_goodbye(now, leg, reason, by.as_ref(), data.as_ref())
        {
            return;
        }
        let Some(index) = self.call_of(leg) else {
            return;
        };
        let call = &self.calls[index];
        // Where the way was found while it rang, sound flows before the caller knows of the answer.
        let peer = call.peer();
        let is_unheard = !peer.has_entered || peer.early.is_some();
        let is_fresh = call.direction == Direction::Incoming && is_unheard;
        let reason = match reason {
            // The caller's CANCEL and our 200 crossed: the caller's word counts for both.
            Some(EndReason::Canceled) if is_fresh => {
                self.publish_with(index, Happened::IncomingCanceled, data.clone());
                EndReason::Canceled
            }
            Some(EndReason::NoAnswer) if is_fresh => {
                let data = self.calls[index].data.clone();
                self.publish_with(index, Happened::IncomingTimeout, data);
                EndReason::NoAnswer
            }
            // Another device of ours took it in the same moment, and was first.
            Some(EndReason::AnsweredElsewhere) if is_fresh => EndReason::AnsweredElsewhere,
            Some(reason @ (EndReason::NetworkLost | EndReason::Transferred)) => reason,
            _ => EndReason::RemoteHangUp,
        };
        if self.calls[index].is_calling() {
            // The answer never came, only the goodbye.
            self.member_is(index, InvitationState::Left, None);
        }
        self.end(now, index, End::because(reason).with_data(data));
    }

    fn devices_there(&mut self, leg: LegId, state: DeviceState) {
        let Some(index) = self.call_of(leg) else {
            return;
        };
        let facts = self.calls[index].facts();
        let Some(member) = self.calls[index]
            .members
            .iter_mut()
            .find(|member| member.leg == Some(leg))
        else {
            return;
        };
        // A late one knows less (ARCHITECTURE.md, The wire).
        if state.seq < member.devices.seq {
            return;
        }
        let user = member.user.clone();
        let was = std::mem::replace(&mut member.devices, state.clone());
        if was.view != state.view {
            let lines = state.view;
            self.order(MediaOrder::View { leg, lines });
        }
        if was.mic_exception != state.mic_exception {
            let exception = state.mic_exception;
            let happened = Happened::RemoteMicrophoneException {
                user: user.clone(),
                exception,
            };
            self.publish(Event::of(facts.clone(), happened));
        }
        if was.camera_exception != state.camera_exception {
            let exception = state.camera_exception;
            let happened = Happened::RemoteCameraException {
                user: user.clone(),
                exception,
            };
            self.publish(Event::of(facts.clone(), happened));
        }
        if was.recording != state.recording {
            let happened = Happened::Recording {
                user,
                on: state.recording,
                path: None,
            };
            self.publish(Event::of(facts, happened));
        }
        self.held_there(leg, state.hold);
    }
}
