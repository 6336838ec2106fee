//! What a test wants of a phone and hears of it, a line each.

use std::fs;

use serde_json::{Value, json};

use super::stage::Phone;

/// No reply is waited for while another one is.
const ID: u64 = 90;

impl Phone {
    /// Has a command carried out and returns the reply.
    pub(super) fn does(&mut self, command: &str, members: &Value) -> Value {
        let reply = self.asks(command, members);
        assert_eq!(reply["ok"], true, "{command} {members}: {reply}");
        reply
    }

    /// Returns the code that a command is refused with.
    pub(super) fn may_not(&mut self, command: &str, members: &Value) -> String {
        let reply = self.asks(command, members);
        assert_eq!(reply["ok"], false, "{command} {members}: {reply}");
        text(&reply["code"]).to_owned()
    }

    fn asks(&mut self, command: &str, members: &Value) -> Value {
        let mut line = members.clone();
        line["id"] = json!(ID);
        line["command"] = json!(command);
        self.send(&line);
        self.reply(ID)
    }

    /// Dials and returns the call's id.
    pub(super) fn dials(&mut self, to: &[&str]) -> String {
        let reply = self.does("dial", &json!({ "to": to }));
        text(&reply["call_id"]).to_owned()
    }

    /// Waits for a call and returns its id.
    pub(super) fn rings(&mut self) -> String {
        text(&self.wait_for("call.incoming.received")["call_id"]).to_owned()
    }

    /// Waits for a call and takes it.
    pub(super) fn takes(&mut self) -> String {
        let id = self.rings();
        self.does("accept", &json!({ "call_id": id }));
        id
    }

    /// Waits until somebody is in the call.
    pub(super) fn meets(&mut self, id: &str) {
        self.wait_until(&format!("{id} in the call"), |it| {
            it["event"] == "user.enter" && it["user"]["id"] == id
        });
    }

    /// Waits until somebody is out of the call.
    pub(super) fn misses(&mut self, id: &str) {
        self.wait_until(&format!("{id} out of the call"), |it| {
            it["event"] == "user.leave" && it["user"]["id"] == id
        });
    }

    /// Waits until somebody's invitation is in that state.
    pub(super) fn sees(&mut self, id: &str, state: &str) {
        let is_it = |user: &Value| user["id"] == id && user["state"] == state;
        self.wait_until(&format!("{id} {state}"), |it| {
            it["event"] == "invitation.user_state"
                && it["users"]
                    .as_array()
                    .is_some_and(|users| users.iter().any(is_it))
        });
    }

    /// Waits for the end of a call and returns why.
    pub(super) fn parts(&mut self) -> String {
        text(&self.wait_for("call.end")["reason"]).to_owned()
    }

    /// Returns why a call ended, also where that was read over before.
    pub(super) fn outcome(&mut self, id: &str) -> String {
        let is_it = |it: &Value| it["event"] == "call.end" && it["call_id"] == id;
        let end = match self.told().into_iter().find(is_it) {
            Some(end) => end,
            None => self.wait_until(&format!("the end of {id}"), is_it),
        };
        text(&end["reason"]).to_owned()
    }

    pub(super) fn hangs_up(&mut self) {
        self.does("hang_up", &json!({}));
        assert_eq!(self.parts(), "local_hang_up");
    }

    /// Returns the whole state.
    pub(super) fn state(&mut self) -> Value {
        self.does("snapshot", &json!({}));
        self.wait_for("snapshot")
    }

    /// Returns the events so far, in their order.
    pub(super) fn told(&self) -> Vec<Value> {
        let lines = self.seen().iter();
        let values = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
        values.filter(|it| it["event"].is_string()).collect()
    }

    /// Returns the lines about a call so far.
    pub(super) fn of(&self, id: &str) -> Vec<&str> {
        let lines = self.seen().iter().map(String::as_str);
        lines.filter(|line| line.contains(id)).collect()
    }

    /// Returns what the process has open, as paths.
    pub(super) fn opened(&self) -> Vec<String> {
        let open = fs::read_dir(format!("/proc/{}/fd", self.pid())).expect("it is running");
        let paths = open
            .flatten()
            .filter_map(|it| fs::read_link(it.path()).ok());
        paths
            .map(|path| path.to_string_lossy().into_owned())
            .collect()
    }
}

/// Returns a string, empty where there is none.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
