//! Dates, sets and names as IMAP writes them; what a refused or torn command is.

#![allow(clippy::unwrap_used)]

use super::super::fake::{Fail, Fake, letter};
use super::*;

struct Still;
impl Clock for Still {
    fn now(&self) -> Millis {
        Millis(0)
    }
}

#[test]
fn dates_and_names_are_written_as_they_are_read() {
    assert_eq!(day(Millis(837_596_665_000)), "17-Jul-1996");
    assert_eq!(quoted("a\"b\\c").unwrap(), "\"a\\\"b\\\\c\"");
    assert!(quoted("a\r\nb").is_err());
}

#[tokio::test]
async fn nothing_found_is_only_said_by_a_whole_answer() {
    for (fail, certain) in [
        (Fail::Say("OK done"), true),
        (Fail::Say("NO not now"), false),
        (Fail::Say("BAD what"), false),
        (Fail::Cut, false),
        (Fail::CutAfter, false),
    ] {
        let fake = Fake::start().await;
        fake.put("INBOX", 0, letter("a@b.test", "lea@lea.test", "x", "", "x"));
        let mut imap = Imap::open(&fake.dial(), &fake.access, Arc::new(Still)).await.unwrap();
        imap.examine("INBOX").await.unwrap();
        fake.fail("UID SEARCH", fail);
        assert_eq!(imap.search("HEADER Message-ID \"a@b.test\"").await.is_ok(), certain);
    }
}

#[tokio::test]
async fn a_password_with_other_letters_goes_by_sasl() {
    let mut fake = Fake::start().await;
    for (password, good) in [("clé", true), ("clef à molette", false)] {
        fake.access.password = password.into();
        let opened = Imap::open(&fake.dial(), &fake.access, Arc::new(Still)).await;
        assert_eq!(opened.err(), (!good).then_some(Fault::NeedsLogin));
    }
    assert_eq!((fake.asked("LOGIN"), fake.asked("AUTHENTICATE")), (0, 2));
}
