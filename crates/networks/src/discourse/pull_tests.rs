//! Rounds: what is listed, what is fetched, where the next one begins.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::discourse::fake::{NOW, answer, fixture, forum, on, post, refusal, topic};
use guichet_model::{DAY, Session};
use serde_json::{Value, json};
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn note(id: u64, kind: u64, topic: u64, number: u64) -> Value {
    json!({ "id": id, "notification_type": kind, "created_at": "2026-09-30T10:00:00.000Z", "topic_id": topic,
        "post_number": number, "data": { "original_post_id": topic * 100 + number } })
}

async fn listed(server: &MockServer, offset: u64, notes: Vec<Value>) {
    Mock::given(method("GET"))
        .and(path("/notifications.json"))
        .and(query_param("limit", "60"))
        .and(query_param("offset", offset.to_string()))
        .respond_with(answer(json!({ "notifications": notes })))
        .mount(server)
        .await;
}

async fn topics(server: &MockServer, ids: std::ops::RangeInclusive<u64>) {
    for id in ids {
        let told = topic(id, "librairie", false, vec![post(id, 2, "lea", None, 60, "Une question")]);
        on(server, "GET", &format!("/t/{id}/2.json"), answer(&told)).await;
        on(server, "GET", &format!("/t/{id}/999999.json"), answer(&told)).await;
    }
}

fn names(page: &Page) -> Vec<&str> {
    page.items.iter().map(|item| item.remote.as_str()).filter(|name| name.starts_with("post")).collect()
}

#[tokio::test]
async fn a_round_is_fetched_a_topic_a_page_and_goes_on_where_it_stood() {
    let (server, account) = forum().await;
    // Newest first; what is no post, or of no kind that asks for an answer, is left.
    let mut notes: Vec<Value> = (1..=5).rev().map(|n| note(100 + n, if n == 3 { 1 } else { 9 }, n, 2)).collect();
    notes.push(note(99, 5, 9, 2));
    notes.push(json!({ "id": 98, "notification_type": 12, "created_at": "2026-09-30T09:00:00.000Z", "data": {} }));
    notes.push(json!({ "id": 97 }));
    listed(&server, 0, notes).await;
    topics(&server, 1..=5).await;
    let since = NOW.plus(-30 * DAY);
    let first = account.pull(NOTES, None, since).await.unwrap();
    assert_eq!(names(&first), ["post:1.102"], "the oldest first");
    assert!(first.more && first.covered.is_none() && first.unreadable.len() == 1);
    let mut page = first;
    for id in 2..=5 {
        assert!(page.more);
        page = account.pull(NOTES, page.cursor.as_ref(), since).await.unwrap();
        assert_eq!(names(&page), [format!("post:{id}.{id}02")]);
    }
    assert_eq!(page.covered, Some(Interval { from: since, to: NOW }));
    assert!(!page.more && page.missing.is_none());
    // Another session goes on there: what was told is not fetched again.
    let next = account.pull(NOTES, page.cursor.as_ref(), since).await.unwrap();
    assert!(next.items.is_empty() && !next.more);
    let asked = server.received_requests().await.unwrap();
    assert_eq!(asked.iter().filter(|request| request.url.path() == "/notifications.json").count(), 2);
}

