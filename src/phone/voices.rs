//! Whose voice goes out, and who is heard how loud: mute, push to talk, ears, single people.
//!
//! What the screen says is what is sent: [`Phone::is_sending`] is the one place that tells.

use super::Phone;
use super::call::{Call, Member};
use super::effect::MediaOrder;
use super::settings::Push;
use super::wishes::Outcome;
use crate::command::CommandError;
use crate::event::{Event, Happened};
use crate::id::{CallId, LegId, UserId};

/// How much quieter or louder one person may be made, in dB.
pub const GAIN: std::ops::RangeInclusive<i8> = -20..=12;

/// Our own voice and ears.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Own {
    pub(super) is_muted: bool,
    pub(super) is_deafened: bool,
    /// Whether it was closing the ears that muted us.
    is_muted_by_ears: bool,
    /// Whether the key of push to talk is down, or what stands for it.
    is_pushed: bool,
    /// In which call the others hear us speak.
    speaks_in: Option<CallId>,
}

impl Phone {
    /// Tells whether our voice is sent: not muted, and push to talk lets it through.
    pub const fn is_sending(&self) -> bool {
        !self.own.is_muted && self.is_pushed_open()
    }

    /// Tells whether push to talk, or to mute, lets our voice through.
    pub const fn is_pushed_open(&self) -> bool {
        match self.settings.push {
            Push::Off => true,
            Push::Talk => self.own.is_pushed,
            Push::Mute => !self.own.is_pushed,
        }
    }

    /// Tells whether the key of push to talk is down, or what stands for it.
    pub const fn is_pushed(&self) -> bool {
        self.own.is_pushed
    }

    /// Tells whether we speak, as the others hear us.
    pub const fn is_speaking(&self) -> bool {
        self.own.speaks_in.is_some()
    }

    /// With push to talk nothing is sent from the very start.
    pub(super) fn begin_shut(&mut self) {
        if self.settings.push == Push::Talk {
            self.order(MediaOrder::Talk(false));
        }
    }

    pub(super) fn mute(&mut self, on: bool) {
        // Whoever says something about it wants it to stay so.
        self.own.is_muted_by_ears = false;
        if !on && self.own.is_deafened {
            // Nobody talks and hears nobody.
            self.open_ears();
        }
        self.set_muted(on);
    }

    fn set_muted(&mut self, on: bool) {
        if self.own.is_muted == on {
            return;
        }
        let was_sending = self.is_sending();
        self.own.is_muted = on;
        self.order(MediaOrder::Mute(on));
        self.publish_sending(was_sending);
        self.tell_all_devices();
    }

    /// Closes or opens the ears. Whoever hears nobody talks to nobody, and is as before afterwards.
    pub(super) fn deafen(&mut self, on: bool) {
        if self.own.is_deafened == on {
            return;
        }
        if on {
            self.own.is_deafened = true;
            self.order(MediaOrder::Deafen(true));
            self.own.is_muted_by_ears = !self.own.is_muted;
            if self.own.is_muted {
                self.tell_all_devices();
            } else {
                self.set_muted(true);
            }
        } else if self.open_ears() {
            self.set_muted(false);
        } else {
            self.tell_all_devices();
        }
    }

    /// Returns whether closing them is what muted us.
    fn open_ears(&mut self) -> bool {
        self.own.is_deafened = false;
        self.order(MediaOrder::Deafen(false));
        std::mem::take(&mut self.own.is_muted_by_ears)
    }

    /// The key of push to talk goes down or up.
    pub(super) fn talk(&mut self, on: bool) -> Outcome {
        if self.settings.push == Push::Off {
            let why = "push to talk is off: `push` of [sound] turns it on".to_owned();
            return Err(CommandError::Invalid(why));
        }
        let is_talked = |call: &Call| call.is_talking() && !call.is_held;
        let call = self.calls.iter().find(|call| is_talked(call));
        let id = call.map(|call| call.id.clone());
        if on && id.is_none() {
            return Err(CommandError::NoSuchCall);
        }
        self.push(on);
        Ok(id)
    }

    fn push(&mut self, on: bool) {
        if self.own.is_pushed == on {
            return;
        }
        let was_sending = self.is_sending();
        self.own.is_pushed = on;
        self.order(MediaOrder::Talk(self.is_pushed_open()));
        // The others are not told each time: they see who speaks.
        self.publish_sending(was_sending);
    }

