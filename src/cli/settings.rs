//! What a verb goes by: the configuration file with the command line's options on top.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::{Config, Warning};
use crate::media::device::{CameraSpec, DeviceSpec, Direction, SpecError};

use super::args::Globals;
use super::error::{Error, Kind};
use super::paths;

/// A configuration and what its writer should know of.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// The values, the command line's included.
    pub config: Config,
    /// The keys that were skipped.
    pub warnings: Vec<Warning>,
    /// The file they came from; `None` where there is none, which is fine.
    pub file: Option<PathBuf>,
}

impl Loaded {
    /// Says on stderr which keys were skipped.
    pub fn warn(&self) {
        for warning in &self.warnings {
            eprintln!("warning: {warning}");
        }
    }
}

/// Returns the file that `--config` names, or the usual one.
pub fn file(globals: &Globals) -> Result<PathBuf, Error> {
    globals.config.clone().map_or_else(paths::config_file, Ok)
}

/// Reads the configuration and lays the command line over it.
///
/// A missing file is an empty one, unless it was asked for by name.
pub fn load(globals: &Globals) -> Result<Loaded, Error> {
    let mut loaded = match file(globals) {
        Ok(file) => read(&file, globals.config.is_some())?,
        // Without a home there is no file; that is no reason not to call.
        Err(_homeless) => Loaded::default(),
    };
    let config = &mut loaded.config;
    let set = |place: &mut String, value: &Option<String>| {
        if let Some(value) = value {
            place.clone_from(value);
        }
    };
    set(&mut config.sound.microphone, &globals.mic);
    set(&mut config.sound.speaker, &globals.speaker);
    set(&mut config.video.camera, &globals.camera);
    if !globals.ring_on.is_empty() {
        config.sound.ring_on.clone_from(&globals.ring_on);
    }
    if let Some(dir) = &globals.record {
        (config.call.record, config.call.record_to) = (true, Some(dir.clone()));
    }
    if let Some(id) = &globals.id {
        // The name and the password belong to the ID they stand beside.
        if config.account.id.as_ref().is_some_and(|other| other != id) {
            config.account.name = None;
            config.account.password_command = None;
        }
        config.account.id = Some(id.clone());
    }
    if let Some(server) = &globals.server {
        if config
            .account
            .server
            .as_ref()
            .is_some_and(|other| other != server)
        {
            config.account.domain = None;
        }
        config.account.server = Some(server.clone());
    }
    if globals.name.is_some() {
        config.account.name.clone_from(&globals.name);
    }
    Ok(loaded)
}

fn read(file: &Path, is_wanted: bool) -> Result<Loaded, Error> {
    let name = file.display().to_string();
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !is_wanted => {
            return Ok(Loaded::default());
        }
        Err(error) => {
            let error = Error::new(Kind::Config, format!("cannot read {name}")).detail(error);
            return Err(error.hint("`offhook config default` prints one to start from"));
        }
    };
    let (config, warnings) = Config::parse(&text, &name).map_err(|error| {
        Error::new(Kind::Config, "the configuration cannot be used")
            .detail(&error)
            .hint("`offhook config default` prints every key with its default")
    })?;
    let unusable = |key: &str, error: SpecError| {
        Error::new(Kind::Config, "the configuration cannot be used")
            .detail(format!("{name}: {key}: {error}"))
    };
    let sound = &config.sound;
    let rings = sound.ring_on.iter();
    let rings = rings.map(|text| ("sound.ring_on", Direction::Speaker, text));
    let devices = [
        ("sound.microphone", Direction::Microphone, &sound.microphone),
        ("sound.speaker", Direction::Speaker, &sound.speaker),
    ];
    for (key, role, text) in devices.into_iter().chain(rings) {
        DeviceSpec::parse_for(role, text).map_err(|error| unusable(key, error))?;
    }
    let camera: Result<CameraSpec, _> = config.video.camera.parse();
    camera.map_err(|error| unusable("video.camera", error))?;
    Ok(Loaded {
        config,
        warnings,
        file: Some(file.to_owned()),
    })
}
