//! What is left, for whom, and until when.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::testing::{EVENING, HandClock};
use guichet_model::{HOUR, SECOND};

fn later(after: Millis) -> Result<(), Fault> {
    Err(Fault::Later { after })
}

#[tokio::test]
async fn pulling_leaves_the_last_requests_to_sending() {
    let clock = HandClock::at(EVENING);
    let requests = Requests::new(clock.clone());
    let reset = EVENING.plus(60 * SECOND);
    requests.correct(Spending::Read, 12, reset);
    for _ in 0..10 {
        requests.reserve(Spending::Read).unwrap();
    }
    assert_eq!(requests.reserve(Spending::Read), later(reset));
    first(async {
        requests.reserve(Spending::Read).unwrap();
        requests.reserve(Spending::Read).unwrap();
        assert_eq!(requests.reserve(Spending::Read), later(reset));
    })
    .await;
    requests.reserve(Spending::Send).unwrap();
    clock.forward(60 * SECOND);
    requests.reserve(Spending::Read).unwrap();
}

#[test]
fn the_networks_word_counts_and_late_answers_do_not_raise_it() {
    let clock = HandClock::at(EVENING);
    let requests = Requests::new(clock.clone());
    let reset = EVENING.plus(60 * SECOND);
    requests.correct(Spending::Send, 2, reset);
    requests.reserve(Spending::Send).unwrap();
    requests.correct(Spending::Send, 2, reset);
    requests.reserve(Spending::Send).unwrap();
    assert_eq!(requests.reserve(Spending::Send), later(reset));
    requests.correct(Spending::Send, 300, reset.plus(SECOND));
    requests.reserve(Spending::Send).unwrap();
}

#[test]
fn a_clock_set_back_makes_no_window_longer() {
    let clock = HandClock::at(EVENING);
    let requests = Requests::new(clock.clone());
    requests.correct(Spending::Send, 1, EVENING.plus(60 * SECOND));
    requests.reserve(Spending::Send).unwrap();
    clock.forward(-2 * HOUR);
    assert_eq!(requests.reserve(Spending::Send), later(EVENING.plus(60 * SECOND - 2 * HOUR)));
    clock.forward(60 * SECOND);
    requests.reserve(Spending::Send).unwrap();
}

#[test]
fn without_a_word_a_modest_pace_is_kept() {
    let clock = HandClock::at(EVENING);
    let requests = Requests::new(clock.clone());
    let allowed = (0..1_000).filter(|_| requests.reserve(Spending::Read).is_ok()).count();
    assert_eq!(allowed, 270);
    clock.forward(WINDOW);
    requests.reserve(Spending::Read).unwrap();
}
