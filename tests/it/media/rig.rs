//! Two media threads that talk to each other, and what was heard.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use offhook::av::Pictures;
use offhook::id::LegId;
use offhook::media::audio::RATE;
use offhook::media::device::{CameraSpec, DeviceSpec};
use offhook::media::{Media, MediaSettings, Order, Report};

/// Nothing here takes as long, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) const LEG: LegId = LegId(1);

/// Tries a test that lives in real time up to three times: a machine that stands still for a moment
/// leaves gaps in any sound, and what is really broken fails each time.
pub(crate) fn undisturbed(test: fn()) {
    for _ in 0..2 {
        if std::panic::catch_unwind(test).is_ok() {
            return;
        }
    }
    test();
}

pub(super) struct Phone {
    pub(super) media: Media,
    pub(super) reports: Receiver<Report>,
}

impl Phone {
    pub(super) fn new(microphone: &str, speaker: &str) -> Self {
        Self::filming(microphone, speaker, CameraSpec::None)
    }

    pub(super) fn filming(microphone: &str, speaker: &str, camera: CameraSpec) -> Self {
        let (out, reports) = channel();
        let settings = MediaSettings {
            microphone: microphone.parse().unwrap(),
            speaker: speaker.parse().unwrap(),
            camera,
            ..MediaSettings::default()
        };
        let media = Media::start(settings, move |report| {
            let _ = out.send(report);
        });
        Self {
            media: media.unwrap(),
            reports,
        }
    }

    pub(super) fn wait<T>(&self, what: &str, mut pick: impl FnMut(&Report) -> Option<T>) -> T {
        let until = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(report) = self.reports.recv_timeout(left) else {
                panic!("no {what} among {seen:#?}");
            };
            if let Some(found) = pick(&report) {
                return found;
            }
            seen.push(report);
        }
    }

    pub(super) fn wait_for(&self, wanted: &Report) {
        self.wait(&format!("{wanted:?}"), |r| (r == wanted).then_some(()));
    }

    pub(super) fn offer(&self) -> String {
        self.offer_with(Pictures::None)
    }

    /// Makes an offer that speaks of these pictures.
    pub(super) fn offer_with(&self, pictures: Pictures) -> String {
        self.media.order(Order::Offer { leg: LEG, pictures });
        self.wait("offer", |r| match r {
            Report::Offer { sdp, .. } => Some(sdp.clone()),
            _ => None,
        })
    }

    pub(super) fn answer(&self, offer: String) -> String {
        self.answer_with(offer, Pictures::None)
    }

    /// Takes of an offer these pictures.
    pub(super) fn answer_with(&self, offer: String, pictures: Pictures) -> String {
        self.media.order(Order::Answer {
            leg: LEG,
            offer,
            pictures,
        });
        self.wait("answer", |r| match r {
            Report::Answer { sdp, .. } => Some(sdp.clone()),
            _ => None,
        })
    }

    /// Makes an offer for the session that is up.
    pub(super) fn reoffer(&self, is_held: bool, restarts_ice: bool) -> String {
        self.offer_again(is_held, Pictures::None, restarts_ice)
    }

    /// The same, which speaks of these pictures.
    pub(super) fn reoffer_with(&self, pictures: Pictures) -> String {
        self.offer_again(false, pictures, false)
    }

    fn offer_again(&self, is_held: bool, pictures: Pictures, restarts_ice: bool) -> String {
        self.media.order(Order::Reoffer {
            pictures,
            leg: LEG,
            is_held,
            restarts_ice,
        });
        self.wait("offer", |r| match r {
            Report::Offer { sdp, .. } => Some(sdp.clone()),
            _ => None,
        })
    }

    /// Whether the peer is told to hold, or no longer.
    pub(super) fn wait_held(&self, is_held: bool) {
        self.wait_for(&Report::Held { leg: LEG, is_held });
    }

    /// Why a description was not taken.
    pub(super) fn refusal(&self) -> String {
        self.wait("refusal", |r| match r {
            Report::NotAcceptable { reason, .. } => Some(reason.clone()),
            _ => None,
        })
    }

    /// Gives all that was told of sessions and nobody waited for.
    pub(super) fn told(&self) -> Vec<Report> {
        // Devices come when they like, tones speak, and how well it sounds is told by the clock.
        let is_aside = |r: &Report| {
            matches!(
                r,
                Report::DeviceChanged { .. } | Report::Speaking { .. } | Report::Quality { .. }
            )
        };
        self.reports.try_iter().filter(|r| !is_aside(r)).collect()
    }

    pub(super) fn accept(&self, answer: String) {
        self.media.order(Order::Accept { leg: LEG, answer });
    }
}

