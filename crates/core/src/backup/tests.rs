//! Backups that open, and those that must not; what a refused restore leaves: everything as it was.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod refused;

use super::*;
use crate::desk::Doors;
use crate::generation::RESTORED_AT;
use crate::testing::{EVENING, Room, client_row, conversation_row, room};
use crate::vault::{InMemory, Key, Keys, KeysFault, Passphrase};
use crate::view::{DraftView, TemplateEdit};
use guichet_model::{ConversationId, SECOND, Secret};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

const PHRASE: &str = "un train peut en cacher un autre";
const MARK: &str = "[à vérifier : peut-être déjà partie]";

/// A desk with a client, a conversation, a draft, a secret; and where its backups go.
struct House {
    room: Room,
    shelf: tempfile::TempDir,
    conversation: ConversationId,
}

impl House {
    async fn new() -> Self {
        let room = room(Vec::new()).await;
        let (client, account) = client_row(room.desk.store(), "Mairie");
        let (conversation, _) = conversation_row(room.desk.store(), client, account, "Zoé", "Bonjour ?", EVENING);
        room.desk.inner.vault.keep("Mairie", Secret("jeton-de-la-mairie".into())).unwrap();
        let house = Self { room, shelf: tempfile::tempdir().unwrap(), conversation };
        house.draft("Nous regardons.").await;
        house
    }

    fn desk(&self) -> &Desk {
        &self.room.desk
    }

    async fn draft(&self, text: &str) {
        self.desk().save_draft(self.conversation, draft(text)).await.unwrap();
    }

    fn file(&self, name: &str) -> PathBuf {
        self.shelf.path().join(name)
    }

    async fn backup(&self, name: &str) -> Result<BackupView, Problem> {
        self.desk().backup(self.file(name).display().to_string(), PHRASE.into()).await
    }

    /// Closed, with the doors of its folder and of another one, on a machine of its own.
    fn close(self) -> (Doors, Doors, PathBuf, [tempfile::TempDir; 3]) {
        let elsewhere = tempfile::tempdir().unwrap();
        let doors = self.room.doors.clone();
        let other = Doors {
            folder: elsewhere.path().join("guichet"),
            keys: Arc::new(InMemory::default()),
            ..self.room.doors.clone()
        };
        drop(self.room.desk);
        let shelf = self.shelf.path().to_owned();
        (doors, other, shelf, [self.room.folder, self.shelf, elsewhere])
    }
}

fn draft(text: &str) -> DraftView {
    DraftView { text: text.into(), ..DraftView::default() }
}

async fn restored(doors: &Doors, file: &Path) -> Result<crate::view::RestoredView, Problem> {
    restore(doors.clone(), file.to_owned(), PHRASE.into(), MARK.into()).await
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .map(|entries| entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect())
        .unwrap_or_default();
    names.sort();
    names
}

/// Every file of a folder but the lock, with what stands in it.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let kept = names(folder).into_iter().filter(|name| name != "engine.lock");
    kept.map(|name| (name.clone(), std::fs::read(folder.join(&name)).unwrap_or_default())).collect()
}

async fn draft_of(desk: &Desk, conversation: ConversationId) -> Option<String> {
    let read = move |conn: &rusqlite::Connection| crate::draft::read(conn, conversation);
    desk.store().read(read).await.unwrap().map(|view| view.text)
}

#[tokio::test]
async fn an_inbox_comes_back_whole_on_another_machine() {
    let house = House::new().await;
    let written = house.backup("lundi.guichet").await.unwrap();
    assert_eq!(house.desk().setting(BACKUP_AT.into()).await, Ok(Some(EVENING.0.to_string())));
    assert_eq!(names(house.shelf.path()), ["lundi.guichet"], "nothing beside it");
    assert_eq!(names(&house.room.doors.folder.join("copies")), [""; 0], "no copy stays");
    let bytes = std::fs::read(house.file("lundi.guichet")).unwrap();
    assert_eq!(bytes.len() as u64, written.size);
    for clear in ["jeton-de-la-mairie", "regardons", "Mairie", "sha256", "SQLite format"] {
        assert!(!bytes.windows(clear.len()).any(|part| part == clear.as_bytes()), "{clear} stands in clear");
    }
    let conversation = house.conversation;
    let (_, other, shelf, _folders) = house.close();
    let view = restored(&other, &shelf.join("lundi.guichet")).await.unwrap();
    assert_eq!((view.at, view.aside, view.drafts), (EVENING, None, 0));
    assert_eq!(names(&other.folder), ["desk.db", "engine.lock", "vault"]);
    let desk = Desk::open(other.clone()).await.unwrap();
    assert_eq!(desk.desk().await.unwrap().clients[0].name, "Mairie");
    assert_eq!(desk.inner.vault.secret("Mairie"), Some(Secret("jeton-de-la-mairie".into())));
    assert_eq!(draft_of(&desk, conversation).await.as_deref(), Some("Nous regardons."));
    assert_eq!(desk.setting(RESTORED_AT.into()).await, Ok(Some(EVENING.0.to_string())));
    drop(desk);
    // Its key is this machine's.
    assert!(other.keys.get().unwrap().is_some());
    let stranger = Doors { keys: Arc::new(InMemory::default()), ..other };
    assert_eq!(Desk::open(stranger).await.err(), Some(Problem::NoKey));
}

