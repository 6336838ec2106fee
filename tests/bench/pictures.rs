//! What pictures cost, and how they come through: `cargo bench --bench pictures`.
//!
//! Costs of one picture are the time of one thread. The rest is measured between two media threads
//! of this process, over loopback, with the test camera at 640 by 480 and 30 pictures a second.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "a failed bench may panic, and its table goes to a person"
)]

use std::hint::black_box;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use offhook::av::{Pictures, Shown};
use offhook::id::LegId;
use offhook::media::device::{CameraSpec, DeviceSpec, stamp};
use offhook::media::video::Planar;
use offhook::media::video::h264::{Decoder, Encoder, Rate};
use offhook::media::video::scale::Scaler;
use offhook::media::{Media, MediaSettings, Order, Report};

const LEG: LegId = LegId(1);
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a call is watched.
const WATCH: Duration = Duration::from_secs(20);

fn main() {
    println!(
        "{:44} {:>8} {:>8} {:>8} {:>8}",
        "", "p5", "p50", "p95", "max"
    );
    for (width, height, bitrate) in [(640, 480, 1_500_000), (320, 240, 600_000)] {
        costs(width, height, bitrate);
    }
    watch("nothing lost", 0, 0);
    watch("5 % lost", 50, 0);
    watch("5 % lost, 40 ms each way", 50, 40);
}

fn row(name: &str, values: &mut [f64], unit: &str) {
    values.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| {
        let last = values.len().saturating_sub(1);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let index = (last as f64 * share).round() as usize;
        values.get(index).copied().unwrap_or(f64::NAN)
    };
    let parts = [0.05, 0.5, 0.95, 1.0].map(|share| format!("{:8.2}", at(share)));
    println!("{name:44} {} {unit}", parts.join(" "));
}

/// A picture with something like a head in it that moves, and the noise of a sensor.
fn scene(width: usize, height: usize, n: usize) -> Planar {
    let mut picture = Planar::black(width, height);
    let mut noise = n as u32 + 1;
    let centre = (
        width / 2 + (n * 3) % (width / 4),
        height / 2 + n % (height / 8),
    );
    for y in 0..height {
        for x in 0..width {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (dx, dy) = (x.abs_diff(centre.0) * 3, y.abs_diff(centre.1) * 2);
            let is_head = dx * dx + dy * dy < height * height / 2;
            let light = match is_head {
                true => 120 + (x * 7 / width + y * 13 / height + (x ^ y) % 9) * 3,
                false => 60 + y * 60 / height,
            };
            picture.data[y * width + x] = (light + (noise >> 30) as usize) as u8;
        }
    }
    let (half, n_light) = (width / 2, width * height);
    for (at, colour) in picture.data[n_light..].iter_mut().enumerate() {
        *colour = (118 + (at % half) * 20 / half) as u8;
    }
    picture
}

fn costs(width: usize, height: usize, bitrate: u32) {
    const N: usize = 150;
    let mut encoder = Encoder::new(Rate { bitrate, fps: 30 }).unwrap();
    let (mut decoder, mut scaler) = (Decoder::default(), Scaler::default());
    let mut shown = Planar::black(2, 2);
    let [mut encode, mut decode, mut small, mut large] = [const { Vec::new() }; 4];
    let pictures: Vec<Planar> = (0..N).map(|n| scene(width, height, n)).collect();
    let ms = |since: Instant| since.elapsed().as_secs_f64() * 1e3;
    for (n, picture) in pictures.iter().enumerate() {
        let since = Instant::now();
        let at = Duration::from_millis(n as u64 * 1000 / 30);
        let frame = encoder.encode(picture, at, false).unwrap();
        encode.push(ms(since));
        let Some(frame) = frame else { continue };
        let since = Instant::now();
        black_box(decoder.decode(&frame.data, true, &mut shown));
        decode.push(ms(since));
        for (size, costs) in [((80, 48), &mut small), ((400, 240), &mut large)] {
            let since = Instant::now();
            black_box(scaler.show(&shown, size, false));
            costs.push(ms(since));
        }
    }
    let of = format!("{width}x{height}");
    row(&format!("encode {of}"), &mut encode, "ms");
    row(&format!("decode {of}"), &mut decode, "ms");
    row(&format!("show {of} in 80x48"), &mut small, "ms");
    row(&format!("show {of} in 400x240"), &mut large, "ms");
}

struct Phone {
    media: Media,
    reports: Receiver<Report>,
}

impl Phone {
    fn new() -> Self {
        let (out, reports) = channel();
        let settings = MediaSettings {
            microphone: DeviceSpec::None,
            speaker: DeviceSpec::None,
            camera: CameraSpec::Test,
            ..MediaSettings::default()
        };
        let media = Media::start(settings, move |report| drop(out.send(report))).unwrap();
        Self { media, reports }
    }

    fn wait<T>(&self, pick: impl Fn(Report) -> Option<T>) -> T {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let report = self.reports.recv_timeout(left).expect("it comes in time");
            if let Some(found) = pick(report) {
                return found;
            }
        }
    }

    fn sdp(&self) -> String {
        self.wait(|report| match report {
            Report::Offer { sdp, .. } | Report::Answer { sdp, .. } => Some(sdp),
            _ => None,
        })
    }
}

