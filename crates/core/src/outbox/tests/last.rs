//! A hold placed while the network connects: between the compare-and-set and the first byte.

use super::paper::Fate;
use super::*;
use crate::desk::Desk;
use crate::outbox::Steps;
use crate::view::{HoldTarget, Waiting};
use guichet_model::{HOUR, HoldId, Proof};
use std::sync::atomic::{AtomicI64, Ordering};

/// Holds everything once, when bytes are frozen for the nth time.
struct Hold {
    desk: Desk,
    left: AtomicI64,
}

impl Steps for Hold {
    fn at(&self, step: &'static str) {
        if step == "reply frozen" && self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            let desk = self.desk.clone();
            // A step is no place to wait in: another thread does.
            let placing = std::thread::spawn(move || {
                let alone = tokio::runtime::Builder::new_current_thread().build().unwrap();
                alone.block_on(desk.hold(vec![HoldTarget::Everything], String::new()))
            });
            placing.join().unwrap().unwrap();
        }
    }
}

async fn held(nth: i64) -> Scene {
    let scene = Scene::new().await;
    scene.server().proof = Proof::Key { valid_for: HOUR / 2 };
    let desk = scene.room.desk.clone();
    scene.room.desk.watch_steps(Arc::new(Hold { desk, left: AtomicI64::new(nth) }));
    scene
}

impl Scene {
    async fn release_all(&self) {
        let holds: Vec<HoldId> = self.room.desk.holds().await.unwrap().into_iter().map(|hold| hold.id).collect();
        self.room.desk.release(holds).await.unwrap();
    }
}

#[tokio::test]
async fn a_first_attempt_waits_under_the_hold_and_blames_no_network() {
    let scene = held(1).await;
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.sent(conversation, "Merci").await;
    assert_eq!(scene.server().sends, 0, "no byte left");
    assert!(matches!(scene.state(reply).await, ReplyState::Held { .. }));
    assert_ne!(scene.room.desk.inner.online.now(), Some(false));
    scene.release_all().await;
    assert_eq!(scene.state(reply).await, ReplyState::Waiting { why: Waiting::Turn });
    scene.work().await;
    assert_eq!(scene.texts(), ["Merci"]);
}

#[tokio::test]
async fn a_repetition_stays_unsure_under_the_hold() {
    let scene = held(2).await;
    let (conversation, _) = scene.conversation("Léa");
    scene.server().sendings.push_back(Fate::Lost);
    let reply = scene.sent(conversation, "Merci").await;
    assert_eq!(scene.server().sends, 1, "the repetition did not leave");
    assert!(matches!(scene.state(reply).await, ReplyState::Unsure { .. }));
    scene.release_all().await;
    scene.forward(20 * SECOND);
    scene.work().await;
    assert_eq!(scene.texts(), ["Merci"]);
}
