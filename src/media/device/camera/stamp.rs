//! A clock that is part of a picture: written by the test camera, read from a screen.
//!
//! Sixteen columns and three rows of black and white cells fill the upper quarter
//! of a picture. Each row begins with a black and a white cell, so that a reader
//! knows both; the other fourteen are bits, highest first: 32 of time, 8 of CRC,
//! and two that are zero. It survives a codec, and a size of 96 by 64 pixels.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::av::Picture;
use crate::media::video::Planar;

const COLUMNS: usize = 16;
const ROWS: usize = 3;
/// The cells are that part of the height.
const SHARE: usize = 12;
const BLACK: u8 = 16;
const WHITE: u8 = 235;
/// Black and white are at least so far apart.
const CONTRAST: u32 = 48;

/// Returns the time that is stamped: the machine's clock in milliseconds, cut to 32 bits, so that
/// two programs on one machine can compare.
pub fn now() -> u32 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u32)
}

/// Writes a time into a picture.
pub fn stamp(picture: &mut Planar, ms: u32) {
    let bits = (u64::from(ms) << 10) | (u64::from(check(ms)) << 2);
    let (width, height) = (picture.width, picture.height);
    let n_light = width * height;
    for row in 0..ROWS {
        let lines = row * height / SHARE..(row + 1) * height / SHARE;
        for column in 0..COLUMNS {
            let is_white = match column {
                0 => false,
                1 => true,
                _ => bits >> (bit(row, column)) & 1 == 1,
            };
            let dots = column * width / COLUMNS..(column + 1) * width / COLUMNS;
            for line in lines.clone() {
                let light = if is_white { WHITE } else { BLACK };
                picture.data[line * width..][dots.clone()].fill(light);
            }
        }
        // No colour, where the half-size planes are all below the cells.
        for plane in [n_light, n_light + n_light / 4] {
            for line in lines.start / 2..lines.end.div_ceil(2) {
                picture.data[plane + line * (width / 2)..][..width / 2].fill(128);
            }
        }
    }
}

/// Reads the time out of a picture, also of one that is mirrored; `None` if there is none.
pub fn read_stamp(picture: &Planar) -> Option<u32> {
    let light = |x: usize, y: usize| u32::from(picture.data[y * picture.width + x]);
    read(picture.width, picture.height, &light)
}

/// The same of a picture as it is shown.
pub fn read_stamp_rgb(picture: &Picture) -> Option<u32> {
    let (width, height) = (usize::from(picture.width), usize::from(picture.height));
    if picture.rgb.len() < width * height * 3 {
        return None;
    }
    let light = |x: usize, y: usize| {
        let pixel = &picture.rgb[(y * width + x) * 3..][..3];
        pixel.iter().map(|part| u32::from(*part)).sum::<u32>() / 3
    };
    read(width, height, &light)
}

fn read(width: usize, height: usize, light: &dyn Fn(usize, usize) -> u32) -> Option<u32> {
    if width < COLUMNS * 2 || height < SHARE * 2 {
        return None;
    }
    let mirrored = |x: usize, y: usize| light(width - 1 - x, y);
    decode(width, height, light).or_else(|| decode(width, height, &mirrored))
}

fn decode(width: usize, height: usize, light: &dyn Fn(usize, usize) -> u32) -> Option<u32> {
    let mut bits = 0u64;
    for row in 0..ROWS {
        let lines = middle(row, height, SHARE);
        let cell = |column: usize| {
            let dots = middle(column, width, COLUMNS);
            let n = (dots.len() * lines.len()) as u32;
            let pixels = lines
                .clone()
                .flat_map(|y| dots.clone().map(move |x| (x, y)));
            pixels.map(|(x, y)| light(x, y)).sum::<u32>() / n
        };
        let (black, white) = (cell(0), cell(1));
        if white < black + CONTRAST {
            return None;
        }
        let threshold = u32::midpoint(black, white);
        for column in 2..COLUMNS {
            bits |= u64::from(cell(column) > threshold) << bit(row, column);
        }
    }
    let ms = (bits >> 10) as u32;
    (bits & 0x3ff == u64::from(check(ms)) << 2).then_some(ms)
}

/// The middle half of a cell, at least one pixel: its edges are soft.
fn middle(index: usize, whole: usize, n_cells: usize) -> std::ops::Range<usize> {
    let start = (4 * index + 1) * whole / (4 * n_cells);
    let end = (4 * index + 3) * whole / (4 * n_cells);
    start..end.max(start + 1)
}

/// Which bit a cell is: the first cell has the highest of 42.
fn bit(row: usize, column: usize) -> usize {
    (ROWS - row) * (COLUMNS - 2) - (column - 1)
}

/// CRC-8 (polynomial 0x07) that is not zero for zero.
fn check(ms: u32) -> u8 {
    ms.to_be_bytes().into_iter().fold(0x5a, |sum, byte| {
        (0..8).fold(sum ^ byte, |sum, _| {
            (sum << 1) ^ if sum & 0x80 == 0 { 0 } else { 0x07 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_without_a_clock_tells_no_time() {
        assert_eq!(read_stamp(&Planar::black(640, 480)), None);
        assert_eq!(read_stamp(&Planar::black(2, 2)), None);
    }
}
