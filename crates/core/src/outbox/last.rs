//! The last word before the first byte: whether a hold came while the network connected, or the machine slept.
//!
//! The compare-and-set has put the reply on the wire, and a connection may take seconds from there. What a hold covers when
//! it stands has surely not left, and waits again.

use super::outcome::{After, lose, surely_not_there};
use super::row::{Detail, Reply};
use super::state::{Event, State};
use crate::desk::Desk;
use crate::hold;
use crate::view::{Problem, Waiting};
use async_trait::async_trait;
use guichet_model::{LastWord, MINUTE, Millis, ReplyId};
use rusqlite::Transaction;
use std::sync::atomic::{AtomicBool, Ordering};

/// What may pass between freezing and the first byte: far less than a key's margin.
const AT_ONCE: i64 = 5 * MINUTE;

/// How often something was held until now.
pub(super) fn held(desk: &Desk) -> u64 {
    desk.inner.held.load(Ordering::SeqCst)
}

pub(super) struct Last {
    desk: Desk,
    reply: ReplyId,
    frozen: Millis,
    /// How often something had been held before it was frozen.
    held: u64,
    refused: AtomicBool,
}

impl Last {
    /// `held` is read before the freeze, which sees every hold that stands.
    pub fn of(desk: &Desk, reply: ReplyId, frozen: Millis, held: u64) -> Self {
        Self { desk: desk.clone(), reply, frozen, held, refused: AtomicBool::new(false) }
    }

    /// A machine that slept in between does not go on as if it had not: a key may have expired.
    pub fn slept(&self) -> bool {
        !(0..=AT_ONCE).contains(&self.desk.now().since(self.frozen))
    }

    /// Asked once, and the answer was no.
    pub fn refused(&self) -> bool {
        self.refused.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl LastWord for Last {
    async fn may_leave(&self) -> bool {
        let reply = self.reply;
        let held = match held(&self.desk) == self.held {
            true => false,
            // What cannot be asked does not leave.
            false => self.desk.store().reread(move |conn| hold::covers(conn, reply)).await.unwrap_or(true),
        };
        let free = !held && !self.slept();
        self.refused.store(!free, Ordering::SeqCst);
        free
    }
}

/// Nothing has left: a first attempt waits again, a repetition is as unsure as it was. The network is to blame for nothing.
pub(super) fn stopped(tx: &Transaction<'_>, reply: &Reply, now: Millis) -> Result<After, Problem> {
    if reply.state == State::Resending {
        lose(tx, reply, Event::NotDone, Detail::default(), now)?;
    } else if reply.step(tx, Event::NotDone, Detail { why: Some(Waiting::Turn), ..Detail::default() })? {
        surely_not_there(tx, reply.id)?;
    }
    Ok(After::GoOn)
}
