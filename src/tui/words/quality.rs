//! How well it sounds, in plain words.

use crate::av::{Quality, Summary, Verdict};

/// Says what there is to say of a line.
pub fn verdict(quality: &Quality) -> String {
    match quality.verdict {
        Verdict::Fine => "fine".to_owned(),
        Verdict::UplinkDrops => "your uplink drops".to_owned(),
        Verdict::DownlinkDrops => "what they send gets lost".to_owned(),
        Verdict::SlowLine => {
            let slow = quality.rtt_ms.max(quality.delay_ms).unwrap_or_default();
            format!("the line is slow ({slow} ms)")
        }
        Verdict::SlowMachine => "your machine is too slow".to_owned(),
        Verdict::NothingComes => "nothing comes".to_owned(),
    }
}

/// The same in nine letters, for a table.
pub(crate) const fn short_verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fine => "fine",
        Verdict::UplinkDrops => "up drops",
        Verdict::DownlinkDrops => "in drops",
        Verdict::SlowLine => "slow",
        Verdict::SlowMachine => "machine",
        Verdict::NothingComes => "nothing",
    }
}

/// Says what a whole call was like: in words, and in numbers.
pub(crate) fn summary(summary: &Summary) -> (String, String) {
    let worst = match summary.verdict {
        Verdict::Fine => None,
        Verdict::UplinkDrops => Some("your uplink dropped"),
        Verdict::DownlinkDrops => Some("what they sent got lost"),
        Verdict::SlowLine => Some("the line was slow"),
        Verdict::SlowMachine => Some("your machine was too slow"),
        Verdict::NothingComes => Some("nothing came"),
    };
    let words = match worst {
        None => "it sounded fine".to_owned(),
        Some(worst) => {
            let (fine, part) = (summary.fine_percent, summary.verdict_percent);
            format!("fine {fine} of the time, {worst} {part}")
        }
    };
    let mut numbers = Vec::new();
    if let (Some(delay), Some(worst)) = (summary.delay_ms, summary.worst_delay_ms) {
        numbers.push(format!("delay {delay} ms, worst {worst}"));
    }
    let (loss, send_loss) = (summary.loss_percent, summary.send_loss_percent);
    numbers.push(format!("loss {loss} in, {send_loss} out"));
    numbers.push(format!("made up {}", summary.concealed_percent));
    (words, numbers.join(" \u{b7} "))
}
