//! From a name to a server, at a directory and domains that answer from one place.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::bluesky::fake::{ME, code_of, refusal, says};
use serde_json::json;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

fn directory(server: &MockServer) -> Directory {
    let uri = server.uri();
    Directory { entryway: uri.clone(), plc: uri.clone(), handles: format!("{uri}/{{}}") }
}

fn document(did: &str, server: &str, handle: &str) -> Value {
    json!({ "id": did, "alsoKnownAs": [format!("at://{handle}")], "service": [
        { "id": "#other", "type": "Other", "serviceEndpoint": "https://ailleurs.test" },
        { "id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": format!("{server}/") },
    ] })
}

async fn given(server: &MockServer, at: &str, told: ResponseTemplate) {
    Mock::given(path(at)).respond_with(told).mount(server).await;
}

fn json_of(value: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(value)
}

async fn home(server: &MockServer, who: &str, typed: Option<&str>) -> Result<Home, Fault> {
    let http = Http::new(Reach::Loopback);
    directory(server).home(&http, &Who::read(who).unwrap(), typed).await
}

#[tokio::test]
async fn a_handle_leads_to_its_server_by_its_domain() {
    let server = MockServer::start().await;
    let at_domain = ResponseTemplate::new(200).set_body_string(format!("{ME}\n"));
    given(&server, "/librairie.test/.well-known/atproto-did", at_domain).await;
    given(&server, &format!("/{ME}"), json_of(document(ME, "http://127.0.0.1:2583", "librairie.test"))).await;
    let found = home(&server, "@librairie.test", None).await.unwrap();
    assert_eq!(found, Home { server: Url::parse("http://127.0.0.1:2583").unwrap(), did: Some(ME.into()) });
    assert_eq!(home(&server, ME, None).await.unwrap(), found);
}

#[tokio::test]
async fn one_that_is_told_by_dns_alone_is_asked_of_the_largest_server() {
    let server = MockServer::start().await;
    let page = ResponseTemplate::new(200).set_body_string("<html>Bienvenue</html>");
    given(&server, "/librairie.test/.well-known/atproto-did", page).await;
    says(&server, "com.atproto.identity.resolveHandle", json!({ "did": ME })).await;
    given(&server, &format!("/{ME}"), json_of(document(ME, "http://localhost:2583", "librairie.test"))).await;
    assert_eq!(home(&server, "librairie.test", None).await.unwrap().did.as_deref(), Some(ME));
}

#[tokio::test]
async fn a_handle_that_nobody_claims_leads_nowhere() {
    let server = MockServer::start().await;
    says(&server, "com.atproto.identity.resolveHandle", json!({ "did": ME })).await;
    given(&server, &format!("/{ME}"), json_of(document(ME, "http://localhost:2583", "une-autre.test"))).await;
    let wrong = home(&server, "librairie.test", None).await.unwrap_err();
    assert_eq!(code_of(&wrong), Some(RefusalCode::WrongServer));
    let nobody = MockServer::start().await;
    crate::bluesky::fake::on("com.atproto.identity.resolveHandle")
        .respond_with(refusal(400, "InvalidRequest", "Unable to resolve handle"))
        .mount(&nobody)
        .await;
    assert_eq!(code_of(&home(&nobody, "librairie.test", None).await.unwrap_err()), Some(RefusalCode::Gone));
}

#[tokio::test]
async fn documents_that_lead_out_of_reach_or_are_another_s_are_refused() {
    let server = MockServer::start().await;
    for (did, told) in [
        ("did:plc:a", document("did:plc:b", "http://localhost:1", "x.test")),
        ("did:plc:c", document("did:plc:c", "http://192.168.0.1", "x.test")),
        ("did:plc:d", document("did:plc:d", "https://exemple.test", "x.test")),
        ("did:plc:e", json!({ "id": "did:plc:e", "service": [] })),
    ] {
        given(&server, &format!("/{did}"), json_of(told)).await;
        assert!(home(&server, did, None).await.is_err(), "{did}");
    }
    given(&server, "/did:plc:f", ResponseTemplate::new(404)).await;
    assert_eq!(code_of(&home(&server, "did:plc:f", None).await.unwrap_err()), Some(RefusalCode::Gone));
    assert_eq!(code_of(&home(&server, "did:key:zabc", None).await.unwrap_err()), Some(RefusalCode::WrongServer));
    // By the web, at its own host.
    let host = server.uri().replace("http://", "").replace(':', "%3A");
    let did = format!("did:web:{host}");
    given(&server, "/.well-known/did.json", json_of(document(&did, "http://localhost:2583", "x.test"))).await;
    assert!(home(&server, &did, None).await.is_ok());
}

#[tokio::test]
async fn a_server_that_was_typed_is_asked_directly_and_a_mail_address_needs_one() {
    let server = MockServer::start().await;
    let typed = format!("{}/xrpc/quelque/chose", server.uri());
    let found = home(&server, "librairie.test", Some(&typed)).await.unwrap();
    assert_eq!((found.server.as_str().trim_end_matches('/'), found.did), (server.uri().as_str(), None));
    assert!(home(&server, "librairie.test", Some("https://exemple.test")).await.is_err(), "out of reach");
    assert_eq!(home(&server, "lea@exemple.test", None).await.unwrap().server.as_str(), format!("{}/", server.uri()));
    assert!(server.received_requests().await.unwrap().is_empty());
}
