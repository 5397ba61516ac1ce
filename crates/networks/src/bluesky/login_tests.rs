//! Signing in with an app password, from the name to the secret.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::addresses::Reach;
use crate::bluesky::fake::{ME, answer, asked, code_of, fixture, on, refusal, says};
use guichet_model::RefusalCode;
use wiremock::matchers::body_partial_json;
use wiremock::{MockServer, ResponseTemplate};

const CREATE: &str = "com.atproto.server.createSession";

fn sign_in(server: &MockServer) -> SignIn {
    let uri = server.uri();
    let directory = Directory { entryway: uri.clone(), plc: uri.clone(), handles: format!("{uri}/{{}}") };
    SignIn::new(Arc::new(Http::new(Reach::Loopback)), directory)
}

fn typed(values: &[(&str, &str)]) -> Said {
    Said::Fields { values: values.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect() }
}

/// As recorded, kept by the server that answers.
fn session(server: &MockServer) -> Value {
    let mut told = fixture("session");
    told["didDoc"]["service"][0]["serviceEndpoint"] = server.uri().into();
    told
}

async fn with_session() -> MockServer {
    let server = MockServer::start().await;
    says(&server, CREATE, session(&server)).await;
    let profile = json!({ "did": ME, "handle": "librairie.test", "displayName": "Librairie du Port", "avatar": "https://cdn.test/a" });
    says(&server, "app.bsky.actor.getProfile", profile).await;
    server
}

#[test]
fn three_things_are_asked_for_on_one_page() {
    let login = SignIn::new(Arc::new(Http::new(Reach::Loopback)), Directory::default());
    let Step::Ask { fields } = login.first() else { panic!() };
    let names: Vec<_> = fields.iter().map(|field| (field.name.as_str(), field.kind)).collect();
    assert_eq!(names, [("user", FieldKind::Line), ("password", FieldKind::Secret), ("server", FieldKind::Server)]);
}

#[tokio::test]
async fn an_app_password_opens_the_account_at_the_server_that_keeps_it() {
    let server = with_session().await;
    let mut login = sign_in(&server);
    let fields = [("user", "@librairie.test"), ("password", "abcd-efgh-ijkl-mnop"), ("server", &server.uri())];
    assert_eq!(login.answer(typed(&fields)).await, Ok(Step::Done));
    let sent: Value = asked(&server, CREATE).await.remove(0).body_json().unwrap();
    assert_eq!(sent, json!({ "identifier": "librairie.test", "password": "abcd-efgh-ijkl-mnop" }));
    let signed = login.signed().unwrap();
    assert_eq!(signed.server, server.uri());
    assert_eq!(signed.accounts[0].me.handle, "librairie.test");
    assert_eq!(signed.accounts[0].me.name, "Librairie du Port");
    assert_eq!(signed.accounts[0].remote.as_str(), ME);
    let access = Access::open(&signed.secret, &server.uri(), ME).unwrap();
    assert!(!signed.secret.0.contains("abcd-efgh"), "the password itself is not kept");
    assert_eq!((access.refresh.as_str(), access.oauth.is_none()), ("eyJhbGciOi.masked.token", true));
    assert_eq!(format!("{access:?}"), "Access(…)");
    assert!(login.signed().is_none());
}

