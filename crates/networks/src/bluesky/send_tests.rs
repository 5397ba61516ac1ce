//! Replies as they are frozen and as they leave.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::bluesky::fake::{self, *};
use guichet_model::{Addressee, Kind, Session};
use wiremock::{MockServer, Request, ResponseTemplate};

const CREATE: &str = "com.atproto.repo.createRecord";
const SEND: &str = "chat.bsky.convo.sendMessage";

fn body(prepared: &Prepared) -> Value {
    serde_json::from_str(&prepared.body).unwrap()
}

/// A thread of ours with Léa's answer in it.
async fn thread() -> (MockServer, Account) {
    let (server, account) = fake::server().await;
    let root = post(ME, "root", 900, "La rentrée");
    let answer = under(post(LEA, "answer", 60, "Quelle heure ?"), &root, &root);
    let mut closed = post(LEA, "closed", 60, "Fermé");
    closed["viewer"]["replyDisabled"] = true.into();
    shows(&server, vec![root, answer, post(LEA, "alone", 50, "@librairie.test ?"), closed]).await;
    on("com.atproto.identity.resolveHandle")
        .and(wiremock::matchers::query_param("handle", "marc.exemple.fr"))
        .respond_with(fake::answer(json!({ "did": MARC })))
        .mount(&server)
        .await;
    on("com.atproto.identity.resolveHandle")
        .respond_with(refusal(400, "InvalidRequest", "Unable to resolve handle"))
        .mount(&server)
        .await;
    (server, account)
}

#[tokio::test]
async fn a_reply_is_frozen_whole_with_its_key_its_thread_and_its_marks() {
    let (_server, account) = thread().await;
    let text = "Dès dix heures 👋 @lea.test @marc.exemple.fr @personne.exemple.fr : https://exemple.fr/é #rentrée";
    let mut outgoing = outgoing(&uri(LEA, "answer"), text);
    outgoing.to = vec![Addressee { remote: RemoteId::new(LEA), handle: "lea.test".into() }];
    let prepared = account.prepare(&outgoing).await.unwrap();
    let body = body(&prepared);
    assert_eq!((prepared.proof, prepared.text.as_str()), (Proof::OwnId, text));
    assert_eq!((body["repo"].as_str(), body["collection"].as_str()), (Some(ME), Some(POST)));
    assert!(super::super::tid::instant(body["rkey"].as_str().unwrap()).is_some());
    let record = &body["record"];
    assert_eq!(record["$type"], POST);
    assert_eq!(record["createdAt"], "2026-09-21T14:13:20.000Z");
    assert_eq!(record["langs"], json!(["fr"]));
    assert_eq!(record["reply"]["root"], json!({ "uri": uri(ME, "root"), "cid": "cid-root" }));
    assert_eq!(record["reply"]["parent"], json!({ "uri": uri(LEA, "answer"), "cid": "cid-answer" }));
    let marked: Vec<_> = record["facets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|facet| {
            let at = |name: &str| facet["index"][name].as_u64().unwrap() as usize;
            let feature = &facet["features"][0];
            let means = ["did", "uri", "tag"].into_iter().find_map(|name| feature[name].as_str()).unwrap();
            (&text[at("byteStart")..at("byteEnd")], means)
        })
        .collect();
    let wanted = [
        ("@lea.test", LEA),
        ("@marc.exemple.fr", MARC),
        ("https://exemple.fr/é", "https://exemple.fr/é"),
        ("#rentrée", "rentrée"),
    ];
    assert_eq!(marked, wanted, "a name that nobody bears stays text");
}

#[tokio::test]
async fn the_first_post_of_a_thread_is_its_own_root() {
    let (_server, account) = thread().await;
    let one = body(&account.prepare(&outgoing(&uri(LEA, "alone"), "Bonjour")).await.unwrap());
    assert_eq!(one["record"]["reply"]["root"], one["record"]["reply"]["parent"]);
}

