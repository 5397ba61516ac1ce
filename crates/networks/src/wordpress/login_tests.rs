//! The ways through a sign-in: back by the browser, by pasting, refused.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::addresses::Reach;
use crate::wordpress::fake::{answer, fixture, refusal};
use serde_json::json;
use wiremock::matchers::{header, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn site() -> MockServer {
    let server = MockServer::start().await;
    let door = format!("{}/wp-admin/authorize-application.php", server.uri());
    let index = json!({ "namespaces": ["wp/v2"],
        "authentication": { "application-passwords": { "endpoints": { "authorization": door } } } });
    Mock::given(path("/wp-json/")).respond_with(answer(index)).mount(&server).await;
    Mock::given(path("/wp-json/wp/v2/users/me"))
        .and(query_param("context", "edit"))
        // librairie:abcd EFGH
        .and(header("authorization", "Basic bGlicmFpcmllOmFiY2QgRUZHSA=="))
        .respond_with(answer(fixture("me")))
        .mount(&server)
        .await;
    Mock::given(path("/wp-json/wp/v2/users/me")).respond_with(refusal(401, "rest_not_logged_in")).mount(&server).await;
    server
}

fn fields(pairs: &[(&str, &str)]) -> Said {
    Said::Fields { values: pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect() }
}

async fn begun(server: &MockServer) -> (SignIn, Url) {
    let mut login = SignIn::new(Arc::new(Http::new(Reach::Loopback)));
    assert_eq!(login.first(), Step::Ask { fields: vec![Field::new("server", FieldKind::Server)] });
    let step = login.answer(fields(&[("server", &server.uri())])).await.unwrap();
    let Step::OpenBrowser { url, host, paste } = step else { panic!("{step:?}") };
    assert_eq!(host, "127.0.0.1");
    assert_eq!(paste.iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), ["user", "password"]);
    (login, Url::parse(&url).unwrap())
}

fn asked(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn code(outcome: Result<Step, Fault>) -> RefusalCode {
    match outcome {
        Err(Fault::Refused { reason }) => reason.code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_browser_brings_the_password_back() {
    let server = site().await;
    let (mut login, url) = begun(&server).await;
    assert!(asked(&url, "app_name").unwrap().starts_with("Guichet "));
    let Some(back) = asked(&url, "success_url") else { return };
    let browser = tokio::spawn(async move {
        let mut back = Url::parse(&back).unwrap();
        back.query_pairs_mut().append_pair("user_login", "librairie").append_pair("password", "abcd EFGH");
        reqwest::Client::builder().no_proxy().build().unwrap().get(back).send().await.unwrap().status().as_u16()
    });
    assert_eq!(login.answer(Said::Returned).await.unwrap(), Step::Done);
    assert_eq!(browser.await.unwrap(), 200);
    let signed = login.signed().unwrap();
    assert_eq!(signed.server, server.uri());
    assert_eq!(signed.accounts[0].remote.as_str(), "user:1");
    assert_eq!(signed.accounts[0].me.handle, "librairie");
    let access = Access::open(&signed.secret, &signed.server).unwrap();
    assert_eq!((access.user.as_str(), access.password.as_str()), ("librairie", "abcd EFGH"));
    assert!(!format!("{signed:?} {access:?}").contains("EFGH"));
    assert!(Access::open(&signed.secret, "https://autre.test").is_err());
}

#[tokio::test]
async fn what_another_brings_is_not_taken() {
    let root = Url::parse("https://exemple.test/wp-json/").unwrap();
    let brought = |query: &str| {
        let back = Url::parse(&format!("http://127.0.0.1/cb?{query}")).unwrap();
        brought(&back, "s", &root)
    };
    assert_eq!(brought("state=s&user_login=l%C3%A9a&password=x+y"), Ok(("léa".into(), "x y".into())));
    let refused = |query: &str| match brought(query) {
        Err(Fault::Refused { reason }) => reason.code,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused("state=t&user_login=a&password=b"), RefusalCode::Invalid);
    assert_eq!(refused("user_login=a&password=b"), RefusalCode::Invalid);
    assert_eq!(refused("state=s&error=access_denied"), RefusalCode::Forbidden);
    let elsewhere = "state=s&user_login=a&password=b&site_url=https%3A%2F%2Fautre.test";
    assert_eq!(refused(elsewhere), RefusalCode::WrongServer);
}

#[tokio::test]
async fn both_can_be_pasted_and_the_page_asked_to_show_them() {
    let server = site().await;
    let (mut login, _) = begun(&server).await;
    let step = login.answer(fields(&[("user", " "), ("password", "")])).await.unwrap();
    let Step::OpenBrowser { url, .. } = step else { panic!("{step:?}") };
    assert_eq!(asked(&Url::parse(&url).unwrap(), "success_url"), None);
    assert_eq!(code(login.answer(fields(&[("user", "librairie")])).await), RefusalCode::Invalid);
    let wrong = fields(&[("user", "librairie"), ("password", "faux")]);
    assert_eq!(code(login.answer(wrong).await), RefusalCode::Invalid);
    let right = fields(&[("user", "librairie"), ("password", " abcd EFGH ")]);
    assert_eq!(login.answer(right).await.unwrap(), Step::Done);
}

#[tokio::test]
async fn nothing_is_answered_before_a_site_is_named() {
    let mut login = SignIn::new(Arc::new(Http::new(Reach::Loopback)));
    assert_eq!(code(login.answer(Said::Returned).await), RefusalCode::Invalid);
    assert_eq!(code(login.answer(fields(&[("user", "a"), ("password", "b")])).await), RefusalCode::Invalid);
    assert_eq!(code(login.answer(fields(&[("server", "https://exemple.fr")])).await), RefusalCode::WrongServer);
    assert!(login.signed().is_none());
}

/// A route that leads to another origin would take the password there.
#[tokio::test]
async fn the_password_goes_nowhere_else() {
    let server = site().await;
    let moved = MockServer::start().await;
    let there = format!("{}/wp-json/wp/v2/users/me?context=edit", server.uri());
    let leads = ResponseTemplate::new(302).insert_header("location", there.as_str());
    Mock::given(path("/wp-json/wp/v2/users/me")).respond_with(leads).mount(&moved).await;
    let door = format!("{}/wp-admin/authorize-application.php", moved.uri());
    let index = json!({ "namespaces": ["wp/v2"],
        "authentication": { "application-passwords": { "endpoints": { "authorization": door } } } });
    Mock::given(path("/wp-json/")).respond_with(answer(index)).mount(&moved).await;
    let (mut login, _) = begun(&moved).await;
    assert!(login.answer(fields(&[("user", "librairie"), ("password", "abcd EFGH")])).await.is_err());
    let heard = server.received_requests().await.unwrap();
    assert!(heard.iter().all(|request| !request.headers.contains_key("authorization")));
}
