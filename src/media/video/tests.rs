//! Two ends of a line, from a picture to a picture, in a time of its own: what a line does to them
//! is the same on a busy machine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::incoming::Viewer;
use super::ladder::{self, MOST_LINES, Plan};
use super::load::Load;
use super::outgoing::{Outgoing, Receiver, Sender};
use super::{Codec, Gallery, Planar, Ticket};
use crate::av::{Pictures, Shown};
use crate::id::LegId;
use crate::media::transport::{Datagram, FIRST_BANDWIDTH, Happening, Session};

const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 30);
const SOUND: Duration = Duration::from_millis(20);
const STEP: Duration = Duration::from_millis(2);

/// What is between two ends.
#[derive(Debug, Clone, Copy)]
struct Line {
    /// Packets lost of a thousand.
    per_mille: u32,
    /// How long one takes.
    delay: Duration,
    /// What it takes, in bits a second, each way; more waits up to 300 ms.
    width: Option<u64>,
}

struct End {
    session: Session,
    sender: Sender,
    viewer: Viewer,
    n_waiting: Arc<AtomicUsize>,
    films: bool,
    bandwidth: u64,
    plan: Option<Plan>,
    /// When a picture was shown, and of how many lines.
    shown: Vec<(Duration, u16)>,
    /// When the line out is free again.
    free: Instant,
    dice: u32,
}

struct Pair {
    ends: [End; 2],
    line: Line,
    start: Instant,
    now: Instant,
    /// What is on the way, by when it arrives and to whom.
    air: BTreeMap<(Instant, u64), (usize, Datagram)>,
    n_sent: u64,
    scenes: Vec<Planar>,
    n_pictures: usize,
    picture_due: Instant,
    sound_due: Instant,
}

const LEG: LegId = LegId(1);

impl End {
    fn new(now: Instant, seed: u32) -> Self {
        let mut viewer = Viewer::new(Arc::new(Gallery::default()));
        let shown = Shown {
            leg: Some(LEG),
            width: 80,
            height: 60,
        };
        viewer.show(vec![shown], now);
        Self {
            session: Session::new(now).expect("loopback is there"),
            sender: Sender::new(now, Load::new(|| None)),
            viewer,
            n_waiting: Arc::default(),
            films: seed == 1,
            bandwidth: FIRST_BANDWIDTH,
            plan: None,
            shown: Vec::new(),
            free: now,
            dice: seed,
        }
    }

    /// As the engine does it.
    fn settle(&mut self, at: Duration, now: Instant) {
        for happening in self.session.take() {
            match happening {
                Happening::Picture {
                    data,
                    is_contiguous,
                } => {
                    let n_before = self.viewer.n_decoded(LEG);
                    let frame = (self.session.picture_codec(), &*data);
                    if self.viewer.take(LEG, frame, is_contiguous, true, now) {
                        self.session.ask_keyframe(now);
                    }
                    if self.viewer.n_decoded(LEG) > n_before {
                        let lines = self.viewer.lines(LEG);
                        self.shown.push((at, lines));
                    }
                }
                Happening::KeyframeWanted => self.sender.want_key(),
                Happening::Bandwidth(bits) => {
                    self.bandwidth = bits;
                }
                Happening::Connected
                | Happening::Packet { .. }
                | Happening::Key { .. }
                | Happening::Heard
                | Happening::Rtt(_)
                | Happening::Told { .. }
                | Happening::Repeat { .. }
                | Happening::Closed => {}
            }
        }
        let receivers: Vec<Receiver> = self
            .session
            .takes_pictures()
            .then_some(Receiver {
                leg: LEG,
                codec: self.session.picture_codec(),
                lines: None,
                bandwidth: self.bandwidth,
            })
            .into_iter()
            .collect();
        self.sender.set_receivers(receivers);
        let current = self.plan.map_or(0, |plan| u64::from(plan.bitrate));
        let desired = ladder::desired(None, MOST_LINES);
        self.session.want_bandwidth(current, desired);
    }