/// Connects two phones; returns how long it took from the answer to the first sound.
pub(super) fn connect(caller: &Phone, callee: &Phone) -> Duration {
    let offer = caller.offer();
    let accepted = Instant::now();
    caller.accept(callee.answer(offer));
    for phone in [caller, callee] {
        phone.wait_for(&Report::Connected { leg: LEG });
        phone.wait_for(&Report::FirstSound { leg: LEG });
    }
    accepted.elapsed()
}

/// Holds the other, or no longer, and waits until that is agreed.
pub(super) fn hold(holder: &Phone, held: &Phone, is_held: bool) {
    let offer = holder.reoffer(is_held, false);
    holder.accept(held.answer(offer));
    held.wait_held(is_held);
}

/// What is recorded in the next so many seconds, after a moment for what was still on its way.
pub(super) fn next(path: &Path, seconds: f32) -> Vec<f32> {
    let settled = read(path).len() + RATE as usize / 2;
    let end = settled as f32 / RATE as f32 + seconds;
    recorded(path, end)[settled..].to_vec()
}

/// Waits until a tone is recorded, or is not any more.
pub(super) fn wait_heard(path: &Path, hz: f32, is_heard: bool) {
    match is_heard {
        true => wait_heard_all(path, &[hz], &[]),
        false => wait_heard_all(path, &[], &[hz]),
    }
}

/// Waits until some tones are recorded, and others are not any more.
///
/// A busy machine leaves holes in anything, so what counts is that there is a piece with each tone
/// as it should be, and that there is a while without the others.
pub(crate) fn wait_heard_all(path: &Path, present: &[f32], absent: &[f32]) {
    let until = Instant::now() + PATIENCE;
    let mut from = read(path).len();
    loop {
        let heard = recorded(path, from as f32 / RATE as f32 + 0.3);
        let pieces = || heard[from..].chunks_exact(RATE as usize / 10);
        let is_there = |hz: &f32| pieces().any(|piece| amplitude(piece, *hz) > 0.06);
        // The whole of it: the sound of before may still be on its way.
        let is_gone = |hz: &f32| pieces().all(|piece| amplitude(piece, *hz) < 0.005);
        if present.iter().all(is_there) && absent.iter().all(is_gone) {
            return;
        }
        assert!(
            Instant::now() < until,
            "{present:?} Hz without {absent:?} Hz never came"
        );
        from = heard.len();
    }
}

/// Connects one session of a phone with one of another, and waits for sound on both.
pub(super) fn connect_on(caller: (&Phone, LegId), callee: (&Phone, LegId)) {
    let ((a, leg_a), (b, leg_b)) = (caller, callee);
    a.media.order(Order::Offer {
        leg: leg_a,
        pictures: Pictures::None,
    });
    let offer = a.wait("offer", |r| match r {
        Report::Offer { leg, sdp } if *leg == leg_a => Some(sdp.clone()),
        _ => None,
    });
    b.media.order(Order::Answer {
        leg: leg_b,
        offer,
        pictures: Pictures::None,
    });
    let answer = b.wait("answer", |r| match r {
        Report::Answer { leg, sdp } if *leg == leg_b => Some(sdp.clone()),
        _ => None,
    });
    a.media.order(Order::Accept { leg: leg_a, answer });
    a.wait_for(&Report::FirstSound { leg: leg_a });
    b.wait_for(&Report::FirstSound { leg: leg_b });
}

