//! How a card gives or takes sound, and the ways to open it, the best first.

use cpal::traits::DeviceTrait;
use cpal::{
    BufferSize, HostId, SampleFormat, StreamConfig, SupportedBufferSize, SupportedStreamConfigRange,
};

use super::format::Format;
use crate::av::Latency;
use crate::media::audio::RATE;
use crate::media::device::Direction;

/// The host whose cards are asked only if they refuse the usual.
pub(super) const ALSA: &str = "ALSA";

/// Below this sample rate a card is a telephone's.
const NARROW: u32 = 32_000;

/// What a card gives or takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    format: SampleFormat,
    channels: u16,
    rate: u32,
    buffers: SupportedBufferSize,
    /// Smaller pieces than this lose sound.
    least: u32,
}

/// One way to open a card.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) config: StreamConfig,
    pub(super) format: SampleFormat,
}

impl Shape {
    /// The best of everything, and everything is what ALSA's ways to a card (`default`, `plughw`)
    /// give and take. A card's own driver refuses it, or it is the best there as well.
    pub(super) const USUAL: Self = Self {
        format: SampleFormat::F32,
        channels: 2,
        rate: RATE,
        buffers: SupportedBufferSize::Unknown,
        least: 0,
    };

    /// Asks a card of that host what it gives or takes. ALSA lists all that a way to a card does for
    /// 30 ms, of a core that has a call to take.
    pub(super) fn of(
        device: &cpal::Device,
        role: Direction,
        host: HostId,
    ) -> Result<Self, cpal::Error> {
        let ranges: Vec<SupportedStreamConfigRange> = match role {
            Direction::Microphone => device.supported_input_configs().map(Iterator::collect),
            Direction::Speaker => device.supported_output_configs().map(Iterator::collect),
        }
        .unwrap_or_default();
        // ALSA's default is the best of these, and asking for it would open the card once more.
        let best = ranges.iter().max_by(|a, b| a.cmp_default_heuristics(b));
        let preferred = match (best.filter(|_| host.name() == ALSA), role) {
            (Some(range), _) => range
                .try_with_standard_sample_rate()
                .unwrap_or_else(|| range.with_max_sample_rate()),
            (None, Direction::Microphone) => device.default_input_config()?,
            (None, Direction::Speaker) => device.default_output_config()?,
        };
        let rate_of = |range: &SupportedStreamConfigRange| {
            RATE.clamp(range.min_sample_rate(), range.max_sample_rate())
        };
        let best = ranges
            .iter()
            .filter_map(|range| Some((Format::find(range.sample_format())?.0, range)))
            .min_by_key(|(rank, range)| {
                (
                    // Eight bits hiss; anything else is better.
                    range.sample_format().sample_size() == 1,
                    rate_of(range).abs_diff(RATE),
                    range.channels().abs_diff(preferred.channels()),
                    *rank,
                )
            });
        // PulseAudio keeps no more of a microphone for us than one piece, and throws away the rest of
        // what comes at once: from a headset of 8 or 16 kHz that is up to 40 ms.
        let is_narrow = preferred.sample_rate() < NARROW;
        let comes_at_once =
            host.name() == "PulseAudio" && role == Direction::Microphone && is_narrow;
        let best = best.and_then(|(_, range)| range.try_with_sample_rate(rate_of(range)));
        let best = best.unwrap_or(preferred);
        let rate = best.sample_rate();
        Ok(Self {
            format: best.sample_format(),
            channels: best.channels(),
            rate,
            buffers: *best.buffer_size(),
            least: if comes_at_once { rate / 25 } else { 0 },
        })
    }

    /// Returns what to try: small pieces, then larger ones, and the card's own wish, which can be
    /// seconds, only when it refuses all others.
    pub(super) fn ways(self, latency: Latency) -> Vec<Way> {
        let first = self.smallest(latency);
        let larger = [self.ten_ms(), 2 * self.ten_ms(), 1024, 2048, 4096];
        let larger = larger.into_iter().filter(|size| *size > first);
        let mut sizes = Vec::new();
        for wanted in std::iter::once(first).chain(larger) {
            let size = match self.buffers {
                SupportedBufferSize::Range { min, max } if min <= max => wanted.clamp(min, max),
                SupportedBufferSize::Range { .. } | SupportedBufferSize::Unknown => wanted,
            };
            let size = BufferSize::Fixed(size);
            if !sizes.contains(&size) {
                sizes.push(size);
            }
        }
        sizes.push(BufferSize::Default);
        sizes.into_iter().map(|size| self.way(size)).collect()
    }

    /// Returns the first of them, as far as the size of the pieces is the card's to choose.
    pub(super) fn first(self, latency: Latency) -> Way {
        self.way(BufferSize::Fixed(self.smallest(latency)))
    }

    fn ten_ms(self) -> u32 {
        (self.rate / 100).max(2)
    }

    fn smallest(self, latency: Latency) -> u32 {
        let wanted = match latency {
            Latency::Low => self.ten_ms() / 2,
            Latency::Normal => self.ten_ms(),
            Latency::Safe => 2 * self.ten_ms(),
        };
        wanted.max(self.least)
    }

    const fn way(self, buffer_size: BufferSize) -> Way {
        Way {
            config: StreamConfig {
                channels: self.channels,
                sample_rate: self.rate,
                buffer_size,
            },
            format: self.format,
        }
    }
}
