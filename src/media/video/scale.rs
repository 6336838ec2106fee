//! Pictures at another size, and as a screen wants them.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use yuv::{YuvPlanarImage, YuvRange, YuvStandardMatrix, yuv420_to_rgb};

use super::Planar;
use crate::av::Picture;

/// The most pixels in a row, and the most rows, that are made for a screen.
const MAX_SIDE: u16 = 2048;

/// Scales and converts; keeps its tables and buffers between pictures.
#[derive(Debug, Default)]
pub struct Scaler {
    resizer: Resizer,
    spare: Option<Planar>,
}

impl Scaler {
    /// Returns the picture at this size (made even, and at least 2 by 2).
    pub fn scale(&mut self, picture: &Planar, width: usize, height: usize) -> Planar {
        let mut scaled = Planar::black(width.max(2), height.max(2));
        self.scale_into(picture, &mut scaled);
        scaled
    }

    /// Returns the picture as large as fits into a box, with its aspect kept, `mirrored` if wanted.
    /// `None` for a box or a picture without pixels.
    pub fn show(
        &mut self,
        picture: &Planar,
        (width, height): (u16, u16),
        is_mirrored: bool,
    ) -> Option<Picture> {
        let frame = (width.min(MAX_SIDE), height.min(MAX_SIDE));
        let (width, height) = fit((picture.width, picture.height), frame)?;
        let mut scaled = match self.spare.take() {
            Some(spare) if (spare.width, spare.height) == (width, height) => spare,
            _ => Planar::black(width, height),
        };
        self.scale_into(picture, &mut scaled);
        let mut rgb = vec![0; width * height * 3];
        let is_converted = convert(&scaled, &mut rgb);
        self.spare = Some(scaled);
        if is_mirrored {
            mirror(&mut rgb, width);
        }
        is_converted.then_some(Picture {
            width: u16::try_from(width).ok()?,
            height: u16::try_from(height).ok()?,
            rgb,
        })
    }

    fn scale_into(&mut self, picture: &Planar, scaled: &mut Planar) {
        if (picture.width, picture.height) == (scaled.width, scaled.height) {
            scaled.data.clone_from(&picture.data);
            return;
        }
        let halves = |picture: &Planar| (picture.width / 2, picture.height / 2);
        let ((from_width, from_height), (width, height)) = (halves(picture), halves(scaled));
        let (y, u, v) = picture.planes();
        let (to_y, colour) = scaled.data.split_at_mut(4 * width * height);
        let (to_u, to_v) = colour.split_at_mut(width * height);
        for (from, to, of_half) in [(y, to_y, 2), (u, to_u, 1), (v, to_v, 1)] {
            let from_size = (from_width * of_half, from_height * of_half);
            self.plane(from, from_size, to, (width * of_half, height * of_half));
        }
    }

    fn plane(
        &mut self,
        from: &[u8],
        from_size: (usize, usize),
        to: &mut [u8],
        size: (usize, usize),
    ) {
        // Box is the cheapest that does not flicker when much smaller; larger it would show blocks.
        let filter = match size.0 * 2 <= from_size.0 {
            true => FilterType::Box,
            false => FilterType::Bilinear,
        };
        let side = |n: usize| u32::try_from(n).unwrap_or(0);
        // Typed, or the program has a scaler for each kind of pixel there is: 3 MB.
        let source = TypedImageRef::<U8>::from_buffer(side(from_size.0), side(from_size.1), from);
        let target = TypedImage::<U8>::from_buffer(side(size.0), side(size.1), to);
        let (Ok(source), Ok(mut target)) = (source, target) else {
            return;
        };
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
        if let Err(error) = self.resizer.resize_typed(&source, &mut target, &options) {
            tracing::debug!(%error, "a picture could not be scaled");
        }
    }
}

/// The largest even size of this aspect that fits into a box.
fn fit((width, height): (usize, usize), (most_x, most_y): (u16, u16)) -> Option<(usize, usize)> {
    let (most_x, most_y) = (usize::from(most_x), usize::from(most_y));
    if width == 0 || height == 0 || most_x < 2 || most_y < 2 {
        return None;
    }
    let even = |n: usize| (n & !1).max(2);
    Some(match width * most_y > height * most_x {
        true => (even(most_x), even((most_x * height + width / 2) / width)),
        false => (even((most_y * width + height / 2) / height), even(most_y)),
    })
}

fn convert(picture: &Planar, rgb: &mut [u8]) -> bool {
    let (y_plane, u_plane, v_plane) = picture.planes();
    let (Ok(width), Ok(height)) = (u32::try_from(picture.width), u32::try_from(picture.height))
    else {
        return false;
    };
    let image = YuvPlanarImage {
        y_plane,
        y_stride: width,
        u_plane,
        u_stride: width / 2,
        v_plane,
        v_stride: width / 2,
        width,
        height,
    };
    let (range, matrix) = (YuvRange::Limited, YuvStandardMatrix::Bt601);
    yuv420_to_rgb(&image, rgb, width * 3, range, matrix).is_ok()
}

fn mirror(rgb: &mut [u8], width: usize) {
    for row in rgb.chunks_exact_mut(width * 3) {
        for x in 0..width / 2 {
            for part in 0..3 {
                row.swap(x * 3 + part, (width - 1 - x) * 3 + part);
            }
        }
    }
}
