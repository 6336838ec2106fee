//! The media thread: orders, datagrams and a tick every ten milliseconds.

mod ahead;
mod alarm;
mod bell;
mod bridge;
mod care;
mod check;
mod cleaning;
mod gate;
mod health;
mod keypad;
mod leg;
mod line;
mod lookout;
mod negotiation;
mod pace;
mod pictures;
mod playback;
mod player;
mod slot;
mod speaking;
mod talk;
mod taping;
mod voice;
mod watch;

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::audio::opus::Speech;
use super::device::{Microphone, Speaker};
use super::transport;
use super::video::{Gallery, Made};
use super::{Check, MediaSettings, Meters, Order, Report};
use crate::id::LegId;
use alarm::Alarm;
use bell::{Bell, Rung};
use bridge::Bridge;
use care::Care;
use check::Checks;
use leg::Leg;
use line::{Line, Own};
use lookout::{Lookout, Seen};
use pace::Pace;
use pictures::Pictures;
use playback::Playback;
use player::Playing;
use slot::{Opened, Slot, opener};
use taping::Taping;
use voice::Voice;
use watch::Load;

type Reports = Box<dyn Fn(Report) + Send>;

/// A tick.
const TICK: Duration = Duration::from_millis(10);
/// How long a speaker stays open, so that what was written last is heard.
const LINGER: Duration = Duration::from_secs(2);
/// Keys of one order.
const MOST_DIGITS: usize = 32;
/// Ticks between two readings of the meters.
const READING: u64 = 5;

/// Runs until [`Order::Stop`], or until nobody can order any more.
pub(super) async fn run(
    settings: MediaSettings,
    mut orders: mpsc::UnboundedReceiver<Order>,
    meters: Arc<Meters>,
    gallery: Arc<Gallery>,
    reports: Reports,
) {
    transport::warm_up();
    let (microphone_inbox, mut microphones) = mpsc::unbounded_channel::<Opened<Microphone>>();
    let (speaker_inbox, mut speakers) = mpsc::unbounded_channel::<Opened<Speaker>>();
    let (made_inbox, mut made) = mpsc::unbounded_channel::<Made>();
    let (bell_inbox, mut bells) = mpsc::unbounded_channel::<Rung>();
    let (tape_inbox, mut tapes) = mpsc::unbounded_channel();
    let (seen_inbox, mut surveys) = mpsc::unbounded_channel::<Seen>();
    let microphone = opener(move |opened| {
        let _ = microphone_inbox.send(opened);
    });
    let speaker = opener(move |opened| {
        let _ = speaker_inbox.send(opened);
    });
    let camera = settings.camera.clone();
    let mut engine = Engine {
        pictures: Pictures::new(camera, gallery, Arc::clone(&meters), made_inbox),
        microphone: Slot::new(settings.microphone.clone(), microphone).with(settings.latency),
        speaker: Slot::new(settings.speaker.clone(), speaker).with(settings.latency),
        bell: Bell::new(&settings, bell_inbox),
        care: Care::new(Lookout::new(seen_inbox)),
        voice: Voice::new(settings.gate, settings.cleaning),
        playback: Playback::default(),
        bridge: Bridge::default(),
        checks: Checks::default(),
        load: Load::default(),
        taping: Taping::new(tape_inbox),
        settings,
        meters,
        reports,
        legs: BTreeMap::new(),
        pace: Pace::new(Instant::now()),
        n_ticks: 0,
    };
    let mut alarm = Alarm::new();
    let mut was_busy = false;
    loop {
        let is_busy = engine.is_busy();
        if is_busy && !was_busy {
            // Nothing was due while nothing was to be done.
            engine.pace = Pace::new(Instant::now());
            engine.care.gap.rest();
        }
        was_busy = is_busy;
        let wake = engine.wake();
        tokio::select! {
            biased;
            () = poll_fn(|context| alarm.poll(wake, context)), if is_busy => {
                // What has come by now is in time.
                engine.receive();
                engine.on_time(Instant::now());
            }
            order = orders.recv() => match order {
                None | Some(Order::Stop) => break,
                Some(order) => engine.order(order, Instant::now()),
            },
            () = poll_fn(|context| engine.poll_readable(context)) => engine.receive(),
            Some(made) = made.recv() => engine.filmed(made, Instant::now()),
            Some(opened) = microphones.recv() => engine.microphone_opened(opened),
            Some(opened) = speakers.recv() => engine.speaker_opened(opened),
            Some(rung) = bells.recv() => engine.bell.opened(rung, Instant::now()),
            Some(told) = tapes.recv() => engine.taped(told),
            Some(seen) = surveys.recv() => engine.seen(seen, Instant::now()),
            // Last: a card without a clock brings sound all the time.
            () = poll_fn(|context| engine.poll_voice(context)), if is_busy => {
                engine.voice_came(Instant::now());
            }
        }
    }
    engine.stop(Instant::now());
}

