//! The top of a nested conversation, as far as it is known.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::wordpress::fake::{comment, included, site};
use serde_json::json;

fn read(id: u64, parent: u64) -> Comment {
    Comment::read(&comment(id, parent, 0, 0, "x")).unwrap().unwrap()
}

#[test]
fn the_top_is_found_or_what_lacks_is_named() {
    let mut tree = Tree::default();
    for (id, parent) in [(1, 0), (2, 1), (3, 2), (9, 8), (20, 21), (21, 20)] {
        tree.grow(&read(id, parent));
    }
    assert_eq!((tree.top(3), tree.top(1)), (Ok(1), Ok(1)));
    assert_eq!(tree.top(9), Err(8));
    assert_eq!(tree.top(20), Err(0), "a ring has no top, and ends");
}

#[tokio::test]
async fn a_parent_that_is_nowhere_is_asked_for_once() {
    let (server, account) = site(true).await;
    included(&server, "8", json!([])).await;
    let mut tree = Tree::default();
    let brought = parents(&account, &[read(9, 8), read(10, 9)], &mut tree).await.unwrap();
    assert!(brought.is_empty());
    assert_eq!(tree.top(10), Err(8));
    let asked = server.received_requests().await.unwrap();
    assert_eq!(asked.iter().filter(|request| request.url.query().is_some_and(|q| q.contains("include"))).count(), 1);
}
