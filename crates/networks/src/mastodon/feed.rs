//! Reading a list forward without a hole, on servers that keep their word about paging and on servers that do not.
//!
//! A first reading goes back from the newest to an instant (*back*). Then each reading asks for what comes after
//! the newest known (*ahead*), which Mastodon gives from the oldest side on, until nothing comes. But some servers
//! ignore that question and give their newest page (snac): then a page that touches nothing known may have jumped
//! over something, and is followed backwards until it does (*walk*). An empty answer proves that the question is
//! understood; before that proof, every page is checked by walking. Known ids are kept, so that nothing is
//! brought twice and every walk ends, even where no paging works at all.
//!
//! Nothing here does I/O: `ask` says what to ask, `take` is told what came.

use super::api::{Links, Query};
use guichet_model::{Interval, MINUTE, Millis};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// A first reading goes no further back than so many entries.
pub(crate) const MOST_BACK: usize = 800;
const MOST_WALK: usize = 4_000;
const MOST_KNOWN: usize = 400;
const MOST_ANCHORS: usize = 60;
const LIMIT: usize = 40;
/// The first page is small, so that something is on screen soon.
const FIRST_LIMIT: usize = 20;

/// One line of a list, in the list's own order (newest first).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// What makes it the same one or another.
    pub id: String,
    /// What the list is paged by.
    pub page: String,
    pub at: Millis,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Feed {
    since: Millis,
    step: Step,
    /// The newest place known, by its paging id.
    top: Option<String>,
    /// The instant up to which everything is read, by the server's time.
    reached: Millis,
    /// Whether the server is known to leave out what came before the place it is asked after.
    leaves_out: Option<bool>,
    known: VecDeque<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    Back {
        older: Option<String>,
        read: usize,
        upto: Option<Millis>,
    },
    Ahead,
    Walk {
        older: String,
        read: usize,
        upto: Millis,
        /// The oldest instant this walk came to.
        down_to: Millis,
        anchors: Vec<String>,
        top: String,
        reached: Millis,
    },
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
        Self {
            since,
            step: Step::Back { older: None, read: 0, upto: None },
            top: None,
            reached: since,
            leaves_out: None,
            known: VecDeque::new(),
        }
    }

    /// Whether everything up to now was read, as far as is known.
    pub fn is_ahead(&self) -> bool {
        self.step == Step::Ahead
    }

    pub fn ask(&self) -> Query {
        let limit = |n: usize| ("limit", n.to_string());
        match &self.step {
            Step::Back { older: None, .. } => vec![limit(FIRST_LIMIT)],
            Step::Back { older: Some(older), .. } | Step::Walk { older, .. } => {
                vec![limit(LIMIT), ("max_id", older.clone())]
            }
            Step::Ahead => match self.after() {
                Some(top) => vec![limit(LIMIT), ("min_id", top.clone())],
                None => vec![limit(LIMIT)],
            },
        }
    }

    fn after(&self) -> Option<&String> {
        self.top.as_ref().filter(|_| self.leaves_out != Some(false))
    }

    pub fn knows(&self, id: &str) -> bool {
        self.known.iter().any(|known| known == id)
    }

    /// Whether a page should be worked from its oldest line on: then reading can stop in the middle of it and go
    /// on ahead. Otherwise it is worked from its newest line down.
    pub fn oldest_first(&self, page: &[Entry]) -> bool {
        self.step == Step::Ahead
            && self.after().is_some()
            && self.leaves_out == Some(true)
            && !page.iter().any(|entry| self.knows(&entry.id))
    }

    /// Which lines are new and not too old, by their index.
    pub fn fresh(&self, page: &[Entry]) -> Vec<usize> {
        let too_old = |entry: &Entry| matches!(self.step, Step::Back { .. }) && entry.at < self.since;
        let new = |(_, entry): &(usize, &Entry)| !self.knows(&entry.id) && !too_old(entry);
        page.iter().enumerate().filter(new).map(|(n, _)| n).collect()
    }

    /// Moves on over a page, or over the part of it that was worked. `now`: the server's time.
    pub fn take(&mut self, page: &[Entry], links: &Links, now: Millis) -> Taken {
        let fresh = page.iter().any(|entry| !self.knows(&entry.id));
        let backwards = self.step != Step::Ahead;
        let taken = match self.step.clone() {
            Step::Back { read, upto, .. } => self.back(page, links, now, read, upto, fresh),
            Step::Ahead => self.ahead(page, links, now, fresh),
            Step::Walk { .. } => self.walk(page, links, fresh),
        };
        // The newest stand at the back, and are the last to be forgotten.
        if backwards {
            for entry in page {
                if !self.knows(&entry.id) {
                    self.known.push_front(entry.id.clone());
                }
            }
        } else {
            for entry in page.iter().rev() {
                if !self.knows(&entry.id) {
                    self.known.push_back(entry.id.clone());
                }
            }
        }
        while self.known.len() > MOST_KNOWN {
            self.known.pop_front();
        }
        taken
    }

    fn back(
        &mut self,
        page: &[Entry],
        links: &Links,
        now: Millis,
        read: usize,
        upto: Option<Millis>,
        fresh: bool,
    ) -> Taken {
        if upto.is_none() {
            self.top = newest(page, links);
            self.reached = latest(page).unwrap_or(self.since).max(self.since);
        }
        let upto = upto.unwrap_or(now);
        let read = read + page.len();
        let oldest = page.iter().map(|entry| entry.at).min().unwrap_or(self.since);
        let older = links.older.clone().or_else(|| page.last().map(|e| e.page.clone()));
        let whole = page.is_empty() || oldest < self.since;
        let cut = !whole && (!fresh || read >= MOST_BACK);
        if let (false, false, Some(older)) = (whole, cut, older) {
            self.step = Step::Back { older: Some(older), read, upto: Some(oldest) };
            return Taken { more: true, covered: interval(oldest, upto), missing: None };
        }
        self.step = Step::Ahead;
        let from = if cut { oldest } else { self.since };
        Taken {
            // One more question, whose empty answer proves that the server can be asked so.
            more: self.top.is_some(),
            covered: interval(from, upto),
            missing: if cut { interval(self.since, oldest) } else { None },
        }
    }

    fn ahead(&mut self, page: &[Entry], links: &Links, now: Millis, fresh: bool) -> Taken {
        let asked_after = self.after().is_some();
        let from = self.reached;
        if page.is_empty() {
            if asked_after {
                self.leaves_out = Some(true);
            }
            return Taken { more: false, covered: interval(from, now), missing: None };
        }
        let touches = page.iter().any(|entry| self.knows(&entry.id));
        if asked_after && touches {
            self.leaves_out = Some(false);
        }
        let top = newest(page, links);
        let reached = latest(page).unwrap_or(from).max(from);
        if asked_after && self.leaves_out == Some(true) {
            self.top = top;
            self.reached = reached;
            return Taken { more: true, covered: interval(from, reached), missing: None };
        }
        let older = links.older.clone().or_else(|| page.last().map(|e| e.page.clone()));
        if let (false, true, Some(older), Some(top)) = (touches, fresh, older, top.clone()) {
            let oldest = page.iter().map(|entry| entry.at).min().unwrap_or(from);
            self.step = Step::Walk {
                older,
                read: page.len(),
                upto: now,
                down_to: oldest,
                anchors: self.known.iter().rev().take(MOST_ANCHORS).cloned().collect(),
                top,
                reached,
            };
            return Taken { more: true, ..Taken::default() };
        }
        self.top = top;
        self.reached = reached;
        Taken { more: false, covered: interval(from, now), missing: None }
    }

    fn walk(&mut self, page: &[Entry], links: &Links, fresh: bool) -> Taken {
        let Step::Walk { older: before, read, upto, down_to, anchors, top, reached } = self.step.clone() else {
            return Taken::default();
        };
        let floor = self.reached;
        let read = read + page.len();
        let oldest = page.iter().map(|entry| entry.at).min().unwrap_or(down_to).min(down_to);
        let met = page.iter().any(|entry| anchors.contains(&entry.id));
        let whole = page.is_empty() || met || oldest < floor.plus(-MINUTE);
        let older = links.older.clone().or_else(|| page.last().map(|e| e.page.clone()));
        let goes_on = fresh && read < MOST_WALK && older.as_ref() != Some(&before);
        if let (false, true, Some(older)) = (whole, goes_on, older) {
            self.step = Step::Walk { older, read, upto, down_to: oldest, anchors, top, reached };
            return Taken { more: true, ..Taken::default() };
        }
        self.step = Step::Ahead;
        self.top = Some(top);
        self.reached = reached;
        Taken {
            more: self.leaves_out.is_none(),
            covered: interval(if whole { floor } else { oldest }, upto),
            missing: if whole { None } else { interval(floor, oldest) },
        }
    }
}

fn interval(from: Millis, to: Millis) -> Option<Interval> {
    (from <= to).then_some(Interval { from, to })
}

fn latest(page: &[Entry]) -> Option<Millis> {
    page.iter().map(|entry| entry.at).max()
}

/// The place to ask after: as the server says, else the newest line's own.
fn newest(page: &[Entry], links: &Links) -> Option<String> {
    let first = page.iter().rev().max_by_key(|entry| entry.at);
    links.newer.clone().or_else(|| first.map(|entry| entry.page.clone()))
}

#[cfg(test)]
#[path = "feed_tests.rs"]
mod tests;
