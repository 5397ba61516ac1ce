//! Every list, narrowed in every way: windows, totals and positions must tell the same story.
//! The plans are read too: a list that sorts is slow long before a test of a hundred rows shows it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::store::{Durability, Store};
use crate::testing::{EVENING, client_row, conversation_row, store};
use crate::view::Triage;
use guichet_model::{HOUR, MINUTE};

const VIEWS: [View; 5] = [View::Owed, View::Later, View::Done, View::Drafts, View::All];

struct Evening {
    store: Store,
    _folder: tempfile::TempDir,
    clients: Vec<(ClientId, AccountId)>,
}

/// Two clients, sixty conversations, a third of each triage, every fifth with a draft.
fn evening() -> Evening {
    let (store, _folder) = store();
    let clients = vec![client_row(&store, "Mairie"), client_row(&store, "Théâtre")];
    for n in 0..60_i64 {
        let (client, account) = clients[usize::from(n % 4 == 0)];
        // Written in another order than they are named.
        let at = EVENING.plus((n * 37 % 60) * MINUTE);
        let (id, _) = conversation_row(&store, client, account, "Zoé", "C'est\n ouvert   dimanche ?", at);
        let to = match n % 6 {
            0 | 1 => Triage::Open,
            2 => Triage::Later { until: Some(EVENING.plus((n * 7 % 60) * HOUR)) },
            3 => Triage::Later { until: None },
            _ => Triage::Done,
        };
        store
            .write_now(Durability::Full, |tx| {
                triage::set(tx, &[id], to, EVENING.plus(n * 11 % 60))?;
                if n % 5 == 0 {
                    tx.execute(
                        "INSERT INTO draft (conversation, client, account, key, view, at) VALUES (?1, ?2, ?3, ?1, '{}', ?4)",
                        [id.0, client.0, account.0, n * 13 % 60],
                    )?;
                }
                Ok(())
            })
            .unwrap();
    }
    Evening { store, _folder, clients }
}

impl Evening {
    fn queries(&self) -> Vec<ListQuery> {
        let mut narrowings = vec![(None, None)];
        for (client, account) in &self.clients {
            narrowings.extend([(Some(*client), None), (None, Some(*account)), (Some(*client), Some(*account))]);
        }
        VIEWS
            .iter()
            .flat_map(|view| {
                narrowings.iter().map(|(client, account)| ListQuery { view: *view, client: *client, account: *account })
            })
            .collect()
    }

    fn read(&self, query: &ListQuery, offset: u32, limit: u32) -> Slice<view::Row> {
        self.store.read_now(|conn| slice(conn, query, offset, limit, EVENING)).unwrap()
    }
}

#[test]
fn totals_windows_and_positions_agree() {
    let evening = evening();
    for query in evening.queries() {
        let whole = evening.read(&query, 0, 500);
        assert_eq!(whole.total as usize, whole.rows.len(), "{query:?}");
        assert!(!whole.rows.is_empty(), "{query:?}");
        let mut windowed = Vec::new();
        for offset in (0..whole.total).step_by(7) {
            windowed.extend(evening.read(&query, offset, 7).rows);
        }
        assert_eq!(windowed, whole.rows, "{query:?}");
        for (at, row) in whole.rows.iter().enumerate() {
            let found = evening.store.read_now(|conn| position(conn, &query, row.id)).unwrap();
            assert_eq!(found, Some(at as u32), "{query:?}");
            assert!(query.client.is_none_or(|client| client == row.client));
            assert!(query.account.is_none_or(|account| account == row.account));
        }
    }
}

#[test]
fn each_view_has_its_order() {
    let evening = evening();
    let rows = |view| evening.read(&ListQuery { view, client: None, account: None }, 0, 500).rows;
    let owed = rows(View::Owed);
    assert!(owed.iter().all(|row| row.triage == Triage::Open));
    assert!(owed.is_sorted_by_key(|row| row.at));
    let until = |row: &view::Row| match row.triage {
        Triage::Later { until } => until.unwrap_or(Millis(i64::MAX)),
        other => panic!("{other:?}"),
    };
    assert!(rows(View::Later).is_sorted_by_key(until));
    assert!(rows(View::Done).iter().all(|row| row.triage == Triage::Done));
    assert!(rows(View::Drafts).iter().all(|row| row.draft));
    assert!(rows(View::All).is_sorted_by_key(|row| -row.at.0));
    assert_eq!(rows(View::All).len(), 60);
}

#[test]
fn a_conversation_elsewhere_has_no_position() {
    let evening = evening();
    let query = |view| ListQuery { view, client: None, account: None };
    let done = evening.read(&query(View::Done), 0, 1).rows[0].id;
    let found = evening.store.read_now(|conn| position(conn, &query(View::Owed), done)).unwrap();
    assert_eq!(found, None);
}

/// The order of every list is walked in an index: a sort would read the whole list for its first screen.
#[test]
fn no_list_is_sorted() {
    let evening = evening();
    for query in evening.queries() {
        let sql = format!("EXPLAIN QUERY PLAN {}", window_of(&query));
        let plan = evening
            .store
            .read_now(|conn| {
                let mut read = conn.prepare(&sql)?;
                let steps = read.query_map(params![1, 1, 10, 0], |row| row.get::<_, String>(3))?;
                Ok(steps.collect::<Result<Vec<_>, _>>()?.join("; "))
            })
            .unwrap();
        assert!(!plan.contains("TEMP B-TREE"), "{query:?}: {plan}");
        // Drafts, and what is put off, are as many as a person makes; all else must not leave its index.
        let few = matches!(query.view, View::Drafts | View::Later);
        assert!(plan.contains("COVERING INDEX") || few, "{query:?}: {plan}");
    }
}

#[test]
fn a_row_is_three_lines() {
    let (store, _folder) = store();
    let (client, account) = client_row(&store, "Mairie");
    let (id, message) = conversation_row(&store, client, account, "Zoé", "C'est\n\n ouvert   dimanche ?", EVENING);
    let read = |now| store.read_now(|conn| row(conn, id, now)).unwrap().unwrap();
    let before = read(EVENING);
    assert_eq!((before.author.as_str(), before.excerpt.as_str()), ("Zoé", "C'est ouvert dimanche ?"));
    assert_eq!((before.at, before.unread, before.messages), (EVENING, 1, 1));
    store
        .write_now(Durability::Full, |tx| {
            tx.execute("UPDATE message SET expires_at = ?2 WHERE id = ?1", [message.0, EVENING.0 + 1])?;
            tx.execute("UPDATE person SET name = ''", [])?;
            Ok(())
        })
        .unwrap();
    assert_eq!(read(EVENING).author, "zoé@exemple.test");
    assert_eq!(read(EVENING).excerpt, "C'est ouvert dimanche ?");
    assert_eq!(read(EVENING.plus(1)).excerpt, "");
}

#[test]
fn excerpts_are_cut_between_characters() {
    assert_eq!(one_line("  a\tb\u{a0}c ", 10), "a b c");
    assert_eq!(one_line(&"é".repeat(300), 200), "é".repeat(200));
    assert_eq!(one_line("", 200), "");
}

#[test]
fn an_excerpt_begins_where_something_is_said() {
    assert_eq!(without_address("@halles @zoe@ailleurs.example  Ouvert @demain ?"), "Ouvert @demain ?");
    assert_eq!(without_address("@halles @zoe"), "@zoe");
    assert_eq!(without_address("  Bonsoir"), "Bonsoir");
}
