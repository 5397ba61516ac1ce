//! Put elsewhere, changed, taken away: asked of the network first, kept by its word, journalled with what it was.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::testing::paper::{self, Asked, Paper, answer, item, ours, page};
use crate::testing::{self, EVENING, Room};
use crate::view::{Conflict, ConversationView, HoldTarget, Leak, Triage};
use guichet_model::{Item, MINUTE};
use std::sync::Arc;

struct Scene {
    room: Room,
    network: Paper,
    account: AccountId,
}

impl Scene {
    /// Each item is pulled as it stands.
    async fn of(items: Vec<Item>) -> Self {
        let network = Paper::default();
        let room = testing::room(vec![Arc::new(network.clone())]).await;
        let client = room.desk.add_client("Boulangerie".into(), 1).await.unwrap();
        let account = room.desk.add_account(client, paper::NAME.into(), testing::signed("Fournil")).await.unwrap()[0];
        network.page(paper::MENTIONS, page(items));
        room.desk.pull_account(account).await.unwrap();
        Self { room, network, account }
    }

    fn message(&self, remote: &str) -> MessageId {
        let remote = remote.to_owned();
        let named = move |conn: &Connection| {
            Ok(conn.query_row("SELECT id FROM message WHERE remote = ?1", [remote], |row| row.get(0).map(MessageId))?)
        };
        self.room.desk.store().read_now(named).unwrap()
    }

    async fn conversation(&self) -> ConversationView {
        self.room.desk.conversation(ConversationId(1)).await.unwrap()
    }

    fn acts(&self) -> Vec<(String, Value)> {
        self.room
            .desk
            .store()
            .read_now(|conn| {
                let mut acts =
                    conn.prepare("SELECT kind, detail FROM journal WHERE kind NOT LIKE 'add_%' ORDER BY id")?;
                let rows = acts.query_map([], |row| {
                    let detail: String = row.get(1)?;
                    Ok((row.get(0)?, serde_json::from_str(&detail).unwrap()))
                })?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .unwrap()
    }
}

fn pending() -> Item {
    Item { publication: Publication::Pending, ..item("7", "Léa", EVENING.plus(-MINUTE), "Ouverts demain ?") }
}

#[tokio::test]
async fn a_comment_is_approved_put_among_spam_and_put_back_to_what_it_was() {
    let scene = Scene::of(vec![pending()]).await;
    let message = scene.message("7");
    assert_eq!(scene.conversation().await.row.publication, Publication::Pending);
    let put = |to| scene.room.desk.put(message, to);

    let spam = put(Publication::Spam).await.unwrap();
    assert!(spam.act.is_some() && spam.change.desk);
    let view = scene.conversation().await;
    assert_eq!((view.row.triage, view.row.publication), (Triage::Done, Publication::Spam));
    assert_eq!((view.messages[0].publication, view.composer.able), (Publication::Spam, false));

    put(Publication::Pending).await.unwrap();
    assert_eq!(scene.conversation().await.row.triage, Triage::Open, "owed again");
    put(Publication::Published).await.unwrap();
    assert_eq!(scene.conversation().await.messages[0].publication, Publication::Published);

    let seven = || RemoteId::new("7");
    let moves = [Publication::Spam, Publication::Pending, Publication::Published];
    assert_eq!(scene.network.asked()[2..], moves.map(|to| Asked::Put(seven(), to)));
    let kept = scene.acts();
    assert_eq!(kept.len(), 3);
    assert_eq!((kept[0].0.as_str(), &kept[0].1["was"], &kept[0].1["to"]), ("put", &json!("pending"), &json!("spam")));
    assert_eq!(scene.room.desk.undo(spam.act).await, Err(Problem::NotFound), "its opposite is an act of its own");
}

#[tokio::test]
async fn a_reply_that_waits_does_not_leave_to_what_was_put_among_spam() {
    let scene = Scene::of(vec![pending()]).await;
    let desk = &scene.room.desk;
    let view = scene.conversation().await;
    desk.send_reply(view.row.id, view.composer.draft("Oui"), false).await.unwrap();
    desk.put(scene.message("7"), Publication::Spam).await.unwrap();
    let held = desk.hold(vec![HoldTarget::Everything], String::new()).await.unwrap();
    let stale = desk.release_preview(held.holds).await.unwrap();
    assert_eq!(stale.rows[0].conflict, Some(Conflict::Gone));
}

#[tokio::test]
async fn the_network_s_word_is_kept_and_no_act_is_kept_of_what_it_ignored() {
    let scene = Scene::of(vec![pending()]).await;
    let message = scene.message("7");
    scene.network.script().puts.push_back(Ok(Publication::Pending));
    let acted = scene.room.desk.put(message, Publication::Hidden).await.unwrap();
    assert_eq!((acted.act, acted.change), (None, Change::default()));
    let fault = Fault::refused(RefusalCode::Forbidden, None);
    scene.network.script().puts.push_back(Err(fault.clone()));
    assert_eq!(scene.room.desk.put(message, Publication::Spam).await, Err(Problem::Network { fault }));
    assert_eq!(scene.conversation().await.row.publication, Publication::Pending);
    assert!(scene.acts().is_empty());
}

#[tokio::test]
async fn what_is_not_offered_is_not_asked() {
    let reply = ours(answer("8", "7", "Fournil", EVENING, "Oui"));
    let scene = Scene::of(vec![item("7", "Léa", EVENING.plus(-MINUTE), "Ouverts ?"), reply]).await;
    let (theirs, own) = (scene.message("7"), scene.message("8"));
    let desk = &scene.room.desk;
    let asked = scene.network.asked().len();
    assert_eq!(desk.put(own, Publication::Spam).await, Err(Problem::NotOffered));
    assert_eq!(desk.edit_own(theirs, "Non".into()).await, Err(Problem::NotOffered));
    assert_eq!(desk.delete_own(theirs).await, Err(Problem::NotOffered));
    assert_eq!(desk.put(MessageId(99), Publication::Spam).await, Err(Problem::NotFound));
    let may_not = |tx: &Transaction<'_>| {
        let able = serde_json::to_string(&Capabilities {
            publications: vec![Publication::Published],
            edit_own: false,
            delete_own: false,
            ..paper::capabilities()
        })?;
        Ok(tx.execute("UPDATE account SET capabilities = ?1", [able])?)
    };
    desk.store().write_now(Durability::Full, may_not).unwrap();
    assert_eq!(desk.put(theirs, Publication::Spam).await, Err(Problem::NotOffered));
    assert_eq!(desk.edit_own(own, "Non".into()).await, Err(Problem::NotOffered));
    assert_eq!(desk.delete_own(own).await, Err(Problem::NotOffered));
    assert_eq!(scene.network.asked().len(), asked);
    // An account that says it may, at a network that has nothing of the kind.
    let may = |tx: &Transaction<'_>| {
        Ok(tx.execute("UPDATE account SET capabilities = ?1", [serde_json::to_string(&paper::capabilities())?])?)
    };
    desk.store().write_now(Durability::Full, may).unwrap();
    scene.network.script().no_curation = true;
    assert_eq!(desk.put(theirs, Publication::Spam).await, Err(Problem::NotOffered));
    assert_eq!(desk.edit_own(own, "Non".into()).await, Err(Problem::NotOffered));
    assert_eq!(desk.delete_own(own).await, Err(Problem::NotOffered));
    assert_eq!(scene.network.asked().len(), asked);
}

