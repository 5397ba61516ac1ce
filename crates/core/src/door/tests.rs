//! The door without a key: what comes by it is one row however often it comes; what is answered there is copied, and
//! only the CM says that it is published.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::paper::{self, MENTIONS, Paper};
use crate::testing::{Room, room, signed};
use crate::view::{
    ConversationView, DraftView, HoldTarget, Leak, ListQuery, OutboxQuery, ReplyState, Settle, View, Waiting,
};
use guichet_model::{HOUR, Kind, ReplyId, SECOND};
use std::sync::Arc;

pub(super) const COMMENT: &str = "https://www.facebook.com/phare/posts/pfbid0abc?comment_id=812345678901234";
const SAME: &str = "https://m.facebook.com/story.php?story_fbid=pfbid0zzz&id=7&comment_id=812345678901234&notif_id=3";
pub(super) const POST: &str = "https://www.instagram.com/p/Cabc123/?igsh=x";
pub(super) const TOOT: &str = "https://exemple.test/@lea/109372843234123456";

fn pasted(link: &str, text: &str, author: Option<&str>) -> ByHand {
    ByHand { link: link.into(), text: text.into(), author: author.map(Into::into), at: None }
}

pub(super) async fn scene() -> (Room, Paper, ClientId) {
    let paper = Paper::default();
    let room = room(vec![Arc::new(paper.clone())]).await;
    let client = room.desk.add_client("Phare".into(), 1).await.unwrap();
    (room, paper, client)
}

pub(super) async fn add(room: &Room, client: ClientId, link: &str, text: &str, author: Option<&str>) -> Added {
    room.desk.add_by_hand(client, pasted(link, text, author)).await.unwrap()
}

pub(super) async fn seen(room: &Room, id: ConversationId) -> ConversationView {
    room.desk.conversation(id).await.unwrap()
}

pub(super) async fn rows(room: &Room) -> u32 {
    let query = ListQuery { view: View::All, client: None, account: None };
    room.desk.list(query, 0, 100).await.unwrap().total
}

/// Written, and waiting to be copied.
pub(super) async fn written(room: &Room, conversation: ConversationId, text: &str) -> ReplyId {
    let draft = DraftView { text: text.into(), ..DraftView::default() };
    room.desk.send_reply(conversation, draft, false).await.unwrap().reply
}

pub(super) async fn state(room: &Room, reply: ReplyId) -> ReplyState {
    let all = room.desk.outbox(OutboxQuery::default(), 0, 100).await.unwrap();
    all.rows.into_iter().find(|row| row.id == reply).unwrap().state
}

/// A comment pasted, its answer written and copied.
async fn copied(room: &Room, client: ClientId) -> (ConversationId, ReplyId) {
    let conversation = add(room, client, COMMENT, "Vous ouvrez demain ?", Some("Léa")).await.conversation.unwrap();
    let reply = written(room, conversation, "Oui, à neuf heures.").await;
    assert_eq!(room.desk.copy_reply(reply).await.unwrap().text.as_deref(), Some("Oui, à neuf heures."));
    (conversation, reply)
}

#[tokio::test]
async fn what_is_pasted_is_owed_like_any_other() {
    let (room, _, client) = scene().await;
    let added = add(&room, client, COMMENT, " Vous ouvrez\r\ndemain ? ", Some("Léa Martin")).await;
    assert_eq!((added.new, added.known, added.unreadable), (1, 0, 0));
    let view = seen(&room, added.conversation.unwrap()).await;
    let message = &view.messages[0];
    assert_eq!((message.text.as_str(), message.author.as_str()), ("Vous ouvrez\ndemain ?", "Léa Martin"));
    assert_eq!((message.route, message.url.as_deref()), (Route::Hand, Some(COMMENT)));
    assert_eq!((view.row.network.as_str(), view.row.kind, view.row.unread), ("facebook", Kind::Comment, 1));
    assert!(view.composer.able && view.composer.by_hand);
    assert_eq!(view.composer.to, []);
    let desk = room.desk.desk().await.unwrap();
    let account = &desk.clients[0].accounts[0];
    assert_eq!((account.route, account.network.as_str(), desk.counts.owed), (Route::Hand, "facebook", 1));
    assert_eq!(room.desk.search("demain".into(), 10, None).await.unwrap().rows.len(), 1);
    // Nobody is asked for a page of it.
    assert!(matches!(room.desk.session(account.id).await, Err(Problem::NotOffered)));
}

