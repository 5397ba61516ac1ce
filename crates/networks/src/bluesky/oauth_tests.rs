//! Agreeing in the browser, against a server that asks for everything it may.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::addresses::Reach;
use crate::bluesky::fake::{self, ME, NOW, account_of, asked, code_of, token};
use crate::bluesky::login::SignIn;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use guichet_model::{Answer as Typed, Login, Millis};
use std::collections::HashMap;
use std::sync::Arc;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

fn form(request: &Request) -> HashMap<String, String> {
    url::form_urlencoded::parse(&request.body).into_owned().collect()
}

/// The claims of the note that a request carries.
fn note(request: &Request) -> Value {
    let note = request.headers.get("dpop").unwrap().to_str().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(note.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

fn answer(told: Value, nonce: &str) -> ResponseTemplate {
    fake::answer(told).insert_header("dpop-nonce", nonce)
}

/// Refuses a note without its word, as recorded: 400 from who signs in, 401 from who keeps the account.
fn wants(
    nonce: &'static str,
    status: u16,
    told: impl Fn(&Request) -> Value + Send + Sync + 'static,
) -> impl wiremock::Respond {
    move |request: &Request| {
        let note = note(request);
        assert!(note["htu"].as_str().unwrap().ends_with(request.url.path()), "{note}");
        assert_eq!(note["htm"], request.method.as_str());
        if note["nonce"] == nonce {
            return answer(told(request), nonce);
        }
        let refusal = json!({ "error": "use_dpop_nonce", "error_description": "Authorization server requires nonce in DPoP proof" });
        ResponseTemplate::new(status)
            .set_body_json(refusal)
            .insert_header("dpop-nonce", nonce)
            .insert_header("date", "Mon, 21 Sep 2026 14:13:20 GMT")
    }
}

async fn server_for(sub: &'static str) -> MockServer {
    let server = MockServer::start().await;
    let uri = server.uri();
    let resource = json!({ "resource": uri, "authorization_servers": [uri] });
    let metadata = json!({
        "issuer": uri, "authorization_endpoint": format!("{uri}/oauth/authorize"),
        "token_endpoint": format!("{uri}/oauth/token"),
        "pushed_authorization_request_endpoint": format!("{uri}/oauth/par"),
        "authorization_response_iss_parameter_supported": true,
    });
    let given = |at: &'static str, told: Value| Mock::given(path(at)).respond_with(fake::answer(told));
    given("/.well-known/oauth-protected-resource", resource).mount(&server).await;
    given("/.well-known/oauth-authorization-server", metadata).mount(&server).await;
    fake::says(&server, "com.atproto.identity.resolveHandle", json!({ "did": ME })).await;
    let pushed = |_: &Request| json!({ "request_uri": "urn:ietf:params:oauth:request_uri:req-1", "expires_in": 299 });
    Mock::given(method("POST")).and(path("/oauth/par")).respond_with(wants("un", 400, pushed)).mount(&server).await;
    let tokens = move |request: &Request| {
        let form = form(request);
        let refresh = if form["grant_type"] == "refresh_token" {
            assert_eq!(form["refresh_token"], "ref-1", "good for one exchange");
            "ref-2"
        } else {
            assert!(form["code"] == "cod-1" && form["code_verifier"].len() >= 43);
            "ref-1"
        };
        json!({ "access_token": token(refresh, 3_600), "refresh_token": refresh, "token_type": "DPoP", "sub": sub,
            "scope": "atproto transition:generic transition:chat.bsky", "expires_in": 3_599 })
    };
    Mock::given(method("POST")).and(path("/oauth/token")).respond_with(wants("un", 400, tokens)).mount(&server).await;
    for nsid in ["com.atproto.server.getSession", "app.bsky.actor.getProfile"] {
        let told = |request: &Request| {
            let token = request.headers["authorization"].to_str().unwrap().strip_prefix("DPoP ").unwrap().to_owned();
            assert_eq!(note(request)["ath"], dpop::encoded(&Sha256::digest(token.as_bytes())));
            json!({ "did": ME, "handle": "librairie.test", "displayName": "Librairie du Port" })
        };
        fake::on(nsid).respond_with(wants("deux", 401, told)).mount(&server).await;
    }
    server
}

fn sign_in(server: &MockServer) -> SignIn {
    let uri = server.uri();
    let directory = Directory { entryway: uri.clone(), plc: uri.clone(), handles: format!("{uri}/{{}}") };
    SignIn::new(Arc::new(Http::new(Reach::Loopback)), directory)
}

fn typed(values: &[(&str, &str)]) -> Typed {
    Typed::Fields { values: values.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect() }
}

/// Up to the page in the browser.
async fn begun(server: &MockServer) -> (SignIn, Url) {
    let mut login = sign_in(server);
    let fields = [("user", "librairie.test"), ("password", ""), ("server", &server.uri())];
    let step = login.answer(typed(&fields)).await;
    let Ok(Step::OpenBrowser { url, paste, .. }) = step else { panic!("no page: {step:?}") };
    assert_eq!(paste[0].name, "code");
    (login, Url::parse(&url).unwrap())
}

async fn pushed(server: &MockServer) -> HashMap<String, String> {
    let all = server.received_requests().await.unwrap();
    form(all.iter().rfind(|request| request.url.path() == "/oauth/par").unwrap())
}

#[tokio::test]
async fn without_a_password_the_person_agrees_in_their_browser() {
    let server = server_for(ME).await;
    let (mut login, page) = begun(&server).await;
    let sent = pushed(&server).await;
    assert!(sent["client_id"].starts_with("http://localhost?redirect_uri="), "{}", sent["client_id"]);
    assert!(sent["redirect_uri"].starts_with("http://127.0.0.1:"));
    assert_eq!((sent["login_hint"].as_str(), sent["code_challenge_method"].as_str()), ("librairie.test", "S256"));
    let query: HashMap<_, _> = page.query_pairs().into_owned().collect();
    assert_eq!(page.path(), "/oauth/authorize");
    assert_eq!(
        (&query["client_id"], query["request_uri"].as_str()),
        (&sent["client_id"], "urn:ietf:params:oauth:request_uri:req-1")
    );

    let back = |state: &str, iss: &str| format!("{}?state={state}&iss={iss}&code=cod-1", sent["redirect_uri"]);
    for wrong in [back("autre", &server.uri()), back(&sent["state"], "http://ailleurs.test"), "cod-1".to_owned()] {
        assert!(login.answer(typed(&[("code", &wrong)])).await.is_err(), "{wrong}");
    }
    let done = login.answer(typed(&[("code", &back(&sent["state"], &server.uri()))])).await;
    assert_eq!(done, Ok(Step::Done));
    let signed = login.signed().unwrap();
    assert_eq!(
        (signed.server.as_str(), signed.accounts[0].me.name.as_str()),
        (server.uri().as_str(), "Librairie du Port")
    );
    let access = Access::open(&signed.secret, &server.uri(), ME).unwrap();
    let oauth = access.oauth.as_ref().unwrap();
    assert_eq!(oauth.token_endpoint, format!("{}/oauth/token", server.uri()));
    assert!(
        note(asked(&server, "app.bsky.actor.getProfile").await.last().unwrap())["iat"] == NOW.0 / 1_000,
        "by the server's clock"
    );

    // The session it makes: it signs, learns the word, and exchanges its pair once.
    let told: Value = serde_json::from_str(&signed.secret.0).unwrap();
    let (account, kept) = account_of(&told);
    account.api.get("app.bsky.actor.getProfile", &[]).await.unwrap();
    let stale = access.access.clone();
    let fresh = crate::bluesky::renew::renew(&account.api, &stale).await.unwrap();
    assert_eq!(kept.told()["refresh"], "ref-2");
    assert_ne!(fresh.access, stale);
    assert_eq!(crate::bluesky::renew::renew(&account.api, &stale).await.unwrap().access, fresh.access);
    account.api.get("app.bsky.actor.getProfile", &[]).await.unwrap();
}

#[tokio::test]
async fn somebody_else_who_agrees_is_not_the_account() {
    let server = server_for("did:plc:autre").await;
    let (mut login, _) = begun(&server).await;
    let sent = pushed(&server).await;
    let back = format!("{}?state={}&iss={}&code=cod-1", sent["redirect_uri"], sent["state"], server.uri());
    assert_eq!(code_of(&login.answer(typed(&[("code", &back)])).await.unwrap_err()), Some(RefusalCode::Forbidden));
    assert!(login.signed().is_none());
}

#[tokio::test]
async fn doors_on_another_origin_and_mail_addresses_are_refused() {
    let server = MockServer::start().await;
    let uri = server.uri();
    let resource = json!({ "authorization_servers": [uri] });
    let metadata = json!({ "issuer": uri, "authorization_endpoint": "http://localhost:1/a",
        "token_endpoint": "http://localhost:1/t", "pushed_authorization_request_endpoint": "http://localhost:1/p" });
    for (at, told) in [("protected-resource", resource), ("authorization-server", metadata)] {
        let at = format!("/.well-known/oauth-{at}");
        Mock::given(path(at)).respond_with(fake::answer(told)).mount(&server).await;
    }
    let mut login = sign_in(&server);
    let did = [("user", ME), ("server", uri.as_str())];
    assert!(matches!(login.answer(typed(&did)).await, Err(Fault::Unreadable { .. })));
    let mail = [("user", "librairie@exemple.test"), ("server", uri.as_str())];
    assert_eq!(code_of(&login.answer(typed(&mail)).await.unwrap_err()), Some(RefusalCode::Invalid));
    assert_eq!(Millis(0), NOW.plus(-NOW.0));
}

#[tokio::test]
async fn a_reply_is_signed_for_at_once_and_leaves_once() {
    let server = server_for(ME).await;
    let key = Key::make().unwrap();
    let uri = server.uri();
    let secret = json!({ "server": uri, "did": ME, "access": token("a", 3_600), "refresh": "ref-1", "oauth": {
        "issuer": uri, "token_endpoint": format!("{uri}/oauth/token"), "client_id": "http://localhost", "scope": "atproto", "key": key } });
    let (account, _) = account_of(&secret);
    let create = "com.atproto.repo.createRecord";
    fake::on(create).respond_with(wants("deux", 401, |_| json!({ "uri": "x", "cid": "y" }))).mount(&server).await;
    let sent = account.api.publish(create, "{}", None, fake::word(true)).await;
    assert!(sent.is_ok(), "what to sign was learnt from a question that nobody sees");
    assert_eq!(asked(&server, create).await.len(), 1);
}
