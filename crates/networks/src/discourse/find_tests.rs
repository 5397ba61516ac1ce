//! Whether it is there, and whether it may still leave.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::discourse::fake::{NOW, answer, forum, on, place, post, refusal, topic};
use guichet_model::{Kind, Proof, Publication, RemoteId, Session};
use serde_json::json;
use wiremock::MockServer;

const TEXT: &str = "Jeudi à 18 h 30, comme d’habitude.";

fn prepared() -> Prepared {
    Prepared {
        key: "k".into(),
        body: json!({ "raw": TEXT, "topic_id": 9, "reply_to_post_number": 2 }).to_string(),
        place: RemoteId::new("post:9.902"),
        text: TEXT.into(),
        proof: Proof::None,
    }
}

async fn end(server: &MockServer, told: serde_json::Value) {
    on(server, "GET", "/t/9/999999.json", answer(told)).await;
}

#[tokio::test]
async fn ours_at_the_place_are_told_apart() {
    let (server, account) = forum().await;
    let posts = vec![
        post(9, 2, "lea", None, 9_000, "À quelle heure ?"),
        post(9, 3, "librairie", Some(2), 8_000, TEXT),
        post(9, 4, "librairie", Some(2), 50, TEXT),
        post(9, 5, "librairie", Some(2), 40, "Autre chose, au même endroit."),
        post(9, 6, "librairie", Some(5), 30, TEXT),
        post(9, 7, "tom", Some(2), 20, TEXT),
    ];
    end(&server, topic(9, "librairie", false, posts)).await;
    let found = account.find(&prepared(), NOW.plus(-60_000)).await.unwrap();
    let names = |items: &[guichet_model::Item]| items.iter().map(|i| i.remote.as_str().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&found.same), ["post:9.904"]);
    assert_eq!(names(&found.other), ["post:9.905"]);
    assert!(found.complete);
    assert_eq!(
        (found.same[0].kind, found.same[0].in_reply_to.clone()),
        (Kind::Comment, Some(RemoteId::new("post:9.902")))
    );
}

#[tokio::test]
async fn what_waits_for_approval_is_found_too() {
    let (server, account) = forum().await;
    let mut told = topic(9, "lea", false, vec![post(9, 2, "lea", None, 9_000, "À quelle heure ?")]);
    told["pending_posts"] = json!([{ "id": 4, "raw": TEXT, "created_at": "2026-09-30T14:13:00.000Z" }]);
    end(&server, told).await;
    let found = account.find(&prepared(), NOW.plus(-60_000)).await.unwrap();
    assert_eq!(found.same[0].publication, Publication::Pending);
}

#[tokio::test]
async fn a_reading_that_did_not_reach_back_is_not_complete() {
    let (server, account) = forum().await;
    let mut told = topic(9, "lea", false, vec![post(9, 90, "tom", None, 1, "Je poste sans cesse")]);
    told["post_stream"]["stream"] = json!((1..=90).map(|n| 900 + n).collect::<Vec<u64>>());
    end(&server, told).await;
    let nothing = json!({ "post_stream": { "posts": [] } });
    on(&server, "GET", "/t/9/posts.json", answer(nothing)).await;
    assert!(!account.find(&prepared(), NOW.plus(-60_000)).await.unwrap().complete);
}

#[tokio::test]
async fn a_topic_closed_to_us_proves_nothing() {
    let (server, account) = forum().await;
    on(&server, "GET", "/t/9/999999.json", refusal(404, "not_found")).await;
    assert_eq!(account.find(&prepared(), NOW).await.unwrap(), Found::default());
}

async fn rechecked(post_told: serde_json::Value, posts: Vec<serde_json::Value>, at: Visibility) -> Recheck {
    let (server, account) = forum().await;
    on(&server, "GET", "/posts/902.json", answer(post_told)).await;
    end(&server, topic(9, "lea", at == Visibility::Direct, posts)).await;
    account.recheck(&place("post:9.902", at)).await.unwrap()
}

#[tokio::test]
async fn what_changed_meanwhile_is_seen() {
    let asked = post(9, 2, "lea", None, 9_000, "À quelle heure ?");
    let ours = |to: Option<u64>, seconds: i64| post(9, 3, "librairie", to, seconds, TEXT);
    let public = Visibility::Public;
    assert_eq!(rechecked(asked.clone(), vec![asked.clone()], public).await, Recheck::Same);
    assert!(matches!(rechecked(asked.clone(), vec![ours(Some(2), 60)], public).await, Recheck::Answered(_)));
    assert_eq!(rechecked(asked.clone(), vec![ours(None, 60)], public).await, Recheck::Same, "to all, not to it");
    assert_eq!(rechecked(asked.clone(), vec![ours(Some(2), 8_000)], public).await, Recheck::Same, "known before");
    let direct = rechecked(asked.clone(), vec![ours(None, 60)], Visibility::Direct).await;
    assert!(matches!(direct, Recheck::Answered(_)));
    let mut edited = asked.clone();
    edited["version"] = 2.into();
    edited["updated_at"] = "2026-09-30T14:00:00.000Z".into();
    assert!(matches!(rechecked(edited, vec![], public).await, Recheck::Edited(_)));
    let mut gone = asked;
    gone["user_deleted"] = true.into();
    assert_eq!(rechecked(gone, vec![], public).await, Recheck::Gone);
}
