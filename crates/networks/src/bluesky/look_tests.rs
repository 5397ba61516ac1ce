//! Known posts, looked at again.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::bluesky::fake::{self, *};
use guichet_model::{Publication, Session};
use serde_json::json;

#[tokio::test]
async fn posts_are_seen_as_they_stand_and_missing_ones_are_in_neither_list() {
    let (server, account) = fake::server().await;
    let mut root = post(ME, "root", 900, "La rentrée");
    root["threadgate"] = json!({ "record": { "hiddenReplies": [uri(MARC, "rude")] } });
    let mut lea = under(post(LEA, "lea", 60, "Bonjour"), &root, &root);
    lea["likeCount"] = 3.into();
    lea["viewer"]["like"] = format!("at://{ME}/app.bsky.feed.like/x").into();
    let rude = under(post(MARC, "rude", 50, "Nul"), &root, &root);
    let mention = post(MARC, "mention", 40, "@librairie.test ?");
    shows(&server, vec![root, lea, rude, mention]).await;
    let names =
        [uri(LEA, "lea"), uri(MARC, "rude"), uri(MARC, "mention"), uri(LEA, "gone"), "chat:c1/m1".into()].map(RemoteId);
    let again = account.again().unwrap();
    let page = again.look(&names).await.unwrap();
    let told: Vec<_> = page.items.iter().map(|item| (item.body.text.as_str(), item.kind, item.publication)).collect();
    assert_eq!(
        told,
        [
            ("Bonjour", Kind::Comment, Publication::Published),
            ("Nul", Kind::Comment, Publication::Hidden),
            ("@librairie.test ?", Kind::Mention, Publication::Published),
        ]
    );
    assert!(page.items[0].liked && page.items[0].counts.likes == 3);
    assert!(page.gone.is_empty() && page.unreadable.is_empty());
    assert_eq!(again.most(), 25);
    assert!(again.looks_at(&names[0]) && !again.looks_at(&names[4]), "private messages are told by their log");
}

#[tokio::test]
async fn a_list_that_is_none_says_nothing_of_anybody() {
    let (server, account) = fake::server().await;
    says(&server, "app.bsky.feed.getPosts", json!({ "posts": null })).await;
    assert!(matches!(look(&account, &[RemoteId(uri(LEA, "lea"))]).await, Err(Fault::Unreadable { .. })));
}
