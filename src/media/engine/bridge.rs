//! A group with phones in it that know no groups: whoever hosts it passes the voices on.
//!
//! Each stranger has a leg with us alone. It is sent our microphone and all the others, encoded
//! for it; the others, who hear each other and us, are sent our microphone and the strangers.
//! Nobody is sent what came from there. Without a stranger nothing of this runs.

use std::collections::{BTreeMap, VecDeque};

use super::leg::Leg;
use crate::id::LegId;
use crate::media::audio::mixer::Mixer;
use crate::media::audio::opus::{Packet, Speech};
use crate::media::audio::uplink::Plan;
use crate::media::audio::{FRAME, Frame};

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
    /// The voices that were heard and are not passed on yet: ours comes at a pace of its own.
    others: VecDeque<Frame>,
    mixer: Mixer,
    speech: Speech,
    packet: Option<Packet>,
}

/// Frames that may wait for ours.
const WAITING: usize = 4;

impl Ear {
    fn new(leg: Option<LegId>, make: &dyn Fn() -> Option<Speech>) -> Option<Self> {
        Some(Self {
            leg,
            others: VecDeque::with_capacity(WAITING + 1),
            mixer: Mixer::default(),
            speech: make()?,
            packet: None,
        })
    }

    fn hear<'a>(&mut self, voices: impl Iterator<Item = &'a Frame>) {
        let mut sum = [0.0; FRAME];
        for voice in voices {
            for (sum, sample) in sum.iter_mut().zip(voice) {
                *sum += sample;
            }
        }
        self.others.push_back(sum);
        if self.others.len() > WAITING {
            self.others.pop_front();
        }
    }

    fn encode(&mut self, own: &Frame, plan: Option<Plan>) {
        self.mixer.add(own);
        if let Some(others) = self.others.pop_front() {
            self.mixer.add(&others);
        }
        let frame = self.mixer.take();
        if let Some(plan) = plan {
            self.speech.follow(&plan);
        }
        self.packet = self.speech.encode(&frame);
    }
}

impl Bridge {
    /// Whether voices are passed on.
    pub(super) fn is_open(&self) -> bool {
        !self.strangers.is_empty()
    }

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

    /// Leaves out what the next packets have begun with; see [`Speech::begin_anew`].
    pub(super) fn begin_anew(&mut self) {
        for ear in self.strangers.iter_mut().chain(&mut self.shared) {
            ear.speech.begin_anew();
        }
    }

    /// Takes what is heard in a tick.
    pub(super) fn hear(&mut self, legs: &BTreeMap<LegId, Leg>) {
        if self.strangers.is_empty() {
            return;
        }
        let heard = |id: &LegId| legs.get(id).filter(|leg| leg.is_connected());
        let heard = |id: &LegId| heard(id).map(|leg| &leg.heard);
        let ids: Vec<LegId> = self.strangers.iter().filter_map(|ear| ear.leg).collect();
        for ear in &mut self.strangers {
            let own = ear.leg;
            let others = ids.iter().chain(&self.members);
            ear.hear(others.filter(|id| Some(**id) != own).filter_map(heard));
        }
        if let Some(ear) = &mut self.shared {
            ear.hear(ids.iter().filter_map(heard));
        }
    }

    /// Makes what each is sent of our own ten milliseconds and of what was heard.
    pub(super) fn mix(&mut self, own: &Frame, legs: &mut BTreeMap<LegId, Leg>) {
        let mut plan = |id: &LegId| {
            let leg = legs.get_mut(id).filter(|leg| leg.is_connected())?;
            Some(leg.plan())
        };
        for ear in &mut self.strangers {
            let plan = ear.leg.as_ref().and_then(&mut plan);
            ear.encode(own, plan);
        }
        if let Some(ear) = &mut self.shared {
            ear.encode(
                own,
                self.members.iter().filter_map(plan).reduce(Plan::worse),
            );
        }
    }

    /// Returns what a session is sent in place of the microphone's packet, if voices are passed on
    /// to it; that may be nothing in this tick.
    pub(super) fn packet(&self, leg: LegId) -> Option<Option<&Packet>> {
        let stranger = self.strangers.iter().find(|ear| ear.leg == Some(leg));
        let shared = || self.shared.as_ref().filter(|_| self.members.contains(&leg));
        let ear = stranger.or_else(shared)?;
        Some(ear.packet.as_ref())
    }
}
