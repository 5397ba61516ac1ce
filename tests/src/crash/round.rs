//! One round: a rehearsal of its own, a desk in a process of its own that is opened, written to and killed several times,
//! then peace, in which minutes pass; then everything is counted.

mod acts;

use super::ground::{Account, Ground, Twins};
use super::judge::{Copy, Ledger, Row, Verdict, Written, judge};
use super::lateness::Lateness;
use super::plan::{Life, Mode, Plan};
use super::{PLACES, Play, pictures};
use crate::child::DeskChild;
use crate::desk::Dice;
use crate::forgetful::Syncs;
use guichet_rehearsal::{AccountCard, Effect, FaultRule, Options, Pace, Posted, Rehearsal, Say, Scenario, Speaker};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// What a desk may need for anything on a busy machine; more is a hang.
const PATIENCE: Duration = Duration::from_secs(30);
/// The clock is set on by so many milliseconds at a time while peace lasts: less than what the desk takes for a sleep.
const ON: i64 = 60_000;
/// A reply written so long before peace began has a key that counts through all of it, in simulated milliseconds.
const KEY_YOUNG: i64 = 9 * 60_000;
/// How long peace lasts for what is unsure where keys prove everything: they must not grow old in it. What has become
/// unsure only now has a moment longer.
const KEYED_PEACE: Duration = Duration::from_secs(4);
const FOR_A_LOOK: Duration = Duration::from_secs(1);

/// How long a process that has let go of everything may take to be gone.
const FOR_AN_END: Duration = Duration::from_secs(5);
/// How long a life waits, when all is said, for the step it is to end at.
const FOR_A_STEP: Duration = Duration::from_millis(200);

const PASSER_BY: &str = "passant@ailleurs.example";

/// What a person said and our account may answer.
struct Place {
    conversation: i64,
    status: String,
    /// The username of ours that is named.
    user: String,
    twins: Twins,
}

fn is(card: &AccountCard, account: &Account) -> bool {
    card.handle.split(['@', '.']).next() == Some(account.user)
}

pub(super) struct Round<'a> {
    play: &'a Play,
    ground: &'static Ground,
    plan: Plan,
    pace: Pace,
    began_at: i64,
    rehearsal: Rehearsal,
    home: tempfile::TempDir,
    places: Vec<Place>,
    written: Vec<Written>,
    /// By the simulated clock, beside `written`.
    written_at: Vec<i64>,
    said: Vec<String>,
    ahead: i64,
    jumped: bool,
    /// What had been written when the copy was kept.
    kept: Option<Vec<Written>>,
    restored: bool,
    killed: Vec<String>,
    slowest: Duration,
    /// What was done and when, for whoever looks at a round that failed.
    story: Vec<String>,
}

pub(super) struct Outcome {
    pub network: &'static str,
    pub mode: Mode,
    pub verdict: Verdict,
    pub written: usize,
    pub acknowledged: usize,
    /// Pictures that were to go along, and how many the servers were brought.
    pub pictures: usize,
    pub brought: usize,
    /// Where each life ended: a step, or anywhere.
    pub killed: Vec<String>,
    /// What the slowest answer of a desk took, or by how much the servers were late.
    pub slowest: Duration,
    pub story: Vec<String>,
}

impl<'a> Round<'a> {
    pub async fn play(play: &'a Play, seed: u64, pace: Pace) -> Outcome {
        let ground = play.ground.unwrap_or_else(|| Ground::of(seed));
        let mut plan = Plan::draw(seed, ground, PLACES);
        plan.mode = play.mode.unwrap_or(plan.mode);
        for life in &mut plan.lives {
            life.disk = play.disk.or(life.disk);
        }
        let lateness = Lateness::watch();
        let mut round = Round::begin(play, ground, plan, pace).await;
        let lives = std::mem::take(&mut round.plan.lives);
        for life in &lives {
            round.live(life).await;
        }
        let outcome = round.end().await;
        Outcome { slowest: outcome.slowest.max(lateness.worst()), ..outcome }
    }

