//! How well somebody is heard, in a word and in numbers. Plain values; units are in the names.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What is to be said of a line, the worst last. The names are stable.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing to complain of.
    #[default]
    Fine,
    /// What goes there and back takes too long to talk at ease.
    SlowLine,
    /// What we send does not all arrive.
    UplinkDrops,
    /// What the peer sends does not all arrive.
    DownlinkDrops,
    /// This machine does not keep up with the sound.
    SlowMachine,
    /// The peer is to be heard, and nothing comes.
    NothingComes,
}

impl Verdict {
    /// All of them, the best first.
    pub const ALL: [Self; 6] = [
        Self::Fine,
        Self::SlowLine,
        Self::UplinkDrops,
        Self::DownlinkDrops,
        Self::SlowMachine,
        Self::NothingComes,
    ];

    /// Returns the stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::SlowLine => "slow_line",
            Self::UplinkDrops => "uplink_drops",
            Self::DownlinkDrops => "downlink_drops",
            Self::SlowMachine => "slow_machine",
            Self::NothingComes => "nothing_comes",
        }
    }
}

/// The way that packets take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Path {
    /// From machine to machine.
    Direct,
    /// Over a relay (RFC 8656).
    Relayed,
}

/// How sound is coded on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// RFC 6716.
    #[default]
    Opus,
}

/// A share of a whole, 0 to 100 %, in tenths of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Percent(u16);

impl Percent {
    /// Makes it of a part from 0 to 1; whatever lies outside is the nearest of these.
    pub fn of(part: f32) -> Self {
        let tenths = (part.clamp(0.0, 1.0) * 1000.0).round();
        Self(if tenths.is_nan() { 0 } else { tenths as u16 })
    }

    /// Makes it of so much of so much; nothing of nothing is 0 %.
    pub fn share(part: u64, whole: u64) -> Self {
        Self::of(part as f32 / whole.max(1) as f32)
    }

    /// Returns tenths of a percent, 0 to 1000.
    pub const fn tenths(self) -> u16 {
        self.0
    }

    /// Returns the part, 0 to 1.
    pub fn part(self) -> f32 {
        f32::from(self.0) / 1000.0
    }
}

/// `1.4 %`; no decimals from ten on, and none of 0.
impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("0 %"),
            1..100 => write!(f, "{}.{} %", self.0 / 10, self.0 % 10),
            _ => write!(f, "{} %", (self.0 + 5) / 10),
        }
    }
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(f64::from(self.0) / 10.0)
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self::of(f32::deserialize(from)? / 100.0))
    }
}

/// How well one person is heard, and hears us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quality {
    /// In a word.
    pub verdict: Verdict,
    /// For how long it is told: since the last time, in milliseconds.
    pub over_ms: u32,
    /// The way; `None` until one is chosen.
    pub path: Option<Path>,
    /// How sound is coded.
    pub codec: Codec,
    /// There and back; `None` until it is measured.
    pub rtt_ms: Option<u32>,
    /// The part of the peer's packets that did not come in the last two seconds.
    pub loss_percent: Percent,
    /// The part of our packets that did not arrive, by the peer's last report (RFC 3550, 6.4.1).
    pub send_loss_percent: Percent,
    /// How much later than the fastest packet nearly all come.
    pub jitter_ms: u32,
    /// How long sound waits here for those that are late.
    pub buffer_ms: u32,
    /// From mouth to ear, estimated: half of there and back, what waits here and in our devices, a packet
    /// of 20 ms and the 6.5 ms that Opus looks ahead. The peer's devices are taken for as good as ours.
    pub delay_ms: Option<u32>,
    /// The part of the last two seconds that had to be made up.
    pub concealed_percent: Percent,
    /// Bits a second of the peer's sound, without headers.
    pub bitrate_bps: u32,
    /// Bits a second of ours.
    pub send_bitrate_bps: u32,
}

impl Default for Quality {
    /// A line of which nothing is known yet.
    fn default() -> Self {
        Self {
            verdict: Verdict::Fine,
            over_ms: 0,
            path: None,
            codec: Codec::Opus,
            rtt_ms: None,
            loss_percent: Percent::default(),
            send_loss_percent: Percent::default(),
            jitter_ms: 0,
            buffer_ms: 0,
            delay_ms: None,
            concealed_percent: Percent::default(),
            bitrate_bps: 0,
            send_bitrate_bps: 0,
        }
    }
}

impl Quality {
    /// Returns how good it is, 0 to 100: the E-model's R (ITU-T G.107) of the delay and of what was
    /// made up, with 100 for its best, 93.2. A line on which nothing comes is 0.
    pub fn score(&self) -> u8 {
        /// How well Opus bears losses (Bpl).
        const ROBUSTNESS: f32 = 20.0;
        const BEST: f32 = 93.2;
        match self.verdict {
            Verdict::NothingComes => return 0,
            Verdict::SlowMachine => return 40,
            Verdict::Fine | Verdict::SlowLine | Verdict::UplinkDrops | Verdict::DownlinkDrops => {}
        }
        let delay = self.delay_ms.unwrap_or_default() as f32;
        let late = 0.024 * delay + 0.11 * (delay - 177.3).max(0.0);
        let made_up = self.concealed_percent.max(self.send_loss_percent).part() * 100.0;
        let rough = 95.0 * made_up / (made_up + ROBUSTNESS);
        ((BEST - late - rough) / BEST * 100.0).clamp(1.0, 100.0) as u8
    }
}
