//! What a fault means for an account: what the sidebar says of it, and when the network is asked again.

use crate::account;
use crate::view::{Health, Problem};
use guichet_model::{AccountId, BlockScope, Fault, HOUR, MINUTE, Millis, RefusalCode, SECOND, Unreached};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};

const FIRST_RETRY: i64 = 5 * SECOND;
const LONGEST_RETRY: i64 = 15 * MINUTE;

/// Not pulled before, after so many failures in a row.
pub(super) fn again_at(fault: &Fault, failures: u32, now: Millis) -> Millis {
    let patience = FIRST_RETRY.saturating_mul(1 << failures.min(16)).min(LONGEST_RETRY);
    match fault {
        // An instant of the past would be asked for ever.
        Fault::Later { after } => (*after).max(now.plus(SECOND)),
        Fault::Blocked { until, .. } => until.unwrap_or(now.plus(LONGEST_RETRY)).max(now.plus(SECOND)),
        Fault::NeedsLogin => now.plus(LONGEST_RETRY),
        Fault::Refused { .. } => now.plus(HOUR),
        Fault::Offline { .. } | Fault::Unsure | Fault::Unreadable { .. } => now.plus(patience),
    }
}

/// What the account looks like. `None`: one source that this network does not offer says nothing of the account.
pub(crate) fn of(fault: &Fault) -> Option<Health> {
    Some(match fault {
        Fault::Offline { why } => Health::Offline { why: *why },
        Fault::Unsure => Health::Offline { why: Unreached::NoAnswer },
        Fault::Later { after } => Health::Waiting { until: *after },
        Fault::NeedsLogin => Health::NeedsLogin,
        Fault::Blocked { until, .. } => Health::Blocked { until: *until },
        Fault::Refused { reason } if reason.code == RefusalCode::NotOffered => return None,
        Fault::Refused { .. } | Fault::Unreadable { .. } => Health::Unreadable,
    })
}

/// A block as it is stored: with the instant when it was told, by our clock.
#[derive(Serialize, Deserialize)]
struct Block {
    #[serde(flatten)]
    fault: Fault,
    from: Option<Millis>,
}

/// Writes it where it changed, and a block where its scope is: the account, or every account of the access.
pub(crate) fn write(
    tx: &Transaction<'_>,
    account: AccountId,
    health: Health,
    fault: Option<&Fault>,
    now: Millis,
) -> Result<bool, Problem> {
    if let Some(fault @ Fault::Blocked { scope, .. }) = fault {
        let block = json(&Block { fault: fault.clone(), from: Some(now) })?;
        match scope {
            BlockScope::Account => tx
                .prepare_cached("UPDATE account SET blocked = ?2 WHERE id = ?1")?
                .execute(params![account.0, block])?,
            BlockScope::Access => tx
                .prepare_cached("UPDATE access SET blocked = ?2 WHERE id = (SELECT access FROM account WHERE id = ?1)")?
                .execute(params![account.0, block])?,
        };
    }
    account::set_health(tx, account, health)
}

/// Until when the account, or its access, is blocked; `Some(None)`: until a person has acted.
pub(crate) fn blocked(conn: &Connection, account: AccountId, now: Millis) -> Result<Option<Option<Millis>>, Problem> {
    let blocks: Option<(Option<String>, Option<String>)> = conn
        .prepare_cached("SELECT a.blocked, w.blocked FROM account a JOIN access w ON w.id = a.access WHERE a.id = ?1")?
        .query_row([account.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (own, shared) = blocks.unwrap_or_default();
    let untils = own.into_iter().chain(shared).filter_map(|block| match serde_json::from_str::<Block>(&block) {
        Ok(Block { fault: Fault::Blocked { until, .. }, .. }) => Some(until),
        _ => None,
    });
    Ok(untils
        .filter(|until| until.is_none_or(|until| until > now))
        .max_by_key(|until| until.unwrap_or(Millis(i64::MAX))))
}

/// After the clock went back: what was told by a clock that ran ahead lasts no longer from now than it was to from then,
/// and no reading waits for an instant that the clock has to reach a second time. How many blocks moved.
pub(crate) fn bound(tx: &Transaction<'_>, now: Millis) -> Result<usize, Problem> {
    let mut moved = 0;
    for table in ["account", "access"] {
        let sql = format!(
            "UPDATE {table} SET blocked = json_set(blocked, '$.from', ?1,
                '$.until', (blocked ->> '$.until') - (blocked ->> '$.from') + ?1)
              WHERE blocked ->> '$.until' IS NOT NULL AND blocked ->> '$.from' > ?1"
        );
        moved += tx.prepare_cached(&sql)?.execute([now.0])?;
    }
    if moved > 0 {
        let shown = "SELECT id FROM account WHERE health ->> '$.health' = 'blocked'";
        let accounts: Vec<i64> =
            tx.prepare_cached(shown)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for account in accounts.into_iter().map(AccountId) {
            if let Some(until) = blocked(tx, account, now)? {
                account::set_health(tx, account, Health::Blocked { until })?;
            }
        }
    }
    tx.prepare_cached(
        "UPDATE source SET next_at = CASE WHEN pulled_at > ?1 THEN ?1 ELSE min(next_at, ?2) END
          WHERE pulled_at > ?1 OR next_at > ?2",
    )?
    .execute([now.0, now.plus(HOUR).0])?;
    Ok(moved)
}

fn json<T: Serialize>(value: &T) -> Result<String, Problem> {
    serde_json::to_string(value).map_err(|_| Problem::Unexpected { what: "json of a health".into() })
}
