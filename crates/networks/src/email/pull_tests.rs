//! Gathering by numbers: the first time, again, after a renumbering, and what is not given.

#![allow(clippy::unwrap_used)]

use super::super::fake::{Fail, Fake, ME, NOW, letter, outgoing};
use super::*;
use guichet_model::{HOUR, Item, Session};

fn question(n: usize) -> String {
    letter(&format!("q{n}@lea.test"), "Léa <lea@lea.test>", "Une question", "", &format!("Question {n}"))
}

fn names(page: &Page) -> Vec<&str> {
    page.items.iter().map(|item| item.remote.as_str()).collect()
}

fn texts(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item.body.text.as_str()).collect()
}

#[tokio::test]
async fn the_last_days_are_read_first_then_what_is_new_and_nothing_twice() {
    let fake = Fake::start().await;
    fake.put("INBOX", 40 * 86_400, question(0));
    for n in 1..=30 {
        fake.put("INBOX", 1_000 - i64::try_from(n).unwrap(), question(n));
    }
    let account = fake.account();
    let since = NOW.plus(-30 * DAY);
    let first = account.pull(INBOX, None, since).await.unwrap();
    assert_eq!((first.items.len(), first.more, first.items[0].remote.as_str()), (25, true, "mid:q1@lea.test"));
    let second = account.pull(INBOX, first.cursor.as_ref(), since).await.unwrap();
    assert_eq!((second.items.len(), second.more), (5, false));
    assert_eq!(second.covered, Some(Interval { from: since, to: NOW }));
    // The trap: the last one answers to every `n:*`.
    let third = account.pull(INBOX, second.cursor.as_ref(), since).await.unwrap();
    assert!(third.items.is_empty() && !third.more);
    fake.put("INBOX", 0, question(31));
    let fourth = account.pull(INBOX, third.cursor.as_ref(), since).await.unwrap();
    assert_eq!(names(&fourth), ["mid:q31@lea.test"]);
    assert_eq!(fake.asked("LOGIN"), 1, "one connection serves them all");
    assert_eq!(fake.asked("SELECT"), 0, "reading marks nothing");
    assert!(fake.state().asked.iter().all(|asked| !asked.contains(" BODY[")), "nothing is marked as seen");
}

#[tokio::test]
async fn a_renumbered_folder_gives_the_same_messages() {
    let fake = Fake::start().await;
    fake.put("INBOX", 100, question(1));
    fake.put("INBOX", 90, question(2));
    let account = fake.account();
    let since = NOW.plus(-30 * DAY);
    let before = account.pull(INBOX, None, since).await.unwrap();
    {
        let mut state = fake.state();
        let inbox = state.folders.get_mut("INBOX").unwrap();
        inbox.validity = 8;
        for message in &mut inbox.messages {
            message.uid += 100;
        }
        inbox.next = 200;
    }
    fake.put("INBOX", 0, question(3));
    let after = account.pull(INBOX, before.cursor.as_ref(), since).await.unwrap();
    assert_eq!(names(&after), ["mid:q1@lea.test", "mid:q2@lea.test", "mid:q3@lea.test"]);
    assert_eq!(texts(&after.items[..2]), texts(&before.items));
}

#[tokio::test]
async fn a_first_reading_takes_eight_hundred_and_says_so() {
    let fake = Fake::start().await;
    for n in 0..FIRST + 10 {
        let seconds = i64::try_from(10_000 - n).unwrap();
        let date = jiff::Timestamp::from_millisecond(NOW.0 - seconds * 1000).unwrap();
        let date = format!("Date: {}", date.strftime("%a, %d %b %Y %H:%M:%S +0000"));
        fake.put("INBOX", seconds, question(n).replace("Date: Mon, 21 Sep 2026 12:00:00 +0000", &date));
    }
    let account = fake.account();
    let since = NOW.plus(-30 * DAY);
    let first = account.pull(INBOX, None, since).await.unwrap();
    assert_eq!(first.items[0].remote.as_str(), "mid:q10@lea.test");
    let missing = first.missing.unwrap();
    assert_eq!((missing.from, missing.to), (since, first.items[0].at));
    assert_eq!(first.covered.unwrap().from, first.items[0].at);
}

