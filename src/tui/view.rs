//! From what the screen and the phone know to cells. Draws, changes nothing.

mod call;
mod chat;
mod devices;
mod ended;
mod header;
mod help;
mod home;
mod incoming;
mod keypad;
mod member;
mod missed;
mod notices;
mod outgoing;
mod prompt;
mod question;
mod recents;
mod roster;
mod stats;
mod tabs;
mod tile;
mod video;

use ratatui::Frame;
use ratatui::layout::Rect;

use super::command_table::Context;
use super::hits::Hits;
use super::meters::Meters;
use super::page::{Page, Size, below, row};
use super::picture::Pictures;
use super::theme;
use super::ui::{Popup, Ui};
use super::widget::{hints, rule};
use crate::phone::Phone;

/// The smallest terminal with room for a call.
const LEAST: (u16, u16) = (40, 10);

/// Draws the whole screen; returns where things landed, for the mouse, and where pictures go.
pub fn draw(
    ui: &Ui,
    phone: &Phone,
    meters: &Meters,
    pictures: &Pictures,
    frame: &mut Frame<'_>,
) -> Hits {
    let area = frame.area();
    let mut page = Page {
        ui,
        phone,
        meters,
        pictures,
        buffer: frame.buffer_mut(),
        hits: Hits::default(),
        cursor: None,
        size: size_of(area),
    };
    if area.width < LEAST.0 || area.height < LEAST.1 {
        too_small(&mut page, area);
    } else {
        whole(&mut page, area);
    }
    finish(&mut page);
    let Page { hits, cursor, .. } = page;
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
    hits
}

/// Takes out what this terminal is not to show.
pub(crate) fn finish(page: &mut Page<'_>) {
    if page.ui.options.ascii {
        theme::flatten(page.buffer);
    }
    if !page.ui.options.color {
        theme::uncolour(page.buffer);
    }
}

const fn size_of(area: Rect) -> Size {
    if area.width >= 100 && area.height >= 28 {
        Size::Wide
    } else if area.width >= 60 && area.height >= 16 {
        Size::Normal
    } else {
        Size::Small
    }
}

/// Tells whether the call on the screen is one with pictures.
fn has_pictures(page: &Page<'_>) -> bool {
    let call = page.ui.current(page.phone);
    call.is_some_and(Ui::has_pictures)
}

fn too_small(page: &mut Page<'_>, area: Rect) {
    let (columns, rows) = LEAST;
    page.put(area, format!("needs {columns}x{rows}"));
    let here = format!("has {}x{}", area.width, area.height);
    page.put(below(area, 1), here);
}

fn whole(page: &mut Page<'_>, area: Rect) {
    let place = page.ui.place(page.phone);
    let context = page.ui.context(page.phone);
    let edge = u16::from(page.size != Size::Small);
    header::draw(page, row(area, 0), place);
    let last = row(area, area.height - 1);
    if edge == 1 {
        rule(page, row(area, 1));
        rule(page, row(area, area.height - 2));
    }
    let body = Rect {
        y: area.y + 1 + edge,
        height: area.height - 2 - 2 * edge,
        ..area
    };
    let body = notices::draw(page, body, place);
    let body = prompt::draw(page, body);
    match place {
        Context::Incoming | Context::Waiting => incoming::draw(page, body, place),
        Context::Outgoing => {
            let body = video::preview(page, body);
            outgoing::draw(page, body);
        }
        Context::OutgoingGroup => {
            let body = video::preview(page, body);
            outgoing::draw_group(page, body);
        }
        Context::Call | Context::GroupCall if has_pictures(page) => video::draw(page, body),
        Context::Call => call::draw(page, body),
        Context::GroupCall => roster::draw(page, body),
        Context::Ended => ended::draw(page, body),
        Context::Devices => devices::draw(page, body),
        Context::Recents => recents::draw(page, body),
        Context::Dial
        | Context::People
        | Context::Finding
        | Context::Writing
        | Context::Adding
        | Context::Transfer
        | Context::DeviceName
        | Context::Keypad
        | Context::Help
        | Context::Question
        | Context::HangUp => home::draw(page, body),
    }
    if matches!(place, Context::Call | Context::GroupCall) {
        stats::draw(page, body);
    }
    keypad::draw(page, body);
    if page.ui.popup.is_some() {
        // What lies below cannot be clicked.
        page.hits.clear();
        page.cursor = None;
    }
    match &page.ui.popup {
        Some(Popup::Help) => help::draw(page, area, page.ui.focus(page.phone)),
        Some(_question) => question::draw(page, area),
        None => {}
    }
    hints(page, last, context);
}