#[tokio::test]
async fn a_reply_that_is_prepared_anew_has_the_same_key_and_another_reply_another() {
    let (_server, account) = thread().await;
    let reply = outgoing(&uri(LEA, "alone"), "Bonjour");
    let prepare = async |reply: &Outgoing| body(&account.prepare(reply).await.unwrap())["rkey"].to_string();
    // As a copy of the inbox does that never knew it was frozen.
    assert_eq!(prepare(&reply).await, prepare(&reply).await);
    assert_ne!(prepare(&reply).await, prepare(&Outgoing { key: "another".into(), ..reply.clone() }).await);
}

#[tokio::test]
async fn what_the_network_would_refuse_is_refused_before_it_leaves() {
    let (server, account) = thread().await;
    let refusal = async |outgoing: Outgoing| code_of(&account.prepare(&outgoing).await.unwrap_err()).unwrap();
    let to = |key: &str, text: &str| outgoing(&uri(LEA, key), text);
    assert_eq!(refusal(to("answer", " \n ")).await, RefusalCode::Empty);
    assert_eq!(refusal(to("answer", &"é".repeat(301))).await, RefusalCode::TooLong);
    // 120 families: few graphemes, 3,000 bytes and more.
    assert_eq!(refusal(to("answer", &"👨‍👩‍👧‍👦".repeat(121))).await, RefusalCode::TooLong);
    assert!(account.prepare(&to("answer", &"👨‍👩‍👧‍👦".repeat(120))).await.is_ok());
    assert!(account.prepare(&to("answer", &"é".repeat(300))).await.is_ok());
    assert_eq!(refusal(to("gone", "Bonjour")).await, RefusalCode::Gone);
    assert_eq!(refusal(to("closed", "Bonjour")).await, RefusalCode::WindowClosed);
    assert_eq!(refusal(outgoing("https://exemple.test", "x")).await, RefusalCode::NotOffered);
    let with = |change: fn(&mut Outgoing)| {
        let mut outgoing = to("answer", "Bonjour");
        change(&mut outgoing);
        outgoing
    };
    assert_eq!(refusal(with(|o| o.warning = Some("attention".into()))).await, RefusalCode::NotOffered);
    assert_eq!(refusal(with(|o| o.pictures = vec![RemoteId::new("x")])).await, RefusalCode::NotOffered);
    assert_eq!(refusal(with(|o| o.visibility = Some(Visibility::Followers))).await, RefusalCode::NotOffered);
    // A public answer to what was said in private.
    let mut public = outgoing("chat:c1/m1", "Bonjour");
    public.visibility = Some(Visibility::Public);
    assert_eq!(refusal(public).await, RefusalCode::Forbidden);
    let writes = server.received_requests().await.unwrap().into_iter().filter(|one| one.method.as_str() != "GET");
    assert_eq!(writes.count(), 0);
}

#[tokio::test]
async fn what_leaves_is_what_was_frozen_and_the_server_s_word_makes_the_item() {
    let (server, account) = thread().await;
    let prepared = account.prepare(&outgoing(&uri(LEA, "answer"), "Dès dix heures")).await.unwrap();
    on(CREATE)
        .respond_with(|request: &Request| {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            fake::answer(
                json!({ "uri": uri(ME, body["rkey"].as_str().unwrap()), "cid": "bafy", "validationStatus": "valid" }),
            )
        })
        .mount(&server)
        .await;
    assert_eq!(account.send(&prepared, word(false)).await, Err(Fault::OFFLINE), "held: no byte leaves");
    assert!(asked(&server, CREATE).await.is_empty());
    let item = account.send(&prepared, word(true)).await.unwrap();
    let sent = asked(&server, CREATE).await;
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].body, prepared.body.as_bytes());
    assert!(item.ours);
    assert_eq!((item.kind, item.in_reply_to), (Kind::Comment, Some(RemoteId(uri(LEA, "answer")))));
    assert_eq!((item.body.text.as_str(), item.at), ("Dès dix heures", NOW));
}

