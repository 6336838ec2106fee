//! REGISTER: who it is (RFC 3261, 22) and where to reach them (10.3). The only place where a socket
//! gets its user.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rsipstack::sip::{Header, HeadersExt as _, Method, Request, StatusCode, Uri};
use rsipstack::transaction::Transaction;
use tokio::time::Instant;

use super::answer::{answer, seq_of};
use super::flows::{BindError, Flow, Version};
use super::limits::{CONTACT_BYTES, CONTACTS, FAILURES};
use super::store::{REALM, StoreError};
use super::{Core, delivery, uri};
use crate::id::UserId;
use crate::sip::bridge::{POLICY, uri_text};
use crate::sip::digest::{Credentials, Ha1};

/// The shortest registration taken, in seconds.
const MIN_EXPIRES: u32 = 60;
/// The longest, and what is given to those who ask for nothing.
const MAX_EXPIRES: u32 = 3600;
/// Says on a 401 that the ID is free and may be claimed; on a REGISTER, with which hashes.
const CLAIM: &str = "Offhook-Claim";

/// Answers a REGISTER.
pub(crate) async fn register(core: Arc<Core>, flow: Arc<Flow>, mut transaction: Transaction) {
    let request = transaction.original.clone();
    let (status, headers) = match decide(&core, &flow, &request).await {
        Ok(headers) => (StatusCode::OK, headers),
        Err(Refusal { status, headers }) => (status, headers),
    };
    let is_taken = status == StatusCode::OK;
    let response = answer(&request, status, headers);
    if let Err(error) = transaction.respond(response).await {
        tracing::debug!(%error, "REGISTER could not be answered");
    }
    if let (Some(user), true) = (flow.user(), is_taken) {
        delivery::deliver(&core, user);
    }
    if flow.failures.load(Ordering::Relaxed) >= FAILURES {
        flow.close(POLICY, "too many wrong passwords");
    }
}

struct Refusal {
    status: StatusCode,
    headers: Vec<Header>,
}

impl From<StatusCode> for Refusal {
    fn from(status: StatusCode) -> Self {
        Self {
            status,
            headers: Vec::new(),
        }
    }
}

async fn decide(core: &Core, flow: &Arc<Flow>, request: &Request) -> Result<Vec<Header>, Refusal> {
    let user_in = |value: Option<&str>| value.and_then(uri::user_of_header);
    let to = user_in(request.to_header().ok().map(|to| to.value()));
    let from = user_in(request.from_header().ok().map(|from| from.value()));
    let user = to.ok_or(StatusCode::NotFound)?;
    // Nobody registers for somebody else, and a socket does not change hands.
    if from.as_ref() != Some(&user) || flow.user().is_some_and(|owner| owner != user) {
        return Err(StatusCode::Forbidden.into());
    }
    authenticate(core, flow, request, &user).await?;
    bind(core, flow, request, &user).await
}

async fn authenticate(
    core: &Core,
    flow: &Flow,
    request: &Request,
    user: &UserId,
) -> Result<(), Refusal> {
    let now = Instant::now();
    let ha1 = core.ha1(user).await.map_err(broken)?;
    let challenge = |stale: bool| {
        let mut headers = flow.nonces.challenges(now, stale);
        if core.is_open && ha1.is_none() {
            headers.push(Header::Other(CLAIM.to_owned(), "yes".to_owned()));
        }
        Refusal {
            status: StatusCode::Unauthorized,
            headers,
        }
    };
    let credentials = request.headers.iter().find_map(|header| {
        let Header::Authorization(value) = header else {
            return None;
        };
        Credentials::parse(value.value())
            .filter(|credentials| credentials.realm == REALM)
            // RFC 7616, 3.4.6: what it is a proof for must be what is asked.
            .filter(|credentials| uri::is_same(&credentials.uri, &uri_text(&request.uri)))
    });
    let credentials = credentials.ok_or_else(|| challenge(false))?;
    if let Some(pause) = core.guesses.pause(flow.peer, now) {
        // No word about the password: somebody else at that address may have guessed.
        let seconds = pause.as_secs() + 1;
        return Err(Refusal {
            status: StatusCode::ServiceUnavailable,
            headers: vec![Header::RetryAfter(seconds.to_string().into())],
        });
    }
    if !flow.nonces.is_good(&credentials.nonce, now) {
        return Err(challenge(true));
    }
    let claim = match &ha1 {
        None if core.is_open => request
            .header_value(CLAIM)
            .and_then(|value| Ha1::parse_claim(&value)),
        _ => None,
    };
    let is_user = credentials.username == user.as_str()
        || crate::address::unescape(&credentials.username).is_ok_and(|name| name == user.as_str());
    let is_proof = is_user
        && ha1
            .as_ref()
            .or(claim.as_ref())
            .is_some_and(|ha1| credentials.is_proof(ha1, &Method::Register.to_string()));
    if !is_proof {
        flow.failures.fetch_add(1, Ordering::Relaxed);
        core.guesses.count(flow.peer, now);
        // Someone who was removed, or whose password changed, is out from here on.
        if flow.user().is_some() {
            flow.set_user(None);
            core.flows.unbind_flow(flow);
        }
        return Err(StatusCode::Forbidden.into());
    }
    // Without qop there is no count, and a nonce serves once.
    let count = credentials.qop.as_ref().map_or(1, |(count, _)| *count);
    if !flow.nonces.spend(&credentials.nonce, count, now) {
        return Err(challenge(true));
    }
    if let Some(claim) = claim {
        let is_new = core.claim(user, claim).await.map_err(broken)?;
        if !is_new {
            // Somebody was faster.
            return Err(StatusCode::Forbidden.into());
        }
        tracing::info!("a new user has claimed an ID");
    }
    flow.set_user(Some(user.clone()));
    Ok(())
}

