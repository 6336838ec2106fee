//! `offhook`: the phone on the screen. Keys go in, the screen and the calls come out.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use time::UtcOffset;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use super::args::Globals;
use super::error::Error;
use super::quiet::{self, Quiet};
use super::wall::Wall;
use super::{devices, first_run, flight, log, serve, settings, setup, signals};
use crate::command::Command;
use crate::config::KeptDevices;
use crate::media;
use crate::run::{self, Arrival, Setup, Signal, Station};
use crate::tui::{self, Abilities, FoundDevice, Hits, Renderer, Terminal, Ui, UiOptions, Wish};

/// The shortest time between two pictures.
const FRAME: Duration = Duration::from_millis(16);
/// How often the levels are looked at while somebody may look at them.
const LOOK: Duration = Duration::from_millis(50);
/// How long the others may take to hear that the program stops.
const GOODBYE: Duration = Duration::from_millis(200);
/// How long signing out may take.
const FAREWELL: Duration = Duration::from_secs(2);
/// How long the hooks of the last events may take.
const LAST_HOOKS: Duration = Duration::from_secs(2);

/// What the screen is shown for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// Somebody's own phone.
    Everyday,
    /// The demo: the screen explains itself, and nothing is written anywhere.
    Demo,
}

/// Runs the phone.
///
/// # Errors
///
/// The configuration, the terminal or the sound cannot be had.
pub(crate) fn run(globals: &Globals) -> Result<ExitCode, Error> {
    let Some(start) = first_run::account(globals)? else {
        return Ok(ExitCode::SUCCESS);
    };
    let setup = setup::setup(&start.config, &start.id, &start.server)?;
    // To be asked before there are other threads: then the system may not tell it safely.
    let offset = UtcOffset::current_local_offset().unwrap_or(UtcOffset::UTC);
    let runtime =
        Runtime::new().map_err(|error| Error::failed("cannot start the runtime").detail(error))?;
    let outcome = runtime.block_on(async {
        let server = match start.start_server {
            true => Some(serve::here(&start.server).await?),
            false => None,
        };
        let file = settings::file(globals).ok();
        let server_name = start.server.to_string();
        let everyday = Occasion::Everyday;
        let renderer = start.config.video.renderer;
        let outcome = show(setup, everyday, server_name, offset, renderer, file).await;
        if let Some(server) = server {
            server.stop().await;
        }
        outcome
    });
    runtime.shutdown_background();
    outcome
}

/// Shows a phone until its person leaves; `offset` is the time zone times are shown in, `renderer` how
/// the configuration wants pictures shown, `file` the one that choices may be written to.
///
/// # Errors
///
/// The terminal or the sound cannot be had.
pub(crate) async fn show(
    setup: Setup,
    occasion: Occasion,
    server: String,
    offset: UtcOffset,
    renderer: Option<Renderer>,
    file: Option<PathBuf>,
) -> Result<ExitCode, Error> {
    let asked = std::env::var("OFFHOOK_RENDERER").unwrap_or_default();
    let renderer = prefer(&asked, renderer)?;
    let mut options = options(&setup, occasion, server, offset);
    let log = if occasion == Occasion::Everyday {
        log::start()
    } else {
        None
    };
    let quiet = Quiet::start(log.as_ref())
        .map_err(|error| Error::failed("cannot put stderr aside").detail(error))?;
    let mut station = Station::start(setup)
        .map_err(|error| Error::failed("cannot start the sound").detail(error))?;
    if occasion == Occasion::Everyday {
        flight::write_on_panic(station.recorder());
    }
    let terminal = Terminal::enter(true)
        .map_err(|error| Error::failed("cannot use the terminal").detail(error))?;
    quiet::survive_cameras();
    let mut abilities = terminal.abilities();
    if let Some(renderer) = renderer {
        abilities.prefer(renderer);
    }
    options.renderers.clone_from(&abilities.renderers);
    options.releases = abilities.releases;
    signals::forward(station.bell());
    tokio::spawn(forward_keys(station.bell()));
    let meters = station.meters();
    let (finder, found) = mpsc::channel(1);
    let wall = Wall::new(station.gallery(), &abilities);
    let ui = Ui::new(Instant::now(), options);
    let mut screen = Screen {
        file,
        ui,
        wall,
        terminal,
        meters,
        hits: Hits::default(),
        recalled: None,
        finder,
        found,
    };
    let outcome = screen.run(&mut station).await;
    // The terminal is a person's again before the goodbyes, which may take a moment.
    drop(screen);
    leave(&mut station).await;
    drop(station);
    drop(quiet);
    outcome.map(|()| ExitCode::SUCCESS)
}

