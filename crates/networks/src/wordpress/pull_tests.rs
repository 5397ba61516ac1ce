//! Reading forward: what a page brings with it, where the next one begins, and what slips.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::wordpress::convert::{comment_name, post_name};
use crate::wordpress::fake::{NOW, ago, answer, comment, included, site, with};
use guichet_model::{Kind, Publication, Session};
use serde_json::json;
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn listed(server: &MockServer, asked: &[(&str, &str)], answer: ResponseTemplate) {
    let mut mock = Mock::given(method("GET")).and(path("/wp-json/wp/v2/comments"));
    for (name, value) in asked {
        mock = mock.and(query_param(*name, *value));
    }
    mock.respond_with(answer).mount(server).await;
}

fn paged(told: Value, total: u64, pages: u64) -> ResponseTemplate {
    answer(told).insert_header("x-wp-total", &*total.to_string()).insert_header("x-wp-totalpages", &*pages.to_string())
}

fn walk(page: &Page) -> Walk {
    serde_json::from_str(&page.cursor.as_ref().unwrap().0).unwrap()
}

#[tokio::test]
async fn a_moderator_reads_what_waits_with_its_parents_and_its_post() {
    let (server, account) = site(true).await;
    let since = NOW.plus(-30 * DAY);
    let after = "2026-08-22T14:13:20Z";
    let told = json!([comment(12, 11, 0, 600, "au fond"), with(comment(13, 0, 0, 300, "attend"), "status", "hold")]);
    listed(
        &server,
        &[("status", "all"), ("context", "edit"), ("type", "comment"), ("after", after)],
        paged(told, 2, 1),
    )
    .await;
    included(&server, "11", json!([comment(11, 10, 0, 9_000_000, "au milieu")])).await;
    included(&server, "10", json!([comment(10, 0, 0, 9_900_000, "tout en haut")])).await;
    let page = account.pull(SHOWN, None, since).await.unwrap();
    let told: Vec<_> = page.items.iter().map(|item| (item.remote.as_str(), item.kind)).collect();
    assert_eq!(
        told,
        [
            ("comment:10", Kind::Comment),
            ("comment:11", Kind::Comment),
            ("post:4", Kind::Post),
            ("comment:12", Kind::Comment),
            ("comment:13", Kind::Comment)
        ]
    );
    let of = |id: u64| page.items.iter().find(|item| item.remote == comment_name(id)).unwrap();
    assert_eq!(of(12).conversation, Some(comment_name(10)));
    assert_eq!((of(12).in_reply_to.clone(), of(12).post.clone()), (Some(comment_name(11)), Some(post_name(4))));
    assert_eq!(of(13).publication, Publication::Pending);
    assert_eq!(of(13).conversation, Some(comment_name(13)));
    assert!(!page.more);
    assert_eq!(page.covered, Some(Interval { from: since, to: NOW }));
    // The next reading begins before the newest comment.
    assert_eq!(walk(&page).from, NOW.plus(-300 * SECOND - OVERLAP));
    // What was given is not asked for again.
    let again = account.pull(SHOWN, None, since).await.unwrap();
    assert!(again.items.iter().all(|item| item.kind == Kind::Comment), "the post came today");
}

#[tokio::test]
async fn pages_are_walked_from_one_instant() {
    let (server, account) = site(true).await;
    let first: Vec<Value> = (0..100).map(|n| comment(n + 1, 0, 0, 9_000 - n as i64, "x")).collect();
    listed(&server, &[("page", "1")], paged(json!(first), 101, 2)).await;
    listed(&server, &[("page", "2")], paged(json!([comment(101, 0, 0, 10, "y")]), 101, 2)).await;
    let since = NOW.plus(-DAY);
    let page = account.pull(SHOWN, None, since).await.unwrap();
    assert!(page.more);
    let stands = walk(&page);
    assert_eq!((stands.from, stands.page, stands.total), (since, 2, Some(101)));
    assert_eq!(page.covered.unwrap().to, NOW.plus(-8_901 * SECOND));
    let page = account.pull(SHOWN, page.cursor.as_ref(), since).await.unwrap();
    assert!(!page.more);
    assert_eq!((walk(&page).page, walk(&page).from), (1, NOW.plus(-10 * SECOND - OVERLAP)));
}

#[tokio::test]
async fn where_one_vanished_the_page_before_is_read_again() {
    let told = |total| Listed { values: vec![Value::Null; 100], total: Some(total), pages: Some(5) };
    let stands = Walk { from: Millis(0), page: 3, total: Some(450), newest: Millis(0) };
    assert_eq!(stands.next(&told(450), None, NOW, 0).0.page, 4);
    assert_eq!(stands.next(&told(451), None, NOW, 0).0.page, 4, "a new one stands at the end");
    let (back, more) = stands.next(&told(449), None, NOW, 0);
    assert_eq!((back.page, back.total, more), (2, Some(449), true));
    // At the last page too.
    let last = Listed { values: Vec::new(), total: Some(200), pages: Some(2) };
    assert_eq!(stands.next(&last, None, NOW, 0).0.page, 2);
}

