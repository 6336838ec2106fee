//! Who can be reached over which socket. A flow gets its user, and a contact its flow, only through
//! the registrar; everybody else reads.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rsipstack::sip::{Domain, HostWithPort, Transport};
use rsipstack::transaction::key::TransactionKey;
use rsipstack::transport::{SipAddr, SipConnection};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::auth::Nonces;
use super::limits::{CONTACTS, RESERVED, TRANSACTIONS, UNREGISTERED};
use super::uri::contact_key;
use crate::id::UserId;
use crate::sip::bridge::{Link, POLICY, REPLACED};

/// One socket.
pub(crate) struct Flow {
    id: u64,
    /// Where the other end is, or the proxy in front of it.
    pub(crate) peer: IpAddr,
    link: OnceLock<Link>,
    /// Cancelled when the socket is lost.
    pub(crate) gone: CancellationToken,
    /// Requests it may have under way.
    pub(crate) transactions: Arc<Semaphore>,
    /// What it may sign in with.
    pub(crate) nonces: Nonces,
    /// Wrong passwords so far.
    pub(crate) failures: AtomicU32,
    user: Mutex<Option<UserId>>,
    /// What has to go on before more is read.
    held: Mutex<Option<(TransactionKey, CancellationToken)>>,
    /// Since when nothing is registered here.
    idle_since: Mutex<Option<Instant>>,
}

impl Flow {
    /// Returns whom the socket has proved to belong to.
    pub(crate) fn user(&self) -> Option<UserId> {
        lock(&self.user).clone()
    }

    pub(crate) fn set_user(&self, user: Option<UserId>) {
        *lock(&self.user) = user;
    }

    /// Returns what to send on; `None` once the socket is lost.
    pub(crate) fn connection(&self) -> Option<&SipConnection> {
        let link = self.link.get()?;
        (!self.gone.is_cancelled()).then(|| link.connection())
    }

    /// Begins to wait for the answer of a transaction to have gone on; see [`Flow::has_passed`].
    pub(crate) fn holds_back(&self, key: TransactionKey) -> CancellationToken {
        let has_gone_on = CancellationToken::new();
        *lock(&self.held) = Some((key, has_gone_on.clone()));
        has_gone_on
    }

    /// Says that what came for a transaction has gone on.
    pub(crate) fn has_passed(&self, key: &TransactionKey) {
        let held = lock(&self.held).take_if(|(held, _)| held == key);
        if let Some((_, has_gone_on)) = held {
            has_gone_on.cancel();
        }
    }

    /// Completes the flow with its socket.
    pub(crate) fn join(&self, link: Link) {
        self.link.get_or_init(|| link);
    }

    pub(crate) fn close(&self, code: u16, reason: &'static str) {
        match self.link.get() {
            Some(link) => link.close(code, reason),
            None => self.gone.cancel(),
        }
    }

    /// The name rsipstack knows the socket by. It stands in no message.
    pub(crate) fn address(&self) -> SipAddr {
        let host = Domain::from(format!("{}.flow.invalid", self.id));
        SipAddr::new(Transport::Ws, HostWithPort::from(host))
    }

    pub(crate) const fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// One contact of one user.
#[derive(Clone)]
pub(crate) struct Binding {
    pub(crate) user: UserId,
    /// As it was registered, to be called by.
    pub(crate) uri: String,
    pub(crate) flow: Arc<Flow>,
    pub(crate) until: Instant,
    version: Version,
}

/// What the latest REGISTER of a contact said of itself.
#[derive(Clone)]
pub(crate) struct Version {
    pub(crate) call_id: String,
    pub(crate) cseq: u32,
    /// Which phone it is, and which of its ways here, if it says so (RFC 5626, 4.1).
    pub(crate) instance: Option<(String, String)>,
}

/// Why a contact was not registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BindError {
    /// It is no SIP URI.
    Malformed,
    /// It is somebody else's.
    Taken,
    /// The user has too many.
    Full,
    /// A newer REGISTER has been here (RFC 3261, 10.3, 7).
    Outdated,
}

