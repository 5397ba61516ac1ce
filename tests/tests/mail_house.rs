//! The desk at the simulated mail house: the evening's mails come in, an answer is sent once, and where the connection breaks
//! after the last dot nobody sends it again: it stays unsure until the stranger answers it. What networks tell by mail stands
//! with those networks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guichet_core::view::{ReplyState, Settle, Waiting};
use guichet_model::look::Span;
use guichet_model::{Route, link};
use guichet_networks::door::mail;
use guichet_rehearsal::{Effect, FaultRule, Say, Speaker};
use guichet_tests::desk::Town;

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_whose_receipt_is_lost_is_sent_once() {
    let town = Town::open("soirée", 0.0).await;
    let row = town.row("un parapluie jaune avec un bec de canard").await;
    let reply = town.reply(row.id, "Il est au vestiaire, il dort.").await;
    town.sent(reply).await;
    let published = town.published("il dort");
    assert_eq!(published.len(), 1);
    assert_eq!(published[0].state.as_deref(), Some("solene_p@scenes.example"), "to whom it went");

    town.rehearsal.fault(FaultRule::on("SMTP", "TEXT", Effect::CutAfter).once());
    let lost = town.reply(row.id, "Et il vous attend.").await;
    town.becomes(lost, "unsure", |state| matches!(state, ReplyState::Unsure { .. })).await;
    assert_eq!(town.published("Et il vous attend").len(), 1);
    let ours = town.published("Et il vous attend")[0].id.clone();
    let solene = Speaker::new("solene_p@scenes.example", "Solène Pradier");
    town.rehearsal.say(Say::reply(solene, &ours, None, "J’arrive avec du pain.")).unwrap();
    town.sent(lost).await;
    assert_eq!(town.published("Et il vous attend").len(), 1, "once, whatever was heard of it");
    let again = town.row("avec du pain").await;
    assert_eq!(again.id, row.id, "it is the same conversation");

    // The last dot itself is lost: nothing was done, and that is not known either.
    town.rehearsal.fault(FaultRule::on("SMTP", "TEXT", Effect::CutDuring).once());
    let cut = town.reply(row.id, "Le canard préfère la brioche.").await;
    let told = |state: &ReplyState| matches!(state, ReplyState::Unsure { .. } | ReplyState::Sent { .. });
    town.becomes(cut, "unsure or sent", told).await;
    let state = town.state(cut).await;
    let there = town.published("préfère la brioche").len();
    assert_eq!(there, usize::from(matches!(state, ReplyState::Sent { .. })), "{state:?}");
    town.quit().await;
}

/// What stands in the mail of somebody's notification, and what does not: each of the invented ones is read as it is
/// described, or says that it was not understood.
#[test]
fn every_invented_notification_is_read_or_says_that_it_is_not() {
    // Not understood: nobody's words stand in the first two; the third one has them in a shape that we were not taught.
    let without_text = ["instagram-mention-fr.eml", "instagram-message-en.eml", "facebook-mention-en.eml"];
    let (mut understood, mut raw, mut none) = (0, 0, 0);
    for notice in guichet_rehearsal::notices() {
        let file = notice.file.as_str();
        let read = mail::notice(&notice.bytes);
        let in_mailbox = mail::of_letter(&notice.bytes);
        let Some(link) = notice.link.as_deref() else {
            // A summary, a code, a network nobody has taught us, a thief: no message, and a letter in a mailbox.
            assert!(read.is_err() && in_mailbox.is_none(), "{file}: {:?}", read.map(|one| one.text));
            none += 1;
            continue;
        };
        let read = read.unwrap_or_else(|unread| panic!("{file}: {}", unread.why));
        assert_eq!(read.network.as_deref(), Some(notice.network.as_str()), "{file}");
        assert_eq!(read.link.as_deref().and_then(link::normal), link::normal(link), "{file}");
        assert!(read.mail.is_some() && read.told.is_some(), "{file} is kept");
        let letter = in_mailbox.unwrap_or_else(|| panic!("{file} would stay a letter"));
        assert_eq!(letter.with_words, file == "linkedin-forwarded-fr.eml", "{file}");
        let author = read.author.as_deref().map(|author| author.trim_start_matches('@').to_owned());
        let called = notice.handle.clone().filter(|_| read.author.as_deref().is_some_and(|by| by.starts_with('@')));
        assert_eq!(author, called.or(notice.author), "{file}");
        assert_eq!(read.rating, notice.rating, "{file}");
        if without_text.contains(&file) {
            assert!(read.raw && !read.text.is_empty(), "{file} says that it has no text");
            raw += 1;
        } else {
            assert!(!read.raw, "{file}");
            // One kind of space, as patterns are written.
            assert_eq!(read.text, notice.text.unwrap_or_default().replace('\u{a0}', " "), "{file}");
            understood += 1;
        }
    }
    assert_eq!((understood, raw, none), (22, 3, 4));
}

