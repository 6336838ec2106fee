//! Sound and pictures between a phone and its peers: one thread of sound, [`Order`] in, [`Report`] out.
//!
//! Knows sessions by [`LegId`] and nothing about people, calls or SIP; who
//! talks to whom, and when a silent peer is given up, is decided elsewhere.
//! Nothing here is global: several instances live in one process.

pub mod audio;
pub mod device;
mod engine;
mod quality;
pub mod sdp;
mod stats;
mod tape;
mod transport;
pub mod video;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::sync::mpsc;

use crate::av::{
    Cleaning, CleaningStage, DeviceChange, DeviceException, Latency, Muffled, Pictures, Quality,
    Role, Route, Shown,
};
use crate::id::{CallId, LegId};
use audio::opus::SpeechSettings;
use audio::sound::Sound;
use device::{CameraSpec, DeviceSpec};

pub use stats::{Meters, PictureReading, Reading};
pub use tape::{Plan, Recorded, file_stem};

/// What a media thread starts with. [`Order`]s change the devices later.
#[derive(Debug, Clone)]
pub struct MediaSettings {
    /// Where the voice comes from; opened when the first session is accepted.
    pub microphone: DeviceSpec,
    /// Where peers, rings and tones go; opened when something is to be heard.
    pub speaker: DeviceSpec,
    /// Where pictures come from; opened by [`Order::Camera`] and [`Check::Preview`] only.
    pub camera: CameraSpec,
    /// Where rings go; none: to the speaker.
    pub ring_on: Vec<DeviceSpec>,
    /// How loud rings are on the speaker, in dB: 0 is as the sound is, less is quieter.
    pub ring_volume: i8,
    /// The same on those devices that have a volume of their own.
    pub ring_volumes: Vec<(DeviceSpec, i8)>,
    /// Below this level, in dBFS, the microphone counts as silent and nothing of it is sent; `None`: never.
    pub gate: Option<f32>,
    /// How much delay is taken to be safe from gaps.
    pub latency: Latency,
    /// How voices are encoded.
    pub speech: SpeechSettings,
    /// What is done to the microphone's sound before the gate.
    pub cleaning: Cleaning,
}

impl Default for MediaSettings {
    fn default() -> Self {
        Self {
            microphone: DeviceSpec::Default,
            speaker: DeviceSpec::Default,
            camera: CameraSpec::Default,
            ring_on: Vec::new(),
            ring_volume: 0,
            ring_volumes: Vec::new(),
            gate: None,
            latency: Latency::default(),
            speech: SpeechSettings::default(),
            cleaning: Cleaning::default(),
        }
    }
}

