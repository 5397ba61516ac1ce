//! Refusals as they were recorded, and what they mean.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::wordpress::fake::fixture;
use reqwest::header::HeaderMap;
use serde_json::json;

fn answer(status: u16, body: &Value) -> Answer {
    Answer { status, headers: HeaderMap::new(), body: body.to_string().into_bytes() }
}

fn code_of(fault: Option<Fault>) -> Option<RefusalCode> {
    match fault {
        Some(Fault::Refused { reason }) => Some(reason.code),
        _ => None,
    }
}

#[test]
fn recorded_refusals_are_understood() {
    let recorded = fixture("errors");
    let table = |name: &str| {
        let told = &recorded[name];
        table(&answer(told["status"].as_u64().unwrap() as u16, &told["body"]))
    };
    assert_eq!(table("me-bad-password"), Some(Fault::NeedsLogin));
    assert_eq!(table("anonymous-post"), Some(Fault::NeedsLogin));
    assert_eq!(code_of(table("comments-hold-lowuser")), Some(RefusalCode::Forbidden));
    assert_eq!(code_of(table("approve-lowuser")), Some(RefusalCode::Forbidden));
    assert_eq!(code_of(table("reply-duplicate")), Some(RefusalCode::Duplicate));
    assert_eq!(code_of(table("reply-empty")), Some(RefusalCode::Empty));
    assert_eq!(code_of(table("reply-badpost")), Some(RefusalCode::Gone));
    let Some(Fault::Refused { reason }) = table("reply-duplicate") else { unreachable!() };
    assert!(reason.said.unwrap().contains("you’ve already said that"), "its marks are read");
}

#[test]
fn codes_of_the_sheet_are_understood() {
    let table = |status, code: &str| table(&answer(status, &json!({ "code": code, "message": "x" })));
    for (status, code, wanted) in [
        (403, "rest_comment_closed", RefusalCode::WindowClosed),
        (403, "rest_comment_trash_post", RefusalCode::Gone),
        (404, "rest_comment_invalid_id", RefusalCode::Gone),
        (404, "rest_no_route", RefusalCode::NotOffered),
        (400, "comment_content_column_length", RefusalCode::TooLong),
        (400, "rest_invalid_param", RefusalCode::Invalid),
        (410, "rest_already_trashed", RefusalCode::Gone),
    ] {
        assert_eq!(code_of(table(status, code)), Some(wanted), "{code}");
    }
    assert_eq!(table(400, "comment_flood"), Some(Fault::Later { after: SOON }));
}

#[test]
fn a_page_of_something_on_the_way_is_no_word_of_the_site() {
    for body in [json!("<html>403 Forbidden</html>"), json!({ "error": "no" }), json!({ "code": 7 }), json!([])] {
        assert_eq!(table(&answer(403, &body)), None, "{body}");
    }
    assert_eq!(table(&Answer { status: 403, headers: HeaderMap::new(), body: b"<html>".to_vec() }), None);
}
