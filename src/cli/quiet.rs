//! Keeps the screen to ourselves: alsa-lib and others write to stderr whenever they like.
//!
//! While a [`Quiet`] lives, file descriptor 2 is the log. Dropping it gives stderr back.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::panic;
use std::sync::Arc;
use std::thread;

/// Stderr, put aside.
#[derive(Debug)]
pub struct Quiet {
    stderr: Arc<OwnedFd>,
}

impl Quiet {
    /// Points stderr at the log, or at nothing where there is no log.
    ///
    /// A panic gets the real stderr back first, so that its words reach a person.
    pub fn start(log: Option<&File>) -> io::Result<Self> {
        let stderr = Arc::new(io::stderr().as_fd().try_clone_to_owned()?);
        match log {
            Some(log) => rustix::stdio::dup2_stderr(log)?,
            None => {
                rustix::stdio::dup2_stderr(OpenOptions::new().write(true).open("/dev/null")?)?;
            }
        }
        let (kept, next) = (Arc::clone(&stderr), panic::take_hook());
        panic::set_hook(Box::new(move |panic| {
            // Nothing can be done about it in the middle of a panic.
            let _not_given_back = rustix::stdio::dup2_stderr(&*kept);
            next(panic);
        }));
        Ok(Self { stderr })
    }

    /// Returns the stderr the process was started with, for what a person must read meanwhile.
    pub fn stderr(&self) -> io::Result<File> {
        Ok(File::from(self.stderr.try_clone()?))
    }
}

/// Makes a panic of a camera's driver bindings a line in the log: it is caught where it happens, and
/// the program goes on. To be called when all others have their hooks.
pub fn survive_cameras() {
    let next = panic::take_hook();
    panic::set_hook(Box::new(move |panic| match thread::current().name() {
        Some("camera" | "cameras") => tracing::warn!(%panic, "the bindings of a camera's driver"),
        Some(_) | None => next(panic),
    }));
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // It fails only for descriptors that are not open, and both are.
        let _not_given_back = rustix::stdio::dup2_stderr(&*self.stderr);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_panic_of_a_camera_is_nobody_elses() {
        let n_heard = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&n_heard);
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |_panic| {
            count.fetch_add(1, Ordering::SeqCst);
        }));
        survive_cameras();
        let heard = ["camera", "cameras", "media"].map(|name| {
            let thread = thread::Builder::new().name(name.into());
            let panicked = thread.spawn(|| panic!("on purpose")).unwrap().join();
            assert!(panicked.is_err());
            n_heard.load(Ordering::SeqCst)
        });
        panic::set_hook(before);
        assert_eq!(heard, [0, 0, 1]);
    }
}
