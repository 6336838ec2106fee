//! A phone without a screen: what `call` and `listen` have in common.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read};
use std::process::ExitCode;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::args::{Globals, VideoOut};
use super::error::{Error, Kind};
use super::film::Film;
use super::quiet::Quiet;
use super::stream::Stream;
use super::{log, signals};
use crate::address::data_with_note;
use crate::command::{Command, CommandError, Reply, Request};
use crate::event::{EndReason, Event, Happened, RoomError, RoomReason, RoomScope};
use crate::id::CallId;
use crate::phone::Call;
use crate::run::{self, Arrival, Signal, Station};

/// The longest line of a command stream, in bytes. Custom data has at most 4096.
const LINE_BYTES: u64 = 64 * 1024;
/// How long signing out may take.
const FAREWELL: Duration = Duration::from_secs(3);
/// How long the hooks of the last events may take.
const LAST_HOOKS: Duration = Duration::from_secs(2);

/// A station whose events go to stdout.
#[derive(Debug)]
pub(crate) struct Headless {
    station: Station,
    stream: Stream,
    server: String,
    unread: VecDeque<Event>,
    left_by: Option<Signal>,
    /// Where the others' pictures go.
    film: Option<Film>,
}

/// What there is to react to.
#[derive(Debug)]
pub(crate) enum Turn {
    /// It happened, and is printed already.
    Event(Event),
    /// A line came in on stdin.
    Request(Request),
    /// The moment has come.
    TimeIsUp,
}

impl Headless {
    /// Starts a station, lets `talk` use it until its call is over, and signs out.
    ///
    /// # Errors
    ///
    /// Whatever `talk` or the setting up fails with.
    pub(crate) fn run(
        globals: &Globals,
        stream: Stream,
        video_out: &VideoOut,
        talk: impl AsyncFnOnce(&mut Self) -> Result<EndReason, Error>,
    ) -> Result<ExitCode, Error> {
        let (setup, server) = super::setup::headless(globals)?;
        let film = Film::of(video_out)?;
        let log = log::start();
        // alsa-lib and its like write to stderr; our own errors come after this is dropped.
        let _quiet = Quiet::start(log.as_ref())
            .map_err(|error| Error::failed("cannot put stderr aside").detail(error))?;
        let runtime = Runtime::new()
            .map_err(|error| Error::failed("cannot start the runtime").detail(error))?;
        let outcome = runtime.block_on(async {
            let station = Station::start(setup)
                .map_err(|error| Error::failed("cannot start the sound").detail(error))?;
            signals::forward(station.bell());
            let unread = VecDeque::new();
            let mut phone = Self {
                station,
                stream,
                server,
                unread,
                left_by: None,
                film,
            };
            // Nobody is to send pictures that nobody sees.
            phone.show();
            // Whoever reads events begins with the whole state.
            if stream.is_json() {
                // It cannot fail.
                let _ = phone.station.command(Command::Snapshot);
            }
            let outcome = talk(&mut phone).await;
            phone.leave().await;
            outcome
        });
        // A thread that waits for stdin must not keep the process.
        runtime.shutdown_background();
        outcome.map(|reason| ExitCode::from(reason.exit_code()))
    }

    /// Waits until the server knows us.
    ///
    /// # Errors
    ///
    /// It cannot be reached or refuses.
    pub(crate) async fn sign_in(&mut self) -> Result<(), Error> {
        loop {
            let Turn::Event(event) = self.turn(None).await? else {
                continue;
            };
            let Happened::Room {
                scope: RoomScope::Account,
                reason,
                ..
            } = event.happened
            else {
                continue;
            };
            match reason {
                RoomReason::Logined | RoomReason::Reconnected => return Ok(()),
                RoomReason::LoginFailed | RoomReason::ReconnectFailed | RoomReason::KickOut => {
                    return Err(self.not_signed_in());
                }
                RoomReason::Logining
                | RoomReason::Reconnecting
                | RoomReason::Logout
                | RoomReason::LogoutFailed => {}
            }
        }
    }

    fn not_signed_in(&self) -> Error {
        let sign_in = self.station.phone().sign_in();
        let detail = sign_in.detail.clone().unwrap_or_default();
        let server = &self.server;
        let me = &self.station.me().id;
        match sign_in.error.unwrap_or(RoomError::Refused) {
            RoomError::Unreachable => Error::new(
                Kind::Unreachable,
                format!("cannot reach the server at {server}"),
            )
            .detail(detail)
            .hint("start one here with `offhook serve`, or name another with `--server`"),
            RoomError::NotASipServer => Error::new(
                Kind::Unreachable,
                format!("no SIP server answers at {server}"),
            )
            .detail(detail)
            .hint("check the address; `offhook serve` speaks SIP over WebSocket"),
            RoomError::Unauthorized => Error::new(
                Kind::Auth,
                format!("the server does not sign in {me}"),
            )
            .detail(detail)
            .hint(
                "set OFFHOOK_PASSWORD or password_command to the ID's password; a new ID comes from `offhook user add` on the server",
            ),
            RoomError::Refused | RoomError::Replaced => {
                Error::new(Kind::Auth, format!("the server refuses {me}")).detail(detail)
            }
        }
    }

    /// Returns the calls that go on, the oldest first.
    pub(crate) fn calls(&self) -> &[Call] {
        self.station.phone().calls()
    }

