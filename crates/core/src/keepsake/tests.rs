//! What the keepsake holds, when it is written, and where its texts go when they are put back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::desk::Doors;
use crate::store::{Durability, Store};
use crate::testing::{EVENING, Room, client_row, conversation_row, reply_row, room, store};
use crate::view::{Leak, LeftText, TemplateEdit};
use guichet_model::{AccountId, ClientId, ConversationId, MessageId};
use std::sync::atomic::{AtomicU32, Ordering};

const MARK: &str = "[à vérifier : peut-être déjà partie]";

fn draft(text: &str) -> DraftView {
    DraftView { text: text.into(), ..DraftView::default() }
}

/// A text of the account that `client_row` makes for that client.
fn text(client: &str, root: &str, key: &str, words: &str) -> Text {
    Text {
        client: client.into(),
        network: "paper".into(),
        server: "https://exemple.test".into(),
        account: format!("p-{client}"),
        root: root.into(),
        answers: "Zoé".into(),
        key: key.into(),
        view: draft(words),
    }
}

fn template(code: &str, words: &str, clients: &[&str]) -> Template {
    Template {
        code: code.into(),
        title: "Titre".into(),
        text: words.into(),
        lang: None,
        clients: clients.iter().map(|&name| name.into()).collect(),
    }
}

/// A store with two clients, and a conversation of the first.
struct Older {
    store: Store,
    client: ClientId,
    account: AccountId,
    conversation: ConversationId,
    message: MessageId,
    _folder: tempfile::TempDir,
}

impl Older {
    fn new() -> Self {
        let (store, folder) = store();
        let (client, account) = client_row(&store, "Mairie");
        client_row(&store, "Phare");
        let (conversation, message) = conversation_row(&store, client, account, "Zoé", "Bonjour ?", EVENING);
        Self { store, client, account, conversation, message, _folder: folder }
    }

    fn put_back(&self, kept: Keepsake) -> PutBack {
        let made = AtomicU32::new(0);
        let key = || format!("fresh-{}", made.fetch_add(1, Ordering::SeqCst));
        self.store.write_now(Durability::Full, |tx| put_back(tx, kept, MARK, EVENING, &key)).unwrap()
    }

    fn draft(&self, conversation: ConversationId) -> Option<(String, String)> {
        self.store
            .read_now(|conn| {
                let view = crate::draft::read(conn, conversation)?;
                let key =
                    conn.query_row("SELECT key FROM draft WHERE conversation = ?", [conversation.0], |r| r.get(0));
                Ok(view.map(|view| (key.unwrap(), view.text)))
            })
            .unwrap()
    }
}

/// What the vault of that room opens.
fn kept(doors: &Doors) -> Keepsake {
    let vault = crate::vault::Vault::open(doors).unwrap();
    let carried = crate::vault::Carried::read(&vault.carried().unwrap()).unwrap();
    let key = doors.keys.get().unwrap().unwrap();
    serde_json::from_slice(&carried.beside(&doors.folder, &key, &file(&doors.folder)).unwrap()).unwrap()
}

async fn written() -> (Room, ConversationId) {
    let room = room(Vec::new()).await;
    let (client, account) = client_row(room.desk.store(), "Mairie");
    let (conversation, message) = conversation_row(room.desk.store(), client, account, "Zoé", "Bonjour ?", EVENING);
    room.desk
        .store()
        .write_now(Durability::Full, |tx| Ok(reply_row(tx, message, "k-1", "Elle part demain.")?))
        .unwrap();
    room.desk.save_draft(conversation, draft("Nous regardons.")).await.unwrap();
    (room, conversation)
}

