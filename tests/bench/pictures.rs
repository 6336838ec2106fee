//! What pictures cost, and how they come through: `cargo bench --bench pictures`.
//!
//! Costs of one picture are the time of one thread. The rest is measured between phones of this
//! process, over loopback, and drawn in half-blocks at 120 by 40: two with the test camera, 640 by
//! 480 and 30 pictures a second, and one in a grid of ten, 320 by 240 and ten a second.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "a failed bench may panic, and its table goes to a person"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::io::Write;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use offhook::av::Pictures;
use offhook::id::LegId;
use offhook::media::device::{CameraSpec, DeviceSpec, stamp};
use offhook::media::video::Planar;
use offhook::media::video::scale::Scaler;
use offhook::media::video::{Codec, Decoder, Encoder, Rate};
use offhook::media::{Media, MediaSettings, Order, Report};
use offhook::tui::{CellSize, Colours, Painter, Renderer, Spot, Terminal, shown};
use ratatui::layout::Rect;

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
    grid();
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
    let mut encoder = Encoder::new(Codec::H264, Rate { bitrate, fps: 30 }).unwrap();
    let (mut decoder, mut scaler) = (Decoder::new(Codec::H264), Scaler::default());
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
    fn new(camera: CameraSpec) -> Self {
        let (out, reports) = channel();
        let settings = MediaSettings {
            microphone: DeviceSpec::None,
            speaker: DeviceSpec::None,
            camera,
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
    let (a, b) = (Phone::new(CameraSpec::Test), Phone::new(CameraSpec::Test));
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
        phone.media.order(Order::Camera(true));
    }
    let is_over = Arc::new(AtomicBool::new(false));
    for phone in [&a, &b] {
        draw(phone, &[LEG], &is_over);
    }
    // The line is tried out first.
    rest(8);
    let (cpu, start) = (cpu_time(&phones()), Instant::now());
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
        "{name}: {:.1} pictures/s of {} lines, {} kb/s, {unread} without a readable clock; a phone takes {:.1} % of a core",
        gaps.len() as f64 / seconds,
        reading.height,
        sent.bitrate / 1000,
        (cpu_time(&phones()) - cpu) / 2.0 / seconds * 100.0,
    );
    row("  camera to gallery", &mut delays, "ms");
    row("  from one picture to the next", &mut gaps, "ms");
    is_over.store(true, Ordering::Relaxed);
}

/// One of ten who all see each other; the other nine know only the first one here, so that only
/// what that one does is like it is in a call.
fn grid() {
    let film = std::env::temp_dir().join(format!("offhook-grid-{}.y4m", std::process::id()));
    let mut file = std::fs::File::create(&film).unwrap();
    file.write_all(b"YUV4MPEG2 W320 H240 F10:1 C420jpeg\n")
        .unwrap();
    for n in 0..20 {
        file.write_all(b"FRAME\n").unwrap();
        file.write_all(&scene(320, 240, n).data).unwrap();
    }
    let camera = CameraSpec::File(film.clone());
    let before = phones();
    let one = Phone::new(camera.clone());
    one.media.order(Order::Camera(true));
    let legs: Vec<LegId> = (1..10).map(LegId).collect();
    let is_over = Arc::new(AtomicBool::new(false));
    draw(&one, &legs, &is_over);
    rest(1);
    let threads: BTreeSet<String> = phones().difference(&before).cloned().collect();
    let others: Vec<Phone> = legs.iter().map(|_| Phone::new(camera.clone())).collect();
    let pictures = Pictures::Exchange;
    for (leg, other) in legs.iter().zip(&others) {
        one.media.order(Order::Offer {
            leg: *leg,
            pictures,
        });
        let offer = one.sdp();
        other.media.order(Order::Answer {
            leg: LEG,
            offer,
            pictures,
        });
        let (leg, answer) = (*leg, other.sdp());
        one.media.order(Order::Accept { leg, answer });
        other.wait(|report| matches!(report, Report::Connected { .. }).then_some(()));
        other.media.order(Order::Camera(true));
    }
    rest(8);
    let (cpu, start) = (cpu_time(&threads), Instant::now());
    let decoded = || -> u64 {
        let of = |leg: &LegId| one.media.meters().pictures(*leg).map_or(0, |r| r.n_decoded);
        legs.iter().map(of).sum()
    };
    let n_before = decoded();
    rest(15);
    let seconds = start.elapsed().as_secs_f64();
    let reading = one.media.meters().pictures(LegId(9)).unwrap_or_default();
    println!(
        "one of ten: {:.1} pictures/s of each other, {} lines; takes {:.1} % of a core",
        (decoded() - n_before) as f64 / seconds / 9.0,
        reading.height,
        (cpu_time(&threads) - cpu) / seconds * 100.0,
    );
    is_over.store(true, Ordering::Relaxed);
    let _ = std::fs::remove_file(film);
}

