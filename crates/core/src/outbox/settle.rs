//! The CM's word on a reply, and the engine's at its start.

use super::changed;
use super::outcome::{adopted, link, lose};
use super::restore;
use super::row::{Detail, Reply};
use super::schedule;
use super::state::{Event, State};
use super::undo::{self, Was};
use crate::desk::Desk;
use crate::round_trip::{self, Leg};
use crate::store::Durability;
use crate::view::{Acted, ActedOn, Change, Problem, Settle, Triage, Waiting};
use crate::{attachment, draft, journal, triage};
use guichet_model::text::normal;
use guichet_model::{MessageId, Millis, ReplyId, Visibility};
use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::json;

impl Desk {
    /// Their texts go back to the drafts. `TooLate` from the instant one is on the wire.
    pub async fn take_back(&self, replies: Vec<ReplyId>) -> Result<ActedOn, Problem> {
        let word = Word::new(|tx, reply, key, _| give_back(tx, reply, Event::TakenBack, key));
        self.say(replies, "take_back", word.backwards()).await
    }

    /// Now, please: a waiting one is not kept for the network any longer, one in conflict leaves anyway, a refused one is
    /// tried again, an unsure one is looked for. An instant that the CM chose still stands. `TooLate` for the others.
    pub async fn retry(&self, replies: Vec<ReplyId>) -> Result<ActedOn, Problem> {
        self.say(replies, "retry", Word::new(|tx, reply, _, now| retry(tx, reply, now))).await
    }

    /// The CM's word. `Invalid` of `message` where that message cannot be it, of `replies` where it would be several;
    /// `TooLate` where nothing is left to say.
    pub async fn settle(&self, replies: Vec<ReplyId>, word: Settle) -> Result<ActedOn, Problem> {
        match word {
            Settle::IsThere { .. } if replies.len() > 1 => Err(Problem::Invalid { field: "replies".into() }),
            Settle::IsThere { message } => {
                let word = Word::new(move |tx, reply, _, now| is_there(tx, reply, message, now));
                self.say(replies, "settle_is_there", word).await
            }
            Settle::Published => self.published(replies).await,
            Settle::NotPublished => self.not_published(replies).await,
            Settle::SendAgain => self.say(replies, "settle_send_again", Word::new(send_again)).await,
            Settle::GiveUp => {
                let word = Word::new(|tx, reply, key, _| give_back(tx, reply, Event::GivenUp, key));
                self.say(replies, "settle_give_up", word.backwards()).await
            }
        }
    }

    /// One word on each reply, in one transaction and one act. Those it was too late for are left as they are; were it
    /// the only one, that is the answer.
    pub(super) async fn say(
        &self,
        mut replies: Vec<ReplyId>,
        kind: &'static str,
        word: Word,
    ) -> Result<ActedOn, Problem> {
        replies.sort_unstable();
        replies.dedup();
        if word.backwards {
            replies.reverse();
        }
        let now = self.now();
        let keyed: Vec<(ReplyId, String)> = replies.into_iter().map(|id| (id, self.inner.doors.uuid())).collect();
        let acted = self.store().write(Durability::Full, move |tx| say_all(tx, &keyed, kind, &word, now)).await?;
        self.announce(acted.acted.change.clone());
        self.inner.wake_outbox.notify_one();
        Ok(acted)
    }
}

