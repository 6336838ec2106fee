//! DEC's sixels: columns of six pixels, colour after colour, from a fixed palette of 216.

use std::fmt::Write as _;

use ratatui::layout::Rect;

use super::sample::Colour;

/// Bayer's four by four, 0 to 15.
const DITHER: [[u16; 4]; 4] = [[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]];

/// Writes the commands that draw pixels over cells.
pub(super) fn show(out: &mut String, area: Rect, width: u16, height: u16, rgb: &[Colour]) {
    let columns = usize::from(width);
    let _ = write!(out, "\x1b[{};{}H", area.y + 1, area.x + 1);
    // Pixels are square, and those not named stay as they are.
    let _ = write!(out, "\x1bP7;1q\"1;1;{width};{height}");
    let indices: Vec<u8> = rgb
        .iter()
        .enumerate()
        .map(|(n, pixel)| index(*pixel, n % columns.max(1), n / columns.max(1)))
        .collect();
    let mut is_used = [false; 216];
    for index in &indices {
        is_used[usize::from(*index)] = true;
    }
    for (n, _used) in is_used.iter().enumerate().filter(|(_, used)| **used) {
        let part = |level: usize| level * 20;
        let (red, green, blue) = (part(n / 36), part(n / 6 % 6), part(n % 6));
        let _ = write!(out, "#{n};2;{red};{green};{blue}");
    }
    for band in indices.chunks(6 * columns.max(1)) {
        draw_band(out, band, columns);
        out.push('-');
    }
    out.push_str("\x1b\\");
}

/// Writes up to six rows, one colour after another over the same place.
fn draw_band(out: &mut String, band: &[u8], columns: usize) {
    let mut first = [usize::MAX; 216];
    let mut last = [0; 216];
    for (n, index) in band.iter().enumerate() {
        let (at, x) = (usize::from(*index), n % columns);
        first[at] = first[at].min(x);
        last[at] = last[at].max(x);
    }
    let mut masks = vec![0_u8; columns];
    let used = (0_u8..216).filter(|index| first[usize::from(*index)] != usize::MAX);
    for (n, index) in used.enumerate() {
        if n > 0 {
            out.push('$');
        }
        let _ = write!(out, "#{index}");
        let last = last[usize::from(index)];
        masks.fill(0);
        for (row, line) in band.chunks(columns).enumerate() {
            for (mask, _it) in masks.iter_mut().zip(line).filter(|(_, it)| **it == index) {
                *mask |= 1 << row;
            }
        }
        run_lengths(out, &masks[..=last]);
    }
}

fn run_lengths(out: &mut String, masks: &[u8]) {
    for run in masks.chunk_by(|a, b| a == b) {
        let sign = char::from(b'?' + run[0]);
        if run.len() > 3 {
            let _ = write!(out, "!{}{sign}", run.len());
        } else {
            out.extend(std::iter::repeat_n(sign, run.len()));
        }
    }
}

/// Returns the colour's place in the cube of six by six by six, dithered.
fn index(pixel: Colour, x: usize, y: usize) -> u8 {
    let shift = DITHER[y % 4][x % 4] * 16 + 8;
    let level = |part: u8| {
        // 0 to 5, and a remainder of 255 that the dither turns into one more or not.
        let fine = u16::from(part) * 5;
        let more = u16::from(fine % 255 > shift);
        u8::try_from(fine / 255 + more).unwrap_or(5).min(5)
    };
    36 * level(pixel[0]) + 6 * level(pixel[1]) + level(pixel[2])
}
