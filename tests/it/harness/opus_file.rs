//! Reads Opus in Ogg as any player would (RFC 7845), to the last whole page.

use std::io::Cursor;
use std::path::Path;
use std::time::{Duration, Instant};

use ogg::PacketReader;
use opus::{Channels, Decoder};

/// Samples in a second.
const RATE: u32 = 48_000;
/// The longest packet, 120 ms.
const LONGEST: usize = 5760;
const PATIENCE: Duration = Duration::from_secs(60);

/// Returns the sound of a file at 48 kHz; what is not there or not whole is left out.
pub fn decode(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap_or_default();
    let mut packets = PacketReader::new(Cursor::new(bytes));
    let Ok(Some(head)) = packets.read_packet() else {
        return Vec::new();
    };
    assert_eq!(&head.data[..8], b"OpusHead", "{}", path.display());
    assert_eq!((head.data[8], head.data[9]), (1, 1), "version 1, mono");
    let pre_skip = usize::from(u16::from_le_bytes([head.data[10], head.data[11]]));
    let Ok(Some(tags)) = packets.read_packet() else {
        return Vec::new();
    };
    assert_eq!(&tags.data[..8], b"OpusTags", "{}", path.display());
    let mut decoder = Decoder::new(RATE, Channels::Mono).expect("libopus has memory");
    let (mut sound, mut end) = (Vec::new(), 0);
    let mut room = vec![0.0; LONGEST];
    while let Ok(Some(packet)) = packets.read_packet() {
        let n = decoder.decode_float(&packet.data, &mut room, false);
        sound.extend_from_slice(&room[..n.expect("a packet is whole")]);
        if packet.last_in_page() {
            end = usize::try_from(packet.absgp_page()).expect("a position");
        }
    }
    // The last page's position may cut the end off; that of no page lies behind its packets.
    assert!(end <= sound.len(), "{end} of {}", sound.len());
    sound.truncate(end);
    sound.drain(..pre_skip.min(sound.len()));
    sound
}

/// Waits until a file is so long.
pub fn decode_when(path: &Path, seconds: f32) -> Vec<f32> {
    let until = Instant::now() + PATIENCE;
    loop {
        let sound = decode(path);
        if sound.len() as f32 >= seconds * RATE as f32 {
            return sound;
        }
        assert!(Instant::now() < until, "only {} samples", sound.len());
        std::thread::park_timeout(Duration::from_millis(50));
    }
}
