//! Who asks, and what a refusal means.

#![allow(clippy::unwrap_used)]

use crate::discourse::fake::{NOW, answer, forum, on, refusal, refused};
use crate::discourse::pace::For;
use guichet_model::{Fault, RefusalCode, SECOND};
use reqwest::Method;
use serde_json::json;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, ResponseTemplate};

#[tokio::test]
async fn the_key_goes_under_the_name_it_was_made_for() {
    let (server, account) = forum().await;
    Mock::given(method("GET"))
        .and(path("/x.json"))
        .and(header("user-api-key", "c0ffee"))
        .and(header("user-api-client-id", "essai"))
        .and(header("accept", "application/json"))
        .respond_with(answer(json!({})))
        .mount(&server)
        .await;
    account.api.get(For::Pull, "/x.json", &[]).await.unwrap();
}

#[tokio::test]
async fn a_refused_access_is_the_keys_or_a_rights() {
    let (server, account) = forum().await;
    on(&server, "GET", "/t/9/1.json", refusal(403, "invalid_access")).await;
    on(&server, "POST", "/posts.json", refusal(403, "invalid_access")).await;
    let me = Mock::given(path("/session/current.json"));
    let known = me.respond_with(answer(json!({ "current_user": { "id": 1, "username": "librairie" } })));
    let known = known.mount_as_scoped(&server).await;
    assert_eq!(refused(account.api.get(For::Pull, "/t/9/1.json", &[]).await), RefusalCode::Forbidden);
    let write = || account.api.write(Method::POST, "/posts.json", &[], Some("{}".into()));
    assert_eq!(refused(write().await.map(|answer| answer.status)), RefusalCode::Forbidden);
    drop(known);
    on(&server, "GET", "/session/current.json", refusal(403, "invalid_access")).await;
    assert_eq!(account.api.get(For::Pull, "/t/9/1.json", &[]).await, Err(Fault::NeedsLogin));
    assert_eq!(write().await.map(|answer| answer.status), Err(Fault::NeedsLogin));
}

#[tokio::test]
async fn too_often_says_when_to_come_back() {
    let (server, account) = forum().await;
    let body = json!({ "errors": ["Trop."], "error_type": "rate_limit", "extras": { "wait_seconds": 14 } });
    let told = ResponseTemplate::new(429).set_body_json(body);
    on(&server, "GET", "/a.json", told.clone()).await;
    on(&server, "GET", "/b.json", told.clone().insert_header("retry-after", "30")).await;
    on(&server, "POST", "/posts.json", told).await;
    let later = |seconds: i64| Fault::Later { after: NOW.plus(seconds * SECOND) };
    assert_eq!(account.api.get(For::Pull, "/a.json", &[]).await, Err(later(14)));
    assert_eq!(account.api.get(For::Pull, "/b.json", &[]).await, Err(later(30)));
    let wrote = account.api.write(Method::POST, "/posts.json", &[], Some("{}".into())).await;
    assert_eq!(wrote.map(|answer| answer.status), Err(later(14)));
}

#[tokio::test]
async fn what_the_forum_did_not_say_is_no_word_of_its() {
    let (server, account) = forum().await;
    let wall = ResponseTemplate::new(403).set_body_raw("<html>Just a moment…</html>", "text/html");
    on(&server, "GET", "/a.json", wall.clone()).await;
    on(&server, "POST", "/posts.json", wall).await;
    assert!(matches!(account.api.get(For::Pull, "/a.json", &[]).await, Err(Fault::Unreadable { .. })));
    let wrote = account.api.write(Method::POST, "/posts.json", &[], Some("{}".into())).await;
    assert_eq!(wrote.map(|answer| answer.status), Err(Fault::Unsure));
}

#[tokio::test]
async fn the_sixteenth_question_of_a_minute_waits_and_a_send_does_not() {
    let (server, account) = forum().await;
    on(&server, "GET", "/a.json", answer(json!({}))).await;
    for _ in 0..15 {
        account.api.get(For::Pull, "/a.json", &[]).await.unwrap();
    }
    assert!(matches!(account.api.get(For::Pull, "/a.json", &[]).await, Err(Fault::Later { .. })));
    account.api.get(For::Send, "/a.json", &[]).await.unwrap();
    assert_eq!(server.received_requests().await.unwrap().len(), 16);
}
