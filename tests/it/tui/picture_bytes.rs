//! What the renderers write, decoded back.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use offhook::av::Picture;
use offhook::id::LegId;
use offhook::tui::{CellSize, Colours, Painter, Pictures, Renderer, Spot};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use super::head::head;

const CELL: CellSize = CellSize {
    width: 6,
    height: 12,
};
const SCREEN: Rect = Rect::new(0, 0, 30, 12);

struct Easel {
    painter: Painter,
    spot: Spot,
    renderer: Renderer,
}

impl Easel {
    /// A place of eight by three cells.
    fn new(renderer: Renderer) -> Self {
        Self {
            painter: Painter::new(CELL),
            spot: Spot {
                leg: Some(LegId(1)),
                area: Rect::new(4, 2, 8, 3),
                covers: Vec::new(),
            },
            renderer,
        }
    }

    fn paint(&mut self, picture: &Arc<Picture>) -> (Buffer, String) {
        let mut buffer = Buffer::empty(SCREEN);
        let pictures = Pictures {
            peers: BTreeMap::from([(LegId(1), Arc::clone(picture))]),
            ..Pictures::default()
        };
        let spots = std::slice::from_ref(&self.spot);
        self.painter
            .paint(&mut buffer, spots, &pictures, self.renderer);
        (buffer, self.painter.take_overlay())
    }

    fn paint_nothing(&mut self) -> String {
        let mut buffer = Buffer::empty(SCREEN);
        self.painter
            .paint(&mut buffer, &[], &Pictures::default(), self.renderer);
        self.painter.take_overlay()
    }
}

/// Fills the place of eight by three cells exactly: 48 by 36 pixels.
fn picture(n: u32) -> Arc<Picture> {
    Arc::new(head(48, 36, n))
}

/// One of kitty's commands: its keys and its payload.
fn kitty(bytes: &str) -> Vec<(BTreeMap<String, String>, String)> {
    let commands = bytes.split("\x1b_G").skip(1);
    let commands = commands.map(|command| {
        let command = command.split_once("\x1b\\").unwrap().0;
        let (keys, payload) = command.split_once(';').unwrap_or((command, ""));
        let keys = keys.split(',').map(|key| {
            let (key, value) = key.split_once('=').unwrap();
            (key.to_owned(), value.to_owned())
        });
        (keys.collect(), payload.to_owned())
    });
    commands.collect()
}

#[test]
fn kitty_gets_the_pixels_in_chunks_and_the_old_picture_goes_last() {
    let mut easel = Easel::new(Renderer::Kitty);
    let first = picture(0);
    let (buffer, bytes) = easel.paint(&first);
    assert!(
        bytes.starts_with("\x1b[3;5H"),
        "row and column of the place"
    );
    let commands = kitty(&bytes);
    let (keys, _) = &commands[0];
    for (key, value) in [
        ("a", "T"),
        ("f", "24"),
        ("s", "48"),
        ("v", "36"),
        ("c", "8"),
        ("r", "3"),
        ("q", "2"),
    ] {
        assert_eq!(keys[key], value, "{key}");
    }
    let last = commands.len() - 1;
    assert!(last >= 1, "more than one chunk");
    for (n, (keys, payload)) in commands.iter().enumerate() {
        assert!(payload.len() <= 4096);
        assert_eq!(keys["m"], if n == last { "0" } else { "1" });
    }
    let text: String = commands
        .iter()
        .map(|(_, payload)| payload.as_str())
        .collect();
    assert_eq!(STANDARD.decode(text).unwrap(), first.rgb);
    // The cells below count as changed when the picture goes.
    assert!(buffer[(4, 2)].modifier.contains(Modifier::HIDDEN));
    assert_eq!(easel.paint(&first).1, "", "the same picture costs nothing");

    let (_, bytes) = easel.paint(&picture(1));
    let next = kitty(&bytes);
    let (gone, _) = next.last().unwrap();
    assert_eq!((&*gone["a"], &gone["i"]), ("d", &keys["i"]));
    assert_ne!(next[0].0["i"], keys["i"]);
    let gone = kitty(&easel.paint_nothing());
    assert_eq!((&*gone[0].0["a"], &gone[0].0["i"]), ("d", &next[0].0["i"]));
}

