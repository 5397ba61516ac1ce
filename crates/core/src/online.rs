//! What is known of the connection: the system's word, and what the last request of each account met.
//!
//! One account that is not reached is its server's trouble; all of them are ours. When the network comes back, by the
//! system's word or by the first answer, everybody who waited for it is woken once.

use crate::desk::Desk;
use crate::view::Change;
use guichet_model::{AccountId, Fault, MINUTE, Unreached};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A server's clock that differs by more than this from ours: certificates and tokens begin to fail.
const APART: i64 = 5 * MINUTE;
/// Of several reasons the one that tells most comes first.
const TELLING: [Unreached; 6] = [
    Unreached::NoNetwork,
    Unreached::Portal,
    Unreached::Clock,
    Unreached::Unsafe,
    Unreached::NoAnswer,
    Unreached::NoName,
];

#[derive(Default)]
pub(crate) struct Online(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// The system says that there is no network.
    unplugged: bool,
    /// What the last request of each account met; `None`: an answer, whatever it said.
    met: HashMap<AccountId, Option<Unreached>>,
    /// Each server's clock less ours, in milliseconds.
    apart: HashMap<AccountId, i64>,
    /// How often the network came back.
    comebacks: u64,
}

impl Known {
    fn now(&self) -> Option<bool> {
        match self.unplugged {
            true => Some(false),
            false if self.met.is_empty() => None,
            false => Some(self.met.values().any(Option::is_none)),
        }
    }

    fn trouble(&self) -> Option<Unreached> {
        if self.unplugged {
            return Some(Unreached::NoNetwork);
        }
        if self.now() == Some(false) {
            return TELLING.into_iter().find(|why| self.met.values().any(|met| *met == Some(*why)));
        }
        // One server may be wrong; when all of them agree against us, we are.
        let ahead = |apart: &i64| *apart > APART;
        let behind = |apart: &i64| *apart < -APART;
        let wrong = self.apart.values().all(ahead) || self.apart.values().all(behind);
        (wrong && !self.apart.is_empty()).then_some(Unreached::Clock)
    }
}

impl Online {
    /// Whether the last requests came through. `None`: nothing tried yet.
    pub fn now(&self) -> Option<bool> {
        self.known().now()
    }

    /// Why nothing comes through, or what soon will keep it from doing so.
    pub fn trouble(&self) -> Option<Unreached> {
        self.known().trouble()
    }

    pub fn comebacks(&self) -> u64 {
        self.known().comebacks
    }

    pub fn system(&self) -> bool {
        !self.known().unplugged
    }

    /// Of an account that left, or signs in again, nothing is known.
    pub fn forget(&self, account: AccountId) {
        let mut known = self.known();
        known.met.remove(&account);
        known.apart.remove(&account);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
    /// The system's signal. What waited for a network is tried at once when it comes back.
    pub fn set_system_online(&self, yes: bool) {
        self.learn(|known| {
            if known.unplugged == yes {
                known.unplugged = !yes;
                // What was met before says nothing of what is there now.
                known.met.clear();
            }
        });
    }

    /// The clock was set, or runs otherwise than the system's: whatever waits for an instant looks at it again.
    pub fn look_at_the_clock(&self) {
        self.inner.wake_outbox.notify_one();
        self.inner.wake_intake.notify_one();
    }

    pub(crate) fn system_online(&self) -> bool {
        self.inner.online.system()
    }

    /// What a request of an account met: an answer, no connection, or something that says nothing of either.
    pub(crate) fn met_network(&self, account: AccountId, fault: Option<&Fault>) {
        let met = match fault {
            None | Some(Fault::Unsure | Fault::Later { .. }) => None,
            Some(Fault::Offline { why }) => Some(*why),
            // A missing secret or a refusal of our own is found without any network.
            Some(Fault::NeedsLogin | Fault::Blocked { .. } | Fault::Refused { .. } | Fault::Unreadable { .. }) => {
                return;
            }
        };
        self.learn(|known| {
            known.met.insert(account, met);
        });
    }

    /// How far the clock of an account's server is from ours.
    pub(crate) fn heard_clock(&self, account: AccountId, apart: Option<i64>) {
        if let Some(apart) = apart {
            self.learn(|known| {
                known.apart.insert(account, apart);
            });
        }
    }

    fn learn(&self, what: impl FnOnce(&mut Known)) {
        let (before, after, back) = {
            let mut known = self.inner.online.known();
            let before = (known.now(), known.trouble());
            what(&mut known);
            let after = (known.now(), known.trouble());
            let back = before.0 == Some(false) && after.0 != Some(false);
            known.comebacks += u64::from(back);
            (before, after, back)
        };
        if back {
            self.inner.wake_outbox.notify_one();
            self.inner.wake_intake.notify_one();
        }
        if before != after {
            tracing::info!(online = ?after.0, trouble = ?after.1, "the connection changed");
            self.announce(Change { desk: true, ..Change::default() });
        }
    }
}

#[cfg(test)]
#[path = "online_tests.rs"]
mod tests;