#[derive(Default)]
pub(crate) struct Flows {
    next: AtomicU64,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    flows: HashMap<u64, Arc<Flow>>,
    contacts: HashMap<String, Binding>,
    /// Contacts that were lost and may come back: what is said within a call must not find somebody
    /// else there.
    reserved: HashMap<String, (UserId, Instant)>,
}

impl Table {
    /// Removes contacts; each stays its user's until it would have expired.
    fn release(&mut self, now: Instant, is_meant: impl Fn(&str, &Binding) -> bool) {
        let Self {
            contacts, reserved, ..
        } = self;
        reserved.retain(|_, (_, until)| now < *until);
        for (key, binding) in contacts.extract_if(|key, binding| is_meant(key, binding)) {
            // Nobody fills the memory, or crowds others out: it is his own that go.
            let own = reserved
                .iter()
                .filter(|(_, (user, _))| *user == binding.user);
            if own.clone().count() >= CONTACTS {
                let soonest = own.min_by_key(|(_, (_, until))| *until);
                if let Some(key) = soonest.map(|(key, _)| key.clone()) {
                    reserved.remove(&key);
                }
            }
            if reserved.len() < RESERVED {
                reserved.insert(key, (binding.user, binding.until));
            }
        }
    }
}

impl Flows {
    pub(crate) fn add(&self, now: Instant, peer: IpAddr, gone: CancellationToken) -> Arc<Flow> {
        let flow = Arc::new(Flow {
            id: self.next.fetch_add(1, Ordering::Relaxed),
            peer,
            link: OnceLock::new(),
            gone,
            transactions: Arc::new(Semaphore::new(TRANSACTIONS)),
            nonces: Nonces::default(),
            failures: AtomicU32::new(0),
            user: Mutex::default(),
            held: Mutex::default(),
            idle_since: Mutex::new(Some(now)),
        });
        lock(&self.table).flows.insert(flow.id, flow.clone());
        flow
    }

    pub(crate) fn remove(&self, flow: &Flow) {
        let mut table = lock(&self.table);
        table.flows.remove(&flow.id);
        table.release(Instant::now(), |_, binding| binding.flow.is(flow));
    }

    /// Returns the flow a message came in on.
    pub(crate) fn of(&self, connection: &SipConnection) -> Option<Arc<Flow>> {
        let host = connection.get_addr().addr.host.to_string();
        let id: u64 = host.strip_suffix(".flow.invalid")?.parse().ok()?;
        lock(&self.table).flows.get(&id).cloned()
    }

    /// Binds a contact of a user to a flow that has proved to be the user's, or renews it. The same
    /// contact on another flow of the user moves: that is a phone that has connected anew.
    pub(crate) fn bind(
        &self,
        user: &UserId,
        uri: &str,
        flow: &Arc<Flow>,
        until: Instant,
        version: Version,
    ) -> Result<(), BindError> {
        let key = contact_key(uri).ok_or(BindError::Malformed)?;
        let mut table = lock(&self.table);
        if let Some((owner, _)) = table.reserved.get(&key)
            && owner != user
        {
            return Err(BindError::Taken);
        }
        match table.contacts.get(&key) {
            Some(old) if old.user != *user => return Err(BindError::Taken),
            Some(old)
                if old.version.call_id == version.call_id
                    && old.version.cseq >= version.cseq
                    && old.flow.is(flow) =>
            {
                return Err(BindError::Outdated);
            }
            Some(_) => {}
            None => {
                // RFC 5626, 6: the same phone under another contact is in place of its old self.
                table.release(Instant::now(), |_, old| {
                    old.user == *user
                        && version.instance.is_some()
                        && old.version.instance == version.instance
                });
                let n = table
                    .contacts
                    .values()
                    .filter(|binding| binding.user == *user)
                    .count();
                if n >= CONTACTS {
                    return Err(BindError::Full);
                }
            }
        }
        let binding = Binding {
            user: user.clone(),
            uri: uri.to_owned(),
            flow: flow.clone(),
            until,
            version,
        };
        table.reserved.remove(&key);
        table.contacts.insert(key, binding);
        *lock(&flow.idle_since) = None;
        Ok(())
    }