#[tokio::test]
async fn the_list_is_read_back_page_by_page_to_what_is_known() {
    let (server, account) = forum().await;
    listed(&server, 0, (140..200).rev().map(|id| note(id, 5, 1, 2)).collect()).await;
    listed(&server, 60, vec![note(139, 2, 1, 2), note(138, 2, 1, 3), note(137, 2, 2, 2)]).await;
    topics(&server, 1..=1).await;
    let stood = Cursor(r#"{"at":1790700000000,"top":138}"#.into());
    let first = account.pull(NOTES, Some(&stood), Millis(0)).await.unwrap();
    assert!(first.items.is_empty() && first.more);
    let second = account.pull(NOTES, first.cursor.as_ref(), Millis(0)).await.unwrap();
    assert_eq!(names(&second), ["post:1.102"]);
    let walk: Walk = serde_json::from_str(&second.cursor.unwrap().0).unwrap();
    assert_eq!((walk.top, walk.round, walk.at), (199, None, NOW));
}

#[tokio::test]
async fn a_first_reading_that_is_cut_short_says_so() {
    let (server, account) = forum().await;
    Mock::given(path("/notifications.json"))
        .respond_with(answer(json!({ "notifications": (0..60).map(|id| note(id + 1, 5, 1, 2)).collect::<Vec<_>>() })))
        .mount(&server)
        .await;
    let mut cursor = None;
    for _ in 0..12 {
        let page = account.pull(NOTES, cursor.as_ref(), Millis(0)).await.unwrap();
        assert!(page.more && page.missing.is_none());
        cursor = page.cursor;
    }
    let last = account.pull(NOTES, cursor.as_ref(), Millis(0)).await.unwrap();
    let oldest = Millis(1_790_762_400_000);
    assert!(!last.more);
    assert_eq!(last.missing, Some(Interval { from: Millis(0), to: oldest }));
    assert_eq!(last.covered, Some(Interval { from: oldest, to: NOW }), "what is lost is not proven read");
}

#[tokio::test]
async fn a_topic_that_cannot_be_told_holds_up_nothing_for_ever() {
    let (server, account) = forum().await;
    listed(&server, 0, vec![note(3, 9, 2, 2), note(2, 9, 1, 2)]).await;
    topics(&server, 2..=2).await;
    on(&server, "GET", "/t/1/999999.json", ResponseTemplate::new(500)).await;
    let since = NOW.plus(-DAY);
    assert!(matches!(account.pull(NOTES, None, since).await, Err(Fault::Later { .. })));
    assert!(account.pull(NOTES, None, since).await.is_err(), "nor is the forum well");
    on(&server, "GET", "/session/current.json", answer(json!({ "current_user": { "username": "librairie" } }))).await;
    let first = account.pull(NOTES, None, since).await.unwrap();
    assert_eq!((first.items.len(), first.unreadable.len(), first.more), (0, 1, true));
    let second = account.pull(NOTES, first.cursor.as_ref(), since).await.unwrap();
    assert_eq!(names(&second), ["post:2.202"]);
}

/// The desk's clock is a quarter of an hour ahead: only the forum's first answer tells.
#[tokio::test]
async fn a_round_ends_by_the_forums_clock_from_the_first_one_on() {
    let (server, account) = forum().await;
    let behind = answer(json!({ "notifications": [] })).insert_header("date", "Wed, 30 Sep 2026 13:58:20 GMT");
    on(&server, "GET", "/notifications.json", behind).await;
    let page = account.pull(NOTES, None, NOW.plus(-DAY)).await.unwrap();
    assert_eq!(page.covered.map(|read| read.to), Some(NOW.plus(-900_000)));
}

#[tokio::test]
async fn exchanges_beyond_the_last_page_of_them_are_told_as_missing() {
    let (server, account) = forum().await;
    let told = json!({ "topic_list": { "more_topics_url": "/x", "topics": [
        { "id": 91, "last_posted_at": "2026-09-30T10:00:00.000Z", "highest_post_number": 1 } ] } });
    on(&server, "GET", "/topics/private-messages/librairie.json", answer(told)).await;
    let told = topic(91, "lea", true, vec![post(91, 1, "lea", None, 9_000, "Ma commande ?")]);
    on(&server, "GET", "/t/91/1.json", answer(told)).await;
    let mut page = account.pull(MESSAGES, None, NOW.plus(-DAY)).await.unwrap();
    for _ in 0..12 {
        if page.more {
            page = account.pull(MESSAGES, page.cursor.as_ref(), NOW.plus(-DAY)).await.unwrap();
        }
    }
    assert_eq!(page.missing.map(|lost| lost.to), Some(Millis(1_790_762_400_000)));
}

#[tokio::test]
async fn exchanges_are_read_where_something_was_written() {
    let (server, account) = forum().await;
    on(&server, "GET", "/topics/private-messages/librairie.json", answer(fixture("private"))).await;
    let told = topic(91, "lea", true, vec![post(91, 1, "lea", None, 9_000, "Ma commande ?")]);
    on(&server, "GET", "/t/91/2.json", answer(told)).await;
    let first = account.pull(MESSAGES, None, NOW.plus(-30 * DAY)).await.unwrap();
    assert_eq!(names(&first), ["post:91.9101"]);
    assert_eq!(first.unreadable.len(), 1);
    let again = account.pull(MESSAGES, first.cursor.as_ref(), Millis(0)).await.unwrap();
    assert!(again.items.is_empty(), "nothing was written since");
}

#[tokio::test]
async fn a_forum_without_private_messages_has_none() {
    let (server, account) = forum().await;
    on(&server, "GET", "/topics/private-messages/librairie.json", refusal(404, "not_found")).await;
    let page = account.pull(MESSAGES, None, NOW.plus(-DAY)).await.unwrap();
    assert!(page.items.is_empty() && !page.more && page.covered.is_some());
    assert!(account.pull("nouvelles", None, NOW).await.is_err());
    assert_eq!(account.sources().len(), 2);
}
