//! Pictures on slow terminals: fewer of them, and keys that stay quick.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use offhook::id::LegId;
use offhook::tui::{
    Abilities, Answers, CellSize, Colours, Flow, Painter, Pictures, Renderer, Spot, Terminal,
};
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use super::head::head;

/// Takes what is written and keeps it.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const COLUMNS: u16 = 80;
const ROWS: u16 = 24;

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// What a run on a slow terminal was like.
struct Run {
    n_pictures: usize,
    /// From a key to the end of the frame that shows it.
    waits: Vec<Duration>,
    /// When the flow asked for another renderer.
    n_too_slow: usize,
}

/// Shows a talking head at a terminal of so many bytes a second for a virtual while, with a key
/// every 700 ms, as the program's loop does it.
fn run(rate: usize, renderer: Renderer, length: Duration) -> Run {
    let paper = Paper::default();
    let mut terminal = Terminal::on(paper, COLUMNS, ROWS).unwrap();
    let mut painter = Painter::new(CellSize::default());
    let mut flow = Flow::new(None);
    let begun = Instant::now();
    let (mut now, end) = (begun, begun + length);
    let mut busy_until: Option<Instant> = None;
    let (mut n_keys, mut shown_keys) = (0_u64, 0);
    let mut key_frame = None;
    let mut run = Run {
        n_pictures: 0,
        waits: Vec::new(),
        n_too_slow: 0,
    };
    let (width, height) = if renderer.is_graphics() {
        (320, 240)
    } else {
        (76, 42)
    };
    let mut picture = Arc::new(head(width, height, 0));
    while now < end {
        now += millis(1);
        let time = now - begun;
        if busy_until.is_some_and(|until| now >= until) {
            busy_until = None;
            run.n_too_slow += usize::from(flow.taken(now, renderer.is_graphics()));
            if let Some(pressed) = key_frame.take() {
                run.waits.push(now - pressed);
            }
        }
        n_keys = n_keys.max(time.as_millis() as u64 / 700);
        let is_stale = n_keys > shown_keys;
        let is_due = flow.is_due(now);
        if busy_until.is_some() || !(is_stale || is_due) {
            continue;
        }
        if is_due {
            let n = (time.as_millis() / 67) as u32;
            let mut moved = head(width, height, n);
            if n % 2 == 1 {
                // Light that flickers on a quarter of the rows: more than a slow terminal takes.
                let lines = moved.rgb.chunks_mut(usize::from(width) * 3).enumerate();
                for (_, line) in lines.filter(|(y, _)| y / 2 % 4 == 0) {
                    line.iter_mut()
                        .for_each(|part| *part = part.saturating_add(20));
                }
            }
            picture = Arc::new(moved);
        }
        let pictures = Pictures {
            peers: BTreeMap::from([(LegId(1), Arc::clone(&picture))]),
            ..Pictures::default()
        };
        let spots = [Spot {
            leg: Some(LegId(1)),
            area: Rect::new(2, 1, 76, 21),
            covers: Vec::new(),
        }];
        let text = format!("keys {n_keys}");
        let n_bytes = terminal
            .draw(|frame| {
                ratatui::text::Span::raw(&text).render(frame.area(), frame.buffer_mut());
                painter.paint(frame.buffer_mut(), &spots, &pictures, renderer);
                painter.take_overlay()
            })
            .unwrap();
        if painter.has_news() {
            run.n_pictures += 1;
            flow.sent(now, n_bytes);
        }
        if is_stale {
            shown_keys = n_keys;
            key_frame = Some(begun + millis(n_keys * 700));
        }
        let took = Duration::from_secs_f64(n_bytes as f64 / rate as f64);
        busy_until = Some(now + took);
    }
    run
}

#[test]
fn keys_are_quick_on_a_terminal_of_fifty_kilobytes_a_second() {
    let run = run(
        50_000,
        Renderer::HalfBlocks(Colours::True),
        Duration::from_secs(20),
    );
    let longest = run.waits.iter().skip(2).max().unwrap();
    assert!(run.waits.len() >= 24, "{}", run.waits.len());
    // One frame of pictures may be on its way when the key comes.
    assert!(*longest <= millis(500), "{longest:?}");
    let mean = run.waits.iter().sum::<Duration>() / run.waits.len() as u32;
    assert!(mean <= millis(200), "{mean:?}");
    // Pictures still come, fewer of them.
    assert!((20..300).contains(&run.n_pictures), "{}", run.n_pictures);
}

