//! The process is killed, again and again, while it answers: nothing that was acknowledged is lost, and nothing is
//! published twice. Counted at the server.
//!
//! `GUICHET_ROUNDS` and `GUICHET_SEED` make it longer, or the same again. The seed is printed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guichet_core::{Random, STEPS};
use guichet_rehearsal::{Effect, FaultRule, Options, Rehearsal, Say, Scenario, Speaker};
use guichet_tests::child::DeskChild;
use guichet_tests::desk::Dice;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// One reply as the test wrote it.
struct Written {
    conversation: i64,
    text: String,
    /// The desk had said that it has it before it was killed.
    acknowledged: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    KeysHonoured,
    NoKeys,
    /// And what was written is not seen by readers at once.
    NoKeysReadsLag,
}

struct Rounds {
    mode: Mode,
    dice: Dice,
    rehearsal: Rehearsal,
    home: tempfile::TempDir,
    conversations: Vec<i64>,
    written: Vec<Written>,
    /// What people said while the desk lived and died.
    said: Vec<String>,
    killed: u32,
}

const CONVERSATIONS: usize = 8;

impl Rounds {
    async fn begin(mode: Mode, seed: u64) -> Rounds {
        let scenario = Scenario::named("calme").expect("a scenario");
        let options = Options { scenario, seed, pace: 0.0, ports: None };
        let rehearsal = Rehearsal::start(options).await.expect("ports");
        rehearsal.honour_keys(mode == Mode::KeysHonoured);
        // What is tried here is not the patience with limits.
        rehearsal.limits(1_000_000, 1_000_000);
        let home = tempfile::tempdir().expect("a folder");
        let mut rounds = Rounds {
            mode,
            dice: Dice::new(seed),
            rehearsal,
            home,
            conversations: Vec::new(),
            written: Vec::new(),
            said: Vec::new(),
            killed: 0,
        };
        rounds.gather().await;
        rounds
    }

    async fn child(&self, surroundings: &[(String, String)]) -> DeskChild {
        let home = self.home.path();
        let program = Path::new(env!("CARGO_BIN_EXE_desk_child"));
        DeskChild::start(program, &home.join("guichet"), &home.join("key"), &home.join("log"), surroundings).await
    }

    /// The first opening, in peace: a few people speak, and the desk has their conversations.
    async fn gather(&mut self) {
        let mut child = self.child(&[]).await;
        let _done = child.must(&json!({ "do": "furnish", "clients": self.rehearsal.clients() })).await;
        for at in 0..CONVERSATIONS {
            self.mention(&format!("Question {at} du passant."));
        }
        let end = Instant::now() + Duration::from_secs(15);
        while self.conversations.len() < CONVERSATIONS {
            assert!(Instant::now() < end, "only {} conversations came", self.conversations.len());
            tokio::time::sleep(Duration::from_millis(50)).await;
            let rows = child.must(&json!({ "do": "list" })).await;
            self.conversations = rows
                .as_array()
                .expect("rows")
                .iter()
                .filter(|row| row["excerpt"].as_str().is_some_and(|text| text.contains("du passant")))
                .map(|row| row["id"].as_i64().expect("an id"))
                .collect();
        }
        child.quit().await;
    }

    /// Somebody names our first account.
    fn mention(&self, text: &str) {
        let clients = self.rehearsal.clients();
        let account = clients.iter().flat_map(|client| &client.accounts).next().expect("an account");
        let user = account.handle.split('@').next().expect("a name");
        let by = Speaker::new("passant@ailleurs.example", "Passant");
        assert!(self.rehearsal.say(Say::mention(by, user, text)).is_some());
    }

    fn trouble(&self) {
        let effect = match self.dice.below(7) {
            0 => Effect::CutBefore,
            1 => Effect::CutAfter,
            2 => Effect::AppliedLate { after_ms: 50 + self.dice.below(600) },
            3 => Effect::Torn,
            4 => Effect::Latency(50 + self.dice.below(300)),
            _ => return,
        };
        self.rehearsal.fault(FaultRule::on("POST", "=/api/v1/statuses", effect).once());
    }

    /// Every other round ends at a named step of the outbox instead of anywhere.
    fn fate(&self) -> Vec<(String, String)> {
        if self.killed.is_multiple_of(2) {
            return Vec::new();
        }
        let step = STEPS[self.dice.below(STEPS.len() as u64) as usize];
        vec![("GUICHET_DIE_AT".into(), format!("{step}:{}", 1 + self.dice.below(3)))]
    }

