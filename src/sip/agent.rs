//! A phone line with a socket: the pump between [`Line`], the WebSocket and the clock.

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::Account;
use super::line::{Line, Output};
use super::socket::{Event, Socket};
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
        let (says, queue) = mpsc::unbounded_channel();
        let pump = Pump {
            url: account.server.clone(),
            line: Line::new(account, rand::random()),
            socket: None,
            heard,
        };
        tokio::spawn(pump.run(queue));
        Self { says }
    }

    /// Queues what the phone wants said. Never blocks; the answer comes through `heard`.
    pub fn say(&self, say: Say) {
        // The task lives as long as we do.
        self.says.send(say).ok();
    }
}

struct Pump<F> {
    url: String,
    line: Line,
    socket: Option<Socket>,
    heard: F,
}

impl<F: Fn(Heard) + Send + Sync> Pump<F> {
    async fn run(mut self, mut says: mpsc::UnboundedReceiver<Say>) {
        loop {
            self.drain();
            let deadline = self.line.deadline().map(Instant::from_std);
            tokio::select! {
                say = says.recv() => match say {
                    Some(say) => self.line.say(now(), say),
                    // The agent was dropped; the socket goes with us.
                    None => return,
                },
                event = next(&mut self.socket) => self.take(event),
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    self.line.handle_timeout(now());
                }
            }
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.line.poll() {
            match output {
                Output::Connect => self.socket = Some(Socket::open(&self.url)),
                Output::Send(text) => {
                    if let Some(socket) = &self.socket {
                        socket.send(text);
                    }
                }
                Output::Disconnect(code) => {
                    if let Some(socket) = self.socket.take() {
                        socket.close(code);
                    }
                }
                Output::Hear(heard) => (self.heard)(heard),
            }
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Opened { can_claim } => self.line.opened(now(), can_claim),
            Event::Frame(bytes) => self.line.received(now(), &bytes),
            Event::Failed {
                error,
                detail,
                retry,
            } => {
                self.socket = None;
                self.line.failed(now(), error, &detail, retry);
            }
            Event::Closed(code) => {
                self.socket = None;
                self.line.closed(now(), code);
            }
        }
    }
}

async fn next(socket: &mut Option<Socket>) -> Event {
    match socket {
        Some(socket) => socket.event().await.unwrap_or(Event::Closed(None)),
        None => std::future::pending().await,
    }
}

fn now() -> std::time::Instant {
    Instant::now().into_std()
}