#[test]
fn a_fast_terminal_gets_thirty_pictures_a_second() {
    let run = run(
        50_000_000,
        Renderer::HalfBlocks(Colours::True),
        Duration::from_secs(4),
    );
    // A new picture comes fifteen times a second, and none is dropped.
    assert!(run.n_pictures >= 58, "{}", run.n_pictures);
    assert_eq!(run.n_too_slow, 0);
}

#[test]
fn graphics_on_a_slow_terminal_ask_for_something_lighter() {
    let run = run(500_000, Renderer::Kitty, Duration::from_secs(10));
    assert!(run.n_too_slow >= 1);
}

#[test]
fn far_away_terminals_get_no_more_bytes_than_is_good_for_them() {
    let mut flow = Flow::new(Some(100_000));
    let now = Instant::now();
    assert!(flow.is_due(now));
    flow.sent(now, 20_000);
    // The system took the bytes at once, but the line behind has not.
    flow.taken(now + millis(1), false);
    assert!(!flow.is_due(now + millis(199)));
    assert!(flow.is_due(now + millis(200)));
}

/// Writes only when it is let.
struct Gate {
    begun: Sender<usize>,
    open: Receiver<()>,
}

impl Write for Gate {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begun.send(bytes.len()).map_err(io::Error::other)?;
        self.open.recv().map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_terminal_that_takes_nothing_holds_nobody_up() {
    let (begun, writes) = channel();
    let (open, gate) = channel();
    let mut terminal = Terminal::on(Gate { begun, open: gate }, COLUMNS, ROWS).unwrap();
    assert!(!terminal.is_busy());
    let n_bytes = terminal.draw(|_frame| String::new()).unwrap();
    // Here we are, and the frame is still on its way.
    assert_eq!(writes.recv().unwrap(), n_bytes);
    assert!(terminal.is_busy());
    assert_eq!(terminal.take_time(), None);
    open.send(()).unwrap();
    terminal.idle().await;
    assert!(!terminal.is_busy());
    assert!(terminal.take_time().is_some());
    assert_eq!(terminal.take_time(), None, "it is told once");
}

/// Variables by name.
type Environment<'a> = &'a [(&'a str, &'a str)];

fn abilities(env: Environment<'_>, answers: Answers) -> Abilities {
    let get = |name: &str| {
        let found = env.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Abilities::of(get, &answers)
}

#[test]
fn what_a_terminal_can_show_is_known_by_its_environment_and_its_answers() {
    let nothing = Answers::default();
    let sixel = Answers {
        sixel: true,
        ..nothing
    };
    let kitty = Answers {
        kitty: true,
        ..nothing
    };
    let truth = Renderer::HalfBlocks(Colours::True);
    let some = Renderer::HalfBlocks(Colours::C256);
    let few = Renderer::HalfBlocks(Colours::C16);
    let cases: [(Environment<'_>, Answers, Renderer); 13] = [
        (&[("TERM", "xterm-kitty")], nothing, Renderer::Kitty),
        (
            &[("TERM", "xterm-256color"), ("KITTY_WINDOW_ID", "1")],
            nothing,
            Renderer::Kitty,
        ),
        (&[("TERM", "xterm-256color")], kitty, Renderer::Kitty),
        (
            &[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")],
            nothing,
            Renderer::Iterm2,
        ),
        (&[("TERM", "xterm-256color")], sixel, Renderer::Sixel),
        (&[("TERM", "xterm-256color")], nothing, some),
        (
            &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")],
            nothing,
            truth,
        ),
        (&[("TERM", "linux")], nothing, few),
        (&[("TERM", "dumb")], nothing, Renderer::Ascii),
        (
            &[("TERM", "xterm-kitty"), ("NO_COLOR", "1")],
            kitty,
            Renderer::Ascii,
        ),
        // Another program draws the terminal, and passes no graphics on.
        (
            &[
                ("TERM", "tmux-256color"),
                ("TMUX", "/tmp/x"),
                ("KITTY_WINDOW_ID", "1"),
            ],
            kitty,
            some,
        ),
        (&[("TERM", "screen-256color")], sixel, some),
        // Far away graphics are for those who ask for them.
        (
            &[("TERM", "xterm-kitty"), ("SSH_TTY", "/dev/pts/1")],
            nothing,
            truth,
        ),
    ];
    for (env, answers, expected) in cases {
        let known = abilities(env, answers);
        assert_eq!(known.renderers[0], expected, "{env:?}");
        assert_eq!(known.renderers.last(), Some(&Renderer::Off));
        assert_eq!(
            known.limit.is_some(),
            env.iter().any(|(key, _)| *key == "SSH_TTY")
        );
    }
}
