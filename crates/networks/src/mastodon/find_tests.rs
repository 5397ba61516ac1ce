//! Was it published after all, and may it still leave?

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::mastodon::fake::{ME, NOW, account, ago, answer, date, status, with};
use guichet_model::{Proof, RemoteId};
use serde_json::{Value, json};
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn prepared(text: &str) -> Prepared {
    Prepared { key: "k".into(), body: "{}".into(), place: RemoteId::new("A"), text: text.into(), proof: Proof::None }
}

async fn give(server: &MockServer, at: &str, told: Value) {
    Mock::given(method("GET")).and(path(at)).respond_with(answer(told)).mount(server).await;
}

const OWN: &str = "/api/v1/accounts/1/statuses";
const CONTEXT: &str = "/api/v1/statuses/A/context";

fn thread(below: Vec<Value>) -> Value {
    json!({ "ancestors": [], "descendants": below })
}

fn ids(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item.remote.as_str()).collect()
}

#[test]
fn one_text_in_two_hands() {
    assert_eq!(normal("@lea@b.test  Merci !\n\nhttps://Exemple.fr/page/ "), normal("@Lea Merci ! Exemple.fr/page"));
    assert_eq!(normal("e\u{301}té"), normal("été"));
    assert_ne!(normal("@lea oui"), normal("@zoe oui"));
    assert_ne!(normal("oui"), normal("Oui"));
}

#[tokio::test]
async fn both_sides_are_looked_at_and_candidates_told_apart() {
    let server = MockServer::start().await;
    let old = with(status("0", ME, Some("A"), 9_000, "@lea oui"), "id", json!("old"));
    give(
        &server,
        OWN,
        json!([
            status("5", ME, Some("B"), 10, "@lea oui"),
            status("4", ME, Some("A"), 20, "@<span>lea</span>  oui"),
            old
        ]),
    )
    .await;
    let below = vec![
        status("4", ME, Some("A"), 20, "@lea oui"),
        status("3", ME, Some("A"), 30, "@lea oui, bien sûr"),
        status("2", "zoe", Some("A"), 15, "@lea oui"),
    ];
    give(&server, CONTEXT, thread(below)).await;
    let (account, _) = account(&server.uri());
    let found = find(&account, &prepared("@lea@b.test oui"), NOW.plus(-60_000)).await.unwrap();
    assert_eq!((ids(&found.same), ids(&found.other), found.complete), (vec!["4"], vec!["3"], true));
    assert!(found.same[0].ours);
}

#[tokio::test]
async fn the_list_is_read_back_to_the_attempt_or_said_incomplete() {
    let server = MockServer::start().await;
    let page = |ids: std::ops::Range<u32>| -> Value {
        ids.map(|n| status(&n.to_string(), ME, Some("A"), i64::from(n), "autre")).collect()
    };
    Mock::given(path(OWN)).and(query_param("max_id", "39")).respond_with(answer(page(40..900))).mount(&server).await;
    give(&server, OWN, page(0..40)).await;
    give(&server, CONTEXT, thread(vec![])).await;
    let (account, _) = account(&server.uri());
    let found = find(&account, &prepared("oui"), NOW.plus(-100_000)).await.unwrap();
    assert!(found.complete);
    assert_eq!(found.other.len(), 221, "two minutes of margin, both ends counted");
    // The same page for ever: how far back it goes is not known.
    let found = find(&account, &prepared("oui"), NOW.plus(-100_000_000)).await.unwrap();
    assert!(!found.complete);
}

#[tokio::test]
async fn the_servers_clock_counts() {
    let server = MockServer::start().await;
    // The server is two hours behind: what was just published there looks old here.
    let told = json!([with(status("4", ME, Some("A"), 0, "oui"), "created_at", json!(ago(7_200)))]);
    let there = |told: Value| answer(told).insert_header("date", date(7_200).as_str());
    Mock::given(path(OWN)).respond_with(there(told)).mount(&server).await;
    Mock::given(path(CONTEXT)).respond_with(there(thread(vec![]))).mount(&server).await;
    let (account, _) = account(&server.uri());
    let found = find(&account, &prepared("oui"), NOW.plus(-30_000)).await.unwrap();
    assert_eq!(ids(&found.same), ["4"]);
}

#[tokio::test]
async fn an_unreadable_line_forbids_complete_and_a_gone_place_does_not() {
    let server = MockServer::start().await;
    give(&server, OWN, json!([{ "id": "9" }, status("1", "x", None, 9_000_000, "vieux")])).await;
    let gone = ResponseTemplate::new(404).set_body_json(json!({ "error": "Record not found" }));
    Mock::given(path(CONTEXT)).respond_with(gone).mount(&server).await;
    let (account, _) = account(&server.uri());
    assert!(!find(&account, &prepared("oui"), NOW).await.unwrap().complete);
    let failing = MockServer::start().await;
    let (account, _) = crate::mastodon::fake::account(&failing.uri());
    assert!(find(&account, &prepared("oui"), NOW).await.is_err());
}

fn place() -> Place {
    Place {
        remote: RemoteId::new("A"),
        conversation: RemoteId::new("A"),
        post: None,
        visibility: None,
        edited_at: None,
        read_at: NOW.plus(-60_000),
    }
}

async fn rechecked(told: Option<Value>, below: Vec<Value>) -> Recheck {
    let server = MockServer::start().await;
    match told {
        Some(told) => give(&server, "/api/v1/statuses/A", told).await,
        None => {
            let gone = ResponseTemplate::new(404).set_body_json(json!({ "error": "Record not found" }));
            Mock::given(path("/api/v1/statuses/A")).respond_with(gone).mount(&server).await;
        }
    }
    give(&server, CONTEXT, thread(below)).await;
    let (account, _) = account(&server.uri());
    recheck(&account, &place()).await.unwrap()
}

#[tokio::test]
async fn what_became_of_it() {
    let a = || status("A", "lea", None, 600, "@librairie ouvert ?");
    assert_eq!(rechecked(Some(a()), vec![]).await, Recheck::Same);
    assert_eq!(rechecked(None, vec![]).await, Recheck::Gone);
    let edited = rechecked(Some(with(a(), "edited_at", json!(ago(5)))), vec![]).await;
    assert!(matches!(edited, Recheck::Edited(item) if item.edited_at == Some(NOW.plus(-5_000))));
    let before = status("b", ME, Some("A"), 90, "avant");
    let elsewhere = status("c", ME, Some("b"), 10, "plus bas");
    let theirs = status("d", "zoe", Some("A"), 10, "moi aussi");
    assert_eq!(rechecked(Some(a()), vec![before, elsewhere, theirs]).await, Recheck::Same);
    let answered = rechecked(Some(a()), vec![status("e", ME, Some("A"), 10, "depuis le téléphone")]).await;
    assert!(matches!(&answered, Recheck::Answered(item) if item.ours && item.remote.as_str() == "e"), "{answered:?}");
}
