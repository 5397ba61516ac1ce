//! The network's words for no, recorded and known.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

fn fault(status: u16, headers: &[(&'static str, &str)], body: &str) -> Option<Fault> {
    let pairs = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    table(&Answer { status, headers: pairs.collect(), body: body.as_bytes().to_vec() })
}

fn code(fault: Option<Fault>) -> RefusalCode {
    match fault {
        Some(Fault::Refused { reason }) => reason.code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn recorded_refusals() {
    let error = |text: &str| format!(r#"{{"error":"{text}"}}"#);
    assert_eq!(fault(401, &[], &error("The access token is invalid")), Some(Fault::NeedsLogin));
    assert_eq!(fault(401, &[], &error("This method requires an authenticated user")), Some(Fault::NeedsLogin));
    assert_eq!(fault(422, &[], &error("This method requires an authenticated user")), Some(Fault::NeedsLogin));
    assert_eq!(code(fault(404, &[], &error("Record not found"))), RefusalCode::Gone);
    assert_eq!(code(fault(422, &[], &error("バリデーションに失敗しました"))), RefusalCode::Invalid);
    assert_eq!(code(fault(422, &[], &error("Validation failed: Text can't be blank"))), RefusalCode::Empty);
    assert_eq!(
        code(fault(422, &[], &error("Validation failed: Text character limit of 500 exceeded"))),
        RefusalCode::TooLong
    );
    assert_eq!(code(fault(403, &[], &error("This action is outside the authorized scopes"))), RefusalCode::Forbidden);
    assert!(matches!(fault(403, &[], &error("Your login is currently disabled")), Some(Fault::Blocked { .. })));
}

#[test]
fn snac_refuses_without_a_word_and_signs() {
    let snac = [("x-creator", "snac/2.96")];
    assert_eq!(fault(401, &snac, ""), Some(Fault::NeedsLogin));
    assert_eq!(fault(422, &snac, ""), Some(Fault::NeedsLogin));
    assert_eq!(code(fault(404, &snac, "<h1>404 Not Found (snac/2.96)</h1>")), RefusalCode::Gone);
    assert_eq!(fault(400, &snac, ""), None);
}

#[test]
fn what_somebody_else_says_is_no_word_of_the_network() {
    for (status, body) in
        [(401, ""), (403, "<html>portal</html>"), (404, "{}"), (404, "[]"), (422, r#"{"error":""}"#), (400, "null")]
    {
        assert_eq!(fault(status, &[], body), None, "{status} {body}");
    }
}

#[test]
fn what_was_said_is_cut_and_never_printed() {
    let long = format!(r#"{{"error":"{}"}}"#, "secret ".repeat(200));
    let Some(Fault::Refused { reason }) = fault(422, &[], &long) else { panic!() };
    assert!(reason.said.as_ref().unwrap().chars().count() <= 300);
    assert!(!format!("{}", Fault::Refused { reason }).contains("secret"));
}
