//! Media without sound or pictures: sessions that find each other, fall silent, close.

use std::collections::BTreeSet;
use std::time::Duration;

use offhook::av::Pictures;
use offhook::id::LegId;
use offhook::phone::effect::MediaOrder;
use offhook::phone::input::MediaReport;
use offhook::phone::signal::Sdp;

use super::line::{Seat, Weather};

/// Something that is due at a session, or at a phone's camera; the number tells an outdated one.
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
    Prepared,
    /// The peer's terms say whether it holds us.
    Held(bool),
    /// Whether the peer sends pictures, and whether it takes ours.
    Pictures(bool, bool),
    /// The camera of a phone is open; the session's number is its seat.
    Camera(bool),
    Connected,
    Silent,
    Lost,
    Back,
    Closed,
}

#[derive(Debug, Default)]
pub(crate) struct Media {
    sessions: Vec<Session>,
    /// Whose camera is open.
    cameras: BTreeSet<Seat>,
    /// Who sends nothing on which leg, whatever was agreed on.
    hushed: BTreeSet<(Seat, LegId)>,
}

#[derive(Debug)]
struct Session {
    at: (Seat, LegId),
    peer: Option<usize>,
    version: u32,
    is_connected: bool,
    is_silent: bool,
    is_closed: bool,
    /// Whether it waits for the call to be taken, and has found the other meanwhile.
    is_waiting: bool,
    has_found: bool,
    /// Whether this side holds the other, and the other this one.
    is_holding: bool,
    is_held: bool,
    /// Whether it held the other before the terms that are offered.
    held_before: Option<bool>,
    /// The pictures its description speaks of, and those of the one before the terms that are offered.
    pictures: Pictures,
    pictures_before: Option<Pictures>,
    /// Whether the peer sends pictures, and whether it takes ours: as last told, and as it is.
    told: (bool, bool),
    flows: (bool, bool),
}

/// Ends the sound's terms of somebody who holds the other.
const HELD: &str = " held";
/// The pictures' terms of somebody who does not send any, and of somebody who does.
const RECEIVE: &str = "m=video 9 recvonly";
const EXCHANGE: &str = "m=video 9 sendrecv";

/// Reads the terms of the other.
fn read(sdp: &Sdp) -> (Option<usize>, bool, Pictures) {
    let (sound, pictures) = sdp.0.split_once('\n').unwrap_or((&sdp.0, ""));
    let pictures = match pictures {
        EXCHANGE => Pictures::Exchange,
        RECEIVE => Pictures::Receive,
        _ => Pictures::None,
    };
    let session = sound.trim_end_matches(HELD).parse().ok();
    (session, sound.ends_with(HELD), pictures)
}

impl Session {
    fn terms(&self, index: usize) -> Sdp {
        let held = if self.is_holding { HELD } else { "" };
        let pictures = match self.pictures {
            Pictures::None => String::new(),
            Pictures::Receive => format!("\n{RECEIVE}"),
            Pictures::Exchange => format!("\n{EXCHANGE}"),
        };
        Sdp(format!("{index}{held}{pictures}"))
    }

