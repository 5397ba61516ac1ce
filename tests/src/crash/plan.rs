//! What a round will be, drawn before it begins: how each life of the desk ends, what its disk and its network do, what
//! is written in it. All of it comes out of the round's seed, and nothing of it out of what happens.

use super::ground::{Ground, Twins};
use crate::desk::Dice;
use crate::forgetful::Syncs;
use guichet_core::STEPS;
use guichet_rehearsal::{Effect, FaultRule};

/// Seconds of the simulated evening in a second of ours. Ten minutes, the longest that a server waits before it applies
/// a request, are then three seconds, and the half hour that a key counts is longer than any round. Much faster, and a
/// desk that was not given the processor for half a second would think that it had slept.
pub const SPEED: u32 = 200;

/// A forum takes no text that is shorter than twenty letters.
const SAME: &str = "Merci à vous, et à bientôt !";

const HOURS: i64 = 3_600_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Keys,
    NoKeys,
    /// And what was written is not seen by readers at once.
    NoKeysReadsLag,
}

pub const MODES: [Mode; 3] = [Mode::Keys, Mode::NoKeys, Mode::NoKeysReadsLag];

pub struct Plan {
    pub seed: u64,
    pub mode: Mode,
    /// Simulated milliseconds that readers are behind.
    pub lag: u64,
    pub lives: Vec<Life>,
    /// Once there is peace, people answer what reached them.
    pub answered: bool,
}

/// From an opening of the desk to the next kill.
pub struct Life {
    /// For the chance of the desk itself.
    pub seed: u64,
    pub die_at: Option<String>,
    /// Where it dies at no step: after so many of its lines.
    pub cut: usize,
    /// And then after so many milliseconds of ours, while the next line is being written or after the last one.
    pub tail: u64,
    /// A power cut instead of a kill alone: the disk forgets.
    pub disk: Option<Syncs>,
    /// Another process is started on the same desk.
    pub twin: bool,
    pub troubles: Vec<FaultRule>,
    pub lines: Vec<Line>,
    /// Before it: the store is put back from the copy kept, if there is one.
    pub restore: bool,
    /// After it: a copy of the store is kept.
    pub keep: bool,
}

/// One thing that the CM, or somebody else, does.
pub struct Line {
    pub place: usize,
    pub act: Act,
    /// What the pictures show that go along with what is written.
    pub pictures: Vec<String>,
    /// Milliseconds of ours afterwards.
    pub nap: u64,
}

#[derive(Debug)]
pub enum Act {
    Write(String),
    /// The same text, by our account, on the network itself; then as a reply.
    WriteTwice(String),
    /// What was looked for and not found is sent again, on the CM's word.
    SendAgain,
    TakeBack,
    /// The clock is set so many milliseconds ahead, or back.
    SetClock(i64),
    /// Every server goes away and comes back.
    Restart,
    /// Somebody names us.
    Hear(String),
}

impl Plan {
    pub fn draw(seed: u64, ground: &Ground, places: usize) -> Plan {
        // Neighbouring seeds must not draw neighbouring numbers.
        let dice = Dice::new(Dice::new(seed).draw());
        let mode = match MODES[dice.below(3) as usize] {
            Mode::Keys if !ground.keys => Mode::NoKeys,
            mode => mode,
        };
        let lives = 3 + dice.below(2);
        Plan {
            seed,
            mode,
            lag: 5_000 + dice.below(115_000),
            lives: (0..lives).map(|number| Life::draw(dice.draw(), number, ground, places)).collect(),
            answered: ground.unseen && Dice::new(!seed).below(2) == 0,
        }
    }
}

