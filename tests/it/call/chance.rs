//! What the random worlds have in common: their weather, and how many of them there are.

use offhook::phone::{Call, Phone};
use proptest::prelude::{Just, ProptestConfig, Strategy, prop, prop_oneof};
use proptest::test_runner::RngSeed;

use super::line::Weather;
use super::pair::millis;
use super::world::{Step, Wish};

/// Weather in which signals vanish or come twice in one of `calm` + 1 worlds, at most `worst` of
/// a hundred, and the media finds its way with that probability.
pub(crate) fn weather(calm: u32, worst: u32, connects: f64) -> impl Strategy<Value = Weather> {
    let percent = move || prop_oneof![calm => Just(0_u32), 1 => 0..worst];
    let slow = (0..400_u64, prop_oneof![Just(0), 0..400_u64], 0..300_u64);
    (slow, percent(), percent(), prop::bool::weighted(connects)).prop_map(
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

/// Weather in which everything arrives, in order.
pub(crate) fn fair_weather() -> impl Strategy<Value = Weather> {
    (0..300_u64, 0..300_u64).prop_map(|(latency, gathering)| Weather {
        latency: millis(latency),
        gathering: millis(gathering),
        ..Weather::default()
    })
}

/// What happens where nothing breaks: somebody of so many wants something, or time passes.
pub(crate) fn calm(
    n_phones: usize,
    wish: impl Strategy<Value = Wish>,
) -> impl Strategy<Value = Step> {
    let wish = (0..n_phones, wish).prop_map(|(seat, wish)| Step::Wish(seat, wish));
    let time = prop_oneof![4 => 0..500_u64, 4 => 0..3_000_u64, 1 => 0..70_000_u64];
    prop_oneof![3 => wish, 2 => time.prop_map(Step::Pass)]
}

/// The same with faults in between: `calm` comes with its weight, `reconnect` is that of coming back.
pub(crate) fn wild(
    n_phones: usize,
    calm: (u32, impl Strategy<Value = Step>),
    reconnect: u32,
) -> impl Strategy<Value = Step> {
    let who = || 0..n_phones;
    prop_oneof![
        calm.0 => calm.1,
        2 => who().prop_map(Step::Disconnect),
        reconnect => who().prop_map(Step::Reconnect),
        1 => Just(Step::Silence),
        1 => Just(Step::Restore),
        1 => who().prop_map(Step::Cut),
        1 => who().prop_map(Step::Kill),
    ]
}

/// The same cases each time; `PROPTEST_RNG_SEED` goes looking for others.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    let config = ProptestConfig::default();
    let rng_seed = match config.rng_seed {
        RngSeed::Random => RngSeed::Fixed(0),
        fixed @ RngSeed::Fixed(_) => fixed,
    };
    let asked = std::env::var("PROPTEST_CASES").is_ok();
    ProptestConfig {
        cases: if asked { config.cases } else { cases },
        max_shrink_iters: 20_000,
        failure_persistence: None,
        rng_seed,
        ..config
    }
}

/// Fails where a call has not come to be talked in after all that time.
pub(crate) fn check_that_none_hangs(phone: Option<&Phone>) {
    for call in phone.map_or(&[][..], Phone::calls) {
        assert!(Call::is_talking(call), "a call hangs: {:?}", call.stage);
    }
}
