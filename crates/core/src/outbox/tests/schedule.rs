//! Replies that leave at an instant, and what a laptop that slept does first.

use super::*;
use crate::testing::EVENING;
use crate::testing::paper::{Asked, Paper as Newspaper};
use crate::view::{Conflict, Opening, Problem, Waiting};
use guichet_model::{HOUR, MINUTE, Recheck};
use std::sync::atomic::Ordering;

impl Scene {
    async fn write_for(&self, conversation: ConversationId, words: &str, send_at: Millis) -> ReplyId {
        let draft = DraftView { send_at: Some(send_at), ..text(words) };
        self.room.desk.send_reply(conversation, draft, false).await.unwrap().reply
    }

    async fn why(&self, reply: ReplyId) -> Waiting {
        match self.state(reply).await {
            ReplyState::Waiting { why } => why,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn it_leaves_at_its_instant_and_is_looked_at_first() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    // Soon enough not to be old by then: it is looked at all the same.
    let at = EVENING.plus(5 * MINUTE);
    let reply = scene.write_for(conversation, "Merci", at).await;
    let behind = scene.write(conversation, "Encore").await;
    assert_eq!(scene.why(reply).await, Waiting::Scheduled { at });
    assert_eq!(scene.reply(reply).await.send_at, Some(at));
    assert_eq!(scene.why(behind).await, Waiting::Earlier);
    scene.forward(5 * MINUTE - 1);
    assert_eq!(scene.work().await, None);
    assert_eq!(scene.server().sends, 0);
    scene.forward(1);
    scene.work().await;
    assert_eq!(scene.texts(), ["Merci", "Encore"]);
    assert_eq!(scene.server().rechecks, 1);
}

#[tokio::test]
async fn what_changed_until_its_instant_stands_in_the_outbox() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.write_for(conversation, "Merci", EVENING.plus(MINUTE)).await;
    scene.server().recheck = Some(Recheck::Gone);
    scene.forward(MINUTE);
    scene.work().await;
    assert_eq!(scene.why(reply).await, Waiting::Conflict { conflict: Conflict::Gone });
    // Another instant does not settle what the CM is to look at.
    scene.room.desk.reschedule(vec![reply], Some(EVENING.plus(HOUR))).await.unwrap();
    assert_eq!(scene.why(reply).await, Waiting::Conflict { conflict: Conflict::Gone });
    assert_eq!(scene.server().sends, 0);
}

#[tokio::test]
async fn an_instant_within_the_delay_or_of_the_past_is_no_instant() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let past = scene.write_for(conversation, "Un", EVENING.plus(-HOUR)).await;
    let over = scene.write_for(conversation, "Et demi", EVENING).await;
    assert_eq!((scene.reply(past).await.send_at, scene.reply(over).await.send_at), (None, None));
    let soon = scene.write_for(conversation, "Deux", EVENING.plus(SECOND)).await;
    let just = scene.write_for(conversation, "Et quart", EVENING.plus(20 * SECOND)).await;
    for reply in [past, over, soon, just] {
        assert_eq!(scene.why(reply).await, Waiting::Until { at: EVENING.plus(20 * SECOND) });
    }
    scene.undo(0).await;
    let now = scene.write(conversation, "Trois").await;
    assert_eq!(scene.why(now).await, Waiting::Turn);
}

#[tokio::test]
async fn it_is_moved_as_long_as_it_waits() {
    let scene = Scene::new().await;
    let desk = &scene.room.desk;
    let (conversation, _) = scene.conversation("Léa");
    let (later, sooner) = (EVENING.plus(2 * HOUR), EVENING.plus(HOUR));
    let reply = scene.write_for(conversation, "Merci", later).await;
    desk.reschedule(vec![reply], Some(sooner)).await.unwrap();
    assert_eq!(scene.why(reply).await, Waiting::Scheduled { at: sooner });
    // « Try again » is a word to the network: the instant still stands.
    desk.retry(vec![reply]).await.unwrap();
    assert_eq!(scene.why(reply).await, Waiting::Scheduled { at: sooner });
    desk.reschedule(vec![reply], None).await.unwrap();
    assert_eq!(scene.why(reply).await, Waiting::Until { at: EVENING.plus(20 * SECOND) });
    assert_eq!(scene.reply(reply).await.send_at, None);
    scene.forward(20 * SECOND);
    scene.work().await;
    assert_eq!(scene.texts(), ["Merci"]);
    assert_eq!(desk.reschedule(vec![reply], None).await, Err(Problem::TooLate));
}

