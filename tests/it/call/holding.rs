//! Holding a call and taking it up again; new terms for a session that is up.

use expect_test::expect;
use offhook::command::{Command, CommandError};
use offhook::event::Happened;
use offhook::phone::Input;
use offhook::phone::effect::MediaOrder;
use offhook::phone::input::MediaReport;
use offhook::phone::signal::{Heard, Sdp};

use super::pair::{ACCEPT, HANG_UP, Pair, dial, millis, seconds};

const HOLD: Command = Command::Hold {
    call_id: None,
    on: true,
};

const RESUME: Command = Command::Hold {
    call_id: None,
    on: false,
};

fn is_held(pair: &Pair, who: &str) -> (bool, bool) {
    let call = &pair.phone(who).calls()[0];
    (call.is_held, call.peer().is_holding)
}

fn leg(pair: &Pair, who: &str) -> offhook::id::LegId {
    pair.phone(who).calls()[0].peer().leg.expect("a leg")
}

#[test]
fn a_hold_is_known_at_both_ends() {
    let mut pair = Pair::talking();
    pair.alice(HOLD);
    pair.alice(HOLD);
    pair.run(seconds(1));
    assert_eq!(is_held(&pair, "alice"), (true, false));
    assert_eq!(is_held(&pair, "bob"), (false, true));
    pair.alice(RESUME);
    pair.run(seconds(1));
    assert_eq!(is_held(&pair, "bob"), (false, false));
    expect![[r#"
        02.000 alice !  call.hold               alice true
        02.000 alice -> device    1 mic on
        02.000 alice -> reoffer   0 held
        02.050 bob   !  call.hold               alice true
        02.050 bob   ~  held
        02.050 bob   -> take      1
        03.000 alice !  call.hold               alice false
        03.000 alice -> device    2 mic on
        03.000 alice -> reoffer   0
        03.050 bob   !  call.hold               alice false
        03.050 bob   ~  silence
        03.050 bob   -> take      1"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn both_may_hold() {
    let mut pair = Pair::talking();
    pair.alice(HOLD);
    pair.run(seconds(1));
    pair.bob(HOLD);
    pair.run(seconds(1));
    assert_eq!(is_held(&pair, "alice"), (true, true));
    pair.alice(RESUME);
    pair.run(seconds(1));
    assert_eq!(is_held(&pair, "alice"), (false, true));
    assert_eq!(is_held(&pair, "bob"), (true, false));
}

#[test]
fn two_holds_that_cross_are_both_agreed_on_in_the_end() {
    let mut pair = Pair::talking();
    pair.alice(HOLD);
    pair.bob(HOLD);
    pair.run(seconds(5));
    assert_eq!(is_held(&pair, "alice"), (true, true));
    assert_eq!(is_held(&pair, "bob"), (true, true));
    expect![[r#"
        02.000 alice !  call.hold               alice true
        02.000 alice -> device    1 mic on
        02.000 bob   !  call.hold               bob true
        02.000 bob   -> device    1 mic on
        02.000 alice -> reoffer   0 held
        02.000 bob   -> reoffer   1 held
        02.050 bob   !  call.hold               alice true
        02.050 alice !  call.hold               bob true
        02.050 bob   -> refuse it glare true
        02.050 alice -> refuse it glare true
        02.600 alice -> reoffer   0 held
        02.650 bob   -> take      1
        03.100 bob   -> reoffer   1 held
        03.150 alice -> take      0 held"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn a_change_of_mind_is_offered_once_the_first_offer_is_answered() {
    let mut pair = Pair::talking();
    for wish in [HOLD, RESUME, HOLD, RESUME] {
        pair.alice(wish);
        pair.run(millis(10));
    }
    pair.run(seconds(5));
    assert_eq!(is_held(&pair, "alice"), (false, false));
    assert_eq!(is_held(&pair, "bob"), (false, false));
}

#[test]
fn a_hold_the_peer_does_not_take_is_none() {
    let mut pair = Pair::talking();
    let leg = leg(&pair, "alice");
    pair.alice(HOLD);
    pair.run(millis(10));
    pair.hears("alice", Heard::ReofferRefused { leg, again: None });
    assert_eq!(is_held(&pair, "alice"), (false, false));
    assert!(pair.orders.contains(&(0, MediaOrder::Withdraw { leg })));
    let error = pair
        .events
        .iter()
        .find_map(|(_, event)| match &event.happened {
            Happened::Error { code, .. } => Some(code.clone()),
            _ => None,
        });
    assert_eq!(error.as_deref(), Some("hold_refused"));
    // What is shown is what is, and it can be tried again.
    pair.run(seconds(1));
    pair.alice(HOLD);
    pair.run(seconds(1));
    assert_eq!(is_held(&pair, "bob"), (false, true));
}

#[test]
fn an_offer_that_crosses_the_peers_is_made_three_times() {
    let mut pair = Pair::talking();
    let leg = leg(&pair, "alice");
    pair.cut("bob");
    pair.alice(HOLD);
    for _ in 0..3 {
        assert!(pair.phone("alice").calls()[0].is_held);
        let again = Some(millis(700));
        pair.hears("alice", Heard::ReofferRefused { leg, again });
        pair.run(seconds(1));
    }
    assert!(!pair.phone("alice").calls()[0].is_held);
    let n_offers = pair
        .orders
        .iter()
        .filter(|(_, order)| matches!(order, MediaOrder::Reoffer { .. }))
        .count();
    assert_eq!(n_offers, 3);
}

#[test]
fn terms_the_media_cannot_take_are_refused() {
    let mut pair = Pair::talking();
    let leg = leg(&pair, "bob");
    pair.hears(
        "bob",
        Heard::Reoffered {
            leg,
            sdp: Sdp("nonsense".to_owned()),
        },
    );
    let detail = "no such codec".to_owned();
    let report = MediaReport::NotAcceptable { leg, detail };
    pair.take_in(1, Input::Media(report)).expect("no command");
    expect![[r#"
        02.000 bob   -> refuse it glare false
        02.000 bob   !  invitation.error        media: no such codec"#]]
    .assert_eq(&pair.transcript());
    assert!(pair.phone("bob").calls()[0].is_talking());
}

#[test]
fn nobody_holds_without_a_call_or_a_server() {
    let mut pair = Pair::new();
    assert_eq!(pair.order("alice", HOLD), Err(CommandError::NoSuchCall));
    assert_eq!(
        pair.order("alice", Command::Swap),
        Err(CommandError::NoSuchCall)
    );
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    assert_eq!(pair.order("alice", HOLD), Err(CommandError::NoSuchCall));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    pair.disconnect("alice");
    pair.run(seconds(1));
    assert_eq!(pair.order("alice", HOLD), Err(CommandError::NotSignedIn));
    assert_eq!(is_held(&pair, "alice"), (false, false));
}

#[test]
fn a_hold_before_the_sound_flows_is_offered_when_it_does() {
    let mut pair = Pair::new();
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.bob(HOLD);
    pair.run(seconds(1));
    assert_eq!(is_held(&pair, "bob"), (true, false));
    assert_eq!(is_held(&pair, "alice"), (false, true));
}

#[test]
fn an_offer_the_connection_broke_under_is_made_again() {
    let mut pair = Pair::talking();
    pair.alice(HOLD);
    pair.disconnect("alice");
    pair.run(seconds(1));
    pair.reconnect("alice");
    pair.run(seconds(1));
    assert_eq!(is_held(&pair, "alice"), (true, false));
    assert_eq!(is_held(&pair, "bob"), (false, true));
    let n_offers = pair
        .orders
        .iter()
        .filter(|(_, order)| matches!(order, MediaOrder::Reoffer { .. }))
        .count();
    assert_eq!(n_offers, 2);
}

#[test]
fn a_held_call_can_be_hung_up() {
    let mut pair = Pair::talking();
    pair.alice(HOLD);
    pair.run(seconds(1));
    pair.alice(HANG_UP);
    pair.run(seconds(1));
    assert!(pair.phone("bob").calls().is_empty());
}

#[test]
fn the_caller_looks_for_another_way_and_again_after_a_reconnect() {
    let mut pair = Pair::talking();
    pair.silence_media();
    pair.run(seconds(6));
    pair.disconnect("alice");
    pair.run(seconds(1));
    pair.reconnect("alice");
    pair.run(seconds(1));
    let restarts: Vec<usize> = pair
        .orders
        .iter()
        .filter(|(_, order)| {
            matches!(
                order,
                MediaOrder::Reoffer {
                    restarts_ice: true,
                    ..
                }
            )
        })
        .map(|(seat, _)| *seat)
        .collect();
    assert_eq!(restarts, [0, 0]);
    pair.restore_media();
    pair.run(seconds(1));
    expect![[r#"
        07.000 alice !  room.state              call reconnecting
        07.000 bob   !  room.state              call reconnecting
        07.000 alice -> reoffer   0
        07.050 bob   -> take      1
        08.000 alice !  room.state              account reconnecting
        09.050 alice !  room.state              account reconnected
        09.050 alice -> reoffer   0
        09.100 bob   -> take      1
        10.000 alice !  room.state              call reconnected
        10.000 bob   !  room.state              call reconnected"#]]
    .assert_eq(&pair.transcript());
}
