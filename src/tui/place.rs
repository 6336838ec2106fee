//! What is on the screen and where a key goes, as the phone and the open fields have it.

use std::time::Duration;

use super::command_table::Context;
use super::prompt::Ask;
use super::ui::{Popup, Tab, Ui};
use crate::address::{NAME_CHARS, clean};
use crate::event::InvitationState;
use crate::phone::call::Stage;
use crate::phone::{Call, Phone};

/// For this long after a call comes no key is read as an answer.
const KEY_GUARD: Duration = Duration::from_millis(400);

impl Ui {
    /// Returns the call that rings, if one does.
    pub(crate) fn ringing<'a>(&self, phone: &'a Phone) -> Option<&'a Call> {
        phone.calls().iter().find(|call| call.is_ringing())
    }

    /// Returns the call that is made or talked in: the newest that is not held, else the newest.
    pub(crate) fn current<'a>(&self, phone: &'a Phone) -> Option<&'a Call> {
        let calls = || phone.calls().iter().rev().filter(|it| !it.is_ringing());
        let active = calls().find(|call| !call.is_held);
        active.or_else(|| calls().next())
    }

    /// Returns the other call, which is held or waits to be taken up again.
    pub(crate) fn aside<'a>(&self, phone: &'a Phone) -> Option<&'a Call> {
        let current = self.current(phone)?;
        let others = phone.calls().iter().rev();
        let mut others = others.filter(|call| call.is_talking() && call.id != current.id);
        others.next()
    }

    /// Returns who calls, as the contacts or a hook have it.
    pub(crate) fn caller_name(&self, call: &Call) -> String {
        match &call.ring_as.name {
            Some(name) => clean(name, NAME_CHARS),
            None => self.name_of(&call.caller).to_owned(),
        }
    }

    /// Returns the others of a call by name; of a group those who are in it or may come.
    pub(crate) fn others_in(&self, call: &Call) -> String {
        if !call.is_group {
            return self.name_of(&call.peer().user).to_owned();
        }
        let coming = |state| {
            matches!(
                state,
                InvitationState::Accepted | InvitationState::Ringing | InvitationState::Sent
            )
        };
        let members = call.members.iter().filter(|it| coming(it.state));
        let names: Vec<&str> = members.map(|it| self.name_of(&it.user)).collect();
        if names.is_empty() {
            "nobody".to_owned()
        } else {
            names.join(", ")
        }
    }

    /// Tells whether a text field has the keys and something in it, or was opened on purpose.
    fn is_typing(&self, phone: &Phone) -> bool {
        if self.prompt.is_some() || self.keypad.is_some() {
            return true;
        }
        match &self.picker {
            Some(picker) => picker.field.is_some(),
            None => {
                let is_home = self.current(phone).is_none() && self.over.is_none();
                let is_dialling = !self.is_in_list && !self.dial.is_empty();
                is_home && (is_dialling || self.is_finding())
            }
        }
    }

    fn is_finding(&self) -> bool {
        self.is_in_list && self.tab == Tab::Recents && self.recents.is_finding
    }

    /// Returns the call that rings without taking the screen: somebody is typing, or it was silenced
    /// in the middle of another call.
    pub(crate) fn banner<'a>(&self, phone: &'a Phone) -> Option<&'a Call> {
        let call = self.ringing(phone)?;
        let Stage::Ringing { since, .. } = call.stage else {
            return None;
        };
        let prompt = self.prompt.as_ref();
        if prompt.is_some_and(|it| it.ask == Ask::Note && it.call.as_ref() == Some(&call.id)) {
            return None;
        }
        // Devices that were opened while it rang are what the person wants to see.
        let is_chosen = self.picker.as_ref().is_some_and(|it| it.opened > since);
        let is_aside = self.is_silenced(call) && self.current(phone).is_some();
        (is_chosen || is_aside || self.is_typing(phone)).then_some(call)
    }

    /// Tells whether the person has silenced a call here.
    pub(crate) fn is_silenced(&self, call: &Call) -> bool {
        self.silenced.as_ref() == Some(&call.id)
    }

    /// Tells whether a key could have been meant for what was there before the call came.
    pub(crate) fn is_guarded(&self, phone: &Phone) -> bool {
        let Some(call) = self.ringing(phone) else {
            return false;
        };
        match call.stage {
            Stage::Ringing { since, .. } => self.now < since + KEY_GUARD,
            Stage::Preparing
            | Stage::Calling { .. }
            | Stage::Answering { .. }
            | Stage::Talking { .. } => false,
        }
    }

    /// Returns what is on the screen, below what lies over it.
    pub(crate) fn place(&self, phone: &Phone) -> Context {
        let current = self.current(phone);
        if self.ringing(phone).is_some() && self.banner(phone).is_none() {
            return match current {
                Some(_) => Context::Waiting,
                None => Context::Incoming,
            };
        }
        if self.picker.is_some() {
            return Context::Devices;
        }
        match current {
            Some(call) => match (call.is_calling(), call.is_group) {
                (true, false) => Context::Outgoing,
                (true, true) => Context::OutgoingGroup,
                (false, false) => Context::Call,
                (false, true) => Context::GroupCall,
            },
            None if self.over.is_some() => Context::Ended,
            None if !self.is_in_list => Context::Dial,
            None => match self.tab {
                Tab::People => Context::People,
                Tab::Recents => Context::Recents,
            },
        }
    }

    /// Returns what has the keys, below a popup: a field that lies over the view, or the view.
    pub(crate) fn focus(&self, phone: &Phone) -> Context {
        if self.keypad.is_some() {
            return Context::Keypad;
        }
        if let Some(prompt) = &self.prompt {
            return prompt.context();
        }
        let place = self.place(phone);
        let is_naming = self.picker.as_ref().is_some_and(|it| it.field.is_some());
        if place == Context::Devices && is_naming {
            return Context::DeviceName;
        }
        if place == Context::Recents && self.recents.is_finding {
            return Context::Finding;
        }
        place
    }

    /// Returns where a key goes.
    pub(crate) fn context(&self, phone: &Phone) -> Context {
        match self.popup {
            Some(Popup::Help) => Context::Help,
            Some(Popup::HangUp(_)) => Context::HangUp,
            Some(Popup::Quit | Popup::Kick(..) | Popup::Forget(_)) => Context::Question,
            None => self.focus(phone),
        }
    }
}
