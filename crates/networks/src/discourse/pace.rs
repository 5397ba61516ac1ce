//! The requests that a forum allows one key: twenty in a minute and 2,880 in a day where its people have changed nothing,
//! which no answer tells beforehand. They are counted here, so that what matters most is never refused for what matters
//! least: sending may use them all, gathering leaves some, and looking again at what is known takes what is left.

use guichet_model::{DAY, Fault, HOUR, MINUTE, Millis};
use std::collections::VecDeque;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    /// A send, and the readings that it needs; an act of a person.
    Send,
    Pull,
    Look,
}

impl For {
    /// Requests that may follow on one another: whoever waits for room waits for that of all, and need not begin anew after
    /// each. A page lists and fetches one topic; a look at a few items asks for each twice at most.
    pub(crate) fn in_a_row(self) -> usize {
        match self {
            Self::Send => 1,
            Self::Pull => 13,
            Self::Look => 6,
        }
    }

    /// Windows, each with the most requests of any kind in it.
    fn windows(self) -> &'static [(i64, usize)] {
        match self {
            Self::Send => &[(MINUTE, 20), (DAY, 2_880)],
            Self::Pull => &[(MINUTE, 15), (DAY, 2_700)],
            Self::Look => &[(MINUTE, 8), (HOUR, 100), (DAY, 2_400)],
        }
    }
}

/// When requests were made, oldest first, by our clock.
#[derive(Default)]
pub(crate) struct Pace(VecDeque<Millis>);

impl Pace {
    /// Counts a request that is about to be made, or says when there will be room for it and those that follow.
    pub fn take(&mut self, what: For, now: Millis) -> Result<(), Fault> {
        self.room(what, 1, now)?;
        self.0.push_back(now);
        Ok(())
    }

    /// Whether there is room for so many.
    pub fn room(&mut self, what: For, requests: usize, now: Millis) -> Result<(), Fault> {
        // A clock that was set back would keep its future for ever.
        self.0.retain(|at| (0..DAY).contains(&now.since(*at)));
        for (window, most) in what.windows() {
            let inside = self.0.iter().rev().take_while(|at| now.since(**at) < *window).count();
            if inside + requests > *most {
                let stays = most - what.in_a_row().max(requests).min(*most);
                let last = self.0.iter().rev().nth(stays).copied().unwrap_or(now);
                return Err(Fault::Later { after: last.plus(*window) });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "pace_tests.rs"]
mod tests;