type Spoken = dyn Fn(&Transaction<'_>, &Reply, &str, Millis) -> Result<(), Problem> + Send;

/// What is said of each reply of a selection: the reply, a key for what it may become, the instant. Before `TooLate` it
/// has written nothing.
pub(super) struct Word {
    said: Box<Spoken>,
    backwards: bool,
    files: bool,
}

impl Word {
    pub fn new(said: impl Fn(&Transaction<'_>, &Reply, &str, Millis) -> Result<(), Problem> + Send + 'static) -> Self {
        Self { said: Box::new(said), backwards: false, files: false }
    }

    /// Who is answered wants nothing more: their conversation is filed in the same act, unless it has gone on since the CM
    /// wrote.
    pub fn files(self) -> Self {
        Self { files: true, ..self }
    }

    /// The last one first: texts that come back each stand before what is there.
    pub fn backwards(self) -> Self {
        Self { backwards: true, ..self }
    }
}

fn say_all(
    tx: &Transaction<'_>,
    replies: &[(ReplyId, String)],
    kind: &str,
    word: &Word,
    now: Millis,
) -> Result<ActedOn, Problem> {
    let (mut done, mut were, mut left, mut clients) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut answered = Vec::new();
    let mut change = Change::default();
    for (id, key) in replies {
        let reply = Reply::one(tx, *id)?;
        let was = Was::of(tx, *id)?;
        match (word.said)(tx, &reply, key, now) {
            Ok(()) => {
                crate::changes::join(&mut change, changed(*id, reply.conversation));
                done.push(*id);
                were.push(was.left(tx)?);
                clients.push(reply.client);
                if word.files && !reply.has_news(tx)? {
                    answered.push(reply.conversation);
                }
            }
            Err(Problem::TooLate) if replies.len() > 1 => left.push(*id),
            Err(problem) => return Err(problem),
        }
    }
    left.sort_unstable();
    clients.dedup();
    let client = if let [one] = clients[..] { Some(one) } else { None };
    let mut told = json!({ "replies": done });
    let filed = triage::set(tx, &answered, Triage::Done, now)?;
    crate::changes::join(&mut change, filed.change);
    if let Some(act) = filed.act {
        told["with_act"] = json!(act);
    }
    let act = match done.is_empty() {
        true => None,
        false => Some(journal::record(tx, now, kind, client, told)?),
    };
    if let Some(act) = act {
        undo::keep(tx, act, were, now)?;
    }
    Ok(ActedOn { acted: Acted { act, change }, left })
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
    for reply in Reply::all(tx, "r.state = 'sending' AND (?1 IS NULL OR r.account = ?1)", [account])? {
        lose(tx, &reply, Event::Lost, Detail::default(), now)?;
        // One that died while it was repeated is looked for at once as well.
        tx.prepare_cached("UPDATE reply SET not_before = ?2, rests_from = ?2 WHERE id = ?1 AND state = 'unsure'")?
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
    if !matches!(reply.state, State::Waiting | State::ToApprove) {
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
    draft::give_back(tx, reply.conversation, reply.draft(), key)?;
    if matches!(reply.state, State::Unsure | State::Refused) {
        attachment::forget_uploads(tx, &reply.key)?;
    }
    attachment::follow(tx, reply.conversation, &reply.key)
}

fn retry(tx: &Transaction<'_>, reply: &Reply, now: Millis) -> Result<(), Problem> {
    let (turn, at) = turn(reply, now);
    match (reply.state, reply.detail.why) {
        (State::Waiting, Some(Waiting::Conflict { .. })) => {
            reply.step(tx, Event::Again, turn)?;
            set_free(tx, reply.id, true, at, now)
        }
        (State::Waiting | State::Refused, _) => {
            reply.step(tx, Event::Again, turn)?;
            if reply.state == State::Refused && attachment::any(tx, &reply.key)? {
                // Nothing was done, and a network that no longer knows its pictures would refuse the same bytes for ever.
                attachment::forget_uploads(tx, &reply.key)?;
                tx.execute("UPDATE reply SET prepared = NULL WHERE id = ?", [reply.id.0])?;
            }
            set_free(tx, reply.id, reply.anyway, at, now)?;
            if reply.state == State::Refused { restore::look_first(tx, reply.id, now) } else { Ok(()) }
        }
        (State::Unsure, _) => {
            tx.prepare_cached("UPDATE reply SET not_before = ?2, rests_from = ?2, looks = 0 WHERE id = ?1")?
                .execute(params![reply.id.0, now.0])?;
            Ok(())
        }
        _ => Err(Problem::TooLate),
    }
}

/// Its turn is now, or at the instant that the CM chose for it.
fn turn(reply: &Reply, now: Millis) -> (Detail, Millis) {
    let chosen = schedule::chosen(reply.send_at, now);
    let why = chosen.map_or(Waiting::Turn, |at| Waiting::Scheduled { at });
    (Detail { why: Some(why), ..Detail::default() }, chosen.unwrap_or(now))
}

fn set_free(tx: &Transaction<'_>, reply: ReplyId, anyway: bool, at: Millis, now: Millis) -> Result<(), Problem> {
    // An instant that the CM chose is no rest.
    let rests_from = (at == now).then_some(now.0);
    tx.prepare_cached("UPDATE reply SET not_before = ?2, rests_from = ?3, anyway = ?4 WHERE id = ?1")?
        .execute(params![reply.0, at.0, rests_from, anyway])?;
    Ok(())
}

/// A new reply in all but its place in the conversation: a new key, nothing frozen. It may be there twice afterwards.
fn send_again(tx: &Transaction<'_>, reply: &Reply, key: &str, now: Millis) -> Result<(), Problem> {
    let (turn, at) = turn(reply, now);
    if !reply.step(tx, Event::Again, turn)? {
        return Err(Problem::TooLate);
    }
    tx.prepare_cached(
        "UPDATE reply SET key = ?2, prepared = NULL, known = NULL, first_try = NULL, looked_at = NULL, looks = 0
          WHERE id = ?1",
    )?
    .execute(params![reply.id.0, key])?;
    attachment::forget_uploads(tx, &reply.key)?;
    attachment::rename(tx, &reply.key, key)?;
    set_free(tx, reply.id, true, at, now)
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
    link(tx, reply.id, Some(message), now)?;
    // It was chosen among what a reading has shown.
    round_trip::gone(tx, reply.account, Leg::Answered, now)?;
    round_trip::gone(tx, reply.account, Leg::Seen, now)?;
    Ok(())
}
