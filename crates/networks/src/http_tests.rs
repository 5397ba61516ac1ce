//! The line between certain and unsure, row by row, over real connections.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::mastodon::table;
use guichet_model::{BlockScope, MINUTE};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

const NOW: Millis = Millis(1_790_000_000_000);

fn quick() -> Http {
    let soon = Duration::from_millis(700);
    let limits = Limits { read: soon, write: soon, upload: soon, largest: 1 << 20 };
    Http::with(Reach::Loopback, limits)
}

async fn write_to(url: &str) -> Result<Answer, Fault> {
    let http = quick();
    let request = http.writing(Url::parse(url).unwrap()).unwrap().body("{}");
    http.write(request, NOW, table, &|_| ()).await
}

async fn read_from(url: &str) -> Result<Answer, Fault> {
    let http = quick();
    let request = http.reading(Url::parse(url).unwrap()).unwrap();
    http.read(request, NOW, table).await
}

async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

async fn written(answer: ResponseTemplate) -> Result<Answer, Fault> {
    let server = answering(answer).await;
    let outcome = write_to(&server.uri()).await;
    assert_eq!(server.received_requests().await.unwrap().len(), 1, "exactly one request");
    outcome
}

async fn was_read(answer: ResponseTemplate) -> Result<Answer, Fault> {
    read_from(&answering(answer).await.uri()).await
}

fn worded(status: u16, error: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(serde_json::json!({ "error": error }))
}

/// A server of raw bytes: what it sends after the request, then it closes. Counts its connections.
async fn raw(bytes: &'static [u8], hold: bool) -> (String, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let count = Arc::new(AtomicU32::new(0));
    let seen = count.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            seen.fetch_add(1, Ordering::SeqCst);
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(bytes).await;
            if hold {
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
        }
    });
    (url, count)
}

async fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}/", listener.local_addr().unwrap())
}

#[tokio::test]
async fn a_write_that_never_connected_is_offline() {
    assert_eq!(write_to(&closed_port().await).await.err(), Some(Fault::OFFLINE));
    // A name that does not resolve to anything allowed is no connection either.
    let http = Http::new(Reach::Public);
    let request = http.writing(Url::parse("https://nulle-part.invalid/").unwrap()).unwrap();
    assert_eq!(http.write(request, NOW, table, &|_| ()).await.err(), offline(Unreached::NoName));
}

fn offline(why: Unreached) -> Option<Fault> {
    Some(Fault::Offline { why })
}

#[tokio::test]
async fn a_page_that_asks_to_sign_in_first_is_told_from_a_server() {
    let portal = || offline(Unreached::Portal);
    assert_eq!(was_read(ResponseTemplate::new(511)).await.err(), portal());
    let elsewhere = |kind: &str| {
        let page = ResponseTemplate::new(302).insert_header("location", "http://127.0.0.1:9/connexion");
        page.set_body_raw("<html>", kind)
    };
    assert_eq!(was_read(elsewhere("text/html; charset=utf-8")).await.err(), portal());
    assert!(matches!(was_read(elsewhere("application/json")).await.err(), Some(Fault::Unreadable { .. })));
    // Of a write nobody knows what the network on the way did with it.
    assert_eq!(written(ResponseTemplate::new(511)).await.err(), Some(Fault::Unsure));
    assert_eq!(written(elsewhere("text/html")).await.err(), Some(Fault::Unsure));
}

#[tokio::test]
async fn a_server_without_tls_where_tls_is_due_was_never_connected() {
    // Plain bytes where a handshake is expected: nothing of the request left.
    let (url, _) = raw(b"HTTP/1.1 200 OK\r\n\r\n", false).await;
    let client = addresses::client(Reach::Loopback).build().unwrap();
    let error = client.post(url.replace("http:", "https:")).send().await.unwrap_err();
    assert_eq!(broken_write(&error), Fault::Offline { why: Unreached::Unsafe });
}

