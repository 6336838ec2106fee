//! The names of all events, as the JSON member `event` has them.

use std::fmt;

use serde::Deserialize as _;
use serde::de::value::MapDeserializer;

use super::Happened;

/// Returns the name of every event that there is, in no meaningful order.
///
/// They stand at the variants of [`Happened`] and nowhere else.
pub fn names() -> &'static [&'static str] {
    // Whoever reads an event of no name is told which names there are.
    let nameless = [("event", "")].into_iter();
    match Happened::deserialize(MapDeserializer::<_, Refusal>::new(nameless)) {
        Err(Refusal(names)) => names,
        Ok(_) => &[],
    }
}

/// What was expected in place of a name that does not exist.
#[derive(Debug)]
struct Refusal(&'static [&'static str]);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such event")
    }
}

impl std::error::Error for Refusal {}

impl serde::de::Error for Refusal {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self(&[])
    }

    fn unknown_variant(_name: &str, expected: &'static [&'static str]) -> Self {
        Self(expected)
    }
}
