//! Intervals proven read, and what is left between them.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::store::Durability;
use crate::testing;
use guichet_model::{MINUTE, Millis};

fn between(from: i64, to: i64) -> Interval {
    Interval { from: Millis(from * MINUTE), to: Millis(to * MINUTE) }
}

type Left = (Vec<(i64, i64)>, Vec<(i64, i64, bool)>);

/// Coverage and holes in minutes, after the readings in the given order.
fn left(readings: &[(Option<Interval>, Option<Interval>)]) -> Left {
    let (store, _folder) = testing::store();
    let (_, account) = testing::client_row(&store, "Mairie");
    for (covered, missing) in readings {
        let change = |tx: &rusqlite::Transaction<'_>| prove(tx, account, "own", *covered, *missing);
        store.write_now(Durability::Normal, change).unwrap();
        assert!(!store.write_now(Durability::Normal, change).unwrap(), "twice is nothing new");
    }
    store
        .read_now(|conn| {
            let covered = intervals(conn, "coverage", account, "own")?;
            let covered = covered.iter().map(|i| (i.from.0 / MINUTE, i.to.0 / MINUTE)).collect();
            let mut holes = conn.prepare("SELECT from_at, to_at, fillable FROM hole ORDER BY from_at")?;
            let holes = holes.query_map([], |row| {
                Ok((row.get::<_, i64>(0)? / MINUTE, row.get::<_, i64>(1)? / MINUTE, row.get(2)?))
            })?;
            Ok((covered, holes.collect::<Result<_, _>>()?))
        })
        .unwrap()
}

#[test]
fn a_gap_is_a_hole_until_it_is_read() {
    let read = |from, to| (Some(between(from, to)), None);
    assert_eq!(left(&[read(0, 10), read(10, 20)]), (vec![(0, 20)], vec![]));
    assert_eq!(left(&[read(0, 10), read(30, 40)]), (vec![(0, 10), (30, 40)], vec![(10, 30, true)]));
    let filled = [read(0, 10), read(30, 40), read(20, 35), read(5, 22)];
    assert_eq!(left(&filled), (vec![(0, 40)], vec![]));
}

#[test]
fn what_cannot_be_read_stays_lost_and_is_not_a_hole_to_fill() {
    let first = (Some(between(50, 60)), Some(between(0, 50)));
    assert_eq!(left(&[first]), (vec![(50, 60)], vec![(0, 50, false)]));
    let read_after_all = (Some(between(20, 30)), None);
    let expected = (vec![(20, 30), (50, 60)], vec![(0, 20, false), (30, 50, false)]);
    assert_eq!(left(&[first, read_after_all]), expected);
    assert_eq!(left(&[read_after_all, first]), expected);
}

#[test]
fn the_order_of_readings_does_not_matter() {
    let readings = [
        (Some(between(0, 3)), None),
        (Some(between(9, 12)), Some(between(5, 9))),
        (Some(between(2, 4)), None),
        (Some(between(20, 21)), Some(between(11, 14))),
    ];
    let expected = left(&readings);
    for turn in 1..readings.len() {
        let mut turned = readings;
        turned.rotate_left(turn);
        assert_eq!(left(&turned), expected, "{turn}");
        turned.reverse();
        assert_eq!(left(&turned), expected, "{turn} backwards");
    }
}

#[test]
fn clocks_of_whole_seconds_leave_no_hole() {
    let seconds = |from, to| {
        let interval = Interval { from: Millis(from * SECOND), to: Millis(to * SECOND) };
        (Some(interval), None)
    };
    assert_eq!(left(&[seconds(0, 60), seconds(61, 120)]), (vec![(0, 2)], vec![]));
}
