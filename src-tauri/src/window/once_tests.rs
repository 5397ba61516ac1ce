//! One message, one act; another message, another.
#![allow(clippy::unwrap_used)]

use super::*;
use serde_json::json;
use std::sync::atomic::{AtomicU32, Ordering};

#[tokio::test]
async fn a_message_that_arrives_twice_is_one_act() {
    let (once, acts) = (Once::default(), AtomicU32::new(0));
    let act = async || {
        let act = acts.fetch_add(1, Ordering::SeqCst);
        // The second arrival comes while the first is at work.
        tokio::task::yield_now().await;
        Ok(json!(act))
    };
    let (first, again) =
        tokio::join!(once.answer("send_reply", "a-1".into(), act()), once.answer("send_reply", "a-1".into(), act()));
    assert_eq!((first.unwrap(), again.unwrap()), (json!(0), json!(0)));
    assert_eq!(once.answer("send_reply", "a-1".into(), act()).await.unwrap(), json!(0));
    assert_eq!(once.answer("send_reply", "a-2".into(), act()).await.unwrap(), json!(1));
}

#[tokio::test]
async fn a_refusal_is_told_again_and_a_reading_is_read_again() {
    let once = Once::default();
    let refuse = async || Err(Problem::TooLate);
    assert_eq!(once.answer("retry", "a-1".into(), refuse()).await, Err(Problem::TooLate));
    assert_eq!(once.answer("retry", "a-1".into(), async { Ok(json!(1)) }).await, Err(Problem::TooLate));
    assert_eq!(once.answer("list", "a-1".into(), async { Ok(json!(1)) }).await, Ok(json!(1)));
    assert_eq!(once.answer("list", "a-1".into(), async { Ok(json!(2)) }).await, Ok(json!(2)));
}

#[tokio::test]
async fn only_the_last_ones_are_remembered() {
    let once = Once::default();
    for n in 0..=REMEMBERED {
        once.answer("retry", format!("a-{n}"), async { Ok(json!(n)) }).await.unwrap();
    }
    assert_eq!(once.0.lock().unwrap().answers.len(), REMEMBERED);
    assert_eq!(once.answer("retry", "a-1".into(), async { Ok(json!("again")) }).await, Ok(json!(1)));
}

/// What is taken for a reading is a command, and answers without changing anything.
#[test]
fn readings_are_commands_of_the_contract() {
    let contract = crate::contract::typescript();
    for name in READINGS {
        assert!(contract.contains(&format!("\n  {name}: {{ args")), "{name}");
    }
}
