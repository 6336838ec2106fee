//! What stands between the phones of a test: a server, a network and media. Faults on request.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use offhook::address::{Address, User};
use offhook::event::EndReason;
use offhook::id::LegId;
use offhook::phone::Input;
use offhook::phone::effect::MediaOrder;
use offhook::phone::signal::{CancelCause, Heard, Message, Refusal, Say};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::media::{Media, Report};

/// Which phone of the test.
pub(crate) type Seat = usize;

/// What goes wrong on the way, and how long the way is.
#[derive(Debug, Clone)]
pub(crate) struct Weather {
    /// How long a signal takes from one phone to the other.
    pub(crate) latency: Duration,
    /// The most that is added to it at random, so that signals overtake each other.
    pub(crate) jitter: Duration,
    /// How many of a hundred signals vanish.
    pub(crate) loss: u32,
    /// How many of a hundred signals come twice.
    pub(crate) twice: u32,
    /// How long the media takes to make an answer.
    pub(crate) gathering: Duration,
    /// Whether the media finds its way.
    pub(crate) media_connects: bool,
}

impl Default for Weather {
    fn default() -> Self {
        Self {
            latency: Duration::from_millis(50),
            jitter: Duration::ZERO,
            loss: 0,
            twice: 0,
            gathering: Duration::ZERO,
            media_connects: true,
        }
    }
}

#[derive(Debug, Clone)]
enum Parcel {
    ToPhone(Seat, Input),
    ToServer(Seat, Say),
    Media(Report),
    ServerGivesUp(usize),
}

#[derive(Debug)]
struct Place {
    user: String,
    device: String,
    is_online: bool,
    is_cut: bool,
    /// What is said when the server is there again.
    held: VecDeque<Say>,
    /// Messages for somebody who is signed in nowhere.
    mail: Vec<(User, Message)>,
}

#[derive(Debug)]
struct Invite {
    caller: (Seat, LegId),
    branches: Vec<Branch>,
    winner: Option<usize>,
    is_over: bool,
}

#[derive(Debug)]
struct Branch {
    at: (Seat, LegId),
    is_done: bool,
}

#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) weather: Weather,
    pub(crate) media: Media,
    random: StdRng,
    parcels: BTreeMap<(Instant, u64), Parcel>,
    n_parcels: u64,
    places: Vec<Place>,
    invites: Vec<Invite>,
    n_incoming: u64,
}

impl Line {
    /// `labels` are `user` or `user/device`.
    pub(crate) fn new(labels: &[&str], weather: Weather, seed: u64) -> Self {
        let place = |label: &&str| {
            let (user, device) = label.split_once('/').unwrap_or((label, label));
            Place {
                user: user.to_owned(),
                device: device.to_owned(),
                is_online: true,
                is_cut: false,
                held: VecDeque::new(),
                mail: Vec::new(),
            }
        };
        Self {
            weather,
            media: Media::default(),
            random: StdRng::seed_from_u64(seed),
            parcels: BTreeMap::new(),
            n_parcels: 0,
            places: labels.iter().map(place).collect(),
            invites: Vec::new(),
            n_incoming: 0,
        }
    }

    /// Takes in what a phone says.
    pub(crate) fn say(&mut self, now: Instant, from: Seat, say: Say) {
        if self.places[from].is_cut {
            return;
        }
        match say {
            Say::SignOut => {
                self.places[from].is_online = false;
                self.later(now, self.weather.latency, from, Heard::SignedOut);
            }
            say if !self.places[from].is_online => {
                if let Say::Bye { .. } = say {
                    self.places[from].held.push_back(say);
                }
            }
            // The server of this world stands next to the caller.
            Say::Invite { .. } | Say::Cancel { .. } => self.serve(now, from, say),
            say => self.hop(now, Parcel::ToServer(from, say)),
        }
    }

    pub(crate) fn order(&mut self, now: Instant, from: Seat, order: MediaOrder) {
        let is_cut = self.places[from].is_cut;
        for (delay, report) in self.media.order(&self.weather, from, order) {
            if !(is_cut && report.is_from_afar()) {
                self.send(now + delay, Parcel::Media(report));
            }
        }
    }

    pub(crate) fn next_at(&self) -> Option<Instant> {
        self.parcels.keys().next().map(|(at, _)| *at)
    }

