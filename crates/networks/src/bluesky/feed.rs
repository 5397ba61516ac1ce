//! Reading a list that knows only "newest first" and "older than": from its newest down to what is known.
//!
//! Such a list cannot be asked for what is new. Each walk goes down until it stands safely below the newest that the walk
//! before it met: a quarter of an hour below, because servers put late entries in their place by time. What was read twice
//! is told by its key and not worked again. A first walk goes down to an instant, or so many entries. A page without a
//! line that names a next one is not the end: servers look through so many lines, and none of them may be of a kind that
//! was asked for.
//!
//! Nothing here does I/O: `ask` says what to ask, `take` is told what came.

use guichet_model::{Interval, MINUTE, Millis};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

const OVERLAP: i64 = 15 * MINUTE;
/// A first walk goes no further down than so many entries.
pub(crate) const MOST_FIRST: usize = 800;
const MOST_LATER: usize = 4_000;
const MOST_KNOWN: usize = 600;
/// The first page is small, so that something is on screen soon.
const FIRST_PAGE: usize = 20;
const A_PAGE: usize = 50;

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// What makes it the same one or another: a record changed is another.
    pub key: String,
    pub at: Millis,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Feed {
    since: Millis,
    /// The newest met by walks that ended; `None`: no walk has ended yet.
    reached: Option<Millis>,
    walk: Option<Walk>,
    known: VecDeque<String>,
}

/// A walk on its way down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Walk {
    older: String,
    /// Where the page before ended.
    upto: Millis,
    newest: Millis,
    read: usize,
}

/// What a page proved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    pub more: bool,
    pub covered: Option<Interval>,
    pub missing: Option<Interval>,
}

impl Feed {
    pub fn new(since: Millis) -> Self {
        Self { since, reached: None, walk: None, known: VecDeque::new() }
    }

    /// The page to ask for: its length, and what it is older than.
    pub fn ask(&self) -> (usize, Option<&str>) {
        match (&self.walk, self.reached) {
            (Some(walk), _) => (A_PAGE, Some(&walk.older)),
            (None, Some(_)) => (A_PAGE, None),
            (None, None) => (FIRST_PAGE, None),
        }
    }

    /// From the top again: the server no longer knows the place where the walk stood.
    pub fn start_over(&mut self) {
        self.walk = None;
    }

    pub fn is_walking(&self) -> bool {
        self.walk.is_some()
    }

    fn floor(&self) -> Millis {
        self.reached.map_or(self.since, |reached| reached.plus(-OVERLAP))
    }

    fn knows(&self, key: &str) -> bool {
        self.known.iter().any(|known| known == key)
    }

    /// Which lines are new and not too old, by their index.
    pub fn fresh(&self, page: &[Entry]) -> Vec<usize> {
        let new = |(_, entry): &(usize, &Entry)| !self.knows(&entry.key) && entry.at >= self.since;
        page.iter().enumerate().filter(new).map(|(n, _)| n).collect()
    }

    /// Moves on over a page. `older`: what the server names the next one by; `now`: the server's time.
    pub fn take(&mut self, page: &[Entry], older: Option<&str>, now: Millis) -> Taken {
        let floor = self.floor();
        let before = self.walk.take();
        let upto = before.as_ref().map_or(now, |walk| walk.upto);
        let read = before.as_ref().map_or(0, |walk| walk.read) + page.len().max(1);
        // Such a place is an instant as a rule (the AppView's): a page without a line stands there.
        let place = older.filter(|_| page.is_empty()).and_then(|older| older.parse::<jiff::Timestamp>().ok());
        let place = place.map(|at| Millis(at.as_millisecond()));
        // A time in the future would let all that comes until then pass for read.
        let here = page.iter().map(|entry| entry.at).max().or(place).map(|at| at.min(now));
        let newest = before.as_ref().map(|walk| walk.newest).max(here).unwrap_or(floor);
        let down_to = page.iter().map(|entry| entry.at).min().or(place).map_or(upto, |oldest| oldest.min(upto));
        self.learn(page, before.is_some());

        let below = down_to < floor;
        let most = if self.reached.is_none() { MOST_FIRST } else { MOST_LATER };
        let stuck = older.is_some_and(|older| before.as_ref().is_some_and(|walk| walk.older == older));
        match older {
            Some(older) if !below && read < most && !stuck => {
                self.walk = Some(Walk { older: older.to_owned(), upto: down_to, newest, read });
                Taken { more: true, covered: interval(down_to, upto), missing: None }
            }
            // A list that ends is read whole.
            ended => {
                let whole = below || ended.is_none();
                let from = if whole { floor } else { down_to };
                self.reached = Some(newest.max(self.reached.unwrap_or(newest)));
                Taken {
                    more: false,
                    covered: interval(from, upto),
                    missing: if whole { None } else { interval(floor, down_to) },
                }
            }
        }
    }

    /// The newest stand at the back, and are the last to be forgotten.
    fn learn(&mut self, page: &[Entry], downwards: bool) {
        for entry in page.iter().rev() {
            if !self.knows(&entry.key) {
                match downwards {
                    true => self.known.push_front(entry.key.clone()),
                    false => self.known.push_back(entry.key.clone()),
                }
            }
        }
        while self.known.len() > MOST_KNOWN {
            self.known.pop_front();
        }
    }
}

fn interval(from: Millis, to: Millis) -> Option<Interval> {
    (from <= to).then_some(Interval { from, to })
}

#[cfg(test)]
#[path = "feed_tests.rs"]
mod tests;
