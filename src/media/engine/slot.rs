//! A device that may be wanted, opening, open or broken. Opens on a thread of
//! its own, so that nobody waits for a sound server.

use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::av::{DeviceChange, Role};
use crate::media::Report;
use crate::media::device::{DeviceSpec, Microphone, Speaker, Trouble};

/// A device as the engine uses it.
pub(super) trait Device: Sized + Send + 'static {
    const ROLE: Role;
    fn open(spec: &DeviceSpec) -> Result<Self, Trouble>;
    fn poll_trouble(&mut self) -> Option<Trouble>;
    fn name(&self) -> &str;
}

impl Device for Microphone {
    const ROLE: Role = Role::Microphone;
    fn open(spec: &DeviceSpec) -> Result<Self, Trouble> {
        Self::open(spec)
    }
    fn poll_trouble(&mut self) -> Option<Trouble> {
        self.poll_trouble()
    }
    fn name(&self) -> &str {
        self.name()
    }
}

impl Device for Speaker {
    const ROLE: Role = Role::Speaker;
    fn open(spec: &DeviceSpec) -> Result<Self, Trouble> {
        Self::open(spec)
    }
    fn poll_trouble(&mut self) -> Option<Trouble> {
        self.poll_trouble()
    }
    fn name(&self) -> &str {
        self.name()
    }
}

/// How long an open attempt may take before the exception is told.
const TRIES: u32 = 3;
/// Between a failure in use and the next attempt.
const PAUSE: Duration = Duration::from_secs(1);

/// What came of an attempt to open.
pub(super) struct Opened<D> {
    attempt: u64,
    result: Result<D, Trouble>,
}

/// The place of a device.
pub(super) struct Slot<D> {
    spec: DeviceSpec,
    state: State<D>,
    /// Numbers the attempts: what an outdated one brings is thrown away.
    attempt: u64,
    inbox: mpsc::UnboundedSender<Opened<D>>,
    /// The exception that was told and not taken back.
    is_told: bool,
    n_failed_in_use: u32,
    /// A card is closed at this time, if nobody wants it until then.
    closing: Option<Instant>,
}

enum State<D> {
    Closed,
    Opening,
    Open(D),
    /// Nothing until somebody chooses again, or until then.
    Broken {
        retry: Option<Instant>,
    },
}

impl<D: Device> Slot<D> {
    pub(super) fn new(spec: DeviceSpec, inbox: mpsc::UnboundedSender<Opened<D>>) -> Self {
        Self {
            spec,
            state: State::Closed,
            attempt: 0,
            inbox,
            is_told: false,
            n_failed_in_use: 0,
            closing: None,
        }
    }

    /// Returns the device if it works now.
    pub(super) fn get(&mut self) -> Option<&mut D> {
        match &mut self.state {
            State::Open(device) => Some(device),
            State::Closed | State::Opening | State::Broken { .. } => None,
        }
    }

    /// Whether it is not known yet if there will be a device.
    pub(super) fn is_opening(&self) -> bool {
        matches!(self.state, State::Opening)
    }

    /// Whether [`want`](Self::want) still has something to do without being wanted.
    pub(super) fn is_closing(&self) -> bool {
        self.closing.is_some()
    }

    /// Opens the device if it is wanted, and closes it `linger` after it was wanted last.
    pub(super) fn want(&mut self, is_wanted: bool, linger: Duration, now: Instant) {
        if is_wanted {
            self.closing = None;
            match self.state {
                State::Closed => self.open(),
                State::Broken { retry: Some(at) } if now >= at => self.open(),
                State::Opening | State::Open(_) | State::Broken { .. } => {}
            }
            return;
        }
        // A recording goes on in the next call; opened anew it would begin anew.
        let is_recording = D::ROLE == Role::Speaker && matches!(self.spec, DeviceSpec::File(_));
        if matches!(self.state, State::Closed) || is_recording {
            self.closing = None;
        } else if now >= *self.closing.get_or_insert(now + linger) {
            self.closing = None;
            self.close();
        }
    }

    /// Takes another device from now on.
    pub(super) fn choose(&mut self, spec: DeviceSpec) {
        // An open recording stays as it is when it is chosen again.
        if spec == self.spec && matches!(self.state, State::Open(_)) {
            return;
        }
        self.spec = spec;
        self.n_failed_in_use = 0;
        self.close();
    }

    /// Takes in what an attempt brought. Returns whether there is a new device.
    pub(super) fn opened(&mut self, opened: Opened<D>, report: &mut impl FnMut(Report)) -> bool {
        if opened.attempt != self.attempt || !self.is_opening() {
            return false;
        }
        match opened.result {
            Ok(device) => {
                let name = device.name().to_owned();
                if std::mem::take(&mut self.is_told) {
                    report(Report::Exception {
                        which: D::ROLE,
                        exception: None,
                        device: name.clone(),
                        detail: String::new(),
                    });
                }
                let which = D::ROLE;
                report(Report::DeviceChanged {
                    which,
                    name,
                    change: DeviceChange::Opened,
                    undo: None,
                });
                self.state = State::Open(device);
                true
            }
            Err(trouble) => {
                self.failed(trouble, None, report);
                false
            }
        }
    }

    /// Looks after an open device.
    pub(super) fn watch(&mut self, now: Instant, report: &mut impl FnMut(Report)) {
        if let Some(trouble) = self.get().and_then(Device::poll_trouble) {
            self.n_failed_in_use += 1;
            let retry = (self.n_failed_in_use <= TRIES).then(|| now + PAUSE * self.n_failed_in_use);
            self.failed(trouble, retry, report);
        }
    }

    fn failed(
        &mut self,
        trouble: Trouble,
        retry: Option<Instant>,
        report: &mut impl FnMut(Report),
    ) {
        tracing::info!(role = ?D::ROLE, exception = ?trouble.exception, "a sound device does not work");
        self.state = State::Broken { retry };
        self.is_told = true;
        report(Report::Exception {
            which: D::ROLE,
            exception: Some(trouble.exception),
            device: trouble.device,
            detail: trouble.detail,
        });
    }

    fn open(&mut self) {
        self.attempt += 1;
        self.state = State::Opening;
        let (attempt, spec, inbox) = (self.attempt, self.spec.clone(), self.inbox.clone());
        let spawned = thread::Builder::new().name("device".into()).spawn(move || {
            let result = D::open(&spec);
            // The media thread may have ended meanwhile; then the device ends here.
            let _ = inbox.send(Opened { attempt, result });
        });
        if let Err(error) = spawned {
            tracing::warn!(%error, "no thread to open a device on");
            self.state = State::Broken { retry: None };
        }
    }

    fn close(&mut self) {
        self.attempt += 1;
        self.state = State::Closed;
    }
}