    /// Opens, writes some replies, and is killed at any instant.
    async fn round(&mut self) {
        if self.mode == Mode::NoKeysReadsLag && self.killed == 0 {
            self.rehearsal.fault(FaultRule::on("GET", "", Effect::ReadsLag { ms: 400 }));
        }
        self.trouble();
        let mut child = self.child(&self.fate()).await;
        let life = Duration::from_millis(20 + self.dice.below(600));
        let end = tokio::time::Instant::now() + life;
        for _ in 0..2 {
            self.said.push(format!("Dit pendant le tour, {}.", self.said.len()));
            self.mention(&self.said[self.said.len() - 1]);
        }
        let many = 2 + self.dice.below(6);
        for number in 0..many {
            let conversation = self.conversations[self.dice.below(self.conversations.len() as u64) as usize];
            // A few texts are the same on purpose: they must be told apart by their ids alone.
            let text = match self.dice.below(5) {
                0 => "Merci à vous !".to_owned(),
                _ => format!("Réponse {}-{number}.", self.killed),
            };
            let asked = json!({ "do": "reply", "conversation": conversation, "text": text });
            let answer = tokio::time::timeout_at(end, child.ask(&asked)).await;
            let acknowledged = matches!(&answer, Ok(Some(said)) if said["reply"].is_i64());
            if let Ok(Some(said)) = &answer {
                assert!(acknowledged, "refused: {said}");
            }
            self.written.push(Written { conversation, text, acknowledged });
            if !acknowledged {
                break;
            }
            if self.dice.below(3) == 0 {
                tokio::time::sleep_until(
                    end.min(tokio::time::Instant::now() + Duration::from_millis(self.dice.below(120))),
                )
                .await;
            }
        }
        tokio::time::sleep_until(end).await;
        child.kill().await;
        self.killed += 1;
        self.none_is_doubled();
    }

    /// How often each text stands at the server.
    fn published(&self) -> BTreeMap<String, usize> {
        let mut count = BTreeMap::new();
        for post in self.rehearsal.posted() {
            // The addressee stands first; what was written follows it.
            let text = post.text.split_once(' ').map_or(post.text.as_str(), |(_, rest)| rest);
            *count.entry(text.to_owned()).or_default() += 1;
        }
        count
    }

    fn none_is_doubled(&self) {
        let doubled = self.doubled();
        assert!(doubled.is_empty(), "{:?}, after {} kills: {}", self.mode, self.killed, doubled.join("; "));
    }

    /// What stands at the server more often than it was written.
    fn doubled(&self) -> Vec<String> {
        let mut doubled = Vec::new();
        for (text, published) in self.published() {
            let written = self.written.iter().filter(|one| one.text == text).count();
            if published > written {
                doubled.push(format!("\"{text}\" was written {written} times and stands there {published} times"));
            }
        }
        doubled
    }

