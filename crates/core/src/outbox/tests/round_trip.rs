//! What proves an account: a text of others read, a reply taken, the reply seen again; each the first time and no sooner.

use super::paper::{Post, item};
use super::*;
use crate::testing::author;
use crate::view::{Problem, RoundTrip};
use guichet_model::{Item, Page};

impl Scene {
    async fn trip(&self) -> RoundTrip {
        self.room.desk.desk().await.unwrap().clients[0].accounts[0].round_trip
    }

    async fn read(&self, item: Item) {
        let page = Page { items: vec![item], ..Page::default() };
        self.room.desk.take(self.account, "notifications", page).await.unwrap();
    }

    fn last_post(&self) -> Post {
        self.server().posts.last().cloned().unwrap()
    }

    fn question(&self) -> Item {
        let post = self.server().post(&guichet_model::RemoteId::new("p"), "Ouvert ?", "k", self.room.desk.now());
        Item { author: author("Léa"), ours: false, in_reply_to: None, ..item(&post) }
    }
}

#[tokio::test]
async fn each_leg_is_gone_once_it_has_been_seen() {
    let scene = Scene::new().await;
    assert_eq!(scene.trip().await, RoundTrip::default());
    let begun = scene.room.desk.now();
    scene.read(scene.question()).await;
    assert_eq!(scene.trip().await, RoundTrip { read: Some(begun), ..RoundTrip::default() });

    let (conversation, _) = scene.conversation("Paul");
    scene.sent(conversation, "Merci").await;
    let answered = scene.room.desk.now();
    let so_far = RoundTrip { read: Some(begun), answered: Some(answered), seen: None };
    assert_eq!(scene.trip().await, so_far, "its own answer shows it to nobody else");

    scene.forward(SECOND);
    scene.read(item(&scene.last_post())).await;
    assert_eq!(scene.trip().await, RoundTrip { seen: Some(scene.room.desk.now()), ..so_far });
    scene.forward(SECOND);
    scene.read(item(&scene.last_post())).await;
    assert_eq!(scene.trip().await.seen, Some(scene.room.desk.now().plus(-SECOND)), "the first time stands");
}

#[tokio::test]
async fn an_answer_from_elsewhere_proves_nothing() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let theirs = scene.server().post(&guichet_model::RemoteId::new("m-1"), "D’ailleurs", "x", scene.room.desk.now());
    for _ in 0..2 {
        scene.read(item(&theirs)).await;
    }
    assert_eq!(scene.trip().await, RoundTrip::default());
    scene.sent(conversation, "Merci").await;
    scene.read(item(&theirs)).await;
    assert_eq!(scene.trip().await.seen, None);
}

#[tokio::test]
async fn a_person_may_have_looked_and_takes_it_back() {
    let scene = Scene::new().await;
    let desk = &scene.room.desk;
    assert!(matches!(desk.seen_outside(scene.account).await, Err(Problem::TooLate)), "nothing was answered");
    let (conversation, _) = scene.conversation("Léa");
    scene.sent(conversation, "Merci").await;
    let acted = desk.seen_outside(scene.account).await.unwrap();
    assert_eq!(scene.trip().await.seen, Some(desk.now()));
    assert!(matches!(desk.seen_outside(scene.account).await, Err(Problem::TooLate)), "it is known");
    desk.undo(acted.act).await.unwrap();
    assert_eq!(scene.trip().await.seen, None);
    // A reading says more than a person: it stays.
    let acted = desk.seen_outside(scene.account).await.unwrap();
    scene.sql("UPDATE account SET trip_seen_at = trip_seen_at + 1");
    assert_eq!(desk.undo(acted.act).await.unwrap().left, 1);
    assert!(scene.trip().await.seen.is_some());
}

#[tokio::test]
async fn a_word_on_what_is_there_proves_as_long_as_it_stands() {
    let scene = Scene::new().await;
    scene.server().rewrites = true;
    scene.server().sendings.push_back(super::paper::Fate::Deaf);
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.sent(conversation, "Merci").await;
    let ReplyState::Unsure { candidates, .. } = scene.state(reply).await else { panic!("its answer was lost") };
    let word = crate::view::Settle::IsThere { message: candidates[0] };
    let said = scene.room.desk.settle(vec![reply], word).await.unwrap();
    let now = Some(scene.room.desk.now());
    assert_eq!((scene.trip().await.answered, scene.trip().await.seen), (now, now));
    scene.forward(SECOND);
    scene.room.desk.undo(said.acted.act).await.unwrap();
    assert_eq!((scene.trip().await.answered, scene.trip().await.seen), (None, None));
}
