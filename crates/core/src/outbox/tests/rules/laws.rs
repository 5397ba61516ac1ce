//! What must hold whatever happens. The laws know what the rules cannot: what the CM wished, and what the server has.

use super::server::Post;
use super::world::{Row, Scope, UNDO, World, covers};
use crate::outbox::state::State;
use guichet_model::MINUTE;

impl World {
    fn breaks(&mut self, law: &'static str) {
        self.broken.get_or_insert(law);
    }

    /// A request begins with the transaction that freezes it, or that repeats it.
    pub fn leaves(&mut self, row: &Row) {
        for hold in self.ghost_holds.clone() {
            match hold {
                Scope::Restored(_) if covers(hold, row.id, row.conversation) => self.breaks("restored copy sends"),
                _ if covers(hold, row.id, row.conversation) => self.breaks("hold passed"),
                _ => {}
            }
        }
        if !self.wishes[row.wish].approved {
            self.breaks("not approved");
        }
    }

    /// No byte leaves after a hold has come back, whatever was decided before.
    pub fn first_byte(&mut self, row: &Row) {
        if self.ghost_holds.iter().any(|hold| covers(*hold, row.id, row.conversation)) {
            self.breaks("byte under a hold");
        }
    }

    /// What waits is never kept for longer than the longest rest there is.
    pub fn kept_by_a_clock(&mut self) {
        let latest = self.wall() + UNDO;
        if self.store.rows.iter().any(|row| row.state == State::Waiting && row.not_before > latest) {
            self.breaks("kept by a clock");
        }
    }

    /// A reply was told to be that message.
    pub fn linked(&mut self, id: usize, post: usize) {
        if self.store.rows.iter().any(|other| other.id != id && other.message == Some(post)) {
            self.breaks("one message for two");
        }
        // A message that the desk had shown before the CM wrote is none of what they wrote then.
        if self.store.rows[id].seen.contains(&post) {
            self.breaks("what was there before");
        }
    }

    /// "Not there" was said to the CM, who may now send it again.
    pub fn said_absent(&mut self, row: &Row, looked: i64) {
        let there = self.server.visible(row.conversation, looked);
        let ours = |post: &usize| self.server.posts[*post].wish == Some(row.wish);
        // What one engine saw, another may have changed since: that only one looks is what the lock is for.
        if !self.two && there.iter().any(|post| ours(post) && !self.store.adopted(*post)) {
            self.breaks("absent and there");
        }
    }

    /// After the power came back: everything that was acknowledged is there.
    pub fn remembered(&mut self) {
        let known = |wish: usize, row: usize| {
            self.store.rows.get(row).is_some_and(|row| {
                let closed = matches!(row.state, State::TakenBack | State::Discarded);
                row.wish == wish && closed == self.wishes[wish].withdrawn
            })
        };
        let latest = |wish: usize| {
            let mut later = self.wishes[wish + 1..].iter();
            !later.any(|later| later.row == self.wishes[wish].row && !later.undone)
        };
        let wishes = self.wishes.iter().enumerate().filter(|(_, wish)| !wish.forgotten && !wish.undone);
        let forgotten = wishes.filter(|(id, _)| latest(*id)).any(|(id, wish)| !known(id, wish.row));
        if forgotten || self.store.holds.len() != self.ghost_holds.len() {
            self.breaks("acknowledged and forgotten");
        }
    }

    /// At the end, long after the weather cleared.
    pub fn judge(&mut self) {
        for row in self.store.rows.clone() {
            let there = self.server.posts.iter().any(|post| post.wish == Some(row.wish));
            match row.state {
                State::Sent if row.message.is_none_or(|post| self.server.posts.len() <= post) => self.breaks("lost"),
                State::Sent if !there && !self.stands_for(&row) => self.breaks("lost"),
                // What a copy waited to be approved may have been, in the life that the copy does not know.
                State::TakenBack if there && row.id >= self.store.of_copy => self.breaks("taken back and there"),
                State::Waiting | State::Sending | State::Resending | State::ToApprove | State::Refused
                    if !self.store.blocked_by_earlier(&row) =>
                {
                    self.breaks("stuck");
                }
                State::Unsure if !self.store.blocked_by_earlier(&row) && self.provable(&row) => {
                    self.breaks("unsettled though provable");
                }
                _ => {}
            }
        }
        self.in_order();
    }

