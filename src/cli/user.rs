//! `offhook user`: who may sign in at our server. Passwords come from a prompt or stdin, never from argv.

use crate::id::UserId;
use crate::server::store::{StoreError, Users};

use super::args::{User, UserVerb};
use super::error::Error;
use super::{password, paths, say};

/// Carries out `offhook user`. A running server sees the change at the next sign-in.
pub(super) fn run(user: User) -> Result<(), Error> {
    let data = user.data.map_or_else(paths::data_dir, Ok)?;
    let users = || Users::open(&data).map_err(from_store);
    match user.verb {
        UserVerb::Add { id } => {
            let users = users()?;
            if users.ha1(&id).map_err(from_store)?.is_some() {
                return Err(taken(&id));
            }
            let password = password::choose(&id)?;
            // Somebody may have been quicker while it was typed.
            let is_new = users.add(&id, password.reveal()).map_err(from_store)?;
            if is_new { Ok(()) } else { Err(taken(&id)) }
        }
        UserVerb::Passwd { id } => {
            let users = users()?;
            if users.ha1(&id).map_err(from_store)?.is_none() {
                return Err(unknown(&id));
            }
            let password = password::choose(&id)?;
            let is_known = users.passwd(&id, password.reveal()).map_err(from_store)?;
            if is_known { Ok(()) } else { Err(unknown(&id)) }
        }
        UserVerb::List => {
            let ids = users()?.list().map_err(from_store)?;
            let lines: Vec<String> = ids.iter().map(|id| format!("{id}\n")).collect();
            say(&lines.concat())
        }
        UserVerb::Remove { id } => {
            let is_gone = users()?.remove(&id).map_err(from_store)?;
            if is_gone { Ok(()) } else { Err(unknown(&id)) }
        }
    }
}

fn taken(id: &UserId) -> Error {
    Error::failed(format!("there is a user {id} already")).hint(format!(
        "change the password with `offhook user passwd {id}`"
    ))
}

fn unknown(id: &UserId) -> Error {
    Error::failed(format!("there is no user {id}"))
        .hint("`offhook user list` shows who there is; `--data DIR` looks elsewhere")
}

fn from_store(error: StoreError) -> Error {
    Error::failed("cannot use the list of users").detail(error)
}
