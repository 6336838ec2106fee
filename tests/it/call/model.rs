//! Random wishes in random weather: three phones never disagree for long.

use offhook::address::Address;
use offhook::command::Command;
use offhook::phone::Decision;
use offhook::phone::Input;
use proptest::prelude::{Just, Strategy, prop, prop_oneof, proptest};

use super::chance::{check_that_none_hangs, config, fair_weather, weather};
use super::line::{Seat, Weather};
use super::manners::{Manners, decisions, manners, settled};
use super::oracle::{PEOPLE, check, check_agreement, check_ends};
use super::pair::{
    ACCEPT, ACCEPT_VIDEO, BUSY, CANCEL, DECLINE, HANG_UP, Pair, dial, dial_video, millis, seconds,
};

#[derive(Debug, Clone)]
enum Step {
    Wish(Seat, Command),
    /// A hook's word about the newest call.
    Decide(Seat, Decision),
    Pass(u64),
    Disconnect(Seat),
    Reconnect(Seat),
    Silence,
    Restore,
    Cut(Seat),
    Kill(Seat),
}

fn wishes() -> impl Strategy<Value = Step> {
    let who = (0..PEOPLE.len(), 1..PEOPLE.len());
    let wish = prop_oneof![
        6 => Just(None),
        4 => Just(Some(ACCEPT)),
        1 => Just(Some(DECLINE)),
        1 => Just(Some(BUSY)),
        2 => Just(Some(CANCEL)),
        2 => Just(Some(HANG_UP)),
        1 => Just(Some(ACCEPT_VIDEO)),
        2 => prop::bool::ANY.prop_map(|on| Some(Command::Camera { on })),
        1 => prop::sample::select(&PEOPLE[..]).prop_map(|to| Some(dial_video(&[to]))),
        1 => Just(Some(Command::Mute { on: true })),
        1 => Just(Some(Command::Mute { on: false })),
        1 => Just(Some(Command::Snapshot)),
        2 => prop::bool::ANY.prop_map(|on| Some(Command::Hold { call_id: None, on })),
        1 => Just(Some(Command::Swap)),
        1 => Just(Some(Command::Ignore { call_id: None })),
        1 => Just(Some(Command::CallBack { call_id: None })),
        1 => prop::bool::weighted(0.3).prop_map(|on| Some(Command::DoNotDisturb { on })),
        1 => Just(Some(Command::Dtmf { call_id: None, digits: "1#".to_owned() })),
        1 => prop::sample::select(&PEOPLE[..]).prop_map(|to| Some(write(to))),
        2 => (prop::sample::select(&PEOPLE[..]), prop::bool::ANY)
            .prop_map(|(to, attended)| Some(transfer(to, attended))),
    ];
    let wish = (who, wish).prop_map(|((seat, other), wish)| {
        let dial = || dial(PEOPLE[(seat + other) % PEOPLE.len()]);
        Step::Wish(seat, wish.unwrap_or_else(dial))
    });
    let time = prop_oneof![0..120_u64, 0..2_000_u64, 0..70_000_u64];
    let decide = (0..PEOPLE.len(), decisions()).prop_map(|(seat, it)| Step::Decide(seat, it));
    prop_oneof![6 => wish, 1 => decide, 6 => time.prop_map(Step::Pass)]
}

fn write(to: &str) -> Command {
    Command::Message {
        to: Address::parse(to).expect("an address"),
        text: "hello".to_owned(),
    }
}

fn transfer(to: &str, attended: bool) -> Command {
    Command::Transfer {
        call_id: None,
        to: Address::parse(to).expect("an address"),
        attended,
    }
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        24 => wishes(),
        2 => (0..PEOPLE.len()).prop_map(Step::Disconnect),
        3 => (0..PEOPLE.len()).prop_map(Step::Reconnect),
        1 => Just(Step::Silence),
        1 => Just(Step::Restore),
        1 => (0..PEOPLE.len()).prop_map(Step::Cut),
        1 => (0..PEOPLE.len()).prop_map(Step::Kill),
    ]
}

fn take(pair: &mut Pair, step: Step) {
    match step {
        Step::Wish(seat, command) => {
            // Most wishes come at the wrong moment; that is the point.
            let _refused = pair.order(PEOPLE[seat], command);
        }
        Step::Decide(seat, decision) => {
            let call = pair.phone_at(seat).and_then(|phone| phone.calls().last());
            if let Some(call) = call.map(|call| call.id.clone()) {
                let decided = Input::Decided { call, decision };
                pair.take_in(seat, decided).expect("no command");
            }
        }
        Step::Pass(time) => pair.run(millis(time)),
        Step::Disconnect(seat) => pair.disconnect(PEOPLE[seat]),
        Step::Reconnect(seat) => pair.reconnect(PEOPLE[seat]),
        Step::Silence => pair.silence_media(),
        Step::Restore => pair.restore_media(),
        Step::Cut(seat) => pair.cut(PEOPLE[seat]),
        Step::Kill(seat) => pair.kill(PEOPLE[seat]),
    }
}

/// Goes through the steps, then waits until every clock has run out.
fn live(weather: Weather, manners: [Manners; 3], seed: u64, steps: Vec<Step>) -> Pair {
    let mut pair = Pair::settled(&PEOPLE, weather, seed, |label, settings| {
        let seat = PEOPLE.iter().position(|name| *name == label);
        settled(manners[seat.expect("one of them")], &PEOPLE, settings)
    });
    for step in steps {
        take(&mut pair, step);
        check(&pair);
    }
    pair.run(seconds(200));
    check(&pair);
    check_ends(&pair);
    pair
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn phones_never_hang(
        weather in weather(3, 50, 0.9),
        manners in [manners(), manners(), manners()],
        seed in 0..u64::MAX / 2,
        steps in prop::collection::vec(steps(), 1..40),
    ) {
        let pair = live(weather, manners, seed, steps);
        for seat in 0..PEOPLE.len() {
            check_that_none_hangs(pair.phone_at(seat));
        }
    }

    #[test]
    fn phones_agree_in_fair_weather(
        weather in fair_weather(),
        manners in [manners(), manners(), manners()],
        seed in 0..u64::MAX / 2,
        steps in prop::collection::vec(wishes(), 1..40),
    ) {
        let pair = live(weather, manners, seed, steps);
        check_agreement(&pair);
    }
}
