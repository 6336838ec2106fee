//! The media's devices and levels, as the screen takes them.

use std::fs;
use std::io;
use std::path::Path;

use crate::config::KeptDevices;
use crate::media::{Check, CheckStage, Meters};
use crate::phone::Phone;
use crate::tui::{self, Checked, FoundDevice, PeerMeter};

/// Lists the sound cards. May take two seconds.
pub(crate) fn found() -> Vec<FoundDevice> {
    let listed = crate::media::device::list();
    listed
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
            rtt: reading.rtt,
            loss: reading.loss,
            jitter: reading.jitter,
            buffer: reading.buffer,
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
