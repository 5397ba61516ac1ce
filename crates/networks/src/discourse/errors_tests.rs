//! Recorded and cited refusals, and what is none of the forum's.

#![allow(clippy::unwrap_used)]

use super::*;
use reqwest::header::HeaderMap;

fn answer(status: u16, body: &str) -> Answer {
    Answer { status, headers: HeaderMap::new(), body: body.as_bytes().to_vec() }
}

fn code(fault: Option<Fault>) -> RefusalCode {
    match fault {
        Some(Fault::Refused { reason }) => reason.code,
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn types_decide_and_then_statuses() {
    let worded = |kind: &str| format!(r#"{{"errors":["Non."],"error_type":"{kind}"}}"#);
    assert_eq!(table(&answer(403, &worded("not_logged_in"))), Some(Fault::NeedsLogin));
    assert_eq!(code(table(&answer(403, &worded("invalid_access")))), RefusalCode::Forbidden);
    assert_eq!(code(table(&answer(404, &worded("not_found")))), RefusalCode::Gone);
    assert_eq!(code(table(&answer(400, &worded("invalid_parameters")))), RefusalCode::Invalid);
    assert!(is_access(&answer(403, &worded("invalid_access"))));
    assert!(!is_access(&answer(403, &worded("not_logged_in"))));
    let short = answer(422, r#"{"action":"create_post","errors":["Body is too short (minimum is 20 characters)"]}"#);
    let Some(Fault::Refused { reason }) = table(&short) else { unreachable!() };
    assert_eq!(reason.code, RefusalCode::Invalid);
    assert_eq!(reason.said.as_deref(), Some("Body is too short (minimum is 20 characters)"));
    assert_eq!(code(table(&answer(403, r#"["BAD CSRF"]"#))), RefusalCode::Forbidden);
}

#[test]
fn what_the_forum_did_not_word_decides_nothing() {
    for body in ["", "<html>Just a moment…</html>", "{}", "[]", r#"{"message":"forbidden"}"#] {
        assert_eq!(table(&answer(403, body)), None, "{body}");
    }
}

#[test]
fn a_wait_is_read_from_the_body_where_no_header_says_it() {
    let now = Millis(1_000);
    let body = r#"{"errors":["…"],"error_type":"rate_limit","extras":{"wait_seconds":14}}"#;
    assert_eq!(wait(&answer(429, body), now), Some(Millis(15_000)));
    assert_eq!(wait(&answer(422, body), now), None);
    let mut told = answer(429, body);
    told.headers.insert("retry-after", "20".parse().unwrap());
    assert_eq!(wait(&told, now), None, "the header is the common edge's to read");
}
