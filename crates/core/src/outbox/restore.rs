//! An older copy of the store was opened: from a backup, from another machine.
//!
//! What this copy has not sent, the one it was made from may have sent since. So everything unsent is looked for before
//! anything else, under a hold that only the CM releases.

use super::attempt::{known_at, reach};
use super::row::{Detail, Known, OPEN, Reply};
use super::state::Event;
use crate::desk::Desk;
use crate::hold;
use crate::journal;
use crate::store::Durability;
use crate::view::Problem;
use guichet_model::{Millis, ReplyId};
use rusqlite::{Transaction, params};
use serde_json::json;

/// Before the engine starts: what intake brings afterwards may be what the other copy sent, and must not count as known.
pub(crate) async fn restored(desk: &Desk) -> Result<(), Problem> {
    let now = desk.now();
    desk.store().write(Durability::Full, move |tx| hold_all(tx, now)).await
}

fn hold_all(tx: &Transaction<'_>, now: Millis) -> Result<(), Problem> {
    let newest: Option<i64> =
        tx.query_row(&format!("SELECT max(id) FROM reply WHERE state IN {OPEN}"), [], |row| row.get(0))?;
    let Some(newest) = newest else {
        // The journal tells all the same where the copy begins: nothing before is undone.
        journal::record(tx, now, "restored", None, json!({}))?;
        return Ok(());
    };
    let unsent = format!("r.state IN {OPEN} AND r.state IN ('waiting','sending') ORDER BY +r.id");
    let unsent = Reply::all(tx, &unsent, [])?;
    for reply in &unsent {
        lose(tx, reply, known_at(tx, reply.conversation)?)?;
    }
    tx.execute("UPDATE reply SET not_before = ?1, rests_from = ?1, looks = 0 WHERE state = 'unsure'", [now.0])?;
    tracing::warn!(replies = unsent.len(), "an older copy of the inbox was opened: everything unsent is held");
    hold::on_restored(tx, ReplyId(newest), now)?;
    Ok(())
}

/// `ids`: of ours in its conversation, that cannot be it.
fn lose(tx: &Transaction<'_>, reply: &Reply, ids: Vec<String>) -> Result<(), Problem> {
    reply.step(tx, Event::Restored, Detail::default())?;
    // Of one never tried here the first attempt may have been as early as its writing: its key is as old as that.
    let known = match reply.first_try {
        Some(_) => reply.known.clone(),
        None => Known { ids, since: reach(tx, reply, reply.written_at)?, wall: reply.written_at },
    };
    tx.prepare_cached("UPDATE reply SET first_try = ifnull(first_try, written_at), known = ?2 WHERE id = ?1")?
        .execute(params![reply.id.0, serde_json::to_string(&known)?])?;
    Ok(())
}

/// A yes, or another try, of a reply that a copy had: the other copy may have been given it before, so that it is looked
/// for first. What was read since the copy was opened may be it.
pub(super) fn look_first(tx: &Transaction<'_>, id: ReplyId, now: Millis) -> Result<(), Problem> {
    let of_copy: bool = tx
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM hold WHERE scope = 'restored' AND target >= ?)")?
        .query_row([id.0], |row| row.get(0))?;
    if !of_copy {
        return Ok(());
    }
    let reply = Reply::one(tx, id)?;
    let ids = tx
        .prepare_cached("SELECT remote FROM message WHERE conversation = ?1 AND ours = 1 AND id <= ?2")?
        .query_map(params![reply.conversation.0, reply.seen], |row| row.get(0))?
        .collect::<Result<Vec<String>, _>>()?;
    lose(tx, &reply, ids)?;
    tx.prepare_cached("UPDATE reply SET not_before = ?2, rests_from = ?2, looks = 0 WHERE id = ?1")?
        .execute(params![id.0, now.0])?;
    Ok(())
}