#[tokio::test]
async fn a_second_word_is_asked_for_where_the_server_wants_one() {
    let server = MockServer::start().await;
    on(CREATE)
        .and(body_partial_json(json!({ "authFactorToken": "AB12-CD34" })))
        .respond_with(answer(session(&server)))
        .with_priority(1)
        .mount(&server)
        .await;
    on(CREATE)
        .and(body_partial_json(json!({ "authFactorToken": "FAUX" })))
        .respond_with(refusal(400, "InvalidToken", "Token is invalid"))
        .with_priority(1)
        .mount(&server)
        .await;
    on(CREATE)
        .respond_with(refusal(401, "AuthFactorTokenRequired", "A sign in code has been sent to your email address"))
        .mount(&server)
        .await;
    on("app.bsky.actor.getProfile").respond_with(ResponseTemplate::new(502)).mount(&server).await;
    let mut login = sign_in(&server);
    let fields = [("user", "librairie.test"), ("password", "mot de passe"), ("server", &server.uri())];
    let Ok(Step::Ask { fields }) = login.answer(typed(&fields)).await else { panic!() };
    assert_eq!(fields[0].name, "code");
    let wrong = login.answer(typed(&[("code", "FAUX")])).await.unwrap_err();
    assert_eq!(code_of(&wrong), Some(RefusalCode::Invalid));
    assert_eq!(login.answer(typed(&[("code", " AB12-CD34 ")])).await, Ok(Step::Done));
    // Its face could not be had: its name is enough.
    assert_eq!(login.signed().unwrap().accounts[0].me.handle, "librairie.test");
}

#[tokio::test]
async fn a_mail_address_signs_in_at_the_largest_server_and_another_one_keeps_the_account() {
    let entryway = MockServer::start().await;
    let home = with_session().await;
    says(&entryway, CREATE, session(&home)).await;
    let mut login = sign_in(&entryway);
    let fields = [("user", "librairie@exemple.test"), ("password", "abcd-efgh-ijkl-mnop")];
    assert_eq!(login.answer(typed(&fields)).await, Ok(Step::Done));
    assert_eq!(login.signed().unwrap().server, home.uri());
    assert_eq!(asked(&home, "app.bsky.actor.getProfile").await.len(), 1);
}

#[tokio::test]
async fn what_goes_wrong_is_said_and_can_be_answered_again() {
    let refused = async |told: ResponseTemplate| {
        let server = MockServer::start().await;
        on(CREATE).respond_with(told).mount(&server).await;
        let mut login = sign_in(&server);
        let fields = [("user", "librairie.test"), ("password", "x"), ("server", &server.uri())];
        let fault = login.answer(typed(&fields)).await.unwrap_err();
        assert!(login.signed().is_none());
        fault
    };
    let recorded = fixture("errors");
    let wrong = ResponseTemplate::new(401).set_body_json(&recorded["bad-password"]["body"]);
    assert_eq!(code_of(&refused(wrong).await), Some(RefusalCode::Invalid));
    let many =
        ResponseTemplate::new(429).set_body_json(&recorded["rate-limit"]["body"]).insert_header("retry-after", "290");
    assert_eq!(refused(many).await, Fault::Later { after: guichet_model::Millis(290_000) });
    let page = ResponseTemplate::new(404).set_body_string("<html>");
    assert_eq!(code_of(&refused(page).await), Some(RefusalCode::WrongServer));
    assert_eq!(code_of(&refused(answer(json!({ "welcome": true }))).await), Some(RefusalCode::WrongServer));
    assert_eq!(code_of(&refused(refusal(401, "AccountTakedown", "x")).await), Some(RefusalCode::Suspended));
    let mut asleep = fixture("session");
    asleep["active"] = false.into();
    assert_eq!(code_of(&refused(answer(asleep)).await), Some(RefusalCode::Suspended));

    let server = with_session().await;
    let mut login = sign_in(&server);
    for values in [&[][..], &[("user", "lea")][..], &[("code", "x")][..], &[("password", "x")][..]] {
        assert_eq!(code_of(&login.answer(typed(values)).await.unwrap_err()), Some(RefusalCode::Invalid));
    }
    // The server that was named keeps somebody else of that name.
    let fields = [("user", "did:plc:autre"), ("password", "x"), ("server", &server.uri())];
    assert_eq!(code_of(&login.answer(typed(&fields)).await.unwrap_err()), Some(RefusalCode::WrongServer));
    assert!(login.answer(Said::Returned).await.is_err());
    assert!(login.answer(Said::Pages { ids: vec![] }).await.is_err());
}