    /// Both descriptions are known.
    fn agree(&mut self, theirs: Pictures) {
        let is_taken = theirs != Pictures::None;
        let from_peer = theirs == Pictures::Exchange && self.pictures != Pictures::None;
        self.flows = (from_peer, is_taken && self.pictures == Pictures::Exchange);
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
            MediaOrder::Offer { leg, pictures } => {
                let session = self.open(seat, leg);
                self.sessions[session].pictures = pictures;
                vec![(Duration::ZERO, self.report(session, What::Offer))]
            }
            MediaOrder::Reoffer {
                leg,
                is_held,
                pictures,
                ..
            } => {
                let Some(session) = self.session_of(seat, leg) else {
                    return Vec::new();
                };
                let offering = &mut self.sessions[session];
                let was = std::mem::replace(&mut offering.is_holding, is_held);
                offering.held_before.get_or_insert(was);
                let was = std::mem::replace(&mut offering.pictures, pictures);
                offering.pictures_before.get_or_insert(was);
                vec![(Duration::ZERO, self.report(session, What::Offer))]
            }
            // What is not told ahead is made when it is asked for.
            MediaOrder::Prepare {
                is_early: false, ..
            } => Vec::new(),
            MediaOrder::Prepare { leg, pictures, .. } => {
                let session = self.open(seat, leg);
                self.sessions[session].is_waiting = true;
                self.sessions[session].pictures = pictures;
                vec![(weather.gathering, self.report(session, What::Prepared))]
            }
            MediaOrder::LookAhead { leg, answer } => {
                let (peer, _, _) = read(&answer);
                let (Some(session), Some(peer)) = (self.session_of(seat, leg), peer) else {
                    return Vec::new();
                };
                self.sessions[session].is_waiting = true;
                self.sessions[session].peer = Some(peer);
                self.sessions[peer].peer = Some(session);
                self.find(weather, session, peer)
            }
            MediaOrder::StartOver { leg } => {
                if let Some(session) = self.session_of(seat, leg) {
                    if let Some(peer) = self.sessions[session].peer.take() {
                        self.sessions[peer].peer = None;
                    }
                    self.sessions[session].is_waiting = false;
                    self.sessions[session].has_found = false;
                }
                Vec::new()
            }
            MediaOrder::Answer {
                leg,
                offer,
                pictures,
            } if self.waiting(seat, leg).is_some() => {
                let session = self.waiting(seat, leg).expect("it was asked for");
                let ready = &self.sessions[session];
                let is_as_told = ready.pictures == pictures || ready.peer.is_none();
                assert!(is_as_told, "what the caller goes by stays");
                let (_, _, theirs) = read(&offer);
                let answer = self.report(session, What::Answer);
                let flows = self.answers(session, theirs, pictures);
                let found = self.release(session);
                let told = [answer, flows].into_iter().chain(found);
                told.map(|it| (Duration::ZERO, it)).collect()
            }
            MediaOrder::Answer {
                leg,
                offer,
                pictures,
            } if self.session_of(seat, leg).is_some() => {
                let session = self.session_of(seat, leg).expect("it was asked for");
                let (_, is_held, theirs) = read(&offer);
                let held = self.report(session, What::Held(is_held));
                let answer = self.report(session, What::Answer);
                let flows = self.answers(session, theirs, pictures);
                [held, answer, flows].map(|it| (Duration::ZERO, it)).into()
            }
            MediaOrder::Withdraw { leg } => {
                if let Some(session) = self.session_of(seat, leg)
                    && let Some(was) = self.sessions[session].held_before.take()
                {
                    self.sessions[session].is_holding = was;
                }
                if let Some(session) = self.session_of(seat, leg)
                    && let Some(was) = self.sessions[session].pictures_before.take()
                {
                    // Less stays less.
                    let pictures = &mut self.sessions[session].pictures;
                    *pictures = was.min(*pictures);
                }
                Vec::new()
            }
            MediaOrder::Dtmf { .. } | MediaOrder::Record { .. } => Vec::new(),
            MediaOrder::Answer {
                leg,
                offer,
                pictures,
            } => {
                let session = self.open(seat, leg);
                let (_, _, theirs) = read(&offer);
                let answer = self.report(session, What::Answer);
                let flows = self.answers(session, theirs, pictures);
                [answer, flows].map(|it| (weather.gathering, it)).into()
            }
            MediaOrder::Accept { leg, answer } => {
                let (peer, _, theirs) = read(&answer);
                let (Some(session), Some(peer)) = (self.session_of(seat, leg), peer) else {
                    return Vec::new();
                };
                self.sessions[session].held_before = None;
                self.sessions[session].pictures_before = None;
                self.sessions[session].agree(theirs);
                let (from_peer, to_peer) = self.sessions[session].flows;
                let flows = self.report(session, What::Pictures(from_peer, to_peer));
                let flows = (Duration::ZERO, flows);
                // The answer to new terms changes nothing but what the peer's terms say.
                if self.sessions[session].peer == Some(peer) {
                    let found = self.release(session);
                    let found = found.map(|it| (Duration::ZERO, it));
                    return std::iter::once(flows).chain(found).collect();
                }
                self.sessions[session].peer = Some(peer);
                self.sessions[peer].peer = Some(session);
                let found = self.find(weather, session, peer);
                std::iter::once(flows).chain(found).collect()
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
            MediaOrder::Hush { leg, on } => {
                assert!(self.session_of(seat, leg).is_some(), "there is no {leg:?}");
                if on {
                    self.hushed.insert((seat, leg));
                } else {
                    self.hushed.remove(&(seat, leg));
                }
                Vec::new()
            }
            MediaOrder::Camera(on) => {
                if on {
                    self.cameras.insert(seat);
                } else {
                    self.cameras.remove(&seat);
                }
                let what = What::Camera(on);
                let (session, version) = (seat, 0);
                let report = Report {
                    session,
                    version,
                    what,
                };
                vec![(Duration::ZERO, report)]
            }
            MediaOrder::Mute(_)
            | MediaOrder::Talk(_)
            | MediaOrder::Gain { .. }
            | MediaOrder::Bridge { .. }
            | MediaOrder::Deafen(_)
            | MediaOrder::NextCamera
            | MediaOrder::View { .. }
            | MediaOrder::RingOn(_)
            | MediaOrder::Clean { .. }
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
        if let What::Camera(on) = what {
            return Some((index, MediaReport::Camera { on }));
        }
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
            What::Prepared => MediaReport::Prepared {
                leg,
                sdp: session.terms(index),
            },
            What::Held(is_held) => {
                if std::mem::replace(&mut session.is_held, is_held) == is_held {
                    return None;
                }
                MediaReport::Held { leg, is_held }
            }
            What::Pictures(from_peer, to_peer) => {
                let told = std::mem::replace(&mut session.told, (from_peer, to_peer));
                if told == (from_peer, to_peer) {
                    return None;
                }
                MediaReport::Pictures {
                    leg,
                    from_peer,
                    to_peer,
                }
            }
            What::Camera(_) => return None,
            What::Connected => {
                if is_peer_gone {
                    return None;
                }
                if session.is_waiting {
                    session.has_found = true;
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
        self.cameras.remove(&seat);
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

    /// Returns which pictures the description of a session speaks of.
    pub(crate) fn pictures(&self, seat: Seat, leg: LegId) -> Pictures {
        let session = self.session_of(seat, leg);
        session.map_or(Pictures::None, |session| self.sessions[session].pictures)
    }

    /// Tells whether a phone sends nothing on a leg, whatever was agreed on.
    pub(crate) fn is_hushed(&self, seat: Seat, leg: LegId) -> bool {
        self.hushed.contains(&(seat, leg))
    }

    /// Tells whether a phone's camera is open.
    pub(crate) fn films(&self, seat: Seat) -> bool {
        self.cameras.contains(&seat)
    }

    /// Answers an offer that speaks of pictures with those that are taken; returns what is to be reported.
    fn answers(&mut self, session: usize, theirs: Pictures, taken: Pictures) -> Report {
        let answering = &mut self.sessions[session];
        let is_offered = theirs != Pictures::None;
        answering.pictures = if is_offered { taken } else { Pictures::None };
        answering.pictures_before = None;
        answering.agree(theirs);
        let (from_peer, to_peer) = answering.flows;
        self.report(session, What::Pictures(from_peer, to_peer))
    }

    fn open(&mut self, seat: Seat, leg: LegId) -> usize {
        self.sessions.push(Session {
            at: (seat, leg),
            peer: None,
            version: 0,
            is_connected: false,
            is_silent: false,
            is_closed: false,
            is_waiting: false,
            has_found: false,
            is_holding: false,
            is_held: false,
            held_before: None,
            pictures: Pictures::None,
            pictures_before: None,
            told: (false, false),
            flows: (false, false),
        });
        self.sessions.len() - 1
    }

    /// Two sessions look for each other.
    fn find(&self, weather: &Weather, one: usize, other: usize) -> Vec<(Duration, Report)> {
        let ends = [one, other].into_iter().filter(|_| weather.media_connects);
        let connected = |session| (weather.latency * 2, self.report(session, What::Connected));
        ends.map(connected).collect()
    }

    /// The call of a session is taken; returns what there is to tell of it.
    fn release(&mut self, session: usize) -> Option<Report> {
        self.sessions[session].is_waiting = false;
        let has_found = std::mem::take(&mut self.sessions[session].has_found);
        has_found.then(|| self.report(session, What::Connected))
    }

    fn waiting(&self, seat: Seat, leg: LegId) -> Option<usize> {
        let session = self.session_of(seat, leg)?;
        self.sessions[session].is_waiting.then_some(session)
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
