//! Ten thousand replies in the queue: what a step, a list and a hold ask of the store does not grow with them.
//!
//! Counted in the steps of SQLite's machine, since a time would be another on each computer.

use super::*;
use crate::hold::COVERED;
use crate::outbox::{read, run};
use crate::view::HoldTarget;
use rusqlite::{Connection, StatementStatus, params, types::Value};

const MANY: u32 = 10_000;

impl Scene {
    /// So many replies that wait and are due, in as many conversations.
    fn queue(&self, many: u32) {
        let sql = format!(
            "WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 999 + {many})
             INSERT INTO conversation (id, client, account, kind, root, triage, triaged_at, owed_at, last_at)
             SELECT i, 1, 1, 'comment', 'q-' || i, 0, 0, 0, 0 FROM n;
             INSERT INTO message (id, client, account, conversation, person, remote, ours, at, text, body, attachments,
                                  word_row)
             SELECT id, 1, 1, id, (SELECT min(id) FROM person), root, 0, 0, 'Bonjour ?', '{{}}', '[]', id
               FROM conversation WHERE id >= 1000;
             INSERT INTO reply (client, account, conversation, answers, key, text, addressees, place, seen, state, detail,
                                written_at, offline, not_before)
             SELECT 1, 1, id, id, root, 'Merci', '[]',
                    json_object('remote', root, 'conversation', root, 'post', NULL, 'visibility', NULL,
                                'edited_at', NULL, 'read_at', 0),
                    id, 'waiting', '{{\"why\":{{\"why\":\"turn\"}}}}', {now}, 0, {now}
               FROM conversation WHERE id >= 1000;",
            now = self.room.desk.now().0,
        );
        self.sql(&sql);
    }

    /// How many steps SQLite's machine makes for this question, and how many rows answer.
    fn steps(&self, sql: &str, asked: &[i64]) -> (i32, usize) {
        let read = |conn: &Connection| {
            let mut statement = conn.prepare(sql)?;
            let values: Vec<Value> = asked.iter().map(|value| Value::Integer(*value)).collect();
            let rows = statement.query_map(rusqlite::params_from_iter(values), |_| Ok(()))?.count();
            Ok((statement.get_status(StatementStatus::VmStep), rows))
        };
        self.room.desk.store().read_now(read).unwrap()
    }

    fn plan(&self, sql: &str) -> String {
        let read = |conn: &Connection| {
            let mut plan = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
            let nothing = vec![Value::Null; plan.parameter_count()];
            let rows = plan.query_map(rusqlite::params_from_iter(nothing), |row| row.get::<_, String>(3))?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?.join("\n"))
        };
        self.room.desk.store().read_now(read).unwrap()
    }
}

#[tokio::test]
async fn a_step_costs_the_same_behind_ten_thousand() {
    let mut cost = Vec::new();
    for many in [10, MANY] {
        let scene = Scene::new().await;
        scene.conversation("Léa");
        scene.queue(many);
        let now = scene.room.desk.now().0;
        let (steps, rows) = scene.steps(&run::due_order(COVERED), &[1, now, i64::MIN, 0]);
        assert_eq!(rows, 1);
        cost.push(steps);
    }
    assert_eq!(cost[0], cost[1]);
}

/// A walk passes each held reply once, whatever it sends on its way.
#[tokio::test]
async fn what_is_held_is_passed_once() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    scene.queue(500);
    scene.sql(
        "INSERT INTO hold (id, scope, name, at) VALUES (1, 'incident', 'Rappel', 0);
         INSERT INTO hold_conversation SELECT 1, id FROM conversation WHERE id BETWEEN 1000 AND 1450;",
    );
    let last = scene.write(conversation, "Fin").await;
    scene.forward(21 * SECOND);
    scene.work().await;
    assert!(matches!(scene.state(last).await, ReplyState::Sent { .. }));
    assert_eq!(scene.server().sends, 50);
    let view = scene.room.desk.outbox(OutboxQuery::default(), 0, 3).await.unwrap();
    assert_eq!((view.total, view.rows.len()), (451 + 50, 3));
    assert!(view.rows.iter().all(|reply| matches!(reply.state, ReplyState::Held { .. })));
    let page = scene.room.desk.outbox(OutboxQuery::default(), 450, 3).await.unwrap();
    assert!(matches!(page.rows[0].state, ReplyState::Held { .. }));
    assert_eq!(page.rows[1].id, last, "behind the last one held comes the last one sent");
}

