//! What the system asks of the program, brought to the run loop's door.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::run::{Arrival, Signal};

/// Forwards SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGCONT. Needs a tokio runtime around it.
pub(crate) fn forward(bell: mpsc::Sender<Arrival>) {
    let continued = SignalKind::from_raw(rustix::process::Signal::CONT.as_raw());
    for (kind, meaning) in [
        (SignalKind::interrupt(), Signal::Interrupt),
        (SignalKind::terminate(), Signal::Terminate),
        (SignalKind::hangup(), Signal::HangUp),
        (SignalKind::user_defined1(), Signal::Record),
        (continued, Signal::Continue),
    ] {
        let bell = bell.clone();
        match signal(kind) {
            Ok(mut signals) => {
                tokio::spawn(async move {
                    while signals.recv().await.is_some() {
                        if bell.send(Arrival::Signal(meaning)).await.is_err() {
                            return;
                        }
                    }
                });
            }
            Err(error) => tracing::warn!(%error, ?meaning, "cannot listen for a signal"),
        }
    }
}
