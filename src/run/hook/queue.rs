//! The hooks that wait for their turn, in the order of their events. Bounded.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::job::Job;

/// How many wait at most.
const WAITING: usize = 64;

/// What waits, and the one who waits for it.
#[derive(Debug, Default)]
pub(super) struct Queue {
    line: Mutex<Line>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Line {
    waiting: VecDeque<Job>,
    is_closed: bool,
}

impl Queue {
    /// Has a hook wait. When too many wait, the oldest that has nothing to decide is given up.
    pub(super) fn push(&self, job: Job) {
        let given_up = {
            let mut line = self.line();
            line.waiting.push_back(job);
            if line.waiting.len() > WAITING {
                let ordinary = line.waiting.iter().position(|job| job.asked.is_none());
                line.waiting.remove(ordinary.unwrap_or(0))
            } else {
                None
            }
        };
        if let Some(job) = given_up {
            tracing::warn!(hook = job.event, "too many hooks wait; this one is not run");
        }
        self.changed.notify_one();
    }

    /// Waits for the next one; `None` when nothing waits and nothing more will. For one caller.
    pub(super) async fn next(&self) -> Option<Job> {
        loop {
            {
                let mut line = self.line();
                if let Some(job) = line.waiting.pop_front() {
                    return Some(job);
                }
                if line.is_closed {
                    return None;
                }
            }
            self.changed.notified().await;
        }
    }

    /// Says that nothing more will come.
    pub(super) fn close(&self) {
        self.line().is_closed = true;
        self.changed.notify_one();
    }

    /// Tells how many wait.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.line().waiting.len()
    }

    /// Gives up all that wait.
    pub(super) fn clear(&self) {
        let given_up = std::mem::take(&mut self.line().waiting);
        if !given_up.is_empty() {
            let n = given_up.len();
            tracing::warn!(n, "the program ends; hooks that waited are not run");
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use tokio::sync::mpsc;

    use super::super::asked::{Asked, Question};
    use super::*;
    use crate::id::CallId;

    fn job(n: usize) -> Job {
        Job {
            event: n.to_string(),
            command: String::new(),
            line: String::new(),
            environment: BTreeMap::new(),
            asked: None,
        }
    }

    fn deciding(n: usize) -> Job {
        let (bell, _door) = mpsc::channel(1);
        let limit = Duration::from_secs(1);
        let asked = Asked::new(Question::Incoming, CallId::new("C"), limit, bell);
        Job {
            asked: Some(asked),
            ..job(n)
        }
    }

    async fn all(queue: &Queue) -> Vec<String> {
        queue.close();
        let mut events = Vec::new();
        while let Some(job) = queue.next().await {
            events.push(job.event);
        }
        events
    }

    #[tokio::test]
    async fn hooks_start_in_the_order_of_their_events() {
        let queue = Queue::default();
        (0..5).for_each(|n| queue.push(job(n)));
        assert_eq!(all(&queue).await, ["0", "1", "2", "3", "4"]);
    }

    #[tokio::test]
    async fn the_oldest_gives_way_but_never_one_that_decides() {
        let queue = Queue::default();
        queue.push(deciding(0));
        (1..WAITING + 3).for_each(|n| queue.push(job(n)));
        let events = all(&queue).await;
        assert_eq!(events.len(), WAITING);
        assert_eq!(events[..3], ["0", "4", "5"]);
    }

    #[tokio::test]
    async fn a_line_of_decisions_is_bounded_too() {
        let queue = Queue::default();
        (0..WAITING).for_each(|n| queue.push(deciding(n)));
        queue.push(job(WAITING));
        assert_eq!(queue.len(), WAITING);
        queue.push(deciding(WAITING + 1));
        let events = all(&queue).await;
        assert_eq!(events.len(), WAITING);
        assert_eq!(events[0], "1");
        assert_eq!(events[WAITING - 1], (WAITING + 1).to_string());
    }
}
