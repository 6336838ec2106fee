//! kitty's graphics protocol: pixels in base64, placed over cells, replaced by number.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ratatui::layout::Rect;

use super::sample::Colour;

/// The most bytes of base64 in one command, as the protocol wants it.
const CHUNK: usize = 4096;

/// Writes the commands that send pixels and show them over cells.
pub(super) fn show(out: &mut String, id: u32, area: Rect, width: u16, height: u16, rgb: &[Colour]) {
    let text = STANDARD.encode(rgb.as_flattened());
    let (columns, rows) = (area.width, area.height);
    let _ = write!(out, "\x1b[{};{}H", area.y + 1, area.x + 1);
    // Quiet (q=2): no answers among the keys. C=1: the cursor stays.
    let mut head =
        format!("a=T,f=24,s={width},v={height},c={columns},r={rows},i={id},p=1,C=1,q=2,");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (chunk, more) = rest.split_at(rest.len().min(CHUNK));
        let is_more = u8::from(!more.is_empty());
        let _ = write!(out, "\x1b_G{head}m={is_more};{chunk}\x1b\\");
        head.clear();
        rest = more;
    }
}

/// Writes the command that takes a picture away and forgets its pixels.
pub(super) fn delete(out: &mut String, id: u32) {
    let _ = write!(out, "\x1b_Ga=d,d=I,i={id},q=2\x1b\\");
}
