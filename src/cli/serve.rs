//! `offhook serve`: the server, until a signal asks it to stop.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

use crate::config::ServerUrl;
use crate::server::{self, ServerError, Settings};

use super::args::Serve;
use super::error::Error;
use super::{log, paths, say};

/// Runs a server. Prints `listening on URL` once it takes connections; SIGINT and SIGTERM end it cleanly.
pub(super) fn run(serve: Serve) -> Result<(), Error> {
    log::start_on_stderr();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::failed("cannot start").detail(error))?;
    runtime.block_on(until_told(serve))
}

async fn until_told(serve: Serve) -> Result<(), Error> {
    let watch =
        |kind| signal(kind).map_err(|error| Error::failed("cannot wait for signals").detail(error));
    let mut interrupt = watch(SignalKind::interrupt())?;
    let mut terminate = watch(SignalKind::terminate())?;

    let data = serve.data.map_or_else(paths::data_dir, Ok)?;
    let settings = Settings {
        data: Some(data.clone()),
        open: serve.closed.then_some(false),
        max_devices: serve.max_devices,
        ..Settings::new(serve.listen)
    };
    let server = server::start(settings).await.map_err(from_server)?;
    say(&format!("listening on {}\n", server.url()))?;
    if server.is_open() {
        eprintln!("open: whoever signs in first with a new ID has it");
    } else {
        eprintln!("closed: those who may sign in are added with `offhook user add ID`");
    }
    eprintln!("users are kept in {}", data.display());

    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    server.stop().await;
    Ok(())
}

/// Starts a server inside this process, for the phone that it is for.
///
/// # Errors
///
/// The URL names no address of this machine, or it is taken.
pub(super) async fn here(url: &ServerUrl) -> Result<server::Server, Error> {
    let address = url.address().ok_or_else(|| {
        Error::usage(format!("a server here needs a loopback address, not {url}"))
    })?;
    let settings = Settings {
        data: Some(paths::data_dir()?),
        ..Settings::new(address)
    };
    server::start(settings).await.map_err(from_server)
}

fn from_server(error: ServerError) -> Error {
    match error {
        ServerError::Listen { address, source } => {
            let is_taken = source.kind() == io::ErrorKind::AddrInUse;
            let error = Error::failed(format!("cannot listen on {address}")).detail(source);
            if is_taken {
                error.hint("a server may be running already; or take another port with `--listen`")
            } else {
                error.hint("name an address of this machine with `--listen ADDR:PORT`")
            }
        }
        ServerError::Open(_) | ServerError::Store(_) | ServerError::Stack(_) => {
            Error::failed("cannot start the server").detail(error)
        }
    }
}
