//! What there is: a store whose last writes may not be on the disk yet, a server that answers as its fates say, two
//! engines (a lock forbids the second in earnest; the rules hold without it), and a CM, whose `words` stand apart.

use super::engine::Engine;
use super::server::{Fate, Mode, Request, Server};
use super::words::Word;
use crate::outbox::state::{Event, State, next};
use guichet_model::SECOND;

/// The delay to take a reply back.
pub const UNDO: i64 = 20 * SECOND;

/// Every rule that can be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    FrozenFirst,
    LostIsUnsure,
    RepeatProvesNothing,
    Proof,
    SameKey,
    ServersTime,
    AtOnce,
    UniqueLink,
    PairByPair,
    KnownBefore,
    OthersForbidAbsent,
    HoldsInFreeze,
    HoldsInRepeat,
    HoldsAtFirstByte,
    CopyIsHeld,
    CopyKnowsLess,
    CopyLooksFirst,
    Order,
    CompareAndSet,
    ActsSynced,
    FreezeSynced,
    Approval,
    RestsBounded,
    UndoAsLeft,
    UndoOfThisLife,
    UndoInOrder,
    IdFromKey,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Reply(usize),
    Conversation(usize),
    Everything,
    /// A copy: every reply it had.
    Restored(usize),
}

#[derive(Clone, Debug)]
pub enum Step {
    Write {
        conversation: usize,
        text: u32,
    },
    /// One step of an engine; the second starts when it is first asked.
    Work(usize),
    Fate(Fate),
    /// The next look fails.
    Blind,
    Forward(i64),
    /// Our clock alone.
    Jump(i64),
    /// Our account writes from elsewhere.
    Native {
        conversation: usize,
        text: u32,
    },
    Pull,
    Crash(usize),
    PowerLoss,
    Backup,
    Restore,
    Hold(Scope),
    Release,
    TakeBack(usize),
    GiveUp(usize),
    SendAgain(usize),
    Retry(usize),
    Approve(usize),
    /// Goes back on the last word.
    Undo,
    /// Whether replies written from now on need a yes.
    ToApprove(bool),
    /// Whether the server alters texts from now on.
    Rewrite(bool),
}

/// A reply's row. Its index is its id.
#[derive(Clone, Debug)]
pub struct Row {
    pub id: usize,
    pub conversation: usize,
    pub text: u32,
    pub wish: usize,
    pub key: usize,
    /// What leaving a rule out means: an id that was chosen when it was prepared.
    pub chosen: Option<usize>,
    pub state: State,
    pub tries: u32,
    pub not_before: i64,
    /// When that rest began.
    pub rests_from: i64,
    /// Messages of ours that the store had when it was written, and the server's time as far as it was known.
    pub seen: Vec<usize>,
    pub written: Option<i64>,
    /// Before the first attempt: ids of ours at the place, and no later than this by the server's time.
    pub known: Vec<usize>,
    pub first_try: Option<i64>,
    /// By our own clock.
    pub first_wall: i64,
    pub looks: usize,
    pub absent: bool,
    pub message: Option<usize>,
}

impl Row {
    pub fn open(&self) -> bool {
        !matches!(self.state, State::Sent | State::TakenBack | State::Discarded)
    }

    /// The key it leaves under.
    pub fn name(&self) -> usize {
        self.chosen.unwrap_or(self.key)
    }

    pub fn request(&self) -> Request {
        Request { conversation: self.conversation, text: self.text, wish: self.wish, key: self.name() }
    }
}

#[derive(Clone, Default)]
pub struct Store {
    pub rows: Vec<Row>,
    pub holds: Vec<Scope>,
    /// Messages of ours that were pulled.
    pub messages: Vec<usize>,
    /// Replies before this one were there when it was opened as a copy.
    pub of_copy: usize,
    /// How often it was opened as a copy.
    pub life: usize,
    pub words: Vec<Word>,
}

impl Store {
    pub fn covered(&self, row: &Row) -> bool {
        self.holds.iter().any(|hold| covers(*hold, row.id, row.conversation))
    }

    pub fn blocked_by_earlier(&self, row: &Row) -> bool {
        self.rows[..row.id].iter().any(|earlier| earlier.conversation == row.conversation && earlier.open())
    }

    pub fn adopted(&self, message: usize) -> bool {
        self.rows.iter().any(|row| row.message == Some(message))
    }
}

