//! JSON bodies between phones of ours (`application/vnd.offhook+json`, ARCHITECTURE.md, The wire).

use serde::{Deserialize, Serialize};

use crate::av::{CameraState, DeviceException, MicrophoneState};
use crate::id::CallId;
use crate::phone::signal::DeviceState;

/// Their `Content-Type`.
pub const CONTENT_TYPE: &str = "application/vnd.offhook+json";
/// The most bytes of a body.
pub const BODY_BYTES: usize = 16 * 1024;
/// The most brackets inside one another.
pub const BODY_DEPTH: usize = 8;

/// What a body says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// The sender's device state.
    Device {
        /// In which call.
        call: CallId,
        /// The state.
        state: DeviceState,
    },
    /// A type we do not know, or one that is not complete. To be ignored.
    Unknown,
}

/// Why a body is not read at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// Longer than [`BODY_BYTES`] or deeper than [`BODY_DEPTH`]: 413.
    TooLarge,
    /// Not JSON: 400.
    Malformed,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    v: u32,
    r#type: String,
    call: String,
    seq: u64,
    mic: MicrophoneState,
    camera: CameraState,
    speaker: Switch,
    #[serde(default)]
    mic_exception: Option<DeviceException>,
    #[serde(default)]
    camera_exception: Option<DeviceException>,
}

#[derive(Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Switch {
    On,
    Off,
}

/// Writes a device state.
pub fn emit_device(call: &CallId, state: &DeviceState) -> String {
    let wire = Wire {
        v: 1,
        r#type: "device".into(),
        call: call.as_str().into(),
        seq: state.seq,
        mic: state.mic,
        camera: state.camera,
        speaker: if state.speaker {
            Switch::On
        } else {
            Switch::Off
        },
        mic_exception: state.mic_exception,
        camera_exception: state.camera_exception,
    };
    serde_json::to_string(&wire).expect("it has only names and numbers")
}

/// Reads a body.
pub fn parse(body: &[u8]) -> Result<Body, BodyError> {
    if body.len() > BODY_BYTES || depth(body) > BODY_DEPTH {
        return Err(BodyError::TooLarge);
    }
    let value: serde_json::Value =
        serde_json::from_slice(body).map_err(|_not_json| BodyError::Malformed)?;
    if value.get("type").and_then(|kind| kind.as_str()) != Some("device") {
        return Ok(Body::Unknown);
    }
    let Ok(wire) = serde_json::from_value::<Wire>(value) else {
        return Ok(Body::Unknown);
    };
    Ok(Body::Device {
        call: CallId::new(wire.call),
        state: DeviceState {
            seq: wire.seq,
            mic: wire.mic,
            camera: wire.camera,
            speaker: wire.speaker == Switch::On,
            mic_exception: wire.mic_exception,
            camera_exception: wire.camera_exception,
            hold: false,
        },
    })
}

fn depth(body: &[u8]) -> usize {
    let (mut deepest, mut now, mut is_quoted, mut is_escaped) = (0, 0_usize, false, false);
    for byte in body {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b'{' | b'[' if !is_quoted => {
                now += 1;
                deepest = deepest.max(now);
            }
            b'}' | b']' if !is_quoted => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
