//! What came of a try, written down in one transaction: the message is in and linked, the reply waits, is refused, or
//! is unsure; and what that means for everything else of the account.

use super::changed;
use super::row::{Detail, Reply};
use super::state::{Event, State};
use crate::changes;
use crate::intake::{self, health};
use crate::round_trip::{self, Leg};
use crate::view::{Change, Problem, Waiting};
use guichet_model::text::normal;
use guichet_model::{AccountId, Fault, Item, MINUTE, MessageId, Millis, ReplyId, SECOND, Visibility};
use rusqlite::{Connection, Transaction, params};

/// What one try means for the account's others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    GoOn,
    /// This one stays as it was.
    Stays,
    /// Nothing of this account before then. `firm`: the network's wish; otherwise whoever wakes the outbox may try.
    Pause {
        until: Millis,
        firm: bool,
    },
}

/// The network has the message: it is in, and the reply is linked to it.
pub(super) fn arrive(
    tx: &Transaction<'_>,
    reply: &Reply,
    event: Event,
    item: &Item,
    now: Millis,
) -> Result<Change, Problem> {
    let (message, mut change) = intake::enter(tx, reply.account, item, now)?;
    // Taking it in may have merged conversations, and this reply with them.
    let conversation = Reply::one(tx, reply.id)?.conversation;
    changes::join(&mut change, changed(reply.id, conversation));
    if let Some(message) = message.filter(|message| adopted(tx, *message).unwrap_or(true)) {
        if event == Event::Found {
            // Known under two names, and another's already: this one stays unsure.
            return Ok(change);
        }
        // The message is another reply's already: what became of this one is for the CM to see.
        let detail = Detail { candidates: vec![message], ..Detail::default() };
        lose(tx, reply, Event::Lost, detail, now)?;
        return Ok(change);
    }
    let wanted = reply.prepared.as_ref().map_or(reply.text.as_str(), |prepared| &prepared.text);
    let detail = Detail {
        private: item.visibility == Some(Visibility::Direct),
        altered: normal(&item.body.text) != normal(wanted),
        ..Detail::default()
    };
    if reply.step(tx, event, detail)? {
        link(tx, reply.id, message, now)?;
        round_trip::gone(tx, reply.account, Leg::Answered, now)?;
    }
    Ok(change)
}

pub(super) fn link(
    tx: &Transaction<'_>,
    reply: ReplyId,
    message: Option<MessageId>,
    now: Millis,
) -> Result<(), Problem> {
    tx.prepare_cached("UPDATE reply SET message = ?2, sent_at = ?3 WHERE id = ?1")?.execute(params![
        reply.0,
        message.map(|message| message.0),
        now.0
    ])?;
    Ok(())
}

/// Whether a message is some reply's already.
pub(super) fn adopted(conn: &Connection, message: MessageId) -> Result<bool, Problem> {
    Ok(conn
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM reply WHERE message = ?)")?
        .query_row([message.0], |row| row.get(0))?)
}

/// A try that met a fault: from waiting nothing had left, from a first sending the fault decides, and a repeated one
/// is as unsure as before.
pub(super) fn failed(
    tx: &Transaction<'_>,
    reply: &Reply,
    fault: Fault,
    now: Millis,
) -> Result<(Change, After), Problem> {
    let after = account_after(tx, reply.account, &fault, now)?;
    let waits = |why: Waiting| Detail { why: Some(why), ..Detail::default() };
    let change = changed(reply.id, reply.conversation);
    let nothing_left = reply.state == State::Waiting;
    match fault {
        Fault::Unsure | Fault::Unreadable { .. } if !nothing_left => {
            lose(tx, reply, Event::Lost, Detail::default(), now)?;
        }
        Fault::Refused { .. } if reply.state == State::Resending => {
            lose(tx, reply, Event::Refused, Detail::default(), now)?;
        }
        Fault::Refused { reason } => {
            let detail = Detail { reason: Some(reason), ..Detail::default() };
            reply.step(tx, Event::Refused, detail)?;
            surely_not_there(tx, reply.id)?;
        }
        _ if reply.state == State::Resending => {
            lose(tx, reply, Event::NotDone, Detail::default(), now)?;
        }
        certain => {
            let (why, not_before) = match certain {
                Fault::Offline { .. } => (Waiting::Network, None),
                Fault::NeedsLogin => (Waiting::Login, None),
                Fault::Blocked { until, .. } => (Waiting::Blocked { until }, None),
                Fault::Later { after } => (Waiting::Until { at: after.max(now) }, Some(after)),
                // Reading or preparing met nonsense: nothing left, and asking again costs little.
                _ => (Waiting::Network, Some(now.plus(MINUTE))),
            };
            if reply.step(tx, Event::NotDone, waits(why))? {
                surely_not_there(tx, reply.id)?;
                if let Some(not_before) = not_before {
                    tx.prepare_cached(
                        "UPDATE reply SET not_before = max(not_before, ?2), rests_from = ?3 WHERE id = ?1",
                    )?
                    .execute(params![reply.id.0, not_before.max(now.plus(SECOND)).0, now.0])?;
                }
                if after != After::GoOn {
                    mark(tx, reply.account, why, now)?;
                }
            }
        }
    }
    Ok((change, after))
}

