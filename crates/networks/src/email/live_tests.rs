//! Waiting: what comes rings, what does not is waited for anew.

#![allow(clippy::unwrap_used)]

use super::super::fake::{Fail, Fake, letter};
use super::*;
use guichet_model::Session;
use std::sync::Mutex;
use std::time::Duration;

#[tokio::test]
async fn a_letter_rings_and_a_silent_line_is_begun_anew() {
    let fake = Fake::start().await;
    let account = fake.account();
    let heard = Mutex::new(Vec::new());
    let ring = |ring: Ring| heard.lock().unwrap().push(ring);
    let coming = async {
        // The fake's wait is a fifth of a second.
        while fake.asked("IDLE") < 3 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        fake.put("INBOX", 0, letter("q@lea.test", "lea@lea.test", "x", "", "x"));
        while heard.lock().unwrap().len() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        fake.fail("IDLE", Fail::Cut);
        fake.put("INBOX", 0, letter("r@lea.test", "lea@lea.test", "x", "", "x"));
        std::future::pending::<()>().await;
    };
    let live = account.live().unwrap();
    let fault = tokio::select! { fault = live.run(&ring) => fault, () = coming => unreachable!() };
    assert!(matches!(fault, Fault::Later { .. }), "{fault:?}");
    assert_eq!(heard.lock().unwrap()[..2], [Ring::Connected, Ring::Pull(INBOX)]);
}

#[tokio::test]
async fn a_server_that_cannot_wait_is_pulled() {
    let fake = Fake::start().await;
    fake.state().without.push("IDLE");
    let fault = run(&fake.account(), &|_| {}).await;
    assert_eq!(fault, Fault::refused(RefusalCode::NotOffered, None));
}
