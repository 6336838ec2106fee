//! Opens each device as a call would, for three seconds at most, and says what came of it.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::{Finding, Level};
use crate::av::{DeviceException, Role};
use crate::cli::devices;
use crate::media::audio::FRAME;
use crate::media::device::{
    Camera, CameraSpec, DeviceSpec, Direction, Format, Microphone, Speaker, Trouble,
};
use crate::tui::words::{exception_help, exception_sentence};

/// How long one device is waited for.
const LIMIT: Duration = Duration::from_secs(3);
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// After this time without trouble a speaker works: a dead one is found out within a second.
const FETCHED: Duration = Duration::from_millis(1200);

pub(super) fn microphone(text: &str) -> Finding {
    sound("microphone", Direction::Microphone, text, |spec, until| {
        let mut microphone = Microphone::open(spec)?;
        microphone.start();
        let mut frame = [0.0; FRAME];
        while Instant::now() < until {
            if microphone.read(&mut frame) > 0 {
                return Ok(microphone.name().to_owned());
            }
            if let Some(trouble) = microphone.poll_trouble() {
                return Err(trouble);
            }
            thread::sleep(LOOK);
        }
        Err(silent(spec.to_string()))
    })
}

/// Looks at a speaker; `what` says what for.
pub(super) fn speaker(what: &'static str, text: &str) -> Finding {
    sound(what, Direction::Speaker, text, |spec, until| {
        let mut speaker = Speaker::open(spec)?;
        let fine = (Instant::now() + FETCHED).min(until);
        while Instant::now() < fine {
            speaker.write(&[0.0; FRAME]);
            if let Some(trouble) = speaker.poll_trouble() {
                return Err(trouble);
            }
            thread::sleep(LOOK);
        }
        Ok(speaker.name().to_owned())
    })
}

pub(super) fn camera(text: &str) -> Finding {
    const WHAT: &str = "camera";
    let spec: CameraSpec = match text.parse() {
        Ok(CameraSpec::None) => return Finding::ok(WHAT, "none, as chosen"),
        Ok(spec) => spec,
        Err(error) => return Finding::fail(WHAT, error.to_string()),
    };
    let until = Instant::now() + LIMIT;
    let wanted = Format {
        lines: 480,
        fps: 15,
    };
    let camera = Camera::open(&spec, wanted, || {});
    let outcome = loop {
        if let Some(opened) = camera.poll_opened() {
            break Ok(opened.name);
        }
        if let Some(trouble) = camera.poll_trouble() {
            break Err(trouble);
        }
        if Instant::now() >= until {
            break Err(silent(spec.to_string()));
        }
        thread::sleep(LOOK);
    };
    // Calls by voice go on without one.
    let is_missing = spec == CameraSpec::Default
        && matches!(&outcome, Err(it) if it.exception == DeviceException::InvalidId);
    let mut finding = finding(WHAT, Role::Camera, outcome);
    if is_missing {
        finding.level = Level::Warning;
    }
    finding
}

/// Opens a sound device on a thread of its own, which may hang for ever with it.
fn sound(
    what: &'static str,
    direction: Direction,
    text: &str,
    open: impl FnOnce(&DeviceSpec, Instant) -> Result<String, Trouble> + Send + 'static,
) -> Finding {
    let spec = match DeviceSpec::parse_for(direction, text) {
        Ok(DeviceSpec::None) => return Finding::ok(what, "none, as chosen"),
        Ok(spec) => spec,
        Err(error) => return Finding::fail(what, error.to_string()),
    };
    // A recording is not begun for a look at it.
    if matches!(spec, DeviceSpec::File(_)) {
        let checked = spec.check(direction).map(|()| spec.to_string());
        return finding(what, direction.into(), checked);
    }
    let (done, outcome) = mpsc::channel();
    let until = Instant::now() + LIMIT;
    let name = spec.to_string();
    let spawned = thread::Builder::new()
        .name("doctor".into())
        .spawn(move || done.send(open(&spec, until)));
    let outcome = match spawned {
        Ok(_) => outcome
            .recv_timeout(LIMIT)
            .unwrap_or_else(|_late| Err(silent(name))),
        Err(error) => return Finding::fail(what, format!("no thread to try it on: {error}")),
    };
    finding(what, direction.into(), outcome)
}

fn silent(device: String) -> Trouble {
    Trouble {
        exception: DeviceException::ZeroCaptureFps,
        device,
        detail: "nothing came of it for three seconds".to_owned(),
    }
}

fn finding(what: &'static str, role: Role, outcome: Result<String, Trouble>) -> Finding {
    let trouble = match outcome {
        Ok(name) => return Finding::ok(what, format!("{name} works")),
        Err(trouble) => trouble,
    };
    let exception = trouble.exception;
    let told = match trouble.detail.is_empty() {
        true => exception_sentence(exception).to_owned(),
        false => trouble.detail,
    };
    let mut finding = Finding::fail(what, format!("{}: {told}", trouble.device));
    finding.exception = serde_json::to_value(exception).ok();
    let missing = (exception == DeviceException::InvalidId).then(|| devices::why_none(role));
    finding.hint = match exception_help(role, exception) {
        Some(help) => Some(help.to_owned()),
        None => missing,
    };
    finding
}
