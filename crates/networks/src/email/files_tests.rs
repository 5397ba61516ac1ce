//! A file comes back byte for byte, out of short messages and long ones, and nothing is given that is not it.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::super::fake::{Fail, Fake, NOW, fixture, letter};
use super::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use guichet_model::{Files, HOUR, Item, Session};

/// Bytes that no encoding leaves alone.
fn film() -> Vec<u8> {
    let mut seed = 7_u32;
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    };
    (0..900_000).map(|_| next()).collect()
}

fn lines(bytes: &[u8]) -> String {
    let letters = STANDARD.encode(bytes);
    letters.as_bytes().chunks(76).map(|line| format!("{}\r\n", String::from_utf8_lossy(line))).collect()
}

/// A message that is not read to its end: words, a film, and a note behind it.
fn heavy(film: &str) -> String {
    let inside = format!(
        "Message-ID: <lourd@x>\r\nFrom: lea@poste.example\r\nSubject: Film\r\nDate: Mon, 21 Sep 2026 12:00:00 +0000\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"bb\"\r\n\r\n--bb\r\nContent-Type: text/plain\r\n\r\n\
         Voici.\r\n--bb\r\nContent-Type: video/mp4; name=\"mur.mp4\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{film}\r\n\
         --bb\r\nContent-Type: text/plain; name=\"notes.txt\"\r\nContent-Disposition: attachment\r\n\
         Content-Transfer-Encoding: quoted-printable\r\n\r\n=C3=A9t=C3=A9\r\n--bb--\r\n"
    );
    assert!(inside.len() > 3 * crate::mime::LARGEST);
    inside
}

fn structure(film: usize) -> String {
    format!(
        "((\"text\" \"plain\" NIL NIL NIL \"7bit\" 6 1 NIL NIL NIL NIL)\
          (\"video\" \"mp4\" (\"name\" \"mur.mp4\") NIL NIL \"base64\" {film} NIL NIL NIL NIL)\
          (\"text\" \"plain\" (\"name\" \"notes.txt\") NIL NIL \"quoted-printable\" 12 1 NIL (\"attachment\" NIL) NIL NIL) \
          \"mixed\" (\"boundary\" \"bb\") NIL NIL NIL)"
    )
}

async fn pulled(fake: &Fake) -> Vec<Item> {
    fake.account().pull("inbox", None, NOW.plus(-HOUR)).await.unwrap().items
}

fn gone() -> Result<Vec<u8>, Fault> {
    Err(super::gone())
}

#[tokio::test]
async fn out_of_a_short_message_with_one_question() {
    let fake = Fake::start().await;
    fake.put("INBOX", 60, fixture("question"));
    let item = pulled(&fake).await.remove(0);
    let [file] = item.attachments.as_slice() else { panic!("{:?}", item.attachments) };
    assert_eq!(file.url, "mid:CAF1x2y3@mail.poste.example#2");
    let bytes = fake.account().file(&item.remote, &file.url).await.unwrap();
    assert_eq!(bytes, b"%PDF-1.4\n%\xc3\xa4\xc3\xbc\xc3\xb6\xc3\x9f\n");
    assert_eq!(fake.asked("UID FETCH 1 (UID BODY.PEEK[2"), 0);
}

#[tokio::test]
async fn out_of_a_long_one_piece_by_piece_and_unseen() {
    let fake = Fake::start().await;
    let film = film();
    let uid = fake.put("INBOX", 60, heavy(&lines(&film)));
    fake.state().structures.insert(uid, structure(lines(&film).len()));
    let item = pulled(&fake).await.remove(0);
    let told: Vec<_> = item.attachments.iter().filter_map(|one| one.file.clone()).collect();
    let told: Vec<_> = told.iter().map(|file| (file.name.as_str(), file.size)).collect();
    assert_eq!(told, [("mur.mp4", Some(900_000)), ("notes.txt", Some(12))]);
    let account = fake.account();
    let urls: Vec<&str> = item.attachments.iter().map(|one| one.url.as_str()).collect();
    assert!(account.file(&item.remote, urls[0]).await.unwrap() == film, "the film is another");
    assert_eq!(account.file(&item.remote, urls[1]).await.unwrap(), "été".as_bytes());
    assert!(fake.flags("INBOX", uid).is_empty() && fake.asked("UID FETCH 1 (UID BODY[") == 0);
}

#[tokio::test]
async fn what_is_no_longer_there_or_never_was_is_said_to_be_gone() {
    let fake = Fake::start().await;
    let uid = fake.put("INBOX", 60, heavy(&lines(&film())));
    fake.state().structures.insert(uid, structure(1_000));
    fake.put("INBOX", 60, letter("a@x", "a@b.test", "Un", "", "Bonjour"));
    let (account, heavy, short) = (fake.account(), RemoteId::new("mid:lourd@x"), RemoteId::new("mid:a@x"));
    for (item, url) in [
        (&heavy, "mid:lourd@x#4"),
        (&heavy, "mid:lourd@x#2) BODY[1"),
        (&heavy, "mid:lourd@x#0"),
        (&heavy, "mid:lourd@x"),
        (&heavy, "https://ailleurs.example/#1"),
        (&short, "mid:a@x#2"),
        (&RemoteId::new("mid:parti@x"), "mid:parti@x#1"),
    ] {
        assert_eq!(account.file(item, url).await, gone(), "{url}");
    }
    assert_eq!(account.file(&heavy, "mid:lourd@x#99").await, Err(too_large()));
}

#[tokio::test]
async fn a_torn_one_is_not_given_and_a_broken_line_is_no_torn_file() {
    let fake = Fake::start().await;
    let whole = lines(&film());
    fake.put("INBOX", 60, heavy(&whole[..whole.len() - 7]));
    let (account, item) = (fake.account(), RemoteId::new("mid:lourd@x"));
    assert_eq!(account.file(&item, "mid:lourd@x#2").await, Err(Fault::unreadable("a torn file")));
    fake.fail("UID FETCH 1 (UID BODY.PEEK[2]<2621", Fail::Cut);
    assert!(matches!(account.file(&item, "mid:lourd@x#2").await, Err(Fault::Later { .. })));
}

#[tokio::test]
async fn a_server_that_tells_nonsense_of_its_messages_is_asked_once() {
    let fake = Fake::start().await;
    let uid = fake.put("INBOX", 60, heavy(&lines(&film())));
    fake.state().structures.insert(uid, "(1 2 ((".into());
    let account = fake.account();
    let page = account.pull("inbox", None, NOW.plus(-HOUR)).await.unwrap();
    assert_eq!((page.items.len(), page.items[0].attachments.len()), (1, 1), "as far as its bytes tell");
    assert_eq!(fake.asked("UID FETCH 1 (UID BODYSTRUCTURE"), 1);
}

#[tokio::test]
async fn a_letter_nested_deeper_than_any_stack_is_read_as_far_as_its_bytes_tell() {
    let fake = Fake::start().await;
    let uid = fake.put("INBOX", 60, heavy(&lines(&film())));
    fake.state().structures.insert(uid, "(".repeat(50_000));
    let page = fake.account().pull("inbox", None, NOW.plus(-HOUR)).await.unwrap();
    assert_eq!((page.items.len(), page.unreadable.len()), (1, 0));
}