pub fn covers(hold: Scope, id: usize, conversation: usize) -> bool {
    match hold {
        Scope::Reply(held) => held == id,
        Scope::Conversation(held) => held == conversation,
        Scope::Everything => true,
        Scope::Restored(up_to) => id < up_to,
    }
}

/// Something the CM wants there once: a reply written, or sent again on their word. What no rule may look at.
#[derive(Clone, Debug)]
pub struct Wish {
    pub row: usize,
    /// What the CM did with it last, in the life of the store that is open.
    pub withdrawn: bool,
    /// A copy forgot this wish, or what the CM had done with it since.
    pub forgotten: bool,
    pub approved: bool,
    /// The CM went back on wishing it anew.
    pub undone: bool,
}

#[derive(Clone)]
struct Kept {
    store: Store,
    wishes: Vec<Wish>,
    holds: Vec<Scope>,
}

pub struct World {
    without: Option<Rule>,
    /// The server's time, which is the world's.
    pub now: i64,
    skew: i64,
    pub server: Server,
    /// What a process reads.
    pub store: Store,
    /// What survives the power.
    synced: Store,
    backup: Option<Kept>,
    pub engines: [Engine; 2],
    pub wishes: Vec<Wish>,
    /// The holds as the CM knows them.
    pub ghost_holds: Vec<Scope>,
    /// Whether the second engine ever worked.
    pub two: bool,
    /// Whether the store that is open is a copy.
    pub copied: bool,
    keys: usize,
    lives: usize,
    to_approve: bool,
    /// Unsure when the weather cleared, though the network can prove them.
    pub promised: Vec<usize>,
    pub broken: Option<&'static str>,
}

impl World {
    pub fn new(mode: Mode, without: Option<Rule>) -> Self {
        Self {
            without,
            now: 0,
            skew: 0,
            server: Server::new(mode),
            store: Store::default(),
            synced: Store::default(),
            backup: None,
            engines: [Engine::started(), Engine::default()],
            wishes: Vec::new(),
            ghost_holds: Vec::new(),
            two: false,
            copied: false,
            keys: 0,
            lives: 0,
            to_approve: false,
            promised: Vec::new(),
            broken: None,
        }
    }

    pub fn keeps(&self, rule: Rule) -> bool {
        self.without != Some(rule)
    }

