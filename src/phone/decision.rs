//! What somebody outside decided about a call before its person could.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::Phone;
use crate::command::Command;
use crate::id::CallId;

/// The answer to a call that comes, or to a wish to hang up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    /// Take it.
    Accept {
        /// An opaque string for the caller.
        custom_data: Option<String>,
    },
    /// Refuse it.
    Decline {
        /// An opaque string for the caller.
        custom_data: Option<String>,
    },
    /// Refuse it as if another call were going on.
    Busy {
        /// An opaque string for the caller.
        custom_data: Option<String>,
    },
    /// Let it ring there and not here.
    Ignore,
    /// Ring, perhaps in another way.
    Ring {
        /// What to ring with: a file or the name of a sound.
        tone: Option<String>,
        /// What the caller is called here. Fit to be drawn.
        name: Option<String>,
    },
    /// Do not hang up.
    Veto,
    /// Whatever would be done without a decision.
    Nothing,
}

impl Phone {
    /// Does what was decided, if the call still waits for it.
    pub(super) fn decided(&mut self, now: Instant, call: CallId, decision: Decision) {
        let call_id = Some(call);
        let command = match decision {
            Decision::Accept { custom_data } => Command::Accept {
                call_id,
                kind: None,
                custom_data,
            },
            Decision::Decline { custom_data } => Command::Decline {
                call_id,
                custom_data,
                note: None,
            },
            Decision::Busy { custom_data } => Command::Busy {
                call_id,
                custom_data,
            },
            Decision::Ignore | Decision::Ring { .. } | Decision::Veto | Decision::Nothing => return,
        };
        // The caller may have given up in the same moment.
        let _ = self.carry_out(now, command);
    }
}
