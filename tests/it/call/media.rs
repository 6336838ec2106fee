//! Media without sound: sessions that find each other, fall silent, close.

use std::time::Duration;

use offhook::id::LegId;
use offhook::phone::effect::MediaOrder;
use offhook::phone::input::MediaReport;
use offhook::phone::signal::Sdp;

use super::line::{Seat, Weather};

/// Something that is due at a session; the number tells an outdated one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Report {
    session: usize,
    version: u32,
    what: What,
}

impl Report {
    /// Tells whether it comes by the network, not from the session's own doing.
    pub(crate) const fn is_from_afar(&self) -> bool {
        matches!(self.what, What::Connected | What::Closed)
    }
}

#[derive(Debug, Clone, Copy)]
enum What {
    Offer,
    Answer,
    /// The peer's terms say whether it holds us.
    Held(bool),
    Connected,
    Silent,
    Lost,
    Back,
    Closed,
}

#[derive(Debug, Default)]
pub(crate) struct Media {
    sessions: Vec<Session>,
}

#[derive(Debug)]
struct Session {
    at: (Seat, LegId),
    peer: Option<usize>,
    version: u32,
    is_connected: bool,
    is_silent: bool,
    is_closed: bool,
    /// Whether this side holds the other, and the other this one.
    is_holding: bool,
    is_held: bool,
    /// Whether it held the other before the terms that are offered.
    held_before: Option<bool>,
}

/// Ends the terms of somebody who holds the other.
const HELD: &str = " held";

impl Session {
    fn terms(&self, index: usize) -> Sdp {
        let held = if self.is_holding { HELD } else { "" };
        Sdp(format!("{index}{held}"))
    }
}

impl Media {
    /// Carries an order out; returns what is to be reported and when.
    pub(crate) fn order(
        &mut self,
        weather: &Weather,
        seat: Seat,
        order: MediaOrder,
    ) -> Vec<(Duration, Report)> {
        match order {
            MediaOrder::Offer { leg, .. } => {
                let session = self.open(seat, leg);
                vec![(Duration::ZERO, self.report(session, What::Offer))]
            }
            MediaOrder::Reoffer { leg, is_held, .. } => {
                let Some(session) = self.session_of(seat, leg) else {
                    return Vec::new();
                };
                let offering = &mut self.sessions[session];
                let was = std::mem::replace(&mut offering.is_holding, is_held);
                offering.held_before.get_or_insert(was);
                vec![(Duration::ZERO, self.report(session, What::Offer))]
            }
            MediaOrder::Answer { leg, offer, .. } if self.session_of(seat, leg).is_some() => {
                let session = self.session_of(seat, leg).expect("it was asked for");
                let held = self.report(session, What::Held(offer.0.ends_with(HELD)));
                let answer = self.report(session, What::Answer);
                vec![(Duration::ZERO, held), (Duration::ZERO, answer)]
            }
            MediaOrder::Withdraw { leg } => {
                if let Some(session) = self.session_of(seat, leg)
                    && let Some(was) = self.sessions[session].held_before.take()
                {
                    self.sessions[session].is_holding = was;
                }
                Vec::new()
            }
            MediaOrder::Dtmf { .. } => Vec::new(),
            MediaOrder::Answer { leg, .. } => {
                let session = self.open(seat, leg);
                vec![(weather.gathering, self.report(session, What::Answer))]
            }
            MediaOrder::Accept { leg, answer } => {
                let peer: Option<usize> = answer.0.trim_end_matches(HELD).parse().ok();
                let (Some(session), Some(peer)) = (self.session_of(seat, leg), peer) else {
                    return Vec::new();
                };
                self.sessions[session].held_before = None;
                // The answer to new terms changes nothing but what the peer's terms say.
                if self.sessions[session].peer == Some(peer) {
                    return Vec::new();
                }
                self.sessions[session].peer = Some(peer);
                self.sessions[peer].peer = Some(session);
                if !weather.media_connects {
                    return Vec::new();
                }
                let found = weather.latency * 2;
                let connected = |session| (found, self.report(session, What::Connected));
                vec![connected(session), connected(peer)]
            }
            MediaOrder::Close { leg } => {
                let Some(session) = self.session_of(seat, leg) else {
                    return Vec::new();
                };
                self.sessions[session].is_closed = true;
                let Some(peer) = self.sessions[session].peer else {
                    return Vec::new();
                };
                vec![(weather.latency, self.report(peer, What::Closed))]
            }
            MediaOrder::Mute(_)
            | MediaOrder::Deafen(_)
            | MediaOrder::Camera(_)
            | MediaOrder::NextCamera
            | MediaOrder::View { .. }
            | MediaOrder::RingOn(_)
            | MediaOrder::Device { .. } => Vec::new(),
        }
    }

