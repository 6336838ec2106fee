//! The configuration: TOML text in, values and located errors out. Opens no file.

mod hooks;
mod kept;
mod rings;
mod rules;
pub(crate) mod source;
mod url;

pub use hooks::Hooks;
pub use kept::KeptDevices;
pub use rules::{AddPolicy, Allow, BusyPolicy, Confirm, EarlyTransport, Rules};
pub use source::{ConfigError, Warning};
pub use url::{ServerUrl, ServerUrlError};

use crate::address::{Address, NAME_CHARS, clean};
use crate::av::{Cleaning, Latency, Renderer};
use crate::id::UserId;
use serde::{Deserialize, Serialize};
use source::{Entry, Source};

/// A file with every key at its default, as `offhook config default` prints it.
pub const DEFAULT: &str = include_str!("../assets/config.toml");

/// All that can be configured. The command line wins over it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Config {
    /// `[account]`
    pub account: Account,
    /// `[call]`
    pub call: Rules,
    /// `[sound]`
    pub sound: Sound,
    /// `[video]`
    pub video: Video,
    /// `[hooks]`
    pub hooks: Hooks,
}

/// Who calls, and through which server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// The user ID to sign in with.
    pub id: Option<UserId>,
    /// What others see; the ID where it is `None`.
    pub name: Option<String>,
    /// Where to sign in.
    pub server: Option<ServerUrl>,
    /// The domain of our IDs; the server's host where it is `None`.
    pub domain: Option<String>,
    /// A shell command whose first line of output is the password.
    pub password_command: Option<String>,
}

/// Which devices are used, and whether they ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sound {
    /// A device string, as `--mic` takes it.
    pub microphone: String,
    /// A device string, as `--speaker` takes it.
    pub speaker: String,
    /// Whether incoming calls ring and outgoing ones play a ringback.
    pub rings: bool,
    /// Device strings, as `--ring-on` takes them; calls ring on the speaker where there is none.
    pub ring_on: Vec<String>,
    /// How loud calls ring on the speaker, in dB, -60 to 0.
    pub ring_volume: i8,
    /// The same on those devices of `ring_on` that have a volume of their own.
    pub ring_volumes: Vec<(String, i8)>,
    /// What the key of push to talk does.
    pub push: Push,
    /// Below this level, in dBFS, the microphone counts as silent; `None`: never.
    pub gate: Option<i16>,
    /// How much delay is taken to be safe from gaps.
    pub latency: Latency,
    /// What is done to the microphone's sound before it is sent.
    pub cleaning: Cleaning,
}

/// What the key of push to talk does in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Push {
    /// Nothing.
    #[default]
    Off,
    /// Our voice is sent while it is down, and not else.
    Talk,
    /// Our voice is not sent while it is down.
    Mute,
}

/// Which camera is used, and how pictures are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Video {
    /// A device string, as `--camera` takes it.
    pub camera: String,
    /// How pictures are shown; `None`: in the best way that the terminal knows.
    pub renderer: Option<Renderer>,
}

impl Default for Video {
    fn default() -> Self {
        Self {
            camera: "default".to_owned(),
            renderer: None,
        }
    }
}

impl Default for Sound {
    fn default() -> Self {
        Self {
            microphone: "default".to_owned(),
            speaker: "default".to_owned(),
            rings: true,
            ring_on: Vec::new(),
            ring_volume: 0,
            ring_volumes: Vec::new(),
            push: Push::default(),
            gate: None,
            latency: Latency::default(),
            cleaning: Cleaning::default(),
        }
    }
}

const SECTIONS: &[&str] = &["account", "call", "sound", "video", "hooks"];

impl Config {
    /// Reads a file's text; `file` is what errors and warnings call it.
    pub fn parse(text: &str, file: &str) -> Result<(Self, Vec<Warning>), ConfigError> {
        let source = Source { text, file };
        let mut warnings = Vec::new();
        let document = source.document()?;
        let mut config = Self::default();
        for section in source.entries("", &document) {
            match section.name() {
                "account" => config.account = Account::read(&section, &mut warnings)?,
                "call" => config.call = Rules::read(&section, &mut warnings)?,
                "sound" => config.sound = Sound::read(&section, &mut warnings)?,
                "video" => config.video = Video::read(&section, &mut warnings)?,
                "hooks" => config.hooks = Hooks::read(&section, &mut warnings)?,
                _ => warnings.push(section.unknown(SECTIONS)),
            }
        }
        Ok((config, warnings))
    }
}

