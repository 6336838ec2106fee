//! Recordings of calls: whose sound goes to which of them.

use std::collections::{BTreeMap, VecDeque};
use std::thread::JoinHandle;

use tokio::sync::mpsc::UnboundedSender;

use super::leg::Leg;
use super::{Engine, Report};
use crate::id::CallId;
use crate::media::audio::{FRAME, Frame};
use crate::media::tape::{Plan, Tape, Told};

/// The recordings that run, and those that are being closed.
pub(super) struct Taping {
    tapes: BTreeMap<CallId, Tape>,
    closing: Vec<JoinHandle<()>>,
    told: UnboundedSender<Told>,
    /// What we said since the last tick, as it is sent: the microphone has a pace of its own.
    ours: VecDeque<Frame>,
}

/// Frames of ours that may wait for a tick.
const WAITING: usize = 4;

impl Taping {
    pub(super) fn new(told: UnboundedSender<Told>) -> Self {
        Self {
            tapes: BTreeMap::new(),
            closing: Vec::new(),
            told,
            ours: VecDeque::with_capacity(WAITING + 1),
        }
    }

    /// Takes what we say, as it is sent.
    pub(super) fn hear_ours(&mut self, frame: &Frame) {
        if !self.tapes.is_empty() {
            self.ours.push_back(*frame);
            if self.ours.len() > WAITING {
                self.ours.pop_front();
            }
        }
    }
}

impl Engine {
    /// Records a call as planned from now on; `None`: no longer.
    pub(super) fn tape(&mut self, call: CallId, plan: Option<Plan>) {
        let Some(plan) = plan else {
            if let Some(tape) = self.taping.tapes.remove(&call) {
                self.taping.closing.push(tape.close());
            }
            return;
        };
        if let Some(tape) = self.taping.tapes.get_mut(&call) {
            return tape.follow(&plan.people);
        }
        let told = self.taping.told.clone();
        // Nobody listens once the engine has stopped; the files are closed all the same.
        let tell = move |it| drop(told.send(it));
        match Tape::start(call.clone(), &plan, self.n_ticks, tell) {
            Ok(tape) => drop(self.taping.tapes.insert(call, tape)),
            Err(error) => self.report(Report::RecordingFailed {
                call,
                reason: error.to_string(),
            }),
        }
    }

    /// Takes in what a recording's thread tells.
    pub(super) fn taped(&mut self, told: Told) {
        self.taping.closing.retain(|thread| !thread.is_finished());
        let report = match told {
            Told::Started { call, path } => Report::RecordingStarted { call, path },
            Told::Failed { call, reason } => {
                self.taping.tapes.remove(&call);
                Report::RecordingFailed { call, reason }
            }
            Told::Closed { call, n_dropped } => {
                if n_dropped > 0 {
                    tracing::warn!(n_dropped, "the disk did not keep up with a recording");
                }
                Report::RecordingClosed { call, n_dropped }
            }
        };
        self.report(report);
    }

    /// Hands this tick to the recordings: what is heard of their people here, and what these hear of us.
    pub(super) fn tape_tick(&mut self) {
        let (legs, taping) = (&self.legs, &mut self.taping);
        let said = taping.ours.pop_front().unwrap_or([0.0; FRAME]);
        for tape in taping.tapes.values_mut() {
            let heard = |(leg, track): &(_, usize)| {
                let leg = legs.get(leg).filter(|leg| leg.is_connected())?;
                Some((leg, *track))
            };
            let there: Vec<(&Leg, usize)> = tape.legs().iter().filter_map(heard).collect();
            let hears_us = |(leg, _): &(&Leg, usize)| !leg.is_hushed();
            let ours = there.iter().any(hears_us).then_some(said);
            // Nothing is kept that was not heard here.
            let is_heard = |frame: &Frame| frame.iter().any(|sample| *sample != 0.0);
            let theirs = there.iter().map(|(leg, track)| (*track, leg.heard));
            let theirs = theirs.filter(|(_, frame)| !self.playback.is_deaf && is_heard(frame));
            let theirs = theirs.collect();
            tape.take(self.n_ticks, ours, theirs);
        }
    }

    /// Closes all recordings, and waits for them.
    pub(super) fn close_tapes(&mut self) {
        let tapes = std::mem::take(&mut self.taping.tapes);
        let open = tapes.into_values().map(Tape::close);
        for thread in open.chain(self.taping.closing.drain(..)) {
            // One that panicked has said so itself.
            let _ = thread.join();
        }
    }
}
