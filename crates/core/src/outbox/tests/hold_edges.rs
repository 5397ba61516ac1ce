//! Holds at their edges: how long a name may be, what a hold tells to be read again, and what its undo leaves.

use super::*;
use crate::testing::EVENING;
use crate::view::{Acted, HoldTarget, Problem};
use guichet_model::{HoldId, MINUTE};

impl Scene {
    async fn held(&self, targets: Vec<HoldTarget>) -> (HoldId, Acted) {
        let held = self.room.desk.hold(targets, "Rappel".into()).await.unwrap();
        (held.holds[0], held.acted)
    }
}

fn incident(name: &str, conversations: Vec<ConversationId>) -> HoldTarget {
    HoldTarget::Incident { name: name.into(), conversations }
}

#[tokio::test]
async fn names_and_reasons_have_an_end() {
    let scene = Scene::new().await;
    let desk = &scene.room.desk;
    let (conversation, _) = scene.conversation("Léa");
    let invalid = |field: &str| Err(Problem::Invalid { field: field.into() });
    let hold = |target: HoldTarget, why: String| desk.hold(vec![target], why);
    assert_eq!(hold(incident(&"é".repeat(101), vec![conversation]), String::new()).await, invalid("name"));
    assert_eq!(hold(incident("Rappel", vec![]), String::new()).await, invalid("conversations"));
    hold(incident(&"é".repeat(100), vec![conversation]), format!(" {}", "é".repeat(501))).await.unwrap();
    let listed = desk.holds().await.unwrap();
    assert_eq!((listed[0].why.chars().count(), listed[0].at, listed[0].by_program), (500, EVENING, false));
    assert_eq!(listed[0].target, incident(&"é".repeat(100), vec![conversation]));
}

#[tokio::test]
async fn a_narrow_hold_names_what_is_to_be_read_again() {
    let scene = Scene::new().await;
    let (one, _) = scene.conversation("Léa");
    let (two, _) = scene.conversation("Paul");
    let reply = scene.write(one, "Merci").await;
    for (target, conversations, replies) in [
        (HoldTarget::Reply { reply }, vec![one], vec![reply]),
        (HoldTarget::Conversation { conversation: two }, vec![two], vec![]),
        (incident("Rappel", vec![one, two]), vec![one, two], vec![]),
    ] {
        let change = scene.held(vec![target]).await.1.change;
        assert_eq!(
            (change.conversations, change.replies, change.all, change.desk),
            (conversations, replies, false, true)
        );
    }
    for target in [HoldTarget::Client { client: scene.client }, HoldTarget::Everything] {
        let change = scene.held(vec![target]).await.1.change;
        assert!(change.all && change.desk && change.conversations.is_empty());
    }
}

#[tokio::test]
async fn who_holds_twice_holds_once_and_the_act_is_its_clients() {
    let scene = Scene::new().await;
    let (one, _) = scene.conversation("Léa");
    let (two, _) = scene.conversation("Paul");
    let (_, _, theirs) = scene.neighbour("Quai", "Zoé");
    let target = |conversation| HoldTarget::Conversation { conversation };
    let client = || {
        let sql = "SELECT client FROM journal ORDER BY id DESC LIMIT 1";
        let read = |conn: &rusqlite::Connection| Ok(conn.query_row(sql, [], |row| row.get::<_, Option<i64>>(0))?);
        scene.room.desk.store().read_now(read).unwrap()
    };
    let held = scene.room.desk.hold(vec![target(one), target(two), target(one)], String::new()).await.unwrap();
    assert_eq!((held.holds.len(), client()), (2, Some(scene.client.0)));
    assert_eq!(scene.room.desk.desk().await.unwrap().holds, 2);
    let held = scene.room.desk.hold(vec![target(one), target(theirs)], String::new()).await.unwrap();
    assert_eq!((held.holds.len(), client()), (2, None));
    assert_eq!(scene.room.desk.desk().await.unwrap().holds, 3);
}

