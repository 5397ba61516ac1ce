//! The outbox against a network on paper: the table, the trips of one reply, and a model under every fault.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(unix)]
mod disk;
mod model;
mod paper;
mod rules;
mod table;
mod trips;
mod wall;

use super::outcome::After;
use super::run::turn;
use crate::testing::{Room, client_row, conversation_row, room};
use crate::view::{DraftView, ReplyState, ReplyView};
use guichet_model::{AccountId, ClientId, ConversationId, MessageId, Millis, ReplyId, SECOND};
use paper::{Paper, Server};
use std::sync::{Arc, Mutex};

/// A desk with one client, whose account speaks on a network of paper, and conversations to answer.
struct Scene {
    room: Room,
    server: Arc<Mutex<Server>>,
    client: ClientId,
    account: AccountId,
}

impl Scene {
    async fn new() -> Self {
        let server = Arc::new(Mutex::new(Server::default()));
        let room = room(vec![Arc::new(Paper(server.clone()))]).await;
        let (client, account) = client_row(room.desk.store(), "Phare");
        Self { room, server, client, account }
    }

    fn conversation(&self, person: &str) -> (ConversationId, MessageId) {
        let now = self.room.desk.now();
        conversation_row(self.room.desk.store(), self.client, self.account, person, "Bonjour ?", now)
    }

    fn server(&self) -> std::sync::MutexGuard<'_, Server> {
        self.server.lock().unwrap()
    }

    fn forward(&self, millis: i64) {
        self.room.clock.forward(millis);
    }

    async fn write(&self, conversation: ConversationId, words: &str) -> ReplyId {
        self.room.desk.send_reply(conversation, text(words), false).await.unwrap().reply
    }

    /// Everything that can be done now.
    async fn work(&self) -> Option<After> {
        for _ in 0..100 {
            match turn(&self.room.desk, self.account).await.unwrap() {
                Some(After::GoOn) => {}
                other => return other,
            }
        }
        panic!("the outbox never rests");
    }

    /// Written, and past the delay to take it back.
    async fn sent(&self, conversation: ConversationId, words: &str) -> ReplyId {
        let reply = self.write(conversation, words).await;
        self.forward(21 * SECOND);
        self.work().await;
        reply
    }

    async fn reply(&self, id: ReplyId) -> ReplyView {
        let read = move |conn: &rusqlite::Connection| super::read::view(conn, &super::row::Reply::one(conn, id)?);
        self.room.desk.store().read(read).await.unwrap()
    }

    async fn state(&self, id: ReplyId) -> ReplyState {
        self.reply(id).await.state
    }

    /// What the network shows of ours, in the order it was applied.
    fn texts(&self) -> Vec<String> {
        let now = self.room.desk.now();
        let mut server = self.server();
        server.settle(now);
        server.posts.iter().map(|post| post.text.clone()).collect()
    }
}

fn text(words: &str) -> DraftView {
    DraftView {
        text: words.into(),
        to: Vec::new(),
        visibility: None,
        warning: None,
        template: None,
        send_at: None,
        at: Millis(0),
    }
}
