//! Keeps the screen to ourselves: alsa-lib and others write to stderr whenever they like.
//!
//! While a [`Quiet`] lives, file descriptor 2 is the log. Dropping it gives stderr back.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::panic;
use std::sync::Arc;

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

impl Drop for Quiet {
    fn drop(&mut self) {
        // It fails only for descriptors that are not open, and both are.
        let _not_given_back = rustix::stdio::dup2_stderr(&*self.stderr);
    }
}
