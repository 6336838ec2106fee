//! The microphone's way to the peers: heard, gated, muted, encoded once, sent to all.

use std::time::Instant;

use super::gate::Gate;
use super::leg::Leg;
use super::line::Line;
use super::{Engine, Report};
use crate::media::CheckStage;
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
    pub(super) gate: Gate,
    pub(super) meter: Meter,
    pub(super) is_muted: bool,
}

impl Voice {
    pub(super) fn new(threshold: Option<f32>) -> Self {
        Self {
            speech: None,
            gate: Gate::new(threshold),
            meter: Meter::default(),
            is_muted: false,
        }
    }
}

impl Engine {
    /// Sends every connected peer its next packet.
    pub(super) fn speak(&mut self, now: Instant) {
        let mut frame: Frame = [0.0; FRAME];
        if let Some(microphone) = self.microphone.get() {
            microphone.read(&mut frame);
        }
        self.voice.meter.push(&frame);
        self.listen(&frame);
        self.record(&frame);
        self.voice.gate.pass(&mut frame);
        if self.voice.is_muted || self.checks.is_looping() {
            // Silence is sent, not nothing: the peer's watchdog and every NAT between want packets.
            frame.fill(0.0);
        }
        let mut packet = self.encode(&frame);
        let silence = self.n_ticks.is_multiple_of(2).then(|| Packet {
            payload: SILENCE.to_vec(),
            n: PACKET,
        });
        if self.voice.is_muted {
            // The encoder hears zeros, and might still make a little of what it heard before.
            packet.clone_from(&silence);
        }
        let time = self.n_ticks * FRAME as u64;
        for leg in self.legs.values_mut().filter(|leg| leg.is_connected()) {
            let plan = leg.plan();
            let sent = match &mut leg.line {
                // RFC 3264, 5.1: no packets at all for one that does not receive.
                _ if !leg.session.is_peer_receiving() => None,
                _ if leg.session.is_held() => silence.clone(),
                Line::Microphone => packet.clone(),
                Line::Own(own) => own.next(&leg.heard, &plan),
            };
            // The packet ends with this tick.
            let end = time + FRAME as u64;
            let sent = sent.map(|p| {
                let begins = end - p.n as u64;
                leg.session.send(&p.payload, begins, plan.repeats, now)
            });
            let key = leg.keypad.next(time);
            let pressed = key.map(|k| leg.session.send_key(k.event, k.is_first, k.pressed, now));
            for error in [sent, pressed]
                .into_iter()
                .flatten()
                .filter_map(Result::err)
            {
                tracing::debug!(error, "a packet was not sent");
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
        let listens = |leg: &&mut Leg| {
            leg.is_connected() && matches!(leg.line, Line::Microphone) && !leg.is_hushed()
        };
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
