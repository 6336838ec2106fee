//! Makes a station's setup of the command line and the configuration.

use std::fs;
use std::io;
use std::time::Duration;

use super::args::Globals;
use super::error::{Error, Kind};
use super::{contacts, password, paths, settings};
use crate::address::{NAME_CHARS, User, clean};
use crate::config::{Config, Rules, ServerUrl, Sound, Video};
use crate::contacts::{Contact, Contacts};
use crate::id::{DeviceId, UserId};
use crate::media::MediaSettings;
use crate::media::device::{CameraSpec, DeviceSpec, Direction};
use crate::phone::{PersonRule, Settings};
use crate::run::{self, HookSettings, Setup, Voice};
use crate::sip::{Account, Secret};

/// Reads everything a verb without a screen needs; may ask for the password.
///
/// # Errors
///
/// What is missing or wrong, with where and what to do.
pub(crate) fn headless(globals: &Globals) -> Result<(Setup, String), Error> {
    let loaded = settings::load(globals)?;
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
        eprintln!("warning: {warning}");
    }
    let config = loaded.config;
    let missing = |what: &str, hint: &str| Error::usage(what).hint(hint);
    let id = config.account.id.clone().ok_or_else(|| {
        missing(
            "no user ID to sign in with",
            "give one with `--as`, or `id` in the configuration",
        )
    })?;
    let server = config.account.server.clone().ok_or_else(|| {
        missing(
            "no server to sign in to",
            "give one with `--server`, or start one with `offhook serve`",
        )
    })?;
    let setup = setup(&config, &id, &server)?;
    Ok((setup, server.to_string()))
}

/// Makes the setup of somebody whose ID and server are known; may ask for the password.
///
/// # Errors
///
/// A device that cannot be, a password that cannot be had.
pub(crate) fn setup(config: &Config, id: &UserId, server: &ServerUrl) -> Result<Setup, Error> {
    let media = media(&config.sound, &config.video)?;
    let password = password::find(&config.account, id, server)?;
    let me = User::new(
        id.clone(),
        config.account.name.as_deref().unwrap_or_default(),
    );
    let device = device_id()?;
    let account = Account {
        me: me.clone(),
        domain: config.account.domain.clone(),
        server: server.to_string(),
        password: Secret::new(password.reveal()),
        device: device.clone(),
        device_name: device_name(),
    };
    let hooks = HookSettings::from(config.hooks.clone());
    let contacts = contacts::load(&paths::contacts_file()?)?.at_home(&account.domain());
    let settings = Settings {
        device_name: account.device_name.clone(),
        people: contacts.iter().filter_map(person).collect(),
        decides_incoming: hooks.decides_incoming(),
        decides_hang_up: hooks.decides_hang_up(),
        push: config.sound.push,
        ..rules(&config.call, Settings::new(me, device))
    };
    let rings = config.sound.rings;
    Ok(Setup {
        settings,
        account,
        media,
        rings,
        voice: Voice::Microphone,
        history: Some(paths::history_file()?),
        recordings: Some(paths::recordings_dir(config.call.record_to.as_deref())?),
        contacts,
        hooks,
    })
}

/// Lays what `[call]` says over the settings.
fn rules(rules: &Rules, settings: Settings) -> Settings {
    let seconds = |number: u16| Duration::from_secs(u64::from(number));
    let unless_0 = |number: u16| (number > 0).then(|| seconds(number));
    Settings {
        ring_timeout: seconds(rules.ring_timeout),
        dial_back_timeout: seconds(rules.dial_back_timeout),
        busy: rules.busy,
        allow: rules.allow,
        do_not_disturb: rules.do_not_disturb,
        confirm: rules.confirm_hang_up,
        max_duration: unless_0(rules.max_duration),
        alone: unless_0(rules.alone),
        end_when_host_leaves: rules.end_when_host_leaves,
        add: rules.add,
        records: rules.record,
        early: rules.early_transport,
        ..settings
    }
}

/// Returns what goes for a contact; `None` for one of another server, whose ID may be somebody else's here.
fn person(contact: &Contact) -> Option<PersonRule> {
    contact.address.domain.is_none().then(|| PersonRule {
        id: contact.address.user.clone(),
        auto_answer: contact.auto_answer,
        ring_timeout: contact.ring_timeout,
        is_allowed: contact.allowed,
        is_silent: contact.silent,
        tone: contact.ring.clone(),
    })
}

fn media(sound: &Sound, video: &Video) -> Result<MediaSettings, Error> {
    let spec = |role, option: &str, text: &str| {
        DeviceSpec::parse_for(role, text)
            .map_err(|error| Error::usage(format!("{option} {text}: {error}")))
            .and_then(|spec| match spec.check(role) {
                Ok(()) => Ok(spec),
                Err(trouble) => {
                    let error = Error::new(Kind::Device, format!("cannot use {option} {text}"));
                    Err(error.detail(trouble.detail))
                }
            })
    };
    // One that does not ring needs no volume, and may be misspelt.
    let rings = sound.ring_volumes.iter();
    let rings = rings.filter_map(|(device, volume)| {
        let spec = DeviceSpec::parse_for(Direction::Speaker, device).ok()?;
        Some((spec, *volume))
    });
    let ring_on = sound.ring_on.iter();
    let ring_on = ring_on.map(|device| spec(Direction::Speaker, "--ring-on", device));
    Ok(MediaSettings {
        microphone: spec(Direction::Microphone, "--mic", &sound.microphone)?,
        speaker: spec(Direction::Speaker, "--speaker", &sound.speaker)?,
        ring_on: ring_on.collect::<Result<_, _>>()?,
        ring_volume: sound.ring_volume,
        ring_volumes: rings.collect(),
        camera: camera(&video.camera)?,
        gate: sound.gate.map(f32::from),
        latency: sound.latency,
        speech: sound.latency.into(),
        cleaning: sound.cleaning,
    })
}