#[cfg(unix)]
#[tokio::test]
async fn a_backup_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::new().await;
    house.backup("lundi.guichet").await.unwrap();
    let mode = std::fs::metadata(house.file("lundi.guichet")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_backup_is_taken_while_somebody_writes() {
    let house = House::new().await;
    let desk = house.desk().clone();
    let conversation = house.conversation;
    let writing = tokio::spawn(async move {
        for at in 0..200 {
            desk.save_draft(conversation, draft(&format!("Frappe {at}"))).await.unwrap();
        }
    });
    house.backup("lundi.guichet").await.unwrap();
    writing.await.unwrap();
    assert_eq!(draft_of(house.desk(), conversation).await.as_deref(), Some("Frappe 199"));
    let (_, other, shelf, _folders) = house.close();
    restored(&other, &shelf.join("lundi.guichet")).await.unwrap();
    assert!(draft_of(&Desk::open(other).await.unwrap(), conversation).await.is_some());
}

#[tokio::test]
async fn the_inbox_that_was_there_lies_aside_and_opens_when_it_is_put_back() {
    let house = House::new().await;
    house.backup("lundi.guichet").await.unwrap();
    house.room.clock.forward(SECOND);
    house.draft("Écrit après la copie.").await;
    let conversation = house.conversation;
    let (doors, _, shelf, _folders) = house.close();
    let before = contents(&doors.folder);
    // A restoring that died left its workshop.
    std::fs::create_dir(doors.folder.join("restoring-1")).unwrap();
    let view = restored(&doors, &shelf.join("lundi.guichet")).await.unwrap();
    assert!(!doors.folder.join("restoring-1").exists());
    let aside = PathBuf::from(view.aside.unwrap());
    assert_eq!(aside, doors.folder.join(format!("aside-{}", doors.now().0)));
    assert_eq!(contents(&aside), before);
    let desk = Desk::open(doors.clone()).await.unwrap();
    assert_eq!(draft_of(&desk, conversation).await.as_deref(), Some("Nous regardons."));
    drop(desk);
    // The key of the one aside was not replaced.
    for name in ["desk.db", "vault"] {
        std::fs::rename(aside.join(name), doors.folder.join(name)).unwrap();
    }
    let desk = Desk::open(doors).await.unwrap();
    assert_eq!(draft_of(&desk, conversation).await.as_deref(), Some("Écrit après la copie."));
}

#[tokio::test]
async fn a_passphrase_keeps_the_new_inbox_where_no_keychain_answers() {
    let house = House::new().await;
    house.backup("lundi.guichet").await.unwrap();
    let (_, other, shelf, _folders) = house.close();
    let with =
        |phrase: &str| Doors { keys: Arc::new(Passphrase::new(other.folder.clone(), phrase.into())), ..other.clone() };
    restored(&with("le chat dort"), &shelf.join("lundi.guichet")).await.unwrap();
    drop(Desk::open(with("le chat dort")).await.unwrap());
    // Once more, with another passphrase: the first one still opens what lies aside.
    let view = restored(&with("le chien dort"), &shelf.join("lundi.guichet")).await.unwrap();
    drop(Desk::open(with("le chien dort")).await.unwrap());
    assert_eq!(Desk::open(with("le chat dort")).await.err(), Some(Problem::Passphrase { wrong: true }));
    let aside = Doors {
        keys: Arc::new(Passphrase::new(view.aside.clone().unwrap().into(), "le chat dort".into())),
        folder: view.aside.unwrap().into(),
        ..other.clone()
    };
    assert!(Desk::open(aside).await.is_ok());
}

#[tokio::test]
async fn a_torn_inbox_gives_its_newer_texts_back() {
    let house = House::new().await;
    house.backup("lundi.guichet").await.unwrap();
    house.room.clock.forward(SECOND);
    house.draft("Nous regardons cela demain.").await;
    let edit = TemplateEdit {
        id: None,
        code: "horaires".into(),
        title: "Horaires".into(),
        text: "Ouvert le {{ jour }}.".into(),
        lang: None,
        clients: Vec::new(),
    };
    house.desk().save_template(edit).await.unwrap();
    house.desk().start().stop().await;
    let conversation = house.conversation;
    let (doors, _, shelf, _folders) = house.close();
    let mut torn = std::fs::read(doors.folder.join("desk.db")).unwrap();
    torn[100..2_000].fill(7);
    std::fs::write(doors.folder.join("desk.db"), torn).unwrap();
    assert_eq!(Desk::open(doors.clone()).await.err(), Some(Problem::Torn));
    let view = restored(&doors, &shelf.join("lundi.guichet")).await.unwrap();
    assert_eq!((view.drafts, view.templates, view.left), (1, 1, Vec::new()));
    let desk = Desk::open(doors).await.unwrap();
    assert_eq!(draft_of(&desk, conversation).await.as_deref(), Some("Nous regardons cela demain."));
    assert_eq!(desk.templates(None).await.unwrap()[0].code, "horaires");
}
