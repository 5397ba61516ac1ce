//! A picture stays with its text, wherever that goes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::{Room, evening};
use crate::view::DraftView;
use guichet_model::{DAY, ReplyId};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n un dessin";

fn text(text: &str) -> DraftView {
    DraftView { text: text.into(), ..DraftView::default() }
}

async fn attach(
    room: &Room,
    conversation: ConversationId,
    name: &str,
    bytes: &[u8],
) -> Result<AttachmentView, Problem> {
    room.desk.attach(conversation, name.into(), STANDARD.encode(bytes)).await
}

async fn names(room: &Room, conversation: ConversationId) -> Vec<String> {
    let shown = room.desk.conversation(conversation).await.unwrap();
    shown.attachments.into_iter().map(|picture| picture.name).collect()
}

fn count(room: &Room) -> u32 {
    let read = |conn: &Connection| Ok(conn.query_row("SELECT count(*) FROM attachment", [], |row| row.get(0))?);
    room.desk.store().read_now(read).unwrap()
}

fn trouble<T>(outcome: Result<T, Problem>) -> PictureTrouble {
    match outcome {
        Err(Problem::Picture { what, .. }) => what,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it went along"),
    }
}

/// What the account says it takes.
fn limited(room: &Room, pictures: Option<PictureLimit>) {
    let told = Capabilities { pictures, ..crate::testing::paper::capabilities() };
    let told = serde_json::to_string(&told).unwrap();
    let write = |tx: &Transaction<'_>| Ok(tx.execute("UPDATE account SET capabilities = ?", [told])?);
    room.desk.store().write_now(Durability::Full, write).unwrap();
}

#[tokio::test]
async fn its_kind_is_told_from_its_bytes_and_its_name_is_no_path() {
    let (room, conversation) = evening().await;
    for (bytes, kind) in [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a...", "image/gif"),
        (b"RIFF....WEBPVP8", "image/webp"),
    ] {
        let view = attach(&room, conversation, "C:\\clients\\/tmp/tarte\n.png", bytes).await.unwrap();
        assert_eq!((view.name.as_str(), view.media_type.as_str()), ("tarte.png", kind));
        assert_eq!(room.desk.attached(view.id).await.unwrap(), (kind.to_owned(), bytes.to_vec()));
        room.desk.detach(view.id).await.unwrap();
    }
    for bytes in [&b"<svg xmlns"[..], b"", b"\x89PN", b"BM......"] {
        assert_eq!(trouble(attach(&room, conversation, "tarte.png", bytes).await), PictureTrouble::Kind);
    }
    let garbled = room.desk.attach(conversation, "a".into(), "pas du base64 !".into()).await;
    assert_eq!(garbled, Err(Problem::Invalid { field: "bytes".into() }));
    assert_eq!(count(&room), 0);
}

#[tokio::test]
async fn what_the_account_does_not_take_is_refused_at_once_and_again_at_the_sending() {
    let (room, conversation) = evening().await;
    let limit = PictureLimit { most: 1, bytes: 40, media_types: vec!["image/png".into()], alt: 5 };
    limited(&room, Some(limit.clone()));
    assert_eq!(trouble(attach(&room, conversation, "a", b"GIF89a").await), PictureTrouble::Kind);
    assert_eq!(trouble(attach(&room, conversation, "a", &[PNG, &[0; 40]].concat()).await), PictureTrouble::Large);
    let view = attach(&room, conversation, "a", PNG).await.unwrap();
    assert_eq!(trouble(attach(&room, conversation, "b", PNG).await), PictureTrouble::Many);
    assert_eq!(trouble(room.desk.describe(view.id, "étages".into()).await), PictureTrouble::Alt);
    room.desk.describe(view.id, "étage".into()).await.unwrap();
    // The server changes its mind before the text leaves.
    limited(&room, Some(PictureLimit { bytes: 4, ..limit }));
    let sent = room.desk.send_reply(conversation, text("Voici"), false).await;
    assert_eq!(trouble(sent), PictureTrouble::Large);
    // What no network takes is not even decoded.
    let large = vec![0x89; 10_000_100];
    assert_eq!(trouble(attach(&room, conversation, "a", &large).await), PictureTrouble::Large);
    limited(&room, None);
    assert_eq!(room.desk.send_reply(conversation, text("Voici"), false).await.err(), Some(Problem::NotOffered));
    assert_eq!(attach(&room, conversation, "b", PNG).await, Err(Problem::NotOffered));
}

