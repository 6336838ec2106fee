//! `sound.ring_on`: the devices that ring, each as loud as it says.

use super::source::{ConfigError, Entry};

/// How loud something rings, in dB: 0 is as the sound is.
pub(super) const VOLUME: std::ops::RangeInclusive<i16> = -60..=0;
const WANTED: &str = "a list of device strings, each in quotes, \
                      or of {device = \"...\", volume = -60 to 0}";

/// A device that rings, as `--ring-on` takes it, and its volume in dB where it has one of its own.
pub(super) type Ringing = (String, Option<i8>);

/// Reads the list.
pub(super) fn read(entry: &Entry<'_>) -> Result<Vec<Ringing>, ConfigError> {
    let values = entry.array().ok_or_else(|| entry.expected(WANTED))?;
    let rings = values.iter().map(|value| one(value.get_ref()));
    let rings: Option<Vec<Ringing>> = rings.collect();
    rings.ok_or_else(|| entry.expected(WANTED))
}

fn one(value: &toml::de::DeValue<'_>) -> Option<Ringing> {
    let filled = |text: &str| (!text.trim().is_empty()).then(|| text.to_owned());
    if let Some(device) = value.as_str() {
        return Some((filled(device)?, None));
    }
    let table = value.as_table()?;
    if table
        .iter()
        .any(|(key, _)| !matches!(&**key.get_ref(), "device" | "volume"))
    {
        return None;
    }
    let device = table.get("device")?.get_ref().as_str()?;
    let Some(volume) = table.get("volume") else {
        return Some((filled(device)?, None));
    };
    let volume = volume.get_ref().as_integer()?;
    let volume = i16::from_str_radix(volume.as_str(), volume.radix()).ok()?;
    let volume = Some(volume).filter(|volume| VOLUME.contains(volume))?;
    Some((filled(device)?, i8::try_from(volume).ok()))
}
