//! Two sessions, real sockets between them, and a network that may lose things.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use openh264::encoder::Encoder;
use openh264::formats::YUVSlices;

use crate::av::Pictures;
use crate::media::transport::{Happening, Session};
use crate::media::video::Planar;

/// Nothing here takes as long, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two pictures.
const FRAME: Duration = Duration::from_millis(20);

/// One end.
pub(super) struct Side {
    pub(super) session: Session,
    /// The pictures that came and were not taken yet.
    pub(super) pictures: VecDeque<(Arc<[u8]>, bool)>,
    /// Packets of sound.
    pub(super) n_sounds: usize,
    /// How often a whole picture was wished for.
    pub(super) n_wishes: usize,
    /// What the line takes, as told last.
    pub(super) bandwidth: Option<u64>,
    pub(super) is_connected: bool,
}

/// Both ends, and what is between them.
pub(super) struct Pair {
    pub(super) a: Side,
    pub(super) b: Side,
    /// One in so many packets is lost, each in its turn; 0 is none.
    pub(super) losing: u32,
    n_packets: u32,
    /// The bytes that went by, by the side that they came to.
    pub(super) n_bytes: [usize; 2],
}

impl Pair {
    pub(super) fn new() -> Self {
        Self::made(Instant::now())
    }

    /// Two that were made at a time that may be past.
    pub(super) fn made(then: Instant) -> Self {
        let side = || Side {
            session: Session::new(then).expect("loopback is there"),
            pictures: VecDeque::new(),
            n_sounds: 0,
            n_wishes: 0,
            bandwidth: None,
            is_connected: false,
        };
        let (a, b) = (side(), side());
        Self {
            a,
            b,
            losing: 0,
            n_packets: 0,
            n_bytes: [0; 2],
        }
    }

    /// Two that are connected and agreed on these pictures.
    pub(super) async fn connected(of_a: Pictures, of_b: Pictures) -> Self {
        let mut pair = Self::new();
        let offer = pair
            .a
            .session
            .offer(of_a, Instant::now())
            .expect("it goes well");
        let answer = pair
            .b
            .session
            .answer(&offer, of_b, Instant::now())
            .expect("it goes well");
        pair.a
            .session
            .accept(&answer, Instant::now())
            .expect("it goes well");
        pair.until("connected", |pair| {
            pair.a.is_connected && pair.b.is_connected
        })
        .await;
        pair
    }

    /// The first one makes an offer for the session that is up, and the other answers it.
    pub(super) fn change(&mut self, is_held: bool, of_a: Pictures, of_b: Pictures, restarts: bool) {
        let now = Instant::now();
        let offer = self
            .a
            .session
            .reoffer(is_held, of_a, restarts, now)
            .expect("it goes well");
        let answer = self
            .b
            .session
            .answer(&offer, of_b, now)
            .expect("it goes well");
        self.a.session.accept(&answer, now).expect("it goes well");
    }

    /// The first one begins anew.
    pub(super) fn again(&mut self) {
        let now = Instant::now();
        let anew = self.a.session.anew(now);
        self.a.session = anew.expect("loopback is there");
    }

    /// Lets the other one be the first.
    pub(super) fn turn(&mut self) {
        std::mem::swap(&mut self.a, &mut self.b);
    }

