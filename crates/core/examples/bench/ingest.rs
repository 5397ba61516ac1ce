//! Intake against the bare statements: the same rows in the same pages of 40, on the same encryption, turn by turn.

use crate::{NOW, bench_keys, evening::Evening, one_account, open};
use guichet_model::{Item, Page};
use rusqlite::{Connection, params};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::time::Instant;

const ROUNDS: usize = 12;
const PAGES: usize = 40;
const PAGE: usize = 40;

pub async fn measure(folder: &Path) -> Map<String, Value> {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder).unwrap();
    let desk = open(&folder.join("desk"), bench_keys(&folder.join("desk"))).await;
    let account = one_account(&desk).await;
    let mut bare = bare(&folder.join("bare.db"));
    let total = ROUNDS * PAGES * PAGE;
    let mut evening = Evening::new(7, total / 4);
    let (mut ratios, mut ours, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let pages: Vec<Page> = (0..PAGES).map(|_| evening.page(PAGE, total)).collect();
        let rows = (PAGES * PAGE) as f64;
        let (mut taken, mut written) = (0.0, 0.0);
        // Who goes first alternates, so that neither always meets the colder machine.
        for turn in 0..2 {
            if (round + turn).is_multiple_of(2) {
                let pages = pages.clone();
                let start = Instant::now();
                for page in pages {
                    desk.take(account, "notifications", page).await.unwrap();
                }
                taken = rows / start.elapsed().as_secs_f64();
            } else {
                let start = Instant::now();
                for (number, page) in pages.iter().enumerate() {
                    write(&mut bare, &page.items, (round * PAGES + number) as i64 * PAGE as i64);
                }
                written = rows / start.elapsed().as_secs_f64();
            }
        }
        ratios.push(taken / written);
        ours.push(taken);
        theirs.push(written);
    }
    let mut all = Map::new();
    all.insert("ingest_ratio".into(), json!(median(&mut ratios)));
    all.insert("ingest_ratio_spread".into(), json!([ratios[0], ratios[ratios.len() - 1]]));
    all.insert("ingest_rows_per_s".into(), json!(median(&mut ours)));
    all.insert("ingest_bare_rows_per_s".into(), json!(median(&mut theirs)));
    all
}

pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The inbox's own schema and settings, written to without any reading, folding or announcing.
fn bare(file: &Path) -> Connection {
    let conn = Connection::open(file).unwrap();
    conn.pragma_update(None, "cipher_default_hmac_algorithm", "HMAC_SHA256").unwrap();
    conn.pragma_update(None, "key", format!("x'{}'", "5a".repeat(48))).unwrap();
    conn.pragma_update(None, "cache_size", -8_000).unwrap();
    conn.pragma_update(None, "temp_store", "MEMORY").unwrap();
    conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).unwrap();
    conn.pragma_update_and_check(None, "secure_delete", "ON", |_| Ok(())).unwrap();
    conn.pragma_update(None, "synchronous", "NORMAL").unwrap();
    conn.pragma_update_and_check(None, "wal_autocheckpoint", 4_000, |_| Ok(())).unwrap();
    conn.pragma_update(None, "foreign_keys", "ON").unwrap();
    conn.execute_batch(include_str!("../../src/store/migrations/0001_desk.sql")).unwrap();
    conn.execute_batch(
        "INSERT INTO client (name, letter, color, position, created_at) VALUES ('Librairie', 'L', 1, 1, 0);
         INSERT INTO access (network, server, secret, created_at) VALUES ('mastodon', 'https://banc.invalid', 's', 0);
         INSERT INTO account (client, access, network, server, me, remote, handle, name, health, created_at)
         VALUES (1, 1, 'mastodon', 'https://banc.invalid', '{}', '1', 'l', 'L', '{}', 0);",
    )
    .unwrap();
    conn.set_prepared_statement_cache_capacity(64);
    conn
}

fn write(conn: &mut Connection, items: &[Item], first: i64) {
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    for (number, item) in items.iter().enumerate() {
        let row = first + number as i64;
        let person: i64 = tx
            .prepare_cached(
                "INSERT INTO person (client, network, remote, handle, name) VALUES (1, 'mastodon', ?1, ?2, ?3)
                 ON CONFLICT (client, network, server, remote) DO UPDATE SET messages = messages + 1 RETURNING id",
            )
            .unwrap()
            .query_row(params![item.author.remote.0, item.author.handle, item.author.name], |r| r.get(0))
            .unwrap();
        let root = item.conversation.as_ref().unwrap();
        let conversation: i64 = tx
            .prepare_cached(
                "INSERT INTO conversation (client, account, kind, root, triage, triaged_at, owed_at, last_at)
                 VALUES (1, 1, 'mention', ?1, 0, ?2, ?2, ?2)
                 ON CONFLICT (account, root) DO UPDATE SET last_at = excluded.last_at, messages = messages + 1
                 RETURNING id",
            )
            .unwrap()
            .query_row(params![root.0, item.at.0], |r| r.get(0))
            .unwrap();
        tx.prepare_cached(
            "INSERT INTO message (client, account, conversation, person, remote, in_reply_to, ours, at, text, body, lang,
                                  visibility, attachments, word_row)
             VALUES (1, 1, ?1, ?2, ?3, ?4, 0, ?5, ?6, '{}', 'fr', 'public', '[]', ?7)",
        )
        .unwrap()
        .execute(params![
            conversation,
            person,
            item.remote.0,
            item.in_reply_to.as_ref().map(|r| &r.0),
            item.at.0,
            item.body.text,
            row
        ])
        .unwrap();
        let message = tx.last_insert_rowid();
        tx.prepare_cached("UPDATE conversation SET latest = ?1 WHERE id = ?2")
            .unwrap()
            .execute([message, conversation])
            .unwrap();
        tx.prepare_cached("INSERT INTO alias (account, scope, name, message) VALUES (1, 'id', ?1, ?2)")
            .unwrap()
            .execute(params![item.remote.0, message])
            .unwrap();
        tx.prepare_cached("INSERT INTO words (rowid, text, scope) VALUES (?1, ?2, 'client1 account1 mention')")
            .unwrap()
            .execute(params![row, item.body.text])
            .unwrap();
    }
    tx.prepare_cached(
        "INSERT INTO source (account, name, cursor, since, next_at) VALUES (1, 'notifications', '1', 0, 0)
         ON CONFLICT DO UPDATE SET cursor = excluded.cursor",
    )
    .unwrap()
    .execute([])
    .unwrap();
    tx.commit().unwrap();
    let _ = NOW;
}