/// The one that has words in it is shown, and read; so is the next one of its shape.
#[tokio::test(flavor = "multi_thread")]
async fn an_invented_notification_that_was_not_understood_is_learnt_from_one_example() {
    let town = Town::open("calme", 0.0).await;
    let client = town.desk().desk().await.unwrap().clients[0].id;
    let notice = guichet_rehearsal::notices().into_iter().find(|one| one.file == "facebook-mention-en.eml").unwrap();
    let first = mail::notice(&notice.bytes).unwrap();
    let mut second = first.clone();
    second.link = first.link.as_deref().map(|link| link.replace("8thMum", "9thDad"));
    let told = second.told.as_mut().unwrap();
    for text in [&mut told.subject, &mut told.body] {
        *text = text
            .replace("Tom Ashby", "Ann")
            .replace("November 18 at 11:40 AM", "2 December")
            .replace("for her 80th", "again");
    }
    second.text = told.unread();
    assert!(first.raw && second.raw);
    let desk = town.desk();
    let added = desk.notice(client, Route::Mail, vec![first, second], Vec::new()).await.unwrap();
    let shown = desk.conversation(added.conversation.unwrap()).await.unwrap().messages.remove(0);
    let text = desk.mail_of(shown.id).await.unwrap().text;
    let span = |said: &str| {
        let units = |text: &str| u32::try_from(text.encode_utf16().count()).unwrap();
        let start = units(&text[..text.rfind(said).expect("it stands there")]);
        Span { start, end: start + units(said) }
    };
    let what = span("Taking my mum to @Théâtre du Quai Vert for her 80th. No pressure.");
    let taught = desk.teach(shown.id, Some(span("Tom Ashby")), what).await.unwrap();
    assert_eq!((taught.learned, taught.others), (true, 1));
    let row = town.row("Taking my mum to @Théâtre du Quai Vert again").await;
    let message = desk.conversation(row.id).await.unwrap().messages.remove(0);
    assert_eq!((message.author.as_str(), message.raw), ("Ann", false));
    assert_eq!(message.text, "Taking my mum to @Théâtre du Quai Vert again. No pressure.");
    town.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_networks_told_the_mailbox_stands_with_them_and_is_answered_by_hand() {
    let town = Town::open("soirée", 0.0).await;
    let row = town.row("Recrutez-vous des régisseurs").await;
    assert_eq!(row.network, "linkedin");
    let view = town.desk().conversation(row.id).await.unwrap();
    let message = &view.messages[0];
    assert_eq!((message.author.as_str(), message.route, message.raw), ("Marc Aubry", Route::Mail, false));
    assert!(message.url.as_deref().unwrap().contains("commentUrn") && view.composer.by_hand);
    let reply = town.reply(row.id, "Oui : écrivez à la régie.").await;
    let waits = |state: &ReplyState| matches!(state, ReplyState::Waiting { why: Waiting::Hand });
    town.becomes(reply, "waiting for the CM", waits).await;
    let copied = town.desk().copy_reply(reply).await.unwrap();
    assert_eq!(copied.text.as_deref(), Some("Oui : écrivez à la régie."));
    town.desk().settle(vec![reply], Settle::Published).await.unwrap();
    town.sent(reply).await;
    assert!(town.published("écrivez à la régie").is_empty(), "nothing left by itself, by mail neither");
    // Read again, nothing is there twice.
    let before = town.rows().await.len();
    town.desk().pull_now(None).await.unwrap();
    town.quiet().await;
    let again = town.rows().await;
    assert_eq!(again.iter().filter(|row| row.network == "linkedin").count(), 1);
    assert!(again.len() >= before);
    town.quit().await;
}
