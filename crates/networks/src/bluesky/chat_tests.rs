//! Private messages: the exchanges first, then the log.

#![allow(clippy::unwrap_used)]

use super::super::pull::MESSAGES;
use super::*;
use crate::bluesky::fake::{self, *};
use guichet_model::{DAY, Kind, RemoteId, Session, Visibility};
use serde_json::json;
use wiremock::MockServer;
use wiremock::matchers::{header, query_param, query_param_is_missing};

const LOG: &str = "chat.bsky.convo.getLog";
const LIST: &str = "chat.bsky.convo.listConvos";
const READ: &str = "chat.bsky.convo.getMessages";

fn entry(kind: &str, convo: &str, message: &Value) -> Value {
    json!({ "$type": format!("chat.bsky.convo.defs#{kind}"), "rev": "222", "convoId": convo, "message": message })
}

/// Pulls until nothing more waits; the texts in order, the last cursor and the last page.
async fn all(account: &Account, cursor: Option<Cursor>) -> (Vec<Item>, Page) {
    let (mut items, mut cursor) = (Vec::new(), cursor);
    for _ in 0..30 {
        let mut page = account.pull(MESSAGES, cursor.as_ref(), NOW.plus(-DAY)).await.unwrap();
        items.append(&mut page.items);
        cursor = page.cursor.clone().or(cursor);
        if !page.more {
            return (items, page);
        }
    }
    unreachable!("it never ends");
}

fn texts(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item.body.text.as_str()).collect()
}

#[tokio::test]
async fn exchanges_are_read_back_and_then_the_log_is_followed() {
    let (server, account) = fake::server().await;
    let (first, second) = (message(LEA, "m1", 500, "Bonjour ?"), message(ME, "m2", 400, "Bonjour Léa"));
    let third = message(LEA, "m3", 10, "Merci 👋");
    let old = message(MARC, "m0", 90 * 86_400, "Il y a longtemps");
    asks(LOG)
        .and(query_param_is_missing("cursor"))
        .respond_with(answer(json!({ "logs": [], "cursor": "a" })))
        .mount(&server)
        .await;
    let log = json!({ "logs": [
        { "$type": "chat.bsky.convo.defs#logReadConvo", "rev": "222", "convoId": "c1" },
        { "$type": "chat.bsky.convo.defs#logOfTomorrow" },
        entry("logCreateMessage", "c1", &third),
        entry("logDeleteMessage", "c1", &json!({ "$type": "chat.bsky.convo.defs#deletedMessageView", "id": "m1", "rev": "2", "sender": { "did": LEA }, "sentAt": ago(500) })),
    ], "cursor": "b" });
    asks(LOG).and(query_param("cursor", "a")).respond_with(answer(log)).mount(&server).await;
    asks(LOG)
        .and(query_param("cursor", "b"))
        .respond_with(answer(json!({ "logs": [], "cursor": "b" })))
        .mount(&server)
        .await;
    let convos =
        json!({ "convos": [convo("c1", &second), convo("c0", &old), { "id": "c2", "members": [] }], "cursor": "next" });
    asks(LIST)
        .and(query_param("cursor", "next"))
        .respond_with(answer(json!({ "convos": [] })))
        .with_priority(1)
        .mount(&server)
        .await;
    asks(LIST)
        .and(header("atproto-proxy", "did:web:api.bsky.chat#bsky_chat"))
        .respond_with(answer(convos))
        .mount(&server)
        .await;
    asks(READ)
        .and(query_param("convoId", "c1"))
        .respond_with(answer(json!({ "messages": [second, first] })))
        .mount(&server)
        .await;

    let (items, page) = all(&account, None).await;
    assert_eq!(texts(&items), ["Bonjour ?", "Bonjour Léa", "Merci 👋"]);
    let item = &items[0];
    assert_eq!(item.remote, RemoteId::new("chat:c1/m1"));
    assert_eq!((item.kind, &item.conversation), (Kind::Message, &Some(RemoteId::new("chat:c1"))));
    assert_eq!((item.author.name.as_str(), item.visibility, item.ours), ("Léa", Some(Visibility::Direct), false));
    assert!(items[1].ours);
    assert!(page.covered.is_some());
    let reads = asked(&server, READ).await.len();
    assert_eq!(reads, 2 - 1, "one without news is not read");

    let (again, _) = all(&account, page.cursor).await;
    assert!(again.is_empty());
    assert_eq!(asked(&server, LIST).await.len(), 3, "once to see whether we may, and two pages");
}

