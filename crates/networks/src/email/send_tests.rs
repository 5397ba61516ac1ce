//! What leaves, once, and what is certain whatever breaks: the server counts, not we.

#![allow(clippy::unwrap_used)]

use super::super::fake::{Fail, Fake, ME, NOW, letter, outgoing, word};
use super::*;
use guichet_model::{Session, Unreached};

async fn scene(text: &str) -> (Fake, Account, Prepared) {
    let fake = Fake::start().await;
    fake.put("INBOX", 60, letter("q1@lea.test", "Léa <lea@lea.test>", "Une question", "", "Vous livrez ?"));
    let account = fake.account();
    let prepared = account.prepare(&outgoing("mid:q1@lea.test", text)).await.unwrap();
    (fake, account, prepared)
}

#[tokio::test]
async fn an_answer_leaves_once_and_is_filed_and_marked() {
    let (fake, account, prepared) = scene("Oui, le mardi.\n.\n\nÀ bientôt 👋").await;
    let item = Session::send(&account, &prepared, word(true)).await.unwrap();
    let state = fake.state();
    assert_eq!(state.taken.len(), 1);
    let (from, to, message) = &state.taken[0];
    assert_eq!((from.as_str(), to.as_str()), (ME, "lea@lea.test"));
    assert!(message.contains("In-Reply-To: <q1@lea.test>\r\n") && message.contains("Subject: Re: Une question\r\n"));
    assert!(message.contains("Message-ID: <guichet.0b6c1f0e-6f4e-4c55-8a3e-5a3f4d1c2b3a@librairie.test>\r\n"));
    let sent = &state.folders["Sent"].messages;
    assert_eq!((sent.len(), String::from_utf8_lossy(&sent[0].bytes).trim_end()), (1, message.trim_end()));
    drop(state);
    assert_eq!(fake.flags("INBOX", 1), ["\\Seen", "\\Answered"]);
    assert_eq!(item.body.text, prepared.text);
    assert_eq!(item.in_reply_to, Some(prepared.place.clone()));
    assert_eq!((item.ours, item.at, item.conversation), (true, NOW, Some(prepared.place)));
}

/// What Microsoft says in a bad minute. The letter is there, and so is the folder.
#[tokio::test]
async fn a_server_in_trouble_makes_nothing_gone() {
    let (fake, account, _) = scene("Oui").await;
    let trouble = Fail::Say("BAD User is authenticated but not connected.");
    fake.fail("SELECT \"INBOX\"", trouble.clone());
    let prepared = account.prepare(&outgoing("mid:q1@lea.test", "Oui")).await;
    assert!(matches!(prepared, Err(Fault::Unreadable { .. })));
    fake.fail("EXAMINE", trouble);
    assert!(matches!(account.live().unwrap().run(&|_| {}).await, Fault::Unreadable { .. }));
}

#[tokio::test]
async fn held_when_the_server_would_take_it_no_byte_of_it_leaves() {
    let (fake, account, prepared) = scene("Oui").await;
    let sent = Session::send(&account, &prepared, word(false)).await;
    assert!(matches!(sent, Err(Fault::Offline { .. })), "{sent:?}");
    assert_eq!((fake.asked("RCPT"), fake.asked("DATA"), fake.state().taken.len()), (1, 0, 0));
}

#[tokio::test]
async fn only_what_breaks_after_the_last_dot_is_unsure() {
    let offline = Fault::Offline { why: Unreached::NoAnswer };
    let later = Fault::Later { after: NOW.plus(5 * guichet_model::MINUTE) };
    let soon = Fault::Later { after: NOW.plus(15 * guichet_model::SECOND) };
    let refused = |code, said: &str| Fault::refused(code, Some(said.to_owned()));
    for (command, fail, wanted, taken) in [
        ("AUTH", Fail::Say("535 5.7.8 no"), Fault::NeedsLogin, 0),
        ("AUTH", Fail::Cut, soon.clone(), 0),
        ("MAIL", Fail::Say("421 4.3.2 closing"), later.clone(), 0),
        ("RCPT", Fail::Say("451 4.7.1 greylisted"), later.clone(), 0),
        ("RCPT", Fail::Say("550 5.1.1 no such user"), refused(RefusalCode::Gone, "550 5.1.1 no such user"), 0),
        ("RCPT", Fail::Cut, soon.clone(), 0),
        ("DATA", Fail::Say("554 5.7.1 no"), refused(RefusalCode::Forbidden, "554 5.7.1 no"), 0),
        (".", Fail::Say("552 5.3.4 too big"), refused(RefusalCode::TooLong, "552 5.3.4 too big"), 0),
        (".", Fail::Say("450 4.2.0 later"), later.clone(), 0),
        (".", Fail::Say("what"), Fault::Unsure, 0),
        (".", Fail::Cut, Fault::Unsure, 0),
        (".", Fail::CutAfter, Fault::Unsure, 1),
    ] {
        let (fake, account, prepared) = scene("Oui").await;
        fake.fail(command, fail);
        let sent = Session::send(&account, &prepared, word(true)).await;
        assert_eq!(sent.err(), Some(wanted), "{command}");
        assert!(fake.asked("MAIL") <= 1, "{command}");
        let state = fake.state();
        assert_eq!((state.taken.len(), state.folders["Sent"].messages.len()), (taken, 0), "{command}");
    }
    let (mut fake, _, prepared) = scene("Oui").await;
    fake.access.smtp.port = 1;
    let sent = Session::send(&fake.account(), &prepared, word(true)).await;
    assert_eq!(sent.err(), Some(offline));
}

#[tokio::test]
async fn a_copy_that_cannot_be_filed_changes_nothing() {
    for fail in [Fail::Say("NO [OVERQUOTA] full"), Fail::Cut, Fail::CutAfter] {
        let (fake, account, prepared) = scene("Oui").await;
        fake.fail("APPEND", fail);
        assert!(Session::send(&account, &prepared, word(true)).await.is_ok());
        assert_eq!(fake.state().taken.len(), 1);
    }
    // The server keeps copies by itself, and was quicker.
    let (fake, account, prepared) = scene("Oui").await;
    fake.put("Sent", 0, envelope(&prepared).unwrap().message);
    Session::send(&account, &prepared, word(true)).await.unwrap();
    assert_eq!((fake.asked("APPEND"), fake.state().folders["Sent"].messages.len()), (0, 1));
}
