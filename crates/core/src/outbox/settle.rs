//! The CM's word on a reply, and the engine's at its start.

use super::changed;
use super::outcome::{adopted, link, lose};
use super::row::{Detail, OPEN, Reply};
use super::state::{Event, State};
use crate::desk::Desk;
use crate::store::Durability;
use crate::view::{Acted, Change, Problem, Settle, Waiting};
use crate::{draft, journal};
use guichet_model::text::normal;
use guichet_model::{ActId, MessageId, Millis, ReplyId, Visibility};
use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::json;

impl Desk {
    /// Its text goes back to the draft. `TooLate` from the instant it is on the wire.
    pub async fn take_back(&self, reply: ReplyId) -> Result<Acted, Problem> {
        let key = self.inner.doors.uuid();
        self.say(reply, "take_back", move |tx, row, _| give_back(tx, row, Event::TakenBack, &key)).await
    }

    /// Now, please: a waiting one is not kept for the network any longer, one in conflict leaves anyway, a refused
    /// one is tried again, an unsure one is looked for. `TooLate` for the others.
    pub async fn retry(&self, reply: ReplyId) -> Result<Acted, Problem> {
        self.say(reply, "retry", retry).await
    }

    /// The CM's word. `Invalid` of `message` where that message cannot be it, `TooLate` where nothing is left to say.
    pub async fn settle(&self, reply: ReplyId, word: Settle) -> Result<Acted, Problem> {
        let key = self.inner.doors.uuid();
        let kind = match word {
            Settle::IsThere { .. } => "settle_is_there",
            Settle::SendAgain => "settle_send_again",
            Settle::GiveUp => "settle_give_up",
        };
        self.say(reply, kind, move |tx, row, now| match word {
            Settle::IsThere { message } => is_there(tx, row, message, now),
            Settle::SendAgain => send_again(tx, row, &key, now),
            Settle::GiveUp => give_back(tx, row, Event::GivenUp, &key),
        })
        .await
    }

