//! The embedded server: a SIP registrar and forking proxy over WebSocket (RFC 3261, RFC 7118).
//!
//! One realm, any domain, no media. It never hears a call. Several servers may run in one process.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rsipstack::EndpointBuilder;
use rsipstack::transaction::endpoint::{EndpointInnerRef, EndpointOption};
use rsipstack::transaction::key::TransactionKey;
use rsipstack::transaction::random_text;
use rsipstack::transport::transport_layer::DomainResolver;
use rsipstack::transport::{SipAddr, TransportLayer};
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::id::UserId;
use crate::sip::bridge::{self, GOING_AWAY};
use crate::sip::digest::Ha1;
use delivery::Rounds;
use edge::Gate;
use flows::Flows;
use guesses::Guesses;
use owners::Owners;
use store::{StoreError, Users};

mod answer;
mod auth;
mod delivery;
mod door;
mod edge;
mod flows;
mod fork;
mod guesses;
mod hop;
mod limits;
mod mailbox;
mod owners;
mod proxy;
mod registrar;
pub mod store;
mod uri;

/// How a server is started.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The directory of the user database; `None` keeps users in memory.
    pub data: Option<PathBuf>,
    /// Whether new IDs may be claimed by whoever comes first (ARCHITECTURE.md, The wire). `None`: exactly when
    /// listening on loopback.
    pub open: Option<bool>,
    /// On how many devices a user may be signed in; one more replaces the one that came first. `None`: on as many
    /// as there are contacts for.
    pub max_devices: Option<NonZeroUsize>,
}

impl Settings {
    /// Listens somewhere, with users in memory, open if that is loopback.
    pub const fn new(listen: SocketAddr) -> Self {
        Self {
            listen,
            data: None,
            open: None,
            max_devices: None,
        }
    }
}

/// Why a server did not start.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The address is in use or not ours; another one helps.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// A server that others can reach is never open; add users instead.
    #[error("only a server on loopback can be open, and {0} is not loopback")]
    Open(SocketAddr),
    /// The user database does not work.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The SIP stack did not start. Nothing the user can mend.
    #[error("the SIP stack does not start: {0}")]
    Stack(String),
}

/// A running server. Dropped, it stops at once; [`Server::stop`] is the polite way.
pub struct Server {
    core: Arc<Core>,
    address: SocketAddr,
    busy: mpsc::Receiver<()>,
    _end: DropGuard,
}

/// What a server keeps in mind, counted. None of it may grow with the calls that are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Open sockets.
    pub connections: usize,
    /// Contacts that can be called.
    pub contacts: usize,
    /// Contacts kept for the one who lost them.
    pub reserved: usize,
    /// Transactions going on.
    pub running: usize,
    /// Transactions that are over, and repeated to those who ask, for 32 s.
    pub finished: usize,
    /// INVITEs that wait for their ACK.
    pub unacknowledged: usize,
    /// Transactions of which the sender is known.
    pub owners: usize,
}

/// What all parts of one server share.
pub(crate) struct Core {
    /// Our name in Via headers; new with every start.
    name: String,
    endpoint: EndpointInnerRef,
    flows: Flows,
    owners: Owners,
    users: Users,
    rounds: Rounds,
    guesses: Guesses,
    is_open: bool,
    max_devices: Option<NonZeroUsize>,
    stopping: CancellationToken,
    /// Held by everything that has still something to say.
    busy: mpsc::WeakSender<()>,
}

/// Starts a server on the current tokio runtime.
pub async fn start(settings: Settings) -> Result<Server, ServerError> {
    let Settings {
        listen,
        data,
        open,
        max_devices,
    } = settings;
    let is_loopback = listen.ip().is_loopback();
    if open == Some(true) && !is_loopback {
        return Err(ServerError::Open(listen));
    }
    let users = blocking(move || match data {
        Some(directory) => Users::open(&directory),
        None => Users::in_memory(),
    });
    let users = users.await?;
    let failed = |source| ServerError::Listen {
        address: listen,
        source,
    };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;

    let end = CancellationToken::new();
    let transport =
        TransportLayer::new_with_domain_resolver(end.child_token(), Box::new(NoDialling));
    let endpoint = EndpointBuilder::new()
        .with_user_agent(concat!("offhook/", env!("CARGO_PKG_VERSION")))
        .with_transport_layer(transport)
        .with_cancel_token(end.child_token())
        .with_option(EndpointOption {
            auto_ack_2xx: false,
            // How long a phone may ring is the fork's to say.
            timerc: Duration::from_secs(2 * 3600),
            ..EndpointOption::default()
        })
        .build();
    let mut incoming = endpoint
        .incoming_transactions()
        .map_err(|error| ServerError::Stack(error.to_string()))?;
    let (alive, busy) = mpsc::channel(1);
    let core = Arc::new(Core {
        name: format!("{}.offhook.invalid", random_text(16).to_ascii_lowercase()),
        endpoint: endpoint.inner.clone(),
        flows: Flows::default(),
        owners: Owners::default(),
        users,
        rounds: Rounds::default(),
        guesses: Guesses::default(),
        max_devices,
        is_open: is_loopback && open.unwrap_or(true),
        stopping: end.child_token(),
        busy: alive.downgrade(),
    });

    tokio::spawn(async move {
        if let Err(error) = endpoint.inner.serve().await {
            tracing::error!(%error, "the SIP stack has stopped");
        }
    });
    tokio::spawn({
        let (core, end) = (core.clone(), end.clone());
        async move {
            loop {
                tokio::select! {
                    transaction = incoming.recv() => match transaction {
                        Some(transaction) => proxy::take(&core, transaction).await,
                        None => return,
                    },
                    () = end.cancelled() => return,
                }
            }
        }
    });
    tokio::spawn(sweep(core.clone()));
    tokio::spawn(accept(core.clone(), listener, end.clone(), alive));
    tracing::info!(%address, open = core.is_open, "the server is listening");
    Ok(Server {
        core,
        address,
        busy,
        _end: end.drop_guard(),
    })
}

