//! Moderating: what is sent back, what the site answers, and what is not ours to change.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::wordpress::convert::{comment_name, post_name};
use crate::wordpress::fake::{answer, comment, refusal, site, with};
use guichet_model::Session;
use serde_json::json;
use wiremock::matchers::{body_json, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn there(server: &MockServer, told: Value) {
    let at = format!("/wp-json/wp/v2/comments/{}", told["id"]);
    Mock::given(method("GET")).and(path(at)).respond_with(answer(told)).mount(server).await;
}

fn code<T: std::fmt::Debug>(outcome: Result<T, Fault>) -> RefusalCode {
    match outcome {
        Err(Fault::Refused { reason }) => reason.code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_approval_gives_the_guests_address_and_browser_back() {
    let (server, account) = site(true).await;
    there(&server, with(comment(7, 0, 0, 60, "x"), "status", "hold")).await;
    let sent = json!({ "status": "approved", "author_ip": "203.0.113.7", "author_user_agent": "Navigateur/1" });
    Mock::given(method("POST"))
        .and(path("/wp-json/wp/v2/comments/7"))
        .and(body_json(sent))
        .respond_with(answer(comment(7, 0, 0, 60, "x")))
        .expect(1)
        .mount(&server)
        .await;
    let put = account.curation().unwrap().put(&comment_name(7), Publication::Published).await;
    assert_eq!(put, Ok(Publication::Published));
}

#[tokio::test]
async fn an_address_that_is_not_known_is_not_invented() {
    let (server, account) = site(true).await;
    let bare = with(with(comment(7, 0, 0, 60, "x"), "author_ip", ""), "author_user_agent", "");
    there(&server, bare.clone()).await;
    Mock::given(method("POST"))
        .and(body_json(json!({ "status": "spam" })))
        .respond_with(answer(with(bare, "status", "spam")))
        .expect(1)
        .mount(&server)
        .await;
    let put = account.curation().unwrap().put(&comment_name(7), Publication::Spam).await;
    assert_eq!(put, Ok(Publication::Spam));
}

#[tokio::test]
async fn what_the_site_ignores_is_seen() {
    let (server, account) = site(true).await;
    there(&server, comment(7, 0, 0, 60, "x")).await;
    let unchanged = answer(comment(7, 0, 0, 60, "x"));
    Mock::given(method("POST")).respond_with(unchanged).expect(1).mount(&server).await;
    let put = account.curation().unwrap().put(&comment_name(7), Publication::Pending).await;
    assert_eq!(put, Ok(Publication::Published));
    // Where it stands already nothing is asked.
    let put = account.curation().unwrap().put(&comment_name(7), Publication::Published).await;
    assert_eq!(put, Ok(Publication::Published));
}

#[tokio::test]
async fn to_the_trash_and_never_out_of_the_world() {
    let (server, account) = site(true).await;
    let deleted = |id: u64| {
        let mock = Mock::given(method("POST")).and(path(format!("/wp-json/wp/v2/comments/{id}")));
        mock.and(query_param("_method", "DELETE")).and(query_param_is_missing("force"))
    };
    let trashed = |id| with(comment(id, 0, 0, 60, "x"), "status", "trash");
    deleted(7).respond_with(answer(trashed(7))).expect(1).mount(&server).await;
    deleted(8).respond_with(refusal(410, "rest_already_trashed")).mount(&server).await;
    there(&server, trashed(8)).await;
    deleted(9).respond_with(refusal(501, "rest_trash_not_supported")).mount(&server).await;
    deleted(10).respond_with(refusal(404, "rest_comment_invalid_id")).mount(&server).await;
    Mock::given(path("/wp-json/wp/v2/comments/10"))
        .respond_with(refusal(404, "rest_comment_invalid_id"))
        .mount(&server)
        .await;
    let curation = account.curation().unwrap();
    assert_eq!(curation.put(&comment_name(7), Publication::Trash).await, Ok(Publication::Trash));
    assert_eq!(curation.put(&comment_name(8), Publication::Trash).await, Ok(Publication::Trash));
    assert_eq!(code(curation.put(&comment_name(9), Publication::Trash).await), RefusalCode::NotOffered);
    assert_eq!(code(curation.put(&comment_name(10), Publication::Trash).await), RefusalCode::Gone);
    assert_eq!(code(curation.put(&comment_name(7), Publication::Hidden).await), RefusalCode::NotOffered);
    assert_eq!(code(curation.put(&post_name(4), Publication::Trash).await), RefusalCode::NotOffered);
}

#[tokio::test]
async fn who_does_not_moderate_changes_nothing() {
    let (server, account) = site(false).await;
    let name = comment_name(7);
    assert_eq!(code(account.curation().unwrap().put(&name, Publication::Spam).await), RefusalCode::NotOffered);
    assert_eq!(code(account.own().unwrap().edit(&name, "x").await), RefusalCode::NotOffered);
    assert_eq!(code(account.own().unwrap().delete(&name).await), RefusalCode::NotOffered);
    let asked = server.received_requests().await.unwrap();
    assert!(asked.iter().all(|request| request.method.as_str() == "GET"));
}

#[tokio::test]
async fn our_own_text_is_changed_and_only_ours() {
    let (server, account) = site(true).await;
    there(&server, comment(12, 7, 1, 60, "avant")).await;
    there(&server, comment(13, 7, 0, 60, "d'un autre")).await;
    let sent = json!({ "content": "2 &lt; 3", "author_ip": "203.0.113.7", "author_user_agent": "Navigateur/1" });
    Mock::given(method("POST"))
        .and(path("/wp-json/wp/v2/comments/12"))
        .and(body_json(sent))
        .respond_with(answer(comment(12, 7, 1, 60, "2 &lt; 3")))
        .expect(1)
        .mount(&server)
        .await;
    let own = account.own().unwrap();
    let item = own.edit(&comment_name(12), " 2 < 3 ").await.unwrap();
    assert_eq!((item.body.text.as_str(), item.ours), ("2 < 3", true));
    assert_eq!(code(own.edit(&comment_name(13), "x").await), RefusalCode::Forbidden);
    assert_eq!(code(own.delete(&comment_name(13)).await), RefusalCode::Forbidden);
    assert_eq!(code(own.edit(&comment_name(12), " ").await), RefusalCode::Empty);
    assert_eq!(code(own.edit(&comment_name(12), &"x".repeat(65_526)).await), RefusalCode::TooLong);
}

#[tokio::test]
async fn our_own_text_goes_where_there_is_no_trash_too() {
    let (server, account) = site(true).await;
    there(&server, comment(12, 7, 1, 60, "à nous")).await;
    let asked = Mock::given(method("POST")).and(query_param_is_missing("force"));
    asked.respond_with(refusal(501, "rest_trash_not_supported")).expect(1).mount(&server).await;
    let forced = ResponseTemplate::new(200).set_body_json(json!({ "deleted": true, "previous": {} }));
    Mock::given(method("POST")).and(query_param("force", "true")).respond_with(forced).expect(1).mount(&server).await;
    assert_eq!(account.own().unwrap().delete(&comment_name(12)).await, Ok(()));
    Mock::given(path("/wp-json/wp/v2/comments/99"))
        .respond_with(refusal(404, "rest_comment_invalid_id"))
        .mount(&server)
        .await;
    assert_eq!(account.own().unwrap().delete(&comment_name(99)).await, Ok(()), "what was wanted is so");
}

#[tokio::test]
async fn what_a_site_only_says_was_taken_away_is_not() {
    let (server, account) = site(true).await;
    there(&server, comment(12, 7, 1, 60, "à nous")).await;
    Mock::given(method("POST")).respond_with(answer(comment(12, 7, 1, 60, "à nous"))).mount(&server).await;
    assert_eq!(account.own().unwrap().delete(&comment_name(12)).await, Err(Fault::Unsure));
    // On hold, for whoever does not moderate: that is no answer either.
    Mock::given(path("/wp-json/wp/v2/comments/13")).respond_with(refusal(403, "rest_cannot_read")).mount(&server).await;
    assert_eq!(code(account.own().unwrap().delete(&comment_name(13)).await), RefusalCode::Forbidden);
}
