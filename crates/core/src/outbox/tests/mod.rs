//! The outbox against a network on paper: the table, the trips of one reply, and a model under every fault.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod ahead;
mod approve;
mod by_hand;
mod clients;
mod clock;
mod crowd;
#[cfg(unix)]
mod disk;
mod edges;
mod hold_edges;
mod holds;
mod last;
mod model;
mod paper;
mod places;
mod repeats;
mod restored;
mod round_trip;
mod rules;
mod schedule;
mod shown;
mod slept;
mod table;
mod trips;
mod undo;
mod undo_edges;
mod wall;
mod wall_edges;
mod workers;

use super::outcome::After;
use super::run::{Walk, turn};
use crate::testing::{Room, client_row, conversation_row, room};
use crate::view::{ClientRules, DraftView, OutboxQuery, ReplyState, ReplyView, Slice};
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

    /// Another client, with an account and a conversation of its own.
    fn neighbour(&self, name: &str, person: &str) -> (ClientId, AccountId, ConversationId) {
        let store = self.room.desk.store();
        let (client, account) = client_row(store, name);
        let now = self.room.desk.now();
        let (conversation, _) = conversation_row(store, client, account, person, "Bonjour ?", now);
        (client, account, conversation)
    }

    /// What the CM's tools never do: the store changed by hand.
    fn sql(&self, sql: &str) {
        let change = |tx: &rusqlite::Transaction<'_>| Ok(tx.execute_batch(sql)?);
        self.room.desk.store().write_now(crate::store::Durability::Full, change).unwrap();
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
        self.work_of(self.account).await
    }

    async fn work_of(&self, account: AccountId) -> Option<After> {
        let mut walk = Walk::default();
        for _ in 0..100 {
            match turn(&self.room.desk, account, &mut walk).await.unwrap() {
                Some(After::GoOn | After::Stays) => {}
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

    /// How long this client's replies can be taken back.
    async fn undo(&self, undo_seconds: u32) {
        let rules = ClientRules { undo_seconds, to_approve: false, hours: Vec::new() };
        self.room.desk.set_rules(self.client, rules).await.unwrap();
    }

    async fn outbox(&self) -> Slice<ReplyView> {
        self.room.desk.outbox(OutboxQuery::default(), 0, 500).await.unwrap()
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
    DraftView { text: words.into(), ..DraftView::default() }
}
