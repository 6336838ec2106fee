//! An event's fields as variables, for hooks that read no JSON.

use std::collections::BTreeMap;

use serde_json::Value;

/// What each variable begins with. Nothing else that begins so reaches a hook.
pub(super) const PREFIX: &str = "OFFHOOK_";
/// The most bytes of a value; the JSON has the whole of it.
const VALUE_BYTES: usize = 8192;

/// Returns the variables of an event: each of its fields that is a text, a number or a truth
/// value, those of `caller` and the like with both names, and of lists of people the IDs.
pub(super) fn of(fields: &Value) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for (name, value) in fields.as_object().into_iter().flatten() {
        let Value::Object(within) = value else {
            put(&mut variables, name, value);
            continue;
        };
        for (below, value) in within {
            put(&mut variables, &format!("{name}_{below}"), value);
        }
    }
    variables
}

fn put(variables: &mut BTreeMap<String, String>, name: &str, value: &Value) {
    let text = match value {
        Value::Null | Value::Object(_) => return,
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::String(value) => fit(value),
        // A user ID has no blanks.
        Value::Array(values) => {
            let ids: Vec<&str> = values
                .iter()
                .filter_map(|value| value["id"].as_str())
                .collect();
            fit(&ids.join(" "))
        }
    };
    let upper = |c: char| match c.to_ascii_uppercase() {
        c if c.is_ascii_alphanumeric() => c,
        _ => '_',
    };
    let name = PREFIX.chars().chain(name.chars().map(upper)).collect();
    variables.insert(name, text);
}

/// A variable cannot hold a NUL, nor any length.
fn fit(text: &str) -> String {
    let end = text.floor_char_boundary(VALUE_BYTES);
    text[..end].replace('\0', "")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_simple_becomes_a_variable() {
        let fields = json!({
            "v": 1,
            "event": "call.end",
            "reason": "declined",
            "kicker": null,
            "minimized": false,
            "caller": {"id": "alice", "name": "Alice"},
            "callees": [{"id": "bob", "name": "Bob"}, {"id": "carol", "name": "Carol"}],
            "extended_data": {"room-session": "S", "more": {"deep": 1}},
            "note": "a\0b",
        });
        let variables: Vec<String> = of(&fields)
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(
            variables,
            [
                "OFFHOOK_CALLEES=bob carol",
                "OFFHOOK_CALLER_ID=alice",
                "OFFHOOK_CALLER_NAME=Alice",
                "OFFHOOK_EVENT=call.end",
                "OFFHOOK_EXTENDED_DATA_ROOM_SESSION=S",
                "OFFHOOK_MINIMIZED=false",
                "OFFHOOK_NOTE=ab",
                "OFFHOOK_REASON=declined",
                "OFFHOOK_V=1",
            ]
        );
    }

    #[test]
    fn a_value_is_never_too_long_for_the_system() {
        let fields = json!({ "note": "ä".repeat(VALUE_BYTES) });
        assert_eq!(of(&fields)["OFFHOOK_NOTE"].len(), VALUE_BYTES);
    }
}