#[tokio::test]
async fn a_page_of_the_outbox_reads_only_its_rows() {
    let scene = Scene::new().await;
    scene.conversation("Léa");
    let (other, ..) = scene.neighbour("Quai", "Paul");
    scene.queue(MANY);
    scene.room.desk.hold(vec![HoldTarget::Everything], String::new()).await.unwrap();
    let page = scene.room.desk.outbox(OutboxQuery::default(), 9_990, 50).await.unwrap();
    assert_eq!((page.total, page.offset, page.rows.len()), (MANY, 9_990, 10));
    let theirs = scene.room.desk.outbox(OutboxQuery { client: Some(other) }, 0, 50).await.unwrap();
    assert_eq!((theirs.total, theirs.rows.len()), (0, 0));
    assert_eq!(scene.room.desk.holds().await.unwrap()[0].replies, MANY);
}

#[tokio::test]
async fn the_hot_questions_are_answered_by_their_indexes() {
    let scene = Scene::new().await;
    let due = scene.plan(&run::due_order(COVERED));
    assert!(due.contains("SEARCH r USING COVERING INDEX reply_due (account=?"), "{due}");
    assert!(due.contains("SEARCH e USING COVERING INDEX reply_open (conversation=? AND id<?)"), "{due}");
    assert!(!due.contains("TEMP B-TREE"), "{due}");
    let listed = scene.plan(&read::open_order(COVERED));
    assert!(listed.contains("USING COVERING INDEX reply_shown"), "{listed}");
    assert!(listed.contains("SEARCH h USING") && !listed.contains("SCAN h"), "{listed}");
    let open = "('to_approve','waiting','sending','refused','unsure')";
    for (sql, index) in [
        (format!("SELECT id FROM reply r WHERE r.conversation = ? AND r.state IN {open} ORDER BY r.id"), "reply_open"),
        ("SELECT id FROM reply r WHERE r.state = 'sending' AND (?1 IS NULL OR r.account = ?1)".into(), "reply_wire"),
        (
            "SELECT id FROM reply r WHERE r.account = ?1 AND json_extract(r.place, '$.remote') = ?2 AND r.state = 'unsure'"
                .into(),
            "reply_lost",
        ),
    ] {
        let plan = scene.plan(&sql);
        assert!(plan.contains(index), "{index}: {plan}");
    }
}

/// The reason is written once into what waits, not at each try.
#[tokio::test]
async fn what_waits_for_the_network_is_told_so_once() {
    let scene = Scene::new().await;
    scene.conversation("Léa");
    scene.queue(50);
    scene.room.desk.set_system_online(false);
    scene.work().await;
    let written = |conn: &Connection| Ok(conn.query_row("SELECT total_changes()", [], |row| row.get::<_, i64>(0))?);
    let before = scene.room.desk.store().write_now(crate::store::Durability::Full, |tx| written(tx)).unwrap();
    scene.work().await;
    let after = scene.room.desk.store().write_now(crate::store::Durability::Full, |tx| written(tx)).unwrap();
    assert_eq!(before, after);
    let network = "SELECT count(*) FROM reply WHERE why = ?1";
    let count = |conn: &Connection| Ok(conn.query_row(network, params!["network"], |row| row.get::<_, i64>(0))?);
    assert_eq!(scene.room.desk.store().read_now(count).unwrap(), 50);
}

#[tokio::test]
async fn a_release_tells_how_many_it_would_let_go_and_shows_five_hundred() {
    let scene = Scene::new().await;
    scene.conversation("Léa");
    scene.queue(600);
    let targets = vec![HoldTarget::Everything, HoldTarget::Client { client: scene.client }];
    let holds = scene.room.desk.hold(targets, String::new()).await.unwrap().holds;
    let preview = scene.room.desk.release_preview(holds).await.unwrap();
    assert_eq!((preview.total, preview.rows.len()), (600, 500), "each once, though two holds stop it");
}
