//! The reply that is frozen as the one before it is settled: it leaves next, and whatever stands in its way leaves it
//! waiting and loses nothing of the one before.

use super::paper::Fate;
use super::*;
use crate::outbox::Steps;
use crate::view::HoldTarget;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;

/// Two replies of two conversations, both due.
async fn two(scene: &Scene) -> [ReplyId; 2] {
    let (first, _) = scene.conversation("Léa");
    let (second, _) = scene.conversation("Paul");
    let replies = [scene.write(first, "Un").await, scene.write(second, "Deux").await];
    scene.forward(21 * SECOND);
    replies
}

impl Scene {
    async fn turn(&self, walk: &mut Walk) {
        turn(&self.room.desk, self.account, walk).await.unwrap();
    }

    async fn states(&self, replies: [ReplyId; 2]) -> [ReplyState; 2] {
        [self.state(replies[0]).await, self.state(replies[1]).await]
    }
}

/// Does something once, when a step is told for the first time.
struct Once<F: Fn() + Send + Sync>(&'static str, AtomicBool, F);

impl<F: Fn() + Send + Sync> Steps for Once<F> {
    fn at(&self, step: &'static str) {
        if step == self.0 && !self.1.swap(true, Ordering::SeqCst) {
            (self.2)();
        }
    }
}

fn once(step: &'static str, act: impl Fn() + Send + Sync + 'static) -> Arc<dyn Steps> {
    Arc::new(Once(step, AtomicBool::new(false), act))
}

#[tokio::test]
async fn the_next_is_on_the_wire_when_the_one_before_is_settled() {
    let scene = Scene::new().await;
    let replies = two(&scene).await;
    let mut walk = Walk::default();
    scene.turn(&mut walk).await;
    assert!(matches!(scene.states(replies).await, [ReplyState::Sent { .. }, ReplyState::Sending]));
    assert_eq!(scene.texts(), ["Un"]);
    scene.turn(&mut walk).await;
    assert!(matches!(scene.states(replies).await, [ReplyState::Sent { .. }, ReplyState::Sent { .. }]));
    assert_eq!(scene.texts(), ["Un", "Deux"]);
}

#[tokio::test]
async fn a_walk_that_ends_freezes_nothing_more() {
    let scene = Scene::new().await;
    let replies = two(&scene).await;
    scene.turn(&mut Walk::alone()).await;
    assert!(matches!(scene.states(replies).await, [ReplyState::Sent { .. }, ReplyState::Waiting { .. }]));
}

#[tokio::test]
async fn behind_one_that_did_not_arrive_the_next_takes_its_own_turn() {
    let scene = Scene::new().await;
    let replies = two(&scene).await;
    scene.server().sendings.push_back(Fate::Lost);
    let mut walk = Walk::default();
    scene.turn(&mut walk).await;
    assert!(matches!(scene.states(replies).await, [ReplyState::Unsure { .. }, ReplyState::Waiting { .. }]));
    scene.turn(&mut walk).await;
    assert!(matches!(scene.state(replies[1]).await, ReplyState::Sent { .. }));
}

#[tokio::test]
async fn a_second_reply_of_a_conversation_waits_for_the_first() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let replies = [scene.write(conversation, "Un").await, scene.write(conversation, "Deux").await];
    scene.forward(21 * SECOND);
    scene.turn(&mut Walk::default()).await;
    assert!(matches!(scene.states(replies).await, [ReplyState::Sent { .. }, ReplyState::Waiting { .. }]));
    scene.work().await;
    assert_eq!(scene.texts(), ["Un", "Deux"]);
}

/// A token may just have been renewed for it, and such a token counts once.
#[tokio::test]
async fn what_is_prepared_too_slowly_ends_all_the_same_and_takes_its_own_turn() {
    let scene = Scene::new().await;
    let replies = two(&scene).await;
    let go_on = Arc::new(tokio::sync::Notify::new());
    scene.server().slow = Some(("Deux", go_on.clone()));
    scene.turn(&mut Walk::default()).await;
    assert!(matches!(scene.states(replies).await, [ReplyState::Sent { .. }, ReplyState::Waiting { .. }]));
    assert_eq!(scene.server().prepared, 1);
    scene.server().slow = None;
    go_on.notify_one();
    for _ in 0..500 {
        if scene.server().prepared == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(scene.server().prepared, 2, "it was dropped on its way");
    assert!(matches!(scene.state(replies[1]).await, ReplyState::Waiting { .. }), "what comes late changes nothing");
    scene.work().await;
    assert_eq!(scene.texts(), ["Un", "Deux"]);
}

/// What was made ready before a hold is not frozen under it.
#[tokio::test]
async fn a_hold_that_comes_with_the_answer_keeps_the_next() {
    let scene = Scene::new().await;
    let replies = two(&scene).await;
    let desk = scene.room.desk.clone();
    scene.room.desk.watch_steps(once("reply answered", move || {
        let desk = desk.clone();
        // A step is no place to wait in: another thread does.
        let placing = std::thread::spawn(move || {
            let alone = tokio::runtime::Builder::new_current_thread().build().unwrap();
            alone.block_on(desk.hold(vec![HoldTarget::Everything], String::new()))
        });
        placing.join().unwrap().unwrap();
    }));
    scene.work().await;
    assert!(matches!(scene.states(replies).await, [ReplyState::Sent { .. }, ReplyState::Held { .. }]));
    assert_eq!(scene.texts(), ["Un"]);
}

#[tokio::test]
async fn what_fails_ahead_takes_nothing_from_the_one_before() {
    let scene = Scene::new().await;
    let replies = two(&scene).await;
    scene.sql(&format!(
        "CREATE TRIGGER broken BEFORE UPDATE OF tries ON reply WHEN new.id = {}
           BEGIN SELECT raise(ABORT, 'broken'); END",
        replies[1].0
    ));
    scene.turn(&mut Walk::default()).await;
    assert!(matches!(scene.states(replies).await, [ReplyState::Sent { .. }, ReplyState::Waiting { .. }]));
    scene.sql("DROP TRIGGER broken");
    scene.work().await;
    assert_eq!(scene.texts(), ["Un", "Deux"]);
}

/// Told to stop between two replies: the one that is on the wire in the store leaves, and nothing behind it.
#[tokio::test]
async fn who_stops_leaves_nothing_on_the_wire() {
    let scene = Scene::new().await;
    let replies = two(&scene).await;
    let (third, _) = scene.conversation("Zoé");
    let last = scene.write(third, "Trois").await;
    scene.forward(21 * SECOND);
    let (stop, stopped) = watch::channel(false);
    let stop = Arc::new(stop);
    let told = stop.clone();
    scene.room.desk.watch_steps(once("reply answered", move || {
        told.send_replace(true);
    }));
    crate::outbox::run(scene.room.desk.clone(), stopped).await;
    assert!(matches!(scene.states(replies).await, [ReplyState::Sent { .. }, ReplyState::Sent { .. }]));
    assert!(matches!(scene.state(last).await, ReplyState::Waiting { .. }));
    assert_eq!(scene.texts(), ["Un", "Deux"]);
}
