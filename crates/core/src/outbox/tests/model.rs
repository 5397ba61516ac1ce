//! The laws under every fault at once: whatever is cut, late, lagging or crashed, no reply is lost, none is there
//! twice, those of a conversation stand in the order written, and under a key all of them settle.

use super::paper::Fate;
use super::*;
use crate::outbox::{STEPS, Steps};
use guichet_model::{Fault, MINUTE, Proof};
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Clone, Debug)]
enum Act {
    Write {
        conversation: usize,
        twin: bool,
    },
    Send(Fate),
    Find(Fault),
    Forward(i64),
    Work,
    /// The process dies when it has told so many steps.
    Crash {
        after: usize,
    },
    TakeBack,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let fate = prop_oneof![
        3 => Just(Fate::Fine),
        2 => Just(Fate::Lost),
        2 => Just(Fate::Deaf),
        2 => (1_000..600_000_i64).prop_map(Fate::Late),
        1 => Just(Fate::Fault(Fault::OFFLINE)),
        1 => Just(Fate::Fault(Fault::NeedsLogin)),
    ];
    let act = prop_oneof![
        4 => (0..2_usize, any::<bool>()).prop_map(|(conversation, twin)| Act::Write { conversation, twin }),
        3 => fate.prop_map(Act::Send),
        1 => prop_oneof![Just(Fault::OFFLINE), Just(Fault::Unsure)].prop_map(Act::Find),
        3 => prop_oneof![Just(SECOND), Just(21 * SECOND), Just(45 * SECOND)].prop_map(Act::Forward),
        4 => Just(Act::Work),
        2 => (0..STEPS.len()).prop_map(|after| Act::Crash { after }),
        1 => Just(Act::TakeBack),
    ];
    proptest::collection::vec(act, 1..24)
}

/// Ends the thread of work at a step, as a death of the process would: nothing after it happens.
struct Death(AtomicUsize);

const NEVER: usize = usize::MAX;

impl Steps for Death {
    fn at(&self, _: &'static str) {
        let left = self.0.load(Ordering::SeqCst);
        if left == 0 {
            self.0.store(NEVER, Ordering::SeqCst);
            // Without the noise of a panic.
            resume_unwind(Box::new("death"));
        }
        if left != NEVER {
            self.0.store(left - 1, Ordering::SeqCst);
        }
    }
}

async fn live(proof: Proof, lag: i64, acts: Vec<Act>) {
    let scene = Arc::new(Scene::new().await);
    let death = Arc::new(Death(AtomicUsize::new(NEVER)));
    scene.room.desk.watch_steps(death.clone());
    {
        let mut server = scene.server();
        server.proof = proof;
        server.lag = lag;
    }
    let conversations = [scene.conversation("Léa").0, scene.conversation("Paul").0];
    let mut written: Vec<ReplyId> = Vec::new();
    for (n, act) in acts.into_iter().enumerate() {
        match act {
            Act::Write { conversation, twin } => {
                let words = if twin { "Merci".to_owned() } else { format!("Merci {n}") };
                written.push(scene.write(conversations[conversation], &words).await);
            }
            Act::Send(fate) => scene.server().sendings.push_back(fate),
            Act::Find(fault) => scene.server().findings.push_back(fault),
            Act::Forward(millis) => scene.forward(millis),
            Act::Work => {
                scene.work().await;
            }
            Act::Crash { after } => {
                death.0.store(after, Ordering::SeqCst);
                let dying = scene.clone();
                let died = tokio::spawn(async move { dying.work().await }).await.is_err();
                death.0.store(NEVER, Ordering::SeqCst);
                if died {
                    crate::outbox::recover(&scene.room.desk).await.unwrap();
                }
            }
            Act::TakeBack => {
                if let Some(last) = written.last() {
                    // Too late is an answer too.
                    let _ = scene.room.desk.take_back(vec![*last]).await;
                }
            }
        }
    }
    // The weather clears.
    scene.server().sendings.clear();
    scene.server().findings.clear();
    for _ in 0..30 {
        scene.forward(MINUTE);
        scene.work().await;
    }
    judge(&scene, &conversations, &written, matches!(proof, Proof::Key { .. })).await;
}

async fn judge(scene: &Scene, conversations: &[ConversationId], written: &[ReplyId], key: bool) {
    let now = scene.room.desk.now();
    scene.server().settle(now);
    let posts = scene.server().posts.clone();
    // None twice: a key stands for one reply, whether the server honours it or not.
    let keys: HashSet<&str> = posts.iter().map(|post| post.key.as_str()).collect();
    assert_eq!(keys.len(), posts.len(), "twice: {posts:?}");
    let mut rows = HashMap::new();
    let mut linked = HashSet::new();
    for id in written {
        let read = |conn: &rusqlite::Connection| crate::outbox::row::Reply::one(conn, *id);
        let row = scene.room.desk.store().read_now(read).unwrap();
        let view = scene.reply(*id).await;
        let there = keys.contains(row.key.as_str());
        match &view.state {
            ReplyState::Sent { .. } => {
                assert!(there, "lost: {id:?}");
                assert!(linked.insert(view.message.expect("linked")), "one message for two");
            }
            ReplyState::TakenBack => assert!(!there, "taken back and there"),
            ReplyState::Unsure { .. } | ReplyState::Waiting { .. } => assert!(!key, "unsettled: {:?}", view.state),
            other => panic!("{other:?}"),
        }
        rows.insert(row.key.clone(), (row.conversation, row.id));
    }
    for conversation in conversations {
        let order: Vec<ReplyId> = posts
            .iter()
            .filter_map(|post| rows.get(&post.key).filter(|(c, _)| c == conversation))
            .map(|(_, id)| *id)
            .collect();
        assert!(order.is_sorted(), "out of order: {order:?}");
    }
}

fn run(proof: Proof, lag: i64, acts: Vec<Act>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(live(proof, lag, acts));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn under_a_key(acts in acts()) {
        run(Proof::Key { valid_for: 60 * MINUTE }, 0, acts);
    }

    #[test]
    fn without_a_key(acts in acts()) {
        run(Proof::ReadBack { settles_within: MINUTE }, 0, acts);
    }

    #[test]
    fn without_a_key_and_with_reads_that_lag(acts in acts()) {
        run(Proof::None, 90 * SECOND, acts);
    }
}
