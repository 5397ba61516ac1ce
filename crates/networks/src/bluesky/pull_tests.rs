//! Notifications and our own feed, read into items with what they hang on.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::bluesky::fake::*;
use guichet_model::{DAY, Item, Kind, Publication, RemoteId, Session};
use serde_json::json;
use wiremock::MockServer;

const LIST: &str = "app.bsky.notification.listNotifications";
const THREAD: &str = "app.bsky.feed.getPostThread";

async fn pulled(account: &Account, cursor: Option<&Cursor>) -> Page {
    account.pull(NOTIFICATIONS, cursor, NOW.plus(-30 * DAY)).await.unwrap()
}

fn texts(page: &Page) -> Vec<&str> {
    page.items.iter().map(|item| item.body.text.as_str()).collect()
}

fn saying<'a>(page: &'a Page, words: &str) -> &'a Item {
    page.items.iter().find(|item| item.body.text == words).unwrap()
}

fn remote(did: &str, key: &str) -> Option<RemoteId> {
    Some(RemoteId(uri(did, key)))
}

/// A thread node around a post, with its parents from the nearest up.
fn node(post: &Value, parents: &[&Value]) -> Value {
    let mut told = json!({ "$type": "app.bsky.feed.defs#threadViewPost", "post": post });
    if let Some((nearest, rest)) = parents.split_first() {
        told["parent"] = if nearest.get("uri").is_some() { node(nearest, rest) } else { (*nearest).clone() };
    }
    told
}

#[tokio::test]
async fn recorded_notifications_become_items_with_what_they_hang_on() {
    let (server, account) = server().await;
    says(&server, LIST, fixture("notifications")).await;
    let mut known = fixture("posts")["posts"].as_array().unwrap().clone();
    known.extend(
        fixture("notifications")["notifications"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["reason"] != "reply")
            .cloned(),
    );
    shows(&server, known).await;
    let since: jiff::Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    let page = account.pull(NOTIFICATIONS, None, Millis(since.as_millisecond())).await.unwrap();
    assert!(page.unreadable.is_empty(), "{:?}", page.unreadable);
    let told: Vec<_> = page
        .items
        .iter()
        .map(|item| {
            let name = |id: &Option<RemoteId>| id.as_ref().map(|id| id.0.clone());
            json!({
                "remote": item.remote.0, "kind": item.kind, "ours": item.ours, "author": item.author.handle,
                "conversation": name(&item.conversation), "post": name(&item.post), "answers": name(&item.in_reply_to),
                "text": item.body.text, "mentions": item.body.mentions, "at": item.at, "url": item.url,
            })
        })
        .collect();
    insta::assert_json_snapshot!(told);
    let asked = asked(&server, LIST).await.remove(0);
    let reasons = asked.url.query_pairs().filter(|(name, _)| name == "reasons").count();
    assert_eq!(reasons, 3);
    assert!(!asked.url.query_pairs().any(|(name, _)| name == "seenAt"), "refused by servers");
}

#[tokio::test]
async fn an_answer_comes_with_its_thread_and_the_next_one_without_asking() {
    let (server, account) = server().await;
    let root = post(ME, "root", 900, "La rentrée");
    let first = under(post(LEA, "first", 800, "Quelle heure ?"), &root, &root);
    let ours = under(post(ME, "ours", 700, "Dix heures"), &root, &first);
    let last = under(post(LEA, "last", 600, "Merci"), &root, &ours);
    let other = under(post(MARC, "other", 500, "Et lundi ?"), &root, &root);
    let list = [&other, &last].map(|post| notified(post, "reply"));
    says(&server, LIST, json!({ "notifications": list, "cursor": "x" })).await;
    shows(&server, vec![root.clone(), first.clone(), ours.clone(), last.clone(), other.clone()]).await;
    says(&server, THREAD, json!({ "thread": node(&last, &[&ours, &first, &root]) })).await;
    let page = account.pull(NOTIFICATIONS, None, NOW.plus(-3_600_000)).await.unwrap();
    assert_eq!(texts(&page), ["La rentrée", "Quelle heure ?", "Dix heures", "Merci", "Et lundi ?"]);
    let merci = saying(&page, "Merci");
    assert_eq!(
        (merci.kind, &merci.conversation, &merci.post),
        (Kind::Comment, &remote(LEA, "first"), &remote(ME, "root"))
    );
    assert_eq!(merci.in_reply_to, remote(ME, "ours"));
    let lundi = saying(&page, "Et lundi ?");
    assert_eq!((&lundi.conversation, &lundi.post), (&remote(MARC, "other"), &remote(ME, "root")));
    assert_eq!(saying(&page, "La rentrée").kind, Kind::Post);
    assert!(saying(&page, "Dix heures").ours);
    assert_eq!(asked(&server, THREAD).await.len(), 1, "a first answer needs no thread");

    // Another in the same conversation: its place is known.
    server.reset().await;
    let more = under(post(LEA, "more", 30, "À demain"), &root, &last);
    says(&server, LIST, json!({ "notifications": [notified(&more, "reply"), notified(&other, "reply")] })).await;
    shows(&server, vec![root, more]).await;
    let next = pulled(&account, page.cursor.as_ref()).await;
    assert_eq!(texts(&next), ["À demain"], "what is known is not brought again");
    assert_eq!(next.items[0].conversation, remote(LEA, "first"));
    assert!(asked(&server, THREAD).await.is_empty());
}

