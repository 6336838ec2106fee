//! What a call's quality comes to: averages, the worst, and a line to be drawn.

use serde::{Deserialize, Serialize};

use super::{Percent, Quality, Verdict};

/// The most points of a line.
const POINTS: usize = 60;
/// For how long a point stands at first, in milliseconds; a long call's points stand for more.
const SPAN_MS: u32 = 5000;

/// A call's quality, all people of it together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// The worst that was said.
    pub verdict: Verdict,
    /// For which part of the time that was said.
    pub verdict_percent: Percent,
    /// For which part of the time it was fine.
    pub fine_percent: Percent,
    /// What got lost of the others' packets, on the average.
    pub loss_percent: Percent,
    /// The same at its worst.
    pub worst_loss_percent: Percent,
    /// What got lost of ours, on the average.
    pub send_loss_percent: Percent,
    /// The same at its worst.
    pub worst_send_loss_percent: Percent,
    /// There and back on the average, where it was measured.
    pub rtt_ms: Option<u32>,
    /// The same at its worst.
    pub worst_rtt_ms: Option<u32>,
    /// From mouth to ear on the average, estimated as [`Quality::delay_ms`] is.
    pub delay_ms: Option<u32>,
    /// The same at its worst.
    pub worst_delay_ms: Option<u32>,
    /// The part of what was heard that was made up.
    pub concealed_percent: Percent,
    /// How good it was from the beginning to the end in equal steps, each 0 to 100
    /// ([`Quality::score`] at its worst there); 60 at most.
    pub line: Vec<u8>,
}

/// Counts a call's quality as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    total_ms: u64,
    verdicts_ms: [u64; Verdict::ALL.len()],
    loss: Mean,
    send_loss: Mean,
    concealed: Mean,
    rtt: Mean,
    delay: Mean,
    line: Vec<u8>,
    /// For how long each point stands, as a power of two of [`SPAN_MS`].
    doublings: u32,
    /// The point that is not full: for how long, and the worst in it.
    open: Option<(u32, u8)>,
}

/// An average over time, and the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Mean {
    sum: u64,
    over_ms: u64,
    worst: u32,
}

impl Mean {
    fn add(&mut self, value: u32, over_ms: u32) {
        self.sum += u64::from(value) * u64::from(over_ms);
        self.over_ms += u64::from(over_ms);
        self.worst = self.worst.max(value);
    }

    fn average(self) -> Option<u32> {
        let average = self.sum.checked_div(self.over_ms)?;
        Some(u32::try_from(average).unwrap_or(u32::MAX))
    }

    fn worst(self) -> Option<u32> {
        (self.over_ms > 0).then_some(self.worst)
    }

    /// Both, of tenths of a percent.
    fn percents(self) -> (Percent, Percent) {
        let percent = |tenths: Option<u32>| Percent::of(tenths.unwrap_or_default() as f32 / 1000.0);
        (percent(self.average()), percent(self.worst()))
    }
}

impl Tally {
    /// Takes in what is told of one person for [`Quality::over_ms`].
    pub fn add(&mut self, quality: &Quality) {
        let over = quality.over_ms.max(1);
        self.total_ms += u64::from(over);
        self.verdicts_ms[quality.verdict as usize] += u64::from(over);
        self.loss.add(quality.loss_percent.tenths().into(), over);
        let send_loss = quality.send_loss_percent.tenths();
        self.send_loss.add(send_loss.into(), over);
        let concealed = quality.concealed_percent.tenths();
        self.concealed.add(concealed.into(), over);
        for (mean, value) in [
            (&mut self.rtt, quality.rtt_ms),
            (&mut self.delay, quality.delay_ms),
        ] {
            if let Some(value) = value {
                mean.add(value, over);
            }
        }
        self.draw(over, quality.score());
    }

    /// Returns what it came to; `None` where nothing was told.
    pub fn summary(&self) -> Option<Summary> {
        let share = |verdict: Verdict| {
            let part = self.verdicts_ms[verdict as usize];
            Percent::share(part, self.total_ms)
        };
        let said = |verdict: &&Verdict| self.verdicts_ms[**verdict as usize] > 0;
        let verdict = *Verdict::ALL.iter().rev().find(said)?;
        let (loss_percent, worst_loss_percent) = self.loss.percents();
        let (send_loss_percent, worst_send_loss_percent) = self.send_loss.percents();
        let mut line = self.line.clone();
        line.extend(self.open.map(|(_, worst)| worst));
        Some(Summary {
            verdict,
            verdict_percent: share(verdict),
            fine_percent: share(Verdict::Fine),
            loss_percent,
            worst_loss_percent,
            send_loss_percent,
            worst_send_loss_percent,
            rtt_ms: self.rtt.average(),
            worst_rtt_ms: self.rtt.worst(),
            delay_ms: self.delay.average(),
            worst_delay_ms: self.delay.worst(),
            concealed_percent: self.concealed.percents().0,
            line,
        })
    }

