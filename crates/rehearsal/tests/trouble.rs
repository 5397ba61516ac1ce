//! Every fault by command, offline and back, and streams: what a client must survive.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod stage;

use guichet_rehearsal::{Effect, FaultRule, Posted, Rehearsal, Say, Speaker};
use serde_json::json;
use stage::{Account, account, ids, quiet};
use std::time::Duration;

const STATUSES: &str = "=/api/v1/statuses";

async fn try_publish(account: &Account, text: &str) -> reqwest::Result<reqwest::Response> {
    account.try_post("/api/v1/statuses", json!({"status": text}), None).await
}

fn on_post(rehearsal: &Rehearsal, effect: Effect) {
    rehearsal.fault(FaultRule::on("POST", STATUSES, effect).once());
}

fn texts(posted: &[Posted]) -> Vec<&str> {
    posted.iter().map(|post| post.text.as_str()).collect()
}

#[tokio::test]
async fn refusals_do_nothing_and_pass() {
    let rehearsal = quiet("calme").await;
    let bakery = account(&rehearsal, 0);
    let effects = [
        (Effect::Status { code: 503, body: String::new(), headers: vec![("retry-after".into(), "9".into())] }, 503),
        (Effect::RateLimited { after_s: 30 }, 429),
        (Effect::TokenExpired, 401),
    ];
    for (effect, code) in effects {
        on_post(&rehearsal, effect);
        let response = try_publish(&bakery, "refusé").await.unwrap();
        assert_eq!(response.status(), code);
        match code {
            429 => assert_eq!(response.headers()["x-ratelimit-remaining"], "0"),
            503 => assert_eq!(response.headers()["retry-after"], "9"),
            _ => {}
        }
    }
    assert!(rehearsal.posted().is_empty());
    assert_eq!(try_publish(&bakery, "passé").await.unwrap().status(), 200);
}

#[tokio::test]
async fn cuts_lose_the_request_or_only_the_answer() {
    let rehearsal = quiet("calme").await;
    let bakery = account(&rehearsal, 0);
    on_post(&rehearsal, Effect::CutBefore);
    assert!(try_publish(&bakery, "avant").await.is_err());
    assert!(rehearsal.posted().is_empty());
    on_post(&rehearsal, Effect::CutAfter);
    assert!(try_publish(&bakery, "après").await.is_err());
    assert_eq!(texts(&rehearsal.posted()), ["après"]);
    on_post(&rehearsal, Effect::AppliedLate { after_ms: 150 });
    assert!(try_publish(&bakery, "tard").await.is_err());
    assert_eq!(rehearsal.posted().len(), 1);
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if rehearsal.posted().len() == 2 {
            break;
        }
    }
    assert_eq!(texts(&rehearsal.posted()), ["après", "tard"]);
}

#[tokio::test]
async fn answers_can_be_unreadable_though_done() {
    let rehearsal = quiet("calme").await;
    let bakery = account(&rehearsal, 0);
    on_post(&rehearsal, Effect::Torn);
    let torn = try_publish(&bakery, "déchiré").await.unwrap();
    assert_eq!(torn.status(), 200);
    assert!(torn.bytes().await.is_err());
    on_post(&rehearsal, Effect::Garbage);
    let garbage = try_publish(&bakery, "brouillé").await.unwrap();
    assert_eq!(garbage.status(), 200);
    assert!(garbage.json::<serde_json::Value>().await.is_err());
    assert_eq!(texts(&rehearsal.posted()), ["déchiré", "brouillé"]);
}

#[tokio::test]
async fn reads_can_lag_behind() {
    let rehearsal = quiet("calme").await;
    let bakery = account(&rehearsal, 0);
    rehearsal.fault(FaultRule::on("GET", "/api/v1/", Effect::ReadsLag { ms: 60_000 }));
    let id = bakery.publish("Bientôt visible", None).await["id"].as_str().unwrap().to_owned();
    let own = format!("/api/v1/accounts/{}/statuses", bakery.card.remote);
    let seen = |list: &serde_json::Value| ids(list).contains(&id.parse().unwrap());
    assert!(!seen(&bakery.get(&own).await));
    assert_eq!(bakery.try_get(&format!("/api/v1/statuses/{id}")).await.unwrap().status(), 404);
    assert_eq!(rehearsal.posted().len(), 1);
    rehearsal.clear_faults();
    assert!(seen(&bakery.get(&own).await));
}

