//! The CM shows, on one mail, who speaks and what they say: it is understood at once, the others of its shape with it,
//! and the next ones as they come. All of it is undone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::door::tests::{add, rows, scene, seen};
use crate::testing::Room;
use crate::view::{Added, MessageView, Problem};
use guichet_model::look::{Span, Told};
use guichet_model::{ClientId, MessageId, Noticed, Page, Route};

fn link(number: u32) -> String {
    format!("https://www.facebook.com/phare/posts/pfbid0abc?comment_id={number}")
}

/// A notification of a shape that nobody knows.
fn mail(number: u32, name: &str, text: &str) -> Noticed {
    let told = Told {
        domain: "facebookmail.com".into(),
        from: "Facebook".into(),
        subject: format!("Du neuf de {name}"),
        body: format!("{name} réagit à « Soirée {number} »\n\n« {text} »\nOuvrir\n{}\n\nMeta", link(number)),
        ..Told::default()
    };
    Noticed {
        link: Some(link(number)),
        network: Some("facebook".into()),
        text: told.unread(),
        raw: true,
        mail: Some("From: Facebook".into()),
        told: Some(told),
        ..Noticed::default()
    }
}

async fn came(room: &Room, client: ClientId, mail: Noticed) -> (Added, MessageView) {
    let added = room.desk.notice(client, Route::Mail, vec![mail], Vec::new()).await.unwrap();
    let message = seen(room, added.conversation.unwrap()).await.messages.remove(0);
    (added, message)
}

/// Where it stands in what `mail_of` shows.
async fn span(room: &Room, message: MessageId, said: &str) -> Span {
    let text = room.desk.mail_of(message).await.unwrap().text;
    let at = text.rfind(said).expect("it stands there");
    let units = |text: &str| u32::try_from(text.encode_utf16().count()).unwrap();
    let start = units(&text[..at]);
    Span { start, end: start + units(said) }
}

fn reads(message: &MessageView) -> (&str, &str, bool) {
    (&message.author, &message.text, message.raw)
}

#[tokio::test]
async fn one_is_shown_and_all_of_its_shape_are_understood() {
    let (room, _, client) = scene().await;
    let other = room.desk.add_client("Quai".into(), 2).await.unwrap();
    let (_, first) = came(&room, client, mail(11, "Léa Roy", "On peut venir ?")).await;
    let (_, second) = came(&room, other, mail(12, "Paul", "Deux\nlignes")).await;
    let strange = Noticed { text: "x".into(), ..mail(13, "Ana", "?") };
    let strange = Noticed { told: strange.told.map(|told| Told { body: "autre chose".into(), ..told }), ..strange };
    let (_, third) = came(&room, client, strange).await;
    assert!(first.raw && second.raw && third.raw);

    let (who, what) = (span(&room, first.id, "Léa Roy").await, span(&room, first.id, "On peut venir ?").await);
    let taught = room.desk.teach(first.id, Some(who), what).await.unwrap();
    assert_eq!((taught.learned, taught.others), (true, 1));
    let message = async |of: &MessageView| {
        let found = async |id| seen(&room, id).await.messages.remove(0);
        let mut all = Vec::new();
        for row in room.desk.list(all_of(), 0, 10).await.unwrap().rows {
            all.push(found(row.id).await);
        }
        all.into_iter().find(|one| one.id == of.id).unwrap()
    };
    assert_eq!(reads(&message(&first).await), ("Léa Roy", "On peut venir ?", false));
    assert_eq!(reads(&message(&second).await), ("Paul", "Deux\nlignes", false), "another client's mail of that shape");
    assert!(message(&third).await.raw, "of another shape");
    assert_eq!(room.desk.search("venir".into(), 10, None).await.unwrap().rows.len(), 1);

    // The next one is understood as it comes, by a file and in a mailbox; the same one again is no second row.
    let (_, next) = came(&room, client, mail(14, "Zoé", "Encore un")).await;
    assert_eq!(reads(&next), ("Zoé", "Encore un", false));
    let shown = room.desk.as_taught(vec![mail(15, "Zoé", "Autre")]).await.unwrap();
    assert_eq!((shown[0].author.as_deref(), shown[0].text.as_str(), shown[0].raw), (Some("Zoé"), "Autre", false));
    let before = rows(&room).await;
    assert_eq!(came(&room, client, mail(11, "Léa Roy", "On peut venir ?")).await.0.known, 1);
    assert_eq!(add(&room, client, &link(11), "On peut venir ?", Some("Léa Roy")).await.known, 1);
    assert_eq!(rows(&room).await, before);
    assert!(matches!(room.desk.teach(first.id, Some(who), what).await, Err(Problem::TooLate)));

    // Undone: neither those nor later ones are understood; what was mended since stays as it is.
    add(&room, other, &link(12), "Deux lignes, recopiées", Some("Paul")).await;
    let undone = room.desk.undo(taught.acted.act).await.unwrap();
    assert_eq!((undone.what.as_str(), undone.left), ("teach", 1));
    let again = message(&first).await;
    assert_eq!((again.author.as_str(), again.raw), ("", true));
    assert!(again.text.starts_with("Du neuf de Léa Roy"));
    assert_eq!(reads(&message(&second).await), ("Paul", "Deux lignes, recopiées", false));
    assert!(came(&room, client, mail(16, "Ana", "Plus compris")).await.1.raw);
}

