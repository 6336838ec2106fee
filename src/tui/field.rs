//! One line of text that a person types.

use crate::address::clean;

/// The most characters a field takes.
const CHARS: usize = 200;

/// A line of text with a cursor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Field {
    text: String,
    /// In characters from the beginning.
    cursor: usize,
}

impl Field {
    pub(crate) fn new(text: &str) -> Self {
        let text = clean(text, CHARS);
        let cursor = text.chars().count();
        Self { text, cursor }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Returns the text before the cursor.
    pub(crate) fn head(&self) -> &str {
        &self.text[..self.byte(self.cursor)]
    }

    pub(crate) fn insert(&mut self, c: char) {
        if c.is_control() || crate::id::is_invisible(c) || self.text.chars().count() >= CHARS {
            return;
        }
        self.text.insert(self.byte(self.cursor), c);
        self.cursor += 1;
    }

    /// Takes the first line of a pasted text that has anything in it.
    pub(crate) fn paste(&mut self, text: &str) {
        let line = text.lines().map(str::trim).find(|line| !line.is_empty());
        for c in line.unwrap_or_default().chars() {
            self.insert(c);
        }
    }

    pub(crate) fn erase(&mut self) {
        if self.cursor > 0 {
            self.cursor -= 1;
            self.text.remove(self.byte(self.cursor));
        }
    }

    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.cursor = 0;
    }

    pub(crate) fn left(&mut self) {
        self.cursor = self.cursor.saturating_sub(1);
    }

    pub(crate) fn right(&mut self) {
        self.cursor = (self.cursor + 1).min(self.text.chars().count());
    }

    pub(crate) const fn start(&mut self) {
        self.cursor = 0;
    }

    pub(crate) fn end(&mut self) {
        self.cursor = self.text.chars().count();
    }

    fn byte(&self, cursor: usize) -> usize {
        let mut places = self.text.char_indices();
        places.nth(cursor).map_or(self.text.len(), |(at, _)| at)
    }
}
