//! What we write can be read, and what others write breaks nothing.

use std::time::Duration;

use offhook::address::Address;
use offhook::av::{CameraState, DeviceException, MicrophoneState};
use offhook::id::{CallId, DeviceId, InvitationId, LegId, UserId};
use offhook::phone::signal::{CallLabel, CancelCause, DeviceState, Say, Sdp};
use offhook::sip::body::{self, Body};
use offhook::sip::header::{self, NameAddr, ReferTo, Replaces};
use offhook::sip::user_to_user;
use proptest::prelude::*;

use super::desk::{Desk, SDP, invitation, request};

proptest! {
    #[test]
    fn custom_data(data in "\\PC{0,1000}") {
        let value = user_to_user::emit(&data).unwrap();
        prop_assert_eq!(user_to_user::parse_value(&value), Some(data));
    }

    #[test]
    fn a_label(
        call in "[0-9A-Z]{26}",
        inv in "[0-9A-Z]{26}",
        device in "[0-9A-Z]{26}",
        host in "[^@:;<>/\"\\p{C}\\s]{1,16}",
        is_group: bool,
    ) {
        let Ok(host) = UserId::parse(&host) else { return Ok(()) };
        let label = CallLabel {
            call: CallId::new(call),
            invitation: InvitationId::new(inv),
            host,
            device: DeviceId::new(device),
            is_group,
        };
        prop_assert_eq!(header::parse_label(&header::emit_label(&label)), Some(label));
    }

    #[test]
    fn a_device_state(
        seq: u64,
        mic in prop::sample::select(vec![MicrophoneState::On, MicrophoneState::Muted, MicrophoneState::None]),
        camera in prop::sample::select(vec![CameraState::On, CameraState::Off, CameraState::None]),
        speaker: bool,
        is_broken: bool,
    ) {
        let state = DeviceState {
            seq,
            mic,
            camera,
            speaker,
            mic_exception: is_broken.then_some(DeviceException::DeviceUnplugged),
            camera_exception: None,
            hold: is_broken,
            recording: !is_broken,
            view: is_broken.then_some(240),
        };
        let call = CallId::new("01CALL");
        let text = body::emit_device(&call, &state);
        prop_assert_eq!(body::parse(text.as_bytes()), Ok(Body::Device { call, state }));
    }

    #[test]
    fn where_a_transfer_leads(
        call_id in "[!-:=-~]{1,40}",
        to_tag in "[a-z0-9.-]{1,20}",
        from_tag in "[a-z0-9.-]{1,20}",
        is_early_only: bool,
        user in "[a-zA-Zäß?&=%+]{1,20}",
    ) {
        prop_assume!(!call_id.contains(['"', '<', '>']));
        let replaces = Some(Replaces { call_id, to_tag, from_tag, is_early_only });
        let to = Address { user: UserId::parse(&user).unwrap(), domain: Some("pbx.test".into()) };
        let refer_to = ReferTo { to, replaces };
        prop_assert_eq!(ReferTo::parse(&refer_to.emit("home.test")), Some(refer_to));
    }

    #[test]
    fn a_display_name(name in "\\PC{0,40}") {
        let found = NameAddr::parse(&format!("{} <sip:a@b;x=y>;tag=t;q=1", header::quote(&name)));
        prop_assert_eq!(found.display, name);
        prop_assert_eq!(found.uri, "sip:a@b;x=y");
        prop_assert_eq!(found.tag.as_deref(), Some("t"));
    }

    #[test]
    fn garbage_is_never_a_panic(text in "\\PC{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _read = NameAddr::parse(&text).user();
        let _read = header::parse_label(&text);
        let _read = header::split(&text, ',');
        let _read = user_to_user::parse_value(&text);
        let _read = body::parse(&bytes);
        let _read = header::parse_join(&text, &CallId::new("01"));
        let _read = header::parse_roster(&text, &CallId::new("01"));
        let _read = Replaces::parse(&text);
        let _read = ReferTo::parse(&format!("<sip:a@b?{text}>"));
        let mut desk = Desk::signed_in();
        desk.line.received(desk.now, &bytes);
    }
}