/// Returns how the person wants pictures shown: as the environment says (`OFFHOOK_RENDERER`), else as
/// the configuration does. `None`: in the best way there is.
fn prefer(asked: &str, kept: Option<Renderer>) -> Result<Option<Renderer>, Error> {
    match asked {
        "" => Ok(kept),
        "auto" => Ok(None),
        word => word
            .parse()
            .map(Some)
            .map_err(|error| Error::usage(format!("OFFHOOK_RENDERER={word}: {error}"))),
    }
}

fn options(setup: &Setup, occasion: Occasion, server: String, offset: UtcOffset) -> UiOptions {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let people = match occasion {
        Occasion::Everyday => Vec::new(),
        Occasion::Demo => vec![setup::echo()],
    };
    UiOptions {
        ascii: is_set("OFFHOOK_ASCII"),
        color: !is_set("NO_COLOR"),
        motion: !is_set("OFFHOOK_NO_MOTION"),
        demo: occasion == Occasion::Demo,
        server,
        people,
        contacts: setup.contacts.clone(),
        unix_ms: i64::try_from(run::epoch().unix_ms).unwrap_or_default(),
        offset,
        microphone: setup.media.microphone.to_string(),
        speaker: setup.media.speaker.to_string(),
        camera: setup.media.camera.to_string(),
        ring_on: setup
            .media
            .ring_on
            .iter()
            .map(ToString::to_string)
            .collect(),
        gate: setup.media.gate.map(|gate| gate.round() as i16),
        cleaning: setup.media.cleaning,
        releases: false,
        renderers: Abilities::default().renderers,
    }
}

async fn forward_keys(bell: mpsc::Sender<Arrival>) {
    let mut keys = crossterm::event::EventStream::new();
    while let Some(event) = keys.next().await {
        let Ok(event) = event else { return };
        if bell.send(Arrival::Terminal(event)).await.is_err() {
            return;
        }
    }
}

async fn leave(station: &mut Station) {
    // Quitting cannot fail.
    let _ = station.command(Command::Quit);
    let signed_out = async {
        while !station.has_left() {
            station.next().await;
        }
    };
    // A server that is away does not hold anybody up.
    let _ = tokio::time::timeout(FAREWELL, signed_out).await;
    station.finish(LAST_HOOKS).await;
}

/// The person's side of a station.
struct Screen {
    /// The configuration, where choices may be kept.
    file: Option<PathBuf>,
    ui: Ui,
    wall: Wall,
    terminal: Terminal,
    meters: Arc<media::Meters>,
    hits: Hits,
    /// Which state of the history the screen shows.
    recalled: Option<u64>,
    finder: mpsc::Sender<Vec<FoundDevice>>,
    found: mpsc::Receiver<Vec<FoundDevice>>,
}

/// Whether to go on.
enum Turn {
    On,
    /// Stop until the shell lets the program go on.
    Suspend,
    Leave,
}

