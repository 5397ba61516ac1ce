//! Refusals as they were recorded, and what they mean.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::bluesky::fake::{code_of, fixture};
use reqwest::header::HeaderMap;
use serde_json::json;

fn answer(status: u16, body: &Value) -> Answer {
    Answer { status, headers: HeaderMap::new(), body: body.to_string().into_bytes() }
}

fn code(status: u16, name: &str) -> Option<RefusalCode> {
    code_of(&table(&answer(status, &json!({ "error": name, "message": "Non" }))).unwrap())
}

#[test]
fn recorded_refusals_are_understood() {
    let recorded = fixture("errors");
    let table = |name: &str| {
        let told = &recorded[name];
        table(&answer(told["status"].as_u64().unwrap() as u16, &told["body"])).unwrap()
    };
    assert_eq!(table("bad-password"), Fault::NeedsLogin);
    assert_eq!(table("invalid-token"), Fault::NeedsLogin);
    assert_eq!(table("replayed"), Fault::NeedsLogin);
    assert_eq!(code_of(&table("not-privileged")), Some(RefusalCode::NotOffered));
    assert_eq!(code_of(&table("unknown-method")), Some(RefusalCode::NotOffered));
    assert_eq!(code_of(&table("too-long")), Some(RefusalCode::TooLong));
    assert_eq!(code_of(&table("message-too-long")), Some(RefusalCode::TooLong));
    assert_eq!(code_of(&table("bad-input")), Some(RefusalCode::Invalid));
    assert_eq!(code_of(&table("unknown-convo")), Some(RefusalCode::Gone));
    for name in ["needs-nonce", "resource-needs-nonce"] {
        let told = &recorded[name];
        let answer = answer(told["status"].as_u64().unwrap() as u16, &told["body"]);
        assert!(sign_again(super::name(&answer).as_deref()));
    }
}

#[test]
fn names_of_the_sheet_are_understood() {
    let needs_login = |status, name: &str| table(&answer(status, &json!({ "error": name }))) == Some(Fault::NeedsLogin);
    assert!(needs_login(400, "ExpiredToken") && needs_login(401, "ExpiredToken") && needs_login(401, "AuthMissing"));
    for gone in ["RecordNotFound", "NotFound", "InvalidConvo", "RecipientNotFound"] {
        assert_eq!(code(400, gone), Some(RefusalCode::Gone), "{gone}");
    }
    for forbidden in ["BlockedActor", "BlockedSubject", "MessagesDisabled", "NotFollowedBySender"] {
        assert_eq!(code(400, forbidden), Some(RefusalCode::Forbidden), "{forbidden}");
    }
    assert_eq!(code(400, "InvalidSwap"), Some(RefusalCode::Invalid));
    assert_eq!(code(403, "SomethingNew"), Some(RefusalCode::Forbidden));
    let taken = |status| {
        table(&answer(status, &json!({ "error": "AccountTakedown", "message": "Account has been taken down" })))
    };
    assert!(matches!(taken(401), Some(Fault::Blocked { scope: BlockScope::Account, until: None, .. })));
    assert_eq!(code_of(&taken(400).unwrap()), Some(RefusalCode::Suspended), "another's account stops nothing of ours");
}

#[test]
fn what_is_not_worded_by_a_server_of_this_network_says_nothing() {
    for body in [json!(null), json!("<html>"), json!({}), json!({ "error": "" }), json!({ "error": 7 }), json!([])] {
        assert_eq!(table(&answer(403, &body)), None, "{body}");
    }
}

#[test]
fn what_a_resource_server_wants_signed_stands_in_a_header() {
    let mut asks = answer(401, &json!({ "error": "AuthenticationRequired" }));
    asks.headers.insert("www-authenticate", r#"DPoP algs="ES256", error="use_dpop_nonce""#.parse().unwrap());
    assert!(sign_again(name(&asks).as_deref()));
    asks.body.clear();
    assert_eq!(code_of(&table(&asks).unwrap()), Some(RefusalCode::Invalid), "certain: it was not obeyed");
}
