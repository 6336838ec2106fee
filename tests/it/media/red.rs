//! Repeated sound (RFC 2198): what is built can be parsed, and nothing makes it panic.

use offhook::media::audio::opus::{Packet, Speech, SpeechSettings};
use offhook::media::audio::red::{Repeat, Repeater, build, parse};
use proptest::prelude::*;

const OPUS: u8 = 111;
/// A frame of 20 ms begins with this.
const WHOLE: u8 = 0xf8;

#[test]
fn a_packet_of_a_browser_is_read() {
    // 960 samples back, two bytes; then the frame's own.
    let packet = [0x80 | OPUS, 0x0f, 0x00, 0x02, OPUS, 9, 8, 1, 2, 3];
    let (repeats, own) = parse(&packet, OPUS).unwrap();
    let expected = Repeat {
        back: 960,
        payload: &[9, 8],
    };
    assert_eq!(
        (repeats.as_slice(), own),
        ([expected].as_slice(), &[1, 2, 3][..])
    );
    assert_eq!(build(&repeats, own, OPUS), packet);
}

#[test]
fn what_is_of_another_codec_is_left_out() {
    let packet = [0x80, 0x0f, 0x00, 0x01, OPUS, 9, 1];
    assert_eq!(parse(&packet, OPUS), Some((vec![], &[1][..])));
    assert_eq!(parse(&[0, 1], OPUS), None);
}

#[test]
fn frames_are_sent_again_in_the_packets_asked_for() {
    let mut repeater = Repeater::default();
    let frame = |n: u8| [WHOLE, n, 0];
    for n in 0..3 {
        repeater.pack(&frame(n), u64::from(n) * 960, &[], OPUS);
    }
    let packet = repeater.pack(&frame(3), 2880, &[1, 3], OPUS).unwrap();
    let (repeats, own) = parse(&packet, OPUS).unwrap();
    let told: Vec<(u64, u8)> = repeats.iter().map(|r| (r.back, r.payload[1])).collect();
    assert_eq!((told, own[1]), (vec![(2880, 0), (960, 2)], 3));
    assert_eq!(repeater.pack(&frame(4), 3840, &[], OPUS), None);
}

#[test]
fn nothing_is_repeated_across_a_silence() {
    let mut repeater = Repeater::default();
    repeater.pack(&[WHOLE, 1], 0, &[1], OPUS);
    repeater.pack(&[WHOLE, 2], 960, &[1], OPUS);
    let packet = repeater.pack(&[WHOLE, 3], 960 + 9600, &[1, 2], OPUS);
    assert_eq!(packet, None);
    assert_eq!(
        repeater.pack(&[WHOLE, 4], 2 * 960 + 9600, &[2, 3], OPUS),
        None
    );
}

#[test]
fn a_repeat_knows_its_number() {
    let mut speech = Speech::new(SpeechSettings::default()).unwrap();
    let made: Vec<Packet> = (0..4).filter_map(|_| speech.encode(&[0.1; 480])).collect();
    let payload = &made[0].payload;
    let number = |back| Repeat { back, payload }.number(7);
    assert_eq!(number(960), Some(6));
    assert_eq!(number(2880), Some(4));
    assert_eq!(number(1000), None);
    assert_eq!(number(960 * 9), None);
    let broken = Repeat {
        back: 960,
        payload: &[],
    };
    assert_eq!(broken.number(7), None);
}

proptest! {
    #[test]
    fn what_is_built_is_parsed(
        frames in prop::collection::vec((1..16_384_u64, prop::collection::vec(any::<u8>(), 1..200)), 0..8),
        own in prop::collection::vec(any::<u8>(), 0..200),
        opus in 0..128_u8,
    ) {
        let repeats: Vec<Repeat<'_>> = frames
            .iter()
            .map(|(back, payload)| Repeat { back: *back, payload })
            .collect();
        let packet = build(&repeats, &own, opus);
        prop_assert_eq!(parse(&packet, opus), Some((repeats, own.as_slice())));
    }

    #[test]
    fn garbage_is_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..300), seq: u64) {
        if let Some((repeats, own)) = parse(&bytes, OPUS) {
            let n: usize = repeats.iter().map(|r| r.payload.len()).sum();
            prop_assert!(n + own.len() < bytes.len());
            for repeat in repeats {
                let _ = repeat.number(seq);
            }
        }
    }
}
