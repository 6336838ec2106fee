//! Where requests go (RFC 3261, 16): to the contact they name, or to all contacts of the user they name.
//! Domains are not looked at; this server is the only one.

use std::sync::Arc;

use rsipstack::sip::{Header, HeadersExt as _, Method, Request, StatusCode, Uri};
use rsipstack::transaction::Transaction;
use rsipstack::transaction::key::{TransactionKey, TransactionRole};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::answer::{answer, tag_of};
use super::flows::{Binding, Flow};
use super::fork::{Branch, Fork};
use super::{Core, delivery, hop, registrar, uri};
use crate::id::UserId;
use crate::sip::bridge::uri_text;

/// What a request may still be forwarded if it does not say (RFC 3261, 16.6, 3).
const MAX_FORWARDS: u32 = 70;

/// Takes a request from rsipstack. Everything up to the sending happens before this returns, so that
/// requests leave in the order in which they came.
pub(crate) async fn take(core: &Arc<Core>, transaction: Transaction) {
    let flow = transaction
        .connection
        .as_ref()
        .and_then(|connection| core.flows.of(connection));
    let Some(flow) = flow else {
        return; // The socket is gone already.
    };
    let Ok(permit) = flow.transactions.clone().try_acquire_owned() else {
        return refuse(transaction, StatusCode::ServiceUnavailable, Vec::new()).await;
    };
    if core.stopping.is_cancelled() {
        return refuse(transaction, StatusCode::ServiceUnavailable, Vec::new()).await;
    }
    if transaction.original.method == Method::Register {
        let core = core.clone();
        tokio::spawn(async move {
            registrar::register(core, flow, transaction).await;
            drop(permit);
        });
        return;
    }
    if let Some((status, headers)) = obstacle(core, &transaction.original) {
        return refuse(transaction, status, headers).await;
    }
    match route(core, &flow, &transaction.original) {
        Route::To(targets) => forward(core, flow, transaction, targets, permit).await,
        Route::Here => refuse(transaction, StatusCode::OK, abilities()).await,
        Route::Away => refuse(transaction, StatusCode::TemporarilyUnavailable, Vec::new()).await,
        Route::Nowhere => refuse(transaction, StatusCode::NotFound, Vec::new()).await,
        Route::Ask(user) => {
            let core = core.clone();
            tokio::spawn(async move {
                let status = delivery::absent(&core, user, &transaction.original).await;
                refuse(transaction, status, Vec::new()).await;
                drop(permit);
            });
        }
    }
}

/// Returns what an OPTIONS to the server itself is told.
pub(crate) fn abilities() -> Vec<Header> {
    let methods = "INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, INFO, MESSAGE, UPDATE, PRACK, REFER, \
                   NOTIFY, SUBSCRIBE, PUBLISH";
    vec![Header::Allow(methods.into())]
}

/// Sends the ACK of a 2xx on to whoever it names.
pub(crate) fn pass_ack(core: &Core, ack: &Request) {
    let binding = core.flows.of_contact(&uri_text(&ack.uri), Instant::now());
    let forwards_left = ack
        .max_forwards_header()
        .is_ok_and(|left| left.value().trim() != "0");
    let connection = binding
        .as_ref()
        .and_then(|binding| binding.flow.connection());
    if let (Some(binding), Some(connection), true) = (&binding, connection, forwards_left) {
        let Ok(target) = Uri::try_from(binding.uri.as_str()) else {
            return;
        };
        hop::send(connection, next_hop(core, ack, target));
    }
}

async fn refuse(mut transaction: Transaction, status: StatusCode, headers: Vec<Header>) {
    let response = answer(&transaction.original, status, headers);
    if let Err(error) = transaction.respond(response).await {
        tracing::debug!(%error, "a request could not be answered");
    }
}

/// RFC 3261, 16.3.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the enum is rsipstack's; a few headers matter here"
)]
fn obstacle(core: &Core, request: &Request) -> Option<(StatusCode, Vec<Header>)> {
    for header in request.headers.iter() {
        match header {
            Header::MaxForwards(left) if left.value().trim().parse() == Ok(0_u8) => {
                return Some((StatusCode::TooManyHops, Vec::new()));
            }
            Header::Via(via) if via.value().contains(&core.name) => {
                return Some((StatusCode::LoopDetected, Vec::new()));
            }
            Header::ProxyRequire(what) => {
                let unsupported = Header::Unsupported(what.value().into());
                return Some((StatusCode::BadExtension, vec![unsupported]));
            }
            _ => {}
        }
    }
    None
}

