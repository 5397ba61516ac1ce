//! Likes, silences, flags, and our own posts.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::discourse::fake::{answer, fixture, forum, on, post, refusal, refused};
use guichet_model::{Moderation, Own, Reactions};
use wiremock::matchers::{body_json, body_partial_json, method, path, query_param};
use wiremock::{Mock, MockServer};

fn name(text: &str) -> RemoteId {
    RemoteId::new(text)
}

#[tokio::test]
async fn a_like_done_before_is_done() {
    let (server, account) = forum().await;
    let wanted = json!({ "id": 902, "post_action_type_id": 2 });
    let yes = Mock::given(method("POST")).and(path("/post_actions.json")).and(body_json(wanted));
    yes.respond_with(answer(post(9, 2, "lea", None, 60, "x"))).up_to_n_times(1).mount(&server).await;
    account.like(&name("post:9.902"), true).await.unwrap();
    on(&server, "POST", "/post_actions.json", refusal(400, "invalid_parameters")).await;
    let mut liked = post(9, 2, "lea", None, 60, "x");
    liked["actions_summary"] = json!([{ "id": 2, "count": 1, "acted": true }]);
    on(&server, "GET", "/posts/902.json", answer(liked)).await;
    account.like(&name("post:9.902"), true).await.unwrap();
    let no =
        Mock::given(method("DELETE")).and(path("/post_actions/902.json")).and(query_param("post_action_type_id", "2"));
    no.respond_with(refusal(404, "not_found")).mount(&server).await;
    assert_eq!(refused(account.like(&name("post:9.902"), false).await), RefusalCode::Gone, "it is liked still");
    assert_eq!(refused(account.like(&name("topic:9"), true).await), RefusalCode::NotOffered);
}

#[tokio::test]
async fn people_are_muted_ignored_and_heard_again() {
    let (server, account) = forum().await;
    let words = ["mute", "normal", "ignore"];
    for word in words {
        let wanted = body_partial_json(json!({ "notification_level": word }));
        let level = Mock::given(method("PUT")).and(path("/u/lea/notification_level.json")).and(wanted);
        level.respond_with(answer(json!({ "success": "OK" }))).expect(1).mount(&server).await;
    }
    account.mute(&name("lea"), true).await.unwrap();
    account.mute(&name("lea"), false).await.unwrap();
    account.block(&name("lea"), true).await.unwrap();
    let asked = server.received_requests().await.unwrap();
    let last: serde_json::Value = serde_json::from_slice(&asked[2].body).unwrap();
    assert_eq!(last["expiring_at"], "2027-01-28T14:13:20Z");
}

async fn flagged(server: &MockServer, body: serde_json::Value) {
    let flag = Mock::given(method("POST")).and(path("/post_actions.json")).and(body_json(body));
    flag.respond_with(answer(json!({}))).expect(1).mount(server).await;
}

#[tokio::test]
async fn a_report_is_a_flag_on_each_post() {
    let (server, account) = forum().await;
    let report = |category, comment: &str, items: &[&str]| Report {
        person: name("tom"),
        items: items.iter().map(|item| name(item)).collect(),
        category,
        comment: comment.into(),
        forward: false,
    };
    flagged(&server, json!({ "id": 902, "post_action_type_id": 8, "flag_topic": false })).await;
    flagged(&server, json!({ "id": 903, "post_action_type_id": 8, "flag_topic": false })).await;
    account.report(&report(ReportCategory::Spam, "", &["post:9.902", "post:9.903"])).await.unwrap();
    flagged(&server, json!({ "id": 904, "post_action_type_id": 7, "flag_topic": false, "message": "Faux avis." }))
        .await;
    account.report(&report(ReportCategory::Legal, " Faux avis. ", &["post:9.904"])).await.unwrap();
    assert_eq!(refused(account.report(&report(ReportCategory::Spam, "", &[])).await), RefusalCode::NotOffered);
}

#[tokio::test]
async fn our_own_is_edited_and_taken_back() {
    let (server, account) = forum().await;
    let mut mine = fixture("topic")["post_stream"]["posts"][3].clone();
    mine["raw"] = "À 18 h 30, sauf le jeudi 2.".into();
    on(&server, "GET", "/posts/86.json", answer(mine)).await;
    on(&server, "PUT", "/posts/86.json", answer(fixture("edited"))).await;
    on(&server, "DELETE", "/posts/86.json", answer(json!(null))).await;
    let text = "À 18 h 30, tous les jeudis.";
    let item = account.edit(&name("post:57.86"), text).await.unwrap();
    assert_eq!((item.body.text.as_str(), item.edited_at.is_some()), (text, true));
    account.edit(&name("post:57.86"), "À 18 h 30, sauf le jeudi 2.").await.unwrap();
    assert_eq!(refused(account.edit(&name("post:57.86"), "Non.").await), RefusalCode::TooShort);
    account.delete(&name("post:57.86")).await.unwrap();
    let asked = server.received_requests().await.unwrap();
    let writes = asked.iter().filter(|request| matches!(request.method.as_str(), "PUT" | "DELETE")).count();
    assert_eq!(writes, 2, "the same text again is no request");
}

#[tokio::test]
async fn what_others_wrote_is_not_ours_to_change() {
    let (server, account) = forum().await;
    on(&server, "GET", "/posts/902.json", answer(post(9, 2, "lea", None, 60, "x"))).await;
    on(&server, "GET", "/posts/903.json", refusal(404, "not_found")).await;
    let text = "Vingt signes au moins, voilà.";
    assert_eq!(refused(account.edit(&name("post:9.902"), text).await), RefusalCode::Forbidden);
    assert_eq!(refused(account.delete(&name("post:9.902")).await), RefusalCode::Forbidden);
    assert_eq!(refused(account.edit(&name("post:9.903"), text).await), RefusalCode::Gone);
    account.delete(&name("post:9.903")).await.unwrap();
}
