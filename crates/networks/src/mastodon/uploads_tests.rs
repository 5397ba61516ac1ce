//! A picture arrives once, with its description, and is named only when it can be shown.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::mastodon::fake::{NOW, account};
use guichet_model::{MINUTE, Session};
use serde_json::json;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn picture(alt: &str) -> Picture {
    Picture {
        name: "picture.png".into(),
        media_type: "image/png".into(),
        bytes: b"\x89PNG...".to_vec(),
        alt: alt.into(),
    }
}

async fn taking(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path("/api/v2/media")).respond_with(answer).mount(&server).await;
    server
}

fn made(server: &MockServer) -> Account {
    let mut account = account(&server.uri()).0;
    account.unfinished.pause = Duration::from_millis(1);
    account
}

async fn posts(server: &MockServer) -> usize {
    let requests = server.received_requests().await.unwrap();
    requests.iter().filter(|request| request.method.as_str() == "POST").count()
}

#[tokio::test]
async fn it_is_brought_with_its_description_and_no_name_of_ours() {
    let server = MockServer::start().await;
    let taken = ResponseTemplate::new(200).set_body_json(json!({ "id": "77", "url": "https://exemple.test/77.png" }));
    Mock::given(path("/api/v2/media"))
        .and(header("authorization", "Bearer jeton"))
        .respond_with(taken)
        .expect(1)
        .mount(&server)
        .await;
    let account = made(&server);
    let id = account.uploads().unwrap().upload(&picture(" Une étagère ")).await.unwrap();
    assert_eq!(id, RemoteId::new("77"));
    let sent = server.received_requests().await.unwrap().remove(0);
    let body = String::from_utf8_lossy(&sent.body).into_owned();
    assert!(body.contains("name=\"file\"; filename=\"picture.png\""), "{body}");
    assert!(body.contains("Content-Type: image/png"), "{body}");
    assert!(body.contains("\r\n\r\nUne étagère\r\n"), "{body}");
}

#[tokio::test]
async fn one_that_is_not_ready_is_waited_for_and_not_brought_again() {
    let server = taking(ResponseTemplate::new(202).set_body_json(json!({ "id": "78", "url": null }))).await;
    let not_yet = ResponseTemplate::new(206).set_body_json(json!({ "id": "78", "url": null }));
    let asked = Mock::given(method("GET")).and(path("/api/v1/media/78"));
    asked.respond_with(not_yet).up_to_n_times(u64::from(ASKED) + 2).mount(&server).await;
    let ready = ResponseTemplate::new(200).set_body_json(json!({ "id": "78" }));
    Mock::given(method("GET")).and(path("/api/v1/media/78")).respond_with(ready).mount(&server).await;
    let account = made(&server);
    assert_eq!(upload(&account, &picture("")).await, Err(Fault::Later { after: NOW.plus(MINUTE) }));
    assert_eq!(upload(&account, &picture("")).await, Ok(RemoteId::new("78")));
    assert_eq!(posts(&server).await, 1);
    // Another description is another picture.
    let _other = upload(&account, &picture("autre")).await;
    assert_eq!(posts(&server).await, 2);
}

#[tokio::test]
async fn one_that_the_server_forgot_is_brought_again() {
    let server = taking(ResponseTemplate::new(202).set_body_json(json!({ "id": "79" }))).await;
    let gone = ResponseTemplate::new(404).set_body_json(json!({ "error": "Record not found" }));
    Mock::given(method("GET")).respond_with(gone).mount(&server).await;
    let account = made(&server);
    for times in 1..=2 {
        assert!(matches!(upload(&account, &picture("")).await, Err(Fault::Later { .. })));
        assert_eq!(posts(&server).await, times);
    }
}

#[tokio::test]
async fn what_is_unclear_is_tried_later_and_what_is_refused_is_not() {
    for unclear in [
        ResponseTemplate::new(503),
        ResponseTemplate::new(403).set_body_string("<html>a portal</html>"),
        ResponseTemplate::new(200).set_body_string("<html>a portal</html>"),
        ResponseTemplate::new(200).set_body_json(json!({})),
    ] {
        let told = format!("{unclear:?}");
        let outcome = upload(&made(&taking(unclear).await), &picture("")).await;
        assert_eq!(outcome, Err(Fault::Later { after: NOW.plus(MINUTE) }), "{told:.80}");
    }
    let refused = ResponseTemplate::new(422).set_body_json(json!({ "error": "Validation failed: File is too large" }));
    let outcome = upload(&made(&taking(refused).await), &picture("")).await;
    assert!(matches!(outcome, Err(Fault::Refused { reason }) if reason.code == RefusalCode::Invalid));
}
