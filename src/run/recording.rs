//! Recordings of calls: where they go, what their tracks are called, and that each is on disk before
//! the end of its call is told.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Arrival, Station, epoch};
use crate::address::User;
use crate::event::{Event, Happened, timestamp};
use crate::id::{CallId, LegId, UserId};
use crate::media::{Order, Plan, Recorded, file_stem};
use crate::phone::Input;
use crate::phone::input::MediaReport;

/// How long the end of a call waits for a disk.
const PATIENCE: Duration = Duration::from_secs(5);
/// What nobody's track is called.
const TAKEN: [&str; 2] = ["mix", "me"];

/// The recordings of a phone.
#[derive(Debug, Default)]
pub(super) struct Tapes {
    /// Where they go; `None`: nothing is kept.
    dir: Option<PathBuf>,
    /// What the tracks of each person are called, by the recording's call.
    names: BTreeMap<CallId, BTreeMap<UserId, String>>,
    /// Those that run.
    open: BTreeSet<CallId>,
    /// Those that are being closed.
    closing: BTreeSet<CallId>,
    /// What is told when they are, in order.
    withheld: VecDeque<Event>,
    /// When it is told all the same.
    pub(super) until: Option<Instant>,
}

impl Tapes {
    pub(super) fn new(dir: Option<PathBuf>) -> Self {
        Self {
            dir,
            ..Self::default()
        }
    }

    /// Tells whether nothing waits to be told.
    pub(super) fn are_told(&self) -> bool {
        self.withheld.is_empty()
    }

    /// Takes an event that has to wait; gives back one that need not.
    pub(super) fn withhold(&mut self, event: Event, me: &UserId) -> Option<Event> {
        if self.withheld.is_empty() && !self.is_awaited(&event, me) {
            return Some(event);
        }
        self.until.get_or_insert_with(|| Instant::now() + PATIENCE);
        self.withheld.push_back(event);
        None
    }

    /// Tells whether an event says that a recording is closed, or over with its call, and it is not.
    fn is_awaited(&self, event: &Event, me: &UserId) -> bool {
        let is_off = matches!(&event.happened, Happened::Recording { user, on: false, .. } if user.id == *me);
        let is_last = is_off || matches!(event.happened, Happened::End { .. });
        let call = event.call.as_ref().filter(|_| is_last);
        call.is_some_and(|facts| self.closing.contains(&facts.call_id))
    }

    /// A recording is on disk, or never will be. Returns what can be told now.
    fn closed(&mut self, call: &CallId, me: &UserId) -> Vec<Event> {
        self.closing.remove(call);
        // One that begins again has its names already.
        if !self.open.contains(call) {
            self.names.remove(call);
        }
        let mut told = Vec::new();
        while let Some(event) = self.withheld.pop_front() {
            if self.is_awaited(&event, me) {
                self.withheld.push_front(event);
                break;
            }
            told.push(event);
        }
        if self.withheld.is_empty() {
            self.until = None;
        }
        told
    }

    /// Returns what a person's track is called: by ID, and no two the same.
    fn track(&mut self, call: &CallId, id: &UserId) -> String {
        let names = self.names.entry(call.clone()).or_default();
        if let Some(known) = names.get(id) {
            return known.clone();
        }
        let stem = file_stem(id.as_str());
        let is_taken = |name: &str| {
            let known = names.values().map(String::as_str);
            let mut known = known.chain(TAKEN);
            // Some disks do not tell capitals from small letters.
            known.any(|it| it.eq_ignore_ascii_case(name))
        };
        let numbered = (2..).map(|n| format!("{stem}-{n}"));
        let mut all = std::iter::once(stem.clone()).chain(numbered);
        let name = all.find(|name| !is_taken(name)).unwrap_or(stem);
        names.insert(id.clone(), name.clone());
        name
    }
}

impl Station {
    /// Has the media record a call, or close the recording.
    pub(super) fn record(&mut self, call: CallId, tracks: Option<Vec<(LegId, User)>>) {
        let Some(tracks) = tracks else {
            if self.tapes.open.remove(&call) {
                self.tapes.closing.insert(call.clone());
            }
            return self.media.order(Order::Record { call, plan: None });
        };
        let Some(dir) = self.tapes.dir.clone() else {
            let detail = "nothing is kept here".to_owned();
            let failed = MediaReport::RecordingFailed { call, detail };
            return super::ring_at(&self.bell, Arrival::Input(Input::Media(failed)));
        };
        let people = tracks.into_iter().map(|(leg, user)| Recorded {
            leg,
            track: self.tapes.track(&call, &user.id),
            who: json!(user),
        });
        let people: Vec<Recorded> = people.collect();
        self.tapes.open.insert(call.clone());
        let known = self.phone.calls().iter().find(|it| it.id == call);
        // Who and when; what people sent each other is nobody's business.
        let mut facts = match known.map(|call| json!(call.facts())) {
            Some(serde_json::Value::Object(facts)) => facts,
            Some(_) | None => serde_json::Map::new(),
        };
        let now = timestamp(i64::try_from(epoch().unix_ms).unwrap_or_default());
        facts.insert("recorded_by".to_owned(), json!(self.phone.me()));
        facts.insert("started_at".to_owned(), json!(now));
        let plan = Plan {
            dir,
            name: file_stem(call.as_str()),
            facts,
            people,
        };
        let plan = Some(plan);
        self.media.order(Order::Record { call, plan });
    }

    /// Takes in what became of a recording, before the phone does.
    pub(super) fn note_recording(&mut self, arrival: &Arrival) {
        let (call, trouble) = match arrival {
            Arrival::RecordingClosed { call, n_dropped: 0 } => (call, None),
            Arrival::RecordingClosed { call, n_dropped } => {
                let ms = n_dropped * 10;
                let told =
                    format!("the disk did not keep up: {ms} ms are silence in the recording");
                (call, Some(told))
            }
            Arrival::Input(Input::Media(MediaReport::RecordingFailed { call, detail })) => {
                self.tapes.open.remove(call);
                let was_closing = self.tapes.closing.contains(call);
                let told = format!("the recording may not be complete: {detail}");
                (call, was_closing.then_some(told))
            }
            Arrival::Input(_)
            | Arrival::Terminal(_)
            | Arrival::Request(_)
            | Arrival::FirstSound
            | Arrival::Check(_)
            | Arrival::Signal(_) => return,
        };
        if let Some(message) = trouble {
            self.publish_now(Event::new(Happened::Error {
                code: "recording".to_owned(),
                message,
                method: "record".to_owned(),
            }));
        }
        let me = self.phone.me().id.clone();
        for event in self.tapes.closed(call, &me) {
            self.publish_now(event);
        }
    }

    /// The disk takes too long: what waited for it is told now. Returns whose recording it is.
    pub(super) fn give_up_recording(&mut self) -> Option<Arrival> {
        self.tapes.until = None;
        let call = self.tapes.closing.first()?.clone();
        Some(Arrival::RecordingClosed { call, n_dropped: 0 })
    }
}
