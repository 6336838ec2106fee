//! One dialog (RFC 3261, 12): who, to whom, by which way, and which number comes next.

use rsipstack::sip::{Headers, Request};

use super::header::{self, NameAddr, Replaces};
use super::message::{Body, Draft};

/// What both sides agree on once a call is up.
#[derive(Debug, Clone)]
pub(crate) struct Dialog {
    pub(crate) call_id: String,
    /// Our From, tag included.
    local: String,
    local_tag: String,
    /// Our To, tag included.
    remote: String,
    remote_tag: String,
    local_seq: u32,
    remote_seq: u32,
    target: String,
    routes: Vec<String>,
}

impl Dialog {
    /// Of a 2xx to our INVITE (12.1.2). `draft` is the INVITE; `None` if the answer has no tag.
    pub(crate) fn of_answer(draft: &Draft, answer: &Headers) -> Option<Self> {
        let remote = header::first(answer, "To")?;
        // Ours is what we wrote, whatever came back.
        let said = |name| {
            let found = draft.head.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| value.clone())
        };
        let local = said("From")?;
        let mut routes = routes(answer);
        routes.reverse();
        Some(Self {
            call_id: said("Call-ID")?,
            local_tag: NameAddr::parse(&local).tag?,
            local,
            remote: remote.to_owned(),
            remote_tag: NameAddr::parse(remote).tag?,
            local_seq: draft.seq,
            remote_seq: 0,
            // Without a Contact the address we dialled is the best guess.
            target: target(answer).unwrap_or_else(|| draft.uri.clone()),
            routes,
        })
    }

    /// Of an INVITE to us that we answer with `tag` (12.1.1); `None` if it has no tag or nowhere to answer to.
    pub(crate) fn of_invite(invite: &Request, tag: &str) -> Option<Self> {
        let headers = &invite.headers;
        let remote = header::first(headers, "From")?;
        let local = header::first(headers, "To")?;
        Some(Self {
            call_id: header::first(headers, "Call-ID")?.to_owned(),
            local: format!("{local};tag={tag}"),
            local_tag: tag.to_owned(),
            remote: remote.to_owned(),
            remote_tag: NameAddr::parse(remote).tag?,
            local_seq: 0,
            remote_seq: seq(headers)?,
            target: target(headers)?,
            routes: routes(headers),
        })
    }

    /// Tells whether a request from the other side belongs here.
    pub(crate) fn is_of(&self, request: &Request) -> bool {
        let headers = &request.headers;
        let tag = |name| header::first(headers, name).and_then(|value| NameAddr::parse(value).tag);
        header::first(headers, "Call-ID") == Some(self.call_id.as_str())
            && tag("To").as_ref() == Some(&self.local_tag)
            && tag("From").as_ref() == Some(&self.remote_tag)
    }

    /// Takes note of a request's number; false if it is older than what came before (12.2.2).
    pub(crate) fn takes(&mut self, request: &Request) -> bool {
        match seq(&request.headers) {
            Some(seq) if seq >= self.remote_seq => {
                self.remote_seq = seq;
                true
            }
            _ => false,
        }
    }

    /// Makes the next request to the other side.
    pub(crate) fn request(
        &mut self,
        method: &'static str,
        head: Vec<(&'static str, String)>,
        body: Option<Body>,
    ) -> Draft {
        self.local_seq += 1;
        let seq = self.local_seq;
        self.draft(method, seq, head, body)
    }

    /// Makes the ACK of a 2xx (13.2.2.4).
    pub(crate) fn ack(&self, seq: u32) -> Draft {
        self.draft("ACK", seq, Vec::new(), None)
    }

    /// Gives a request that was made a while ago the number that comes next.
    pub(crate) fn renumber(&mut self, draft: &mut Draft) {
        self.local_seq += 1;
        draft.seq = self.local_seq;
    }

    /// Takes note of where the other side is now (12.2.1.2, 12.2.2).
    pub(crate) fn retarget(&mut self, headers: &Headers) {
        if let Some(target) = target(headers) {
            self.target = target;
        }
    }

    /// Names this dialog to whom it is held with (RFC 3891, 3: the To-tag is the receiver's).
    pub(crate) fn as_replaced(&self) -> Replaces {
        Replaces {
            call_id: self.call_id.clone(),
            to_tag: self.remote_tag.clone(),
            from_tag: self.local_tag.clone(),
            is_early_only: false,
        }
    }

    /// Tells whether somebody means this dialog.
    pub(crate) fn is_named(&self, replaces: &Replaces) -> bool {
        replaces.call_id == self.call_id
            && replaces.to_tag == self.local_tag
            && replaces.from_tag == self.remote_tag
    }

    /// Returns the other side as it is called in To, without the tag.
    pub(crate) fn remote_name(&self) -> NameAddr {
        NameAddr::parse(&self.remote)
    }

    /// Takes a number that credentials have used up.
    pub(crate) fn skip_to(&mut self, seq: u32) {
        self.local_seq = self.local_seq.max(seq);
    }

    fn draft(
        &self,
        method: &'static str,
        seq: u32,
        extra: Vec<(&'static str, String)>,
        body: Option<Body>,
    ) -> Draft {
        let mut head = vec![
            ("From", self.local.clone()),
            ("To", self.remote.clone()),
            ("Call-ID", self.call_id.clone()),
        ];
        head.extend(self.routes.iter().map(|route| ("Route", route.clone())));
        head.extend(extra);
        Draft {
            method,
            uri: self.target.clone(),
            seq,
            head,
            body,
        }
    }
}

/// Returns the number in CSeq.
pub(crate) fn seq(headers: &Headers) -> Option<u32> {
    let value = header::first(headers, "CSeq")?;
    value.split_whitespace().next()?.parse().ok()
}

fn routes(headers: &Headers) -> Vec<String> {
    header::all(headers, "Record-Route")
        .flat_map(|value| header::split(value, ','))
        .map(str::to_owned)
        .collect()
}

fn target(headers: &Headers) -> Option<String> {
    let uri = NameAddr::parse(header::split(header::first(headers, "Contact")?, ',').first()?).uri;
    // It becomes a request line: one word, and no more than a URI may be.
    let fits = uri.len() <= 1024
        && !uri.chars().any(|c| c.is_whitespace() || c.is_control())
        && ["sip:", "sips:"].iter().any(|scheme| {
            let found = uri.get(..scheme.len());
            found.is_some_and(|found| found.eq_ignore_ascii_case(scheme))
        });
    fits.then_some(uri)
}
