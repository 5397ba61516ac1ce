//! What Guichet does, cut where a process can die: it looks what is due, freezes, lets the request leave, writes down
//! what came of it; looks for what was lost, and lets it leave again where that is proven harmless.

use super::server::{Fate, Mode, Request};
use super::world::{Row, Rule, Step, World};
use crate::outbox::pair::pairs;
use crate::outbox::state::{Event, State};
use guichet_model::{DAY, HOUR, MINUTE, SECOND};

/// From one look to the next.
const LOOKS: [i64; 8] = [5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY];

/// What may pass between freezing and the first byte. In earnest it is minutes, far less than a key's margin; here no
/// clock that is set back may hide a sleep.
const AT_ONCE: i64 = 10 * SECOND;

/// One process. What it holds dies with it.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    started: bool,
    flight: Flight,
    /// The server's time in its last answer: never later than it is there.
    pub heard: Option<i64>,
}

impl Engine {
    pub fn started() -> Self {
        Self { started: true, ..Self::default() }
    }

    pub fn idle(&self) -> bool {
        matches!(self.flight, Flight::Idle)
    }
}

#[derive(Clone, Debug, Default)]
enum Flight {
    #[default]
    Idle,
    /// Everything that can be asked beforehand was asked.
    Ready(Row),
    /// Frozen in the store; its first byte leaves next, or not at all where the machine slept since that instant.
    Leaving(Row, i64),
    Answered(Row, Answer),
    /// What a look saw, `None`: it failed.
    Looked(Row, Option<Seen>),
}

#[derive(Clone, Copy, Debug)]
enum Answer {
    Message { post: usize, twice: bool },
    NotDone,
    Refused,
    Lost,
}

#[derive(Clone, Debug)]
struct Seen {
    at: i64,
    /// By our own clock.
    wall: i64,
    same: Vec<usize>,
    other: Vec<usize>,
    /// What stands under its own id, where it has one.
    named: Option<Option<usize>>,
}

impl World {
    pub fn work(&mut self, at: usize) {
        self.two |= at == 1;
        if !self.engines[at].started {
            self.recover();
            self.engines[at].started = true;
            return;
        }
        let flight = std::mem::take(&mut self.engines[at].flight);
        self.engines[at].flight = match flight {
            Flight::Idle => self.turn(at),
            Flight::Ready(row) if self.keeps(Rule::FrozenFirst) => self.freeze(at, row),
            Flight::Leaving(row, since) if self.slept(since) || self.held_meanwhile(&row) => {
                Flight::Answered(row, Answer::NotDone)
            }
            Flight::Ready(row) | Flight::Leaving(row, _) => self.request(at, row),
            Flight::Answered(row, answer) => self.write_down(row, answer),
            Flight::Looked(row, seen) => self.weigh(at, row, seen),
        };
    }

    /// Whatever stands on the wire when an engine starts is unsure.
    fn recover(&mut self) {
        for row in self.store.rows.clone() {
            if matches!(row.state, State::Sending | State::Resending) {
                self.lose(&row, Event::Lost);
            }
        }
        self.sync();
    }

    fn turn(&mut self, at: usize) -> Flight {
        let wall = self.wall();
        self.bound_rests();
        self.kept_by_a_clock();
        let due = |row: &&Row| match row.state {
            State::Waiting => row.not_before <= wall && !self.store.covered(row),
            State::Unsure => row.not_before <= wall,
            State::Sending | State::Resending => true,
            _ => false,
        };
        let turn = |row: &&Row| !self.keeps(Rule::Order) || !self.store.blocked_by_earlier(row);
        let first = self.store.rows.iter().filter(due).filter(turn).min_by_key(|row| (row.not_before, row.id));
        let Some(row) = first.cloned() else { return Flight::Idle };
        match row.state {
            State::Unsure => {
                let row = self.prepare(row.id);
                let seen = self.look(at, &row);
                Flight::Looked(row, seen)
            }
            State::Waiting => {
                // A key's age is counted from a time that the server has told.
                self.engines[at].heard.get_or_insert(self.now);
                Flight::Ready(row)
            }
            _ => {
                // Nobody of this process sends it.
                self.lose(&row, Event::Lost);
                self.sync();
                Flight::Idle
            }
        }
    }

