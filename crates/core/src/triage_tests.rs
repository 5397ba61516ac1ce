//! Moving, undoing and waking; and the law that the kept counts are what counting would say.
//! The law is tried on any sequence of what may happen to a conversation, a draft and a reply.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::store::Store;
use crate::testing::{EVENING, client_row, conversation_row, reply_row, room, store};
use guichet_model::HOUR;
use proptest::prelude::*;

fn of(conn: &Connection, id: ConversationId) -> Triage {
    let (stand, _) = standing(conn, id).unwrap().unwrap();
    shown(stand.triage, stand.until)
}

fn triages(store: &Store, ids: &[ConversationId]) -> Vec<Triage> {
    store.read_now(|conn| Ok(ids.iter().map(|id| of(conn, *id)).collect())).unwrap()
}

#[tokio::test]
async fn an_act_moves_what_is_not_there_yet_and_is_undone_whole() {
    let room = room(Vec::new()).await;
    let (desk, store) = (&room.desk, room.desk.store());
    let (client, account) = client_row(store, "Mairie");
    let ids: Vec<_> = (0..3).map(|n| conversation_row(store, client, account, "Zoé", "?", EVENING.plus(n)).0).collect();
    desk.triage(vec![ids[2]], Triage::Done).await.unwrap();

    let acted = desk.triage(ids.clone(), Triage::Done).await.unwrap();
    assert_eq!(acted.change.conversations, ids[..2]);
    assert_eq!(triages(store, &ids), [Triage::Done; 3]);
    assert_eq!(desk.triage(ids.clone(), Triage::Done).await.unwrap().act, None);

    let undone = desk.undo(None).await.unwrap();
    assert_eq!((undone.what.as_str(), undone.left), ("triage", 0));
    assert_eq!(undone.conversations, ids[..2]);
    assert_eq!(triages(store, &ids), [Triage::Open, Triage::Open, Triage::Done]);
    desk.undo(None).await.unwrap();
    assert_eq!(triages(store, &ids), [Triage::Open; 3]);
    assert_eq!(desk.undo(None).await, Err(Problem::NotFound));
    assert_eq!(desk.undo(acted.act).await, Err(Problem::NotFound));
}

#[tokio::test]
async fn what_changed_since_is_left_and_said() {
    let room = room(Vec::new()).await;
    let (desk, store) = (&room.desk, room.desk.store());
    let (client, account) = client_row(store, "Mairie");
    let ids: Vec<_> = (0..2).map(|n| conversation_row(store, client, account, "Zoé", "?", EVENING.plus(n)).0).collect();
    let act = desk.triage(ids.clone(), Triage::Done).await.unwrap().act;
    room.clock.forward(HOUR);
    let until = Some(EVENING.plus(5 * HOUR));
    desk.triage(vec![ids[0]], Triage::Later { until }).await.unwrap();
    let undone = desk.undo(act).await.unwrap();
    assert_eq!((undone.conversations, undone.left), (vec![ids[1]], 1));
    assert_eq!(triages(store, &ids), [Triage::Later { until }, Triage::Open]);
}

#[tokio::test]
async fn nothing_is_undone_after_thirty_days() {
    let room = room(Vec::new()).await;
    let (desk, store) = (&room.desk, room.desk.store());
    let (client, account) = client_row(store, "Mairie");
    let (id, _) = conversation_row(store, client, account, "Zoé", "?", EVENING);
    let act = desk.triage(vec![id], Triage::Done).await.unwrap().act;
    room.clock.forward(30 * 24 * HOUR + 1);
    assert_eq!(desk.undo(None).await, Err(Problem::NotFound));
    assert_eq!(desk.undo(act).await, Err(Problem::TooLate));
    assert_eq!(triages(store, &[id]), [Triage::Done]);
}

#[tokio::test]
async fn what_fell_due_comes_back_once() {
    let room = room(Vec::new()).await;
    let (desk, store) = (&room.desk, room.desk.store());
    let (client, account) = client_row(store, "Mairie");
    let ids: Vec<_> = (0..3).map(|n| conversation_row(store, client, account, "Zoé", "?", EVENING.plus(n)).0).collect();
    let later = |hours| Triage::Later { until: Some(EVENING.plus(hours * HOUR)) };
    desk.triage(vec![ids[0]], later(2)).await.unwrap();
    desk.triage(vec![ids[1]], later(300)).await.unwrap();
    desk.triage(vec![ids[2]], Triage::Later { until: None }).await.unwrap();
    wake_due(desk).await.unwrap();
    assert_eq!(triages(store, &ids), [later(2), later(300), Triage::Later { until: None }]);
    room.clock.forward(240 * HOUR);
    wake_due(desk).await.unwrap();
    assert_eq!(triages(store, &ids), [Triage::Open, later(300), Triage::Later { until: None }]);
    // Put off again by hand: the undo of the first act must not touch it, nor does a second wake.
    desk.triage(vec![ids[0]], later(290)).await.unwrap();
    wake_due(desk).await.unwrap();
    assert_eq!(triages(store, &ids)[0], later(290));
}

