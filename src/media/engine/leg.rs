//! One peer as the engine sees it: a session, a buffer, and for how long nothing came.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::ahead::Ready;
use super::keypad::{Keypad, Presses};
use super::line::Line;
use super::speaking::Speaking;
use super::watch::Watch;
use crate::id::LegId;
use crate::media::audio::fader::Fader;
use crate::media::audio::jitter::Jitter;
use crate::media::audio::level::Meter;
use crate::media::audio::opus::Hearing;
use crate::media::audio::uplink::{Plan, Uplink};
use crate::media::audio::{FRAME, Frame, RATE};
use crate::media::transport::{FIRST_BANDWIDTH, Happening, Session};
use crate::media::{Reading, Report};

/// When a peer counts as silent, and as lost.
const SILENT: Duration = Duration::from_secs(5);
/// When one that sends no sound counts as silent: it is heard of every three
/// seconds (RFC 7675 checks), and one of those may get lost.
const SILENT_WITHOUT_SOUND: Duration = Duration::from_secs(10);
const LOST: Duration = Duration::from_secs(12);
/// How long a way to the peer is looked for.
const CONNECT: Duration = Duration::from_secs(15);

/// What came of pictures.
pub(super) enum Sight {
    /// One of the peer's, as encoded.
    Picture {
        data: Arc<[u8]>,
        is_contiguous: bool,
    },
    /// The peer needs a keyframe of ours.
    KeyframeWanted,
}

/// A peer.
pub(super) struct Leg {
    pub(super) id: LegId,
    pub(super) session: Session,
    pub(super) line: Line,
    /// What the peer says in this tick.
    pub(super) heard: Frame,
    /// The keys to be sent.
    pub(super) keypad: Keypad,
    presses: Presses,
    /// Whether the peer was told of as holding us.
    is_held_by_peer: bool,
    /// The pictures that were told of: from the peer, and to it.
    pictures: (bool, bool),
    /// What came of pictures, for the thread that is for them.
    pub(super) sights: Vec<Sight>,
    /// What the way to the peer takes, in bits a second.
    pub(super) bandwidth: u64,
    /// How well the line does.
    pub(super) watch: Watch,
    stage: Stage,
    /// What it was made of, while it waits for the call to be taken.
    pub(super) ready: Option<Ready>,
    jitter: Jitter<Hearing>,
    has_sounded: bool,
    meter: Meter,
    speaking: Speaking,
    /// How loud it is played, as a factor.
    pub(super) gain: f32,
    /// On its way there.
    volume: Fader,
    rtt: Option<Duration>,
    /// What the way to the peer takes of sound.
    uplink: Uplink,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    /// Our offer is out; nothing is expected.
    Offered,
    /// Both descriptions are there, and nobody has taken the call.
    Waiting {
        is_connected: bool,
    },
    /// Both descriptions are there.
    Connecting {
        since: Instant,
    },
    Connected {
        heard: Instant,
        quiet: Quiet,
    },
    /// Told, nothing more to tell.
    Over,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Quiet {
    No,
    Silent,
    Lost,
}

impl Leg {
    pub(super) fn new(id: LegId, session: Session, hearing: Hearing) -> Self {
        Self {
            id,
            session,
            line: Line::Microphone,
            heard: [0.0; FRAME],
            keypad: Keypad::default(),
            presses: Presses::default(),
            is_held_by_peer: false,
            pictures: (false, false),
            sights: Vec::new(),
            bandwidth: FIRST_BANDWIDTH,
            watch: Watch::default(),
            stage: Stage::Offered,
            ready: None,
            jitter: Jitter::new(hearing),
            has_sounded: false,
            meter: Meter::default(),
            speaking: Speaking::default(),
            gain: 1.0,
            volume: Fader::new(1.0),
            rtt: None,
            uplink: Uplink::default(),
        }
    }

    /// Both descriptions are there: look for the peer.
    pub(super) fn connect(&mut self, now: Instant) {
        self.stage = Stage::Connecting { since: now };
    }

    /// Both descriptions are there: looks for the peer, if its session may, and does no more.
    pub(super) fn wait(&mut self, ready: Ready) {
        self.ready = Some(ready);
        self.stage = Stage::Waiting {
            is_connected: false,
        };
    }