impl Screen {
    async fn run(&mut self, station: &mut Station) -> Result<(), Error> {
        let failed = |error| Error::failed("cannot draw on the terminal").detail(error);
        let mut drawn = None;
        let mut is_stale = true;
        loop {
            while let Some(arrival) = station.try_next() {
                match self.take(&arrival, station) {
                    Turn::On => {}
                    Turn::Suspend => self.suspend(station).await.map_err(failed)?,
                    Turn::Leave => return Ok(()),
                }
                is_stale = true;
            }
            let now = self.look(station);
            let is_due = |at: Option<Instant>| at.is_none_or(|at: Instant| now >= at + FRAME);
            self.pace(now);
            let is_busy = self.terminal.is_busy();
            if !is_busy && (is_stale || self.wall.is_due(now)) && is_due(drawn) {
                self.draw(station, now).map_err(failed)?;
                drawn = Some(now);
                is_stale = false;
            }
            let is_busy = self.terminal.is_busy();
            // However late the next frame gets: it waits for the one that is on its way.
            let earliest = drawn.map_or(now, |drawn| drawn + FRAME);
            let wake = self.wake(station, now, (!is_busy).then_some(earliest), is_stale);
            tokio::select! {
                arrival = station.next() => match self.take(&arrival, station) {
                    Turn::On => {}
                    Turn::Suspend => self.suspend(station).await.map_err(failed)?,
                    Turn::Leave => return Ok(()),
                },
                // The screen holds a sender itself, so this never closes.
                Some(devices) = self.found.recv() => self.ui.devices = devices,
                () = run::until(wake) => {}
                // What is stale stays so, and nothing else has changed.
                () = self.terminal.idle(), if is_busy => continue,
                () = self.wall.changed() => continue,
            }
            is_stale = true;
        }
    }

    /// Returns when to look again although nothing comes in; `earliest` is when the next frame may
    /// be drawn, if none is on its way.
    fn wake(
        &self,
        station: &Station,
        now: Instant,
        earliest: Option<Instant>,
        is_stale: bool,
    ) -> Option<Instant> {
        let frame = earliest.filter(|_| is_stale);
        let picture = earliest.and_then(|earliest| Some(earliest.max(self.wall.due_at()?)));
        let levels = self.is_live(station).then(|| now + LOOK);
        let times = [
            frame,
            picture,
            levels,
            self.ui.wants_redraw_at(station.phone()),
        ];
        times.into_iter().flatten().min()
    }

    /// Brings the screen's state up to the present.
    fn look(&mut self, station: &mut Station) -> Instant {
        let now = Instant::now();
        self.ui.now = now;
        while let Some(stamped) = station.poll_event() {
            self.ui.observe(&stamped.event, station.phone());
        }
        self.ui.tick();
        self.recall(station);
        if self.is_live(station) {
            self.ui
                .hear(&devices::meters(&self.meters, station.phone()));
        }
        now
    }

    /// Reads the history anew when something of it is on disk that was not.
    fn recall(&mut self, station: &Station) {
        let Some(history) = station.history() else {
            return;
        };
        let version = history.version();
        if self.recalled != Some(version) {
            self.recalled = Some(version);
            let entries = history.recent(tui::RECENT_CALLS);
            self.ui.recall(entries, station.phone());
        }
    }

    /// Learns how fast the terminal has taken the last frame.
    fn pace(&mut self, now: Instant) {
        if self.terminal.take_time().is_none() {
            return;
        }
        let is_graphics = self.ui.renderer.is_graphics();
        if self.wall.flow.taken(now, is_graphics) {
            self.ui.ease_pictures();
        }
    }

    fn draw(&mut self, station: &mut Station, now: Instant) -> std::io::Result<()> {
        if self.ui.take_attention() {
            self.terminal.attention()?;
        }
        let phone = station.phone();
        self.terminal.set_title(&tui::title(&self.ui, phone))?;
        self.terminal
            .report_releases(self.ui.wants_releases(phone))?;
        let meters = devices::meters(&self.meters, phone);
        self.wall.look(now);
        let (ui, hits, wall) = (&self.ui, &mut self.hits, &mut self.wall);
        let n_bytes = self.terminal.draw(|frame| {
            *hits = tui::draw(ui, phone, &meters, &wall.pictures, frame);
            let buffer = frame.buffer_mut();
            wall.painter
                .paint(buffer, hits.pictures(), &wall.pictures, ui.renderer);
            wall.painter.take_overlay()
        })?;
        if wall.painter.has_news() {
            wall.flow.sent(now, n_bytes);
        }
        if let Some(shown) = wall.shows(hits, ui.renderer) {
            station.show(shown);
        }
        self.ui.drawn(&self.hits);
        Ok(())
    }

