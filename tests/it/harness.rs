//! The real program on loopback, with a home of its own and NDJSON as the remote control.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

pub mod browser;
pub mod kamailio;
pub mod opus_file;
pub mod pulse;

/// Long enough for a busy machine; a test that passes never waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A home directory that nothing else has touched.
pub struct Home(TempDir);

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file below the home and returns where it is.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("it is below the home")).expect("a directory");
        fs::write(&path, text).expect("a file");
        path
    }

    /// The program with arguments, cut off from the user's own files and variables.
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
        command
            .args(args)
            .current_dir(self.path())
            .env_clear()
            .env("HOME", self.path());
        for (variable, below) in [
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_RUNTIME_DIR", "run"),
        ] {
            command.env(variable, self.path().join(below));
        }
        for kept in ["PATH", "RUST_LOG", "RUST_BACKTRACE", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        command
    }

    /// Runs the program to its end with nothing on stdin.
    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Finished {
        Finished::from(
            self.command(args)
                .stdin(Stdio::null())
                .output()
                .expect("the program"),
        )
    }

    /// Runs the program to its end with a text on stdin.
    pub fn run_with<S: AsRef<OsStr>>(
        &self,
        stdin: &str,
        args: impl IntoIterator<Item = S>,
    ) -> Finished {
        let mut command = self.command(args);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program");
        let mut pipe = child.stdin.take().expect("a pipe");
        // The program may end without having read it.
        let _unread = pipe.write_all(stdin.as_bytes());
        drop(pipe);
        Finished::from(child.wait_with_output().expect("an end"))
    }

    /// Starts the program and leaves it running.
    pub fn start<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Binary {
        Binary::start(self.command(args))
    }

    /// Starts a server on a free port of this machine; users are kept in this home.
    pub fn serve(&self) -> Served {
        self.serve_with(&[])
    }

    /// The same with more options.
    pub fn serve_with(&self, more: &[&str]) -> Served {
        let mut args = vec!["serve", "--listen", "127.0.0.1:0"];
        args.extend(more);
        let mut binary = self.start(args);
        let line = binary.line_with("listening on ");
        let url = line.trim_start_matches("listening on ").to_owned();
        Served { binary, url }
    }
}

/// How a run ended and what it said.
#[derive(Debug)]
pub struct Finished {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }
}

/// A server that runs until it is dropped or stopped.
pub struct Served {
    pub binary: Binary,
    url: String,
}

impl Served {
    /// A server that was started another way and listens.
    pub fn from(binary: Binary, url: &str) -> Self {
        let url = url.to_owned();
        Self { binary, url }
    }

    /// Where to sign in, `ws://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// The running program. Killed when dropped.
pub struct Binary {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    stderr: Option<JoinHandle<String>>,
    seen: Vec<String>,
}

impl Binary {
    /// Starts what a command describes and leaves it running.
    pub fn start(mut command: Command) -> Self {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut stderr = child.stderr.take().expect("a pipe");
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let stderr = thread::spawn(move || {
            let mut bytes = Vec::new();
            // What was read before a failure is what there is to show.
            let _partial = stderr.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        });
        let stdin = child.stdin.take();
        Self {
            child,
            stdin,
            lines,
            stderr: Some(stderr),
            seen: Vec::new(),
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Writes one command, a JSON object.
    pub fn send(&mut self, command: &Value) {
        self.send_line(&command.to_string());
    }

    /// Writes one line, whatever it is.
    pub fn send_line(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        writeln!(stdin, "{line}")
            .and_then(|()| stdin.flush())
            .expect("it reads its stdin");
    }

    /// Ends its stdin.
    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Returns the next event of that name; those before it are skipped.
    pub fn wait_for(&mut self, event: &str) -> Value {
        self.wait_until(event, |value| value["event"] == event)
    }

    /// Returns the reply to the command with that id.
    pub fn reply(&mut self, id: u64) -> Value {
        self.wait_until(&format!("reply {id}"), |value| value["reply"] == id)
    }

    /// Returns the next JSON line that fits; those before it are skipped.
    pub fn wait_until(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let line = self.next_line(what, deadline);
            if let Ok(value) = serde_json::from_str::<Value>(&line)
                && fits(&value)
            {
                return value;
            }
        }
    }

    /// Returns the next line that contains the words.
    pub fn line_with(&mut self, words: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let line = self.next_line(words, deadline);
            if line.contains(words) {
                return line;
            }
        }
    }

    /// Waits until a file it writes has the words.
    pub fn wait_for_text(&mut self, file: &Path, words: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !fs::read_to_string(file).is_ok_and(|text| text.contains(words)) {
            if Instant::now() > deadline {
                self.give_up(&format!("no {words} in {} in {PATIENCE:?}", file.display()));
            }
            thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// Every line of stdout read so far, skipped ones too.
    pub fn seen(&self) -> &[String] {
        &self.seen
    }

    /// The names of the events read so far.
    pub fn events(&self) -> Vec<String> {
        let values = self
            .seen
            .iter()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        values
            .filter_map(|value| value["event"].as_str().map(str::to_owned))
            .collect()
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("it is running");
    }

    /// Waits for the end; returns the exit status and stderr. Lines that come until then count as seen.
    pub fn wait(&mut self) -> Finished {
        let deadline = Instant::now() + PATIENCE;
        while let Some(line) = self.poll_line("its end", deadline) {
            self.seen.push(line);
        }
        let status = self.child.wait().expect("it ends after its stdout");
        let stderr = self
            .stderr
            .take()
            .map(|thread| thread.join().expect("a reader"));
        Finished {
            status: status.code().unwrap_or(-1),
            stdout: self.seen.join("\n"),
            stderr: stderr.unwrap_or_default(),
        }
    }

    fn next_line(&mut self, what: &str, deadline: Instant) -> String {
        let Some(line) = self.poll_line(what, deadline) else {
            self.give_up(&format!("ended before {what}"));
        };
        self.seen.push(line.clone());
        line
    }

    fn poll_line(&mut self, what: &str, deadline: Instant) -> Option<String> {
        let patience = deadline.saturating_duration_since(Instant::now());
        match self.lines.recv_timeout(patience) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => self.give_up(&format!("no {what} in {PATIENCE:?}")),
        }
    }

    fn give_up(&mut self, why: &str) -> ! {
        // It may have ended already.
        let _ended = self.child.kill();
        let _status = self.child.wait();
        let stderr = self
            .stderr
            .take()
            .map(|thread| thread.join().unwrap_or_default());
        panic!(
            "{why}\nstdout so far:\n{}\nstderr:\n{}",
            self.seen.join("\n"),
            stderr.unwrap_or_default()
        );
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