    fn film(&mut self, picture: &Planar, now: Instant) {
        if !self.films || !self.session.takes_pictures() {
            return;
        }
        let frames = self
            .sender
            .take(picture, now, self.n_waiting.load(Ordering::Relaxed));
        self.plan = self.sender.plan();
        for frame in frames {
            let sent = self.session.send_picture(&frame.data, frame.time, now);
            sent.expect("it goes well");
            let ticket = Ticket::draw(&self.n_waiting, 8).expect("there is room");
            self.session.keep_until_sent(Arc::new(ticket), now);
        }
    }
}

impl Pair {
    fn new(line: Line) -> Self {
        let now = Instant::now();
        let mut ends = [1, 2].map(|seed| End::new(now, seed));
        for end in &mut ends {
            end.session.tap();
        }
        let [a, b] = &mut ends;
        let offer = a.session.offer(Pictures::Exchange, now).expect("an offer");
        let answer = b.session.answer(&offer, Pictures::Exchange, now);
        let answer = answer.expect("an answer");
        a.session.accept(&answer, now).expect("it goes well");
        Self {
            ends,
            line,
            start: now,
            now,
            air: BTreeMap::new(),
            n_sent: 0,
            scenes: (0..24).map(|n| scene(640, 480, n)).collect(),
            n_pictures: 0,
            picture_due: now,
            sound_due: now,
        }
    }

    fn run(&mut self, until: Duration) {
        while self.now < self.start + until {
            self.step();
        }
    }

    fn step(&mut self) {
        let now = self.now;
        let at = now.duration_since(self.start);
        while let Some(entry) = self.air.first_entry().filter(|entry| entry.key().0 <= now) {
            let (to, mut datagram) = entry.remove();
            datagram.arrival = now;
            let end = &mut self.ends[to];
            end.session.receive(&datagram, now).expect("it goes well");
        }
        if now >= self.sound_due {
            self.sound_due += SOUND;
            let time = at.as_millis() as u64 * 48;
            for end in &mut self.ends {
                let sent = end.session.send(&[0xf8; 80], time, &[], now);
                sent.expect("it goes well");
            }
        }
        if now >= self.picture_due {
            self.picture_due += FRAME;
            let n = self.n_pictures % (self.scenes.len() * 2);
            let n = n.min(self.scenes.len() * 2 - 1 - n);
            self.n_pictures += 1;
            for end in &mut self.ends {
                end.film(&self.scenes[n], now);
            }
        }
        for from in 0..2 {
            self.ends[from].session.tick(now).expect("it goes well");
            self.ends[from].settle(at, now);
            for datagram in self.ends[from].session.tapped() {
                self.send(from, datagram);
            }
        }
        self.now += STEP;
    }

    fn send(&mut self, from: usize, datagram: Datagram) {
        let end = &mut self.ends[from];
        end.dice = end.dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if (end.dice >> 8) % 1000 < self.line.per_mille {
            return;
        }
        let mut leaves = self.now;
        if let Some(width) = self.line.width {
            let waits = end.free.saturating_duration_since(self.now);
            if waits > Duration::from_millis(300) {
                return;
            }
            let bits = (datagram.bytes.len() as u64 + 28) * 8;
            leaves += waits + Duration::from_nanos(bits * 1_000_000_000 / width);
            end.free = leaves;
        }
        self.n_sent += 1;
        let key = (leaves + self.line.delay, self.n_sent);
        self.air.insert(key, (1 - from, datagram));
    }

    /// The longest time from one picture to the next from then on, and when that began.
    fn freeze(&self, end: usize, since: Duration) -> (Duration, Duration) {
        let mut last = since;
        let mut longest = (Duration::ZERO, since);
        let end_of_all = self.now.duration_since(self.start);
        let shown = self.ends[end].shown.iter().map(|(at, _)| *at);
        for at in shown.filter(|at| *at >= since).chain([end_of_all]) {
            longest = longest.max((at - last, last));
            last = at;
        }
        longest
    }

