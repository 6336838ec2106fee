//! The microphone's way to the peers: heard, cleaned, gated, muted, encoded once, sent to all.

use std::time::Instant;

use super::gate::Gate;
use super::leg::Leg;
use super::line::Line;
use super::speaking::Speaking;
use super::talk::Talk;
use super::{Engine, Report};
use crate::av::{Cleaning, CleaningStage};
use crate::media::CheckStage;
use crate::media::audio::cleaning::Cleaner;
use crate::media::audio::fader::Fader;
use crate::media::audio::level::Meter;
use crate::media::audio::opus::{PACKET, Packet, Speech};
use crate::media::audio::uplink::Plan;
use crate::media::audio::{FRAME, Frame};

/// What is remembered of our own voice.
pub(super) struct Voice {
    /// The microphone's encoder, while somebody listens.
    pub(super) speech: Option<Speech>,
    pub(super) cleaner: Cleaner,
    pub(super) gate: Gate,
    pub(super) meter: Meter,
    pub(super) is_muted: bool,
    /// Ten milliseconds so far, with those a stall swallowed: the clock of what we send.
    pub(super) n_frames: u64,
    pub(super) talk: Talk,
    /// Whether the microphone has given sound since somebody listens.
    pub(super) has_begun: bool,
    /// Whether the microphone was cleaned in this tick: then what is played counts.
    pub(super) is_cleaned: bool,
    /// Whether push to talk, or to mute, lets the voice through.
    pub(super) is_pushed_open: bool,
    fader: Fader,
    speaking: Speaking,
    /// Whether nothing of the voice is in the packet that is being filled, nor in the one before.
    is_empty: bool,
    was_empty: bool,
}

impl Voice {
    pub(super) fn new(threshold: Option<f32>, cleaning: Cleaning) -> Self {
        Self {
            speech: None,
            cleaner: Cleaner::new(cleaning),
            gate: Gate::new(threshold),
            meter: Meter::default(),
            is_muted: false,
            n_frames: 0,
            talk: Talk::default(),
            has_begun: false,
            is_cleaned: false,
            is_pushed_open: true,
            fader: Fader::new(1.0),
            speaking: Speaking::default(),
            is_empty: true,
            was_empty: true,
        }
    }

    /// Does that to the microphone's sound from now on, or no longer.
    pub(super) fn switch(&mut self, stage: CleaningStage, on: bool) {
        let mut cleaning = *self.cleaner.cleaning();
        cleaning.set(stage, on);
        self.cleaner.set(cleaning);
    }

    /// The microphone is not listened to.
    pub(super) fn rest(&mut self) {
        self.meter = Meter::default();
        self.cleaner.rest();
        self.has_begun = false;
    }

    /// Takes the voice out where nobody is to hear it, without a click at the edges.
    fn shut(&mut self, frame: &mut Frame, is_looping: bool, is_heard: bool) {
        let is_shut = self.is_muted || !self.is_pushed_open || is_looping;
        let gain = if is_shut { 0.0 } else { 1.0 };
        if is_heard {
            self.fader.turn(gain);
        } else {
            // Whoever comes into a call muted is so from the first sample on.
            self.fader = Fader::new(gain);
        }
        self.is_empty &= self.fader.is_shut();
        self.fader.pass(frame);
    }

    /// Returns what is sent: silence in place of a packet with nothing of the voice in it. The first
    /// such packet is the encoder's own, which keeps the last few milliseconds until then.
    fn seal(&mut self, packet: Option<Packet>) -> Option<Packet> {
        let packet = packet?;
        let is_empty = std::mem::replace(&mut self.is_empty, true);
        let was_empty = std::mem::replace(&mut self.was_empty, is_empty);
        Some(match is_empty && was_empty {
            true => Packet::silence(packet.n),
            false => packet,
        })
    }
}

/// The most of a packet that is cleaned at once, in frames: what is shown of the microphone, and who
/// mutes it, wait for no more.
const MOST_AWAITED: usize = 2;

impl Engine {
    /// Returns how many frames of the microphone are awaited before anything leaves.
    pub(super) fn n_awaited(&self) -> usize {
        let speech = self.voice.speech.as_ref();
        let speech = speech.filter(|_| !self.bridge.is_open());
        let n = speech.map_or(1, Speech::n_awaited);
        n.clamp(1, MOST_AWAITED)
    }