    /// Removes one contact of a user, or all of them.
    pub(crate) fn unbind(&self, user: &UserId, uri: Option<&str>) {
        let key = uri.map(contact_key);
        lock(&self.table).release(Instant::now(), |at, binding| {
            let is_meant = key.as_ref().is_none_or(|key| key.as_deref() == Some(at));
            binding.user == *user && is_meant
        });
    }

    /// Removes the contacts of a flow whose user may not be here any more.
    pub(crate) fn unbind_flow(&self, flow: &Flow) {
        lock(&self.table).release(Instant::now(), |_, binding| binding.flow.is(flow));
    }

    /// Returns where a user can be reached now.
    pub(crate) fn of_user(&self, user: &UserId, now: Instant) -> Vec<Binding> {
        let table = lock(&self.table);
        let is_live = |binding: &&Binding| {
            binding.user == *user && now < binding.until && !binding.flow.gone.is_cancelled()
        };
        table.contacts.values().filter(is_live).cloned().collect()
    }

    /// Returns where a user can be reached on the phone that came first.
    pub(crate) fn first_of(&self, user: &UserId, now: Instant) -> Option<Binding> {
        let bindings = self.of_user(user, now).into_iter();
        bindings.min_by_key(|binding| binding.flow.id)
    }

    /// Shows the phones of a user out that came first, until no more than `limit` are left. The one that
    /// has just registered stays.
    pub(crate) fn replace(&self, user: &UserId, newest: &Flow, limit: NonZeroUsize) {
        let mut table = lock(&self.table);
        let of_user = table
            .contacts
            .values()
            .filter(|binding| binding.user == *user);
        // A phone may have several contacts; it is the phones that count.
        let phones: BTreeMap<u64, Arc<Flow>> = of_user
            .map(|binding| (binding.flow.id, binding.flow.clone()))
            .collect();
        let n_over = phones.len().saturating_sub(limit.get());
        let others = phones.values().filter(|flow| !flow.is(newest));
        for flow in others.take(n_over) {
            flow.close(REPLACED, "replaced");
            table.release(Instant::now(), |_, binding| binding.flow.is(flow));
        }
    }

    /// Returns the binding of a contact, as in-dialog requests name it.
    pub(crate) fn of_contact(&self, uri: &str, now: Instant) -> Option<Binding> {
        let key = contact_key(uri)?;
        let table = lock(&self.table);
        let binding = table.contacts.get(&key)?;
        let is_live = now < binding.until && !binding.flow.gone.is_cancelled();
        is_live.then(|| binding.clone())
    }

    /// Forgets what has expired and closes sockets on which nobody has been registered for too long.
    pub(crate) fn sweep(&self, now: Instant) {
        let mut table = lock(&self.table);
        table.contacts.retain(|_, binding| now < binding.until);
        table.reserved.retain(|_, (_, until)| now < *until);
        let bound: HashSet<u64> = table.contacts.values().map(|of| of.flow.id).collect();
        for flow in table.flows.values() {
            let is_bound = bound.contains(&flow.id);
            let mut idle_since = lock(&flow.idle_since);
            if is_bound {
                *idle_since = None;
            } else if now >= *idle_since.get_or_insert(now) + UNREGISTERED {
                flow.close(POLICY, "nobody has registered here");
            }
        }
    }

    /// Closes all sockets.
    pub(crate) fn close(&self, code: u16, reason: &'static str) {
        for flow in lock(&self.table).flows.values() {
            flow.close(code, reason);
        }
    }

    pub(crate) fn len(&self) -> usize {
        lock(&self.table).flows.len()
    }

    /// Closes the socket that has been nobody's for longest; false if all are somebody's.
    pub(crate) fn make_room(&self) -> bool {
        let table = lock(&self.table);
        let strangers = table.flows.values().filter(|flow| flow.user().is_none());
        match strangers
            .filter(|flow| !flow.gone.is_cancelled())
            .min_by_key(|flow| flow.id)
        {
            Some(flow) => {
                flow.close(POLICY, "others are waiting to sign in");
                true
            }
            None => false,
        }
    }

    /// Counts sockets, contacts, and contacts that are kept for their users.
    pub(crate) fn count(&self) -> (usize, usize, usize) {
        let table = lock(&self.table);
        (
            table.flows.len(),
            table.contacts.len(),
            table.reserved.len(),
        )
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
