//! Opus that carries some of what was said before (RFC 2198), so that a lost
//! packet is found whole in a later one. Bytes only: no payload types are
//! agreed on here, and nothing is decided.

use std::collections::VecDeque;
use std::sync::Arc;

use super::RATE;

/// Earlier frames that are remembered for sending.
const REMEMBERED: usize = 8;
/// Earlier frames that are looked at in a packet.
const MOST: usize = 8;
/// RFC 2198, 3: fourteen bits of time, ten of length.
const MOST_BACK: u64 = (1 << 14) - 1;
const LONGEST: usize = (1 << 10) - 1;
/// Bytes in a packet of ours, so that it stays one datagram.
const ROOM: usize = 1000;
/// The bit of a header that is not the last.
const GOES_ON: u8 = 0x80;

/// A frame that was sent before, again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeat<'a> {
    /// How much earlier it begins than the packet's own frame, at 48 kHz.
    pub back: u64,
    /// The frame.
    pub payload: &'a [u8],
}

impl Repeat<'_> {
    /// Returns the number that the frame had by itself, when its packet has this one. All frames
    /// between are taken for as long as this one.
    pub fn number(&self, packet: u64) -> Option<u64> {
        let n = ::opus::packet::get_nb_samples(self.payload, RATE).ok()? as u64;
        let before = self.back.checked_div(n)?;
        let is_whole = self.back.is_multiple_of(n) && before <= MOST as u64;
        packet.checked_sub(before).filter(|_| is_whole)
    }
}

/// Takes a packet apart: the repeats, oldest first as they are in it, and its own frame. Repeats
/// of another payload type are left out.
///
/// Returns `None` if it is broken, or its own frame is of another payload type.
pub fn parse(packet: &[u8], opus: u8) -> Option<(Vec<Repeat<'_>>, &[u8])> {
    let (mut headers, mut rest) = (Vec::new(), packet);
    loop {
        let (&first, after) = rest.split_first()?;
        if first & GOES_ON == 0 {
            rest = after;
            if first != opus {
                return None;
            }
            break;
        }
        let (fields, after) = after.split_first_chunk::<3>()?;
        let [_, b, c, d] = u32::from_be_bytes([0, fields[0], fields[1], fields[2]]).to_be_bytes();
        let bits = u32::from_be_bytes([0, b, c, d]);
        headers.push((
            first & !GOES_ON,
            u64::from(bits >> 10),
            bits as usize & LONGEST,
        ));
        if headers.len() > MOST {
            return None;
        }
        rest = after;
    }
    let mut repeats = Vec::with_capacity(headers.len());
    for (pt, back, n) in headers {
        let (payload, after) = rest.split_at_checked(n)?;
        rest = after;
        if pt == opus && back > 0 && !payload.is_empty() {
            repeats.push(Repeat { back, payload });
        }
    }
    Some((repeats, rest))
}

/// Puts a packet together, of repeats, oldest first, and its own frame. A repeat that is too old
/// or too long for it is left out.
pub fn build(repeats: &[Repeat<'_>], frame: &[u8], opus: u8) -> Vec<u8> {
    let fits = |r: &&Repeat<'_>| r.back <= MOST_BACK && r.payload.len() <= LONGEST;
    let repeats = || repeats.iter().filter(fits);
    let n = repeats().map(|r| r.payload.len() + 4).sum::<usize>();
    let mut packet = Vec::with_capacity(n + 1 + frame.len());
    for repeat in repeats() {
        let bits = (repeat.back as u32) << 10 | repeat.payload.len() as u32;
        packet.push(GOES_ON | opus);
        packet.extend_from_slice(&bits.to_be_bytes()[1..]);
    }
    packet.push(opus & !GOES_ON);
    for repeat in repeats() {
        packet.extend_from_slice(repeat.payload);
    }
    packet.extend_from_slice(frame);
    packet
}

/// Remembers what one peer was sent, to send it again.
#[derive(Debug, Default)]
pub struct Repeater {
    /// Time and frame of each, the newest last.
    sent: VecDeque<(u64, Arc<[u8]>)>,
}

impl Repeater {
    /// Makes a packet of a frame, which begins at `time`, and those that were so many frames before
    /// it, the nearest named first. Where nothing was sent for a while, nothing before that is
    /// repeated: a receiver takes the numbers of repeats from their times.
    ///
    /// Returns `None` when there is nothing to repeat: the frame should go by itself.
    pub fn pack(&mut self, frame: &[u8], time: u64, before: &[usize], opus: u8) -> Option<Vec<u8>> {
        let mut room = ROOM.saturating_sub(frame.len() + 1);
        let repeats = before.iter().filter_map(|&at| {
            let (then, payload) = self.sent.get(self.sent.len().checked_sub(at)?)?;
            let back = time.checked_sub(*then)?;
            let repeat = Repeat { back, payload };
            let left = room.checked_sub(payload.len() + 4)?;
            // A receiver would take it for the frame of another number.
            repeat.number(at as u64).filter(|number| *number == 0)?;
            room = left;
            Some(repeat)
        });
        let mut repeats: Vec<Repeat<'_>> = repeats.collect();
        repeats.reverse();
        let packet = (!repeats.is_empty()).then(|| build(&repeats, frame, opus));
        if self.sent.len() == REMEMBERED {
            self.sent.pop_front();
        }
        self.sent.push_back((time, frame.into()));
        packet
    }
}
