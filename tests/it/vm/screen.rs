//! A program on a terminal: what it draws is what a person sees, and keys are typed into it.

use std::ffi::OsStr;
use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use vt100::Color;

const ROWS: u16 = 32;
const COLUMNS: u16 = 110;
/// By the guest's clock, where nothing but what a test waits for goes on.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running program and its terminal.
pub(super) struct Screen {
    child: Child,
    keys: ChildStdin,
    output: Receiver<Vec<u8>>,
    terminal: vt100::Parser,
}

impl Screen {
    /// Starts what a command describes on a terminal of its own, which `script` has to give.
    pub(super) fn start(command: &Command) -> Self {
        let quoted = |word: &OsStr| format!("'{}'", word.to_str().expect("UTF-8"));
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let words: Vec<String> = words.map(quoted).collect();
        let words = words.join(" ");
        let line = format!("stty rows {ROWS} cols {COLUMNS} && exec {words}");
        let kept = command.get_envs();
        let kept = kept.filter_map(|(name, value)| Some((name, value?)));
        let mut script = Command::new("script");
        script
            .args(["-qfec", &line, "/dev/null"])
            .env_clear()
            .envs(kept)
            .env("TERM", "xterm-256color")
            .env("LANG", "C.UTF-8")
            .env("SHELL", "/bin/sh")
            .env("OFFHOOK_NO_MOTION", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if let Some(dir) = command.get_current_dir() {
            script.current_dir(dir);
        }
        let mut child = script.spawn().expect("script is in the guest");
        let keys = child.stdin.take().expect("a pipe");
        let mut stdout = child.stdout.take().expect("a pipe");
        let (sender, output) = mpsc::channel();
        thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(n @ 1..) = stdout.read(&mut piece) {
                if sender.send(piece[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            keys,
            output,
            terminal: vt100::Parser::new(ROWS, COLUMNS, 0),
        }
    }

    /// Presses keys, one after the other.
    pub(super) fn types(&mut self, keys: &str) {
        self.keys
            .write_all(keys.as_bytes())
            .and_then(|()| self.keys.flush())
            .expect("it reads its keys");
    }

    /// Waits until words stand on the screen.
    pub(super) fn shows(&mut self, words: &str) {
        self.waits(words, |text| text.contains(words));
    }

    /// Waits until words do not stand on the screen.
    pub(super) fn shows_no(&mut self, words: &str) {
        let what = format!("screen without {words:?}");
        self.waits(&what, |text| !text.contains(words));
    }

    fn waits(&mut self, what: &str, holds: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = self.text();
            if holds(&text) {
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(piece) => self.terminal.process(&piece),
                Err(_) => panic!("no {what:?} on the screen:\n{text}"),
            }
        }
    }

    /// The colours of all cells that are drawn as two halves, which pictures are.
    pub(super) fn picture(&mut self) -> Vec<(Color, Color)> {
        self.take_in();
        let screen = self.terminal.screen();
        let places = (0..ROWS).flat_map(|row| (0..COLUMNS).map(move |column| (row, column)));
        let cells = places.filter_map(|(row, column)| screen.cell(row, column));
        cells
            .filter(|cell| ["▀", "▄"].contains(&cell.contents()))
            .map(|cell| (cell.fgcolor(), cell.bgcolor()))
            .collect()
    }

    /// What a person can read now.
    pub(super) fn text(&mut self) -> String {
        self.take_in();
        self.terminal.screen().contents()
    }

    fn take_in(&mut self) {
        while let Ok(piece) = self.output.try_recv() {
            self.terminal.process(&piece);
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // The program goes with its terminal.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