    /// The same words of ours stand there by other hands, or by a wish that the CM let go: nobody can tell them apart.
    fn stands_for(&self, row: &Row) -> bool {
        let Some(post) = row.message.map(|post| &self.server.posts[post]) else { return false };
        let loose = |there: &Post| {
            let let_go = there.wish.is_none_or(|wish| self.wishes[wish].withdrawn || self.wishes[wish].forgotten);
            let_go && there.conversation == row.conversation && there.text == row.text
        };
        post.conversation == row.conversation && post.text == row.text && self.server.posts.iter().any(loose)
    }

    /// What the network can prove from now on: replies whose key it surely knows, and will for as long as looking takes.
    pub fn promise(&mut self) {
        let (now, soon) = (self.now, self.wall() + 15 * MINUTE);
        let young = |row: &&Row| {
            let age = row.first_try.map(|first| now + 25 * MINUTE - first);
            age.is_some_and(|age| self.server.proof().allows_resend(age))
        };
        // A clock that went back keeps a reply, and those behind it, for as long.
        let in_time = |row: &&Row| {
            let ahead = self.store.rows[..=row.id].iter().filter(|ahead| ahead.conversation == row.conversation);
            ahead.filter(|ahead| ahead.open()).all(|ahead| ahead.not_before < soon)
        };
        let open = self.store.rows.iter().filter(|row| row.state == State::Unsure);
        self.promised = open.filter(young).filter(in_time).map(|row| row.id).collect();
    }

    /// Whether the network could have proved what became of an unsure reply.
    fn provable(&self, row: &Row) -> bool {
        let candidate = |row: &Row, post: &usize| {
            let there = &self.server.posts[*post];
            let since = row.first_try.is_none_or(|first| there.at >= first);
            there.text == row.text && since && !row.known.contains(post) && !row.seen.contains(post)
        };
        let twin = |other: &&Row| {
            other.state == State::Unsure && other.conversation == row.conversation && other.text == row.text
        };
        let twins: Vec<&Row> = self.store.rows.iter().filter(twin).collect();
        let mut there_all = self.server.visible(row.conversation, self.now);
        there_all.retain(|post| !self.store.adopted(*post));
        let mut there = there_all.clone();
        there.retain(|post| candidate(twins[0], post));
        let found = there.len() == twins.len() && twins.iter().zip(&there).all(|(twin, post)| candidate(twin, post));
        // A message that no other of them can be is its own.
        let mine: Vec<usize> = there_all.iter().copied().filter(|post| candidate(row, post)).collect();
        let own = |post: &usize| twins.iter().all(|twin| twin.id == row.id || !candidate(twin, post));
        let alone = mine.len() == 1 && mine.iter().all(own);
        found || alone || self.promised.contains(&row.id)
    }

    /// Among replies whose message is their own, and whose fate the CM and the copies left alone.
    fn in_order(&mut self) {
        for conversation in 0..2 {
            let own = |row: &&Row| {
                let wish = &self.wishes[row.wish];
                // In a copy, what the CM sends again comes after what had left before the copy was opened.
                let again = self.copied && self.wishes[..row.wish].iter().any(|earlier| earlier.row == row.id);
                row.conversation == conversation && row.state == State::Sent && !wish.forgotten && !again
            };
            // By its own message: which of several same ones it was told to be is no matter of order.
            let itself = |row: &Row| row.message.filter(|post| self.server.posts[*post].wish == Some(row.wish));
            let order: Vec<usize> = self.store.rows.iter().filter(own).filter_map(itself).collect();
            if !order.is_sorted() {
                self.breaks("out of order");
            }
        }
    }
}