    pub fn verdict(&self) -> Result<(), &'static str> {
        if self.server.twice {
            return Err("twice");
        }
        self.broken.map_or(Ok(()), Err)
    }

    pub fn wall(&self) -> i64 {
        self.now + self.skew
    }

    /// A commit that has reached the disk, and everything before it.
    pub fn sync(&mut self) {
        self.synced = self.store.clone();
    }

    pub fn act(&mut self) {
        if self.keeps(Rule::ActsSynced) {
            self.sync();
        }
    }

    pub fn new_key(&mut self) -> usize {
        self.keys += 1;
        self.keys
    }

    /// The table's word on one transition, if the row still is as it was read.
    pub fn shift(&mut self, read: &Row, event: Event) -> bool {
        let row = &self.store.rows[read.id];
        let same = row.state.stored() == read.state.stored() && row.tries == read.tries && row.key == read.key;
        let open = row.open();
        let to = match (read.state, event) {
            (State::Resending, Event::NotDone) if !self.keeps(Rule::RepeatProvesNothing) => Some(State::Waiting),
            (State::Sending, Event::Lost) if !self.keeps(Rule::LostIsUnsure) => Some(State::Waiting),
            (state, event) => next(state, event),
        };
        let Some(to) = to.filter(|_| same || (open && !self.keeps(Rule::CompareAndSet))) else {
            return false;
        };
        self.store.rows[read.id].state = to;
        true
    }

    pub fn step(&mut self, step: &Step) {
        self.server.settle(self.now);
        match step {
            Step::Write { conversation, text } => self.write(*conversation, *text),
            Step::Work(engine) => self.work(*engine),
            Step::Fate(fate) => self.server.fates.push_back(*fate),
            Step::Blind => self.server.blind += 1,
            Step::Forward(millis) => self.now += millis,
            Step::Jump(millis) => self.skew += millis,
            Step::Native { conversation, text } => {
                self.server.post(*conversation, *text, None, 0, self.now);
            }
            Step::Pull => self.pull(),
            Step::Crash(engine) => self.engines[*engine] = Engine::default(),
            Step::PowerLoss => self.power_loss(),
            Step::Backup => {
                self.backup = Some(Kept {
                    store: self.store.clone(),
                    wishes: self.wishes.clone(),
                    holds: self.ghost_holds.clone(),
                });
            }
            Step::Restore => self.restore(),
            Step::Hold(scope) => {
                self.store.holds.push(*scope);
                self.ghost_holds.push(*scope);
                self.act();
            }
            Step::Release => {
                self.store.holds.pop();
                self.ghost_holds.pop();
                self.act();
            }
            Step::TakeBack(reply) => self.withdraw(*reply, Event::TakenBack),
            Step::GiveUp(reply) => self.withdraw(*reply, Event::GivenUp),
            Step::SendAgain(reply) => self.send_again(*reply),
            Step::Retry(reply) => self.retry(*reply),
            Step::Approve(reply) => self.approve(*reply),
            Step::Undo => self.undo(),
            Step::ToApprove(yes) => self.to_approve = *yes,
            Step::Rewrite(yes) => self.server.rewrites = *yes,
        }
        self.server.settle(self.now);
    }

    pub fn wish(&mut self, row: usize, approved: bool) -> usize {
        self.wishes.push(Wish { row, withdrawn: false, forgotten: false, approved, undone: false });
        self.wishes.len() - 1
    }

    fn write(&mut self, conversation: usize, text: u32) {
        let id = self.store.rows.len();
        let wish = self.wish(id, !self.to_approve);
        let row = Row {
            id,
            conversation,
            text,
            wish,
            key: self.new_key(),
            chosen: None,
            state: if self.to_approve && self.keeps(Rule::Approval) { State::ToApprove } else { State::Waiting },
            tries: 0,
            not_before: self.wall() + UNDO,
            rests_from: self.wall(),
            seen: self.store.messages.clone(),
            written: self.engines[0].heard,
            known: Vec::new(),
            first_try: None,
            first_wall: 0,
            looks: 0,
            absent: false,
            message: None,
        };
        self.store.rows.push(row);
        self.act();
    }

    /// What intake reads is not synced: it can be read again.
    pub fn pull(&mut self) {
        for conversation in 0..2 {
            for post in self.server.visible(conversation, self.now) {
                if !self.store.messages.contains(&post) {
                    self.store.messages.push(post);
                }
            }
        }
        self.engines[0].heard = Some(self.now);
    }

    fn power_loss(&mut self) {
        self.store = self.synced.clone();
        self.engines = [Engine::default(), Engine::default()];
        self.remembered();
    }

    /// The program is opened on an older copy of the store.
    fn restore(&mut self) {
        let Some(kept) = self.backup.clone() else { return };
        self.copied = true;
        self.engines = [Engine::default(), Engine::default()];
        for (id, wish) in self.wishes.iter_mut().enumerate() {
            // What the CM did since, the copy does not know.
            match kept.wishes.get(id) {
                Some(then) => {
                    wish.forgotten |= (then.withdrawn, then.undone) != (wish.withdrawn, wish.undone);
                    (wish.withdrawn, wish.approved, wish.undone) = (then.withdrawn, then.approved, then.undone);
                }
                None => (wish.withdrawn, wish.forgotten) = (true, true),
            }
        }
        self.store = kept.store;
        self.ghost_holds = kept.holds;
        let rows = self.store.rows.len();
        self.store.of_copy = rows;
        self.lives += 1;
        self.store.life = self.lives;
        self.ghost_holds.push(Scope::Restored(rows));
        if self.keeps(Rule::CopyIsHeld) {
            self.store.holds.push(Scope::Restored(rows));
            for row in self.store.rows.clone() {
                if self.shift(&row, Event::Restored) {
                    self.lost_in_copy(row.id);
                }
            }
        } else {
            // So that releasing finds what it releases.
            self.store.holds.push(Scope::Restored(0));
        }
        self.sync();
    }

    /// A reply of a copy may have left after the copy was made: it is looked for as if tried when it was written.
    pub fn lost_in_copy(&mut self, id: usize) {
        let (wall, late) = (self.wall(), !self.keeps(Rule::CopyKnowsLess));
        let row = &mut self.store.rows[id];
        (row.not_before, row.rests_from, row.looks, row.absent) = (wall, wall, 0, false);
        if row.first_try.is_none() {
            row.first_try = row.written;
            row.first_wall = wall;
            // `late`: filled by the look, when the message itself may have been pulled.
            row.known = if late { vec![usize::MAX] } else { row.seen.clone() };
        }
    }
}
