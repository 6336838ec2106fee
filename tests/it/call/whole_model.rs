//! Everything at once: calls between two beside groups, held, waiting, given away, taken by hooks,
//! and one of the people with two phones. Nobody hangs, and in fair weather all agree.

use offhook::command::Command;
use offhook::phone::Settings;
use proptest::prelude::{Just, Strategy, prop, prop_oneof, proptest};

use super::chance::{self, config, fair_weather, weather};
use super::line::Weather;
use super::manners::{Manners, decisions, manners, settled};
use super::pair::{ACCEPT, ACCEPT_VIDEO, BUSY, CANCEL, DECLINE, HANG_UP, seconds};
use super::world::{Step, Wish, World};

const PHONES: [&str; 5] = ["alice", "bob", "carol", "dave", "bob/tablet"];
const PEOPLE: [&str; 4] = ["alice", "bob", "carol", "dave"];

/// How the phones of a world are settled: each person's manners, and what goes for all.
#[derive(Debug, Clone)]
struct Settled {
    manners: [Manners; 5],
    ends_for_all: bool,
    is_patient: bool,
    is_short: bool,
}

fn settlements() -> impl Strategy<Value = Settled> {
    let all = [manners(), manners(), manners(), manners(), manners()];
    let rare = || prop::bool::weighted(0.1);
    (all, prop::bool::weighted(0.2), rare(), rare()).prop_map(
        |(manners, ends_for_all, is_patient, is_short)| Settled {
            manners,
            ends_for_all,
            is_patient,
            is_short,
        },
    )
}

fn plain() -> impl Strategy<Value = Wish> {
    let call_id = None;
    let dtmf = Command::Dtmf {
        call_id,
        digits: "1#".to_owned(),
    };
    let plain = prop_oneof![
        12 => Just(ACCEPT),
        1 => Just(DECLINE),
        1 => Just(BUSY),
        1 => Just(CANCEL),
        2 => Just(HANG_UP),
        1 => prop::bool::ANY.prop_map(|on| Command::Mute { on }),
        2 => Just(ACCEPT_VIDEO),
        2 => prop::bool::ANY.prop_map(|on| Command::Camera { on }),
        4 => prop::bool::ANY.prop_map(|on| Command::Hold { call_id: None, on }),
        2 => Just(Command::Swap),
        1 => Just(Command::Ignore { call_id: None }),
        2 => Just(Command::CallBack { call_id: None }),
        1 => prop::bool::weighted(0.2).prop_map(|on| Command::DoNotDisturb { on }),
        1 => Just(dtmf),
        1 => Just(Command::Snapshot),
    ];
    plain.prop_map(Wish::Plain)
}

fn wish() -> impl Strategy<Value = Wish> {
    let people = || 1..16_u8;
    let one = || 0..PEOPLE.len();
    prop_oneof![
        16 => plain(),
        5 => one().prop_map(|user| Wish::Dial(1 << user)),
        2 => people().prop_map(Wish::Dial),
        2 => people().prop_map(Wish::Film),
        3 => one().prop_map(|user| Wish::Add(1 << user)),
        1 => people().prop_map(Wish::Add),
        1 => people().prop_map(Wish::RingAgain),
        1 => people().prop_map(Wish::CancelSome),
        1 => one().prop_map(Wish::Kick),
        2 => (0..6_usize).prop_map(Wish::Join),
        2 => (one(), prop::bool::ANY).prop_map(|(to, attended)| Wish::Transfer(to, attended)),
        1 => one().prop_map(Wish::Write),
        2 => decisions().prop_map(Wish::Decide),
    ]
}

fn calm() -> impl Strategy<Value = Step> {
    chance::calm(PHONES.len(), wish())
}

fn wild() -> impl Strategy<Value = Step> {
    chance::wild(PHONES.len(), (40, calm()), 4)
}

/// How a history begins: somebody calls one or all, some answer, and so again.
fn prologue() -> impl Strategy<Value = Vec<Step>> {
    let time = || prop_oneof![0..1_500_u64, Just(1_500)].prop_map(Step::Pass);
    let accept = || (0..PHONES.len()).prop_map(|number| Step::Wish(number, Wish::Plain(ACCEPT)));
    let whom = prop_oneof![2 => (0..4_u8).prop_map(|user| 1 << user), 1 => Just(15)];
    let dial = (0..PHONES.len(), whom).prop_map(|(seat, whom)| Step::Wish(seat, Wish::Dial(whom)));
    let answers = prop::collection::vec((time(), accept()), 0..4);
    let chapter = (dial, answers, time()).prop_map(|(dial, answers, last)| {
        let answers = answers.into_iter().flat_map(<[Step; 2]>::from);
        let steps = std::iter::once(dial).chain(answers).chain([last]);
        steps.collect::<Vec<_>>()
    });
    prop::collection::vec(chapter, 1..4).prop_map(|chapters| chapters.concat())
}

fn story(step: impl Strategy<Value = Step>) -> impl Strategy<Value = Vec<Step>> {
    (prologue(), prop::collection::vec(step, 0..40))
        .prop_map(|(first, then)| [first, then].concat())
}

fn world(weather: Weather, seed: u64, as_settled: &Settled) -> World {
    World::new(&PHONES, weather, seed, |seat, given| Settings {
        end_when_host_leaves: as_settled.ends_for_all,
        alone: as_settled.is_patient.then(|| seconds(20)),
        max_duration: as_settled.is_short.then(|| seconds(40)),
        ..settled(as_settled.manners[seat], &PEOPLE, given)
    })
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn nobody_hangs(
        weather in weather(4, 40, 0.95),
        as_settled in settlements(),
        seed in 0..u64::MAX / 2,
        steps in story(wild()),
    ) {
        world(weather, seed, &as_settled).live(steps);
    }

    #[test]
    fn all_agree_in_fair_weather(
        weather in fair_weather(),
        as_settled in settlements(),
        seed in 0..u64::MAX / 2,
        steps in story(calm()),
    ) {
        world(weather, seed, &as_settled).live(steps).check_agreement();
    }
}
