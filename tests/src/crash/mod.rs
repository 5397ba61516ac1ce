//! The crash rounds: the process is killed, again and again, while it answers, over a network and a disk that go wrong.
//! Nothing that was acknowledged is lost, nothing is published twice by our doing, nothing leaves before what was written
//! earlier in its conversation, and nothing stays unsure that the network can prove. Counted at the server.
//!
//! Round i of a seed S is what the seed S + i says, so that any one of them can be played alone.

mod ground;
mod judge;
mod lateness;
mod pictures;
mod plan;
mod round;

pub use ground::Ground;
pub use pictures::drawn;
pub use plan::{MODES, Mode};

use crate::forgetful::Syncs;
use plan::SPEED;
use round::{Outcome, Round};
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Conversations in a round.
const PLACES: usize = 6;
/// Of what can be proved, so much must end sent.
const LEAST_SENT: f64 = 0.95;
/// A desk or a server that is kept from the processor for longer: that is two minutes of its fast time, after which a desk
/// takes itself for asleep. What was not sent, or not looked for, in time then says nothing, and the round is played
/// again, so many times.
const STARVED: Duration = Duration::from_millis(120_000 / SPEED as u64);
const AGAIN: u32 = 3;

/// How to play.
pub struct Play {
    /// `desk_child`.
    pub program: PathBuf,
    pub seed: u64,
    pub rounds: u64,
    /// So many at once.
    pub at_once: usize,
    /// This mode alone.
    pub mode: Option<Mode>,
    /// On this network alone; `None`: dealt by seed.
    pub ground: Option<&'static Ground>,
    /// Every life ends as a power cut, on a disk that syncs so.
    pub disk: Option<Syncs>,
}

impl Play {
    pub fn of(program: PathBuf, seed: u64, rounds: u64) -> Play {
        // More than half of a round is waiting.
        let at_once = 2 * std::thread::available_parallelism().map_or(2, usize::from);
        Play { program, seed, rounds, at_once, mode: None, ground: None, disk: None }
    }
}

/// What came of all rounds.
#[derive(Default)]
pub struct Sum {
    pub rounds: u64,
    pub lost: usize,
    pub doubled: usize,
    pub out_of_order: usize,
    pub unsure: usize,
    /// Rounds that broke off: the desk did not open, or hung, or heard twice.
    pub broken: usize,
    /// Unsure, where nothing proves what became of them.
    pub left: usize,
    pub provable: usize,
    pub sent: usize,
    /// Pictures that the servers were brought.
    pub brought: usize,
    written: usize,
    acknowledged: usize,
    pictures: usize,
    modes: BTreeMap<String, usize>,
    killed: BTreeMap<String, usize>,
    failed: Vec<u64>,
    /// Of the rounds in which something was found.
    stories: Vec<(u64, Vec<String>)>,
}

impl Sum {
    pub fn share(&self) -> f64 {
        if self.provable == 0 { 1.0 } else { self.sent as f64 / self.provable as f64 }
    }

    pub fn holds(&self) -> bool {
        let faults = self.lost + self.doubled + self.out_of_order + self.unsure + self.broken;
        faults == 0 && self.share() >= LEAST_SENT
    }

    fn add(&mut self, seed: u64, outcome: Outcome) {
        let verdict = outcome.verdict;
        let faults = [
            ("lost", &verdict.lost),
            ("doubled", &verdict.doubled),
            ("out of order", &verdict.out_of_order),
            ("unsure though provable", &verdict.unsure),
            ("not sent", &verdict.stuck),
        ];
        for (what, found) in faults {
            for one in found {
                let (network, mode, killed) = (outcome.network, outcome.mode, outcome.killed.join(", "));
                println!("seed {seed} ({network}, {mode:?}, killed at {killed}): {what}: {one}");
            }
        }
        if faults[..4].iter().any(|(_, found)| !found.is_empty()) {
            self.failed.push(seed);
        }
        if faults.iter().any(|(_, found)| !found.is_empty()) {
            self.stories.push((seed, outcome.story));
        }
        self.rounds += 1;
        self.lost += verdict.lost.len();
        self.doubled += verdict.doubled.len();
        self.out_of_order += verdict.out_of_order.len();
        self.unsure += verdict.unsure.len();
        self.left += verdict.left;
        self.provable += verdict.provable;
        self.sent += verdict.sent;
        self.written += outcome.written;
        self.acknowledged += outcome.acknowledged;
        self.pictures += outcome.pictures;
        self.brought += outcome.brought;
        *self.modes.entry(format!("{} {:?}", outcome.network, outcome.mode)).or_default() += 1;
        for step in outcome.killed {
            *self.killed.entry(step).or_default() += 1;
        }
    }

