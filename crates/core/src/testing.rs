//! What every test of the core stands on: a desk in a folder of its own, a clock that is set by hand, a seeded
//! randomness, and a client with an account.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

#[cfg(unix)]
pub mod disk;
pub mod paper;

use crate::desk::{Desk, Doors, Random};
use crate::store::{Durability, Store, StoreKey};
use crate::vault::InMemory;
use guichet_model::{
    AccountId, Author, ClientId, Clock, ConversationId, MessageId, Millis, Network, RemoteId, Secret, Signed,
    SignedAccount,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Friday 2 March 2029, 20:00 UTC.
pub const EVENING: Millis = Millis(1_867_176_000_000);

/// A clock that stands until it is moved.
pub struct HandClock(pub AtomicI64);

impl HandClock {
    pub fn at(now: Millis) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(now.0)))
    }

    pub fn forward(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Millis {
        Millis(self.0.load(Ordering::SeqCst))
    }
}

/// The same bytes in every run (splitmix64).
pub struct Seeded(pub AtomicU64);

impl Random for Seeded {
    fn bytes(&self, buf: &mut [u8]) {
        for byte in buf {
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (z ^ (z >> 31)).to_le_bytes()[0];
        }
    }
}

/// A desk, its clock, and the folder that goes with it.
pub struct Room {
    pub desk: Desk,
    pub clock: Arc<HandClock>,
    pub doors: Doors,
    pub folder: tempfile::TempDir,
}

pub async fn room(networks: Vec<Arc<dyn Network>>) -> Room {
    room_in(tempfile::tempdir().unwrap(), networks).await
}

pub async fn room_in(folder: tempfile::TempDir, networks: Vec<Arc<dyn Network>>) -> Room {
    let clock = HandClock::at(EVENING);
    let doors = Doors {
        clock: clock.clone(),
        folder: folder.path().to_owned(),
        keys: Arc::new(InMemory::default()),
        networks,
        random: Arc::new(Seeded(AtomicU64::new(1))),
    };
    Room { desk: Desk::open(doors.clone()).await.unwrap(), clock, doors, folder }
}

/// A desk with one client and one conversation, begun by Léa.
pub async fn evening() -> (Room, ConversationId) {
    let room = self::room(Vec::new()).await;
    let (client, account) = client_row(room.desk.store(), "Phare");
    let now = room.desk.now();
    let (conversation, _) = conversation_row(room.desk.store(), client, account, "Léa", "Bonjour", now);
    (room, conversation)
}

/// A bare store, where no desk is needed.
pub fn store() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let key = StoreKey::make(&Seeded(AtomicU64::new(2)));
    let store = Store::open(&folder.path().join("desk.db"), &key, EVENING).unwrap();
    (store, folder)
}

pub fn author(name: &str) -> Author {
    Author {
        remote: RemoteId::new(format!("p-{name}")),
        handle: format!("{}@exemple.test", name.to_lowercase()),
        name: name.to_owned(),
        avatar: None,
        url: None,
        bot: false,
    }
}

/// A sign-in at `network` for one identity of that name.
pub fn signed(name: &str) -> Signed {
    let me = author(name);
    Signed {
        server: "https://exemple.test".into(),
        secret: Secret(format!("{{\"token\":\"jeton-{name}\"}}")),
        accounts: vec![SignedAccount { remote: me.remote.clone(), me }],
    }
}

/// A client, its account, straight in the store.
pub fn client_row(store: &Store, name: &str) -> (ClientId, AccountId) {
    store
        .write_now(Durability::Full, |tx| {
            tx.execute(
                "INSERT INTO client (name, letter, color, position, created_at) VALUES (?1, 'X', 1, 1, 0)",
                [name],
            )?;
            let client = tx.last_insert_rowid();
            tx.execute(
                "INSERT INTO access (network, server, secret, created_at)
                 VALUES ('paper', 'https://exemple.test', ?1, 0)",
                [name],
            )?;
            let access = tx.last_insert_rowid();
            let me = author(name);
            tx.execute(
                "INSERT INTO account (client, access, network, server, me, remote, handle, name, health, created_at)
                 VALUES (?1, ?2, 'paper', 'https://exemple.test', ?3, ?4, ?5, ?6, '{\"health\":\"new\"}', 0)",
                rusqlite::params![
                    client,
                    access,
                    serde_json::to_string(&me).unwrap(),
                    me.remote.as_str(),
                    me.handle,
                    me.name
                ],
            )?;
            Ok((ClientId(client), AccountId(tx.last_insert_rowid())))
        })
        .unwrap()
}

/// A conversation of one message by `person`, written at `at`, straight in the store.
pub fn conversation_row(
    store: &Store,
    client: ClientId,
    account: AccountId,
    person: &str,
    text: &str,
    at: Millis,
) -> (ConversationId, MessageId) {
    store
        .write_now(Durability::Full, |tx| {
            tx.execute(
                "INSERT INTO person (client, network, remote, handle, name, messages) VALUES (?1, 'paper', ?2, ?3, ?4, 1)
                 ON CONFLICT DO UPDATE SET messages = messages + 1",
                rusqlite::params![
                    client.0,
                    author(person).remote.as_str(),
                    author(person).handle,
                    person
                ],
            )?;
            let person: i64 = tx.query_row(
                "SELECT id FROM person WHERE client = ?1 AND remote = ?2",
                rusqlite::params![client.0, author(person).remote.as_str()],
                |row| row.get(0),
            )?;
            let count: i64 =
                tx.query_row("SELECT ifnull(max(word_row), 0) FROM message", [], |row| row.get(0))?;
            let remote = format!("m-{}", count + 1);
            tx.execute(
                "INSERT INTO conversation (client, account, kind, root, triage, triaged_at, owed_at, last_at, messages, unread)
                 VALUES (?1, ?2, 'comment', ?3, 0, ?4, ?4, ?4, 1, 1)",
                rusqlite::params![client.0, account.0, remote, at.0],
            )?;
            let conversation = tx.last_insert_rowid();
            tx.execute(
                "INSERT INTO message (client, account, conversation, person, remote, ours, at, text, body, visibility,
                                      attachments, word_row)
                 VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7,
                         '{\"text\":\"\",\"warning\":null,\"links\":[],\"mentions\":[],\"emoji\":[]}', 'public', '[]', ?8)",
                rusqlite::params![client.0, account.0, conversation, person, remote, at.0, text, count + 1],
            )?;
            let message = tx.last_insert_rowid();
            tx.execute(
                "UPDATE conversation SET latest = ?2 WHERE id = ?1",
                [conversation, message],
            )?;
            tx.execute(
                "INSERT INTO alias (account, scope, name, message) VALUES (?1, 'id', ?2, ?3)",
                rusqlite::params![account.0, remote, message],
            )?;
            Ok((ConversationId(conversation), MessageId(message)))
        })
        .unwrap()
}

/// A reply that waits to leave, straight in the store. Its key is its own.
pub fn reply_row(tx: &rusqlite::Transaction<'_>, answers: MessageId, key: &str, text: &str) -> rusqlite::Result<i64> {
    tx.execute(
        "INSERT INTO reply (client, account, conversation, answers, key, text, addressees, place, seen, state, written_at,
                            offline, not_before)
         SELECT client, account, conversation, id, ?2, ?3, '[]', '{}', id, 'waiting', 0, 1, 0 FROM message WHERE id = ?1",
        rusqlite::params![answers.0, key, text],
    )?;
    Ok(tx.last_insert_rowid())
}
