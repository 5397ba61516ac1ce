//! What is looked for at the source, and what is made of it.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::wordpress::convert::{comment_name, post_name};
use crate::wordpress::fake::{NOW, answer, comment, refusal, site, with};
use guichet_model::{DAY, Proof, RefusalCode, SECOND, Session};
use serde_json::{Value, json};
use wiremock::matchers::{path, query_param};
use wiremock::{Mock, MockServer};

fn prepared(text: &str) -> Prepared {
    Prepared {
        key: "k".into(),
        body: json!({ "post": 4, "parent": 7, "content": text }).to_string(),
        place: comment_name(7),
        text: text.into(),
        proof: Proof::RefusesDuplicate,
    }
}

fn answered_place() -> Place {
    Place {
        remote: comment_name(7),
        conversation: comment_name(7),
        post: Some(post_name(4)),
        visibility: None,
        edited_at: None,
        read_at: NOW.plus(-600 * SECOND),
    }
}

async fn under_seven(server: &MockServer, told: Value) {
    let mock =
        Mock::given(path("/wp-json/wp/v2/comments")).and(query_param("post", "4")).and(query_param("parent", "7"));
    mock.respond_with(answer(told)).mount(server).await;
}

async fn seven(server: &MockServer, told: Value) {
    Mock::given(path("/wp-json/wp/v2/comments/7")).respond_with(answer(told)).mount(server).await;
}

#[tokio::test]
async fn ours_at_the_place_are_found_with_what_the_site_made_of_them() {
    let (server, account) = site(true).await;
    let told = json!([
        comment(14, 7, 1, 5, "autre texte"),
        comment(13, 7, 1, 10, "l&#8217;été"),
        comment(12, 7, 1, 20, "l'été"),
        comment(11, 7, 2, 25, "l'été"),
        comment(10, 9, 1, 26, "l'été"),
        comment(9, 7, 1, 90_000, "l'été"),
    ]);
    under_seven(&server, told).await;
    let found = account.find(&prepared("l'été"), NOW.plus(-60 * SECOND)).await.unwrap();
    let ids = |items: &[Item]| items.iter().map(|item| item.remote.0.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&found.same), ["comment:12", "comment:13"]);
    assert_eq!(ids(&found.other), ["comment:14"]);
    assert!(found.complete);
}

#[tokio::test]
async fn what_may_hide_is_not_absent() {
    let (server, account) = site(false).await;
    under_seven(&server, json!([])).await;
    let found = account.find(&prepared("oui"), NOW).await.unwrap();
    assert!(!found.complete, "what waits is not shown to us");
    let (server, account) = site(true).await;
    under_seven(&server, json!([{ "id": 3 }])).await;
    let found = account.find(&prepared("oui"), NOW).await.unwrap();
    assert!(!found.complete, "one could not be read");
    // Nor where it stood a page higher up.
    let (server, account) = site(true).await;
    let page = |n: &str| {
        let page = Mock::given(path("/wp-json/wp/v2/comments")).and(query_param("page", n));
        page.and(query_param("parent", "7"))
    };
    let mut first: Vec<Value> = (10..109).map(|id| comment(id, 7, 1, 5, "non")).collect();
    first.push(json!({ "id": 3 }));
    page("1").respond_with(answer(first)).mount(&server).await;
    page("2").respond_with(answer(json!([]))).mount(&server).await;
    let found = account.find(&prepared("oui"), NOW.plus(-60 * SECOND)).await.unwrap();
    assert!(!found.complete, "one could not be read");
}

#[tokio::test]
async fn a_recheck_sees_what_became_of_it() {
    let (server, account) = site(true).await;
    seven(&server, comment(7, 0, 0, 9_000, "bonjour")).await;
    under_seven(&server, json!([])).await;
    assert_eq!(account.recheck(&answered_place()).await.unwrap(), Recheck::Same);

    let (server, account) = site(true).await;
    seven(&server, comment(7, 0, 0, 9_000, "bonjour")).await;
    let answers = json!([comment(12, 7, 1, 30, "déjà"), comment(8, 7, 1, 800, "avant de lire")]);
    under_seven(&server, answers).await;
    let Recheck::Answered(item) = account.recheck(&answered_place()).await.unwrap() else { unreachable!() };
    assert_eq!(item.remote, comment_name(12));

    let (server, account) = site(true).await;
    Mock::given(path("/wp-json/wp/v2/comments/7"))
        .respond_with(refusal(404, "rest_comment_invalid_id"))
        .mount(&server)
        .await;
    assert_eq!(account.recheck(&answered_place()).await.unwrap(), Recheck::Gone);

    let (server, account) = site(true).await;
    seven(&server, with(comment(7, 0, 0, 9_000, "bonjour"), "status", "trash")).await;
    let Recheck::Edited(item) = account.recheck(&answered_place()).await.unwrap() else { unreachable!() };
    assert_eq!(item.publication, Publication::Trash, "it may be put back");

    // On hold, for whoever does not moderate.
    let (server, account) = site(false).await;
    Mock::given(path("/wp-json/wp/v2/comments/7")).respond_with(refusal(403, "rest_cannot_read")).mount(&server).await;
    let told = account.recheck(&answered_place()).await;
    assert!(matches!(told, Err(Fault::Refused { reason }) if reason.code == RefusalCode::Forbidden));
}

/// A firewall's page, a broken rewriting: nothing that the site said of this comment.
#[tokio::test]
async fn only_the_site_makes_a_comment_gone() {
    for status in [403, 404, 410] {
        let (server, account) = site(true).await;
        let page = wiremock::ResponseTemplate::new(status).set_body_raw("<html>Not Found", "text/html");
        Mock::given(path("/wp-json/wp/v2/comments/7")).respond_with(page).mount(&server).await;
        let told = account.recheck(&answered_place()).await;
        assert!(matches!(told, Err(Fault::Unreadable { .. })), "{told:?}");
    }
}

#[tokio::test]
async fn an_edit_is_seen_by_its_text() {
    let (server, account) = site(true).await;
    let read = Comment::read(&comment(7, 0, 0, 9_000, "avant")).unwrap().unwrap();
    assert!(!account.memory().changes(&read));
    seven(&server, comment(7, 0, 0, 9_000, "après")).await;
    under_seven(&server, json!([])).await;
    let Recheck::Edited(item) = account.recheck(&answered_place()).await.unwrap() else { unreachable!() };
    assert_eq!(item.body.text, "après");
    // The desk has it now.
    assert_eq!(account.recheck(&answered_place()).await.unwrap(), Recheck::Same);
}

#[tokio::test]
async fn a_post_has_nothing_to_recheck() {
    let (_server, account) = site(true).await;
    let place = Place { remote: post_name(4), read_at: NOW.plus(-DAY), ..answered_place() };
    assert_eq!(account.recheck(&place).await.unwrap(), Recheck::Same);
}
