//! Calls that are up, on a desk: Bob called us, or we called Bob.

use offhook::id::LegId;
use offhook::phone::signal::{Say, Sdp};

use super::desk::{Desk, SDP, field, invitation, invite, request};

/// The leg of a call from Bob.
pub(crate) const LEG: LegId = LegId(1);
/// The leg of a call to Bob.
pub(crate) const MINE: LegId = LegId(2);

/// Bob has called and we have answered.
pub(crate) struct Up {
    pub(crate) desk: Desk,
    pub(crate) tag: String,
}

impl Up {
    pub(crate) fn new() -> Self {
        Self::with(&invitation(""))
    }

    /// After another INVITE than a phone of ours sends.
    pub(crate) fn with(invitation: &str) -> Self {
        let mut up = Self::on(Desk::signed_in(), invitation);
        up.acknowledge(1);
        up.desk.news();
        up.desk.heard.clear();
        up
    }

    /// Without the ACK.
    pub(crate) fn on(mut desk: Desk, invitation: &str) -> Self {
        desk.receive(invitation);
        desk.say(Say::Accept {
            leg: LEG,
            sdp: Sdp(SDP.into()),
            data: None,
        });
        let to = field(desk.last("SIP/2.0 200"), "To");
        let tag = to.split_once(";tag=").unwrap().1.to_owned();
        Self { desk, tag }
    }

    pub(crate) fn acknowledge(&mut self, seq: u32) {
        let branch = format!("ack{seq}");
        self.desk
            .receive(&request("ACK", &branch, &self.tag, seq, ""));
    }

    /// Sends a request in the dialog.
    pub(crate) fn receive(&mut self, method: &str, seq: u32, extra: &str) {
        let branch = format!("w{seq}");
        self.desk
            .receive(&request(method, &branch, &self.tag, seq, extra));
    }

    /// Sends a request in the dialog and returns the status of the answer.
    pub(crate) fn request(&mut self, method: &str, seq: u32, extra: &str) -> u16 {
        self.receive(method, seq, extra);
        let answer = self.desk.last("SIP/2.0");
        assert!(answer.contains(&format!("{seq} {method}")), "{answer}");
        answer.split(' ').nth(1).unwrap().parse().unwrap()
    }
}

/// We have called Bob, whose tag is `b1`, and he has answered. `extra` stands in his 200.
pub(crate) fn called_bob(extra: &str) -> Desk {
    let mut desk = Desk::signed_in();
    desk.say(invite(MINE.0));
    desk.answer("INVITE", 200, &accepted(extra));
    desk.news();
    desk.heard.clear();
    desk
}

/// What stands in the 200 of a phone of ours.
pub(crate) fn accepted(extra: &str) -> String {
    format!(
        "Contact: <sip:bob@bob.invalid;transport=ws>\r\nRecv-Info: offhook\r\n\
         Allow: INVITE, UPDATE\r\n{extra}Content-Type: application/sdp\r\n\r\n{SDP}"
    )
}

/// A request of Bob's in a call to him.
pub(crate) fn from_bob(desk: &Desk, method: &str, seq: u32, extra: &str) -> String {
    let invite = desk.last("INVITE");
    let from = field(invite, "From");
    let tag = from.split_once(";tag=").unwrap().1;
    request(method, &format!("f{seq}"), tag, seq, extra)
        .replace("tag=bobtag", "tag=b1")
        .replace("bobcall", &field(invite, "Call-ID"))
}

/// An INFO of ours.
pub(crate) fn info(body: &str) -> String {
    format!("Content-Type: application/vnd.offhook+json\r\n\r\n{body}")
}

/// A description in a re-INVITE.
pub(crate) fn offer(sdp: &str) -> String {
    format!("Content-Type: application/sdp\r\n\r\n{sdp}")
}
