//! Says what is wrong with a line. Looks at numbers and at how much time has passed, at no clock.

use std::time::Duration;

use crate::av::Verdict;

/// For how long something else must be true before it is said.
const HOLD: Duration = Duration::from_secs(3);

/// What is wrong from this on, and no longer below that: what was said is not taken back by a hair.
struct Bounds {
    enter: f32,
    leave: f32,
}

/// The part of packets that is lost; below it, redundancy and concealment make it good.
const LOSS: Bounds = Bounds {
    enter: 0.03,
    leave: 0.02,
};
/// Milliseconds there and back, and from mouth to ear (ITU-T G.114: 150 are fine, 400 too many).
const RTT: Bounds = Bounds {
    enter: 300.0,
    leave: 250.0,
};
const DELAY: Bounds = Bounds {
    enter: 350.0,
    leave: 300.0,
};
/// The part of the ticks that this machine did not do in time.
const STRAIN: Bounds = Bounds {
    enter: 0.10,
    leave: 0.03,
};
/// Seconds of nothing at all.
const NOTHING: Bounds = Bounds {
    enter: 1.0,
    leave: 0.5,
};

/// What is seen of a line, lately.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Signs {
    /// The part of the peer's packets that did not come, 0 to 1.
    pub(super) loss: f32,
    /// The part of ours that did not arrive, 0 to 1.
    pub(super) send_loss: f32,
    /// There and back.
    pub(super) rtt: Option<Duration>,
    /// From mouth to ear.
    pub(super) delay: Option<Duration>,
    /// For how long nothing has come from a peer that is to be heard.
    pub(super) nothing_for: Duration,
    /// The part of the ticks that this machine lost, 0 to 1.
    pub(super) strain: f32,
}

/// Makes up its mind slowly: a verdict stands until something else was true for three seconds on end.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Judge {
    verdict: Verdict,
    doubted_for: Duration,
}

impl Judge {
    /// Returns what is said now.
    pub(super) const fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Takes what is seen, `passed` after the last time. Returns whether something else is said from now on.
    pub(super) fn see(&mut self, signs: &Signs, passed: Duration) -> bool {
        let seen = self.look(signs);
        if seen == self.verdict {
            self.doubted_for = Duration::ZERO;
            return false;
        }
        self.doubted_for += passed;
        if self.doubted_for < HOLD {
            return false;
        }
        self.verdict = seen;
        self.doubted_for = Duration::ZERO;
        true
    }

    /// Returns what these signs alone say: the cause before what it brings about.
    fn look(&self, signs: &Signs) -> Verdict {
        let ms = |time: Option<Duration>| time.unwrap_or_default().as_secs_f32() * 1000.0;
        let found = [
            (
                Verdict::NothingComes,
                signs.nothing_for.as_secs_f32(),
                &NOTHING,
            ),
            (Verdict::SlowMachine, signs.strain, &STRAIN),
            (Verdict::DownlinkDrops, signs.loss, &LOSS),
            (Verdict::UplinkDrops, signs.send_loss, &LOSS),
            (Verdict::SlowLine, ms(signs.rtt), &RTT),
            (Verdict::SlowLine, ms(signs.delay), &DELAY),
        ];
        let is_so = |(verdict, value, bounds): &(Verdict, f32, &Bounds)| {
            let is_said = *verdict == self.verdict;
            *value >= if is_said { bounds.leave } else { bounds.enter }
        };
        let found = found.into_iter().find(is_so);
        found.map_or(Verdict::Fine, |(verdict, ..)| verdict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(500);

    /// Shows a judge the same for so many steps; returns after which one it said something else.
    fn show(judge: &mut Judge, signs: Signs, n: usize) -> Option<usize> {
        let changes: Vec<usize> = (1..=n).filter(|_| judge.see(&signs, STEP)).collect();
        assert!(changes.len() <= 1, "it wavers: {changes:?}");
        changes.first().copied()
    }

    fn loss(loss: f32) -> Signs {
        Signs {
            loss,
            ..Signs::default()
        }
    }

    #[test]
    fn a_verdict_has_to_hold_for_three_seconds() {
        let mut judge = Judge::default();
        assert_eq!(show(&mut judge, loss(0.2), 5), None);
        assert_eq!(judge.verdict(), Verdict::Fine);
        assert_eq!(show(&mut judge, loss(0.0), 1), None);
        assert_eq!(show(&mut judge, loss(0.2), 5), None, "it was good between");
        assert_eq!(show(&mut judge, loss(0.2), 1), Some(1));
        assert_eq!(judge.verdict(), Verdict::DownlinkDrops);
    }

    #[test]
    fn it_is_good_again_after_three_good_seconds() {
        let mut judge = Judge::default();
        show(&mut judge, loss(0.2), 6);
        assert_eq!(show(&mut judge, loss(0.0), 20), Some(6));
        assert_eq!(judge.verdict(), Verdict::Fine);
    }

    #[test]
    fn a_line_at_the_edge_is_not_talked_about_again_and_again() {
        let mut judge = Judge::default();
        show(&mut judge, loss(0.031), 6);
        assert_eq!(show(&mut judge, loss(0.025), 100), None);
        assert_eq!(judge.verdict(), Verdict::DownlinkDrops);
        assert_eq!(show(&mut Judge::default(), loss(0.025), 100), None);
    }

    #[test]
    fn each_sign_has_its_word_and_the_cause_is_named_before_what_it_brings_about() {
        let all = Signs {
            loss: 0.5,
            send_loss: 0.5,
            rtt: Some(Duration::from_millis(900)),
            delay: Some(Duration::from_millis(900)),
            nothing_for: Duration::from_secs(2),
            strain: 0.5,
        };
        let quiet = Signs {
            nothing_for: Duration::ZERO,
            ..all
        };
        let idle = Signs {
            strain: 0.0,
            ..quiet
        };
        let whole = Signs { loss: 0.0, ..idle };
        let slow = Signs {
            send_loss: 0.0,
            ..whole
        };
        let late = Signs { rtt: None, ..slow };
        let wanted = [
            (all, Verdict::NothingComes),
            (quiet, Verdict::SlowMachine),
            (idle, Verdict::DownlinkDrops),
            (whole, Verdict::UplinkDrops),
            (slow, Verdict::SlowLine),
            (late, Verdict::SlowLine),
            (Signs::default(), Verdict::Fine),
        ];
        let mut judge = Judge::default();
        for (signs, verdict) in wanted {
            show(&mut judge, signs, 6);
            assert_eq!(judge.verdict(), verdict, "{signs:?}");
        }
    }
}
