//! Pictures on their way: kept with the draft, brought to the network once, seen once beside their words, with what they
//! show. What is counted is what stands at the servers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use guichet_core::view::{AttachmentView, ReplyState};
use guichet_model::ConversationId;
use guichet_rehearsal::{Effect, FaultRule};
use guichet_tests::desk::Town;
use std::fs;
use std::path::Path;

const STATUSES: &str = "=/api/v1/statuses";
const MEDIA: &str = "=/api/v2/media";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n canari-image-7741, et le reste d'un dessin";
const GIF: &[u8] = b"GIF89a, et le reste d'un film";

async fn attach(town: &Town, conversation: ConversationId, bytes: &[u8], alt: &str) -> AttachmentView {
    let desk = town.desk();
    let view = desk.attach(conversation, "canari-nom-7741.png".into(), STANDARD.encode(bytes)).await.unwrap();
    if !alt.is_empty() {
        let _change = desk.describe(view.id, alt.into()).await.unwrap();
    }
    view
}

/// A question, and two pictures for its answer.
async fn scene(honours_keys: bool) -> (Town, ConversationId) {
    let town = Town::open_where("soirée", 0.0, honours_keys).await;
    let _said = town.mention("lucie", "Vous faites encore la tarte aux quetsches ?");
    let row = town.row("la tarte aux quetsches").await;
    attach(&town, row.id, PNG, "Une tarte aux quetsches, entière").await;
    attach(&town, row.id, PNG, "La même, coupée").await;
    (town, row.id)
}

/// Published once, with both pictures and what they show, each brought once.
fn there_once(town: &Town, words: &str) {
    let published = town.published(words);
    assert_eq!(published.len(), 1, "{published:?}");
    assert_eq!(published[0].pictures, ["Une tarte aux quetsches, entière", "La même, coupée"]);
    assert_eq!(town.rehearsal.uploads(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_with_its_description_is_seen_once() {
    let (town, conversation) = scene(true).await;
    let reply = town.reply(conversation, "Oui, jusqu'à dimanche.").await;
    town.sent(reply).await;
    there_once(&town, "jusqu'à dimanche");
    let shown = town.desk().conversation(conversation).await.unwrap();
    assert!(shown.attachments.is_empty() && shown.draft.is_none());
    let ours = shown.messages.iter().find(|message| message.ours).expect("our reply");
    let alts: Vec<_> = ours.attachments.iter().map(|picture| picture.alt.as_deref().unwrap_or_default()).collect();
    assert_eq!(alts, ["Une tarte aux quetsches, entière", "La même, coupée"], "as the network shows it");
    assert_eq!(ours.reply.as_ref().unwrap().attachments.len(), 2, "as it was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_after_the_upload_brings_nothing_twice() {
    for (honours_keys, effect) in [
        (true, Effect::CutBefore),
        (true, Effect::CutAfter),
        (false, Effect::CutAfter),
        (true, Effect::Status { code: 503, body: String::new(), headers: Vec::new() }),
    ] {
        let (town, conversation) = scene(honours_keys).await;
        town.rehearsal.fault(FaultRule::on("POST", STATUSES, effect).once());
        let reply = town.reply(conversation, "Oui, jusqu'à dimanche.").await;
        town.sent(reply).await;
        there_once(&town, "jusqu'à dimanche");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_between_the_pictures_and_the_words_brings_nothing_twice() {
    let (town, conversation) = scene(true).await;
    town.rehearsal.fault(FaultRule::on("POST", STATUSES, Effect::RateLimited { after_s: 3 }).once());
    let reply = town.reply(conversation, "Oui, jusqu'à dimanche.").await;
    let rehearsal = town.rehearsal.clone();
    guichet_tests::until("the pictures are there", std::time::Duration::from_secs(20), || async {
        (rehearsal.uploads() == 2).then_some(())
    })
    .await;
    // The lid is closed, and opened again.
    town.quit().await;
    town.start().await;
    town.sent(reply).await;
    there_once(&town, "jusqu'à dimanche");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_pictures_a_reply_does_not_leave() {
    let (town, conversation) = scene(true).await;
    town.rehearsal.fault(FaultRule::on(
        "POST",
        MEDIA,
        Effect::Status {
            code: 422,
            body: "{\"error\":\"Validation failed: File content type is invalid\"}".into(),
            headers: Vec::new(),
        },
    ));
    let reply = town.reply(conversation, "Oui, jusqu'à dimanche.").await;
    let state = town.becomes(reply, "refused", |state| matches!(state, ReplyState::Refused { .. })).await;
    assert_eq!((town.published("jusqu'à dimanche").len(), town.rehearsal.uploads()), (0, 0), "{state:?}");
    // The server takes pictures again; the CM says so.
    town.rehearsal.clear_faults();
    let _acted = town.desk().retry(vec![reply]).await.unwrap();
    town.sent(reply).await;
    there_once(&town, "jusqu'à dimanche");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_is_waited_for() {
    let town = Town::open("soirée", 0.0).await;
    let _said = town.mention("karim", "On voit comment vous pétrissez ?");
    let row = town.row("comment vous pétrissez").await;
    attach(&town, row.id, GIF, "Deux mains pétrissent").await;
    let reply = town.reply(row.id, "Comme ceci.").await;
    town.sent(reply).await;
    let published = town.published("Comme ceci.");
    assert_eq!((published.len(), town.rehearsal.uploads()), (1, 1));
    assert_eq!(published[0].pictures, ["Deux mains pétrissent"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_disk_a_picture_is_never_in_clear() {
    let (town, conversation) = scene(true).await;
    assert!(clear(b"canari-", town.home.path()).is_empty(), "with its draft");
    let reply = town.reply(conversation, "Oui, jusqu'à dimanche.").await;
    town.sent(reply).await;
    town.quit().await;
    assert!(clear(b"canari-", town.home.path()).is_empty(), "at the end");
    // The search itself finds.
    fs::write(town.home.path().join("planted"), PNG).unwrap();
    assert_eq!(clear(b"canari-", town.home.path()).len(), 1);
}

/// The files below a folder that hold these bytes.
fn clear(mark: &[u8], folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(clear(mark, &path));
        } else if fs::read(&path).is_ok_and(|bytes| bytes.windows(mark.len()).any(|window| window == mark)) {
            found.push(path);
        }
    }
    found
}