    async fn begin(play: &'a Play, ground: &'static Ground, plan: Plan, pace: Pace) -> Self {
        let scenario = Scenario::named(ground.scenario).expect("a scenario");
        let options = Options { scenario, seed: plan.seed, pace: 0.0, ports: None };
        let rehearsal = Rehearsal::start(options).await.expect("ports");
        rehearsal.honour_keys(plan.mode == Mode::Keys);
        // What is tried here is not the patience with limits.
        rehearsal.limits(1_000_000, 1_000_000);
        let mut round = Round {
            play,
            ground,
            plan,
            pace,
            began_at: pace.now_ms(),
            rehearsal,
            home: tempfile::tempdir().expect("a folder"),
            places: Vec::new(),
            written: Vec::new(),
            written_at: Vec::new(),
            said: Vec::new(),
            ahead: 0,
            jumped: false,
            kept: None,
            restored: false,
            killed: Vec::new(),
            slowest: Duration::ZERO,
            story: Vec::new(),
        };
        round.gather().await;
        if round.plan.mode == Mode::NoKeysReadsLag {
            // What was read once does not vanish.
            tokio::time::sleep(Duration::from_millis(round.plan.lag / u64::from(pace.speed))).await;
            round.rehearsal.fault(FaultRule::on(ground.read.0, "", Effect::ReadsLag { ms: round.plan.lag }));
        }
        round
    }

    async fn launch(&self, seed: u64, disk: Option<Syncs>, die_at: Option<&String>) -> (DeskChild, Value) {
        let clock = format!("{}:{}:{}", self.pace.from_ms, self.pace.speed, self.ahead);
        let mut surroundings = vec![("GUICHET_CLOCK".to_owned(), clock)];
        surroundings.extend(die_at.map(|step| ("GUICHET_DIE_AT".to_owned(), step.clone())));
        if let Some(syncs) = disk {
            let word = match syncs {
                Syncs::Always => "always",
                Syncs::Never => "never",
                Syncs::NotBeforeTheFirstByte => "not-before-the-first-byte",
            };
            surroundings.push(("GUICHET_DISK".into(), format!("{word}:{seed}")));
        }
        let home = self.home.path();
        let (folder, key, log) = (home.join("guichet"), home.join("key"), home.join("log"));
        DeskChild::launch(&self.play.program, &folder, &key, &log, seed, &surroundings).await
    }

    /// A desk that must open.
    async fn open(&self, seed: u64, disk: Option<Syncs>, die_at: Option<&String>) -> DeskChild {
        let (child, first) = self.launch(seed, disk, die_at).await;
        let log = std::fs::read_to_string(self.home.path().join("log")).unwrap_or_default();
        assert_eq!(first["open"], true, "seed {}: the desk did not open: {first}\n{log}", self.plan.seed);
        child
    }

    /// The first opening, in peace: a few people speak, and the desk has their conversations.
    async fn gather(&mut self) {
        let mut clients = self.rehearsal.clients();
        for client in &mut clients {
            let played = |card: &AccountCard| self.ground.accounts.iter().any(|account| is(card, account));
            client.accounts.retain(|card| card.network == self.ground.network && played(card));
        }
        clients.retain(|client| !client.accounts.is_empty());
        let mut waiting = Vec::new();
        for at in 0..PLACES {
            let account = self.ground.account_at(at);
            let card = clients.iter().flat_map(|client| &client.accounts).find(|card| is(card, account));
            let user = card.expect("an account").handle.split('@').next().expect("a name").to_owned();
            let text = format!("Question {at} du passant.");
            waiting.push((text.clone(), self.mention(&user, &text), user, account.twins));
        }
        let mut child = self.open(Dice::new(self.plan.seed).draw(), None, None).await;
        let _done = child.must(&json!({ "do": "furnish", "clients": clients })).await;
        let end = Instant::now() + PATIENCE;
        while self.places.len() < PLACES {
            assert!(Instant::now() < end, "seed {}: only {} conversations came", self.plan.seed, self.places.len());
            tokio::time::sleep(Duration::from_millis(10)).await;
            let rows = child.must(&json!({ "do": "list" })).await;
            let id = |text: &str| {
                let rows = rows.as_array()?.iter();
                rows.clone().find(|row| row["excerpt"].as_str().is_some_and(|said| said.contains(text)))?["id"].as_i64()
            };
            self.places = waiting
                .iter()
                .filter_map(|(text, status, user, twins)| {
                    let (conversation, status, user) = (id(text)?, status.clone(), user.clone());
                    Some(Place { conversation, status, user, twins: *twins })
                })
                .collect();
        }
        child.quit().await;
    }

