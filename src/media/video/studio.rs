//! The thread of pictures: jobs in, frames and reports out. Whoever gives it jobs never waits.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::incoming::Viewer;
use super::ladder::Plan;
use super::lens::Lens;
use super::load::{self, Load};
use super::outgoing::{Outgoing, Receiver, Sender};
use super::{Codec, Gallery};
use crate::av::Shown;
use crate::id::LegId;
use crate::media::device::{CameraSpec, Shot, next_after};
use crate::media::{Meters, PictureReading, Report};

/// Frames of ours that may wait to be sent; more are left out.
const WAITING: usize = 8;
/// Between two readings of the meters.
const READING: Duration = Duration::from_millis(500);

/// What the thread is asked to do.
pub(in crate::media) enum Job {
    /// Open the camera and send its pictures, or no longer.
    Camera(bool),
    /// Open the camera for the user to see, or no longer.
    Preview(bool),
    /// Use another camera from now on.
    Choose(CameraSpec),
    /// Use the next camera of this machine.
    Next,
    /// Have these pictures ready, and no others.
    Show(Vec<Shown>),
    /// These look at our pictures, and no others.
    Receivers(Vec<Receiver>),
    /// Somebody needs a keyframe of ours.
    Keyframe,
    /// A frame of a peer.
    Coded {
        leg: LegId,
        codec: Codec,
        data: Arc<[u8]>,
        is_contiguous: bool,
        ticket: Ticket,
    },
    /// There are no pictures of this peer any more.
    Forget(LegId),
    /// The camera has something.
    Woken,
    /// End.
    Stop,
}

/// What comes of it.
#[derive(Debug)]
pub(in crate::media) enum Made {
    /// A frame to be sent.
    Frame(Outgoing, Ticket),
    /// Ask this peer for a keyframe.
    AskKeyframe(LegId),
    /// Something to tell.
    Report(Report),
    /// Pictures are sent in another way from now on.
    Plan(Option<Plan>),
}

/// Counts what waits, from when it is made until it is dropped.
#[derive(Debug)]
pub(in crate::media) struct Ticket(Arc<AtomicUsize>);

impl Ticket {
    /// `None` when so many wait already.
    pub(in crate::media) fn draw(count: &Arc<AtomicUsize>, most: usize) -> Option<Self> {
        // One thread draws for one count: nobody comes between these two.
        (count.load(Ordering::Relaxed) < most).then(|| {
            count.fetch_add(1, Ordering::Relaxed);
            Self(Arc::clone(count))
        })
    }

