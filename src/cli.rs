//! The command line's verbs, one file each, and the way from a verb to an exit status.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is where the program talks"
)]

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use self::args::{Args, Verb};
use self::error::{Error, Kind};

pub mod args;
mod call;
mod column;
mod config;
mod contacts;
mod demo;
mod devices;
mod doctor;
pub mod error;
mod film;
mod first_run;
mod flight;
mod headless;
mod history;
mod listen;
pub mod log;
pub mod password;
pub mod paths;
mod phone;
pub mod quiet;
pub mod replay;
mod serve;
pub mod settings;
mod setup;
mod signals;
mod stream;
mod user;
mod wall;

/// Reads the command line, carries it out, and says how it went as an exit status.
pub fn main(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let result = match Args::read(words) {
        Ok(args) => run(args),
        Err(error) => {
            // Nobody is left to be told when stdout or stderr itself is gone.
            let _gone = error.print();
            let is_trouble = error.use_stderr();
            return ExitCode::from(if is_trouble { Kind::Usage.status() } else { 0 });
        }
    };
    result.unwrap_or_else(|error| {
        error.print();
        error.exit_code()
    })
}

fn run(args: Args) -> Result<ExitCode, Error> {
    let globals = args.globals;
    match args.verb {
        Some(Verb::Call(call)) => call::run(&globals, &call),
        Some(Verb::Listen(listen)) => listen::run(&globals, &listen),
        Some(Verb::Replay(replay)) => replay::run(&replay),
        Some(Verb::Serve(serve)) => serve::run(serve).map(done),
        Some(Verb::User(user)) => user::run(user).map(done),
        Some(Verb::History(history)) => history::run(&globals, &history).map(done),
        Some(Verb::Contacts(contacts)) => contacts::run(&contacts).map(done),
        Some(Verb::Devices(args)) => devices::run(args.json).map(done),
        Some(Verb::Doctor(args)) => doctor::run(&globals, &args),
        Some(Verb::Config(config)) => config::run(&globals, config.verb).map(done),
        Some(Verb::Demo) => demo::run(&globals),
        None => phone::run(&globals),
    }
}

const fn done((): ()) -> ExitCode {
    ExitCode::SUCCESS
}

/// Writes data to stdout.
fn say(text: &str) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        // `offhook config default | head -1` is no failure.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::failed("cannot write to stdout").detail(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
