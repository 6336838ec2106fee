//! What is said to people who are signed in nowhere: kept, and said when one of their phones
//! registers (RFC 3428, 7; the 202 is from there).
//!
//! A letter is given to one phone at a time, in the order in which they came, and is forgotten once a
//! phone has answered 2xx. It may come twice if that answer is lost; it is never lost itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rsipstack::sip::{
    Header, HeadersExt as _, Method, Request, SipMessage, StatusCode, StatusCodeKind, Uri, Version,
};
use rsipstack::transaction::key::{TransactionKey, TransactionRole};
use rsipstack::transaction::{Transaction, random_text};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::{Instant, timeout};

use super::answer::tag_of;
use super::flows::{Binding, Flow};
use super::mailbox::{Kept, Letter};
use super::store::StoreError;
use super::{Core, blocking, hop, uri};
use crate::id::UserId;
use crate::sip::header::clean_call_id;

/// How long a phone's answer is waited for (RFC 3261, 17.1.2.2: 64 * T1).
const PATIENCE: Duration = Duration::from_secs(32);
/// The type of the bodies of our own phones.
const OURS: &str = "application/vnd.offhook+json";

/// The users to whom something is being delivered.
#[derive(Default)]
pub(crate) struct Rounds {
    /// Whether somebody of them has registered meanwhile.
    running: Mutex<HashMap<UserId, bool>>,
}

impl Rounds {
    /// Tells whether to begin; otherwise whoever is at it begins anew.
    fn begin(&self, user: &UserId) -> bool {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        match running.get_mut(user) {
            Some(again) => {
                *again = true;
                false
            }
            None => running.insert(user.clone(), false).is_none(),
        }
    }

    /// Tells whether that was all.
    fn end(&self, user: &UserId) -> bool {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        match running.get_mut(user) {
            Some(again) if *again => {
                *again = false;
                false
            }
            _ => {
                running.remove(user);
                true
            }
        }
    }
}

/// Decides about a request to a user who is signed in nowhere, and keeps what is to be kept of it.
pub(crate) async fn absent(core: &Arc<Core>, user: UserId, request: &Request) -> StatusCode {
    let kept = if request.method == Method::Message {
        let Some(letter) = Letter::of(user.clone(), request, SystemTime::now()) else {
            return StatusCode::RequestEntityTooLarge;
        };
        keep(core, letter).await
    } else if request.method == Method::Invite && is_strangers(request) {
        // Our own phones write such a letter themselves, and know more.
        match missed(&user, request) {
            Some(letter) => keep(core, letter).await,
            None => is_known(core, &user).await,
        }
    } else {
        is_known(core, &user).await
    };
    match kept {
        Ok(Kept::Yes) if request.method == Method::Message => {
            // Whoever has signed in while it was being written would wait for it until the next time.
            if !core.flows.of_user(&user, Instant::now()).is_empty() {
                deliver(core, user);
            }
            StatusCode::Accepted
        }
        Ok(Kept::Yes | Kept::Full) => StatusCode::TemporarilyUnavailable,
        Ok(Kept::Unknown) => StatusCode::NotFound,
        Err(error) => {
            tracing::error!(%error, "users cannot be read, or their messages not written");
            StatusCode::ServerInternalError
        }
    }
}

/// Begins to hand over what is kept for a user, to the phones registered now.
pub(crate) fn deliver(core: &Arc<Core>, user: UserId) {
    if !core.rounds.begin(&user) {
        return;
    }
    let core = core.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                result = hand_over(&core, &user) => if let Err(error) = result {
                    tracing::error!(%error, "messages cannot be read");
                },
                () = core.stopping.cancelled() => {}
            }
            if core.rounds.end(&user) {
                return;
            }
        }
    });
}

async fn keep(core: &Core, letter: Letter) -> Result<Kept, StoreError> {
    let users = core.users.clone();
    blocking(move || users.keep(&letter, SystemTime::now())).await
}

async fn is_known(core: &Core, user: &UserId) -> Result<Kept, StoreError> {
    Ok(match core.ha1(user).await? {
        Some(_) => Kept::Full,
        None => Kept::Unknown,
    })
}

fn is_strangers(invite: &Request) -> bool {
    let mut headers = invite.headers.iter();
    !headers.any(
        |header| matches!(header, Header::Other(name, _) if name.eq_ignore_ascii_case("Offhook-Call")),
    )
}