    fn fps(&self, end: usize, since: Duration) -> f64 {
        let shown = self.ends[end].shown.iter();
        let n = shown.filter(|(at, _)| *at >= since).count();
        n as f64 / (self.now.duration_since(self.start) - since).as_secs_f64()
    }
}

/// A picture with something like a head in it that moves, and the noise of a sensor.
fn scene(width: usize, height: usize, n: usize) -> Planar {
    let mut picture = Planar::black(width, height);
    let mut noise = n as u32 + 1;
    let centre = (
        width / 2 + (n * 3) % (width / 4),
        height / 2 + n % (height / 8),
    );
    for y in 0..height {
        for x in 0..width {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (dx, dy) = (x.abs_diff(centre.0) * 3, y.abs_diff(centre.1) * 2);
            let is_head = dx * dx + dy * dy < height * height / 2;
            let light = match is_head {
                true => 120 + (x * 7 / width + y * 13 / height + (x ^ y) % 9) * 3,
                false => 60 + y * 60 / height,
            };
            picture.data[y * width + x] = (light + (noise >> 30) as usize) as u8;
        }
    }
    let (half, n_light) = (width / 2, width * height);
    for (at, colour) in picture.data[n_light..].iter_mut().enumerate() {
        *colour = (118 + (at % half) * 20 / half) as u8;
    }
    picture
}