#[tokio::test]
async fn an_undo_says_what_it_could_not_undo() {
    let scene = Scene::new().await;
    let desk = &scene.room.desk;
    let (one, _) = scene.conversation("Léa");
    let (two, _) = scene.conversation("Paul");
    // Released meanwhile: there is nothing to release.
    let (hold, acted) = scene.held(vec![HoldTarget::Everything]).await;
    desk.release(vec![hold]).await.unwrap();
    let undone = desk.undo(acted.act).await.unwrap();
    assert_eq!((undone.left, undone.change.all), (1, false));
    let (_, acted) = scene.held(vec![HoldTarget::Everything]).await;
    let undone = desk.undo(acted.act).await.unwrap();
    assert_eq!((undone.left, undone.change.all), (0, true), "whatever it held is read again");
    // Joined an incident that was released meanwhile.
    let (hold, _) = scene.held(vec![incident("Rappel", vec![one])]).await;
    let (_, joined) =
        scene.held(vec![incident("Rappel", vec![two]), HoldTarget::Client { client: scene.client }]).await;
    desk.release(vec![hold]).await.unwrap();
    assert_eq!(desk.undo(joined.act).await.unwrap().left, 1);
    assert_eq!(desk.holds().await.unwrap(), [], "what could be undone was");
    // A new one goes whole; of one that grew, what stood in it before stays.
    let (_, begun) = scene.held(vec![incident("Rappel", vec![one])]).await;
    assert_eq!(desk.undo(begun.act).await.unwrap().left, 0);
    scene.held(vec![incident("Rappel", vec![one])]).await;
    let (_, grown) = scene.held(vec![incident("Rappel", vec![one, two])]).await;
    assert_eq!(desk.undo(grown.act).await.unwrap().left, 0);
    let holds = desk.holds().await.unwrap();
    assert_eq!(holds.iter().map(|hold| &hold.target).collect::<Vec<_>>(), [&incident("Rappel", vec![one])]);
    desk.release(vec![holds[0].id]).await.unwrap();
    // Released a second time since: the first release is not what its undo takes back.
    let (hold, _) = scene.held(vec![HoldTarget::Everything]).await;
    let released = desk.release(vec![hold]).await.unwrap();
    scene.sql("UPDATE hold SET released_at = 5 WHERE scope = 'everything'");
    assert_eq!(desk.undo(released.act).await.unwrap().left, 1);
    assert_eq!(desk.holds().await.unwrap(), []);
}

#[tokio::test]
async fn a_reply_is_old_from_ten_minutes_on() {
    for (wait, old) in [(10 * MINUTE, false), (10 * MINUTE + 1, true)] {
        let scene = Scene::new().await;
        let (conversation, _) = scene.conversation("Léa");
        scene.write(conversation, "Merci").await;
        let (hold, _) = scene.held(vec![HoldTarget::Everything]).await;
        scene.forward(wait);
        assert_eq!(scene.room.desk.release_preview(vec![hold]).await.unwrap().rows[0].old, old);
    }
}

/// Each kind of change since the writing is told before its release.
#[tokio::test]
async fn a_release_tells_each_conflict() {
    use crate::view::Conflict;
    for (change, conflict) in [
        ("SELECT 1", None),
        ("UPDATE message SET gone_at = 5", Some(Conflict::Gone)),
        ("UPDATE message SET edited_at = 5", Some(Conflict::Edited)),
        (
            "INSERT INTO message (client, account, conversation, person, remote, ours, at, text, body, attachments,
                                  in_reply_to, word_row)
             SELECT client, account, conversation, person, 'n-1', 1, at, 'Natif', body, '[]', remote, 99 FROM message",
            Some(Conflict::Answered),
        ),
    ] {
        let scene = Scene::new().await;
        let (conversation, _) = scene.conversation("Léa");
        scene.write(conversation, "Merci").await;
        let (hold, _) = scene.held(vec![HoldTarget::Everything]).await;
        scene.sql(change);
        assert_eq!(scene.room.desk.release_preview(vec![hold]).await.unwrap().rows[0].conflict, conflict, "{change}");
    }
}
