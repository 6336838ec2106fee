//! How large, how often and how finely pictures are sent: what the line, the viewers, the camera
//! and the machine allow. Voice comes first.

use std::time::{Duration, Instant};

/// Kept free for the voice, in bits a second.
const VOICE: u64 = 64_000;
/// With less than this left nothing is sent, in bits a second.
const FLOOR: u64 = 30_000;
/// The least a line may take for pictures beside the voice, in bits a second.
pub const LEAST: u64 = VOICE + FLOOR;
/// From here on there are thirty pictures a second, of all that the line takes.
const SMOOTH: u64 = 800_000;
/// From here on there are fifteen.
const STEADY: u64 = 220_000;
/// From here on there are ten; below it five, which is better than nothing.
const SLOW: u64 = 160_000;
/// From so many viewers on, there are so many pictures a second at most: none of them shows
/// them large, and each decodes those of all others.
const CROWDS: [(usize, u8); 2] = [(5, 10), (3, 15)];
/// The most lines that are sent, unless a camera is asked for more.
pub const MOST_LINES: u16 = 480;
/// How long a line must be better before more is sent.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long at first, while nobody knows yet what it takes.
const FIRST_PATIENCE: Duration = Duration::from_millis(300);
/// How long that is.
const BEGINNING: Duration = Duration::from_secs(5);
/// How long a line must be worse before pictures get smaller, which costs a keyframe. Their
/// number and their bits follow at once; at half of what the size needs, so does the size.
const DIP: Duration = Duration::from_secs(1);
/// How much better: an eighth.
const MARGIN: u64 = 8;

/// One size: what it needs at least and takes at most, in bits a second.
struct Step {
    lines: u16,
    needs: u64,
    takes: u64,
}

const STEPS: [Step; 7] = [
    step(90, FLOOR, 150_000),
    step(120, 90_000, 220_000),
    step(180, 140_000, 400_000),
    step(240, 220_000, 600_000),
    step(360, 400_000, 1_000_000),
    step(480, 650_000, 1_500_000),
    step(720, 1_500_000, 2_500_000),
];

const fn step(lines: u16, needs: u64, takes: u64) -> Step {
    Step {
        lines,
        needs,
        takes,
    }
}

/// How the machine keeps up. The later, the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Pressure {
    /// Well.
    #[default]
    None,
    /// Just so: no more than fifteen pictures a second.
    Some,
    /// Not: ten small ones.
    High,
}

/// What a plan is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// What the weakest line of those that get pictures takes, voice and all, in bits a second.
    pub bandwidth: u64,
    /// The lines of the largest view; `None`: as many as there are.
    pub view: Option<u16>,
    /// The lines of the camera.
    pub camera: u16,
    /// How many look.
    pub viewers: usize,
    /// How the machine keeps up.
    pub pressure: Pressure,
}

/// How pictures are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Lines; never more than the camera has.
    pub lines: u16,
    /// Pictures a second, at most.
    pub fps: u8,
    /// Bits a second.
    pub bitrate: u32,
}

/// Whether a line takes any pictures, by what it takes in all, in bits a second.
pub fn is_enough(bandwidth: u64) -> bool {
    bandwidth >= LEAST
}

/// Returns what the line has to take for all that is wanted, in bits a second.
pub fn desired(view: Option<u16>, camera: u16) -> u64 {
    VOICE + STEPS[wanted(view, camera)].takes
}

/// Returns the best plan for a demand; `None` when nobody looks or nothing is left beside the voice.
pub fn plan(demand: &Demand) -> Option<Plan> {
    let limits = Limits::of(demand.bandwidth, demand.pressure)?;
    limits.plan(demand)
}

/// Which step is wanted, whatever it takes.
fn wanted(view: Option<u16>, camera: u16) -> usize {
    let lines = view.unwrap_or(u16::MAX).min(camera).min(MOST_LINES);
    let found = STEPS.iter().position(|step| step.lines >= lines);
    found.unwrap_or(STEPS.len() - 1)
}

/// What line and machine allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limits {
    step: usize,
    fps: u8,
}

