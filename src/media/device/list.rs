//! Which devices there are.

use super::Surveyor;
use crate::av::Role;

/// A device as it can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Names the device even after others came and went; a camera's is good until it is unplugged.
    pub id: String,
    /// Names the device for people. A camera's finds it again wherever it is plugged in.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Whether `default` means this one.
    pub is_default: bool,
}

/// Lists the sound cards. Takes up to two seconds; empty when there are none or nobody answers.
pub fn list() -> Vec<Listed> {
    let mut cards = Surveyor::default().survey().cards;
    cards.retain(is_understood);
    cards
}

/// What ALSA has beside the cards, and what its plugins add: ways to change sound, not devices.
const PLUGINS: [&str; 19] = [
    "null",
    "lavrate",
    "samplerate",
    "speexrate",
    "speex",
    "jack",
    "oss",
    "pulse",
    "pipewire",
    "upmix",
    "vdownmix",
    "arcam_av",
    "usbstream",
    "a52",
    "dmix",
    "dsnoop",
    "modem",
    "phoneline",
    "iec958",
];

/// Returns whether a person may choose it from a list: of the many ways that ALSA has to a card
/// the one that takes any rate, and what somebody named in a configuration of their own. A way
/// that is not listed can still be named.
fn is_understood(card: &Listed) -> bool {
    let Some(id) = card.id.strip_prefix("alsa:") else {
        return true;
    };
    match id.split_once(':') {
        Some(("plughw", way)) => {
            let card = way.trim_start_matches("CARD=").split(',').next();
            card.is_some_and(|card| card.parse::<u32>().is_err())
        }
        Some(_) => false,
        None => !PLUGINS.contains(&id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_alsas_many_names_those_of_devices_are_listed() {
        let rows = [
            ("pulseaudio:alsa_output.usb", true),
            ("alsa:default", true),
            ("alsa:plughw:CARD=Headset,DEV=0", true),
            ("alsa:plughw:CARD=0,DEV=0", false),
            ("alsa:hw:CARD=Headset,DEV=0", false),
            ("alsa:sysdefault:CARD=Headset", false),
            ("alsa:front:CARD=Headset,DEV=0", false),
            ("alsa:surround51:CARD=Headset,DEV=0", false),
            ("alsa:usbstream:CARD=Headset", false),
            ("alsa:lavrate", false),
            ("alsa:upmix", false),
            ("alsa:pulse", false),
            ("alsa:null", false),
            ("alsa:my_mixer", true),
        ];
        for (id, is_listed) in rows {
            let card = Listed {
                id: id.to_owned(),
                name: String::new(),
                role: Role::Speaker,
                is_default: false,
            };
            assert_eq!(is_understood(&card), is_listed, "{id}");
        }
    }
}