    /// Lets time go on until this is so.
    pub(super) async fn until(&mut self, what: &str, mut is_so: impl FnMut(&mut Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !is_so(self) {
            assert!(Instant::now() < end, "never {what}");
            self.step(Instant::now() + Duration::from_millis(10)).await;
        }
    }

    /// Sends pictures and sound both ways, as far as they go, and returns how many came: to a, to b.
    pub(super) async fn exchange(&mut self, film: &[Vec<u8>]) -> [usize; 2] {
        self.a.pictures.clear();
        self.b.pictures.clear();
        for (n, picture) in film.iter().enumerate() {
            let time = n as u64 * 3000;
            let now = Instant::now();
            for side in [&mut self.a, &mut self.b] {
                side.session
                    .send_picture(picture, time, now)
                    .expect("it goes well");
                side.session
                    .send(&[0xf8, 0xff, 0xfe], n as u64 * 960, &[], now)
                    .expect("it goes well");
            }
            self.step(now + FRAME).await;
        }
        let [to_a, to_b] = [&self.b, &self.a].map(|from| {
            let is_whole = from.session.takes_pictures() && self.losing == 0;
            if is_whole { film.len() } else { 0 }
        });
        self.until("all", |pair| {
            pair.a.pictures.len() >= to_a && pair.b.pictures.len() >= to_b
        })
        .await;
        // For what should not come.
        for _ in 0..10 {
            self.step(Instant::now() + FRAME).await;
        }
        [self.a.pictures.len(), self.b.pictures.len()]
    }

    /// How many of these came as they were: to a, to b.
    pub(super) fn count(&self, film: &[Vec<u8>]) -> [usize; 2] {
        [&self.a, &self.b].map(|side| {
            let came = side.pictures.iter().map(|(data, _)| &**data);
            came.filter(|data| film.iter().any(|sent| sent == data))
                .count()
        })
    }

    /// Lets time go on until then.
    pub(super) async fn step(&mut self, until: Instant) {
        loop {
            let now = Instant::now();
            for side in [&mut self.a, &mut self.b] {
                side.session.tick(now).expect("it goes well");
                side.digest();
            }
            if now >= until {
                return;
            }
            let deadlines = [&self.a, &self.b].map(|side| side.session.deadline());
            let wake = until.min(now + Duration::from_millis(10));
            let wake = deadlines.into_iter().flatten().fold(wake, Instant::min);
            tokio::select! {
                biased;
                () = poll_fn(|context| self.poll_readable(context)) => self.carry(),
                () = tokio::time::sleep_until(wake.into()) => {}
            }
        }
    }

    fn poll_readable(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut sides = [&self.a, &self.b].into_iter();
        match sides.any(|side| side.session.poll_readable(context).is_ready()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }

    fn carry(&mut self) {
        for (n, side) in [&mut self.a, &mut self.b].into_iter().enumerate() {
            for datagram in side.session.read() {
                // RFC 7983, 7: what begins so is media.
                if (128..192).contains(&datagram.bytes[0]) {
                    self.n_packets += 1;
                    if self.losing > 0 && self.n_packets.is_multiple_of(self.losing) {
                        continue;
                    }
                }
                self.n_bytes[n] += datagram.bytes.len();
                let received = side.session.receive(&datagram, Instant::now());
                received.expect("it goes well");
                side.digest();
            }
        }
    }
}

impl Side {
    fn digest(&mut self) {
        for happening in self.session.take() {
            match happening {
                Happening::Connected => self.is_connected = true,
                Happening::Picture {
                    data,
                    is_contiguous,
                } => self.pictures.push_back((data, is_contiguous)),
                Happening::KeyframeWanted => self.n_wishes += 1,
                Happening::Bandwidth(bits) => self.bandwidth = Some(bits),
                Happening::Packet { .. } => self.n_sounds += 1,
                Happening::Key { .. }
                | Happening::Heard
                | Happening::Rtt(_)
                | Happening::Told { .. }
                | Happening::Repeat { .. }
                | Happening::Closed => {}
            }
        }
    }
}

/// So many pictures of something that moves, the first of them whole.
pub(super) fn film(n_pictures: usize) -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new().expect("openh264 is built in");
    let mut planar = Planar::black(320, 240);
    let encode = |n: usize| {
        for (at, pixel) in planar.data[..320 * 240].iter_mut().enumerate() {
            let (x, y) = (at % 320, at / 320);
            let is_ball = (x + 400 - n * 2).is_multiple_of(64) || (y + n).is_multiple_of(48);
            *pixel = if is_ball { 200 } else { (x / 4 + y / 4) as u8 };
        }
        let source = YUVSlices::new(planar.planes(), (320, 240), (320, 160, 160));
        encoder.encode(&source).expect("a picture").to_vec()
    };
    (0..n_pictures).map(encode).collect()
}

/// Whether a picture goes by no other (RFC 6184, 5.4: unit type 5).
pub(super) fn is_whole(picture: &[u8]) -> bool {
    let starts = picture.windows(4).filter(|w| w[..3] == [0, 0, 1]);
    starts.map(|w| w[3] & 0x1f).any(|unit| unit == 5)
}
