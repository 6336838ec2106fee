//! A moving picture that needs no camera: colour bars that wander, a ball, and a clock.

use std::time::{Duration, Instant};

use super::sink::Sink;
use super::stamp;
use super::{Format, OpenedAs};
use crate::media::device::Trouble;
use crate::media::video::Planar;

/// Y, U and V of white, yellow, cyan, green, magenta, red, blue and black at three quarters.
const BARS: [(u8, u8, u8); 8] = [
    (180, 128, 128),
    (162, 44, 142),
    (131, 156, 44),
    (112, 72, 58),
    (84, 184, 198),
    (65, 100, 212),
    (35, 212, 114),
    (16, 128, 128),
];

/// Shows pictures of the wanted size, as often as wanted, until the camera is closed.
pub(super) fn run(wanted: Format, sink: &Sink) -> Result<(), Trouble> {
    sink.open(OpenedAs {
        name: "test".to_owned(),
        front: true,
    });
    let height = usize::from(wanted.lines).clamp(48, 2160);
    let width = height * 4 / 3;
    let step = Duration::from_secs(1) / u32::from(wanted.fps.clamp(1, 120));
    let mut due = Instant::now();
    for n in 0.. {
        let mut picture = Planar::black(width, height);
        paint(&mut picture, n);
        stamp::stamp(&mut picture, stamp::now());
        sink.show(picture);
        // After a pause of the machine it goes on from now.
        due = (due + step).max(Instant::now());
        if !sink.wait_until(due) {
            break;
        }
    }
    Ok(())
}

fn paint(picture: &mut Planar, n: usize) {
    let (width, height) = (picture.width, picture.height);
    let (half, half_height) = (width / 2, height / 2);
    let shift = n * width / 150;
    let bar = |x: usize| BARS[(x + shift) % width * BARS.len() / width];
    let light: Vec<u8> = (0..width).map(|x| bar(x).0).collect();
    let blue: Vec<u8> = (0..half).map(|x| bar(2 * x).1).collect();
    let red: Vec<u8> = (0..half).map(|x| bar(2 * x).2).collect();
    let (y_plane, colour) = picture.data.split_at_mut(width * height);
    let (u_plane, v_plane) = colour.split_at_mut(half * half_height);
    for row in y_plane.chunks_exact_mut(width) {
        row.copy_from_slice(&light);
    }
    for row in u_plane.chunks_exact_mut(half) {
        row.copy_from_slice(&blue);
    }
    for row in v_plane.chunks_exact_mut(half) {
        row.copy_from_slice(&red);
    }
    // The ball bounces below the clock.
    let radius = height / 10;
    let sway = |n: usize, room: usize| {
        let at = n % (2 * room.max(1));
        at.min(2 * room.max(1) - at)
    };
    let x = radius + sway(n * width / 97, width - 2 * radius);
    let y = height / 4 + radius + sway(n * height / 61, height * 3 / 4 - 2 * radius);
    for line in y.saturating_sub(radius)..(y + radius).min(height) {
        let away = line.abs_diff(y);
        let reach = (radius * radius - away * away).isqrt();
        y_plane[line * width..][x - reach..(x + reach).min(width)].fill(235);
    }
}
