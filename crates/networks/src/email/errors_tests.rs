//! The servers' words, and what is made of them.

#![allow(clippy::unwrap_used)]

use super::*;

const NOW: Millis = Millis(1_000_000);

fn reply(code: u16, esc: [u8; 3]) -> Response<String> {
    Response { code, esc, message: "non\r\nmerci".into() }
}

#[test]
fn smtp_numbers_say_what_to_do() {
    let code = |fault: Fault| match fault {
        Fault::Refused { reason } => Some(reason.code),
        _ => None,
    };
    for (number, esc, wanted) in [
        (550, [5, 1, 1], RefusalCode::Gone),
        (550, [0, 0, 0], RefusalCode::Gone),
        (552, [0, 0, 0], RefusalCode::TooLong),
        (552, [5, 2, 2], RefusalCode::TooLong),
        (554, [5, 7, 1], RefusalCode::Forbidden),
        (535, [5, 7, 139], RefusalCode::Forbidden),
        (504, [5, 5, 4], RefusalCode::NotOffered),
        (501, [5, 5, 2], RefusalCode::Invalid),
    ] {
        assert_eq!(code(smtp(&reply(number, esc), NOW)), Some(wanted), "{number} {esc:?}");
    }
    assert_eq!(smtp(&reply(535, [5, 7, 8]), NOW), Fault::NeedsLogin);
    assert_eq!(smtp(&reply(550, [5, 4, 5]), NOW), Fault::Later { after: NOW.plus(QUOTA) });
    assert_eq!(smtp(&reply(421, [4, 7, 0]), NOW), Fault::Later { after: NOW.plus(LATER) });
    assert_eq!(said(&reply(550, [5, 1, 1])).as_deref(), Some("550 5.1.1 non  merci"));
}

#[test]
fn imap_words_say_whether_it_is_the_password() {
    let no = |said: &str| ImapError::No(format!("code: None, info: Some(\"{said}\")"));
    assert_eq!(imap_login(&no("[AUTHENTICATIONFAILED] no"), NOW), Fault::NeedsLogin);
    assert_eq!(imap_login(&no("Invalid credentials (Failure)"), NOW), Fault::NeedsLogin);
    assert!(matches!(imap_login(&no("[UNAVAILABLE] Temporary failure"), NOW), Fault::Later { .. }));
    assert!(matches!(imap_login(&no("[ALERT] Too many simultaneous connections."), NOW), Fault::Later { .. }));
    assert!(matches!(imap(&ImapError::ConnectionLost, NOW), Fault::Later { .. }));
    assert!(matches!(imap(&no("[NONEXISTENT] x"), NOW), Fault::Refused { .. }));
    // A server in trouble, which has nothing against the question.
    let bad = "User is authenticated but not connected.";
    assert!(matches!(imap(&ImapError::Bad(bad.into()), NOW), Fault::Unreadable { .. }));
    assert!(of_the_server(bad) && of_the_server("[UNAVAILABLE] x") && !of_the_server("[SERVERBUG] x"));
}
