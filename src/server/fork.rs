//! One request on its way to several phones, until the last of them has answered (RFC 3261, 16.7).
//!
//! ```text
//! ringing --2xx--> won ------------.
//!    |----6xx, all failed, CANCEL, timeout, caller lost--> lost
//!                                   `--- every branch final ---> over
//! ```
//! A 2xx that comes too late is acknowledged and hung up here: nobody wants that dialog.

use std::sync::Arc;
use std::time::Duration;

use rsipstack::sip::{
    Header, HeadersExt as _, Method, Request, Response, SipMessage, StatusCode, StatusCodeKind,
};
use rsipstack::transaction::Transaction;
use rsipstack::transaction::key::TransactionKey;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::answer::{answer, companion, reason, seq_of, tag_of};
use super::flows::Flow;
use super::{Core, delivery, hop, uri};
use crate::id::UserId;

/// How long an INVITE without Expires may ring.
const RING: Duration = Duration::from_secs(180);
/// How much longer than Expires: the callee's own clock, and then the caller's, come first.
const GRACE: Duration = Duration::from_secs(5);
/// The longest Expires that is believed.
const MAX_RING: u64 = 1800;
/// How long branches that were cancelled, and the ACK, are waited for (RFC 3261, 17: 64 * T1).
const LINGER: Duration = Duration::from_secs(32);

/// One phone that was asked.
pub(crate) struct Branch {
    key: TransactionKey,
    request: Request,
    flow: Arc<Flow>,
    has_rung: bool,
    /// The Reason headers of a CANCEL that waits for the first provisional response
    /// (RFC 3261, 9.1).
    cancel: Option<Vec<Header>>,
    is_cancelled: bool,
    /// Its socket was lost before it said anything final.
    is_lost: bool,
    result: Option<Response>,
}

impl Branch {
    pub(crate) const fn new(key: TransactionKey, request: Request, flow: Arc<Flow>) -> Self {
        Self {
            key,
            request,
            flow,
            has_rung: false,
            cancel: None,
            is_cancelled: false,
            is_lost: false,
            result: None,
        }
    }
}

enum Heard {
    Response(Box<Response>),
    Lost,
}

pub(crate) struct Fork {
    core: Arc<Core>,
    caller: Arc<Flow>,
    server: Transaction,
    branches: Vec<Branch>,
    heard: mpsc::UnboundedReceiver<(usize, Heard)>,
    /// The client transactions; they end with this.
    _clients: JoinSet<()>,
    deadline: Instant,
    /// The caller has had a final response, or is gone.
    is_answered: bool,
    winner: Option<usize>,
}

impl Fork {
    pub(crate) fn new(
        core: Arc<Core>,
        caller: Arc<Flow>,
        server: Transaction,
        branches: Vec<(Branch, Transaction)>,
    ) -> Self {
        let (tell, heard) = mpsc::unbounded_channel();
        let mut clients = JoinSet::new();
        let branches = branches
            .into_iter()
            .enumerate()
            .map(|(at, (branch, client))| {
                clients.spawn(listen(at, client, branch.flow.clone(), tell.clone()));
                branch
            });
        let branches = branches.collect();
        let ring = match server
            .original
            .expires_header()
            .map(|expires| expires.value().trim().parse())
        {
            Some(Ok(seconds)) => Duration::from_secs(Ord::clamp(seconds, 1, MAX_RING)) + GRACE,
            _ => RING,
        };
        Self {
            core,
            caller,
            server,
            branches,
            heard,
            _clients: clients,
            deadline: Instant::now() + ring,
            is_answered: false,
            winner: None,
        }
    }

    pub(crate) async fn run(mut self) {
        let caller_gone = self.caller.gone.clone();
        let stopping = self.core.stopping.clone();
        let mut is_listening = true;
        loop {
            // `receive` says that it must not be dropped half-way. It may here: it waits for nothing
            // but its own queue, because sends into our bridge are immediate.
            tokio::select! {
                message = self.server.receive(), if is_listening => match message {
                    Some(SipMessage::Request(request)) if request.method == Method::Cancel => {
                        self.cancelled_by_caller(&request).await;
                    }
                    // An ACK: the edge has sent it on if it was for the other side.
                    Some(_) => {}
                    None => is_listening = false,
                },
                Some((at, heard)) = self.heard.recv() => match heard {
                    Heard::Response(response) => {
                        // Only what was held back: the 180 before it may be behind time here.
                        let is_final = !matches!(response.status_code.kind(), StatusCodeKind::Provisional);
                        self.on_response(at, *response).await;
                        if is_final {
                            let branch = &self.branches[at];
                            branch.flow.has_passed(&branch.key);
                        }
                    }
                    Heard::Lost => self.on_lost(at).await,
                },
                () = caller_gone.cancelled(), if !self.is_answered => {
                    self.settle();
                    self.cancel_all(&[]);
                }
                () = sleep_until(self.deadline) => {
                    if self.is_answered {
                        return;
                    }
                    self.cancel_all(&[reason(408)]);
                    self.finish(StatusCode::RequestTimeout).await;
                }
                () = stopping.cancelled() => {
                    if !self.is_answered {
                        self.cancel_all(&[]);
                        self.finish(StatusCode::ServiceUnavailable).await;
                    }
                    return;
                }
            }
            let is_over = self.branches.iter().all(|branch| branch.result.is_some());
            let waits_for_ack = self.winner.is_some() && is_listening && self.is_invite();
            if self.is_answered && is_over && !waits_for_ack {
                return;
            }
        }
    }

