//! An account that got its key: what came before is what its network shows now, once, and what is only told is never
//! asked of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::tests::{COMMENT, POST, TOOT, add, listed, rows, scene, seen, shown, state, with_key, written};
use crate::intake;
use crate::store::Durability;
use crate::testing::paper::{self, Asked, MENTIONS};
use crate::testing::{Room, signed};
use crate::view::{ReplyState, Settle, Triage};
use guichet_model::{
    AccountId, ConversationId, DAY, Item, MINUTE, MessageId, Millis, Noticed, Page, RemoteId, ReplyId, Route, SECOND,
    Unread,
};

fn number(room: &Room, sql: &str) -> i64 {
    room.desk.store().read_now(|conn| Ok(conn.query_row(sql, [], |row| row.get(0))?)).unwrap()
}

async fn published(room: &Room, conversation: ConversationId, text: &str) -> ReplyId {
    let reply = written(room, conversation, text).await;
    assert!(room.desk.copy_reply(reply).await.unwrap().text.is_some());
    room.desk.settle(vec![reply], Settle::Published).await.unwrap();
    reply
}

async fn take(room: &Room, account: AccountId, items: Vec<Item>) {
    room.desk.take(account, MENTIONS, paper::page(items)).await.unwrap();
}

fn answer(remote: &str, to: &str, at: Millis, text: &str) -> Item {
    Item { url: None, ..paper::ours(paper::answer(remote, to, "Phare", at, text)) }
}

#[tokio::test]
async fn what_came_without_a_key_is_never_asked_of_the_network() {
    let (room, network, client) = scene().await;
    let conversation = add(&room, client, TOOT, "Vous ouvrez demain ?", None).await.conversation.unwrap();
    published(&room, conversation, "Oui.").await;
    let account = with_key(&room, client).await;
    let other = "https://exemple.test/@paul/209372843234123456";
    add(&room, client, other, "Et lundi ?", Some("Paul")).await;
    for _ in 0..4 {
        room.clock.forward(70 * MINUTE);
        network.script().looks = [Ok(Page::default())].into();
        room.desk.pull_account(account).await.unwrap();
    }
    assert!(!network.asked().iter().any(|asked| matches!(asked, Asked::Look(_))));
    assert_eq!(number(&room, "SELECT count(*) FROM message WHERE gone_at IS NOT NULL"), 0);
}

#[tokio::test]
async fn the_same_words_to_two_people_are_two_replies() {
    let (room, _, client) = scene().await;
    let first = add(&room, client, COMMENT, "Bravo", Some("Léa")).await.conversation.unwrap();
    let one = published(&room, first, "Merci !").await;
    let below = Noticed { at: Some(room.desk.now()), ..under("Paul", "Moi aussi", 92) };
    room.clock.forward(MINUTE);
    room.desk.notice(client, Route::Mail, vec![below], Vec::new()).await.unwrap();
    let two = published(&room, first, "Merci !").await;
    let view = seen(&room, first).await;
    let replies: Vec<_> = view.messages.iter().filter_map(|message| message.reply.as_ref().map(|r| r.id)).collect();
    assert_eq!((view.messages.len(), replies), (4, vec![one, two]));
    // Two mails show them, with a link each; one of ours from elsewhere is a third.
    for link in [95, 96, 97] {
        room.desk.notice(client, Route::Mail, vec![under("Phare", "Merci !", link)], Vec::new()).await.unwrap();
    }
    assert_eq!(seen(&room, first).await.messages.len(), 5);
}

fn under(author: &str, text: &str, number: u32) -> Noticed {
    let link = format!("{COMMENT}&reply_comment_id={number}");
    Noticed { author: Some(author.into()), ..listed(Some(&link), None, text, None) }
}

fn enter(room: &Room, account: AccountId, item: Item, now: Millis) -> Option<MessageId> {
    let entered = move |tx: &rusqlite::Transaction<'_>| Ok(intake::enter(tx, account, &item, now)?.0);
    room.desk.store().write_now(Durability::Full, entered).unwrap()
}

