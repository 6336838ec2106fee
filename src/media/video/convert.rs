//! Pictures as cameras deliver them, made into [`Planar`].

use yuv::{
    BufferStoreMut, YuvConversionMode, YuvPackedImage, YuvPlanarImageMut, YuvRange,
    YuvStandardMatrix, rgb_to_yuv420, uyvy422_to_yuv420, yuyv422_to_yuv420,
};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::Planar;

/// The most pixels in a row, and the most rows, that anything here takes.
pub const MAX_SIDE: usize = 4096;

/// How the bytes of a picture are laid out. Limited range, but for [`Grey`](Layout::Grey) and
/// [`Jpeg`](Layout::Jpeg), which have all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layout {
    /// Two pixels in four bytes: Y, U, Y, V.
    Yuyv,
    /// Two pixels in four bytes: U, Y, V, Y.
    Uyvy,
    /// A plane of Y, then one of U and V in turn, at half the size.
    Nv12,
    /// A plane of Y, then U, then V, both at half the size.
    I420,
    /// A plane of Y only, from 0 to 255.
    Grey,
    /// Red, green, blue.
    Rgb,
    /// A JPEG, whose own size counts; without Huffman tables the usual ones are meant.
    Jpeg,
}

/// Makes a picture of what a camera delivered; an odd row or column at the edge is left out.
///
/// `stride` is how many bytes apart the rows are (of Y, where there are planes; those of I420's
/// colours have half of it). `None` if there are too few bytes for the size, or if the bytes
/// are no JPEG: a picture that a cable has lost is no more than that.
pub fn planar(
    layout: Layout,
    bytes: &[u8],
    width: usize,
    height: usize,
    stride: usize,
) -> Option<Planar> {
    if layout == Layout::Jpeg {
        return jpeg(bytes);
    }
    if !(2..=MAX_SIDE).contains(&width) || !(2..=MAX_SIDE).contains(&height) {
        return None;
    }
    let mut picture = Planar::black(width, height);
    match layout {
        Layout::Yuyv | Layout::Uyvy => packed(layout, bytes, stride, &mut picture)?,
        Layout::Nv12 => nv12(bytes, height, stride, &mut picture)?,
        Layout::I420 => i420(bytes, height, stride, &mut picture)?,
        Layout::Grey => grey(bytes, stride, &mut picture)?,
        Layout::Rgb => rgb(bytes, stride, &mut picture)?,
        Layout::Jpeg => return None,
    }
    Some(picture)
}

fn packed(layout: Layout, bytes: &[u8], stride: usize, picture: &mut Planar) -> Option<()> {
    let (width, height) = (picture.width, picture.height);
    let needed = (height - 1) * stride + width * 2;
    if stride < width * 2 || bytes.len() < needed {
        return None;
    }
    // A last row without its padding is complete, but not for those who measure by strides.
    let mut whole;
    let bytes = if bytes.len() < height * stride {
        whole = bytes.to_vec();
        whole.resize(height * stride, 0);
        &whole
    } else {
        &bytes[..height * stride]
    };
    let source = YuvPackedImage {
        yuy: bytes,
        yuy_stride: u32::try_from(stride).ok()?,
        width: width as u32,
        height: height as u32,
    };
    let convert = if layout == Layout::Uyvy {
        uyvy422_to_yuv420
    } else {
        yuyv422_to_yuv420
    };
    convert(&mut view(picture), &source).ok()
}

fn nv12(bytes: &[u8], height: usize, stride: usize, picture: &mut Planar) -> Option<()> {
    let colour = bytes.get(stride.checked_mul(height)?..)?;
    let width = picture.width;
    light(bytes, stride, picture)?;
    let n_light = width * picture.height;
    let (u, v) = picture.data[n_light..].split_at_mut(n_light / 4);
    let rows = u
        .chunks_exact_mut(width / 2)
        .zip(v.chunks_exact_mut(width / 2));
    for (row, (u, v)) in rows.enumerate() {
        let pairs = colour.get(row * stride..)?.get(..width)?;
        for (pair, (u, v)) in pairs.chunks_exact(2).zip(u.iter_mut().zip(v)) {
            (*u, *v) = (pair[0], pair[1]);
        }
    }
    Some(())
}

fn i420(bytes: &[u8], height: usize, stride: usize, picture: &mut Planar) -> Option<()> {
    light(bytes, stride, picture)?;
    let colour = bytes.get(stride.checked_mul(height)?..)?;
    let (half, half_height, half_stride) =
        (picture.width / 2, picture.height / 2, stride.div_ceil(2));
    let n_plane = half_stride * height.div_ceil(2);
    let n_light = picture.width * picture.height;
    let planes = picture.data[n_light..].chunks_exact_mut(half * half_height);
    for (index, plane) in planes.enumerate() {
        for (row, to) in plane.chunks_exact_mut(half).enumerate() {
            let from = colour.get(index * n_plane + row * half_stride..)?;
            to.copy_from_slice(from.get(..half)?);
        }
    }
    Some(())
}

fn grey(bytes: &[u8], stride: usize, picture: &mut Planar) -> Option<()> {
    light(bytes, stride, picture)?;
    let n_light = picture.width * picture.height;
    for y in &mut picture.data[..n_light] {
        // 0 to 255 becomes 16 to 235.
        *y = (16 + (u32::from(*y) * 219 + 127) / 255) as u8;
    }
    Some(())
}

fn light(bytes: &[u8], stride: usize, picture: &mut Planar) -> Option<()> {
    let width = picture.width;
    let n_light = width * picture.height;
    let rows = picture.data[..n_light].chunks_exact_mut(width);
    for (row, to) in rows.enumerate() {
        let from = bytes.get(row.checked_mul(stride)?..)?;
        to.copy_from_slice(from.get(..width)?);
    }
    (stride >= width).then_some(())
}

fn rgb(bytes: &[u8], stride: usize, picture: &mut Planar) -> Option<()> {
    let (width, height) = (picture.width, picture.height);
    if stride < width * 3 || bytes.len() < height * stride {
        return None;
    }
    rgb_to_yuv420(
        &mut view(picture),
        &bytes[..height * stride],
        u32::try_from(stride).ok()?,
        YuvRange::Limited,
        YuvStandardMatrix::Bt601,
        YuvConversionMode::Balanced,
    )
    .ok()
}

fn jpeg(bytes: &[u8]) -> Option<Planar> {
    let options = DecoderOptions::default()
        .set_max_width(MAX_SIDE)
        .set_max_height(MAX_SIDE)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let pixels = decoder.decode().ok()?;
    let info = decoder.info()?;
    let (width, height) = (usize::from(info.width), usize::from(info.height));
    planar(Layout::Rgb, &pixels, width, height, width * 3)
}

/// Shows the planes of a picture to those who write them.
fn view(picture: &mut Planar) -> YuvPlanarImageMut<'_, u8> {
    let (width, height) = (picture.width as u32, picture.height as u32);
    let n_light = picture.width * picture.height;
    let (y, colour) = picture.data.split_at_mut(n_light);
    let (u, v) = colour.split_at_mut(n_light / 4);
    YuvPlanarImageMut {
        y_plane: BufferStoreMut::Borrowed(y),
        y_stride: width,
        u_plane: BufferStoreMut::Borrowed(u),
        u_stride: width / 2,
        v_plane: BufferStoreMut::Borrowed(v),
        v_stride: width / 2,
        width,
        height,
    }
}
