//! Lines of text that came and went.

use crate::id::CallId;

/// The most lines that are kept.
const LINES: usize = 100;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChatLine {
    /// In which call; `None` outside.
    pub(crate) call: Option<CallId>,
    /// Who wrote it, as the screen says it.
    pub(crate) from: String,
    pub(crate) text: String,
}

/// The lines of this session, the oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chat {
    lines: Vec<ChatLine>,
    /// How many lines from outside a call nobody has looked at.
    pub(crate) n_unread: usize,
}

impl Chat {
    pub(crate) fn add(&mut self, line: ChatLine) {
        if self.lines.len() == LINES {
            self.lines.remove(0);
        }
        self.lines.push(line);
    }

    /// Returns the lines of a call, or those outside of one.
    pub(crate) fn of<'a>(&'a self, call: Option<&CallId>) -> Vec<&'a ChatLine> {
        let lines = self.lines.iter();
        lines.filter(|line| line.call.as_ref() == call).collect()
    }
}