enum Route {
    To(Vec<Binding>),
    /// To the server itself.
    Here,
    /// The other side of a dialog has no socket just now.
    Away,
    /// The URI names nobody.
    Nowhere,
    /// Nobody is registered; the store knows whether there is such a user.
    Ask(UserId),
}

fn route(core: &Core, flow: &Flow, request: &Request) -> Route {
    let now = Instant::now();
    let target = uri_text(&request.uri);
    if let Some(binding) = core.flows.of_contact(&target, now) {
        return Route::To(vec![binding]);
    }
    let is_in_dialog = request
        .to_header()
        .is_ok_and(|to| tag_of(to.value()).is_some());
    if is_in_dialog {
        return Route::Away;
    }
    let Some(user) = uri::user_of(&target) else {
        let is_here = request.uri.auth.is_none() && request.method == Method::Options;
        return if is_here { Route::Here } else { Route::Nowhere };
    };
    let mut bindings = core.flows.of_user(&user, now);
    if bindings.is_empty() {
        return Route::Ask(user);
    }
    // Whoever calls himself means his other devices.
    bindings.retain(|binding| !binding.flow.is(flow));
    if bindings.is_empty() {
        Route::Away
    } else {
        Route::To(bindings)
    }
}

async fn forward(
    core: &Arc<Core>,
    caller: Arc<Flow>,
    mut transaction: Transaction,
    targets: Vec<Binding>,
    permit: OwnedSemaphorePermit,
) {
    if transaction.original.method == Method::Invite {
        let trying = answer(&transaction.original, StatusCode::Trying, Vec::new());
        if transaction.respond(trying).await.is_err() {
            return;
        }
    }
    let mut branches = Vec::new();
    for binding in targets {
        let Ok(target) = Uri::try_from(binding.uri.as_str()) else {
            continue;
        };
        let Some(connection) = binding.flow.connection().cloned() else {
            continue;
        };
        let request = next_hop(core, &transaction.original, target);
        let Ok(key) = TransactionKey::from_request(&request, TransactionRole::Client) else {
            continue;
        };
        let endpoint = core.endpoint.clone();
        let mut client =
            Transaction::new_client(key.clone(), request.clone(), endpoint, Some(connection));
        match client.send().await {
            Ok(()) => branches.push((Branch::new(key, request, binding.flow.clone()), client)),
            Err(error) => tracing::debug!(%error, "a branch could not be started"),
        }
    }
    if branches.is_empty() {
        return refuse(transaction, StatusCode::TemporarilyUnavailable, Vec::new()).await;
    }
    let fork = Fork::new(core.clone(), caller, transaction, branches);
    let busy = core.busy.upgrade();
    tokio::spawn(async move {
        fork.run().await;
        drop((permit, busy));
    });
}

/// RFC 3261, 16.6.
fn next_hop(core: &Core, original: &Request, target: Uri) -> Request {
    let mut request = original.clone();
    request.uri = target;
    // All our routes lead here, and here they end.
    request.headers.retain(|header| {
        // Who somebody is stands in the From, which we have checked (RFC 3325, 5).
        // A proof for us is nobody else's to guess passwords from.
        !matches!(
            header,
            Header::Route(_) | Header::PAssertedIdentity(_) | Header::ProxyAuthorization(_)
        )
    });
    let mut has_limit = false;
    for header in request.headers.iter_mut() {
        if let Header::MaxForwards(left) = header {
            let n: u32 = left.value().trim().parse().unwrap_or(MAX_FORWARDS);
            left.replace(n.saturating_sub(1).to_string());
            has_limit = true;
        }
    }
    if !has_limit {
        request
            .headers
            .push(Header::MaxForwards(MAX_FORWARDS.into()));
    }
    let makes_dialog = matches!(
        request.method,
        Method::Invite | Method::Subscribe | Method::Refer
    );
    if makes_dialog {
        // The name is the same after a restart; nobody looks it up, everything goes by the socket.
        let here = "<sip:offhook.invalid;transport=ws;lr>";
        request.headers.push_front(Header::RecordRoute(here.into()));
    }
    hop::stamp(core, &mut request);
    request
}