impl Account {
    fn read(section: &Entry<'_>, warnings: &mut Vec<Warning>) -> Result<Self, ConfigError> {
        const KEYS: &[&str] = &["id", "name", "server", "domain", "password_command"];
        let mut account = Self::default();
        for entry in section.table()? {
            match entry.name() {
                "id" => account.id = Some(entry.parsed("a user ID", UserId::parse)?),
                "name" => account.name = Some(entry.parsed("a name", name)?),
                "server" => account.server = Some(entry.parsed("a URL", ServerUrl::parse)?),
                "domain" => account.domain = Some(entry.parsed("a host name", domain)?),
                "password_command" => {
                    account.password_command = Some(entry.parsed("a shell command", filled)?);
                }
                // A password in a file is read over shoulders, copied and backed up.
                "password" => {
                    return Err(entry.error(
                        "no password: expected password_command, \
                         a command that prints it, such as `pass show sip/alice`",
                    ));
                }
                _ => warnings.push(entry.unknown(KEYS)),
            }
        }
        Ok(account)
    }
}

impl Sound {
    fn read(section: &Entry<'_>, warnings: &mut Vec<Warning>) -> Result<Self, ConfigError> {
        const KEYS: &[&str] = &[
            "microphone",
            "speaker",
            "rings",
            "ring_on",
            "ring_volume",
            "gate",
            "push",
            "latency",
            "echo_cancel",
            "noise",
            "auto_gain",
            "high_pass",
            "clean_files",
        ];
        const LATENCY: &[(&str, Latency)] = &[
            ("low", Latency::Low),
            ("normal", Latency::Normal),
            ("safe", Latency::Safe),
        ];
        const VOLUME: &str = "a whole number of dB from -60 to 0";
        const GATE: &str = "a whole number of dBFS from -90 to 0";
        const DEVICE: &str = "default, a device's name, file:PATH.wav or none";
        let mut sound = Self::default();
        for entry in section.table()? {
            match entry.name() {
                "microphone" => sound.microphone = entry.parsed(DEVICE, filled)?,
                "speaker" => sound.speaker = entry.parsed(DEVICE, filled)?,
                "rings" => sound.rings = entry.boolean()?,
                "ring_on" => {
                    let rings = rings::read(&entry)?;
                    let volumes = rings.iter().cloned();
                    let volumes = volumes.filter_map(|(device, volume)| Some((device, volume?)));
                    sound.ring_volumes = volumes.collect();
                    sound.ring_on = rings.into_iter().map(|(device, _)| device).collect();
                }
                "ring_volume" => {
                    let volume = entry.signed(rings::VOLUME, VOLUME)?;
                    sound.ring_volume = i8::try_from(volume).unwrap_or(0);
                }
                "push" => {
                    let choices = [
                        ("off", Push::Off),
                        ("talk", Push::Talk),
                        ("mute", Push::Mute),
                    ];
                    sound.push = entry.choice(&choices)?;
                }
                "gate" => sound.gate = Some(entry.signed(-90..=0, GATE)?),
                "latency" => sound.latency = entry.choice(LATENCY)?,
                "echo_cancel" => sound.cleaning.echo_cancel = entry.boolean()?,
                "noise" => sound.cleaning.noise = entry.boolean()?,
                "auto_gain" => sound.cleaning.auto_gain = entry.boolean()?,
                "high_pass" => sound.cleaning.high_pass = entry.boolean()?,
                "clean_files" => sound.cleaning.files = entry.boolean()?,
                _ => warnings.push(entry.unknown(KEYS)),
            }
        }
        Ok(sound)
    }
}

impl Video {
    fn read(section: &Entry<'_>, warnings: &mut Vec<Warning>) -> Result<Self, ConfigError> {
        const KEYS: &[&str] = &["camera", "renderer"];
        const CAMERA: &str = "default, a camera's name, file:PATH.y4m, test or none";
        let mut video = Self::default();
        for entry in section.table()? {
            match entry.name() {
                "camera" => video.camera = entry.parsed(CAMERA, filled)?,
                "renderer" => {
                    let known = Renderer::ALL.map(|it| (it.as_str(), Some(it)));
                    let choices = [("auto", None)].into_iter().chain(known);
                    video.renderer = entry.choice(&choices.collect::<Vec<_>>())?;
                }
                _ => warnings.push(entry.unknown(KEYS)),
            }
        }
        Ok(video)
    }
}

fn filled(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() {
        return Err("it is empty");
    }
    Ok(text.to_owned())
}

fn name(text: &str) -> Result<String, &'static str> {
    filled(&clean(text, NAME_CHARS))
}

fn domain(text: &str) -> Result<String, String> {
    let address = Address::parse(&format!("x@{text}")).map_err(|error| error.to_string())?;
    address
        .domain
        .filter(|domain| domain.eq_ignore_ascii_case(text))
        .ok_or_else(|| "only the host, nothing around it".to_owned())
}
