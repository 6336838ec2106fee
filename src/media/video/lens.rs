//! The place of the camera: wanted or not, opening, open, broken, and taken back when it returns.

use std::time::{Duration, Instant};

use crate::av::{DeviceChange, DeviceException, Role};
use crate::media::Report;
use crate::media::device::{Camera, CameraSpec, Format, OpenedAs, Shot, Trouble};

/// What a camera is asked for.
const WANTED: Format = Format {
    lines: 480,
    fps: 30,
};
/// Between two attempts to get a broken camera back.
const RETRY: Duration = Duration::from_secs(2);

type Wake = Box<dyn Fn() -> Box<dyn Fn() + Send> + Send>;

/// The camera of a phone.
pub(super) struct Lens {
    spec: CameraSpec,
    state: State,
    /// Whether its pictures are to be sent.
    is_sending: bool,
    /// Whether the user wants to see them.
    is_preview: bool,
    /// Whether it was told that it is open for sending.
    is_told_on: bool,
    /// The exception that was told and not taken back.
    told: Option<DeviceException>,
    /// The camera that went away while in use: that one is waited for, and no other.
    lost: Option<String>,
    /// The name that was told last.
    name: Option<String>,
    wake: Wake,
}

enum State {
    Closed,
    /// Open, or on the way there; whether its first picture has come.
    Open(Camera, bool),
    Broken {
        retry: Option<Instant>,
    },
}

impl Lens {
    /// `wake` makes what a camera calls when there is something to look at.
    pub(super) fn new(spec: CameraSpec, wake: Wake) -> Self {
        Self {
            spec,
            state: State::Closed,
            is_sending: false,
            is_preview: false,
            is_told_on: false,
            told: None,
            lost: None,
            name: None,
            wake,
        }
    }

    /// Opens the camera to send its pictures, or no longer.
    pub(super) fn send(&mut self, is_sending: bool, report: &mut impl FnMut(Report)) {
        self.is_sending = is_sending;
        self.settle(report);
    }

    /// Opens the camera for the user to see, or no longer.
    pub(super) fn preview(&mut self, is_preview: bool, report: &mut impl FnMut(Report)) {
        self.is_preview = is_preview;
        self.settle(report);
    }

    /// Takes another camera from now on.
    pub(super) fn choose(&mut self, spec: CameraSpec, report: &mut impl FnMut(Report)) {
        let is_open = matches!(self.state, State::Open(_, true));
        if spec == self.spec && is_open && self.lost.is_none() {
            return;
        }
        self.spec = spec;
        self.lost = None;
        self.state = State::Closed;
        if self.spec == CameraSpec::None {
            self.heal(report);
        }
        self.settle(report);
    }

    /// Returns the name of the camera in use, or how it is written.
    pub(super) fn name(&self) -> String {
        let open = match &self.state {
            State::Open(camera, true) => Some(camera.name()),
            State::Open(..) | State::Closed | State::Broken { .. } => self.lost.clone(),
        };
        open.unwrap_or_else(|| self.spec.to_string())
    }

    /// Whether pictures are to be sent.
    pub(super) fn is_sending(&self) -> bool {
        self.is_sending
    }

    /// Whether there is nothing of this camera to be seen.
    pub(super) fn is_dark(&self) -> bool {
        !matches!(self.state, State::Open(_, true))
    }

    /// Returns when [`look`](Self::look) is due without being woken.
    pub(super) fn due(&self) -> Option<Instant> {
        match self.state {
            State::Broken { retry } => retry,
            State::Closed | State::Open(..) => None,
        }
    }

    /// Looks after the camera; returns its newest picture.
    pub(super) fn look(&mut self, now: Instant, report: &mut impl FnMut(Report)) -> Option<Shot> {
        if let State::Broken { retry: Some(at) } = self.state
            && now >= at
        {
            self.open();
        }
        let State::Open(camera, has_shown) = &mut self.state else {
            return None;
        };
        let shot = camera.take();
        let opened = camera.poll_opened();
        let trouble = camera.poll_trouble();
        let is_stalled = camera.is_stalled();
        *has_shown |= opened.is_some();
        if let Some(opened) = opened {
            self.opened(&opened, report);
        }
        if let Some(trouble) = trouble {
            self.failed(trouble, now, report);
        } else if !is_stalled && self.told == Some(DeviceException::ZeroCaptureFps) {
            self.heal(report);
        }
        self.settle(report);
        shot
    }