    /// The last opening, in peace: everything comes to its end.
    async fn end(self) {
        self.rehearsal.clear_faults();
        let mut child = self.child(&[]).await;
        let limit = Instant::now() + Duration::from_secs(20);
        let unsettled = loop {
            let outbox = child.must(&json!({ "do": "outbox" })).await;
            let unsettled: Vec<Value> = outbox
                .as_array()
                .expect("replies")
                .iter()
                .filter(|one| one["state"]["state"] != "sent")
                .cloned()
                .collect();
            // Where keys are proof, even what is unsure goes on by itself.
            let by_itself = self.mode == Mode::KeysHonoured && !unsettled.is_empty();
            let moving = by_itself
                || unsettled.iter().any(|one| {
                    let state = &one["state"];
                    let why = &state["why"]["why"];
                    state["state"] == "sending" || (state["state"] == "waiting" && why != "earlier")
                });
            if !moving {
                break unsettled;
            }
            assert!(Instant::now() < limit, "{:?}: never settled: {}", self.mode, states(&unsettled));
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        // What was applied late has had its time.
        tokio::time::sleep(Duration::from_millis(700)).await;
        self.none_is_doubled();
        self.all_was_heard_once(&mut child).await;
        let published = self.published();
        let kept = |text: &str| unsettled.iter().filter(|one| one["text"] == text).count();
        let mut texts: Vec<&str> = self.written.iter().map(|one| one.text.as_str()).collect();
        texts.sort_unstable();
        texts.dedup();
        for text in texts {
            let owed = self.written.iter().filter(|one| one.acknowledged && one.text == text).count();
            let there = published.get(text).copied().unwrap_or_default() + kept(text);
            assert!(
                there >= owed,
                "{:?}: \"{text}\" was acknowledged {owed} times and is kept or published {there} times",
                self.mode
            );
        }
        let sent: usize = published.values().sum();
        if self.mode == Mode::KeysHonoured {
            self.none_is_out_of_order();
        }
        println!(
            "{:?}: {} kills, {} replies written, {sent} published, {} to look at",
            self.mode,
            self.killed,
            self.written.len(),
            unsettled.len()
        );
        child.quit().await;
    }

    /// Each text that people said is on the desk, and once.
    async fn all_was_heard_once(&self, child: &mut DeskChild) {
        let limit = Instant::now() + Duration::from_secs(20);
        loop {
            let rows = child.must(&json!({ "do": "list" })).await;
            let heard = |text: &String| {
                let rows = rows.as_array().expect("rows");
                rows.iter().filter(|row| row["excerpt"].as_str().is_some_and(|excerpt| excerpt.contains(text))).count()
            };
            let twice: Vec<&String> = self.said.iter().filter(|text| heard(text) > 1).collect();
            assert!(twice.is_empty(), "{:?}: heard twice: {twice:?}", self.mode);
            let missing: Vec<&String> = self.said.iter().filter(|text| heard(text) == 0).collect();
            if missing.is_empty() {
                return;
            }
            assert!(Instant::now() < limit, "{:?}: never heard: {missing:?}", self.mode);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn none_is_out_of_order(&self) {
        let mut last: BTreeMap<i64, usize> = BTreeMap::new();
        for post in self.rehearsal.posted() {
            let text = post.text.split_once(' ').map_or(post.text.as_str(), |(_, rest)| rest);
            let Some(at) = self.written.iter().position(|one| one.text == text && text.starts_with("Réponse")) else {
                continue;
            };
            let before = last.insert(self.written[at].conversation, at);
            assert!(before < Some(at), "\"{text}\" left before an earlier reply of its conversation");
        }
    }
}

fn states(replies: &[Value]) -> String {
    replies.iter().map(|one| format!("{} {}", one["text"], one["state"])).collect::<Vec<_>>().join(" · ")
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

async fn crash(mode: Mode) {
    let seed = number("GUICHET_SEED").unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        u64::from(now.subsec_nanos())
    });
    let rounds = number("GUICHET_ROUNDS").unwrap_or(13);
    println!("{mode:?}: GUICHET_SEED={seed} GUICHET_ROUNDS={rounds}");
    let mut all = Rounds::begin(mode, seed).await;
    for _ in 0..rounds {
        all.round().await;
    }
    all.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_keys_are_honoured() {
    crash(Mode::KeysHonoured).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_where_no_key_is_honoured() {
    crash(Mode::NoKeys).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_where_no_key_is_honoured_and_reads_lag() {
    crash(Mode::NoKeysReadsLag).await;
}

/// A count that never finds anything proves nothing: a server that promises to honour keys and does not must be seen.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_lies_about_keys_is_seen_to_double() {
    let mut all = Rounds::begin(Mode::KeysHonoured, 77).await;
    let mut child = all.child(&[]).await;
    // It asks once what the server promises, when it opens.
    let _heard = child.must(&json!({ "do": "pull" })).await;
    all.said.push("Entre deux.".into());
    all.mention("Entre deux.");
    all.all_was_heard_once(&mut child).await;
    all.rehearsal.honour_keys(false);
    for _ in 0..3 {
        // Applied after we have looked for it, so that only the promise is left to go by.
        let late = Effect::AppliedLate { after_ms: 1_500 };
        all.rehearsal.fault(FaultRule::on("POST", "=/api/v1/statuses", late).once());
        let conversation = all.conversations[0];
        let text = format!("Promesse {}.", all.written.len());
        let said = child.must(&json!({ "do": "reply", "conversation": conversation, "text": text })).await;
        assert!(said["reply"].is_i64());
        all.written.push(Written { conversation, text, acknowledged: true });
    }
    let limit = Instant::now() + Duration::from_secs(20);
    while all.doubled().is_empty() {
        assert!(Instant::now() < limit, "a doubled reply was not seen");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    child.kill().await;
}

#[test]
fn the_dice_are_the_same_every_time() {
    let (one, other) = (Dice::new(5), Dice::new(5));
    let (mut a, mut b) = ([0; 20], [0; 20]);
    one.bytes(&mut a);
    other.bytes(&mut b);
    assert_eq!(a, b);
    assert_ne!(a, [0; 20]);
}
