//! What is read of a message, and up to where.

#![allow(clippy::unwrap_used)]

use super::super::fake::{Fake, letter};
use super::*;
use guichet_model::Clock;
use std::sync::Arc;

struct Still;
impl Clock for Still {
    fn now(&self) -> Millis {
        Millis(0)
    }
}

#[test]
fn dates_are_read() {
    assert_eq!(arrived("17-Jul-1996 02:44:25 -0700"), Some(Millis(837_596_665_000)));
    assert_eq!(arrived(" 7-Jul-1996 02:44:25 +0000"), Some(Millis(836_707_465_000)));
    assert_eq!(arrived("hier"), None);
}

#[tokio::test]
async fn a_large_message_is_read_to_a_limit_and_says_so() {
    let fake = Fake::start().await;
    fake.put("INBOX", 0, letter("a@b.test", "lea@lea.test", "x", "", &"x".repeat(2 * LARGEST)));
    let mut imap = Imap::open(&fake.dial(), &fake.access, Arc::new(Still)).await.unwrap();
    imap.examine("INBOX").await.unwrap();
    let got = imap.fetch(&[1, 2]).await.unwrap();
    assert_eq!((got.len(), got[0].bytes.len(), got[0].is_cut()), (1, LARGEST, true));
}
