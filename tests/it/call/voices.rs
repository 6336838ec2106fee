//! Mute, push to talk, ears, single people: what is sent and heard, and who is told.

use expect_test::expect;
use offhook::command::{Command, CommandError};
use offhook::event::Happened;
use offhook::id::{LegId, UserId};
use offhook::phone::effect::{MediaOrder, Ring};
use offhook::phone::input::MediaReport;
use offhook::phone::signal::Heard;
use offhook::phone::{Input, Push, Settings};

use super::group::{add, together};
use super::line::Weather;
use super::pair::{ACCEPT, HANG_UP, Pair, dial, seconds};

const DOWN: Command = Command::Talk { on: true };
const UP: Command = Command::Talk { on: false };

fn pushing(push: Push) -> Pair {
    let change = |label: &str, settings| match label {
        "alice" => Settings { push, ..settings },
        _ => settings,
    };
    let mut pair = Pair::settled(&["alice", "bob"], Weather::default(), 1, change);
    pair.alice(dial("bob"));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    pair.skip();
    pair
}

fn id(user: &str) -> UserId {
    UserId::parse(user).expect("an ID")
}

fn hold(on: bool) -> Command {
    Command::Hold { call_id: None, on }
}

fn gain(user: &str, db: i8) -> Command {
    Command::Gain {
        call_id: None,
        user: id(user),
        db,
    }
}

fn silence(user: &str, on: bool) -> Command {
    Command::Silence {
        call_id: None,
        user: id(user),
        on,
    }
}

fn leg(pair: &Pair, who: &str, of: &str) -> LegId {
    let call = &pair.phone(who).calls()[0];
    let member = call.member(&id(of)).expect("a member");
    member.leg.expect("a leg")
}

/// What Alice's media was ordered about voices.
fn orders(pair: &Pair) -> Vec<&MediaOrder> {
    let of_voices = |order: &&MediaOrder| {
        matches!(
            order,
            MediaOrder::Mute(_)
                | MediaOrder::Talk(_)
                | MediaOrder::Deafen(_)
                | MediaOrder::Gain { .. }
                | MediaOrder::Bridge { .. }
        )
    };
    let orders = pair.orders.iter().filter(|(seat, _)| *seat == 0);
    orders.map(|(_, order)| order).filter(of_voices).collect()
}

fn speaks(pair: &mut Pair, who: &str, leg: Option<LegId>, on: bool) {
    let seat = pair.seat(who);
    let report = MediaReport::Speaking { leg, on };
    pair.take_in(seat, Input::Media(report))
        .expect("no command");
}

