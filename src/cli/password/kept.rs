//! Passwords we made up ourselves, by server and ID: `$XDG_STATE_HOME/offhook/passwords.toml`.
//!
//! Only for servers on this machine that take any new ID; nobody ever typed these.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use toml::{Table, Value};

use crate::config::ServerUrl;
use crate::id::UserId;

use super::super::error::Error;
use super::super::paths;

/// Returns the password kept for `id` at `server`, after keeping a new one where there is none.
pub(super) fn get_or_insert(
    server: &ServerUrl,
    id: &UserId,
    invent: impl FnOnce() -> String,
) -> Result<String, Error> {
    let path = paths::state_dir()?.join("passwords.toml");
    in_file(&path, server, id, invent).map_err(|error| {
        Error::failed("cannot keep a password")
            .detail(format!("{}: {error}", path.display()))
            .hint("set OFFHOOK_PASSWORD to sign in with a password of your own")
    })
}

fn in_file(
    path: &Path,
    server: &ServerUrl,
    id: &UserId,
    invent: impl FnOnce() -> String,
) -> io::Result<String> {
    if let Some(dir) = path.parent() {
        paths::make_private(dir)?;
    }
    let mut options = OpenOptions::new();
    let mut file = options
        .read(true)
        .write(true)
        .create(true)
        .mode(0o600)
        .open(path)?;
    // Two phones may start at the same moment; each must see the other's line.
    file.lock()?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    let mut servers: Table = text.parse().map_err(io::Error::other)?;
    let ids = servers
        .entry(server.as_str())
        .or_insert_with(|| Value::Table(Table::new()));
    let Value::Table(ids) = ids else {
        return Err(io::Error::other(format!("{server} is not a table")));
    };
    if let Some(Value::String(password)) = ids.get(id.as_str()) {
        return Ok(password.clone());
    }
    let password = invent();
    ids.insert(id.to_string(), Value::String(password.clone()));
    rewrite(&mut file, &servers.to_string())?;
    Ok(password)
}

fn rewrite(file: &mut File, text: &str) -> io::Result<()> {
    file.rewind()?;
    file.set_len(0)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_kept_password_stays_the_same_and_ones_own() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("state/passwords.toml");
        let server = ServerUrl::parse("ws://127.0.0.1:7443").expect("a URL");
        let get = |id: &str, new: &str| {
            let id = UserId::parse(id).expect("an ID");
            in_file(&path, &server, &id, || new.to_owned()).expect("a password")
        };
        assert_eq!(get("alice", "one"), "one");
        assert_eq!(get("bob.b", "two"), "two");
        assert_eq!(get("alice", "three"), "one");
        assert_eq!(get("bob.b", "four"), "two");
        let mode = std::fs::metadata(&path)
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