#[tokio::test]
async fn the_same_item_is_one_row_however_its_link_was_copied() {
    let (room, _, client) = scene().await;
    add(&room, client, COMMENT, "Vous ouvrez demain ?", None).await;
    let again = add(&room, client, SAME, "Vous ouvrez  demain ?", Some("Léa")).await;
    assert_eq!((again.new, again.known, again.acted.act), (0, 1, None));
    assert_eq!(rows(&room).await, 1);
    let view = seen(&room, again.conversation.unwrap()).await;
    assert_eq!(view.messages[0].author, "Léa", "who wrote it was not known before");
}

#[tokio::test]
async fn under_one_post_two_people_are_two_and_the_same_words_again_are_one() {
    let (room, _, client) = scene().await;
    for (text, author, new) in [
        ("Bravo !", Some("Léa"), 1),
        ("Bravo !", Some("Paul"), 1),
        ("Bravo !", Some("léa"), 0),
        ("Bravo !", Some("@paul"), 0),
        ("Bravo !", None, 0),
        ("Merci", Some("Léa"), 1),
    ] {
        assert_eq!(add(&room, client, POST, text, author).await.new, new, "{text} {author:?}");
    }
    assert_eq!(rows(&room).await, 3);
    // Two comments with links of their own are two, whatever they say.
    let other = "https://www.facebook.com/phare/posts/pfbid0abc?comment_id=900000000000001";
    assert_eq!(add(&room, client, COMMENT, "Bravo !", None).await.new, 1);
    assert_eq!(add(&room, client, other, "Bravo !", None).await.new, 1);
}

#[tokio::test]
async fn two_clients_never_share_what_they_paste() {
    let (room, _, client) = scene().await;
    let other = room.desk.add_client("Quai".into(), 2).await.unwrap();
    let mine = add(&room, client, COMMENT, "Bonjour", Some("Léa")).await;
    let theirs = add(&room, other, COMMENT, "Bonjour", Some("Léa")).await;
    assert_eq!((mine.new, theirs.new), (1, 1));
    let (mine, theirs) =
        (seen(&room, mine.conversation.unwrap()).await, seen(&room, theirs.conversation.unwrap()).await);
    assert_ne!(mine.messages[0].person, theirs.messages[0].person);
    assert_ne!(mine.row.account, theirs.row.account);
    // The other client's name does not leave in this one's answer, though it was added after the reply was written.
    let reply = written(&room, mine.row.id, "Voyez avec la librairie Boussole.").await;
    room.desk.add_client("Boussole".into(), 3).await.unwrap();
    match room.desk.copy_reply(reply).await {
        Err(Problem::Leaks { leaks }) => assert!(matches!(leaks[..], [Leak::OtherClient { .. }]), "{leaks:?}"),
        other => panic!("{:?}", other.map(|copied| copied.text)),
    }
    assert_eq!(state(&room, reply).await, ReplyState::Waiting { why: Waiting::Hand }, "nothing was given");
    room.desk
        .store()
        .write_now(Durability::Full, move |tx| {
            tx.execute("UPDATE conversation SET client = ?1 WHERE id = ?2", [other.0, mine.row.id.0])?;
            Ok(())
        })
        .unwrap();
    assert!(matches!(room.desk.copy_reply(reply).await, Err(Problem::OtherClient)));
}

