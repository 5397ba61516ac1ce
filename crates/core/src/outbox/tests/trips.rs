//! What becomes of one reply, fault by fault.

use super::paper::{Fate, item};
use super::*;
use crate::outbox::row::Reply;
use crate::view::{Conflict, Problem, Settle, Triage, Waiting};
use guichet_model::{BlockScope, Fault, HOUR, MINUTE, Proof, Reason, Recheck, RefusalCode};

const KEY: Proof = Proof::Key { valid_for: 30 * MINUTE };

fn sent() -> ReplyState {
    ReplyState::Sent { private: false, altered: false }
}

fn waits(state: &ReplyState) -> Option<Waiting> {
    match state {
        ReplyState::Waiting { why } => Some(*why),
        _ => None,
    }
}

fn nothing_left(state: &ReplyState) -> bool {
    matches!(state, ReplyState::Unsure { .. })
}

#[tokio::test]
async fn leaves_after_the_delay_and_becomes_a_message() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    scene.room.desk.save_draft(conversation, text("Merci")).await.unwrap();
    let reply = scene.write(conversation, "Merci").await;
    assert!(matches!(waits(&scene.state(reply).await), Some(Waiting::Until { .. })));
    assert_eq!(scene.work().await, None);
    assert_eq!(scene.texts(), Vec::<String>::new());
    scene.forward(20 * SECOND);
    scene.work().await;
    let view = scene.reply(reply).await;
    assert_eq!(view.state, sent());
    assert_eq!(view.url.as_deref(), Some("https://exemple.test/s-1"));
    assert_eq!(scene.texts(), ["Merci"]);
    assert_eq!(scene.server().rechecks, 0);
    let read = move |conn: &rusqlite::Connection| crate::draft::read(conn, conversation);
    assert_eq!(scene.room.desk.store().read_now(read).unwrap(), None);
}

#[tokio::test]
async fn is_undone_with_its_filing_while_it_waits() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let sent = scene.room.desk.send_reply(conversation, text("Merci"), true).await.unwrap();
    let triage = || {
        let read = |conn: &rusqlite::Connection| {
            Ok(conn.query_row("SELECT triage FROM conversation", [], |row| row.get::<_, i64>(0))?)
        };
        scene.room.desk.store().read_now(read).unwrap()
    };
    assert_eq!(triage(), 2);
    let undone = scene.room.desk.undo(sent.acted.act).await.unwrap();
    assert_eq!((undone.what.as_str(), undone.left, triage()), ("send_reply", 0, 0));
    assert_eq!(scene.state(sent.reply).await, ReplyState::TakenBack);
    let read = move |conn: &rusqlite::Connection| crate::draft::read(conn, conversation);
    assert_eq!(scene.room.desk.store().read_now(read).unwrap().unwrap().text, "Merci");
    // Sent again it is a new reply, and goes once.
    let again = scene.sent(conversation, "Merci").await;
    assert_eq!(scene.state(again).await, self::sent());
    assert_eq!(scene.texts(), ["Merci"]);
    // What is sent is not undone.
    let _ = scene.room.desk.triage(vec![conversation], Triage::Open).await.unwrap();
    assert_eq!(scene.room.desk.take_back(vec![again]).await, Err(Problem::TooLate));
}

#[tokio::test]
async fn what_surely_was_not_done_waits() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let later = scene.room.desk.now().plus(2 * MINUTE);
    scene.server().sendings =
        [Fate::Fault(Fault::OFFLINE), Fate::Fault(Fault::Later { after: later }), Fate::Fault(Fault::NeedsLogin)]
            .into();
    let reply = scene.sent(conversation, "Merci").await;
    assert_eq!(waits(&scene.state(reply).await), Some(Waiting::Network));
    scene.work().await;
    assert_eq!(waits(&scene.state(reply).await), Some(Waiting::Until { at: later }));
    assert_eq!(scene.work().await, None);
    scene.forward(3 * MINUTE);
    scene.work().await;
    assert_eq!(waits(&scene.state(reply).await), Some(Waiting::Login));
    scene.work().await;
    let view = scene.reply(reply).await;
    assert_eq!((view.state, view.tries), (sent(), 4));
    assert_eq!(scene.texts(), ["Merci"]);
}

