//! Random wishes in random weather: three phones never disagree for long.

use offhook::address::Address;
use offhook::command::Command;
use offhook::phone::Decision;
use offhook::phone::{BusyPolicy, Input, PersonRule, Phone, Settings};
use proptest::prelude::{Just, ProptestConfig, Strategy, prop, prop_oneof, proptest};
use proptest::test_runner::RngSeed;

use super::line::{Seat, Weather};
use super::oracle::{PEOPLE, check, check_agreement, check_ends};
use super::pair::{ACCEPT, BUSY, CANCEL, DECLINE, HANG_UP, Pair, dial, millis, seconds, user};

/// What a person has settled beforehand.
#[derive(Debug, Clone, Copy)]
struct Manners {
    waits: bool,
    asks_hooks: bool,
    answers_by_itself: bool,
}

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

fn decisions() -> impl Strategy<Value = Decision> {
    let custom_data = None;
    let (tone, name) = (Some("chime".to_owned()), None);
    prop::sample::select(vec![
        Decision::Accept {
            custom_data: custom_data.clone(),
        },
        Decision::Decline {
            custom_data: custom_data.clone(),
        },
        Decision::Busy { custom_data },
        Decision::Ignore,
        Decision::Ring { tone, name },
        Decision::Veto,
        Decision::Nothing,
    ])
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

fn manners() -> impl Strategy<Value = [Manners; 3]> {
    let one = || {
        (
            prop::bool::ANY,
            prop::bool::weighted(0.3),
            prop::bool::weighted(0.2),
        )
            .prop_map(|(waits, asks_hooks, answers_by_itself)| Manners {
                waits,
                asks_hooks,
                answers_by_itself,
            })
    };
    [one(), one(), one()]
}

fn settled(manners: Manners, settings: Settings) -> Settings {
    let limit = manners.asks_hooks.then_some(millis(700));
    let others = PEOPLE
        .iter()
        .filter(|name| **name != settings.me.id.as_str());
    let rule = |name: &&str| PersonRule {
        id: user(name).id,
        auto_answer: manners.answers_by_itself.then_some(millis(900)),
        ring_timeout: None,
        is_allowed: false,
        is_silent: false,
        tone: None,
    };
    Settings {
        busy: if manners.waits {
            BusyPolicy::Wait
        } else {
            BusyPolicy::Reject
        },
        decides_incoming: limit,
        decides_hang_up: limit,
        people: others.map(rule).collect(),
        ..settings
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

fn weather() -> impl Strategy<Value = Weather> {
    let percent = || prop_oneof![3 => Just(0_u32), 1 => 0..50_u32];
    let slow = (0..400_u64, prop_oneof![Just(0), 0..400_u64], 0..300_u64);
    (slow, percent(), percent(), prop::bool::weighted(0.9)).prop_map(
        |((latency, jitter, gathering), loss, twice, media_connects)| Weather {
            latency: millis(latency),
            jitter: millis(jitter),
            loss,
            twice,
            gathering: millis(gathering),
            media_connects,
        },
    )
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
        settled(manners[seat.expect("one of them")], settings)
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

/// The same cases each time; `PROPTEST_RNG_SEED` goes looking for others.
fn config() -> ProptestConfig {
    let config = ProptestConfig::default();
    let rng_seed = match config.rng_seed {
        RngSeed::Random => RngSeed::Fixed(0),
        fixed @ RngSeed::Fixed(_) => fixed,
    };
    ProptestConfig {
        cases: 2000,
        max_shrink_iters: 4000,
        failure_persistence: None,
        rng_seed,
        ..config
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn phones_never_hang(
        weather in weather(),
        manners in manners(),
        seed in 0..u64::MAX / 2,
        steps in prop::collection::vec(steps(), 1..40),
    ) {
        let pair = live(weather, manners, seed, steps);
        for seat in 0..PEOPLE.len() {
            let calls = pair.phone_at(seat).map_or(&[][..], Phone::calls);
            for call in calls {
                assert!(call.is_talking(), "a call hangs: {:?}", call.stage);
            }
        }
    }

    #[test]
    fn phones_agree_in_fair_weather(
        latency in 0..300_u64,
        gathering in 0..300_u64,
        manners in manners(),
        seed in 0..u64::MAX / 2,
        steps in prop::collection::vec(wishes(), 1..40),
    ) {
        let weather = Weather {
            latency: millis(latency),
            gathering: millis(gathering),
            ..Weather::default()
        };
        let pair = live(weather, manners, seed, steps);
        check_agreement(&pair);
    }
}
