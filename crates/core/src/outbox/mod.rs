//! Replies on their way: nothing lost, nothing twice.
//!
//! ```text
//! draft → (to approve) → waiting (for an instant, the network, its turn) → sending → sent, linked to its message
//!                                                                        ↘ refused · unsure · waiting again
//! ```
//! `write` takes a draft in and returns at once; `schedule` says when it may leave. `run` keeps one worker an account;
//! `attempt` is one try: look whether what is answered still stands, prepare, freeze key and bytes in one compare-and-set
//! before the first byte leaves, send; `last` is asked once more when the network is connected, while `ahead` makes the
//! next one ready. `outcome` writes down what came of it. Where the answer was lost, `look` finds the message (`pair` tells
//! equal ones apart), or sends the same bytes again only where the network refuses a second copy. What came without a key
//! nothing answers: `by_hand` gives the CM the text to publish, and they say what came of it. `settle` is the CM's word,
//! `undo` goes back on it, `restore` says what an older copy of the store must not send by itself. `state` is the table
//! they obey. A hold is asked in the compare-and-set, and stands in no row here.
//!
//! Replies of a conversation leave in the order written: an unsettled one holds those behind it, and no others.

mod ahead;
mod attempt;
mod by_hand;
mod last;
mod look;
mod outcome;
mod pair;
mod pictures;
mod read;
mod restore;
mod row;
mod run;
mod schedule;
mod settle;
mod state;
mod undo;
mod wall;
mod write;

pub(crate) use attempt::{CONFLICT, STALE};
pub(crate) use by_hand::recognised;
pub(crate) use look::noticed;
pub(crate) use read::{composer, foremost, linked, of_conversation, reply};
pub(crate) use restore::restored;
pub(crate) use row::OPEN;
pub(crate) use run::run;
pub(crate) use settle::{recover, undo_send};
pub(crate) use undo::undo_word;
pub(crate) use wall::leaks_of_own;

use crate::desk::Desk;
use crate::view::Change;
use guichet_model::{ConversationId, ReplyId};

/// Told where the outbox stands between two steps, so that a test can end the process exactly there.
pub trait Steps: Send + Sync {
    fn at(&self, step: &'static str);
}

/// Every step that is told: of an attempt, in its order, and of a pull.
pub const STEPS: [&str; 10] = [
    "reply written",
    "reply rechecked",
    "picture uploaded",
    "reply prepared",
    "reply frozen",
    "reply answered",
    "reply settled",
    "reply looked for",
    "page pulled",
    "page kept",
];

impl Desk {
    /// Once, before the engine starts.
    pub fn watch_steps(&self, steps: std::sync::Arc<dyn Steps>) {
        let _ = self.inner.steps.set(steps);
    }

    pub(crate) fn step(&self, step: &'static str) {
        if let Some(steps) = self.inner.steps.get() {
            steps.at(step);
        }
    }

    fn connected(&self) -> bool {
        self.inner.online.now() != Some(false)
    }
}

fn changed(reply: ReplyId, conversation: ConversationId) -> Change {
    Change { conversations: vec![conversation], replies: vec![reply], desk: true, ..Change::default() }
}

#[cfg(test)]
mod tests;
