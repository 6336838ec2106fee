//! What waits for the connection, or for somebody who is away.

use std::time::{Duration, Instant};

use super::leg::{Leg, Words};
use super::transaction::{Client, Errand};
use super::{Draft, Line, Output, PARKING, PATIENCE};
use crate::id::LegId;

/// The first pause before a request in a dialog is tried again.
pub(super) const RETRY: Duration = Duration::from_millis(500);
/// The most that waits; beyond that the oldest is given up.
const MAX_PARKED: usize = 256;
/// The most that waits for the ACK of one call.
const MAX_WAITING: usize = 64;

/// Something that is said when the server is back.
#[derive(Debug)]
pub(super) struct Parked {
    pub(super) until: Instant,
    /// When to try again; `None` is when we have signed in.
    pub(super) due: Option<Instant>,
    what: What,
}

#[derive(Debug)]
pub(super) enum What {
    Text(String),
    Request(Draft, Errand),
}

impl Line {
    /// Says something in a dialog: now, when the ACK is here, or when we are signed in again.
    pub(super) fn tell(&mut self, now: Instant, leg: LegId, words: Words) {
        let Some(Leg::Up(up)) = self.legs.get_mut(&leg) else {
            return;
        };
        if up.is_fresh() {
            if is_replaceable(&words.errand) {
                up.waiting.retain(|old| old.errand != words.errand);
            }
            if up.waiting.len() < MAX_WAITING {
                up.waiting.push(words);
            }
            return;
        }
        let draft = up.dialog.request(words.method, words.head, words.body);
        self.request_or_park(now, draft, words.errand);
    }

    /// Sends a request, or keeps it until we are signed in again.
    pub(super) fn request_or_park(&mut self, now: Instant, draft: Draft, errand: Errand) {
        if self.is_signed_in() {
            self.request(now + PATIENCE, draft, errand, None, 0);
            return;
        }
        let is_bye = draft.method == "BYE";
        // A BYE leaves nothing to tell.
        self.parked.retain(|parked| match &parked.what {
            What::Request(old, of) if is_bye => old.method == "BYE" || of.leg() != errand.leg(),
            What::Request(_, of) => !is_replaceable(of) || *of != errand,
            What::Text(_) => true,
        });
        self.park(now, What::Request(draft, errand));
    }

    pub(super) fn send_or_park(&mut self, now: Instant, text: String) {
        if self.is_signed_in() {
            self.out.push_back(Output::Send(text));
        } else {
            self.park(now, What::Text(text));
        }
    }

    /// Says what is due; `everything` after a sign-in.
    pub(super) fn unpark(&mut self, now: Instant, everything: bool) {
        if !self.is_signed_in() {
            return;
        }
        for parked in std::mem::take(&mut self.parked) {
            if !everything && parked.due.is_none_or(|due| due > now) {
                self.parked.push(parked);
                continue;
            }
            match parked.what {
                What::Text(text) => self.out.push_back(Output::Send(text)),
                What::Request(mut draft, errand) => {
                    // What was said meanwhile has a higher number, and this would be out of order.
                    if let Some(leg) = errand.leg()
                        && let Some(Leg::Up(up)) = self.legs.get_mut(&leg)
                    {
                        up.dialog.renumber(&mut draft);
                    }
                    let branch = self.request(now + PATIENCE, draft, errand, None, 0);
                    if let Some(client) = self.clients.get_mut(&branch) {
                        client.keep = parked.until;
                    }
                }
            }
        }
    }

    /// Gives up what has waited too long.
    pub(super) fn expire_parked(&mut self, now: Instant) {
        for parked in std::mem::take(&mut self.parked) {
            if parked.until > now {
                self.parked.push(parked);
            } else {
                self.give_up_parked(parked);
            }
        }
    }

    /// Gives up everything that waits.
    pub(super) fn drop_parked(&mut self) {
        for parked in std::mem::take(&mut self.parked) {
            self.give_up_parked(parked);
        }
    }

    fn give_up_parked(&mut self, parked: Parked) {
        if let What::Request(_, errand) = parked.what {
            self.fail_errand(errand);
        }
    }

    /// The other side is away, perhaps only for a while: after a loss it may sign in later than we do.
    pub(super) fn try_again(&mut self, now: Instant, client: Client) {
        if let Some(pause) = pause(now, client.keep) {
            self.parked.push(Parked {
                until: client.keep,
                due: Some(now + pause),
                what: What::Request(client.draft, client.errand),
            });
        } else {
            self.fail_errand(client.errand);
        }
    }

    /// The connection is gone: calls that were only being made fail, what is left unsaid is kept.
    pub(super) fn lose_requests(&mut self, now: Instant) {
        let branches: Vec<String> = self.clients.keys().cloned().collect();
        for branch in branches {
            let Some(client) = self.clients.get_mut(&branch) else {
                continue;
            };
            match client.errand {
                Errand::Register => {
                    self.clients.remove(&branch);
                }
                Errand::Invite(_) | Errand::Reoffer(_) if client.is_final => {}
                Errand::Invite(leg) => {
                    client.is_final = true;
                    client.until = now + PARKING;
                    self.lose_invite(now, leg);
                }
                Errand::Reoffer(leg) => {
                    self.clients.remove(&branch);
                    self.lose_reoffer(now, &branch, leg);
                }
                Errand::Refresh(leg) => {
                    self.clients.remove(&branch);
                    self.refresh_at(leg, now);
                }
                Errand::InDialog(..) | Errand::Refer(_) | Errand::Message(_) => {
                    if let Some(client) = self.clients.remove(&branch) {
                        self.park(now, What::Request(client.draft, client.errand));
                    }
                }
            }
        }
    }

    pub(super) fn park(&mut self, now: Instant, what: What) {
        if self.parked.len() >= MAX_PARKED {
            let oldest = self.parked.remove(0);
            self.give_up_parked(oldest);
        }
        self.parked.push(Parked {
            until: now + PARKING,
            due: None,
            what,
        });
    }
}

/// Returns how long to wait before another try; `None` if there is no time left for one.
pub(super) fn pause(now: Instant, keep: Instant) -> Option<Duration> {
    let left = keep.saturating_duration_since(now);
    // The longer it takes, the rarer it is tried.
    (left > RETRY).then(|| PARKING.saturating_sub(left).clamp(RETRY, PARKING / 8))
}

/// Whether only the newest request of this kind counts.
const fn is_replaceable(errand: &Errand) -> bool {
    matches!(errand, Errand::InDialog(_, Some(_)))
}
