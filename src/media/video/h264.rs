//! H.264, constrained baseline: pictures into whole frames of Annex B, and back.

mod decoder;
mod encoder;
mod header;

pub(super) use decoder::{Decoder, inspect};
pub(super) use encoder::Encoder;

/// NAL unit types (H.264, table 7-1).
const IDR: u8 = 5;
const PARAMETERS: u8 = 7;
/// Of a layer that nobody agreed on, but the library reads them. They begin like the others.
const SUBSET_PARAMETERS: u8 = 15;

/// Whether a decoder can begin with this frame: there is an IDR slice in it.
pub(super) fn is_keyframe(frame: &[u8]) -> bool {
    units(frame).any(|unit| kind(unit) == IDR)
}

fn kind(unit: &[u8]) -> u8 {
    unit.first().map_or(0, |first| first & 0x1f)
}

/// The NAL units of a frame, without their start codes (H.264, B.1).
fn units(frame: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = start(frame).map(|at| &frame[at..]);
    std::iter::from_fn(move || {
        let unit = rest?;
        let next = start(unit);
        rest = next.map(|at| &unit[at..]);
        // What stands before the next start code; its own first zero may be ours, and means nothing.
        Some(next.map_or(unit, |at| &unit[..at - 3]))
    })
}

/// Returns where the bytes after the first start code are.
fn start(bytes: &[u8]) -> Option<usize> {
    let found = bytes.windows(3).position(|three| three == [0, 0, 1]);
    found.map(|at| at + 3)
}
