//! Pictures of half-blocks: two pixels a cell, in as many colours as the terminal has.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

use super::Colours;
use super::sample::Colour;
use super::spot::Spot;

/// The levels of each part of a colour in xterm's cube.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];
/// Bayer's four by four, -8 to 7.
const DITHER: [[i16; 4]; 4] = [
    [-8, 0, -6, 2],
    [4, -4, 6, -2],
    [-5, 3, -7, 1],
    [7, -1, 5, -3],
];
/// The sixteen as xterm has them; a person's palette may differ.
const SIXTEEN: [(Color, Colour); 16] = [
    (Color::Black, [0, 0, 0]),
    (Color::Red, [205, 0, 0]),
    (Color::Green, [0, 205, 0]),
    (Color::Yellow, [205, 205, 0]),
    (Color::Blue, [0, 0, 238]),
    (Color::Magenta, [205, 0, 205]),
    (Color::Cyan, [0, 205, 205]),
    (Color::Gray, [229, 229, 229]),
    (Color::DarkGray, [127, 127, 127]),
    (Color::LightRed, [255, 0, 0]),
    (Color::LightGreen, [0, 255, 0]),
    (Color::LightYellow, [255, 255, 0]),
    (Color::LightBlue, [92, 92, 255]),
    (Color::LightMagenta, [255, 0, 255]),
    (Color::LightCyan, [0, 255, 255]),
    (Color::White, [255, 255, 255]),
];

/// Draws pixels, two rows of them a row of cells, where nothing lies over the place.
pub(super) fn draw(
    buffer: &mut Buffer,
    spot: &Spot,
    area: Rect,
    pixels: &[Colour],
    colours: Colours,
) {
    let columns = usize::from(area.width);
    for (row, lines) in (0_u16..area.height).zip(pixels.chunks_exact(2 * columns)) {
        let (upper, lower) = lines.split_at(columns);
        for (column, (upper, lower)) in (0_u16..).zip(upper.iter().zip(lower)) {
            let (x, y) = (area.x + column, area.y + row);
            if spot.is_covered(x, y) {
                continue;
            }
            let Some(cell) = buffer.cell_mut((x, y)) else {
                continue;
            };
            let top = colour(*upper, colours, column, 2 * row);
            let bottom = colour(*lower, colours, column, 2 * row + 1);
            cell.reset();
            if top == bottom {
                // A blank is three bytes shorter, and the background is all there is to change.
                cell.set_symbol(" ").set_style(Style::new().bg(bottom));
            } else {
                let style = Style::new().fg(top).bg(bottom);
                cell.set_symbol("▀").set_style(style);
            }
        }
    }
}

fn colour(colour: Colour, colours: Colours, x: u16, y: u16) -> Color {
    let [red, green, blue] = colour;
    match colours {
        Colours::True => Color::Rgb(red, green, blue),
        Colours::C256 => Color::Indexed(in_256(colour)),
        Colours::C16 => in_16(colour, x, y),
    }
}

/// Returns the nearest colour of xterm's cube or of its greys.
fn in_256(colour: Colour) -> u8 {
    let level = |part: u8| match part {
        0..48 => 0,
        48..115 => 1,
        part => (part - 35) / 40,
    };
    let levels = colour.map(level);
    let cube = levels.map(|level| CUBE[usize::from(level)]);
    let mean = colour.iter().map(|part| u16::from(*part)).sum::<u16>() / 3;
    // 232 to 255 are 8, 18, 28 ... 238.
    let step = u8::try_from((mean.max(8) - 8 + 5) / 10)
        .unwrap_or(23)
        .min(23);
    let grey = [8 + 10 * step; 3];
    if distance(grey, colour) < distance(cube, colour) {
        232 + step
    } else {
        16 + 36 * levels[0] + 6 * levels[1] + levels[2]
    }
}

/// Returns the nearest of the sixteen; an ordered dither makes up for those between.
fn in_16(colour: Colour, x: u16, y: u16) -> Color {
    let shift = DITHER[usize::from(y % 4)][usize::from(x % 4)] * 8;
    let shifted = colour.map(|part| {
        let part = (i16::from(part) + shift).clamp(0, 255);
        u8::try_from(part).unwrap_or_default()
    });
    let mut nearest = SIXTEEN[0];
    for choice in SIXTEEN {
        if distance(choice.1, shifted) < distance(nearest.1, shifted) {
            nearest = choice;
        }
    }
    nearest.0
}

fn distance(a: Colour, b: Colour) -> u32 {
    let parts = a.iter().zip(b);
    parts.map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
}
