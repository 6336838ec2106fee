//! Pictures for the README, made of the very cells a terminal would show.

use std::fmt::Write as _;

use expect_test::expect_file;
use offhook::phone::signal::Heard;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use super::desk::{Desk, millis, seconds, user};
use offhook::id::LegId;
use offhook::phone::signal::CancelCause;

/// A cell in pixels. At 14.949 px type DejaVu Sans Mono and Menlo are exactly that wide, so that
/// edges meet also where a viewer does not know `textLength`.
const CELL: (u16, u16) = (9, 17);
const PAPER: &str = "#16181d";

fn compare(desk: &mut Desk, name: &str) {
    let picture = svg(&desk.buffer(100, 28));
    let path = format!("{}/assets/screens/{name}.svg", env!("CARGO_MANIFEST_DIR"));
    expect_file![path].assert_eq(&picture);
}

#[test]
fn call() {
    let mut desk = Desk::new();
    desk.talking();
    desk.voices();
    compare(&mut desk, "call");
}

#[test]
fn incoming() {
    let mut desk = Desk::new();
    desk.invited(Some("standup, 5 minutes"));
    desk.wait(millis(10_800));
    compare(&mut desk, "incoming");
}

#[test]
fn home() {
    let mut desk = Desk::new();
    desk.talking();
    desk.wait(seconds(252));
    let leg = desk.leg();
    desk.hear(Heard::Bye {
        leg,
        reason: None,
        by: None,
        data: None,
    });
    desk.act(offhook::tui::Action::Back);
    desk.wait(seconds(100));
    desk.invited_by(user("carol", "Carol"), Some("standup, 5 minutes"));
    desk.wait(seconds(8));
    let cause = CancelCause::Caller;
    desk.hear(Heard::Canceled {
        leg: LegId(1),
        cause,
        data: None,
    });
    desk.wait(seconds(200));
    desk.act(offhook::tui::Action::Switch);
    compare(&mut desk, "home");
}

fn svg(buffer: &Buffer) -> String {
    let (width, height) = (
        buffer.area.width * CELL.0 + 20,
        buffer.area.height * CELL.1 + 20,
    );
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"DejaVu Sans Mono,Menlo,Consolas,monospace\" font-size=\"14.949px\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PAPER}\"/>\n"
    );
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let first = &buffer[(x, y)];
            let from = x;
            let mut text = String::new();
            while x < buffer.area.width {
                let cell = &buffer[(x, y)];
                if (cell.fg, cell.bg, cell.modifier) != (first.fg, first.bg, first.modifier) {
                    break;
                }
                text.push_str(cell.symbol());
                x += unicode_width::UnicodeWidthStr::width(cell.symbol()).max(1) as u16;
            }
            run(&mut out, from, y, x - from, first, &text);
        }
    }
    out.push_str("</svg>\n");
    out
}

fn run(out: &mut String, x: u16, y: u16, cells: u16, cell: &ratatui::buffer::Cell, text: &str) {
    let is_reversed = cell.modifier.contains(Modifier::REVERSED);
    if text.trim().is_empty() && !is_reversed {
        return;
    }
    let (left, top) = (x * CELL.0 + 10, y * CELL.1 + 10);
    let width = cells * CELL.0;
    let mut ink = colour(cell.fg);
    if is_reversed {
        let height = CELL.1;
        writeln!(
            out,
            "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"{ink}\"/>"
        )
        .unwrap();
        ink = PAPER;
    }
    let bold = if cell.modifier.contains(Modifier::BOLD) {
        " font-weight=\"bold\""
    } else {
        ""
    };
    let shown = text.trim_end();
    let blank = text.len() - text.trim_start().len();
    let left = left + blank as u16 * CELL.0;
    let width = (unicode_width::UnicodeWidthStr::width(shown.trim_start()) as u16) * CELL.0;
    let shown = shown
        .trim_start()
        .replace('&', "&amp;")
        .replace('<', "&lt;");
    let base = top + 13;
    writeln!(
        out,
        "<text x=\"{left}\" y=\"{base}\" textLength=\"{width}\" fill=\"{ink}\"{bold} xml:space=\"preserve\">{shown}</text>"
    )
    .unwrap();
}

fn colour(colour: Color) -> &'static str {
    match colour {
        Color::DarkGray => "#7a818e",
        Color::Red => "#e86671",
        Color::Green => "#98c379",
        Color::Yellow => "#e5c07b",
        Color::Magenta => "#c678dd",
        Color::Cyan => "#56b6c2",
        _ => "#d7dae0",
    }
}
