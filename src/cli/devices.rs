//! The media's devices and levels, as the screen takes them.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::config::KeptDevices;
use serde_json::json;

use super::error::Error;
use super::quiet::Quiet;
use super::{column, say};
use crate::av::Role;
use crate::media::device::Listed;
use crate::media::{self, Check, CheckStage, Meters};
use crate::phone::Phone;
use crate::tui::{self, Checked, FoundDevice, PeerMeter};

const ROLES: [(Role, &str); 3] = [
    (Role::Microphone, "microphone"),
    (Role::Speaker, "speaker"),
    (Role::Camera, "camera"),
];

/// Carries out `offhook devices`: what there is, by the strings that choose it.
///
/// # Errors
///
/// Stdout is gone. That there are no devices is none.
pub(super) fn run(is_json: bool) -> Result<(), Error> {
    // Sound libraries write to stderr whenever they like.
    let quiet = Quiet::start(None).ok();
    let listed = listed();
    drop(quiet);
    let missing = |role| listed.iter().all(|it: &Listed| it.role != role);
    if is_json {
        let devices: Vec<_> = listed.iter().map(json).collect();
        let missing = ROLES.iter().filter(|(role, _)| missing(*role));
        let missing: Vec<_> = missing
            .map(|(role, _)| json!({ "role": role, "why": why_none(*role) }))
            .collect();
        return say(&format!(
            "{}\n",
            json!({ "devices": devices, "missing": missing })
        ));
    }
    let mut text = String::new();
    for (role, noun) in ROLES {
        text.push_str(&format!("{noun}s:\n"));
        if missing(role) {
            text.push_str(&format!("  none: {}\n", why_none(role)));
            continue;
        }
        let of_role = listed.iter().filter(|device| device.role == role);
        let rows = of_role.map(|device| {
            let mark = if device.is_default { "*" } else { " " };
            let clean = |text: &str| crate::address::clean(text, 200);
            vec![format!(" {mark}"), clean(&device.name), clean(&device.id)]
        });
        text.push_str(&column::lines(rows.collect()));
    }
    say(&text)
}

fn json(device: &Listed) -> serde_json::Value {
    json!({
        "role": device.role,
        "id": device.id,
        "name": device.name,
        "default": device.is_default,
    })
}

/// Lists sound cards and cameras. May take four seconds.
fn listed() -> Vec<Listed> {
    let mut listed = media::device::list();
    listed.extend(media::device::list_cameras());
    listed
}

/// Guesses why there is no such device, in words for a person.
pub(crate) fn why_none(role: Role) -> String {
    let (dir, prefix, group) = match role {
        Role::Microphone | Role::Speaker => ("/dev/snd", "controlC", "audio"),
        Role::Camera => ("/dev", "video", "video"),
    };
    let nodes = fs::read_dir(dir).into_iter().flatten().flatten();
    let nodes = nodes.filter(|it| it.file_name().to_string_lossy().starts_with(prefix));
    let mut opened = nodes.map(|node| File::open(node.path())).peekable();
    if opened.peek().is_none() {
        return match role {
            Role::Camera => "there is no /dev/video*: plug one in, or use `test`".to_owned(),
            Role::Microphone | Role::Speaker => {
                "there is no sound card in /dev/snd and no sound server answers; \
                 a file, a tone or `none` do without"
                    .to_owned()
            }
        };
    }
    let is_denied = |it: io::Result<File>| {
        it.is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
    };
    match opened.all(is_denied) {
        true => format!(
            "your user is not in group {group}: \
             sudo usermod -aG {group} $USER, then log in again"
        ),
        false => "there is one, but the system does not list it; is its daemon running?".to_owned(),
    }
}

/// Lists the devices for the screen. May take four seconds.
pub(crate) fn found() -> Vec<FoundDevice> {
    listed()
        .into_iter()
        .map(|device| FoundDevice {
            role: device.role,
            id: device.id,
            name: device.name,
        })
        .collect()
}

/// Returns the media's word for a way to try a device out.
pub(crate) const fn check_of(check: tui::Check) -> Check {
    match check {
        tui::Check::Listen(on) => Check::Listen(on),
        tui::Check::Preview(on) => Check::Preview(on),
        tui::Check::Tone => Check::Tone,
        tui::Check::Ring => Check::Ring,
        tui::Check::Loop => Check::Loop,
        tui::Check::Stop => Check::Stop,
    }
}

/// Returns the screen's word for how far a recording has come.
pub(crate) const fn checked(stage: CheckStage) -> Checked {
    match stage {
        CheckStage::Recording => Checked::Recording,
        CheckStage::Playing { peak } => Checked::Playing { peak },
        CheckStage::Done => Checked::Done,
    }
}

/// Writes the choice of devices into the configuration; returns what to tell the person.
///
/// # Errors
///
/// Why it is not there, in words.
pub(crate) fn keep(file: &Path, kept: &KeptDevices) -> Result<String, String> {
    // The file itself where a link stands in its place.
    let file = fs::canonicalize(file).unwrap_or_else(|_none_yet| file.to_owned());
    let failed = |error: io::Error| format!("cannot write {}: {error}", file.display());
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(format!("cannot read {}: {error}", file.display())),
    };
    let text = kept
        .keep(&text)
        .map_err(|error| format!("cannot change {}: {error}", file.display()))?;
    if let Some(dir) = file.parent() {
        fs::create_dir_all(dir).map_err(failed)?;
    }
    super::contacts::replace(&file, &text).map_err(failed)?;
    Ok(format!("Kept in {}", file.display()))
}

/// Reads the levels of everybody in a call.
pub(crate) fn meters(meters: &Meters, phone: &Phone) -> tui::Meters {
    let members = phone.calls().iter().flat_map(|call| &call.members);
    let peers = members.filter_map(|member| {
        let leg = member.leg?;
        let reading = meters.leg(leg)?;
        let meter = PeerMeter {
            level: reading.level,
            quality: reading.quality,
        };
        Some((leg, meter))
    });
    let peers: Vec<_> = peers.collect();
    let loudest = peers
        .iter()
        .map(|(_, peer)| peer.level)
        .fold(tui::SILENCE, f32::max);
    tui::Meters {
        microphone: meters.microphone(),
        is_gated: !meters.is_gate_open(),
        speaker: loudest,
        peers,
    }
}