#[tokio::test]
async fn it_holds_what_no_network_can_give_back() {
    let (room, _) = written().await;
    let edit = TemplateEdit {
        id: None,
        code: "horaires".into(),
        title: "Horaires".into(),
        text: "Ouvert le samedi.".into(),
        lang: None,
        clients: Vec::new(),
    };
    room.desk.save_template(edit).await.unwrap();
    keep(&room.desk).await;
    let bytes = std::fs::read(file(&room.doors.folder)).unwrap();
    for clear in ["Elle part", "regardons", "samedi", "Mairie"] {
        assert!(!bytes.windows(clear.len()).any(|part| part == clear.as_bytes()), "{clear} stands in clear");
    }
    let found = kept(&room.doors);
    assert_eq!(found.at, EVENING);
    let told = |texts: &[Text]| -> Vec<(String, String, String, String)> {
        texts.iter().map(|t| (t.client.clone(), t.root.clone(), t.answers.clone(), t.view.text.clone())).collect()
    };
    let as_told = |text: &str| ("Mairie".to_owned(), "m-1".to_owned(), "Zoé".to_owned(), text.to_owned());
    assert_eq!(told(&found.drafts), [as_told("Nous regardons.")]);
    assert_eq!(told(&found.replies), [as_told("Elle part demain.")]);
    assert_eq!(found.templates[0].text, "Ouvert le samedi.");
    room.desk
        .store()
        .write_now(Durability::Full, |tx| Ok(tx.execute("UPDATE reply SET state = 'taken_back'", [])?))
        .unwrap();
    keep(&room.desk).await;
    assert!(kept(&room.doors).replies.is_empty(), "what is settled needs no keeping");
}

#[tokio::test]
async fn it_is_written_only_when_something_of_it_changed() {
    let (room, conversation) = written().await;
    keep(&room.desk).await;
    let before = std::fs::read(file(&room.doors.folder)).unwrap();
    room.clock.forward(60_000);
    room.desk.set_setting("theme".into(), "dark".into()).await.unwrap();
    keep(&room.desk).await;
    assert_eq!(std::fs::read(file(&room.doors.folder)).unwrap(), before);
    room.desk.save_draft(conversation, draft("Nous regardons cela.")).await.unwrap();
    keep(&room.desk).await;
    assert_ne!(std::fs::read(file(&room.doors.folder)).unwrap(), before);
}

