//! iTerm2's inline images: a PNG in base64.
//!
//! The PNG's pixels are stored, not deflated: pictures of a camera hardly get smaller without
//! losses, it saves a dependency, and whoever has iTerm2 has it on this machine.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ratatui::layout::Rect;

use super::sample::Colour;

/// The most bytes of one stored block of deflate (RFC 1951, 3.2.4).
const BLOCK: usize = 65_535;

/// Writes the command that shows pixels over cells.
pub(super) fn show(out: &mut String, area: Rect, width: u16, height: u16, rgb: &[Colour]) {
    let png = png(width, height, rgb);
    let (columns, rows, size) = (area.width, area.height, png.len());
    let _ = write!(
        out,
        "\x1b[{};{}H\x1b]1337;File=inline=1;size={size};width={columns};height={rows};\
         preserveAspectRatio=0;doNotMoveCursor=1:{}\x07",
        area.y + 1,
        area.x + 1,
        STANDARD.encode(png)
    );
}

fn png(width: u16, height: u16, rgb: &[Colour]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(rgb.len() * 3 + usize::from(height));
    for line in rgb.chunks(usize::from(width).max(1)) {
        // No filter.
        lines.push(0);
        lines.extend_from_slice(line.as_flattened());
    }
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut head = Vec::new();
    head.extend(u32::from(width).to_be_bytes());
    head.extend(u32::from(height).to_be_bytes());
    // Eight bits, red green blue, the only compression, the only filtering, not interlaced.
    head.extend([8, 2, 0, 0, 0]);
    chunk(&mut out, *b"IHDR", &head);
    chunk(&mut out, *b"IDAT", &stored(&lines));
    chunk(&mut out, *b"IEND", &[]);
    out
}

/// Wraps bytes as zlib (RFC 1950) without making them smaller.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = bytes.chunks(BLOCK).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    let (mut a, mut b) = (1_u32, 0_u32);
    // So many additions cannot overflow before the remainder is taken (zlib's NMAX).
    for part in bytes.chunks(5552) {
        for byte in part {
            a += u32::from(*byte);
            b += a;
        }
        (a, b) = (a % 65_521, b % 65_521);
    }
    out.extend(((b << 16) | a).to_be_bytes());
    out
}

fn chunk(out: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    let length = u32::try_from(data.len()).unwrap_or_default();
    out.extend(length.to_be_bytes());
    let from = out.len();
    out.extend(name);
    out.extend_from_slice(data);
    let sum = crc(&out[from..]);
    out.extend(sum.to_be_bytes());
}

const CRC: [u32; 256] = {
    let mut table = [0; 256];
    let mut n = 0;
    while n < 256 {
        // The cast cannot cut: `n` is a byte.
        #[expect(clippy::cast_possible_truncation, reason = "it is below 256")]
        let mut value = n as u32;
        let mut bit = 0;
        while bit < 8 {
            value = (value >> 1) ^ (0xEDB8_8320 * (value & 1));
            bit += 1;
        }
        table[n] = value;
        n += 1;
    }
    table
};

fn crc(bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| CRC[usize::from(sum.to_le_bytes()[0] ^ byte)] ^ (sum >> 8);
    !bytes.iter().fold(u32::MAX, step)
}
