//! The reply that follows, made ready while the one before it is on its way, so that settling the one and freezing the
//! other is one commit. A shortcut: whatever stands in its way is left to the walk, which meets it in its own turn.

use super::attempt::{self, Frozen};
use super::changed;
use super::row::Reply;
use super::run::{self, Due, Walk};
use crate::budget;
use crate::changes;
use crate::desk::Desk;
use crate::intake::health;
use crate::view::{Change, Problem};
use guichet_model::{AccountId, Millis, Prepared, ReplyId, Session};
use rusqlite::Transaction;
use std::sync::Arc;
use std::time::Duration;

/// What settling waits for the next one at most: an answer that is not on the disk yet is one that a crash loses.
const READY_WITHIN: Duration = Duration::from_secs(1);

/// Due, prepared, and with nothing left to ask before it may be frozen.
pub(super) struct Ahead {
    due: Due,
    prepared: Prepared,
}

/// The next one of the walk, where it can be had soon.
pub(super) async fn ready(desk: &Desk, session: &Arc<dyn Session>, account: AccountId, walk: &Walk) -> Option<Ahead> {
    let after = walk.ahead().filter(|_| desk.system_online())?;
    tokio::time::timeout(READY_WITHIN, prepared(desk, session, account, after)).await.ok()?.ok()?
}

async fn prepared(
    desk: &Desk,
    session: &Arc<dyn Session>,
    account: AccountId,
    after: (Millis, ReplyId),
) -> Result<Option<Ahead>, Problem> {
    let now = desk.now();
    let due = desk
        .store()
        .reread(move |conn| match health::blocked(conn, account, now)? {
            Some(_) => Ok(None),
            None => run::next_due(conn, account, now, Some(after)),
        })
        .await?;
    let Some(due) = due.filter(|due| attempt::asks_nothing(&due.reply, now)) else {
        return Ok(None);
    };
    let prepared = match due.reply.prepared.clone() {
        Some(prepared) => prepared,
        None => {
            let (session, outgoing) = (session.clone(), due.reply.outgoing());
            // Only the waiting ends: a request dropped on its way may be the one that renewed a token which counts once. What
            // is made too late is nobody's, and the walk makes its own: preparing is seen by none, as often as one likes.
            let making = tokio::spawn(async move { budget::first(session.prepare(&outgoing)).await });
            let Ok(Ok(prepared)) = making.await else { return Ok(None) };
            desk.step("reply prepared");
            prepared
        }
    };
    Ok(Some(Ahead { due, prepared }))
}

impl Ahead {
    /// In the transaction that settles the one before it, of which nothing is lost where this fails. What is returned is
    /// on the wire once that is committed.
    pub fn freeze(
        self,
        tx: &Transaction<'_>,
        now: Millis,
        apart: Option<i64>,
        change: &mut Change,
    ) -> Result<Option<(Due, Prepared)>, Problem> {
        let not_before = self.due.not_before;
        tx.execute_batch("SAVEPOINT ahead")?;
        let frozen = self.frozen(tx, now, apart);
        if frozen.is_err() {
            tx.execute_batch("ROLLBACK TO ahead")?;
        }
        tx.execute_batch("RELEASE ahead")?;
        Ok(match frozen {
            Ok(Some(Frozen::Goes(reply, prepared))) => {
                changes::join(change, changed(reply.id, reply.conversation));
                Some((Due { reply: *reply, not_before }, *prepared))
            }
            Ok(Some(Frozen::Stays(stays))) => {
                changes::join(change, stays);
                None
            }
            Ok(Some(Frozen::Blocked(_)) | None) | Err(_) => None,
        })
    }

    fn frozen(self, tx: &Transaction<'_>, now: Millis, apart: Option<i64>) -> Result<Option<Frozen>, Problem> {
        // The answer just taken in may have joined its conversation to another.
        let reply = Reply::one(tx, self.due.reply.id)?;
        let same = reply.key == self.due.reply.key && reply.text == self.due.reply.text;
        if !same || !attempt::asks_nothing(&reply, now) {
            return Ok(None);
        }
        attempt::freeze(tx, &reply, self.prepared, now, apart).map(Some)
    }
}
