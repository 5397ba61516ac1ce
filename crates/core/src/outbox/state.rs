//! A reply's states and what moves it between them: the one table that every transition of the outbox goes through.
//!
//! `Sending` is a first attempt: what the network surely did not do brings it back to waiting. `Resending` repeats an
//! attempt whose answer was lost: whatever is certain of the repetition says nothing of the first, so that only an
//! answer with the message, or the message found, ends it. Both stand as 'sending' in the store.

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum State {
    /// Its client wants a yes first.
    ToApprove,
    Waiting,
    Sending,
    Resending,
    Sent,
    Refused,
    Unsure,
    TakenBack,
    Discarded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Event {
    /// Somebody said yes.
    Approved,
    /// Its key and bytes are frozen, the first one leaves next.
    Leaves,
    /// The same bytes under the same key, where the network refuses a second copy.
    LeavesAgain,
    /// The network answered with the message.
    Arrived,
    /// Surely nothing was done: later, offline, sign in, suspended.
    NotDone,
    Refused,
    /// It may have been done: a lost answer, or an engine that died.
    Lost,
    /// Its message was found, by us or by the CM.
    Found,
    TakenBack,
    GivenUp,
    /// The CM wants it sent, knowing what they have been told.
    Again,
    /// The store was an older copy: what it did not know to be sent may have left since.
    Restored,
}

pub(crate) const STATES: [State; 9] = [
    State::ToApprove,
    State::Waiting,
    State::Sending,
    State::Resending,
    State::Sent,
    State::Refused,
    State::Unsure,
    State::TakenBack,
    State::Discarded,
];

/// Where the event leads; `None`: it cannot happen to a reply in that state.
pub(crate) fn next(state: State, event: Event) -> Option<State> {
    use State::{Discarded, Refused, Resending, Sending, Sent, TakenBack, ToApprove, Unsure, Waiting};
    match (state, event) {
        (ToApprove, Event::Approved) => Some(Waiting),
        (Waiting, Event::Leaves) => Some(Sending),
        // Looking whether it may leave, or preparing it, met the network's answer.
        (Waiting, Event::NotDone) => Some(Waiting),
        (Waiting | Sending, Event::Refused) => Some(Refused),
        (ToApprove | Waiting, Event::TakenBack) => Some(TakenBack),
        (ToApprove | Waiting | Refused | Unsure, Event::GivenUp) => Some(Discarded),
        (Waiting | Refused | Unsure, Event::Again) => Some(Waiting),
        (Sending, Event::NotDone) => Some(Waiting),
        (Sending | Resending, Event::Arrived) => Some(Sent),
        (Sending | Resending, Event::Lost) => Some(Unsure),
        (Resending, Event::NotDone | Event::Refused) => Some(Unsure),
        (Unsure, Event::LeavesAgain) => Some(Resending),
        (Unsure, Event::Found) => Some(Sent),
        (Waiting | Sending | Resending, Event::Restored) => Some(Unsure),
        _ => None,
    }
}

/// The words that are the CM's: each can be undone, which goes back the way it came.
const WORDS: [Event; 5] = [Event::Approved, Event::TakenBack, Event::GivenUp, Event::Again, Event::Found];

/// Whether undoing a word of the CM's leads from where it left a reply to what it had been.
pub(crate) fn undone(left: State, was: State) -> bool {
    WORDS.into_iter().any(|word| next(was, word) == Some(left))
}

impl State {
    /// Whether anything is left to do about it.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Sent | Self::TakenBack | Self::Discarded)
    }

    /// As the store writes it.
    pub fn stored(self) -> &'static str {
        match self {
            Self::ToApprove => "to_approve",
            Self::Waiting => "waiting",
            Self::Sending | Self::Resending => "sending",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Unsure => "unsure",
            Self::TakenBack => "taken_back",
            Self::Discarded => "discarded",
        }
    }

    /// `again`: what its detail says of a 'sending'.
    pub fn of(stored: &str, again: bool) -> Option<Self> {
        if stored == "sending" && again {
            return Some(Self::Resending);
        }
        STATES.into_iter().find(|state| state.stored() == stored)
    }
}