    /// A hold that came while it connected, asked when the connection stands.
    fn held_meanwhile(&self, row: &Row) -> bool {
        self.keeps(Rule::HoldsAtFirstByte) && self.store.covered(row)
    }

    /// After the clock went back: nothing rests for longer than it was to.
    fn bound_rests(&mut self) {
        let (wall, bounded) = (self.wall(), self.keeps(Rule::RestsBounded));
        for row in &mut self.store.rows {
            if bounded && row.rests_from > wall && row.not_before > wall {
                (row.not_before, row.rests_from) = (wall + row.not_before - row.rests_from, wall);
            }
        }
    }

    /// The compare-and-set: still waiting, its turn, nothing held. Key and bytes are on the disk before the first leaves.
    fn freeze(&mut self, at: usize, row: Row) -> Flight {
        let held = self.keeps(Rule::HoldsInFreeze) && self.store.covered(&row);
        let turn = !self.keeps(Rule::Order) || !self.store.blocked_by_earlier(&row);
        if held || !turn || !self.shift(&row, Event::Leaves) {
            return Flight::Idle;
        }
        self.prepare(row.id);
        self.note(at, row.id);
        if self.keeps(Rule::FreezeSynced) {
            self.sync();
        }
        let frozen = self.store.rows[row.id].clone();
        self.leaves(&frozen);
        Flight::Leaving(frozen, self.wall())
    }

    /// What it leaves as. A copy that never knew it prepared does it anew.
    fn prepare(&mut self, id: usize) -> Row {
        if !self.keeps(Rule::IdFromKey) && self.store.rows[id].chosen.is_none() {
            self.store.rows[id].chosen = Some(self.new_key());
        }
        self.store.rows[id].clone()
    }

    /// What is known just before the first attempt.
    fn note(&mut self, at: usize, id: usize) {
        let (wall, heard, known) = (self.wall(), self.engines[at].heard, self.store.messages.clone());
        let row = &mut self.store.rows[id];
        row.tries += 1;
        if row.first_try.is_none() {
            (row.first_try, row.first_wall, row.known) = (heard, wall, known);
        }
    }

    fn request(&mut self, at: usize, row: Row) -> Flight {
        let mut request = row.request();
        if row.state == State::Resending && !self.keeps(Rule::SameKey) {
            request.key = self.new_key();
        }
        self.first_byte(&row);
        let fate = self.server.fates.pop_front();
        let answer = self.meets(&request, fate);
        if !matches!(answer, Answer::Lost) {
            self.engines[at].heard = Some(self.now);
        }
        Flight::Answered(row, answer)
    }

    fn meets(&mut self, request: &Request, fate: Option<Fate>) -> Answer {
        let now = self.now;
        match fate {
            None | Some(Fate::Twice) => match self.server.apply(request, now) {
                Some(post) => Answer::Message { post, twice: fate.is_some() },
                None => Answer::Lost,
            },
            Some(Fate::Deaf) => {
                self.server.apply(request, now);
                Answer::Lost
            }
            Some(Fate::Late(after)) => {
                self.server.late(now + after, request.clone());
                Answer::Lost
            }
            Some(Fate::Lost) => Answer::Lost,
            Some(Fate::NotDone) => Answer::NotDone,
            Some(Fate::Refused) => Answer::Refused,
        }
    }

    fn write_down(&mut self, mut row: Row, answer: Answer) -> Flight {
        if row.state == State::Waiting {
            // Frozen too late, which is what leaving the rule out means.
            if !self.shift(&row, Event::Leaves) {
                return Flight::Idle;
            }
            self.note(0, row.id);
            row = self.store.rows[row.id].clone();
        }
        let mut again = Flight::Idle;
        match answer {
            Answer::Message { post, twice } => {
                self.arrive(&row, Event::Arrived, post);
                if twice {
                    again = Flight::Answered(row, Answer::Message { post, twice: false });
                }
            }
            Answer::Lost => self.lose(&row, Event::Lost),
            Answer::NotDone | Answer::Refused if row.state == State::Resending => {
                let event = if matches!(answer, Answer::Refused) { Event::Refused } else { Event::NotDone };
                self.lose(&row, event);
            }
            Answer::NotDone => {
                let wall = self.wall();
                if self.shift(&row, Event::NotDone) {
                    let waiting = &mut self.store.rows[row.id];
                    (waiting.not_before, waiting.rests_from) = (wall + 10 * SECOND, wall);
                    self.surely_not_there(row.id);
                }
            }
            Answer::Refused => {
                if self.shift(&row, Event::Refused) {
                    self.surely_not_there(row.id);
                }
            }
        }
        self.sync();
        again
    }

