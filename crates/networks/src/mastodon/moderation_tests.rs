//! Acts on people: what is asked of the server, and what is not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::mastodon::fake::account;
use guichet_model::*;
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

#[tokio::test]
async fn each_act_is_one_request_and_has_its_opposite() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_json(json!({}))).mount(&server).await;
    let (account, _) = account(&server.uri());
    let someone = RemoteId::new("42");
    account.like(&RemoteId::new("a/../b"), true).await.unwrap();
    account.like(&someone, false).await.unwrap();
    for on in [true, false] {
        account.mute(&someone, on).await.unwrap();
        account.block(&someone, on).await.unwrap();
    }
    let mut report = Report {
        person: someone,
        items: vec![RemoteId::new("7")],
        category: ReportCategory::Violation,
        comment: "é".repeat(1_000),
        forward: true,
    };
    Moderation::report(&account, &report).await.unwrap();
    report.comment.push('!');
    assert!(matches!(Moderation::report(&account, &report).await, Err(Fault::Refused { .. })));
    let requests = server.received_requests().await.unwrap();
    let paths: Vec<&str> = requests.iter().map(|r| r.url.path()).collect();
    let expected = [
        "/api/v1/statuses/a%2F..%2Fb/favourite",
        "/api/v1/statuses/42/unfavourite",
        "/api/v1/accounts/42/mute",
        "/api/v1/accounts/42/block",
        "/api/v1/accounts/42/unmute",
        "/api/v1/accounts/42/unblock",
        "/api/v1/reports",
    ];
    assert_eq!(paths, expected);
    let told: Value = requests[6].body_json().unwrap();
    assert_eq!(
        (&told["category"], &told["forward"], &told["status_ids"][0]),
        (&json!("violation"), &json!(true), &json!("7"))
    );
}