    fn draw(&mut self, over: u32, score: u8) {
        let (filled, worst) = self.open.unwrap_or((0, u8::MAX));
        let (filled, worst) = (filled.saturating_add(over), worst.min(score));
        if filled < SPAN_MS.saturating_mul(1 << self.doublings.min(16)) {
            self.open = Some((filled, worst));
            return;
        }
        self.open = None;
        self.line.push(worst);
        if self.line.len() == POINTS {
            let pairs = self.line.chunks(2);
            let worst = |pair: &[u8]| pair.iter().copied().min().unwrap_or_default();
            self.line = pairs.map(worst).collect();
            self.doublings += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quality(verdict: Verdict, rtt_ms: u32, loss: f32) -> Quality {
        Quality {
            verdict,
            over_ms: 5000,
            rtt_ms: Some(rtt_ms),
            delay_ms: Some(rtt_ms / 2 + 50),
            loss_percent: Percent::of(loss),
            concealed_percent: Percent::of(loss),
            ..Quality::default()
        }
    }

    #[test]
    fn nothing_told_is_no_summary() {
        assert_eq!(Tally::default().summary(), None);
    }

    #[test]
    fn averages_weigh_by_time_and_the_worst_is_kept() {
        let mut tally = Tally::default();
        for _ in 0..9 {
            tally.add(&quality(Verdict::Fine, 40, 0.0));
        }
        tally.add(&quality(Verdict::DownlinkDrops, 140, 0.10));
        let summary = tally.summary().expect("ten were told");
        assert_eq!(summary.verdict, Verdict::DownlinkDrops);
        assert_eq!(summary.verdict_percent, Percent::of(0.1));
        assert_eq!(summary.fine_percent, Percent::of(0.9));
        assert_eq!(
            (summary.rtt_ms, summary.worst_rtt_ms),
            (Some(50), Some(140))
        );
        assert_eq!(summary.loss_percent, Percent::of(0.01));
        assert_eq!(summary.worst_loss_percent, Percent::of(0.1));
        assert_eq!(summary.concealed_percent, Percent::of(0.01));
        assert_eq!(summary.line.len(), 10);
        assert!(summary.line[9] + 20 < summary.line[0], "{summary:?}");
    }

    #[test]
    fn a_long_calls_line_stays_short_and_keeps_its_worst_moment() {
        let mut tally = Tally::default();
        for n in 0..5000 {
            let verdict = match n {
                2500 => Verdict::NothingComes,
                _ => Verdict::Fine,
            };
            tally.add(&quality(verdict, 30, 0.0));
        }
        let line = tally.summary().expect("it was told").line;
        assert!(
            (POINTS / 2..=POINTS).contains(&line.len()),
            "{}",
            line.len()
        );
        assert_eq!(line.iter().filter(|it| **it == 0).count(), 1, "{line:?}");
        let at = line.iter().position(|it| *it == 0).expect("one is") as f32;
        assert!(
            (at / line.len() as f32 - 0.5).abs() < 0.1,
            "{at} of {line:?}"
        );
    }

    #[test]
    fn the_score_falls_with_delay_and_with_what_is_made_up() {
        let good = quality(Verdict::Fine, 20, 0.0).score();
        let late = quality(Verdict::SlowLine, 700, 0.0).score();
        let rough = quality(Verdict::DownlinkDrops, 20, 0.2).score();
        assert!(
            good > 95 && late < 70 && rough < 60,
            "{good} {late} {rough}"
        );
    }

    #[test]
    fn percents_read_as_people_write_them() {
        let told = [0.0, 0.0004, 0.014, 0.0999, 0.125, 1.0, 7.0];
        let told = told.map(|part| Percent::of(part).to_string());
        assert_eq!(
            told,
            ["0 %", "0 %", "1.4 %", "10 %", "13 %", "100 %", "100 %"]
        );
        let json = serde_json::to_string(&Percent::of(0.014)).expect("a number");
        assert_eq!(json, "1.4");
        let read: Percent = serde_json::from_str(&json).expect("one");
        assert_eq!(read, Percent::of(0.014));
    }
}