    /// Returns what the phone is told of a report whose time has come.
    pub(crate) fn deliver(&mut self, report: Report) -> Option<(Seat, MediaReport)> {
        let Report {
            session: index,
            version,
            what,
        } = report;
        let is_peer_gone = self.sessions[index]
            .peer
            .is_some_and(|peer| self.sessions[peer].is_closed);
        let session = &mut self.sessions[index];
        let is_outdated = matches!(what, What::Silent | What::Lost) && session.version != version;
        if session.is_closed || is_outdated {
            return None;
        }
        let (seat, leg) = session.at;
        let report = match what {
            What::Offer => MediaReport::Offer {
                leg,
                sdp: session.terms(index),
            },
            What::Answer => MediaReport::Answer {
                leg,
                sdp: session.terms(index),
            },
            What::Held(is_held) => {
                if std::mem::replace(&mut session.is_held, is_held) == is_held {
                    return None;
                }
                MediaReport::Held { leg, is_held }
            }
            What::Connected => {
                if is_peer_gone {
                    return None;
                }
                session.is_connected = true;
                MediaReport::Connected { leg }
            }
            What::Silent => {
                session.is_silent = true;
                MediaReport::Silent { leg }
            }
            What::Back => {
                session.is_silent = false;
                MediaReport::Back { leg }
            }
            What::Lost => MediaReport::Lost { leg },
            What::Closed => {
                if !session.is_connected {
                    return None;
                }
                MediaReport::Closed { leg }
            }
        };
        Some((seat, report))
    }

    /// Nothing comes to or from one phone any more (WIRE, DEAD).
    pub(crate) fn silence(&mut self, seat: Seat) -> Vec<(Duration, Report)> {
        let mut reports = Vec::new();
        for index in 0..self.sessions.len() {
            let ends = [Some(index), self.sessions[index].peer];
            let is_meant = ends
                .iter()
                .flatten()
                .any(|end| self.sessions[*end].at.0 == seat);
            if is_meant && self.sessions[index].is_connected {
                self.sessions[index].version += 1;
                let silent = self.report(index, What::Silent);
                let lost = self.report(index, What::Lost);
                reports.push((Duration::from_secs(5), silent));
                reports.push((Duration::from_secs(12), lost));
            }
        }
        reports
    }

    /// Everything comes again.
    pub(crate) fn restore(&mut self) -> Vec<Report> {
        let mut reports = Vec::new();
        for index in 0..self.sessions.len() {
            self.sessions[index].version += 1;
            if self.sessions[index].is_silent {
                reports.push(self.report(index, What::Back));
            }
        }
        reports
    }

    /// A process is gone, without a word.
    pub(crate) fn kill(&mut self, seat: Seat) {
        for session in &mut self.sessions {
            session.is_closed |= session.at.0 == seat;
        }
    }

    /// Returns the sessions of one phone that are not closed.
    pub(crate) fn open_legs(&self, seat: Seat) -> impl Iterator<Item = LegId> {
        let sessions = self.sessions.iter();
        let open = sessions.filter(move |session| session.at.0 == seat && !session.is_closed);
        open.map(|session| session.at.1)
    }

    /// Tells whether the terms of a session say that its phone holds the other.
    pub(crate) fn holds(&self, seat: Seat, leg: LegId) -> bool {
        let session = self.session_of(seat, leg);
        session.is_some_and(|session| self.sessions[session].is_holding)
    }

    fn open(&mut self, seat: Seat, leg: LegId) -> usize {
        self.sessions.push(Session {
            at: (seat, leg),
            peer: None,
            version: 0,
            is_connected: false,
            is_silent: false,
            is_closed: false,
            is_holding: false,
            is_held: false,
            held_before: None,
        });
        self.sessions.len() - 1
    }

    fn session_of(&self, seat: Seat, leg: LegId) -> Option<usize> {
        self.sessions
            .iter()
            .position(|session| session.at == (seat, leg))
    }

    fn report(&self, session: usize, what: What) -> Report {
        let version = self.sessions[session].version;
        Report {
            session,
            version,
            what,
        }
    }
}
