//! Pictures arrive before their reply, once, whatever happens in between.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::super::attempt::leave;
use super::super::run::Walk;
use crate::desk::Desk;
use crate::testing::paper::{Asked, Paper, item};
use crate::testing::{Room, client_row, conversation_row, room};
use crate::view::{DraftView, ReplyState, Settle};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use guichet_model::{
    Attachment, AttachmentKind, ConversationId, Fault, Found, Item, MINUTE, RefusalCode, RemoteId, ReplyId, SECOND,
};
use rusqlite::Connection;
use std::sync::Arc;

struct Scene {
    room: Room,
    paper: Paper,
    conversation: ConversationId,
}

impl Scene {
    /// A draft with two pictures.
    async fn new() -> Self {
        let paper = Paper::default();
        let room = room(vec![Arc::new(paper.clone())]).await;
        let (client, account) = client_row(room.desk.store(), "Phare");
        let now = room.desk.now();
        let (conversation, _) = conversation_row(room.desk.store(), client, account, "Léa", "Bonjour", now);
        for alt in ["Une tarte", "Un chou"] {
            let bytes = STANDARD.encode(b"\x89PNG\r\n\x1a\n");
            let view = room.desk.attach(conversation, "a.png".into(), bytes).await.unwrap();
            room.desk.describe(view.id, alt.into()).await.unwrap();
        }
        Self { room, paper, conversation }
    }

    async fn write(&self) -> ReplyId {
        let draft = DraftView { text: "Voici".into(), ..DraftView::default() };
        let reply = self.room.desk.send_reply(self.conversation, draft, false).await.unwrap().reply;
        self.room.clock.forward(21 * SECOND);
        reply
    }

    async fn leave(&self, reply: ReplyId) -> ReplyState {
        let read = move |conn: &Connection| super::super::row::Reply::one(conn, reply);
        let row = self.room.desk.store().read_now(read).unwrap();
        let _after = leave(&self.room.desk, row, &mut Walk::alone()).await.unwrap();
        self.state(reply)
    }

    fn state(&self, reply: ReplyId) -> ReplyState {
        let read = move |conn: &Connection| {
            let reply = super::super::row::Reply::one(conn, reply)?;
            super::super::read::view(conn, &reply)
        };
        self.room.desk.store().read_now(read).unwrap().state
    }

    /// The descriptions of what was brought, in order.
    fn brought(&self) -> Vec<String> {
        let asked = self.paper.asked().into_iter();
        asked.filter_map(|asked| if let Asked::Upload(alt) = asked { Some(alt) } else { None }).collect()
    }

    fn sendings(&self) -> usize {
        self.paper.asked().iter().filter(|asked| matches!(asked, Asked::Send(_))).count()
    }

    fn name_next(&self, names: &[&str]) {
        self.paper.script().uploads.extend(names.iter().map(|name| Ok(RemoteId::new(*name))));
    }

    /// The body that left, or will.
    fn body(&self) -> String {
        let read = |conn: &Connection| {
            let sql = "SELECT json_extract(prepared, '$.body') FROM reply ORDER BY id DESC LIMIT 1";
            Ok(conn.query_row(sql, [], |row| row.get(0))?)
        };
        self.room.desk.store().read_now(read).unwrap()
    }

    /// The process ends, and another one opens the same desk.
    async fn restart(self) -> Self {
        let Room { desk, clock, doors, folder } = self.room;
        drop(desk);
        let desk = Desk::open(doors.clone()).await.unwrap();
        Self { room: Room { desk, clock, doors, folder }, ..self }
    }
}

fn sent(state: &ReplyState) -> bool {
    matches!(state, ReplyState::Sent { .. })
}

#[tokio::test]
async fn each_is_brought_once_and_named_in_order() {
    let scene = Scene::new().await;
    scene.name_next(&["12", "7"]);
    // The reply itself finds nobody at first.
    scene.paper.script().sends.push_back(Err(Fault::OFFLINE));
    let reply = scene.write().await;
    assert!(matches!(scene.leave(reply).await, ReplyState::Waiting { .. }));
    assert_eq!(scene.brought(), ["Une tarte", "Un chou"]);
    let scene = scene.restart().await;
    assert!(sent(&scene.leave(reply).await));
    assert_eq!((scene.brought().len(), scene.sendings()), (2, 2));
    assert_eq!(scene.body(), "status=Voici&media=12&media=7");
}

#[tokio::test]
async fn what_was_brought_before_a_failure_or_a_death_is_not_brought_again() {
    let scene = Scene::new().await;
    scene.name_next(&["12"]);
    let later = Fault::Later { after: scene.room.desk.now().plus(MINUTE) };
    scene.paper.script().uploads.push_back(Err(later));
    let reply = scene.write().await;
    assert!(matches!(scene.leave(reply).await, ReplyState::Waiting { .. }));
    assert_eq!((scene.brought().len(), scene.sendings()), (2, 0), "nothing leaves without its pictures");
    let scene = scene.restart().await;
    scene.room.clock.forward(2 * MINUTE);
    scene.name_next(&["7"]);
    assert!(sent(&scene.leave(reply).await));
    assert_eq!(scene.brought(), ["Une tarte", "Un chou", "Un chou"]);
    assert_eq!(scene.body(), "status=Voici&media=12&media=7");
}

