//! What the sender's devices do.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Body, VERSION, call_id};
use crate::av::{CameraState, DeviceException, MicrophoneState};
use crate::id::CallId;
use crate::phone::signal::DeviceState;

#[derive(Serialize, Deserialize)]
struct Wire {
    v: u64,
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
    #[serde(default)]
    hold: bool,
    #[serde(default)]
    recording: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    view: Option<u16>,
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
        v: VERSION,
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
        hold: state.hold,
        recording: state.recording,
        view: state.view,
    };
    serde_json::to_string(&wire).expect("it has only names and numbers")
}

pub(super) fn parse(value: Value) -> Option<Body> {
    let wire: Wire = serde_json::from_value(value).ok()?;
    Some(Body::Device {
        call: call_id(&wire.call)?,
        state: DeviceState {
            seq: wire.seq,
            mic: wire.mic,
            camera: wire.camera,
            speaker: wire.speaker == Switch::On,
            mic_exception: wire.mic_exception,
            camera_exception: wire.camera_exception,
            hold: wire.hold,
            recording: wire.recording,
            view: wire.view,
        },
    })
}
