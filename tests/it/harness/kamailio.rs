//! A real Kamailio on a loopback port, configured as `assets/kamailio/kamailio.cfg` says.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use offhook::id::UserId;
use offhook::server::store::Users;
use tempfile::TempDir;

use super::PATIENCE;

const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/kamailio/kamailio.cfg");
/// Where its packages keep the tables.
const TABLES: &str = "/usr/share/kamailio/db_sqlite";

/// Runs until it is dropped. It knows alice, bob, carol and dave; the password of each is the ID and `-pw`.
#[derive(Debug)]
pub struct Kamailio {
    child: Child,
    port: u16,
    dir: TempDir,
}

impl Kamailio {
    /// Starts one and waits until it listens.
    pub fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        prepare(dir.path());
        // Somebody else may take the port between here and there; another try takes another port.
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0")
                .unwrap()
                .local_addr()
                .unwrap()
                .port();
            let path = dir.path().to_str().unwrap();
            let mut child = Command::new("kamailio")
                .args(["-f", CONFIG])
                .arg(format!("--substdef=!OFFHOOK_PORT!{port}!g"))
                .arg(format!("--substdef=!OFFHOOK_DATA!{path}!g"))
                .arg(format!("--substdef=!OFFHOOK_RUN!{path}!g"))
                .args(["-DD", "-E", "-m", "64", "-M", "8", "-Y"])
                .arg(dir.path())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .expect("kamailio runs; `.ci/setup` installs it");
            if is_up(&mut child, port) {
                return Self { child, port, dir };
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        panic!("kamailio does not start");
    }

    /// Waits until so many messages are kept for people who are away.
    pub fn wait_kept(&self, n: i64) {
        let silo = rusqlite::Connection::open(self.dir.path().join("silo.db")).unwrap();
        let until = Instant::now() + PATIENCE;
        let count = || silo.query_row("SELECT count(*) FROM silo", [], |row| row.get::<_, i64>(0));
        while count().unwrap() < n {
            assert!(Instant::now() < until, "fewer than {n} messages are kept");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }
}

/// Makes its users, and the tables for what it keeps.
fn prepare(dir: &Path) {
    let users = Users::open(dir).unwrap();
    for id in ["alice", "bob", "carol", "dave"] {
        users
            .add(&UserId::parse(id).unwrap(), &format!("{id}-pw"))
            .unwrap();
    }
    let silo = rusqlite::Connection::open(dir.join("silo.db")).unwrap();
    silo.execute_batch("PRAGMA journal_mode = WAL;").unwrap();
    for name in ["standard-create.sql", "msilo-create.sql"] {
        let tables = fs::read_to_string(Path::new(TABLES).join(name));
        let tables = tables.expect("the package has it; `.ci/setup tests` installs it");
        silo.execute_batch(&tables).unwrap();
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
