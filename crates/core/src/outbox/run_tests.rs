//! How long an account rests: until the nearest instant that something of it waits for, and no longer than a tick.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::{client_row, conversation_row, room};
use crate::view::DraftView;

#[tokio::test]
async fn an_account_rests_until_its_nearest_instant() {
    let room = room(Vec::new()).await;
    let (client, account) = client_row(room.desk.store(), "Phare");
    let now = room.desk.now();
    let pause = |wait: i64| After::Pause { until: now.plus(wait), firm: false };
    assert_eq!(rest(&room.desk, account).await, pause(TICK), "it waits for nothing");
    for (wait, rests) in [(5 * SECOND, 5 * SECOND), (60 * SECOND, TICK), (0, TICK), (-SECOND, TICK)] {
        let (conversation, _) = conversation_row(room.desk.store(), client, account, "Léa", "Bonjour ?", now);
        let draft = DraftView { text: "Merci".into(), ..DraftView::default() };
        room.desk.send_reply(conversation, draft, false).await.unwrap();
        let at = now.plus(wait).0;
        let move_all = move |tx: &rusqlite::Transaction<'_>| {
            tx.execute("UPDATE reply SET not_before = ?", [at])?;
            Ok(())
        };
        room.desk.store().write_now(Durability::Full, move_all).unwrap();
        assert_eq!(rest(&room.desk, account).await, pause(rests), "{wait}");
    }
}
