//! The stream: which bytes ring which bell, and which addresses are listened to.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::mastodon::fake::{account, status};
use proptest::prelude::*;
use serde_json::json;
use std::sync::Mutex;
use wiremock::matchers::{header, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const STREAM: &str = ":)\nevent: notification\ndata: {\"id\":\"1\"}\n\n:thump\n\nevent: delete\r\ndata: 42\r\n\r\nevent: conversation\ndata: {}\n\nevent: filters_changed\n\nevent: notifications_merged\ndata: 1\n\n";

fn rung(pieces: &[&[u8]]) -> Vec<Ring> {
    let mut frames = Frames::default();
    let done = pieces.iter().flat_map(|piece| frames.feed(piece).unwrap());
    done.flat_map(|frame| sounds(&frame, "1")).collect()
}

fn expected() -> Vec<Ring> {
    vec![
        Ring::Pull(NOTIFICATIONS),
        Ring::Gone(RemoteId::new("42")),
        Ring::Pull(CONVERSATIONS),
        Ring::Pull(NOTIFICATIONS),
    ]
}

#[test]
fn events_ring_what_must_be_pulled() {
    assert_eq!(rung(&[STREAM.as_bytes()]), expected());
    let of = |event: &str, by: &str, to: Option<&str>| {
        let mut told = status("9", by, None, 0, "x");
        told["in_reply_to_account_id"] = json!(to);
        rung(&[format!("event: {event}\ndata: {told}\n\n").as_bytes()])
    };
    assert_eq!(of("update", "lea", None), []);
    assert_eq!(of("update", "1", None), [Ring::Pull(OWN)]);
    assert_eq!(of("update", "lea", Some("1")), [Ring::Pull(OWN)]);
    assert_eq!(of("status.update", "lea", None), [Ring::Pull(NOTIFICATIONS)]);
    assert_eq!(of("status.update", "1", None), [Ring::Pull(OWN)]);
    assert_eq!(rung(&[b"event: update\ndata: not json\n\n"]), []);
}

proptest! {
    #[test]
    fn events_are_the_same_however_they_are_cut(cuts in prop::collection::vec(0usize..STREAM.len(), 0..20)) {
        let mut cuts = cuts;
        cuts.extend([0, STREAM.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|w| &STREAM.as_bytes()[w[0]..w[1]]).collect();
        prop_assert_eq!(rung(&pieces), expected());
    }
}

#[test]
fn an_event_without_end_is_refused() {
    let mut frames = Frames::default();
    let long = vec![b'x'; 1 << 20];
    assert!((0..8).any(|_| frames.feed(&long).is_err()));
}

#[test]
fn only_a_stream_of_the_same_site_is_listened_to() {
    let server = Url::parse("https://exemple.social").unwrap();
    let at = |named: Option<&str>| address(&server, named).map(String::from);
    assert_eq!(at(None).unwrap(), "https://exemple.social/api/v1/streaming/user");
    assert_eq!(at(Some("wss://flux.exemple.social")).unwrap(), "https://flux.exemple.social/api/v1/streaming/user");
    assert_eq!(
        at(Some("wss://exemple.social:4000/x?y=1")).unwrap(),
        "https://exemple.social:4000/api/v1/streaming/user"
    );
    for named in [
        "wss://autre.social",
        "ws://flux.exemple.social",
        "wss://a:b@flux.exemple.social",
        "flux",
        "wss://",
        "file:///x",
    ] {
        assert!(matches!(at(Some(named)), Err(Fault::Unreadable { .. })), "{named}");
    }
    let local = Url::parse("http://127.0.0.1:3000").unwrap();
    assert_eq!(
        address(&local, Some("ws://127.0.0.1:4000")).unwrap().as_str(),
        "http://127.0.0.1:4000/api/v1/streaming/user"
    );
}

#[tokio::test]
async fn a_stream_rings_and_its_end_is_said() {
    let server = MockServer::start().await;
    let told = json!({ "version": "4.6.0", "configuration": { "urls": { "streaming": server.uri().replace("http:", "ws:") } } });
    Mock::given(path("/api/v2/instance"))
        .respond_with(ResponseTemplate::new(200).set_body_json(told))
        .mount(&server)
        .await;
    let stream = ResponseTemplate::new(200).set_body_raw(STREAM, "text/event-stream");
    Mock::given(path(PATH)).and(header("authorization", "Bearer jeton")).respond_with(stream).mount(&server).await;
    let (account, _) = account(&server.uri());
    let rings = Mutex::new(Vec::new());
    let fault = run(&account, &|ring| rings.lock().unwrap().push(ring)).await;
    assert!(matches!(fault, Fault::Later { .. }));
    let mut all = vec![Ring::Connected];
    all.extend(expected());
    assert_eq!(*rings.lock().unwrap(), all);
}

#[tokio::test]
async fn a_server_without_a_stream_says_so() {
    let server = MockServer::start().await;
    Mock::given(path("/api/v2/instance"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "version": "1" })))
        .mount(&server)
        .await;
    let (one, _) = account(&server.uri());
    assert!(matches!(run(&one, &|_| ()).await, Fault::Refused { .. }));
    Mock::given(path(PATH)).respond_with(ResponseTemplate::new(200).set_body_string("<html>")).mount(&server).await;
    let (two, _) = account(&server.uri());
    assert!(matches!(run(&two, &|_| panic!("nothing stands")).await, Fault::Refused { .. }));
}