#[tokio::test]
async fn latency_delays_and_still_answers() {
    let rehearsal = quiet("calme").await;
    let bakery = account(&rehearsal, 0);
    rehearsal.fault(FaultRule::on("", "/api/v1/notifications", Effect::Latency(400)));
    let hasty = tokio::time::timeout(Duration::from_millis(100), bakery.try_get("/api/v1/notifications")).await;
    assert!(hasty.is_err());
    assert_eq!(bakery.try_get("/api/v1/notifications").await.unwrap().status(), 200);
}

#[tokio::test]
async fn offline_refuses_and_comes_back_on_the_same_port() {
    let rehearsal = quiet("calme").await;
    let bakery = account(&rehearsal, 0);
    for _ in 0..3 {
        assert_eq!(bakery.try_get("/api/v1/instance").await.unwrap().status(), 200);
        let mut stream = bakery.try_get("/api/v1/streaming/user").await.unwrap();
        assert!(stream.chunk().await.unwrap().is_some());
        rehearsal.offline(true);
        let error = bakery.try_get("/api/v1/instance").await.unwrap_err();
        assert!(error.is_connect(), "{error:?}");
        let cut = tokio::time::timeout(Duration::from_secs(5), stream.chunk()).await.unwrap();
        assert!(matches!(cut, Err(_) | Ok(None)), "the stream is cut");
        rehearsal.offline(false);
    }
    assert_eq!(bakery.try_get("/api/v1/instance").await.unwrap().status(), 200);
}

#[tokio::test]
async fn streams_tell_what_happens() {
    let rehearsal = quiet("calme").await;
    let bakery = account(&rehearsal, 0);
    let mut stream = bakery.try_get("/api/v1/streaming/user").await.unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let mut direct = bakery.try_get("/api/v1/streaming/direct").await.unwrap();
    let mut heard = String::new();
    let ines = Speaker::new("ines_tarrade@grandplace.example", "Inès Tarrade");
    let said = rehearsal.say(Say::mention(ines.clone(), "boulangerie_halles", "Vous êtes là ?")).unwrap();
    rehearsal.say(Say::Edit { status: said.clone(), text: "@boulangerie_halles Êtes-vous là ?".into() }).unwrap();
    rehearsal.say(Say::direct(ines, "boulangerie_halles", "Psst")).unwrap();
    rehearsal.say(Say::Delete { status: said.clone() }).unwrap();
    let last = format!("event: delete\ndata: {said}\n\n");
    while !heard.contains(&last) {
        let chunk = tokio::time::timeout(Duration::from_secs(5), stream.chunk()).await.unwrap().unwrap().unwrap();
        heard.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    for event in ["event: notification\ndata: {\"id\":", "event: status.update\ndata: {\"id\":"] {
        assert!(heard.contains(event), "{event} in {heard}");
    }
    assert!(!heard.contains("event: conversation"));
    let mut private = String::new();
    while !private.contains("event: conversation\n") {
        let chunk = tokio::time::timeout(Duration::from_secs(5), direct.chunk()).await.unwrap().unwrap().unwrap();
        private.push_str(std::str::from_utf8(&chunk).unwrap());
    }
}

#[tokio::test]
async fn a_dropped_rehearsal_is_gone() {
    let rehearsal = quiet("calme").await;
    let bakery = account(&rehearsal, 0);
    assert_eq!(bakery.try_get("/api/v1/instance").await.unwrap().status(), 200);
    drop(rehearsal);
    assert!(bakery.try_get("/api/v1/instance").await.unwrap_err().is_connect());
}
