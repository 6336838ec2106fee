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

    /// Returns the planes: Y, U and V.
    pub fn planes(&self) -> (&[u8], &[u8], &[u8]) {
        let (light, colour) = self.data.split_at(self.width * self.height);
        let (u, v) = colour.split_at(colour.len() / 2);
        (light, u, v)
    }
}
