//! The devices as the person at the screen chose them, laid over a configuration's text.

use crate::av::{Cleaning, CleaningStage};
use toml_edit::{Array, DocumentMut, Item, Table, TomlError, Value, value};

/// Devices that are to be the same the next time. The strings are as `--mic` and the like take them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptDevices {
    /// `sound.microphone`
    pub microphone: String,
    /// `sound.speaker`
    pub speaker: String,
    /// `video.camera`
    pub camera: String,
    /// `sound.ring_on`; nothing: on the speaker.
    pub ring_on: Vec<String>,
    /// `sound.gate`, in dBFS; `None`: everything is sent.
    pub gate: Option<i16>,
    /// `sound.echo_cancel`, `sound.noise`, `sound.auto_gain` and `sound.high_pass`
    pub cleaning: Cleaning,
}

impl KeptDevices {
    /// Writes the choices into a file's text. All other lines, and comments, stay as they are; what
    /// is at its default and not in the file stays out of it.
    ///
    /// # Errors
    ///
    /// The text is no TOML, or what should be a table is none: what is wrong, for a person.
    pub fn keep(&self, text: &str) -> Result<String, String> {
        let mut document: DocumentMut = text
            .parse()
            .map_err(|error: TomlError| error.message().to_owned())?;
        let rings = self.rings(&document);
        let mut set =
            |section: &str, key: &str, new: Option<Value>| set(&mut document, section, key, new);
        let device = |device: &String| (device != "default").then(|| Value::from(device));
        set("sound", "microphone", device(&self.microphone))?;
        set("sound", "speaker", device(&self.speaker))?;
        let ring_on = (!self.ring_on.is_empty()).then_some(rings);
        set("sound", "ring_on", ring_on)?;
        set(
            "sound",
            "gate",
            self.gate.map(|gate| Value::from(i64::from(gate))),
        )?;
        let usual = Cleaning::default();
        for stage in CleaningStage::ALL {
            let on = self.cleaning.has(stage);
            let new = (on != usual.has(stage)).then(|| Value::from(on));
            set("sound", stage.key(), new)?;
        }
        set("video", "camera", device(&self.camera))?;
        Ok(document.to_string())
    }

    /// Returns `sound.ring_on`; a device that had a volume of its own keeps it.
    fn rings(&self, document: &DocumentMut) -> Value {
        let former = document.get("sound").and_then(|it| it.get("ring_on"));
        let former = former.and_then(Item::as_array);
        let device = |value: &Value| {
            let table = value.as_inline_table()?;
            table.get("device")?.as_str().map(str::to_owned)
        };
        let ring = |wanted: &String| {
            let mut former = former.into_iter().flatten();
            let same = former.find(|value| device(value).as_ref() == Some(wanted));
            let mut same = same.cloned().unwrap_or_else(|| Value::from(wanted));
            same.decor_mut().clear();
            same
        };
        Value::from(self.ring_on.iter().map(ring).collect::<Array>())
    }
}

/// Sets a key; `None` is its default, for which a key that is there goes.
fn set(
    document: &mut DocumentMut,
    section: &str,
    key: &str,
    new: Option<Value>,
) -> Result<(), String> {
    let Some(new) = new else {
        if let Some(table) = document.get_mut(section).and_then(Item::as_table_like_mut) {
            default(table, key);
        }
        return Ok(());
    };
    let table = document
        .entry(section)
        .or_insert(Item::Table(Table::new()))
        .as_table_like_mut()
        .ok_or_else(|| format!("{section} is not a table"))?;
    let old = table.get_mut(key).and_then(Item::as_value_mut);
    if let Some(old) = old {
        // The comment behind it is its owner's.
        let decor = old.decor().clone();
        *old = new;
        *old.decor_mut() = decor;
    } else {
        table.insert(key, value(new));
    }
    Ok(())
}

fn default(table: &mut dyn toml_edit::TableLike, key: &str) {
    let is_device = matches!(key, "microphone" | "speaker" | "camera");
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) if is_device => {
            let decor = old.decor().clone();
            *old = Value::from("default");
            *old.decor_mut() = decor;
        }
        _ => {
            table.remove(key);
        }
    }
}