#[tokio::test]
async fn of_the_sent_ones_those_that_answer_something_are_ours() {
    let fake = Fake::start().await;
    let answer = letter("s1@webmail.test", ME, "Re: Une question", "In-Reply-To: <q1@lea.test>\r\n", "Oui.");
    fake.put("Sent", 50, answer);
    fake.put("Sent", 40, letter("s2@webmail.test", ME, "Commande", "", "Bonjour, deux cartons."));
    // A name can be forged; a folder cannot.
    fake.put("INBOX", 30, letter("f@mal.test", ME, "Virement", "", "Faites vite."));
    let account = fake.account();
    let since = NOW.plus(-30 * DAY);
    let sent = account.pull(SENT, None, since).await.unwrap();
    assert_eq!(names(&sent), ["mid:s1@webmail.test"]);
    assert!(sent.items[0].ours && sent.items[0].author == account.me);
    assert!(!account.pull(INBOX, None, since).await.unwrap().items[0].ours);
    fake.state().folders.remove("Sent");
    assert_eq!(fake.account().pull(SENT, None, since).await.unwrap().items, []);
}

#[tokio::test]
async fn what_fails_half_way_moves_no_cursor() {
    for (command, fail) in [
        ("UID SEARCH", Fail::Cut),
        ("UID SEARCH", Fail::CutAfter),
        ("UID SEARCH", Fail::Say("NO not now")),
        ("UID FETCH", Fail::Cut),
        ("UID FETCH", Fail::Say("NO [UNAVAILABLE] oh")),
        ("UID FETCH", Fail::Say("BAD User is authenticated but not connected.")),
        ("EXAMINE", Fail::Say("NO [UNAVAILABLE] oh")),
        ("LOGIN", Fail::Say("NO [AUTHENTICATIONFAILED] no")),
    ] {
        let fake = Fake::start().await;
        fake.put("INBOX", 100, question(1));
        let account = fake.account();
        fake.fail(command, fail);
        let since = NOW.plus(-HOUR);
        let pulled = account.pull(INBOX, None, since).await;
        assert!(pulled.is_err(), "{command}");
        assert_eq!(command == "LOGIN", pulled.err() == Some(Fault::NeedsLogin), "{command}");
        // A torn connection is not used again.
        assert_eq!(account.pull(INBOX, None, since).await.unwrap().items.len(), 1, "{command}");
    }
}

/// Whoever was written to knows its id, and whoever reads a list knows everybody's.
#[tokio::test]
async fn a_letter_under_the_id_of_another_is_a_letter_of_its_own() {
    let fake = Fake::start().await;
    fake.put("INBOX", 90, question(1));
    let answer = letter("s1@webmail.test", ME, "Re: Une question", "In-Reply-To: <q1@lea.test>\r\n", "Oui.");
    fake.put("Sent", 80, answer.clone());
    let account = fake.account();
    let since = NOW.plus(-30 * DAY);
    let first = account.pull(INBOX, None, since).await.unwrap();
    account.pull(SENT, None, since).await.unwrap();
    let other = "Mal <mal@mal.test>";
    fake.put("INBOX", 70, letter("q1@lea.test", other, "Une question", "", "Autre chose"));
    fake.put("INBOX", 60, letter("s1@webmail.test", other, "Re: Une question", "", "Non."));
    fake.put("INBOX", 50, answer.replace("Oui.", "Jamais !"));
    // A copy of ours to ourselves is what it was.
    fake.put("INBOX", 40, answer);
    let later = account.pull(INBOX, first.cursor.as_ref(), since).await.unwrap();
    let own = later.items.iter().filter(|item| item.remote.as_str().starts_with("both:")).count();
    assert_eq!((own, later.items.len(), names(&later)[3]), (3, 4, "mid:s1@webmail.test"));
    // Each is answered to whoever wrote it, also by one who remembers nothing.
    let forged = later.items.iter().find(|item| item.body.text.contains("Autre chose")).unwrap();
    for (name, to) in [("mid:q1@lea.test", "lea@lea.test"), (forged.remote.as_str(), "mal@mal.test")] {
        let prepared = fake.account().prepare(&outgoing(name, "Oui")).await.unwrap();
        assert!(prepared.body.contains(&format!("\"to\":\"{to}\"")), "{name}");
    }
    let looked = guichet_model::Again::look(&fake.account(), std::slice::from_ref(&forged.remote)).await.unwrap();
    assert_eq!(looked.items[0].remote, forged.remote);
}