    fn publish_sending(&mut self, was_sending: bool) {
        let on = self.is_sending();
        if on != was_sending {
            self.publish(Event::new(Happened::Microphone { on }));
        }
    }

    /// Lets the key go where there is nothing to talk in, passes voices on where it is needed, and
    /// keeps silent where we hold.
    pub(super) fn settle_voices(&mut self) {
        let is_talked = |call: &Call| call.is_talking() && !call.is_held;
        if self.is_in_background || !self.calls.iter().any(is_talked) {
            self.push(false);
        }
        self.settle_bridge();
        self.settle_hush();
    }

    /// Makes somebody quieter or louder, here alone.
    pub(super) fn gain(&mut self, call_id: Option<&CallId>, user: &UserId, db: i8) -> Outcome {
        if !GAIN.contains(&db) {
            let (least, most) = GAIN.into_inner();
            let why = format!("`db` is {least} to {most}");
            return Err(CommandError::Invalid(why));
        }
        self.turn(call_id, user, |member| member.gain = db)
    }

    /// Mutes somebody, here alone, or no longer.
    pub(super) fn silence_one(
        &mut self,
        call_id: Option<&CallId>,
        user: &UserId,
        on: bool,
    ) -> Outcome {
        self.turn(call_id, user, |member| member.is_silenced = on)
    }

    fn turn(
        &mut self,
        call_id: Option<&CallId>,
        user: &UserId,
        change: impl FnOnce(&mut Member),
    ) -> Outcome {
        let has = |call: &Call| call.member(user).is_some();
        let index = match self.pick(call_id, |call| call.is_talking() && has(call)) {
            Ok(index) => index,
            Err(error) => {
                let is_there = self.pick(call_id, Call::is_talking).is_ok();
                return Err(if is_there {
                    CommandError::NoSuchUser(user.clone())
                } else {
                    error
                });
            }
        };
        let call = &mut self.calls[index];
        let id = call.id.clone();
        let mut members = call.members.iter_mut();
        if let Some(member) = members.find(|member| member.user.id == *user) {
            let before = member.volume();
            change(member);
            let db = member.volume();
            if let Some(leg) = member.leg.filter(|_| db != before) {
                self.order(MediaOrder::Gain { leg, db });
            }
        }
        Ok(Some(id))
    }

    /// Somebody's sound begins to flow: as loud as it was before, in this call.
    pub(super) fn restore_volume(&mut self, leg: LegId) {
        let volume = self.member_of(leg).map(|member| member.volume());
        if let Some(db) = volume.filter(|db| *db != Some(0)) {
            self.order(MediaOrder::Gain { leg, db });
        }
    }

    /// Somebody begins or ends to speak; `None`: we do.
    pub(super) fn speaking(&mut self, leg: Option<LegId>, on: bool) {
        let Some(leg) = leg else {
            return self.we_speak(on);
        };
        let Some(member) = self.member_of(leg).filter(|it| it.is_speaking != on) else {
            return;
        };
        member.is_speaking = on;
        let user = member.user.clone();
        if let Some(index) = self.call_of(leg) {
            self.publish_of(index, Happened::Speaking { user, on });
        }
    }
}

impl Phone {
    fn we_speak(&mut self, on: bool) {
        let is_talked = |call: &Call| call.is_talking() && !call.is_held;
        let was_in = self.own.speaks_in.take();
        if was_in.is_some() == on {
            self.own.speaks_in = was_in;
            return;
        }
        // Where it began it ends, though the call may be held by now.
        let index = match was_in {
            Some(id) => self.calls.iter().position(|call| call.id == id),
            None => self.calls.iter().rposition(is_talked),
        };
        let Some(index) = index else { return };
        self.own.speaks_in = on.then(|| self.calls[index].id.clone());
        let user = self.settings.me.clone();
        self.publish_of(index, Happened::Speaking { user, on });
    }
}

impl Member {
    /// Returns how loud the person is played here, in dB; `None`: not at all.
    pub const fn volume(&self) -> Option<i8> {
        if self.is_silenced {
            None
        } else {
            Some(self.gain)
        }
    }
}