/// Nothing was done, so that no copy can appear: a later attempt is a first one again. Its bytes and key stay.
pub(super) fn surely_not_there(tx: &Transaction<'_>, reply: ReplyId) -> Result<(), Problem> {
    tx.prepare_cached("UPDATE reply SET first_try = NULL, known = NULL WHERE id = ?")?.execute([reply.0])?;
    Ok(())
}

/// Unsure: looked for at once the first time, later and later afterwards.
pub(super) fn lose(
    tx: &Transaction<'_>,
    reply: &Reply,
    event: Event,
    detail: Detail,
    now: Millis,
) -> Result<(), Problem> {
    // A repetition says nothing new of what was found before.
    let detail = Detail {
        candidates: if detail.candidates.is_empty() { reply.detail.candidates.clone() } else { detail.candidates },
        ..Detail::default()
    };
    if reply.step(tx, event, detail)? && reply.state != State::Resending {
        tx.prepare_cached("UPDATE reply SET not_before = ?2, rests_from = ?2, looks = 0 WHERE id = ?1")?
            .execute(params![reply.id.0, now.0])?;
    }
    Ok(())
}

/// What a fault means for everything of the account.
pub(super) fn account_after(
    tx: &Transaction<'_>,
    account: AccountId,
    fault: &Fault,
    now: Millis,
) -> Result<After, Problem> {
    if let (Fault::NeedsLogin | Fault::Blocked { .. }, Some(health)) = (fault, health::of(fault)) {
        health::write(tx, account, health, Some(fault), now)?;
    }
    Ok(match fault {
        Fault::Offline { .. } => After::Pause { until: now.plus(10 * SECOND), firm: false },
        Fault::NeedsLogin => After::Pause { until: now.plus(5 * MINUTE), firm: false },
        Fault::Later { after } => After::Pause { until: (*after).max(now.plus(SECOND)), firm: true },
        Fault::Blocked { until, .. } => pause_for(*until, now),
        Fault::Refused { .. } | Fault::Unsure | Fault::Unreadable { .. } => After::GoOn,
    })
}

pub(super) fn pause_for(until: Option<Millis>, now: Millis) -> After {
    After::Pause {
        until: until.unwrap_or(now.plus(15 * MINUTE)).max(now.plus(SECOND)),
        // A person who has acted wakes the outbox.
        firm: until.is_some(),
    }
}

/// Tells every reply of the account that would leave now what it waits for.
pub(super) fn mark(tx: &Transaction<'_>, account: AccountId, why: Waiting, now: Millis) -> Result<(), Problem> {
    let detail = Detail { why: Some(why), ..Detail::default() };
    // The index of what is due is used only where its own words stand; of what it holds, those that wait.
    tx.prepare_cached(
        "UPDATE reply SET detail = ?3, why = json_extract(?3, '$.why.why')
          WHERE account = ?1 AND state IN ('waiting','unsure') AND by_hand = 0 AND not_before <= ?2
            AND state = 'waiting' AND why IS NOT 'conflict' AND detail IS NOT ?3",
    )?
    .execute(params![account.0, now.0, serde_json::to_string(&detail)?])?;
    Ok(())
}
