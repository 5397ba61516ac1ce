//! A file is asked of the network that has it, and of no other place; what keeps it away is said in its own word.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::testing::paper::{self, Asked, Paper, item, page};
use crate::testing::{self, EVENING, Room};
use guichet_model::{AttachedFile, AttachmentKind};
use std::sync::Arc;

fn attached(url: &str, size: Option<u64>) -> Attachment {
    let file = AttachedFile { name: "devis.pdf".into(), media_type: "application/pdf".into(), size };
    Attachment { kind: AttachmentKind::Other, url: url.into(), preview: None, alt: None, file: Some(file) }
}

async fn scene() -> (Room, Paper, MessageId) {
    let network = Paper::default();
    let room = testing::room(vec![Arc::new(network.clone())]).await;
    let client = room.desk.add_client("Boulangerie".into(), 1).await.unwrap();
    let account = room.desk.add_account(client, paper::NAME.into(), testing::signed("Fournil")).await.unwrap()[0];
    let mut letter = item("7", "Léa", EVENING, "Le devis, comme promis");
    let picture = Attachment { file: None, ..attached("https://exemple.test/p.png", None) };
    letter.attachments = vec![attached("7#2", Some(40)), attached("7#3", Some(1_200_000)), picture];
    network.page(paper::MENTIONS, page(vec![letter]));
    room.desk.pull_account(account).await.unwrap();
    let capabilities = serde_json::to_string(&paper::capabilities()).unwrap();
    let told =
        move |tx: &rusqlite::Transaction<'_>| Ok(tx.execute("UPDATE account SET capabilities = ?", [capabilities])?);
    room.desk.store().write(crate::store::Durability::Normal, told).await.unwrap();
    let message = room
        .desk
        .store()
        .read_now(|conn| Ok(conn.query_row("SELECT id FROM message", [], |row| row.get(0).map(MessageId))?))
        .unwrap();
    (room, network, message)
}

#[tokio::test]
async fn its_bytes_are_fetched_when_asked_for() {
    let (room, network, message) = scene().await;
    network.script().files.push_back(Ok(b"%PDF".to_vec()));
    let fetched = room.desk.file(message, "7#2".into()).await.unwrap();
    assert_eq!((fetched.name.as_str(), fetched.bytes.as_slice()), ("devis.pdf", b"%PDF".as_slice()));
    assert!(!format!("{fetched:?}").contains("devis"));
    assert_eq!(network.asked().last(), Some(&Asked::File(RemoteId::new("7"), "7#2".into())));
    let found = room.desk.search("devis.pdf".into(), 10, None).await.unwrap();
    assert_eq!(found.rows.len(), 1, "found by its name");
}

#[tokio::test]
async fn only_what_hangs_on_that_message_is_asked_for() {
    let (room, network, message) = scene().await;
    network.script().files.push_back(Ok(Vec::new()));
    let asked = network.asked().len();
    for (message, url) in [(message, "7#1"), (message, "https://exemple.test/p.png"), (MessageId(99), "7#2")] {
        assert_eq!(room.desk.file(message, url.into()).await, Err(Problem::NotFound), "{url}");
    }
    assert_eq!(room.desk.file(message, "7#3".into()).await, Err(told(FileTrouble::Large, 1)));
    network.script().files.clear();
    assert_eq!(room.desk.file(message, "7#2".into()).await, Err(Problem::NotOffered));
    assert_eq!(network.asked().len(), asked, "the network was asked");
}

#[tokio::test]
async fn what_keeps_it_away_is_said_in_its_own_word() {
    let (room, network, message) = scene().await;
    let refused = |code| Err(Fault::refused(code, None));
    for (answer, wanted) in [
        (refused(RefusalCode::Gone), told(FileTrouble::Gone, 0)),
        (refused(RefusalCode::TooLong), told(FileTrouble::Large, 1)),
        (Err(Fault::unreadable("x")), told(FileTrouble::Torn, 0)),
        (Ok(vec![0; 1_000_001]), told(FileTrouble::Large, 1)),
        (Err(Fault::OFFLINE), Problem::Network { fault: Fault::OFFLINE }),
    ] {
        network.script().files.push_back(answer);
        assert_eq!(room.desk.file(message, "7#2".into()).await, Err(wanted));
    }
}
