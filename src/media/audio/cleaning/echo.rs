//! Takes out what the microphone hears of the speaker, in two ways at once.
//!
//! WebRTC's AEC3 is not deceived by rooms that change, clocks that drift and speakers that distort,
//! but takes most of a voice near with it while both talk. A filter that has learnt the room
//! ([`EchoPath`]) leaves that voice whole, but has to learn each change. So AEC3 is heard until the
//! filter is sure of its way or leaves less of an echo, or somebody speaks near: which is when AEC3
//! lets nearly as much through as the filter does. Not any more where AEC3 leaves hardly anything of
//! what the filter lets through, or that is like the speaker: then the way has become another.

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
/// By how many what comes from the filter has to wait for that. The echo goes to a third of the rate
/// and back.
const AHEAD: usize = LATE - low::LATE - Residue::LATE;
/// What is left of the filter's share with each frame in which it is not heard. It comes at once.
const GOES: f32 = 0.25;

/// Both ways, and who decides between them.
#[derive(Debug, Default)]
pub(super) struct EchoCancel {
    /// `None` before it is needed, and while nothing echoes: nobody would hear what it makes, and it
    /// takes half of the time.
    aec3: Option<AudioProcessing>,
    far: Far,
    far_down: Down,
    heard_down: Down,
    echo_up: Up,
    path: EchoPath,
    lag: Lag,
    residue: Residue,
    heard: Waiting<{ low::LATE }>,
    filtered: Waiting<AHEAD>,
    judge: Judge,
    /// Whether what was learnt makes things worse, since it is no longer so.
    is_wrong: bool,
    /// The filter's share in what is heard.
    share: f32,
}

impl EchoCancel {
    pub(super) fn render(&mut self, frame: &Frame) {
        self.far.push(&self.far_down.take(frame));
        if let Some(aec3) = &mut self.aec3 {
            let mut unchanged = [0.0; FRAME];
            // Rates and channels are fixed, and nothing else is refused.
            let _ = aec3.process_render_f32(&[frame], &mut [&mut unchanged[..]]);
        }
    }

    pub(super) fn hint(&mut self, delay: Duration, drift: f64) {
        self.far.follow(drift);
        if let Some(aec3) = &mut self.aec3 {
            let millis = i32::try_from(delay.as_millis()).unwrap_or(i32::MAX);
            // Out of range it is clamped, which is what a hint is good for.
            let _ = aec3.set_stream_delay_ms(millis);
        }
    }

