//! A reply to what came without a key: nothing sends it. Its text is copied, the item is opened where it stands, and the
//! CM says whether it is published.
//!
//! It goes through the same table as any other. Before the text leaves our hands everything is asked that is asked before
//! a first byte: the wall between clients, holds, its turn, what changed, what must not be told. From then on it may be
//! there, so it is *unsure*, on the disk, before the clipboard has it; whatever ends the program, it is asked about
//! again. Their yes makes it *sent*, linked to a message of ours that only they have seen, and files what it answers
//! unless somebody wrote there since; their no brings it back to waiting. Both can be undone.

use super::attempt::{conflict_here, stand_in_conflict};
use super::changed;
use super::outcome::{adopted, link, lose};
use super::read;
use super::row::{Detail, Reply};
use super::settle::Word;
use super::state::{Event, State};
use super::wall::{Speaker, check};
use crate::desk::Desk;
use crate::store::Durability;
use crate::view::{ActedOn, Change, Conflict, Copied, Problem, Waiting};
use crate::{hold, intake, journal, round_trip};
use guichet_model::text::normal;
use guichet_model::{Body, Counts, HOUR, Item, MINUTE, MessageId, Millis, Prepared, Proof, Publication, ReplyId};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde_json::json;

/// Clocks of a network and of a laptop.
const CLOCKS_CLOSE: i64 = 5 * MINUTE;

impl Desk {
    /// The text of a reply that the CM publishes, as often as they want it; from the first time on it may be there.
    /// `NotOffered` for one that leaves by itself, `TooLate` for one that is settled, `Leaks`, `OtherClient`.
    pub async fn copy_reply(&self, reply: ReplyId) -> Result<Copied, Problem> {
        let now = self.now();
        let (copied, change) = self.store().write(Durability::Full, move |tx| copy(tx, reply, now)).await?;
        self.announce(change);
        Ok(copied)
    }

    pub(super) async fn published(&self, replies: Vec<ReplyId>) -> Result<ActedOn, Problem> {
        let word = Word::new(|tx, reply, _, now| publish(tx, reply, now));
        self.say(replies, "settle_published", word.files()).await
    }

    pub(super) async fn not_published(&self, replies: Vec<ReplyId>) -> Result<ActedOn, Problem> {
        self.say(replies, "settle_not_published", Word::new(|tx, reply, _, now| keep(tx, reply, now))).await
    }
}

fn copy(tx: &Transaction<'_>, id: ReplyId, now: Millis) -> Result<(Copied, Change), Problem> {
    let reply = Reply::one(tx, id)?;
    if !reply.by_hand {
        return Err(Problem::NotOffered);
    }
    if !matches!(reply.state, State::Waiting | State::Unsure) {
        return Err(Problem::TooLate);
    }
    within_the_wall(tx, &reply)?;
    let mut change = Change::default();
    if hold::covers(tx, id)? || reply.is_behind(tx)? {
        return Ok((Copied { text: None, url: None, reply: read::view(tx, &reply)? }, change));
    }
    if reply.state == State::Waiting {
        if let Some(conflict) = conflict(tx, &reply)? {
            stand_in_conflict(tx, &reply, conflict)?;
            return Ok((
                Copied { text: None, url: None, reply: read::reply(tx, id)? },
                changed(id, reply.conversation),
            ));
        }
        leaks(tx, &reply)?;
        give(tx, &reply, now)?;
        journal::record(tx, now, "copy_reply", Some(reply.client), json!({ "reply": id }))?;
        change = changed(id, reply.conversation);
    } else {
        leaks(tx, &reply)?;
    }
    let url = tx
        .query_row("SELECT url FROM message WHERE id = ?1", [reply.answers.0], |row| row.get::<_, Option<String>>(0))
        .optional()?
        .flatten();
    Ok((Copied { text: Some(reply.text.clone()), url, reply: read::reply(tx, id)? }, change))
}