#[tokio::test]
async fn nothing_leaves_before_it_is_copied_and_nothing_by_itself() {
    let (room, _, client) = scene().await;
    let conversation = add(&room, client, COMMENT, "Bonjour ?", Some("Léa")).await.conversation.unwrap();
    let engine = room.desk.start();
    let reply = written(&room, conversation, "Bonjour !").await;
    room.clock.forward(HOUR);
    room.desk.look_at_the_clock();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(state(&room, reply).await, ReplyState::Waiting { why: Waiting::Hand });
    let copied = room.desk.copy_reply(reply).await.unwrap();
    assert_eq!((copied.text.as_deref(), copied.url.as_deref()), (Some("Bonjour !"), Some(COMMENT)));
    assert_eq!(copied.reply.state, ReplyState::Handed);
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(state(&room, reply).await, ReplyState::Handed, "nobody looks for it but the CM");
    // What may be there is not taken back; it is copied as often as one likes.
    assert!(matches!(room.desk.take_back(vec![reply]).await, Err(Problem::TooLate)));
    assert!(room.desk.copy_reply(reply).await.unwrap().text.is_some());
    engine.stop().await;
    // Another start of the program asks again.
    assert_eq!(room.desk.desk().await.unwrap().counts.trouble, 1);
}

#[tokio::test]
async fn a_copy_cut_by_a_crash_is_asked_about_and_never_forgotten() {
    let (room, _, client) = scene().await;
    let (_, reply) = copied(&room, client).await;
    let Room { desk, clock: _, doors, folder } = room;
    drop(desk);
    let desk = Desk::open(doors).await.unwrap();
    let all = desk.outbox(OutboxQuery::default(), 0, 10).await.unwrap();
    assert_eq!((all.rows[0].id, &all.rows[0].state), (reply, &ReplyState::Handed));
    drop(folder);
}

#[tokio::test]
async fn yes_records_our_message_and_is_undone() {
    let (room, _, client) = scene().await;
    let (conversation, reply) = copied(&room, client).await;
    let said = room.desk.settle(vec![reply], Settle::Published).await.unwrap();
    let view = seen(&room, conversation).await;
    assert_eq!((view.messages.len(), view.replies.len()), (2, 0));
    let ours = &view.messages[1];
    assert!(ours.ours && ours.route == Route::Hand && ours.depth == 1);
    assert_eq!(ours.reply.as_ref().map(|reply| reply.id), Some(reply));
    assert_eq!(state(&room, reply).await, ReplyState::Sent { private: false, altered: false });
    let undone = room.desk.undo(said.acted.act).await.unwrap();
    assert_eq!((undone.what.as_str(), undone.left), ("settle_published", 0));
    let view = seen(&room, conversation).await;
    assert_eq!((view.messages.len(), view.row.messages), (1, 1), "the message that was only said is gone");
    assert_eq!(state(&room, reply).await, ReplyState::Handed);
    // And said again.
    room.desk.settle(vec![reply], Settle::Published).await.unwrap();
    assert_eq!(seen(&room, conversation).await.messages.len(), 2);
    assert!(matches!(room.desk.settle(vec![reply], Settle::Published).await, Err(Problem::TooLate)));
}

#[tokio::test]
async fn no_keeps_it_waiting() {
    let (room, _, client) = scene().await;
    let (conversation, reply) = copied(&room, client).await;
    let said = room.desk.settle(vec![reply], Settle::NotPublished).await.unwrap();
    assert_eq!(state(&room, reply).await, ReplyState::Waiting { why: Waiting::Hand });
    assert_eq!(seen(&room, conversation).await.messages.len(), 1);
    room.desk.undo(said.acted.act).await.unwrap();
    assert_eq!(state(&room, reply).await, ReplyState::Handed);
    room.desk.settle(vec![reply], Settle::NotPublished).await.unwrap();
    // A yes needs that the text left.
    assert!(matches!(room.desk.settle(vec![reply], Settle::Published).await, Err(Problem::TooLate)));
    room.desk.take_back(vec![reply]).await.unwrap();
    assert_eq!(seen(&room, conversation).await.draft.unwrap().text, "Oui, à neuf heures.");
}

