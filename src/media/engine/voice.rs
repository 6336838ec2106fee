//! The microphone's way to the peers: heard, cleaned, gated, muted, encoded once, sent to all.

use std::time::Instant;

use super::gate::Gate;
use super::leg::Leg;
use super::line::Line;
use super::talk::Talk;
use super::{Engine, Report};
use crate::av::{Cleaning, CleaningStage};
use crate::media::CheckStage;
use crate::media::audio::cleaning::Cleaner;
use crate::media::audio::level::Meter;
use crate::media::audio::opus::{PACKET, Packet, Speech};
use crate::media::audio::uplink::Plan;
use crate::media::audio::{FRAME, Frame};

/// Opus for twenty milliseconds of nothing: one mono frame of CELT, which says that it is silent
/// (RFC 6716, 3.1 and 4.3).
const SILENCE: [u8; 3] = [0xf8, 0xff, 0xfe];
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
    /// Whether the microphone was cleaned in this tick: then what is played counts.
    pub(super) is_cleaned: bool,
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
            is_cleaned: false,
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
    }
}

impl Engine {
    /// Sends the microphone's next ten milliseconds to every connected peer.
    pub(super) fn speak(&mut self, now: Instant) {
        self.voice.n_frames += 1;
        let mut frame: Frame = [0.0; FRAME];
        if let Some(microphone) = self.microphone.get() {
            microphone.read(&mut frame);
        }
        self.listen(&frame);
        self.clean(&mut frame);
        self.voice.meter.push(&frame);
        self.record(&frame);
        let spoken = frame;
        self.voice.gate.pass(&mut frame);
        self.hear_in_vain(&spoken);
        if self.voice.is_muted || self.checks.is_looping() {
            // Silence is sent, not nothing: the peer's watchdog and every NAT between want packets.
            frame.fill(0.0);
        }
        self.taping.hear_ours(&frame);
        let mut packet = self.encode(&frame);
        let silence = self.voice.n_frames.is_multiple_of(2).then(|| Packet {
            payload: SILENCE.to_vec(),
            n: PACKET,
        });
        if self.voice.is_muted {
            // The encoder hears zeros, and might still make a little of what it heard before.
            packet.clone_from(&silence);
        }
        let time = self.voice.n_frames * FRAME as u64;
        for leg in self.legs.values_mut().filter(|leg| leg.is_connected()) {
            let sent = match &mut leg.line {
                // RFC 3264, 5.1: no packets at all for one that does not receive.
                _ if !leg.session.is_peer_receiving() => None,
                _ if leg.session.is_held() => silence.clone(),
                Line::Microphone => packet.clone(),
                Line::Own(_) => None,
            };
            // The packet ends with this tick.
            let end = time + FRAME as u64;
            let sent = sent.map(|p| {
                leg.watch.sent(p.payload.len());
                leg.session.send(&p.payload, end - p.n as u64, now)
            });
            let key = leg.keypad.next(time);
            let pressed = key.map(|k| leg.session.send_key(k.event, k.is_first, k.pressed, now));
            for sent in [sent, pressed].into_iter().flatten() {
                log(sent);
            }
        }
    }

    /// Sends what those with a voice of their own say to what they hear.
    pub(super) fn answer_back(&mut self, now: Instant) {
        let end = (self.n_ticks + 1) * FRAME as u64;
        for leg in self.legs.values_mut().filter(|leg| leg.is_connected()) {
            if let Line::Own(own) = &mut leg.line
                && leg.session.is_peer_receiving()
                && !leg.session.is_held()
                && let Some(packet) = own.next(&leg.heard)
            {
                let begin = end - packet.n as u64;
                leg.watch.sent(packet.payload.len());
                log(leg.session.send(&packet.payload, begin, now));
            }
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
        let listens = |leg: &&Leg| leg.listens();
        let worst = self
            .legs
            .values()
            .filter(listens)
            .map(|leg| leg.uplink.plan(false))
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
