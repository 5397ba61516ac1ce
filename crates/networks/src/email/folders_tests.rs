//! What folders are for, said or guessed.

#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn what_the_server_says_comes_before_what_a_name_suggests() {
    let mut folders = Folders::default();
    for (name, attributes) in [
        ("INBOX", vec![]),
        ("Sent", vec![]),
        ("[Gmail]", vec![NameAttribute::NoSelect]),
        ("[Gmail]/Messages envoy&AOk-s", vec![NameAttribute::Sent]),
        ("INBOX.Ind&AOk-sirables", vec![]),
        ("Corbeille", vec![]),
        ("[Gmail]/Tous les messages", vec![NameAttribute::All]),
    ] {
        folders.met(name, &attributes, Some(if name.starts_with("INBOX.") { "." } else { "/" }));
    }
    assert_eq!(folders.sent(), Some("[Gmail]/Messages envoy&AOk-s"));
    assert_eq!((folders.junk(), folders.trash()), (Some("INBOX.Ind&AOk-sirables"), Some("Corbeille")));
    assert_eq!(folders.tidied().collect::<Vec<_>>(), ["[Gmail]/Tous les messages"]);
    assert_eq!(folders.names.len(), 6, "one cannot be opened");
}

#[test]
fn a_typed_name_is_spelled_as_imap_does() {
    for (typed, wanted) in [
        ("INBOX", "INBOX"),
        ("Reçus & envoyés", "Re&AOc-us &- envoy&AOk-s"),
        ("~peter/台北/日本語", "~peter/&U,BTFw-/&ZeVnLIqe-"),
    ] {
        assert_eq!(spelled(typed), wanted);
    }
}