/// Writes what our phones say after a call to somebody who is away, for a caller who does not.
fn missed(user: &UserId, invite: &Request) -> Option<Letter> {
    let now = OffsetDateTime::now_utc();
    let from = invite.from_header().ok()?.value().to_owned();
    let sdp = String::from_utf8_lossy(&invite.body);
    let has_video = sdp
        .lines()
        .any(|line| line.starts_with("m=video ") && !line.starts_with("m=video 0 "));
    let body = json!({
        "v": 1,
        "type": "missed",
        "call": clean_call_id(invite.call_id_header().ok()?.value()),
        "kind": if has_video { "video" } else { "voice" },
        "callees": [user.as_str()],
        "host": uri::user_of_header(&from)?.as_str(),
        "group": false,
        "data": Value::Null,
        "at": now.format(&Rfc3339).ok()?,
    });
    let mut message = invite.clone();
    message.method = Method::Message;
    message.body = body.to_string().into();
    message
        .headers
        .retain(|header| matches!(header, Header::From(_) | Header::To(_)));
    message.headers.push(Header::ContentType(OURS.into()));
    Letter::of(user.clone(), &message, now.into())
}

/// What a phone said to a letter.
enum Outcome {
    Taken,
    /// It has no use for it; perhaps another one has, another time.
    Refused,
    /// The socket is lost, and the next phone may be asked.
    Lost,
    Silent,
}

/// Goes through the letters of a user, once.
async fn hand_over(core: &Core, user: &UserId) -> Result<(), StoreError> {
    let mut last = 0;
    loop {
        let (users, of) = (core.users.clone(), user.clone());
        let next = blocking(move || users.letter_after(&of, last, SystemTime::now())).await?;
        let Some((number, letter)) = next else {
            return Ok(());
        };
        loop {
            let Some(binding) = core.flows.first_of(user, Instant::now()) else {
                return Ok(());
            };
            match ask(core, &binding, &letter).await {
                Outcome::Taken => {
                    let users = core.users.clone();
                    blocking(move || users.forget(number)).await?;
                    break;
                }
                Outcome::Refused => break,
                Outcome::Lost => {}
                Outcome::Silent => return Ok(()),
            }
        }
        last = number;
    }
}

async fn ask(core: &Core, binding: &Binding, letter: &Letter) -> Outcome {
    let Some(connection) = binding.flow.connection().cloned() else {
        return Outcome::Lost;
    };
    let Some(request) = write(core, &binding.uri, letter) else {
        return Outcome::Refused;
    };
    let Ok(key) = TransactionKey::from_request(&request, TransactionRole::Client) else {
        return Outcome::Refused;
    };
    let endpoint = core.endpoint.clone();
    let mut client = Transaction::new_client(key, request, endpoint, Some(connection));
    match timeout(PATIENCE, hear_out(&mut client, &binding.flow)).await {
        Ok(outcome) => outcome,
        Err(_silence) => Outcome::Silent,
    }
}

async fn hear_out(client: &mut Transaction, flow: &Flow) -> Outcome {
    if let Err(error) = client.send().await {
        tracing::debug!(%error, "a message could not be sent");
        // Somebody whose socket takes nothing is not asked again and again.
        return Outcome::Silent;
    }
    loop {
        let message = tokio::select! {
            biased;
            message = client.receive() => message,
            () = flow.gone.cancelled() => return Outcome::Lost,
        };
        let Some(message) = message else {
            return Outcome::Silent;
        };
        let SipMessage::Response(response) = message else {
            continue;
        };
        match response.status_code.kind() {
            StatusCodeKind::Provisional => {}
            StatusCodeKind::Successful => return Outcome::Taken,
            StatusCodeKind::Redirection
            | StatusCodeKind::RequestFailure
            | StatusCodeKind::ServerFailure
            | StatusCodeKind::GlobalFailure
            | StatusCodeKind::Other => return Outcome::Refused,
        }
    }
}

fn write(core: &Core, contact: &str, letter: &Letter) -> Option<Request> {
    let from = match tag_of(&letter.from) {
        Some(_) => letter.from.clone(),
        None => format!("{};tag={}", letter.from, random_text(10)),
    };
    let mut headers = vec![
        Header::MaxForwards(70.into()),
        Header::From(from.into()),
        Header::To(letter.to.clone().into()),
        // New each time: a phone that has heard it in vain must not take it for a repetition.
        Header::CallId(format!("{}@{}", random_text(24), core.name).into()),
        Header::CSeq("1 MESSAGE".into()),
    ];
    let lines = letter.head.lines();
    let fields = lines.filter_map(|line| line.split_once(':'));
    headers.extend(
        fields.map(|(name, value)| Header::Other(name.to_owned(), value.trim().to_owned())),
    );
    let n_body = u32::try_from(letter.body.len()).ok()?;
    headers.push(Header::ContentLength(n_body.into()));
    let mut request = Request {
        method: Method::Message,
        uri: Uri::try_from(contact).ok()?,
        version: Version::V2,
        headers: headers.into(),
        body: letter.body.clone(),
    };
    hop::stamp(core, &mut request);
    Some(request)
}
