//! All files of a recording, written together. Blocks for as long as the disk takes.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::info::{End, Info};
use super::track::Track;
use super::{Piece, Recorded, folder};
use crate::media::audio::mixer::Mixer;

/// Milliseconds in a piece.
const PIECE_MS: u64 = 10;

/// The files of a recording.
pub(super) struct Writer {
    dir: PathBuf,
    info: Info,
    mixer: Mixer,
    mix: Track,
    ours: Track,
    theirs: Vec<Track>,
    /// Pieces that are written, those that were missing included.
    n_pieces: u64,
}

impl Writer {
    /// Makes the directory with `mix.opus`, `me.opus` and `info.json`.
    pub(super) fn create(dir: &Path, name: &str, facts: Map<String, Value>) -> io::Result<Self> {
        let dir = folder::create(dir, name)?;
        let mut info = Info::new(facts);
        info.add("mix", &json!("everybody"), 0);
        info.add("me", &json!("me"), 0);
        let writer = Self {
            mix: Track::create(&dir, "mix", 1, "everybody")?,
            ours: Track::create(&dir, "me", 2, "me")?,
            theirs: Vec::new(),
            mixer: Mixer::default(),
            n_pieces: 0,
            info,
            dir,
        };
        writer.info.write(&writer.dir, None)?;
        Ok(writer)
    }

    pub(super) fn path(&self) -> &Path {
        &self.dir
    }

    /// Adds somebody's track.
    pub(super) fn add(&mut self, person: &Recorded) -> io::Result<()> {
        let number = 3 + u32::try_from(self.theirs.len()).unwrap_or_default();
        let name = person.who["name"].as_str().unwrap_or(&person.track);
        let track = Track::create(&self.dir, &person.track, number, name)?;
        self.theirs.push(track);
        let from = self.n_pieces * PIECE_MS;
        self.info.add(&person.track, &person.who, from);
        self.info.write(&self.dir, None)
    }

    /// Adds ten milliseconds to all tracks.
    pub(super) fn take(&mut self, piece: &Piece) -> io::Result<()> {
        let heard = piece.theirs.iter().map(|(_, frame)| frame);
        for frame in heard.chain(piece.ours.as_deref()) {
            self.mixer.add(frame);
        }
        let mixed = self.mixer.take();
        self.mix.put(piece.at, Some(&mixed))?;
        self.ours.put(piece.at, piece.ours.as_deref())?;
        for (n, track) in self.theirs.iter_mut().enumerate() {
            let said = piece.theirs.iter().find(|(of, _)| *of == n);
            track.put(piece.at, said.map(|(_, frame)| frame))?;
        }
        self.n_pieces = self.n_pieces.max(piece.at + 1);
        Ok(())
    }

