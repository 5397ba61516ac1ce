//! What hangs on letters, from the simulated mail house to the hand that saves it: the bytes come back as they were sent,
//! out of a short letter and out of a heavy one, and what cannot be had is said in its own word.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use guichet_core::view::{FileTrouble, MessageView, Problem};
use guichet_rehearsal::Say;
use guichet_tests::desk::{Town, signed_in, undo};

/// One grey dot, as PNG.
const DOT: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==";

async fn message(town: &Town, words: &str) -> MessageView {
    let row = town.row(words).await;
    town.desk().conversation(row.id).await.unwrap().messages.into_iter().find(|one| one.text.contains(words)).unwrap()
}

/// Name, media type, size, and the name that it is asked for by.
fn listed(message: &MessageView) -> Vec<(&str, &str, Option<u64>, &str)> {
    let one = |one: &'_ guichet_model::Attachment| one.file.is_some();
    assert!(message.attachments.iter().all(one), "{:?}", message.attachments);
    let told = message.attachments.iter().filter_map(|one| Some((one.file.as_ref()?, one.url.as_str())));
    told.map(|(file, url)| (file.name.as_str(), file.media_type.as_str(), file.size, url)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_hangs_on_a_letter_is_listed_and_comes_back_byte_for_byte() {
    let town = Town::bare("courriers").await;
    let desk = town.desk();
    let cards = town.rehearsal.clients().into_iter().flat_map(|client| client.accounts);
    let card = cards.into_iter().find(|card| card.handle == "pension_claire@claire.example").unwrap();
    let client = desk.add_client("Pension des Tilleuls".into(), 2).await.unwrap();
    let _acted = desk.set_rules(client, undo(0)).await.unwrap();
    let _added = desk.add_account(client, "email".into(), signed_in(&card).await.unwrap()).await.unwrap();
    let letter = message(&town, "Voici le devis, et une photo du mur.").await;
    let files = listed(&letter);
    assert_eq!(files.iter().map(|file| file.0).collect::<Vec<_>>(), ["devis été.pdf", "photo.png"]);
    let bytes = async |message: &MessageView, url: &str| desk.file(message.id, url.to_owned()).await.unwrap().bytes;
    assert_eq!(bytes(&letter, files[0].3).await, b"%PDF-1.4\n% un devis, pour de faux\n%%EOF 0123\n");
    assert_eq!(bytes(&letter, files[1].3).await, BASE64_STANDARD.decode(DOT).unwrap());

    // Longer than what is read of a letter: the server tells of the rest, and gives it piece by piece.
    let heavy = message(&town, "Le film du mur").await;
    let files = listed(&heavy);
    let told: Vec<_> = files.iter().map(|file| (file.0, file.1)).collect();
    assert_eq!(told, [("le mur.mp4", "video/mp4"), ("à lire.txt", "text/plain")]);
    // About: a server tells what is sent, not what it means.
    assert!(files[0].2.unwrap().abs_diff(400_000) < 60, "{:?}", files[0].2);
    let film: Vec<u8> = (0..400_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    assert!(bytes(&heavy, files[0].3).await == film, "it is another film");
    // As it was sent, in its own charset.
    assert_eq!(bytes(&heavy, files[1].3).await, b"D\xe9j\xe0 = fini\r\n");

    // Thrown away at its server, where nothing is kept for us.
    let remote = files[0].3.split_once(':').unwrap().1.split('#').next().unwrap();
    town.rehearsal.say(Say::Delete { status: remote.to_owned() }).unwrap();
    let gone = desk.file(heavy.id, files[0].3.to_owned()).await;
    assert_eq!(gone, Err(Problem::File { what: FileTrouble::Gone, most: 0 }));
    town.quit().await;
}