    /// The call is taken. Returns whether the peer is found already.
    pub(super) fn go(&mut self, now: Instant, report: &mut impl FnMut(Report)) -> bool {
        let Stage::Waiting { is_connected } = self.stage else {
            return false;
        };
        self.connect(now);
        if is_connected {
            self.connected(now, report);
        }
        is_connected
    }

    /// Nothing has been agreed on with whoever it is now.
    pub(super) fn start_over(&mut self) {
        self.ready = None;
        self.stage = Stage::Offered;
    }

    fn connected(&mut self, now: Instant, report: &mut impl FnMut(Report)) {
        self.stage = Stage::Connected {
            heard: now,
            quiet: Quiet::No,
        };
        if let Line::Own(own) = &mut self.line {
            own.start();
        }
        report(Report::Connected { leg: self.id });
    }

    /// Takes in what a session comes up with that waits: that it is connected, and nothing else.
    fn overhear(&mut self) {
        for happening in self.session.take() {
            if matches!(happening, Happening::Connected) {
                self.stage = Stage::Waiting { is_connected: true };
            }
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        matches!(self.stage, Stage::Connected { .. })
    }

    /// Whether pictures of ours may go to it.
    pub(super) fn takes_pictures(&self) -> bool {
        self.is_connected() && self.session.takes_pictures()
    }

    /// Whether this one needs microphone and speaker.
    pub(super) fn is_accepted(&self) -> bool {
        matches!(
            self.stage,
            Stage::Connecting { .. } | Stage::Connected { .. }
        )
    }

    /// Whether it is to be forgotten.
    pub(super) fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// Ends it, because something failed.
    pub(super) fn fail(&mut self, reason: String) -> Report {
        self.stage = Stage::Over;
        Report::Failed {
            leg: self.id,
            reason,
        }
    }

    /// Takes in what the session came up with.
    pub(super) fn digest(&mut self, now: Instant, report: &mut impl FnMut(Report)) {
        if matches!(self.stage, Stage::Waiting { .. }) {
            return self.overhear();
        }
        let leg = self.id;
        for happening in self.session.take() {
            match happening {
                Happening::Connected if !self.is_connected() => self.connected(now, report),
                Happening::Packet {
                    seq,
                    time,
                    payload,
                    arrival,
                } => {
                    self.watch.came(seq, payload.len());
                    self.jitter.insert(seq, time, payload, arrival);
                    self.hear(now, report);
                }
                Happening::Repeat { seq, time, payload } => {
                    self.jitter.insert_repeat(seq, time, payload);
                }
                Happening::Key { seq, key } => {
                    self.jitter.skip(seq);
                    self.hear(now, report);
                    if let Some(digit) = self.presses.take(key, now) {
                        report(Report::Dtmf { leg, digit });
                    }
                }
                Happening::Picture {
                    data,
                    is_contiguous,
                    ..
                } => {
                    self.hear(now, report);
                    self.sights.push(Sight::Picture {
                        data,
                        is_contiguous,
                    });
                }
                Happening::KeyframeWanted => self.sights.push(Sight::KeyframeWanted),
                Happening::Bandwidth(bandwidth) => self.bandwidth = bandwidth,
                Happening::Connected | Happening::Heard => self.hear(now, report),
                Happening::Rtt(rtt) => {
                    self.rtt = Some(rtt);
                    self.uplink.round_trip(rtt, now);
                }
                Happening::Told { sent, lost } => self.uplink.told(sent, lost, now),
                Happening::Closed => {
                    if !self.is_over() {
                        self.stage = Stage::Over;
                        report(Report::Closed { leg });
                    }
                }
            }
        }
    }

    /// Fetches the peer's ten milliseconds, and looks at how long nothing came.
    ///
    /// The buffer lives by when ticks are due, not by when a busy machine gets to them.
    pub(super) fn tick(&mut self, due: Instant, now: Instant, report: &mut impl FnMut(Report)) {
        if let Err(reason) = self.session.tick(now) {
            self.end(reason).into_iter().for_each(report);
            return;
        }
        self.digest(now, report);
        if self.is_waiting() {
            return;
        }
        self.watch(now, report);
        if self.session.is_held() || !self.session.is_peer_sending() {
            self.jitter.pause();
            self.heard.fill(0.0);
        } else if self.jitter.pull(&mut self.heard, due) && !self.has_sounded {
            self.has_sounded = true;
            report(Report::FirstSound { leg: self.id });
        }
        self.meter.push(&self.heard);
        if let Some(on) = self.speaking.push(&self.heard) {
            let leg = Some(self.id);
            report(Report::Speaking { leg, on });
        }
    }

    /// Returns what is played of what is heard now: as loud as its person wants it.
    pub(super) fn play(&mut self, is_deaf: bool) -> Frame {
        self.volume.turn(if is_deaf { 0.0 } else { self.gain });
        let mut frame = self.heard;
        self.volume.pass(&mut frame);
        frame
    }

    /// How sound should be sent to it.
    pub(super) fn plan(&mut self) -> Plan {
        let takes_repeats = self.session.takes_repeats();
        self.uplink.plan(takes_repeats)
    }

    /// Whether the peer is to hear nothing of us.
    pub(super) fn is_hushed(&self) -> bool {
        self.session.is_held() || !self.session.is_peer_receiving()
    }

    /// Tells whether the microphone goes there.
    pub(super) fn listens(&self) -> bool {
        self.is_connected() && matches!(self.line, Line::Microphone) && !self.is_hushed()
    }

    /// Tells whether the peer holds us, when that has changed.
    pub(super) fn tell_hold(&mut self) -> Option<Report> {
        let is_held = self.session.is_held_by_peer();
        let has_changed = is_held != self.is_held_by_peer;
        self.is_held_by_peer = is_held;
        let leg = self.id;
        has_changed.then_some(Report::Held { leg, is_held })
    }

    /// Tells which pictures were agreed on, when that has changed.
    pub(super) fn tell_pictures(&mut self) -> Option<Report> {
        let agreed = self.session.pictures();
        let has_changed = std::mem::replace(&mut self.pictures, agreed) != agreed;
        let (from_peer, to_peer) = agreed;
        has_changed.then_some(Report::Pictures {
            leg: self.id,
            from_peer,
            to_peer,
        })
    }

    /// Returns what there is to show.
    pub(super) fn reading(&self, now: Instant) -> Reading {
        let counters = self.jitter.counters();
        let samples = counters.concealed + counters.starved + counters.recovered;
        Reading {
            level: self.meter.level(),
            rtt: self.rtt,
            loss: self.jitter.loss(),
            jitter: self.jitter.spread(),
            buffer: self.jitter.delay(now),
            concealed: Duration::from_millis(samples * 1000 / u64::from(RATE)),
            quality: self.watch.quality,
        }
    }

    /// Returns the part of our sound that does not reach the peer, 0 to 1.
    pub(super) fn send_loss(&self) -> f32 {
        self.uplink.plan(false).loss
    }

    /// Returns when something of the peer came last; `None` before it is connected.
    pub(super) fn heard_at(&self) -> Option<Instant> {
        match self.stage {
            Stage::Connected { heard, .. } => Some(heard),
            Stage::Offered | Stage::Waiting { .. } | Stage::Connecting { .. } | Stage::Over => None,
        }
    }

    fn hear(&mut self, now: Instant, report: &mut impl FnMut(Report)) {
        if let Stage::Connected { heard, quiet } = &mut self.stage {
            *heard = now;
            if *quiet != Quiet::No {
                *quiet = Quiet::No;
                report(Report::Back { leg: self.id });
            }
        }
    }

    fn watch(&mut self, now: Instant, report: &mut impl FnMut(Report)) {
        let leg = self.id;
        let silent = match self.session.is_peer_sending() {
            true => SILENT,
            false => SILENT_WITHOUT_SOUND,
        };
        match &mut self.stage {
            Stage::Connecting { since } if now.duration_since(*since) >= CONNECT => {
                report(self.fail("no way to the peer was found".to_owned()));
            }
            Stage::Connected { heard, quiet } => {
                let nothing_for = now.duration_since(*heard);
                if nothing_for >= LOST && *quiet == Quiet::Silent {
                    *quiet = Quiet::Lost;
                    report(Report::Lost { leg });
                } else if nothing_for >= silent && *quiet == Quiet::No {
                    *quiet = Quiet::Silent;
                    report(Report::Silent { leg });
                }
            }
            Stage::Offered | Stage::Waiting { .. } | Stage::Connecting { .. } | Stage::Over => {}
        }
    }
}
