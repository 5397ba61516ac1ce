//! Answers hidden and shown in our own threads, whatever else is in their gates.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::bluesky::fake::{self, *};
use guichet_model::{Publication::*, Session};
use wiremock::MockServer;

const GET: &str = "com.atproto.repo.getRecord";
const PUT: &str = "com.atproto.repo.putRecord";

/// Marc's answer in a thread of ours, and one in a thread of Léa's.
async fn thread() -> (MockServer, Account) {
    let (server, account) = fake::server().await;
    let (ours, hers) = (post(ME, "root", 900, "La rentrée"), post(LEA, "hers", 900, "x"));
    let rude = under(post(MARC, "rude", 60, "Nul"), &ours, &ours);
    let elsewhere = under(post(MARC, "elsewhere", 60, "Nul"), &hers, &hers);
    shows(&server, vec![ours, hers, rude, elsewhere]).await;
    (server, account)
}

async fn put_to(account: &Account, remote: String, to: Publication) -> Result<Publication, Fault> {
    account.curation().unwrap().put(&RemoteId(remote), to).await
}

async fn written(server: &MockServer) -> Vec<Value> {
    asked(server, PUT).await.iter().map(|request| request.body_json().unwrap()).collect()
}

fn gate(hidden: &[&str], allow: Option<Value>) -> Value {
    let mut record = json!({ "$type": GATE, "post": uri(ME, "root"), "createdAt": ago(500), "hiddenReplies": hidden, "later": { "a": 1 } });
    if let Some(allow) = allow {
        record["allow"] = allow;
    }
    record
}

#[tokio::test]
async fn a_thread_without_a_gate_gets_one_that_lets_everybody_answer() {
    let (server, account) = thread().await;
    on(GET).respond_with(refusal(400, "RecordNotFound", "x")).mount(&server).await;
    says(&server, PUT, json!({ "uri": "x", "cid": "y" })).await;
    assert_eq!(put_to(&account, uri(MARC, "rude"), Hidden).await, Ok(Hidden));
    let body = written(&server).await.remove(0);
    assert_eq!(
        (&body["collection"], &body["rkey"]),
        (&json!(GATE), &json!("root")),
        "under the key of the thread's first post"
    );
    assert!(body["swapRecord"].is_null() && body.as_object().unwrap().contains_key("swapRecord"));
    let record = &body["record"];
    assert_eq!((&record["post"], &record["hiddenReplies"]), (&json!(uri(ME, "root")), &json!([uri(MARC, "rude")])));
    assert!(record.get("allow").is_none());
    // Nothing is hidden: nothing to show.
    assert_eq!(put_to(&account, uri(MARC, "rude"), Published).await, Ok(Published));
    assert_eq!(written(&server).await.len(), 1);
}

#[tokio::test]
async fn what_stands_in_a_gate_is_kept_to_the_letter() {
    for allow in [None, Some(json!([])), Some(json!([{ "$type": "app.bsky.feed.threadgate#followerRule" }]))] {
        let (server, account) = thread().await;
        let before = gate(&[&uri(LEA, "other")], allow.clone());
        says(&server, GET, json!({ "uri": "x", "cid": "version-1", "value": before })).await;
        says(&server, PUT, json!({ "uri": "x", "cid": "y" })).await;
        put_to(&account, uri(MARC, "rude"), Hidden).await.unwrap();
        let body = written(&server).await.remove(0);
        assert_eq!(body["swapRecord"], "version-1");
        assert_eq!(body["record"], gate(&[&uri(LEA, "other"), &uri(MARC, "rude")], allow));
    }
}

#[tokio::test]
async fn a_gate_that_another_app_changes_meanwhile_is_read_again() {
    let (server, account) = thread().await;
    let told =
        |cid: &str, hidden: &[&str]| fake::answer(json!({ "uri": "x", "cid": cid, "value": gate(hidden, None) }));
    on(GET).respond_with(told("one", &[])).up_to_n_times(1).mount(&server).await;
    on(GET).respond_with(told("two", &[&uri(LEA, "other")])).mount(&server).await;
    on(PUT).respond_with(refusal(400, "InvalidSwap", "Record was at two")).up_to_n_times(1).mount(&server).await;
    says(&server, PUT, json!({ "uri": "x", "cid": "y" })).await;
    assert_eq!(put_to(&account, uri(MARC, "rude"), Hidden).await, Ok(Hidden));
    let bodies = written(&server).await;
    assert_eq!(bodies[1]["swapRecord"], "two");
    assert_eq!(bodies[1]["record"]["hiddenReplies"], json!([uri(LEA, "other"), uri(MARC, "rude")]));
    // Changed for ever: somebody else is at it.
    server.reset().await;
    shows(&server, vec![under(post(MARC, "rude", 60, "Nul"), &post(ME, "root", 9, ""), &post(ME, "root", 9, ""))])
        .await;
    on(GET).respond_with(told("one", &[])).mount(&server).await;
    on(PUT).respond_with(refusal(400, "InvalidSwap", "x")).mount(&server).await;
    assert!(matches!(put_to(&account, uri(MARC, "rude"), Hidden).await, Err(Fault::Later { .. })));
    assert_eq!(written(&server).await.len(), TRIES);
}

#[tokio::test]
async fn an_answer_is_shown_again_and_a_full_gate_says_so() {
    let (server, account) = thread().await;
    let (rude, other) = (uri(MARC, "rude"), uri(LEA, "other"));
    says(&server, GET, json!({ "uri": "x", "cid": "one", "value": gate(&[&rude, &other], None) })).await;
    says(&server, PUT, json!({ "uri": "x", "cid": "y" })).await;
    assert_eq!(put_to(&account, rude.clone(), Published).await, Ok(Published));
    assert_eq!(written(&server).await[0]["record"]["hiddenReplies"], json!([other]));

    let (server, account) = thread().await;
    let many: Vec<String> = (0..300).map(|n| uri(LEA, &format!("k{n}"))).collect();
    let full = gate(&many.iter().map(String::as_str).collect::<Vec<_>>(), None);
    says(&server, GET, json!({ "uri": "x", "cid": "one", "value": full })).await;
    assert_eq!(code_of(&put_to(&account, rude, Hidden).await.unwrap_err()), Some(RefusalCode::Invalid));
    assert!(written(&server).await.is_empty());
}

#[tokio::test]
async fn only_answers_in_threads_that_we_began_are_hidden() {
    let (server, account) = thread().await;
    for (remote, to) in [
        (uri(MARC, "elsewhere"), Hidden),
        (uri(ME, "root"), Hidden),
        (uri(MARC, "rude"), Spam),
        (uri(MARC, "rude"), Trash),
        (uri(MARC, "rude"), Pending),
        ("chat:c1/m1".to_owned(), Hidden),
    ] {
        assert_eq!(
            code_of(&put_to(&account, remote.clone(), to).await.unwrap_err()),
            Some(RefusalCode::NotOffered),
            "{remote}"
        );
    }
    assert_eq!(code_of(&put_to(&account, uri(MARC, "gone"), Hidden).await.unwrap_err()), Some(RefusalCode::Gone));
    assert!(written(&server).await.is_empty());
}
