//! Going back on the CM's word: a yes, a try, what settled a reply, a text taken back, an instant.
//!
//! What a reply was is kept beside the act, and put back only where the reply still is as the act left it: untried, under
//! the same key, and its text in no composer's hands. So nothing that may have left since is begun again. A reply comes
//! back to an end it had left only while none behind it has begun to leave, and no copy of the store goes back on what
//! was said before it was one: the other copy may have gone on.

use super::by_hand;
use super::changed;
use super::row::Reply;
use super::schedule;
use super::state::{self, State};
use crate::draft::GivenBack;
use crate::journal::{Restored, UNDONE_WITHIN};
use crate::view::{Problem, Waiting};
use crate::{attachment, changes};
use guichet_model::{ActId, Millis, ReplyId};
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Transaction, params, params_from_iter};
use serde::{Deserialize, Serialize};

/// What a word may change of a row, besides what its undo counts anew.
const MOVABLE: &str = "state, detail, why, key, prepared, known, first_try, looked_at, looks, anyway, not_before,
    rests_from, send_at, tries";

/// A reply before a word.
pub(super) struct Was {
    row: Vec<Value>,
    reply: Reply,
    /// Where its text would come back to.
    draft: GivenBack,
}

/// What the word left: as long as it stands so, the word can be undone.
#[derive(Serialize, Deserialize)]
struct Left {
    state: String,
    key: String,
    anyway: bool,
    send_at: Option<Millis>,
    message: Option<i64>,
    /// Of a text that came back.
    draft: Option<GivenBack>,
}

/// What is kept of a reply beside the act: what it was, and how the act left it.
pub(super) struct Kept {
    id: ReplyId,
    row: Vec<Value>,
    left: Left,
}

impl Was {
    pub fn of(tx: &Transaction<'_>, id: ReplyId) -> Result<Self, Problem> {
        let reply = Reply::one(tx, id)?;
        let sql = format!("SELECT {MOVABLE} FROM reply WHERE id = ?");
        let row = tx.prepare_cached(&sql)?.query_row([id.0], |row| {
            (0..row.as_ref().column_count()).map(|at| row.get(at)).collect::<Result<_, _>>()
        })?;
        let draft = GivenBack::before(tx, reply.conversation, &reply.key)?;
        Ok(Self { row, reply, draft })
    }

    /// Once the word was said; `None`: it cannot be gone back on.
    pub fn left(self, tx: &Transaction<'_>) -> Result<Option<Kept>, Problem> {
        let now = Reply::one(tx, self.reply.id)?;
        if !comes_back(now.state, self.reply.state) {
            return Ok(None);
        }
        let given_back = matches!(now.state, State::TakenBack | State::Discarded);
        let left = Left {
            state: now.state.stored().to_owned(),
            key: now.key,
            anyway: now.anyway,
            send_at: now.send_at,
            message: now.message.map(|message| message.0),
            draft: if given_back { Some(self.draft.after(tx, now.conversation)?) } else { None },
        };
        Ok(Some(Kept { id: now.id, row: self.row, left }))
    }
}

/// In the transaction of the act. What acts that can no longer be undone had kept is forgotten.
pub(super) fn keep(tx: &Transaction<'_>, act: ActId, kept: Vec<Option<Kept>>, now: Millis) -> Result<(), Problem> {
    for Kept { id, row, left } in kept.into_iter().flatten() {
        let marks = "?, ".repeat(row.len());
        let sql = format!("INSERT INTO reply_was (act, reply, {MOVABLE}, left_as) VALUES (?, ?, {marks}?)");
        let head = [Value::Integer(act.0), Value::Integer(id.0)];
        let values = head.into_iter().chain(row).chain([Value::Text(serde_json::to_string(&left)?)]);
        tx.prepare_cached(&sql)?.execute(params_from_iter(values))?;
    }
    tx.prepare_cached(
        "DELETE FROM reply_was
          WHERE act <= (SELECT id FROM journal WHERE at < ? ORDER BY at DESC, id DESC LIMIT 1)",
    )?
    .execute([now.plus(-UNDONE_WITHIN).0])?;
    Ok(())
}

/// Whether an undo may lead from where a word left a reply to what it was.
fn comes_back(left: State, was: State) -> bool {
    let stayed = left == was && matches!(was, State::Waiting | State::ToApprove);
    stayed || state::undone(left, was)
}

