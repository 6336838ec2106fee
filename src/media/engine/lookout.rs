//! Looks around for cards every two seconds while somebody wants one, on a thread of its own:
//! a sound server may take as long as it likes to answer.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use crate::media::device::{Changes, Memory, Survey, Surveyor};

/// Between two looks.
const PERIOD: Duration = Duration::from_secs(2);

/// What a look found, and for which watch it was.
pub(super) struct Seen {
    watch: u64,
    survey: Survey,
}

/// The thread that looks, and what it saw last.
pub(super) struct Lookout {
    /// Tells the thread for which watch to look, or to rest; gone, the thread ends.
    orders: Option<Sender<Option<u64>>>,
    inbox: UnboundedSender<Seen>,
    /// Numbers the times that somebody wanted a card: what was plugged in meanwhile is not new.
    watch: u64,
    is_wanted: bool,
    memory: Memory,
}

impl Lookout {
    pub(super) fn new(inbox: UnboundedSender<Seen>) -> Self {
        Self {
            orders: None,
            inbox,
            watch: 0,
            is_wanted: false,
            memory: Memory::default(),
        }
    }

    /// Looks from now on, or no longer.
    pub(super) fn want(&mut self, is_wanted: bool) {
        if self.is_wanted == is_wanted {
            return;
        }
        self.is_wanted = is_wanted;
        if is_wanted {
            self.watch += 1;
            self.memory.forget();
            self.begin();
        }
        if let Some(orders) = &self.orders {
            let _ = orders.send(is_wanted.then_some(self.watch));
        }
    }

    /// Takes what was seen; `None` when that is of no use any more.
    pub(super) fn compare(&mut self, seen: Seen) -> Option<Changes> {
        let is_current = self.is_wanted && seen.watch == self.watch;
        is_current.then(|| self.memory.compare(seen.survey))
    }

    fn begin(&mut self) {
        if self.orders.is_some() {
            return;
        }
        let (orders, wanted) = mpsc::channel::<Option<u64>>();
        let inbox = self.inbox.clone();
        let look = move || {
            let (mut watch, mut surveyor) = (None, Surveyor::default());
            loop {
                let order = match watch {
                    Some(_) => wanted.recv_timeout(PERIOD),
                    None => wanted.recv().map_err(RecvTimeoutError::from),
                };
                match order {
                    Ok(newer) => watch = newer,
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                }
                if let Some(watch) = watch {
                    let survey = surveyor.survey();
                    if inbox.send(Seen { watch, survey }).is_err() {
                        return;
                    }
                }
            }
        };
        match thread::Builder::new().name("lookout".into()).spawn(look) {
            Ok(_) => self.orders = Some(orders),
            Err(error) => tracing::warn!(%error, "no thread to look for cards on"),
        }
    }
}
