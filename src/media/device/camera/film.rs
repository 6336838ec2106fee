//! A YUV4MPEG2 file as a camera: over and over, in real time.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::{Duration, Instant};

use super::OpenedAs;
use super::sink::Sink;
use crate::av::DeviceException;
use crate::media::device::Trouble;
use crate::media::video::Planar;
use crate::media::video::convert::{self, Layout, MAX_SIDE};

/// A line of the file is no longer than that.
const MAX_LINE: u64 = 1024;

/// Why bytes are no film.
#[derive(Debug, thiserror::Error)]
pub enum FilmError {
    /// The file does not begin as one.
    #[error("this is not a YUV4MPEG2 file")]
    NotFilm,
    /// The header lacks something, or says it twice over.
    #[error("the header has no usable {0}")]
    Header(&'static str),
    /// The colours are not at half the size, 8 bits each.
    #[error("its colours are {0:?}, only C420 and Cmono are read")]
    Colours(String),
    /// There is no picture in it.
    #[error("it has no picture")]
    Empty,
    /// A picture begins with something else.
    #[error("it is damaged")]
    Damaged,
    /// It cannot be read.
    #[error("it cannot be read ({0})")]
    Io(#[from] io::Error),
}

/// A film and how far it was read.
#[derive(Debug)]
pub struct Film<R> {
    reader: R,
    width: usize,
    height: usize,
    is_grey: bool,
    /// From picture to picture.
    pub step: Duration,
}

impl<R: BufRead> Film<R> {
    /// Reads the header.
    ///
    /// # Errors
    ///
    /// It is no film, or none that we show: 16 to 4096 pixels each way, 1 to 120 pictures a second.
    pub fn new(mut reader: R) -> Result<Self, FilmError> {
        let line = line(&mut reader)?.ok_or(FilmError::NotFilm)?;
        let mut words = line.split(' ');
        if words.next() != Some("YUV4MPEG2") {
            return Err(FilmError::NotFilm);
        }
        let (mut width, mut height, mut step, mut is_grey) = (None, None, None, false);
        for word in words.filter(|word| !word.is_empty()) {
            let (key, value) = word.split_at_checked(1).ok_or(FilmError::Damaged)?;
            match key {
                "W" => width = side(value),
                "H" => height = side(value),
                "F" => step = pace(value),
                "C" if ["420", "420jpeg", "420mpeg2", "420paldv"].contains(&value) => {}
                "C" if value == "mono" => is_grey = true,
                "C" => return Err(FilmError::Colours(value.chars().take(16).collect())),
                _ => {}
            }
        }
        Ok(Self {
            reader,
            width: width.ok_or(FilmError::Header("width (W16 to W4096)"))?,
            height: height.ok_or(FilmError::Header("height (H16 to H4096)"))?,
            is_grey,
            step: step.ok_or(FilmError::Header("rate (F1:1 to F120:1)"))?,
        })
    }

    /// Reads the next picture; `None` at the end, also in the middle of a picture.
    ///
    /// # Errors
    ///
    /// Something else than a picture comes.
    pub fn next_picture(&mut self) -> Result<Option<Planar>, FilmError> {
        let Some(line) = line(&mut self.reader)? else {
            return Ok(None);
        };
        if line.split(' ').next() != Some("FRAME") {
            return Err(FilmError::Damaged);
        }
        let n_light = self.width * self.height;
        let n_colour = self.width.div_ceil(2) * self.height.div_ceil(2) * 2;
        let layout = if self.is_grey {
            Layout::Grey
        } else {
            Layout::I420
        };
        let mut bytes = vec![0; n_light + if self.is_grey { 0 } else { n_colour }];
        match self.reader.read_exact(&mut bytes) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        Ok(convert::planar(
            layout,
            &bytes,
            self.width,
            self.height,
            self.width,
        ))
    }
}

/// Reads a line of text; `None` at the end.
fn line(reader: &mut impl BufRead) -> Result<Option<String>, FilmError> {
    let mut bytes = Vec::new();
    let n_read = reader.take(MAX_LINE).read_until(b'\n', &mut bytes)?;
    if n_read == 0 {
        return Ok(None);
    }
    match (bytes.pop(), String::from_utf8(bytes)) {
        (Some(b'\n'), Ok(text)) => Ok(Some(text)),
        _ => Err(FilmError::NotFilm),
    }
}

fn side(text: &str) -> Option<usize> {
    text.parse()
        .ok()
        .filter(|side| (16..=MAX_SIDE).contains(side))
}

fn pace(text: &str) -> Option<Duration> {
    let (pictures, seconds) = text.split_once(':')?;
    let (pictures, seconds): (u32, u32) = (pictures.parse().ok()?, seconds.parse().ok()?);
    let fps = f64::from(pictures) / f64::from(seconds);
    (1.0..=120.0)
        .contains(&fps)
        .then(|| Duration::from_secs_f64(1.0 / fps))
}

/// Says whether a film can be shown.
pub(super) fn check(path: &Path) -> Result<(), Trouble> {
    open(path).map(drop)
}

/// Shows a film until the camera is closed.
pub(super) fn run(path: &Path, sink: &Sink) -> Result<(), Trouble> {
    let mut film = open(path)?;
    sink.open(OpenedAs {
        name: device(path),
        front: true,
    });
    let mut due = Instant::now();
    loop {
        let picture = match film.next_picture().map_err(|e| not_a_film(path, &e))? {
            Some(picture) => picture,
            None => {
                film = rewind(film).map_err(|e| not_a_film(path, &e))?;
                match film.next_picture().map_err(|e| not_a_film(path, &e))? {
                    Some(picture) => picture,
                    None => return Err(not_a_film(path, &FilmError::Empty)),
                }
            }
        };
        sink.show(picture);
        due = (due + film.step).max(Instant::now());
        if !sink.wait_until(due) {
            return Ok(());
        }
    }
}

fn rewind(film: Film<BufReader<File>>) -> Result<Film<BufReader<File>>, FilmError> {
    let mut reader = film.reader;
    reader.seek(SeekFrom::Start(0))?;
    Film::new(reader)
}

/// Opens a film that has a picture.
fn open(path: &Path) -> Result<Film<BufReader<File>>, Trouble> {
    let metadata = std::fs::metadata(path).map_err(|e| unreadable(path, &e))?;
    if !metadata.is_file() {
        return Err(trouble(
            path,
            "this is not a file; name a film (file:PATH.y4m)",
        ));
    }
    let file = File::open(path).map_err(|e| unreadable(path, &e))?;
    let read = || {
        let mut film = Film::new(BufReader::new(file))?;
        match film.next_picture()? {
            Some(_) => rewind(film),
            None => Err(FilmError::Empty),
        }
    };
    read().map_err(|e| not_a_film(path, &e))
}

fn unreadable(path: &Path, error: &io::Error) -> Trouble {
    let detail = if error.kind() == ErrorKind::NotFound {
        "there is no such file; check the path".to_owned()
    } else if error.kind() == ErrorKind::PermissionDenied {
        "you may not read this file".to_owned()
    } else {
        format!("it cannot be read ({error})")
    };
    trouble(path, &detail)
}

fn not_a_film(path: &Path, error: &FilmError) -> Trouble {
    let detail = match error {
        FilmError::Io(_) => error.to_string(),
        FilmError::NotFilm
        | FilmError::Header(_)
        | FilmError::Colours(_)
        | FilmError::Empty
        | FilmError::Damaged => format!(
            "{error}; convert it, for example with `ffmpeg -i in.mp4 -pix_fmt yuv420p out.y4m`"
        ),
    };
    trouble(path, &detail)
}

fn trouble(path: &Path, detail: &str) -> Trouble {
    Trouble::new(DeviceException::InvalidId, device(path), detail)
}

fn device(path: &Path) -> String {
    format!("file:{}", path.display())
}
