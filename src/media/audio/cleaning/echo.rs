//! Takes out what the microphone hears of the speaker, in two ways at once.
//!
//! WebRTC's AEC3 is not deceived by rooms that change, clocks that drift and speakers that distort,
//! but takes most of a voice near with it while both talk. A filter that has learnt the room
//! ([`EchoPath`]) leaves that voice whole, but has to learn each change. So AEC3 is heard until the
//! filter is sure of its way, or somebody speaks near: which is when AEC3 lets nearly as much
//! through as the filter does.

use std::time::Duration;

use sonora::config::{EchoCanceller, MaxProcessingRate, TransparentModeType};
use sonora::{AudioProcessing, Config};

use super::far::Far;
use super::lag::{Known, Lag};
use super::low::{self, Down, LOW_FRAME, Up};
use super::path::EchoPath;
use super::residue::Residue;
use super::stage::{Filter, capture, processing};
use crate::media::audio::level::mean_square;
use crate::media::audio::{FRAME, Frame, RATE};

/// By how many samples sound is late behind AEC3.
const LATE: usize = 430;
/// By how many what is heard has to wait for the echo, which goes to a third of the rate and back.
const BEHIND: usize = low::LATE;
/// By how many what comes from the filter has to wait for what comes from AEC3.
const AHEAD: usize = LATE - BEHIND - Residue::LATE;

/// Both ways, and who decides between them.
#[derive(Debug)]
pub(super) struct EchoCancel {
    /// None while nothing echoes: nobody would hear what it makes, and it takes half of the time.
    aec3: Option<AudioProcessing>,
    far: Far,
    far_down: Down,
    heard_down: Down,
    echo_up: Up,
    path: EchoPath,
    lag: Lag,
    residue: Residue,
    heard: Waiting<BEHIND>,
    filtered: Waiting<AHEAD>,
    judge: Judge,
    /// Whether what was learnt makes things worse, since it is no longer so.
    is_wrong: bool,
    /// The filter's share in what is heard.
    share: f32,
}

impl Default for EchoCancel {
    fn default() -> Self {
        Self {
            aec3: Some(aec3()),
            far: Far::default(),
            far_down: Down::default(),
            heard_down: Down::default(),
            echo_up: Up::default(),
            path: EchoPath::default(),
            lag: Lag::default(),
            residue: Residue::default(),
            heard: Waiting::default(),
            filtered: Waiting::default(),
            judge: Judge::default(),
            is_wrong: false,
            share: 0.0,
        }
    }
}

impl EchoCancel {
    pub(super) fn render(&mut self, frame: &Frame) {
        self.far.push(frame);
        if let Some(aec3) = &mut self.aec3 {
            let mut unchanged = [0.0; FRAME];
            // Rates and channels are fixed, and nothing else is refused.
            let _ = aec3.process_render_f32(&[frame], &mut [&mut unchanged[..]]);
        }
    }

    pub(super) fn hint(&mut self, delay: Duration) {
        if let Some(aec3) = &mut self.aec3 {
            let millis = i32::try_from(delay.as_millis()).unwrap_or(i32::MAX);
            // Out of range it is clamped, which is what a hint is good for.
            let _ = aec3.set_stream_delay_ms(millis);
        }
    }

    /// Gives what the filter makes of a frame, as late as what AEC3 makes of it.
    fn filtered(&mut self, heard: &Frame) -> Frame {
        let mut echo = self.echo(heard);
        let heard = self.heard.exchange(heard);
        let mut rest: Frame = std::array::from_fn(|n| heard[n] - echo[n]);
        let is_known = self.lag.known() == Some(Known::Echo);
        self.is_wrong = mean_square(&rest) > 2.0 * mean_square(&heard);
        if !is_known || self.is_wrong {
            (rest, echo) = (heard, [0.0; FRAME]);
        }
        let cleaned = self.residue.take_out(&rest, &echo);
        self.filtered.exchange(&cleaned)
    }

    /// Gives what of a frame is echo, [`BEHIND`] samples late, and learns from it.
    fn echo(&mut self, heard: &Frame) -> Frame {
        let far = self.far_down.take(&self.far.next());
        let heard = self.heard_down.take(heard);
        let echo = self.path.echo(&far);
        let rest: [f32; LOW_FRAME] = std::array::from_fn(|n| heard[n] - echo[n]);
        match self.lag.follow(&far, &heard, &rest) {
            Some(found) => {
                self.path.expect(found.lag);
                if found.is_sudden {
                    self.residue.forget();
                }
            }
            None => self.path.learn(&rest),
        }
        self.echo_up.take(&echo)
    }
}

