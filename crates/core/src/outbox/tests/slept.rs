//! A machine that slept between the freezing and the first byte: what was decided before is decided anew.

use super::*;
use crate::outbox::Steps;
use crate::testing::HandClock;
use guichet_model::{Fault, HOUR, MINUTE, Proof};
use std::sync::atomic::{AtomicI64, Ordering};

/// Moves the clock once, between two steps.
struct Sleep {
    clock: Arc<HandClock>,
    left: AtomicI64,
}

impl Steps for Sleep {
    fn at(&self, step: &'static str) {
        if step == "reply frozen" && self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.clock.forward(2 * HOUR);
        }
    }
}

/// Sleeps at its `nth` freezing.
async fn asleep(nth: i64) -> Scene {
    let scene = Scene::new().await;
    scene.server().proof = Proof::Key { valid_for: HOUR / 2 };
    let clock = scene.room.clock.clone();
    scene.room.desk.watch_steps(Arc::new(Sleep { clock, left: AtomicI64::new(nth) }));
    scene
}

#[tokio::test]
async fn a_first_attempt_waits_and_is_looked_at_again() {
    let scene = asleep(1).await;
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.sent(conversation, "Merci").await;
    assert_eq!(scene.server().sends, 0);
    assert!(matches!(scene.state(reply).await, ReplyState::Waiting { .. }));
    scene.forward(MINUTE);
    scene.work().await;
    assert!(matches!(scene.state(reply).await, ReplyState::Sent { .. }));
    assert_eq!(scene.server().rechecks, 1);
}

#[tokio::test]
async fn a_repetition_does_not_outlive_its_key() {
    let scene = asleep(2).await;
    let (conversation, _) = scene.conversation("Léa");
    scene.server().sendings.push_back(super::paper::Fate::Deaf);
    // The look at once fails, so that the repetition is what would settle it.
    scene.server().findings.push_back(Fault::Unsure);
    let reply = scene.sent(conversation, "Merci").await;
    assert_eq!(scene.server().sends, 1);
    assert!(matches!(scene.state(reply).await, ReplyState::Unsure { .. }));
    scene.forward(MINUTE);
    scene.work().await;
    assert!(matches!(scene.state(reply).await, ReplyState::Sent { .. }));
    assert_eq!(scene.texts(), ["Merci"]);
}

/// Connecting may take minutes.
#[tokio::test]
async fn a_slow_connection_is_no_sleep() {
    struct Slow(Arc<HandClock>, i64);
    impl Steps for Slow {
        fn at(&self, step: &'static str) {
            if step == "reply frozen" {
                self.0.forward(self.1);
            }
        }
    }
    for (wait, sends) in [(5 * MINUTE, 1), (5 * MINUTE + 1, 0)] {
        let scene = Scene::new().await;
        let (conversation, _) = scene.conversation("Léa");
        scene.write(conversation, "Merci").await;
        scene.room.desk.watch_steps(Arc::new(Slow(scene.room.clock.clone(), wait)));
        scene.forward(21 * SECOND);
        turn(&scene.room.desk, scene.account, &mut Walk::default()).await.unwrap();
        assert_eq!(scene.server().sends, sends, "{wait}");
    }
}
