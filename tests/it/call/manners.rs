//! What people have settled beforehand, and what their hooks decide, at random.

use offhook::phone::{BusyPolicy, Decision, PersonRule, Settings};
use proptest::prelude::{Strategy, prop};

use super::pair::{millis, user};

/// What a person has settled beforehand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manners {
    waits: bool,
    asks_hooks: bool,
    answers_by_itself: bool,
}

pub(crate) fn manners() -> impl Strategy<Value = Manners> {
    let parts = (
        prop::bool::ANY,
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.2),
    );
    parts.prop_map(|(waits, asks_hooks, answers_by_itself)| Manners {
        waits,
        asks_hooks,
        answers_by_itself,
    })
}

/// Settles a phone that way; the manners go for all those people.
pub(crate) fn settled(manners: Manners, people: &[&str], settings: Settings) -> Settings {
    let limit = manners.asks_hooks.then_some(millis(700));
    let others = people
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

pub(crate) fn decisions() -> impl Strategy<Value = Decision> {
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