#[tokio::test]
async fn taken_back_its_draft_keeps_the_instant() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let at = EVENING.plus(HOUR);
    let reply = scene.write_for(conversation, "Merci", at).await;
    scene.room.desk.take_back(vec![reply]).await.unwrap();
    let draft = scene.room.desk.conversation(conversation).await.unwrap().draft.unwrap();
    assert_eq!((draft.text.as_str(), draft.send_at), ("Merci", Some(at)));
}

#[tokio::test]
async fn the_instant_outlives_the_yes() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let rules = ClientRules { undo_seconds: 20, to_approve: true, hours: Vec::new() };
    scene.room.desk.set_rules(scene.client, rules).await.unwrap();
    let at = EVENING.plus(HOUR);
    let reply = scene.write_for(conversation, "Merci", EVENING.plus(2 * HOUR)).await;
    scene.room.desk.reschedule(vec![reply], Some(at)).await.unwrap();
    assert_eq!(scene.state(reply).await, ReplyState::ToApprove);
    scene.room.desk.approve(vec![reply]).await.unwrap();
    assert_eq!(scene.why(reply).await, Waiting::Scheduled { at });
}

#[tokio::test]
async fn the_composer_says_when_the_hours_open() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let desk = &scene.room.desk;
    let opens_at = || async { desk.conversation(conversation).await.unwrap().composer.opens_at };
    assert_eq!(opens_at().await, None);
    let hours = vec![Opening { day: 6, from: 540, to: 720 }];
    desk.set_rules(scene.client, ClientRules { undo_seconds: 20, to_approve: false, hours }).await.unwrap();
    // It is Friday 20:00 UTC: Saturday at nine is thirteen hours away, one less in Paris.
    assert_eq!(opens_at().await, Some(EVENING.plus(13 * HOUR)));
    desk.set_setting(crate::ZONE.into(), "Europe/Paris".into()).await.unwrap();
    assert_eq!(opens_at().await, Some(EVENING.plus(12 * HOUR)));
}

/// The lid was closed on a reply that waits, and is opened an hour later: first the networks are read.
#[tokio::test]
async fn after_a_sleep_the_networks_are_read_before_anything_leaves() {
    let paper = Newspaper::default();
    let room = room(vec![Arc::new(paper.clone())]).await;
    let (client, account) = client_row(room.desk.store(), "Phare");
    let rules = ClientRules { undo_seconds: 0, to_approve: false, hours: Vec::new() };
    room.desk.set_rules(client, rules).await.unwrap();
    let (conversation, _) = conversation_row(room.desk.store(), client, account, "Léa", "Bonjour ?", EVENING);
    let engine = room.desk.start();
    let asked = |what: fn(&Asked) -> bool| paper.asked().into_iter().filter(what).count();
    for _ in 0..500 {
        if asked(|asked| matches!(asked, Asked::Pull(..))) >= 2 && room.desk.inner.pulling.load(Ordering::SeqCst) == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    paper.script().asked.clear();
    room.clock.forward(HOUR);
    let reply = room.desk.send_reply(conversation, text("Merci"), false).await.unwrap().reply;
    for _ in 0..500 {
        if asked(|asked| matches!(asked, Asked::Send(_))) > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let order = paper.asked();
    let sent = order.iter().position(|asked| matches!(asked, Asked::Send(_))).expect("it left");
    let read = order[..sent].iter().filter(|asked| matches!(asked, Asked::Pull(..))).count();
    assert!(read >= 2, "{reply:?} left before the networks were read: {order:?}");
    engine.stop().await;
}