    fn take(&mut self, arrival: &Arrival, station: &mut Station) -> Turn {
        self.look(station);
        match arrival {
            Arrival::Terminal(event) => {
                let action = tui::keymap(&self.ui, station.phone(), &self.hits, event);
                let wishes =
                    action.map(|action| tui::update(&mut self.ui, action, station.phone()));
                for wish in wishes.into_iter().flatten() {
                    match self.grant(wish, station) {
                        Turn::On => {}
                        turn @ (Turn::Suspend | Turn::Leave) => return turn,
                    }
                }
            }
            Arrival::Signal(Signal::Record) => {
                flight::write(&station.recorder());
                if let Ok(path) = flight::path() {
                    self.ui
                        .tell(&format!("flight recording: {}", path.display()));
                }
            }
            Arrival::Signal(Signal::Interrupt | Signal::Terminate | Signal::HangUp) => {
                return Turn::Leave;
            }
            Arrival::Signal(Signal::Continue) => self.paint_anew(),
            Arrival::Check(stage) => self.ui.checked(devices::checked(*stage)),
            Arrival::Input(_)
            | Arrival::Request(_)
            | Arrival::FirstSound
            | Arrival::RecordingClosed { .. } => {}
        }
        Turn::On
    }

    fn grant(&mut self, wish: Wish, station: &mut Station) -> Turn {
        match wish {
            Wish::Command(command) => {
                if let Err(error) = station.command(command) {
                    self.ui.refuse(&error);
                }
            }
            Wish::ListDevices => {
                let finder = self.finder.clone();
                // A full channel holds a list already.
                std::thread::spawn(move || finder.try_send(devices::found()));
            }
            Wish::Redraw => self.paint_anew(),
            Wish::Suspend => return Turn::Suspend,
            Wish::MarkSeen(call) => {
                if let Some(history) = station.history() {
                    history.mark_seen(&call);
                }
            }
            Wish::Forget(call) => {
                if let Some(history) = station.history() {
                    history.remove(&call);
                }
            }
            Wish::Copy(text) => {
                if let Err(error) = self.terminal.copy(&text) {
                    tracing::warn!(%error, "cannot reach the clipboard");
                }
            }
            Wish::Check(check) => station.check(devices::check_of(check)),
            Wish::Gate(gate) => station.gate(gate.map(f32::from)),
            Wish::KeepDevices(kept) => self.keep(&kept),
            Wish::Quit => return Turn::Leave,
        }
        Turn::On
    }

    /// Goes back to the shell until it lets the program go on.
    async fn suspend(&mut self, station: &mut Station) -> std::io::Result<()> {
        let is_live = self.is_live(station);
        station.background(true);
        if is_live {
            // The camera closes and the others are told before everything stands still.
            tokio::time::sleep(GOODBYE).await;
        }
        let resumed = self.terminal.suspend();
        station.background(false);
        self.paint_anew();
        resumed
    }

    /// Draws everything with the next frame, whatever is on the terminal.
    fn paint_anew(&mut self) {
        self.wall.painter.forget();
        if let Err(error) = self.terminal.resume() {
            tracing::warn!(%error, "cannot paint the terminal anew");
        }
    }

    fn keep(&mut self, kept: &KeptDevices) {
        let Some(file) = &self.file else {
            return self.ui.warn("Nothing is kept here");
        };
        match devices::keep(file, kept) {
            Ok(told) => self.ui.tell(&told),
            Err(why) => self.ui.warn(&why),
        }
    }

    /// Tells whether sound moves that somebody may want to see.
    fn is_live(&self, station: &Station) -> bool {
        !station.phone().calls().is_empty() || self.ui.is_listening()
    }
}

#[cfg(test)]
mod tests {
    use super::{Renderer, prefer};

    #[test]
    fn the_environment_chooses_how_pictures_are_shown_before_the_configuration() {
        let kept = Some(Renderer::Sixel);
        let prefer = |asked| prefer(asked, kept).ok();
        assert_eq!(prefer(""), Some(kept));
        assert_eq!(prefer("auto"), Some(None));
        assert_eq!(prefer("ascii"), Some(Some(Renderer::Ascii)));
        assert_eq!(prefer("oil"), None);
    }
}