struct Engine {
    settings: MediaSettings,
    meters: Arc<Meters>,
    reports: Reports,
    legs: BTreeMap<LegId, Leg>,
    pictures: Pictures,
    microphone: Slot<Microphone>,
    speaker: Slot<Speaker>,
    bell: Bell,
    care: Care,
    voice: Voice,
    playback: Playback,
    bridge: Bridge,
    checks: Checks,
    load: Load,
    pace: Pace,
    taping: Taping,
    /// Ticks so far, with those a stall swallowed.
    n_ticks: u64,
}

impl Engine {
    fn is_busy(&self) -> bool {
        !self.legs.is_empty()
            || self.playback.playing.is_some()
            || self.bell.is_busy()
            || self.checks.is_busy()
            || self.microphone.is_closing()
            || self.speaker.is_closing()
    }

    /// Returns when there is something to do next. Pictures leave at moments of their own; all else
    /// of a session can wait for a tick.
    fn wake(&self) -> Instant {
        let with_pictures = self.legs.values().filter(|leg| leg.takes_pictures());
        let deadlines = with_pictures.filter_map(|leg| leg.session.deadline());
        deadlines.fold(self.pace.next(), Instant::min)
    }

    fn order(&mut self, order: Order, now: Instant) {
        match order {
            Order::Offer { leg, pictures } => self.offer(leg, pictures, now),
            Order::Answer {
                leg,
                offer,
                pictures,
            } => self.answer(leg, &offer, pictures, now),
            Order::Accept { leg, answer } => self.accept(leg, &answer, now),
            Order::Prepare {
                leg,
                offer,
                pictures,
                is_early,
            } => self.prepare(leg, &offer, pictures, is_early, now),
            Order::LookAhead { leg, answer } => self.look_ahead(leg, &answer, now),
            Order::StartOver { leg } => self.start_over(leg, now),
            Order::Reoffer {
                leg,
                is_held,
                pictures,
                restarts_ice,
            } => self.reoffer(leg, is_held, pictures, restarts_ice, now),
            Order::Hush { leg, on } => self.hush(leg, on, now),
            Order::Withdraw { leg } => self.withdraw(leg, now),
            Order::Dtmf { leg, digits } => self.press(leg, &digits),
            Order::Close { leg } => self.close(leg, now),
            Order::Mute(is_muted) => self.voice.is_muted = is_muted,
            Order::Talk(on) => self.voice.is_pushed_open = on,
            Order::Gain { leg, db } => self.turn(leg, db),
            Order::Bridge { strangers, members } => self.bridge.choose(strangers, members),
            Order::Deafen(is_deaf) => self.playback.is_deaf = is_deaf,
            Order::Microphone(spec) => self.microphone.choose(spec),
            Order::Speaker(spec) => self.speaker.choose(spec),
            Order::Play {
                sound,
                looped,
                is_bell,
            } => {
                let playing = sound.map(|sound| Playing::new(sound, looped));
                self.bell.stop();
                self.playback.playing = if is_bell {
                    self.bell.play(playing)
                } else {
                    playing
                };
            }
            Order::RingOn(specs) => self.bell.choose(specs),
            Order::Gate(threshold) => self.voice.gate.set(threshold),
            Order::Clean { stage, on } => self.voice.switch(stage, on),
            Order::Record { call, plan } => self.tape(call, plan),
            Order::Echo { leg } => self.give_line(leg, Own::echo),
            Order::Say { leg, sound } => self.give_line(leg, |speech| Own::saying(speech, sound)),
            Order::CameraDevice(spec) => self.pictures.choose(spec),
            Order::NextCamera => self.pictures.next(),
            Order::Camera(is_on) => self.pictures.film(is_on),
            Order::View { leg, lines } => self.pictures.view(leg, lines),
            Order::Show(shown) => self.pictures.show(shown),
            Order::Check(Check::Preview(is_on)) => self.pictures.preview(is_on),
            Order::Check(Check::Ring) => self.try_bell(),
            Order::Check(check) => {
                let told = self.checks.order(check);
                self.tell_check(told);
            }
            // Sound goes on, and the camera of a call is the core's business.
            Order::Background(is_away) => self.pictures.leave(is_away),
            Order::Stop => {}
        }
        self.settle(now);
    }