#[tokio::test]
async fn a_write_that_the_network_worded_is_certain() {
    let refused = |code| move |fault: Fault| matches!(fault, Fault::Refused { reason } if reason.code == code);
    let is = |outcome: Result<Answer, Fault>, expected: &dyn Fn(Fault) -> bool| {
        let fault = outcome.err().expect("a fault");
        assert!(expected(fault.clone()), "{fault:?}");
    };
    is(written(worded(401, "The access token is invalid")).await, &|f| f == Fault::NeedsLogin);
    is(written(worded(403, "This action is not allowed")).await, &refused(RefusalCode::Forbidden));
    is(written(worded(404, "Record not found")).await, &refused(RefusalCode::Gone));
    is(written(worded(410, "Gone")).await, &refused(RefusalCode::Gone));
    is(written(worded(400, "?")).await, &refused(RefusalCode::Invalid));
    is(written(worded(422, "Validation failed: Text can't be blank")).await, &refused(RefusalCode::Empty));
    is(written(worded(422, "La validation a échoué")).await, &refused(RefusalCode::Invalid));
    is(written(worded(403, "Your login is currently disabled")).await, &|f| {
        matches!(f, Fault::Blocked { scope: BlockScope::Account, until: None, .. })
    });
    is(written(ResponseTemplate::new(429)).await, &|f| f == Fault::Later { after: NOW.plus(MINUTE) });
}

#[tokio::test]
async fn everything_else_after_the_connection_is_unsure() {
    for answer in [
        worded(500, "oops"),
        worded(502, "oops"),
        worded(503, "There was a temporary problem serving your request, please try again"),
        worded(504, "oops"),
        worded(408, "too slow"),
        ResponseTemplate::new(403).set_body_string("<html>a hotel's portal</html>"),
        ResponseTemplate::new(404),
        ResponseTemplate::new(301).insert_header("location", "/ailleurs"),
        ResponseTemplate::new(302).insert_header("location", "/ailleurs"),
        ResponseTemplate::new(307).insert_header("location", "/ailleurs"),
        ResponseTemplate::new(308).insert_header("location", "/ailleurs"),
        ResponseTemplate::new(304),
        ResponseTemplate::new(200).set_body_bytes(vec![b' '; 2 << 20]),
        ResponseTemplate::new(200).set_delay(Duration::from_secs(3)),
    ] {
        let told = format!("{answer:?}");
        assert_eq!(written(answer).await.err(), Some(Fault::Unsure), "{told:.80}");
    }
}

#[tokio::test]
async fn a_cut_connection_is_unsure_and_nothing_is_repeated() {
    for (bytes, hold) in [
        (&b""[..], false),
        (b"HTTP/1.1 200 OK\r\nContent-Le", false),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"id\":\"1", false),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"id\":\"1", true),
        (b"HTTP/1.1 422 Unprocessable\r\nContent-Length: 500\r\n\r\n{\"error\":\"", false),
        (b"not http at all\r\n\r\n", false),
    ] {
        let (url, count) = raw(bytes, hold).await;
        assert_eq!(write_to(&url).await.err(), Some(Fault::Unsure), "{}", String::from_utf8_lossy(bytes));
        assert_eq!(count.load(Ordering::SeqCst), 1, "one connection, one request");
    }
}