#[tokio::test]
async fn a_block_stops_the_account_until_it_ends() {
    let scene = Scene::new().await;
    let (first, _) = scene.conversation("Léa");
    let (second, _) = scene.conversation("Paul");
    let until = Some(scene.room.desk.now().plus(HOUR));
    let reason = Reason { code: RefusalCode::Suspended, said: None };
    let blocked = Fault::Blocked { scope: BlockScope::Access, until, reason };
    scene.server().sendings = [Fate::Fault(blocked)].into();
    let one = scene.write(first, "Un").await;
    let two = scene.sent(second, "Deux").await;
    assert!(matches!(scene.work().await, Some(After::Pause { .. })));
    for reply in [one, two] {
        assert_eq!(waits(&scene.state(reply).await), Some(Waiting::Blocked { until }));
    }
    assert_eq!(scene.server().sends, 1);
    scene.forward(HOUR);
    scene.work().await;
    assert_eq!(scene.texts(), ["Un", "Deux"]);
}

#[tokio::test]
async fn a_refusal_holds_its_conversation_alone() {
    let scene = Scene::new().await;
    let (first, _) = scene.conversation("Léa");
    let (second, _) = scene.conversation("Paul");
    scene.server().sendings = [Fate::Fault(Fault::refused(RefusalCode::Forbidden, None))].into();
    let refused = scene.write(first, "Un").await;
    let behind = scene.write(first, "Deux").await;
    let other = scene.sent(second, "Trois").await;
    assert!(matches!(scene.state(refused).await, ReplyState::Refused { .. }));
    assert_eq!(waits(&scene.state(behind).await), Some(Waiting::Earlier));
    assert_eq!(scene.state(other).await, sent());
    scene.room.desk.retry(vec![refused]).await.unwrap();
    scene.work().await;
    assert_eq!(scene.texts(), ["Trois", "Un", "Deux"]);
}

#[tokio::test]
async fn given_up_its_text_comes_back() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    scene.server().sendings = [Fate::Fault(Fault::refused(RefusalCode::TooLong, None))].into();
    let refused = scene.write(conversation, "Un").await;
    let behind = scene.sent(conversation, "Deux").await;
    scene.room.desk.settle(vec![refused], Settle::GiveUp).await.unwrap();
    scene.work().await;
    assert_eq!(scene.state(refused).await, ReplyState::Discarded);
    assert_eq!(scene.state(behind).await, sent());
    let read = move |conn: &rusqlite::Connection| crate::draft::read(conn, conversation);
    assert_eq!(scene.room.desk.store().read_now(read).unwrap().unwrap().text, "Un");
}

#[tokio::test]
async fn a_lost_answer_is_found() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    scene.server().sendings = [Fate::Deaf].into();
    let reply = scene.sent(conversation, "Merci").await;
    assert_eq!(scene.state(reply).await, sent());
    assert_eq!((scene.texts().len(), scene.server().sends), (1, 1));
}

