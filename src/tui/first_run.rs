//! The first start: who are you, and which server?
//!
//! Asks only what cannot be known. Opens nothing and starts nothing itself.

use crossterm::event::{Event, KeyEventKind};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::command_table::Key;
use super::field::Field;
use super::keymap::read;
use super::text::fit;
use super::{theme, words};
use crate::config::ServerUrl;
use crate::id::UserId;

/// What the person answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirstRunAnswer {
    /// Go on with this.
    Begin {
        /// Who we are.
        id: UserId,
        /// The server's address.
        server: ServerUrl,
        /// Whether a server is to be started here first.
        start_server: bool,
    },
    /// Leave the program.
    Leave,
}

/// The questions and what has been typed so far.
#[derive(Debug, Clone)]
pub struct FirstRun {
    id: Field,
    server: Field,
    start_server: bool,
    row: usize,
    error: Option<String>,
    ascii: bool,
    color: bool,
}

const N_ROWS: usize = 3;

impl FirstRun {
    /// Asks, with likely answers in the fields already.
    pub fn new(id: &str, server: &str, ascii: bool, color: bool) -> Self {
        Self {
            id: Field::new(id),
            server: Field::new(server),
            start_server: is_here(server),
            row: 0,
            error: None,
            ascii,
            color,
        }
    }

    /// Takes a key or a paste; returns the answer when there is one.
    pub fn on(&mut self, event: &Event) -> Option<FirstRunAnswer> {
        let key = match event {
            Event::Paste(text) => {
                if let Some(field) = self.field() {
                    field.paste(text);
                }
                return None;
            }
            Event::Key(key) if key.kind != KeyEventKind::Release => read(key)?,
            Event::Key(_)
            | Event::Mouse(_)
            | Event::Resize(..)
            | Event::FocusGained
            | Event::FocusLost => return None,
        };
        self.error = None;
        match key {
            Key::Ctrl('c') | Key::Esc => return Some(FirstRunAnswer::Leave),
            Key::Enter if self.row + 1 == N_ROWS => return self.answer(),
            Key::Enter | Key::Tab | Key::Down => self.row = (self.row + 1) % N_ROWS,
            Key::Up => self.row = (self.row + N_ROWS - 1) % N_ROWS,
            Key::Char(c) => match self.field() {
                Some(field) => field.insert(c),
                None if matches!(c, 'y' | 'Y') => self.start_server = true,
                None if matches!(c, 'n' | 'N') => self.start_server = false,
                None if c == ' ' => self.start_server = !self.start_server,
                None => {}
            },
            Key::Backspace => self.field()?.erase(),
            Key::Ctrl('u') => self.field()?.clear(),
            Key::Left => self.field()?.left(),
            Key::Right => self.field()?.right(),
            Key::Home => self.field()?.start(),
            Key::End => self.field()?.end(),
            Key::Ctrl(_) | Key::Function(_) => {}
        }
        if !is_here(self.server.text()) {
            self.start_server = false;
        }
        None
    }

    /// Draws the questions.
    pub fn draw(&self, frame: &mut Frame<'_>) {
        let area = frame.area();
        let mut y = area.y + u16::from(area.height > 14) * 2;
        let left = area.x + if area.width > 70 { 6 } else { 1 };
        let room = area.right().saturating_sub(left + 1);
        let mut cursor = None;
        let buffer = frame.buffer_mut();
        let mut put = |y: u16, line: Line<'_>| {
            if y < area.bottom() {
                buffer.set_line(left, y, &line, room);
            }
        };
        put(
            y,
            Line::styled(
                "Welcome to Offhook. Two questions, then you can call.",
                theme::strong(),
            ),
        );
        y += 2;
        let fields = [
            ("Your ID", &self.id, "what others type to call you"),
            (
                "Server",
                &self.server,
                "ws:// or wss://, where the others are too",
            ),
        ];
        for (n, (what, field, help)) in fields.into_iter().enumerate() {
            let is_here = self.row == n;
            let sign = if is_here { "› " } else { "  " };
            let cells = usize::from(room).saturating_sub(11);
            let line = Line::from(vec![
                Span::styled(
                    format!("{sign}{what:<8} "),
                    if is_here { theme::key() } else { theme::dim() },
                ),
                Span::styled(fit(field.text(), cells), theme::strong()),
            ]);
            put(y, line);
            if is_here {
                let head = super::text::width(field.head()).min(cells);
                cursor = Some((left + 11 + u16::try_from(head).unwrap_or_default(), y));
            }
            if area.height > 14 {
                y += 1;
                put(y, Line::styled(format!("           {help}"), theme::dim()));
            }
            y += 1;
        }
        let sign = if self.row == 2 { "› " } else { "  " };
        let style = if self.row == 2 {
            theme::key()
        } else {
            theme::dim()
        };
        let told = match (is_here(self.server.text()), self.start_server) {
            (false, _) => "that server is on another machine",
            (true, true) => "[x] yes, start one on this machine",
            (true, false) => "[ ] no, one is running there already",
        };
        put(
            y,
            Line::from(vec![
                Span::styled(format!("{sign}Start it "), style),
                Span::raw(told),
            ]),
        );
        y += 2;
        if let Some(error) = &self.error {
            put(y, Line::styled(format!("✕ {error}"), theme::bad()));
        }
        let last = area.bottom().saturating_sub(1);
        let keys = match self.row {
            2 => "Enter begin  Space yes/no  ↑ back  Esc leave",
            _ => "Enter next  ↑ ↓ move  Esc leave",
        };
        put(last, Line::styled(keys, theme::key()));
        if self.ascii {
            theme::flatten(buffer);
        }
        if !self.color {
            theme::uncolour(buffer);
        }
        if let Some(cursor) =
            cursor.filter(|(x, y)| area.contains(Rect::new(*x, *y, 1, 1).as_position()))
        {
            frame.set_cursor_position(cursor);
        }
    }

    const fn field(&mut self) -> Option<&mut Field> {
        match self.row {
            0 => Some(&mut self.id),
            1 => Some(&mut self.server),
            _ => None,
        }
    }

    fn answer(&mut self) -> Option<FirstRunAnswer> {
        let server = self.server.text().trim();
        let id = match UserId::parse(self.id.text().trim()) {
            Ok(id) => id,
            Err(error) => {
                self.error = Some(words::sentence(&error.to_string()));
                self.row = 0;
                return None;
            }
        };
        let server = match ServerUrl::parse(server) {
            Ok(server) => server,
            Err(error) => {
                self.error = Some(words::sentence(&error.to_string()));
                self.row = 1;
                return None;
            }
        };
        Some(FirstRunAnswer::Begin {
            id,
            server,
            start_server: self.start_server,
        })
    }
}

/// Tells whether an address is on this machine, so that a server can be started for it.
fn is_here(server: &str) -> bool {
    ServerUrl::parse(server.trim()).is_ok_and(|url| url.is_loopback() && !url.is_secure())
}