#[tokio::test]
async fn a_hold_keeps_the_text_from_being_copied() {
    let (room, _, client) = scene().await;
    let conversation = add(&room, client, COMMENT, "Bonjour ?", Some("Léa")).await.conversation.unwrap();
    let reply = written(&room, conversation, "Bonjour !").await;
    for target in
        [HoldTarget::Everything, HoldTarget::Client { client }, HoldTarget::Network { network: "facebook".into() }]
    {
        let held = room.desk.hold(vec![target], String::new()).await.unwrap();
        let copied = room.desk.copy_reply(reply).await.unwrap();
        assert_eq!((copied.text, copied.url), (None, None));
        assert!(matches!(copied.reply.state, ReplyState::Held { .. }));
        room.desk.release(held.holds).await.unwrap();
    }
    assert!(room.desk.copy_reply(reply).await.unwrap().text.is_some());
    // What was copied is held too, from being copied once more.
    room.desk.hold(vec![HoldTarget::Everything], String::new()).await.unwrap();
    assert_eq!(room.desk.copy_reply(reply).await.unwrap().text, None);
    assert_eq!(state(&room, reply).await, ReplyState::Handed);
}

#[tokio::test]
async fn one_after_the_other_in_a_conversation() {
    let (room, _, client) = scene().await;
    let (conversation, first) = copied(&room, client).await;
    let second = written(&room, conversation, "Et dimanche aussi.").await;
    let copied = room.desk.copy_reply(second).await.unwrap();
    assert_eq!((copied.text, copied.reply.state), (None, ReplyState::Waiting { why: Waiting::Earlier }));
    room.desk.settle(vec![first], Settle::Published).await.unwrap();
    assert!(room.desk.copy_reply(second).await.unwrap().text.is_some());
}

#[tokio::test]
async fn an_item_added_by_mistake_goes_again_and_what_is_answered_stays() {
    let (room, _, client) = scene().await;
    let added = add(&room, client, COMMENT, "Bonjour ?", Some("Léa")).await;
    let undone = room.desk.undo(added.acted.act).await.unwrap();
    assert_eq!((undone.what.as_str(), undone.left, rows(&room).await), ("add_items", 0, 0));
    assert_eq!(room.desk.desk().await.unwrap().counts.owed, 0);
    assert_eq!(room.desk.search("bonjour".into(), 10, None).await.unwrap().rows.len(), 0);
    let added = add(&room, client, COMMENT, "Bonjour ?", Some("Léa")).await;
    assert_eq!(added.new, 1, "and may come once more");
    written(&room, added.conversation.unwrap(), "Bonjour !").await;
    let undone = room.desk.undo(added.acted.act).await.unwrap();
    assert_eq!((undone.left, rows(&room).await), (1, 1));
}

/// Signed in at the server that the pasted link stands on.
pub(super) async fn with_key(room: &Room, client: ClientId) -> AccountId {
    room.desk.add_account(client, "paper".into(), signed("Phare")).await.unwrap()[0]
}

pub(super) fn shown(remote: &str, text: &str, at: Millis) -> Item {
    Item { url: Some(TOOT.into()), ..paper::item(remote, "Léa", at, text) }
}

