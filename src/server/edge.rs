//! Stands between each socket and the transactions. A request goes on only if its From is the user
//! of the socket it came on; that is the server's whole promise about who is calling.

use std::sync::Arc;
use std::time::Duration;

use rsipstack::sip::{HeadersExt as _, Method, Response, SipMessage, StatusCode, StatusCodeKind};
use rsipstack::transaction::key::{TransactionKey, TransactionRole};
use tokio::time::Instant;

use super::answer::answer;
use super::flows::Flow;
use super::limits::Bucket;
use super::{Core, proxy, uri};
use crate::sip::bridge::{Edge, Verdict};

pub(crate) struct Gate {
    core: Arc<Core>,
    flow: Arc<Flow>,
    bucket: Bucket,
}

impl Gate {
    pub(crate) fn new(core: Arc<Core>, flow: Arc<Flow>) -> Self {
        Self {
            core,
            flow,
            bucket: Bucket::new(Instant::now()),
        }
    }

    /// Tells whether an ACK belongs to an INVITE that ended badly: such an ACK goes no further than
    /// the next hop, which is us, and has the branch of its INVITE (RFC 3261, 17.1.1.3).
    fn is_for_us(&self, ack: &TransactionKey) -> bool {
        self.core.knows(ack)
    }

    /// Returns the transaction of a 2xx to an INVITE that a fork waits for.
    fn awaited(&self, response: &Response) -> Option<TransactionKey> {
        let is_success = response.status_code.kind() == StatusCodeKind::Successful;
        let is_to_invite = response
            .cseq_header()
            .is_ok_and(|cseq| cseq.method() == Ok(Method::Invite));
        if !is_success || !is_to_invite {
            return None;
        }
        let key = TransactionKey::from_response(response, TransactionRole::Client).ok()?;
        let endpoint = &self.core.endpoint;
        endpoint.transactions.contains_key(&key).then_some(key)
    }

    fn is_owner(&self, key: TransactionKey, method: Method) -> bool {
        let now = Instant::now();
        self.core.owners.admit(now, key, method, &self.flow)
    }
}

impl Edge for Gate {
    fn check(&mut self, message: SipMessage) -> Verdict {
        let request = match &message {
            SipMessage::Request(request) => request,
            // Only who is signed in has been asked anything.
            SipMessage::Response(_) if self.flow.user().is_none() => return Verdict::Drop,
            SipMessage::Response(response) => {
                // The caller has no dialog before this 2xx, and would refuse what is said within one.
                return match self.awaited(response) {
                    Some(key) => {
                        let has_gone_on = self.flow.holds_back(key);
                        Verdict::PassFirst(Box::new(message), has_gone_on)
                    }
                    None => Verdict::Pass(Box::new(message)),
                };
            }
        };
        let method = request.method;
        let Ok(key) = TransactionKey::from_request(request, TransactionRole::Server) else {
            return Verdict::Drop;
        };
        if method == Method::Register && !self.is_owner(key.clone(), method) {
            let response = answer(request, StatusCode::Forbidden, Vec::new());
            return Verdict::Answer(Box::new(response.into()));
        }
        if method == Method::Register {
            return Verdict::Pass(Box::new(message));
        }
        let user = self.flow.user();
        let from = request
            .from_header()
            .ok()
            .and_then(|from| uri::user_of_header(from.value()));
        if user.is_none() && method == Method::Options {
            let response = answer(request, StatusCode::OK, proxy::abilities());
            return Verdict::Answer(Box::new(response.into()));
        }
        if user.is_none() || user != from {
            if method == Method::Ack {
                return Verdict::Drop;
            }
            tracing::debug!(%method, "a request whose From is not its sender");
            let response = answer(request, StatusCode::Forbidden, Vec::new());
            return Verdict::Answer(Box::new(response.into()));
        }
        if !self.is_owner(key.clone(), method) {
            tracing::debug!(%method, "a request for somebody else's transaction");
            let status = match method == Method::Cancel {
                true => StatusCode::CallTransactionDoesNotExist,
                false => StatusCode::Forbidden,
            };
            return match method == Method::Ack {
                true => Verdict::Drop,
                false => Verdict::Answer(Box::new(answer(request, status, Vec::new()).into())),
            };
        }
        if method == Method::Ack && !self.is_for_us(&key) {
            // The ACK of a 2xx goes end to end (RFC 3261, 16.11). Sent from here it cannot be
            // overtaken by what its sender says next; rsipstack only learns that it came.
            proxy::pass_ack(&self.core, request);
        }
        Verdict::Pass(Box::new(message))
    }

    fn wait(&mut self, bytes: usize) -> Option<Duration> {
        self.bucket.take(Instant::now(), bytes)
    }
}
