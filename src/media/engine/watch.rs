//! Keeps an eye on each line: counts what comes and goes, and tells how well it does.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::leg::Leg;
use super::{Engine, Report, TICK};
use crate::av::{Codec, Percent, Quality};
use crate::media::Reading;
use crate::media::quality::{Judge, Signs};

/// Ticks between two looks.
pub(super) const LOOK: u64 = 50;
/// Looks that make two seconds.
const WINDOW: usize = 4;
/// How often a line is told of when nothing changes.
const EVERY: Duration = Duration::from_secs(5);
/// When it is told of for the first time: as soon as there is something to tell.
const FIRST: Duration = Duration::from_secs(1);
/// What a late piece of a card weighs, in ticks.
const XRUN: u64 = 20;
/// The part of the delay that is always there: a packet of Opus, and what its encoder looks ahead.
const CODING: Duration = Duration::from_micros(26_500);

/// One line's counts, its window of two seconds, and what is said of it.
#[derive(Debug, Default)]
pub(super) struct Watch {
    first: Option<u64>,
    highest: u64,
    total: Counts,
    /// What each look found, the newest last.
    looks: VecDeque<Counts>,
    judge: Judge,
    /// Since it was told of, and what was said then.
    told_before: Duration,
    was_told: bool,
    /// What is known as of the last look.
    pub(super) quality: Option<Quality>,
}

/// What was counted since the session began.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    /// Packets the peer must have sent, by their numbers.
    sent_there: u64,
    /// Those that came.
    came: u64,
    bytes: u64,
    bytes_sent: u64,
    concealed: Duration,
    played: Duration,
}

impl Watch {
    /// A packet came.
    pub(super) fn came(&mut self, seq: u64, n_bytes: usize) {
        let first = *self.first.get_or_insert(seq);
        self.highest = self.highest.max(seq);
        // One from before the first is not counted as sent either.
        if seq >= first {
            self.total.came += 1;
        }
        self.total.sent_there = self.highest - first + 1;
        self.total.bytes += n_bytes as u64;
    }

    /// A packet of ours left.
    pub(super) fn sent(&mut self, n_bytes: usize) {
        self.total.bytes_sent += n_bytes as u64;
    }

    /// Takes a look, [`LOOK`] ticks after the last. Returns what is to be told, if anything is.
    fn look(&mut self, seen: &Seen, reading: &Reading) -> Option<Quality> {
        let passed = TICK * LOOK as u32;
        self.total.concealed = reading.concealed;
        self.total.played += if seen.is_heard {
            passed
        } else {
            Duration::ZERO
        };
        let is_full = self.looks.len() == WINDOW;
        let before = self.looks.front().copied().filter(|_| is_full);
        let before = before.unwrap_or_default();
        self.looks.push_back(self.total);
        if self.looks.len() > WINDOW {
            self.looks.pop_front();
        }
        let loss = if seen.is_heard {
            self.total.loss_since(&before)
        } else {
            0.0
        };
        let delay = reading
            .rtt
            .map(|rtt| rtt / 2 + reading.buffer + seen.devices + CODING);
        let signs = Signs {
            loss,
            send_loss: seen.send_loss,
            rtt: reading.rtt,
            delay,
            nothing_for: seen.nothing_for,
            strain: seen.strain,
        };
        let is_news = self.judge.see(&signs, passed);
        self.told_before += passed;
        let span = passed * self.looks.len() as u32;
        let concealed = self.total.concealed.saturating_sub(before.concealed);
        let played = self.total.played.saturating_sub(before.played);
        let millis = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        let quality = Quality {
            verdict: self.judge.verdict(),
            over_ms: millis(self.told_before),
            path: seen.path,
            codec: Codec::Opus,
            rtt_ms: reading.rtt.map(millis),
            loss_percent: Percent::of(loss),
            send_loss_percent: Percent::of(seen.send_loss),
            jitter_ms: millis(reading.jitter),
            buffer_ms: millis(reading.buffer),
            delay_ms: delay.map(millis),
            concealed_percent: Percent::of(part(concealed, played)),
            bitrate_bps: bitrate(self.total.bytes - before.bytes, span),
            send_bitrate_bps: bitrate(self.total.bytes_sent - before.bytes_sent, span),
        };
        self.quality = Some(quality);
        let due = if self.was_told { EVERY } else { FIRST };
        if !is_news && self.told_before < due {
            return None;
        }
        (self.told_before, self.was_told) = (Duration::ZERO, true);
        Some(quality)
    }
}