#[tokio::test]
async fn what_is_taken_away_is_gone_and_a_message_written_and_taken_away_never_was() {
    let (server, account) = fake::server().await;
    let brief = message(LEA, "m9", 5, "Oups");
    let deleted = |id: &str| json!({ "$type": "chat.bsky.convo.defs#deletedMessageView", "id": id, "rev": "2", "sender": { "did": LEA }, "sentAt": ago(1) });
    says(&server, LIST, json!({ "convos": [] })).await;
    let log = json!({ "logs": [entry("logCreateMessage", "c1", &brief), entry("logDeleteMessage", "c1", &deleted("m9")), entry("logDeleteMessage", "c1", &deleted("m1"))], "cursor": "z" });
    asks(LOG).and(query_param("cursor", "y")).respond_with(answer(log)).mount(&server).await;
    says(&server, LOG, json!({ "logs": [], "cursor": "y" })).await;
    says(&server, "chat.bsky.convo.getConvo", json!({ "convo": convo("c1", &brief) })).await;
    let begun = account.pull(MESSAGES, None, NOW.plus(-DAY)).await.unwrap();
    let page = account.pull(MESSAGES, begun.cursor.as_ref(), NOW.plus(-DAY)).await.unwrap();
    assert!(page.items.is_empty());
    assert_eq!(page.gone, [RemoteId::new("chat:c1/m9"), RemoteId::new("chat:c1/m1")]);
}

#[tokio::test]
async fn a_log_that_lost_its_place_is_made_good_by_the_exchanges() {
    let (server, account) = fake::server().await;
    let missed = message(LEA, "m5", 60, "Vous m’avez manquée ?");
    says(&server, LIST, json!({ "convos": [] })).await;
    asks(LOG)
        .and(query_param("cursor", "y"))
        .respond_with(refusal(400, "InvalidRequest", "Invalid cursor"))
        .mount(&server)
        .await;
    says(&server, LOG, json!({ "logs": [], "cursor": "y" })).await;
    let begun = account.pull(MESSAGES, None, NOW.plus(-DAY)).await.unwrap();
    server.reset().await;
    asks(LOG)
        .and(query_param("cursor", "y"))
        .respond_with(refusal(400, "InvalidRequest", "Invalid cursor"))
        .mount(&server)
        .await;
    asks(LOG)
        .and(query_param("cursor", "n"))
        .respond_with(answer(json!({ "logs": [], "cursor": "n" })))
        .mount(&server)
        .await;
    says(&server, LOG, json!({ "logs": [], "cursor": "n" })).await;
    says(&server, LIST, json!({ "convos": [convo("c1", &missed)] })).await;
    says(&server, READ, json!({ "messages": [missed] })).await;
    let (items, _) = all(&account, begun.cursor).await;
    assert_eq!(texts(&items), ["Vous m’avez manquée ?"]);
}

#[tokio::test]
async fn an_access_made_without_messages_has_none_and_says_so() {
    let server = MockServer::start().await;
    let (account, _) = account_of(&secret(&server.uri(), "opaque"));
    let recorded = fixture("errors")["not-privileged"].clone();
    on(LIST).respond_with(wiremock::ResponseTemplate::new(400).set_body_json(&recorded["body"])).mount(&server).await;
    let page = account.pull(MESSAGES, None, NOW.plus(-DAY)).await.unwrap();
    assert!(page.items.is_empty() && page.cursor.is_none() && !page.more);
    let can = account.capabilities().await.unwrap();
    assert!(!can.private_reply && can.never_gives.contains(&"direct_messages".to_owned()));
    assert_eq!(asked(&server, LIST).await.len(), 1, "asked once a day");

    let server = MockServer::start().await;
    let (account, _) = account_of(&secret(&server.uri(), "opaque"));
    on(LIST).respond_with(refusal(502, "UpstreamFailure", "x")).up_to_n_times(1).mount(&server).await;
    says(&server, LIST, json!({ "convos": [] })).await;
    assert!(!account.capabilities().await.unwrap().private_reply, "their service is not well");
    assert!(account.capabilities().await.unwrap().private_reply);
}

#[tokio::test]
async fn a_stranger_of_an_exchange_is_asked_for_and_what_cannot_be_read_is_kept() {
    let (server, account) = fake::server().await;
    says(&server, LIST, json!({ "convos": [] })).await;
    let log = json!({ "logs": [
        entry("logCreateMessage", "c7", &message(MARC, "m1", 5, "Bonjour")),
        entry("logCreateMessage", "c7", &json!({ "$type": "chat.bsky.convo.defs#messageView", "id": "m2" })),
        entry("logCreateMessage", "c7", &json!({ "$type": "chat.bsky.convo.defs#systemMessageView", "id": "m3" })),
    ], "cursor": "z" });
    asks(LOG).and(query_param("cursor", "y")).respond_with(answer(log)).mount(&server).await;
    says(&server, LOG, json!({ "logs": [], "cursor": "y" })).await;
    let members = json!({ "convo": { "id": "c7", "members": [person(ME), person(MARC)] } });
    says(&server, "chat.bsky.convo.getConvo", members).await;
    let begun = account.pull(MESSAGES, None, NOW.plus(-DAY)).await.unwrap();
    let page = account.pull(MESSAGES, begun.cursor.as_ref(), NOW.plus(-DAY)).await.unwrap();
    assert_eq!(page.items[0].author.name, "Marc");
    assert_eq!(page.unreadable.len(), 1);
}
