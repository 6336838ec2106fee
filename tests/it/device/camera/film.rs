//! YUV4MPEG2 files.

use std::io::Cursor;

use offhook::av::DeviceException;
use offhook::media::device::{CameraSpec, Film};
use proptest::prelude::*;

use super::{Rig, WANTED};

/// Two pictures of 16 by 16, dark and light.
fn film(colours: &str) -> Vec<u8> {
    let n_bytes = if colours == "Cmono" { 256 } else { 384 };
    let mut bytes = format!("YUV4MPEG2 W16 H16 F50:1 Ip A1:1 {colours}\n").into_bytes();
    for light in [16, 200] {
        bytes.extend(b"FRAME\n");
        bytes.extend(vec![light; n_bytes]);
    }
    bytes
}

#[test]
fn a_film_is_shown_over_and_over() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.y4m");
    std::fs::write(&path, film("C420jpeg")).unwrap();
    let spec = CameraSpec::File(path);
    assert_eq!(spec.check(), Ok(()));
    let rig = Rig::open(&spec, WANTED);
    let mut seen = Vec::new();
    while !(seen.contains(&16) && seen.iter().filter(|light| **light == 200).count() > 2) {
        seen.push(rig.shot().picture.data[0]);
    }
    assert_eq!(rig.camera.poll_trouble(), None);
}

#[test]
fn what_is_no_film_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let convert = "; convert it, for example with `ffmpeg -i in.mp4 -pix_fmt yuv420p out.y4m`";
    let header = |more: &str| format!("YUV4MPEG2 {more}\nFRAME\n").into_bytes();
    for (name, bytes, words) in [
        ("text", b"hello\n".to_vec(), "this is not a YUV4MPEG2 file"),
        (
            "width",
            header("H16 F1:1"),
            "the header has no usable width (W16 to W4096)",
        ),
        (
            "huge",
            header("W99999 H16 F1:1"),
            "the header has no usable width (W16 to W4096)",
        ),
        (
            "rate",
            header("W16 H16 F1:0"),
            "the header has no usable rate (F1:1 to F120:1)",
        ),
        (
            "deep",
            header("W16 H16 F1:1 C420p10"),
            "its colours are \"420p10\", only C420 and Cmono are read",
        ),
        ("empty", header("W16 H16 F1:1"), "it has no picture"),
    ] {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let trouble = CameraSpec::File(path.clone()).check().unwrap_err();
        assert_eq!(trouble.detail, format!("{words}{convert}"), "{name}");
        assert_eq!(trouble.device, format!("file:{}", path.display()));
        let rig = Rig::open(&CameraSpec::File(path), WANTED);
        assert_eq!(
            rig.wait(offhook::media::device::Camera::poll_trouble),
            trouble
        );
    }
    let trouble = CameraSpec::File(dir.path().join("missing"))
        .check()
        .unwrap_err();
    assert_eq!(trouble.exception, DeviceException::InvalidId);
    assert_eq!(trouble.detail, "there is no such file; check the path");
}

#[test]
fn grey_films_are_read() {
    let mut film = Film::new(Cursor::new(film("Cmono"))).unwrap();
    assert!(film.next_picture().unwrap().is_some());
    assert!(film.next_picture().unwrap().is_some());
    assert_eq!(film.next_picture().unwrap(), None);
}

proptest! {
    #[test]
    fn junk_never_panics(
        at in 0usize..800, with: Vec<u8>, cut in 0usize..800,
    ) {
        let mut bytes = film("C420");
        let at = at.min(bytes.len());
        bytes.splice(at..(at + with.len()).min(800).max(at).min(film("C420").len()), with);
        bytes.truncate(cut.max(1));
        if let Ok(mut film) = Film::new(Cursor::new(bytes)) {
            while let Ok(Some(picture)) = film.next_picture() {
                prop_assert!(picture.width >= 16);
            }
        }
    }
}
