//! Which card is meant, and how to open it.

use std::sync::Arc;
use std::time::Duration;

use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{
    BufferSize, ErrorKind, HostId, SampleFormat, StreamConfig, StreamInstant, SupportedBufferSize,
    SupportedStreamConfigRange,
};

use super::fault::{Stage, exception_of, words};
use super::format::Format;
use super::intake::Tap;
use super::lapse::Lapse;
use super::outlet::Spout;
use super::vital::{Feed, Vital};
use crate::av::{DeviceException, Latency};
use crate::media::audio::RATE;
use crate::media::device::occupied::users_of;
use crate::media::device::{DeviceSpec, Direction, Trouble, route};

/// Below this sample rate a card is a telephone's.
const NARROW: u32 = 32_000;

/// A card and the way it will be opened.
pub(super) struct Chosen {
    device: cpal::Device,
    id: String,
    name: String,
    format: SampleFormat,
    channels: u16,
    rate: u32,
    buffers: SupportedBufferSize,
    /// Smaller pieces than this lose sound.
    least: u32,
}

/// The configurations to try, the best first.
pub(super) struct Candidates(Vec<StreamConfig>);

/// Finds the card that a device string means.
pub(super) fn choose(spec: &DeviceSpec, role: Direction) -> Result<Chosen, Trouble> {
    let mut first_error = None;
    for id in cpal::available_hosts() {
        let found = cpal::host_from_id(id).and_then(|host| {
            find(&host, spec, role)
                .map(|device| configure(device, role, id))
                .transpose()
        });
        match found {
            Ok(Some(chosen)) => return Ok(chosen),
            Ok(None) => {}
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    let error = first_error.unwrap_or_else(|| cpal::Error::new(ErrorKind::DeviceNotAvailable));
    Err(not_opened(spec, role, &error))
}

fn find(host: &cpal::Host, spec: &DeviceSpec, role: Direction) -> Option<cpal::Device> {
    let DeviceSpec::Named(wanted) = spec else {
        return match role {
            Direction::Microphone => host.default_input_device(),
            Direction::Speaker => host.default_output_device(),
        };
    };
    let devices: Vec<cpal::Device> = host
        .devices()
        .ok()?
        .filter(|device| serves(device, role))
        .collect();
    let by = |is_it: &dyn Fn(&cpal::Device) -> bool| devices.iter().find(|d| is_it(d)).cloned();
    by(&|d| {
        d.id()
            .is_ok_and(|id| id.to_string() == *wanted || id.id() == wanted)
    })
    .or_else(|| by(&|d| name_of(d) == *wanted))
    .or_else(|| by(&|d| name_of(d).to_lowercase() == wanted.to_lowercase()))
    // ALSA knows names that it does not list, such as `hw:0`.
    .or_else(|| host.device_by_id(&cpal::DeviceId::new(host.id(), wanted)))
    .or_else(|| host.device_by_id(&wanted.parse().ok()?))
}

pub(super) fn serves(device: &cpal::Device, role: Direction) -> bool {
    match role {
        Direction::Microphone => device.supports_input(),
        Direction::Speaker => device.supports_output(),
    }
}

pub(super) fn name_of(device: &cpal::Device) -> String {
    device
        .description()
        .map_or_else(|_| device.to_string(), |told| told.name().to_owned())
}

fn configure(device: cpal::Device, role: Direction, host: HostId) -> Result<Chosen, cpal::Error> {
    let ranges: Vec<SupportedStreamConfigRange> = match role {
        Direction::Microphone => device.supported_input_configs().map(Iterator::collect),
        Direction::Speaker => device.supported_output_configs().map(Iterator::collect),
    }
    .unwrap_or_default();
    // ALSA's default is the best of these, and asking for it would open the card once more.
    let best = ranges.iter().max_by(|a, b| a.cmp_default_heuristics(b));
    let preferred = match (best.filter(|_| host.name() == "ALSA"), role) {
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
    // PulseAudio keeps no more of a microphone for us than one piece, and throws away the rest of what
    // comes at once: from a headset of 8 or 16 kHz that is up to 40 ms.
    let is_narrow = preferred.sample_rate() < NARROW;
    let comes_at_once = host.name() == "PulseAudio" && role == Direction::Microphone && is_narrow;
    let name = name_of(&device);
    let id = device.id().map(|id| id.to_string()).unwrap_or_default();
    let best = best.and_then(|(_, range)| range.try_with_sample_rate(rate_of(range)));
    let best = best.unwrap_or(preferred);
    let rate = best.sample_rate();
    Ok(Chosen {
        device,
        id,
        name,
        format: best.sample_format(),
        channels: best.channels(),
        rate,
        buffers: *best.buffer_size(),
        least: if comes_at_once { rate / 25 } else { 0 },
    })
}

impl Chosen {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns what to try: small pieces, then larger ones, and the card's own wish, which can be
    /// seconds, only when it refuses all others.
    pub(super) fn candidates(&self, latency: Latency) -> Candidates {
        let ten_ms = (self.rate / 100).max(2);
        let first = match latency {
            Latency::Low => ten_ms / 2,
            Latency::Normal => ten_ms,
            Latency::Safe => 2 * ten_ms,
        };
        let first = first.max(self.least);
        let mut sizes = Vec::new();
        let larger = [ten_ms, 2 * ten_ms, 1024, 2048, 4096];
        let larger = larger.into_iter().filter(|size| *size > first);
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
        let config = |buffer_size| StreamConfig {
            channels: self.channels,
            sample_rate: self.rate,
            buffer_size,
        };
        Candidates(sizes.into_iter().map(config).collect())
    }

    pub(super) fn build_input(
        &self,
        config: StreamConfig,
        mut tap: Tap,
        vital: Arc<Vital>,
        feed: Feed,
    ) -> Result<cpal::Stream, cpal::Error> {
        let (_, format) = Format::find(self.format).ok_or_else(|| strange(self.format))?;
        let n_channels = usize::from(config.channels);
        let mut lapse = Lapse::new(config.sample_rate);
        self.device.build_input_stream_raw(
            config,
            self.format,
            move |data, info| {
                let n_frames = data.len() / n_channels;
                let heard = since_epoch(info.timestamp().capture);
                tap.miss(lapse.before(heard, n_frames, vital.take_xrun()));
                format.take(data, n_channels, &mut tap);
                vital.beat(n_frames);
            },
            move |error| feed.fail(error),
            Some(super::PATIENCE),
        )
    }

    pub(super) fn build_output(
        &self,
        config: StreamConfig,
        mut spout: Spout,
        vital: Arc<Vital>,
        feed: Feed,
    ) -> Result<cpal::Stream, cpal::Error> {
        let (_, format) = Format::find(self.format).ok_or_else(|| strange(self.format))?;
        let n_channels = usize::from(config.channels);
        let mut lapse = Lapse::new(config.sample_rate);
        self.device.build_output_stream_raw(
            config,
            self.format,
            move |data, info| {
                let n_frames = data.len() / n_channels;
                let played = since_epoch(info.timestamp().playback);
                vital.owe(lapse.before(played, n_frames, vital.take_xrun()));
                format.give(data, n_channels, &mut spout);
                vital.beat(n_frames);
            },
            move |error| feed.fail(error),
            Some(super::PATIENCE),
        )
    }
}

impl Candidates {
    /// Builds with the first configuration that the card does not refuse as such.
    pub(super) fn try_build<T>(
        self,
        mut build: impl FnMut(StreamConfig) -> Result<T, cpal::Error>,
    ) -> Result<T, cpal::Error> {
        let mut refused = cpal::Error::new(ErrorKind::UnsupportedConfig);
        for config in self.0 {
            match build(config) {
                Err(error) if error.kind() == ErrorKind::UnsupportedConfig => refused = error,
                other => return other,
            }
        }
        Err(refused)
    }
}

fn since_epoch(at: StreamInstant) -> Duration {
    at.duration_since(StreamInstant::ZERO)
}

fn strange(format: SampleFormat) -> cpal::Error {
    cpal::Error::with_message(
        ErrorKind::UnsupportedConfig,
        format!("its samples are {format}, which is not supported"),
    )
}

/// Says why a card could not be opened, and what to do.
pub(super) fn not_opened(spec: &DeviceSpec, role: Direction, error: &cpal::Error) -> Trouble {
    let device = spec.to_string();
    tracing::debug!(%device, kind = ?error.kind(), %error, "a sound device cannot be opened");
    if error.kind() != ErrorKind::DeviceNotAvailable {
        let exception = exception_of(Stage::AtOpen, error);
        let said = if exception == DeviceException::DeviceOccupied {
            users(&device, role)
        } else {
            words(error)
        };
        return Trouble::of(exception, role.into(), &device, &said);
    }
    if is_locked_out() {
        return Trouble::new(
            DeviceException::PermissionNotGranted,
            device,
            "you may not use the sound card; become a member of the group `audio`",
        );
    }
    let (kind, option) = match role {
        Direction::Microphone => ("microphone", "--mic"),
        Direction::Speaker => ("speaker", "--speaker"),
    };
    let detail = match spec {
        DeviceSpec::Named(_) => {
            format!("there is no {kind} of this name or id; `{option} default` takes the system's")
        }
        DeviceSpec::Default | DeviceSpec::File(_) | DeviceSpec::Tone(_) | DeviceSpec::None => {
            format!("this machine has no {kind}; `{option}` also takes a file, or `none`")
        }
    };
    Trouble::new(DeviceException::InvalidId, device, detail)
}

/// Returns who holds a card, as far as that can be seen: "used by pid 4242 (obs)".
fn users(id: &str, role: Direction) -> String {
    let node = route::pcm_node(id, role == Direction::Microphone);
    let users = node.map(|node| users_of(std::path::Path::new(&node)));
    let others = users.into_iter().flatten();
    // We may hold it ourselves, for the ring.
    let mut others = others.filter(|user| user.pid != std::process::id());
    others
        .next()
        .map_or_else(String::new, |user| user.to_string())
}

/// Returns whether there are cards that this user may not touch. To ALSA that looks like no card at all.
fn is_locked_out() -> bool {
    let Ok(entries) = std::fs::read_dir("/dev/snd") else {
        return false;
    };
    let mut controls = entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("controlC"))
        .map(|entry| std::fs::File::open(entry.path()))
        .peekable();
    controls.peek().is_some()
        && controls
            .all(|opened| opened.is_err_and(|e| e.kind() == std::io::ErrorKind::PermissionDenied))
}