    /// Carries out what a line on stdin asks for and prints the reply. Returns whether it asks to leave.
    ///
    /// # Errors
    ///
    /// Nobody reads the reply.
    pub(crate) fn serve(&mut self, request: Request) -> Result<bool, Error> {
        let is_quit = matches!(request.command, Ok(Command::Quit));
        let asks = matches!(request.command, Ok(Command::Stats));
        let outcome = match request.command {
            Ok(Command::Quit) => Ok(None),
            Ok(command) => self.station.command(command),
            Err(error) => Err(error),
        };
        let reply = Reply {
            stats: asks.then(|| self.station.stats()),
            ..Reply::new(request.id, &outcome)
        };
        self.gone_if(self.stream.reply(&reply))?;
        Ok(is_quit)
    }

    /// Has the phone do something.
    ///
    /// # Errors
    ///
    /// As the phone says.
    pub(crate) fn command(&mut self, command: Command) -> Result<Option<CallId>, CommandError> {
        self.station.command(command)
    }

    /// Waits for the next event, request or moment. Prints the events.
    ///
    /// # Errors
    ///
    /// Somebody wants us to leave, or nobody reads any more.
    pub(crate) async fn turn(&mut self, until: Option<Instant>) -> Result<Turn, Error> {
        loop {
            self.print()?;
            if let Some(event) = self.unread.pop_front() {
                return Ok(Turn::Event(event));
            }
            let gallery = self.station.gallery();
            let painted = async {
                match &self.film {
                    Some(_) => gallery.changed().await,
                    None => std::future::pending().await,
                }
            };
            let arrival = tokio::select! {
                arrival = self.station.next() => arrival,
                () = painted => {
                    self.film_on();
                    continue;
                }
                () = run::until(until.map(Instant::into_std)) => return Ok(Turn::TimeIsUp),
            };
            self.show();
            match arrival {
                Arrival::Request(request) => return Ok(Turn::Request(request)),
                Arrival::Signal(Signal::Continue) => {}
                Arrival::Signal(Signal::Record) => super::flight::write(&self.station.recorder()),
                Arrival::Signal(signal) => {
                    self.left_by = Some(signal);
                    return Err(Error::new(Kind::Interrupted, ""));
                }
                Arrival::Input(_)
                | Arrival::Terminal(_)
                | Arrival::Check(_)
                | Arrival::FirstSound
                | Arrival::RecordingClosed { .. } => {}
            }
        }
    }

    /// Has the others' pictures made ready that are filmed.
    fn show(&mut self) {
        let film = self.film.as_mut();
        let shown = film.and_then(|film| film.wanted(self.station.phone()));
        self.station.show(shown.into_iter().collect());
    }

    /// Films what has come; the call goes on where that cannot be.
    fn film_on(&mut self) {
        let gallery = self.station.gallery();
        let filmed = self.film.as_mut().map(|film| film.take(&gallery));
        if let Some(Err(error)) = filmed {
            tracing::warn!(%error, "the pictures are not filmed");
            eprintln!("warning: the pictures are not filmed any more: {error}");
            self.film = None;
            self.show();
        }
    }

    fn print(&mut self) -> Result<(), Error> {
        while let Some(stamped) = self.station.poll_event() {
            let printed = self.stream.event(&stamped, &self.station.me().id);
            self.gone_if(printed)?;
            self.unread.push_back(stamped.event);
        }
        Ok(())
    }

    /// Makes an error of output that nobody reads: the call ends as if interrupted.
    ///
    /// # Errors
    ///
    /// If there is one.
    pub(crate) fn gone_if(&self, printed: io::Result<()>) -> Result<(), Error> {
        printed.map_err(|error| {
            if error.kind() == io::ErrorKind::BrokenPipe {
                return Error::new(Kind::Interrupted, "");
            }
            Error::failed("cannot write to stdout").detail(error)
        })
    }

    /// Begins to read commands, one JSON object a line. The end of stdin is no command.
    pub(crate) fn read_commands(&self) {
        let bell = self.station.bell();
        std::thread::spawn(move || read_lines(io::stdin().lock(), &bell));
    }

    /// Ends what is going on, signs out, and lets the last events be printed.
    async fn leave(&mut self) {
        // Quitting cannot fail.
        let _ = self.station.command(Command::Quit);
        let until = Instant::now() + FAREWELL;
        let mut hooks = LAST_HOOKS;
        while !self.station.has_left() {
            let next = tokio::time::timeout_at(until, self.station.next()).await;
            // A second Ctrl+C: at once.
            match next {
                Ok(Arrival::Signal(Signal::Interrupt)) => {
                    hooks = Duration::ZERO;
                    break;
                }
                Ok(_) => {}
                Err(_late) => break,
            }
        }
        // Whoever closed the stream does not miss the end of it.
        let _ = self.print();
        self.station.finish(hooks).await;
    }
}

/// Returns what `--note` or `--data` has the other side told; at most one of them is given.
pub(crate) fn custom_data(note: Option<&str>, data: Option<&str>) -> Option<String> {
    note.map(data_with_note).or_else(|| data.map(str::to_owned))
}

fn read_lines(stdin: impl BufRead, bell: &mpsc::Sender<Arrival>) {
    let mut stdin = stdin;
    let mut line = String::new();
    loop {
        line.clear();
        match stdin.by_ref().take(LINE_BYTES).read_line(&mut line) {
            Ok(0) => return,
            Ok(_) if line.trim().is_empty() => {}
            Ok(_) => {
                let request = Request::parse(line.trim());
                if bell.blocking_send(Arrival::Request(request)).is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a line on stdin is not UTF-8");
                if error.kind() != io::ErrorKind::InvalidData {
                    return;
                }
            }
        }
    }
}
