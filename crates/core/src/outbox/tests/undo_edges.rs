//! An undo of the CM's word finds the reply exactly as the word left it, or leaves it alone.

use super::paper::Fate;
use super::*;
use crate::view::{HoldTarget, Settle, Waiting};
use guichet_model::{Fault, HOUR};

#[tokio::test]
async fn whatever_changed_since_forbids_it() {
    for (change, left) in [
        ("SELECT 1", 0),
        ("UPDATE reply SET state = 'refused'", 1),
        ("UPDATE reply SET key = 'autre'", 1),
        ("UPDATE reply SET tries = tries + 1", 1),
        ("UPDATE reply SET anyway = NOT anyway", 1),
        ("UPDATE reply SET send_at = send_at + 1", 1),
        ("UPDATE reply SET message = answers", 1),
        ("DELETE FROM reply_was", 1),
    ] {
        let scene = Scene::new().await;
        let (conversation, _) = scene.conversation("Léa");
        let reply = scene.write(conversation, "Merci").await;
        let at = scene.room.desk.now().plus(HOUR);
        let act = scene.room.desk.reschedule(vec![reply], Some(at)).await.unwrap().acted.act;
        scene.sql(change);
        let undone = scene.room.desk.undo(act).await.unwrap();
        assert_eq!(undone.left, left, "{change}");
        assert_eq!(scene.reply(reply).await.send_at.is_none(), left == 0, "{change}");
    }
}

/// Put back to the delay of before, it waits for the whole of it again; told to whoever shows it.
#[tokio::test]
async fn an_instant_put_back_gives_the_delay_anew() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.write(conversation, "Merci").await;
    let at = scene.room.desk.now().plus(HOUR);
    let act = scene.room.desk.reschedule(vec![reply], Some(at)).await.unwrap().acted.act;
    scene.forward(15 * SECOND);
    let undone = scene.room.desk.undo(act).await.unwrap();
    assert_eq!((undone.change.replies, undone.change.conversations), (vec![reply], vec![conversation]));
    let until = scene.room.desk.now().plus(20 * SECOND);
    assert_eq!(scene.state(reply).await, ReplyState::Waiting { why: Waiting::Until { at: until } });
}

/// A word that left the instant as it was is gone back on without another delay.
#[tokio::test]
async fn a_try_put_back_waits_as_it_did() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.write(conversation, "Merci").await;
    let until = scene.room.desk.now().plus(20 * SECOND);
    scene.room.desk.hold(vec![HoldTarget::Everything], String::new()).await.unwrap();
    let act = scene.room.desk.retry(vec![reply]).await.unwrap().acted.act;
    scene.forward(5 * SECOND);
    assert_eq!(scene.room.desk.undo(act).await.unwrap().left, 0);
    let holds = scene.room.desk.holds().await.unwrap().into_iter().map(|hold| hold.id).collect();
    scene.room.desk.release(holds).await.unwrap();
    assert_eq!(scene.state(reply).await, ReplyState::Waiting { why: Waiting::Until { at: until } });
}

/// Sent again it has another key: its pictures go along, and come back with it.
#[tokio::test]
async fn its_pictures_come_back_under_the_key_of_before() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    scene.server().sendings = [Fate::Lost].into();
    scene.server().findings = [Fault::Unsure].into();
    let reply = scene.sent(conversation, "Merci").await;
    scene.sql(
        "INSERT INTO attachment (key, conversation, position, name, media_type, bytes)
         SELECT key, conversation, 1, 'a.png', 'image/png', x'00' FROM reply",
    );
    let act = scene.room.desk.settle(vec![reply], Settle::SendAgain).await.unwrap().acted.act;
    assert_eq!(scene.reply(reply).await.attachments.len(), 1);
    assert_eq!(scene.room.desk.undo(act).await.unwrap().left, 0);
    assert_eq!(scene.reply(reply).await.attachments.len(), 1);
}

/// A yes in an older copy makes it be looked for first: the other copy may have had it too, whatever is undone here.
#[tokio::test]
async fn what_is_being_looked_for_is_not_put_back() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let rules = ClientRules { undo_seconds: 20, to_approve: true, hours: Vec::new() };
    scene.room.desk.set_rules(scene.client, rules).await.unwrap();
    let reply = scene.write(conversation, "Merci").await;
    crate::outbox::restored(&scene.room.desk).await.unwrap();
    let unsure = |state| matches!(state, ReplyState::Unsure { .. });
    let act = scene.room.desk.approve(vec![reply]).await.unwrap().acted.act;
    assert!(unsure(scene.state(reply).await));
    assert_eq!(scene.room.desk.undo(act).await.unwrap().left, 1);
    assert!(unsure(scene.state(reply).await));
    // Nor is a look that was asked for.
    let act = scene.room.desk.retry(vec![reply]).await.unwrap().acted.act;
    assert_eq!(scene.room.desk.undo(act).await.unwrap().left, 1);
    assert!(unsure(scene.state(reply).await));
}
