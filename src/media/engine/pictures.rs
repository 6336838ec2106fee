//! The engine's part in pictures: what goes to their thread, and what comes from it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Instant;

use tokio::sync::mpsc;

use super::Engine;
use super::leg::{Leg, Sight};
use crate::av::Shown;
use crate::id::LegId;
use crate::media::Meters;
use crate::media::device::CameraSpec;
use crate::media::video::ladder::{self, MOST_LINES, Plan};
use crate::media::video::{Codec, Gallery, Job, Made, Outgoing, Receiver, Studio, Ticket};

/// Frames of one peer that may wait to be decoded; what is more is left out up to a keyframe.
const WAITING: usize = 15;

/// The thread of pictures, which starts when there is the first to do for it.
pub(super) struct Pictures {
    studio: Option<Studio>,
    camera: CameraSpec,
    gallery: Arc<Gallery>,
    meters: Arc<Meters>,
    made: mpsc::UnboundedSender<Made>,
    /// Whether pictures of ours may leave.
    is_on: bool,
    /// Whether our person looks at them apart from any call.
    is_preview: bool,
    /// The lines that peers look at.
    views: BTreeMap<LegId, Option<u16>>,
    streams: BTreeMap<LegId, Stream>,
    /// Those that the thread knows of.
    receivers: Vec<Receiver>,
    plan: Option<Plan>,
}

/// What comes from one peer.
#[derive(Default)]
struct Stream {
    n_waiting: Arc<AtomicUsize>,
    /// Something was left out: what follows is of no use before a keyframe.
    is_skipping: bool,
}

impl Pictures {
    pub(super) fn new(
        camera: CameraSpec,
        gallery: Arc<Gallery>,
        meters: Arc<Meters>,
        made: mpsc::UnboundedSender<Made>,
    ) -> Self {
        Self {
            studio: None,
            camera,
            gallery,
            meters,
            made,
            is_on: false,
            is_preview: false,
            views: BTreeMap::new(),
            streams: BTreeMap::new(),
            receivers: Vec::new(),
            plan: None,
        }
    }

    pub(super) fn film(&mut self, is_on: bool) {
        self.is_on = is_on;
        self.give_if(is_on, Job::Camera(is_on));
    }

    pub(super) fn preview(&mut self, is_on: bool) {
        self.is_preview = is_on;
        self.give_if(is_on, Job::Preview(is_on));
    }

    /// Nobody looks at a preview in the background: a program that is stopped would keep the camera open.
    pub(super) fn leave(&mut self, is_away: bool) {
        self.give_if(false, Job::Preview(self.is_preview && !is_away));
    }

    pub(super) fn choose(&mut self, spec: CameraSpec) {
        self.camera.clone_from(&spec);
        self.give_if(false, Job::Choose(spec));
    }

    pub(super) fn next(&mut self) {
        self.give_if(true, Job::Next);
    }

    pub(super) fn show(&mut self, shown: Vec<Shown>) {
        self.give_if(!shown.is_empty(), Job::Show(shown));
    }

    pub(super) fn view(&mut self, leg: LegId, lines: Option<u16>) {
        self.views.insert(leg, lines);
    }

    pub(super) fn forget(&mut self, leg: LegId) {
        self.views.remove(&leg);
        if self.streams.remove(&leg).is_some() {
            self.give_if(false, Job::Forget(leg));
        }
    }

    /// Hands on what came of pictures, and who looks at ours.
    pub(super) fn settle(&mut self, legs: &mut BTreeMap<LegId, Leg>, now: Instant) {
        for leg in legs.values_mut() {
            let codec = leg.session.picture_codec();
            for sight in std::mem::take(&mut leg.sights) {
                match sight {
                    Sight::Picture {
                        data,
                        is_contiguous,
                    } => {
                        if self.seen(leg.id, codec, data, is_contiguous) {
                            leg.session.ask_keyframe(now);
                        }
                    }
                    Sight::KeyframeWanted => self.give_if(false, Job::Keyframe),
                }
            }
            if self.streams.contains_key(&leg.id) && !leg.session.sends_pictures_to_us() {
                // The last picture of one who stopped is not shown any longer.
                self.streams.remove(&leg.id);
                self.give_if(false, Job::Forget(leg.id));
            }
        }
        let views = &self.views;
        let looking = || {
            let taking = legs.values().filter(|leg| leg.takes_pictures());
            taking.filter_map(|leg| {
                let lines = views.get(&leg.id).copied().flatten();
                (lines != Some(0)).then_some(Receiver {
                    leg: leg.id,
                    codec: leg.session.picture_codec(),
                    lines,
                    bandwidth: leg.bandwidth,
                })
            })
        };
        if !looking().eq(self.receivers.iter().copied()) {
            self.receivers = looking().collect();
            self.give_if(false, Job::Receivers(self.receivers.clone()));
            self.want_bandwidth(legs);
        }
    }

