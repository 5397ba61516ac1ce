//! Sending through the simulated mail house: what it takes upon itself, what it refuses, and where a connection can break.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod stage;

use guichet_rehearsal::{Effect, FaultRule, Rehearsal, Say, Speaker};
use stage::mail::{Mailbox, mailbox};
use stage::quiet;

const ODILE: &str = "odile.ferrand@poste.example";

fn sent(rehearsal: &Rehearsal, words: &str) -> usize {
    rehearsal.posted().iter().filter(|post| post.text.contains(words)).count()
}

async fn send(claire: &Mailbox, id: &str, text: &str) -> String {
    claire.envelope(ODILE).await.say(&claire.written(id, text)).await
}

#[tokio::test]
async fn every_mail_taken_is_counted() {
    let rehearsal = quiet("courriers").await;
    let claire = mailbox(&rehearsal, "pension_claire");
    for _ in 0..2 {
        assert!(
            send(&claire, "une@claire.example", "Oui.\r\n..\r\nTrois points au bout...").await.starts_with("250 2.0.0")
        );
    }
    let posted = rehearsal.posted();
    assert_eq!(posted.len(), 2, "the same twice is two");
    assert_eq!(
        (posted[0].id.as_str(), posted[0].account.as_str()),
        ("une@claire.example", "pension_claire@claire.example")
    );
    assert_eq!(posted[0].text, "Oui.\n.\nTrois points au bout...");
    let mut imap = claire.imap().await;
    imap.told("SELECT Sent").await;
    assert_eq!(
        imap.search("ALL").await.len(),
        1,
        "filing is the client's business here, but for what was written elsewhere"
    );

    let grande = mailbox(&rehearsal, "pension_grande");
    for _ in 0..2 {
        assert!(send(&grande, "deux@grande.example", "Non.").await.starts_with("250 "));
    }
    let mut imap = grande.imap().await;
    imap.told("SELECT Sent").await;
    assert_eq!(imap.search("HEADER Message-ID <deux@grande.example>").await.len(), 1, "filed once, sent twice");
    assert_eq!(sent(&rehearsal, "Non."), 2);

    let id = rehearsal.say(Say::direct(Speaker::new(ODILE, "Odile"), "pension_claire", "Et le chien ?")).unwrap();
    let native = Say::reply(Speaker::new("pension_claire", ""), &id, None, "Il dort.");
    rehearsal.say(native).unwrap();
    // Another house may have taken one in the same millisecond: the last one need not be it.
    let posted = rehearsal.posted().into_iter().find(|one| one.native).unwrap();
    assert_eq!((posted.in_reply_to, posted.state.as_deref()), (Some(id), Some(ODILE)));
}

#[tokio::test]
async fn what_breaks_the_rules_is_refused() {
    let rehearsal = quiet("courriers").await;
    let claire = mailbox(&rehearsal, "pension_claire");
    let mut smtp = claire.smtp().await;
    assert!(smtp.say("MAIL FROM:<pension_claire@claire.example>").await.starts_with("530 "));
    assert!(smtp.say("AUTH PLAIN AGEAYg==").await.starts_with("535 "));
    let mut smtp = claire.sender().await;
    assert!(smtp.say("MAIL FROM:<autre@claire.example>").await.starts_with("553 "));
    assert!(smtp.say("MAIL FROM:<pension_claire@claire.example> SIZE=99999999").await.starts_with("552 "));
    assert!(smtp.say("MAIL FROM:<pension_claire@claire.example> SMTPUTF8").await.starts_with("555 "));
    assert!(smtp.say("DATA").await.starts_with("503 "));
    assert!(smtp.say("MAIL FROM:<pension_claire@claire.example>").await.starts_with("250 "));
    assert!(smtp.say("RCPT TO:<personne@claire.example>").await.starts_with("550 5.1.1"));
    assert!(smtp.say("RCPT TO:nulle part").await.starts_with("501 "));
    assert!(smtp.say("DATA").await.starts_with("554 5.5.1"));
    let good = claire.written("a@b", "x");
    for (what, wrong) in [
        ("550 5.6.0 Message-ID", good.replace("<a@b>", "a@b")),
        ("550 5.6.0 Date", good.replace("Date: Sat, 21 Nov 2026", "Date: hier,")),
        ("550 5.7.1 From", good.replace("<pension_claire@", "<quelqu-un@")),
        ("550 5.6.7", good.replace("Subject: Re", "Subject: Réponse")),
        ("550 5.7.1 Bcc", good.replace("Subject: Re", "Bcc: <c@d.example>")),
        ("550 5.6.0 In-Reply-To", good.replace("Subject: Re", "In-Reply-To: abc")),
        ("521 5.5.2", good.replace("\r\n\r\nx", "\r\n\r\nx\ny")),
        ("554 5.6.1 A part", good.replace("8bit", "7bit").replace("\r\n\r\nx", "\r\n\r\né")),
        ("500 5.6.0", good.replace("\r\n\r\nx", &format!("\r\n\r\n{}", "x".repeat(1000)))),
    ] {
        let answer = claire.envelope(ODILE).await.say(&wrong).await;
        assert!(answer.starts_with(what), "{what}: {answer}");
    }
    assert!(rehearsal.posted().is_empty());
    assert!(claire.envelope(ODILE).await.say(&good).await.starts_with("250 "), "and nothing else is wrong with it");
}

