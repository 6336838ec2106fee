//! How large the pictures of a stream are, out of its parameters, before a decoder makes room for them.

/// What is read of a set of sequence parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    /// Pixels in a row, before cropping.
    pub(super) width: u32,
    /// Rows, before cropping.
    pub(super) height: u32,
}

/// Reads the size out of a sequence parameter set (H.264, 7.3.2.1.1), its first byte included.
pub(super) fn size(unit: &[u8]) -> Option<Size> {
    let payload = unescaped(unit.get(1..)?);
    let mut bits = Bits {
        bytes: &payload,
        at: 0,
    };
    let profile = bits.take(8)?;
    bits.take(16)?;
    bits.number()?;
    if matches!(
        profile,
        100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135
    ) {
        let chroma = bits.number()?;
        if chroma == 3 {
            bits.take(1)?;
        }
        bits.number()?;
        bits.number()?;
        bits.take(1)?;
        if bits.take(1)? == 1 {
            // Scaling matrices are for profiles that are never agreed on.
            return None;
        }
    }
    bits.number()?;
    match bits.number()? {
        0 => {
            bits.number()?;
        }
        1 => {
            bits.take(1)?;
            bits.number()?;
            bits.number()?;
            for _ in 0..bits.number()?.min(255) {
                bits.number()?;
            }
        }
        _ => {}
    }
    bits.number()?;
    bits.take(1)?;
    let columns = bits.number()?.checked_add(1)?;
    let rows = bits.number()?.checked_add(1)?;
    let is_progressive = bits.take(1)? == 1;
    let fields = if is_progressive { 1 } else { 2 };
    Some(Size {
        width: columns.checked_mul(16)?,
        height: rows.checked_mul(16 * fields)?,
    })
}

/// Only so much of a parameter set is looked at.
const MOST_BYTES: usize = 256;

/// Takes out the bytes that keep start codes from appearing (H.264, 7.4.1.1).
fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(MOST_BYTES);
    let mut zeros = 0;
    for byte in bytes.iter().take(MOST_BYTES) {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        out.push(*byte);
    }
    out
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, n: usize) -> Option<u32> {
        let mut value = 0;
        for _ in 0..n {
            let byte = *self.bytes.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }

    /// An Exp-Golomb number (H.264, 9.1). The signed ones are as long.
    fn number(&mut self) -> Option<u32> {
        let mut n_zeros = 0;
        while self.take(1)? == 0 {
            n_zeros += 1;
            if n_zeros > 31 {
                return None;
            }
        }
        let rest = self.take(n_zeros)?;
        u32::try_from((1_u64 << n_zeros) - 1 + u64::from(rest)).ok()
    }
}
