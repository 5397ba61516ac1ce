//! The table itself, whole: what no sequence of events may do.

use crate::outbox::state::{Event, STATES, State, next, undone};

const EVENTS: [Event; 12] = [
    Event::Approved,
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
    Event::Restored,
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

/// What wants a yes never leaves without one, and an older copy of the store sends nothing by itself.
#[test]
fn only_a_yes_lets_it_wait() {
    for event in EVENTS {
        match next(State::ToApprove, event) {
            Some(State::Waiting) => assert_eq!(event, Event::Approved),
            other => assert!(matches!(other, None | Some(State::TakenBack | State::Discarded)), "{event:?}"),
        }
    }
    for state in STATES {
        assert!(matches!(next(state, Event::Restored), None | Some(State::Unsure)), "{state:?}");
    }
}

/// An undo goes one word of the CM's backwards: never onto the wire, and what may be there is never made to wait by it.
#[test]
fn an_undo_begins_nothing_anew() {
    for left in STATES {
        for was in STATES.into_iter().filter(|was| undone(left, *was)) {
            assert!(!matches!(was, State::Sending | State::Resending | State::Sent), "{left:?} {was:?}");
            assert!(!matches!(left, State::Sending | State::Resending | State::Unsure | State::Refused), "{left:?}");
            assert!(left != State::Sent || was == State::Unsure, "{was:?}");
        }
    }
    assert!(undone(State::Waiting, State::ToApprove) && undone(State::TakenBack, State::Waiting));
    assert!(undone(State::Discarded, State::Unsure) && undone(State::Sent, State::Unsure));
}

/// The columns of the drawing: states that something moves.
const MOVED: [State; 6] =
    [State::ToApprove, State::Waiting, State::Sending, State::Resending, State::Unsure, State::Refused];

/// The table as the documents show it: events down, states across, and where each leads.
fn drawing() -> String {
    let word = |camel: String| {
        let mut words = String::new();
        for letter in camel.chars() {
            if letter.is_uppercase() && !words.is_empty() {
                words.push(' ');
            }
            words.extend(letter.to_lowercase());
        }
        words
    };
    let line = |first: &str, cells: Vec<String>| {
        let cells: String = cells.iter().map(|cell| format!("{cell:<12}")).collect();
        format!("{first:<14}{cells}").trim_end().to_owned()
    };
    let mut lines = vec![line("", MOVED.map(|state| word(format!("{state:?}"))).to_vec())];
    for event in EVENTS {
        let leads = MOVED.map(|state| next(state, event).map_or_else(|| "·".into(), |to| word(format!("{to:?}"))));
        lines.push(line(&word(format!("{event:?}")), leads.to_vec()));
    }
    lines.join("\n")
}

#[test]
fn the_documents_draw_this_table() {
    for state in STATES.iter().filter(|state| !MOVED.contains(state)) {
        assert!(EVENTS.iter().all(|event| next(*state, *event).is_none()), "{state:?} is not drawn");
    }
    let document = include_str!("../../../../../ARCHITECTURE.md");
    let drawn = document
        .split_once("<!-- the table of states -->\n```\n")
        .and_then(|(_, rest)| rest.split_once("\n```\n<!-- end of the table -->"))
        .map(|(drawn, _)| drawn);
    assert!(drawn == Some(&*drawing()), "between the two marks of ARCHITECTURE.md belongs:\n{}", drawing());
}

#[test]
fn the_store_can_hold_each() {
    for state in STATES {
        let again = state == State::Resending;
        assert_eq!(State::of(state.stored(), again), Some(state));
    }
}
