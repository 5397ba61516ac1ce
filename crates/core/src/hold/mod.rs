//! Holds: what the CM stops before it leaves, from one reply to everything, until it is released.
//!
//! A hold is one row. Nothing is written into the replies that it covers: the outbox asks, in the transaction that would
//! let one leave, whether a hold covers it. So a hold is on the disk in one commit however many replies wait, and a reply
//! written after it is held as well. `cover` says what each scope covers, `stale` what a release would let go.

mod cover;
mod stale;

pub(crate) use cover::{COVERED, covered_now, covers, narrowest};
pub(crate) use stale::named as conflict_named;

use crate::desk::Desk;
use crate::journal::{self, Restored};
use crate::store::Durability;
use crate::view::{Acted, Change, Held, HoldTarget, HoldView, Problem};
use guichet_model::{AccountId, ClientId, ConversationId, HoldId, Millis, PostId, ReplyId};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

/// Longest name of an incident, longest reason, in characters.
const LONGEST_NAME: usize = 100;
const LONGEST_WHY: usize = 500;

impl Desk {
    /// From its return on nothing that a target covers begins to leave, whatever comes. A target that is held already is
    /// not held twice: its hold is named again. `Invalid` of `targets` where there is none or one that only the program
    /// places, of `name` for an incident without one; `NotFound` for what is not there, `TooLate` for a settled reply.
    pub async fn hold(&self, targets: Vec<HoldTarget>, why: String) -> Result<Held, Problem> {
        let now = self.now();
        let held = self.store().write(Durability::Full, move |tx| place_all(tx, &targets, &why, now)).await?;
        self.inner.held.fetch_add(1, Ordering::SeqCst);
        self.announce(held.acted.change.clone());
        Ok(held)
    }

    /// What nothing else holds may leave again; what became stale is looked at again first. `NotFound` for a hold that is
    /// not there; one released already is left alone.
    pub async fn release(&self, holds: Vec<HoldId>) -> Result<Acted, Problem> {
        let now = self.now();
        let acted = self.store().write(Durability::Full, move |tx| release(tx, &holds, now)).await?;
        self.announce(acted.change.clone());
        self.inner.wake_outbox.notify_one();
        Ok(acted)
    }

    /// Those not released, newest first.
    pub async fn holds(&self) -> Result<Vec<HoldView>, Problem> {
        self.store().read(standing).await
    }
}

/// What an act of holding did, for its undo.
#[derive(Default, Serialize, Deserialize)]
struct Done {
    placed: Vec<HoldId>,
    /// Conversations that joined an incident already held.
    joined: Vec<(HoldId, ConversationId)>,
}

fn place_all(tx: &Transaction<'_>, targets: &[HoldTarget], why: &str, now: Millis) -> Result<Held, Problem> {
    if targets.is_empty() || targets.contains(&HoldTarget::Restored) {
        return Err(invalid("targets"));
    }
    let why: String = why.trim().chars().take(LONGEST_WHY).collect();
    let (mut done, mut holds, mut clients) = (Done::default(), Vec::new(), Vec::new());
    let mut change = Change { desk: true, ..Change::default() };
    for target in targets {
        clients.push(owner(tx, target)?);
        let hold = put(tx, target, &why, false, now, &mut done)?;
        if !holds.contains(&hold) {
            holds.push(hold);
        }
        touch(tx, &mut change, target)?;
    }
    let mut on_wire = 0;
    for hold in &holds {
        on_wire += cover::count(tx, *hold, &scope_of(tx, *hold)?)?.1;
    }
    clients.dedup();
    let client = if let [one] = clients.as_slice() { *one } else { None };
    let act = match (&done.placed[..], &done.joined[..]) {
        ([], []) => None,
        _ => Some(journal::record(tx, now, "hold", client, serde_json::to_value(&done)?)?),
    };
    tracing::info!(holds = holds.len(), on_wire, "held");
    Ok(Held { holds, on_wire, acted: Acted { act, change } })
}