#[tokio::test]
async fn what_the_network_shows_later_is_the_same_row_with_its_key() {
    let (room, paper, client) = scene().await;
    let added = add(&room, client, TOOT, "Vous ouvrez demain ?", None).await;
    let (conversation, keyless) =
        (added.conversation.unwrap(), room.desk.desk().await.unwrap().clients[0].accounts[0].id);
    let account = with_key(&room, client).await;
    assert_eq!(account, keyless, "the account got its key");
    let now = room.desk.now();
    paper.page(MENTIONS, paper::page(vec![shown("m-9", "Vous ouvrez demain ?", now)]));
    room.desk.pull_account(account).await.unwrap();
    let view = seen(&room, conversation).await;
    assert_eq!((rows(&room).await, view.messages.len()), (1, 1));
    assert_eq!((view.messages[0].route, view.messages[0].author.as_str()), (Route::Api, "Léa"));
    assert!(!view.composer.by_hand, "from now on it is answered by the network");
    // Pasted once more it is known, and the network's own text stands.
    let again = add(&room, client, TOOT, "Autre chose", None).await;
    assert_eq!((again.new, again.known, again.conversation), (0, 1, Some(conversation)));
    assert_eq!(seen(&room, conversation).await.messages[0].text, "Vous ouvrez demain ?");
}

#[tokio::test]
async fn what_the_network_showed_before_is_known_when_it_is_pasted() {
    let (room, paper, client) = scene().await;
    let account = with_key(&room, client).await;
    let now = room.desk.now();
    paper.page(MENTIONS, paper::page(vec![shown("m-9", "Vous ouvrez demain ?", now)]));
    room.desk.pull_account(account).await.unwrap();
    let added = add(&room, client, TOOT, "Vous ouvrez demain ?", Some("Léa")).await;
    assert_eq!((added.new, added.known, rows(&room).await), (0, 1, 1));
}

#[tokio::test]
async fn our_answer_that_the_network_shows_is_the_one_that_was_told() {
    let (room, paper, client) = scene().await;
    let conversation = add(&room, client, TOOT, "Vous ouvrez demain ?", None).await.conversation.unwrap();
    let reply = written(&room, conversation, "Oui.").await;
    room.desk.copy_reply(reply).await.unwrap();
    room.desk.settle(vec![reply], Settle::Published).await.unwrap();
    let account = with_key(&room, client).await;
    let now = room.desk.now();
    let answer = Item { url: None, ..paper::ours(paper::answer("m-10", "m-9", "Phare", now, "Oui.")) };
    paper.page(MENTIONS, paper::page(vec![shown("m-9", "Vous ouvrez demain ?", now), answer]));
    room.desk.pull_account(account).await.unwrap();
    let view = seen(&room, conversation).await;
    assert_eq!(view.messages.len(), 2);
    assert_eq!(view.messages.iter().map(|message| message.route).collect::<Vec<_>>(), [Route::Api, Route::Api]);
    assert_eq!(view.messages.iter().find_map(|message| message.reply.as_ref()).map(|reply| reply.id), Some(reply));
}

#[tokio::test]
async fn our_answer_that_the_network_shows_settles_what_was_asked() {
    let (room, paper, client) = scene().await;
    let conversation = add(&room, client, TOOT, "Vous ouvrez demain ?", None).await.conversation.unwrap();
    let reply = written(&room, conversation, "Oui.").await;
    room.desk.copy_reply(reply).await.unwrap();
    let account = with_key(&room, client).await;
    let at = room.desk.now().plus(20 * SECOND);
    let answer = Item { url: None, ..paper::ours(paper::answer("m-10", "m-9", "Phare", at, "Oui.")) };
    paper.page(MENTIONS, paper::page(vec![shown("m-9", "Vous ouvrez demain ?", at), answer]));
    room.desk.pull_account(account).await.unwrap();
    assert!(matches!(state(&room, reply).await, ReplyState::Sent { .. }));
    let view = seen(&room, conversation).await;
    assert_eq!((view.messages.len(), view.replies.len()), (2, 0));
}