fn aec3() -> AudioProcessing {
    let config = Config {
        echo_canceller: Some(EchoCanceller {
            // There is a high pass before it.
            enforce_high_pass_filtering: false,
            transparent_mode: TransparentModeType::Hmm,
        }),
        ..Config::default()
    };
    // Nobody's voice goes this way for long, and splitting off what is above 16 kHz takes a third of
    // its time.
    processing(MaxProcessingRate::Rate32kHz, config)
}

/// Samples that have to wait.
#[derive(Debug)]
struct Waiting<const N: usize>([f32; N]);

impl<const N: usize> Default for Waiting<N> {
    fn default() -> Self {
        Self([0.0; N])
    }
}

impl<const N: usize> Waiting<N> {
    /// Takes a frame, and gives what waited and the beginning of it.
    fn exchange(&mut self, frame: &Frame) -> Frame {
        let mut late = [0.0; FRAME];
        late[..N].copy_from_slice(&self.0);
        late[N..].copy_from_slice(&frame[..FRAME - N]);
        self.0.copy_from_slice(&frame[FRAME - N..]);
        late
    }
}

impl Filter for EchoCancel {
    const LATENCY: Duration = Duration::from_nanos(LATE as u64 * 1_000_000_000 / RATE as u64);

    fn run(&mut self, frame: &mut Frame) {
        let filtered = self.filtered(frame);
        let known = self.lag.known();
        if known == Some(Known::NoEcho) && self.share == 1.0 {
            (self.aec3, self.judge) = (None, Judge::default());
            *frame = filtered;
            return;
        }
        capture(self.aec3.get_or_insert_with(aec3), frame);
        let is_near = self.residue.near() > 0.5;
        let speaks = self
            .judge
            .speaks_near(mean_square(frame), mean_square(&filtered), is_near);
        let is_trusted = match known {
            Some(Known::Echo) => speaks || self.residue.is_sure() && !self.is_wrong,
            Some(Known::NoEcho) => true,
            None => speaks,
        };
        // A voice is there at once, and goes slowly.
        let share = if is_trusted { 1.0 } else { self.share * 0.9 };
        let step = (share - self.share) / FRAME as f32;
        for (sample, filtered) in frame.iter_mut().zip(filtered) {
            self.share += step;
            *sample += (filtered - *sample) * self.share;
        }
        self.share = share;
    }
}

/// Tells whether somebody speaks near, from the power of what both ways leave.
#[derive(Debug, Default)]
struct Judge {
    aec3: f32,
    filter: f32,
    /// The power of AEC3's silence.
    floor: f32,
    /// Frames in a row that speak for it.
    n_heard: u32,
    /// Frames for which it is still believed.
    n_believed: u32,
}

impl Judge {
    /// AEC3 leaves so much of what the filter leaves: -8 dB.
    const OF_FILTER: f32 = 0.158;
    /// So much at least: -50 dBFS.
    const LOUD: f32 = 1e-5;
    /// So many times its silence: 8 dB.
    const ABOVE: f32 = 6.3;
    /// Frames until it is believed.
    const PROOF: u32 = 3;
    /// Frames for which it is believed after that; nobody speaks without pauses.
    const PAUSE: u32 = 60;

    fn speaks_near(&mut self, aec3: f32, filter: f32, is_near: bool) -> bool {
        self.aec3 += 0.5 * (aec3 - self.aec3);
        self.filter += 0.5 * (filter - self.filter);
        self.floor = (self.floor * 1.01).clamp(1e-10, self.aec3.max(1e-10));
        let is_voice = is_near
            && self.aec3 > Self::OF_FILTER * self.filter
            && self.aec3 > Self::LOUD
            && self.aec3 > Self::ABOVE * self.floor;
        self.n_heard = if is_voice { self.n_heard + 1 } else { 0 };
        self.n_believed = if self.n_heard >= Self::PROOF {
            Self::PAUSE
        } else {
            self.n_believed.saturating_sub(1)
        };
        self.n_believed > 0
    }
}