/// The program's own hold on everything that a restored inbox had not sent.
pub(crate) fn on_restored(tx: &Transaction<'_>, newest: ReplyId, now: Millis) -> Result<HoldId, Problem> {
    // Restored once more before it was released: one hold, on all of it.
    tx.execute("UPDATE hold SET target = ?1 WHERE scope = 'restored' AND released_at IS NULL", [newest.0])?;
    let hold = put(tx, &HoldTarget::Restored, "", true, now, &mut Done::default())?;
    tx.execute("UPDATE hold SET target = ?2 WHERE id = ?1", params![hold.0, newest.0])?;
    journal::record(tx, now, "restored", None, json!({ "hold": hold }))?;
    Ok(hold)
}

/// The hold of a target: the one that stands, or a new one.
fn put(
    tx: &Transaction<'_>,
    target: &HoldTarget,
    why: &str,
    by_program: bool,
    now: Millis,
    done: &mut Done,
) -> Result<HoldId, Problem> {
    let (scope, id, name) = stored(target)?;
    let standing: Option<i64> = tx
        .prepare_cached(
            "SELECT id FROM hold WHERE released_at IS NULL AND scope = ?1 AND (?1 = 'restored' OR target IS ?2)
                AND name IS ?3",
        )?
        .query_row(params![scope, id, name], |row| row.get(0))
        .optional()?;
    let hold = match standing {
        Some(hold) => HoldId(hold),
        None => {
            tx.prepare_cached(
                "INSERT INTO hold (scope, target, name, why, by_program, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![scope, id, name, why, by_program, now.0])?;
            let hold = HoldId(tx.last_insert_rowid());
            done.placed.push(hold);
            hold
        }
    };
    if let HoldTarget::Incident { conversations, .. } = target {
        for conversation in conversations {
            let joined = tx
                .prepare_cached("INSERT OR IGNORE INTO hold_conversation (hold, conversation) VALUES (?1, ?2)")?
                .execute([hold.0, conversation.0])?;
            if joined == 1 && standing.is_some() {
                done.joined.push((hold, *conversation));
            }
        }
    }
    Ok(hold)
}

type Stored = (&'static str, Option<i64>, Option<String>);

fn stored(target: &HoldTarget) -> Result<Stored, Problem> {
    let (id, name) = match target {
        HoldTarget::Reply { reply } => (Some(reply.0), None),
        HoldTarget::Conversation { conversation } => (Some(conversation.0), None),
        HoldTarget::Post { post } => (Some(post.0), None),
        HoldTarget::Account { account } => (Some(account.0), None),
        HoldTarget::Client { client } => (Some(client.0), None),
        HoldTarget::Network { network } => (None, Some(network.clone())),
        HoldTarget::Incident { name, conversations } => {
            let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
            if name.is_empty() || name.chars().count() > LONGEST_NAME {
                return Err(invalid("name"));
            }
            if conversations.is_empty() {
                return Err(invalid("conversations"));
            }
            (None, Some(name))
        }
        HoldTarget::Everything | HoldTarget::Restored => (None, None),
    };
    Ok((scope(target), id, name))
}

/// The client a target belongs to, if to one. `NotFound` where the target is not there.
fn owner(conn: &Connection, target: &HoldTarget) -> Result<Option<ClientId>, Problem> {
    let of = |sql: &str, id: i64| -> Result<Option<ClientId>, Problem> {
        Ok(Some(ClientId(conn.prepare_cached(sql)?.query_row([id], |row| row.get(0))?)))
    };
    let of_conversation = "SELECT client FROM conversation WHERE id = ?";
    match target {
        HoldTarget::Reply { reply } => {
            let open: bool = conn
                .prepare_cached(&format!("SELECT state IN {} FROM reply WHERE id = ?", crate::outbox::OPEN))?
                .query_row([reply.0], |row| row.get(0))?;
            if !open {
                return Err(Problem::TooLate);
            }
            of("SELECT client FROM reply WHERE id = ?", reply.0)
        }
        HoldTarget::Conversation { conversation } => of(of_conversation, conversation.0),
        HoldTarget::Post { post } => of("SELECT client FROM post WHERE id = ?", post.0),
        HoldTarget::Account { account } => of("SELECT client FROM account WHERE id = ?", account.0),
        HoldTarget::Client { client } => of("SELECT id FROM client WHERE id = ?", client.0),
        HoldTarget::Network { network } => {
            let known = "SELECT 1 FROM account WHERE network = ? LIMIT 1";
            conn.prepare_cached(known)?.query_row([network], |_| Ok(()))?;
            Ok(None)
        }
        HoldTarget::Incident { conversations, .. } => {
            for conversation in conversations {
                of(of_conversation, conversation.0)?;
            }
            Ok(None)
        }
        HoldTarget::Everything | HoldTarget::Restored => Ok(None),
    }
}

/// What is to be read again: the conversations of a narrow hold, everything for a wide one.
fn touch(conn: &Connection, change: &mut Change, target: &HoldTarget) -> Result<(), Problem> {
    match target {
        HoldTarget::Reply { reply } => {
            let conversation = conn
                .prepare_cached("SELECT conversation FROM reply WHERE id = ?")?
                .query_row([reply.0], |row| row.get(0))?;
            change.replies.push(*reply);
            change.conversations.push(ConversationId(conversation));
        }
        HoldTarget::Conversation { conversation } => change.conversations.push(*conversation),
        HoldTarget::Incident { conversations, .. } => change.conversations.extend(conversations),
        _ => change.all = true,
    }
    Ok(())
}

fn release(tx: &Transaction<'_>, holds: &[HoldId], now: Millis) -> Result<Acted, Problem> {
    let mut released = Vec::new();
    for hold in holds {
        let stands: bool = tx
            .prepare_cached("SELECT released_at IS NULL FROM hold WHERE id = ?")?
            .query_row([hold.0], |row| row.get(0))?;
        if stands {
            tx.prepare_cached("UPDATE hold SET released_at = ?2 WHERE id = ?1")?.execute([hold.0, now.0])?;
            released.push(*hold);
        }
    }
    if released.is_empty() {
        return Ok(Acted { act: None, change: Change::default() });
    }
    tracing::info!(holds = released.len(), "released");
    let act = journal::record(tx, now, "release", None, json!({ "holds": released, "at": now }))?;
    Ok(Acted { act: Some(act), change: everything() })
}

/// The holds that the act placed are released, and what it added to an incident leaves it again.
pub(crate) fn undo_hold(tx: &Transaction<'_>, detail: &Value, now: Millis) -> Result<Restored, Problem> {
    let done: Done = serde_json::from_value(detail.clone())?;
    let (mut restored, mut left) = (0, 0);
    let mut count = |changed: usize| if changed == 1 { restored += 1 } else { left += 1 };
    for hold in done.placed {
        count(
            tx.prepare_cached("UPDATE hold SET released_at = ?2 WHERE id = ?1 AND released_at IS NULL")?
                .execute([hold.0, now.0])?,
        );
    }
    for (hold, conversation) in done.joined {
        count(
            tx.prepare_cached(
                "DELETE FROM hold_conversation WHERE hold = ?1 AND conversation = ?2
                    AND EXISTS (SELECT 1 FROM hold WHERE id = ?1 AND released_at IS NULL)",
            )?
            .execute([hold.0, conversation.0])?,
        );
    }
    Ok(Restored { change: if restored > 0 { everything() } else { Change::default() }, left })
}

/// Holds released by the act stand again.
pub(crate) fn undo_release(tx: &Transaction<'_>, detail: &Value) -> Result<Restored, Problem> {
    let holds: Vec<HoldId> = serde_json::from_value(detail["holds"].clone())?;
    let at: Millis = serde_json::from_value(detail["at"].clone())?;
    let mut left = 0;
    for hold in &holds {
        let again = tx
            .prepare_cached("UPDATE hold SET released_at = NULL WHERE id = ?1 AND released_at = ?2")?
            .execute([hold.0, at.0])?;
        left += u32::from(again == 0);
    }
    Ok(Restored { change: everything(), left })
}

/// A conversation that was found to be part of another: what held it holds that one.
pub(crate) fn follow(tx: &Connection, kept: ConversationId, other: ConversationId) -> Result<(), Problem> {
    let moved = [kept.0, other.0];
    tx.prepare_cached("UPDATE hold SET target = ?1 WHERE scope = 'conversation' AND target = ?2")?.execute(moved)?;
    tx.prepare_cached("UPDATE OR IGNORE hold_conversation SET conversation = ?1 WHERE conversation = ?2")?
        .execute(moved)?;
    tx.prepare_cached("DELETE FROM hold_conversation WHERE conversation = ?")?.execute([other.0])?;
    Ok(())
}

/// How many stand.
pub(crate) fn number(conn: &Connection) -> Result<u32, Problem> {
    let sql = "SELECT count(*) FROM hold WHERE released_at IS NULL";
    Ok(conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

fn standing(conn: &Connection) -> Result<Vec<HoldView>, Problem> {
    let mut read =
        conn.prepare_cached(&format!("SELECT {FIELDS} FROM hold h WHERE h.released_at IS NULL ORDER BY h.id DESC"))?;
    let mut holds = read.query_map([], read_hold)?.collect::<Result<Vec<_>, _>>()?;
    for hold in &mut holds {
        if let HoldTarget::Incident { conversations, .. } = &mut hold.target {
            *conversations = conn
                .prepare_cached("SELECT conversation FROM hold_conversation WHERE hold = ? ORDER BY conversation")?
                .query_map([hold.id.0], |row| row.get(0).map(ConversationId))?
                .collect::<Result<_, _>>()?;
        }
        hold.replies = cover::count(conn, hold.id, scope(&hold.target))?.0;
    }
    Ok(holds)
}

const FIELDS: &str = "h.id, h.scope, h.target, h.name, h.why, h.by_program, h.at";

/// From `FIELDS`. An incident comes without its conversations: only the list of holds names them.
fn read_hold(row: &Row<'_>) -> rusqlite::Result<HoldView> {
    let scope: String = row.get(1)?;
    let id: i64 = row.get::<_, Option<i64>>(2)?.unwrap_or_default();
    let name = row.get::<_, Option<String>>(3)?.unwrap_or_default();
    let target = match scope.as_str() {
        "reply" => HoldTarget::Reply { reply: ReplyId(id) },
        "conversation" => HoldTarget::Conversation { conversation: ConversationId(id) },
        "post" => HoldTarget::Post { post: PostId(id) },
        "account" => HoldTarget::Account { account: AccountId(id) },
        "client" => HoldTarget::Client { client: ClientId(id) },
        "network" => HoldTarget::Network { network: name },
        "incident" => HoldTarget::Incident { name, conversations: Vec::new() },
        "restored" => HoldTarget::Restored,
        _ => HoldTarget::Everything,
    };
    Ok(HoldView {
        id: HoldId(row.get(0)?),
        target,
        why: row.get(4)?,
        by_program: row.get(5)?,
        at: Millis(row.get(6)?),
        replies: 0,
    })
}

fn scope_of(conn: &Connection, hold: HoldId) -> Result<String, Problem> {
    Ok(conn.prepare_cached("SELECT scope FROM hold WHERE id = ?")?.query_row([hold.0], |row| row.get(0))?)
}

/// As the store names it.
fn scope(target: &HoldTarget) -> &'static str {
    match target {
        HoldTarget::Reply { .. } => "reply",
        HoldTarget::Conversation { .. } => "conversation",
        HoldTarget::Post { .. } => "post",
        HoldTarget::Account { .. } => "account",
        HoldTarget::Client { .. } => "client",
        HoldTarget::Network { .. } => "network",
        HoldTarget::Incident { .. } => "incident",
        HoldTarget::Everything => "everything",
        HoldTarget::Restored => "restored",
    }
}

fn everything() -> Change {
    Change { desk: true, all: true, ..Change::default() }
}

fn invalid(field: &str) -> Problem {
    Problem::Invalid { field: field.into() }
}
