//! A real Kamailio on a loopback port, with the users of `tests/data/kamailio.cfg`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// Runs until it is dropped. Every user's password is the ID and `-pw`.
#[derive(Debug)]
pub struct Kamailio {
    child: Child,
    port: u16,
    _dir: TempDir,
}

impl Kamailio {
    /// Starts one and waits until it listens.
    pub fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        // Somebody else may take the port between here and there; another try takes another port.
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0")
                .unwrap()
                .local_addr()
                .unwrap()
                .port();
            let config = include_str!("../../data/kamailio.cfg")
                .replace("@PORT@", &port.to_string())
                .replace("@RUN@", dir.path().to_str().unwrap());
            let file = dir.path().join("kamailio.cfg");
            fs::write(&file, config).unwrap();
            let mut child = Command::new("kamailio")
                .arg("-f")
                .arg(&file)
                .args(["-DD", "-E", "-m", "64", "-M", "8", "-Y"])
                .arg(dir.path())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .expect("kamailio runs; `.ci/setup` installs it");
            if is_up(&mut child, port) {
                return Self {
                    child,
                    port,
                    _dir: dir,
                };
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        panic!("kamailio does not start");
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }
}

/// Reads its log until it says that its processes run, and goes on reading so that the pipe never fills.
fn is_up(child: &mut Child, port: u16) -> bool {
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while log.read_line(&mut line).is_ok_and(|n| n > 0) {
        // The last of its processes that has something to say.
        if line.contains("a new child") {
            std::thread::spawn(move || log.lines().map_while(Result::ok).for_each(drop));
            return TcpStream::connect(("127.0.0.1", port)).is_ok();
        }
        line.clear();
    }
    false
}

impl Drop for Kamailio {
    fn drop(&mut self) {
        // Its first process ends the others when it is asked to, not when it is killed.
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }
}
