//! The clock in the test pictures.

use offhook::media::device::stamp::{read_stamp, stamp};
use offhook::media::video::Planar;
use proptest::prelude::*;

/// Halves a picture, each pixel the mean of four.
fn halved(from: &Planar) -> Planar {
    let mut to = Planar::black(from.width / 2, from.height / 2);
    for y in 0..to.height {
        for x in 0..to.width {
            let at =
                |dx: usize, dy: usize| u32::from(from.data[(2 * y + dy) * from.width + 2 * x + dx]);
            let width = to.width;
            to.data[y * width + x] = ((at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1)) / 4) as u8;
        }
    }
    to
}

proptest! {
    #[test]
    fn a_time_is_read_back_at_any_size(
        ms: u32, width in 96usize..700, height in 64usize..500, noise in 0u8..24,
    ) {
        let mut picture = Planar::black(width, height);
        stamp(&mut picture, ms);
        prop_assert_eq!(read_stamp(&picture), Some(ms));
        for (index, light) in picture.data.iter_mut().enumerate() {
            *light = light.saturating_add(if index % 3 == 0 { noise } else { 0 });
        }
        prop_assert_eq!(read_stamp(&picture), Some(ms));
    }

    #[test]
    fn a_time_survives_a_small_screen_and_a_mirror(ms: u32) {
        let mut picture = Planar::black(480, 320);
        stamp(&mut picture, ms);
        let mut small = halved(&halved(&picture));
        prop_assert_eq!((small.width, small.height), (120, 80));
        prop_assert_eq!(read_stamp(&small), Some(ms));
        let width = small.width;
        for row in small.data[..120 * 80].chunks_exact_mut(width) {
            row.reverse();
        }
        prop_assert_eq!(read_stamp(&small), Some(ms));
    }
}