#[tokio::test]
async fn a_torn_429_is_still_a_429() {
    let (url, _) = raw(b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 500\r\n\r\n{", false).await;
    assert_eq!(write_to(&url).await.err(), Some(Fault::Later { after: NOW.plus(7_000) }));
}

#[tokio::test]
async fn reads_come_back_later_and_say_what_they_know() {
    let later = |after| Some(Fault::Later { after: NOW.plus(after) });
    assert_eq!(read_from(&closed_port().await).await.err(), Some(Fault::OFFLINE));
    assert_eq!(was_read(worded(500, "oops")).await.err(), later(30_000));
    assert_eq!(was_read(worded(503, "oops").insert_header("retry-after", "90")).await.err(), later(90_000));
    assert_eq!(was_read(ResponseTemplate::new(429)).await.err(), later(60_000));
    assert_eq!(was_read(ResponseTemplate::new(200).set_delay(Duration::from_secs(3))).await.err(), later(15_000));
    assert_eq!(was_read(ResponseTemplate::new(401)).await.err(), Some(Fault::NeedsLogin));
    assert!(matches!(was_read(ResponseTemplate::new(404)).await.err(), Some(Fault::Refused { .. })));
    let huge = ResponseTemplate::new(200).set_body_bytes(vec![b' '; 2 << 20]);
    assert!(matches!(was_read(huge).await.err(), Some(Fault::Unreadable { .. })));
    let (url, _) = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n[", false).await;
    assert_eq!(read_from(&url).await.err(), later(15_000));
}

#[tokio::test]
async fn a_read_follows_a_redirect_at_home_and_never_elsewhere() {
    let elsewhere = answering(ResponseTemplate::new(200)).await;
    let server = MockServer::start().await;
    let to = |location: &str| ResponseTemplate::new(302).insert_header("location", location);
    let path = wiremock::matchers::path;
    Mock::given(path("/a")).respond_with(to("/b")).mount(&server).await;
    Mock::given(path("/b")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    Mock::given(path("/c")).respond_with(to(&elsewhere.uri())).mount(&server).await;
    Mock::given(path("/d")).respond_with(to("/d")).mount(&server).await;
    assert_eq!(read_from(&format!("{}/a", server.uri())).await.ok().unwrap().status, 200);
    for path in ["c", "d"] {
        let outcome = read_from(&format!("{}/{path}", server.uri())).await.err();
        assert!(matches!(outcome, Some(Fault::Unreadable { .. })), "{outcome:?}");
    }
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_address_out_of_reach_is_not_asked() {
    let http = Http::new(Reach::Public);
    for url in ["http://exemple.social/", "https://127.0.0.1/", "https://192.168.1.1/", "https://[::1]/"] {
        assert!(http.reading(Url::parse(url).unwrap()).is_err(), "{url}");
        assert_eq!(http.writing(Url::parse(url).unwrap()).err(), Some(Fault::OFFLINE), "nothing left for {url}");
    }
}

fn told(headers: &[(&'static str, &str)]) -> Answer {
    let pairs = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    Answer { status: 200, headers: pairs.collect(), body: Vec::new() }
}

#[test]
fn what_is_left_is_told_by_the_servers_clock() {
    let now = Millis("2026-08-01T13:54:00Z".parse::<jiff::Timestamp>().unwrap().as_millisecond());
    // Mastodon's own form, with microseconds; then the mock's epoch seconds.
    let iso = [("x-ratelimit-remaining", "235"), ("x-ratelimit-reset", "2026-08-01T13:55:00.366497Z")];
    assert_eq!(told(&iso).rate(now), Some((235, now.plus(60_366))));
    let epoch = [("x-ratelimit-remaining", "3"), ("x-ratelimit-reset", "1785592500")];
    assert_eq!(told(&epoch).rate(now), Some((3, now.plus(60_000))));
    // The server's clock is two hours ahead: what counts is the difference it tells.
    let ahead = [
        ("x-ratelimit-remaining", "1"),
        ("x-ratelimit-reset", "2026-08-01T15:55:00Z"),
        ("date", "Sat, 01 Aug 2026 15:54:00 GMT"),
    ];
    assert_eq!(told(&ahead).rate(now), Some((1, now.plus(60_000))));
    // Nobody is sent away for longer than a day.
    let never = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "2099-01-01T00:00:00Z")];
    assert_eq!(told(&never).rate(now), Some((0, now.plus(24 * 60 * MINUTE))));
    assert_eq!(told(&[("x-ratelimit-remaining", "many")]).rate(now), None);
}
