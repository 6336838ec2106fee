//! Whose transaction it is. rsipstack finds a transaction by branch, Call-ID, tag and number, which
//! whoever was called has read; without this he could cancel or repeat the caller's INVITE in his own
//! name.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rsipstack::sip::Method;
use rsipstack::transaction::key::TransactionKey;
use tokio::time::Instant;

use super::flows::Flow;
use crate::id::UserId;

/// How long a request may be on its way to its transaction.
const UNDER_WAY: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(crate) struct Owners {
    table: Mutex<HashMap<TransactionKey, Owner>>,
}

struct Owner {
    flow: u64,
    user: Option<UserId>,
    since: Instant,
}

impl Owners {
    /// Tells whether a request may touch the transaction it names: a new one may, and so may those of
    /// the one who began it, over another socket of his too.
    pub(crate) fn admit(
        &self,
        now: Instant,
        key: TransactionKey,
        method: Method,
        flow: &Flow,
    ) -> bool {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let user = flow.user();
        if let Some(owner) = table.get(&key) {
            return owner.flow == flow.id() || (user.is_some() && owner.user == user);
        }
        if !matches!(method, Method::Ack | Method::Cancel) {
            let owner = Owner {
                flow: flow.id(),
                user,
                since: now,
            };
            table.insert(key, owner);
        }
        true
    }

    /// Forgets those whose transaction is over.
    pub(crate) fn sweep(&self, now: Instant, is_known: impl Fn(&TransactionKey) -> bool) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.retain(|key, owner| now < owner.since + UNDER_WAY || is_known(key));
    }

    pub(crate) fn len(&self) -> usize {
        self.table
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }
}
