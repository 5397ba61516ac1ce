//! An older copy of the store was opened: from a backup, from another machine.
//!
//! What this copy has not sent, the one it was made from may have sent since. So everything unsent is looked for before
//! anything else, under a hold that only the CM releases.

use super::attempt::{known_at, reach};
use super::row::{Detail, Known, OPEN, Reply};
use super::state::Event;
use crate::desk::Desk;
use crate::hold;
use crate::store::Durability;
use crate::view::Problem;
use guichet_model::{Millis, ReplyId};
use rusqlite::{Transaction, params};

/// Before the engine starts: what intake brings afterwards may be what the other copy sent, and must not count as known.
pub(crate) async fn restored(desk: &Desk) -> Result<(), Problem> {
    let now = desk.now();
    desk.store().write(Durability::Full, move |tx| hold_all(tx, now)).await
}

fn hold_all(tx: &Transaction<'_>, now: Millis) -> Result<(), Problem> {
    let newest: Option<i64> =
        tx.query_row(&format!("SELECT max(id) FROM reply WHERE state IN {OPEN}"), [], |row| row.get(0))?;
    let Some(newest) = newest else {
        return Ok(());
    };
    let unsent = format!("r.state IN {OPEN} AND r.state IN ('waiting','sending') ORDER BY +r.id");
    let unsent = Reply::all(tx, &unsent, [])?;
    for reply in &unsent {
        reply.step(tx, Event::Restored, Detail::default())?;
        // Of one never tried here the first attempt may have been as early as its writing: its key is as old as that.
        let known = match reply.first_try {
            Some(_) => reply.known.clone(),
            None => Known {
                ids: known_at(tx, reply.conversation)?,
                since: reach(tx, reply, reply.written_at)?,
                wall: reply.written_at,
            },
        };
        tx.prepare_cached("UPDATE reply SET first_try = ifnull(first_try, written_at), known = ?2 WHERE id = ?1")?
            .execute(params![reply.id.0, serde_json::to_string(&known)?])?;
    }
    tx.execute("UPDATE reply SET not_before = ?1, looks = 0 WHERE state = 'unsure'", [now.0])?;
    tracing::warn!(replies = unsent.len(), "an older copy of the inbox was opened: everything unsent is held");
    hold::on_restored(tx, ReplyId(newest), now)?;
    Ok(())
}
