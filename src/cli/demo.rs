//! `offhook demo`: a server, you, and two sample IDs that answer and call. Leaves nothing behind.

mod people;

use std::process::ExitCode;
use std::time::Duration;

use time::UtcOffset;
use tokio::runtime::Runtime;

use super::args::Globals;
use super::error::Error;
use super::{phone, setup};
use crate::server::{Server, Settings};

/// How long after the start the visitor calls, if nobody is on the phone.
const VISIT: Duration = Duration::from_secs(8);

/// Runs the verb.
///
/// # Errors
///
/// The terminal, the sound or a loopback port cannot be had.
pub(crate) fn run(globals: &Globals) -> Result<ExitCode, Error> {
    let runtime =
        Runtime::new().map_err(|error| Error::failed("cannot start the runtime").detail(error))?;
    let outcome = runtime.block_on(async {
        let settings = Settings::new(([127, 0, 0, 1], 0).into());
        let server: Server = crate::server::start(settings).await.map_err(|error| {
            Error::failed("cannot start a server on a loopback port").detail(error)
        })?;
        let url = server.url();
        let echo = tokio::spawn(people::echo(setup::sample("echo", "Echo", &url)));
        let you = setup::you_in_the_demo(globals, &url)?;
        let visitor = setup::sample("robin", "Robin", &url);
        let visitor = tokio::spawn(people::visitor(visitor, you.settings.me.id.clone(), VISIT));
        let outcome =
            phone::show(you, phone::Occasion::Demo, url, UtcOffset::UTC, None, None).await;
        echo.abort();
        visitor.abort();
        server.stop().await;
        outcome
    });
    runtime.shutdown_background();
    outcome
}