    fn mention(&self, user: &str, text: &str) -> String {
        let by = Speaker::new(PASSER_BY, "Passant");
        self.rehearsal.say(Say::mention(by, user, text)).expect("it was said")
    }

    fn now(&self) -> i64 {
        self.pace.now_ms()
    }

    /// In simulated seconds since the servers began.
    fn tell(&mut self, what: String) {
        self.story.push(format!("{:6} s  {what}", (self.now() - self.began_at) / 1_000));
    }

    async fn live(&mut self, life: &Life) {
        if life.restore {
            self.restore();
        }
        let Life { die_at, disk, twin, troubles, .. } = life;
        self.tell(format!("opens; dies at {die_at:?}, disk {disk:?}, twin {twin}; {troubles:?}"));
        for trouble in &life.troubles {
            self.rehearsal.fault(trouble.clone());
        }
        let mut child = self.open(life.seed, life.disk, life.die_at.as_ref()).await;
        if life.twin {
            self.twin(&mut child, life.seed).await;
        }
        let cut = if life.die_at.is_some() { life.lines.len() } else { life.cut.min(life.lines.len()) };
        let mut alive = true;
        for line in &life.lines[..cut] {
            alive = alive && self.act(&mut child, line).await;
            if !alive {
                break;
            }
            tokio::time::sleep(Duration::from_millis(line.nap)).await;
        }
        let tail = Duration::from_millis(life.tail);
        match life.lines.get(cut).filter(|_| alive) {
            Some(line) => {
                // It is killed while it is told something.
                let _cut_short = tokio::time::timeout(tail, self.act(&mut child, line)).await;
            }
            None if life.die_at.is_some() => {
                let end = Instant::now() + FOR_A_STEP;
                while Instant::now() < end && !child.ended() {
                    tokio::time::sleep(Duration::from_millis(3)).await;
                }
            }
            None => tokio::time::sleep(tail).await,
        }
        // A server that was going to come back does.
        self.rehearsal.offline(false);
        let step = life.die_at.as_deref().and_then(|step| step.split(':').next());
        let by_itself = child.ended();
        self.killed.push(step.filter(|_| by_itself).unwrap_or("anywhere").to_owned());
        child.kill().await;
        self.slowest = self.slowest.max(child.slowest);
        self.tell(format!("killed {}", self.killed[self.killed.len() - 1]));
        if life.keep && self.kept.is_none() {
            self.keep();
        }
    }

    /// A second process on the same desk does nothing and says so.
    async fn twin(&self, first: &mut DeskChild, seed: u64) {
        let (mut second, said) = self.launch(seed.wrapping_add(1), None, None).await;
        if said["open"] == true {
            // Only where the first had met its end meanwhile: what it held is free before it can be waited for.
            let end = Instant::now() + FOR_AN_END;
            while Instant::now() < end && !first.ended() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            assert!(first.ended(), "seed {}: two processes are the engine", self.plan.seed);
        } else {
            assert!(said.to_string().contains("busy"), "seed {}: the second said {said}", self.plan.seed);
        }
        second.kill().await;
    }

