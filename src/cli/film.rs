//! What a phone without a screen sees, as a Y4M film that anything plays.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

use yuv::{BufferStoreMut, YuvConversionMode, YuvPlanarImageMut, YuvRange, YuvStandardMatrix};

use super::args::VideoOut;
use super::error::{Error, Kind};
use crate::av::{Picture, Shown};
use crate::id::LegId;
use crate::media::video::Gallery;
use crate::phone::Phone;

/// The size of the film. Pictures of another shape stand in the middle of it.
const WIDTH: usize = 640;
const HEIGHT: usize = 480;
/// A picture is written when it comes; this is how fast a player shows them.
const HEADER: &str =
    "YUV4MPEG2 W640 H480 F15:1 Ip A1:1 C420jpeg XYSCSS=420JPEG XCOLORRANGE=LIMITED\n";

/// A film of whoever is seen first.
#[derive(Debug)]
pub(crate) struct Film {
    file: File,
    /// Whose pictures it takes now.
    of: Option<LegId>,
    last: Option<Arc<Picture>>,
}

impl Film {
    /// Begins the film that is asked for, if one is.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub(crate) fn of(video_out: &VideoOut) -> Result<Option<Self>, Error> {
        let VideoOut::File(path) = video_out else {
            return Ok(None);
        };
        let begin = || {
            let mut file = File::create(path)?;
            file.write_all(HEADER.as_bytes())?;
            Ok(file)
        };
        let file = begin().map_err(|error: io::Error| {
            let path = path.display();
            Error::new(Kind::Device, format!("cannot use --video-out file:{path}")).detail(error)
        })?;
        Ok(Some(Self {
            file,
            of: None,
            last: None,
        }))
    }

    /// Returns whose picture is to be shown: one of the first person whose pictures come.
    pub(crate) fn wanted(&mut self, phone: &Phone) -> Option<Shown> {
        let members = || phone.calls().iter().flat_map(|call| &call.members);
        let is_seen = |leg| members().any(|it| it.leg == Some(leg) && it.pictures().0);
        self.of = self.of.filter(|leg| is_seen(*leg)).or_else(|| {
            let seen = members().find(|member| member.pictures().0);
            seen.and_then(|member| member.leg)
        });
        self.of.map(|leg| Shown {
            leg: Some(leg),
            width: 640,
            height: 480,
        })
    }

    /// Writes the newest picture, if it is one that is not in the film yet.
    ///
    /// # Errors
    ///
    /// The file takes no more.
    pub(crate) fn take(&mut self, gallery: &Gallery) -> io::Result<()> {
        let Some(picture) = self.of.and_then(|leg| gallery.picture(Some(leg))) else {
            return Ok(());
        };
        if self
            .last
            .as_ref()
            .is_some_and(|last| Arc::ptr_eq(last, &picture))
        {
            return Ok(());
        }
        // One write a picture: whenever the program is killed, what is there can be played.
        let frame = frame(&picture);
        self.last = Some(picture);
        self.file.write_all(&frame)
    }
}

/// Makes a frame of the film: the picture in the middle of a black one.
fn frame(picture: &Picture) -> Vec<u8> {
    let rgb = framed(picture);
    let n_light = WIDTH * HEIGHT;
    let head = b"FRAME\n";
    let mut frame = vec![0; head.len() + n_light * 3 / 2];
    let (start, planes) = frame.split_at_mut(head.len());
    start.copy_from_slice(head);
    let (light, colours) = planes.split_at_mut(n_light);
    let (u, v) = colours.split_at_mut(n_light / 4);
    let mut image = YuvPlanarImageMut {
        y_plane: BufferStoreMut::Borrowed(light),
        y_stride: 640,
        u_plane: BufferStoreMut::Borrowed(u),
        u_stride: 320,
        v_plane: BufferStoreMut::Borrowed(v),
        v_stride: 320,
        width: 640,
        height: 480,
    };
    yuv::rgb_to_yuv420(
        &mut image,
        &rgb,
        640 * 3,
        YuvRange::Limited,
        YuvStandardMatrix::Bt601,
        YuvConversionMode::Balanced,
    )
    .expect("the planes are as large as the picture");
    frame
}

/// Returns a picture of the film's size with this one in the middle; what is too large is cut off.
fn framed(picture: &Picture) -> Vec<u8> {
    let (width, height) = (usize::from(picture.width), usize::from(picture.height));
    let mut rgb = vec![0; WIDTH * HEIGHT * 3];
    if width == 0 {
        return rgb;
    }
    let (across, down) = (width.min(WIDTH), height.min(HEIGHT));
    // Two pixels share a colour.
    let (left, top) = ((WIDTH - across) / 4 * 2, (HEIGHT - down) / 4 * 2);
    for (row, line) in picture.rgb.chunks_exact(width * 3).take(down).enumerate() {
        let at = ((top + row) * WIDTH + left) * 3;
        rgb[at..at + across * 3].copy_from_slice(&line[..across * 3]);
    }
    rgb
}

#[cfg(test)]
mod tests {
    use super::*;

    fn red(width: u16, height: u16) -> Picture {
        let n_pixels = usize::from(width) * usize::from(height);
        Picture {
            width,
            height,
            rgb: [255, 0, 0].repeat(n_pixels),
        }
    }

    /// Light and colours of one pixel of a frame.
    fn pixel(frame: &[u8], x: usize, y: usize) -> (u8, u8, u8) {
        let planes = frame.strip_prefix(b"FRAME\n").expect("its head");
        let n_light = WIDTH * HEIGHT;
        let colour = y / 2 * WIDTH / 2 + x / 2;
        (
            planes[y * WIDTH + x],
            planes[n_light + colour],
            planes[n_light + n_light / 4 + colour],
        )
    }

    #[test]
    fn a_picture_of_any_size_stands_in_the_middle() {
        for (width, height) in [(640, 480), (320, 240), (640, 360), (1280, 720), (8, 6)] {
            let frame = frame(&red(width, height));
            assert_eq!(frame.len(), 6 + WIDTH * HEIGHT * 3 / 2);
            let (light, u, v) = pixel(&frame, WIDTH / 2, HEIGHT / 2);
            assert!(light.abs_diff(81) <= 2, "{width}x{height}: {light}");
            assert!(u.abs_diff(90) <= 2, "{width}x{height}: {u}");
            assert!(v.abs_diff(240) <= 2, "{width}x{height}: {v}");
        }
        assert_eq!(pixel(&frame(&red(320, 240)), 0, 0), (16, 128, 128));
        assert_eq!(pixel(&frame(&red(0, 0)), 5, 5), (16, 128, 128));
    }

    #[test]
    fn a_film_has_each_picture_once_and_is_whole_at_any_time() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("film.y4m");
        let film = Film::of(&VideoOut::File(path.clone())).expect("it can be written");
        let mut film = film.expect("a film");
        let leg = LegId(7);
        film.of = Some(leg);
        let gallery = Gallery::default();
        film.take(&gallery).expect("nothing to write");
        for _ in 0..2 {
            gallery.hang(Some(leg), red(320, 240));
            film.take(&gallery).expect("it can be written");
            film.take(&gallery).expect("it can be written");
            gallery.hang(None, red(320, 240));
            film.take(&gallery).expect("it can be written");
        }
        let film = std::fs::read(path).expect("a film");
        let frames = film.strip_prefix(HEADER.as_bytes()).expect("its head");
        assert_eq!(frames.len(), 2 * (6 + WIDTH * HEIGHT * 3 / 2));
    }
}
