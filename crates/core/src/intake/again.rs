//! Items looked at again by their names, where the network tells of no edit and no deletion by itself.
//!
//! Those of the last thirty days are asked for, the one looked at longest ago first, a few requests a turn, each within the
//! access's budget. One that is neither there nor said to be gone was missed; missed twice in a row, ten minutes apart at
//! least, it is gone, until it is seen again. Where a part of an answer could not be read nothing was missed: it may be that.

use super::message::Known;
use super::puller::Puller;
use super::{Intake, READ_BACK, take};
use crate::changes;
use crate::store::Durability;
use crate::view::{Change, Problem};
use guichet_model::{AccountId, Again, Fault, HOUR, Item, MINUTE, MessageId, Millis, Page, RemoteId};
use rusqlite::{Connection, Transaction, params};
use std::collections::HashSet;

/// What failures and unreadable answers are counted under, as those of a source.
pub(super) const AGAIN: &str = "again";
/// Requests a turn: what comes new is never kept waiting by what is known.
const REQUESTS: usize = 3;
/// Between two looks at one item.
const EACH: i64 = HOUR;
/// Between a miss and the look that may confirm it.
const MISSED: i64 = 10 * MINUTE;
/// So many misses in a row and it is gone.
const GONE: i64 = 2;

impl Puller {
    /// Looks at those that are due; each answer is in the store before the next is asked for.
    pub(super) async fn look_again(&mut self, again: &dyn Again) -> Result<Result<(), Fault>, Problem> {
        let account = self.account;
        for _ in 0..REQUESTS {
            let (now, most) = (self.desk.now(), again.most());
            let asked = self.desk.store().read(move |conn| due(conn, account, most, now)).await?;
            if asked.is_empty() || self.blocked().await?.is_some() {
                break;
            }
            let (asked, passed): (Vec<_>, Vec<_>) = asked.into_iter().partition(|item| again.looks_at(item));
            if !passed.is_empty() {
                self.desk.store().write(Durability::Normal, move |tx| passed_over(tx, account, &passed, now)).await?;
            }
            if asked.is_empty() {
                continue;
            }
            let page = match again.look(&asked).await {
                Ok(page) => page,
                Err(fault) => return Ok(Err(fault)),
            };
            self.desk.met_network(account, None);
            let change =
                self.desk.store().write(Durability::Normal, move |tx| looked(tx, account, &asked, &page, now)).await?;
            self.desk.announce(change);
        }
        self.failing.remove(AGAIN);
        Ok(Ok(()))
    }
}

/// The oldest look first. A look of the future was made before the clock was set back. What came without a key bears no
/// name that its network knows: asked for by it, it would be missed, and gone.
fn due(conn: &Connection, account: AccountId, most: usize, now: Millis) -> Result<Vec<RemoteId>, Problem> {
    let mut due = conn.prepare_cached(
        "SELECT remote FROM message
          WHERE account = ?1 AND at >= ?2 AND gone_at IS NULL AND route = 'api'
            AND (looked_at <= ?3 OR looked_at > ?5 OR (misses > 0 AND looked_at <= ?4))
          ORDER BY looked_at, id LIMIT ?6",
    )?;
    let since = now.plus(-READ_BACK);
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = due
        .query_map(params![account.0, since.0, now.plus(-EACH).0, now.plus(-MISSED).0, now.0, most], |row| {
            row.get(0).map(RemoteId)
        })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Their turn comes again like the others', and nothing else is said of them.
fn passed_over(tx: &Transaction<'_>, account: AccountId, passed: &[RemoteId], now: Millis) -> Result<(), Problem> {
    let Some(intake) = Intake::of(tx, account, now)? else {
        return Ok(());
    };
    for name in passed {
        if let Some((message, _)) = intake.message_named(name)? {
            intake.looked_at(message, None)?;
        }
    }
    Ok(())
}

fn looked(
    tx: &Transaction<'_>,
    account: AccountId,
    asked: &[RemoteId],
    page: &Page,
    now: Millis,
) -> Result<Change, Problem> {
    let mut change = take(tx, account, AGAIN, page, now)?;
    let Some(mut intake) = Intake::of(tx, account, now)? else {
        return Ok(change);
    };
    let told: HashSet<&str> = page.items.iter().flat_map(names).chain(page.gone.iter().map(RemoteId::as_str)).collect();
    for name in asked {
        let Some((message, _)) = intake.message_named(name)? else {
            continue;
        };
        if told.contains(name.as_str()) {
            intake.looked_at(message, Some(0))?;
        } else if page.unreadable.is_empty() {
            intake.missed(message)?;
        } else {
            intake.looked_at(message, None)?;
        }
    }
    changes::join(&mut change, intake.finish()?);
    Ok(change)
}

fn names(item: &Item) -> impl Iterator<Item = &str> {
    let aliases = item.aliases.iter().filter(|alias| alias.scope == "id").map(|alias| alias.name.as_str());
    std::iter::once(item.remote.as_str()).chain(aliases)
}

impl Intake<'_> {
    /// `misses`: in a row from now on; `None`: as many as before.
    fn looked_at(&self, message: MessageId, misses: Option<i64>) -> Result<(), Problem> {
        self.tx
            .prepare_cached("UPDATE message SET looked_at = ?2, misses = ifnull(?3, misses) WHERE id = ?1")?
            .execute(params![message.0, self.now.0, misses])?;
        Ok(())
    }

    fn missed(&mut self, message: MessageId) -> Result<(), Problem> {
        let (misses, looked_at): (i64, i64) = self
            .tx
            .prepare_cached("SELECT misses, looked_at FROM message WHERE id = ?1")?
            .query_row([message.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let counts = misses == 0 || self.now.since(Millis(looked_at)) >= MISSED;
        let misses = misses + i64::from(counts);
        self.looked_at(message, Some(misses))?;
        if misses >= GONE {
            self.message_gone(message)?;
        }
        Ok(())
    }

    /// Read again, by whatever way: what was missed is there, and gone only where the network said so.
    pub(super) fn found(&mut self, known: &Known, item: &Item) -> Result<(), Problem> {
        if known.stood.misses == 0 {
            return Ok(());
        }
        self.looked_at(known.id, Some(0))?;
        if known.stood.gone && known.stood.misses >= GONE && self.buried(&item.remote)?.is_none() {
            self.tx.prepare_cached("UPDATE message SET gone_at = NULL WHERE id = ?1")?.execute([known.id.0])?;
            if let Some((id, conversation)) = self.message_named(&item.remote)? {
                let live = !item.publication.is_out();
                self.touched.entry(conversation).or_default().met(id, known.stood.at, known.stood.ours, live);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "again_tests.rs"]
mod tests;
