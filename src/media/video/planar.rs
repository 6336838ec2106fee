//! A picture as codecs have it: one plane of light and two of colour, at half the size.

/// A picture in I420 (BT.601, limited range): what cameras bring and codecs take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planar {
    /// Pixels in a row; even.
    pub width: usize,
    /// Rows; even.
    pub height: usize,
    /// Y (`width * height` bytes), then U and V (`width / 2 * height / 2` bytes each), without gaps.
    pub data: Vec<u8>,
}

impl Planar {
    /// A black picture; both sizes are made even.
    pub fn black(width: usize, height: usize) -> Self {
        let (width, height) = (width & !1, height & !1);
        let mut data = vec![16; width * height * 3 / 2];
        data[width * height..].fill(128);
        Self {
            width,
            height,
            data,
        }
    }

    /// Takes the planes of a decoder, each with its bytes from one row to the next. Returns whether
    /// that is a picture; otherwise everything stays as it was.
    pub(super) fn fill(&mut self, size: (usize, usize), planes: [(&[u8], usize); 3]) -> bool {
        let (width, height) = (size.0 & !1, size.1 & !1);
        if width == 0 || height == 0 {
            return false;
        }
        (self.width, self.height) = (width, height);
        self.data.clear();
        self.data.reserve_exact(width * height * 3 / 2);
        let sizes = [
            (width, height),
            (width / 2, height / 2),
            (width / 2, height / 2),
        ];
        for ((plane, stride), (width, height)) in planes.into_iter().zip(sizes) {
            for row in plane.chunks(stride.max(1)).take(height) {
                self.data.extend_from_slice(row.get(..width).unwrap_or(row));
            }
        }
        // Never indexed beyond its end, whatever a library says about its planes.
        self.data.resize(width * height * 3 / 2, 128);
        true
    }

    /// Returns the planes: Y, U and V.
    pub fn planes(&self) -> (&[u8], &[u8], &[u8]) {
        let (light, colour) = self.data.split_at(self.width * self.height);
        let (u, v) = colour.split_at(colour.len() / 2);
        (light, u, v)
    }
}