#[tokio::test]
async fn our_own_text_is_changed_and_no_journal_quotes_it() {
    let reply = ours(answer("8", "7", "Fournil", EVENING, "Oui"));
    let scene = Scene::of(vec![item("7", "Léa", EVENING.plus(-MINUTE), "Ouverts ?"), reply.clone()]).await;
    let message = scene.message("8");
    let leaks = scene.room.desk.edit_own(message, "Oui, {{ prénom }}".into()).await;
    assert!(matches!(leaks, Err(Problem::Leaks { leaks }) if matches!(leaks[0], Leak::Braces { .. })));
    scene.room.desk.edit_own(message, " Oui, dès 9 h ".into()).await.unwrap();
    assert_eq!(scene.network.asked().pop().unwrap(), Asked::Edit(RemoteId::new("8"), "Oui, dès 9 h".into()));
    let view = scene.conversation().await;
    assert_eq!(view.messages[1].text, "Oui, dès 9 h");
    assert!(view.messages[1].edited_at.is_some());
    assert_eq!(view.row.triage, Triage::Done);
    let (kind, detail) = scene.acts().pop().unwrap();
    assert_eq!(kind, "edit_own");
    assert!(!detail.to_string().contains("9 h"), "{detail}");
    // An older reading of it says nothing.
    scene.room.desk.take(scene.account, paper::OWN, page(vec![reply])).await.unwrap();
    assert_eq!(scene.conversation().await.messages[1].text, "Oui, dès 9 h");
}

#[tokio::test]
async fn our_own_text_taken_away_leaves_the_question_owed() {
    let reply = ours(answer("8", "7", "Fournil", EVENING, "Oui"));
    let scene = Scene::of(vec![item("7", "Léa", EVENING.plus(-MINUTE), "Ouverts ?"), reply]).await;
    let message = scene.message("8");
    let fault = Fault::Unsure;
    scene.network.script().acts.push_back(Err(fault.clone()));
    assert_eq!(scene.room.desk.delete_own(message).await, Err(Problem::Network { fault }));
    assert_eq!(scene.conversation().await.row.triage, Triage::Done);
    // Gone already is what was wanted.
    scene.network.script().acts.push_back(Err(Fault::refused(RefusalCode::Gone, None)));
    scene.room.desk.delete_own(message).await.unwrap();
    let view = scene.conversation().await;
    assert!(view.messages[1].gone);
    assert_eq!(view.row.triage, Triage::Open);
    assert_eq!(scene.acts().pop().unwrap().0, "delete_own");
    assert_eq!(scene.room.desk.delete_own(message).await, Err(Problem::NotOffered));
}