#[tokio::test]
async fn one_post_noticed_twice_is_one_item_and_a_quote_hangs_on_what_it_quotes() {
    let (server, account) = server().await;
    let ours = post(ME, "ours", 900, "Soldes");
    let mut quote = post(LEA, "quote", 60, "Regardez @librairie.test");
    quote["record"]["embed"] =
        json!({ "$type": "app.bsky.embed.record", "record": { "uri": ours["uri"], "cid": ours["cid"] } });
    let list = [notified(&quote, "quote"), notified(&quote, "mention")];
    says(&server, LIST, json!({ "notifications": list })).await;
    shows(&server, vec![ours, quote]).await;
    let page = pulled(&account, None).await;
    assert_eq!(texts(&page), ["Soldes", "Regardez @librairie.test"]);
    let quote = &page.items[1];
    assert_eq!(
        (quote.kind, &quote.conversation, &quote.post),
        (Kind::Mention, &remote(LEA, "quote"), &remote(ME, "ours"))
    );
}

#[tokio::test]
async fn a_parent_that_is_gone_or_kept_from_us_cuts_the_thread_and_takes_nothing_along() {
    for missing in [
        json!({ "$type": "app.bsky.feed.defs#notFoundPost", "notFound": true }),
        json!({ "$type": "app.bsky.feed.defs#blockedPost", "blocked": true, "author": {} }),
        json!({ "$type": "app.bsky.feed.defs#hologram" }),
    ] {
        let (server, account) = server().await;
        let root = post(ME, "root", 900, "La rentrée");
        let gone = under(post(MARC, "gone", 800, "…"), &root, &root);
        let answer = under(post(LEA, "answer", 60, "Moi aussi"), &root, &gone);
        says(&server, LIST, json!({ "notifications": [notified(&answer, "reply")] })).await;
        shows(&server, vec![root, answer.clone()]).await;
        says(&server, THREAD, json!({ "thread": node(&answer, &[&missing]) })).await;
        let page = pulled(&account, None).await;
        assert_eq!(texts(&page), ["La rentrée", "Moi aussi"]);
        let item = &page.items[1];
        assert_eq!((item.kind, &item.conversation, &item.post), (Kind::Comment, &None, &remote(ME, "root")));
        assert_eq!(item.in_reply_to, remote(MARC, "gone"));
    }
}

#[tokio::test]
async fn what_our_gate_hides_is_hidden_and_what_cannot_be_read_is_kept_once() {
    let (server, account) = server().await;
    let mut root = post(ME, "root", 900, "La rentrée");
    root["threadgate"] =
        json!({ "uri": "x", "cid": "c", "record": { "hiddenReplies": [uri(MARC, "rude")] }, "lists": [] });
    let rude = under(post(MARC, "rude", 60, "Nul"), &root, &root);
    let mut broken = notified(&under(post(LEA, "broken", 50, "x"), &root, &root), "reply");
    broken["record"]["text"] = json!({ "new": "format" });
    says(&server, LIST, json!({ "notifications": [broken, notified(&rude, "reply")] })).await;
    shows(&server, vec![root, rude]).await;
    let page = pulled(&account, None).await;
    assert_eq!(saying(&page, "Nul").publication, Publication::Hidden);
    assert_eq!(page.unreadable.len(), 1);
    assert!(page.unreadable[0].raw.contains("new"), "kept raw");
    let next = pulled(&account, page.cursor.as_ref()).await;
    assert!(next.unreadable.is_empty() && next.items.is_empty(), "told once");
}

