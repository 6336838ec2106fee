//! What the run loop hangs on itself.

mod history;