fn secs(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn line(per_mille: u32, delay: u64, width: Option<u64>) -> Line {
    Line {
        per_mille,
        delay: Duration::from_millis(delay),
        width,
    }
}

#[tokio::test]
async fn a_clean_line_carries_the_whole_picture_within_three_seconds() {
    let mut pair = Pair::new(line(0, 20, None));
    pair.run(secs(8.0));
    let shown = &pair.ends[1].shown;
    let whole = shown.iter().find(|(_, lines)| *lines == 480);
    let (at, _) = whole.expect("480 lines");
    assert!(*at < secs(3.0), "only after {at:?}");
    let later = shown.iter().filter(|(at, _)| *at >= secs(3.0));
    assert!(later.clone().all(|(_, lines)| *lines == 480), "{shown:?}");
    assert!(pair.fps(1, secs(3.0)) > 28.0, "{}", pair.fps(1, secs(3.0)));
    let (freeze, since) = pair.freeze(1, secs(1.0));
    assert!(freeze < secs(0.2), "{freeze:?} from {since:?}");
}

#[tokio::test]
async fn five_percent_lost_freezes_no_picture_for_half_a_second() {
    for delay in [0, 40] {
        let mut pair = Pair::new(line(50, delay, None));
        pair.run(secs(12.0));
        let (freeze, since) = pair.freeze(1, secs(1.0));
        assert!(freeze < secs(0.5), "{delay} ms: {freeze:?} from {since:?}");
        assert!(pair.fps(1, secs(4.0)) > 10.0, "{delay} ms");
    }
}

#[test]
fn two_who_look_are_sent_one_frame_as_large_as_the_larger_view() {
    let now = Instant::now();
    let mut sender = Sender::new(now, Load::new(|| None));
    let receiver = |leg, lines, bandwidth| Receiver {
        leg: LegId(leg),
        codec: Codec::H264,
        lines: Some(lines),
        bandwidth,
    };
    let receivers = vec![receiver(1, 90, 2_000_000), receiver(2, 240, 1_000_000)];
    sender.set_receivers(receivers);
    let picture = scene(640, 480, 1);
    let frame = one(sender.take(&picture, now, 0));
    assert_eq!(frame.to, [LegId(1), LegId(2)]);
    assert!(Codec::H264.is_keyframe(&frame.data));
    assert_eq!(sender.plan().map(|plan| plan.lines), Some(240));
    // One who comes later begins with a whole picture, which goes to all.
    sender.set_receivers(vec![
        receiver(1, 90, 2_000_000),
        receiver(2, 240, 1_000_000),
        receiver(3, 120, 1_000_000),
    ]);
    let frame = one(sender.take(&picture, now + secs(0.5), 0));
    assert_eq!(frame.to.len(), 3);
    assert!(Codec::H264.is_keyframe(&frame.data));
}

#[test]
fn a_line_below_the_floor_is_left_out_after_a_while_and_others_go_on() {
    let start = Instant::now();
    let mut sender = Sender::new(start, Load::new(|| None));
    let receiver = |leg, bandwidth| Receiver {
        leg: LegId(leg),
        codec: Codec::H264,
        lines: None,
        bandwidth,
    };
    sender.set_receivers(vec![receiver(1, 2_000_000), receiver(2, 70_000)]);
    let picture = scene(320, 240, 1);
    let mut to = |seconds| {
        let frame = sender.take(&picture, start + secs(seconds), 0).pop();
        (frame.map(|frame| frame.to), sender.plan().map(|p| p.lines))
    };
    let both = Some(vec![LegId(1), LegId(2)]);
    assert_eq!(to(0.0), (both.clone(), Some(90)), "it is tried out");
    assert_eq!(to(4.9), (both.clone(), Some(90)));
    assert_eq!(to(5.1), (both, Some(90)), "it may be a dip");
    assert_eq!(to(8.2).0, Some(vec![LegId(1)]));
    assert_eq!(to(12.0), (Some(vec![LegId(1)]), Some(240)));
    // Alone it is tried with a trickle now and then.
    sender.set_receivers(vec![receiver(2, 70_000)]);
    let mut is_sent = |seconds| !sender.take(&picture, start + secs(seconds), 0).is_empty();
    assert!((0..40).any(|n| is_sent(12.0 + f64::from(n) / 10.0)));
    assert!((0..40).any(|n| !is_sent(16.0 + f64::from(n) / 10.0)));
}

#[test]
fn what_still_waits_to_leave_keeps_pictures_from_being_encoded() {
    let now = Instant::now();
    let mut sender = Sender::new(now, Load::new(|| None));
    sender.set_receivers(vec![Receiver {
        leg: LEG,
        codec: Codec::H264,
        lines: None,
        bandwidth: 2_000_000,
    }]);
    let picture = scene(320, 240, 1);
    assert!(!sender.take(&picture, now, 2).is_empty());
    assert!(sender.take(&picture, now + FRAME, 3).is_empty());
    let frame = one(sender.take(&picture, now + FRAME * 2, 2));
    assert!(!Codec::H264.is_keyframe(&frame.data), "nothing is missing");
}

#[cfg(feature = "vp8")]
#[test]
fn whoever_understands_another_codec_is_sent_the_same_picture_in_that() {
    let now = Instant::now();
    let mut sender = Sender::new(now, Load::new(|| None));
    let receiver = |leg, codec| Receiver {
        leg: LegId(leg),
        codec,
        lines: None,
        bandwidth: 2_000_000,
    };
    sender.set_receivers(vec![
        receiver(1, Codec::H264),
        receiver(2, Codec::Vp8),
        receiver(3, Codec::H264),
    ]);
    let picture = scene(320, 240, 1);
    let frames = sender.take(&picture, now, 0);
    let [h264, vp8] = &frames[..] else {
        panic!("{} frames", frames.len());
    };
    assert_eq!(
        (&h264.to[..], &vp8.to[..]),
        (&[LegId(1), LegId(3)][..], &[LegId(2)][..])
    );
    assert_eq!(h264.time, vp8.time);
    assert!(Codec::H264.is_keyframe(&h264.data) && Codec::Vp8.is_keyframe(&vp8.data));
    // A wish for a whole picture is for all.
    sender.want_key();
    let frames = sender.take(&picture, now + secs(0.5), 0);
    assert!(Codec::H264.is_keyframe(&frames[0].data) && Codec::Vp8.is_keyframe(&frames[1].data));
    let frames = sender.take(&picture, now + secs(1.0), 0);
    assert!(!Codec::H264.is_keyframe(&frames[0].data) && !Codec::Vp8.is_keyframe(&frames[1].data));
}

/// The only frame of a picture.
fn one(frames: Vec<Outgoing>) -> Outgoing {
    let [frame] = <[Outgoing; 1]>::try_from(frames).expect("a frame in one codec");
    frame
}
