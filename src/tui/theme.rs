//! Colours by role, from the sixteen the person's own palette defines.
//!
//! Views name roles, never colours. What a colour says is always said by a word or a sign too.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

pub(crate) const fn text() -> Style {
    Style::new()
}

/// What matters less.
pub(crate) const fn dim() -> Style {
    Style::new().fg(Color::DarkGray)
}

/// What matters most.
pub(crate) const fn strong() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

/// Lines between parts.
pub(crate) const fn divider() -> Style {
    dim()
}

/// A key one can press.
pub(crate) const fn key() -> Style {
    Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD)
}

/// All is well.
pub(crate) const fn good() -> Style {
    Style::new().fg(Color::Green)
}

/// Worth a look.
pub(crate) const fn warning() -> Style {
    Style::new().fg(Color::Yellow)
}

/// Something is wrong.
pub(crate) const fn bad() -> Style {
    Style::new().fg(Color::Red)
}

/// Somebody calls.
pub(crate) const fn ringing() -> Style {
    Style::new().fg(Color::Magenta).add_modifier(Modifier::BOLD)
}

/// Another person's voice.
pub(crate) const fn their_voice() -> Style {
    Style::new().fg(Color::Cyan)
}

/// One's own voice.
pub(crate) const fn own_voice() -> Style {
    Style::new().fg(Color::Green)
}

/// What the demo explains.
pub(crate) const fn caption() -> Style {
    Style::new().fg(Color::Yellow)
}

/// The row that a key would act on.
pub(crate) const fn selected() -> Style {
    Style::new().add_modifier(Modifier::REVERSED)
}

/// Takes all colours out of a drawn screen; bold and reversed stay.
pub(crate) fn uncolour(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        cell.fg = Color::Reset;
        cell.bg = Color::Reset;
    }
}

/// Replaces everything in a drawn screen that is not ASCII, cell by cell.
pub(crate) fn flatten(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !cell.symbol().is_ascii() {
            let plain = plain(cell.symbol());
            cell.set_symbol(plain);
        }
    }
}

fn plain(symbol: &str) -> &'static str {
    match symbol {
        "─" | "–" | "·" => "-",
        "━" => "=",
        "│" | "┃" | "‖" => "|",
        "╭" | "╮" | "╰" | "╯" | "┌" | "┐" | "└" | "┘" | "├" | "┤" | "┬" | "┴" | "✓" => {
            "+"
        }
        "●" | "◉" | "▪" | "★" => "*",
        "○" => "o",
        "☎" => "#",
        "…" => "~",
        "▁" | "▂" => ".",
        "▃" | "▄" | "▅" => ":",
        "▆" | "▇" | "█" | "▓" => "#",
        "░" => "-",
        "↗" | "›" | "→" => ">",
        "↙" | "‹" | "←" => "<",
        "✕" | "×" => "x",
        "⚠" => "!",
        "↑" => "^",
        "↓" => "v",
        "ö" => "o",
        _ => "?",
    }
}
