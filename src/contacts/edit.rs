//! Changes in the text of a file of contacts that leave its owner's words alone.

use toml_edit::{DocumentMut, Item, RawString, Table, TomlError, value};

use super::EditError;
use crate::address::Address;
use crate::config::source::ConfigError;

pub(super) fn add(text: &str, address: &Address, name: Option<&str>) -> Result<String, EditError> {
    let mut document = read(text)?;
    if key_of(&document, address).is_some() {
        return Err(EditError::Taken(address.clone()));
    }
    let mut contact = Table::new();
    if let Some(name) = name {
        contact.insert("name", value(name));
    }
    if !text.trim().is_empty() {
        contact.decor_mut().set_prefix("\n");
    }
    // Comments at the file's end stay where they are: before what is added there.
    let trailing = words(Some(document.trailing()));
    if !trailing.is_empty() {
        contact.decor_mut().set_prefix(format!("{trailing}\n"));
        document.set_trailing("");
    }
    document.insert(&address.to_string(), Item::Table(contact));
    Ok(document.to_string())
}

pub(super) fn remove(text: &str, address: &Address) -> Result<String, EditError> {
    let mut document = read(text)?;
    let unknown = || EditError::Unknown(address.clone());
    let key = key_of(&document, address).ok_or_else(unknown)?;
    let removed = document.remove(&key).ok_or_else(unknown)?;
    let Item::Table(removed) = removed else {
        return Ok(document.to_string());
    };
    // What stands above an empty line is not about this contact.
    let above = words(removed.decor().prefix());
    let kept = above.rfind("\n\n").map_or("", |at| &above[..=at]);
    if kept.is_empty() {
        return Ok(document.to_string().trim_start_matches('\n').to_owned());
    }
    let next = document
        .iter_mut()
        .filter_map(|(_, item)| item.as_table_mut())
        .filter(|table| table.position() > removed.position())
        .min_by_key(|table| table.position());
    if let Some(next) = next {
        let own = words(next.decor().prefix());
        next.decor_mut().set_prefix(format!("{kept}{own}"));
    } else {
        let own = words(Some(document.trailing()));
        document.set_trailing(format!("{kept}{own}"));
    }
    Ok(document.to_string())
}

/// The text has been read once already, by a stricter reader that names lines.
fn read(text: &str) -> Result<DocumentMut, EditError> {
    text.parse().map_err(|error: TomlError| {
        EditError::Config(ConfigError {
            file: "contacts".to_owned(),
            line: 1,
            key: None,
            message: error.message().to_owned(),
        })
    })
}

/// Returns the key as the owner spells it: `sip:bob@host` and `bob@host` are one.
fn key_of(document: &DocumentMut, address: &Address) -> Option<String> {
    let mut keys = document.iter().map(|(key, _)| key);
    let key = keys.find(|key| Address::parse(key).is_ok_and(|known| known == *address))?;
    Some(key.to_owned())
}

fn words(raw: Option<&RawString>) -> String {
    raw.and_then(RawString::as_str)
        .unwrap_or_default()
        .to_owned()
}
