//! Measures the core: intake against the bare statements, and search over a million messages. Prints JSON, asserts nothing.
//!
//! `bench fill FOLDER MESSAGES CONVERSATIONS` makes a desk from a seed, its key in the keychain of the session;
//! `bench queue FOLDER REPLIES` writes held replies into it; `bench ingest FOLDER` measures intake alone;
//! `bench measure FOLDER` fills what is missing under FOLDER, measures, and prints one flat object.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod evening;
mod ingest;
mod queue;
mod search;

use guichet_core::{Desk, Doors, InMemory, Keychain, Keys, Random};
use guichet_model::{
    AccountId, Author, Clock, Doors as SessionDoors, Identity, Login, Millis, Network, RemoteId, Secret, Session,
    Signed, SignedAccount,
};
use std::path::Path;
use std::sync::Arc;

/// The moment the bench lives in: the evening's messages come before it.
pub const NOW: Millis = Millis(1_790_000_000_000);

/// The keychain entry of the installed program, so that the window opens what is filled here.
const SERVICE: &str = "guichet";

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["fill", folder, messages, conversations] => {
            let (messages, conversations) = (messages.parse().unwrap(), conversations.parse().unwrap());
            fill(Path::new(folder), Arc::new(Keychain::new(SERVICE)), messages, conversations).await;
        }
        ["queue", folder, replies] => {
            queue::fill(Path::new(folder), Arc::new(Keychain::new(SERVICE)), replies.parse().unwrap()).await;
        }
        ["ingest", folder] => {
            let all = ingest::measure(&Path::new(folder).join("ingest")).await;
            println!("{}", serde_json::Value::Object(all));
        }
        ["measure", folder] => {
            let folder = Path::new(folder);
            let ingest = ingest::measure(&folder.join("ingest")).await;
            let search = search::measure(&folder.join(large_store())).await;
            let mut all = ingest;
            all.extend(search);
            println!("{}", serde_json::Value::Object(all));
        }
        _ => panic!("bench fill FOLDER MESSAGES CONVERSATIONS, or bench measure FOLDER"),
    }
}

/// A desk of so many messages, kept between runs: made anew only where its marker does not say it is whole.
pub async fn fill(folder: &Path, keys: Arc<dyn Keys>, messages: usize, conversations: usize) -> (Desk, AccountId) {
    let marker = folder.join("filled");
    let whole = format!("{messages} {conversations}");
    if std::fs::read_to_string(&marker).is_ok_and(|said| said == whole) {
        let desk = open(folder, keys).await;
        let account = desk.desk().await.unwrap().clients[0].accounts[0].id;
        return (desk, account);
    }
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder).unwrap();
    let desk = open(folder, keys).await;
    let account = one_account(&desk).await;
    let mut evening = evening::Evening::new(20_261_121, conversations);
    let mut left = messages;
    while left > 0 {
        let page = evening.page(left.min(500), messages);
        left -= page.items.len();
        desk.take(account, "notifications", page).await.unwrap();
    }
    std::fs::write(marker, whole).unwrap();
    (desk, account)
}

pub async fn one_account(desk: &Desk) -> AccountId {
    let client = desk.add_client("Librairie du Mail".into(), 1).await.unwrap();
    let me = Author {
        remote: RemoteId::new("1"),
        handle: "librairie@banc.invalid".into(),
        name: "Librairie du Mail".into(),
        avatar: None,
        url: None,
        bot: false,
    };
    let signed = Signed {
        server: "https://banc.invalid".into(),
        secret: Secret("{}".into()),
        accounts: vec![SignedAccount { remote: me.remote.clone(), me }],
    };
    desk.add_account(client, "mastodon".into(), signed).await.unwrap()[0]
}

pub async fn open(folder: &Path, keys: Arc<dyn Keys>) -> Desk {
    let doors = Doors {
        clock: Arc::new(Still),
        folder: folder.to_owned(),
        keys,
        networks: vec![Arc::new(Silent)],
        random: Arc::new(Seeded),
    };
    Desk::open(doors).await.unwrap()
}

/// Keys that outlive the process only as the bench's own file: its stores hold nothing but invented words.
pub fn bench_keys(folder: &Path) -> Arc<dyn Keys> {
    let keys = InMemory::default();
    let file = folder.with_extension("key");
    if let Some(key) = std::fs::read_to_string(&file).ok().and_then(|text| guichet_core::Key::parse(&text)) {
        keys.set(&key).unwrap();
    }
    Arc::new(Remembered { keys, file })
}

struct Remembered {
    keys: InMemory,
    file: std::path::PathBuf,
}

impl Keys for Remembered {
    fn get(&self) -> Result<Option<guichet_core::Key>, guichet_core::KeysFault> {
        self.keys.get()
    }

    fn set(&self, key: &guichet_core::Key) -> Result<(), guichet_core::KeysFault> {
        std::fs::create_dir_all(self.file.parent().unwrap()).unwrap();
        std::fs::write(&self.file, key.expose()).unwrap();
        self.keys.set(key)
    }
}

/// A network that is never asked: its name alone is wanted.
struct Silent;

impl Network for Silent {
    fn name(&self) -> &'static str {
        "mastodon"
    }

    fn offer(&self) -> guichet_model::Offer {
        panic!("nobody is shown its tile")
    }

    fn login(&self) -> Box<dyn Login> {
        panic!("nobody signs in")
    }

    fn session(&self, _: Identity, _: SessionDoors) -> Arc<dyn Session> {
        panic!("nothing is pulled")
    }
}

struct Still;

impl Clock for Still {
    fn now(&self) -> Millis {
        NOW
    }
}

/// Unpredictable is not wanted here.
struct Seeded;

impl Random for Seeded {
    fn bytes(&self, buf: &mut [u8]) {
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
        for byte in buf.iter_mut() {
            *byte = (evening::mix(NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) >> 32) as u8;
        }
    }
}

/// The large store is filled once for each shape of it: another schema is another store.
fn large_store() -> String {
    let schema = include_str!("../../src/store/migrations/0001_desk.sql");
    let digest = schema.bytes().fold(7, |digest, byte| evening::mix(digest ^ u64::from(byte)));
    format!("search-{digest:016x}")
}