impl Life {
    fn draw(seed: u64, number: u64, ground: &Ground, places: usize) -> Life {
        // What is drawn of pictures leaves everything else of a seed as it was without them.
        let (dice, apart) = (&Dice::new(seed), &Dice::new(!seed));
        let step = STEPS[dice.below(STEPS.len() as u64) as usize];
        let mut lines = Vec::new();
        let many = 5 + dice.below(5);
        for at in 0..many {
            let unique = format!("Réponse {number}-{at}, comme promis.");
            let (drawn, place) = (dice.below(14), dice.below(places as u64) as usize);
            let act = match drawn {
                // A few texts are the same on purpose: they must be told apart by their ids alone.
                0..=2 if ground.account_at(place).twins == Twins::Stand => Act::Write(SAME.into()),
                3 => Act::WriteTwice(unique),
                _ => Act::Write(unique),
            };
            let pictures = if ground.upload.is_some() { pictures(apart, number, at) } else { Vec::new() };
            lines.push(Line { place, act, pictures, nap: nap(dice) });
            let between = match dice.below(24) {
                0..=4 => Act::SendAgain,
                5 => Act::TakeBack,
                6 => Act::Restart,
                7 if dice.below(3) == 0 => Act::SetClock(2 * HOURS),
                8 if dice.below(3) == 0 => Act::SetClock(-2 * HOURS),
                9 | 10 => Act::Hear(format!("Dit pendant la vie {number}, {at}.")),
                _ => continue,
            };
            lines.push(Line { place, act: between, pictures: Vec::new(), nap: nap(dice) });
        }
        Life {
            seed: dice.draw(),
            // Half of them end at a named step of the outbox, the others anywhere.
            die_at: (dice.below(2) == 0).then(|| format!("{step}:{}", 1 + dice.below(3))),
            cut: 3 + dice.below(lines.len() as u64) as usize,
            tail: [4, 40, 160][dice.below(3) as usize] * dice.below(1_000) / 1_000,
            disk: (dice.below(2) == 0).then_some(Syncs::Always),
            twin: dice.below(8) == 0,
            troubles: [troubles(dice, ground), troubles_with_pictures(apart, ground)].concat(),
            lines,
            restore: dice.below(4) == 0,
            keep: dice.below(3) == 0,
        }
    }
}

fn nap(dice: &Dice) -> u64 {
    if dice.below(3) == 0 { dice.below(30) } else { 0 }
}

/// One or two go along with a third of the replies.
fn pictures(dice: &Dice, number: u64, at: u64) -> Vec<String> {
    let many = if dice.below(3) == 0 { 1 + dice.below(2) } else { 0 };
    (0..many).map(|picture| format!("Vue {number}-{at}-{picture} : l'étal, « de près »")).collect()
}

/// What goes wrong between us and the servers.
fn troubles(dice: &Dice, ground: &Ground) -> Vec<FaultRule> {
    let mut troubles = Vec::new();
    for _ in 0..dice.below(4) {
        let effect = match dice.below(14) {
            0 => Effect::CutBefore,
            1 => Effect::CutDuring,
            2 | 3 => Effect::CutAfter,
            4..=6 => Effect::AppliedLate { after_ms: late(dice) },
            7 => Effect::Doubled,
            8 => Effect::Torn,
            9 | 10 => Effect::Latency(5 + dice.below(120)),
            11 => Effect::Garbage,
            12 => Effect::RateLimited { after_s: 1 + dice.below(60) },
            _ => failing(ground),
        };
        troubles.push(FaultRule::on(ground.publish.0, ground.publish.1, effect).once());
    }
    if dice.below(3) == 0 {
        let effect = match dice.below(3) {
            0 => failing(ground),
            1 => Effect::CutAfter,
            _ => Effect::Torn,
        };
        let times = Some(1 + dice.below(4) as u32);
        troubles.push(FaultRule { times, ..FaultRule::on(ground.read.0, ground.read.1, effect) });
    }
    troubles
}

/// What goes wrong while a picture is brought: it is there or not, and nobody has heard.
fn troubles_with_pictures(dice: &Dice, ground: &Ground) -> Vec<FaultRule> {
    let effect = |dice: &Dice| match dice.below(12) {
        0 | 1 => Effect::CutBefore,
        2 => Effect::CutDuring,
        3 | 4 => Effect::CutAfter,
        5 => Effect::AppliedLate { after_ms: late(dice) },
        6 => Effect::Doubled,
        7 => Effect::Torn,
        8 => Effect::Latency(5 + dice.below(60)),
        9 => Effect::Garbage,
        10 => Effect::RateLimited { after_s: 1 + dice.below(60) },
        _ => failing(ground),
    };
    let Some((method, upload)) = ground.upload else { return Vec::new() };
    (0..dice.below(3)).map(|_| FaultRule::on(method, upload, effect(dice)).once()).collect()
}

fn failing(ground: &Ground) -> Effect {
    Effect::Status { code: ground.failing, body: String::new(), headers: Vec::new() }
}

/// One to 600 simulated seconds, the short ones as likely as the long ones, in milliseconds of ours.
fn late(dice: &Dice) -> u64 {
    let most = [6, 30, 120, 120, 600][dice.below(5) as usize];
    (1 + dice.below(most)) * 1_000 / u64::from(SPEED)
}
