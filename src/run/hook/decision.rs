//! What a hook decided, from the one line of JSON it printed.

use serde::Deserialize;

use super::asked::Question;
use crate::address::{NAME_CHARS, clean, data_with_note};
use crate::command::CUSTOM_DATA_BYTES;
use crate::phone::Decision;

/// The line. Members that nobody knows are ignored.
#[derive(Debug, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
enum Line {
    Accept(Answer),
    Decline(Answer),
    Busy(Answer),
    Ignore,
    Ring {
        tone: Option<String>,
        name: Option<String>,
    },
    Veto,
    #[serde(other)]
    Unknown,
}

/// What the caller is told besides.
#[derive(Debug, Deserialize)]
struct Answer {
    custom_data: Option<String>,
    note: Option<String>,
}

impl Answer {
    fn data(self) -> Result<Option<String>, String> {
        let data = match (self.custom_data, self.note) {
            (Some(_), Some(_)) => return Err("give `custom_data` or `note`, not both".to_owned()),
            (None, Some(note)) => Some(data_with_note(&note)),
            (data, None) => data,
        };
        match data {
            Some(data) if data.len() > CUSTOM_DATA_BYTES => Err(format!(
                "`custom_data` has {} bytes; {CUSTOM_DATA_BYTES} are the most",
                data.len()
            )),
            data => Ok(data),
        }
    }
}

/// Reads a line; an empty one decides nothing.
///
/// # Errors
///
/// What is wrong with it, for whoever wrote the hook.
pub(super) fn parse(line: &str, question: Question) -> Result<Decision, String> {
    if line.trim().is_empty() {
        return Ok(Decision::Nothing);
    }
    let line: Line = serde_json::from_str(line).map_err(|error| error.to_string())?;
    match question {
        Question::Incoming => incoming(line),
        // Whatever is no veto lets go: nobody is kept in a call by a mistake.
        Question::HangUp if matches!(line, Line::Veto) => Ok(Decision::Veto),
        Question::HangUp => Ok(Decision::Nothing),
    }
}

fn incoming(line: Line) -> Result<Decision, String> {
    let filled = |text: String| (!text.is_empty()).then_some(text);
    Ok(match line {
        Line::Accept(answer) => Decision::Accept {
            custom_data: answer.data()?,
        },
        Line::Decline(answer) => Decision::Decline {
            custom_data: answer.data()?,
        },
        Line::Busy(answer) => Decision::Busy {
            custom_data: answer.data()?,
        },
        Line::Ignore => Decision::Ignore,
        Line::Ring { tone, name } => Decision::Ring {
            tone: tone.and_then(filled),
            name: name.and_then(|name| filled(clean(&name, NAME_CHARS))),
        },
        Line::Veto | Line::Unknown => {
            return Err("expected accept, decline, busy, ignore or ring".to_owned());
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incoming(line: &str) -> Result<Decision, String> {
        parse(line, Question::Incoming)
    }

    fn data(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn a_call_can_be_answered_in_five_ways() {
        let note = || data(r#"{"note":"in a meeting"}"#);
        let cases = [
            (
                r#"{"decision":"accept"}"#,
                Decision::Accept { custom_data: None },
            ),
            (
                r#"{"decision":"accept","custom_data":"x"}"#,
                Decision::Accept {
                    custom_data: data("x"),
                },
            ),
            (
                "{\"decision\":\"decline\",\"note\":\"in a meeting\"}\n",
                Decision::Decline {
                    custom_data: note(),
                },
            ),
            (
                r#" {"note":"in a meeting","decision":"busy"} "#,
                Decision::Busy {
                    custom_data: note(),
                },
            ),
            (r#"{"decision":"ignore"}"#, Decision::Ignore),
            (
                r#"{"decision":"ring"}"#,
                Decision::Ring {
                    tone: None,
                    name: None,
                },
            ),
            (
                r#"{"decision":"ring","tone":"/srv/bell.wav","name":"Front\u0007 door"}"#,
                Decision::Ring {
                    tone: data("/srv/bell.wav"),
                    name: data("Front  door"),
                },
            ),
            ("\n", Decision::Nothing),
        ];
        for (line, wanted) in cases {
            assert_eq!(incoming(line), Ok(wanted), "{line}");
        }
    }

    #[test]
    fn a_line_that_says_something_else_says_what_is_wrong() {
        let long = format!(
            r#"{{"decision":"decline","custom_data":"{}"}}"#,
            "x".repeat(4097)
        );
        let cases = [
            ("yes", "expected value"),
            ("{}", "missing field `decision`"),
            (r#"{"decision":"veto"}"#, "expected accept"),
            (r#"{"decision":"acept"}"#, "expected accept"),
            (r#"{"decision":"decline","note":7}"#, "invalid type"),
            (
                r#"{"decision":"busy","note":"a","custom_data":"b"}"#,
                "not both",
            ),
            (&long, "4096 are the most"),
        ];
        for (line, wanted) in cases {
            let error = incoming(line).expect_err(line);
            assert!(error.contains(wanted), "{line}: {error}");
        }
    }

    #[test]
    fn only_a_veto_keeps_a_call() {
        let hang_up = |line| parse(line, Question::HangUp);
        assert_eq!(hang_up(r#"{"decision":"veto"}"#), Ok(Decision::Veto));
        for line in [r#"{"decision":"accept"}"#, r#"{"decision":"go_ahead"}"#, ""] {
            assert_eq!(hang_up(line), Ok(Decision::Nothing), "{line}");
        }
        assert!(hang_up("veto").is_err());
    }
}
