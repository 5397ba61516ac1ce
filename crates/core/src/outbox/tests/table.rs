//! The table itself, whole: what no sequence of events may do.

use crate::outbox::state::{Event, STATES, State, next};

const EVENTS: [Event; 10] = [
    Event::Leaves,
    Event::LeavesAgain,
    Event::Arrived,
    Event::NotDone,
    Event::Refused,
    Event::Lost,
    Event::Found,
    Event::TakenBack,
    Event::GivenUp,
    Event::Again,
];

#[test]
fn what_is_settled_stays_so() {
    for state in [State::Sent, State::TakenBack, State::Discarded] {
        for event in EVENTS {
            assert_eq!(next(state, event), None, "{state:?} {event:?}");
        }
    }
}

#[test]
fn only_two_steps_put_bytes_on_the_wire() {
    for state in STATES {
        for event in EVENTS {
            match next(state, event) {
                Some(State::Sending) => assert_eq!((state, event), (State::Waiting, Event::Leaves)),
                Some(State::Resending) => assert_eq!((state, event), (State::Unsure, Event::LeavesAgain)),
                _ => {}
            }
        }
    }
}

/// Once a copy may exist, only the CM's word makes the reply wait, be refused, or be had back.
#[test]
fn what_may_be_there_never_waits_by_itself() {
    let mut reached = vec![State::Unsure];
    let mut at = 0;
    while at < reached.len() {
        for event in EVENTS {
            if matches!(event, Event::Again | Event::GivenUp) {
                continue;
            }
            if let Some(state) = next(reached[at], event).filter(|state| !reached.contains(state)) {
                reached.push(state);
            }
        }
        at += 1;
    }
    assert_eq!(reached, [State::Unsure, State::Resending, State::Sent]);
}

#[test]
fn on_the_wire_nobody_takes_it() {
    for state in [State::Sending, State::Resending] {
        for event in [Event::TakenBack, Event::GivenUp, Event::Again, Event::Found, Event::Leaves, Event::LeavesAgain] {
            assert_eq!(next(state, event), None);
        }
    }
}

#[test]
fn the_store_can_hold_each() {
    for state in STATES {
        let again = state == State::Resending;
        assert_eq!(State::of(state.stored(), again), Some(state));
    }
}
