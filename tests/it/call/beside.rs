//! Groups beside calls between two: held, given away, refused, and on two phones of one person.

use offhook::address::Address;
use offhook::command::Command;
use offhook::event::{EndReason, Happened, InvitationState};
use offhook::id::LegId;
use offhook::phone::Call;
use offhook::phone::effect::Ring;
use offhook::phone::signal::{Heard, Refusal};

use super::group::{add, dial_all, ends, host, with};
use super::line::{Seat, Weather};
use super::pair::{ACCEPT, DECLINE, HANG_UP, Pair, dial, millis, seconds};
use super::transfer::transfer;

/// Alice talks with Bob, and calls two others.
fn beside(others: &[&str]) -> Pair {
    let people: Vec<&str> = ["alice", "bob"].iter().chain(others).copied().collect();
    let mut pair = Pair::with(&people, Weather::default(), 1);
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    pair.alice(dial_all(others));
    pair.run(seconds(1));
    pair
}

/// The calls of somebody that are not held.
fn unheld(pair: &Pair, who: &str) -> usize {
    let calls = pair.phone(who).calls().iter();
    calls.filter(|call| !call.is_held).count()
}

fn leg_to(pair: &Pair, who: &str, peer: &str) -> LegId {
    let members = pair
        .phone(who)
        .calls()
        .iter()
        .flat_map(|call| &call.members);
    let mut to_peer = members.filter(|member| member.user.id.as_str() == peer);
    to_peer.find_map(|member| member.leg).expect("a leg")
}

fn states(pair: &Pair, seat: Seat, who: &str) -> Vec<InvitationState> {
    let of_seat = pair.events.iter().filter(|(at, _)| *at == seat);
    let states = of_seat.filter_map(|(_, event)| match &event.happened {
        Happened::UserState { users } => users.iter().find(|user| user.id.as_str() == who),
        _ => None,
    });
    states.map(|user| user.state).collect()
}

const fn goodbye(leg: LegId) -> Heard {
    Heard::Bye {
        leg,
        reason: Some(EndReason::NetworkLost),
        by: None,
        data: None,
    }
}

#[test]
fn a_group_that_is_made_sounds_on_while_somebody_else_is_refused() {
    let mut pair = Pair::with(&["alice", "bob", "carol", "dave"], Weather::default(), 1);
    pair.alice(dial_all(&["bob", "carol"]));
    pair.run(seconds(1));
    pair.order("dave", dial("alice")).expect("dave is free");
    pair.run(seconds(1));
    assert_eq!(ends(&pair, "dave"), [EndReason::Busy]);
    assert_eq!(pair.rings[pair.seat("alice")], Ring::Ringback);
}

#[test]
fn a_group_that_is_made_falls_silent_when_it_rings_nowhere() {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    pair.cut("carol");
    pair.alice(dial_all(&["bob", "carol"]));
    pair.run(seconds(1));
    assert_eq!(pair.rings[pair.seat("alice")], Ring::Ringback);
    pair.bob(DECLINE);
    pair.run(seconds(1));
    assert!(pair.phone("alice").calls().iter().any(Call::is_calling));
    assert_eq!(pair.rings[pair.seat("alice")], Ring::Silence);
}

#[test]
fn a_goodbye_before_the_answer_ends_nothing_for_the_others() {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    pair.alice(dial_all(&["bob", "carol"]));
    pair.run(seconds(1));
    let leg = leg_to(&pair, "alice", "bob");
    pair.hears("alice", goodbye(leg));
    pair.order("carol", ACCEPT).expect("it rings on");
    pair.run(seconds(1));
    assert_eq!(with(&pair, "alice"), ["carol"]);
    assert_eq!(
        states(&pair, pair.seat("alice"), "bob").last(),
        Some(&InvitationState::Left)
    );
}

#[test]
fn whoever_is_called_alone_has_one_result_too() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    let leg = leg_to(&pair, "alice", "bob");
    let (refusal, data) = (Refusal::Over, None);
    pair.hears("alice", Heard::Refused { leg, refusal, data });
    assert_eq!(
        states(&pair, 0, "bob").last(),
        Some(&InvitationState::Offline)
    );

    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    let leg = leg_to(&pair, "alice", "bob");
    pair.hears("alice", goodbye(leg));
    assert_eq!(states(&pair, 0, "bob").last(), Some(&InvitationState::Left));

    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    pair.hears("alice", Heard::Replaced);
    assert_eq!(
        states(&pair, 0, "bob").last(),
        Some(&InvitationState::Canceled)
    );
}