    /// Plays the tone where rings go, unless something rings.
    fn try_bell(&mut self) {
        if self.playback.playing.is_none() && !self.bell.is_busy() {
            self.playback.playing = self.bell.play(Some(check::tone()));
        }
    }

    fn close(&mut self, id: LegId, now: Instant) {
        if let Some(mut leg) = self.legs.remove(&id) {
            leg.session.close(now);
            self.meters.forget(id);
            self.pictures.forget(id);
            self.report(Report::Closed { leg: id });
        }
    }

    fn press(&mut self, id: LegId, digits: &str) {
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        if leg.session.takes_keys() {
            leg.keypad.dial(digits.chars().take(MOST_DIGITS));
        } else {
            tracing::info!("the peer takes no telephone events");
        }
    }

    fn give_line(&mut self, id: LegId, own: impl FnOnce(Speech) -> Own) {
        let speech = Speech::new(self.settings.speech);
        let leg = self.legs.get_mut(&id);
        let leg = leg.filter(|leg| matches!(leg.line, Line::Microphone));
        if let (Some(leg), Ok(speech)) = (leg, speech) {
            let mut own = own(speech);
            if leg.is_connected() {
                own.start();
            }
            leg.line = Line::Own(Box::new(own));
        }
    }

    fn poll_readable(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut sessions = self.legs.values().map(|leg| &leg.session);
        match sessions.any(|session| session.poll_readable(context).is_ready()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }

    /// Takes in what has come to the sockets.
    fn receive(&mut self) {
        let mut have_received = Vec::new();
        for leg in self.legs.values_mut() {
            let came = leg.session.read();
            let now = Instant::now();
            for datagram in &came {
                if let Err(reason) = leg.session.receive(datagram, now) {
                    // Whatever a stranger sends must not end a call; str0m's errors here are about
                    // that packet.
                    tracing::debug!(reason, "a datagram was refused");
                }
            }
            have_received.extend((!came.is_empty()).then_some(leg.id));
        }
        let now = Instant::now();
        for id in &have_received {
            self.digest(*id, now);
        }
        if !have_received.is_empty() {
            self.settle(now);
        }
    }

    fn digest(&mut self, id: LegId, now: Instant) {
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        let was_connected = leg.is_connected();
        let reports = &self.reports;
        leg.digest(now, &mut |report| reports(report));
        let connects = leg.is_connected() && !was_connected;
        self.start_microphone(connects);
    }

    /// A file begins when the first peer can hear it.
    fn start_microphone(&mut self, connects: bool) {
        let n_connected = self.legs.values().filter(|leg| leg.is_connected()).count();
        if connects
            && n_connected == 1
            && let Some(microphone) = self.microphone.get()
        {
            microphone.start();
        }
    }

    fn microphone_opened(&mut self, opened: Opened<Microphone>) {
        let reports = &self.reports;
        let is_new = self
            .microphone
            .opened(opened, Instant::now(), &mut |report| reports(report));
        let is_heard = self.legs.values().any(Leg::is_connected);
        if is_new {
            self.voice.cleaner.begin_anew();
            // It may take a while to bring its first sound.
            self.voice.has_begun = false;
        }
        if is_new
            && (is_heard || self.checks.wants_microphone())
            && let Some(microphone) = self.microphone.get()
        {
            microphone.start();
        }
    }

    fn speaker_opened(&mut self, opened: Opened<Speaker>) {
        let reports = &self.reports;
        let is_new = self
            .speaker
            .opened(opened, Instant::now(), &mut |report| reports(report));
        if is_new {
            self.voice.cleaner.begin_anew();
        }
    }

    /// Opens and closes the devices as the sessions want it, and forgets sessions that are over.
    fn settle(&mut self, now: Instant) {
        let (meters, pictures) = (&self.meters, &mut self.pictures);
        self.legs.retain(|id, leg| {
            if leg.is_over() {
                leg.session.close(now);
                meters.forget(*id);
                pictures.forget(*id);
            }
            !leg.is_over()
        });
        for leg in self.legs.values_mut() {
            // Sound is asked for with each tick, and nothing of it is heard sooner.
            let is_sound_alone = leg.is_connected() && leg.session.pictures() == (false, false);
            leg.session.watch(!is_sound_alone);
        }
        self.pictures.settle(&mut self.legs, now);
        let is_accepted = self.legs.values().any(Leg::is_accepted);
        let speaks = |leg: &Leg| leg.is_accepted() && matches!(leg.line, Line::Microphone);
        let is_speaking = self.legs.values().any(speaks);
        let is_listening = is_speaking || self.checks.wants_microphone();
        let reports = &self.reports;
        let mut report = |r: Report| reports(r);
        self.microphone
            .want(is_listening, Duration::ZERO, now, &mut report);
        let is_tried = self.checks.wants_speaker() || self.bell.needs_speaker();
        let is_heard = is_accepted || self.playback.playing.is_some() || is_tried;
        self.speaker.want(is_heard, LINGER, now, &mut report);
        self.bell.settle(LINGER, now);
        self.look_out();
        if !is_speaking {
            self.voice.speech = None;
            self.stop_speaking();
        }
        if !is_listening {
            self.voice.rest();
            self.meters.set_microphone(self.voice.meter.level());
        }
    }

    fn on_deadline(&mut self, now: Instant) {
        let due: Vec<LegId> = self
            .legs
            .values()
            .filter(|leg| leg.session.deadline().is_some_and(|due| due <= now))
            .map(|leg| leg.id)
            .collect();
        for id in due {
            let ticked = self
                .legs
                .get_mut(&id)
                .map(|leg| leg.session.tick(now).map_err(|e| leg.end(e)));
            if let Some(Err(Some(failed))) = ticked {
                self.report(failed);
            }
            self.digest(id, now);
        }
        self.settle(now);
    }

    /// One tick, that was due then and happens now.
    fn tick(&mut self, due: Instant, now: Instant) {
        self.n_ticks += 1;
        let ids: Vec<LegId> = self.legs.keys().copied().collect();
        for id in ids {
            let Some(leg) = self.legs.get_mut(&id) else {
                continue;
            };
            let was_connected = leg.is_connected();
            let reports = &self.reports;
            leg.tick(due, now, &mut |report| reports(report));
            if leg.is_connected() {
                self.playback.mixer.add(&leg.play(self.playback.is_deaf));
            }
            let connects = leg.is_connected() && !was_connected;
            self.start_microphone(connects);
        }
        self.bridge.hear(&self.legs);
        self.answer_back(now);
        self.tape_tick();
        self.play(now);
        let reports = &self.reports;
        self.microphone.watch(now, &mut |report| reports(report));
        self.speaker.watch(now, &mut |report| reports(report));
        if self.n_ticks.is_multiple_of(watch::LOOK) {
            self.look_at_lines(now);
            self.relax(now);
        }
        if self.n_ticks.is_multiple_of(READING) {
            self.show(now);
        }
        self.settle(now);
    }

    fn show(&self, now: Instant) {
        self.meters.set_microphone(self.voice.meter.level());
        self.meters.set_gate(self.voice.gate.is_open());
        for leg in self.legs.values().filter(|leg| leg.is_connected()) {
            self.meters.set_leg(leg.id, leg.reading(now));
        }
    }

    fn stop(&mut self, now: Instant) {
        self.close_tapes();
        for id in self.legs.keys().copied().collect::<Vec<_>>() {
            self.close(id, now);
        }
    }

    fn report(&self, report: Report) {
        (self.reports)(report);
    }
}
