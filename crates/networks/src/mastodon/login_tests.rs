//! Signing in, against a server that checks what it is given.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::addresses::Reach;
use std::collections::HashMap;
use tokio::sync::{Mutex, MutexGuard};
use wiremock::matchers::{body_string_contains, header, method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// The three ports are the machine's: one sign-in at a time.
static PORTS_IN_USE: Mutex<()> = Mutex::const_new(());

async fn alone() -> MutexGuard<'static, ()> {
    PORTS_IN_USE.lock().await
}

/// What the browser was sent with is kept for the token's door to check.
struct Tokens;

impl Respond for Tokens {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let form: HashMap<_, _> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(form["code_verifier"].as_bytes()));
        let good = form["client_secret"] == "secret-app" && form["code"] == format!("code-{challenge}");
        if good {
            ResponseTemplate::new(200).set_body_json(json!({ "access_token": "jeton-neuf", "scope": "read:accounts" }))
        } else {
            ResponseTemplate::new(400)
                .set_body_json(json!({ "error": "invalid_grant", "error_description": "code périmé" }))
        }
    }
}

async fn server(modern: bool) -> MockServer {
    let server = MockServer::start().await;
    let uri = server.uri();
    let on = |verb: &str, at: &str| Mock::given(method(verb)).and(path(at));
    let json = |told: Value| ResponseTemplate::new(200).set_body_json(told);
    on("GET", "/api/v2/instance").respond_with(json(json!({ "version": "4.6.0" }))).mount(&server).await;
    if modern {
        let metadata = json!({
            "issuer": format!("{uri}/"), "authorization_endpoint": format!("{uri}/oauth/authorize"),
            "token_endpoint": format!("{uri}/oauth/token"), "app_registration_endpoint": format!("{uri}/api/v1/apps"),
            "scopes_supported": ["read", "write", "write:statuses"]
        });
        on("GET", "/.well-known/oauth-authorization-server").respond_with(json(metadata)).mount(&server).await;
    } else {
        let refused = ResponseTemplate::new(422).set_body_json(json!({ "error": "redirect_uris must be a string" }));
        on("POST", "/api/v1/apps")
            .and(body_string_contains("\"redirect_uris\":["))
            .respond_with(refused)
            .mount(&server)
            .await;
    }
    let app = json(json!({ "client_id": "app", "client_secret": "secret-app" }));
    on("POST", "/api/v1/apps").respond_with(app).mount(&server).await;
    let of_the_app = on("POST", "/oauth/token").and(body_string_contains("client_credentials"));
    of_the_app.respond_with(json(json!({ "access_token": "jeton-app" }))).mount(&server).await;
    on("POST", "/oauth/token").respond_with(Tokens).mount(&server).await;
    let me = json!({ "id": 1, "acct": "librairie", "display_name": "Librairie du Port" });
    on("GET", "/api/v1/accounts/verify_credentials")
        .and(header("authorization", "Bearer jeton-neuf"))
        .respond_with(json(me))
        .mount(&server)
        .await;
    server
}

fn sign_in() -> SignIn {
    SignIn::new(Arc::new(Http::new(Reach::Loopback)))
}

fn of(field: &str, value: &str) -> Said {
    Said::Fields { values: [(field.to_owned(), value.to_owned())].into() }
}

async fn begun(login: &mut SignIn, server: &MockServer) -> HashMap<String, String> {
    let Step::OpenBrowser { url, host, paste } = login.answer(of(SERVER, &server.uri())).await.unwrap() else {
        panic!()
    };
    assert_eq!((host.as_str(), paste[0].name.as_str()), ("127.0.0.1", CODE));
    query(&url)
}

