//! The whole trip through Dovecot and a submission server of others' making: a sign-in by address, mails of a stranger
//! gathered and answered, seen once by the stranger, filed as spam; and the answer to the last dot lost on the way, which
//! nobody can prove until the stranger answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use guichet_core::view::{Health, ReplyState};
use guichet_model::*;
use guichet_tests::desk::Watch;
use guichet_tests::office::{Leave, Office, network, outgoing, saying, session};
use guichet_tests::servers::{ALICE, BOB, MailHouse};
use std::sync::Arc;
use std::time::Duration;

const PLAIN: &str = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit";

/// Types what each step asks for, by its name.
async fn try_sign_in(typed: &[(&str, String)]) -> Result<Signed, Fault> {
    let mut login = network("email").login();
    let mut step = login.first();
    while let Step::Ask { fields } = step {
        let value = |name: String| Some((name.clone(), typed.iter().find(|(known, _)| *known == name)?.1.clone()));
        let values = fields.into_iter().filter_map(|field| value(field.name)).collect();
        step = login.answer(Answer::Fields { values }).await?;
    }
    assert_eq!(step, Step::Done);
    Ok(login.signed().expect("a finished sign-in"))
}

async fn sign_in(house: &MailHouse) -> Signed {
    let signed = try_sign_in(&house.typed("INBOX")).await.expect("signed in");
    assert_eq!(signed.accounts[0].me.handle, ALICE);
    signed
}

/// What all sources bring in their first pages.
async fn pulled(session: &Arc<dyn Session>) -> Vec<Item> {
    let mut items = Vec::new();
    for source in session.sources() {
        let page = session.pull(source.name, None, Watch::default().now().plus(-DAY)).await.unwrap();
        assert!(page.unreadable.is_empty(), "{:?}", page.unreadable);
        items.extend(page.items);
    }
    items
}