#[test]
fn with_push_to_talk_our_voice_is_sent_while_the_key_is_down_and_nobody_is_told_each_time() {
    let mut pair = pushing(Push::Talk);
    assert!(!pair.phone("alice").is_sending());
    pair.alice(DOWN);
    assert!(pair.phone("alice").is_sending());
    pair.alice(DOWN);
    pair.run(seconds(1));
    pair.alice(UP);
    let sent = [
        &MediaOrder::Talk(false),
        &MediaOrder::Talk(true),
        &MediaOrder::Talk(false),
    ];
    assert_eq!(orders(&pair), sent);
    expect![[r#"
        02.000 alice !  av.microphone           true
        03.000 alice !  av.microphone           false"#]]
    .assert_eq(&pair.transcript());
}

#[test]
fn with_push_to_mute_it_is_the_other_way_round() {
    let mut pair = pushing(Push::Mute);
    assert!(pair.phone("alice").is_sending());
    pair.alice(DOWN);
    assert!(!pair.phone("alice").is_sending());
    pair.alice(UP);
    assert!(pair.phone("alice").is_sending());
}

#[test]
fn who_is_muted_is_not_heard_whatever_is_pushed() {
    let mut pair = pushing(Push::Talk);
    pair.alice(Command::Mute { on: true });
    pair.alice(DOWN);
    assert!(!pair.phone("alice").is_sending());
    pair.alice(Command::Mute { on: false });
    assert!(pair.phone("alice").is_sending());
}

#[test]
fn a_hold_the_background_and_the_end_of_the_call_let_the_key_go() {
    let endings: [fn(&mut Pair); 3] = [
        |pair| drop(pair.alice(hold(true))),
        |pair| drop(pair.take_in(0, Input::Background(true))),
        |pair| drop(pair.alice(HANG_UP)),
    ];
    for end in endings {
        let mut pair = pushing(Push::Talk);
        pair.alice(DOWN);
        end(&mut pair);
        assert!(!pair.phone("alice").is_pushed());
        assert_eq!(orders(&pair).last(), Some(&&MediaOrder::Talk(false)));
    }
}

#[test]
fn the_key_means_nothing_where_push_to_talk_is_off_or_nobody_listens() {
    let mut pair = Pair::talking();
    let refused = pair.order("alice", DOWN);
    assert!(matches!(refused, Err(CommandError::Invalid(_))));
    let mut pair = pushing(Push::Talk);
    pair.alice(hold(true));
    assert_eq!(pair.order("alice", DOWN), Err(CommandError::NoSuchCall));
    assert_eq!(pair.order("alice", UP), Ok(None));
}

#[test]
fn whoever_closes_the_ears_is_muted_and_is_as_before_afterwards() {
    let mut pair = Pair::talking();
    pair.alice(Command::Deafen { on: true });
    pair.run(seconds(1));
    assert!(!pair.phone("alice").is_sending());
    pair.alice(Command::Deafen { on: false });
    pair.run(seconds(1));
    assert!(pair.phone("alice").is_sending());
    expect![[r#"
        02.000 alice !  av.microphone           false
        02.000 alice -> device    1 mic muted
        03.000 alice !  av.microphone           true
        03.000 alice -> device    2 mic on"#]]
    .assert_eq(&pair.transcript());
    // Muted before: muted after.
    pair.alice(Command::Mute { on: true });
    pair.alice(Command::Deafen { on: true });
    pair.alice(Command::Deafen { on: false });
    assert!(pair.phone("alice").is_muted());
    // Muted by hand meanwhile: that stays.
    pair.alice(Command::Mute { on: false });
    pair.alice(Command::Deafen { on: true });
    pair.alice(Command::Mute { on: true });
    pair.alice(Command::Deafen { on: false });
    assert!(pair.phone("alice").is_muted());
}

#[test]
fn whoever_talks_again_hears_again() {
    let mut pair = Pair::talking();
    pair.alice(Command::Deafen { on: true });
    pair.alice(Command::Mute { on: false });
    assert!(!pair.phone("alice").is_deafened() && pair.phone("alice").is_sending());
    pair.run(seconds(1));
    assert!(pair.phone("bob").calls()[0].peer().devices.speaker);
}

#[test]
fn who_speaks_is_an_event_on_a_change_only() {
    let mut pair = Pair::talking();
    let bob = Some(leg(&pair, "alice", "bob"));
    for (leg, on) in [
        (bob, true),
        (bob, true),
        (None, true),
        (None, true),
        (bob, false),
        (bob, false),
    ] {
        speaks(&mut pair, "alice", leg, on);
    }
    assert!(pair.phone("alice").is_speaking());
    // Held meanwhile: the end is still told, in the call where it began.
    pair.alice(hold(true));
    speaks(&mut pair, "alice", None, false);
    speaks(&mut pair, "alice", None, true);
    let told = pair
        .events
        .iter()
        .filter_map(|(_, event)| match &event.happened {
            Happened::Speaking { user, on } => Some((user.id.to_string(), *on)),
            _ => None,
        });
    let told: Vec<_> = told.collect();
    let told: Vec<_> = told.iter().map(|(id, on)| (id.as_str(), *on)).collect();
    let all = [
        ("bob", true),
        ("alice", true),
        ("bob", false),
        ("alice", false),
    ];
    assert_eq!(told, all);
}

#[test]
fn one_person_is_louder_or_muted_here_and_is_so_again_when_coming_back() {
    let mut pair = together(&["bob", "carol"]);
    let before = orders(&pair).len();
    pair.alice(gain("bob", -6));
    pair.alice(gain("bob", -6));
    pair.alice(silence("carol", true));
    let (bob, carol) = (leg(&pair, "alice", "bob"), leg(&pair, "alice", "carol"));
    let db = |leg, db| MediaOrder::Gain { leg, db };
    let wanted = [db(bob, Some(-6)), db(carol, None)];
    assert_eq!(orders(&pair)[before..], wanted.iter().collect::<Vec<_>>());
    pair.bob(HANG_UP);
    pair.run(seconds(1));
    pair.alice(add("bob"));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    let again = leg(&pair, "alice", "bob");
    assert_ne!(again, bob);
    assert_eq!(orders(&pair).last(), Some(&&db(again, Some(-6))));
    // What is muted comes back as loud as it was made.
    pair.alice(gain("carol", 4));
    pair.alice(silence("carol", false));
    assert_eq!(orders(&pair).last(), Some(&&db(carol, Some(4))));
}

#[test]
fn nobody_is_louder_who_is_not_there_or_by_more_than_makes_sense() {
    let mut pair = Pair::talking();
    let nobody = CommandError::NoSuchUser(id("dave"));
    assert_eq!(pair.order("alice", gain("dave", 1)), Err(nobody));
    for db in [13, -21, i8::MIN] {
        let refused = pair.order("alice", gain("bob", db));
        assert!(matches!(refused, Err(CommandError::Invalid(_))), "{db}");
    }
    pair.alice(HANG_UP);
    pair.run(seconds(1));
    let refused = pair.order("alice", silence("bob", true));
    assert_eq!(refused, Err(CommandError::NoSuchCall));
}

#[test]
fn whoever_is_held_hears_so_unless_talking_elsewhere() {
    let mut pair = Pair::talking();
    let bob = pair.seat("bob");
    pair.alice(hold(true));
    pair.run(seconds(1));
    assert_eq!(pair.rings[bob], Ring::Held);
    // Who holds too hears nothing of it.
    pair.bob(hold(true));
    assert_eq!(pair.rings[bob], Ring::Silence);
    pair.run(seconds(1));
    assert_ne!(pair.rings[0], Ring::Held);
    pair.bob(hold(false));
    pair.run(seconds(1));
    assert_eq!(pair.rings[bob], Ring::Held);
    pair.alice(hold(false));
    pair.run(seconds(1));
    assert_eq!(pair.rings[bob], Ring::Silence);
    pair.alice(hold(true));
    pair.run(seconds(1));
    pair.alice(HANG_UP);
    pair.run(seconds(1));
    assert_eq!(pair.rings[bob], Ring::Ended);
}

#[test]
fn in_a_group_one_who_holds_leaves_the_others_to_be_heard() {
    let mut pair = together(&["bob", "carol"]);
    let bob = pair.seat("bob");
    pair.alice(hold(true));
    pair.run(seconds(1));
    assert_ne!(pair.rings[bob], Ring::Held);
    pair.order("carol", hold(true)).expect("a call");
    pair.run(seconds(1));
    assert_eq!(pair.rings[bob], Ring::Held);
}

#[test]
fn the_host_passes_voices_on_as_long_as_a_stranger_is_in_the_group() {
    let mut pair = together(&["bob", "carol"]);
    let of_bridge = |pair: &Pair| {
        let orders = orders(pair).into_iter().rev();
        let mut bridges = orders.filter(|it| matches!(it, MediaOrder::Bridge { .. }));
        bridges.next().cloned()
    };
    assert_eq!(of_bridge(&pair), None);
    pair.alice(add("desk"));
    let desk = pair.phone("alice").calls()[0].member(&id("desk"));
    let desk = desk.and_then(|member| member.leg).expect("a leg");
    pair.run(seconds(0));
    let accepted = Heard::Accepted {
        leg: desk,
        sdp: offhook::phone::signal::Sdp("0".to_owned()),
        data: None,
        device: None,
        ours: false,
    };
    pair.hears("alice", accepted);
    let members = vec![leg(&pair, "alice", "bob"), leg(&pair, "alice", "carol")];
    let strangers = vec![desk];
    let bridge = |strangers, members| Some(MediaOrder::Bridge { strangers, members });
    assert_eq!(of_bridge(&pair), bridge(strangers.clone(), members.clone()));
    pair.alice(hold(true));
    assert_eq!(of_bridge(&pair), bridge(Vec::new(), Vec::new()));
    pair.alice(hold(false));
    assert_eq!(of_bridge(&pair), bridge(strangers, members));
    let (reason, by, data) = (None, None, None);
    let leg = desk;
    pair.hears(
        "alice",
        Heard::Bye {
            leg,
            reason,
            by,
            data,
        },
    );
    assert_eq!(of_bridge(&pair), bridge(Vec::new(), Vec::new()));
}