impl Counts {
    fn loss_since(&self, before: &Self) -> f32 {
        let sent = self.sent_there - before.sent_there;
        let came = (self.came - before.came).min(sent);
        (sent - came) as f32 / sent.max(1) as f32
    }
}

fn part(part: Duration, whole: Duration) -> f32 {
    if whole.is_zero() {
        return 0.0;
    }
    part.as_secs_f32() / whole.as_secs_f32()
}

fn bitrate(n_bytes: u64, span: Duration) -> u32 {
    let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX).max(1);
    u32::try_from(n_bytes.saturating_mul(8000) / millis).unwrap_or(u32::MAX)
}

/// What a look finds beside the counts.
#[derive(Debug, Clone, Copy)]
struct Seen {
    path: Option<crate::av::Path>,
    /// Whether the peer is to be heard.
    is_heard: bool,
    nothing_for: Duration,
    send_loss: f32,
    strain: f32,
    /// What waits in our own devices.
    devices: Duration,
}

/// How well the machine keeps up, in the last two seconds.
#[derive(Debug, Default)]
pub(super) struct Load {
    due: u64,
    lost: u64,
    n_xruns: u64,
    looks: VecDeque<(u64, u64)>,
}

impl Load {
    /// So many ticks were due, and so many of them never happened.
    pub(super) fn ticked(&mut self, due: u32, lost: u32) {
        self.due += u64::from(due);
        self.lost += u64::from(lost);
    }

    /// Takes a look, with how often the cards were late since they were opened; returns the part of
    /// the ticks that were lost.
    fn look(&mut self, n_xruns: u64) -> f32 {
        // A device that was opened anew counts from nothing.
        let n_new = n_xruns.saturating_sub(self.n_xruns);
        self.n_xruns = n_xruns;
        let due = std::mem::take(&mut self.due);
        let lost = std::mem::take(&mut self.lost) + n_new * XRUN;
        self.looks.push_back((due, lost.min(due)));
        if self.looks.len() > WINDOW {
            self.looks.pop_front();
        }
        let sum = |sum: (u64, u64), it: &(u64, u64)| (sum.0 + it.0, sum.1 + it.1);
        let (due, lost) = self.looks.iter().fold((0, 0), sum);
        lost as f32 / due.max(1) as f32
    }
}

impl Engine {
    /// Looks at each line, and tells of those of which there is something to tell.
    pub(super) fn look_at_lines(&mut self, now: Instant) {
        let n_xruns = self.microphone.n_xruns() + self.speaker.n_xruns();
        let strain = self.load.look(n_xruns);
        let devices = self.device_delay();
        for leg in self.legs.values_mut().filter(|leg| leg.is_connected()) {
            let is_heard = !leg.session.is_held() && leg.session.is_peer_sending();
            let seen = Seen {
                path: leg.session.path(),
                is_heard,
                nothing_for: leg
                    .nothing_for(now)
                    .filter(|_| is_heard)
                    .unwrap_or_default(),
                send_loss: if leg.is_hushed() {
                    0.0
                } else {
                    leg.send_loss()
                },
                strain,
                devices,
            };
            let reading = leg.reading(now);
            if let Some(quality) = leg.watch.look(&seen, &reading) {
                (self.reports)(Report::Quality {
                    leg: leg.id,
                    quality,
                });
            }
        }
    }

