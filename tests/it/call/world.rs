//! Phones that are told at random what to want, and what must be true of each stay in a call.

use std::collections::BTreeSet;

use offhook::address::Address;
use offhook::av::Kind;
use offhook::command::Command;
use offhook::event::InvitationState;
use offhook::id::{CallId, UserId};
use offhook::phone::call::{Call, Link, MediaState, Member};
use offhook::phone::{Decision, Input, Phone, Settings};

use super::chance::check_that_none_hangs;
use super::line::{Seat, Weather};
use super::oracle::check_sounds;
use super::pair::{Pair, millis};
use super::stay::{Begun, check_history, check_stays};

/// One thing that happens in a world.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Wish(Seat, Wish),
    Pass(u64),
    Disconnect(Seat),
    Reconnect(Seat),
    Silence,
    Restore,
    Cut(Seat),
    Kill(Seat),
}

/// What somebody wants. People are numbers, several of them bits.
#[derive(Debug, Clone)]
pub(crate) enum Wish {
    Plain(Command),
    Dial(u8),
    /// The same by video.
    Film(u8),
    Add(u8),
    RingAgain(u8),
    CancelSome(u8),
    Kick(usize),
    /// The call of that number, of those there have been.
    Join(usize),
    Transfer(usize, bool),
    Write(usize),
    /// A hook's word about the newest call.
    Decide(Decision),
}

/// Phones, and when each of their calls began at their own wish.
pub(crate) struct World {
    pub(crate) pair: Pair,
    labels: &'static [&'static str],
    people: Vec<&'static str>,
    begun: Vec<Begun>,
}

