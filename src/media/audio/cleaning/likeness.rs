//! How evenly a sound's phases go with those of the speaker, of each delay.

/// Bins that are looked at.
pub(super) const BINS: usize = 125;
/// Delays that are looked at, in frames: 0.4 seconds.
pub(super) const DELAYS: usize = 40;
/// So much is added to chance, since of a few frames nothing is known: half a frame.
const UNCERTAIN: f32 = 0.5;
/// So many times the others and chance a delay stands out, after so many frames.
const STANDS_OUT: f32 = 4.0;
pub(super) const LEAST: u32 = 15;

/// Complex numbers, the real and the imaginary parts apart.
pub(super) type Planes = [[f32; BINS]; 2];

/// The likeness of one sound with the speaker.
#[derive(Debug)]
pub(super) struct Likeness {
    /// The share of the past that is remembered from frame to frame.
    stays: f32,
    /// What is less than this share of the sound's power is taken for chance.
    worth: f32,
    sums: Vec<Planes>,
    /// The power that chance would make of each of them.
    chance: [f32; DELAYS],
    pub(super) n_frames: u32,
    /// The delay that is most like it, how many times that is what chance would make, how many
    /// times that and the others, and for how many frames that was enough.
    foremost: usize,
    pub(super) above_chance: f32,
    pub(super) stands_out: f32,
    pub(super) n_foremost: u32,
}

impl Likeness {
    /// Makes one that remembers so much from frame to frame, and takes less than that share of a
    /// sound's power for chance.
    pub(super) fn new(stays: f32, worth: f32) -> Self {
        Self {
            stays,
            worth,
            sums: vec![[[0.0; BINS]; 2]; DELAYS],
            chance: [0.0; DELAYS],
            n_frames: 0,
            foremost: 0,
            above_chance: 0.0,
            stands_out: 0.0,
            n_foremost: 0,
        }
    }

    /// Begins anew.
    pub(super) fn forget(&mut self) {
        *self = Self::new(self.stays, self.worth);
    }

    /// Each delay is a frame less from now on.
    pub(super) fn shorten(&mut self) {
        self.sums.rotate_left(1);
        self.chance.rotate_left(1);
        self.sums[DELAYS - 1] = [[0.0; BINS]; 2];
        self.chance[DELAYS - 1] = 0.0;
        self.foremost = self.foremost.saturating_sub(1);
    }

    /// Each delay is a frame more from now on.
    pub(super) fn lengthen(&mut self) {
        self.sums.rotate_right(1);
        self.chance.rotate_right(1);
        self.sums[0] = [[0.0; BINS]; 2];
        self.chance[0] = 0.0;
        self.foremost = (self.foremost + 1).min(DELAYS - 1);
    }

    /// Takes the phases of the speaker, the newest first, and those of the sound.
    pub(super) fn add<'a>(&mut self, past: impl Iterator<Item = &'a Planes>, sound: &Planes) {
        let stays = self.stays;
        let [re, im] = sound;
        let power: [f32; BINS] =
            std::array::from_fn(|k| (re[k] * re[k] + im[k] * im[k]).max(self.worth));
        let sums = self.sums.iter_mut().zip(&mut self.chance);
        for ((sums, chance), [far_re, far_im]) in sums.zip(past) {
            let [sum_re, sum_im] = sums;
            let mut both = [0.0_f32; BINS];
            for k in 0..BINS {
                let (a, b) = (far_re[k], far_im[k]);
                sum_re[k] = stays * sum_re[k] + a * re[k] + b * im[k];
                sum_im[k] = stays * sum_im[k] + a * im[k] - b * re[k];
                both[k] = (a * a + b * b) * power[k];
            }
            *chance = stays * stays * *chance + both.iter().sum::<f32>() / BINS as f32;
        }
        self.n_frames = self.n_frames.saturating_add(1);
    }

    /// Gives the delay that stands out, if one does.
    pub(super) fn look(&mut self) -> Option<usize> {
        let mut likeness = [0.0_f32; DELAYS];
        let sums = self.sums.iter().zip(&self.chance);
        for (likeness, ([re, im], chance)) in likeness.iter_mut().zip(sums) {
            let power = re.iter().zip(im).map(|(re, im)| re * re + im * im);
            *likeness = power.sum::<f32>() / BINS as f32 / (chance + UNCERTAIN);
        }
        let by_likeness = |a: &usize, b: &usize| likeness[*a].total_cmp(&likeness[*b]);
        let foremost = (0..DELAYS).max_by(by_likeness).unwrap_or(0);
        self.above_chance = likeness[foremost];
        // Before the beginning there was nothing to be like.
        let n_known = usize::try_from(self.n_frames).map_or(DELAYS, |n| n.clamp(10, DELAYS));
        let known = &mut likeness[..n_known];
        let (_, median, _) = known.select_nth_unstable_by(n_known / 2, f32::total_cmp);
        self.stands_out = self.above_chance / median.max(1.0);
        let is_more =
            self.stands_out > STANDS_OUT && foremost == self.foremost && self.n_frames > LEAST;
        self.n_foremost = if is_more { self.n_foremost + 1 } else { 0 };
        self.foremost = foremost;
        is_more.then_some(foremost)
    }
}