    /// What waits in the speaker, and the tick in which a microphone gathers its next frame.
    fn device_delay(&mut self) -> Duration {
        let waiting = self.speaker.get().map(|speaker| speaker.buffered_ms());
        TICK + Duration::from_millis(waiting.unwrap_or_default().into())
    }
}

impl Leg {
    /// For how long nothing came; `None` before it is connected.
    fn nothing_for(&self, now: Instant) -> Option<Duration> {
        Some(now.saturating_duration_since(self.heard_at()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::av::Verdict;

    fn seen() -> Seen {
        Seen {
            path: None,
            is_heard: true,
            nothing_for: Duration::ZERO,
            send_loss: 0.0,
            strain: 0.0,
            devices: TICK,
        }
    }

    /// Half a second of packets, of which every so many-th gets lost; 0: none.
    fn half_a_second(watch: &mut Watch, from: u64, lost: u64) -> Option<Quality> {
        for seq in from..from + 25 {
            if lost == 0 || seq % lost != 0 {
                watch.came(seq, 100);
            }
            watch.sent(60);
        }
        let reading = Reading {
            rtt: Some(Duration::from_millis(60)),
            buffer: Duration::from_millis(20),
            ..Reading::default()
        };
        watch.look(&seen(), &reading)
    }

    #[test]
    fn a_line_is_told_of_after_a_second_and_every_five_and_at_once_when_it_changes() {
        let mut watch = Watch::default();
        let mut told = Vec::new();
        for n in 0..60_u64 {
            let lost = if (24..44).contains(&n) { 5 } else { 0 };
            if let Some(quality) = half_a_second(&mut watch, 7 + n * 25, lost) {
                told.push((n, quality.verdict, quality.over_ms));
            }
        }
        use Verdict::{DownlinkDrops, Fine};
        let wanted = [
            (1, Fine, 1000),
            (11, Fine, 5000),
            (21, Fine, 5000),
            (29, DownlinkDrops, 4000),
            (39, DownlinkDrops, 5000),
            (49, DownlinkDrops, 5000),
            (52, Fine, 1500),
        ];
        assert_eq!(told, wanted);
    }

    #[test]
    fn the_numbers_are_those_of_the_last_two_seconds() {
        let mut watch = Watch::default();
        for n in 0..8_u64 {
            half_a_second(&mut watch, n * 25, 0);
        }
        for n in 8..16_u64 {
            half_a_second(&mut watch, n * 25, 10);
        }
        let quality = watch.quality.expect("it was looked at");
        assert_eq!(quality.loss_percent, Percent::of(0.1));
        assert_eq!(quality.rtt_ms, Some(60));
        assert_eq!(quality.delay_ms, Some(30 + 20 + 10 + 26));
        assert!(
            (35_000..37_000).contains(&quality.bitrate_bps),
            "{quality:?}"
        );
        assert_eq!(quality.send_bitrate_bps, 24_000);
    }

    #[test]
    fn packets_in_another_order_are_not_lost() {
        let mut watch = Watch::default();
        for pair in 0..100_u64 {
            watch.came(2 * pair + 1, 100);
            watch.came(2 * pair, 100);
        }
        watch.look(&seen(), &Reading::default());
        let quality = watch.quality.expect("it was looked at");
        assert_eq!(quality.loss_percent, Percent::default());
    }

    #[test]
    fn lost_ticks_and_late_cards_are_a_strain_for_two_seconds() {
        let mut pace = Load::default();
        pace.ticked(50, 0);
        assert!(pace.look(3).total_cmp(&0.5).is_ge(), "3 late pieces");
        for _ in 0..3 {
            pace.ticked(50, 10);
            assert!(pace.look(3) > 0.1);
        }
        for _ in 0..4 {
            pace.ticked(50, 0);
            pace.look(3);
        }
        pace.ticked(50, 0);
        assert!(pace.look(1) < f32::EPSILON, "opened anew");
    }
}