/// As the compare-and-set of any other asks it.
fn within_the_wall(conn: &Connection, reply: &Reply) -> Result<(), Problem> {
    let (removed, ours): (bool, bool) = conn.query_row(
        "SELECT a.removed_at IS NOT NULL,
                a.client = r.client AND c.client = r.client AND c.account = r.account AND m.client = r.client
           FROM reply r JOIN account a ON a.id = r.account JOIN conversation c ON c.id = r.conversation
                JOIN message m ON m.id = r.answers
          WHERE r.id = ?1",
        [reply.id.0],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    match (ours, removed) {
        (false, _) => Err(Problem::OtherClient),
        (true, true) => Err(Problem::NotOffered),
        (true, false) => Ok(()),
    }
}

/// Names at this place are told in several ways: any answer of ours that came since counts.
fn conflict(conn: &Connection, reply: &Reply) -> Result<Option<Conflict>, Problem> {
    if let Some(conflict) = conflict_here(conn, reply)? {
        return Ok(Some(conflict));
    }
    let answered: bool = conn.query_row(
        "SELECT EXISTS (SELECT 1 FROM message n
                         WHERE n.conversation = ?1 AND n.ours = 1 AND n.id > ?2 AND n.gone_at IS NULL
                           AND NOT EXISTS (SELECT 1 FROM reply o WHERE o.message = n.id))",
        params![reply.conversation.0, reply.seen],
        |row| row.get(0),
    )?;
    Ok((answered && !reply.anyway).then_some(Conflict::Answered))
}

/// What kept it from being written may hold by now: a client was added, an account was named.
fn leaks(conn: &Connection, reply: &Reply) -> Result<(), Problem> {
    let speaker = Speaker::of(conn, reply.conversation)?;
    let leaks = check(conn, reply.conversation, &reply.draft(), &speaker, reply.visibility)?;
    if leaks.is_empty() { Ok(()) } else { Err(Problem::Leaks { leaks }) }
}

/// It leaves, and nobody can tell us more: one transaction.
fn give(tx: &Transaction<'_>, reply: &Reply, now: Millis) -> Result<(), Problem> {
    if !reply.step(tx, Event::Leaves, Detail::default())? {
        return Err(Problem::TooLate);
    }
    let prepared = Prepared {
        key: reply.key.clone(),
        body: reply.text.clone(),
        place: reply.place.remote.clone(),
        text: reply.text.clone(),
        proof: Proof::None,
    };
    tx.prepare_cached(
        "UPDATE reply SET tries = tries + 1, prepared = ?2, first_try = ifnull(first_try, ?3) WHERE id = ?1",
    )?
    .execute(params![reply.id.0, serde_json::to_string(&prepared)?, now.0])?;
    let left = Reply::one(tx, reply.id)?;
    lose(tx, &left, Event::Lost, Detail::default(), now)
}

/// Their yes.
fn publish(tx: &Transaction<'_>, reply: &Reply, now: Millis) -> Result<(), Problem> {
    if !reply.by_hand || reply.state != State::Unsure {
        return Err(Problem::TooLate);
    }
    let kind: String =
        tx.query_row("SELECT kind FROM conversation WHERE id = ?1", [reply.conversation.0], |row| row.get(0))?;
    let speaker = Speaker::of(tx, reply.conversation)?;
    // It may be there since it was copied: what they wrote after that, and the CM has not read, it does not answer.
    let at = if reply.has_news(tx)? { reply.first_try.unwrap_or(now) } else { now };
    let item = Item {
        remote: intake::told(&reply.key),
        aliases: Vec::new(),
        kind: intake::kind_of(&kind),
        conversation: None,
        post: reply.place.post.clone(),
        in_reply_to: Some(reply.place.remote.clone()),
        author: speaker.me,
        ours: true,
        at,
        edited_at: None,
        body: Body { text: reply.text.clone(), ..Body::default() },
        lang: reply.lang.clone(),
        url: None,
        visibility: reply.visibility,
        publication: Publication::Published,
        rating: None,
        attachments: Vec::new(),
        counts: Counts::default(),
        liked: false,
        expires_at: None,
    };
    let message = intake::enter_told(tx, reply.account, &item, now)?.ok_or(Problem::NotOffered)?;
    if adopted(tx, message)? {
        return Err(Problem::Invalid { field: "message".into() });
    }
    if !reply.step(tx, Event::Found, Detail::default())? {
        return Err(Problem::TooLate);
    }
    link(tx, reply.id, Some(message), now)?;
    round_trip::published(tx, reply.account, now)
}