#[tokio::test]
async fn the_engine_writes_it_at_a_change_and_when_it_stops() {
    let (room, conversation) = written().await;
    let engine = room.desk.start();
    // The loop listens once it runs.
    for _ in 0..200 {
        room.desk.save_draft(conversation, draft("Nous regardons.")).await.unwrap();
        if file(&room.doors.folder).exists() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(kept(&room.doors).drafts[0].view.text, "Nous regardons.");
    room.desk.save_draft(conversation, draft("Le dernier mot.")).await.unwrap();
    // Time enough for a writing that did not wait.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(kept(&room.doors).drafts[0].view.text, "Nous regardons.", "not at every keystroke");
    engine.stop().await;
    assert_eq!(kept(&room.doors).drafts[0].view.text, "Le dernier mot.");
}

#[test]
fn a_draft_finds_its_conversation_by_what_it_is_called_outside() {
    let older = Older::new();
    let elsewhere = conversation_row(&older.store, older.client, older.account, "Ali", "Et moi ?", EVENING).0;
    let drafts = vec![
        text("Mairie", "m-2", "k-1", "Pour Ali."),
        text("Mairie", "m-9", "k-2", "Pour personne encore."),
        text("Phare", "m-1", "k-3", "Celui d’un autre client."),
    ];
    let done = older.put_back(Keepsake { drafts, ..Keepsake::default() });
    assert_eq!(older.draft(elsewhere), Some(("k-1".into(), "Pour Ali.".into())));
    assert_eq!(older.draft(older.conversation), None);
    let left = |client: &str, text: &str| LeftText { client: client.into(), about: "Zoé".into(), text: text.into() };
    assert_eq!(done.drafts, 1);
    assert_eq!(done.left, [left("Mairie", "Pour personne encore."), left("Phare", "Celui d’un autre client.")]);
}

#[test]
fn a_merged_conversation_is_found_by_its_former_name() {
    let older = Older::new();
    older
        .store
        .write_now(Durability::Full, |tx| {
            let sql = "INSERT INTO former_root (account, name, conversation) VALUES (?, 'm-0', ?)";
            Ok(tx.execute(sql, [older.account.0, older.conversation.0])?)
        })
        .unwrap();
    older.put_back(Keepsake { drafts: vec![text("Mairie", "m-0", "k", "Bonjour !")], ..Keepsake::default() });
    assert!(older.draft(older.conversation).is_some());
}

#[test]
fn the_newer_keystrokes_of_a_draft_win_and_another_draft_stays_behind() {
    let older = Older::new();
    let put = |key: &str, words: &str| {
        older.put_back(Keepsake { drafts: vec![text("Mairie", "m-1", key, words)], ..Keepsake::default() }).drafts
    };
    assert_eq!(put("k-1", "Bonj"), 1);
    assert_eq!(put("k-1", "Bonjour !"), 1);
    assert_eq!(older.draft(older.conversation), Some(("k-1".into(), "Bonjour !".into())));
    assert_eq!(put("k-1", "Bonjour !"), 0, "nothing new");
    assert_eq!(put("k-2", "Bonsoir."), 1);
    assert_eq!(older.draft(older.conversation), Some(("k-1".into(), "Bonsoir.\n\nBonjour !".into())));
}

#[tokio::test]
async fn an_unsettled_reply_comes_back_as_a_draft_that_cannot_leave_unread() {
    let room = room(Vec::new()).await;
    let (client, account) = client_row(room.desk.store(), "Mairie");
    let (conversation, _) = conversation_row(room.desk.store(), client, account, "Zoé", "Bonjour ?", EVENING);
    let replies = vec![text("Mairie", "m-1", "k-1", "La première."), text("Mairie", "m-1", "k-2", "La deuxième.")];
    let kept = Keepsake { replies, ..Keepsake::default() };
    let key = || room.doors.uuid();
    let done = room.desk.store().write_now(Durability::Full, |tx| put_back(tx, kept, MARK, EVENING, &key)).unwrap();
    assert_eq!((done.drafts, done.left), (2, Vec::new()));
    let read = move |conn: &Connection| crate::draft::read(conn, conversation);
    let back = room.desk.store().read(read).await.unwrap().unwrap();
    assert_eq!(back.text, format!("{MARK}\nLa première.\n\n{MARK}\nLa deuxième."));
    let leaks = room.desk.check(conversation, back).await.unwrap().leaks;
    assert!(leaks.iter().any(|leak| matches!(leak, Leak::Blank { .. })), "{leaks:?}");
}

#[test]
fn a_reply_the_older_inbox_knows_is_its_own_to_settle() {
    let older = Older::new();
    older.store.write_now(Durability::Full, |tx| Ok(reply_row(tx, older.message, "k-1", "Bonjour !")?)).unwrap();
    let replies = vec![text("Mairie", "m-1", "k-1", "Bonjour !")];
    let done = older.put_back(Keepsake { replies, ..Keepsake::default() });
    assert_eq!(done, PutBack::default());
    assert_eq!(older.draft(older.conversation), None);
    // A draft that bears the key of a reply gets one of its own: a key is a reply's for ever.
    older.put_back(Keepsake { drafts: vec![text("Mairie", "m-1", "k-1", "Autre chose.")], ..Keepsake::default() });
    assert_eq!(older.draft(older.conversation), Some(("fresh-0".into(), "Autre chose.".into())));
}

#[test]
fn templates_come_back_by_code_and_clients() {
    let older = Older::new();
    let put = |templates: Vec<Template>| older.put_back(Keepsake { templates, ..Keepsake::default() });
    assert_eq!(put(vec![template("prix", "10 €", &["Mairie"]), template("prix", "12 €", &["Phare"])]).templates, 2);
    let done = put(vec![template("prix", "11 €", &["Mairie"]), template("prix", "12 €", &["Phare"])]);
    assert_eq!(done.templates, 1, "one was the same");
    let found = older.store.read_now(|conn| crate::template::list(conn, Some(older.client))).unwrap();
    assert_eq!((found.len(), found[0].text.as_str(), found[0].version), (1, "11 €", 2));
    // Everybody's would be a second one of that code; a client who is not here has no place.
    let done = put(vec![template("prix", "13 €", &[]), template("accès", "Par la place.", &["Fleuriste"])]);
    let left: Vec<(&str, &str)> = done.left.iter().map(|l| (l.client.as_str(), l.about.as_str())).collect();
    assert_eq!((done.templates, left), (0, vec![("", "prix"), ("Fleuriste", "accès")]));
}
