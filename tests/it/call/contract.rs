//! The public JSON: every command, every event, every reply, in one expected file.

use expect_test::expect_file;
use offhook::address::Address;
use offhook::av::{
    CleaningStage, DeviceChange, DeviceException, Kind, Muffled, Path, Percent, Quality, Role,
    Route, Summary, Tally, Verdict,
};
use offhook::command::{Command, CommandError, LineStats, Reply};
use offhook::event::{
    CallFacts, CallSnapshot, EndReason, Event, Happened, InvitationState, Line, MissedCause,
    MissedSnapshot, RoomError, RoomReason, RoomScope, UserState,
};
use offhook::id::{CallId, InvitationId, SessionId};
use serde_json::json;

use super::pair::{ACCEPT, BUSY, CANCEL, DECLINE, HANG_UP, dial, user};

#[test]
fn the_public_json() {
    let mut out = String::new();
    let mut heading = |text: &str, lines: Vec<String>| {
        out.push_str(&format!("# {text}\n{}\n\n", lines.join("\n")));
    };
    heading("commands", commands().iter().map(json_of).collect());
    heading("replies", replies().iter().map(json_of).collect());
    let ts = "2026-11-21T14:02:11.123Z";
    let lines = |events: Vec<Event>| {
        let lines = events.iter().zip(1..);
        lines
            .map(|(event, seq)| json_of(&Line::new(seq, ts, event)))
            .collect()
    };
    heading("events of no call", lines(global_events()));
    heading("events of a call", lines(call_events()));
    let states = [
        InvitationState::Sent,
        InvitationState::Ringing,
        InvitationState::Accepted,
        InvitationState::Declined,
        InvitationState::Busy,
        InvitationState::Timeout,
        InvitationState::Canceled,
        InvitationState::Offline,
        InvitationState::Left,
        InvitationState::Kicked,
    ];
    let states = states.map(|state| format!("{} {}", json_of(&state), state.callback_state()));
    heading("states of an invitation", states.to_vec());
    let reasons = END_REASONS.map(|reason| format!("{} {}", json_of(&reason), reason.exit_code()));
    heading("reasons of an end, with the exit status", reasons.to_vec());
    let errors = [
        RoomError::Unreachable,
        RoomError::Unauthorized,
        RoomError::NotASipServer,
        RoomError::Refused,
        RoomError::Replaced,
    ];
    let errors = errors.map(|error| format!("{} {}", error.code(), error.words()));
    heading("errors of the sign-in", errors.to_vec());
    expect_file!["contract.txt"].assert_eq(&out);
}