impl Server {
    /// Where it listens, the real port included.
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Returns what a phone on this machine connects to.
    pub fn url(&self) -> String {
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            IpAddr::V4(_) | IpAddr::V6(_) => self.address.ip(),
        };
        format!("ws://{}", SocketAddr::new(ip, self.address.port()))
    }

    /// Whether new IDs may be claimed.
    pub fn is_open(&self) -> bool {
        self.core.is_open
    }

    /// The users; changes take effect at the next REGISTER. The calls block, shortly.
    pub fn users(&self) -> &Users {
        &self.core.users
    }

    /// Returns how much is being kept in mind.
    pub fn load(&self) -> Load {
        let core = &self.core;
        let stats = core.endpoint.get_stats();
        let (connections, contacts, reserved) = core.flows.count();
        Load {
            connections,
            contacts,
            reserved,
            running: stats.running_transactions,
            finished: stats.finished_transactions,
            unacknowledged: stats.waiting_ack,
            owners: core.owners.len(),
        }
    }

    /// Stops: calls that are being set up get 503, sockets are closed with 1001. Takes 3 s at most.
    pub async fn stop(mut self) {
        self.core.stopping.cancel();
        // What is being said is finished first.
        let _late = timeout(Duration::from_millis(50), self.busy.recv()).await;
        self.core.flows.close(GOING_AWAY, "the server stops");
        let _late = timeout(Duration::from_secs(2), self.busy.recv()).await;
    }
}

impl Core {
    /// Tells whether a transaction is going on or has ended so recently that it is still repeated.
    fn knows(&self, key: &TransactionKey) -> bool {
        self.endpoint.transactions.contains_key(key)
            || self.endpoint.finished_transactions.contains_key(key)
    }

    async fn ha1(&self, user: &UserId) -> Result<Option<Ha1>, StoreError> {
        let (users, user) = (self.users.clone(), user.clone());
        blocking(move || users.ha1(&user)).await
    }

    async fn claim(&self, user: &UserId, ha1: Ha1) -> Result<bool, StoreError> {
        let (users, user) = (self.users.clone(), user.clone());
        blocking(move || users.claim(&user, &ha1)).await
    }
}

/// The disk may take its time; the sockets may not.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_stopped| Err(StoreError::Stopped))
}

async fn sweep(core: Arc<Core>) {
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                core.flows.sweep(Instant::now());
                core.owners.sweep(Instant::now(), |key| core.knows(key));
            }
            () = core.stopping.cancelled() => return,
        }
    }
}

async fn accept(
    core: Arc<Core>,
    listener: TcpListener,
    end: CancellationToken,
    alive: mpsc::Sender<()>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = core.stopping.cancelled() => return,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: others may soon give some back.
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let gone = end.child_token();
        let task = serve(core.clone(), stream, gone);
        let alive = alive.clone();
        tokio::spawn(async move {
            if let Err(turned) = task.await {
                tracing::debug!(%peer, %turned, "nobody came in");
            }
            drop(alive);
        });
    }
}

/// One socket, from the handshake to its end.
async fn serve(
    core: Arc<Core>,
    mut stream: TcpStream,
    gone: CancellationToken,
) -> Result<(), door::Turned> {
    // Without it an ACK and what follows it wait for each other's acknowledgement, 40 ms a time.
    stream.set_nodelay(true)?;
    // Whoever only holds a place does not keep out whoever wants to sign in.
    if core.flows.len() >= limits::CONNECTIONS && !core.flows.make_room() {
        return Ok(door::refuse(&mut stream, 503, "There are too many connections.").await?);
    }
    // From here on it counts, handshake included.
    let peer = stream.peer_addr()?.ip();
    let flow = core.flows.add(Instant::now(), peer, gone.clone());
    let result = attend(&core, &flow, stream, gone).await;
    core.flows.remove(&flow);
    flow.gone.cancel();
    result
}

async fn attend(
    core: &Arc<Core>,
    flow: &Arc<flows::Flow>,
    stream: TcpStream,
    gone: CancellationToken,
) -> Result<(), door::Turned> {
    let handshake = timeout(limits::HANDSHAKE, door::open(stream, core.is_open));
    let socket = tokio::select! {
        socket = handshake => socket.map_err(|_too_slow| door::Turned::Malformed)??,
        () = gone.cancelled() => return Ok(()),
    };
    let gate = Gate::new(core.clone(), flow.clone());
    let address = flow.address();
    match bridge::attach(socket, &core.endpoint, address, gone, bridge::PING, gate).await {
        Ok((link, run)) => {
            flow.join(link);
            run.await;
        }
        Err(error) => tracing::error!(%error, "the SIP stack refuses a socket"),
    }
    Ok(())
}

/// Nothing is ever dialled: everybody is reached over the socket they opened.
struct NoDialling;

#[async_trait]
impl DomainResolver for NoDialling {
    async fn resolve(&self, target: &SipAddr) -> rsipstack::Result<SipAddr> {
        Ok(target.clone())
    }
}
