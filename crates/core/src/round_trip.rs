//! Whether an account is proved: somebody else's message was read through it, a reply of ours was taken, and that reply was
//! seen where others see it.
//!
//! The first two show by themselves. The third does where a reading brings our reply back; otherwise a person looks from
//! another account and says so. What was never proved is shown in grey, whatever a sign-in promised.

use crate::account::desk_changed;
use crate::desk::Desk;
use crate::journal;
use crate::store::Durability;
use crate::view::{Acted, Problem, RoundTrip};
use guichet_model::{AccountId, ClientId, MessageId, Millis};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde_json::{Value, json};

/// One of its three legs, the first time it was gone.
#[derive(Clone, Copy)]
pub(crate) enum Leg {
    Read,
    Answered,
    Seen,
}

impl Leg {
    fn column(self) -> &'static str {
        match self {
            Leg::Read => "trip_read_at",
            Leg::Answered => "trip_answered_at",
            Leg::Seen => "trip_seen_at",
        }
    }
}

/// Whether it was the first time.
pub(crate) fn gone(conn: &Connection, account: AccountId, leg: Leg, now: Millis) -> Result<bool, Problem> {
    let column = leg.column();
    let sql = format!("UPDATE account SET {column} = ?2 WHERE id = ?1 AND {column} IS NULL");
    Ok(conn.prepare_cached(&sql)?.execute(params![account.0, now.0])? == 1)
}

/// A reply went by hand, and the CM, or a reading, has seen it where it stands. It says nothing of a key.
pub(crate) fn published(conn: &Connection, account: AccountId, now: Millis) -> Result<(), Problem> {
    let sql = "UPDATE account SET trip_answered_at = ifnull(trip_answered_at, ?2), trip_seen_at = ifnull(trip_seen_at, ?2)
                WHERE id = ?1 AND trip_seen_at IS NULL AND (SELECT route FROM access WHERE access.id = account.access) <> 'api'";
    conn.prepare_cached(sql)?.execute(params![account.0, now.0])?;
    Ok(())
}

/// The CM goes back on the word of that instant, by which a reply was sent: its account is proved by the first one that still
/// is. Of one with a key nobody kept when another was seen: the next reading tells.
pub(crate) fn unsaid(conn: &Connection, account: AccountId, said_at: Millis) -> Result<(), Problem> {
    let first = |whose: &str| {
        format!(
            "(SELECT min(r.sent_at) FROM reply r WHERE r.account = account.id AND r.state = 'sent' AND r.by_hand = {whose})"
        )
    };
    let by_hand = "(SELECT route <> 'api' FROM access WHERE access.id = account.access)";
    let sql = format!(
        "UPDATE account SET trip_answered_at = iif(trip_answered_at = ?2, {}, trip_answered_at),
                            trip_seen_at = iif(trip_seen_at = ?2, iif({by_hand}, {}, NULL), trip_seen_at)
          WHERE id = ?1 AND ?2 IN (trip_answered_at, trip_seen_at)",
        first(by_hand),
        first("1"),
    );
    conn.prepare_cached(&sql)?.execute(params![account.0, said_at.0])?;
    Ok(())
}

/// A reading shows a message again that a reply of ours became.
pub(crate) fn came_back(
    conn: &Connection,
    account: AccountId,
    message: MessageId,
    now: Millis,
) -> Result<bool, Problem> {
    let replied = conn
        .prepare_cached("SELECT 1 FROM reply WHERE message = ?1 AND state = 'sent'")?
        .query_row([message.0], |_| Ok(()))
        .optional()?;
    Ok(replied.is_some() && gone(conn, account, Leg::Seen, now)?)
}

/// Three columns of `account`, from the given one on.
pub(crate) fn from_row(row: &Row<'_>, from: usize) -> rusqlite::Result<RoundTrip> {
    let at = |index| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(index)?.map(Millis));
    Ok(RoundTrip { read: at(from)?, answered: at(from + 1)?, seen: at(from + 2)? })
}

impl Desk {
    /// The CM looked from outside and saw the reply. `TooLate` before anything was answered, or where it is known.
    pub async fn seen_outside(&self, account: AccountId) -> Result<Acted, Problem> {
        let now = self.now();
        let acted = self.store().write(Durability::Full, move |tx| seen_outside(tx, account, now)).await?;
        self.announce(acted.change.clone());
        Ok(acted)
    }
}

fn seen_outside(tx: &Transaction<'_>, account: AccountId, now: Millis) -> Result<Acted, Problem> {
    let (client, answered): (i64, bool) = tx.query_row(
        "SELECT client, trip_answered_at IS NOT NULL FROM account WHERE id = ?1 AND removed_at IS NULL",
        [account.0],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if !answered || !gone(tx, account, Leg::Seen, now)? {
        return Err(Problem::TooLate);
    }
    let detail = json!({ "account": account, "at": now });
    let act = journal::record(tx, now, "seen_outside", Some(ClientId(client)), detail)?;
    Ok(Acted { act: Some(act), change: desk_changed() })
}

/// Takes the CM's word back; what a reading has shown is not theirs to take.
pub(crate) fn undo_seen(tx: &Transaction<'_>, detail: &Value) -> Result<bool, Problem> {
    let (account, at) = (detail["account"].as_i64(), detail["at"].as_i64());
    let unsaid =
        tx.execute("UPDATE account SET trip_seen_at = NULL WHERE id = ?1 AND trip_seen_at = ?2", [account, at])?;
    Ok(unsaid == 1)
}
