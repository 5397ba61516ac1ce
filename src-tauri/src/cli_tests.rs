//! Each line a person may type, and what is understood of it.
//!
//! Tests of the file of the same name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

fn read(line: &str) -> Result<Asked, Mistake> {
    parse(line.split_whitespace().map(str::to_owned))
}

fn verb(line: &str) -> Verb {
    read(line).unwrap().verb
}

#[test]
fn nothing_opens_the_window() {
    assert_eq!(verb(""), Verb::Window);
}

#[test]
fn every_verb_reads_with_its_words() {
    assert_eq!(verb("desk"), Verb::Desk);
    assert_eq!(verb("sync"), Verb::Sync);
    assert_eq!(verb("doctor"), Verb::Doctor);
    assert_eq!(verb("search horaires du samedi"), Verb::Search { words: "horaires du samedi".into() });
    assert_eq!(verb("backup lundi.guichet"), Verb::Backup { file: "lundi.guichet".into() });
    assert_eq!(verb("restore --passphrase-fd 3 lundi.guichet"), Verb::Restore { file: "lundi.guichet".into() });
    let reply = Verb::Reply { conversation: ConversationId(12), text: "Bonjour Léa".into() };
    assert_eq!(verb("reply 12 Bonjour Léa"), reply);
}

#[test]
fn options_stand_anywhere_until_two_dashes() {
    let asked = read("--json search --passphrase-fd 3 retard").unwrap();
    assert!(asked.json);
    assert_eq!(asked.passphrase_fd, Some(3));
    assert_eq!(verb("search -- --json"), Verb::Search { words: "--json".into() });
}

#[test]
fn a_rehearsal_has_a_scenario_and_an_end() {
    let evening = |then| Verb::Rehearsal { scenario: "soirée".into(), then };
    assert_eq!(verb("--rehearsal"), evening(Then::Stay));
    assert_eq!(verb("--rehearsal --show-and-quit"), evening(Then::ShowAndQuit));
    assert_eq!(verb("--rehearsal --print"), evening(Then::Print));
    let quiet = Verb::Rehearsal { scenario: "calme".into(), then: Then::Stay };
    assert_eq!(verb("--rehearsal --scenario calme"), quiet);
}

#[test]
fn a_mistake_is_named() {
    assert_eq!(read("dance").unwrap_err(), unknown("dance"));
    assert_eq!(read("--loud").unwrap_err(), unknown("--loud"));
    assert_eq!(read("reply douze Bonjour").unwrap_err(), unknown("douze"));
    assert_eq!(read("reply 12").unwrap_err(), missing("TEXTE"));
    assert_eq!(read("search").unwrap_err(), missing("MOTS"));
    assert_eq!(read("backup").unwrap_err(), missing("FICHIER"));
    assert_eq!(read("restore un deux").unwrap_err(), unknown("un deux"));
    assert_eq!(read("--print").unwrap_err(), missing("--rehearsal"));
    assert_eq!(read("--rehearsal desk").unwrap_err(), unknown("--rehearsal"));
    assert_eq!(read("--passphrase-fd").unwrap_err(), missing("--passphrase-fd N"));
}
