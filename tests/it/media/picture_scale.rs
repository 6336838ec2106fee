//! Pictures as large as their box, in the right colours, and mirrored.

use offhook::media::video::Planar;
use offhook::media::video::scale::Scaler;

/// Left half white, right half of the colour that U and V say.
fn halves(width: usize, height: usize) -> Planar {
    let mut picture = Planar::black(width, height);
    for row in picture.data[..width * height].chunks_exact_mut(width) {
        row[..width / 2].fill(235);
    }
    picture
}

#[test]
fn a_picture_fits_into_its_box_with_its_aspect_kept() {
    let mut scaler = Scaler::default();
    let table = [
        ((640, 480), (80, 80), Some((80, 60))),
        ((640, 480), (200, 60), Some((80, 60))),
        ((640, 480), (641, 481), Some((640, 480))),
        ((320, 240), (640, 480), Some((640, 480))),
        ((640, 360), (100, 100), Some((100, 56))),
        ((480, 640), (100, 100), Some((74, 100))),
        ((640, 480), (1, 80), None),
        ((640, 480), (0, 0), None),
        ((0, 0), (80, 80), None),
    ];
    for ((width, height), frame, expected) in table {
        let shown = scaler.show(&Planar::black(width, height), frame, false);
        let size = shown.as_ref().map(|shown| (shown.width, shown.height));
        assert_eq!(size, expected, "{width} x {height} in {frame:?}");
        if let Some(shown) = shown {
            let n = usize::from(shown.width) * usize::from(shown.height) * 3;
            assert_eq!(shown.rgb.len(), n);
        }
    }
}

#[test]
fn light_and_dark_stay_where_they_are_and_change_places_in_a_mirror() {
    let mut scaler = Scaler::default();
    for size in [(640, 480), (32, 24), (64, 48)] {
        for is_mirrored in [false, true] {
            let shown = scaler.show(&halves(size.0, size.1), (64, 48), is_mirrored);
            let shown = shown.unwrap();
            for row in shown.rgb.chunks_exact(64 * 3) {
                let (left, right) = (&row[3 * 8..3 * 9], &row[3 * 56..3 * 57]);
                let (light, dark) = if is_mirrored {
                    (right, left)
                } else {
                    (left, right)
                };
                assert!(light.iter().all(|part| *part > 250), "{light:?}");
                assert!(dark.iter().all(|part| *part < 5), "{dark:?}");
            }
        }
    }
}

#[test]
fn red_is_red() {
    let mut picture = Planar::black(16, 16);
    picture.data[..256].fill(81);
    picture.data[256..320].fill(90);
    picture.data[320..].fill(240);
    let shown = Scaler::default().show(&picture, (8, 8), false).unwrap();
    for pixel in shown.rgb.chunks_exact(3) {
        assert!(
            pixel[0] > 245 && pixel[1] < 12 && pixel[2] < 12,
            "{pixel:?}"
        );
    }
}
