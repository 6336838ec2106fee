//! When a datagram reached this machine, by the kernel's clock where it tells: a thread that was held
//! up reads late, and that is no lateness of the network.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::Instant;

#[cfg(target_os = "linux")]
pub(super) use linux::{Reader, ask};
#[cfg(not(target_os = "linux"))]
pub(super) use others::{Reader, ask};

#[cfg(target_os = "linux")]
mod linux {
    use std::io::ErrorKind::WouldBlock;
    use std::io::IoSliceMut;
    use std::os::fd::AsRawFd;
    use std::time::{Duration, SystemTime};

    use nix::sys::socket::{
        ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt,
    };
    use nix::sys::time::TimeSpec;

    use super::{Instant, SocketAddr, UdpSocket, io};

    /// Nobody reads that late; it is the clock that was set.
    const LATEST: Duration = Duration::from_secs(10);

    /// Has the kernel say when something came. Where it does not, the time of reading counts.
    pub(in crate::media::transport) fn ask(socket: &UdpSocket) {
        if let Err(error) = setsockopt(socket, sockopt::ReceiveTimestampns, &true) {
            tracing::debug!(%error, "the kernel does not say when datagrams come");
        }
    }

    /// Reads datagrams.
    pub(in crate::media::transport) struct Reader {
        control: Vec<u8>,
    }

    impl Reader {
        pub(in crate::media::transport) fn new() -> Self {
            Self {
                control: nix::cmsg_space!(TimeSpec),
            }
        }

        /// Takes the next one; [`io::ErrorKind::WouldBlock`] when there is none. Returns its
        /// length, who sent it, and when it came.
        pub(in crate::media::transport) fn read(
            &mut self,
            udp: &UdpSocket,
            buffer: &mut [u8],
        ) -> io::Result<(usize, SocketAddr, Instant)> {
            match self.receive(udp, buffer) {
                // An ICMP answer to something sent before; what comes next is none the worse. A
                // socket that has nothing else to tell is not asked again and again.
                Err(error) if error.kind() != WouldBlock => {
                    let again = self.receive(udp, buffer).ok();
                    again.ok_or_else(|| WouldBlock.into())
                }
                received => received,
            }
        }

        fn receive(
            &mut self,
            udp: &UdpSocket,
            buffer: &mut [u8],
        ) -> io::Result<(usize, SocketAddr, Instant)> {
            let mut slices = [IoSliceMut::new(buffer)];
            let received = recvmsg::<SockaddrStorage>(
                udp.as_raw_fd(),
                &mut slices,
                Some(&mut self.control),
                MsgFlags::empty(),
            )?;
            let source = received.address.as_ref().and_then(address);
            let source = source.ok_or(io::ErrorKind::InvalidData)?;
            let stamp = received.cmsgs()?.find_map(stamp);
            let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            let age = stamp.and_then(|stamp| wall.ok()?.checked_sub(stamp));
            let age = age.filter(|age| *age < LATEST).unwrap_or_default();
            let now = Instant::now();
            let arrival = now.checked_sub(age).unwrap_or(now);
            Ok((received.bytes, source, arrival))
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum that grows")]
    fn stamp(told: ControlMessageOwned) -> Option<Duration> {
        match told {
            ControlMessageOwned::ScmTimestampns(stamp) => Some(stamp.into()),
            _ => None,
        }
    }

    fn address(of: &SockaddrStorage) -> Option<SocketAddr> {
        let v4 = || of.as_sockaddr_in().map(|v4| SocketAddr::V4((*v4).into()));
        let v6 = || of.as_sockaddr_in6().map(|v6| SocketAddr::V6((*v6).into()));
        v4().or_else(v6)
    }
}

#[cfg(not(target_os = "linux"))]
mod others {
    use super::{Instant, SocketAddr, UdpSocket, io};

    /// Nobody tells when something came; the time of reading counts.
    pub(in crate::media::transport) fn ask(_: &UdpSocket) {}

    /// Reads datagrams.
    pub(in crate::media::transport) struct Reader;

    impl Reader {
        pub(in crate::media::transport) fn new() -> Self {
            Self
        }

        /// Takes the next one; [`io::ErrorKind::WouldBlock`] when there is none. Returns its
        /// length, who sent it, and when it was read.
        pub(in crate::media::transport) fn read(
            &mut self,
            udp: &UdpSocket,
            buffer: &mut [u8],
        ) -> io::Result<(usize, SocketAddr, Instant)> {
            let (n, source) = udp.recv_from(buffer)?;
            Ok((n, source, Instant::now()))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn who_reads_late_knows_when_it_came() -> io::Result<()> {
        let udp = UdpSocket::bind("127.0.0.1:0")?;
        ask(&udp);
        let to = udp.local_addr()?;
        let sender = UdpSocket::bind("127.0.0.1:0")?;
        let (mut reader, mut buffer) = (Reader::new(), [0; 100]);
        // A kernel that stamped nothing so far begins with it when it finds time.
        for _ in 0..100 {
            let before = Instant::now();
            sender.send_to(b"word", to)?;
            let sent = Instant::now();
            while sent.elapsed() < Duration::from_millis(20) {
                std::hint::spin_loop();
            }
            let (n, source, arrival) = reader.read(&udp, &mut buffer)?;
            assert_eq!((&buffer[..n], source), (&b"word"[..], sender.local_addr()?));
            let slack = Duration::from_millis(5);
            assert!(arrival + slack > before && arrival <= Instant::now());
            if arrival < sent + slack {
                return Ok(());
            }
        }
        panic!("the kernel does not tell");
    }
}