#[tokio::test]
async fn what_a_reply_of_ours_became_is_never_what_another_had_become() {
    let (room, _, client) = scene().await;
    let conversation = add(&room, client, TOOT, "Bravo", None).await.conversation.unwrap();
    let by_hand = published(&room, conversation, "Merci !").await;
    let account = with_key(&room, client).await;
    let now = room.desk.now();
    take(&room, account, vec![shown("m-9", "Bravo", now)]).await;
    // It is sent by the network, which answers with its name.
    let sent = enter(&room, account, answer("m-11", "m-9", now.plus(SECOND), "Merci !"), now.plus(SECOND)).unwrap();
    let view = seen(&room, conversation).await;
    assert_eq!(view.messages.len(), 3);
    let ours: Vec<_> = view.messages.iter().map(|one| (one.id, one.reply.as_ref().map(|reply| reply.id))).collect();
    assert!(ours.contains(&(sent, None)) && ours.iter().any(|(_, reply)| *reply == Some(by_hand)), "{ours:?}");
    // What it shows of the first one is that one; the same words under another parent, or of another day, are not.
    take(&room, account, vec![answer("m-10", "m-9", now, "Merci !")]).await;
    let named = "SELECT remote FROM message m JOIN reply r ON r.message = m.id WHERE r.by_hand = 1";
    let remote = |conn: &rusqlite::Connection| Ok(conn.query_row(named, [], |row| row.get::<_, String>(0))?);
    assert_eq!(room.desk.store().read_now(remote).unwrap(), "m-10");
    assert_eq!(seen(&room, conversation).await.messages.len(), 3);
}

#[tokio::test]
async fn the_same_words_elsewhere_or_on_another_day_are_another_answer() {
    let (room, _, client) = scene().await;
    let conversation = add(&room, client, TOOT, "Bravo", None).await.conversation.unwrap();
    let reply = published(&room, conversation, "Merci !").await;
    let account = with_key(&room, client).await;
    let now = room.desk.now();
    let below = paper::answer("m-12", "m-9", "Paul", now, "Moi aussi");
    take(&room, account, vec![shown("m-9", "Bravo", now), Item { url: None, ..below }]).await;
    take(&room, account, vec![answer("m-13", "m-12", now, "Merci !")]).await;
    take(&room, account, vec![answer("m-14", "m-9", now.plus(-2 * DAY), "Merci !")]).await;
    let view = seen(&room, conversation).await;
    assert_eq!(view.messages.len(), 5);
    let told = view.messages.iter().find(|message| message.reply.is_some()).unwrap();
    assert_eq!((told.route, told.reply.as_ref().unwrap().id), (Route::Hand, reply));
}

#[tokio::test]
async fn an_answer_published_long_after_it_was_copied_stands_once() {
    let (room, _, client) = scene().await;
    let conversation = add(&room, client, TOOT, "Bravo", None).await.conversation.unwrap();
    let reply = written(&room, conversation, "Merci !").await;
    assert!(room.desk.copy_reply(reply).await.unwrap().text.is_some());
    let account = with_key(&room, client).await;
    room.clock.forward(20 * MINUTE);
    let now = room.desk.now();
    // Somebody speaks meanwhile: the answer is dated as it was copied, which is not when it was published.
    let below = paper::answer("m-12", "m-9", "Paul", now, "Moi aussi");
    take(&room, account, vec![shown("m-9", "Bravo", now.plus(-30 * MINUTE)), Item { url: None, ..below }]).await;
    room.desk.settle(vec![reply], Settle::Published).await.unwrap();
    take(&room, account, vec![answer("m-13", "m-9", now, "Merci !")]).await;
    let view = seen(&room, conversation).await;
    assert_eq!(view.messages.len(), 3);
    assert!(view.messages.iter().any(|message| message.route == Route::Api && message.reply.is_some()));
}

#[tokio::test]
async fn a_server_is_its_host_whatever_stands_around_it() {
    for (server, toot) in [
        ("https://www.exemple.test", TOOT),
        ("https://exemple.test/blog", TOOT),
        ("https://exemple.test:8443", TOOT),
        ("https://exemple.test", "https://www.exemple.test/@lea/109372843234123456"),
    ] {
        let (room, _, client) = scene().await;
        add(&room, client, toot, "Vous ouvrez demain ?", None).await;
        let signed = guichet_model::Signed { server: server.into(), ..signed("Phare") };
        room.desk.add_account(client, "paper".into(), signed).await.unwrap();
        assert_eq!(number(&room, "SELECT count(*) FROM account"), 1, "{server}");
        // And what is pasted later comes in under it.
        add(&room, client, "https://www.exemple.test/@paul/209372843234123456", "Et lundi ?", None).await;
        assert_eq!(number(&room, "SELECT count(*) FROM account"), 1, "{server}");
    }
}