fn broken(error: StoreError) -> Refusal {
    tracing::error!(%error, "users cannot be read");
    StatusCode::ServerInternalError.into()
}

async fn bind(
    core: &Core,
    flow: &Arc<Flow>,
    request: &Request,
    user: &UserId,
) -> Result<Vec<Header>, Refusal> {
    let now = Instant::now();
    let contacts = request.contact_headers();
    let values: Vec<&str> = contacts
        .iter()
        .flat_map(|contact| split(contact.value()))
        .collect();
    let default = request.expires_header().map(|expires| expires.value());
    let default = match default {
        Some(text) => text.trim().parse().unwrap_or(MAX_EXPIRES),
        None => MAX_EXPIRES,
    };
    let call_id = request
        .call_id_header()
        .map(|id| id.value())
        .unwrap_or_default();
    if values.len() > CONTACTS {
        return Err(StatusCode::BadRequest.into());
    }
    for value in values {
        if value.trim() == "*" {
            // RFC 3261, 10.2.2: only to remove them all.
            if default != 0 || contacts.len() != 1 {
                return Err(StatusCode::BadRequest.into());
            }
            core.flows.unbind(user, None);
            continue;
        }
        let (target, params) = uri::in_contact(value).ok_or(StatusCode::BadRequest)?;
        let asked = uri::param(params, "expires");
        let expires = asked.and_then(|text| text.parse().ok()).unwrap_or(default);
        if expires == 0 {
            core.flows.unbind(user, Some(target));
            continue;
        }
        if expires < MIN_EXPIRES {
            let headers = vec![Header::MinExpires(MIN_EXPIRES.to_string().into())];
            return Err(Refusal {
                status: StatusCode::IntervalTooBrief,
                headers,
            });
        }
        if !is_own(core, user, target).await? {
            return Err(StatusCode::Forbidden.into());
        }
        let instance = uri::param(params, "+sip.instance").filter(|id| !id.is_empty());
        let version = Version {
            call_id: call_id.to_owned(),
            cseq: seq_of(request),
            instance: instance.map(|id| {
                let way = uri::param(params, "reg-id").unwrap_or_default();
                (id.to_owned(), way.to_owned())
            }),
        };
        let until = now + Duration::from_secs(expires.min(MAX_EXPIRES).into());
        core.flows
            .bind(user, target, flow, until, version)
            .map_err(|error| match error {
                BindError::Malformed => StatusCode::BadRequest,
                BindError::Taken | BindError::Full => StatusCode::Forbidden,
                BindError::Outdated => StatusCode::ServerInternalError,
            })?;
    }
    if let Some(limit) = core.max_devices {
        core.flows.replace(user, flow, limit);
    }
    let contact = |binding: super::flows::Binding| {
        let left = binding.until.saturating_duration_since(now).as_secs();
        Header::Contact(format!("<{}>;expires={left}", binding.uri).into())
    };
    Ok(core
        .flows
        .of_user(user, now)
        .into_iter()
        .map(contact)
        .collect())
}

/// Tells whether a user may be reached by a contact. What others dial is nobody's contact: a request goes
/// to the contact it names before it goes to the user it names. So the user part is his own, or it is a
/// made-up one (JsSIP's is random) at a made-up host (RFC 7118, 5).
async fn is_own(core: &Core, user: &UserId, contact: &str) -> Result<bool, Refusal> {
    let is_uri = uri::contact_key(contact).is_some() && Uri::try_from(contact).is_ok();
    if contact.len() > CONTACT_BYTES || !is_uri {
        return Err(StatusCode::BadRequest.into());
    }
    let named = uri::user_of(contact);
    if named.as_ref() == Some(user) {
        return Ok(true);
    }
    if !uri::is_made_up(contact) {
        return Ok(false);
    }
    match named {
        Some(other) => Ok(core.ha1(&other).await.map_err(broken)?.is_none()),
        None => Ok(true),
    }
}

/// Splits a Contact value with several addresses at the commas between them.
fn split(value: &str) -> Vec<&str> {
    let (mut parts, mut start, mut is_quoted, mut is_inside) = (Vec::new(), 0, false, false);
    for (at, c) in value.char_indices() {
        match c {
            '"' if !is_inside => is_quoted = !is_quoted,
            '<' if !is_quoted => is_inside = true,
            '>' if !is_quoted => is_inside = false,
            ',' if !is_quoted && !is_inside => {
                parts.push(&value[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&value[start..]);
    parts
}