#[tokio::test]
async fn alone_it_is_a_draft_and_the_last_one_ends_it() {
    let (room, conversation) = evening().await;
    let view = attach(&room, conversation, "a", PNG).await.unwrap();
    let shown = room.desk.conversation(conversation).await.unwrap();
    let draft = shown.draft.unwrap();
    assert_eq!((draft.text.as_str(), &draft.to, draft.visibility), ("", &shown.composer.to, shown.composer.visibility));
    // An empty text beside a picture is kept, and keeps it.
    room.desk.save_draft(conversation, text("V")).await.unwrap();
    room.desk.save_draft(conversation, text("")).await.unwrap();
    assert_eq!(names(&room, conversation).await, ["a"]);
    room.desk.detach(view.id).await.unwrap();
    assert!(room.desk.conversation(conversation).await.unwrap().draft.is_none());
    assert_eq!(count(&room), 0);
    assert_eq!(room.desk.detach(view.id).await, Err(Problem::NotFound));
}

#[tokio::test]
async fn a_missing_description_is_a_hint_and_no_leak() {
    let (room, conversation) = evening().await;
    let view = attach(&room, conversation, "a", PNG).await.unwrap();
    let checked = room.desk.check(conversation, text("Voici")).await.unwrap();
    assert_eq!((checked.leaks, checked.hints), (vec![], vec![Hint::NoAlt { attachment: view.id }]));
    room.desk.describe(view.id, " Une tarte ".into()).await.unwrap();
    assert_eq!(room.desk.check(conversation, text("Voici")).await.unwrap().hints, []);
    let shown = room.desk.conversation(conversation).await.unwrap();
    assert_eq!(shown.attachments[0].alt, "Une tarte");
    // A reply has words: pictures do not stand for them.
    let alone = room.desk.send_reply(conversation, text(""), false).await;
    assert!(matches!(alone, Err(Problem::Leaks { .. })), "{alone:?}");
}

async fn sent(room: &Room, conversation: ConversationId) -> (ReplyId, guichet_model::ActId) {
    let sent = room.desk.send_reply(conversation, text("Voici"), false).await.unwrap();
    (sent.reply, sent.acted.act.unwrap())
}

#[tokio::test]
async fn it_goes_with_the_reply_and_comes_back_with_it() {
    let (room, conversation) = evening().await;
    let view = attach(&room, conversation, "a", PNG).await.unwrap();
    let (_, act) = sent(&room, conversation).await;
    let shown = room.desk.conversation(conversation).await.unwrap();
    assert_eq!(shown.replies[0].attachments, std::slice::from_ref(&view));
    assert_eq!((shown.attachments.len(), shown.draft), (0, None));
    assert_eq!(room.desk.describe(view.id, "Une tarte".into()).await, Err(Problem::TooLate));
    assert_eq!(room.desk.detach(view.id).await, Err(Problem::TooLate));
    // Another one was begun meanwhile.
    attach(&room, conversation, "b", PNG).await.unwrap();
    room.desk.undo(Some(act)).await.unwrap();
    assert_eq!(names(&room, conversation).await, ["b", "a"]);
    let draft = room.desk.conversation(conversation).await.unwrap().draft.unwrap();
    assert_eq!(draft.text, "Voici");
    // And once more, by taking it back.
    let (reply, _) = sent(&room, conversation).await;
    room.desk.take_back(vec![reply]).await.unwrap();
    assert_eq!(names(&room, conversation).await, ["b", "a"]);
    let shown = room.desk.conversation(conversation).await.unwrap();
    assert!(shown.replies.iter().all(|reply| reply.attachments.is_empty()));
    room.desk.describe(view.id, "Une tarte".into()).await.unwrap();
}

#[tokio::test]
async fn thrown_away_with_its_draft_it_can_be_had_back_for_thirty_days() {
    let (room, conversation) = evening().await;
    attach(&room, conversation, "a", PNG).await.unwrap();
    let acted = room.desk.discard_draft(conversation).await.unwrap();
    assert!(names(&room, conversation).await.is_empty());
    attach(&room, conversation, "b", PNG).await.unwrap();
    room.desk.undo(acted.act).await.unwrap();
    assert_eq!(names(&room, conversation).await, ["b", "a"]);
    room.desk.discard_draft(conversation).await.unwrap();
    assert_eq!(count(&room), 2);
    // The next one thrown away takes the expired ones with it.
    room.clock.forward(31 * DAY);
    room.desk.save_draft(conversation, text("Autre")).await.unwrap();
    room.desk.discard_draft(conversation).await.unwrap();
    assert_eq!(count(&room), 0);
}