    /// No copy can appear: the next attempt is a first one again.
    fn surely_not_there(&mut self, id: usize) {
        let row = &mut self.store.rows[id];
        row.first_try = None;
        row.known.clear();
    }

    fn lose(&mut self, row: &Row, event: Event) {
        let wall = self.wall();
        if self.shift(row, event) && row.state != State::Resending {
            let row = &mut self.store.rows[row.id];
            (row.not_before, row.rests_from, row.looks) = (wall, wall, 0);
        }
    }

    fn arrive(&mut self, row: &Row, event: Event, post: usize) {
        if self.keeps(Rule::UniqueLink) && self.store.adopted(post) {
            self.lose(row, Event::Lost);
        } else if self.shift(row, event) {
            self.store.rows[row.id].message = Some(post);
            self.linked(row.id, post);
        }
    }

    fn look(&mut self, at: usize, row: &Row) -> Option<Seen> {
        if self.server.blind > 0 {
            self.server.blind -= 1;
            return None;
        }
        self.engines[at].heard = Some(self.now);
        let there = self.server.visible(row.conversation, self.now);
        let own = self.server.named(row.name()).filter(|own| self.server.mode == Mode::OwnId && there.contains(own));
        let is_same = |post: &usize| self.server.posts[*post].text == row.text || own == Some(*post);
        let (same, other) = there.into_iter().partition(is_same);
        let named = (self.server.mode == Mode::OwnId).then_some(own);
        Some(Seen { at: self.now, wall: self.wall(), same, other, named })
    }

    fn candidate(&self, row: &Row, post: usize) -> bool {
        let earlier = row.first_try.is_some_and(|first| self.server.posts[post].at < first);
        let known = self.keeps(Rule::KnownBefore) && (earlier || row.known.contains(&post));
        let adopted = self.keeps(Rule::UniqueLink) && self.store.adopted(post);
        !known && !adopted
    }

    /// Which of these a reply can be. `first`: the first of its equals, for all of them where the rule is left out.
    fn fits(&self, twin: &Row, first: &Row, same: &[usize]) -> Vec<bool> {
        let asked = if self.keeps(Rule::PairByPair) { twin } else { first };
        same.iter().map(|post| self.candidate(asked, *post)).collect()
    }

    /// As many candidates of the text as unsure replies that can be them are paired in order; anything else settles nothing.
    fn weigh(&mut self, at: usize, read: Row, seen: Option<Seen>) -> Flight {
        let wall = self.wall();
        let Some(seen) = seen else {
            self.later(read.id, wall);
            self.sync();
            return Flight::Idle;
        };
        if read.known == [usize::MAX] {
            // What leaving the rule out means: the store is asked now, after it was pulled into.
            self.store.rows[read.id].known = self.store.messages.clone();
        }
        let twin =
            |row: &&Row| row.state == State::Unsure && row.conversation == read.conversation && row.text == read.text;
        let twins: Vec<Row> = self.store.rows.iter().filter(twin).cloned().collect();
        let mut fits: Vec<Vec<bool>> = twins.iter().map(|twin| self.fits(twin, &twins[0], &seen.same)).collect();
        let own = seen.same.iter().position(|post| seen.named == Some(Some(*post)));
        let looked_for = twins.iter().position(|twin| twin.id == read.id);
        if let (Some(own), Some(looked_for)) = (own, looked_for)
            && fits[looked_for][own]
        {
            for (twin, fits) in fits.iter_mut().enumerate() {
                for (message, fit) in fits.iter_mut().enumerate() {
                    *fit &= (twin == looked_for) == (message == own);
                }
            }
        }
        let paired = pairs(&fits);
        for (twin, message) in twins.iter().zip(&paired) {
            if let Some(message) = message {
                self.arrive(twin, Event::Found, seen.same[*message]);
            }
        }
        if paired.iter().all(Option::is_some) {
            self.sync();
            return Flight::Idle;
        }
        // Where each has its own id, a look tells nothing of the others.
        let told_of = |twin: &Row| twin.id == read.id || seen.named.is_none();
        for (twin, _) in twins.iter().zip(&paired).filter(|(twin, message)| message.is_none() && told_of(twin)) {
            let forbidden = self.keeps(Rule::OthersForbidAbsent);
            let mut may_be = seen.same.iter().chain(seen.other.iter().filter(|_| forbidden));
            let absent = !may_be.any(|post| self.candidate(twin, *post));
            self.store.rows[twin.id].absent = absent;
            self.later(twin.id, wall);
            if absent {
                self.said_absent(twin, seen.at);
            }
        }
        self.sync();
        self.repeat(at, read.id, seen.wall)
    }

