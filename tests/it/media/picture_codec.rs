//! Pictures through the codec: whole, lost, spoilt, hostile, and at another rate.

use std::time::Duration;

use offhook::media::video::{Codec, Decoded, Decoder, Encoder, Planar, Rate};
use proptest::prelude::*;

const RATE: Rate = Rate {
    bitrate: 400_000,
    fps: 15,
};

/// A soft pattern that moves, with a little noise.
pub(super) fn scene(width: usize, height: usize, n: usize) -> Planar {
    let mut picture = Planar::black(width, height);
    let mut noise = n as u32 + 1;
    for y in 0..height {
        for x in 0..width {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let wave = ((x + 3 * n) % 64) + ((y + 2 * n) % 48);
            picture.data[y * width + x] = (40 + wave + (noise >> 30) as usize) as u8;
        }
    }
    for (at, colour) in picture.data[width * height..].iter_mut().enumerate() {
        *colour = (100 + (at + n) % 50) as u8;
    }
    picture
}

/// How far two pictures are apart, on average, in light.
fn distance(a: &Planar, b: &Planar) -> f64 {
    assert_eq!((a.width, a.height), (b.width, b.height));
    let sum: u64 = (a.planes().0.iter().zip(b.planes().0))
        .map(|(a, b)| u64::from(a.abs_diff(*b)))
        .sum();
    sum as f64 / (a.width * a.height) as f64
}

fn frames(codec: Codec, n: usize) -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new(codec, RATE).unwrap();
    (0..n)
        .filter_map(|n| {
            let at = Duration::from_millis(n as u64 * 66);
            let encoded = encoder.encode(&scene(160, 120, n), at, false).unwrap();
            encoded.map(|encoded| encoded.data)
        })
        .collect()
}

#[test]
fn what_is_decoded_looks_like_what_was_encoded() {
    for codec in Codec::ALL.iter().copied() {
        let mut encoder = Encoder::new(codec, RATE).unwrap();
        let (mut decoder, mut shown) = (Decoder::new(codec), Planar::black(2, 2));
        for n in 0..30 {
            let picture = scene(320, 240, n);
            let at = Duration::from_millis(n as u64 * 66);
            let Some(encoded) = encoder.encode(&picture, at, false).unwrap() else {
                continue;
            };
            assert_eq!(encoded.is_key, codec.is_keyframe(&encoded.data), "{n}");
            assert_eq!(encoded.is_key, n == 0, "a keyframe at {n}");
            assert_eq!(
                decoder.decode(&encoded.data, true, &mut shown),
                Decoded::Picture
            );
            let apart = distance(&picture, &shown);
            assert!(apart < 12.0, "{apart} at {n}");
        }
    }
}

#[test]
fn a_change_of_rate_brings_no_keyframe_and_is_kept() {
    for codec in Codec::ALL.iter().copied() {
        let mut encoder = Encoder::new(codec, RATE).unwrap();
        let mut spent = [0; 3];
        for n in 0..180 {
            let part = n / 60;
            let bitrate = [400_000, 100_000, 800_000][part];
            encoder.set_rate(Rate { bitrate, fps: 15 });
            let at = Duration::from_millis(n as u64 * 1000 / 15);
            let encoded = encoder.encode(&scene(320, 240, n), at, false).unwrap();
            let Some(encoded) = encoded else { continue };
            assert_eq!(encoded.is_key, n == 0, "a keyframe at {n}");
            // The first second of each part is for settling.
            if n % 60 >= 15 {
                spent[part] += encoded.data.len() * 8 / 3;
            }
        }
        assert!(spent[0] < 480_000 && spent[0] > 150_000, "{spent:?}");
        assert!(spent[1] < 130_000, "{spent:?}");
        assert!(spent[2] < 960_000 && spent[2] > spent[0], "{spent:?}");
    }
}

#[test]
fn another_size_and_a_wish_bring_a_keyframe_each() {
    for codec in Codec::ALL.iter().copied() {
        let mut encoder = Encoder::new(codec, RATE).unwrap();
        let (mut decoder, mut shown) = (Decoder::new(codec), Planar::black(2, 2));
        let sizes = [(320, 240), (320, 240), (160, 90), (160, 90), (162, 122)];
        for (n, (width, height)) in sizes.into_iter().enumerate() {
            let at = Duration::from_millis(n as u64 * 200);
            let encoded = encoder.encode(&scene(width, height, n), at, n == 3);
            let encoded = encoded.unwrap().unwrap();
            assert_eq!(encoded.is_key, n != 1, "{n}");
            assert_eq!(
                decoder.decode(&encoded.data, true, &mut shown),
                Decoded::Picture
            );
            assert_eq!((shown.width, shown.height), (width, height));
        }
    }
}