#[tokio::test]
async fn a_letter_that_the_server_cannot_give_keeps_no_other_away() {
    for said in [
        "NO cannot",
        "NO [SERVERBUG] oh",
        "",
        "* 1 FETCH (UID what)",
        // The parser falls over it.
        "* 1 FETCH (UID 2 INTERNALDATE NIL)",
    ] {
        let fake = Fake::start().await;
        for n in 1..=3 {
            fake.put("INBOX", 100, question(n));
        }
        fake.state().held.insert(2, said);
        let account = fake.account();
        let since = NOW.plus(-30 * DAY);
        let page = account.pull(INBOX, None, since).await.unwrap();
        assert_eq!(names(&page), ["mid:q1@lea.test", "mid:q3@lea.test"], "{said}");
        assert_eq!(page.unreadable, [Unread { raw: "uid 2".into(), why: "not given".into() }], "{said}");
        // One that stands alone, too; and where many are held back and none is given, nothing is passed over.
        for n in 4..=10 {
            fake.state().held.insert(n, said);
        }
        fake.put("INBOX", 9, question(4));
        assert!(
            account.pull(INBOX, page.cursor.as_ref(), since).await.is_err(),
            "it may be a moment's trouble: {said}"
        );
        let alone = account.pull(INBOX, page.cursor.as_ref(), since).await.unwrap();
        assert_eq!((alone.items.len(), alone.unreadable.len()), (0, 1), "{said}");
        for n in 5..=10 {
            fake.put("INBOX", 9, question(n));
        }
        for _ in 0..3 {
            assert!(account.pull(INBOX, alone.cursor.as_ref(), since).await.is_err(), "{said}");
        }
        fake.state().held.clear();
        assert_eq!(account.pull(INBOX, alone.cursor.as_ref(), since).await.unwrap().items.len(), 6, "{said}");
    }
}

#[tokio::test]
async fn what_is_no_message_is_kept_raw_and_unfinished_ones_are_left() {
    let fake = Fake::start().await;
    fake.put("INBOX", 9, question(1));
    fake.put("INBOX", 8, "");
    let draft = fake.put("INBOX", 7, question(2));
    fake.state().folders.get_mut("INBOX").unwrap().messages[draft as usize - 1].flags.push("\\Draft".into());
    let page = fake.account().pull(INBOX, None, NOW.plus(-HOUR)).await.unwrap();
    assert_eq!((names(&page), page.unreadable.len()), (vec!["mid:q1@lea.test"], 1));
}

#[tokio::test]
async fn a_letter_that_a_network_sent_is_what_it_tells_of_and_no_letter() {
    let fake = Fake::start().await;
    let link = "https://www.facebook.com/n/?librairie%2Fposts%2F12&comment_id=90&aref=1";
    let from = "Facebook <notification@facebookmail.com>";
    let told = format!("Adèle Brun a écrit :\n« Ouvert lundi ? »\n\nVoir le commentaire\n{link}\n");
    fake.put("INBOX", 90, letter("f1@facebookmail.com", from, "Adèle Brun a commenté votre publication", "", &told));
    // Changed, and still of one comment; then what tells of nothing; a person there; somebody who sends one on.
    fake.put("INBOX", 80, letter("f2@facebookmail.com", from, "Du nouveau", "", &format!("Quelque chose\n{link}0\n")));
    fake.put("INBOX", 70, letter("f3@facebookmail.com", from, "Votre semaine", "", "Trois visites\n"));
    fake.put(
        "INBOX",
        60,
        letter(
            "p1@google.com",
            "Ana <ana@google.com>",
            "Le plan",
            "",
            "https://maps.google.com/maps/place/Librairie\n",
        ),
    );
    let sent_on = format!(
        "Tu réponds ?\n\n---------- Message transféré ----------\nDe : {from}\nSujet : Adèle Brun a commenté\n\n{}",
        told.replace("=90", "=91")
    );
    fake.put("INBOX", 50, letter("c1@poste.test", "Claire <claire@poste.test>", "TR : Adèle", "", &sent_on));
    fake.put(
        "Sent",
        40,
        letter("s1@librairie.test", from, "Adèle Brun a commenté", "In-Reply-To: <x@y.test>\r\n", &told),
    );
    let account = fake.account();
    let page = account.pull(INBOX, None, NOW.plus(-30 * DAY)).await.unwrap();
    assert_eq!(names(&page), ["mid:f3@facebookmail.com", "mid:p1@google.com", "mid:c1@poste.test"]);
    let told: Vec<_> = page.noticed.iter().map(|one| (one.author.as_deref(), one.text.as_str(), one.raw)).collect();
    let understood = (Some("Adèle Brun"), "Ouvert lundi ?", false);
    assert_eq!((told[0], told[1].2, told[2], told.len()), (understood, true, understood, 3));
    assert!(page.noticed.iter().all(|one| one.mail.is_some() && one.told.is_some()));
    assert!(
        account.pull(SENT, None, NOW.plus(-30 * DAY)).await.unwrap().noticed.is_empty(),
        "what is ours is a letter"
    );
}
