//! The microphone's way to the peers: heard, gated, muted, encoded once, sent to all.

use std::time::Instant;

use super::gate::Gate;
use super::leg::Leg;
use super::line::Line;
use super::speaking::Speaking;
use super::{Engine, Report};
use crate::media::CheckStage;
use crate::media::audio::fader::Fader;
use crate::media::audio::level::Meter;
use crate::media::audio::opus::Speech;
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
    /// Whether push to talk, or to mute, lets the voice through.
    pub(super) is_pushed_open: bool,
    fader: Fader,
    speaking: Speaking,
    /// Whether nothing of the voice is in the packet that is being filled, nor in the one before.
    is_empty: bool,
    was_empty: bool,
}

impl Voice {
    pub(super) fn new(threshold: Option<f32>) -> Self {
        Self {
            speech: None,
            gate: Gate::new(threshold),
            meter: Meter::default(),
            is_muted: false,
            is_pushed_open: true,
            fader: Fader::new(1.0),
            speaking: Speaking::default(),
            is_empty: true,
            was_empty: true,
        }
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
    fn seal(&mut self, packet: Option<Vec<u8>>) -> Option<Vec<u8>> {
        let packet = packet?;
        let is_empty = std::mem::replace(&mut self.is_empty, true);
        let was_empty = std::mem::replace(&mut self.was_empty, is_empty);
        Some(match is_empty && was_empty {
            true => SILENCE.to_vec(),
            false => packet,
        })
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
        // Silence is sent, not nothing: the peer's watchdog and every NAT between want packets.
        let is_heard = self.legs.values().any(Leg::is_connected);
        self.voice
            .shut(&mut frame, self.checks.is_looping(), is_heard);
        self.note_speaking(&frame);
        self.bridge.mix(&frame, &self.legs);
        let packet = self.encode(&frame);
        let packet = self.voice.seal(packet);
        let time = self.n_ticks * FRAME as u64;
        let is_whole = self.n_ticks.is_multiple_of(2);
        for leg in self.legs.values_mut().filter(|leg| leg.is_connected()) {
            let sent = match &mut leg.line {
                // RFC 3264, 5.1: no packets at all for one that does not receive.
                _ if !leg.session.is_peer_receiving() => None,
                _ if leg.session.is_held() => {
                    is_whole.then(|| leg.session.send(&SILENCE, time, now))
                }
                Line::Microphone => {
                    let passed_on = self.bridge.packet(leg.id);
                    let packet = passed_on.unwrap_or(packet.as_ref());
                    packet.map(|p| leg.session.send(p, time, now))
                }
                Line::Own(own) => {
                    let packet = own.next(&leg.heard);
                    packet.map(|p| leg.session.send(&p, time, now))
                }
            };
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
        if packet.is_some() {
            let settings = &self.settings;
            let make = || Speech::new(settings.bitrate, settings.complexity).ok();
            self.bridge.settle(&make);
        }
    }

    /// Notes whether we speak, as the others hear it.
    fn note_speaking(&mut self, frame: &Frame) {
        if self.voice.fader.is_shut() {
            self.stop_speaking();
        } else if self
            .legs
            .values()
            .any(|leg| leg.is_connected() && !leg.is_hushed())
        {
            if let Some(on) = self.voice.speaking.push(frame) {
                self.report(Report::Speaking { leg: None, on });
            }
        } else {
            self.stop_speaking();
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

    fn encode(&mut self, frame: &Frame) -> Option<Vec<u8>> {
        let listens = |leg: &&Leg| {
            leg.is_connected() && matches!(leg.line, Line::Microphone) && !leg.is_hushed()
        };
        let worst = self
            .legs
            .values()
            .filter(listens)
            .map(|leg| leg.send_loss)
            .reduce(f32::max)?;
        if self.voice.speech.is_none() {
            let made = Speech::new(self.settings.bitrate, self.settings.complexity);
            self.voice.speech = made
                .inspect_err(|error| tracing::warn!(%error, "no encoder"))
                .ok();
        }
        let speech = self.voice.speech.as_mut()?;
        speech.expect_loss(worst);
        speech.encode(frame)
    }
}
