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
    /// Counts a request that is about to be made, or says when there will be room for it.
    pub fn take(&mut self, what: For, now: Millis) -> Result<(), Fault> {
        // A clock that was set back would keep its future for ever.
        self.0.retain(|at| (0..DAY).contains(&now.since(*at)));
        for (window, most) in what.windows() {
            let inside = self.0.iter().rev().take_while(|at| now.since(**at) < *window).count();
            if inside >= *most {
                let leaves = self.0.get(self.0.len() - most).copied().unwrap_or(now);
                return Err(Fault::Later { after: leaves.plus(*window) });
            }
        }
        self.0.push_back(now);
        Ok(())
    }
}

#[cfg(test)]
#[path = "pace_tests.rs"]
mod tests;
