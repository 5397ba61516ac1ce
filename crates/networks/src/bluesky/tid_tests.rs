//! Keys sort as time goes, never repeat, and have the form that servers take.

#![allow(clippy::unwrap_used)]

use super::*;

/// What the form allows and what it does not (of our own making, after specs/tid).
const GOOD: [&str; 4] = ["2222222222222", "3n2u3zpvbsm25", "jzzzzzzzzzzzz", "3k4duaz5vfs2b"];
const BAD: [&str; 8] = [
    "",
    "3n2u3zpvbsm2",
    "3n2u3zpvbsm255",
    "kzzzzzzzzzzzz",
    "zzzzzzzzzzzzz",
    "3N2U3ZPVBSM25",
    "3n2u3zpvbsm21",
    "3n2u-zpv-sm25",
];

#[test]
fn the_form_is_kept_and_judged() {
    assert!(GOOD.iter().all(|tid| instant(tid).is_some()));
    assert!(BAD.iter().all(|tid| instant(tid).is_none()));
    let now = Millis(1_790_000_000_000);
    let tids = Tids::default();
    for luck in [0, 1, 1_023, 1_024, u64::MAX, 0x1234_5678_9abc_def0] {
        let tid = tids.next(now, luck);
        assert_eq!(tid.len(), 13);
        assert!(instant(&tid).is_some_and(|at| (0..2).contains(&at.since(now))), "{tid}");
    }
    // Bounded at both ends of time.
    assert_eq!(instant(&tids.next(Millis(i64::MAX), u64::MAX)).map(|at| at.0), Some(MOST_MICROS as i64 / 1_000));
    assert!(instant(&Tids::default().next(Millis(-5), 0)).is_some());
}

#[test]
fn each_is_later_than_the_one_before_whatever_the_clock_does() {
    let tids = Tids::default();
    let mut last = String::new();
    for n in 0..2_000_i64 {
        // The clock stands still, and at last goes back.
        let now = Millis(1_790_000_000_000 - n / 1_000 * 3_600_000);
        let tid = tids.next(now, n.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15));
        assert!(tid > last, "{tid} after {last}");
        last = tid;
    }
}

#[test]
fn a_known_key_means_the_instant_it_was_made_at() {
    // Recorded with its post, made at 22:01:06.564.
    let made: jiff::Timestamp = "2026-11-21T22:01:06.564Z".parse().unwrap();
    let told = instant("3n2u3zpvbsm25").unwrap();
    assert!(told.since(Millis(made.as_millisecond())).abs() < 60_000, "{told:?}");
}