    /// The last opening: nothing goes wrong any more and minutes pass, until nothing moves.
    async fn end(mut self) -> Outcome {
        self.rehearsal.clear_faults();
        self.rehearsal.offline(false);
        let mut child = self.open(Dice::new(!self.plan.seed).draw(), None, None).await;
        let (mut began, began_there) = (Instant::now(), self.now());
        let keyed = self.plan.mode == Mode::Keys && !self.jumped && !self.restored;
        let mut quiet = 0;
        let mut released = false;
        let mut unsure_since = None;
        let mut answered = BTreeSet::new();
        self.tell("peace".into());
        let mut told;
        let verdict = loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            self.answer_what_came(&mut answered);
            told = child.must(&json!({ "do": "outbox" })).await;
            let ledger = self.ledger(&told, keyed, began_there);
            let verdict = judge(&ledger);
            let busy = ledger.rows.iter().any(|row| row.state == "sending") || self.rehearsal.late() > 0;
            let open = verdict.unsure.len() + verdict.stuck.len();
            quiet = if busy || open > 0 { 0 } else { quiet + 1 };
            unsure_since = unsure_since.or(Some(Instant::now())).filter(|_| !verdict.unsure.is_empty());
            let looked_for = unsure_since.is_some_and(|since| since.elapsed() > FOR_A_LOOK);
            let over = began.elapsed() > PATIENCE || keyed && looked_for && began.elapsed() > KEYED_PEACE;
            // Once more after the last motion: what is settled must stay so.
            if (quiet > 2 || over) && self.heard_all(&mut child).await {
                if !self.restored || released {
                    break verdict;
                }
                let _released = child.must(&json!({ "do": "release" })).await;
                (released, quiet, began) = (true, 0, Instant::now());
            }
            assert!(began.elapsed() < PATIENCE * 2, "seed {}: never heard {:?}", self.plan.seed, self.said);
            if !keyed && began.elapsed() > Duration::from_millis(150) && self.rehearsal.late() == 0 {
                self.ahead += ON;
                let _set = child.must(&json!({ "do": "clock", "ahead": self.ahead })).await;
            }
        };
        child.kill().await;
        self.tell("peace is over".into());
        for one in &self.written {
            self.story.push(format!("{one:?}"));
        }
        for one in self.ledger(&told, keyed, began_there).rows {
            self.story.push(format!("{one:?}"));
        }
        for post in self.rehearsal.posted() {
            let at = (post.at_ms - self.began_at) / 1_000;
            self.story.push(format!("{at:6} s  there: {post:?}"));
        }
        Outcome {
            network: self.ground.network,
            mode: self.plan.mode,
            verdict,
            written: self.written.len(),
            acknowledged: self.written.iter().filter(|one| one.acknowledged.is_some()).count(),
            pictures: self.written.iter().map(|one| one.pictures.len()).sum(),
            brought: self.rehearsal.uploads(),
            killed: self.killed,
            slowest: self.slowest.max(child.slowest),
            story: self.story,
        }
    }

    /// Each reply of ours that has reached somebody is answered, once.
    fn answer_what_came(&self, answered: &mut BTreeSet<String>) {
        for post in self.rehearsal.posted().into_iter().filter(|post| self.plan.answered && !post.native) {
            if answered.insert(post.id.clone()) {
                let by = Speaker::new(PASSER_BY, "Passant");
                self.rehearsal.say(Say::reply(by, &post.id, None, "Bien reçu, merci.")).expect("it was answered");
            }
        }
    }

    fn ledger(&self, told: &Value, keyed: bool, peace: i64) -> Ledger {
        let mut written = self.written.clone();
        for (one, at) in written.iter_mut().zip(&self.written_at) {
            one.key_valid = peace - at < KEY_YOUNG;
        }
        let copies = self.rehearsal.posted().into_iter().map(|post| Copy {
            pictures: self.shown(&post),
            id: (self.ground.name)(&post.id).to_owned(),
            place: post.in_reply_to.unwrap_or_default(),
            text: match self.ground.addressed {
                true => post.text.split_once(' ').map_or("", |(_, rest)| rest).to_owned(),
                false => post.text,
            },
            key: post.key,
            native: post.native,
            unseen: post.unseen,
        });
        Ledger {
            written,
            rows: told.as_array().expect("replies").iter().map(|row| self.row(row)).collect(),
            copies: copies.collect(),
            keyed,
            named: self.ground.named,
        }
    }

    /// A line of the outbox, as the desk tells it.
    fn row(&self, told: &Value) -> Row {
        let known = self.places.iter().find(|place| told["conversation"] == place.conversation);
        Row::read(told, known.map(|place| place.status.as_str()).unwrap_or_default(), self.ground)
    }

    /// What the pictures of a post show.
    fn shown(&self, post: &Posted) -> Vec<String> {
        if post.pictures.is_empty() {
            return Vec::new();
        }
        let bytes = self.rehearsal.shown(&post.id);
        post.pictures.iter().zip(&bytes).map(|(alt, bytes)| pictures::told(alt, bytes)).collect()
    }

    /// Whether each text that people said is on the desk, and once.
    async fn heard_all(&self, child: &mut DeskChild) -> bool {
        let rows = child.must(&json!({ "do": "list" })).await;
        let heard = |text: &String| {
            let rows = rows.as_array().expect("rows").iter();
            rows.filter(|row| row["excerpt"].as_str().is_some_and(|excerpt| excerpt.contains(text))).count()
        };
        let twice: Vec<&String> = self.said.iter().filter(|text| heard(text) > 1).collect();
        assert!(twice.is_empty(), "seed {}: heard twice: {twice:?}", self.plan.seed);
        self.said.iter().all(|text| heard(text) == 1)
    }
}