    fn is_last(&self) -> bool {
        self.0.load(Ordering::Relaxed) <= 1
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The thread, as others see it. Dropping it closes the camera and ends it.
#[derive(Debug)]
pub(in crate::media) struct Studio {
    jobs: mpsc::Sender<Job>,
    thread: Option<JoinHandle<()>>,
}

impl Studio {
    /// Starts the thread. `made` is called on it and must not block.
    ///
    /// # Errors
    ///
    /// The system refuses a thread.
    pub(in crate::media) fn start(
        camera: CameraSpec,
        gallery: Arc<Gallery>,
        meters: Arc<Meters>,
        made: impl Fn(Made) + Send + 'static,
    ) -> io::Result<Self> {
        let (jobs, inbox) = mpsc::channel();
        let sender = jobs.clone();
        let thread = thread::Builder::new().name("video".into()).spawn(move || {
            Room::new(camera, gallery, meters, sender, Box::new(made)).run(&inbox);
        })?;
        Ok(Self {
            jobs,
            thread: Some(thread),
        })
    }

    /// Hands over a job.
    pub(in crate::media) fn give(&self, job: Job) {
        // The thread ends after Stop only.
        let _ = self.jobs.send(job);
    }
}

impl Drop for Studio {
    fn drop(&mut self) {
        self.give(Job::Stop);
        if let Some(thread) = self.thread.take() {
            // So that the camera is closed by then; the longest job is one picture. A panic there
            // was logged already.
            let _ = thread.join();
        }
    }
}

struct Room {
    lens: Lens,
    sender: Sender,
    viewer: Viewer,
    meters: Arc<Meters>,
    jobs: mpsc::Sender<Job>,
    made: Box<dyn Fn(Made) + Send>,
    n_waiting: Arc<AtomicUsize>,
    told: Option<Plan>,
    /// Frames sent to each, and their bytes since the last reading.
    sent: Vec<(LegId, u64, usize)>,
    read: Instant,
}

impl Room {
    fn new(
        camera: CameraSpec,
        gallery: Arc<Gallery>,
        meters: Arc<Meters>,
        jobs: mpsc::Sender<Job>,
        made: Box<dyn Fn(Made) + Send>,
    ) -> Self {
        let now = Instant::now();
        let bell = jobs.clone();
        let wake = move || -> Box<dyn Fn() + Send> {
            let bell = bell.clone();
            // A camera that hangs outlives this thread.
            Box::new(move || drop(bell.send(Job::Woken)))
        };
        Self {
            lens: Lens::new(camera, Box::new(wake)),
            sender: Sender::new(now, Load::new(load::cpu_time)),
            viewer: Viewer::new(gallery),
            meters,
            jobs,
            made,
            n_waiting: Arc::default(),
            told: None,
            sent: Vec::new(),
            read: now,
        }
    }

    fn run(mut self, inbox: &mpsc::Receiver<Job>) {
        loop {
            let now = Instant::now();
            let due = self.lens.due().unwrap_or(now + READING);
            let due = due.min(self.read + READING);
            match inbox.recv_timeout(due.saturating_duration_since(now)) {
                Ok(Job::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(job) => self.do_job(job, Instant::now()),
                Err(RecvTimeoutError::Timeout) => self.look(Instant::now()),
            }
            let now = Instant::now();
            if now >= self.read + READING {
                self.read_meters(now);
            }
        }
        self.viewer.hide_own();
    }

    fn do_job(&mut self, job: Job, now: Instant) {
        let made = &self.made;
        let mut report = |report| made(Made::Report(report));
        match job {
            Job::Camera(is_sending) => self.lens.send(is_sending, &mut report),
            Job::Preview(is_preview) => self.lens.preview(is_preview, &mut report),
            Job::Choose(spec) => self.lens.choose(spec, &mut report),
            Job::Next => self.next(),
            Job::Show(shown) => {
                for leg in self.viewer.show(shown, now) {
                    made(Made::AskKeyframe(leg));
                }
            }
            Job::Receivers(receivers) => {
                let is_kept = |leg: LegId| receivers.iter().any(|r| r.leg == leg);
                self.sent.retain(|(leg, ..)| is_kept(*leg));
                self.sender.set_receivers(receivers);
            }
            Job::Keyframe => self.sender.want_key(),
            Job::Coded {
                leg,
                codec,
                data,
                is_contiguous,
                ticket,
            } => {
                let is_last = ticket.is_last();
                let frame = (codec, &*data);
                if self.viewer.take(leg, frame, is_contiguous, is_last, now) {
                    made(Made::AskKeyframe(leg));
                }
            }
            Job::Forget(leg) => {
                self.viewer.forget(leg);
                self.meters.forget_pictures(leg);
            }
            Job::Woken => self.look(now),
            Job::Stop => {}
        }
        if self.lens.is_dark() {
            self.viewer.hide_own();
        }
        if self.lens.is_dark() || !self.lens.is_sending() {
            self.sender.stop();
            self.tell_plan();
        }
    }

    /// Looks after the camera, and sends and shows its newest picture.
    fn look(&mut self, now: Instant) {
        let made = &self.made;
        let shot = self
            .lens
            .look(now, &mut |report| made(Made::Report(report)));
        let Some(Shot { picture, at }) = shot else {
            return;
        };
        if self.lens.is_sending() {
            let n_waiting = self.n_waiting.load(Ordering::Relaxed);
            let frames = self.sender.take(&picture, at, n_waiting);
            self.tell_plan();
            for frame in frames {
                self.send(frame);
            }
        }
        self.viewer.show_own(&picture);
    }

    fn send(&mut self, frame: Outgoing) {
        let Some(ticket) = Ticket::draw(&self.n_waiting, WAITING) else {
            // What follows goes by the one that is left out.
            self.sender.want_key();
            return;
        };
        for leg in &frame.to {
            let at = match self.sent.iter().position(|(known, ..)| known == leg) {
                Some(at) => at,
                None => {
                    self.sent.push((*leg, 0, 0));
                    self.sent.len() - 1
                }
            };
            self.sent[at].1 += 1;
            self.sent[at].2 += frame.data.len();
        }
        (self.made)(Made::Frame(frame, ticket));
    }

    fn tell_plan(&mut self) {
        let plan = self.sender.plan();
        if plan != self.told {
            self.told = plan;
            (self.made)(Made::Plan(plan));
        }
    }

    fn next(&self) {
        let (name, jobs) = (self.lens.name(), self.jobs.clone());
        let search = move || {
            // This thread may have ended meanwhile.
            let _ = jobs.send(Job::Choose(next_after(&name)));
        };
        // To list the cameras may take seconds.
        let spawned = thread::Builder::new().name("cameras".into()).spawn(search);
        if let Err(error) = spawned {
            tracing::warn!(%error, "no thread to look for cameras on");
        }
    }

    fn read_meters(&mut self, now: Instant) {
        let seconds = now.saturating_duration_since(self.read).as_secs_f32();
        self.read = now;
        let mut readings = self.viewer.readings(now);
        for (leg, n_sent, n_bytes) in &mut self.sent {
            let at = match readings.iter().position(|(known, _)| known == leg) {
                Some(at) => at,
                None => {
                    readings.push((*leg, PictureReading::default()));
                    readings.len() - 1
                }
            };
            let reading = &mut readings[at].1;
            reading.n_sent = *n_sent;
            reading.bitrate = (std::mem::take(n_bytes) as f32 * 8.0 / seconds.max(0.001)) as u32;
            let plan = self.told;
            reading.lines_sent = plan.map_or(0, |plan| plan.lines);
        }
        for (leg, reading) in readings {
            self.meters.set_pictures(leg, reading);
        }
    }
}
