//! A UDP socket for each address of this machine, so that what leaves has the right source.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::io::Interest;
use tokio::net::UdpSocket;

use super::arrival;

/// Addresses used at most; more only make connectivity checks slow.
const MAX_ADDRESSES: usize = 8;
/// Datagrams of a socket that are read at once.
const BATCH: usize = 64;
/// Nothing of ours, and nothing a peer should send, is longer.
const MAX_DATAGRAM: usize = 2000;

/// What came in.
#[derive(Debug)]
pub(in crate::media) struct Datagram {
    /// Our address.
    pub(in crate::media) local: SocketAddr,
    /// Theirs.
    pub(in crate::media) source: SocketAddr,
    /// When it reached this machine.
    pub(in crate::media) arrival: Instant,
    /// What it says.
    pub(in crate::media) bytes: Vec<u8>,
}

/// The sockets of one session, closed with it.
pub(super) struct Sockets {
    sockets: Vec<Socket>,
    is_watched: bool,
    reader: arrival::Reader,
    buffer: Vec<u8>,
    /// What would have left, where a test carries it.
    #[cfg(test)]
    pub(in crate::media) tap: Option<std::cell::RefCell<Vec<Datagram>>>,
}

struct Socket {
    local: SocketAddr,
    /// Reads and sends: tokio's lets nothing out before its first poll, and the first connectivity
    /// checks are sent sooner.
    udp: std::net::UdpSocket,
    /// Another handle of the same socket, known to the reactor: what comes wakes whoever waits.
    watch: Option<UdpSocket>,
}

/// How the sockets follow the addresses of this machine.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Moved {
    /// Sockets that were opened.
    pub(super) here: Vec<SocketAddr>,
    /// Sockets whose address is no longer this machine's. They are closed.
    pub(super) gone: Vec<SocketAddr>,
}

impl Sockets {
    /// Opens a socket on every address that works.
    pub(super) fn open() -> io::Result<Self> {
        let mut sockets = Self::none();
        match sockets.open_missing(&addresses()) {
            (opened, Some(error)) if opened.is_empty() => Err(error),
            _ => Ok(sockets),
        }
    }

    fn none() -> Self {
        Self {
            sockets: Vec::new(),
            is_watched: true,
            reader: arrival::Reader::new(),
            buffer: vec![0; MAX_DATAGRAM],
            #[cfg(test)]
            tap: None,
        }
    }

    /// Says whether what comes is to wake whoever [waits](Self::poll_readable). Who reads often
    /// anyway is spared a wake-up for each packet.
    pub(super) fn watch(&mut self, is_watched: bool) {
        self.is_watched = is_watched;
        for socket in &mut self.sockets {
            socket.watch(is_watched);
        }
    }

    /// Ready when there is something to [`read`](Self::read), if that is [watched](Self::watch) for.
    pub(super) fn poll_readable(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut watches = self.sockets.iter().filter_map(|it| it.watch.as_ref());
        match watches.any(|watch| watch.poll_recv_ready(context).is_ready()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }

    /// Takes what has come; of a flood, no more than a share.
    pub(super) fn read(&mut self) -> Vec<Datagram> {
        let (reader, buffer) = (&mut self.reader, &mut self.buffer);
        let mut came = Vec::new();
        for socket in &self.sockets {
            for _ in 0..BATCH {
                let Ok((length, source, arrival)) = reader.read(&socket.udp, buffer) else {
                    socket.rest();
                    break;
                };
                came.push(Datagram {
                    local: socket.local,
                    source,
                    arrival,
                    bytes: buffer[..length].to_vec(),
                });
            }
        }
        came
    }

    /// Opens sockets on addresses that are new and closes those on addresses that are gone.
    pub(super) fn refresh(&mut self) -> Moved {
        self.follow(&addresses())
    }

    fn follow(&mut self, addresses: &[IpAddr]) -> Moved {
        let (here, _) = self.open_missing(addresses);
        let mut gone = Vec::new();
        self.sockets.retain(|socket| {
            let stays = addresses.contains(&socket.local.ip());
            if !stays {
                gone.push(socket.local);
            }
            stays
        });
        Moved { here, gone }
    }

    fn open_missing(&mut self, addresses: &[IpAddr]) -> (Vec<SocketAddr>, Option<io::Error>) {
        let (mut opened, mut failure) = (Vec::new(), None);
        for ip in addresses {
            if self.sockets.iter().any(|s| s.local.ip() == *ip) {
                continue;
            }
            match Socket::open(*ip) {
                Ok(mut socket) => {
                    socket.watch(self.is_watched);
                    opened.push(socket.local);
                    self.sockets.push(socket);
                }
                Err(error) => {
                    tracing::debug!(%error, "an address takes no socket");
                    failure = Some(error);
                }
            }
        }
        (opened, failure)
    }

    /// Whether there is one on every address of this machine, and on no other.
    pub(super) fn are_all(&self) -> bool {
        let here = addresses();
        let is_on = |ip: &IpAddr| self.sockets.iter().any(|it| it.local.ip() == *ip);
        here.len() == self.sockets.len() && here.iter().all(is_on)
    }

    pub(super) fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.sockets.iter().map(|s| s.local)
    }