#[tokio::test]
async fn what_the_network_shows_is_dated_by_it() {
    let (room, _, client) = scene().await;
    let conversation = add(&room, client, TOOT, "Vous ouvrez demain ?", None).await.conversation.unwrap();
    let account = with_key(&room, client).await;
    let now = room.desk.now();
    let asked = now.plus(-3 * DAY);
    take(&room, account, vec![shown("m-9", "Vous ouvrez demain ?", asked)]).await;
    let view = seen(&room, conversation).await;
    assert_eq!((view.messages[0].at, view.row.triage), (asked, Triage::Open));
    assert_eq!(number(&room, "SELECT owed_at FROM conversation"), asked.0);
    let hits = room.desk.search("demain".into(), 10, None).await.unwrap();
    assert_eq!(hits.rows.len(), 1, "found as before");
    assert_eq!(number(&room, "SELECT word_row / 2048 FROM message"), asked.0);
    // What was answered elsewhere the day after is answered.
    take(&room, account, vec![answer("m-10", "m-9", now.plus(-2 * DAY), "Oui, à neuf heures.")]).await;
    let view = seen(&room, conversation).await;
    assert_eq!((rows(&room).await, view.messages.len(), view.row.triage), (1, 2, Triage::Done));
}

#[tokio::test]
async fn an_answer_that_came_first_joins_what_was_pasted() {
    let (room, _, client) = scene().await;
    let conversation = add(&room, client, TOOT, "Vous ouvrez demain ?", None).await.conversation.unwrap();
    let account = with_key(&room, client).await;
    let now = room.desk.now();
    take(&room, account, vec![answer("m-10", "m-9", now.plus(-2 * DAY), "Oui, à neuf heures.")]).await;
    assert_eq!(rows(&room).await, 2, "nobody knows yet what it answers");
    take(&room, account, vec![shown("m-9", "Vous ouvrez demain ?", now.plus(-3 * DAY))]).await;
    let view = seen(&room, conversation).await;
    assert_eq!((rows(&room).await, view.messages.len(), view.messages[1].depth), (1, 2, 1));
    assert_eq!(view.row.triage, Triage::Done);
}

#[tokio::test]
async fn the_first_reading_with_a_key_is_no_flood() {
    let (room, _, client) = scene().await;
    add(&room, client, TOOT, "Vous ouvrez demain ?", None).await;
    room.clock.forward(60 * DAY);
    let account = with_key(&room, client).await;
    let now = room.desk.now();
    let old = Item { url: None, ..paper::item("m-20", "Paul", now.plus(-20 * DAY), "Vieux") };
    let new = Item { url: None, ..paper::item("m-21", "Ana", now.plus(-DAY), "Récent") };
    take(&room, account, vec![old, new]).await;
    assert_eq!(room.desk.desk().await.unwrap().counts.owed, 2, "what was pasted, and what is recent");
}

#[tokio::test]
async fn a_mail_is_kept_only_until_the_network_shows_what_it_told() {
    let (room, _, client) = scene().await;
    let told = || Noticed { mail: Some("From: x".into()), ..listed(Some(TOOT), None, "Vous ouvrez demain ?", None) };
    room.desk.notice(client, Route::Mail, vec![told()], Vec::new()).await.unwrap();
    assert_eq!(number(&room, "SELECT count(*) FROM notice_mail"), 1);
    let account = with_key(&room, client).await;
    take(&room, account, vec![shown("m-9", "Vous ouvrez demain ?", room.desk.now())]).await;
    assert_eq!(number(&room, "SELECT count(*) FROM notice_mail"), 0);
    room.desk.notice(client, Route::Mail, vec![told()], Vec::new()).await.unwrap();
    assert_eq!(number(&room, "SELECT count(*) FROM notice_mail"), 0);
}

#[tokio::test]
async fn letters_of_others_in_a_file_are_counted_and_not_kept() {
    let (room, _, client) = scene().await;
    let unread = |raw: String, why: &str| Unread { raw, why: why.into() };
    let letters =
        vec![unread("Cher Paul, ceci ne regarde personne.".into(), "sender"), unread("x".repeat(500_000), "link")];
    let told = vec![listed(Some(COMMENT), None, "Un", None)];
    let added = room.desk.notice(client, Route::Mail, told, letters).await.unwrap();
    assert_eq!((added.new, added.unreadable), (1, 2));
    assert_eq!(number(&room, "SELECT count(*) FROM unread_raw"), 1);
    assert_eq!(number(&room, "SELECT max(length(raw)) FROM unread_raw"), 64 * 1024);
    room.desk.undo(added.acted.act).await.unwrap();
    assert_eq!(number(&room, "SELECT count(*) FROM unread_raw"), 0);
    assert_eq!(number(&room, "SELECT count(*) + (SELECT count(*) FROM access) FROM account"), 0, "made for it");
    // And may come once more, by a mail too.
    let told = vec![listed(Some(COMMENT), None, "Un", None)];
    assert_eq!(room.desk.notice(client, Route::Mail, told, Vec::new()).await.unwrap().new, 1);
}

