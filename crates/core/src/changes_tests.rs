//! The first change is heard at once, those behind it together, and nothing is lost in between.
//! No instant is asserted: only what is heard in which message.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use guichet_model::{ConversationId, ReplyId};

fn of(conversation: i64) -> Change {
    Change { conversations: vec![ConversationId(conversation)], ..Change::default() }
}

#[tokio::test]
async fn the_first_goes_at_once_and_the_others_together() {
    let changes = Changes::new();
    let mut heard = changes.listen();
    changes.announce(of(1));
    assert_eq!(heard.try_recv().unwrap(), of(1));
    changes.announce(of(3));
    changes.announce(of(2));
    changes.announce(of(3));
    changes.announce(Change { desk: true, ..Change::default() });
    assert!(heard.try_recv().is_err());
    let joined = Change { conversations: vec![ConversationId(2), ConversationId(3)], desk: true, ..Change::default() };
    assert_eq!(heard.recv().await.unwrap(), joined);
}

#[tokio::test]
async fn after_a_calm_the_next_goes_at_once_again() {
    let changes = Changes::new();
    let mut heard = changes.listen();
    for conversation in 1..4 {
        changes.announce(of(conversation));
        assert_eq!(heard.try_recv().unwrap(), of(conversation));
        tokio::time::sleep(APART * 3).await;
    }
}

#[tokio::test]
async fn nothing_changed_is_not_announced() {
    let changes = Changes::new();
    let mut heard = changes.listen();
    changes.announce(Change::default());
    changes.announce(of(1));
    assert_eq!(heard.try_recv().unwrap(), of(1));
}

#[test]
fn too_many_ids_are_everything() {
    let mut all = Change::default();
    for id in 0..=MOST_IDS as i64 {
        join(&mut all, of(id));
    }
    join(&mut all, Change { replies: vec![ReplyId(1)], ..Change::default() });
    assert_eq!(all, Change { all: true, ..Change::default() });
}