fn all_of() -> crate::view::ListQuery {
    crate::view::ListQuery { view: crate::view::View::All, client: None, account: None }
}

#[tokio::test]
async fn what_has_no_shape_is_understood_alone() {
    let (room, _, client) = scene().await;
    let odd = mail(11, "Léa", "x");
    let odd = Noticed {
        told: odd.told.map(|told| Told {
            body: "Léa Bonjour".into(),
            subject: String::new(),
            from: String::new(),
            ..told
        }),
        ..odd
    };
    let (_, message) = came(&room, client, odd).await;
    // The whole body is the text: nothing stands around it.
    let what = span(&room, message.id, "Léa Bonjour").await;
    let taught = room.desk.teach(message.id, None, what).await.unwrap();
    assert!(!taught.learned);
    let shown = room.desk.list(all_of(), 0, 10).await.unwrap().rows[0].id;
    assert_eq!(reads(&seen(&room, shown).await.messages[0]), ("", "Léa Bonjour", false));
    let undone = room.desk.undo(taught.acted.act).await.unwrap();
    assert_eq!(undone.left, 0);
    assert!(seen(&room, shown).await.messages[0].raw);
}

#[tokio::test]
async fn what_is_no_part_of_the_mail_is_refused() {
    let (room, _, client) = scene().await;
    let (_, message) = came(&room, client, mail(11, "Léa", "Bonjour")).await;
    let invalid = |field: &str| Problem::Invalid { field: field.into() };
    let all = Span { start: 0, end: 9_999 };
    let what = span(&room, message.id, "Bonjour").await;
    assert_eq!(room.desk.teach(message.id, None, all).await.unwrap_err(), invalid("text"));
    assert_eq!(
        room.desk.teach(message.id, Some(Span { start: 2, end: 2 }), what).await.unwrap_err(),
        invalid("author")
    );
    assert!(matches!(room.desk.mail_of(MessageId(9_999)).await, Err(Problem::NotFound)));
    let pasted = add(&room, client, &link(12), "Collé", None).await;
    let pasted = seen(&room, pasted.conversation.unwrap()).await.messages[0].id;
    assert_eq!(room.desk.teach(pasted, None, what).await.unwrap_err(), Problem::NotFound, "no mail told of it");
}

#[tokio::test]
async fn a_mailbox_brings_what_its_networks_tell() {
    let (room, paper, client) = scene().await;
    let mailbox = room.desk.add_account(client, "paper".into(), crate::testing::signed("Phare")).await.unwrap()[0];
    let told =
        |raw: bool| Noticed {
            raw, author: Some("Léa".into()), text: "Ouvert lundi ?".into(), ..mail(11, "Léa", "x")
        };
    let page = |noticed| Page { noticed, ..Page::default() };
    let nowhere = Noticed { link: None, network: None, ..told(false) };
    let taken = |page| room.desk.take(mailbox, crate::testing::paper::MENTIONS, page);
    taken(page(vec![told(false), nowhere.clone()])).await.unwrap();
    taken(page(vec![told(false), nowhere])).await.unwrap();
    let listed = room.desk.list(all_of(), 0, 10).await.unwrap().rows;
    assert_eq!(listed.len(), 1, "told twice, it is one row");
    let view = seen(&room, listed[0].id).await;
    assert_eq!(reads(&view.messages[0]), ("Léa", "Ouvert lundi ?", false));
    assert_eq!((view.row.network.as_str(), view.messages[0].route), ("facebook", Route::Mail));
    assert!(view.composer.by_hand, "its answer goes by hand");
    assert_ne!(view.row.account, mailbox);
    let desk = room.desk.desk().await.unwrap();
    let unread: Vec<u32> = desk.clients[0].accounts.iter().map(|account| account.unreadable).collect();
    assert_eq!(unread.iter().sum::<u32>(), 1, "what belongs nowhere is kept with the mailbox, once");
    // Nothing that the CM did: there is nothing to undo.
    assert!(matches!(room.desk.undo(None).await, Err(Problem::NotFound)));
    drop(paper);
}
