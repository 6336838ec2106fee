//! Who signs in where: from the configuration, or asked at the first start and kept.

use std::fs;
use std::io::{self, IsTerminal};

use super::args::Globals;
use super::error::Error;
use super::{paths, settings};
use crate::config::{Config, ServerUrl};
use crate::id::UserId;
use crate::tui::{FirstRun, FirstRunAnswer, Terminal};

/// The server that is proposed: where `offhook serve` listens.
const LIKELY_SERVER: &str = "ws://127.0.0.1:7443";

/// What the phone starts with.
#[derive(Debug)]
pub(crate) struct Start {
    /// All that is configured.
    pub(crate) config: Config,
    /// Who signs in.
    pub(crate) id: UserId,
    /// Where.
    pub(crate) server: ServerUrl,
    /// Whether a server is to be started here first.
    pub(crate) start_server: bool,
}

/// Finds out who signs in where; `None` when the person would rather leave.
///
/// # Errors
///
/// The configuration cannot be used, or nobody can be asked.
pub(crate) fn account(globals: &Globals) -> Result<Option<Start>, Error> {
    let loaded = settings::load(globals)?;
    let config = loaded.config;
    let known = config.account.id.clone().zip(config.account.server.clone());
    if let Some((id, server)) = known {
        return Ok(Some(Start {
            config,
            id,
            server,
            start_server: false,
        }));
    }
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(
            Error::usage("the phone needs a terminal, an ID and a server")
                .hint("without a screen: `offhook call` and `offhook listen`"),
        );
    }
    let Some((id, server, start_server)) = ask(&config)? else {
        return Ok(None);
    };
    if loaded.file.is_none() {
        keep(globals, &id, &server)?;
    }
    Ok(Some(Start {
        config,
        id,
        server,
        start_server,
    }))
}

fn ask(config: &Config) -> Result<Option<(UserId, ServerUrl, bool)>, Error> {
    let failed = |error| Error::failed("cannot use the terminal").detail(error);
    let known = config.account.id.as_ref().map(ToString::to_string);
    let login = known
        .or_else(|| std::env::var("USER").ok())
        .unwrap_or_default();
    let id = UserId::parse(&login).map_or_else(|_no_id| String::new(), |id| id.to_string());
    let server = config.account.server.as_ref();
    let server = server.map_or_else(|| LIKELY_SERVER.to_owned(), ToString::to_string);
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let mut questions = FirstRun::new(&id, &server, is_set("OFFHOOK_ASCII"), !is_set("NO_COLOR"));
    let mut terminal = Terminal::enter(false).map_err(failed)?;
    loop {
        terminal
            .draw(|frame| {
                questions.draw(frame);
                String::new()
            })
            .map_err(failed)?;
        match questions.on(&crossterm::event::read().map_err(failed)?) {
            Some(FirstRunAnswer::Begin {
                id,
                server,
                start_server,
            }) => {
                return Ok(Some((id, server, start_server)));
            }
            Some(FirstRunAnswer::Leave) => return Ok(None),
            None => {}
        }
    }
}

/// Writes the answers where the next start looks for them.
fn keep(globals: &Globals, id: &UserId, server: &ServerUrl) -> Result<(), Error> {
    let file = settings::file(globals)?;
    let quoted = |text: &str| toml::Value::String(text.to_owned());
    let text = format!(
        "# Every key and its default: offhook config default\n[account]\nid = {}\nserver = {}\n",
        quoted(id.as_str()),
        quoted(server.as_str()),
    );
    let written = file.parent().map_or(Ok(()), paths::make_private);
    written
        .and_then(|()| fs::write(&file, text))
        .map_err(|error| Error::failed(format!("cannot write {}", file.display())).detail(error))
}