    fn is_wanted(&self) -> bool {
        self.is_sending || self.is_preview
    }

    fn settle(&mut self, report: &mut impl FnMut(Report)) {
        match (self.is_wanted(), &self.state) {
            (true, State::Closed) => self.open(),
            (false, State::Open(..) | State::Broken { .. }) => {
                self.state = State::Closed;
                // What is not used has no fault; whoever wants it next is told anew.
                self.heal(report);
            }
            (true, State::Open(..) | State::Broken { .. }) | (false, State::Closed) => {}
        }
        let on = self.is_sending
            && match &self.state {
                State::Open(_, has_shown) => *has_shown || self.is_told_on,
                State::Closed | State::Broken { .. } => false,
            };
        // While one camera takes the place of another, people are not told that there is none.
        if std::mem::replace(&mut self.is_told_on, on) != on {
            report(Report::Camera { on });
        }
    }

    fn open(&mut self) {
        if self.spec == CameraSpec::None {
            self.state = State::Broken { retry: None };
            return;
        }
        // Never another one in place of the one that was in use: who knows what it sees.
        let lost = self.lost.clone().map(CameraSpec::Named);
        let spec = lost.as_ref().unwrap_or(&self.spec);
        let camera = Camera::open(spec, WANTED, (self.wake)());
        self.state = State::Open(camera, false);
    }

    fn opened(&mut self, opened: &OpenedAs, report: &mut impl FnMut(Report)) {
        self.heal(report);
        let change = match self.lost.take() {
            Some(_) => DeviceChange::Returned,
            None => DeviceChange::Opened,
        };
        report(Report::DeviceChanged {
            which: Role::Camera,
            name: opened.name.clone(),
            change,
            undo: None,
        });
        if self.name.as_ref() != Some(&opened.name) {
            self.name = Some(opened.name.clone());
            report(Report::CameraFacing {
                front: opened.front,
                device: opened.name.clone(),
            });
        }
    }

    fn failed(&mut self, trouble: Trouble, now: Instant, report: &mut impl FnMut(Report)) {
        let is_stall = trouble.exception == DeviceException::ZeroCaptureFps;
        if let State::Open(camera, true) = &self.state
            && !is_stall
            && matches!(self.spec, CameraSpec::Default | CameraSpec::Named(_))
        {
            self.lost = Some(camera.name());
        }
        if !is_stall {
            // What a film or a test picture lacks does not come by itself.
            let may_return = matches!(self.spec, CameraSpec::Default | CameraSpec::Named(_));
            let retry = may_return.then(|| now + RETRY);
            self.state = State::Broken { retry };
        }
        // That one that went away is not found is no news.
        let is_known = self.told == Some(trouble.exception)
            || (self.lost.is_some()
                && self.told.is_some()
                && trouble.exception == DeviceException::InvalidId);
        if is_known {
            return;
        }
        tracing::info!(exception = ?trouble.exception, "the camera does not work");
        self.told = Some(trouble.exception);
        report(Report::Exception {
            which: Role::Camera,
            exception: Some(trouble.exception),
            device: trouble.device,
            detail: trouble.detail,
        });
    }

    fn heal(&mut self, report: &mut impl FnMut(Report)) {
        if self.told.take().is_some() {
            report(Report::Exception {
                which: Role::Camera,
                exception: None,
                device: self.name(),
                detail: String::new(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_taken_back_with_the_wish_and_told_anew_with_the_next() {
        let mut lens = Lens::new(CameraSpec::None, Box::new(|| Box::new(|| {})));
        let mut told = Vec::new();
        let mut report = |report| {
            if let Report::Exception { exception, .. } = report {
                told.push(exception);
            }
        };
        let occupied = DeviceException::DeviceOccupied;
        for _ in 0..2 {
            lens.send(true, &mut report);
            let trouble = Trouble::new(occupied, "Cam", "");
            lens.failed(trouble.clone(), Instant::now(), &mut report);
            lens.failed(trouble, Instant::now(), &mut report);
            lens.send(false, &mut report);
        }
        assert_eq!(told, [Some(occupied), None, Some(occupied), None]);
    }
}
