//! The user's own commands at events: each event of the stream may start one.
//!
//! A hook is never in the way of a call: it runs beside the loop, a few at a time, and not for
//! long. What it is told comes on stdin and in the environment, never in the command itself.

mod asked;
mod decision;
mod environment;
mod job;
mod process;
mod queue;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{Arrival, Stamped};
use crate::config;
use asked::{Asked, Question};
use job::Job;
use process::Process;
use queue::Queue;

/// How many run at the same time.
const AT_ONCE: usize = 4;
/// How long those may take to die that have not ended in time when the program does.
const LAST_WORD: Duration = Duration::from_millis(500);

/// Stands for every event.
const ANY: &str = "*";

/// Which events start which commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookSettings {
    /// Shell commands by the name of their event; `*` is every event.
    pub commands: BTreeMap<String, String>,
    /// How long a command may take.
    pub time_limit: Duration,
    /// How long a decision is waited for.
    pub decision_limit: Duration,
}

impl From<config::Hooks> for HookSettings {
    fn from(hooks: config::Hooks) -> Self {
        Self {
            commands: hooks.commands,
            time_limit: Duration::from_secs(u64::from(hooks.time_limit)),
            decision_limit: Duration::from_secs(u64::from(hooks.decision_limit)),
        }
    }
}

impl Default for HookSettings {
    fn default() -> Self {
        config::Hooks::default().into()
    }
}

impl HookSettings {
    /// Returns how long a hook may think about a call that comes, if one decides about them.
    pub fn decides_incoming(&self) -> Option<Duration> {
        self.decides(Question::Incoming)
    }

    /// Returns how long a hook may think about hanging up, if one decides about that.
    pub fn decides_hang_up(&self) -> Option<Duration> {
        self.decides(Question::HangUp)
    }

    fn decides(&self, question: Question) -> Option<Duration> {
        let decides = self.commands.contains_key(question.event());
        decides.then_some(self.decision_limit)
    }
}

/// The hooks of one station.
#[derive(Debug)]
pub(super) struct Hooks {
    settings: HookSettings,
    bell: mpsc::Sender<Arrival>,
    /// `None` where nothing is configured, and after the end.
    runner: Option<Runner>,
}

impl Hooks {
    /// Gets ready. Decisions ring at the bell. Needs a tokio runtime around it.
    pub(super) fn start(settings: HookSettings, bell: mpsc::Sender<Arrival>) -> Self {
        let runner = (!settings.commands.is_empty()).then(|| Runner::start(settings.time_limit));
        Self {
            settings,
            bell,
            runner,
        }
    }

    /// Has the commands of an event run, soon.
    pub(super) fn publish(&self, stamped: &Stamped) {
        let Some(runner) = &self.runner else { return };
        let line = stamped.to_json();
        let fields: Value = serde_json::from_str(&line).expect("it was made of such a value");
        let event = fields["event"].as_str().unwrap_or_default();
        let mut environment = None;
        for key in [event, ANY] {
            let Some(command) = self.settings.commands.get(key) else {
                continue;
            };
            let environment = environment.get_or_insert_with(|| environment::of(&fields));
            // Only a command that was meant for the question answers it.
            let question = Question::of(key).zip(stamped.event.call.as_ref());
            let asked = question.map(|(question, call)| {
                let limit = self.settings.decision_limit;
                Asked::new(question, call.call_id.clone(), limit, self.bell.clone())
            });
            runner.queue.push(Job {
                event: event.to_owned(),
                command: command.clone(),
                line: line.clone(),
                environment: environment.clone(),
                asked,
            });
        }
    }

    /// Lets what has been published run, until `time_is_up`; then ends it.
    pub(super) async fn finish(&mut self, time_is_up: impl Future<Output = ()>) {
        let Some(mut runner) = self.runner.take() else {
            return;
        };
        runner.queue.close();
        tokio::select! {
            _ended = &mut runner.task => return,
            () = time_is_up => {}
        }
        runner.queue.clear();
        runner.hurry.cancel();
        // Whatever is left after that is killed with the runner.
        let _late = timeout(LAST_WORD, &mut runner.task).await;
    }
}

/// Starts what waits, in its order, a few at a time. What runs is killed when it is dropped.
#[derive(Debug)]
struct Runner {
    queue: Arc<Queue>,
    hurry: CancellationToken,
    task: JoinHandle<()>,
}

