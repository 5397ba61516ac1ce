//! The wall between clients: whose a reply is, it stays, and as nobody else's does it leave.

use super::paper::Fate;
use super::*;
use crate::view::{HoldTarget, Problem, Settle, Waiting};
use guichet_model::{BlockScope, Fault, HOUR, Reason, RefusalCode};

/// Client, account and conversation of a reply's row.
fn owner(scene: &Scene, reply: ReplyId) -> (ClientId, AccountId, ConversationId) {
    let read = move |conn: &rusqlite::Connection| {
        let row = crate::outbox::row::Reply::one(conn, reply)?;
        Ok((row.client, row.account, row.conversation))
    };
    scene.room.desk.store().read_now(read).unwrap()
}

#[tokio::test]
async fn no_word_of_the_cm_moves_it_to_another_client() {
    let scene = Scene::new().await;
    let desk = &scene.room.desk;
    let (conversation, _) = scene.conversation("Léa");
    let (other, neighbour, theirs) = scene.neighbour("Quai", "Paul");
    let rules = ClientRules { undo_seconds: 20, to_approve: true, hours: Vec::new() };
    desk.set_rules(scene.client, rules.clone()).await.unwrap();
    desk.set_rules(other, rules).await.unwrap();
    let mine = scene.write(conversation, "Merci").await;
    let foreign = scene.write(theirs, "Entendu").await;
    let (before, beside) = (owner(&scene, mine), owner(&scene, foreign));
    let both = || vec![mine, foreign];
    let hold = desk.hold(vec![HoldTarget::Client { client: other }], String::new()).await.unwrap().holds;
    desk.approve(both()).await.unwrap();
    desk.reschedule(both(), Some(desk.now().plus(HOUR))).await.unwrap();
    desk.retry(both()).await.unwrap();
    desk.release(hold).await.unwrap();
    assert_eq!((owner(&scene, mine), owner(&scene, foreign)), (before, beside));
    desk.take_back(both()).await.unwrap();
    assert_eq!((owner(&scene, mine), owner(&scene, foreign)), (before, beside));
    // Each text came back to its own client's draft.
    for (conversation, words) in [(conversation, "Merci"), (theirs, "Entendu")] {
        assert_eq!(desk.conversation(conversation).await.unwrap().draft.unwrap().text, words);
    }
    scene.forward(2 * HOUR);
    scene.work().await;
    scene.work_of(neighbour).await;
    assert_eq!(scene.server().sends, 0);
}

#[tokio::test]
async fn a_row_that_is_not_its_conversations_does_not_leave() {
    for change in [
        "UPDATE reply SET client = 2",
        "UPDATE reply SET account = 2",
        "UPDATE conversation SET client = 2 WHERE id = 1",
    ] {
        let scene = Scene::new().await;
        let (conversation, _) = scene.conversation("Léa");
        let (_, neighbour, _) = scene.neighbour("Quai", "Paul");
        let reply = scene.write(conversation, "Merci").await;
        scene.sql(change);
        scene.forward(21 * SECOND);
        scene.work().await;
        scene.work_of(neighbour).await;
        assert_eq!(scene.server().sends, 0, "{change}");
        assert!(matches!(scene.state(reply).await, ReplyState::Refused { .. }), "{change}");
    }
}

#[tokio::test]
async fn a_draft_begun_for_another_account_is_not_sent() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    scene.neighbour("Quai", "Paul");
    scene.room.desk.save_draft(conversation, text("Merci")).await.unwrap();
    scene.sql("UPDATE draft SET client = 2, account = 2");
    let refused = scene.room.desk.send_reply(conversation, text("Merci"), false).await;
    assert_eq!(refused.err(), Some(Problem::OtherClient));
}

#[tokio::test]
async fn anothers_message_settles_nothing() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let (_, neighbour, theirs) = scene.neighbour("Quai", "Paul");
    let foreign = scene.write(theirs, "Merci").await;
    scene.forward(21 * SECOND);
    scene.work_of(neighbour).await;
    let message = scene.reply(foreign).await.message.unwrap();
    scene.server().sendings = [Fate::Lost].into();
    let reply = scene.sent(conversation, "Merci").await;
    let refused = scene.room.desk.settle(vec![reply], Settle::IsThere { message }).await;
    assert_eq!(refused, Err(Problem::Invalid { field: "message".into() }));
}

/// A block names an access, or one account of it: the other accounts of the access stop, or go on, at once.
#[tokio::test]
async fn a_block_stops_exactly_its_scope() {
    for (scope, shared) in [(BlockScope::Access, true), (BlockScope::Account, false)] {
        let scene = Scene::new().await;
        let (conversation, _) = scene.conversation("Léa");
        let (_, sister, theirs) = scene.neighbour("Quai", "Paul");
        let (_, stranger, elsewhere) = scene.neighbour("Gare", "Zoé");
        scene.sql("UPDATE account SET access = 1 WHERE id = 2");
        let until = Some(scene.room.desk.now().plus(HOUR));
        let reason = Reason { code: RefusalCode::Suspended, said: None };
        scene.server().sendings = [Fate::Fault(Fault::Blocked { scope, until, reason })].into();
        let mine = scene.sent(conversation, "Un").await;
        let hers = scene.write(theirs, "Deux").await;
        let apart = scene.write(elsewhere, "Trois").await;
        scene.forward(21 * SECOND);
        scene.work_of(sister).await;
        scene.work_of(stranger).await;
        let blocked = ReplyState::Waiting { why: Waiting::Blocked { until } };
        assert_eq!(scene.state(mine).await, blocked);
        assert_eq!(scene.state(hers).await == blocked, shared);
        assert!(matches!(scene.state(apart).await, ReplyState::Sent { .. }));
        assert_eq!(scene.server().sends, if shared { 2 } else { 3 });
    }
}

/// One account that meets no network, next to one that does.
#[tokio::test]
async fn one_accounts_trouble_is_not_anothers() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let (_, neighbour, theirs) = scene.neighbour("Quai", "Paul");
    scene.server().sendings = [Fate::Fault(Fault::NeedsLogin)].into();
    let stuck = scene.sent(conversation, "Un").await;
    let free = scene.write(theirs, "Deux").await;
    scene.forward(21 * SECOND);
    scene.work_of(neighbour).await;
    assert_eq!(scene.state(stuck).await, ReplyState::Waiting { why: Waiting::Login });
    assert!(matches!(scene.state(free).await, ReplyState::Sent { .. }));
}
