//! What proves that a reply left, and what is never taken for a proof that it did not.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::super::fake::{Fail, Fake, ME, NOW, letter};
use super::super::servers::{Protocol, Server, keeps_copies};
use super::*;
use guichet_model::{Outgoing, SECOND, Session};

fn place() -> Place {
    let remote = RemoteId::new("mid:q1@lea.test");
    let read_at = NOW.plus(-60 * SECOND);
    Place { conversation: remote.clone(), remote, post: None, visibility: None, edited_at: None, read_at }
}

async fn scene() -> (Fake, Account, Prepared) {
    let fake = Fake::start().await;
    fake.put("INBOX", 600, letter("q1@lea.test", "Léa <lea@lea.test>", "Une question", "", "Vous livrez ?"));
    let account = fake.account();
    let outgoing = Outgoing {
        key: "k1".into(),
        written_at: Millis(1_790_000_000_000),
        place: place(),
        text: "Oui, le mardi.".into(),
        to: Vec::new(),
        visibility: None,
        warning: None,
        lang: None,
        pictures: Vec::new(),
    };
    let prepared = account.prepare(&outgoing).await.unwrap();
    (fake, account, prepared)
}

fn ours(id: &str, seconds: i64, text: &str) -> (i64, String) {
    let header = "In-Reply-To: <q1@lea.test>\r\n";
    let date = jiff::Timestamp::from_millisecond(NOW.0 - seconds * 1000).unwrap();
    let letter = letter(id, ME, "Re: Une question", header, text);
    let date = format!("Date: {}", date.strftime("%a, %d %b %Y %H:%M:%S +0000"));
    (seconds, letter.replace("Date: Mon, 21 Sep 2026 12:00:00 +0000", &date))
}

#[tokio::test]
async fn its_id_among_the_sent_ones_is_the_proof_whatever_the_clocks() {
    let (fake, account, prepared) = scene().await;
    // Dated when it was prepared, an hour before its first attempt by this clock.
    fake.put("Sent", 3_600, send::envelope(&prepared).unwrap().message);
    let found = account.find(&prepared, NOW).await.unwrap();
    assert_eq!((found.same.len(), found.other.len(), found.complete), (1, 0, true));
    assert_eq!((found.same[0].at, found.same[0].remote.as_str()), (NOW, "mid:guichet.k1@librairie.test"));
    assert_eq!(found.by_name, ByName::There(found.same[0].remote.clone()));
}

#[tokio::test]
async fn finding_none_where_the_copy_is_ours_to_make_says_nothing() {
    let (_fake, account, prepared) = scene().await;
    let found = account.find(&prepared, NOW).await.unwrap();
    assert_eq!(found, Found { by_name: ByName::Absent, ..Found::default() });
    assert!(!found.complete);
    assert_eq!(prepared.proof, guichet_model::Proof::None);
}

#[test]
fn where_the_server_keeps_copies_a_whole_look_is_one() {
    let keeps = |imap: &str, smtp: &str| {
        let imap = Server::typed(imap, Protocol::Imap, crate::Reach::Public).unwrap();
        keeps_copies(&imap, &Server::typed(smtp, Protocol::Smtp, crate::Reach::Public).unwrap())
    };
    assert!(keeps("imap.gmail.com", "smtp.gmail.com"));
    assert!(keeps("outlook.office365.com", "smtp-mail.outlook.com"));
    assert!(keeps("outlook.office365.com", "smtp.office365.com:587"));
    assert!(!keeps("imap.orange.fr", "smtp.orange.fr") && !keeps("imap.gmail.com.exemple.fr", "smtp.gmail.com"));
    // Sent through another house, or a relay of the same, it passes by no folder.
    assert!(!keeps("imap.gmail.com", "in-v3.mailjet.com") && !keeps("imap.gmail.com", "smtp-relay.gmail.com"));
    assert!(!keeps("imap.gmail.com", "smtp.office365.com"));
    assert!(!keeps("outlook.office365.com", "librairie.mail.protection.outlook.com"));
}

