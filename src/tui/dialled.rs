//! What is typed, as the people it means: IDs as they stand, or names of contacts.

use super::people::{Person, matching};
use super::ui::Ui;
use crate::address::{Address, AddressError};

/// From so many letters on, what only one contact begins with means that contact.
const LETTERS: usize = 3;

/// Returns whom a text means: one or several, with commas or blanks between.
///
/// # Errors
///
/// One of them is neither a contact's name nor can it be an ID.
pub(crate) fn addresses(ui: &Ui, text: &str) -> Result<Vec<Address>, AddressError> {
    let mut addresses = Vec::new();
    for part in text.split(',').map(str::trim).filter(|it| !it.is_empty()) {
        // A name may have blanks; IDs have none.
        if let Some(person) = known(ui, part) {
            addresses.push(person.address());
            continue;
        }
        for word in part.split_whitespace() {
            let address = match known(ui, word) {
                Some(person) => person.address(),
                None => Address::parse(word)?,
            };
            addresses.push(address);
        }
    }
    let mut once: Vec<Address> = Vec::new();
    for address in addresses {
        if !once.contains(&address) {
            once.push(address);
        }
    }
    Ok(once)
}

/// Returns in words whom Enter would call, where that is not just what is typed.
pub(crate) fn preview(ui: &Ui, text: &str) -> Option<String> {
    let meant = addresses(ui, text).ok()?;
    if let [one] = &meant[..]
        && one.to_string() == text.trim()
        && name(ui, one) == text.trim()
    {
        return None;
    }
    let names: Vec<String> = meant.iter().map(|it| name(ui, it)).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Returns what somebody who is dialled goes by.
pub(crate) fn name(ui: &Ui, address: &Address) -> String {
    let mut people = ui.people.iter();
    let known = people.find(|person| person.address() == *address);
    known.map_or_else(|| address.to_string(), |it| it.user.name.clone())
}

/// Returns the people that the list shows: those who fit what is being typed.
pub(crate) fn shown_people(ui: &Ui) -> Vec<&Person> {
    matching(&ui.people, last_word(ui.dial.text())).collect()
}

/// Returns the part of a text that is being typed.
pub(crate) fn last_word(text: &str) -> &str {
    text.rsplit([',', ' ']).next().unwrap_or_default()
}

/// Completes the last word of a text by a contact; `None` where none fits.
pub(crate) fn completed(ui: &Ui, text: &str) -> Option<String> {
    let word = last_word(text);
    let person = matching(&ui.people, word)
        .next()
        .filter(|_| !word.is_empty())?;
    let before = &text[..text.len() - word.len()];
    Some(format!("{before}{}", person.address()))
}

/// Returns who a word means, if not just an ID: a name, or the beginning of a single contact.
fn known<'a>(ui: &'a Ui, word: &str) -> Option<&'a Person> {
    let lower = word.to_lowercase();
    let is_id = |it: &&Person| it.address().to_string() == word;
    let is_name = |it: &&Person| it.user.name.to_lowercase() == lower;
    let exact = ui.people.iter().find(is_id);
    if let Some(person) = exact.or_else(|| ui.people.iter().find(is_name)) {
        return Some(person);
    }
    if word.chars().count() < LETTERS {
        return None;
    }
    let begins = |it: &&Person| {
        it.is_contact
            && (it.user.name.to_lowercase().starts_with(&lower)
                || it.user.id.as_str().to_lowercase().starts_with(&lower))
    };
    let mut fitting = ui.people.iter().filter(begins);
    fitting.next().filter(|_| fitting.next().is_none())
}
