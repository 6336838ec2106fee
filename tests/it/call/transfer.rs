//! Giving a call to somebody else.

use expect_test::expect;
use offhook::address::Address;
use offhook::command::{Command, CommandError};
use offhook::event::EndReason;
use offhook::phone::signal::Heard;

use super::line::Weather;
use super::pair::{ACCEPT, DECLINE, HANG_UP, Pair, dial, seconds, user};

/// Bob called Alice, and they talk.
fn talking() -> Pair {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    pair.bob(dial("alice"));
    pair.run(seconds(1));
    pair.alice(ACCEPT);
    pair.run(seconds(1));
    pair.skip();
    pair
}

pub(crate) fn transfer(to: &str, attended: bool) -> Command {
    Command::Transfer {
        call_id: None,
        to: Address::parse(to).expect("an address"),
        attended,
    }
}

fn peers(pair: &Pair, who: &str) -> Vec<String> {
    let calls = pair.phone(who).calls().iter();
    calls.map(|call| call.peer().user.id.to_string()).collect()
}

fn reason(pair: &Pair, who: &str) -> EndReason {
    pair.phone(who).ended().expect("it is over").reason
}

#[test]
fn alice_sends_bob_to_carol() {
    let mut pair = talking();
    pair.alice(transfer("carol", false));
    pair.run(seconds(1));
    pair.order("carol", ACCEPT).expect("it rings");
    pair.run(seconds(1));
    expect![[r#"
        02.000 alice -> transfer  to carol
        02.050 bob   -> progress  100
        02.050 bob   -> invite    carol, expires 60
        02.050 bob   !  call.outgoing.sent
        02.050 bob   !  invitation.user_state   carol sent
        02.100 carol -> ringing
        02.100 carol !  call.incoming.received  from bob
        02.100 carol ~  incoming
        02.100 carol !  ring.start
        02.100 alice !  call.transfer           carol 100
        02.150 bob   !  invitation.user_state   carol ringing (carol)
        02.150 bob   ~  ringback
        02.150 bob   -> progress  180
        02.200 alice !  call.transfer           carol 180
        03.000 carol !  call.incoming.accept_pressed
        03.000 carol ~  silence
        03.000 carol !  ring.stop
        03.000 carol -> accept
        03.000 carol ~  connected
        03.000 carol -> message   carol: Accepted on carol
        03.000 carol !  room.state              call logining
        03.000 carol -> device    0 mic on
        03.050 bob   ~  connected
        03.050 bob   !  invitation.user_state   carol accepted (carol)
        03.050 bob   !  call.outgoing.accepted  carol
        03.050 bob   !  room.state              call logining
        03.050 bob   -> device    0 mic on
        03.050 bob   -> progress  200
        03.100 alice !  call.transfer           carol 200
        03.100 alice -> bye       transferred
        03.100 alice ~  ended
        03.100 alice !  user.leave              bob
        03.100 alice !  room.state              call logout
        03.100 alice !  call.end                transferred after 2100 ms
        03.150 bob   !  room.state              call logined
        03.150 bob   !  user.enter              carol
        03.150 carol !  room.state              call logined
        03.150 carol !  user.enter              bob
        03.150 bob   ~  ended
        03.150 bob   !  user.leave              alice
        03.150 bob   !  room.state              call logout
        03.150 bob   !  call.end                transferred after 2100 ms"#]]
    .assert_eq(&pair.transcript());
    assert_eq!(reason(&pair, "alice"), EndReason::Transferred);
    assert_eq!(reason(&pair, "bob"), EndReason::Transferred);
    assert_eq!(peers(&pair, "bob"), ["carol"]);
    assert_eq!(peers(&pair, "carol"), ["bob"]);
    assert!(!pair.phone("bob").calls()[0].is_held);
}

#[test]
fn a_transfer_that_fails_leaves_the_call_as_it_is() {
    let mut pair = talking();
    pair.alice(transfer("carol", false));
    pair.run(seconds(1));
    pair.order("carol", DECLINE).expect("it rings");
    pair.run(seconds(1));
    assert_eq!(peers(&pair, "alice"), ["bob"]);
    assert_eq!(peers(&pair, "bob"), ["alice"]);
    assert!(
        pair.transcript()
            .contains("call.transfer           carol 603")
    );
    // It can be tried again, also with somebody who is not there.
    pair.alice(transfer("nobody", false));
    pair.run(seconds(1));
    assert!(
        pair.transcript()
            .contains("call.transfer           nobody 404")
    );
    assert_eq!(peers(&pair, "alice"), ["bob"]);
}

#[test]
fn alice_talks_with_carol_first() {
    let mut pair = talking();
    pair.alice(dial("carol"));
    pair.run(seconds(1));
    pair.order("carol", ACCEPT).expect("it rings");
    pair.run(seconds(1));
    pair.skip();
    let with_bob = pair.phone("alice").calls()[0].id.clone();
    assert_eq!(pair.alice(transfer("carol", true)), Some(with_bob));
    pair.run(seconds(2));
    expect![[r#"
        04.000 alice -> transfer  to carol, attended
        04.050 bob   -> progress  100
        04.050 bob   ~  silence
        04.050 bob   -> invite    carol, expires 60
        04.050 bob   !  call.outgoing.sent
        04.050 bob   !  invitation.user_state   carol sent
        04.100 carol !  call.incoming.received  from bob
        04.100 carol ~  silence
        04.100 alice !  call.transfer           carol 100
        04.100 carol -> accept
        04.100 carol ~  connected
        04.100 carol -> message   carol: Accepted on carol
        04.100 carol !  room.state              call logining
        04.100 carol -> device    0 mic on
        04.100 carol -> bye       transferred
        04.100 carol ~  ended
        04.100 carol !  user.leave              alice
        04.100 carol !  room.state              call logout
        04.100 carol !  call.end                transferred after 1100 ms
        04.150 bob   ~  connected
        04.150 bob   !  invitation.user_state   carol accepted (carol)
        04.150 bob   !  call.outgoing.accepted  carol
        04.150 bob   !  room.state              call logining
        04.150 bob   -> device    0 mic on
        04.150 bob   -> progress  200
        04.150 alice ~  ended
        04.150 alice !  user.leave              carol
        04.150 alice !  room.state              call logout
        04.150 alice !  call.end                transferred after 1100 ms
        04.200 alice !  call.transfer           carol 200
        04.200 alice -> bye       transferred
        04.200 alice ~  ended
        04.200 alice !  user.leave              bob
        04.200 alice !  room.state              call logout
        04.200 alice !  call.end                transferred after 3200 ms
        04.250 bob   !  room.state              call logined
        04.250 bob   !  user.enter              carol
        04.250 carol !  room.state              call logined
        04.250 carol !  user.enter              bob
        04.250 bob   ~  ended
        04.250 bob   !  user.leave              alice
        04.250 bob   !  room.state              call logout
        04.250 bob   !  call.end                transferred after 3200 ms"#]]
    .assert_eq(&pair.transcript());
    assert_eq!(peers(&pair, "alice"), [""; 0]);
    assert_eq!(peers(&pair, "bob"), ["carol"]);
    assert_eq!(peers(&pair, "carol"), ["bob"]);
    for who in ["alice", "bob", "carol"] {
        assert_eq!(reason(&pair, who), EndReason::Transferred);
    }
}

#[test]
fn what_cannot_be_given_away() {
    let mut pair = Pair::with(&["alice", "bob", "carol"], Weather::default(), 1);
    let blind = || transfer("carol", false);
    assert_eq!(pair.order("alice", blind()), Err(CommandError::NoSuchCall));
    let mut pair = talking();
    let outcome = pair.order("alice", transfer("bob", false));
    assert_eq!(outcome, Err(CommandError::NoSuchCall));
    let outcome = pair.order("alice", transfer("carol", true));
    assert!(matches!(outcome, Err(CommandError::Invalid(_))));
    pair.alice(blind());
    let outcome = pair.order("alice", blind());
    assert!(matches!(outcome, Err(CommandError::Invalid(_))));
}

#[test]
fn nobody_is_sent_by_somebody_it_does_not_talk_with() {
    let mut pair = talking();
    pair.alice(HANG_UP);
    pair.run(seconds(1));
    pair.skip();
    let to = Address::local(user("carol").id);
    for leg in [1, 2, 3, 77] {
        let (leg, to) = (offhook::id::LegId(leg), to.clone());
        let replaces = None;
        pair.hears("bob", Heard::Transferred { leg, to, replaces });
    }
    assert_eq!(pair.transcript(), "");
}

#[test]
fn who_is_calling_somebody_cannot_be_sent_away() {
    let mut pair = talking();
    pair.bob(dial("carol"));
    pair.run(seconds(1));
    pair.skip();
    pair.alice(transfer("carol", false));
    pair.run(seconds(1));
    assert!(
        pair.transcript()
            .contains("call.transfer           carol 486")
    );
    assert_eq!(peers(&pair, "bob"), ["alice", "carol"]);
}
