//! Whether a reply was published after all, and whether it may still leave.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::bluesky::fake::{self, *};
use guichet_model::{Outgoing, RemoteId, SECOND, Session};
use serde_json::json;
use wiremock::MockServer;

const GET: &str = "com.atproto.repo.getRecord";
const LIST: &str = "com.atproto.repo.listRecords";
const THREAD: &str = "app.bsky.feed.getPostThread";
const READ: &str = "chat.bsky.convo.getMessages";

async fn prepared(server: &MockServer, account: &Account) -> Prepared {
    shows(server, vec![post(LEA, "answer", 60, "Quelle heure ?")]).await;
    account.prepare(&outgoing(&uri(LEA, "answer"), "Dès dix heures")).await.unwrap()
}

fn frozen_record(prepared: &Prepared) -> (String, Value) {
    let body: Value = serde_json::from_str(&prepared.body).unwrap();
    (body["rkey"].as_str().unwrap().to_owned(), body["record"].clone())
}

#[tokio::test]
async fn a_record_under_its_key_is_certain_and_newer_than_the_first_attempt() {
    let (server, account) = fake::server().await;
    let prepared = prepared(&server, &account).await;
    let (rkey, record) = frozen_record(&prepared);
    says(&server, GET, json!({ "uri": uri(ME, &rkey), "cid": "bafy", "value": record })).await;
    says(&server, LIST, json!({ "records": [{ "uri": uri(ME, &rkey), "cid": "bafy", "value": record }] })).await;
    let found = account.find(&prepared, NOW).await.unwrap();
    assert!(found.complete && found.other.is_empty());
    assert_eq!(found.same.len(), 1, "once, by whichever way it is seen");
    assert_eq!(found.same[0].remote.as_str(), uri(ME, &rkey));
    assert!(found.same[0].at >= NOW);
    let asked = asked(&server, GET).await.remove(0);
    let query: Vec<_> = asked.url.query_pairs().map(|(_, value)| value.into_owned()).collect();
    assert_eq!(query, [ME, POST, &rkey]);
}

