//! The workers by themselves: one an account, resting as long as they must, and going on when one breaks.

use super::paper::Fate;
use super::*;
use crate::outbox::Steps;
use guichet_model::{Fault, HOUR};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

impl Scene {
    fn workers(&self) -> (watch::Sender<bool>, JoinHandle<()>) {
        let (stop, stopped) = watch::channel(false);
        (stop, tokio::spawn(crate::outbox::run(self.room.desk.clone(), stopped)))
    }

    fn wake(&self) {
        self.room.desk.inner.wake_outbox.notify_one();
    }

    /// Until so many sendings have been seen at the network, or five seconds.
    async fn sends_reach(&self, many: u32) -> u32 {
        for _ in 0..500 {
            if self.server().sends >= many {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.server().sends
    }
}

async fn end(workers: (watch::Sender<bool>, JoinHandle<()>)) {
    workers.0.send(true).unwrap();
    workers.1.await.unwrap();
}

/// How many are preparing at one time, at most.
struct Together {
    now: AtomicUsize,
    most: AtomicUsize,
    /// How long one waits for another, in hundredths of a second.
    patience: u32,
}

impl Steps for Together {
    fn at(&self, step: &'static str) {
        if step == "reply prepared" {
            self.most.fetch_max(self.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            for _ in 0..self.patience {
                if self.most.load(Ordering::SeqCst) < 2 {
                    std::thread::sleep(Duration::from_millis(10));
                }
            }
            self.now.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_account_has_one_worker_and_another_account_its_own() {
    for accounts in [1, 2] {
        let scene = Scene::new().await;
        let patience = if accounts == 1 { 20 } else { 500 };
        let together = Arc::new(Together { now: AtomicUsize::new(0), most: AtomicUsize::new(0), patience });
        scene.room.desk.watch_steps(together.clone());
        for nth in 0..2 {
            let conversation = match accounts {
                1 => scene.conversation(&format!("Léa {nth}")).0,
                _ => scene.neighbour(&format!("Quai {nth}"), "Paul").2,
            };
            scene.write(conversation, "Merci").await;
        }
        scene.forward(21 * SECOND);
        let workers = scene.workers();
        for _ in 0..20 {
            scene.wake();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(scene.sends_reach(2).await, 2);
        assert_eq!(together.most.load(Ordering::SeqCst), accounts);
        end(workers).await;
    }
}

#[tokio::test]
async fn it_leaves_at_its_instant_though_nobody_wakes_it() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    scene.write(conversation, "Merci").await;
    scene.sql(&format!("UPDATE reply SET not_before = {}", scene.room.desk.now().0 + 100));
    let workers = scene.workers();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(scene.server().sends, 0);
    scene.forward(100);
    assert_eq!(scene.sends_reach(1).await, 1);
    end(workers).await;
}

/// The network's wish is kept for its whole account whoever wakes the outbox, up to a day.
#[tokio::test]
async fn what_the_network_wants_is_kept_for_a_day_at_most() {
    for (wish, kept) in [(23 * HOUR, true), (25 * HOUR, false)] {
        let scene = Scene::new().await;
        scene.undo(0).await;
        let after = scene.room.desk.now().plus(wish);
        scene.server().sendings = [Fate::Fault(Fault::Later { after })].into();
        let (first, _) = scene.conversation("Léa");
        let (second, _) = scene.conversation("Paul");
        scene.write(first, "Un").await;
        let workers = scene.workers();
        assert_eq!(scene.sends_reach(1).await, 1);
        // Until its worker has told what it met.
        tokio::time::sleep(Duration::from_millis(300)).await;
        scene.write(second, "Deux").await;
        if kept {
            tokio::time::sleep(Duration::from_millis(300)).await;
            assert_eq!(scene.server().sends, 1);
            scene.forward(wish);
            scene.wake();
        }
        assert!(scene.sends_reach(2).await >= 2);
        end(workers).await;
    }
}

/// A clock set back leaves what remains of a rest as long as it was.
#[tokio::test]
async fn a_rest_is_as_long_by_a_clock_that_went_back() {
    let scene = Scene::new().await;
    scene.undo(0).await;
    let after = scene.room.desk.now().plus(HOUR);
    scene.server().sendings = [Fate::Fault(Fault::Later { after })].into();
    let (first, _) = scene.conversation("Léa");
    let (second, _) = scene.conversation("Paul");
    scene.write(first, "Un").await;
    let workers = scene.workers();
    assert_eq!(scene.sends_reach(1).await, 1);
    tokio::time::sleep(Duration::from_millis(300)).await;
    scene.forward(-2 * HOUR);
    scene.write(second, "Deux").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(scene.server().sends, 1);
    scene.forward(HOUR);
    scene.wake();
    assert!(scene.sends_reach(2).await >= 2);
    end(workers).await;
}

/// Workers of a desk that slept so long with a reply to send, while so many readings of the networks go on.
async fn awake(slept: i64, readings: usize) -> (Scene, (watch::Sender<bool>, JoinHandle<()>)) {
    let scene = Scene::new().await;
    scene.undo(0).await;
    let (conversation, _) = scene.conversation("Léa");
    let workers = scene.workers();
    tokio::time::sleep(Duration::from_millis(100)).await;
    scene.room.desk.inner.pulling.store(readings, Ordering::SeqCst);
    scene.forward(slept);
    scene.write(conversation, "Merci").await;
    (scene, workers)
}

#[tokio::test]
async fn after_a_sleep_nothing_leaves_while_the_networks_are_read() {
    let (scene, workers) = awake(HOUR, 1).await;
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert_eq!(scene.server().sends, 0);
    scene.room.desk.inner.pulling.store(0, Ordering::SeqCst);
    assert_eq!(scene.sends_reach(1).await, 1);
    end(workers).await;
}

#[tokio::test]
async fn after_a_sleep_nobody_waits_for_a_reading_that_does_not_begin() {
    let (scene, workers) = awake(HOUR, 0).await;
    assert_eq!(scene.sends_reach(1).await, 1);
    end(workers).await;
}

#[tokio::test]
async fn a_nap_is_no_sleep() {
    let (scene, workers) = awake(110 * SECOND, 1).await;
    assert_eq!(scene.sends_reach(1).await, 1);
    end(workers).await;
}

#[tokio::test]
async fn who_stops_does_not_wait_for_a_reading() {
    let (_scene, workers) = awake(HOUR, 1).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    tokio::time::timeout(Duration::from_secs(10), end(workers)).await.expect("it goes on reading");
}

/// Nobody reached is tried again as soon as somebody wakes the outbox.
#[tokio::test]
async fn what_was_not_reached_is_tried_when_the_outbox_is_woken() {
    let scene = Scene::new().await;
    scene.undo(0).await;
    scene.server().sendings = [Fate::Fault(Fault::OFFLINE)].into();
    let (conversation, _) = scene.conversation("Léa");
    scene.write(conversation, "Merci").await;
    // Taken in before they began: else they would look again at once.
    scene.room.desk.inner.wake_outbox.notified().await;
    let workers = scene.workers();
    assert_eq!(scene.sends_reach(1).await, 1);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(scene.server().sends, 1);
    scene.wake();
    assert_eq!(scene.sends_reach(2).await, 2);
    end(workers).await;
}

/// Breaks the first worker that has prepared a reply.
struct Breaks(AtomicBool);

impl Steps for Breaks {
    fn at(&self, step: &'static str) {
        if step == "reply prepared" && !self.0.swap(true, Ordering::SeqCst) {
            // Without the noise of a panic.
            std::panic::resume_unwind(Box::new("broken"));
        }
    }
}

#[tokio::test]
async fn a_worker_that_broke_rests_and_the_others_go_on() {
    let scene = Scene::new().await;
    scene.undo(0).await;
    let breaks = Arc::new(Breaks(AtomicBool::new(false)));
    scene.room.desk.watch_steps(breaks.clone());
    let (conversation, _) = scene.conversation("Léa");
    scene.write(conversation, "Merci").await;
    let workers = scene.workers();
    while !breaks.0.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (_, _, theirs) = scene.neighbour("Quai", "Paul");
    scene.write(theirs, "Entendu").await;
    scene.forward(21 * SECOND);
    scene.wake();
    assert_eq!(scene.sends_reach(1).await, 1);
    assert_eq!(scene.texts(), ["Entendu"], "it is not begun again at once");
    scene.forward(60 * SECOND);
    scene.wake();
    assert_eq!(scene.sends_reach(2).await, 2);
    assert_eq!(scene.texts(), ["Entendu", "Merci"]);
    end(workers).await;
}