    /// Tells whether it is a message outside of any dialog.
    fn is_letter(&self) -> bool {
        let request = &self.server.original;
        let to = request.to_header();
        request.method == Method::Message && to.is_ok_and(|to| tag_of(to.value()).is_none())
    }

    /// Returns whose phones were asked.
    fn user(&self) -> Option<UserId> {
        self.branches.first()?.flow.user()
    }

    fn is_invite(&self) -> bool {
        self.server.original.method == Method::Invite
    }

    async fn cancelled_by_caller(&mut self, cancel: &Request) {
        if self.is_answered {
            return;
        }
        let reasons = cancel
            .headers
            .iter()
            .filter(|header| matches!(header, Header::Reason(_)));
        let reasons: Vec<Header> = reasons.cloned().collect();
        self.cancel_all(&reasons);
        self.finish(StatusCode::RequestTerminated).await;
    }

    async fn on_response(&mut self, at: usize, response: Response) {
        let status = response.status_code.clone();
        match status.kind() {
            StatusCodeKind::Provisional => {
                self.branches[at].has_rung = true;
                if let Some(reasons) = self.branches[at].cancel.take() {
                    self.cancel(at, reasons);
                }
                if status != StatusCode::Trying && !self.is_answered {
                    self.pass(response).await;
                }
            }
            StatusCodeKind::Successful if self.is_invite() => self.on_success(at, response).await,
            StatusCodeKind::Successful => {
                self.branches[at].result = Some(response.clone());
                if !self.is_answered {
                    self.winner = Some(at);
                    self.pass(response).await;
                    self.settle();
                }
            }
            StatusCodeKind::GlobalFailure => {
                self.branches[at].result = Some(response.clone());
                if !self.is_answered {
                    self.cancel_all(&[reason(status.code())]);
                    self.pass(response).await;
                    self.settle();
                }
            }
            StatusCodeKind::Redirection
            | StatusCodeKind::RequestFailure
            | StatusCodeKind::ServerFailure
            | StatusCodeKind::Other => {
                self.branches[at].result = Some(response);
                self.decide().await;
            }
        }
    }

    async fn on_success(&mut self, at: usize, response: Response) {
        let tag = |response: &Response| {
            let to = response.to_header().ok()?;
            tag_of(to.value()).map(str::to_owned)
        };
        let is_repeated = self.winner == Some(at)
            && self.branches[at].result.as_ref().and_then(tag) == tag(&response);
        if is_repeated {
            // The callee has not seen the ACK; the caller sends it again (RFC 3261, 13.2.2.4).
            if let (Some(connection), Some(response)) =
                (self.caller.connection(), hop::previous_hop(response))
                && let Err(error) = connection.send(response.into(), None).await
            {
                tracing::debug!(%error, "socket is gone");
            }
            return;
        }
        if self.is_answered {
            self.hang_up(at, &response);
            self.branches[at].result.get_or_insert(response);
            return;
        }
        self.branches[at].result = Some(response.clone());
        self.cancel_all(&[reason(200)]);
        if self.pass(response.clone()).await {
            self.winner = Some(at);
        } else {
            self.hang_up(at, &response);
        }
        self.settle();
    }

    async fn on_lost(&mut self, at: usize) {
        let branch = &mut self.branches[at];
        if branch.result.is_none() {
            branch.is_lost = true;
            let mut request = branch.request.clone();
            // As if the phone had said so: with the Via that `pass` takes off again.
            request
                .headers
                .retain(|header| !matches!(header, Header::RecordRoute(_)));
            branch.result = Some(answer(
                &request,
                StatusCode::TemporarilyUnavailable,
                Vec::new(),
            ));
            self.decide().await;
        }
    }