#[test]
fn what_lies_over_a_picture_turns_it_into_half_blocks_beside() {
    let mut easel = Easel::new(Renderer::Kitty);
    let (_, bytes) = easel.paint(&picture(0));
    let id = kitty(&bytes)[0].0["i"].clone();
    easel.spot.covers.push(Rect::new(6, 3, 20, 5));
    let (buffer, bytes) = easel.paint(&picture(0));
    let gone = kitty(&bytes);
    assert_eq!((gone.len(), &*gone[0].0["a"]), (1, "d"));
    assert_eq!(gone[0].0["i"], id);
    assert_eq!(
        buffer[(6, 3)],
        ratatui::buffer::Cell::default(),
        "the cover's"
    );
    assert_ne!(buffer[(5, 3)].bg, Color::Reset, "the picture's");
    easel.spot.covers.clear();
    let (_, bytes) = easel.paint(&picture(0));
    assert_eq!(kitty(&bytes)[0].0["a"], "T");
}

#[test]
fn iterm2_gets_a_png_with_the_very_pixels() {
    let first = picture(0);
    let (_, bytes) = Easel::new(Renderer::Iterm2).paint(&first);
    let rest = bytes
        .strip_prefix("\x1b[3;5H\x1b]1337;File=inline=1;")
        .unwrap();
    let (keys, payload) = rest.strip_suffix('\x07').unwrap().split_once(':').unwrap();
    assert!(keys.contains("width=8;height=3;"), "{keys}");
    let file = STANDARD.decode(payload).unwrap();
    assert!(keys.contains(&format!("size={};", file.len())), "{keys}");
    assert_eq!(read_png(&file), (48, 36, first.rgb.clone()));
}

/// Reads a PNG whose pixels are stored.
fn read_png(file: &[u8]) -> (u32, u32, Vec<u8>) {
    let word = |at: usize| u32::from_be_bytes(file[at..at + 4].try_into().unwrap());
    assert_eq!(&file[..8], b"\x89PNG\r\n\x1a\n");
    let mut chunks = BTreeMap::new();
    let mut at = 8;
    while at < file.len() {
        let length = word(at) as usize;
        let (name, end) = (&file[at + 4..at + 8], at + 8 + length);
        assert_eq!(word(end), crc(&file[at + 4..end]), "{name:?}");
        chunks.insert(name.to_vec(), &file[at + 8..end]);
        at = end + 4;
    }
    assert!(chunks.contains_key(&b"IEND"[..]));
    let head = chunks[&b"IHDR"[..]];
    let size = |at: usize| u32::from_be_bytes(head[at..at + 4].try_into().unwrap());
    let (width, height) = (size(0), size(4));
    assert_eq!(head[8..], [8, 2, 0, 0, 0]);
    let zlib = chunks[&b"IDAT"[..]];
    assert_eq!(u16::from_be_bytes([zlib[0], zlib[1]]) % 31, 0);
    let mut lines = Vec::new();
    let mut at = 2;
    loop {
        let (flag, length) = (zlib[at], u16::from_le_bytes([zlib[at + 1], zlib[at + 2]]));
        assert_eq!(!length, u16::from_le_bytes([zlib[at + 3], zlib[at + 4]]));
        lines.extend(&zlib[at + 5..at + 5 + usize::from(length)]);
        at += 5 + usize::from(length);
        if flag == 1 {
            break;
        }
    }
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in &lines {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    assert_eq!(zlib[at..], ((b << 16) | a).to_be_bytes());
    let rows = lines.chunks_exact(1 + 3 * width as usize);
    let pixels = rows.flat_map(|row| {
        assert_eq!(row[0], 0);
        row[1..].to_vec()
    });
    (width, height, pixels.collect())
}

fn crc(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 {
                (sum >> 1) ^ 0xEDB8_8320
            } else {
                sum >> 1
            };
        }
    }
    !sum
}

#[test]
fn sixels_are_the_picture_in_the_colours_of_the_palette() {
    let first = picture(0);
    let (_, bytes) = Easel::new(Renderer::Sixel).paint(&first);
    let body = bytes.strip_prefix("\x1b[3;5H\x1bP7;1q").unwrap();
    let body = body.strip_suffix("\x1b\\").unwrap();
    let pixels = read_sixels(body, 48, 36);
    // Dithered, each place of four by four has its mean.
    for y in (0..36).step_by(4) {
        for x in (0..48).step_by(4) {
            for part in 0..3 {
                let mean = |get: &dyn Fn(usize) -> u32| {
                    let places = (0..16).map(|n| (y + n / 4) * 48 + x + n % 4);
                    places.map(get).sum::<u32>() / 16
                };
                let ours = mean(&|at| u32::from(first.rgb[at * 3 + part]));
                let theirs = mean(&|at| u32::from(pixels[at].expect("every pixel is drawn")[part]));
                assert!(ours.abs_diff(theirs) <= 24, "{ours} {theirs} at {x} {y}");
            }
        }
    }
}