fn query(url: &str) -> HashMap<String, String> {
    Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

fn back(asked: &HashMap<String, String>) -> String {
    format!("{}?code=code-{}&state={}", asked["redirect_uri"], asked["code_challenge"], asked["state"])
}

#[tokio::test]
async fn a_server_is_signed_into_through_the_browser() {
    let _alone = alone().await;
    let server = server(true).await;
    let mut login = sign_in();
    assert_eq!(login.first(), Step::Ask { fields: vec![Field::new(SERVER, FieldKind::Server)] });
    let asked = begun(&mut login, &server).await;
    assert_eq!((asked["code_challenge_method"].as_str(), asked["force_login"].as_str()), ("S256", "true"));
    assert_eq!(asked["scope"], SCOPES);
    let url = back(&asked);
    // The browser is quicker than the program: the door stands open already.
    let browser = tokio::spawn(async move { reqwest::get(url).await.unwrap().status() });
    assert_eq!(login.answer(Said::Returned).await.unwrap(), Step::Done);
    assert_eq!(browser.await.unwrap(), 200);
    let signed = login.signed().unwrap();
    assert!(login.signed().is_none());
    assert_eq!(signed.server, server.uri());
    assert_eq!((signed.accounts[0].remote.as_str(), signed.accounts[0].me.handle.as_str()), ("1", "librairie"));
    let access = Access::open(&signed.secret, &server.uri()).unwrap();
    assert_eq!(
        (access.access_token.as_str(), access.client_secret.as_str(), access.scopes.as_str()),
        ("jeton-neuf", "secret-app", "read:accounts")
    );
    assert_eq!(Access::open(&signed.secret, "https://autre.test").err(), Some(Fault::NeedsLogin));
    assert!(!format!("{signed:?} {access:?}").contains("jeton"), "no secret is printed");

    let requests = server.received_requests().await.unwrap();
    let registered: Value = requests.iter().find(|r| r.url.path() == "/api/v1/apps").unwrap().body_json().unwrap();
    let ways: Vec<&str> = registered["redirect_uris"].as_array().unwrap().iter().map(|w| w.as_str().unwrap()).collect();
    assert_eq!(ways.len(), 4);
    assert!(ways.contains(&asked["redirect_uri"].as_str()) && ways.contains(&OUT_OF_BAND));
    let paths: Vec<&str> = requests.iter().filter(|r| r.method == "POST").map(|r| r.url.path()).collect();
    assert_eq!(paths, ["/api/v1/apps", "/oauth/token", "/oauth/token"], "the app's own token comes right after it");
}

#[tokio::test]
async fn an_older_server_takes_its_ways_back_as_lines() {
    let _alone = alone().await;
    let server = server(false).await;
    let mut login = sign_in();
    let asked = begun(&mut login, &server).await;
    let pasted = login.answer(of(CODE, &format!(" code-{} ", asked["code_challenge"]))).await;
    assert_eq!(pasted.unwrap(), Step::Done);
    let requests = server.received_requests().await.unwrap();
    let registered: Value = requests.iter().rfind(|r| r.url.path() == "/api/v1/apps").unwrap().body_json().unwrap();
    assert_eq!(registered["redirect_uris"].as_str().unwrap().lines().count(), 4);
}

#[tokio::test]
async fn a_wrong_code_can_be_answered_again() {
    let _alone = alone().await;
    let server = server(true).await;
    let mut login = sign_in();
    let asked = begun(&mut login, &server).await;
    let refused = login.answer(of(CODE, "faux")).await;
    assert!(matches!(refused, Err(Fault::Refused { reason }) if reason.said.as_deref() == Some("code périmé")));
    let strange = format!("{}?code=x&state=autre", asked["redirect_uri"]);
    assert!(login.answer(of(CODE, &strange)).await.is_err());
    assert_eq!(login.answer(of(CODE, &back(&asked))).await.unwrap(), Step::Done);
}

#[tokio::test]
async fn an_empty_code_asks_for_one_to_copy_and_closes_the_door() {
    let _alone = alone().await;
    let server = server(true).await;
    let mut login = sign_in();
    let asked = begun(&mut login, &server).await;
    let Step::OpenBrowser { url, .. } = login.answer(of(CODE, "")).await.unwrap() else { panic!() };
    assert_eq!(query(&url)["redirect_uri"], OUT_OF_BAND);
    assert!(reqwest::get(back(&asked)).await.is_err());
}

#[tokio::test]
async fn dropping_the_wait_closes_the_door() {
    let _alone = alone().await;
    let server = server(true).await;
    let mut login = sign_in();
    let asked = begun(&mut login, &server).await;
    let waited = tokio::time::timeout(std::time::Duration::from_millis(80), login.answer(Said::Returned)).await;
    assert!(waited.is_err());
    assert!(reqwest::get(back(&asked)).await.is_err());
    // And the wait can begin again.
    let url = back(&asked);
    let browser = async {
        loop {
            if let Ok(answer) = reqwest::get(&url).await {
                break answer.status();
            }
        }
    };
    let (step, status) = tokio::join!(login.answer(Said::Returned), browser);
    assert_eq!((step.unwrap(), status.as_u16()), (Step::Done, 200));
}

#[tokio::test]
async fn servers_that_are_none_or_lead_elsewhere_are_refused() {
    let refused = |outcome: Result<Step, Fault>| matches!(outcome, Err(Fault::Refused { reason }) if reason.code == RefusalCode::WrongServer);
    let empty = MockServer::start().await;
    assert!(refused(sign_in().answer(of(SERVER, &empty.uri())).await));
    assert!(refused(sign_in().answer(of(SERVER, "exemple.social")).await), "out of reach of a rehearsal");
    assert!(sign_in().answer(Said::Returned).await.is_err());
    assert!(sign_in().answer(of(CODE, "code")).await.is_err(), "nothing was begun");
    let away = MockServer::start().await;
    let json = |told: Value| ResponseTemplate::new(200).set_body_json(told);
    Mock::given(path("/api/v2/instance")).respond_with(json(json!({ "version": "4.6.0" }))).mount(&away).await;
    let metadata = json!({ "token_endpoint": "http://127.0.0.1:9/oauth/token" });
    Mock::given(path("/.well-known/oauth-authorization-server")).respond_with(json(metadata)).mount(&away).await;
    let outcome = sign_in().answer(of(SERVER, &away.uri())).await;
    assert!(matches!(outcome, Err(Fault::Unreadable { .. })), "{outcome:?}");
}

#[tokio::test]
async fn a_host_that_points_to_its_server_is_followed() {
    let _alone = alone().await;
    let server = server(true).await;
    let host = MockServer::start().await;
    let to = format!("{}/.well-known/webfinger?resource=x", server.uri());
    let answer = ResponseTemplate::new(301).insert_header("location", to.as_str());
    Mock::given(path("/.well-known/webfinger")).respond_with(answer).mount(&host).await;
    let mut login = sign_in();
    let asked = begun(&mut login, &host).await;
    assert_eq!(login.answer(of(CODE, &back(&asked))).await.unwrap(), Step::Done);
    assert_eq!(login.signed().unwrap().server, server.uri());
}