#[test]
fn the_first_who_takes_a_group_call_puts_the_other_one_on_hold_again() {
    let mut pair = beside(&["carol", "dave"]);
    let (call_id, on) = (None, false);
    pair.alice(Command::Hold { call_id, on });
    pair.run(seconds(1));
    pair.order("carol", ACCEPT).expect("it rings");
    pair.run(seconds(1));
    assert_eq!(unheld(&pair, "alice"), 1);
    assert!(pair.phone("alice").calls()[0].is_held);
    assert!(pair.phone("bob").calls()[0].peer().is_holding);
}

#[test]
fn who_is_sent_away_from_a_call_that_others_come_into_holds_it() {
    let people = ["alice", "bob", "carol", "dave"];
    let mut pair = Pair::with(&people, Weather::default(), 1);
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    // Alice sends Bob to Carol, and asks Dave into the call with Bob meanwhile.
    pair.alice(transfer("carol", false));
    pair.alice(add("dave"));
    pair.run(seconds(1));
    pair.order("dave", ACCEPT).expect("it rings");
    pair.run(seconds(1));
    pair.order("carol", ACCEPT).expect("it rings");
    pair.run(seconds(1));
    assert_eq!(unheld(&pair, "bob"), 1);
    // Alice has let Bob go, and goes on with Dave.
    assert_eq!(ends(&pair, "bob"), [EndReason::Transferred]);
    assert_eq!(with(&pair, "bob"), ["carol"]);
    assert_eq!(with(&pair, "alice"), ["dave"]);
    assert_eq!(host(&pair, "dave"), "alice");
}

#[test]
fn nobody_is_put_through_to_somebody_who_lets_us_wait() {
    let people = ["alice", "bob", "carol", "dave"];
    let mut pair = Pair::with(&people, Weather::default(), 1);
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    pair.alice(dial("carol"));
    pair.run(seconds(1));
    pair.order("carol", ACCEPT).expect("it rings");
    pair.run(seconds(1));
    // Carol talks with Dave and holds Alice, who gives Bob to her.
    pair.order("carol", dial("dave")).expect("carol is talking");
    pair.run(seconds(1));
    pair.order("dave", ACCEPT).expect("it rings");
    pair.run(seconds(1));
    let bob = pair.phone("alice").calls()[0].id.clone();
    let command = Command::Transfer {
        call_id: Some(bob),
        to: Address::parse("carol").expect("an address"),
        attended: true,
    };
    pair.alice(command);
    pair.run(seconds(2));
    assert_eq!(with(&pair, "bob"), ["alice"]);
    assert_eq!(with(&pair, "carol"), ["alice", "dave"]);
    assert_eq!(unheld(&pair, "carol"), 1);
}

#[test]
fn a_group_call_goes_over_to_the_other_phone_of_a_person() {
    let people = ["alice", "bob", "carol", "bob/tablet"];
    let mut pair = Pair::with(&people, Weather::default(), 1);
    let call = pair.alice(dial_all(&["bob", "carol"])).expect("a call");
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.order("carol", ACCEPT).expect("it rings");
    pair.run(seconds(1));
    let join = Command::Join { call_id: call };
    pair.order("bob/tablet", join).expect("it was rung");
    pair.run(seconds(8));
    assert_eq!(ends(&pair, "bob"), [EndReason::AnsweredElsewhere]);
    assert_eq!(with(&pair, "bob/tablet"), ["alice", "carol"]);
    assert_eq!(with(&pair, "alice"), ["bob", "carol"]);
    assert_eq!(host(&pair, "carol"), "alice");
}

#[test]
fn a_new_host_tells_whom_it_reaches_later_than_it_is_host() {
    let mut pair = Pair::with(&["alice", "bob", "carol", "dave"], Weather::default(), 1);
    pair.alice(dial_all(&["bob", "carol", "dave"]));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.order("dave", ACCEPT).expect("it rings");
    pair.run(seconds(1));
    pair.order("carol", ACCEPT).expect("it rings");
    // Bob has called Carol and not heard from her when two of the four leave.
    pair.run(millis(110));
    pair.alice(HANG_UP);
    pair.order("dave", HANG_UP).expect("dave is in it");
    pair.run(seconds(1));
    assert_eq!(host(&pair, "carol"), "bob");
    let call = &pair.phone("carol").calls()[0];
    let joined: Vec<&str> = call.joined().map(|it| it.user.id.as_str()).collect();
    assert_eq!(joined, ["bob"]);
}
