//! Who may still ask, and when the others may.

#![allow(clippy::unwrap_used)]

use super::*;

const NOON: Millis = Millis(1_790_000_000_000);

#[test]
fn gathering_leaves_some_to_sending() {
    let mut pace = Pace::default();
    for second in 0..15 {
        pace.take(For::Pull, NOON.plus(second * 1000)).unwrap();
    }
    let now = NOON.plus(20_000);
    // For as many as a page takes: one at a time would begin it anew for each, without end.
    assert_eq!(pace.take(For::Pull, now), Err(Fault::Later { after: NOON.plus(12_000 + MINUTE) }));
    assert_eq!(pace.take(For::Look, now), Err(Fault::Later { after: NOON.plus(12_000 + MINUTE) }));
    assert!(pace.room(For::Look, 6, NOON.plus(12_000 + MINUTE)).is_ok());
    assert!(pace.room(For::Look, 7, NOON.plus(12_000 + MINUTE)).is_err());
    for _ in 0..5 {
        pace.take(For::Send, now).unwrap();
    }
    assert_eq!(pace.take(For::Send, now), Err(Fault::Later { after: NOON.plus(MINUTE) }));
}

#[test]
fn a_day_has_its_end_too_and_a_clock_set_back_forgets() {
    let mut pace = Pace::default();
    for n in 0..2_700 {
        pace.take(For::Pull, NOON.plus(n * 20_000)).unwrap();
    }
    let now = NOON.plus(2_700 * 20_000);
    assert_eq!(pace.take(For::Pull, now), Err(Fault::Later { after: NOON.plus(12 * 20_000 + DAY) }));
    assert!(pace.take(For::Send, now).is_ok());
    assert!(pace.take(For::Pull, NOON.plus(-3 * DAY)).is_ok());
}