impl World {
    /// The labels are `user` or `user/device`.
    pub(crate) fn new(
        labels: &'static [&'static str],
        weather: Weather,
        seed: u64,
        change: impl Fn(Seat, Settings) -> Settings,
    ) -> Self {
        let seat = |label: &str| labels.iter().position(|it| *it == label);
        let mut people: Vec<&str> = labels.iter().map(|label| person(label)).collect();
        let mut seen = BTreeSet::new();
        people.retain(|name| seen.insert(*name));
        Self {
            pair: Pair::settled(labels, weather, seed, |label, given| {
                change(seat(label).expect("one of them"), given)
            }),
            labels,
            people,
            begun: Vec::new(),
        }
    }

    /// Goes through the steps, then waits until every clock has run out.
    pub(crate) fn live(mut self, steps: Vec<Step>) -> Self {
        for step in steps {
            self.take(step);
        }
        self.take(Step::Pass(200_000));
        self.check_ends();
        self
    }

    fn take(&mut self, step: Step) {
        let (pair, labels) = (&mut self.pair, self.labels);
        match step {
            Step::Wish(seat, wish) => self.wish(seat, wish),
            Step::Pass(time) => pair.run(millis(time)),
            Step::Disconnect(seat) => pair.disconnect(labels[seat]),
            Step::Reconnect(seat) => pair.reconnect(labels[seat]),
            Step::Silence => pair.silence_media(),
            Step::Restore => pair.restore_media(),
            Step::Cut(seat) => pair.cut(labels[seat]),
            Step::Kill(seat) => pair.kill(labels[seat]),
        }
        self.check();
    }

    /// Who wants it: the phone of that number, of those where it makes sense.
    fn whose(&self, number: Seat, wish: &Wish) -> Seat {
        let fits = |call: &Call| match wish {
            Wish::Plain(Command::Accept { .. } | Command::Decline { .. }) => call.is_ringing(),
            Wish::RingAgain(_) | Wish::CancelSome(_) | Wish::Kick(_) => call.is_host(),
            Wish::Plain(Command::Cancel { .. }) => call.is_calling(),
            Wish::Dial(_) | Wish::Film(_) | Wish::Join(_) => false,
            Wish::Transfer(..) => call.is_talking() && !call.is_group,
            Wish::Decide(_) => true,
            Wish::Plain(_) | Wish::Add(_) | Wish::Write(_) => call.is_talking(),
        };
        let is_free = |phone: &Phone| phone.calls().iter().all(Call::is_talking);
        let is_fit = |seat: &Seat| {
            self.pair.phone_at(*seat).is_some_and(|phone| match wish {
                Wish::Dial(_) | Wish::Film(_) | Wish::Join(_) => is_free(phone),
                Wish::Plain(Command::CallBack { .. }) => is_free(phone) && phone.missed().len() > 0,
                _ => phone.calls().iter().any(fits),
            })
        };
        let fit: Vec<Seat> = (0..self.labels.len()).filter(is_fit).collect();
        fit.get(number % fit.len().max(1))
            .copied()
            .unwrap_or(number)
    }

    fn wish(&mut self, number: Seat, wish: Wish) {
        let seat = self.whose(number, &wish);
        let me = person(self.labels[seat]);
        let others = |people: u8| {
            let ids = self.ids(people).into_iter();
            let others = ids.filter(|id| id.as_str() != me);
            others.map(Address::local).collect()
        };
        let call_id = None;
        let command = match wish {
            Wish::Plain(command) => command,
            Wish::Dial(people) => Command::dial(others(people)),
            Wish::Film(people) => Command::Dial {
                to: others(people),
                kind: Kind::Video,
                timeout: None,
                custom_data: None,
                note: None,
            },
            Wish::Add(people) => Command::Add {
                call_id,
                to: others(people),
            },
            Wish::RingAgain(people) => Command::RingAgain {
                call_id,
                users: self.ids(people),
            },
            Wish::CancelSome(people) => Command::Cancel {
                call_id,
                users: self.ids(people),
                custom_data: None,
            },
            Wish::Kick(user) => Command::Kick {
                call_id,
                user: self.id(user),
            },
            Wish::Join(number) => {
                let calls: BTreeSet<CallId> = self.calls();
                let Some(call_id) = calls.into_iter().nth(number) else {
                    return;
                };
                Command::Join { call_id }
            }
            Wish::Transfer(to, attended) => Command::Transfer {
                call_id,
                to: Address::local(self.id(to)),
                attended,
            },
            Wish::Write(to) => Command::Message {
                to: Address::local(self.id(to)),
                text: "hello".to_owned(),
            },
            Wish::Decide(decision) => return self.decide(seat, decision),
        };
        let begins = matches!(
            command,
            Command::Dial { .. } | Command::Join { .. } | Command::CallBack { .. }
        );
        let n_events = self.pair.events.len();
        // Most wishes come at the wrong moment; that is the point.
        if let Ok(Some(call)) = self.pair.order(self.labels[seat], command)
            && begins
        {
            self.begun.push((n_events, seat, call));
        }
    }

    fn decide(&mut self, seat: Seat, decision: Decision) {
        let phone = self.pair.phone_at(seat);
        let call = phone.and_then(|phone| phone.calls().last());
        if let Some(call) = call.map(|call| call.id.clone()) {
            let decided = Input::Decided { call, decision };
            self.pair.take_in(seat, decided).expect("no command");
        }
    }

    fn id(&self, user: usize) -> UserId {
        let name = self.people[user % self.people.len()];
        UserId::parse(name).expect("an ID")
    }

    fn ids(&self, people: u8) -> Vec<UserId> {
        let users = 0..self.people.len();
        let meant = users.filter(|user| people & (1 << user) != 0);
        meant.map(|user| self.id(user)).collect()
    }

    fn calls(&self) -> BTreeSet<CallId> {
        let of =
            |(_, event): &(Seat, offhook::event::Event)| Some(event.call.as_ref()?.call_id.clone());
        self.pair.events.iter().filter_map(of).collect()
    }

    /// What holds at every moment.
    fn check(&self) {
        for seat in 0..self.labels.len() {
            let Some(phone) = self.pair.phone_at(seat) else {
                continue;
            };
            check_sounds(&self.pair, seat, phone);
            self.pair.check_camera(seat);
            self.pair.check_silence(seat);
            if let Some((at, why)) = phone.poll_timeout() {
                assert!(at >= self.pair.now(), "a timer of the past: {why}");
            }
            let members = phone.calls().iter().flat_map(|call| &call.members);
            let legs: Vec<_> = members.filter_map(|member| member.leg).collect();
            let open = self.pair.line.media.open_legs(seat);
            for leg in open {
                assert!(legs.contains(&leg), "{leg} sounds for nobody");
            }
        }
    }

    /// What holds when all is over.
    fn check_ends(&self) {
        for seat in 0..self.labels.len() {
            for id in self.calls() {
                check_stays(&self.pair, &self.begun, seat, &id);
            }
            check_history(&self.pair, seat);
            let phone = self.pair.phone_at(seat);
            check_that_none_hangs(phone);
            phone
                .map_or(&[][..], Phone::calls)
                .iter()
                .for_each(check_links);
        }
    }

    /// In fair weather whoever is in a call hears everybody else who is, all name one host, and
    /// what is held is held for both.
    pub(crate) fn check_agreement(&self) {
        let phones = (0..self.labels.len()).filter_map(|seat| self.pair.phone_at(seat));
        let calls: Vec<(&UserId, &Call)> = phones
            .flat_map(|phone| phone.calls().iter().map(|call| (&phone.me().id, call)))
            .collect();
        for (me, call) in &calls {
            let others = calls
                .iter()
                .filter(|(_, other)| !std::ptr::eq(*call, *other));
            let others: Vec<_> = others.filter(|(_, other)| other.id == call.id).collect();
            let there: BTreeSet<&UserId> = others.iter().map(|(id, _)| *id).collect();
            let here: BTreeSet<&UserId> = call.joined().map(|member| &member.user.id).collect();
            assert_eq!(here, there, "{me} sees others in the call");
            assert_eq!(there.len(), others.len(), "two phones of one person");
            for (id, other) in others {
                assert_eq!(call.host, other.host, "two hosts");
                assert_eq!(call.is_group, other.is_group, "a group for one alone");
                let member = call.member(id).expect("it was there a moment ago");
                let is_heard = member.media() == Some(MediaState::Flowing);
                assert!(is_heard, "{me} does not hear {id}");
                assert_eq!(member.is_holding, other.is_held, "{me} is held by {id}");
            }
        }
        for seat in 0..self.labels.len() {
            self.check_voices(seat);
        }
    }

    /// One voice at a time, and the terms say what is shown.
    fn check_voices(&self, seat: Seat) {
        let Some(phone) = self.pair.phone_at(seat) else {
            return;
        };
        let active = phone.calls().iter().filter(|call| !call.is_held);
        let n_active = active.count();
        assert!(n_active <= 1, "{} hears two calls", self.labels[seat]);
        for call in phone.calls() {
            for member in call.members.iter().filter(|it| it.media().is_some()) {
                let leg = member.leg.expect("what is up has a leg");
                let holds = self.pair.line.media.holds(seat, leg);
                assert_eq!(holds, call.is_held, "the terms with {}", member.user.id);
                let phones = (0..self.labels.len()).filter_map(|it| self.pair.phone_at(it));
                let mut phones = phones.filter(|phone| phone.me().id == member.user.id);
                let there = phones.find_map(|it| it.calls().iter().find(|it| it.id == call.id));
                let there = there.expect("whoever is heard is in the call");
                self.pair.check_pictures(seat, call, member, there);
            }
        }
    }
}

