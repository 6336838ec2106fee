//! Random wishes in random weather, several phones: nobody hangs, and in fair weather all agree.

use offhook::command::Command;
use offhook::phone::Settings;
use proptest::prelude::{Just, Strategy, prop, prop_oneof, proptest};

use super::chance::{self, config, fair_weather, weather};
use super::line::Weather;
use super::pair::{ACCEPT, ACCEPT_VIDEO, CANCEL, DECLINE, HANG_UP, millis, seconds};
use super::world::{Step, Wish, World};

const PEOPLE: [&str; 4] = ["alice", "bob", "carol", "dave"];

fn wish() -> impl Strategy<Value = Wish> {
    prop_oneof![
        2 => (1..16_u8).prop_map(Wish::Dial),
        2 => Just(Wish::Dial(15)),
        12 => Just(Wish::Plain(ACCEPT)),
        1 => Just(Wish::Plain(DECLINE)),
        1 => Just(Wish::Plain(CANCEL)),
        1 => Just(Wish::Plain(HANG_UP)),
        1 => Just(Wish::Plain(Command::Mute { on: true })),
        1 => (1..16_u8).prop_map(Wish::Film),
        2 => Just(Wish::Plain(ACCEPT_VIDEO)),
        2 => prop::bool::ANY.prop_map(|on| Wish::Plain(Command::Camera { on })),
        2 => (1..16_u8).prop_map(Wish::Add),
        1 => (1..16_u8).prop_map(Wish::RingAgain),
        1 => (1..16_u8).prop_map(Wish::CancelSome),
        1 => (0..4_usize).prop_map(Wish::Kick),
        3 => (0..6_usize).prop_map(Wish::Join),
    ]
}

fn calm() -> impl Strategy<Value = Step> {
    chance::calm(PEOPLE.len(), wish())
}

fn wild() -> impl Strategy<Value = Step> {
    chance::wild(PEOPLE.len(), (30, calm()), 3)
}

/// How most groups begin: somebody dials, some answer.
fn prologue() -> impl Strategy<Value = Vec<Step>> {
    let time = || prop_oneof![0..1_500_u64, Just(1_500)].prop_map(Step::Pass);
    let accept = || (0..4_usize).prop_map(|number| Step::Wish(number, Wish::Plain(ACCEPT)));
    let dial = (0..4_usize).prop_map(|seat| Step::Wish(seat, Wish::Dial(15)));
    let answers = prop::collection::vec((time(), accept()), 0..5);
    (dial, answers, time()).prop_map(|(dial, answers, last)| {
        let answers = answers.into_iter().flat_map(<[Step; 2]>::from);
        std::iter::once(dial).chain(answers).chain([last]).collect()
    })
}

fn story(step: impl Strategy<Value = Step>) -> impl Strategy<Value = Vec<Step>> {
    (prologue(), prop::collection::vec(step, 0..25))
        .prop_map(|(first, then)| first.into_iter().chain(then).collect())
}

/// `settings` picks how the phones are settled.
fn world(weather: Weather, seed: u64, settings: u8) -> World {
    World::new(&PEOPLE, weather, seed, |_, given| Settings {
        end_when_host_leaves: settings & 1 != 0,
        alone: (settings & 2 != 0).then(|| seconds(20)),
        ..given
    })
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn a_group_never_hangs(
        weather in weather(5, 30, 0.95),
        seed in 0..u64::MAX / 2,
        settings in 0..4_u8,
        steps in story(wild()),
    ) {
        world(weather, seed, settings).live(steps);
    }

    #[test]
    fn a_group_agrees_in_fair_weather(
        weather in fair_weather(),
        seed in 0..u64::MAX / 2,
        settings in 0..4_u8,
        steps in story(calm()),
    ) {
        world(weather, seed, settings).live(steps).check_agreement();
    }
}

#[test]
fn a_goodbye_after_a_lost_answer_is_a_result() {
    let weather = Weather {
        latency: millis(0),
        loss: 20,
        ..Weather::default()
    };
    let wish = |wish| Step::Wish(0, wish);
    let steps = vec![
        wish(Wish::Dial(6)),
        Step::Pass(0),
        wish(Wish::Plain(ACCEPT)),
        wish(Wish::Plain(ACCEPT)),
        wish(Wish::Plain(Command::Mute { on: true })),
    ];
    world(weather, 4_342_227_645_662_434_682, 0).live(steps);
}