    /// Ends all files at the same moment.
    pub(super) fn close(self, n_dropped: u64) -> io::Result<()> {
        let n_pieces = self.n_pieces;
        let tracks = [self.mix, self.ours].into_iter().chain(self.theirs);
        // One that cannot be ended does not keep the others from it.
        let closed: Vec<io::Result<()>> = tracks.map(|track| track.close(n_pieces)).collect();
        let end = End {
            length_ms: n_pieces * PIECE_MS,
            dropped_ms: n_dropped * PIECE_MS,
        };
        let told = self.info.write(&self.dir, Some(end));
        closed.into_iter().collect::<io::Result<()>>().and(told)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use ogg::PacketReader;
    use opus::{Channels, Decoder};

    use super::*;
    use crate::id::LegId;
    use crate::media::audio::{FRAME, Frame, RATE, level};

    /// Reads a track as players do: without pre-skip, and to the last page's position.
    fn play(path: &Path) -> Vec<f32> {
        let bytes = std::fs::read(path).expect("it is there");
        let mut packets = PacketReader::new(Cursor::new(bytes));
        let head = packets.read_packet_expected().expect("a head");
        let pre_skip = u16::from_le_bytes([head.data[10], head.data[11]]);
        packets.read_packet_expected().expect("tags");
        let mut decoder = Decoder::new(RATE, Channels::Mono).expect("a decoder");
        let (mut sound, mut end, mut room) = (Vec::new(), 0, vec![0.0; 5760]);
        while let Ok(Some(packet)) = packets.read_packet() {
            let n = decoder.decode_float(&packet.data, &mut room, false);
            sound.extend_from_slice(&room[..n.expect("a whole packet")]);
            end = usize::try_from(packet.absgp_page()).expect("a position");
        }
        sound.truncate(end);
        sound.drain(..usize::from(pre_skip));
        sound
    }

    fn tone(at: u64, hz: f32) -> Frame {
        std::array::from_fn(|n| {
            let t = (at as f32 * FRAME as f32 + n as f32) / RATE as f32;
            0.3 * (std::f32::consts::TAU * hz * t).sin()
        })
    }

    /// Returns in which tenths of a second somebody is heard.
    fn heard(sound: &[f32]) -> Vec<bool> {
        let tenths = sound.chunks_exact(RATE as usize / 10);
        tenths
            .map(|it| {
                let frames = it.chunks_exact(FRAME).filter_map(|it| it.try_into().ok());
                frames
                    .map(|it: Frame| level::rms(&it))
                    .fold(-99.0, f32::max)
                    > -30.0
            })
            .collect()
    }

    #[test]
    fn all_tracks_are_on_one_time_line_whoever_was_there_and_whatever_was_lost() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut writer = Writer::create(dir.path(), "C", Map::new()).expect("it can be made");
        let person = Recorded {
            leg: LegId(1),
            track: "bob".to_owned(),
            who: json!({ "id": "bob", "name": "Bob" }),
        };
        // We talk all the time but for the second that is lost, Bob comes after two seconds for one.
        for at in (0..350).filter(|at| !(100..200).contains(at)) {
            if at == 200 {
                writer.add(&person).expect("a track");
            }
            let theirs = (200..300).contains(&at).then(|| (0, tone(at, 900.0)));
            let piece = Piece {
                at,
                ours: Some(Box::new(tone(at, 300.0))),
                theirs: theirs.into_iter().collect(),
            };
            writer.take(&piece).expect("it is written");
        }
        let path = writer.path().to_owned();
        writer.close(100).expect("it is closed");
        let tracks = ["mix", "me", "bob"].map(|it| play(&path.join(format!("{it}.opus"))));
        let whole = 350 * FRAME;
        assert_eq!(tracks.each_ref().map(Vec::len), [whole; 3]);
        let [mix, me, bob] = tracks.each_ref().map(|it| heard(it));
        for tenth in 0..35 {
            let lost = (10..20).contains(&tenth);
            // A tenth where something begins or ends may have a little of it.
            let is_edge = [9, 10, 19, 20, 29, 30].contains(&tenth);
            if !is_edge {
                assert_eq!(me[tenth], !lost, "me at {tenth}");
                assert_eq!(mix[tenth], !lost, "mix at {tenth}");
                assert_eq!(bob[tenth], (20..30).contains(&tenth), "bob at {tenth}");
            }
        }
        let info = std::fs::read(path.join("info.json")).expect("it is there");
        let info: Value = serde_json::from_slice(&info).expect("it is JSON");
        assert_eq!(info["length_ms"], 3500);
        assert_eq!(info["dropped_ms"], 1000);
        assert_eq!(info["tracks"][2]["from_ms"], 1000);
    }

    #[test]
    fn what_is_said_is_where_it_was_said_to_the_sample() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut writer = Writer::create(dir.path(), "C", Map::new()).expect("it can be made");
        for at in 0..100 {
            let piece = Piece {
                at,
                ours: Some(Box::new(tone(at, 300.0))),
                theirs: Vec::new(),
            };
            writer.take(&piece).expect("it is written");
        }
        let path = writer.path().join("me.opus");
        writer.close(0).expect("it is closed");
        let sound = play(&path);
        let said: Vec<f32> = (0..100).flat_map(|at| tone(at, 300.0)).collect();
        let likeness = |lag: usize| -> f32 {
            let pairs = said[9600..38400].iter().zip(&sound[9600 + lag..]);
            pairs.map(|(a, b)| a * b).sum()
        };
        let best = (0..40).max_by(|a, b| likeness(*a).total_cmp(&likeness(*b)));
        assert!(best.is_some_and(|lag| lag <= 5), "{best:?}");
    }
}