/// Reads a camera's string. Only a film can be known to be missing before somebody wants to be seen.
fn camera(text: &str) -> Result<CameraSpec, Error> {
    let spec = text.parse();
    let spec: CameraSpec =
        spec.map_err(|error| Error::usage(format!("--camera {text}: {error}")))?;
    if let CameraSpec::File(path) = &spec {
        fs::File::open(path).map_err(|error| {
            Error::new(Kind::Device, format!("cannot use --camera {text}")).detail(error)
        })?;
    }
    Ok(spec)
}

/// Makes a sample person's setup: no devices, nothing kept.
pub(crate) fn sample(id: &str, name: &str, server: &str) -> Setup {
    let id = UserId::parse(id).expect("the sample IDs are user IDs");
    let voice = if id.as_str() == "echo" {
        Voice::Echo
    } else {
        Voice::Visitor
    };
    let media = MediaSettings {
        microphone: DeviceSpec::None,
        speaker: DeviceSpec::None,
        camera: CameraSpec::Test,
        ..MediaSettings::default()
    };
    unkept(User::new(id, name), server, media, voice)
}

/// Returns the sample person that answers.
pub(crate) fn echo() -> User {
    User::new(UserId::parse("echo").expect("`echo` is a user ID"), "Echo")
}

/// Makes the setup of the person at the demo; only the devices and the name are taken from outside.
///
/// # Errors
///
/// A device that cannot be.
pub(crate) fn you_in_the_demo(globals: &Globals, server: &str) -> Result<Setup, Error> {
    let device = |given: &Option<String>| given.clone().unwrap_or_else(|| "default".to_owned());
    let sound = Sound {
        microphone: device(&globals.mic),
        speaker: device(&globals.speaker),
        ring_on: globals.ring_on.clone(),
        ..Sound::default()
    };
    let camera = device(&globals.camera);
    let video = Video {
        camera,
        ..Video::default()
    };
    let mut media = media(&sound, &video)?;
    if media.camera == CameraSpec::Default && !has_camera() {
        media.camera = CameraSpec::Test;
    }
    let id = globals
        .id
        .clone()
        .unwrap_or_else(|| UserId::parse("you").expect("`you` is one"));
    let me = User::new(id, globals.name.as_deref().unwrap_or_default());
    let voice = Voice::Microphone;
    let setup = unkept(me, server, media, voice);
    Ok(Setup {
        rings: true,
        ..setup
    })
}

/// Tells whether there may be a camera: where the system lists them as files, whether it does.
fn has_camera() -> bool {
    let Ok(files) = fs::read_dir("/dev").map(|files| files.flatten().collect::<Vec<_>>()) else {
        return true;
    };
    let is_camera = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with("video");
    !cfg!(target_os = "linux") || files.iter().any(|file| is_camera(&file.file_name()))
}

/// A setup whose device id and password live as long as the process.
fn unkept(me: User, server: &str, media: MediaSettings, voice: Voice) -> Setup {
    let device = run::new_device_id();
    let account = Account {
        me: me.clone(),
        domain: None,
        server: server.to_owned(),
        password: Secret::new(password::invent()),
        device: device.clone(),
        device_name: "demo".to_owned(),
    };
    let settings = Settings::new(me, device);
    Setup {
        settings,
        account,
        media,
        rings: false,
        voice,
        history: None,
        recordings: None,
        contacts: Contacts::default(),
        hooks: HookSettings::default(),
    }
}

/// Returns this installation's id; makes and keeps one at the first start.
fn device_id() -> Result<DeviceId, Error> {
    let dir = paths::state_dir()?;
    let path = dir.join("device-id");
    let kept = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => {
            let error = Error::failed(format!("cannot read {}", path.display())).detail(error);
            return Err(error);
        }
    };
    let kept = kept.trim();
    if kept.len() == 26 && kept.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(DeviceId::new(kept));
    }
    let id = run::new_device_id();
    paths::make_private(&dir)
        .and_then(|()| fs::write(&path, format!("{id}\n")))
        .map_err(|error| Error::failed(format!("cannot write {}", path.display())).detail(error))?;
    Ok(id)
}

/// Returns what others call this machine.
fn device_name() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_no_proc| fs::read_to_string("/etc/hostname"))
        .unwrap_or_default();
    let name = clean(&name, NAME_CHARS);
    if name.is_empty() {
        "this device".to_owned()
    } else {
        name
    }
}
