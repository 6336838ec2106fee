//! `offhook config`: where the file is, what is wrong with it, one to start from.

use crate::config::DEFAULT;

use super::args::{ConfigVerb, Globals};
use super::error::{Error, Kind};
use super::{say, settings};

/// Carries out `offhook config`.
pub(super) fn run(globals: &Globals, verb: ConfigVerb) -> Result<(), Error> {
    match verb {
        ConfigVerb::Path => say(&format!("{}\n", settings::file(globals)?.display())),
        ConfigVerb::Default => say(DEFAULT),
        ConfigVerb::Check => check(globals),
    }
}

fn check(globals: &Globals) -> Result<(), Error> {
    let loaded = settings::load(globals)?;
    let Some(file) = &loaded.file else {
        let path = settings::file(globals)?;
        return say(&format!(
            "no file at {}; everything is at its default\n",
            path.display()
        ));
    };
    loaded.warn();
    match loaded.warnings.len() {
        0 => say(&format!("{} is fine\n", file.display())),
        n => {
            let noun = if n == 1 { "key" } else { "keys" };
            Err(Error::new(
                Kind::Config,
                format!("{n} unknown {noun} in {}", file.display()),
            ))
        }
    }
}
