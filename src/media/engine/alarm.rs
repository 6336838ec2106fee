//! Wakes the media thread at a moment, to a fraction of a millisecond.
//!
//! The runtime's own timers count whole milliseconds and round up, and so does its wait for the
//! kernel: one to two milliseconds in which sound would wait for nothing. Linux has a timer that
//! does not round; elsewhere, and where it cannot be had, it is the runtime's.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::Sleep;

/// One thread's alarm.
pub(super) struct Alarm {
    #[cfg(target_os = "linux")]
    exact: Option<exact::Timer>,
    coarse: Pin<Box<Sleep>>,
}

impl Alarm {
    /// Needs a runtime around it.
    pub(super) fn new() -> Self {
        Self {
            #[cfg(target_os = "linux")]
            exact: exact::Timer::new()
                .inspect_err(|error| tracing::warn!(%error, "no exact timer"))
                .ok(),
            coarse: Box::pin(tokio::time::sleep(Duration::ZERO)),
        }
    }

    /// Is ready from that moment on.
    pub(super) fn poll(&mut self, at: Instant, context: &mut Context<'_>) -> Poll<()> {
        if Instant::now() >= at {
            return Poll::Ready(());
        }
        #[cfg(target_os = "linux")]
        if let Some(timer) = &mut self.exact {
            match timer.poll(at, context) {
                Ok(poll) => return poll,
                Err(error) => {
                    tracing::warn!(%error, "no exact timer any more");
                    self.exact = None;
                }
            }
        }
        let at = at.into();
        if self.coarse.deadline() != at {
            self.coarse.as_mut().reset(at);
        }
        self.coarse.as_mut().poll(context)
    }
}

#[cfg(target_os = "linux")]
mod exact {
    use std::io;
    use std::os::fd::OwnedFd;
    use std::task::{Context, Poll};
    use std::time::{Duration, Instant};

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create,
        timerfd_settime,
    };
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    /// The kernel's timer, `timerfd_create(2)`.
    pub(super) struct Timer {
        fd: AsyncFd<OwnedFd>,
        /// What it is set to.
        at: Option<Instant>,
    }

    impl Timer {
        pub(super) fn new() -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let fd = timerfd_create(TimerfdClockId::Monotonic, flags)?;
            #[expect(
                deprecated,
                reason = "an OwnedFd is what its unsafe successor asks for"
            )]
            let fd = AsyncFd::with_interest(fd, Interest::READABLE)?;
            Ok(Self { fd, at: None })
        }

        pub(super) fn poll(
            &mut self,
            at: Instant,
            context: &mut Context<'_>,
        ) -> io::Result<Poll<()>> {
            if self.at != Some(at) {
                self.set(at)?;
            }
            while let Poll::Ready(ready) = self.fd.poll_read_ready(context) {
                // It may be what it was set to before that has passed.
                ready?.clear_ready();
                if Instant::now() >= at {
                    return Ok(Poll::Ready(()));
                }
            }
            Ok(Poll::Pending)
        }

        fn set(&mut self, at: Instant) -> io::Result<()> {
            // Nothing at all would be no alarm.
            let wait = at.saturating_duration_since(Instant::now());
            let wait = wait.max(Duration::from_nanos(1));
            let it_value = wait.try_into().map_err(io::Error::other)?;
            let it_interval = Duration::ZERO.try_into().map_err(io::Error::other)?;
            let once = Itimerspec {
                it_interval,
                it_value,
            };
            timerfd_settime(&self.fd, TimerfdTimerFlags::empty(), &once)?;
            self.at = Some(at);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    /// Set earlier, later, and to what has passed: never early, and it always rings.
    #[tokio::test]
    async fn it_rings_at_the_moment_it_is_set_to_last() {
        let mut alarm = Alarm::new();
        for coarse in [false, true] {
            #[cfg(target_os = "linux")]
            if coarse {
                alarm.exact = None;
            }
            let start = Instant::now();
            let ms = |n| start + Duration::from_millis(n);
            for (first, then) in [(5, 8), (30, 12), (13, 13), (9, 10), (20, 21)] {
                let asked = poll_fn(|context| Poll::Ready(alarm.poll(ms(first), context)));
                let _ = asked.await;
                poll_fn(|context| alarm.poll(ms(then), context)).await;
                assert!(Instant::now() >= ms(then), "{then}");
            }
        }
    }
}