#[test]
fn after_a_gap_nothing_is_shown_until_a_keyframe() {
    for codec in Codec::ALL.iter().copied() {
        let frames = frames(codec, 12);
        let (mut decoder, mut shown) = (Decoder::new(codec), Planar::black(2, 2));
        // Who comes later begins with a keyframe too.
        assert_eq!(
            decoder.decode(&frames[1], true, &mut shown),
            Decoded::NeedsKeyframe
        );
        assert_eq!(
            decoder.decode(&frames[0], true, &mut shown),
            Decoded::Picture
        );
        assert_eq!(
            decoder.decode(&frames[1], true, &mut shown),
            Decoded::Picture
        );
        let before = shown.clone();
        assert_eq!(
            decoder.decode(&frames[3], false, &mut shown),
            Decoded::NeedsKeyframe
        );
        assert_eq!(
            decoder.decode(&frames[4], true, &mut shown),
            Decoded::NeedsKeyframe
        );
        assert_eq!(shown, before, "what was shown last stays");
        assert_eq!(
            decoder.decode(&frames[0], true, &mut shown),
            Decoded::Picture
        );
        assert_eq!(
            decoder.decode(&frames[1], true, &mut shown),
            Decoded::Picture
        );
        assert_eq!(shown, before);
    }
}

#[test]
fn a_frame_that_is_missing_without_a_word_shows_nothing_spoilt() {
    // Frames of VP8 have no numbers of their own: only the packets tell what is missing.
    let codec = Codec::H264;
    let frames = frames(codec, 12);
    let (mut decoder, mut shown) = (Decoder::new(codec), Planar::black(2, 2));
    for frame in &frames[..3] {
        assert_eq!(decoder.decode(frame, true, &mut shown), Decoded::Picture);
    }
    let before = shown.clone();
    assert_eq!(
        decoder.decode(&frames[4], true, &mut shown),
        Decoded::NeedsKeyframe
    );
    assert_eq!(shown, before);
}

#[test]
fn pictures_larger_than_full_hd_are_refused() {
    for codec in Codec::ALL.iter().copied() {
        let sizes = [
            (1920, 64, true),
            (64, 1920, true),
            (1920, 1088, true),
            (2048, 64, false),
            (64, 2048, false),
            (1280, 1104, false),
        ];
        for (width, height, is_fine) in sizes {
            let mut encoder = Encoder::new(codec, RATE).unwrap();
            let picture = Planar::black(width, height);
            let encoded = encoder.encode(&picture, Duration::ZERO, false).unwrap();
            let mut shown = Planar::black(2, 2);
            let decoded = Decoder::new(codec).decode(&encoded.unwrap().data, true, &mut shown);
            let expected = match is_fine {
                true => Decoded::Picture,
                false => Decoded::NeedsKeyframe,
            };
            assert_eq!(decoded, expected, "{width} x {height}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spoilt_frames_are_survived(
        changes in prop::collection::vec((0usize..6, 0usize..4000, any::<u8>()), 0..12),
        cuts in prop::collection::vec((0usize..6, 0usize..4000), 0..3),
    ) {
        for codec in Codec::ALL.iter().copied() {
        let mut frames = frames(codec, 6);
        for (n, at, byte) in changes.iter().copied() {
            let frame = &mut frames[n];
            let at = at % frame.len();
            frame[at] = byte;
        }
        for (n, at) in cuts.iter().copied() {
            let at = at % (frames[n].len() + 1);
            frames[n].truncate(at);
        }
        let (mut decoder, mut shown) = (Decoder::new(codec), Planar::black(2, 2));
        for frame in &frames {
            decoder.decode(frame, true, &mut shown);
            prop_assert_eq!(shown.data.len(), shown.width * shown.height * 3 / 2);
            prop_assert!(shown.width <= 1920 && shown.height <= 1920);
        }
        // It comes out of whatever state it is in.
        let good = self::frames(codec, 1);
        prop_assert_eq!(decoder.decode(&good[0], false, &mut shown), Decoded::Picture);
        }
    }
}