    /// Sends from the socket of this address. What the system does not take at once is lost, as on any network.
    pub(super) fn send(&self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        #[cfg(test)]
        if let Some(tap) = &self.tap {
            tap.borrow_mut().push(Datagram {
                local: to,
                source: from,
                arrival: Instant::now(),
                bytes: bytes.to_vec(),
            });
            return;
        }
        if let Some(socket) = self.sockets.iter().find(|s| s.local == from)
            && let Err(error) = socket.udp.send_to(bytes, to)
        {
            tracing::trace!(%error, "a datagram did not leave");
        }
    }
}

impl Socket {
    fn open(ip: IpAddr) -> io::Result<Self> {
        let udp = std::net::UdpSocket::bind((ip, 0))?;
        udp.set_nonblocking(true)?;
        arrival::ask(&udp);
        Ok(Self {
            local: udp.local_addr()?,
            udp,
            watch: None,
        })
    }

    fn watch(&mut self, is_watched: bool) {
        if is_watched == self.watch.is_some() {
            return;
        }
        let watched = is_watched.then(|| self.udp.try_clone().and_then(UdpSocket::from_std));
        self.watch = watched
            .transpose()
            .inspect_err(|error| tracing::debug!(%error, "a socket cannot be watched"))
            .unwrap_or_default();
    }

    /// All that came was read; the reactor takes note of that when it is told.
    fn rest(&self) {
        if let Some(watch) = &self.watch {
            let nothing = || Err::<(), _>(io::ErrorKind::WouldBlock.into());
            let _ = watch.try_io(Interest::READABLE, nothing);
        }
    }
}

/// The addresses of the interfaces that are up, other machines' first.
fn addresses() -> Vec<IpAddr> {
    let mut addresses: Vec<IpAddr> = match if_addrs::get_if_addrs() {
        Ok(interfaces) => interfaces
            .into_iter()
            .filter(|i| i.is_oper_up() || i.is_loopback())
            .filter(|i| !i.is_link_local())
            .map(|i| i.ip())
            .collect(),
        Err(error) => {
            tracing::debug!(%error, "no list of interfaces");
            Vec::new()
        }
    };
    if addresses.is_empty() {
        addresses.push(IpAddr::from([127, 0, 0, 1]));
    }
    addresses.sort_by_key(|ip| (ip.is_loopback(), ip.is_ipv6()));
    addresses.dedup();
    // Loopback stays in, however many others there are.
    while addresses.len() > MAX_ADDRESSES {
        let last_foreign = addresses.iter().rposition(|ip| !ip.is_loopback());
        addresses.remove(last_foreign.unwrap_or(addresses.len() - 1));
    }
    addresses
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::{BATCH, IpAddr, Moved, Sockets};

    #[tokio::test]
    async fn sockets_follow_the_addresses() {
        let mut sockets = Sockets::none();
        let at = |last: u8| IpAddr::from([127, 0, 0, last]);
        let first = sockets.follow(&[at(1), at(2)]);
        assert_eq!(first.here.len(), 2);
        assert_eq!(sockets.follow(&[at(1), at(2)]), Moved::default());
        let moved = sockets.follow(&[at(3), at(1)]);
        assert_eq!(moved.gone, first.here[1..]);
        assert_eq!(moved.here[0].ip(), at(3));
        let now: Vec<_> = sockets.addresses().collect();
        assert_eq!(now, [first.here[0], moved.here[0]]);
    }

    #[tokio::test]
    async fn all_that_came_is_read_at_once_and_a_flood_in_shares() {
        let mut sockets = Sockets::none();
        let at = |last: u8| IpAddr::from([127, 0, 0, last]);
        let here = sockets.follow(&[at(1), at(2)]).here;
        let sender = std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket");
        assert!(sockets.read().is_empty());
        for word in [b"one", b"two"] {
            sender.send_to(word, here[1]).expect("it is sent");
        }
        poll_fn(|context| sockets.poll_readable(context)).await;
        let came = sockets.read();
        let said: Vec<_> = came.iter().map(|d| d.bytes.as_slice()).collect();
        assert_eq!(said, [b"one", b"two"]);
        assert_eq!(came[0].local, here[1]);
        assert!(sockets.read().is_empty());

        for n in 0..=BATCH {
            sender.send_to(&[n as u8], here[0]).expect("it is sent");
        }
        poll_fn(|context| sockets.poll_readable(context)).await;
        assert_eq!(sockets.read().len(), BATCH);
        // What is left is told of without anything new.
        poll_fn(|context| sockets.poll_readable(context)).await;
        assert_eq!(sockets.read()[0].bytes, [BATCH as u8]);
    }
}