/// Who has the phone of a label.
fn person(label: &'static str) -> &'static str {
    label.split('/').next().expect("split gives one")
}

/// Nothing is on its way any more, and somebody who is there keeps the roster.
fn check_links(call: &Call) {
    let mut joined = call.joined();
    let is_kept = call.is_host() || joined.any(|member| member.user.id == call.host);
    assert!(is_kept || !call.is_group, "{} keeps no roster", call.host);
    call.members.iter().for_each(|it| check_link(call, it));
}

fn check_link(call: &Call, member: &Member) {
    let is_settled = matches!(
        member.link,
        Link::None | Link::Up(MediaState::Flowing | MediaState::Silent { .. })
    );
    assert!(is_settled, "{} hangs: {:?}", member.user.id, member.link);
    let is_in = member.state == InvitationState::Accepted;
    let is_bound = call.is_host() || member.user.id == call.host;
    let is_up = member.media().is_some();
    assert!(!is_up || is_in, "{} is heard and not in", member.user.id);
    assert!(is_up || !is_in || !is_bound, "{} is gone", member.user.id);
    if call.is_host() {
        let is_open = matches!(
            member.state,
            InvitationState::Sent | InvitationState::Ringing
        );
        assert!(!is_open, "{} rings for ever", member.user.id);
    }
}
