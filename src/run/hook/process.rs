//! A hook as a process: what it is told, what it says, and when it has to go.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::{sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::asked::Asked;
use super::job::Job;
use super::{decision, environment};
use crate::address::clean;

/// The most bytes of the line with a decision.
const DECISION_BYTES: u64 = 4096;
/// The most bytes of stderr that are logged.
const STDERR_BYTES: u64 = 4096;
/// The most characters of one line in the log.
const LINE_CHARS: usize = 400;
/// How long a process may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(1);
/// The same while the program ends.
const SHORT_GRACE: Duration = Duration::from_millis(200);
/// How long its last words are waited for: something that it left behind may hold the pipes.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// A hook that runs.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    group: Group,
    job: Job,
}

impl Process {
    /// Starts a hook in a process group of its own. What waited for a decision of one that
    /// cannot be started learns that there is none.
    pub(super) fn start(job: Job) -> io::Result<Self> {
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(&job.command)
            .stdin(Stdio::piped())
            .stdout(match job.asked {
                Some(_) => Stdio::piped(),
                None => Stdio::null(),
            })
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        // Our password is among them, and fields of another event when a hook started us.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with(environment::PREFIX) {
                command.env_remove(name);
            }
        }
        command.envs(&job.environment);
        let child = command.spawn()?;
        let leader = child.id().and_then(|id| i32::try_from(id).ok());
        let group = Group(leader.and_then(Pid::from_raw));
        Ok(Self { child, group, job })
    }

    /// Talks with the hook until it ends; ends it when its time is up, or everybody is hurried.
    pub(super) async fn see_through(mut self, time_limit: Duration, hurry: CancellationToken) {
        let event = self.job.event.clone();
        let talk = talk(
            self.job,
            self.child.stdin.take(),
            self.child.stdout.take(),
            self.child.stderr.take(),
        );
        let mut talk = std::pin::pin!(talk);
        let mut is_talking = true;
        let mut time_is_up = std::pin::pin!(sleep(time_limit));
        let grace = loop {
            tokio::select! {
                status = self.child.wait() => {
                    // What it left running in the background is left alone.
                    self.group.0 = None;
                    match status {
                        Ok(status) if status.success() => {}
                        Ok(status) => tracing::warn!(hook = event, %status, "the hook failed"),
                        Err(error) => tracing::warn!(hook = event, %error, "the hook is lost"),
                    }
                    if is_talking {
                        let _cut_off = timeout(LAST_WORDS, talk).await;
                    }
                    return;
                }
                () = &mut talk, if is_talking => is_talking = false,
                () = &mut time_is_up => break GRACE,
                () = hurry.cancelled() => break SHORT_GRACE,
            }
        };
        tracing::warn!(hook = event, "the hook takes too long and is ended");
        self.group.signal(Signal::TERM);
        // Nobody waits for the child meanwhile: as long as it is not reaped, its process group
        // cannot be another's, and what it started may still need the second signal.
        sleep(grace).await;
        self.group.kill();
        // It is dead.
        let _status = self.child.wait().await;
    }
}

/// The process group of a hook. All in it are killed when it is dropped.
#[derive(Debug)]
struct Group(Option<Pid>);

impl Group {
    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.0 {
            // All may have ended already.
            let _gone = kill_process_group(pid, signal);
        }
    }

    fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn talk(
    job: Job,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
) {
    let tell = async {
        if let Some(mut stdin) = stdin {
            // A hook that does not care closes it unread.
            let _unread = stdin.write_all(format!("{}\n", job.line).as_bytes()).await;
        }
    };
    let hear = async {
        if let Some((asked, stdout)) = job.asked.zip(stdout) {
            hear(asked, stdout, &job.event).await;
        }
    };
    let log = async {
        if let Some(stderr) = stderr {
            log(stderr, &job.event).await;
        }
    };
    tokio::join!(tell, hear, log);
}

/// Takes the first line for an answer as soon as it is there.
async fn hear(asked: Asked, stdout: ChildStdout, event: &str) {
    let mut stdout = BufReader::new(stdout);
    let mut line = Vec::new();
    let mut first = (&mut stdout).take(DECISION_BYTES + 1);
    let read = timeout_at(asked.until, first.read_until(b'\n', &mut line)).await;
    let decision = match read {
        Ok(Ok(_)) if line.len() as u64 > DECISION_BYTES => {
            Err(format!("more than {DECISION_BYTES} bytes on a line"))
        }
        Ok(Ok(_)) => match str::from_utf8(&line) {
            Ok(line) => decision::parse(line, asked.question),
            Err(error) => Err(error.to_string()),
        },
        Ok(Err(error)) => Err(error.to_string()),
        Err(_late) => Err("it came too late".to_owned()),
    };
    match decision {
        Ok(decision) => asked.answer(decision),
        Err(error) => {
            tracing::warn!(hook = event, error, "the hook made no decision");
            drop(asked);
        }
    }
    drain(stdout).await;
}

/// Logs what a hook complains of, so far as it is not too much.
async fn log(stderr: ChildStderr, event: &str) {
    let mut stderr = BufReader::new(stderr);
    let mut lines = (&mut stderr).take(STDERR_BYTES);
    let mut line = Vec::new();
    while lines
        .read_until(b'\n', &mut line)
        .await
        .is_ok_and(|n| n > 0)
    {
        let text = clean(&String::from_utf8_lossy(&line), LINE_CHARS);
        tracing::warn!(hook = event, "{text}");
        line.clear();
    }
    drain(stderr).await;
}

/// Reads on to the end: a closed or full pipe would stop the hook.
async fn drain(mut pipe: impl tokio::io::AsyncRead + Unpin) {
    // It ends either way.
    let _ended = tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await;
}
