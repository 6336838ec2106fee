//! Whether the machine keeps up with the thread of pictures.
//!
//! Only the CPU time that the thread used counts, never the time that passed: that a machine has
//! other things to do as well does not make pictures too much for it.

use std::time::{Duration, Instant};

use super::ladder::Pressure;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// Looks in a row that must say so before less is done, and before more is.
const TOO_MUCH: u8 = 3;
const RELIEF: u8 = 5;
/// The parts of one core from which on it is too much, and up to which there is room for more.
const BUSY: f64 = 0.8;
const IDLE: f64 = 0.3;

/// What reads the CPU time of the thread that calls it; `None` where the system does not tell.
pub(super) type CpuTime = fn() -> Option<Duration>;

/// How much of a core the thread of pictures takes.
#[derive(Debug)]
pub(super) struct Load {
    cpu_time: CpuTime,
    last: Option<(Instant, Duration)>,
    pressure: Pressure,
    n_busy: u8,
    n_idle: u8,
}

impl Load {
    pub(super) fn new(cpu_time: CpuTime) -> Self {
        Self {
            cpu_time,
            last: None,
            pressure: Pressure::None,
            n_busy: 0,
            n_idle: 0,
        }
    }

    pub(super) fn pressure(&self) -> Pressure {
        self.pressure
    }

    /// Looks at the clock of the thread, once a second.
    pub(super) fn look(&mut self, now: Instant) {
        let passed = self.last.map(|(at, _)| now.saturating_duration_since(at));
        if passed.is_some_and(|passed| passed < LOOK) {
            return;
        }
        let Some(used) = (self.cpu_time)() else {
            return;
        };
        let Some((_, before)) = self.last.replace((now, used)) else {
            return;
        };
        let passed = passed.unwrap_or(LOOK).as_secs_f64();
        let share = used.saturating_sub(before).as_secs_f64() / passed;
        self.n_busy = if share > BUSY { self.n_busy + 1 } else { 0 };
        self.n_idle = if share < IDLE { self.n_idle + 1 } else { 0 };
        let pressure = match self.pressure {
            Pressure::None if self.n_busy >= TOO_MUCH => Pressure::Some,
            Pressure::Some if self.n_busy >= TOO_MUCH => Pressure::High,
            Pressure::Some if self.n_idle >= RELIEF => Pressure::None,
            Pressure::High if self.n_idle >= RELIEF => Pressure::Some,
            same @ (Pressure::None | Pressure::Some | Pressure::High) => same,
        };
        self.n_busy %= TOO_MUCH;
        self.n_idle %= RELIEF;
        if pressure != self.pressure {
            tracing::info!(?pressure, share, "pictures");
            self.pressure = pressure;
        }
    }
}

/// Reads the CPU time of this thread, as Linux tells it (proc(5): schedstat, in nanoseconds).
pub(super) fn cpu_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = text.split(' ').next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::{Duration, Instant, Load, Pressure};

    thread_local! {
        static USED: Cell<u64> = const { Cell::new(0) };
    }

    /// Looks so many times, a second apart, at a thread that takes so much of a core.
    fn live(load: &mut Load, now: &mut Instant, seconds: u64, percent: u64) -> Pressure {
        for _ in 0..seconds {
            *now += Duration::from_secs(1);
            USED.set(USED.get() + percent * 10);
            load.look(*now);
        }
        load.pressure()
    }

    #[test]
    fn only_what_the_thread_itself_uses_is_pressure() {
        let mut load = Load::new(|| Some(Duration::from_millis(USED.get())));
        let mut now = Instant::now();
        let mut live = |seconds, percent| live(&mut load, &mut now, seconds, percent);
        assert_eq!(live(60, 0), Pressure::None, "kept from running by others");
        assert_eq!(live(60, 70), Pressure::None);
        assert_eq!(live(2, 95), Pressure::None, "a moment");
        assert_eq!(live(1, 50), Pressure::None);
        assert_eq!(live(3, 95), Pressure::Some);
        assert_eq!(live(3, 95), Pressure::High);
        assert_eq!(live(60, 50), Pressure::High, "no room for more");
        assert_eq!(live(5, 10), Pressure::Some);
        assert_eq!(live(5, 10), Pressure::None);
    }

    #[test]
    fn what_cannot_be_read_is_no_pressure() {
        let mut load = Load::new(|| None);
        load.look(Instant::now());
        assert_eq!(load.pressure(), Pressure::None);
    }
}