#[tokio::test]
async fn a_thread_in_trouble_holds_nothing_up_for_ever() {
    let (server, account) = server().await;
    let root = post(ME, "root", 900, "La rentrée");
    let middle = under(post(LEA, "middle", 800, "…"), &root, &root);
    let answer = under(post(LEA, "answer", 60, "Alors ?"), &root, &middle);
    says(&server, LIST, json!({ "notifications": [notified(&answer, "reply")] })).await;
    shows(&server, vec![root, answer]).await;
    on(THREAD).respond_with(refusal(502, "UpstreamFailure", "x")).mount(&server).await;
    assert!(matches!(account.pull(NOTIFICATIONS, None, NOW.plus(-DAY)).await, Err(Fault::Later { .. })));
    assert_eq!(texts(&pulled(&account, None).await), ["La rentrée", "Alors ?"]);
}

#[tokio::test]
async fn a_place_that_the_server_forgot_is_begun_again_from_the_top() {
    let (server, account) = server().await;
    let (one, two) = (post(LEA, "one", 10, "@librairie.test un"), post(LEA, "two", 20, "@librairie.test deux"));
    asks(LIST)
        .and(wiremock::matchers::query_param("cursor", "stale"))
        .respond_with(refusal(400, "InvalidRequest", "Malformed cursor"))
        .with_priority(1)
        .mount(&server)
        .await;
    says(
        &server,
        LIST,
        json!({ "notifications": [notified(&one, "mention"), notified(&two, "mention")], "cursor": "stale" }),
    )
    .await;
    shows(&server, vec![one, two]).await;
    let page = pulled(&account, None).await;
    assert!(page.more);
    let next = pulled(&account, page.cursor.as_ref()).await;
    assert!(next.items.is_empty(), "{:?}", texts(&next));
}

#[tokio::test]
async fn what_we_wrote_elsewhere_comes_and_what_we_shared_does_not() {
    let (server, account) = server().await;
    let ours = post(ME, "ours", 60, "Ouvert lundi");
    let lea = post(LEA, "lea", 300, "Une question");
    let answer = under(post(ME, "answer", 30, "Oui"), &lea, &lea);
    let shared = json!({ "post": post(MARC, "marc", 900, "Lisez"), "reason": { "$type": "app.bsky.feed.defs#reasonRepost", "indexedAt": ago(20) } });
    let pinned =
        json!({ "post": post(ME, "old", 900_000, "Épinglé"), "reason": { "$type": "app.bsky.feed.defs#reasonPin" } });
    let feed = json!({ "feed": [pinned, shared, { "post": answer.clone() }, { "post": ours.clone() }], "cursor": "c" });
    says(&server, "app.bsky.feed.getAuthorFeed", feed).await;
    shows(&server, vec![ours, lea, answer]).await;
    let page = account.pull(OWN, None, NOW.plus(-DAY)).await.unwrap();
    assert_eq!(texts(&page), ["Une question", "Ouvert lundi", "Oui"]);
    let oui = saying(&page, "Oui");
    assert!(oui.ours);
    assert_eq!((oui.kind, &oui.conversation), (Kind::Mention, &remote(LEA, "lea")));
    assert!(!saying(&page, "Une question").ours);
}

#[tokio::test]
async fn lists_that_are_none_and_names_that_are_not_known_are_refused() {
    let server = MockServer::start().await;
    let (account, _) = account_of(&secret(&server.uri(), "opaque"));
    says(&server, LIST, json!({ "notifications": {} })).await;
    assert!(matches!(account.pull(NOTIFICATIONS, None, NOW).await, Err(Fault::Unreadable { .. })));
    assert_eq!(code_of(&account.pull("autre", None, NOW).await.unwrap_err()), Some(RefusalCode::NotOffered));
    assert_eq!(account.sources().len(), 3);
}
