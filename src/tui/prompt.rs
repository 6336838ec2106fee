//! A line that is being asked for: a note, whom to invite, a line of chat.

use super::command_table::Context;
use super::field::Field;
use crate::address::{Address, User};
use crate::id::CallId;

/// What the line is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ask {
    /// A note to refuse the ringing call with.
    Note,
    /// Whom to invite as well.
    Add,
    /// To whom the call is given.
    Transfer {
        /// The other call's person, where it is to be that one.
        other: Option<Address>,
    },
    /// A line for those in the call.
    Chat,
    /// A line for somebody outside a call.
    Message {
        /// Whom.
        user: User,
        /// The same, to be dialled.
        to: Address,
    },
}

/// A field over a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prompt {
    pub(crate) ask: Ask,
    /// The call it belongs to; the field goes when that call is over.
    pub(crate) call: Option<CallId>,
    pub(crate) field: Field,
}

impl Prompt {
    pub(crate) const fn context(&self) -> Context {
        match self.ask {
            Ask::Note | Ask::Chat | Ask::Message { .. } => Context::Writing,
            Ask::Add => Context::Adding,
            Ask::Transfer { .. } => Context::Transfer,
        }
    }
}

/// The keypad of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Keypad {
    pub(crate) call: CallId,
    /// What was sent, to be seen.
    pub(crate) sent: String,
}

/// Returns the telephone's key for what is typed: a digit, a letter of RFC 4733 or a sign.
pub(crate) const fn telephone_key(c: char) -> Option<char> {
    match c {
        '0'..='9' | '*' | '#' | 'A'..='D' => Some(c),
        'a'..='d' => Some(c.to_ascii_uppercase()),
        _ => None,
    }
}