    /// Forgets where the echo comes from, and whether there is one: the devices are others.
    pub(super) fn begin_anew(&mut self) {
        self.lag = Lag::default();
        self.aec3 = None;
        self.residue.forget();
        self.judge = Judge::default();
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

    /// Tells whether hardly anything of the echo comes through the filter.
    fn is_sure(&self) -> bool {
        self.residue.is_sure() && !self.is_wrong && !self.lag.is_left()
    }

    /// Gives what of a frame is echo, [`low::LATE`] samples late, and learns from it.
    fn echo(&mut self, heard: &Frame) -> Frame {
        let n_due = self.far.n_due();
        for _ in 0..n_due {
            let far = self.far.next();
            self.path.hear(&far);
            self.lag.hear(&far);
        }
        if n_due == 0 {
            self.path.shorten();
            self.lag.shorten();
        }
        for _ in 1..n_due {
            self.path.lengthen();
            self.lag.lengthen();
        }
        let heard = self.heard_down.take(heard);
        let echo = self.path.echo();
        let rest: [f32; LOW_FRAME] = std::array::from_fn(|n| heard[n] - echo[n]);
        match self.lag.follow(&heard, &rest) {
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
        let left = Left {
            aec3: mean_square(frame),
            filter: mean_square(&filtered),
            has_near: self.residue.near() > 0.5,
            has_echo: known == Some(Known::Echo),
            is_like_far: self.lag.is_left(),
        };
        let is_trusted = match (known, self.judge.hear(&left)) {
            (Some(Known::NoEcho), _) | (_, Heard::Near) => true,
            (Some(Known::Echo), Heard::Nothing) => self.is_sure() || left.is_leak(),
            (None, Heard::Nothing) | (_, Heard::Echo) => false,
        };
        let share = if is_trusted { 1.0 } else { self.share * GOES };
        let step = (share - self.share) / FRAME as f32;
        for (sample, filtered) in frame.iter_mut().zip(filtered) {
            self.share += step;
            *sample += (filtered - *sample) * self.share;
        }
        self.share = share;
    }
}

/// What both ways leave of a frame.
#[derive(Debug)]
struct Left {
    /// The power of it.
    aec3: f32,
    filter: f32,
    /// Whether some of the filter's is no echo that it knows.
    has_near: bool,
    /// Whether it is known that there is an echo: AEC3 begins with silence wherever it is.
    has_echo: bool,
    /// Whether the filter's is like the speaker.
    is_like_far: bool,
}

impl Left {
    /// A filter that leaves so much less than AEC3 of a frame knows better, sure or not: -6 dB.
    const LESS: f32 = 0.25;
    /// What AEC3 lets through of an echo is quieter, and a voice hardly ever for long: -40 dBFS.
    const VOICE: f32 = 1e-4;

    /// Tells whether AEC3 lets an echo through that the filter knows.
    fn is_leak(&self) -> bool {
        self.aec3 < Self::VOICE && self.filter < Self::LESS * self.aec3
    }
}

/// What the filter lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Nothing,
    /// Somebody near.
    Near,
    /// An echo that it does not know.
    Echo,
}

/// Tells what the filter lets through.
#[derive(Debug, Default)]
struct Judge {
    aec3: f32,
    filter: f32,
    /// The power of AEC3's silence.
    floor: f32,
    /// Frames in a row that speak for somebody near.
    n_near: u32,
    /// Frames for which that is still believed.
    n_believed: u32,
    /// How many more frames spoke for an echo than against it.
    n_echo: u32,
}

impl Judge {
    /// Of a voice near AEC3 leaves so much of what the filter leaves: -8 dB.
    const OF_NEAR: f32 = 0.158;
    /// So much at least: -50 dBFS.
    const LOUD: f32 = 1e-5;
    /// So many times its silence: 8 dB.
    const ABOVE: f32 = 6.3;
    /// Frames until it is believed.
    const PROOF: u32 = 3;
    /// Frames for which it is believed after that; nobody speaks without pauses.
    const PAUSE: u32 = 60;
    /// Of an echo AEC3 leaves no more than this of what the filter leaves: -40 dB, which it hardly
    /// ever does where both talk, or -25 dB, where that is like the speaker.
    const OF_ECHO: f32 = 1e-4;
    const OF_LIKE: f32 = 3e-3;
    /// An echo that matters is as loud as this: -45 dBFS.
    const AUDIBLE: f32 = 3e-5;
    /// Frames until it is believed, and for how many it is at most after that.
    const PROOF_OF_ECHO: u32 = 4;
    const MOST_ECHO: u32 = 10;

    fn hear(&mut self, left: &Left) -> Heard {
        self.aec3 += 0.5 * (left.aec3 - self.aec3);
        self.filter += 0.5 * (left.filter - self.filter);
        self.floor = (self.floor * 1.01).clamp(1e-10, self.aec3.max(1e-10));
        let is_near = left.has_near
            && self.aec3 > Self::OF_NEAR * self.filter
            && self.aec3 > Self::LOUD
            && self.aec3 > Self::ABOVE * self.floor;
        self.n_near = if is_near { self.n_near + 1 } else { 0 };
        self.n_believed = if self.n_near >= Self::PROOF {
            Self::PAUSE
        } else {
            self.n_believed.saturating_sub(1)
        };
        let of_echo = match left.is_like_far {
            true => Self::OF_LIKE,
            false => Self::OF_ECHO,
        };
        let is_echo = self.filter > Self::AUDIBLE && self.aec3 < of_echo * self.filter;
        if left.has_echo && is_echo {
            self.n_echo = (self.n_echo + 1).min(Self::MOST_ECHO);
        } else if is_near || !left.is_like_far {
            self.n_echo = self.n_echo.saturating_sub(1);
        }
        if self.n_echo >= Self::PROOF_OF_ECHO {
            Heard::Echo
        } else if self.n_believed > 0 {
            Heard::Near
        } else {
            Heard::Nothing
        }
    }
}
