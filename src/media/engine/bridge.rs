//! A group with phones in it that know no groups: whoever hosts it passes the voices on.
//!
//! Each stranger has a leg with us alone. It is sent our microphone and all the others, encoded
//! for it; the others, who hear each other and us, are sent our microphone and the strangers.
//! Nobody is sent what came from there. Without a stranger nothing of this runs.

use std::collections::BTreeMap;

use super::leg::Leg;
use crate::id::LegId;
use crate::media::audio::Frame;
use crate::media::audio::mixer::Mixer;
use crate::media::audio::opus::Speech;

/// The voices that are passed on.
#[derive(Default)]
pub(super) struct Bridge {
    /// What was ordered; it comes into force between two packets.
    wanted: Option<(Vec<LegId>, Vec<LegId>)>,
    strangers: Vec<Ear>,
    members: Vec<LegId>,
    /// What all members are sent.
    shared: Option<Ear>,
}

/// A mix of its own, encoded for whoever hears it.
struct Ear {
    /// The stranger; of what members share, nobody.
    leg: Option<LegId>,
    mixer: Mixer,
    speech: Speech,
    packet: Option<Vec<u8>>,
}

impl Ear {
    fn new(leg: Option<LegId>, make: &dyn Fn() -> Option<Speech>) -> Option<Self> {
        Some(Self {
            leg,
            mixer: Mixer::default(),
            speech: make()?,
            packet: None,
        })
    }

    fn encode(&mut self, own: &Frame, loss: f32) {
        self.mixer.add(own);
        let frame = self.mixer.take();
        self.speech.expect_loss(loss);
        self.packet = self.speech.encode(&frame);
    }
}

impl Bridge {
    /// Passes voices on between these strangers and these members from the next packet on; without
    /// strangers none.
    pub(super) fn choose(&mut self, strangers: Vec<LegId>, members: Vec<LegId>) {
        self.wanted = Some((strangers, members));
    }

    /// Takes what was ordered, if anything was. To be called when every encoder has just given a
    /// packet, so that no packet comes out of step.
    pub(super) fn settle(&mut self, make: &dyn Fn() -> Option<Speech>) {
        let Some((strangers, members)) = self.wanted.take() else {
            return;
        };
        let mut former = std::mem::take(&mut self.strangers);
        for leg in strangers {
            let same = former.iter().position(|ear| ear.leg == Some(leg));
            let ear = match same {
                Some(at) => Some(former.swap_remove(at)),
                None => Ear::new(Some(leg), make),
            };
            self.strangers.extend(ear);
        }
        self.members = members;
        let is_needed = !self.strangers.is_empty() && !self.members.is_empty();
        self.shared = match self.shared.take() {
            _ if !is_needed => None,
            Some(ear) => Some(ear),
            None => Ear::new(None, make),
        };
    }

    /// Makes what each is sent of our own ten milliseconds and of what is heard in the same tick.
    pub(super) fn mix(&mut self, own: &Frame, legs: &BTreeMap<LegId, Leg>) {
        if self.strangers.is_empty() {
            return;
        }
        let connected = |id: &LegId| legs.get(id).filter(|leg| leg.is_connected());
        let heard = |id: &LegId| connected(id).map(|leg| &leg.heard);
        let ids: Vec<LegId> = self.strangers.iter().filter_map(|ear| ear.leg).collect();
        for ear in &mut self.strangers {
            let others = ids.iter().chain(&self.members);
            let others = others.filter(|id| Some(**id) != ear.leg);
            for frame in others.filter_map(heard) {
                ear.mixer.add(frame);
            }
            let loss = ear.leg.as_ref().and_then(connected);
            ear.encode(own, loss.map_or(0.0, |leg| leg.send_loss));
        }
        if let Some(ear) = &mut self.shared {
            for frame in ids.iter().filter_map(heard) {
                ear.mixer.add(frame);
            }
            let losses = self.members.iter().filter_map(connected);
            let worst = losses.map(|leg| leg.send_loss).fold(0.0, f32::max);
            ear.encode(own, worst);
        }
    }

    /// Returns what a session is sent in place of the microphone's packet, if voices are passed on
    /// to it; that may be nothing in this tick.
    pub(super) fn packet(&self, leg: LegId) -> Option<Option<&Vec<u8>>> {
        let stranger = self.strangers.iter().find(|ear| ear.leg == Some(leg));
        let shared = || self.shared.as_ref().filter(|_| self.members.contains(&leg));
        let ear = stranger.or_else(shared)?;
        Some(ear.packet.as_ref())
    }
}