    /// Answers the caller once nobody is left who might still say yes.
    async fn decide(&mut self) {
        if self.is_answered {
            return;
        }
        let mut best: Option<&Response> = None;
        for branch in &self.branches {
            let Some(result) = &branch.result else {
                return;
            };
            if best.is_none_or(|best| rank(result) < rank(best)) {
                best = Some(result);
            }
        }
        let all_lost = self.branches.iter().all(|branch| branch.is_lost);
        if let (true, Some(user)) = (all_lost && self.is_letter(), self.user()) {
            // Nobody was there after all.
            let status = delivery::absent(&self.core, user, &self.server.original).await;
            return self.finish(status).await;
        }
        if let Some(best) = best.cloned() {
            self.pass(best).await;
            self.settle();
        }
    }

    async fn finish(&mut self, status: StatusCode) {
        let response = answer(&self.server.original, status, Vec::new());
        if let Err(error) = self.server.respond(response).await {
            tracing::debug!(%error, "the caller could not be answered");
        }
        self.settle();
    }

    /// Sends a phone's response to the caller; `false` if there is no way.
    async fn pass(&mut self, response: Response) -> bool {
        let Some(response) = hop::previous_hop(response) else {
            return false;
        };
        if self.caller.gone.is_cancelled() {
            return false;
        }
        match self.server.respond(response).await {
            Ok(()) => true,
            Err(error) => {
                tracing::debug!(%error, "the caller could not be answered");
                false
            }
        }
    }

    fn settle(&mut self) {
        self.is_answered = true;
        self.deadline = Instant::now() + LINGER;
    }

    fn cancel_all(&mut self, reasons: &[Header]) {
        if !self.is_invite() {
            return;
        }
        for at in 0..self.branches.len() {
            let branch = &mut self.branches[at];
            if branch.result.is_some() || branch.is_cancelled {
                continue;
            }
            if branch.has_rung {
                self.cancel(at, reasons.to_vec());
            } else {
                branch.cancel.get_or_insert_with(|| reasons.to_vec());
            }
        }
    }

    fn cancel(&mut self, at: usize, reasons: Vec<Header>) {
        let branch = &mut self.branches[at];
        branch.is_cancelled = true;
        let Some(connection) = branch.flow.connection() else {
            return;
        };
        let invite = &branch.request;
        let mut cancel = companion(invite, Method::Cancel, seq_of(invite), invite.uri.clone());
        // RFC 3261, 9.1: the Via of the request, our own only.
        if let Ok(via) = invite.top_via_header() {
            cancel.headers.push_front(Header::Via(via));
        }
        cancel.headers.extend(reasons);
        hop::send(connection, cancel);
    }

    /// Ends a dialog that was made too late: ACK, then BYE.
    fn hang_up(&self, at: usize, response: &Response) {
        let branch = &self.branches[at];
        let Some(connection) = branch.flow.connection() else {
            return;
        };
        let contact = response
            .contact_header()
            .ok()
            .and_then(|contact| uri::in_header(contact.value()));
        let target = contact.and_then(|contact| rsipstack::sip::Uri::try_from(contact).ok());
        let target = target.unwrap_or_else(|| branch.request.uri.clone());
        let seq = seq_of(&branch.request);
        for (method, seq) in [(Method::Ack, seq), (Method::Bye, seq.wrapping_add(1))] {
            let mut request = companion(&branch.request, method, seq, target.clone());
            if let Ok(to) = response.to_header() {
                request
                    .headers
                    .retain(|header| !matches!(header, Header::To(_)));
                request.headers.push(Header::To(to.clone()));
            }
            if method == Method::Bye {
                let (cause, end) = match self.winner {
                    Some(_) => (200, "answered_elsewhere"),
                    None => (487, "canceled"),
                };
                request.headers.push(reason(cause));
                let end = Header::Other("Offhook-End".into(), end.into());
                request.headers.push(end);
            }
            hop::stamp(&self.core, &mut request);
            hop::send(connection, request);
        }
    }
}

/// Hears one client transaction out.
async fn listen(
    at: usize,
    mut client: Transaction,
    flow: Arc<Flow>,
    tell: mpsc::UnboundedSender<(usize, Heard)>,
) {
    loop {
        tokio::select! {
            biased;
            // See `run` about dropping `receive`.
            message = client.receive() => match message {
                Some(SipMessage::Response(response)) => {
                    if tell.send((at, Heard::Response(Box::new(response)))).is_err() {
                        return;
                    }
                }
                Some(SipMessage::Request(_)) => {}
                None => return,
            },
            () = flow.gone.cancelled() => {
                // Nobody listens any more if that was the last branch.
                let _over = tell.send((at, Heard::Lost));
                return;
            }
        }
    }
}

/// Which of several failures tells the caller most; the lowest wins. 6xx never waits for the others.
fn rank(response: &Response) -> u8 {
    match response.status_code.code() {
        600..=699 => 0,
        300..=399 => 1,
        486 => 2,
        491 => 3,
        // These say little of the user.
        408 | 480 | 481 | 487 => 5,
        400..=499 => 4,
        _ => 6,
    }
}