/// Puts back what is as the act left it, and counts the others.
pub(crate) fn undo_word(
    tx: &Transaction<'_>,
    act: ActId,
    detail: &serde_json::Value,
    now: Millis,
) -> Result<Restored, Problem> {
    let replies: Vec<ReplyId> = serde_json::from_value(detail["replies"].clone())?;
    let of_another_life: bool = tx
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM journal WHERE id > ? AND kind = 'restored')")?
        .query_row([act.0], |row| row.get(0))?;
    let mut restored = Restored::default();
    // The last word said stands on top of those before it.
    for id in replies.into_iter().rev() {
        let reply = Reply::one(tx, id)?;
        if !of_another_life && put_back(tx, act, &reply, now)? {
            changes::join(&mut restored.change, changed(id, reply.conversation));
        } else {
            restored.left += 1;
        }
    }
    tx.prepare_cached("DELETE FROM reply_was WHERE act = ?")?.execute([act.0])?;
    Ok(restored)
}

/// Whether it did. Where not, nothing was written.
fn put_back(tx: &Transaction<'_>, act: ActId, reply: &Reply, now: Millis) -> Result<bool, Problem> {
    let kept: Option<(String, u32, String)> = tx
        .prepare_cached("SELECT state, tries, left_as FROM reply_was WHERE act = ?1 AND reply = ?2")?
        .query_row(params![act.0, reply.id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((was, tries, left)) = kept else { return Ok(false) };
    let left: Left = serde_json::from_str(&left)?;
    let as_left = reply.state.stored() == left.state
        && reply.key == left.key
        && reply.tries == tries
        && reply.anyway == left.anyway
        && reply.send_at == left.send_at
        && reply.message.map(|message| message.0) == left.message;
    let Some(was) = State::of(&was, false).filter(|was| as_left && comes_back(reply.state, *was)) else {
        return Ok(false);
    };
    if !reply.state.is_open() && overtaken(tx, reply)? {
        return Ok(false);
    }
    if let Some(draft) = &left.draft
        && !draft.take_again(tx, reply.conversation, &reply.draft(), &reply.key)?
    {
        return Ok(false);
    }
    let set = MOVABLE.split(',').map(|name| format!("{0} = w.{0}", name.trim())).collect::<Vec<_>>().join(", ");
    tx.prepare_cached(&format!(
        "UPDATE reply SET {set}, message = NULL, sent_at = NULL
           FROM reply_was w WHERE w.act = ?1 AND w.reply = ?2 AND reply.id = ?2"
    ))?
    .execute(params![act.0, reply.id.0])?;
    let before = Reply::one(tx, reply.id)?;
    by_hand::unsay(tx, reply, now)?;
    if before.key != reply.key {
        attachment::rename(tx, &reply.key, &before.key)?;
    }
    match was {
        // What it was lost as is looked for at once.
        State::Unsure => {
            tx.prepare_cached("UPDATE reply SET not_before = ?2, rests_from = ?2, looks = 0 WHERE id = ?1")?
                .execute(params![reply.id.0, now.0])?;
        }
        State::Waiting => waits_again(tx, reply, &before, now)?,
        _ => {}
    }
    tracing::debug!(reply = reply.id.0, from = ?reply.state, to = ?was, "reply put back");
    Ok(true)
}

/// One that comes back to the outbox, or to another instant, can be taken back for as long as any other; what the CM is to
/// look at, they are to look at still.
fn waits_again(tx: &Transaction<'_>, reply: &Reply, before: &Reply, now: Millis) -> Result<(), Problem> {
    let same_instant = reply.state == State::Waiting && reply.send_at == before.send_at;
    if same_instant || matches!(before.detail.why, Some(Waiting::Conflict { .. })) {
        return Ok(());
    }
    schedule::stand_at(tx, before, before.send_at, now)
}

/// One behind it has begun to leave.
fn overtaken(tx: &Transaction<'_>, reply: &Reply) -> Result<bool, Problem> {
    Ok(tx
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM reply WHERE conversation = ?1 AND id > ?2 AND state IN ('sending','unsure','sent'))",
        )?
        .query_row(params![reply.conversation.0, reply.id.0], |row| row.get(0))?)
}
