//! What pictures cost on the terminal: `cargo bench --bench cells`.
//!
//! A talking head with a camera's noise, drawn as the screen draws it: bytes and time a frame,
//! without the terminal's own time. The median of the frames after the first.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_lossless,
    reason = "a failed bench may panic, and its table goes to a person"
)]

#[path = "../it/tui/head.rs"]
mod head;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use offhook::id::LegId;
use offhook::tui::{CellSize, Colours, Painter, Pictures, Renderer, Spot, Terminal, shown};
use ratatui::layout::Rect;

const N_FRAMES: u32 = 90;
const FPS: f64 = 15.0;

fn main() {
    println!("a talking head over the whole terminal but four rows, {N_FRAMES} frames");
    println!(
        "{:28} {:>7} {:>10} {:>10} {:>9} {:>9} {:>10}",
        "", "size", "bytes", "max", "CPU ms", "kB/s", "first kB"
    );
    for (columns, rows) in [(80, 24), (120, 40)] {
        for renderer in [
            Renderer::HalfBlocks(Colours::True),
            Renderer::HalfBlocks(Colours::C256),
            Renderer::HalfBlocks(Colours::C16),
            Renderer::Ascii,
            Renderer::Sixel,
            Renderer::Kitty,
            Renderer::Iterm2,
        ] {
            measure(renderer, columns, rows);
        }
    }
}

fn measure(renderer: Renderer, columns: u16, rows: u16) {
    let cell = CellSize::default();
    let mut terminal = Terminal::on(std::io::sink(), columns, rows).unwrap();
    let mut painter = Painter::new(cell);
    let spots = [Spot {
        leg: Some(LegId(1)),
        area: Rect::new(0, 2, columns, rows - 4),
        covers: Vec::new(),
    }];
    // The media brings the size that was asked for, of 640 by 480, noise evened out by that.
    let want = shown(&spots, renderer, cell)[0];
    let (width, height) = if want.width * 3 > want.height * 4 {
        (want.height * 4 / 3, want.height)
    } else {
        (want.width, want.width * 3 / 4)
    };
    let mut bytes = Vec::new();
    let mut times = Vec::new();
    for n in 0..N_FRAMES {
        let picture = Arc::new(head::head(width, height, n));
        let pictures = Pictures {
            peers: BTreeMap::from([(LegId(1), picture)]),
            ..Pictures::default()
        };
        let begun = Instant::now();
        let n_bytes = terminal
            .draw(|frame| {
                painter.paint(frame.buffer_mut(), &spots, &pictures, renderer);
                painter.take_overlay()
            })
            .unwrap();
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
        bytes.push(n_bytes as f64);
    }
    let first = bytes.remove(0);
    times.remove(0);
    bytes.sort_unstable_by(f64::total_cmp);
    times.sort_unstable_by(f64::total_cmp);
    let mean = bytes.iter().sum::<f64>() / bytes.len() as f64;
    println!(
        "{:28} {:>7} {:>10.0} {:>10.0} {:>9.2} {:>9.0} {:>10.1}",
        renderer.words(),
        format!("{columns}x{rows}"),
        bytes[bytes.len() / 2],
        bytes[bytes.len() - 1],
        times[times.len() / 2],
        mean * FPS / 1000.0,
        first / 1000.0
    );
}