    /// What was played and found, its last line the count.
    pub fn print(&self) {
        for (seed, story) in &self.stories {
            println!("seed {seed}, what was done and when:");
            story.iter().for_each(|line| println!("    {line}"));
        }
        let listed = |counts: &BTreeMap<String, usize>| {
            counts.iter().map(|(name, many)| format!("{name} {many}")).collect::<Vec<_>>().join(", ")
        };
        println!("modes: {}", listed(&self.modes));
        println!("killed: {}", listed(&self.killed));
        println!("replies: {} written, {} acknowledged", self.written, self.acknowledged);
        println!("pictures: {} to go along, {} brought", self.pictures, self.brought);
        for seed in &self.failed {
            println!("again, alone: cargo xtask test crash --rounds 1 --seed {seed}");
        }
        if self.broken > 0 {
            println!("{} rounds broke off", self.broken);
        }
        println!("unsure, and nothing proves it: {} left to a person", self.left);
        println!("{:.1} % of {} provable replies ended sent", self.share() * 100.0, self.provable);
        println!(
            "{} rounds: {} lost, {} doubled, {} out of order, {} unsure though provable",
            self.rounds, self.lost, self.doubled, self.out_of_order, self.unsure
        );
    }
}

/// Plays all rounds, some at once; what is found is printed as it is found. `enough` ends it early.
pub async fn play(play: Play, enough: impl Fn(&Sum) -> bool) -> Sum {
    let pace = guichet_rehearsal::time_runs(SPEED);
    let play = Arc::new(play);
    let mut sum = Sum::default();
    let mut seeds: VecDeque<(u64, u32)> = (0..play.rounds).map(|number| (play.seed.wrapping_add(number), 0)).collect();
    let mut playing = JoinSet::new();
    let mut tasks = BTreeMap::new();
    let mut starved = false;
    loop {
        // On a machine that has other things to do, one after the other.
        let at_once = if starved { 1 } else { play.at_once.max(1) };
        while playing.len() < at_once && !enough(&sum) {
            let Some((seed, times)) = seeds.pop_front() else { break };
            let play = Arc::clone(&play);
            let task = playing.spawn(async move { Round::play(&play, seed, pace).await });
            tasks.insert(task.id(), (seed, times));
        }
        let Some(played) = playing.join_next_with_id().await else {
            return sum;
        };
        match played {
            Ok((id, outcome)) => {
                let (seed, times) = tasks.remove(&id).unwrap_or_default();
                starved = outcome.slowest > STARVED;
                if starved && outcome.verdict.only_late() && times < AGAIN {
                    println!("seed {seed}: the machine was busy ({:.1} s late); again", outcome.slowest.as_secs_f64());
                    seeds.push_back((seed, times + 1));
                    continue;
                }
                sum.add(seed, outcome);
            }
            // It has said why, where it broke.
            Err(error) => {
                let (seed, _) = tasks.remove(&error.id()).unwrap_or_default();
                println!("seed {seed}: broke off");
                sum.broken += 1;
                sum.rounds += 1;
                sum.failed.push(seed);
            }
        }
        if sum.rounds.is_multiple_of(50) {
            println!("{} of {} rounds", sum.rounds, play.rounds);
        }
    }
}
