//! A backup and a restoring as a person types them, alone and beside an open window.
//!
//! Tests of the file of the same name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::cli::ask::{Said, ask};
use crate::cli::parse;
use crate::contract::dispatch;
use crate::shell::Shell;
use crate::socket::listen;
use serde_json::{Value, json};
use std::io::{Seek, Write};
use std::os::fd::AsRawFd;

const INBOX: &str = "le chat dort";
const BACKUP: &str = "un train peut en cacher un autre";

struct House(tempfile::TempDir);

impl House {
    /// With an inbox that a passphrase keeps, closed.
    async fn new() -> Self {
        let house = Self(tempfile::tempdir().unwrap());
        let shell = Shell::real(house.folder());
        shell.open(Some(INBOX.into())).await.unwrap();
        dispatch(&shell, "add_client", json!({ "name": "Mairie", "color": 1 })).await.unwrap();
        house
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("guichet")
    }

    fn file(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// The line, with these passphrases on a descriptor.
    async fn says(&self, line: &[&str], phrases: &[&str]) -> Result<Said, Problem> {
        let mut given = tempfile::tempfile().unwrap();
        given.write_all(phrases.join("\n").as_bytes()).unwrap();
        given.rewind().unwrap();
        let fd = given.as_raw_fd().to_string();
        let line = line.iter().copied().chain(["--passphrase-fd", &fd]).map(str::to_owned);
        ask(&parse(line).unwrap(), &self.folder(), Locale::Fr).await
    }

    async fn json(&self, line: &[&str], phrases: &[&str]) -> Value {
        let line: Vec<&str> = line.iter().copied().chain(["--json"]).collect();
        serde_json::from_str(&self.says(&line, phrases).await.unwrap().text).unwrap()
    }
}

#[tokio::test]
async fn an_inbox_is_backed_up_and_restored_by_the_command_line() {
    let house = House::new().await;
    let file = house.file("lundi.guichet");
    let doctor = house.json(&["doctor"], &[INBOX]).await;
    assert_eq!((&doctor["backupAt"], &doctor["restoredAt"]), (&Value::Null, &Value::Null));

    let said = house.says(&["backup", &file], &[BACKUP, INBOX]).await.unwrap();
    assert!(said.well && said.text.contains(&file) && said.text.contains("0,"), "{}", said.text);
    assert_eq!(house.says(&["backup", &file], &[BACKUP, INBOX]).await.err(), Some(Problem::FileThere));
    let doctor = house.says(&["doctor"], &[INBOX]).await.unwrap().text;
    assert!(doctor.contains("Dernière sauvegarde") && !doctor.contains("aucune\nBoîte restaurée"), "{doctor}");

    let wrong = house.says(&["restore", &file], &["un autre", INBOX]).await;
    assert_eq!(wrong.err(), Some(Problem::Passphrase { wrong: true }));
    let restored = house.json(&["restore", &file], &[BACKUP, "le chien dort"]).await;
    assert!(Path::new(restored["aside"].as_str().unwrap()).join("desk.db").exists(), "{restored}");
    assert_eq!(restored["left"], json!([]));
    let desk = house.json(&["desk"], &["le chien dort"]).await;
    assert_eq!(desk["clients"][0]["name"], "Mairie");
    let doctor = house.says(&["doctor"], &["le chien dort"]).await.unwrap().text;
    assert!(doctor.contains("Boîte restaurée"), "{doctor}");
}

#[tokio::test]
async fn a_file_that_is_not_there_is_said_before_its_passphrase_is_asked() {
    let house = House::new().await;
    let line = parse(["restore".to_owned(), house.file("mardi.guichet")].into_iter()).unwrap();
    assert_eq!(
        ask(&line, &house.folder(), Locale::Fr).await.err(),
        Some(Problem::NoFile { file: house.file("mardi.guichet") })
    );
}

/// A vault that has lived and no store beside it: the store was lost, and the way back is a backup.
#[tokio::test]
async fn a_lost_store_is_said_as_the_window_says_it() {
    let house = House::new().await;
    for name in ["desk.db", "desk.db-wal", "desk.db-shm"] {
        let _ = std::fs::remove_file(house.folder().join(name));
    }
    assert_eq!(house.says(&["desk"], &[INBOX]).await.err(), Some(Problem::Torn));
    let doctor = house.says(&["doctor"], &[INBOX]).await.unwrap();
    assert!(
        !doctor.well && doctor.text.contains("abîmé") && doctor.text.contains("guichet restore"),
        "{}",
        doctor.text
    );
    assert!(!house.folder().join("desk.db").exists(), "a look makes no inbox");
    assert!(crate::said::with_way_out(Locale::Fr, &Problem::Torn).contains("guichet restore"));
}

#[tokio::test]
async fn beside_a_window_it_backs_up_and_refuses_to_restore() {
    let house = House::new().await;
    let shell = Shell::real(house.folder());
    shell.open(Some(INBOX.into())).await.unwrap();
    let _listening = listen(shell, || ()).unwrap();
    let file = house.file("lundi.guichet");
    let written = house.json(&["backup", &file], &[BACKUP]).await;
    assert_eq!(written["size"], json!(std::fs::metadata(&file).unwrap().len()));
    assert_eq!(house.says(&["restore", &file], &[BACKUP]).await.err(), Some(Problem::Busy));
}

#[test]
fn two_lines_are_the_files_and_the_inboxs() {
    let line = |line: &str| parse(line.split(' ').map(str::to_owned)).unwrap();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"un\ndeux\n").unwrap();
    let fd = file.as_raw_fd();
    let read = given(&line(&format!("backup f --passphrase-fd {fd}"))).unwrap();
    assert_eq!((read.file.as_deref(), read.inbox.as_deref()), (Some("un"), Some("deux")));
    let read = given(&line(&format!("desk --passphrase-fd {fd}"))).unwrap();
    assert_eq!((read.file, read.inbox.as_deref()), (None, Some("un")));
    let read = given(&line("desk")).unwrap();
    assert_eq!((read.file, read.inbox), (None, None));
}
