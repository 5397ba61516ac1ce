//! A clock that is set back: nothing rests for longer than it was to, and what the CM chose stands by the wall.

use super::*;
use crate::outbox::schedule::bound_rests;
use crate::store::Durability;
use crate::view::{Health, Waiting};
use guichet_model::{BlockScope, Fault, HOUR, MINUTE, Proof, Reason, RefusalCode};

impl Scene {
    /// What the engine does when it sees the clock behind where it was.
    fn set_back(&self, by: i64) {
        self.forward(-by);
        let now = self.room.desk.now();
        self.room.desk.store().write_now(Durability::Full, |tx| bound_rests(tx, now)).unwrap();
    }
}

#[tokio::test]
async fn the_delay_to_take_it_back_is_no_longer_than_it_is() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.write(conversation, "Merci").await;
    scene.forward(5 * SECOND);
    scene.set_back(2 * HOUR);
    let until = scene.room.desk.now().plus(20 * SECOND);
    assert_eq!(scene.state(reply).await, ReplyState::Waiting { why: Waiting::Until { at: until } });
    // Seen twice, it is not begun anew twice.
    scene.forward(15 * SECOND);
    scene.set_back(0);
    scene.forward(5 * SECOND);
    scene.work().await;
    assert_eq!(scene.texts(), ["Merci"]);
}

#[tokio::test]
async fn a_rest_the_network_asked_for_and_the_next_look_begin_anew() {
    let scene = Scene::new().await;
    scene.server().proof = Proof::ReadBack { settles_within: MINUTE };
    let (asked, _) = scene.conversation("Léa");
    let later = scene.room.desk.now().plus(21 * SECOND + 3 * MINUTE);
    scene.server().sendings = [super::paper::Fate::Fault(Fault::Later { after: later })].into();
    let first = scene.sent(asked, "Un").await;
    scene.set_back(2 * HOUR);
    scene.forward(3 * MINUTE + SECOND);
    scene.work().await;
    assert!(matches!(scene.state(first).await, ReplyState::Sent { .. }));
    let (lost, _) = scene.conversation("Paul");
    scene.server().sendings = [super::paper::Fate::Deaf].into();
    // The server's own clock stays where it is.
    scene.server().lag = -3 * HOUR;
    scene.server().findings.push_back(Fault::Unsure);
    let second = scene.sent(lost, "Deux").await;
    assert!(matches!(scene.state(second).await, ReplyState::Unsure { .. }));
    scene.set_back(2 * HOUR);
    scene.forward(5 * SECOND);
    scene.work().await;
    assert!(matches!(scene.state(second).await, ReplyState::Sent { .. }), "looked for, five seconds later");
}

/// An account and a whole access that their network stopped for an hour.
#[tokio::test]
async fn a_block_lasts_no_longer_than_it_was_to() {
    for scope in [BlockScope::Account, BlockScope::Access] {
        let scene = Scene::new().await;
        let (conversation, _) = scene.conversation("Léa");
        let until = Some(scene.room.desk.now().plus(21 * SECOND + HOUR));
        let reason = Reason { code: RefusalCode::Suspended, said: None };
        scene.server().sendings = [super::paper::Fate::Fault(Fault::Blocked { scope, until, reason })].into();
        let reply = scene.sent(conversation, "Merci").await;
        scene.forward(10 * MINUTE);
        scene.set_back(2 * HOUR);
        let told = scene.room.desk.now();
        scene.forward(21 * SECOND);
        scene.work().await;
        let until = match scene.state(reply).await {
            ReplyState::Waiting { why: Waiting::Blocked { until: Some(until) } } => until,
            other => panic!("{other:?}"),
        };
        assert!(until > told && until.since(told) <= HOUR + 21 * SECOND, "{}", until.since(told));
        let health = scene.room.desk.desk().await.unwrap().clients[0].accounts[0].health;
        assert_eq!(health, Health::Blocked { until: Some(until) });
        // Seen twice, it is not begun anew twice.
        scene.forward(30 * MINUTE);
        scene.set_back(0);
        scene.forward(30 * MINUTE + 21 * SECOND);
        scene.work().await;
        assert_eq!(scene.texts(), ["Merci"], "{scope:?}");
    }
}

#[tokio::test]
async fn an_instant_the_cm_chose_stands_by_the_wall() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let at = scene.room.desk.now().plus(HOUR);
    let draft = DraftView { send_at: Some(at), ..text("Merci") };
    let reply = scene.room.desk.send_reply(conversation, draft, false).await.unwrap().reply;
    scene.set_back(2 * HOUR);
    assert_eq!(scene.state(reply).await, ReplyState::Waiting { why: Waiting::Scheduled { at } });
    scene.forward(2 * HOUR);
    scene.work().await;
    assert_eq!(scene.server().sends, 0);
    scene.forward(HOUR);
    scene.work().await;
    assert_eq!(scene.texts(), ["Merci"]);
}

/// The engine itself sees it.
#[tokio::test]
async fn the_engine_minds_the_clock() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.write(conversation, "Merci").await;
    scene.forward(-2 * HOUR);
    let engine = scene.room.desk.start();
    let until = scene.room.desk.now().plus(20 * SECOND);
    for _ in 0..500 {
        if scene.state(reply).await == (ReplyState::Waiting { why: Waiting::Until { at: until } }) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(scene.state(reply).await, ReplyState::Waiting { why: Waiting::Until { at: until } });
    engine.stop().await;
}
