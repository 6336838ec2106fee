//! What a hook decides in the person's place.

use serde::{Deserialize, Serialize};

/// A hook's word about a call that rings, or one that is about to be hung up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    /// Take the call.
    Accept {
        /// Custom data for the caller.
        custom_data: Option<String>,
    },
    /// Refuse it.
    Decline {
        /// Custom data for the caller.
        custom_data: Option<String>,
    },
    /// Refuse it as busy.
    Busy {
        /// Custom data for the caller.
        custom_data: Option<String>,
    },
    /// Let it ring there and be silent here.
    Ignore,
    /// Ring in another way.
    Ring {
        /// A sound's name or file.
        tone: Option<String>,
        /// What to show in place of the caller's name.
        name: Option<String>,
    },
    /// Do not hang up.
    Veto,
    /// The hook has nothing to say.
    Nothing,
}