#[tokio::test]
async fn without_proof_it_is_never_sent_again_by_itself() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    scene.server().sendings = [Fate::Late(5 * MINUTE)].into();
    let reply = scene.write(conversation, "Merci").await;
    let behind = scene.sent(conversation, "Encore").await;
    let looked = match scene.state(reply).await {
        ReplyState::Unsure { looked_at, candidates } => {
            assert_eq!(candidates, []);
            looked_at
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(looked, Some(scene.room.desk.now()));
    assert_eq!(waits(&scene.state(behind).await), Some(Waiting::Earlier));
    for _ in 0..8 {
        scene.forward(MINUTE);
        scene.work().await;
    }
    assert_eq!(scene.state(reply).await, sent());
    assert_eq!(scene.texts(), ["Merci", "Encore"]);
}

#[tokio::test]
async fn under_a_key_the_same_bytes_leave_again() {
    let scene = Scene::new().await;
    scene.server().proof = KEY;
    scene.server().sendings = [Fate::Lost, Fate::Fault(Fault::OFFLINE)].into();
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.sent(conversation, "Merci").await;
    // Offline says nothing of the first attempt: it stays unsure.
    assert!(nothing_left(&scene.state(reply).await));
    scene.forward(MINUTE);
    scene.work().await;
    assert_eq!(scene.state(reply).await, sent());
    assert_eq!((scene.texts().len(), scene.server().sends), (1, 3));
}

#[tokio::test]
async fn a_refusal_of_the_repetition_says_nothing_of_the_first() {
    let scene = Scene::new().await;
    scene.server().proof = KEY;
    scene.server().lag = 10 * MINUTE;
    scene.server().sendings = [Fate::Deaf, Fate::Fault(Fault::refused(RefusalCode::Gone, None))].into();
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.sent(conversation, "Merci").await;
    assert!(nothing_left(&scene.state(reply).await));
}

#[tokio::test]
async fn a_key_that_has_run_out_repeats_nothing() {
    let scene = Scene::new().await;
    scene.server().proof = KEY;
    scene.server().sendings = [Fate::Lost].into();
    scene.server().findings = [Fault::Unsure].into();
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.write(conversation, "Merci").await;
    scene.forward(21 * SECOND);
    // The look fails and the repetition is cut: then the laptop sleeps.
    scene.server().sendings.push_back(Fate::Lost);
    scene.work().await;
    scene.forward(31 * MINUTE);
    scene.work().await;
    assert!(nothing_left(&scene.state(reply).await));
    // A clock that went back does not make the key young again.
    scene.forward(-HOUR);
    let state = scene.state(reply).await;
    scene.room.desk.retry(vec![reply]).await.unwrap();
    scene.work().await;
    assert!(nothing_left(&state));
    assert_eq!(scene.texts(), Vec::<String>::new());
}

#[tokio::test]
async fn another_text_of_ours_forbids_absent() {
    let scene = Scene::new().await;
    scene.server().rewrites = true;
    scene.server().sendings = [Fate::Deaf].into();
    let (conversation, _) = scene.conversation("Léa");
    let reply = scene.sent(conversation, "Merci").await;
    let candidate = match scene.state(reply).await {
        ReplyState::Unsure { looked_at: None, candidates } => candidates[0],
        other => panic!("{other:?}"),
    };
    scene.room.desk.settle(vec![reply], Settle::IsThere { message: candidate }).await.unwrap();
    assert_eq!(scene.state(reply).await, ReplyState::Sent { private: false, altered: true });
    assert_eq!(scene.reply(reply).await.message, Some(candidate));
}

#[tokio::test]
async fn more_candidates_than_replies_cannot_be_told_apart() {
    let scene = Scene::new().await;
    let (conversation, message) = scene.conversation("Léa");
    scene.server().sendings = [Fate::Deaf].into();
    let reply = scene.write(conversation, "Merci").await;
    scene.forward(21 * SECOND);
    let place = guichet_model::RemoteId::new("m-1");
    let now = scene.room.desk.now();
    scene.server().post(&place, "Merci", "native", now);
    scene.work().await;
    match scene.state(reply).await {
        ReplyState::Unsure { looked_at: None, candidates } => assert_eq!(candidates.len(), 2),
        other => panic!("{other:?} {message:?}"),
    }
}

#[tokio::test]
async fn what_was_there_before_is_no_candidate() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let first = scene.sent(conversation, "Merci").await;
    scene.forward(SECOND);
    scene.server().sendings = [Fate::Lost].into();
    let second = scene.sent(conversation, "Merci").await;
    assert_eq!(scene.state(first).await, sent());
    assert!(nothing_left(&scene.state(second).await));
    // Settled by the CM: again, under a new key.
    let key = |id| {
        let read = move |conn: &rusqlite::Connection| Ok(Reply::one(conn, id)?.key);
        scene.room.desk.store().read_now(read).unwrap()
    };
    let before = key(second);
    scene.room.desk.settle(vec![second], Settle::SendAgain).await.unwrap();
    assert_ne!(key(second), before);
    scene.work().await;
    assert_eq!(scene.state(second).await, sent());
    assert_eq!(scene.texts(), ["Merci", "Merci"]);
}