/// Their no: surely nothing is there.
fn keep(tx: &Transaction<'_>, reply: &Reply, now: Millis) -> Result<(), Problem> {
    if !reply.by_hand || reply.state != State::Unsure {
        return Err(Problem::TooLate);
    }
    if !reply.step(tx, Event::Again, Detail { why: Some(Waiting::Hand), ..Detail::default() })? {
        return Err(Problem::TooLate);
    }
    tx.prepare_cached(
        "UPDATE reply SET prepared = NULL, known = NULL, first_try = NULL, looked_at = NULL, looks = 0, not_before = ?2,
                rests_from = NULL
          WHERE id = ?1",
    )?
    .execute(params![reply.id.0, now.0])?;
    Ok(())
}

/// A message of ours that was met for the first time, where a copied reply is asked about: it is there.
pub(crate) fn recognised(tx: &Transaction<'_>, message: MessageId, now: Millis) -> Result<Change, Problem> {
    let (text, at): (String, Millis) = tx
        .prepare_cached("SELECT text, at FROM message WHERE id = ?1")?
        .query_row([message.0], |row| Ok((row.get(0)?, Millis(row.get(1)?))))?;
    let asked = "r.conversation = (SELECT conversation FROM message WHERE id = ?1) AND r.by_hand = 1
        AND r.state = 'unsure' ORDER BY r.id";
    for reply in Reply::all(tx, asked, [message.0])? {
        let since = reply.first_try.unwrap_or(reply.written_at).plus(-CLOCKS_CLOSE);
        if at >= since && at <= now.plus(26 * HOUR) && normal(&text) == normal(&reply.text) && !adopted(tx, message)? {
            if reply.step(tx, Event::Found, Detail::default())? {
                link(tx, reply.id, Some(message), now)?;
                round_trip::published(tx, reply.account, now)?;
            }
            return Ok(changed(reply.id, reply.conversation));
        }
    }
    Ok(Change::default())
}

/// Undone: the message that only the CM's word had made goes with it, and what that word alone had proved.
pub(super) fn unsay(tx: &Transaction<'_>, reply: &Reply, now: Millis) -> Result<(), Problem> {
    let (Some(message), Some(said_at)) = (reply.message, reply.sent_at) else { return Ok(()) };
    let only_told: bool = tx.query_row(
        "SELECT remote = ?2 AND route = 'hand' FROM message WHERE id = ?1",
        params![message.0, intake::told(&reply.key).0],
        |row| row.get(0),
    )?;
    // A reading that has shown it since says more than their word.
    if only_told || !reply.by_hand {
        round_trip::unsaid(tx, reply.account, said_at)?;
    }
    if only_told {
        // As it had come it moved no triage: going, it moves none either. What the act had filed comes back by itself.
        let of = [reply.conversation.0];
        let stood: [Option<i64>; 3] =
            tx.query_row("SELECT triage, later_until, triaged_at FROM conversation WHERE id = ?1", of, |row| {
                Ok([row.get(0)?, row.get(1)?, row.get(2)?])
            })?;
        intake::forget(tx, message, now)?;
        let [triage, until, at] = stood;
        tx.execute(
            "UPDATE conversation SET triage = ?2, later_until = ?3, triaged_at = ?4 WHERE id = ?1",
            params![reply.conversation.0, triage, until, at],
        )?;
    }
    Ok(())
}