/// Reads sixels; pixels that nothing draws are `None`.
fn read_sixels(body: &str, width: usize, height: usize) -> Vec<Option<[u8; 3]>> {
    let mut pixels = vec![None; width * height];
    let mut palette = BTreeMap::new();
    let (mut x, mut y, mut colour) = (0, 0, 0);
    let mut chars = body.chars().peekable();
    while let Some(c) = chars.next() {
        let mut numbers = || {
            let mut text = String::new();
            while let Some(digit) = chars.next_if(|c| c.is_ascii_digit() || *c == ';') {
                text.push(digit);
            }
            text.split(';')
                .map(|it| it.parse().unwrap())
                .collect::<Vec<usize>>()
        };
        match c {
            '"' => assert_eq!(numbers(), [1, 1, width, height]),
            '#' => {
                let numbers = numbers();
                colour = numbers[0];
                if let [_, 2, parts @ ..] = &numbers[..] {
                    let parts: Vec<u8> = parts.iter().map(|it| (it * 255 / 100) as u8).collect();
                    palette.insert(colour, [parts[0], parts[1], parts[2]]);
                }
            }
            '$' => x = 0,
            '-' => (x, y) = (0, y + 6),
            _ => {
                let n = if c == '!' { numbers()[0] } else { 1 };
                let sign = if c == '!' { chars.next().unwrap() } else { c };
                let mask = sign as u8 - b'?';
                for _ in 0..n {
                    for row in (0..6).filter(|row| mask & (1 << row) != 0) {
                        pixels[(y + row) * width + x] = Some(palette[&colour]);
                    }
                    x += 1;
                }
            }
        }
    }
    pixels
}

/// A picture of one colour, but for one pixel of half-blocks.
fn plain(colour: [u8; 3], odd: Option<[u8; 3]>) -> Arc<Picture> {
    let mut rgb = colour.repeat(8 * 6);
    if let Some(odd) = odd {
        rgb[..3].copy_from_slice(&odd);
    }
    Arc::new(Picture {
        width: 8,
        height: 6,
        rgb,
    })
}

#[test]
fn a_cell_stays_until_its_colour_has_changed_by_more_than_noise() {
    for renderer in [
        Renderer::HalfBlocks(Colours::True),
        Renderer::HalfBlocks(Colours::C256),
        Renderer::HalfBlocks(Colours::C16),
        Renderer::Ascii,
    ] {
        let mut easel = Easel::new(renderer);
        let (first, _) = easel.paint(&plain([100, 100, 100], None));
        for _ in 0..3 {
            let (same, _) = easel.paint(&plain([106, 94, 103], None));
            assert_eq!(same, first, "{renderer}");
        }
    }
    let mut easel = Easel::new(Renderer::HalfBlocks(Colours::True));
    easel.paint(&plain([100, 100, 100], None));
    let (now, overlay) = easel.paint(&plain([106, 94, 103], Some([107, 100, 100])));
    assert_eq!(now[(4, 2)].fg, Color::Rgb(107, 100, 100));
    assert_eq!(now[(4, 2)].bg, Color::Rgb(100, 100, 100));
    assert_eq!(now[(5, 2)].bg, Color::Rgb(100, 100, 100));
    assert_eq!(overlay, "");
}

#[test]
fn the_aspect_is_kept_whatever_the_place() {
    let tall = Arc::new(head(36, 48, 0));
    let mut easel = Easel::new(Renderer::HalfBlocks(Colours::True));
    easel.spot.area = Rect::new(0, 0, 20, 6);
    let (buffer, _) = easel.paint(&tall);
    // Six rows of twelve pixels are 72; three quarters of that are 54, nine columns.
    let columns = (0..20)
        .filter(|x| buffer[(*x, 0)].bg != Color::Reset)
        .count();
    assert_eq!(columns, 9);
}

#[test]
fn the_few_colours_are_those_a_terminal_knows() {
    let first = Arc::new(head(8, 6, 0));
    let (buffer, _) = Easel::new(Renderer::HalfBlocks(Colours::C256)).paint(&first);
    assert!(matches!(buffer[(5, 3)].bg, Color::Indexed(16..)));
    let (buffer, _) = Easel::new(Renderer::HalfBlocks(Colours::C16)).paint(&plain([0; 3], None));
    assert_eq!(buffer[(5, 3)].bg, Color::Black);
    let (buffer, _) = Easel::new(Renderer::Ascii).paint(&plain([255; 3], None));
    assert_eq!(buffer[(5, 3)].symbol(), "@");
    assert_eq!(buffer[(5, 3)].fg, Color::Reset);
}