/// Watches a call of two phones with pictures both ways, through a line that loses `per_mille` of
/// the packets, the same ones each time, and takes `delay` ms each way.
fn watch(name: &str, per_mille: u32, delay: u64) {
    let (a, b) = (Phone::new(), Phone::new());
    let line = Line::new(per_mille, delay);
    let pictures = Pictures::Exchange;
    a.media.order(Order::Offer { leg: LEG, pictures });
    let (offer, a_at) = through(&a.sdp(), &line.to_b);
    b.media.order(Order::Answer {
        leg: LEG,
        offer,
        pictures,
    });
    let (answer, b_at) = through(&b.sdp(), &line.to_a);
    line.start(a_at, b_at);
    a.media.order(Order::Accept { leg: LEG, answer });
    for phone in [&a, &b] {
        phone.wait(|report| matches!(report, Report::Connected { .. }).then_some(()));
        phone.media.order(Order::Show(vec![Shown {
            leg: Some(LEG),
            width: 160,
            height: 120,
        }]));
        phone.media.order(Order::Camera(true));
    }
    // The line is tried out first.
    let settled = Instant::now() + Duration::from_secs(8);
    while Instant::now() < settled {
        thread::park_timeout(Duration::from_millis(50));
    }
    let (cpu, start) = (cpu_time(), Instant::now());
    let gallery = b.media.gallery();
    let (mut delays, mut gaps) = (Vec::new(), Vec::new());
    let (mut last, mut last_at) = (None, Instant::now());
    let mut unread = 0;
    while start.elapsed() < WATCH {
        if let Some(picture) = gallery.picture(Some(LEG))
            && last
                .as_ref()
                .is_none_or(|last| !Arc::ptr_eq(last, &picture))
        {
            match stamp::read_stamp_rgb(&picture) {
                Some(ms) => delays.push(f64::from(stamp::now().wrapping_sub(ms))),
                None => unread += 1,
            }
            gaps.push(last_at.elapsed().as_secs_f64() * 1e3);
            last_at = Instant::now();
            last = Some(picture);
        }
        thread::park_timeout(Duration::from_millis(1));
    }
    let seconds = start.elapsed().as_secs_f64();
    let reading = b.media.meters().pictures(LEG).unwrap_or_default();
    let sent = a.media.meters().pictures(LEG).unwrap_or_default();
    println!(
        "{name}: {:.1} pictures/s of {} lines, {} kb/s, {unread} without a readable clock; both phones {:.1} % of a core",
        gaps.len() as f64 / seconds,
        reading.height,
        sent.bitrate / 1000,
        (cpu_time() - cpu) / seconds * 100.0,
    );
    row("  camera to gallery", &mut delays, "ms");
    row("  from one picture to the next", &mut gaps, "ms");
}

/// The CPU time of this process in seconds, of the watching loop too.
fn cpu_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split(' ')
        .collect();
    let ticks = |at: usize| fields.get(at).and_then(|f| f.parse::<f64>().ok());
    // Hundredths of a second, wherever this runs.
    (ticks(12).unwrap_or(0.0) + ticks(13).unwrap_or(0.0)) / 100.0
}

/// Two sockets: what comes to one leaves from the other, unless it is lost.
struct Line {
    to_a: Arc<UdpSocket>,
    to_b: Arc<UdpSocket>,
    is_over: Arc<AtomicBool>,
    per_mille: u32,
    delay: Duration,
}

impl Line {
    fn new(per_mille: u32, delay: u64) -> Self {
        let socket = || {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            let patience = Some(Duration::from_millis(50));
            socket.set_read_timeout(patience).unwrap();
            Arc::new(socket)
        };
        Self {
            to_a: socket(),
            to_b: socket(),
            is_over: Arc::default(),
            per_mille,
            delay: Duration::from_millis(delay),
        }
    }

    fn start(&self, a: SocketAddr, b: SocketAddr) {
        self.pump(&self.to_b, &self.to_a, a, 1);
        self.pump(&self.to_a, &self.to_b, b, 2);
    }

    fn pump(&self, from: &Arc<UdpSocket>, out: &Arc<UdpSocket>, to: SocketAddr, seed: u32) {
        let (from, out, is_over) = (Arc::clone(from), Arc::clone(out), Arc::clone(&self.is_over));
        let (per_mille, delay) = (self.per_mille, self.delay);
        let (late, waiting) = channel::<(Instant, Vec<u8>)>();
        thread::spawn(move || {
            for (due, bytes) in waiting {
                thread::sleep(due.saturating_duration_since(Instant::now()));
                let _ = out.send_to(&bytes, to);
            }
        });
        let dice = AtomicU32::new(seed);
        thread::spawn(move || {
            let mut buffer = [0; 2000];
            while !is_over.load(Ordering::Relaxed) {
                let Ok((n, _)) = from.recv_from(&mut buffer) else {
                    continue;
                };
                let thrown = dice.load(Ordering::Relaxed);
                let thrown = thrown.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                dice.store(thrown, Ordering::Relaxed);
                if (thrown >> 8) % 1000 >= per_mille {
                    let _ = late.send((Instant::now() + delay, buffer[..n].to_vec()));
                }
            }
        });
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

/// Puts the line in place of all candidates; returns the loopback one.
fn through(sdp: &str, line: &UdpSocket) -> (String, SocketAddr) {
    let port = line.local_addr().unwrap().port();
    let mut kept = String::new();
    let mut address = None;
    for text in sdp.lines() {
        if !text.starts_with("a=candidate:") {
            kept += &format!("{text}\r\n");
        } else if let Some((before, after)) = text.split_once(" 127.0.0.1 ") {
            let (real, after) = after.split_once(' ').unwrap();
            address = Some(format!("127.0.0.1:{real}").parse().unwrap());
            kept += &format!("{before} 127.0.0.1 {port} {after}\r\n");
        }
    }
    (kept, address.unwrap())
}