#[tokio::test]
async fn only_the_server_s_own_word_is_certain() {
    let outcome = async |told: ResponseTemplate| {
        let (server, account) = thread().await;
        let prepared = account.prepare(&outgoing(&uri(LEA, "answer"), "Dès dix heures")).await.unwrap();
        on(CREATE).respond_with(told).mount(&server).await;
        let outcome = account.send(&prepared, word(true)).await;
        assert_eq!(asked(&server, CREATE).await.len(), 1, "exactly one request");
        outcome
    };
    // "There is already a value at key": a bare 500 (packages/repo/src/mst/mst.ts).
    assert_eq!(outcome(refusal(500, "InternalServerError", "Internal Server Error")).await, Err(Fault::Unsure));
    assert_eq!(outcome(ResponseTemplate::new(502).set_body_string("<html>")).await, Err(Fault::Unsure));
    assert_eq!(outcome(ResponseTemplate::new(403).set_body_string("<html>")).await, Err(Fault::Unsure));
    assert_eq!(outcome(ResponseTemplate::new(200).set_body_string("{\"uri\":")).await, Err(Fault::Unsure));
    assert_eq!(outcome(fake::answer(json!({ "uri": uri(ME, "other"), "cid": "x" }))).await, Err(Fault::Unsure));
    let recorded = fixture("errors")["too-long"]["body"].clone();
    let too_long = outcome(ResponseTemplate::new(400).set_body_json(recorded)).await.unwrap_err();
    assert_eq!(code_of(&too_long), Some(RefusalCode::TooLong));
    assert!(matches!(outcome(refusal(429, "RateLimitExceeded", "x")).await, Err(Fault::Later { .. })));
}

#[tokio::test]
async fn a_private_message_goes_to_its_exchange_and_a_post_is_answered_in_private_by_making_one() {
    let (server, account) = thread().await;
    let prepared = account.prepare(&outgoing("chat:c1/m1", "Oui, lundi : exemple.fr")).await.unwrap();
    assert_eq!(prepared.proof, MESSAGE_PROOF);
    let told = body(&prepared);
    assert_eq!(
        (told["convoId"].as_str(), told["message"]["text"].as_str()),
        (Some("c1"), Some("Oui, lundi : exemple.fr"))
    );
    assert_eq!(told["message"]["facets"][0]["features"][0]["uri"], "https://exemple.fr");
    assert!(account.prepare(&outgoing("chat:c1/m1", &"é".repeat(1_000))).await.is_ok());
    assert!(account.prepare(&outgoing("chat:c1/m1", &"é".repeat(1_001))).await.is_err());
    says(&server, SEND, message(ME, "m2", 0, "Oui, lundi : exemple.fr")).await;
    let item = account.send(&prepared, word(true)).await.unwrap();
    let request = asked(&server, SEND).await.remove(0);
    assert_eq!(request.headers["atproto-proxy"], "did:web:api.bsky.chat#bsky_chat");
    assert_eq!((item.remote.as_str(), item.ours), ("chat:c1/m2", true));
    assert_eq!(item.in_reply_to, Some(RemoteId::new("chat:c1/m1")));

    asks("chat.bsky.convo.getConvoForMembers")
        .and(wiremock::matchers::query_param("members", LEA))
        .respond_with(fake::answer(json!({ "convo": convo("c9", &Value::Null) })))
        .mount(&server)
        .await;
    let mut private = outgoing(&uri(LEA, "answer"), "En privé");
    private.visibility = Some(Visibility::Direct);
    assert_eq!(body(&account.prepare(&private).await.unwrap())["convoId"], "c9");
}

#[tokio::test]
async fn someone_who_takes_no_messages_is_a_refusal_in_the_network_s_words() {
    let (server, account) = thread().await;
    on("chat.bsky.convo.getConvoForMembers")
        .respond_with(refusal(400, "MessagesDisabled", "recipient has disabled incoming messages"))
        .mount(&server)
        .await;
    let mut private = outgoing(&uri(LEA, "answer"), "En privé");
    private.visibility = Some(Visibility::Direct);
    let Err(Fault::Refused { reason }) = account.prepare(&private).await else { panic!() };
    assert_eq!(reason.code, RefusalCode::Forbidden);
    assert_eq!(reason.said.as_deref(), Some("recipient has disabled incoming messages"));
}