fn rest(seconds: u64) {
    let until = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < until {
        thread::park_timeout(Duration::from_millis(50));
    }
}

/// Draws what a phone has of these, as large as it fits into a terminal that nobody looks at.
fn draw(phone: &Phone, legs: &[LegId], is_over: &Arc<AtomicBool>) {
    let columns = if legs.len() > 1 { 3 } else { 1 };
    let (width, height) = (120 / columns, 36 / columns);
    let spots: Vec<Spot> = (0_u16..)
        .zip(legs)
        .map(|(n, leg)| Spot {
            leg: Some(*leg),
            area: Rect::new(n % columns * width, 2 + n / columns * height, width, height),
            covers: Vec::new(),
        })
        .collect();
    let renderer = Renderer::HalfBlocks(Colours::True);
    let show = shown(&spots, renderer, CellSize::default());
    phone.media.order(Order::Show(show));
    let (gallery, legs, is_over) = (phone.media.gallery(), legs.to_vec(), Arc::clone(is_over));
    thread::spawn(move || {
        let mut terminal = Terminal::on(std::io::sink(), 120, 40).unwrap();
        let mut painter = Painter::new(CellSize::default());
        let mut n_before = Vec::new();
        while !is_over.load(Ordering::Relaxed) {
            thread::park_timeout(Duration::from_millis(33));
            let peers: BTreeMap<_, _> = legs
                .iter()
                .filter_map(|leg| Some((*leg, gallery.picture(Some(*leg))?)))
                .collect();
            let now: Vec<_> = peers.values().map(Arc::as_ptr).collect();
            if now == n_before {
                continue;
            }
            n_before = now;
            let pictures = offhook::tui::Pictures {
                peers,
                ..offhook::tui::Pictures::default()
            };
            terminal
                .draw(|frame| {
                    painter.paint(frame.buffer_mut(), &spots, &pictures, renderer);
                    painter.take_overlay()
                })
                .unwrap();
        }
    });
}

/// The threads of this process that are phones': all but the first, which looks on, and the lines.
fn phones() -> BTreeSet<String> {
    let first = std::process::id().to_string();
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.map(|task| task.unwrap().file_name().into_string().unwrap());
    let is_line = |task: &String| {
        let name = std::fs::read_to_string(format!("/proc/self/task/{task}/comm"));
        name.is_ok_and(|name| name.trim() == "line")
    };
    names
        .filter(|task| *task != first && !is_line(task))
        .collect()
}

/// The CPU time of these threads in seconds (proc(5): schedstat).
fn cpu_time(threads: &BTreeSet<String>) -> f64 {
    let of = |task: &String| {
        let text = std::fs::read_to_string(format!("/proc/self/task/{task}/schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    };
    threads.iter().filter_map(of).sum::<f64>() / 1e9
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
        let named = || thread::Builder::new().name("line".into());
        let carry = move || {
            for (due, bytes) in waiting {
                thread::sleep(due.saturating_duration_since(Instant::now()));
                let _ = out.send_to(&bytes, to);
            }
        };
        named().spawn(carry).unwrap();
        let dice = AtomicU32::new(seed);
        let read = move || {
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
        };
        named().spawn(read).unwrap();
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
