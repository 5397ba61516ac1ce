//! Tokens go stale by the clock and by the server's word; each is renewed once, and what cannot be renewed asks for its owner.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::super::fake::{Fake, NOW, letter, outgoing, word};
use super::super::grant::{Client, Grant, Issuer};
use super::super::session::Account;
use super::*;
use guichet_model::{HOUR, MINUTE, Millis, Page, Session};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use wiremock::matchers::{body_string_contains, method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// Gives `jeton-1`, then `jeton-2`…, each good once it was given.
struct Tokens(AtomicUsize, super::super::fake::State);

impl Respond for Tokens {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let token = format!("jeton-{}", self.0.fetch_add(1, Ordering::SeqCst) + 1);
        self.1.lock().unwrap().token.clone_from(&token);
        ResponseTemplate::new(200).set_body_json(json!({ "access_token": token, "expires_in": 3600 }))
    }
}

/// A mailbox that `opens` for this token, and an account that holds another until then.
async fn scene(opens: &str, held: &str, until: Millis) -> (Fake, MockServer) {
    let (mut fake, issuer) = (Fake::start().await, MockServer::start().await);
    fake.state().token = opens.into();
    fake.access.password = String::new();
    fake.access.grant = Some(Grant {
        issuer: Issuer::Rehearsed(issuer.uri()),
        client: Client { id: "moi".into(), secret: Some("pas-si-secret".into()) },
        access: held.into(),
        refresh: "suite".into(),
        until,
    });
    fake.put("INBOX", 60, letter("a@x", "lea@poste.example", "Bonjour", "", "Vous livrez ?"));
    (fake, issuer)
}

async fn renewing(fake: &Fake, issuer: &MockServer) {
    let asked = ["grant_type=refresh_token", "refresh_token=suite", "client_id=moi", "client_secret=pas-si-secret"];
    let mut wanted = Mock::given(method("POST")).and(path("/token"));
    for part in asked {
        wanted = wanted.and(body_string_contains(part));
    }
    wanted.respond_with(Tokens(AtomicUsize::new(0), fake.state.clone())).mount(issuer).await;
}

async fn refusing(issuer: &MockServer, status: u16, body: Value) {
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(status).set_body_json(body)).mount(issuer).await;
}

async fn exchanges(issuer: &MockServer) -> usize {
    issuer.received_requests().await.unwrap().len()
}

async fn pulled(account: &Account) -> Result<Page, Fault> {
    account.pull("inbox", None, NOW.plus(-HOUR)).await
}

#[tokio::test]
async fn a_good_token_is_used_as_it_is() {
    let (fake, issuer) = scene("jeton-0", "jeton-0", NOW.plus(MINUTE)).await;
    assert_eq!(pulled(&fake.account()).await.unwrap().items.len(), 1);
    assert_eq!((exchanges(&issuer).await, fake.asked("LOGIN")), (0, 0));
}

#[tokio::test]
async fn one_whose_time_is_over_is_renewed_before_it_is_shown_and_kept_before_it_is_used() {
    let (fake, issuer) = scene("personne", "jeton-0", NOW).await;
    renewing(&fake, &issuer).await;
    let account = fake.account();
    // Together: one exchange serves them all.
    let (one, other) = tokio::join!(pulled(&account), pulled(&account));
    assert_eq!((one.unwrap().items.len(), other.unwrap().items.len()), (1, 1));
    assert_eq!(exchanges(&issuer).await, 1);
    let kept = fake.state().kept.clone();
    let grant = Access::open(&kept[0], &fake.access.origin()).unwrap().grant.unwrap();
    assert_eq!((kept.len(), grant.access.as_str(), grant.refresh.as_str()), (1, "jeton-1", "suite"));
    assert_eq!(grant.until, NOW.plus(HOUR - MINUTE));
}

#[tokio::test]
async fn one_that_a_server_takes_no_more_is_renewed_once_for_reading_and_for_sending() {
    let (fake, issuer) = scene("personne", "jeton-0", NOW.plus(HOUR)).await;
    renewing(&fake, &issuer).await;
    let account = fake.account();
    let prepared = account.prepare(&outgoing("mid:a@x", "Oui.")).await.unwrap();
    assert_eq!(exchanges(&issuer).await, 1);
    fake.state().token = "personne".into();
    // The line of the reading stands; the sending's own is refused, renews, and leaves once.
    account.send(&prepared, word(true)).await.unwrap();
    assert_eq!((exchanges(&issuer).await, fake.state().taken.len()), (2, 1));
}

#[tokio::test]
async fn one_that_is_refused_again_asks_for_its_owner_and_for_nothing_more() {
    let (fake, issuer) = scene("personne", "jeton-0", NOW.plus(HOUR)).await;
    refusing(&issuer, 200, json!({ "access_token": "refuse-aussi", "expires_in": "3600" })).await;
    let account = fake.account();
    assert_eq!(pulled(&account).await.err(), Some(Fault::NeedsLogin));
    assert_eq!((exchanges(&issuer).await, fake.asked("AUTHENTICATE XOAUTH2")), (1, 2));
}

#[tokio::test]
async fn a_consent_taken_back_asks_for_its_owner_and_a_silent_issuer_for_patience() {
    for (status, body, wanted) in [
        (400, json!({ "error": "invalid_grant", "error_description": "Token has been revoked." }), true),
        (401, json!({ "error": "invalid_client" }), true),
        (503, json!({}), false),
    ] {
        let (fake, issuer) = scene("personne", "jeton-0", NOW).await;
        refusing(&issuer, status, body).await;
        let fault = pulled(&fake.account()).await.err().unwrap();
        assert_eq!(fault == Fault::NeedsLogin, wanted, "{status}: {fault}");
        assert!(wanted || matches!(fault, Fault::Later { .. }), "{status}: {fault}");
        assert_eq!(fake.asked("AUTHENTICATE"), 0, "a token that is over is not shown");
    }
}

/// What is exchanged may be good for once: whoever gives up waiting must not take what came for it along.
#[tokio::test]
async fn an_exchange_that_nobody_waits_for_is_kept_all_the_same() {
    let (fake, issuer) = scene("jeton-1", "jeton-0", NOW).await;
    let told = json!({ "access_token": "jeton-1", "refresh_token": "suite-2", "expires_in": 3600 });
    let slow = ResponseTemplate::new(200).set_body_json(told).set_delay(std::time::Duration::from_millis(300));
    Mock::given(method("POST")).respond_with(slow).mount(&issuer).await;
    let account = fake.account();
    let short = std::time::Duration::from_millis(100);
    assert!(tokio::time::timeout(short, pulled(&account)).await.is_err());
    assert_eq!(pulled(&account).await.unwrap().items.len(), 1);
    let kept = fake.state().kept.clone();
    let grant = Access::open(&kept[0], &fake.access.origin()).unwrap().grant.unwrap();
    assert_eq!((grant.refresh.as_str(), kept.len(), exchanges(&issuer).await), ("suite-2", 1, 1));
}
