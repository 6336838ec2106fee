//! `offhook replay`: steps a phone through a flight recording and prints what it did.

use std::fs;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::args::Replay;
use super::error::Error;
use crate::address::escape_json;
use crate::phone::Effect;
use crate::run::Recording;

/// Runs the verb.
///
/// # Errors
///
/// The file cannot be read, or is no recording.
pub fn run(replay: &Replay) -> Result<ExitCode, Error> {
    let file = replay.file.display();
    let text = fs::read_to_string(&replay.file)
        .map_err(|error| Error::failed(format!("cannot read {file}")).detail(error))?;
    let recording = Recording::parse(&text).map_err(|error| {
        Error::failed(format!("{file} is no flight recording"))
            .detail(error)
            .hint("a running phone writes one when it gets SIGUSR1; its log says where")
    })?;
    for line in steps(&recording) {
        println!("{line}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns what came in and what the phone made of it, a line each.
pub fn steps(recording: &Recording) -> Vec<String> {
    let start = Instant::now();
    let mut phone = recording.phone(start);
    let mut lines = Vec::new();
    if recording.forgotten() > 0 {
        lines.push(format!(
            "({} older arrivals are missing)",
            recording.forgotten()
        ));
    }
    for recorded in recording.recorded() {
        let since = Duration::from_micros(recorded.at_us);
        let at = format!("{:10.3}", since.as_secs_f64());
        if let Some(other) = &recorded.other {
            lines.push(format!("{at} {other}"));
        }
        let Some(input) = &recorded.input else {
            continue;
        };
        lines.push(format!("{at} <- {input:?}"));
        if let Err(error) = phone.handle(start + since, input.clone()) {
            lines.push(format!("{at}    {error}"));
        }
        while let Some(effect) = phone.poll_effect() {
            lines.push(match effect {
                Effect::Publish(event) => {
                    let event = serde_json::to_string(&event).unwrap_or_default();
                    format!("{at}  ! {}", escape_json(&event))
                }
                Effect::Say(_) | Effect::Media(_) | Effect::Ring(_) | Effect::Leave => {
                    format!("{at} -> {effect:?}")
                }
            });
        }
    }
    lines
}
