//! Known colours through each layout.

use offhook::media::video::convert::{Layout, planar};
use proptest::prelude::*;

/// Y, U and V of red in limited BT.601.
const RED: [u8; 3] = [81, 90, 240];

fn repeated(cell: &[u8], n_cells: usize) -> Vec<u8> {
    cell.repeat(n_cells)
}

#[test]
fn red_is_red_in_every_layout() {
    let [y, u, v] = RED;
    let n = 32 * 16;
    let nv12 = [repeated(&[y], n), repeated(&[u, v], n / 4)].concat();
    let i420 = [
        repeated(&[y], n),
        repeated(&[u], n / 4),
        repeated(&[v], n / 4),
    ]
    .concat();
    for (layout, bytes, stride) in [
        (Layout::Yuyv, repeated(&[y, u, y, v], n / 2), 64),
        (Layout::Uyvy, repeated(&[u, y, v, y], n / 2), 64),
        (Layout::Nv12, nv12, 32),
        (Layout::I420, i420, 32),
        (Layout::Rgb, repeated(&[255, 0, 0], n), 96),
    ] {
        let picture = planar(layout, &bytes, 32, 16, stride).unwrap();
        let (light, blue, red) = picture.planes();
        for (plane, expected) in [(light, y), (blue, u), (red, v)] {
            assert!(
                plane.iter().all(|it| it.abs_diff(expected) <= 1),
                "{layout:?} {plane:?}"
            );
        }
        assert_eq!(
            planar(layout, &bytes[..bytes.len() - 1], 32, 16, stride),
            None,
            "{layout:?}"
        );
    }
}

#[test]
fn grey_fills_the_limited_range() {
    let bytes: Vec<u8> = (0..=255).collect();
    let picture = planar(Layout::Grey, &bytes, 16, 16, 16).unwrap();
    let (light, blue, red) = picture.planes();
    assert_eq!((light[0], light[255]), (16, 235));
    assert!(blue.iter().chain(red).all(|it| *it == 128));
}

proptest! {
    #[test]
    fn junk_is_no_picture_and_no_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..4000),
        width in 0usize..80, height in 0usize..80, stride in 0usize..200,
    ) {
        for layout in [
            Layout::Yuyv, Layout::Uyvy, Layout::Nv12, Layout::I420, Layout::Grey, Layout::Rgb,
            Layout::Jpeg,
        ] {
            if let Some(picture) = planar(layout, &bytes, width, height, stride) {
                prop_assert_eq!(picture.data.len(), picture.width * picture.height * 3 / 2);
            }
        }
    }
}
