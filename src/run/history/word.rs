//! Values of the contract as the words they have in JSON, and back.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Returns the word of a plain variant.
pub(super) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        Ok(_) | Err(_) => String::new(),
    }
}

/// Reads the word back; `None` for one that this program does not know.
pub(super) fn parse<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(Value::String(word.to_owned())).ok()
}