#[tokio::test]
async fn the_server_s_own_word_alone_makes_it_absent() {
    let (server, account) = fake::server().await;
    let prepared = prepared(&server, &account).await;
    on(GET)
        .respond_with(refusal(400, "RecordNotFound", "Could not locate record"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    on(GET)
        .respond_with(fake::at_our_time(wiremock::ResponseTemplate::new(404).set_body_string("<html>")))
        .mount(&server)
        .await;
    says(&server, LIST, json!({ "records": [] })).await;
    assert_eq!(
        account.find(&prepared, NOW).await.unwrap(),
        Found { by_name: ByName::Absent, complete: true, ..Found::default() }
    );
    assert!(matches!(account.find(&prepared, NOW).await, Err(Fault::Unreadable { .. })));
}

#[tokio::test]
async fn a_key_that_was_forgotten_is_made_good_by_what_stands_at_the_place() {
    let (server, account) = fake::server().await;
    let prepared = prepared(&server, &account).await;
    let (_, record) = frozen_record(&prepared);
    let mut other = record.clone();
    other["text"] = "Autre chose".into();
    let mut elsewhere = record.clone();
    elsewhere["reply"]["parent"]["uri"] = uri(MARC, "x").into();
    let one = |rkey: &str, value: &Value| json!({ "uri": uri(ME, rkey), "cid": rkey, "value": value });
    on(GET).respond_with(refusal(400, "RecordNotFound", "x")).mount(&server).await;
    let list = [one("3n2u3zpvbsm25", &record), one("3n2u3zpvbsm24", &other), one("3n2u3zpvbsm23", &elsewhere)];
    says(&server, LIST, json!({ "records": list, "cursor": "older" })).await;
    let found = account.find(&prepared, NOW.plus(-SECOND)).await.unwrap();
    assert_eq!(found.same.iter().map(|item| item.remote.0.clone()).collect::<Vec<_>>(), [uri(ME, "3n2u3zpvbsm25")]);
    assert_eq!(found.other.len(), 1, "another text of ours there forbids absent");
}

#[tokio::test]
async fn a_private_message_is_looked_for_by_its_words() {
    let (server, account) = fake::server().await;
    let prepared = account.prepare(&outgoing("chat:c1/m1", "Oui, lundi")).await.unwrap();
    let messages = [
        message(ME, "m4", 1, "Oui, lundi"),
        message(ME, "m3", 2, "Autre chose"),
        message(LEA, "m2", 3, "Oui, lundi"),
        message(ME, "m0", 9_000, "Oui, lundi"),
    ];
    says(&server, READ, json!({ "messages": messages, "cursor": "older" })).await;
    let found = account.find(&prepared, NOW.plus(-10 * SECOND)).await.unwrap();
    let names = |items: &[Item]| items.iter().map(|item| item.remote.0.clone()).collect::<Vec<_>>();
    assert_eq!((names(&found.same), names(&found.other)), (vec!["chat:c1/m4".into()], vec!["chat:c1/m3".into()]));
    assert!(found.complete);
    assert_eq!(asked(&server, READ).await.len(), 1);
}

fn place(remote: &str) -> Place {
    let Outgoing { place, .. } = outgoing(remote, "x");
    place
}

#[tokio::test]
async fn what_we_answer_is_looked_at_before() {
    let recheck = async |thread: Value| {
        let (server, account) = fake::server().await;
        says(&server, THREAD, json!({ "thread": thread })).await;
        account.recheck(&place(&uri(LEA, "answer"))).await
    };
    let answered = post(LEA, "answer", 300, "Quelle heure ?");
    let view = |replies: Vec<Value>| json!({ "$type": "app.bsky.feed.defs#threadViewPost", "post": answered, "replies": replies });
    let reply = |did: &str, seconds: i64| json!({ "$type": "app.bsky.feed.defs#threadViewPost", "post": under(post(did, "r", seconds, "Dix heures"), &answered, &answered) });
    assert_eq!(recheck(view(vec![])).await, Ok(Recheck::Same));
    assert_eq!(
        recheck(view(vec![reply(LEA, 5), reply(ME, 120)])).await,
        Ok(Recheck::Same),
        "another's, and one known before"
    );
    assert!(matches!(recheck(view(vec![reply(ME, 5)])).await, Ok(Recheck::Answered(item)) if item.ours));
    assert_eq!(
        recheck(json!({ "$type": "app.bsky.feed.defs#notFoundPost", "uri": "x", "notFound": true })).await,
        Ok(Recheck::Gone)
    );
    let blocked = recheck(json!({ "$type": "app.bsky.feed.defs#blockedPost", "uri": "x", "blocked": true })).await;
    assert_eq!(fake::code_of(&blocked.unwrap_err()), Some(RefusalCode::Forbidden), "a block may be lifted");

    let (server, account) = fake::server().await;
    on(THREAD).respond_with(refusal(400, "NotFound", "Post not found")).mount(&server).await;
    assert_eq!(account.recheck(&place(&uri(LEA, "answer"))).await, Ok(Recheck::Gone));
}

/// Each parent stands inside of the one below it: deeper than 128 nothing is read at all.
#[tokio::test]
async fn what_stands_deep_in_a_thread_is_looked_at_too() {
    let (server, account) = fake::server().await;
    let deep = |request: &wiremock::Request| {
        let parents = request.url.query_pairs().find(|(name, _)| name == "parentHeight").unwrap();
        let parents: usize = parents.1.parse().unwrap();
        let node = |n: usize| json!({ "$type": "app.bsky.feed.defs#threadViewPost", "post": post(LEA, &format!("p{n}"), 900, "…") });
        let mut thread = node(0);
        for n in 1..=parents.min(200) {
            let mut below = node(n);
            below["parent"] = thread;
            thread = below;
        }
        thread["post"] = post(LEA, "answer", 300, "Quelle heure ?");
        fake::answer(json!({ "thread": thread }))
    };
    on(THREAD).respond_with(deep).mount(&server).await;
    assert_eq!(account.recheck(&place(&uri(LEA, "answer"))).await, Ok(Recheck::Same));
    assert!(account.thread(&uri(LEA, "answer"), 0, super::super::gather::HIGHEST).await.is_ok());
}

#[tokio::test]
async fn a_record_overwritten_since_it_was_read_is_edited() {
    let (server, account) = fake::server().await;
    let told = |cid: &str| {
        let mut post = post(LEA, "answer", 300, "Quelle heure ?");
        post["cid"] = cid.into();
        json!({ "thread": { "$type": "app.bsky.feed.defs#threadViewPost", "post": post } })
    };
    on(THREAD).respond_with(fake::answer(told("one"))).up_to_n_times(1).mount(&server).await;
    says(&server, THREAD, told("two")).await;
    assert_eq!(account.recheck(&place(&uri(LEA, "answer"))).await, Ok(Recheck::Same));
    assert!(matches!(account.recheck(&place(&uri(LEA, "answer"))).await, Ok(Recheck::Edited(_))));
}

#[tokio::test]
async fn a_private_message_answered_or_taken_away_meanwhile_is_seen() {
    let recheck = async |messages: Value| {
        let (server, account) = fake::server().await;
        says(&server, READ, json!({ "messages": messages })).await;
        account.recheck(&place("chat:c1/m1")).await.unwrap()
    };
    let asked = message(LEA, "m1", 300, "Lundi ?");
    assert_eq!(recheck(json!([asked])).await, Recheck::Same);
    assert_eq!(recheck(json!([message(ME, "m0", 400, "Avant"), asked])).await, Recheck::Same);
    assert!(matches!(recheck(json!([message(ME, "m2", 5, "Oui"), asked])).await, Recheck::Answered(_)));
    let deleted = json!({ "$type": "chat.bsky.convo.defs#deletedMessageView", "id": "m1", "sender": { "did": LEA } });
    assert_eq!(recheck(json!([deleted])).await, Recheck::Gone);
    assert_eq!(place("chat:c1/m1").remote, RemoteId::new("chat:c1/m1"));
}