/// What the media thread is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    /// Make a session and an offer, answered by [`Report::Offer`].
    Offer {
        /// The new session.
        leg: LegId,
        /// The pictures it speaks of.
        pictures: Pictures,
    },
    /// Make another offer for a session that is up, answered by [`Report::Offer`], or by
    /// [`Report::NotAcceptable`] when it is not up.
    Reoffer {
        /// The session.
        leg: LegId,
        /// Whether we hold the peer: at once nothing of the microphone goes to it and nothing of
        /// it is heard. That this ends comes into force with the peer's answer.
        is_held: bool,
        /// The pictures it speaks of. Ours stop at once where they are not among them.
        pictures: Pictures,
        /// Whether another way to the peer is looked for, from the addresses this machine has now.
        restarts_ice: bool,
    },
    /// From now on send silence to a peer and play nothing of it, pictures likewise, whatever was
    /// agreed on; or do as agreed on again.
    Hush {
        /// The session; others are left alone.
        leg: LegId,
        /// Whether to.
        on: bool,
    },
    /// Answer a peer's offer with [`Report::Answer`]. The first one makes the session, and the
    /// devices open. A later one that does not do is [`Report::NotAcceptable`]; one that does is
    /// the end of an open offer of ours.
    Answer {
        /// The session.
        leg: LegId,
        /// The peer's SDP.
        offer: String,
        /// Of the pictures it speaks of, those that are taken.
        pictures: Pictures,
    },
    /// Take the peer's answer to our offer. With the first one the devices open; a later one that
    /// does not do is [`Report::NotAcceptable`].
    Accept {
        /// The session that made the offer.
        leg: LegId,
        /// The peer's SDP.
        answer: String,
    },
    /// Make the answer to an offer that [`Order::Answer`] may or may not ask for later. No device
    /// opens and no sound flows before that.
    Prepare {
        /// The new session.
        leg: LegId,
        /// The peer's SDP.
        offer: String,
        /// Of the pictures it speaks of, those that are taken.
        pictures: Pictures,
        /// Whether the answer is told at once, by [`Report::Prepared`], and the way to the peer is
        /// looked for. Otherwise nothing leaves this machine.
        is_early: bool,
    },
    /// Look for the way to somebody who has described its side and not taken the call yet. No device
    /// opens and no sound flows before [`Order::Accept`] with the same description.
    LookAhead {
        /// The session that made the offer.
        leg: LegId,
        /// The peer's SDP.
        answer: String,
    },
    /// Somebody else took the call than whom [`Order::LookAhead`] was about: the next
    /// [`Order::Reoffer`] makes the first offer of a session of the same certificate.
    StartOver {
        /// The session.
        leg: LegId,
    },
    /// The peer refused our [`Order::Reoffer`]: the session goes on as before it, hold and all. Only
    /// pictures of ours that it took out stay out.
    Withdraw {
        /// The session.
        leg: LegId,
    },
    /// Press keys for the peer, one after another: RFC 4733, 100 ms each with 70 ms between. Not
    /// sent to a peer that has not agreed to such events or that holds us.
    Dtmf {
        /// The session.
        leg: LegId,
        /// `0` to `9`, `A` to `D`, `*` and `#`. Others, and all after the first 32, are left out.
        digits: String,
    },
    /// End a session, answered by [`Report::Closed`] unless it was over already. The microphone closes with the last one.
    Close {
        /// The session.
        leg: LegId,
    },
    /// Send silence in place of the voice, or the voice again.
    Mute(bool),
    /// What push to talk, or push to mute, says: send the voice (true) or silence. At first the voice.
    /// Muting goes before.
    Talk(bool),
    /// Play a peer so much louder from now on, in dB, negative for quieter; `None`: not at all. What
    /// is measured, recorded or passed on of it stays as it comes.
    Gain {
        /// The session; others are left alone.
        leg: LegId,
        /// -20 to 12 makes sense.
        db: Option<i8>,
    },
    /// Pass voices on from now on: to each of the strangers the microphone and all the others, to
    /// the members, who hear each other without us, the microphone and the strangers. No strangers:
    /// nothing is passed on.
    Bridge {
        /// Sessions with phones that have one with us alone.
        strangers: Vec<LegId>,
        /// The other sessions of the same call.
        members: Vec<LegId>,
    },
    /// Play no peer, or play them again. Rings and tones are still heard.
    Deafen(bool),
    /// Use another microphone from now on. Heals a device exception.
    Microphone(DeviceSpec),
    /// Use another speaker from now on. Heals a device exception.
    Speaker(DeviceSpec),
    /// Use another camera from now on. Heals a device exception.
    CameraDevice(CameraSpec),
    /// Use the next camera of this machine, after the last one the first.
    NextCamera,
    /// Open the camera and send its pictures to all whose description says so, or close it.
    Camera(bool),
    /// The peer shows so many lines of our picture: 0 is none at all, `None` whatever there is.
    View {
        /// The session.
        leg: LegId,
        /// How many.
        lines: Option<u16>,
    },
    /// Have these pictures ready in the [`Gallery`](video::Gallery), and no others.
    Show(Vec<Shown>),
    /// Ring on these devices from now on; none: on the speaker.
    RingOn(Vec<DeviceSpec>),
    /// Send nothing of the microphone below this level, in dBFS; `None`: send everything.
    Gate(Option<f32>),
    /// Do that to the microphone's sound from now on, or no longer.
    Clean {
        /// What.
        stage: CleaningStage,
        /// Whether to.
        on: bool,
    },
    /// Try a device out.
    Check(Check),
    /// The program went into the background (true), where no preview of the camera goes on, or came back.
    Background(bool),
    /// Play a sound in place of the one that plays; `None` stops it.
    Play {
        /// The samples, 48 kHz and mono, as [`Sound::samples`] has them.
        sound: Option<Arc<[f32]>>,
        /// Whether it starts again at its end, until told otherwise.
        looped: bool,
        /// Whether it goes where rings go, not to the speaker.
        is_bell: bool,
    },
    /// Record a call, as planned from now on; `None`: no longer. Told by [`Report::RecordingStarted`]
    /// or [`Report::RecordingFailed`], and [`Report::RecordingClosed`].
    Record {
        /// Which call: one recording each.
        call: CallId,
        /// What and where; the place counts the first time.
        plan: Option<Plan>,
    },
    /// This session sends a greeting and then what arrives on it a second later, not the microphone.
    /// Told again it goes on.
    Echo {
        /// The session; may be told before it is connected.
        leg: LegId,
    },
    /// This session sends a sound, from its beginning when connected, not the microphone.
    Say {
        /// The session; may be told before it is connected.
        leg: LegId,
        /// The sound.
        sound: Sound,
    },
    /// End all sessions, close the devices, end the thread. Dropping [`Media`] does it too.
    Stop,
}