#[tokio::test]
async fn what_is_no_link_or_says_nothing_is_refused() {
    let (room, _, client) = scene().await;
    for (link, text, field) in
        [("bonjour", "texte", "link"), (COMMENT, " \n ", "text"), ("javascript:alert(1)", "x", "link")]
    {
        let refused = room.desk.add_by_hand(client, pasted(link, text, None)).await.unwrap_err();
        assert_eq!(refused, Problem::Invalid { field: field.into() });
    }
    let other = ClientId(99);
    assert_eq!(room.desk.add_by_hand(other, pasted(COMMENT, "x", None)).await.unwrap_err(), Problem::NotFound);
    assert_eq!(room.desk.recognise("x.com/lea/status/17".into()).await.unwrap().unwrap().network, "x");
}

pub(super) fn listed(link: Option<&str>, network: Option<&str>, text: &str, at: Option<Millis>) -> Noticed {
    Noticed {
        link: link.map(Into::into),
        network: network.map(Into::into),
        author: Some("Léa".into()),
        text: text.into(),
        at,
        ..Noticed::default()
    }
}

#[tokio::test]
async fn a_file_taken_twice_adds_nothing_and_keeps_what_it_could_not_read() {
    let (room, _, client) = scene().await;
    let now = room.desk.now();
    let old = now.plus(-20 * 24 * HOUR);
    let rows = || {
        vec![
            listed(Some(COMMENT), None, "Un", Some(now.plus(-HOUR))),
            listed(None, Some("linkedin"), "Deux", Some(now.plus(-HOUR))),
            listed(None, Some("linkedin"), "Vieux", Some(old)),
            listed(None, None, "Perdu", None),
        ]
    };
    let torn = || vec![Unread { raw: ";;".into(), why: "text".into() }];
    let added = room.desk.notice(client, Route::File, rows(), torn()).await.unwrap();
    assert_eq!((added.new, added.known, added.unreadable), (3, 0, 2));
    let again = room.desk.notice(client, Route::File, rows(), torn()).await.unwrap();
    assert_eq!((again.new, again.known, again.unreadable), (0, 3, 2));
    let desk = room.desk.desk().await.unwrap();
    assert_eq!(
        (rows_of(&desk), desk.counts.owed),
        (vec![("facebook", 2), ("linkedin", 0)], 2),
        "what is old arrives filed"
    );
    assert!(desk.clients[0].accounts.iter().all(|account| account.route == Route::File));
    // Pasted as well, it is the same; and a mail that tells of it raises the way it is reached.
    assert_eq!(add(&room, client, SAME, "Un", None).await.known, 1);
    let mail = vec![listed(Some(COMMENT), None, "Un", None)];
    assert_eq!(room.desk.notice(client, Route::Mail, mail, Vec::new()).await.unwrap().known, 1);
    let desk = room.desk.desk().await.unwrap();
    assert_eq!(desk.clients[0].accounts[0].route, Route::Mail);
    let undone = room.desk.undo(added.acted.act).await.unwrap();
    assert_eq!((undone.left, self::rows(&room).await), (0, 0));
}

fn rows_of(desk: &crate::view::DeskView) -> Vec<(&str, u32)> {
    desk.clients[0].accounts.iter().map(|account| (account.network.as_str(), account.unreadable)).collect()
}

