//! Which card is meant, and how to open it.

use std::sync::Arc;
use std::time::Duration;

use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{ErrorKind, HostId, SampleFormat, StreamInstant};

use super::fault::{Stage, exception_of, words};
use super::format::Format;
use super::intake::Tap;
use super::lapse::Lapse;
use super::outlet::Spout;
use super::shape::{ALSA, Shape, Way};
use super::vital::{Feed, Vital};
use crate::av::{DeviceException, Latency};
use crate::media::device::occupied::users_of;
use crate::media::device::{DeviceSpec, Direction, Trouble, route};

/// A card, and what is known of how to open it.
pub(super) struct Chosen {
    device: cpal::Device,
    id: String,
    name: String,
    role: Direction,
    host: HostId,
    /// `None` while the card was not asked. ALSA is not, as long as the usual does.
    shape: Option<Shape>,
    /// Why another host was passed over.
    passed: Option<cpal::Error>,
}

/// Finds the card that a device string means.
pub(super) fn choose(spec: &DeviceSpec, role: Direction) -> Result<Chosen, Trouble> {
    let mut passed = None;
    for id in cpal::available_hosts() {
        let found = cpal::host_from_id(id).and_then(|host| {
            find(&host, spec, role)
                .map(|device| {
                    let is_asked = id.name() != ALSA;
                    let shape = is_asked.then(|| Shape::of(&device, role, id));
                    Ok((device, shape.transpose()?))
                })
                .transpose()
        });
        match found {
            Ok(Some((device, shape))) => {
                return Ok(Chosen {
                    name: name_of(&device),
                    id: device.id().map(|id| id.to_string()).unwrap_or_default(),
                    device,
                    role,
                    host: id,
                    shape,
                    passed,
                });
            }
            Ok(None) => {}
            Err(error) => passed = passed.or(Some(error)),
        }
    }
    let error = passed.unwrap_or_else(|| cpal::Error::new(ErrorKind::DeviceNotAvailable));
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

impl Chosen {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Builds with the first way that the card does not refuse as such.
    pub(super) fn build<T>(
        &self,
        latency: Latency,
        mut build: impl FnMut(Way) -> Result<T, cpal::Error>,
    ) -> Result<T, cpal::Error> {
        if self.shape.is_none() {
            match build(Shape::USUAL.first(latency)) {
                Ok(built) => return Ok(built),
                // Asked what it takes it would say the same.
                Err(error) if is_shut(&error) => return Err(self.passed.clone().unwrap_or(error)),
                Err(error) => tracing::debug!(%error, "a card does not take the usual"),
            }
        }
        let shape = match self.shape {
            Some(shape) => shape,
            None => Shape::of(&self.device, self.role, self.host)
                .map_err(|error| self.passed.clone().unwrap_or(error))?,
        };
        let mut refused = cpal::Error::new(ErrorKind::UnsupportedConfig);
        for way in shape.ways(latency) {
            match build(way) {
                Err(error) if error.kind() == ErrorKind::UnsupportedConfig => refused = error,
                other => return other,
            }
        }
        Err(refused)
    }

    pub(super) fn build_input(
        &self,
        way: Way,
        mut tap: Tap,
        vital: Arc<Vital>,
        feed: Feed,
    ) -> Result<cpal::Stream, cpal::Error> {
        let Way { config, format } = way;
        let (_, wire) = Format::find(format).ok_or_else(|| strange(format))?;
        let n_channels = usize::from(config.channels);
        let mut lapse = Lapse::new(config.sample_rate);
        self.device.build_input_stream_raw(
            config,
            format,
            move |data, info| {
                let n_frames = data.len() / n_channels;
                let heard = since_epoch(info.timestamp().capture);
                tap.miss(lapse.before(heard, n_frames, vital.take_xrun()));
                wire.take(data, n_channels, &mut tap);
                vital.beat(n_frames);
            },
            move |error| feed.fail(error),
            Some(super::PATIENCE),
        )
    }

    pub(super) fn build_output(
        &self,
        way: Way,
        mut spout: Spout,
        vital: Arc<Vital>,
        feed: Feed,
    ) -> Result<cpal::Stream, cpal::Error> {
        let Way { config, format } = way;
        let (_, wire) = Format::find(format).ok_or_else(|| strange(format))?;
        let n_channels = usize::from(config.channels);
        let mut lapse = Lapse::new(config.sample_rate);
        self.device.build_output_stream_raw(
            config,
            format,
            move |data, info| {
                let n_frames = data.len() / n_channels;
                let played = since_epoch(info.timestamp().playback);
                vital.owe(lapse.before(played, n_frames, vital.take_xrun()));
                wire.give(data, n_channels, &mut spout);
                vital.beat(n_frames);
            },
            move |error| feed.fail(error),
            Some(super::PATIENCE),
        )
    }
}

/// Whether a card is not to be had, whatever way.
fn is_shut(error: &cpal::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::DeviceBusy | ErrorKind::DeviceNotAvailable | ErrorKind::PermissionDenied
    )
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
