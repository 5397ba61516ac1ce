//! The ways through a sign-in: by a code to wait with, by pasting, refused.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::addresses::Reach;
use crate::discourse::fake::{answer, on, refusal, refused};
use crate::discourse::key::tests::sealed;
use wiremock::matchers::{body_partial_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn forum(folder: &str, waits: bool) -> MockServer {
    let server = MockServer::start().await;
    let head = ResponseTemplate::new(200).insert_header("auth-api-version", "4");
    let head = if waits { head.insert_header("auth-api-device-code", "true") } else { head };
    on(&server, "HEAD", &format!("{folder}/user-api-key/new"), head).await;
    let me = json!({ "current_user": { "id": 1, "username": "Librairie", "name": "Librairie du Port" } });
    Mock::given(method("GET"))
        .and(path(format!("{folder}/session/current.json")))
        .and(header("user-api-key", "c0ffee"))
        .respond_with(answer(me))
        .mount(&server)
        .await;
    server
}

fn fields(pairs: &[(&str, &str)]) -> Said {
    Said::Fields { values: pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect() }
}

async fn begun(typed: &str) -> (SignIn, Url, Vec<Field>) {
    let mut login = SignIn::new(Arc::new(Http::new(Reach::Loopback)));
    assert_eq!(login.first(), Step::Ask { fields: vec![Field::new("server", FieldKind::Server)] });
    let step = login.answer(fields(&[("server", typed)])).await.unwrap();
    let Step::OpenBrowser { url, paste, .. } = step else { panic!("{step:?}") };
    (login, Url::parse(&url).unwrap(), paste)
}

fn asked(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn payload(public: &str, nonce: &str) -> String {
    sealed(public, &format!(r#"{{"key":"c0ffee","nonce":"{nonce}","push":false,"api":4}}"#), false)
}

#[tokio::test]
async fn a_forum_that_shows_the_key_has_it_pasted() {
    let server = forum("/forum", false).await;
    let (mut login, url, paste) = begun(&format!("{}/forum/t/bonjour/12", server.uri())).await;
    assert_eq!(paste, [Field::new("code", FieldKind::Line)]);
    assert_eq!(url.path(), "/forum/user-api-key/new");
    assert_eq!((asked(&url, "scopes").as_str(), asked(&url, "auth_redirect").as_str()), ("read,write", ""));
    let (public, nonce) = (asked(&url, "public_key"), asked(&url, "nonce"));
    // Somebody else's, or of another sign-in: the same step can be answered again.
    assert_eq!(refused(login.answer(fields(&[("code", &payload(&public, "x"))])).await), RefusalCode::Invalid);
    assert_eq!(refused(login.answer(fields(&[("code", "c0ffee")])).await), RefusalCode::Invalid);
    assert_eq!(login.answer(fields(&[("code", &payload(&public, &nonce))])).await.unwrap(), Step::Done);
    let signed = login.signed().unwrap();
    assert_eq!(signed.server, format!("{}/forum", server.uri()));
    assert_eq!((signed.accounts[0].remote.as_str(), signed.accounts[0].me.handle.as_str()), ("librairie", "Librairie"));
    let access = Access::open(&signed.secret, &signed.server).unwrap();
    assert_eq!((access.access_token.as_str(), access.client_id), ("c0ffee", asked(&url, "client_id")));
    assert!(Access::open(&signed.secret, &server.uri()).is_err(), "the secret of another");
}

/// Begins by a code; each question whether it was agreed to finds one of these answers.
async fn waited(answers: Vec<ResponseTemplate>) -> Result<Step, Fault> {
    let server = forum("", true).await;
    let at = server.uri();
    Mock::given(method("POST"))
        .and(path("/user-api-key/device.json"))
        .and(body_partial_json(json!({ "scopes": "read,write", "application_name": "Guichet", "padding": "oaep" })))
        .respond_with(answer(json!({
            "device_code": "d", "user_code": "ABCD-2345", "verification_uri": format!("{at}/user-api-key/activate"),
            "verification_uri_with_request": format!("{at}/user-api-key/activate?request=ABCDEFGH"),
            "expires_in": 600, "interval": 1,
        })))
        .mount(&server)
        .await;
    for told in answers {
        Mock::given(method("POST"))
            .and(path("/user-api-key/device/poll.json"))
            .and(header("content-type", "application/json"))
            .and(body_partial_json(json!({ "device_code": "d" })))
            .respond_with(told)
            .up_to_n_times(1)
            .mount(&server)
            .await;
    }
    let (mut login, url, paste) = begun(&at).await;
    assert_eq!((asked(&url, "request").as_str(), paste.len()), ("ABCDEFGH", 0));
    login.answer(Said::Returned).await
}

fn status(word: &str) -> ResponseTemplate {
    answer(json!({ "status": word }))
}

#[tokio::test]
async fn a_code_is_waited_with_over_a_bad_network() {
    // Pending, a server in trouble, then no: the wait went on over both.
    let outcome =
        waited(vec![status("authorization_pending"), ResponseTemplate::new(502), status("access_denied")]).await;
    assert_eq!(refused(outcome), RefusalCode::Forbidden);
    assert_eq!(refused(waited(vec![status("expired_token")]).await), RefusalCode::WindowClosed);
    // A payload that was not sealed for us.
    let strange = answer(json!({ "status": "authorized", "payload": "AAAA" }));
    assert_eq!(refused(waited(vec![strange]).await), RefusalCode::Invalid);
}

#[tokio::test]
async fn a_forum_whose_codes_fail_shows_the_key() {
    let server = forum("", true).await;
    on(&server, "POST", "/user-api-key/device.json", refusal(403, "invalid_access")).await;
    let (_, url, paste) = begun(&server.uri()).await;
    assert_eq!((url.path(), paste.len()), ("/user-api-key/new", 1));
}

#[tokio::test]
async fn what_is_no_forum_is_said() {
    let server = MockServer::start().await;
    let mut login = SignIn::new(Arc::new(Http::new(Reach::Loopback)));
    let typed = format!("{}/blog/article", server.uri());
    assert_eq!(refused(login.answer(fields(&[("server", &typed)])).await), RefusalCode::WrongServer);
    assert_eq!(refused(login.answer(Said::Returned).await), RefusalCode::Invalid);
    assert_eq!(refused(login.answer(Said::Pages { ids: vec![] }).await), RefusalCode::NotOffered);
    on(&server, "HEAD", "/user-api-key/new", ResponseTemplate::new(503)).await;
    assert_eq!(login.answer(fields(&[("server", &server.uri())])).await, Err(Fault::Later { after: NOW }));
}
