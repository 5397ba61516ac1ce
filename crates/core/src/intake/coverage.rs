//! What has been proven read, and what has not: intervals of time per account and source.
//!
//! A hole that can be filled is what stands between two readings; one that cannot is what the network said it would
//! not give. Both are sets: whatever the order of the readings, the same holes are left.

use crate::view::Problem;
use guichet_model::{AccountId, Interval, SECOND};
use rusqlite::{Connection, params};

/// Neighbours closer than this are one: clocks that count in seconds leave no hole between two.
const JOINED: i64 = SECOND;

/// Records what a page proves. Whether the holes changed, or what is read up to by more than nothing.
pub(super) fn prove(
    tx: &Connection,
    account: AccountId,
    source: &str,
    covered: Option<Interval>,
    missing: Option<Interval>,
) -> Result<bool, Problem> {
    let covered = covered.filter(|interval| interval.from <= interval.to);
    let missing = missing.filter(|interval| interval.from < interval.to);
    if covered.is_none() && missing.is_none() {
        return Ok(false);
    }
    let before = intervals(tx, "coverage", account, source)?;
    let lost_before = lost(tx, account, source)?;
    let after = joined(before.iter().copied().chain(covered));
    let mut lost_after = joined(lost_before.iter().copied().chain(missing));
    for interval in &after {
        lost_after = without(&lost_after, *interval);
    }
    if after == before && lost_after == lost_before {
        return Ok(false);
    }
    let mut fillable: Vec<_> = after
        .windows(2)
        .filter_map(|pair| match pair {
            [left, right] => Some(Interval { from: left.to, to: right.from }),
            _ => None,
        })
        .collect();
    for interval in &lost_after {
        fillable = without(&fillable, *interval);
    }
    write_coverage(tx, account, source, &after)?;
    write_holes(tx, account, source, &fillable, &lost_after)?;
    Ok(true)
}

fn intervals(tx: &Connection, table: &str, account: AccountId, source: &str) -> Result<Vec<Interval>, Problem> {
    let mut stored = tx.prepare_cached(&format!(
        "SELECT from_at, to_at FROM {table} WHERE account = ?1 AND source = ?2 ORDER BY from_at"
    ))?;
    let rows = stored.query_map(params![account.0, source], interval)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn lost(tx: &Connection, account: AccountId, source: &str) -> Result<Vec<Interval>, Problem> {
    let mut stored = tx.prepare_cached(
        "SELECT from_at, to_at FROM hole WHERE account = ?1 AND source = ?2 AND fillable = 0 ORDER BY from_at",
    )?;
    let rows = stored.query_map(params![account.0, source], interval)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn interval(row: &rusqlite::Row<'_>) -> rusqlite::Result<Interval> {
    Ok(Interval { from: guichet_model::Millis(row.get(0)?), to: guichet_model::Millis(row.get(1)?) })
}

fn joined(intervals: impl Iterator<Item = Interval>) -> Vec<Interval> {
    let mut sorted: Vec<_> = intervals.collect();
    sorted.sort_by_key(|interval| interval.from);
    let mut joined: Vec<Interval> = Vec::with_capacity(sorted.len());
    for next in sorted {
        match joined.last_mut() {
            Some(last) if next.from <= last.to.plus(JOINED) => last.to = last.to.max(next.to),
            _ => joined.push(next),
        }
    }
    joined
}

fn without(intervals: &[Interval], taken: Interval) -> Vec<Interval> {
    let mut left = Vec::with_capacity(intervals.len() + 1);
    for interval in intervals {
        if taken.to <= interval.from || taken.from >= interval.to {
            left.push(*interval);
            continue;
        }
        if interval.from < taken.from {
            left.push(Interval { from: interval.from, to: taken.from });
        }
        if taken.to < interval.to {
            left.push(Interval { from: taken.to, to: interval.to });
        }
    }
    left
}

fn write_coverage(tx: &Connection, account: AccountId, source: &str, intervals: &[Interval]) -> Result<(), Problem> {
    tx.prepare_cached("DELETE FROM coverage WHERE account = ?1 AND source = ?2")?
        .execute(params![account.0, source])?;
    let mut insert =
        tx.prepare_cached("INSERT INTO coverage (account, source, from_at, to_at) VALUES (?1, ?2, ?3, ?4)")?;
    for interval in intervals {
        insert.execute(params![account.0, source, interval.from.0, interval.to.0])?;
    }
    Ok(())
}

fn write_holes(
    tx: &Connection,
    account: AccountId,
    source: &str,
    fillable: &[Interval],
    lost: &[Interval],
) -> Result<(), Problem> {
    tx.prepare_cached("DELETE FROM hole WHERE account = ?1 AND source = ?2")?.execute(params![account.0, source])?;
    let mut insert =
        tx.prepare_cached("INSERT INTO hole (account, source, from_at, to_at, fillable) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for (intervals, can_be_filled) in [(fillable, true), (lost, false)] {
        for interval in intervals {
            insert.execute(params![account.0, source, interval.from.0, interval.to.0, can_be_filled])?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "coverage_tests.rs"]
mod tests;