/// A way to try a device out, with nobody else hearing or seeing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Keep the microphone open for its level (true), or no longer.
    Listen(bool),
    /// Keep the camera open for our own picture (true), or no longer.
    Preview(bool),
    /// Play a second of a tone on the speaker.
    Tone,
    /// The same on what rings.
    Ring,
    /// Record the microphone for three seconds, then play that. Told by [`Report::Check`].
    Loop,
    /// Stop tone, recording and playing.
    Stop,
}

/// How far [`Check::Loop`] has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckStage {
    /// Recording.
    Recording,
    /// Playing what was recorded; its loudest, in dBFS.
    Playing {
        /// dBFS of the peak, rounded.
        peak: i16,
    },
    /// Done, or stopped.
    Done,
}

/// What the media thread tells. Reports of one session come in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// The offer that was asked for, with all its candidates.
    Offer {
        /// The session.
        leg: LegId,
        /// Our SDP.
        sdp: String,
    },
    /// The answer that was asked for, with all its candidates.
    Answer {
        /// The session.
        leg: LegId,
        /// Our SDP.
        sdp: String,
    },
    /// The answer that was made ready, with all its candidates.
    Prepared {
        /// The session.
        leg: LegId,
        /// Our SDP.
        sdp: String,
    },
    /// A later offer or answer was none that could be taken. The session is as it was before the
    /// offer, and no offer of ours is open.
    NotAcceptable {
        /// The session.
        leg: LegId,
        /// Why, in words for a log or a detail line.
        reason: String,
    },
    /// The peer holds us, or no longer: it takes no sound of ours. Told after the
    /// [`Report::Answer`] that goes with it.
    Held {
        /// The session.
        leg: LegId,
        /// Whether it does.
        is_held: bool,
    },
    /// Somebody begins or ends to speak: a peer as it is heard, or we as the peers hear us. A session
    /// that ends says nothing of it.
    Speaking {
        /// The session; `None`: we.
        leg: Option<LegId>,
        /// Whether somebody speaks.
        on: bool,
    },
    /// The peer pressed a key.
    Dtmf {
        /// The session.
        leg: LegId,
        /// One of `0` to `9`, `A` to `D`, `*` and `#`.
        digit: char,
    },
    /// The session cannot be or go on; it is gone.
    Failed {
        /// The session.
        leg: LegId,
        /// Why, in words for a log or a detail line.
        reason: String,
    },
    /// The way to the peer is found and keyed: sound flows.
    Connected {
        /// The session.
        leg: LegId,
    },
    /// The first sound of the peer has been decoded.
    FirstSound {
        /// The session.
        leg: LegId,
    },
    /// Nothing authentic came from the peer for five seconds.
    Silent {
        /// The session.
        leg: LegId,
    },
    /// The peer is heard again after [`Report::Silent`].
    Back {
        /// The session.
        leg: LegId,
    },
    /// Nothing authentic came for twelve seconds. The session stays until it is closed.
    Lost {
        /// The session.
        leg: LegId,
    },
    /// How well a session does: after a second, then every five, and at once when another verdict
    /// is passed ([`Quality::verdict`]).
    Quality {
        /// The session.
        leg: LegId,
        /// How well.
        quality: Quality,
    },
    /// The session is over: as ordered, or the peer closed it.
    Closed {
        /// The session.
        leg: LegId,
    },
    /// A device does not work, or (with no exception) works again. Calls go on meanwhile.
    Exception {
        /// What it is for.
        which: Role,
        /// The kind, `None` when healed.
        exception: Option<DeviceException>,
        /// The device.
        device: String,
        /// What happened, in words.
        detail: String,
    },
    /// A device was opened, or could be.
    DeviceChanged {
        /// What it is for.
        which: Role,
        /// The name to show.
        name: String,
        /// How it came.
        change: DeviceChange,
        /// The device string that undoes it, or takes what is offered.
        undo: Option<String>,
    },
    /// What was agreed on about pictures has changed; at first there are none. Told after the
    /// [`Report::Answer`] that goes with it.
    Pictures {
        /// The session.
        leg: LegId,
        /// Whether the peer says that it sends.
        from_peer: bool,
        /// Whether the peer takes ours.
        to_peer: bool,
    },
    /// The camera was opened (its first picture has come) or closed.
    Camera {
        /// Whether it is open.
        on: bool,
    },
    /// Another camera is in use.
    CameraFacing {
        /// Whether it looks at the user, as far as its name tells.
        front: bool,
        /// The name to show.
        device: String,
    },
    /// The speaker in use is of another kind, or another one.
    Route {
        /// The kind.
        route: Route,
        /// The name to show.
        device: String,
    },
    /// We have talked for a second, and nobody heard it; not told again within ten.
    Muffled(Muffled),
    /// How far [`Check::Loop`] has come.
    Check(CheckStage),
    /// A recording has begun: its files are there.
    RecordingStarted {
        /// Of which call.
        call: CallId,
        /// Its directory.
        path: PathBuf,
    },
    /// A recording cannot be, or cannot go on; it is over.
    RecordingFailed {
        /// Of which call.
        call: CallId,
        /// Why, in words for a detail line.
        reason: String,
    },
    /// A recording was ended as ordered, and is on disk.
    RecordingClosed {
        /// Of which call.
        call: CallId,
        /// Ticks of ten milliseconds that the disk had no time for.
        n_dropped: u64,
    },
}

