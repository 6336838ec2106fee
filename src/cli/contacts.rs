//! `offhook contacts`: the people one knows, listed, added, removed. The file stays its owner's.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::args::{ContactsArgs, ContactsVerb};
use super::error::{Error, Kind};
use super::{column, paths, say};
use crate::contacts::{Contact, Contacts, EditError};

/// Carries out `offhook contacts`.
pub(super) fn run(args: &ContactsArgs) -> Result<(), Error> {
    let path = paths::contacts_file()?;
    match &args.verb {
        None => list(&load(&path)?, args.json),
        Some(ContactsVerb::Path) => say(&format!("{}\n", path.display())),
        Some(ContactsVerb::Add { address, name }) => change(&path, |text, file| {
            Contacts::add(text, file, address, name.as_deref())
        }),
        Some(ContactsVerb::Remove { address }) => {
            change(&path, |text, file| Contacts::remove(text, file, address))
        }
    }
}

/// Reads the file; where there is none, nobody is known. Says on stderr which keys were skipped.
///
/// # Errors
///
/// The file cannot be read, or something in it makes no sense.
pub(super) fn load(path: &Path) -> Result<Contacts, Error> {
    let text = read(path)?;
    let (contacts, warnings) = Contacts::parse(&text, &path.display().to_string())
        .map_err(|error| unusable(&EditError::Config(error)))?;
    for warning in warnings {
        eprintln!("warning: {warning}");
    }
    Ok(contacts)
}

fn list(contacts: &Contacts, is_json: bool) -> Result<(), Error> {
    if is_json {
        let lines = contacts.iter().map(|contact| {
            let line = serde_json::to_string(contact);
            line.expect("a contact has only string keys") + "\n"
        });
        return say(&lines.collect::<String>());
    }
    let rows = contacts.iter().map(|contact| {
        let id = contact.address.to_string();
        vec![id, contact.name.clone(), words(contact)]
    });
    say(&column::lines(rows.collect()))
}

/// Tells how calls with somebody differ from others.
fn words(contact: &Contact) -> String {
    let mut words = Vec::new();
    if contact.favourite {
        words.push("favourite".to_owned());
    }
    if contact.allowed {
        words.push("allowed".to_owned());
    }
    if let Some(after) = contact.auto_answer {
        words.push(format!("answered after {} s", after.as_secs()));
    }
    match &contact.ring {
        _ if contact.silent => words.push("silent".to_owned()),
        Some(ring) => words.push(format!("ring {ring}")),
        None => {}
    }
    if let Some(time) = contact.ring_timeout {
        words.push(format!("rings {} s", time.as_secs()));
    }
    words.join(", ")
}

/// Replaces the file as a whole: a crash leaves the old one or the new one.
fn change(
    path: &Path,
    edit: impl FnOnce(&str, &str) -> Result<String, EditError>,
) -> Result<(), Error> {
    let failed = |error| {
        let error: io::Error = error;
        Error::failed(format!("cannot write {}", path.display())).detail(error)
    };
    // The file itself where a link stands in its place.
    let path = fs::canonicalize(path).unwrap_or_else(|_none_yet| path.to_owned());
    let dir = path.parent().unwrap_or_else(|| Path::new("/"));
    paths::make_private(dir).map_err(failed)?;
    // Two who change it at once would forget each other's change.
    let lock = File::open(dir).map_err(failed)?;
    lock.lock().map_err(failed)?;
    let text = read(&path)?;
    let text = edit(&text, &path.display().to_string()).map_err(|error| unusable(&error))?;
    replace(&path, &text).map_err(failed)
}

/// Writes a file as a whole, with the mode of the one that is there.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mode = fs::metadata(path).map_or(0o600, |metadata| metadata.mode() & 0o777);
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(mode);
    let mut file = options.open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)
}

fn read(path: &Path) -> Result<String, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => {
            let error =
                Error::new(Kind::Config, format!("cannot read {}", path.display())).detail(error);
            Err(error)
        }
    }
}

fn unusable(error: &EditError) -> Error {
    match error {
        EditError::Config(error) => {
            Error::new(Kind::Config, "the contacts cannot be used").detail(error)
        }
        EditError::Taken(_) => {
            Error::failed(error.to_string()).hint("`offhook contacts path` names the file to edit")
        }
        EditError::Unknown(_) => {
            Error::failed(error.to_string()).hint("`offhook contacts` shows who there is")
        }
    }
}