/// Small, fast and always the same.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).unwrap()).unwrap()
    }

    /// Changes some bytes, drops, doubles and moves some.
    pub(crate) fn mutate(&mut self, text: &str) -> Vec<u8> {
        const BITS: &[&[u8]] = &[
            b"\r\n",
            b";",
            b"\"",
            b"<",
            b"99999999999",
            b"%",
            b"\0",
            b"\xff",
            b":",
            b"=",
        ];
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..=self.roll(6) {
            let at = self.roll(bytes.len());
            let to = (at + 1 + self.roll(30)).min(bytes.len());
            match self.roll(5) {
                0 => bytes[at] = u8::try_from(self.roll(256)).unwrap(),
                1 => drop(bytes.drain(at..to)),
                2 => {
                    let part = bytes[at..to].to_vec();
                    bytes.splice(at..at, part);
                }
                3 => {
                    let bit = BITS[self.roll(BITS.len())];
                    bytes.splice(at..at, bit.iter().copied());
                }
                _ => bytes.truncate(at.max(1)),
            }
            if bytes.is_empty() {
                bytes.push(b'x');
            }
        }
        bytes
    }

    /// Seeds that fit a line with a call on leg 1 whose tag is known.
    pub(crate) fn seeds(tag: &str) -> Vec<String> {
        vec![
            invitation("User-to-User: 6869;encoding=hex;purpose=offhook\r\n"),
            invitation("")
                .replace("bobcall", "another")
                .replace("K1\r", "K7\r"),
            request("CANCEL", "1", "", 1, "Reason: SIP;cause=200;text=\"x\"\r\n"),
            request("ACK", "2", tag, 1, ""),
            request("BYE", "3", tag, 2, "Offhook-End: busy;by=bob\r\n"),
            request(
                "INFO",
                "4",
                tag,
                3,
                "Content-Type: application/vnd.offhook+json\r\n\r\n{\"v\":1,\"type\":\"device\"}",
            ),
            request("OPTIONS", "5", "", 1, ""),
            request(
                "MESSAGE",
                "6",
                "",
                1,
                "Content-Type: text/plain\r\n\r\nhello",
            ),
            request("INVITE", "8", tag, 4, &super::up::offer(SDP)),
            request(
                "REFER",
                "9",
                tag,
                5,
                "Refer-To: <sip:carol@x?Replaces=c%3Bto-tag%3D1%3Bfrom-tag%3D2>\r\n",
            ),
            request(
                "UPDATE",
                "10",
                tag,
                6,
                "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n",
            ),
            request(
                "INFO",
                "11",
                tag,
                7,
                &super::up::info(&body::emit_roster(&super::groups::roster(3))),
            ),
            request(
                "NOTIFY",
                "12",
                tag,
                8,
                "Event: refer\r\nContent-Type: message/sipfrag\r\n\r\nSIP/2.0 200 OK",
            ),
        ]
    }
}

#[test]
fn mutated_messages_never_stop_a_line() {
    let mut dice = Dice(0x0ff_4007);
    for _ in 0..200 {
        let mut desk = Desk::signed_in();
        desk.receive(&invitation(""));
        desk.say(Say::Accept {
            leg: LegId(1),
            sdp: Sdp(SDP.into()),
            data: None,
        });
        desk.say(super::desk::invite(2));
        desk.answer("INVITE", 180, "");
        let to = super::desk::field(desk.last("SIP/2.0 200"), "To");
        let mut seeds = Dice::seeds(to.split_once(";tag=").unwrap().1);
        let mut answer = super::desk::field(desk.last("INVITE"), "Via");
        answer = format!(
            "SIP/2.0 200 OK\r\nVia: {answer}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:b@b>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContact: <sip:b@c>\r\nContent-Type: application/sdp\r\n\r\n{SDP}"
        );
        seeds.push(answer);
        for _ in 0..20 {
            let seed = dice.roll(seeds.len());
            let bytes = dice.mutate(&seeds[seed]);
            desk.line.received(desk.now, &bytes);
            desk.run(Duration::from_millis(100));
        }
        desk.say(Say::Cancel {
            leg: LegId(2),
            cause: CancelCause::Caller,
            data: None,
        });
        desk.run(Duration::from_secs(100));
        let signed_out = desk.line.is_over();
        assert!(!signed_out);
    }
}