#[tokio::test]
async fn the_same_words_on_two_days_of_a_file_are_two() {
    let (room, _, client) = scene().await;
    let now = room.desk.now();
    let row = |days: i64| listed(Some(POST), None, "Bravo !", Some(now.plus(-days * DAY)));
    let added = room.desk.notice(client, Route::File, vec![row(1), row(2), row(1)], Vec::new()).await.unwrap();
    assert_eq!((added.new, added.known), (2, 1));
    let again = room.desk.notice(client, Route::File, vec![row(2), row(1)], Vec::new()).await.unwrap();
    assert_eq!((again.new, again.known), (0, 2));
    // Told by another way it is one of them.
    assert_eq!(add(&room, client, POST, "Bravo !", Some("Léa")).await.known, 1);
}

#[tokio::test]
async fn what_the_network_said_was_gone_and_is_pasted_stands_there() {
    let (room, _, client) = scene().await;
    let account = with_key(&room, client).await;
    take(&room, account, vec![shown("m-9", "Vous ouvrez demain ?", room.desk.now())]).await;
    let gone = Page { gone: vec![RemoteId::new("m-9")], ..Page::default() };
    room.desk.take(account, MENTIONS, gone).await.unwrap();
    assert_eq!(add(&room, client, TOOT, "Vous ouvrez demain ?", Some("Léa")).await.new, 1);
}

async fn mailed(room: &Room, mailbox: AccountId, number: u32) {
    let link = format!("https://www.facebook.com/phare/posts/pfbid0abc?comment_id={number}");
    let noticed = vec![listed(Some(&link), None, "Ouvert lundi ?", None)];
    room.desk.take(mailbox, MENTIONS, Page { noticed, ..Page::default() }).await.unwrap();
}

#[tokio::test]
async fn an_account_that_was_removed_comes_back_by_no_mail() {
    let (room, _, client) = scene().await;
    let mailbox = with_key(&room, client).await;
    mailed(&room, mailbox, 11).await;
    let facebook = AccountId(number(&room, "SELECT max(id) FROM account"));
    room.desk.remove_account(facebook).await.unwrap();
    mailed(&room, mailbox, 12).await;
    assert_eq!(number(&room, "SELECT count(*) FROM account WHERE removed_at IS NULL"), 1);
    add(&room, client, COMMENT, "Collé", None).await;
    assert_eq!(
        number(&room, "SELECT count(*) FROM account WHERE removed_at IS NULL"),
        2,
        "by what the CM does it does"
    );
    mailed(&room, mailbox, 12).await;
    assert_eq!(rows(&room).await, 3);
}

#[tokio::test]
async fn a_reply_on_its_way_keeps_what_it_may_have_become() {
    let (room, _, client) = scene().await;
    let conversation = add(&room, client, TOOT, "Bravo", None).await.conversation.unwrap();
    published(&room, conversation, "Merci !").await;
    let account = with_key(&room, client).await;
    let now = room.desk.now();
    take(&room, account, vec![shown("m-9", "Bravo", now)]).await;
    let reply = written(&room, conversation, "Merci !").await;
    let lost = move |tx: &rusqlite::Transaction<'_>| {
        tx.execute("UPDATE reply SET state = 'unsure', first_try = ?2 WHERE id = ?1", [reply.0, now.0])?;
        Ok(())
    };
    room.desk.store().write_now(Durability::Full, lost).unwrap();
    take(&room, account, vec![answer("m-11", "m-9", now.plus(SECOND), "Merci !")]).await;
    let free = "SELECT count(*) FROM message m WHERE remote = 'm-11' AND NOT EXISTS (SELECT 1 FROM reply WHERE message = m.id)";
    assert_eq!(number(&room, free), 1);
    assert!(matches!(state(&room, reply).await, ReplyState::Unsure { .. }));
}