/// A running media thread.
#[derive(Debug)]
pub struct Media {
    orders: mpsc::UnboundedSender<Order>,
    meters: Arc<Meters>,
    gallery: Arc<video::Gallery>,
    thread: Option<JoinHandle<()>>,
}

impl Media {
    /// Starts the thread. `reports` is called on it and must not block.
    ///
    /// # Errors
    ///
    /// The system refuses a thread or what a thread needs to wait for sockets.
    pub fn start(
        settings: MediaSettings,
        reports: impl Fn(Report) + Send + 'static,
    ) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let meters = Arc::new(Meters::default());
        let gallery = Arc::new(video::Gallery::default());
        let (orders, inbox) = mpsc::unbounded_channel();
        let (shown, hung) = (Arc::clone(&meters), Arc::clone(&gallery));
        let thread = thread::Builder::new().name("media".into()).spawn(move || {
            runtime.block_on(engine::run(settings, inbox, shown, hung, Box::new(reports)));
            // Do not wait for a device that is still being opened.
            runtime.shutdown_background();
        })?;
        Ok(Self {
            orders,
            meters,
            gallery,
            thread: Some(thread),
        })
    }

    /// Hands over an order. After [`Order::Stop`] nobody reads it.
    pub fn order(&self, order: Order) {
        // The thread is gone after Stop only, and then there is nothing left to order.
        let _ = self.orders.send(order);
    }

    /// Returns the pictures that [`Order::Show`] asked for, as they come.
    pub fn gallery(&self) -> Arc<video::Gallery> {
        Arc::clone(&self.gallery)
    }

    /// Returns what the levels and the lines look like, for as long as somebody wants to look.
    pub fn meters(&self) -> Arc<Meters> {
        Arc::clone(&self.meters)
    }
}

impl Drop for Media {
    fn drop(&mut self) {
        self.order(Order::Stop);
        if let Some(thread) = self.thread.take() {
            // A recording is complete once the thread has ended. A panic there was logged already.
            let _ = thread.join();
        }
    }
}