impl Limits {
    fn of(bandwidth: u64, pressure: Pressure) -> Option<Self> {
        if !is_enough(bandwidth) {
            return None;
        }
        let left = bandwidth - VOICE;
        let affordable = STEPS.iter().rposition(|step| step.needs <= left)?;
        let fps = match bandwidth {
            SMOOTH.. => 30,
            STEADY.. => 15,
            SLOW.. => 10,
            _ => 5,
        };
        let small = STEPS.iter().position(|step| step.lines == 240)?;
        let (most_step, most_fps) = match pressure {
            Pressure::None => (usize::MAX, 30),
            Pressure::Some => (usize::MAX, 15),
            Pressure::High => (small, 10),
        };
        Some(Self {
            step: affordable.min(most_step),
            fps: fps.min(most_fps),
        })
    }

    fn min_of(self, other: Self) -> Self {
        Self {
            step: self.step.min(other.step),
            fps: self.fps.min(other.fps),
        }
    }

    fn max_of(self, other: Self) -> Self {
        Self {
            step: self.step.max(other.step),
            fps: self.fps.max(other.fps),
        }
    }

    fn plan(self, demand: &Demand) -> Option<Plan> {
        if demand.view == Some(0) || demand.camera == 0 {
            return None;
        }
        let index = self.step.min(wanted(demand.view, demand.camera));
        let step = &STEPS[index];
        let crowd = CROWDS.iter().find(|(n, _)| demand.viewers >= *n);
        let most_fps = crowd.map_or(30, |(_, fps)| *fps);
        // Fewer pictures are worth more bits each, but not as many in all.
        let takes = step.takes * u64::from(15 + most_fps) / 45;
        let bitrate = demand.bandwidth.saturating_sub(VOICE).min(takes);
        Some(Plan {
            lines: step.lines.min(demand.camera),
            fps: self.fps.min(most_fps),
            bitrate: u32::try_from(bitrate).unwrap_or(u32::MAX),
        })
    }
}

/// A plan that does not waver: fewer and coarser pictures at once, smaller ones after a second,
/// better ones when it has been so for three seconds; sooner in the first five.
#[derive(Debug, Default)]
pub struct Ladder {
    limits: Option<Limits>,
    begun: Option<Instant>,
    better_since: Option<Instant>,
    worse_since: Option<Instant>,
}

impl Ladder {
    /// Takes in a demand; returns the plan from now on.
    pub fn climb(&mut self, demand: &Demand, now: Instant) -> Option<Plan> {
        let Some(limits) = Limits::of(demand.bandwidth, demand.pressure) else {
            let begun = self.begun;
            *self = Self {
                begun,
                ..Self::default()
            };
            return None;
        };
        let begun = *self.begun.get_or_insert(now);
        let patience = match now.saturating_duration_since(begun) < BEGINNING {
            true => FIRST_PATIENCE,
            false => PATIENCE,
        };
        let is = *self.limits.get_or_insert(limits);
        let mut worse = is.min_of(limits);
        let left = demand.bandwidth.saturating_sub(VOICE);
        let sent = is.step.min(wanted(demand.view, demand.camera));
        let is_dip =
            worse.step < sent && demand.pressure == Pressure::None && left * 2 >= STEPS[sent].needs;
        match is_dip {
            true => {
                let since = *self.worse_since.get_or_insert(now);
                if now.saturating_duration_since(since) < DIP {
                    worse.step = is.step;
                } else {
                    self.worse_since = None;
                }
            }
            false => self.worse_since = None,
        }
        self.limits = Some(worse);
        let sure = demand.bandwidth - demand.bandwidth / MARGIN;
        let better = Limits::of(sure, demand.pressure).map(|sure| sure.max_of(worse));
        match better.filter(|better| *better != worse) {
            Some(better) => {
                let since = *self.better_since.get_or_insert(now);
                if now.saturating_duration_since(since) >= patience {
                    self.limits = Some(better);
                    self.better_since = None;
                }
            }
            None => self.better_since = None,
        }
        self.limits?.plan(demand)
    }
}
