//! Tells whoever looks that something changed: ids only, after the commit.
//!
//! The first change goes at once, so that an act is seen in the next frame; those that follow within 50 ms are joined
//! into one, so that an intake of 20,000 comments is a calm screen.

use crate::view::Change;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast;

const APART: Duration = Duration::from_millis(50);
/// Beyond so many ids, reading everything again is cheaper than naming them.
const MOST_IDS: usize = 1_000;

#[derive(Clone)]
pub(crate) struct Changes {
    sender: broadcast::Sender<Change>,
    /// `Some` while the 50 ms after a broadcast run: what was announced meanwhile.
    gathering: Arc<Mutex<Option<Change>>>,
}

impl Changes {
    pub fn new() -> Self {
        Self { sender: broadcast::Sender::new(256), gathering: Arc::default() }
    }

    pub fn listen(&self) -> broadcast::Receiver<Change> {
        self.sender.subscribe()
    }

    /// An empty change announces nothing.
    pub fn announce(&self, change: Change) {
        if change == Change::default() {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            // Nobody could end the wait: better twice than never.
            let _ = self.sender.send(change);
            return;
        };
        let mut gathering = self.gathered();
        match gathering.as_mut() {
            Some(gathered) => join(gathered, change),
            None => {
                *gathering = Some(Change::default());
                drop(gathering);
                // Nobody listening is no failure.
                let _ = self.sender.send(change);
                runtime.spawn(self.clone().keep_apart());
            }
        }
    }

    async fn keep_apart(self) {
        loop {
            tokio::time::sleep(APART).await;
            let mut gathering = self.gathered();
            match gathering.take() {
                Some(change) if change != Change::default() => {
                    *gathering = Some(Change::default());
                    drop(gathering);
                    let _ = self.sender.send(change);
                }
                _ => return,
            }
        }
    }

    fn gathered(&self) -> std::sync::MutexGuard<'_, Option<Change>> {
        self.gathering.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Both changes as one, each id once.
pub(crate) fn join(into: &mut Change, other: Change) {
    into.conversations.extend(other.conversations);
    into.conversations.sort_unstable();
    into.conversations.dedup();
    into.replies.extend(other.replies);
    into.replies.sort_unstable();
    into.replies.dedup();
    into.templates |= other.templates;
    into.desk |= other.desk;
    into.all |= other.all || into.conversations.len() + into.replies.len() > MOST_IDS;
    if into.all {
        into.conversations.clear();
        into.replies.clear();
    }
}

#[cfg(test)]
#[path = "changes_tests.rs"]
mod tests;
