//! `offhook doctor`: tries out what a call needs, and says how to mend what does not work.
//!
//! Exit status 0 if nothing failed, 1 otherwise; a warning is no failure. Tells no secret: neither
//! passwords nor the command that prints one are read.

mod device;
mod system;

use std::process::ExitCode;

use serde_json::{Value, json};

use super::args::{Doctor, Globals};
use super::error::Error;
use super::quiet::Quiet;
use super::{say, settings};
use crate::config::Config;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Ok,
    Warning,
    Failure,
}

impl Level {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warn",
            Self::Failure => "fail",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone)]
struct Finding {
    what: &'static str,
    level: Level,
    /// What was found, in words.
    told: String,
    /// The exception's name, where a device has one.
    exception: Option<Value>,
    /// What to do about it.
    hint: Option<String>,
}

impl Finding {
    fn new(what: &'static str, level: Level, told: impl Into<String>) -> Self {
        Self {
            what,
            level,
            told: crate::address::clean(&told.into(), 400),
            exception: None,
            hint: None,
        }
    }

    fn ok(what: &'static str, told: impl Into<String>) -> Self {
        Self::new(what, Level::Ok, told)
    }

    fn warn(what: &'static str, told: impl Into<String>) -> Self {
        Self::new(what, Level::Warning, told)
    }

    fn fail(what: &'static str, told: impl Into<String>) -> Self {
        Self::new(what, Level::Failure, told)
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn json(&self) -> Value {
        json!({
            "what": self.what,
            "level": self.level.word(),
            "told": self.told,
            "exception": self.exception,
            "hint": self.hint,
        })
    }

    fn lines(&self) -> String {
        let mut text = format!("{:<5} {:<11} {}\n", self.level.word(), self.what, self.told);
        if let Some(hint) = &self.hint {
            text.push_str(&format!("{:<18}{hint}\n", ""));
        }
        text
    }
}

/// Carries out `offhook doctor`.
///
/// # Errors
///
/// Stdout is gone.
pub(super) fn run(globals: &Globals, args: &Doctor) -> Result<ExitCode, Error> {
    let (config, mut findings) = configuration(globals);
    findings.extend(devices(&config));
    findings.extend(system::codecs());
    findings.extend(system::terminal());
    findings.extend(system::network(config.account.server.as_ref()));
    let is_well = findings.iter().all(|it| it.level != Level::Failure);
    if args.json {
        let findings: Vec<Value> = findings.iter().map(Finding::json).collect();
        let report =
            json!({ "ok": is_well, "version": env!("CARGO_PKG_VERSION"), "findings": findings });
        say(&format!("{report}\n"))?;
    } else {
        say(&findings.iter().map(Finding::lines).collect::<String>())?;
    }
    Ok(ExitCode::from(u8::from(!is_well)))
}

fn configuration(globals: &Globals) -> (Config, Vec<Finding>) {
    const WHAT: &str = "config";
    match settings::load(globals) {
        Err(error) => {
            let told = match error.detailed() {
                Some(detail) => format!("{error}: {detail}"),
                None => error.to_string(),
            };
            let hint = "`offhook config check` says the same; `offhook config default` prints one to start from";
            (
                Config::default(),
                vec![Finding::fail(WHAT, told).hint(hint)],
            )
        }
        Ok(loaded) => {
            let mut findings: Vec<Finding> = loaded
                .warnings
                .iter()
                .map(|warning| Finding::warn(WHAT, warning.to_string()))
                .collect();
            if findings.is_empty() {
                findings.push(match &loaded.file {
                    Some(file) => Finding::ok(WHAT, format!("{} is fine", file.display())),
                    None => Finding::ok(WHAT, "there is no file, everything is at its default"),
                });
            }
            (loaded.config, findings)
        }
    }
}

fn devices(config: &Config) -> Vec<Finding> {
    // Sound libraries write to stderr whenever they like; without it set aside they do no harm here.
    let quiet = Quiet::start(None).ok();
    let sound = &config.sound;
    let mut findings = vec![
        device::microphone(&sound.microphone),
        device::speaker("speaker", &sound.speaker),
    ];
    findings.extend(
        sound
            .ring_on
            .iter()
            .map(|it| device::speaker("ring on", it)),
    );
    findings.push(device::camera(&config.video.camera));
    drop(quiet);
    findings
}
