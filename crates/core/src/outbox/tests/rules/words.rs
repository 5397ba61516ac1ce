//! What the CM says of a reply, and how they go back on it.

use super::world::{Row, Rule, UNDO, World};
use crate::outbox::state::{Event, State, undone};

/// A word, as its undo needs it: what the row was, and how the word left it.
#[derive(Clone, Debug)]
pub struct Word {
    before: Row,
    left: Row,
    life: usize,
}

impl World {
    fn row(&self, reply: usize) -> Option<Row> {
        self.store.rows.get(reply).cloned()
    }

    pub fn withdraw(&mut self, reply: usize, event: Event) {
        let Some(row) = self.row(reply) else { return };
        if self.shift(&row, event) {
            self.wishes[row.wish].withdrawn = true;
            self.said(row);
            self.act();
        }
    }

    /// A new wish in the row of the old one, which the CM knows may be there yet.
    pub fn send_again(&mut self, reply: usize) {
        let Some(row) = self.row(reply) else { return };
        if row.state != State::Unsure || !self.shift(&row, Event::Again) {
            return;
        }
        let before = row.clone();
        self.wishes[row.wish].withdrawn = true;
        let (wish, key, wall) = (self.wish(reply, true), self.new_key(), self.wall());
        let row = &mut self.store.rows[reply];
        (row.wish, row.key, row.not_before, row.rests_from) = (wish, key, wall, wall);
        (row.chosen, row.first_try, row.absent, row.looks) = (None, None, false, 0);
        row.known.clear();
        self.said(before);
        self.act();
    }

    pub fn retry(&mut self, reply: usize) {
        let Some(row) = self.row(reply) else { return };
        let before = row.clone();
        let again = matches!(row.state, State::Waiting | State::Refused) && self.shift(&row, Event::Again);
        if again || row.state == State::Unsure {
            let wall = self.wall();
            let row = &mut self.store.rows[reply];
            (row.not_before, row.rests_from, row.looks) = (wall, wall, 0);
            if before.state == State::Refused {
                self.look_first(reply);
            }
            self.said(before);
            self.act();
        }
    }

    pub fn approve(&mut self, reply: usize) {
        let Some(row) = self.row(reply) else { return };
        if row.state == State::ToApprove && self.shift(&row, Event::Approved) {
            self.wishes[row.wish].approved = true;
            let wall = self.wall();
            let waiting = &mut self.store.rows[reply];
            (waiting.not_before, waiting.rests_from) = (wall + UNDO, wall);
            self.look_first(reply);
            self.said(row);
            self.act();
        }
    }

    /// A yes, or another try, that the other copy may have been given before.
    fn look_first(&mut self, reply: usize) {
        if reply < self.store.of_copy && self.keeps(Rule::CopyLooksFirst) {
            let row = self.store.rows[reply].clone();
            if self.shift(&row, Event::Restored) {
                self.lost_in_copy(reply);
            }
        }
    }

    /// In the store with the word itself, so that a copy has it too.
    fn said(&mut self, before: Row) {
        let (left, life) = (self.store.rows[before.id].clone(), self.store.life);
        let stayed = left.state == before.state && matches!(left.state, State::Waiting | State::ToApprove);
        if stayed || undone(left.state, before.state) {
            self.store.words.push(Word { before, left, life });
        }
    }

    /// Only from where the word left it, of this life, and not before what has begun to leave behind it.
    pub fn undo(&mut self) {
        let Some(Word { before, left, life }) = self.store.words.pop() else { return };
        let row = self.store.rows[before.id].clone();
        let as_left = row.state == left.state && row.key == left.key && row.tries == left.tries;
        let of_this_life = life == self.store.life;
        let began = |row: &Row| matches!(row.state, State::Sending | State::Resending | State::Unsure | State::Sent);
        let behind = self.store.rows[row.id + 1..].iter();
        let overtaken = behind.filter(|other| other.conversation == row.conversation).any(began);
        let free = (as_left || !self.keeps(Rule::UndoAsLeft))
            && (of_this_life || !self.keeps(Rule::UndoOfThisLife))
            && (row.open() || !overtaken || !self.keeps(Rule::UndoInOrder));
        if free {
            self.put_back(before, &row);
        }
        self.act();
    }

    fn put_back(&mut self, before: Row, row: &Row) {
        let wall = self.wall();
        // What was sent again was wished anew: that wish is gone, and the one before it stands.
        if row.wish != before.wish {
            (self.wishes[row.wish].withdrawn, self.wishes[row.wish].undone) = (true, true);
        }
        self.wishes[before.wish].withdrawn = false;
        self.wishes[before.wish].approved &= before.state != State::ToApprove;
        let rest = if before.state == State::Waiting && !row.open() { UNDO } else { 0 };
        let looks = if before.state == State::Unsure { 0 } else { before.looks };
        self.store.rows[row.id] = Row { not_before: wall + rest, rests_from: wall, looks, tries: row.tries, ..before };
    }
}