#[tokio::test]
async fn what_changed_since_is_shown_before_it_leaves() {
    for (recheck, conflict) in [(Recheck::Gone, Conflict::Gone), (answered(), Conflict::Answered)] {
        let scene = Scene::new().await;
        let (conversation, _) = scene.conversation("Léa");
        scene.server().recheck = Some(recheck);
        let reply = scene.write(conversation, "Merci").await;
        scene.forward(11 * MINUTE);
        scene.work().await;
        assert_eq!(waits(&scene.state(reply).await), Some(Waiting::Conflict { conflict }));
        assert_eq!(scene.work().await, None);
        assert_eq!(scene.server().sends, 0);
        scene.room.desk.retry(vec![reply]).await.unwrap();
        scene.work().await;
        assert_eq!(scene.state(reply).await, sent());
        assert_eq!(scene.server().rechecks, 1);
    }
}

fn answered() -> Recheck {
    let mut server = Server::default();
    let post = server.post(&guichet_model::RemoteId::new("m-1"), "Déjà vu", "native", crate::testing::EVENING);
    Recheck::Answered(Box::new(item(&post)))
}

#[tokio::test]
async fn our_own_earlier_answer_is_no_conflict() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    scene.sent(conversation, "Un").await;
    let post = scene.server().posts[0].clone();
    scene.server().recheck = Some(Recheck::Answered(Box::new(item(&post))));
    let second = scene.write(conversation, "Deux").await;
    scene.forward(11 * MINUTE);
    scene.work().await;
    assert_eq!(scene.state(second).await, sent());
    assert_eq!(scene.server().rechecks, 1);
}

#[tokio::test]
async fn what_intake_told_meanwhile_is_obeyed() {
    let scene = Scene::new().await;
    let (conversation, message) = scene.conversation("Léa");
    let reply = scene.write(conversation, "Merci").await;
    let edit = move |tx: &rusqlite::Transaction<'_>| {
        tx.execute("UPDATE message SET edited_at = 5, text = 'Bonsoir ?' WHERE id = ?", [message.0])?;
        Ok(())
    };
    assert_eq!(scene.reply(reply).await.answered_before, None, "as it was read");
    scene.room.desk.store().write_now(crate::store::Durability::Full, edit).unwrap();
    scene.forward(21 * SECOND);
    scene.work().await;
    let conflict = Conflict::Edited;
    assert_eq!(waits(&scene.state(reply).await), Some(Waiting::Conflict { conflict }));
    // Both texts are told: the one that was answered, and what it says now.
    let shown = scene.reply(reply).await;
    assert_eq!((shown.answered_before.as_deref(), &*shown.answered_text), (Some("Bonjour ?"), "Bonsoir ?"));
}

#[tokio::test]
async fn an_engine_that_died_leaves_it_unsure_and_finds_it() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    scene.server().sendings = [Fate::Deaf].into();
    scene.server().findings = [Fault::OFFLINE].into();
    let reply = scene.sent(conversation, "Merci").await;
    let on_the_wire = move |tx: &rusqlite::Transaction<'_>| {
        tx.execute("UPDATE reply SET state = 'sending' WHERE id = ?", [reply.0])?;
        Ok(())
    };
    scene.room.desk.store().write_now(crate::store::Durability::Full, on_the_wire).unwrap();
    crate::outbox::recover(&scene.room.desk).await.unwrap();
    assert!(nothing_left(&scene.state(reply).await));
    scene.work().await;
    assert_eq!(scene.state(reply).await, sent());
    assert_eq!((scene.texts().len(), scene.server().sends), (1, 1));
}

#[tokio::test]
async fn the_workers_run_by_themselves() {
    let scene = Scene::new().await;
    scene.undo(0).await;
    let (conversation, _) = scene.conversation("Léa");
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let running = tokio::spawn(crate::outbox::run(scene.room.desk.clone(), stopped));
    let reply = scene.write(conversation, "Merci").await;
    for _ in 0..500 {
        if scene.state(reply).await == sent() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(scene.state(reply).await, sent());
    stop.send(true).unwrap();
    running.await.unwrap();
    assert_eq!(scene.outbox().await.total, 1);
}