    async fn say(
        &self,
        id: ReplyId,
        kind: &'static str,
        word: impl FnOnce(&Transaction<'_>, &Reply, Millis) -> Result<(), Problem> + Send + 'static,
    ) -> Result<Acted, Problem> {
        let now = self.now();
        let (act, change) = self
            .store()
            .write(Durability::Full, move |tx| {
                let reply = Reply::one(tx, id)?;
                word(tx, &reply, now)?;
                let told = json!({ "reply": id, "conversation": reply.conversation });
                let act: ActId = journal::record(tx, now, kind, Some(reply.client), told)?;
                Ok((act, changed(id, reply.conversation)))
            })
            .await?;
        self.announce(change.clone());
        self.inner.wake_outbox.notify_one();
        Ok(Acted { act: Some(act), change })
    }
}

/// At the start of an engine whatever was on the wire is unsure.
pub(crate) async fn recover(desk: &Desk) -> Result<(), Problem> {
    let now = desk.now();
    desk.store().write(Durability::Full, move |tx| orphans(tx, None, now)).await?;
    Ok(())
}

/// Replies that stand on the wire though nobody is sending them: an engine died, or could not write down the answer.
pub(super) fn orphans(
    tx: &Transaction<'_>,
    account: Option<guichet_model::AccountId>,
    now: Millis,
) -> Result<Change, Problem> {
    let mut change = Change::default();
    let account = account.map(|account| account.0);
    let sending = format!("r.state IN {OPEN} AND r.state = 'sending' AND (?1 IS NULL OR r.account = ?1)");
    for reply in Reply::all(tx, &sending, [account])? {
        lose(tx, &reply, Event::Lost, Detail::default(), now)?;
        // One that died while it was repeated is looked for at once as well.
        tx.prepare_cached("UPDATE reply SET not_before = ?2 WHERE id = ?1 AND state = 'unsure'")?
            .execute(params![reply.id.0, now.0])?;
        crate::changes::join(&mut change, changed(reply.id, reply.conversation));
    }
    Ok(change)
}

/// Undoes a sending while it waits: what has left surely did not arrive. The text goes back to the draft, under the
/// key kept for it when it was sent. Returns whether it did.
pub(crate) fn undo_send(tx: &Transaction<'_>, detail: &serde_json::Value) -> Result<bool, Problem> {
    let (Some(id), Some(key)) = (detail["reply"].as_i64().map(ReplyId), detail["spare"].as_str()) else {
        return Ok(false);
    };
    let reply = Reply::one(tx, id)?;
    if reply.state != State::Waiting {
        return Ok(false);
    }
    give_back(tx, &reply, Event::TakenBack, key)?;
    Ok(true)
}

/// The text goes back to the composer. A draft begun meanwhile is kept, behind it.
fn give_back(tx: &Transaction<'_>, reply: &Reply, event: Event, key: &str) -> Result<(), Problem> {
    if !reply.step(tx, event, Detail::default())? {
        return Err(Problem::TooLate);
    }
    draft::give_back(tx, reply.conversation, reply.draft(), key)
}

fn retry(tx: &Transaction<'_>, reply: &Reply, now: Millis) -> Result<(), Problem> {
    let turn = Detail { why: Some(Waiting::Turn), ..Detail::default() };
    match (reply.state, reply.detail.why) {
        (State::Waiting, Some(Waiting::Conflict { .. })) => {
            reply.step(tx, Event::Again, turn)?;
            set_free(tx, reply.id, true, now)
        }
        (State::Waiting | State::Refused, _) => {
            reply.step(tx, Event::Again, turn)?;
            set_free(tx, reply.id, reply.anyway, now)
        }
        (State::Unsure, _) => {
            tx.prepare_cached("UPDATE reply SET not_before = ?2, looks = 0 WHERE id = ?1")?
                .execute(params![reply.id.0, now.0])?;
            Ok(())
        }
        _ => Err(Problem::TooLate),
    }
}

fn set_free(tx: &Transaction<'_>, reply: ReplyId, anyway: bool, now: Millis) -> Result<(), Problem> {
    tx.prepare_cached("UPDATE reply SET not_before = ?2, anyway = ?3 WHERE id = ?1")?
        .execute(params![reply.0, now.0, anyway])?;
    Ok(())
}

/// A new reply in all but its place in the conversation: a new key, nothing frozen. It may be there twice afterwards.
fn send_again(tx: &Transaction<'_>, reply: &Reply, key: &str, now: Millis) -> Result<(), Problem> {
    let turn = Detail { why: Some(Waiting::Turn), ..Detail::default() };
    if !reply.step(tx, Event::Again, turn)? {
        return Err(Problem::TooLate);
    }
    tx.prepare_cached(
        "UPDATE reply SET key = ?2, prepared = NULL, known = NULL, first_try = NULL, looked_at = NULL, looks = 0
          WHERE id = ?1",
    )?
    .execute(params![reply.id.0, key])?;
    set_free(tx, reply.id, true, now)
}

/// Only an unsure one, and only a message of ours in its conversation that is no other reply's.
fn is_there(tx: &Transaction<'_>, reply: &Reply, message: MessageId, now: Millis) -> Result<(), Problem> {
    let shown: Option<(String, bool)> = tx
        .query_row(
            "SELECT text, visibility IS 'direct' FROM message
              WHERE id = ?1 AND account = ?2 AND conversation = ?3 AND ours = 1",
            params![message.0, reply.account.0, reply.conversation.0],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let Some((text, private)) = shown.filter(|_| !adopted(tx, message).unwrap_or(true)) else {
        return Err(Problem::Invalid { field: "message".into() });
    };
    let wanted = reply.prepared.as_ref().map_or(reply.text.as_str(), |prepared| &prepared.text);
    let detail = Detail {
        private: private || reply.visibility == Some(Visibility::Direct),
        altered: normal(&text) != normal(wanted),
        ..Detail::default()
    };
    if !reply.step(tx, Event::Found, detail)? {
        return Err(Problem::TooLate);
    }
    link(tx, reply.id, Some(message), now)
}
