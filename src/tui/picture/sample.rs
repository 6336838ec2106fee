//! A picture at another size.

use crate::av::Picture;

/// Red, green and blue.
pub(super) type Colour = [u8; 3];

/// Returns a picture's colours at that size, row after row: the mean of what falls into each place
/// where it gets smaller, the nearest pixel where it gets larger. A picture with too few bytes is black.
pub(super) fn sampled(picture: &Picture, columns: usize, rows: usize) -> Vec<Colour> {
    let (width, height) = (usize::from(picture.width), usize::from(picture.height));
    if width == 0 || height == 0 || picture.rgb.len() < width * height * 3 {
        return vec![[0; 3]; columns * rows];
    }
    let line: Vec<_> = (0..columns).map(|x| span(x, columns, width)).collect();
    let mut colours = Vec::with_capacity(columns * rows);
    for y in 0..rows {
        let (top, bottom) = span(y, rows, height);
        for &(left, right) in &line {
            let mut sum = [0_usize; 3];
            for y in top..bottom {
                let row = &picture.rgb[(y * width + left) * 3..(y * width + right) * 3];
                for pixel in row.as_chunks::<3>().0 {
                    for (sum, part) in sum.iter_mut().zip(pixel) {
                        *sum += usize::from(*part);
                    }
                }
            }
            let n = (bottom - top) * (right - left);
            // A mean of bytes is a byte.
            colours.push(sum.map(|sum| u8::try_from(sum / n).unwrap_or(u8::MAX)));
        }
    }
    colours
}

/// Returns what of `from` pixels falls into place `n` of `to`; never nothing.
fn span(n: usize, to: usize, from: usize) -> (usize, usize) {
    let first = n * from / to;
    (first, ((n + 1) * from / to).max(first + 1))
}
