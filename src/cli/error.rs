//! What a verb says when it cannot go on: a kind, a message, a detail, hints.
//!
//! The kind decides the exit status; the words are for a person. Never carries a secret.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

/// What sort of trouble it is. Decides the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something did not work and nothing below says it better.
    Failed,
    /// The command line asks for something that does not exist.
    Usage,
    /// The configuration file cannot be used.
    Config,
    /// The server could not be reached.
    Unreachable,
    /// A microphone or speaker cannot be used, and the verb is useless without it.
    Device,
    /// The server does not take the ID or the password.
    Auth,
    /// Somebody pressed Ctrl+C.
    Interrupted,
}

impl Kind {
    /// Returns the process's exit status.
    pub const fn status(self) -> u8 {
        match self {
            Self::Failed | Self::Config => 1,
            Self::Usage => 2,
            Self::Unreachable => 16,
            Self::Device => 17,
            Self::Auth => 18,
            Self::Interrupted => 130,
        }
    }
}

/// A failure, ready to be read by a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
    message: String,
    detail: Option<String>,
    hints: Vec<String>,
}

impl Error {
    /// Starts an error; `message` is lower case, without a full stop, the value last.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            detail: None,
            hints: Vec::new(),
        }
    }

    /// An error of no particular kind.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message)
    }

    /// The command line cannot be carried out as it stands.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Adds the line below the message: what the system or the other side said.
    #[must_use]
    pub fn detail(mut self, detail: impl fmt::Display) -> Self {
        self.detail = Some(detail.to_string());
        self
    }

    /// Adds one thing the reader can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Returns the kind.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the line below the message.
    pub fn detailed(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// Returns the exit status as the process reports it.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.kind.status())
    }

    /// Writes the error to the real stderr, coloured where that is a terminal that wants colour.
    pub fn print(&self) {
        let mut stderr = io::stderr().lock();
        let is_coloured = stderr.is_terminal() && wants_colour();
        // Nobody is left to be told when stderr itself is gone.
        let _gone = self.write(&mut stderr, is_coloured);
    }

    /// Writes the error; an interruption needs no words.
    pub fn write(&self, out: &mut dyn Write, is_coloured: bool) -> io::Result<()> {
        if self.kind == Kind::Interrupted && self.message.is_empty() {
            return Ok(());
        }
        let (red, cyan, plain) = if is_coloured {
            ("\x1b[1;31m", "\x1b[36m", "\x1b[0m")
        } else {
            ("", "", "")
        };
        writeln!(out, "{red}error:{plain} {}", self.message)?;
        for line in self.detail.iter().flat_map(|detail| detail.lines()) {
            writeln!(out, "  {line}")?;
        }
        for hint in &self.hints {
            writeln!(out, "{cyan}hint:{plain} {hint}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// <https://no-color.org>: set and not empty means none.
fn wants_colour() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    !is_set("NO_COLOR") && !is_dumb
}
