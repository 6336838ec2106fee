//! What kind of thing a speaker is, from its names and from what it is plugged into.

use std::fs;
use std::path::Path;

use crate::av::Route;

/// Tells the kind of a speaker from its id, the name people see, and where the card hangs in the
/// machine (the target of `/sys/class/sound/cardN/device`), if that is known.
pub(super) fn route_of(id: &str, name: &str, bus: Option<&str>) -> Route {
    let said = format!("{id} {name}").to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if has(&["bluez", "bluetooth", "airpods"]) {
        Route::Bluetooth
    } else if has(&["raop", "airplay"]) {
        Route::Airplay
    } else if has(&["usb"]) || bus.is_some_and(|bus| bus.to_lowercase().contains("/usb")) {
        Route::ExternalUsb
    } else if has(&["headphone", "headset", "earphone"]) {
        Route::Headphone
    } else {
        Route::Speaker
    }
}

/// Looks up where the card of an ALSA id such as `alsa:hw:CARD=Headset,DEV=0` hangs.
pub(super) fn bus_of(id: &str) -> Option<String> {
    let card = card_number(id)?;
    let target = fs::canonicalize(format!("/sys/class/sound/card{card}/device")).ok()?;
    Some(target.to_string_lossy().into_owned())
}

/// Returns the node of the card behind an ALSA id, `/dev/snd/pcmC1D0p`.
pub(super) fn pcm_node(id: &str, is_capture: bool) -> Option<String> {
    let card = card_number(id)?;
    let device = device_number(id);
    let way = if is_capture { 'c' } else { 'p' };
    Some(format!("/dev/snd/pcmC{card}D{device}{way}"))
}

/// Returns whether two ids are ways to the same device of the same card, such as `hw:1` and
/// `alsa:plughw:CARD=Headset,DEV=0`; a card is also compared when it is gone, by its name.
pub(super) fn is_same_card(one: &str, other: &str) -> bool {
    let (Some(card), Some(other_card)) = (card_of(one), card_of(other)) else {
        return false;
    };
    let is_same = || card_number(one).is_some_and(|n| card_number(other) == Some(n));
    device_number(one) == device_number(other) && (card == other_card || is_same())
}

fn card_number(id: &str) -> Option<u32> {
    let card = card_of(id)?;
    card.parse().ok().or_else(|| {
        // Cards have names as well; the kernel keeps both.
        (0..32).find(|n| {
            let path = format!("/sys/class/sound/card{n}/id");
            fs::read_to_string(Path::new(&path)).is_ok_and(|id| id.trim() == card)
        })
    })
}

/// Returns the card an ALSA id names: its number or its name.
pub(super) fn card_of(id: &str) -> Option<&str> {
    let id = id.strip_prefix("alsa:").unwrap_or(id);
    let (_, rest) = id.split_once(':')?;
    let first = rest.split(',').next()?;
    let card = first.strip_prefix("CARD=").unwrap_or(first);
    (!card.is_empty()).then_some(card)
}

fn device_number(id: &str) -> u32 {
    let second = id.split(',').nth(1);
    let number = second.map(|device| device.strip_prefix("DEV=").unwrap_or(device));
    number.and_then(|n| n.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_told_from_names_and_bus() {
        let rows = [
            (
                "pulseaudio:bluez_output.AA_BB.1",
                "WH-1000XM4",
                None,
                Route::Bluetooth,
            ),
            (
                "pulseaudio:alsa_output.usb-Jabra-00.analog",
                "Jabra",
                None,
                Route::ExternalUsb,
            ),
            (
                "alsa:plughw:CARD=Headset,DEV=0",
                "Headset",
                Some("/sys/devices/pci0000:00/usb1/1-1"),
                Route::ExternalUsb,
            ),
            (
                "alsa:sysdefault:CARD=PCH",
                "HDA Intel PCH",
                Some("/sys/devices/pci0000:00/0000:00:1f.3"),
                Route::Speaker,
            ),
            (
                "pulseaudio:alsa_output.pci.headphones",
                "Built-in Audio Headphones",
                None,
                Route::Headphone,
            ),
            (
                "coreaudio:AirPods",
                "Somebody's AirPods",
                None,
                Route::Bluetooth,
            ),
            (
                "pulseaudio:raop_output.kitchen",
                "Kitchen",
                None,
                Route::Airplay,
            ),
            ("alsa:default", "Default Audio Device", None, Route::Speaker),
            ("", "", None, Route::Speaker),
        ];
        for (id, name, bus, route) in rows {
            assert_eq!(route_of(id, name, bus), route, "{id} {name}");
        }
    }

    #[test]
    fn an_alsa_id_names_its_node() {
        assert_eq!(
            pcm_node("alsa:hw:CARD=2,DEV=3", true).unwrap(),
            "/dev/snd/pcmC2D3c"
        );
        assert_eq!(pcm_node("hw:1", false).unwrap(), "/dev/snd/pcmC1D0p");
        assert_eq!(pcm_node("alsa:default", false), None);
        assert_eq!(card_of("alsa:sysdefault:CARD=PCH"), Some("PCH"));
    }

    #[test]
    fn ways_to_a_card_are_told_from_other_cards() {
        let rows = [
            ("hw:Rare,0", "alsa:plughw:CARD=Rare,DEV=0", true),
            ("alsa:sysdefault:CARD=Rare", "alsa:hw:CARD=Rare,DEV=0", true),
            ("alsa:hw:CARD=Rare,DEV=1", "alsa:hw:CARD=Rare,DEV=0", false),
            ("alsa:hw:CARD=Rare,DEV=0", "alsa:hw:CARD=Else,DEV=0", false),
            ("alsa:default", "alsa:hw:CARD=Rare,DEV=0", false),
            ("alsa:default", "alsa:default", false),
        ];
        for (one, other, is_same) in rows {
            assert_eq!(is_same_card(one, other), is_same, "{one} {other}");
        }
    }
}
