//! Replies that wait behind a hold of everything, one a conversation: a start must not cost more behind them.

use crate::open;
use guichet_core::Keys;
use guichet_core::view::{HoldTarget, ListQuery, View};
use std::path::Path;
use std::sync::Arc;

const ALL: ListQuery = ListQuery { view: View::All, client: None, account: None };

pub async fn fill(folder: &Path, keys: Arc<dyn Keys>, replies: usize) {
    let desk = open(folder, keys).await;
    desk.hold(vec![HoldTarget::Everything], String::new()).await.unwrap();
    let mut written = 0;
    while written < replies {
        let rows = desk.list(ALL, written as u32, 500).await.unwrap().rows;
        assert!(!rows.is_empty(), "only {written} conversations");
        for row in rows.into_iter().take(replies - written) {
            let shown = desk.conversation(row.id).await.unwrap().composer;
            let draft = shown.draft("Bonjour, il arrive samedi.");
            desk.send_reply(row.id, draft, false).await.unwrap();
            written += 1;
        }
    }
}
