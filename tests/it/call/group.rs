//! Calls of several people, in fair weather.

use expect_test::expect;
use offhook::address::Address;
use offhook::command::{Command, CommandError};
use offhook::event::{CallFacts, EndReason, Happened, InvitationState};
use offhook::id::UserId;
use offhook::phone::call::MediaState;
use offhook::phone::{AddPolicy, Settings};

use super::line::Weather;
use super::pair::{ACCEPT, DECLINE, HANG_UP, Pair, seconds};

/// A dial to several people.
pub(crate) fn dial_all(to: &[&str]) -> Command {
    let to = to.iter().map(|to| Address::parse(to).expect("an address"));
    Command::dial(to.collect())
}

#[test]
fn several_people_are_called_at_once() {
    let mut pair = Pair::with(&["alice", "bob", "carol", "dave"], Weather::default(), 1);
    pair.alice(dial_all(&["bob", "carol", "dave"]));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    pair.order("carol", ACCEPT).expect("it rings");
    pair.run(seconds(1));
    pair.order("dave", DECLINE).expect("it rings");
    pair.run(seconds(1));
    pair.bob(HANG_UP);
    pair.run(seconds(1));
    pair.alice(HANG_UP);
    pair.run(seconds(10));
    expect![[r#"
        00.000 alice -> invite    bob, expires 60
        00.000 alice !  call.outgoing.sent
        00.000 alice !  invitation.user_state   bob sent
        00.000 alice -> invite    carol, expires 60
        00.000 alice !  invitation.user_state   carol sent
        00.000 alice -> invite    dave, expires 60
        00.000 alice !  invitation.user_state   dave sent
        00.050 bob   -> ringing
        00.050 bob   !  call.incoming.received  from alice
        00.050 bob   ~  incoming
        00.050 bob   !  ring.start
        00.050 carol -> ringing
        00.050 carol !  call.incoming.received  from alice
        00.050 carol ~  incoming
        00.050 carol !  ring.start
        00.050 dave  -> ringing
        00.050 dave  !  call.incoming.received  from alice
        00.050 dave  ~  incoming
        00.050 dave  !  ring.start
        00.100 alice !  invitation.user_state   bob ringing (bob)
        00.100 alice ~  ringback
        00.100 alice -> message   bob: 5 by alice: alice accepted, bob ringing, carol sent, dave sent
        00.100 alice !  invitation.user_state   carol ringing (carol)
        00.100 alice -> message   bob: 6 by alice: alice accepted, bob ringing, carol ringing, dave sent
        00.100 alice -> message   carol: 6 by alice: alice accepted, bob ringing, carol ringing, dave sent
        00.100 alice !  invitation.user_state   dave ringing (dave)
        00.100 alice -> message   bob: 7 by alice: alice accepted, bob ringing, carol ringing, dave ringing
        00.100 alice -> message   carol: 7 by alice: alice accepted, bob ringing, carol ringing, dave ringing
        00.100 alice -> message   dave: 7 by alice: alice accepted, bob ringing, carol ringing, dave ringing
        00.150 bob   !  invitation.user_state   carol ringing
        00.150 carol !  invitation.user_state   bob ringing
        00.150 bob   !  invitation.user_state   dave ringing
        00.150 carol !  invitation.user_state   dave ringing
        00.150 dave  !  invitation.user_state   bob ringing, carol ringing
        01.000 bob   !  call.incoming.accept_pressed
        01.000 bob   ~  silence
        01.000 bob   !  ring.stop
        01.000 bob   -> accept
        01.000 bob   ~  connected
        01.000 bob   -> message   bob: Accepted on bob
        01.000 bob   !  room.state              call logining
        01.000 bob   -> device    0 mic on
        01.050 alice ~  silence
        01.050 alice !  invitation.user_state   bob accepted (bob)
        01.050 alice !  call.outgoing.accepted  bob
        01.050 alice -> device    0 mic on
        01.050 alice -> roster    8 by alice: alice accepted, bob accepted, carol ringing, dave ringing
        01.050 alice -> message   carol: 8 by alice: alice accepted, bob accepted, carol ringing, dave ringing
        01.050 alice -> message   dave: 8 by alice: alice accepted, bob accepted, carol ringing, dave ringing
        01.100 carol !  invitation.user_state   bob accepted
        01.100 dave  !  invitation.user_state   bob accepted
        01.150 alice ~  connected
        01.150 alice !  room.state              call logined
        01.150 alice !  user.enter              bob
        01.150 bob   ~  connected
        01.150 bob   !  room.state              call logined
        01.150 bob   !  user.enter              alice
        02.000 carol !  call.incoming.accept_pressed
        02.000 carol ~  silence
        02.000 carol !  ring.stop
        02.000 carol -> accept
        02.000 carol ~  connected
        02.000 carol -> message   carol: Accepted on carol
        02.000 carol !  room.state              call logining
        02.000 carol -> device    0 mic on
        02.050 alice !  invitation.user_state   carol accepted (carol)
        02.050 alice !  call.outgoing.accepted  carol
        02.050 alice -> device    0 mic on
        02.050 alice -> roster    9 by alice: alice accepted, bob accepted, carol accepted, dave ringing
        02.050 alice -> roster    9 by alice: alice accepted, bob accepted, carol accepted, dave ringing
        02.050 alice -> message   dave: 9 by alice: alice accepted, bob accepted, carol accepted, dave ringing
        02.100 bob   !  invitation.user_state   carol accepted
        02.100 dave  !  invitation.user_state   carol accepted
        02.100 bob   -> invite    carol, expires 5
        02.150 alice ~  joined
        02.150 alice !  user.enter              carol
        02.150 carol ~  connected
        02.150 carol !  room.state              call logined
        02.150 carol !  user.enter              alice
        02.150 carol -> accept
        02.150 carol -> device    0 mic on
        02.200 bob   -> device    0 mic on
        02.300 bob   ~  joined
        02.300 bob   !  user.enter              carol
        02.300 carol ~  joined
        02.300 carol !  user.enter              bob
        03.000 dave  !  call.incoming.decline_pressed
        03.000 dave  -> message   dave: Declined on dave
        03.000 dave  -> refuse    Declined
        03.000 dave  ~  silence
        03.000 dave  !  ring.stop
        03.000 dave  !  call.end                declined
        03.050 alice !  invitation.user_state   dave declined (dave)
        03.050 alice !  call.outgoing.declined  dave
        03.050 alice -> roster    10 by alice: alice accepted, bob accepted, carol accepted, dave declined
        03.050 alice -> roster    10 by alice: alice accepted, bob accepted, carol accepted, dave declined
        03.100 bob   !  invitation.user_state   dave declined
        03.100 carol !  invitation.user_state   dave declined
        04.000 bob   !  hangup.confirm
        04.000 bob   -> bye       remote_hang_up
        04.000 bob   -> bye       remote_hang_up
        04.000 bob   ~  ended
        04.000 bob   !  user.leave              alice
        04.000 bob   !  user.leave              carol
        04.000 bob   !  room.state              call logout
        04.000 bob   !  call.end                local_hang_up after 3000 ms
        04.050 alice ~  left
        04.050 alice !  user.leave              bob
        04.050 alice !  invitation.user_state   bob left (bob)
        04.050 alice -> roster    11 by alice: alice accepted, carol accepted, bob left, dave declined
        04.050 carol ~  left
        04.050 carol !  user.leave              bob
        04.050 carol !  invitation.user_state   bob left
        05.000 alice !  hangup.confirm
        05.000 alice -> bye       remote_hang_up
        05.000 alice ~  ended
        05.000 alice !  user.leave              carol
        05.000 alice !  room.state              call logout
        05.000 alice !  call.end                local_hang_up after 3950 ms
        05.050 carol ~  left
        05.050 carol !  user.leave              alice
        05.050 carol !  invitation.user_state   alice left
        05.050 carol ~  ended
        05.050 carol !  room.state              call logout
        05.050 carol !  call.end                remote_hang_up after 3050 ms"#]].assert_eq(&pair.transcript());
}

/// Alice has called the others, and all are in the call.
pub(crate) fn together(others: &[&str]) -> Pair {
    let people: Vec<&str> = std::iter::once("alice")
        .chain(others.iter().copied())
        .collect();
    settled(&people, |_, settings| settings)
}

fn settled(people: &[&str], change: impl Fn(&str, Settings) -> Settings) -> Pair {
    let mut pair = Pair::settled(people, Weather::default(), 1, change);
    pair.alice(dial_all(&people[1..]));
    pair.run(seconds(1));
    for other in &people[1..] {
        pair.order(other, ACCEPT).expect("it rings");
        pair.run(seconds(1));
    }
    pair.skip();
    pair
}

pub(crate) fn add(to: &str) -> Command {
    Command::Add {
        call_id: None,
        to: vec![Address::parse(to).expect("an address")],
    }
}

fn kick(user: &str) -> Command {
    Command::Kick {
        call_id: None,
        user: id(user),
    }
}

fn ring_again(user: &str) -> Command {
    Command::RingAgain {
        call_id: None,
        users: vec![id(user)],
    }
}

fn id(user: &str) -> UserId {
    UserId::parse(user).expect("an ID")
}

/// Who is in somebody's only call, besides.
pub(crate) fn with(pair: &Pair, who: &str) -> Vec<String> {
    let calls = pair.phone(who).calls();
    let heard = calls.iter().flat_map(|call| call.joined());
    let heard = heard.filter(|member| member.media() == Some(MediaState::Flowing));
    heard.map(|member| member.user.id.to_string()).collect()
}

pub(crate) fn host(pair: &Pair, who: &str) -> String {
    let call = pair.phone(who).calls().first().expect("a call");
    call.host.to_string()
}

/// How the calls of somebody ended, in order.
pub(crate) fn ends(pair: &Pair, who: &str) -> Vec<EndReason> {
    let seat = pair.seat(who);
    let events = pair.events.iter().filter(|(at, _)| *at == seat);
    events
        .filter_map(|(_, event)| match event.happened {
            Happened::End { reason, .. } => Some(reason),
            _ => None,
        })
        .collect()
}

#[test]
fn everybody_hears_everybody() {
    let pair = together(&["bob", "carol", "dave"]);
    assert_eq!(with(&pair, "alice"), ["bob", "carol", "dave"]);
    assert_eq!(with(&pair, "dave"), ["alice", "bob", "carol"]);
    assert_eq!(with(&pair, "carol"), ["alice", "bob", "dave"]);
}

#[test]
fn who_does_not_answer_is_named_alone_and_then_together() {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    pair.alice(dial_all(&["bob", "carol", "erin"]));
    pair.run(seconds(70));
    let timeouts: Vec<_> = pair
        .events
        .iter()
        .filter_map(|(_, event)| match &event.happened {
            Happened::OutgoingTimeout {
                callee_id,
                aggregate,
                ..
            } => {
                let callees = event.call.as_ref().expect("of a call").callees.iter();
                let callees: Vec<_> = callees.map(|user| user.id.to_string()).collect();
                Some((callee_id.clone(), *aggregate, callees.join(" ")))
            }
            _ => None,
        })
        .collect();
    let all = "bob carol erin".to_owned();
    assert_eq!(
        timeouts,
        [
            (Some(id("bob")), false, all.clone()),
            (Some(id("carol")), false, all),
            (None, true, "bob carol".to_owned()),
        ]
    );
    assert_eq!(ends(&pair, "alice"), [EndReason::Abandoned]);
    assert_eq!(ends(&pair, "bob"), [EndReason::NoAnswer]);
}

#[test]
fn a_group_that_all_refuse_alike_ends_with_that() {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    pair.alice(dial_all(&["bob", "carol"]));
    pair.run(seconds(1));
    pair.bob(DECLINE);
    pair.run(seconds(1));
    assert!(ends(&pair, "alice").is_empty(), "one refusal is survived");
    pair.order("carol", DECLINE).expect("it rings");
    pair.run(seconds(1));
    assert_eq!(ends(&pair, "alice"), [EndReason::Declined]);
}

#[test]
fn the_first_who_joined_follows_a_host_who_leaves() {
    let mut pair = together(&["carol", "bob", "dave"]);
    pair.alice(HANG_UP);
    pair.run(seconds(1));
    for who in ["bob", "carol", "dave"] {
        assert_eq!(host(&pair, who), "carol");
        assert_eq!(with(&pair, who).len(), 2);
    }
    // The new host's word counts.
    pair.order("carol", add("alice"))
        .expect("carol is the host");
    pair.run(seconds(1));
    pair.alice(ACCEPT);
    pair.run(seconds(1));
    assert_eq!(with(&pair, "alice").len(), 3);
    assert_eq!(with(&pair, "dave").len(), 3);
}

#[test]
fn a_host_who_is_killed_is_followed_too() {
    let mut pair = together(&["bob", "carol"]);
    pair.kill("alice");
    pair.run(seconds(15));
    assert_eq!(with(&pair, "bob"), ["carol"]);
    assert_eq!(host(&pair, "carol"), "bob");
}

#[test]
fn a_member_who_is_killed_is_out_by_the_hosts_word() {
    let mut pair = together(&["bob", "carol"]);
    pair.kill("carol");
    pair.run(seconds(15));
    assert_eq!(with(&pair, "alice"), ["bob"]);
    let call = &pair.phone("bob").calls()[0];
    let carol = call.member(&id("carol")).expect("she was there");
    assert_eq!(carol.state, InvitationState::Left);
}

#[test]
fn a_group_ends_with_its_host_where_so_settled() {
    let mut pair = settled(&["alice", "bob", "carol"], |_, mut settings| {
        settings.end_when_host_leaves = true;
        settings
    });
    pair.alice(HANG_UP);
    pair.run(seconds(1));
    assert_eq!(ends(&pair, "bob"), [EndReason::HostLeft]);
    assert_eq!(ends(&pair, "carol"), [EndReason::HostLeft]);
}

#[test]
fn the_last_who_stays_is_alone_for_as_long_as_settled() {
    let mut pair = settled(&["alice", "bob", "carol"], |_, mut settings| {
        settings.alone = Some(seconds(30));
        settings
    });
    pair.alice(HANG_UP);
    pair.bob(HANG_UP);
    pair.run(seconds(29));
    assert!(ends(&pair, "carol").is_empty());
    pair.run(seconds(2));
    assert_eq!(ends(&pair, "carol"), [EndReason::Alone]);
}

#[test]
fn the_host_removes_somebody_who_cannot_come_back() {
    let mut pair = together(&["bob", "carol"]);
    assert_eq!(pair.order("bob", kick("carol")), Err(CommandError::NotHost));
    let call = pair.phone("carol").calls()[0].id.clone();
    pair.alice(kick("carol"));
    pair.run(seconds(1));
    assert_eq!(with(&pair, "alice"), ["bob"]);
    assert_eq!(with(&pair, "bob"), ["alice"]);
    let kicker = pair
        .events
        .iter()
        .find_map(|(_, event)| match &event.happened {
            Happened::End { reason, kicker, .. } => Some((*reason, kicker.clone())),
            _ => None,
        });
    assert_eq!(kicker, Some((EndReason::KickOut, Some(id("alice")))));
    let join = Command::Join { call_id: call };
    assert_eq!(pair.order("carol", join), Err(CommandError::NoSuchCall));
}

#[test]
fn a_call_between_two_becomes_a_group_at_either_ones_wish() {
    for who in ["alice", "bob"] {
        let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
        pair.alice(dial_all(&["bob"]));
        pair.run(seconds(1));
        pair.bob(ACCEPT);
        pair.run(seconds(1));
        pair.order(who, add("carol")).expect("they talk");
        pair.run(seconds(1));
        pair.order("carol", ACCEPT).expect("it rings");
        pair.run(seconds(1));
        assert_eq!(with(&pair, "alice"), ["bob", "carol"]);
        assert_eq!(with(&pair, "bob"), ["alice", "carol"]);
        assert_eq!(with(&pair, "carol"), ["alice", "bob"]);
    }
}

#[test]
fn only_the_host_adds_where_so_settled() {
    let mut pair = settled(&["alice", "bob", "carol"], |_, mut settings| {
        settings.add = AddPolicy::Host;
        settings
    });
    pair.order("bob", add("dave")).expect("bob may ask");
    pair.run(seconds(1));
    let call = &pair.phone("alice").calls()[0];
    assert!(call.member(&id("dave")).is_none());
}

#[test]
fn who_did_not_come_is_rung_again() {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    pair.alice(dial_all(&["bob", "carol"]));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.order("carol", DECLINE).expect("it rings");
    pair.run(seconds(1));
    pair.alice(ring_again("carol"));
    pair.run(seconds(1));
    pair.order("carol", ACCEPT).expect("it rings again");
    pair.run(seconds(1));
    assert_eq!(with(&pair, "bob"), ["alice", "carol"]);
    assert_eq!(ends(&pair, "carol"), [EndReason::Declined]);
}

#[test]
fn one_invitation_of_several_is_taken_back() {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    pair.alice(dial_all(&["bob", "carol"]));
    pair.run(seconds(1));
    pair.alice(Command::Cancel {
        call_id: None,
        users: vec![id("carol")],
        custom_data: None,
    });
    pair.run(seconds(1));
    assert_eq!(ends(&pair, "carol"), [EndReason::Canceled]);
    assert!(ends(&pair, "bob").is_empty());
    assert!(ends(&pair, "alice").is_empty());
}

#[test]
fn a_missed_group_call_that_goes_on_is_joined() {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    pair.alice(dial_all(&["bob", "carol"]));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.run(seconds(70));
    let missed = pair
        .phone("carol")
        .missed()
        .next()
        .expect("carol missed it");
    assert!(missed.is_group_running);
    let call_id = missed.facts.call_id.clone();
    pair.order("carol", Command::Join { call_id })
        .expect("it goes on");
    pair.run(seconds(1));
    assert_eq!(with(&pair, "carol"), ["alice", "bob"]);
    assert_eq!(with(&pair, "bob"), ["alice", "carol"]);
}

#[test]
fn who_comes_back_finds_the_new_host() {
    let mut pair = together(&["bob", "carol", "dave"]);
    let call_id = pair.phone("dave").calls()[0].id.clone();
    pair.order("dave", HANG_UP).expect("dave is in");
    pair.run(seconds(1));
    pair.alice(HANG_UP);
    pair.run(seconds(1));
    // Dave remembers Alice, who knows who followed her.
    let join = Command::Join { call_id };
    pair.order("dave", join.clone()).expect("dave remembers it");
    pair.run(seconds(2));
    assert_eq!(host(&pair, "dave"), "bob");
    assert_eq!(with(&pair, "dave"), ["bob", "carol"]);
    pair.order("dave", HANG_UP).expect("dave is in");
    for who in ["bob", "carol"] {
        pair.order(who, HANG_UP).expect("in the call");
    }
    pair.run(seconds(1));
    pair.order("dave", join).expect("dave remembers it");
    pair.run(seconds(1));
    let last = pair.phone("dave").ended().expect("it is over");
    assert_eq!(last.reason, EndReason::Failed);
    assert_eq!(last.detail.as_deref(), Some("the call is over"));
}

#[test]
fn a_call_has_at_most_ten_people() {
    let mut pair = Pair::new();
    let many: Vec<String> = (0..10).map(|n| format!("user{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let refused = pair.order("alice", dial_all(&many));
    assert_eq!(refused, Err(CommandError::RoomFull));
    let twice = pair.order("alice", dial_all(&["bob", "bob"]));
    assert!(matches!(twice, Err(CommandError::Invalid(_))));
    let oneself = pair.order("alice", dial_all(&["bob", "alice"]));
    assert!(matches!(oneself, Err(CommandError::Invalid(_))));
    pair.alice(dial_all(&many[..9]));
    let full = pair.order("alice", add("bob"));
    assert_eq!(full, Err(CommandError::RoomFull));
}

#[test]
fn a_callee_sees_everybody_and_the_callers_data() {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    let Command::Dial { to, .. } = dial_all(&["bob", "carol"]) else {
        unreachable!("dial_all() dials");
    };
    pair.alice(Command::Dial {
        to,
        kind: offhook::av::Kind::Voice,
        timeout: None,
        custom_data: Some("\u{1}opaque".to_owned()),
        note: None,
    });
    pair.run(seconds(1));
    pair.bob(Command::Accept {
        call_id: None,
        kind: None,
        custom_data: Some("here\n".to_owned()),
    });
    pair.run(seconds(1));
    let find = |who: &str, wanted: fn(&Happened) -> bool| {
        let seat = pair.seat(who);
        let mut events = pair.events.iter();
        let found = events.find(|(at, event)| *at == seat && wanted(&event.happened));
        found.expect("it happened").1.clone()
    };
    let sent = find("alice", |happened| {
        matches!(happened, Happened::OutgoingSent)
    });
    let received = find("bob", |happened| {
        matches!(happened, Happened::IncomingReceived)
    });
    assert_eq!(received.custom_data.as_deref(), Some("\u{1}opaque"));
    let (sent, received) = (sent.call.expect("a call"), received.call.expect("a call"));
    assert_eq!(sent.session_id, received.session_id);
    assert_eq!(sent.invitation_id, received.invitation_id);
    let callees = |facts: &CallFacts| -> Vec<UserId> {
        facts.callees.iter().map(|user| user.id.clone()).collect()
    };
    assert_eq!(callees(&sent), [id("bob"), id("carol")]);
    assert_eq!(callees(&received), [id("bob"), id("carol")]);
    let accepted = find("alice", |happened| {
        matches!(happened, Happened::OutgoingAccepted { .. })
    });
    assert_eq!(accepted.custom_data.as_deref(), Some("here\n"));
}

#[test]
fn who_did_not_answer_is_named_also_when_the_rest_is_taken_back() {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    pair.alice(dial_all(&["bob"]));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    pair.alice(add("carol"));
    pair.run(seconds(50));
    pair.alice(add("dave"));
    pair.run(seconds(12));
    pair.alice(HANG_UP);
    let sums = pair.events.iter().filter(|(_, event)| {
        matches!(
            event.happened,
            Happened::OutgoingTimeout {
                aggregate: true,
                ..
            }
        )
    });
    assert_eq!(sums.count(), 1);
}