    fn later(&mut self, id: usize, wall: i64) {
        let row = &mut self.store.rows[id];
        if row.state == State::Unsure {
            (row.not_before, row.rests_from) = (wall + LOOKS[row.looks.min(LOOKS.len() - 1)], wall);
            row.looks += 1;
        }
    }

    /// Whether more went by since then than a step takes: the machine slept, or its clock was set.
    fn slept(&self, since: i64) -> bool {
        self.keeps(Rule::AtOnce) && !(0..=AT_ONCE).contains(&(self.wall() - since))
    }

    /// The same bytes again, where the server surely knows their key yet.
    fn repeat(&mut self, at: usize, id: usize, looked: i64) -> Flight {
        let row = self.store.rows[id].clone();
        let held = self.keeps(Rule::HoldsInRepeat) && self.store.covered(&row);
        let proven = match self.age(at, &row) {
            _ if !self.keeps(Rule::Proof) => true,
            Some(age) => self.server.proof().allows_resend(age),
            None => false,
        };
        let slept = self.slept(looked);
        if row.state != State::Unsure || held || slept || !proven || !self.shift(&row, Event::LeavesAgain) {
            return Flight::Idle;
        }
        self.store.rows[id].tries += 1;
        self.sync();
        let row = self.store.rows[id].clone();
        self.leaves(&row);
        Flight::Leaving(row, self.wall())
    }

    /// No less than the server counts: both ends are its own times, the first one told before the first attempt.
    pub fn age(&self, at: usize, row: &Row) -> Option<i64> {
        if !self.keeps(Rule::ServersTime) {
            return Some(self.wall() - row.first_wall).filter(|age| *age >= 0);
        }
        Some(self.engines[at].heard? - row.first_try?)
    }

    /// The weather clears: nothing fails any more, nothing is held, and the CM answers what is theirs to answer.
    pub fn clear(&mut self) {
        self.server.fates.clear();
        self.server.blind = 0;
        self.store.holds.clear();
        self.ghost_holds.clear();
        self.sync();
        self.engines[1] = Engine::default();
        self.bound_rests();
        self.promise();
        // Long enough for a clock that went back to come round again, and for every look.
        for minutes in [1; 30].into_iter().chain([60; 30]) {
            if !self.store.rows.iter().any(Row::open) && self.engines[0].idle() {
                break;
            }
            for reply in 0..self.store.rows.len() {
                match self.store.rows[reply].state {
                    State::ToApprove => self.step(&Step::Approve(reply)),
                    State::Refused => self.step(&Step::GiveUp(reply)),
                    _ => {}
                }
            }
            self.step(&Step::Forward(minutes * MINUTE));
            self.step(&Step::Pull);
            for _ in 0..60 {
                if self.engines[0].started && self.engines[0].idle() && self.resting() {
                    break;
                }
                self.work(0);
            }
        }
        self.step(&Step::Forward(HOUR));
    }

    fn resting(&self) -> bool {
        let wall = self.wall();
        let due = |row: &Row| match row.state {
            State::Waiting | State::Unsure => row.not_before <= wall,
            State::Sending | State::Resending => true,
            _ => false,
        };
        !self.store.rows.iter().any(|row| due(row) && !self.store.blocked_by_earlier(row))
    }
}