    /// Returns what reaches a phone at `now`.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<(Seat, Input)> {
        while let Some(entry) = self.parcels.first_entry() {
            if entry.key().0 > now {
                return None;
            }
            match entry.remove() {
                Parcel::ToPhone(to, input) => {
                    let place = &self.places[to];
                    if !place.is_cut && (place.is_online || is_about_the_line(&input)) {
                        return Some((to, input));
                    }
                }
                Parcel::ToServer(from, say) => self.serve(now, from, say),
                Parcel::Media(report) => {
                    if let Some((to, report)) = self.media.deliver(report) {
                        return Some((to, Input::Media(report)));
                    }
                }
                Parcel::ServerGivesUp(invite) => self.give_up(now, invite, CancelCause::Timeout),
            }
        }
        None
    }

    /// The network of one phone swallows everything, and nobody is told.
    pub(crate) fn cut(&mut self, now: Instant, seat: Seat) {
        self.places[seat].is_cut = true;
        self.silence(now, seat);
    }

    /// The phone's process is killed: the server sees the connection close.
    pub(crate) fn kill(&mut self, now: Instant, seat: Seat) {
        self.silence(now, seat);
        self.media.kill(seat);
        self.disconnect(now, seat);
        self.places[seat].is_cut = true;
    }

    /// The connection to the server breaks; the media goes on.
    pub(crate) fn disconnect(&mut self, now: Instant, seat: Seat) {
        self.places[seat].is_online = false;
        self.later(now, Duration::ZERO, seat, Heard::ConnectionLost);
        for index in 0..self.invites.len() {
            let invite = &mut self.invites[index];
            if invite.caller.0 == seat {
                self.give_up(now, index, CancelCause::Caller);
                continue;
            }
            let mut has_left = false;
            for branch in &mut invite.branches {
                if branch.at.0 == seat && !branch.is_done {
                    branch.is_done = true;
                    has_left = true;
                }
            }
            if has_left {
                self.conclude(now, index, Refusal::Offline, None);
            }
        }
    }

    /// The connection is made again.
    pub(crate) fn reconnect(&mut self, now: Instant, seat: Seat) {
        self.places[seat].is_online = true;
        self.later(now, Duration::ZERO, seat, Heard::SigningIn);
        self.later(now, self.weather.latency, seat, Heard::SignedIn);
        for (from, message) in std::mem::take(&mut self.places[seat].mail) {
            let delay = self.weather.latency * 2;
            self.later(now, delay, seat, Heard::Message { from, message });
        }
        while let Some(say) = self.places[seat].held.pop_front() {
            self.say(now, seat, say);
        }
    }

    /// Nothing of the media gets through between any two phones.
    pub(crate) fn silence_all(&mut self, now: Instant) {
        for seat in 0..self.places.len() {
            self.silence(now, seat);
        }
    }

    /// The media gets through again.
    pub(crate) fn restore_media(&mut self, now: Instant) {
        for report in self.media.restore() {
            self.send(now, Parcel::Media(report));
        }
    }

    /// Lets a phone hear something out of turn.
    pub(crate) fn later(&mut self, now: Instant, delay: Duration, to: Seat, heard: Heard) {
        self.send(now + delay, Parcel::ToPhone(to, Input::Heard(heard)));
    }

    fn silence(&mut self, now: Instant, seat: Seat) {
        for (delay, report) in self.media.silence(seat) {
            self.send(now + delay, Parcel::Media(report));
        }
    }

    fn serve(&mut self, now: Instant, from: Seat, say: Say) {
        match say {
            Say::Invite { .. } => self.fork(now, from, say),
            Say::Ringing { leg } => {
                let device = Some(self.places[from].device.clone());
                self.tell_caller(now, (from, leg), |leg| Heard::Ringing { leg, device });
            }
            Say::Early { leg, sdp } => {
                self.tell_caller(now, (from, leg), |leg| Heard::Early { leg, sdp });
            }
            Say::Accept { leg, sdp, data } => {
                let Some((index, branch)) = self.branch_of(from, leg) else {
                    return;
                };
                let invite = &mut self.invites[index];
                if invite.winner.is_some_and(|winner| winner != branch) {
                    let reason = Some(EndReason::AnsweredElsewhere);
                    let (by, data) = (None, None);
                    let bye = Heard::Bye {
                        leg,
                        reason,
                        by,
                        data,
                    };
                    return self.tell(now, from, bye);
                }
                invite.winner = Some(branch);
                invite.is_over = true;
                let (to, leg) = invite.caller;
                let device = Some(self.places[from].device.clone());
                let taken = Heard::Accepted {
                    leg,
                    sdp,
                    data,
                    device,
                    ours: true,
                };
                self.later(now, Duration::ZERO, to, taken);
                self.cancel_branches(now, index, CancelCause::AnsweredElsewhere, None);
            }
            Say::Refuse { leg, refusal, data } => {
                let Some((index, branch)) = self.branch_of(from, leg) else {
                    return;
                };
                self.invites[index].branches[branch].is_done = true;
                if refusal == Refusal::Declined {
                    self.cancel_branches(now, index, CancelCause::DeclinedElsewhere, None);
                }
                self.conclude(now, index, refusal, data);
            }
            Say::Cancel { leg, cause, data } => {
                let index = self.invites.iter().position(|i| i.caller == (from, leg));
                let Some(index) = index.filter(|index| !self.invites[*index].is_over) else {
                    return;
                };
                self.invites[index].is_over = true;
                self.cancel_branches(now, index, cause, data);
                let refusal = Refusal::Canceled;
                self.tell(
                    now,
                    from,
                    Heard::Refused {
                        leg,
                        refusal,
                        data: None,
                    },
                );
            }
            Say::Message { to, message } => self.post(now, from, &to, message),
            Say::SignOut => {}
            say => self.serve_in_dialog(now, from, say),
        }
    }

    /// Tells the caller something of a phone that has not decided.
    fn tell_caller(&mut self, now: Instant, at: (Seat, LegId), heard: impl FnOnce(LegId) -> Heard) {
        if let Some((index, branch)) = self.branch_of(at.0, at.1)
            && !self.invites[index].branches[branch].is_done
        {
            let (to, leg) = self.invites[index].caller;
            self.later(now, Duration::ZERO, to, heard(leg));
        }
    }

    /// Takes what is said within a call to the other end of the leg.
    fn serve_in_dialog(&mut self, now: Instant, from: Seat, say: Say) {
        let (Say::Bye { leg, .. }
        | Say::Device { leg, .. }
        | Say::Reoffer { leg, .. }
        | Say::TakeReoffer { leg, .. }
        | Say::RefuseReoffer { leg, .. }
        | Say::Roster { leg, .. }
        | Say::Add { leg, .. }
        | Say::Chat { leg, .. }
        | Say::Transfer { leg, .. }
        | Say::TransferProgress { leg, .. }) = say
        else {
            return;
        };
        let Some((to, leg)) = self.peer_of(from, leg) else {
            return;
        };
        let heard = match say {
            Say::Bye {
                reason, by, data, ..
            } => Heard::Bye {
                leg,
                reason: Some(reason),
                by,
                data,
            },
            Say::Device { state, .. } => Heard::Device { leg, state },
            Say::Reoffer { sdp, .. } => Heard::Reoffered { leg, sdp },
            Say::TakeReoffer { sdp, .. } => Heard::ReofferTaken { leg, sdp },
            Say::RefuseReoffer { is_glare, .. } => Heard::ReofferRefused {
                leg,
                again: is_glare.then(|| Duration::from_millis(500 * (1 + to as u64))),
            },
            Say::Roster { roster, .. } => Heard::Roster {
                from: super::pair::user(&self.places[from].user).id,
                roster,
            },
            Say::Add { users, .. } => Heard::Add { leg, users },
            Say::Chat { id, text, .. } => Heard::Chat { leg, id, text },
            Say::Transfer {
                to: target,
                replaces,
                ..
            } => Heard::Transferred {
                leg,
                to: target,
                replaces: replaces
                    .and_then(|mine| self.peer_of(from, mine))
                    .map(|(seat, leg)| format!("{seat}/{}", leg.0)),
            },
            Say::TransferProgress { status, .. } => Heard::TransferProgress { leg, status },
            _ => return,
        };
        self.later(now, Duration::ZERO, to, heard);
    }

    /// Takes a message to every device of somebody, now or at the next sign-in.
    fn post(&mut self, now: Instant, from: Seat, to: &Address, message: Message) {
        let name = to.user.as_str();
        let sender = super::pair::user(&self.places[from].user);
        let seats: Vec<Seat> = (0..self.places.len())
            .filter(|seat| self.places[*seat].user == name)
            .collect();
        let online: Vec<Seat> = seats
            .iter()
            .copied()
            .filter(|seat| self.places[*seat].is_online)
            .collect();
        if online.is_empty()
            && let Some(first) = seats.first()
        {
            self.places[*first].mail.push((sender, message));
            return;
        }
        for seat in online {
            let (from, message) = (sender.clone(), message.clone());
            self.later(now, Duration::ZERO, seat, Heard::Message { from, message });
        }
    }

    fn fork(&mut self, now: Instant, from: Seat, say: Say) {
        let Say::Invite {
            leg,
            to,
            label,
            kind,
            sdp,
            expires,
            data,
            purpose,
            replaces,
        } = say
        else {
            return;
        };
        let name = to.user.as_str();
        let places = || self.places.iter().enumerate();
        let seats: Vec<Seat> = places()
            .filter(|(_, place)| place.user == name && place.is_online)
            .map(|(seat, _)| seat)
            .collect();
        if seats.is_empty() {
            let refusal = if places().any(|(_, place)| place.user == name) {
                Refusal::Offline
            } else {
                Refusal::NotFound
            };
            let data = None;
            self.tell(now, from, Heard::Refused { leg, refusal, data });
            return;
        }
        let caller = super::pair::user(&self.places[from].user);
        let mut branches = Vec::new();
        for seat in seats {
            self.n_incoming += 2;
            let leg = LegId(self.n_incoming - 1);
            branches.push(Branch {
                at: (seat, leg),
                is_done: false,
            });
            let invited = Heard::Invited {
                leg,
                from: caller.clone(),
                label: Some(label.clone()),
                sip_call_id: format!("{leg}@test"),
                kind,
                sdp: sdp.clone(),
                expires: Some(expires),
                data: data.clone(),
                ours: true,
                purpose: purpose.clone(),
                replaces: replaces
                    .as_ref()
                    .and_then(|of| of.split_once('/'))
                    .filter(|(at, _)| *at == seat.to_string())
                    .and_then(|(_, leg)| Some(LegId(leg.parse().ok()?))),
                referred_by: None,
            };
            self.tell(now, seat, invited);
        }
        self.invites.push(Invite {
            caller: (from, leg),
            branches,
            winner: None,
            is_over: false,
        });
        // WIRE: the server itself gives up five seconds after the phones should have.
        let gives_up = Parcel::ServerGivesUp(self.invites.len() - 1);
        self.send(now + expires + Duration::from_secs(5), gives_up);
    }

    /// Ends an invitation without its caller's doing.
    fn give_up(&mut self, now: Instant, index: usize, cause: CancelCause) {
        if self.invites[index].is_over {
            return;
        }
        self.invites[index].is_over = true;
        self.cancel_branches(now, index, cause, None);
        let (to, leg) = self.invites[index].caller;
        let refusal = Refusal::NoAnswer;
        self.tell(
            now,
            to,
            Heard::Refused {
                leg,
                refusal,
                data: None,
            },
        );
    }

    /// Answers the caller once nobody is left who could take the call.
    fn conclude(&mut self, now: Instant, index: usize, refusal: Refusal, data: Option<String>) {
        let invite = &mut self.invites[index];
        if invite.is_over || invite.branches.iter().any(|branch| !branch.is_done) {
            return;
        }
        invite.is_over = true;
        let (to, leg) = invite.caller;
        self.later(
            now,
            Duration::ZERO,
            to,
            Heard::Refused { leg, refusal, data },
        );
    }

    fn cancel_branches(
        &mut self,
        now: Instant,
        index: usize,
        cause: CancelCause,
        data: Option<String>,
    ) {
        let winner = self.invites[index].winner;
        for branch in 0..self.invites[index].branches.len() {
            let Branch {
                at: (to, leg),
                is_done,
            } = self.invites[index].branches[branch];
            if is_done || winner == Some(branch) {
                continue;
            }
            self.invites[index].branches[branch].is_done = true;
            let data = data.clone();
            self.tell(now, to, Heard::Canceled { leg, cause, data });
        }
    }

    fn branch_of(&self, seat: Seat, leg: LegId) -> Option<(usize, usize)> {
        self.invites.iter().enumerate().find_map(|(index, invite)| {
            let branch = invite.branches.iter().position(|b| b.at == (seat, leg))?;
            Some((index, branch))
        })
    }

    fn peer_of(&self, seat: Seat, leg: LegId) -> Option<(Seat, LegId)> {
        if let Some((index, branch)) = self.branch_of(seat, leg) {
            let invite = &self.invites[index];
            // Whoever took it too late has a dialog with nobody.
            let is_late = invite.winner.is_some_and(|winner| winner != branch);
            return (!is_late).then_some(invite.caller);
        }
        let invite = self.invites.iter().find(|i| i.caller == (seat, leg))?;
        Some(invite.branches[invite.winner?].at)
    }

    fn tell(&mut self, now: Instant, to: Seat, heard: Heard) {
        self.hop(now, Parcel::ToPhone(to, Input::Heard(heard)));
    }

    /// Sends something all the way, through the weather.
    fn hop(&mut self, now: Instant, parcel: Parcel) {
        let mut delay = || {
            let most = u64::try_from(self.weather.jitter.as_millis()).expect("short");
            self.weather.latency + Duration::from_millis(self.random.random_range(0..=most))
        };
        let (first, second) = (delay(), delay());
        if self.random.random_range(0..100) < self.weather.twice {
            self.send(now + second, parcel.clone());
        }
        if self.random.random_range(0..100) >= self.weather.loss {
            self.send(now + first, parcel);
        }
    }

    fn send(&mut self, at: Instant, parcel: Parcel) {
        self.n_parcels += 1;
        self.parcels.insert((at, self.n_parcels), parcel);
    }
}

const fn is_about_the_line(input: &Input) -> bool {
    matches!(
        input,
        Input::Heard(Heard::ConnectionLost | Heard::SignedOut | Heard::Replaced)
    )
}