#[tokio::test]
async fn a_connection_breaks_before_or_after_the_last_dot() {
    let rehearsal = quiet("courriers").await;
    let claire = mailbox(&rehearsal, "pension_claire");
    let on_text = |effect| rehearsal.fault(FaultRule::on("SMTP", "TEXT", effect).once());
    for (number, (effect, posted)) in
        [(Effect::CutBefore, 0), (Effect::CutDuring, 0), (Effect::CutAfter, 1), (Effect::Torn, 1)]
            .into_iter()
            .enumerate()
    {
        on_text(effect.clone());
        let text = format!("Essai {number}.");
        let answer = send(&claire, &format!("{number}@claire.example"), &text).await;
        assert!(!answer.contains("250 "), "{effect:?}: {answer}");
        assert_eq!(sent(&rehearsal, &text), posted, "{effect:?}");
    }
    on_text(Effect::AppliedLate { after_ms: 100 });
    assert_eq!(send(&claire, "tard@claire.example", "Tard.").await, "");
    for _ in 0..500 {
        if rehearsal.late() == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!((rehearsal.late(), sent(&rehearsal, "Tard.")), (0, 1));
    on_text(Effect::Status { code: 452, body: "4.2.2 Mailbox full".into(), headers: Vec::new() });
    assert_eq!(send(&claire, "plein@claire.example", "Plein.").await, "452 4.2.2 Mailbox full\r\n");
    on_text(Effect::Status { code: 550, body: String::new(), headers: Vec::new() });
    assert!(send(&claire, "non@claire.example", "Refus.").await.starts_with("550 "));
    assert_eq!((sent(&rehearsal, "Plein."), sent(&rehearsal, "Refus.")), (0, 0));
    rehearsal.fault(FaultRule::on("SMTP", "RCPT", Effect::RateLimited { after_s: 60 }).once());
    let mut smtp = claire.sender().await;
    smtp.say("MAIL FROM:<pension_claire@claire.example>").await;
    assert!(smtp.say(&format!("RCPT TO:<{ODILE}>")).await.starts_with("450 "));
    rehearsal.fault(
        FaultRule::on("SMTP", "CONNECT", Effect::Status { code: 421, body: String::new(), headers: Vec::new() }).once(),
    );
    let stream = tokio::net::TcpStream::connect(claire.value("smtp")).await.unwrap();
    let mut said = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut tokio::io::BufReader::new(stream), &mut said).await.unwrap();
    assert!(said.starts_with("421 "), "{said}");
}

#[tokio::test]
async fn reading_can_break_too() {
    let rehearsal = quiet("courriers").await;
    let claire = mailbox(&rehearsal, "pension_claire");
    let mut imap = claire.imap().await;
    imap.told("SELECT INBOX").await;
    rehearsal.fault(FaultRule::on("IMAP", "UID FETCH", Effect::Torn).once());
    assert!(imap.try_ask("UID FETCH 1:* (BODY.PEEK[])").await.is_none());
    let mut imap = claire.imap().await;
    imap.told("SELECT INBOX").await;
    rehearsal.fault(FaultRule::on("IMAP", "UID MOVE", Effect::CutAfter).once());
    assert!(imap.try_ask("UID MOVE 1 Junk").await.is_none());
    let mut imap = claire.imap().await;
    imap.told("SELECT INBOX").await;
    assert!(imap.search("UID 1").await.is_empty(), "done, and nobody said so");
    rehearsal.fault(FaultRule::on("IMAP", "UID SEARCH", Effect::RateLimited { after_s: 9 }).once());
    assert!(imap.end("UID SEARCH ALL").await.starts_with("NO [LIMIT]"));
    rehearsal.fault(FaultRule::on("IMAP", "NOOP", Effect::TokenExpired).once());
    assert!(imap.try_ask("NOOP").await.is_none());
    rehearsal.fault(FaultRule::on("IMAP", "LOGIN", Effect::TokenExpired).once());
    let mut imap = claire.connect().await;
    assert!(imap.end("LOGIN a b").await.starts_with("NO [AUTHENTICATIONFAILED]"));
    // What has just come is not there for reads that lag.
    rehearsal.say(Say::direct(Speaker::new(ODILE, "Odile"), "pension_claire", "Tout juste arrivé.")).unwrap();
    rehearsal.fault(FaultRule::on("IMAP", "", Effect::ReadsLag { ms: 3_600_000 }));
    let mut imap = claire.imap().await;
    imap.told("SELECT INBOX").await;
    assert!(imap.search("ALL").await.is_empty());
    rehearsal.clear_faults();
    assert!(!imap.search("BODY \"Tout juste\"").await.is_empty());
}

#[tokio::test]
async fn offline_shuts_every_door() {
    let rehearsal = quiet("courriers").await;
    let claire = mailbox(&rehearsal, "pension_claire");
    let mut imap = claire.imap().await;
    rehearsal.offline(true);
    assert!(imap.try_line().await.is_none(), "cut");
    for name in ["imap", "smtp"] {
        assert!(tokio::net::TcpStream::connect(claire.value(name)).await.is_err(), "{name}");
    }
    rehearsal.offline(false);
    claire.imap().await.told("NOOP").await;
    claire.sender().await;
}