    /// Sends the microphone's next ten milliseconds to every connected peer.
    pub(super) fn speak(&mut self, now: Instant) {
        self.voice.n_frames += 1;
        let mut frame: Frame = [0.0; FRAME];
        if let Some(microphone) = self.microphone.get() {
            self.voice.has_begun |= microphone.read(&mut frame) > 0;
        }
        self.listen(&frame);
        self.clean(&mut frame);
        self.voice.meter.push(&frame);
        self.record(&frame);
        let spoken = frame;
        self.voice.gate.pass(&mut frame);
        self.hear_in_vain(&spoken);
        // Silence is sent, not nothing: the peer's watchdog and every NAT between want packets.
        let is_heard = self.legs.values().any(Leg::is_connected);
        self.voice
            .shut(&mut frame, self.checks.is_looping(), is_heard);
        self.note_speaking(&frame);
        self.care.pause.said(&frame);
        self.taping.hear_ours(&frame);
        self.bridge.mix(&frame, &mut self.legs);
        let packet = self.encode(&frame);
        let packet = self.voice.seal(packet);
        let is_whole = self.voice.n_frames.is_multiple_of(2);
        let time = self.voice.n_frames * FRAME as u64;
        for leg in self.legs.values_mut().filter(|leg| leg.is_connected()) {
            let sent = match &mut leg.line {
                // RFC 3264, 5.1: no packets at all for one that does not receive.
                _ if !leg.session.is_peer_receiving() => None,
                _ if leg.session.is_held() => is_whole.then(|| Packet::silence(PACKET)),
                Line::Microphone => {
                    let passed_on = self.bridge.packet(leg.id);
                    passed_on.unwrap_or(packet.as_ref()).cloned()
                }
                Line::Own(_) => None,
            };
            // The packet ends with this tick.
            let end = time + FRAME as u64;
            let sent = sent.map(|p| {
                leg.watch.sent(p.payload.len());
                let begins = end - p.n as u64;
                let repeats = leg.plan().repeats;
                leg.session.send(&p.payload, begins, repeats, now)
            });
            let key = leg.keypad.next(time);
            let pressed = key.map(|k| leg.session.send_key(k.event, k.is_first, k.pressed, now));
            for sent in [sent, pressed].into_iter().flatten() {
                log(sent);
            }
        }
        if packet.is_some() || is_whole {
            let settings = self.settings.speech;
            self.bridge.settle(&|| Speech::new(settings).ok());
        }
    }

    /// Sends what those with a voice of their own say to what they hear.
    pub(super) fn answer_back(&mut self, now: Instant) {
        let end = (self.n_ticks + 1) * FRAME as u64;
        let has_own = |leg: &&mut Leg| leg.is_connected() && matches!(leg.line, Line::Own(_));
        for leg in self.legs.values_mut().filter(has_own) {
            let plan = leg.plan();
            if let Line::Own(own) = &mut leg.line
                && leg.session.is_peer_receiving()
                && !leg.session.is_held()
                && let Some(packet) = own.next(&leg.heard, &plan)
            {
                let begin = end - packet.n as u64;
                leg.watch.sent(packet.payload.len());
                log(leg.session.send(&packet.payload, begin, plan.repeats, now));
            }
        }
    }

    /// Notes whether we speak, as the others hear it.
    fn note_speaking(&mut self, frame: &Frame) {
        let hears = |leg: &Leg| leg.is_connected() && !leg.is_hushed();
        if self.voice.fader.is_shut() || !self.legs.values().any(hears) {
            self.stop_speaking();
        } else if let Some(on) = self.voice.speaking.push(frame) {
            self.report(Report::Speaking { leg: None, on });
        }
    }

    /// Nobody hears us any more.
    pub(super) fn stop_speaking(&mut self) {
        if let Some(on) = self.voice.speaking.end() {
            self.report(Report::Speaking { leg: None, on });
        }
    }

    /// Keeps what the microphone hears where its person wants to hear it.
    fn record(&mut self, frame: &Frame) {
        let told = if self.microphone.is_opening() {
            None
        } else if self.microphone.get().is_some() {
            self.checks.hear(frame)
        } else {
            self.checks.cannot_hear()
        };
        self.tell_check(told);
    }

    pub(super) fn tell_check(&self, told: Option<CheckStage>) {
        if let Some(stage) = told {
            self.report(Report::Check(stage));
        }
    }

    fn encode(&mut self, frame: &Frame) -> Option<Packet> {
        let listens = |leg: &&mut Leg| leg.listens();
        let worst = self
            .legs
            .values_mut()
            .filter(listens)
            .map(Leg::plan)
            .reduce(Plan::worse)?;
        if self.voice.speech.is_none() {
            let made = Speech::new(self.settings.speech);
            self.voice.speech = made
                .inspect_err(|error| tracing::warn!(%error, "no encoder"))
                .ok();
        }
        let speech = self.voice.speech.as_mut()?;
        speech.follow(&worst);
        speech.encode(frame)
    }
}

fn log(sent: Result<(), String>) {
    if let Err(error) = sent {
        tracing::debug!(error, "a packet was not sent");
    }
}
