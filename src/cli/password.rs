//! Where the password comes from: the environment, a command, what was kept, a prompt. Never argv.

use std::fmt;
use std::io::{self, BufRead, IsTerminal};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::config::{Account, ServerUrl};
use crate::id::UserId;

use super::error::{Error, Kind};

mod kept;

/// How long `password_command` may take; somebody may have to unlock a key first.
const COMMAND_LIMIT: Duration = Duration::from_secs(10);
/// The most bytes a password may have.
const PASSWORD_BYTES: usize = 1024;

/// A password. Cannot be printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Password {
    text: String,
    origin: Origin,
}

/// Where a password came from, and so who can mend a wrong one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// `OFFHOOK_PASSWORD`.
    Environment,
    /// `password_command`.
    Command,
    /// Made by us, for a server on this machine that takes any new ID.
    Kept,
    /// Typed.
    Typed,
}

impl Password {
    /// Returns the password itself.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// Returns where it came from.
    pub const fn origin(&self) -> Origin {
        self.origin
    }

    fn new(text: String, origin: Origin) -> Result<Self, Error> {
        let error = |message: &str| Err(Error::new(Kind::Auth, message));
        if text.is_empty() {
            return error("the password is empty");
        }
        if text.len() > PASSWORD_BYTES || text.chars().any(char::is_control) {
            return error("the password has a control character or more than 1024 bytes");
        }
        Ok(Self { text, origin })
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Password({:?})", self.origin)
    }
}

/// Finds the password of `id` at `server`.
///
/// A server on this machine may be open, so an ID that has no password yet gets one made up, which is kept.
/// May wait for a command or a person; so call it before the screen is taken.
pub fn find(account: &Account, id: &UserId, server: &ServerUrl) -> Result<Password, Error> {
    if let Some(text) = std::env::var_os("OFFHOOK_PASSWORD") {
        let text = text
            .into_string()
            .map_err(|_not_utf8| Error::new(Kind::Auth, "OFFHOOK_PASSWORD is not UTF-8"))?;
        return Password::new(text, Origin::Environment);
    }
    if let Some(command) = &account.password_command {
        return Password::new(ask_command(command, COMMAND_LIMIT)?, Origin::Command);
    }
    if server.is_loopback() {
        let text = kept::get_or_insert(server, id, invent)?;
        return Password::new(text, Origin::Kept);
    }
    if io::stdin().is_terminal() {
        return prompt(&format!("Password of {id} at {}: ", server.host()));
    }
    Err(
        Error::new(Kind::Auth, format!("no password for {id} at {server}"))
            .hint("set OFFHOOK_PASSWORD, or password_command in the configuration"),
    )
}

/// Asks the person at the terminal, once.
pub fn prompt(words: &str) -> Result<Password, Error> {
    let text = rpassword::prompt_password(words)
        .map_err(|error| Error::new(Kind::Auth, "cannot ask for the password").detail(error))?;
    Password::new(text, Origin::Typed)
}

/// Takes a new password: twice from a terminal, or the first line of what is piped in.
pub fn choose(id: &UserId) -> Result<Password, Error> {
    if io::stdin().is_terminal() {
        let first = prompt(&format!("New password of {id}: "))?;
        if prompt("The same again: ")? != first {
            return Err(Error::failed("the two passwords differ"));
        }
        return Ok(first);
    }
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    read.map_err(|error| Error::failed("cannot read the password from stdin").detail(error))?;
    // Nobody refused it; it is just no password.
    Password::new(first_line(&line).to_owned(), Origin::Typed)
        .map_err(|error| Error::failed(error.to_string()))
}

/// Makes up a password that nobody guesses.
pub fn invent() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>())
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn ask_command(command: &str, limit: Duration) -> Result<String, Error> {
    let failed = |detail: String| {
        Error::new(Kind::Auth, "password_command did not give a password")
            .detail(detail)
            .hint(format!(
                "try it yourself: sh -c '{}'",
                command.replace('\'', r"'\''")
            ))
    };
    let mut child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let (sender, output) = mpsc::channel();
    let stdout = child.stdout.take();
    // Not joined: what the command started may hold the pipe for ever.
    thread::spawn(move || {
        let text = stdout.map_or_else(|| Ok(String::new()), io::read_to_string);
        // Past the limit nobody waits for it.
        let _too_late = sender.send(text);
    });
    let Ok(text) = output.recv_timeout(limit) else {
        // It may have just ended by itself.
        let _ended = child.kill();
        let _status = child.wait();
        return Err(failed(format!("no answer within {} s", limit.as_secs())));
    };
    // Its stdout is closed, so nothing it does from here on matters to us but its status.
    let status = child.wait().map_err(|error| failed(error.to_string()))?;
    if !status.success() {
        return Err(failed(status.to_string()));
    }
    let text = text.map_err(|error| failed(error.to_string()))?;
    Ok(first_line(&text).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_a_command_is_the_password() {
        let text = ask_command("printf 'secret\\nuser: alice\\n'", COMMAND_LIMIT);
        assert_eq!(text.as_deref(), Ok("secret"));
    }

    #[test]
    fn a_failed_command_gives_none() {
        let error = ask_command("echo secret; exit 3", COMMAND_LIMIT).unwrap_err();
        assert_eq!(error.kind(), Kind::Auth);
        assert!(!format!("{error:?}").contains("\"secret\""));
    }

    #[test]
    fn a_command_that_hangs_is_given_up() {
        let error = ask_command("exec sleep 600", Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.kind(), Kind::Auth);
    }

    #[test]
    fn an_empty_password_is_refused() {
        assert!(Password::new(String::new(), Origin::Typed).is_err());
        assert!(Password::new("a\u{7}b".to_owned(), Origin::Typed).is_err());
    }

    #[test]
    fn a_password_does_not_show() {
        let password = Password::new("hunter2".to_owned(), Origin::Typed);
        assert_eq!(
            format!("{:?}", password.expect("it is good")),
            "Password(Typed)"
        );
    }
}