/// What may happen to the counts.
#[derive(Clone, Debug)]
enum Happening {
    Arrives(usize),
    Triaged(Vec<usize>, Triage),
    Undone,
    Drafted(usize),
    DraftGone(usize),
    Replied(usize),
    Moved(usize, &'static str),
    Gone(usize),
}

fn happening() -> impl Strategy<Value = Happening> {
    let to = prop_oneof![
        Just(Triage::Open),
        Just(Triage::Later { until: None }),
        Just(Triage::Later { until: Some(Millis(5)) }),
        Just(Triage::Done),
    ];
    let state = prop::sample::select(vec!["waiting", "sending", "sent", "refused", "unsure", "taken_back"]);
    prop_oneof![
        3 => (0..2usize).prop_map(Happening::Arrives),
        3 => (prop::collection::vec(0..20usize, 1..6), to).prop_map(|(ids, to)| Happening::Triaged(ids, to)),
        2 => Just(Happening::Undone),
        1 => (0..20usize).prop_map(Happening::Drafted),
        1 => (0..20usize).prop_map(Happening::DraftGone),
        1 => (0..20usize).prop_map(Happening::Replied),
        1 => (0..20usize, state).prop_map(|(at, state)| Happening::Moved(at, state)),
        1 => (0..20usize).prop_map(Happening::Gone),
    ]
}

const KEPT: &str = "SELECT owed, later, done, drafts, outbox, trouble FROM tally ORDER BY client";
const COUNTED: &str = "SELECT
    (SELECT count(*) FROM conversation WHERE client = c.id AND triage = 0),
    (SELECT count(*) FROM conversation WHERE client = c.id AND triage = 1),
    (SELECT count(*) FROM conversation WHERE client = c.id AND triage = 2),
    (SELECT count(*) FROM draft WHERE client = c.id),
    (SELECT count(*) FROM reply WHERE client = c.id AND state IN ('to_approve','waiting','sending','refused','unsure')),
    (SELECT count(*) FROM reply WHERE client = c.id
        AND (state IN ('refused','unsure') OR state = 'waiting' AND by_hand = 1))
  FROM client c ORDER BY c.id";

fn counts(conn: &Connection, sql: &str) -> Vec<[i64; 6]> {
    let mut read = conn.prepare(sql).unwrap();
    let rows = read
        .query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?]))
        .unwrap();
    rows.map(Result::unwrap).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn counts_are_kept_as_they_would_be_counted(happenings in prop::collection::vec(happening(), 1..40)) {
        let (store, _folder) = store();
        let clients = [client_row(&store, "Mairie"), client_row(&store, "Théâtre")];
        let mut known: Vec<(ConversationId, guichet_model::MessageId, usize)> = Vec::new();
        for (now, happening) in happenings.into_iter().enumerate() {
            let now = EVENING.plus(now as i64);
            let one = |at: usize| if known.is_empty() { None } else { Some(known[at % known.len()]) };
            if let Happening::Arrives(client) = happening {
                let (c, a) = clients[client];
                let (id, message) = conversation_row(&store, c, a, "Zoé", "?", now);
                known.push((id, message, client));
            } else {
                store.write_now(Durability::Full, |tx| {
                    match &happening {
                        Happening::Triaged(which, to) => {
                            let ids: Vec<_> = which.iter().filter_map(|at| one(*at)).map(|one| one.0).collect();
                            set(tx, &ids, *to, now)?;
                        }
                        Happening::Undone => {
                            let last = tx.query_row(
                                "SELECT id, detail FROM journal WHERE undone_at IS NULL ORDER BY id DESC LIMIT 1",
                                [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))).optional()?;
                            if let Some((id, detail)) = last {
                                undo(tx, &serde_json::from_str(&detail)?)?;
                                tx.execute("UPDATE journal SET undone_at = 1 WHERE id = ?1", [id])?;
                            }
                        }
                        Happening::Drafted(at) => if let Some((id, _, client)) = one(*at) {
                            tx.execute(
                                "INSERT INTO draft (conversation, client, account, key, view, at)
                                 VALUES (?1, ?2, ?3, ?1, '{}', 0) ON CONFLICT DO UPDATE SET at = at + 1",
                                [id.0, clients[client].0.0, clients[client].1.0])?;
                        },
                        Happening::DraftGone(at) => if let Some((id, _, _)) = one(*at) {
                            tx.execute("DELETE FROM draft WHERE conversation = ?1", [id.0])?;
                        },
                        Happening::Replied(at) => if let Some((_, message, _)) = one(*at) {
                            let reply = reply_row(tx, message, &now.0.to_string(), "!")?;
                            // Every other one is the CM's to publish, once it has its yes.
                            tx.execute("UPDATE reply SET by_hand = 1, state = 'to_approve' WHERE id = ?1 AND id % 2", [reply])?;
                        },
                        Happening::Moved(at, state) => {
                            tx.execute(
                                "UPDATE reply SET state = ?1 WHERE id = (SELECT id FROM reply LIMIT 1 OFFSET ?2)",
                                params![state, *at as i64 % 3])?;
                        }
                        Happening::Gone(at) => if let Some((id, message, _)) = one(*at) {
                            // Merged away: only what nothing else hangs on.
                            let hangs: bool = tx.query_row(
                                "SELECT EXISTS (SELECT 1 FROM draft WHERE conversation = ?1)
                                     OR EXISTS (SELECT 1 FROM reply WHERE conversation = ?1)", [id.0], |row| row.get(0))?;
                            if !hangs {
                                tx.execute("UPDATE conversation SET latest = NULL WHERE id = ?1", [id.0])?;
                                tx.execute("DELETE FROM message WHERE id = ?1", [message.0])?;
                                tx.execute("DELETE FROM conversation WHERE id = ?1", [id.0])?;
                            }
                        },
                        Happening::Arrives(_) => {}
                    }
                    Ok(())
                }).unwrap();
            }
            if let Happening::Gone(_) = happening {
                let left = store.read_now(|conn| Ok(known.iter()
                    .map(|one| standing(conn, one.0).unwrap().is_some()).collect::<Vec<_>>())).unwrap();
                let mut left = left.into_iter();
                known.retain(|_| left.next().unwrap());
            }
            let (kept, counted) = store.read_now(|conn| Ok((counts(conn, KEPT), counts(conn, COUNTED)))).unwrap();
            prop_assert_eq!(kept, counted);
        }
    }
}