#[test]
fn nothing_public_is_missing_from_it() {
    let mut wanted = expected_by(serde_json::from_str::<Command>(r#"{"command":""}"#));
    wanted.extend(expected_by(serde_json::from_str::<EndReason>(r#""""#)));
    wanted.extend(
        offhook::event::names()
            .iter()
            .map(|name| (*name).to_owned()),
    );
    assert!(wanted.len() > 70, "{wanted:?}");
    let written = include_str!("contract.txt");
    let is_missing = |name: &String| !written.contains(&format!("\"{name}\""));
    let missing: Vec<&String> = wanted.iter().filter(|name| is_missing(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// The names a reader would have taken.
fn expected_by<T: std::fmt::Debug>(read: serde_json::Result<T>) -> Vec<String> {
    let error = read.expect_err("nothing has no name").to_string();
    let names = error.split('`').skip(1).step_by(2);
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn events_and_commands_are_read_back_as_they_were() {
    for event in global_events().into_iter().chain(call_events()) {
        let read: Event = serde_json::from_str(&json_of(&event)).expect("an event");
        assert_eq!(read, event);
    }
    for command in commands() {
        let read: Command = serde_json::from_str(&json_of(&command)).expect("a command");
        assert_eq!(read, command);
    }
    for reason in END_REASONS {
        assert_eq!(EndReason::parse(reason.as_str()), Some(reason));
        assert_eq!(json_of(&reason), format!("\"{}\"", reason.as_str()));
    }
    assert_eq!(EndReason::parse("bored"), None);
}

const END_REASONS: [EndReason; 21] = [
    EndReason::LocalHangUp,
    EndReason::RemoteHangUp,
    EndReason::Failed,
    EndReason::Declined,
    EndReason::Busy,
    EndReason::NoAnswer,
    EndReason::Canceled,
    EndReason::AnsweredElsewhere,
    EndReason::Offline,
    EndReason::NotFound,
    EndReason::Replaced,
    EndReason::NetworkLost,
    EndReason::AuthFailed,
    EndReason::Alone,
    EndReason::HostLeft,
    EndReason::MaxDuration,
    EndReason::Transferred,
    EndReason::RoomFull,
    EndReason::Abandoned,
    EndReason::KickOut,
    EndReason::DeviceFailed,
];

fn commands() -> Vec<Command> {
    let call_id = Some(CallId::new("C"));
    let custom_data = Some("opaque".to_owned());
    let note = Some("in ten minutes".to_owned());
    let bob = user("bob").id;
    let Command::Dial { to, .. } = dial("bob") else {
        unreachable!("dial() dials");
    };
    vec![
        dial("bob"),
        Command::Dial {
            to,
            kind: Kind::Video,
            timeout: Some(30),
            custom_data: custom_data.clone(),
            note: note.clone(),
        },
        ACCEPT,
        Command::Accept {
            call_id: call_id.clone(),
            kind: Some(Kind::Voice),
            custom_data: custom_data.clone(),
        },
        DECLINE,
        Command::Decline {
            call_id: call_id.clone(),
            custom_data: custom_data.clone(),
            note,
        },
        BUSY,
        CANCEL,
        HANG_UP,
        Command::Cancel {
            call_id: call_id.clone(),
            users: vec![bob.clone()],
            custom_data: custom_data.clone(),
        },
        Command::HangUp {
            call_id: call_id.clone(),
            custom_data,
        },
        Command::Ignore { call_id: None },
        Command::Add {
            call_id: call_id.clone(),
            to: vec![Address::local(bob.clone())],
        },
        Command::RingAgain {
            call_id: None,
            users: vec![bob.clone()],
        },
        Command::Kick {
            call_id: None,
            user: bob.clone(),
        },
        Command::Join {
            call_id: CallId::new("C"),
        },
        Command::CallBack { call_id: None },
        Command::Dismiss { call_id },
        Command::Hold {
            call_id: None,
            on: true,
        },
        Command::Swap,
        Command::Dtmf {
            call_id: None,
            digits: "1#9".to_owned(),
        },
        Command::Transfer {
            call_id: None,
            to: Address::local(bob.clone()),
            attended: true,
        },
        Command::Message {
            to: Address::local(bob.clone()),
            text: "hello".to_owned(),
        },
        Command::DoNotDisturb { on: true },
        Command::Mute { on: true },
        Command::Talk { on: true },
        Command::Gain {
            call_id: None,
            user: bob.clone(),
            db: -6,
        },
        Command::Silence {
            call_id: None,
            user: bob,
            on: true,
        },
        Command::Deafen { on: false },
        Command::Camera { on: true },
        Command::NextCamera,
        Command::Device {
            which: Role::Speaker,
            device: "file:out.wav".to_owned(),
        },
        Command::RingOn {
            devices: vec!["default".to_owned()],
        },
        Command::Clean {
            stage: CleaningStage::EchoCancel,
            on: false,
        },
        Command::Record {
            call_id: None,
            on: true,
        },
        Command::Stats,
        Command::Snapshot,
        Command::Quit,
    ]
}

fn replies() -> Vec<Reply> {
    let errors = [
        CommandError::NoSuchCall,
        CommandError::NotSupported("camera".to_owned()),
        CommandError::Invalid("`to` names nobody".to_owned()),
        CommandError::NotSignedIn,
        CommandError::InCall,
    ];
    let mut replies = vec![
        Reply::new(json!(7), &Ok(Some(CallId::new("C")))),
        Reply::new(json!("x"), &Ok(None)),
    ];
    let stats = LineStats {
        call_id: CallId::new("C"),
        user: user("bob"),
        quality: quality(),
    };
    replies.push(Reply {
        stats: Some(vec![stats]),
        ..Reply::new(json!(8), &Ok(None))
    });
    replies.extend(errors.map(|error| Reply::new(json!(null), &Err(error))));
    replies
}

fn quality() -> Quality {
    Quality {
        verdict: Verdict::UplinkDrops,
        over_ms: 5000,
        path: Some(Path::Relayed),
        rtt_ms: Some(31),
        send_loss_percent: Percent::of(0.062),
        jitter_ms: 2,
        buffer_ms: 20,
        delay_ms: Some(72),
        bitrate_bps: 38_400,
        send_bitrate_bps: 40_000,
        ..Quality::default()
    }
}

fn summary() -> Option<Summary> {
    let mut tally = Tally::default();
    tally.add(&quality());
    tally.summary()
}

fn facts() -> CallFacts {
    CallFacts {
        call_id: CallId::new("C"),
        invitation_id: InvitationId::new("I"),
        session_id: SessionId::new("S"),
        kind: Kind::Voice,
        call_type: Kind::Voice.call_type(),
        caller: user("alice"),
        callees: vec![user("bob")],
    }
}

fn user_state() -> UserState {
    UserState {
        id: user("bob").id,
        state: InvitationState::Declined,
        callback_state: InvitationState::Declined.callback_state().to_owned(),
        extended_data: Some("in ten minutes".to_owned()),
    }
}

fn global_events() -> Vec<Event> {
    let exception = Some(DeviceException::DeviceUnplugged);
    let (device, detail) = ("USB headset".to_owned(), "no such device".to_owned());
    let happened = vec![
        Happened::Error {
            code: "config".to_owned(),
            message: "the file cannot be read".to_owned(),
            method: "reload".to_owned(),
        },
        Happened::Room {
            scope: RoomScope::Account,
            reason: RoomReason::LoginFailed,
            error_code: RoomError::Unauthorized.code(),
            extended_data: json!({ "detail": "403" }),
        },
        Happened::Microphone { on: false },
        Happened::LocalMicrophoneException {
            exception,
            device: device.clone(),
            detail: detail.clone(),
        },
        Happened::RingStart,
        Happened::RingStop,
        Happened::DeviceChanged {
            which: Role::Speaker,
            device: device.clone(),
            change: DeviceChange::FellBack,
            undo: Some("alsa:hw:1".to_owned()),
        },
        Happened::Muffled { by: Muffled::Muted },
        Happened::Camera { on: true },
        Happened::CameraFacing {
            front: true,
            device: "Webcam".to_owned(),
        },
        Happened::AudioOutput {
            route: Route::ExternalUsb,
            device: device.clone(),
        },
        Happened::LocalCameraException {
            exception,
            device: "Webcam".to_owned(),
            detail: detail.clone(),
        },
        Happened::SpeakerException {
            exception: None,
            device,
            detail,
        },
        Happened::Snapshot {
            user: user("alice"),
            room: RoomReason::Logined,
            calls: vec![CallSnapshot {
                facts: facts(),
                stage: "talking".to_owned(),
                users: vec![user_state()],
                is_held: false,
                group: false,
                host: user("alice").id,
                duration_ms: 61_500,
            }],
            do_not_disturb: false,
            microphone: true,
            camera: false,
            speaker: true,
            missed: vec![MissedSnapshot {
                facts: facts(),
                cause: MissedCause::Offline,
                at: AT.to_owned(),
                group_running: true,
                custom_data: None,
            }],
        },
    ];
    happened.into_iter().map(Event::new).collect()
}

/// The moment of the missed calls.
const AT: &str = "2026-11-18T18:46:40.000Z";

fn call_events() -> Vec<Event> {
    let (callee, callee_id) = (user("bob"), user("bob").id);
    let data = Some(r#"{"note":"in ten minutes"}"#.to_owned());
    let user = callee.clone();
    let exception = Some(DeviceException::SoundLevelTooLow);
    let happened = vec![
        Happened::OutgoingSent,
        Happened::UserState {
            users: vec![user_state()],
        },
        Happened::OutgoingAccepted {
            callee: callee.clone(),
            callee_id: callee_id.clone(),
        },
        Happened::OutgoingBusy {
            callee: callee.clone(),
            callee_id: callee_id.clone(),
        },
        Happened::OutgoingDeclined { callee, callee_id },
        Happened::OutgoingTimeout {
            is_video: false,
            callee: Some(user.clone()),
            callee_id: Some(user.id.clone()),
            aggregate: false,
        },
        Happened::OutgoingTimeout {
            is_video: false,
            callee: None,
            callee_id: None,
            aggregate: true,
        },
        Happened::CancelPressed,
        Happened::IncomingReceived,
        Happened::AcceptPressed,
        Happened::DeclinePressed,
        Happened::IncomingCanceled,
        Happened::IncomingTimeout,
        Happened::Missed {
            cause: MissedCause::Timeout,
            at: AT.to_owned(),
            group_running: false,
        },
        Happened::MissedClicked,
        Happened::DialBackFailed {
            reason: "busy".to_owned(),
        },
        Happened::Waiting,
        Happened::Hold {
            user: user.clone(),
            on: true,
        },
        Happened::Speaking {
            user: user.clone(),
            on: true,
        },
        Happened::Quality {
            user: user.clone(),
            quality: quality(),
        },
        Happened::Recording {
            user: user.clone(),
            on: true,
            path: Some("/home/bob/calls/C".to_owned()),
        },
        Happened::Dtmf {
            user: user.clone(),
            digit: '#',
        },
        Happened::Chat {
            user: user.clone(),
            id: "L".to_owned(),
            text: "hello".to_owned(),
        },
        Happened::Transfer {
            to: Address::local(user.id.clone()),
            status: 200,
        },
        Happened::HangUpConfirm,
        Happened::InvitationError {
            code: "488".to_owned(),
            message: "Not Acceptable Here".to_owned(),
        },
        Happened::Room {
            scope: RoomScope::Call,
            reason: RoomReason::Reconnecting,
            error_code: 0,
            extended_data: json!({ "room_session_id": "S" }),
        },
        Happened::RemoteMicrophoneException {
            user: user.clone(),
            exception,
        },
        Happened::RemoteCameraException {
            user: user.clone(),
            exception: None,
        },
        Happened::UserEnter { user: user.clone() },
        Happened::UserLeave { user },
        Happened::End {
            reason: EndReason::RemoteHangUp,
            kicker: None,
            duration_ms: 61_500,
            minimized: false,
            quality: summary(),
        },
    ];
    let event = |happened| Event::of(facts(), happened).with_data(data.clone());
    happened.into_iter().map(event).collect()
}

fn json_of(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("the contract is JSON")
}
