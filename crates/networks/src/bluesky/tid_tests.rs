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
    let at = Millis(1_790_000_000_000);
    for n in 0..200 {
        let tid = of_reply(&format!("key {n}"), at);
        assert!(instant(&tid).is_some_and(|instant| (-1_049..=0).contains(&instant.since(at))), "{tid}");
    }
    // Bounded at both ends of time.
    assert_eq!(instant(&of_reply("k", Millis(i64::MAX))).map(|at| at.0), Some(MOST_MICROS as i64 / 1_000));
    assert_eq!(instant(&of_reply("k", Millis(-5))).map(|at| at.0), Some(0));
}

#[test]
fn a_reply_has_one_key_and_no_other_has_it() {
    let at = Millis(1_790_000_000_000);
    let keys: std::collections::BTreeSet<String> = (0..5_000).map(|n| of_reply(&format!("key {n}"), at)).collect();
    assert!(keys.len() > 4_990, "{} of 5,000 in one instant", keys.len());
    assert_eq!(of_reply("key 7", at), of_reply("key 7", at));
    assert_ne!(of_reply("key 7", at), of_reply("key 7", at.plus(1)));
}

#[test]
fn a_known_key_means_the_instant_it_was_made_at() {
    // Recorded with its post, made at 22:01:06.564.
    let made: jiff::Timestamp = "2026-11-21T22:01:06.564Z".parse().unwrap();
    let told = instant("3n2u3zpvbsm25").unwrap();
    assert!(told.since(Millis(made.as_millisecond())).abs() < 60_000, "{told:?}");
}