impl Runner {
    fn start(time_limit: Duration) -> Self {
        let queue = Arc::new(Queue::default());
        let hurry = CancellationToken::new();
        let task = tokio::spawn(run(Arc::clone(&queue), time_limit, hurry.clone()));
        Self { queue, hurry, task }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(queue: Arc<Queue>, time_limit: Duration, hurry: CancellationToken) {
    let mut running = JoinSet::new();
    loop {
        while running.len() >= AT_ONCE {
            running.join_next().await;
        }
        let Some(job) = queue.next().await else { break };
        // Those that have ended meanwhile make room.
        while running.try_join_next().is_some() {}
        let event = job.event.clone();
        match Process::start(job) {
            Ok(process) => {
                running.spawn(process.see_through(time_limit, hurry.clone()));
            }
            Err(error) => tracing::warn!(hook = event, %error, "the hook cannot be started"),
        }
    }
    while running.join_next().await.is_some() {}
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::future::pending;
    use std::io::{BufRead as _, BufReader};

    use tempfile::TempDir;

    use super::*;
    use crate::event::{Event, Happened};

    /// Hooks in a directory of their own, which their commands know as `$DIR`.
    struct Rig {
        dir: TempDir,
        hooks: Hooks,
        n_events: u64,
    }

    impl Rig {
        fn new(command: &str) -> Self {
            let dir = tempfile::tempdir().expect("a directory");
            let command = format!("DIR='{}'; {command}", dir.path().display());
            let settings = HookSettings {
                commands: BTreeMap::from([("ring.start".to_owned(), command)]),
                ..HookSettings::default()
            };
            let (bell, _door) = mpsc::channel(1);
            let hooks = Hooks::start(settings, bell);
            Self {
                dir,
                hooks,
                n_events: 0,
            }
        }

        fn publish(&mut self) {
            self.n_events += 1;
            let event = Event::new(Happened::RingStart);
            self.hooks.publish(&Stamped::new(self.n_events, event));
        }

        async fn finish(&mut self) {
            self.hooks.finish(pending()).await;
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(self.dir.path()).expect("a directory");
            let names =
                entries.map(|entry| entry.expect("an entry").file_name().into_string().unwrap());
            let mut names: Vec<String> = names.collect();
            names.sort();
            names
        }
    }

    #[tokio::test]
    async fn four_run_at_once_and_the_others_after_them() {
        // Each waits for three others beside it, so fewer than four at once would never end;
        // and sees whether a fifth has begun.
        let mut rig = Rig::new(
            "echo $OFFHOOK_SEQ > $DIR/begun
             until [ -e $DIR/go ]; do sleep 0.01; done
             touch $DIR/$OFFHOOK_SEQ",
        );
        let fifo = rig.dir.path().join("begun");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.expect("mkfifo").success());
        for _ in 0..6 {
            rig.publish();
        }
        let begun = tokio::task::spawn_blocking(move || {
            // Writing, too, so that it does not end between two of them.
            let fifo = fs::OpenOptions::new().read(true).write(true).open(fifo);
            let lines = BufReader::new(fifo.expect("a fifo")).lines().take(4);
            lines.map(Result::unwrap).collect::<Vec<String>>()
        });
        let mut begun = begun.await.expect("four begin");
        begun.sort();
        assert_eq!(begun, ["1", "2", "3", "4"]);
        let waiting = rig.hooks.runner.as_ref().map(|runner| runner.queue.len());
        assert_eq!(waiting, Some(2));
        fs::write(rig.dir.path().join("go"), "").expect("a file");
        // Their words need a reader, or they wait for ever.
        let fifo = rig.dir.path().join("begun");
        let _open = fs::OpenOptions::new().read(true).write(true).open(fifo);
        rig.finish().await;
        let wanted = ["1", "2", "3", "4", "5", "6", "begun", "go"];
        assert_eq!(rig.names(), wanted);
    }

    #[tokio::test]
    async fn what_is_published_before_the_end_still_runs() {
        let mut rig = Rig::new("touch $DIR/$OFFHOOK_SEQ");
        for _ in 0..9 {
            rig.publish();
        }
        assert_eq!(rig.names().len(), 0);
        rig.finish().await;
        assert_eq!(rig.names().len(), 9);
    }

    #[tokio::test]
    async fn without_hooks_nothing_waits() {
        let (bell, _door) = mpsc::channel(1);
        let mut hooks = Hooks::start(HookSettings::default(), bell);
        hooks.publish(&Stamped::new(1, Event::new(Happened::RingStart)));
        assert!(hooks.runner.is_none());
        hooks.finish(pending()).await;
    }

    #[tokio::test]
    async fn what_hangs_does_not_outlive_the_program() {
        let mut rig = Rig::new("echo > $DIR/begun; cat $DIR/begun; touch $DIR/ended");
        let fifo = rig.dir.path().join("begun");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.expect("mkfifo").success());
        rig.publish();
        let begun = tokio::task::spawn_blocking(move || fs::read(fifo));
        let is_running = async {
            begun.await.expect("it begins").expect("a fifo");
        };
        rig.hooks.finish(is_running).await;
        assert_eq!(rig.names(), ["begun"]);
    }

    #[tokio::test]
    async fn a_hook_has_none_of_our_files_and_sockets() {
        use std::os::fd::AsRawFd as _;
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let socket = socket.expect("a socket");
        let link = format!("/proc/self/fd/{}", socket.as_raw_fd());
        let link = fs::read_link(link).expect("it is open");
        let file = tempfile::NamedTempFile::new().expect("a file");
        let _database = rusqlite::Connection::open(file.path()).expect("a database");
        let mut rig = Rig::new("readlink /proc/$$/fd/* > $DIR/open");
        rig.publish();
        rig.finish().await;
        let open = fs::read_to_string(rig.dir.path().join("open")).expect("a list");
        assert!(open.lines().any(|file| file.ends_with("/open")), "{open}");
        for ours in [link.as_path(), file.path()] {
            let is_open = open.lines().any(|file| file == ours.as_os_str());
            assert!(!is_open, "{} in {open}", ours.display());
        }
    }
}