#[tokio::test(flavor = "multi_thread")]
async fn gathered_answered_and_nothing_twice() {
    let house = MailHouse::start().await;
    let mut wrong = house.typed("INBOX");
    wrong[1].1 = "faux".into();
    assert!(matches!(try_sign_in(&wrong).await, Err(Fault::Refused { .. })), "a wrong password opens nothing");
    let office = Office::open("email", sign_in(&house).await).await;

    house
        .stranger(
            "q1@example.test",
            &format!("Subject: =?UTF-8?Q?Tabliers_=C3=A0_carreaux?=\r\n{PLAIN}"),
            "Avez-vous des tabliers bleus & gris, taille \"S\" ?\r\n..",
        )
        .await;
    let row = office.row("bleus & gris").await;
    let reply = office.reply(row.id, "Oui : 3 < 4, il en reste « trois ».\n\n.Et un rouge.").await;
    office.sent(reply).await;
    assert_eq!(house.count(BOB, "INBOX", "il en reste"), 1);
    assert_eq!(house.count(ALICE, "Sent", "il en reste"), 1, "a copy is kept, once");
    let header = |name: &str| {
        house.doveadm(&["fetch", "-u", BOB, &format!("hdr.{name}"), "mailbox", "INBOX", "text", "il en reste"])
    };
    assert!(header("in-reply-to").contains("<q1@example.test>") && header("references").contains("<q1@example.test>"));
    assert!(header("subject").contains("Re:"), "{}", header("subject"));
    let body = house.doveadm(&["fetch", "-u", BOB, "body.preview", "mailbox", "INBOX", "text", "il en reste"]);
    assert!(body.contains("3 < 4"), "{body}");
    office.reads_again_without_doubles(row.id, 2).await;

    // The server has it, we do not know: it is sent once, and stays unsure, since nothing proves it.
    house.smtp.lose_answers(1);
    let lost = office.reply(row.id, "Et deux verts.").await;
    office.becomes(lost, "unsure", |state| matches!(state, ReplyState::Unsure { .. })).await;
    assert_eq!(house.smtp.still_to_lose(), 0, "the answer was to be lost");
    assert_eq!(house.count(BOB, "INBOX", "Et deux verts"), 1);
    // The stranger answers it: that is the proof.
    let told = house.doveadm(&["fetch", "-u", BOB, "hdr.message-id", "mailbox", "INBOX", "text", "Et deux verts"]);
    let id = told.split_once('<').unwrap().1.split('>').next().unwrap().to_owned();
    let header =
        format!("Subject: Re: Tabliers\r\nIn-Reply-To: <{id}>\r\nReferences: <q1@example.test>\r\n <{id}>\r\n{PLAIN}");
    house.stranger("q2@example.test", &header, "Les verts me vont.").await;
    let again = office.row("Les verts me vont").await;
    assert_eq!(again.id, row.id, "it is the same conversation");
    office.sent(lost).await;
    assert_eq!(house.count(BOB, "INBOX", "Et deux verts"), 1, "and it did not leave a second time");
    office.reads_again_without_doubles(row.id, 4).await;
    office.is_proved().await;
    office.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filed_looked_at_again_and_answered_once() {
    let house = MailHouse::start().await;
    let signed = sign_in(&house).await;
    let session = session("email", &signed);
    house.stranger("a1@example.test", &format!("Subject: Bonjour\r\n{PLAIN}"), "un vrai bonjour").await;
    let html =
        "Subject: Casino\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable";
    house.stranger("a2@example.test", html, "<p>casino <b>tr=E8s</b> gratuit<script>x()</script></p>").await;
    let items = pulled(&session).await;
    let (hello, casino) = (saying(&items, "un vrai bonjour"), saying(&items, "casino très gratuit"));
    assert!(!casino.body.text.contains("x()"), "{:?}", casino.body);
    assert_eq!(hello.author.handle, BOB);

    let curation = session.curation().unwrap();
    assert_eq!(curation.put(&casino.remote, Publication::Spam).await, Ok(Publication::Spam));
    assert_eq!((house.count(ALICE, "Junk", "casino"), house.count(ALICE, "INBOX", "casino")), (1, 0));
    assert_eq!(curation.put(&casino.remote, Publication::Spam).await, Ok(Publication::Spam), "again changes nothing");
    let looked = session.again().unwrap().look(&[casino.remote.clone(), hello.remote.clone()]).await.unwrap();
    assert_eq!(saying(&looked.items, "casino").publication, Publication::Spam);
    assert_eq!(curation.put(&casino.remote, Publication::Published).await, Ok(Publication::Published));
    assert_eq!(house.count(ALICE, "INBOX", "casino"), 1);

    let prepared = session.prepare(&outgoing(hello, "Bonjour « Bob » & bienvenue <3")).await.unwrap();
    let before = Watch::default().now().plus(-60_000);
    let item = session.send(&prepared, Arc::new(Leave)).await.unwrap();
    assert_eq!((item.ours, item.body.text.as_str()), (true, prepared.text.as_str()));
    assert_eq!(house.count(BOB, "INBOX", "bienvenue"), 1);
    let found = session.find(&prepared, before).await.unwrap();
    assert_eq!((found.same.len(), found.other.len()), (1, 0));
    assert_eq!(found.same[0].remote, item.remote);
    let place = Place { read_at: before, ..outgoing(hello, "x").place };
    assert!(matches!(session.recheck(&place).await, Ok(Recheck::Answered(_))));

    // The folder is made anew: other numbers, the same mails, and none of them twice.
    let known: Vec<_> = pulled(&session).await.into_iter().map(|item| item.remote).collect();
    let _said = house.doveadm(&["mailbox", "update", "-u", ALICE, "--uid-validity", "4242", "INBOX"]);
    let again: Vec<_> = pulled(&session).await.into_iter().map(|item| item.remote).collect();
    assert_eq!(known, again);
}

/// Every byte there is, in no order that packs well.
fn film(length: u32) -> Vec<u8> {
    (0..length).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_hangs_on_a_letter_comes_back_byte_for_byte() {
    let house = MailHouse::start().await;
    let session = session("email", &sign_in(&house).await);
    let lines = |bytes: &[u8]| {
        let letters = BASE64_STANDARD.encode(bytes);
        let lines = letters.as_bytes().chunks(76).map(|line| format!("{}\r\n", String::from_utf8_lossy(line)));
        lines.collect::<String>()
    };
    let part = |header: &str, body: &str| format!("--bb\r\n{header}\r\n\r\n{}\r\n", body.trim_end());
    let mixed = "Subject: Le mur\r\nContent-Type: multipart/mixed; boundary=\"bb\"";
    let pdf = "Content-Type: application/pdf\r\nContent-Disposition: attachment;\r\n filename*=utf-8''devis%20%C3%A9t%C3%A9.pdf\r\nContent-Transfer-Encoding: base64";
    let video = "Content-Type: video/mp4; name=\"../mur.mp4\"\r\nContent-Transfer-Encoding: base64";
    let note = "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Disposition: attachment; filename=note.txt\r\nContent-Transfer-Encoding: quoted-printable";
    // A short letter, and one of which not all is read: the server tells of what stands behind its first film.
    for (id, words, length) in
        [("f1@example.test", "Voici le devis", 5_000), ("f2@example.test", "Voici le film", 700_000)]
    {
        let (first, second) = (film(length), film(length / 2 + 1));
        let body = [
            part("Content-Type: text/plain", words),
            part(video, &lines(&first)),
            part(pdf, &lines(&second)),
            part(note, "D=E9j=E0 =3D fini"),
            "--bb--".to_owned(),
        ];
        house.stranger(id, mixed, &body.concat()).await;
        let items = pulled(&session).await;
        let letter = saying(&items, words);
        let told: Vec<&AttachedFile> = letter.attachments.iter().filter_map(|one| one.file.as_ref()).collect();
        let names: Vec<&str> = told.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["_mur.mp4", "devis été.pdf", "note.txt"], "{words}");
        assert!(told[0].size.unwrap().abs_diff(u64::from(length)) < 60, "{:?}", told[0].size);
        let files = session.files().unwrap();
        for (at, wanted) in [first, second, b"D\xe9j\xe0 = fini".to_vec()].into_iter().enumerate() {
            let had = files.file(&letter.remote, &letter.attachments[at].url).await.unwrap();
            assert!(had == wanted, "{words}: {} is another", names[at]);
        }
        let gone = files.file(&letter.remote, &format!("{}#9", letter.remote.as_str())).await;
        assert_eq!(gone, Err(Fault::refused(RefusalCode::Gone, None)));
        let flags = house.doveadm(&["fetch", "-u", ALICE, "flags", "mailbox", "INBOX", "text", words]);
        assert!(!flags.contains("Seen"), "{flags}");
    }
}

/// By the owner's consent, with no password at all.
async fn agree(house: &MailHouse) -> Signed {
    let typed = |values: &[(&str, String)]| Answer::Fields {
        values: values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
    };
    let mut login = network("email").login();
    login.answer(typed(&[("address", ALICE.into()), ("name", "La Boutique".into())])).await.unwrap();
    let issuer = format!("http://127.0.0.1:{}", house.issuer);
    let at = |port: u16| format!("127.0.0.1:{port}");
    let servers = [("imap", at(house.imap)), ("smtp", at(house.smtp.port)), ("issuer", issuer)];
    login.answer(typed(&servers)).await.unwrap();
    let program = typed(&[("client_id_google", "guichet.programme.example".into())]);
    let Step::OpenBrowser { url, .. } = login.answer(program).await.unwrap() else { panic!("no browser") };
    let browser = tokio::spawn(async move { guichet_tests::browser::sign_in(&url, "", "").await });
    assert_eq!(login.answer(Answer::Returned).await, Ok(Step::Done));
    let _page = browser.await.unwrap();
    login.signed().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_opens_both_servers_and_is_renewed_once_its_token_is_worth_nothing() {
    let house = MailHouse::start().await;
    let signed = agree(&house).await;
    let office = Office::open("email", signed).await;
    house.stranger("t1@example.test", &format!("Subject: Jeton\r\n{PLAIN}"), "Un jeton, un café ?").await;
    let row = office.row("un café").await;
    let reply = office.reply(row.id, "Le café est offert.").await;
    office.sent(reply).await;
    house.forget_tokens(false).await;
    let again = office.reply(row.id, "Le sucre aussi.").await;
    office.sent(again).await;
    assert_eq!((house.count(BOB, "INBOX", "est offert"), house.count(BOB, "INBOX", "sucre aussi")), (1, 1));
    office.is_well().await;
    house.forget_tokens(true).await;
    let last = office.reply(row.id, "Et la tasse.").await;
    guichet_tests::until("the account asks for its owner", Duration::from_secs(40), || async {
        let shown = office.desk.desk().await.unwrap();
        let mut accounts = shown.clients.iter().flat_map(|client| &client.accounts);
        (accounts.find(|one| one.id == office.account).unwrap().health == Health::NeedsLogin).then_some(())
    })
    .await;
    office.becomes(last, "waiting", |state| matches!(state, ReplyState::Waiting { .. })).await;
    assert_eq!(house.count(BOB, "INBOX", "la tasse"), 0);
}