    fn want_bandwidth(&self, legs: &mut BTreeMap<LegId, Leg>) {
        let current = self.plan.map_or(0, |plan| u64::from(plan.bitrate));
        for receiver in &self.receivers {
            if let Some(leg) = legs.get_mut(&receiver.leg) {
                let desired = ladder::desired(receiver.lines, MOST_LINES);
                leg.session.want_bandwidth(current, desired);
            }
        }
    }

    /// Has a frame of a peer decoded. Returns whether the peer has to be asked for a keyframe: some
    /// were left out, and there is room again.
    fn seen(&mut self, leg: LegId, codec: Codec, data: Arc<[u8]>, is_contiguous: bool) -> bool {
        let stream = self.streams.entry(leg).or_default();
        let ticket = Ticket::draw(&stream.n_waiting, WAITING);
        if stream.is_skipping && !codec.is_keyframe(&data) {
            return ticket.is_some();
        }
        let Some(ticket) = ticket else {
            stream.is_skipping = true;
            return false;
        };
        let is_contiguous = is_contiguous && !std::mem::take(&mut stream.is_skipping);
        let job = Job::Coded {
            leg,
            codec,
            data,
            is_contiguous,
            ticket,
        };
        self.give_if(true, job);
        false
    }

    /// Gives the thread a job, if there is a thread or the job is worth one.
    fn give_if(&mut self, is_worth_it: bool, job: Job) {
        if self.studio.is_none() && is_worth_it {
            let made = self.made.clone();
            // The engine may have ended meanwhile.
            let tell = move |told| drop(made.send(told));
            let (gallery, meters) = (Arc::clone(&self.gallery), Arc::clone(&self.meters));
            match Studio::start(self.camera.clone(), gallery, meters, tell) {
                Ok(studio) => {
                    studio.give(Job::Receivers(self.receivers.clone()));
                    self.studio = Some(studio);
                }
                Err(error) => tracing::warn!(%error, "no thread for pictures"),
            }
        }
        if let Some(studio) = &self.studio {
            studio.give(job);
        }
    }
}

impl Engine {
    /// Takes what came of the thread of pictures.
    pub(super) fn filmed(&mut self, made: Made, now: Instant) {
        match made {
            Made::Frame(frame, ticket) => self.send_picture(&frame, ticket, now),
            Made::AskKeyframe(id) => {
                if let Some(leg) = self.legs.get_mut(&id) {
                    leg.session.ask_keyframe(now);
                }
            }
            Made::Report(report) => self.report(report),
            Made::Plan(plan) => {
                self.pictures.plan = plan;
                self.pictures.want_bandwidth(&mut self.legs);
            }
        }
    }

    fn send_picture(&mut self, frame: &Outgoing, ticket: Ticket, now: Instant) {
        // The camera may have been turned off while this one was made.
        if !self.pictures.is_on {
            return;
        }
        let ticket = Arc::new(ticket);
        for id in &frame.to {
            let Some(leg) = self.legs.get_mut(id).filter(|leg| leg.takes_pictures()) else {
                continue;
            };
            if let Err(error) = leg.session.send_picture(&frame.data, frame.time, now) {
                tracing::debug!(error, "a picture was not sent");
            }
            leg.session.keep_until_sent(Arc::clone(&ticket), now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Arc, CameraSpec, Codec, Gallery, LegId, Pictures, Ticket, WAITING, mpsc};

    const LEG: LegId = LegId(1);
    /// A slice that goes by others, and one that goes by none (H.264, 7.4.1).
    const DELTA: [u8; 5] = [0, 0, 1, 0x41, 0];
    const KEY: [u8; 5] = [0, 0, 1, 0x65, 0];

    #[test]
    fn of_too_many_that_wait_to_be_decoded_all_is_left_out_up_to_a_keyframe() {
        let (made, _told) = mpsc::unbounded_channel();
        let camera = CameraSpec::None;
        let mut pictures =
            Pictures::new(camera, Arc::new(Gallery::default()), Arc::default(), made);
        let is_skipping = |pictures: &Pictures| pictures.streams[&LEG].is_skipping;
        assert!(!pictures.seen(LEG, Codec::H264, Arc::new(KEY), true));
        assert!(!is_skipping(&pictures));
        // So many that the thread has not come to yet.
        let count = Arc::default();
        pictures.streams.entry(LEG).or_default().n_waiting = Arc::clone(&count);
        let waiting: Vec<Ticket> = std::iter::from_fn(|| Ticket::draw(&count, WAITING)).collect();
        assert_eq!(waiting.len(), WAITING);
        for _ in 0..2 {
            let asks = pictures.seen(LEG, Codec::H264, Arc::new(DELTA), true);
            assert!(is_skipping(&pictures));
            assert!(!asks, "there is no room yet for what would come");
        }
        drop(waiting);
        let asks = pictures.seen(LEG, Codec::H264, Arc::new(DELTA), true);
        assert!(is_skipping(&pictures), "it goes by one that was left out");
        assert!(asks, "nobody else knows that a whole one is needed");
        assert!(!pictures.seen(LEG, Codec::H264, Arc::new(KEY), true));
        assert!(!is_skipping(&pictures));
    }
}