#[tokio::test]
async fn a_text_cut_short_never_takes_the_place_of_a_whole_one() {
    let (room, _, client) = scene().await;
    let told = |text: &str, raw: bool| vec![Noticed { raw, ..listed(Some(COMMENT), None, text, None) }];
    let whole = "Do you ship croissants to Leeds? Asking for everyone.";
    let raw =
        room.desk.notice(client, Route::Mail, told("Do you …  View comment  Unsubscribe", true), Vec::new()).await;
    let conversation = raw.unwrap().conversation.unwrap();
    assert!(seen(&room, conversation).await.messages[0].raw);
    for (route, text, stands) in [
        (Route::Mail, "Do you ship croissants…", "Do you ship croissants…"),
        (Route::File, whole, whole),
        (Route::Mail, "Do you ship …", whole),
        (Route::File, "Another thing", whole),
        (Route::Hand, "Another thing", "Another thing"),
        (Route::Hand, whole, whole),
    ] {
        room.desk.notice(client, route, told(text, false), Vec::new()).await.unwrap();
        let message = seen(&room, conversation).await.messages.remove(0);
        assert_eq!((message.text.as_str(), message.raw), (stands, false), "{route:?} {text}");
    }
    room.desk.notice(client, Route::Mail, told("Whole mail", true), Vec::new()).await.unwrap();
    assert_eq!(seen(&room, conversation).await.messages[0].text, whole, "what was not understood says nothing of it");
    assert_eq!(rows(&room).await, 1);
    // The mail itself is kept beside what was made of it, and goes with it.
    let mail = vec![Noticed { mail: Some("From: x".into()), ..listed(Some(POST), None, "Joli", None) }];
    let added = room.desk.notice(client, Route::Mail, mail, Vec::new()).await.unwrap();
    let kept = |conn: &rusqlite::Connection| {
        let sql = "SELECT count(*) FROM notice_mail WHERE mail = 'From: x'";
        Ok(conn.query_row(sql, [], |row| row.get::<_, i64>(0))?)
    };
    assert_eq!(room.desk.store().read_now(kept).unwrap(), 1);
    room.desk.undo(added.acted.act).await.unwrap();
    assert_eq!(room.desk.store().read_now(kept).unwrap(), 0);
}

/// An answer under `COMMENT`, as a mail or a pasted link tells it.
fn answered(author: &str, text: &str, number: u32) -> Noticed {
    let link = format!("{COMMENT}&reply_comment_id={number}");
    Noticed { author: Some(author.into()), ..listed(Some(&link), None, text, None) }
}

#[tokio::test]
async fn our_answer_that_a_mail_shows_is_the_one_that_was_told() {
    let (room, _, client) = scene().await;
    let (conversation, reply) = copied(&room, client).await;
    room.desk.settle(vec![reply], Settle::Published).await.unwrap();
    let told = |one: Noticed| room.desk.notice(client, Route::Mail, vec![one], Vec::new());
    assert_eq!(told(answered("Phare", "Oui,  à neuf heures.", 91)).await.unwrap().known, 1);
    let view = seen(&room, conversation).await;
    assert_eq!((view.messages.len(), view.messages[1].route), (2, Route::Mail));
    assert_eq!(view.messages[1].reply.as_ref().map(|reply| reply.id), Some(reply));
    // Told again, and pasted, it is that one; what somebody else answers there stands in the same conversation.
    assert_eq!(told(answered("Phare", "Oui, à neuf heures.", 91)).await.unwrap().known, 1);
    assert_eq!(told(answered("Paul", "Merci !", 92)).await.unwrap().new, 1);
    let view = seen(&room, conversation).await;
    assert_eq!((rows(&room).await, view.messages.len(), view.messages[2].depth), (1, 3, 1));
}

#[tokio::test]
async fn our_answer_that_a_mail_shows_settles_what_was_asked() {
    let (room, _, client) = scene().await;
    let (conversation, reply) = copied(&room, client).await;
    let now = room.desk.now();
    let other = Noticed { at: Some(now), ..answered("Phare", "Non, à dix heures.", 90) };
    room.desk.notice(client, Route::Mail, vec![other], Vec::new()).await.unwrap();
    assert_eq!(state(&room, reply).await, ReplyState::Handed, "another text proves nothing");
    let ours = Noticed { at: Some(now.plus(SECOND)), ..answered("Phare", "Oui, à neuf heures.", 91) };
    room.clock.forward(2 * SECOND);
    room.desk.notice(client, Route::Mail, vec![ours], Vec::new()).await.unwrap();
    assert!(matches!(state(&room, reply).await, ReplyState::Sent { .. }));
    let view = seen(&room, conversation).await;
    assert_eq!((rows(&room).await, view.messages.len(), view.replies.len()), (1, 3, 0));
}