/// Waits until a recording is this long, and returns it.
pub(crate) fn recorded(path: &Path, seconds: f32) -> Vec<f32> {
    let until = Instant::now() + PATIENCE;
    loop {
        let samples = read(path);
        if samples.len() as f32 >= seconds * RATE as f32 {
            return samples;
        }
        assert!(Instant::now() < until, "only {} samples", samples.len());
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

pub fn read(path: &Path) -> Vec<f32> {
    offhook::media::audio::wav::read(std::fs::read(path).unwrap_or_default().as_slice())
        .unwrap_or_default()
}

pub fn speech() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/speech.wav")
}

pub fn file(path: &Path) -> String {
    DeviceSpec::File(path.to_owned()).to_string()
}

/// The amplitude of a frequency in some samples (Goertzel).
pub(crate) fn amplitude(samples: &[f32], hz: f32) -> f32 {
    let w = std::f32::consts::TAU * hz / RATE as f32;
    let (mut a, mut b) = (0.0_f64, 0.0_f64);
    for x in samples {
        (a, b) = (f64::from(*x) + 2.0 * f64::from(w).cos() * a - b, a);
    }
    let power = a * a + b * b - 2.0 * f64::from(w).cos() * a * b;
    (2.0 * power.max(0.0).sqrt() / samples.len() as f64) as f32
}

pub fn rms(samples: &[f32]) -> f32 {
    (samples.iter().map(|x| x * x).sum::<f32>() / samples.len().max(1) as f32).sqrt()
}

/// How alike each second of `original` and what was heard of it are; quiet seconds are left out.
///
/// Each second is aligned by itself, near where the one before was: a buffer may stretch.
pub fn correlation(original: &[f32], heard: &[f32]) -> Vec<f32> {
    const SLOW: usize = 8_000;
    let original = thin(original, 6);
    // The same at three offsets: a lag is hardly ever a whole number of thinned samples.
    let phases = [0, 2, 4].map(|skip| thin(&heard[skip.min(heard.len())..], 6));
    let heard = &phases[0];
    let rough = best_lag(
        &thin(&original, 4)[..SLOW / 2],
        &thin(heard, 4),
        0..usize::MAX,
    )
    .0 * 4;
    let mut lag = rough;
    let mut alike = Vec::new();
    for start in (0..original.len() - SLOW).step_by(SLOW) {
        let window = &original[start..start + SLOW];
        if rms(window) < 0.01 {
            continue;
        }
        let from = start + lag.saturating_sub(SLOW / 10);
        let there = from..start + lag + SLOW / 10;
        let found = phases
            .iter()
            .map(|heard| best_lag(window, heard, there.clone()));
        let best = found.max_by(|a, b| a.1.total_cmp(&b.1));
        let (at, likeness) = best.expect("there are three phases");
        if likeness > 0.5 {
            lag = at.saturating_sub(start);
        }
        alike.push(likeness);
    }
    alike
}

fn thin(samples: &[f32], by: usize) -> Vec<f32> {
    let chunks = samples.chunks_exact(by);
    chunks.map(|c| c.iter().sum::<f32>() / by as f32).collect()
}

fn best_lag(window: &[f32], heard: &[f32], lags: std::ops::Range<usize>) -> (usize, f32) {
    let energy = rms(window);
    let last = heard.len().saturating_sub(window.len()).min(lags.end);
    let mut best = (0, -1.0);
    for lag in lags.start..last {
        let there = &heard[lag..lag + window.len()];
        let dot: f32 = window.iter().zip(there).map(|(a, b)| a * b).sum();
        let likeness = dot / window.len() as f32 / (energy * rms(there)).max(1e-9);
        if likeness > best.1 {
            best = (lag, likeness);
        }
    }
    best
}

/// Tells whether most seconds came through whole. The tests run beside others in real time, and a
/// busy machine may hold a phone up for a moment; that nothing is lost without such company is
/// proved on a virtual clock, in `media::jitter`.
pub fn is_mostly_whole(alike: &[f32]) -> bool {
    let n_whole = alike.iter().filter(|alike| **alike >= 0.9).count();
    n_whole * 3 >= alike.len() * 2
}