#[tokio::test]
async fn a_comment_of_tomorrow_hides_nothing_of_today() {
    let (server, account) = site(true).await;
    let tomorrow = with(comment(1, 0, 0, 0, "x"), "date_gmt", ago(-86_400));
    listed(&server, &[], paged(json!([tomorrow]), 1, 1)).await;
    let page = account.pull(SHOWN, None, NOW.plus(-DAY)).await.unwrap();
    assert_eq!(walk(&page).newest, NOW);
}

#[tokio::test]
async fn who_does_not_moderate_sees_what_everybody_does() {
    let (server, account) = site(false).await;
    let mut shown = comment(1, 0, 0, 60, "x");
    shown["content"] = json!({ "rendered": "<p>C&rsquo;est</p>" });
    listed(&server, &[("status", "approve"), ("context", "view")], paged(json!([shown]), 1, 1)).await;
    let page = account.pull(SHOWN, None, NOW.plus(-30 * DAY)).await.unwrap();
    assert_eq!(page.items.last().unwrap().body.text, "C’est");
    // Approved late, a comment keeps its date.
    assert_eq!(walk(&page).from, NOW.plus(-60 * SECOND - OVERLAP_OF_APPROVED));
    let spam = account.pull(SPAM, None, NOW).await.unwrap();
    assert!(spam.items.is_empty() && spam.cursor.is_none() && !spam.more && spam.covered.is_none());
    let capabilities = account.capabilities().await.unwrap();
    assert!(capabilities.publications.is_empty() && !capabilities.edit_own && !capabilities.delete_own);
}

#[tokio::test]
async fn spam_and_trash_are_read_as_such() {
    let (server, account) = site(true).await;
    for (source, publication) in [(SPAM, Publication::Spam), (TRASH, Publication::Trash)] {
        let told = json!([with(comment(1, 0, 0, 60, "casino"), "status", source)]);
        listed(&server, &[("status", source)], paged(told, 1, 1)).await;
        let page = account.pull(source, None, NOW.plus(-DAY)).await.unwrap();
        assert_eq!(page.items.last().unwrap().publication, publication);
    }
    assert!(account.pull("ailleurs", None, NOW).await.is_err());
    let slower: Vec<_> = account.sources().iter().map(|source| source.every).collect();
    assert!(slower.is_sorted());
}

#[tokio::test]
async fn what_cannot_be_read_is_kept_without_what_is_nobodys() {
    let (server, account) = site(true).await;
    let broken = with(comment(2, 0, 0, 60, "illisible"), "date_gmt", "hier");
    let broken = with(broken, "date", "hier");
    let told = json!([comment(1, 0, 0, 60, "a"), broken, comment(3, 0, 0, 50, "b"), comment(3, 0, 0, 50, "b"), 7]);
    listed(&server, &[], paged(told, 5, 1)).await;
    let page = account.pull(SHOWN, None, NOW.plus(-DAY)).await.unwrap();
    assert_eq!(page.items.iter().filter(|item| item.kind == Kind::Comment).count(), 2);
    assert_eq!(page.unreadable.len(), 2);
    assert!(page.unreadable[0].raw.contains("illisible"));
    assert!(!page.unreadable[0].raw.contains("lea@") && !page.unreadable[0].raw.contains("203.0.113.7"));
}

#[tokio::test]
async fn a_failed_parent_leaves_the_page_for_later() {
    let (server, account) = site(true).await;
    let busy = ResponseTemplate::new(503);
    Mock::given(path("/wp-json/wp/v2/comments"))
        .and(query_param("include", "5"))
        .respond_with(busy)
        .mount(&server)
        .await;
    listed(&server, &[("type", "comment")], paged(json!([comment(6, 5, 0, 60, "x")]), 1, 1)).await;
    let page = account.pull(SHOWN, None, NOW.plus(-DAY)).await;
    assert!(matches!(page, Err(Fault::Later { .. })), "{page:?}");
    assert!(account.memory().given.is_empty() && account.memory().tree.top(6).is_err());
}

#[tokio::test]
async fn a_torn_cursor_begins_anew_and_a_page_of_a_host_is_no_list() {
    let (server, account) = site(true).await;
    let html = ResponseTemplate::new(200).set_body_raw("<html>maintenance", "text/html");
    listed(&server, &[("after", "2026-09-20T14:13:20Z")], html).await;
    let torn = Cursor("{".into());
    let page = account.pull(SHOWN, Some(&torn), NOW.plus(-DAY)).await;
    assert!(matches!(page, Err(Fault::Unreadable { .. })), "{page:?}");
}