#[tokio::test]
async fn an_answer_or_a_report_that_names_it_proves_it_too() {
    for header in ["In-Reply-To: <guichet.k1@librairie.test>\r\n", ""] {
        let (fake, account, prepared) = scene().await;
        let text = if header.is_empty() { "Could not deliver <guichet.k1@librairie.test>" } else { "Merci !" };
        fake.put("INBOX", 0, letter("q2@lea.test", "lea@lea.test", "Re: Re: Une question", header, text));
        let found = account.find(&prepared, NOW.plus(-60 * SECOND)).await.unwrap();
        assert_eq!((found.same.len(), found.complete), (1, true), "{header}");
        assert_eq!(found.same[0].body.text, prepared.text);
    }
}

/// Written by hand in another program, and by us, whose copy was never filed: an answer to ours tells the two apart.
#[tokio::test]
async fn the_same_words_by_hand_do_not_hide_an_answer_that_names_ours() {
    let (fake, account, prepared) = scene().await;
    let (seconds, message) = ours("w@webmail.test", 30, "Oui, le mardi.");
    fake.put("Sent", seconds, message);
    let header = "In-Reply-To: <guichet.k1@librairie.test>\r\n";
    fake.put("INBOX", 0, letter("q2@lea.test", "lea@lea.test", "Re: Re: Une question", header, "Merci !"));
    let found = account.find(&prepared, NOW.plus(-60 * SECOND)).await.unwrap();
    assert_eq!(found.by_name, ByName::There(RemoteId::new("mid:guichet.k1@librairie.test")));
    assert_eq!(found.same.len(), 2);
}

#[tokio::test]
async fn under_another_id_it_is_told_by_its_text_and_other_texts_are_shown() {
    let (fake, account, prepared) = scene().await;
    for (seconds, message) in [
        ours("x1@serveur.test", 10, "Oui, le mardi."),
        ours("x2@serveur.test", 5, "Non."),
        ours("x3@serveur.test", 900, "Avant."),
    ] {
        fake.put("Sent", seconds, message);
    }
    let found = account.find(&prepared, NOW.plus(-60 * SECOND)).await.unwrap();
    let names = |items: &[Item]| items.iter().map(|item| item.remote.0.clone()).collect::<Vec<_>>();
    assert_eq!(
        (names(&found.same), names(&found.other)),
        (vec!["mid:x1@serveur.test".to_owned()], vec!["mid:x2@serveur.test".to_owned()])
    );
}

/// A server that adds its own line below, and whose search knows ids no more.
#[tokio::test]
async fn its_name_is_the_proof_whatever_became_of_its_text() {
    let (fake, account, prepared) = scene().await;
    let (seconds, message) = ours("serveur.1@x.test", 10, "Oui, le mardi.\n\nEnvoyé depuis un serveur");
    let kept = "X-Microsoft-Original-Message-ID: <guichet.k1@librairie.test>\r\nFrom:";
    fake.put("Sent", seconds, message.replacen("From:", kept, 1));
    let found = account.find(&prepared, NOW.plus(-60 * SECOND)).await.unwrap();
    assert_eq!((found.same.len(), found.other.len()), (1, 0));
    assert_eq!(found.by_name, ByName::There(RemoteId::new("mid:guichet.k1@librairie.test")));
}

#[tokio::test]
async fn a_search_that_fails_finds_nothing_out() {
    for fail in [Fail::Say("NO cannot search"), Fail::Say("BAD what"), Fail::Cut, Fail::CutAfter] {
        let (fake, account, prepared) = scene().await;
        fake.fail("UID SEARCH HEADER", fail);
        assert!(account.find(&prepared, NOW).await.is_err());
    }
}

#[tokio::test]
async fn an_answer_of_ours_from_elsewhere_is_seen_before_a_second_one() {
    let (fake, account, _) = scene().await;
    assert_eq!(account.recheck(&place()).await.unwrap(), Recheck::Same);
    let (seconds, message) = ours("w@webmail.test", 30, "Oui !");
    fake.put("Sent", seconds, message);
    let Recheck::Answered(item) = account.recheck(&place()).await.unwrap() else { panic!("not seen") };
    assert_eq!(item.body.text, "Oui !");
    // Tidied away, it is still to be answered.
    fake.state().folders.get_mut("INBOX").unwrap().messages.clear();
    fake.state().folders.get_mut("Sent").unwrap().messages.clear();
    assert_eq!(account.recheck(&place()).await.unwrap(), Recheck::Same);
}
