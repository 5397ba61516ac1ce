//! The simulated mail house as plain clients see it: finding it, signing in, reading, marking, moving, waiting for news.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod stage;

use guichet_rehearsal::{Rehearsal, Say, Speaker};
use stage::mail::{Imap, base64, mailbox};
use stage::quiet;

fn odile() -> Speaker {
    Speaker::new("odile.ferrand@poste.example", "Odile Ferrand")
}

fn write(rehearsal: &Rehearsal, to: &str, text: &str) -> String {
    rehearsal.say(Say::direct(odile(), to, text)).unwrap()
}

async fn opened(imap: &mut Imap, folder: &str) -> String {
    imap.told(&format!("SELECT \"{folder}\"")).await
}

fn number(told: &str, name: &str) -> u32 {
    let (_, rest) = told.split_once(&format!("[{name} ")).unwrap();
    rest.split(']').next().unwrap().parse().unwrap()
}

fn exists(told: &str) -> u32 {
    let line = told.lines().find_map(|line| line.strip_prefix("* ")?.strip_suffix(" EXISTS"));
    line.unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_client_is_told_where_the_servers_are() {
    let rehearsal = quiet("courriers").await;
    let claire = mailbox(&rehearsal, "pension_claire");
    let page = async |path: &str, of: &str| {
        let server = mailbox(&rehearsal, of).value("server").to_owned();
        let answer = stage::http().get(format!("{server}{path}")).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    for path in [
        "/mail/config-v1.1.xml?emailaddress=pension_claire%40claire.example",
        "/.well-known/autoconfig/mail/config-v1.1.xml",
        "/v1.1/claire.example",
    ] {
        let (status, xml) = page(path, "pension_claire").await;
        assert_eq!(status, 200, "{path}");
        let (_, imap) = xml.split_once("type=\"imap\"").unwrap();
        let port = claire.value("imap").rsplit(':').next().unwrap();
        assert!(
            imap.contains("<hostname>127.0.0.1</hostname>") && imap.contains(&format!("<port>{port}</port>")),
            "{xml}"
        );
        assert!(xml.find("pop3") < xml.find("imap"), "who takes the first server takes the wrong one");
    }
    assert_eq!(page("/v1.1/autre.example", "pension_claire").await.0, 404);
    assert_eq!(page("/mail/config-v1.1.xml", "pension_muette").await.0, 404);
    assert!(page("/mail/config-v1.1.xml", "pension_courte").await.1.contains("%EMAILLOCALPART%"));
    assert!(page("/mail/config-v1.1.xml", "pension_jetons").await.1.contains("OAuth2"));
}

#[tokio::test]
async fn only_who_is_known_comes_in() {
    let rehearsal = quiet("courriers").await;
    let claire = mailbox(&rehearsal, "pension_claire");
    let mut imap = claire.connect().await;
    assert!(imap.greeting.contains("AUTH=PLAIN") && !imap.greeting.contains("IDLE"));
    assert!(imap.end("SELECT INBOX").await.starts_with("BAD"), "before signing in");
    let (user, password) = (claire.value("user").to_owned(), claire.value("password").to_owned());
    assert!(imap.end(&format!("LOGIN {user} faux")).await.starts_with("NO [AUTHENTICATIONFAILED]"));
    let plain = base64(&format!("\0{user}\0{password}"));
    let end = imap.end(&format!("AUTHENTICATE PLAIN {plain}")).await;
    assert!(end.starts_with("OK [CAPABILITY") && end.contains("IDLE UIDPLUS MOVE SPECIAL-USE"), "{end}");

    let jetons = mailbox(&rehearsal, "pension_jetons");
    let mut imap = jetons.connect().await;
    assert!(imap.greeting.contains("LOGINDISABLED") && !imap.greeting.contains("AUTH=PLAIN"));
    let (address, password) = (jetons.card.handle.clone(), jetons.value("password").to_owned());
    assert!(imap.end(&format!("LOGIN {address} {password}")).await.starts_with("NO"));
    imap.raw(
        format!("t1 AUTHENTICATE XOAUTH2 {}\r\n", base64(&format!("user={address}\u{1}auth=Bearer faux\u{1}\u{1}")))
            .as_bytes(),
    )
    .await;
    assert!(imap.line().await.starts_with("+ ey"), "the reason comes as a challenge");
    imap.raw(b"\r\n").await;
    assert!(imap.line().await.starts_with("t1 NO [AUTHENTICATIONFAILED]"));
    let words = base64(&format!("user={address}\u{1}auth=Bearer {}\u{1}\u{1}", jetons.card.token));
    assert!(imap.end(&format!("AUTHENTICATE XOAUTH2 {words}")).await.starts_with("OK"));
    let answer = jetons.smtp().await.say(&format!("AUTH PLAIN {plain}")).await;
    assert!(answer.starts_with("535 5.7.139"), "{answer}");

    let courte = mailbox(&rehearsal, "pension_courte");
    assert_eq!(courte.value("user"), "pension_courte");
    courte.imap().await;
    courte.sender().await;
    let nue = mailbox(&rehearsal, "pension_nue").imap().await.told("CAPABILITY").await;
    assert_eq!(nue.trim(), "* CAPABILITY IMAP4rev1");
}

#[tokio::test]
async fn folders_are_listed_with_what_they_are_for() {
    let rehearsal = quiet("courriers").await;
    let mut claire = mailbox(&rehearsal, "pension_claire").imap().await;
    let all = claire.told("LIST \"\" \"*\"").await;
    assert!(all.contains("* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent\""), "{all}");
    assert!(all.contains("\"Site web/Contact &- devis\""), "{all}");
    assert_eq!(claire.told("LIST \"\" \"%\"").await.lines().count(), 5, "one level alone");
    assert_eq!(claire.told("LIST (SPECIAL-USE) \"\" \"*\"").await.lines().count(), 4);
    assert!(claire.end("SELECT Absent").await.starts_with("NO [NONEXISTENT]"));
    let status = claire.told("STATUS \"Site web/Contact &- devis\" (MESSAGES UIDNEXT UNSEEN)").await;
    assert!(status.contains("(MESSAGES 0 UIDNEXT 1 UNSEEN 0)"), "{status}");
    let mut nue = mailbox(&rehearsal, "pension_nue").imap().await;
    let all = nue.told("LIST \"\" \"*\"").await;
    assert!(all.contains("\"Envoy&AOk-s\"") && !all.contains("\\Sent"), "{all}");
    assert!(nue.end("LIST (SPECIAL-USE) \"\" \"*\"").await.starts_with("BAD"));
    opened(&mut nue, "Envoy&AOk-s").await;
    assert!(nue.end("IDLE").await.starts_with("BAD"));
    assert!(nue.end("UID MOVE 1 INBOX").await.starts_with("BAD"));
}

#[tokio::test]
async fn the_last_mail_comes_whatever_is_asked_after_it() {
    let rehearsal = quiet("courriers").await;
    let mut imap = mailbox(&rehearsal, "pension_claire").imap().await;
    let told = opened(&mut imap, "INBOX").await;
    let (next, there) = (number(&told, "UIDNEXT"), exists(&told));
    let fetched = imap.told(&format!("UID FETCH {next}:* (UID FLAGS)")).await;
    assert_eq!(fetched.trim(), format!("* {there} FETCH (UID {} FLAGS ())", next - 1));
    assert_eq!(imap.told(&format!("UID FETCH {next}:{} (UID)", next + 5)).await, "");
    opened(&mut imap, "Drafts").await;
    assert_eq!(imap.told("UID FETCH 1:* (UID)").await, "", "nothing in nothing");
}

#[tokio::test]
async fn mails_are_told_in_pieces() {
    let rehearsal = quiet("courriers").await;
    let mut imap = mailbox(&rehearsal, "pension_claire").imap().await;
    opened(&mut imap, "INBOX").await;
    let nested = imap.search("SUBJECT nested").await;
    assert!(nested.is_empty(), "subjects are searched as they are written");
    let nested = imap.search("BODY \"Le plan est dans\"").await[0];
    let told = imap.told(&format!("UID FETCH {nested} (BODYSTRUCTURE ENVELOPE RFC822.SIZE INTERNALDATE)")).await;
    assert!(told.contains("((\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"quoted-printable\""), "{told}");
    assert!(told.contains("\"related\" (\"boundary\"") && told.contains("\"<plan@poste.example>\""), "{told}");
    assert!(told.contains("((\"Odile Ferrand\" NIL \"odile.ferrand\" \"poste.example\"))"), "{told}");
    let image = imap.told(&format!("UID FETCH {nested} (BODY.PEEK[1.2.2.MIME] BODY.PEEK[1.2.2]<0.8>)")).await;
    assert!(image.contains("BODY[1.2.2]<0> {8}\niVBORw0K"), "{image}");
    assert!(image.contains("Content-ID: <plan@poste.example>"), "{image}");
    let fields = imap.told(&format!("UID FETCH {nested} (BODY.PEEK[HEADER.FIELDS (MESSAGE-ID From)])")).await;
    assert!(fields.contains("BODY[HEADER.FIELDS (MESSAGE-ID FROM)] {"), "{fields}");
    assert!(fields.contains("From: Odile Ferrand <") && !fields.contains("Subject:"), "{fields}");
    assert!(imap.told(&format!("UID FETCH {nested} (FLAGS)")).await.contains("FLAGS ()"), "a look marks nothing");
    assert!(imap.told(&format!("UID FETCH {nested} (BODY[1.1])")).await.contains("FLAGS (\\Seen)"));
    assert!(imap.told(&format!("UID FETCH {nested} (BODY.PEEK[7])")).await.contains("BODY[7] NIL"));
    for wrong in [
        "UID FETCH 1 (BODY.PEEK[HEADER.FIELDS ()])",
        "UID FETCH 1 (X-GM-LABELS)",
        "UID FETCH 1 (FLAGS) (CHANGEDSINCE 1)",
    ] {
        assert!(imap.end(wrong).await.starts_with("BAD"), "{wrong}");
    }
    let bare =
        imap.told("UID FETCH 1:* (BODY.PEEK[HEADER.FIELDS (REFERENCES IN-REPLY-TO AUTO-SUBMITTED LIST-ID)])").await;
    assert!(
        bare.contains("Auto-Submitted: auto-replied") && bare.contains("List-Id:") && bare.contains("References: <"),
        "{bare}"
    );
}

#[tokio::test]
async fn mails_are_found_marked_and_moved() {
    let rehearsal = quiet("courriers").await;
    let id = write(&rehearsal, "pension_claire", "La clé est sous le pot.");
    let mut imap = mailbox(&rehearsal, "pension_claire").imap().await;
    let told = opened(&mut imap, "INBOX").await;
    let found = imap.search(&format!("HEADER Message-ID <{id}>")).await;
    assert_eq!(found, [number(&told, "UIDNEXT") - 1]);
    let uid = found[0];
    assert_eq!(imap.search("FROM w.pike@ UNSEEN NOT DELETED").await.len(), 1);
    assert_eq!(imap.search(&format!("UID {uid}:* SINCE 1-Jan-2020 OR SEEN UNSEEN")).await, [uid]);
    assert!(imap.search("SINCE 1-Jan-2090").await.is_empty());
    let marked = imap.told(&format!("UID STORE {uid} +FLAGS (\\Answered $Junk)")).await;
    assert!(marked.contains("FLAGS ($Junk \\Answered)"), "{marked}");
    assert!(imap.end(&format!("UID STORE {uid} +FLAGS (\\Recent)")).await.starts_with("BAD"));
    assert!(imap.end(&format!("UID MOVE {uid} Nulle")).await.starts_with("NO [TRYCREATE]"));
    let moved = imap.told(&format!("UID MOVE {uid} Junk")).await;
    assert!(moved.contains("* OK [COPYUID ") && moved.contains(" EXPUNGE"), "{moved}");
    assert!(imap.search(&format!("UID {uid}")).await.is_empty());
    opened(&mut imap, "Junk").await;
    assert_eq!(imap.search("ALL").await.len(), 2, "with what was spam before");
    imap.told("EXAMINE Junk").await;
    assert!(imap.end("UID STORE 1:* +FLAGS (\\Seen)").await.starts_with("NO"));
    // Filed, and told where.
    imap.raw(b"a1 APPEND Sent (\\Seen) {26}\r\n").await;
    assert!(imap.line().await.starts_with("+ "));
    imap.raw(b"Message-ID: <x@y>\r\n\r\nabc\r\n\r\n").await;
    let (_, end) = imap.until("a1").await.unwrap();
    assert!(end.starts_with("OK [APPENDUID "), "{end}");
    opened(&mut imap, "Sent").await;
    assert_eq!(imap.search("HEADER Message-ID <x@y>").await.len(), 1);
    imap.told("UID STORE 1:* +FLAGS.SILENT (\\Deleted)").await;
    let last = imap.search("ALL").await.into_iter().max().unwrap();
    imap.told(&format!("UID EXPUNGE {last}")).await;
    assert_eq!(imap.search("DELETED").await.len(), 1, "no other than the one named");
}

#[tokio::test]
async fn who_waits_is_told() {
    let rehearsal = quiet("courriers").await;
    let claire = mailbox(&rehearsal, "pension_claire");
    let mut imap = claire.imap().await;
    let told = opened(&mut imap, "INBOX").await;
    let (there, uid) = (exists(&told), number(&told, "UIDNEXT"));
    imap.raw(b"i1 IDLE\r\n").await;
    assert_eq!(imap.line().await, "+ idling");
    let id = write(&rehearsal, "pension_claire", "Nous sommes devant la porte.");
    assert_eq!(imap.line().await, format!("* {} EXISTS", there + 1));
    assert_eq!(imap.line().await, "* 0 RECENT");
    assert!(rehearsal.say(Say::Put { status: id.clone(), state: "seen".into() }).is_some());
    assert_eq!(imap.line().await, format!("* {} FETCH (UID {uid} FLAGS (\\Seen))", there + 1));
    assert!(rehearsal.say(Say::Delete { status: id }).is_some());
    assert_eq!(imap.line().await, format!("* {} EXPUNGE", there + 1));
    imap.raw(b"DONE\r\n").await;
    assert!(imap.line().await.starts_with("i1 OK"));
    let next = number(&imap.told("EXAMINE INBOX").await, "UIDNEXT");
    assert_eq!(next, uid + 1, "a number is given once");
}

#[tokio::test]
async fn folders_made_anew_number_anew() {
    let rehearsal = quiet("courriers").await;
    let claire = mailbox(&rehearsal, "pension_claire");
    let mut imap = claire.imap().await;
    let before = opened(&mut imap, "INBOX").await;
    let first = imap.told("UID FETCH 1 (BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])").await;
    assert!(rehearsal.say(Say::Put { status: claire.card.handle.clone(), state: "renumber".into() }).is_some());
    let left = imap.try_ask("NOOP").await;
    assert!(left.is_none(), "the folder it had open is no more: {left:?}");
    let mut imap = claire.imap().await;
    let after = opened(&mut imap, "INBOX").await;
    assert_ne!(number(&before, "UIDVALIDITY"), number(&after, "UIDVALIDITY"));
    assert_ne!(first, imap.told("UID FETCH 1 (BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])").await, "1 is another mail now");
}

#[tokio::test]
async fn the_evening_has_its_mail() {
    let evening = stage::start("soirée", 1.0e6).await;
    let accueil = mailbox(&evening, "accueil");
    let mut imap = accueil.imap().await;
    for _ in 0..200 {
        opened(&mut imap, "INBOX").await;
        if imap.search("FROM solene_p@").await.len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let told = imap.told("UID FETCH 1:* (BODY.PEEK[])").await;
    assert_eq!(imap.search("FROM solene_p@").await.len(), 2);
    assert!(told.contains("X-Guichet-Rehearsal: invented") && told.contains("multipart/alternative"));
    opened(&mut imap, "Sent").await;
    assert_eq!(imap.search("ALL").await.len(), 1, "answered from elsewhere");
    opened(&mut imap, "Junk").await;
    assert_eq!(imap.search("ALL").await.len(), 1);
    assert!(evening.posted().is_empty(), "what was there before is not counted");
}