#[tokio::test]
async fn a_refusal_is_shown_and_only_the_cms_word_brings_them_again() {
    let scene = Scene::new().await;
    scene.name_next(&["12", "7", "13", "8"]);
    // The network forgot what it was given.
    scene.paper.script().sends.push_back(Err(Fault::refused(RefusalCode::Invalid, Some("Media not found".into()))));
    let reply = scene.write().await;
    assert!(matches!(scene.leave(reply).await, ReplyState::Refused { .. }));
    assert!(matches!(scene.leave(reply).await, ReplyState::Refused { .. }));
    assert_eq!((scene.brought().len(), scene.sendings()), (2, 1));
    scene.room.desk.retry(vec![reply]).await.unwrap();
    assert!(sent(&scene.leave(reply).await));
    assert_eq!((scene.brought().len(), scene.body().as_str()), (4, "status=Voici&media=13&media=8"));
}

#[tokio::test]
async fn a_refused_picture_refuses_its_reply() {
    let scene = Scene::new().await;
    scene.paper.script().uploads.push_back(Err(Fault::refused(RefusalCode::Invalid, None)));
    let reply = scene.write().await;
    assert!(matches!(scene.leave(reply).await, ReplyState::Refused { .. }));
    assert_eq!(scene.sendings(), 0);
}

#[tokio::test]
async fn one_sent_again_by_the_cms_word_brings_its_own() {
    let scene = Scene::new().await;
    scene.name_next(&["12", "7", "13", "8"]);
    scene.paper.script().sends.push_back(Err(Fault::Unsure));
    let reply = scene.write().await;
    assert!(matches!(scene.leave(reply).await, ReplyState::Unsure { .. }));
    scene.room.desk.settle(vec![reply], Settle::SendAgain).await.unwrap();
    assert!(sent(&scene.leave(reply).await));
    assert_eq!((scene.brought().len(), scene.body().as_str()), (4, "status=Voici&media=13&media=8"));
}

/// A message of ours in that place, with those pictures.
fn message(scene: &Scene, remote: &str, pictures: usize) -> Item {
    let picture = Attachment {
        kind: AttachmentKind::Image,
        url: "https://phare.example/1.png".into(),
        preview: None,
        alt: None,
        file: None,
    };
    let at = scene.room.desk.now();
    Item { ours: true, attachments: vec![picture; pictures], ..item(remote, "Phare", at, "Voici") }
}

#[tokio::test]
async fn the_same_words_without_its_pictures_are_not_it() {
    let scene = Scene::new().await;
    scene.paper.script().sends.push_back(Err(Fault::Unsure));
    let reply = scene.write().await;
    assert!(matches!(scene.leave(reply).await, ReplyState::Unsure { .. }));
    let found = |pictures: &[usize]| Found {
        same: pictures.iter().map(|many| message(&scene, &format!("there-{many}"), *many)).collect(),
        complete: true,
        ..Found::default()
    };
    scene.paper.script().finds.extend([Ok(found(&[0, 1])), Ok(found(&[0, 2]))]);
    let _after = super::super::look::look(&scene.room.desk, reply).await.unwrap();
    // Shown to the CM, and never called absent.
    let state = scene.state(reply);
    assert!(matches!(&state, ReplyState::Unsure { looked_at: None, candidates } if candidates.len() == 2), "{state:?}");
    let _after = super::super::look::look(&scene.room.desk, reply).await.unwrap();
    assert!(sent(&scene.state(reply)), "{:?}", scene.state(reply));
}

#[tokio::test]
async fn taken_back_before_it_left_what_was_brought_stays_so_unless_described_anew() {
    let scene = Scene::new().await;
    scene.name_next(&["12", "7"]);
    scene.paper.script().sends.push_back(Err(Fault::OFFLINE));
    let reply = scene.write().await;
    scene.leave(reply).await;
    scene.room.desk.take_back(vec![reply]).await.unwrap();
    let pictures = scene.room.desk.conversation(scene.conversation).await.unwrap().attachments;
    scene.room.desk.describe(pictures[1].id, "Un chou à la crème".into()).await.unwrap();
    scene.name_next(&["9"]);
    let again = scene.write().await;
    assert!(sent(&scene.leave(again).await));
    assert_eq!(scene.brought(), ["Une tarte", "Un chou", "Un chou à la crème"]);
    assert_eq!(scene.body(), "status=Voici&media=12&media=9");
}
