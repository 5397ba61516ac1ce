//! Known items looked at again.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::wordpress::fake::{answer, comment, included, refusal, site, with};
use guichet_model::{Publication, Session};
use serde_json::json;
use wiremock::Mock;
use wiremock::matchers::{path, query_param};

#[tokio::test]
async fn one_question_tells_edits_and_places_and_one_each_what_is_gone() {
    let (server, account) = site(true).await;
    Mock::given(path("/wp-json/wp/v2/comments"))
        .and(query_param("include", "1,2,3"))
        .and(query_param("status", "any"))
        .respond_with(answer(json!([with(comment(2, 0, 0, 900, "corrigé"), "status", "trash")])))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(path("/wp-json/wp/v2/comments/1"))
        .respond_with(refusal(404, "rest_comment_invalid_id"))
        .mount(&server)
        .await;
    Mock::given(path("/wp-json/wp/v2/comments/3")).respond_with(answer(json!("rien"))).mount(&server).await;
    let ids: Vec<_> = [1, 2, 3].map(comment_name).into();
    let page = account.again().unwrap().look(&ids).await.unwrap();
    assert_eq!(page.gone, [comment_name(1)]);
    assert_eq!((page.items.len(), page.unreadable.len()), (1, 1));
    assert_eq!((page.items[0].body.text.as_str(), page.items[0].publication), ("corrigé", Publication::Trash));
    assert!(page.cursor.is_none());
}

#[tokio::test]
async fn what_is_kept_from_us_is_not_gone() {
    let (server, account) = site(false).await;
    included(&server, "1", json!([])).await;
    Mock::given(path("/wp-json/wp/v2/comments/1")).respond_with(refusal(403, "rest_cannot_read")).mount(&server).await;
    let page = account.again().unwrap().look(&[comment_name(1)]).await.unwrap();
    assert!(page.gone.is_empty() && page.items.is_empty());
}

#[tokio::test]
async fn a_post_is_looked_for_in_every_type() {
    let (server, account) = site(true).await;
    Mock::given(path("/wp-json/wp/v2/pages")).respond_with(answer(json!([]))).mount(&server).await;
    let types = json!({ "post": { "rest_base": "posts" }, "wp_block": { "rest_base": "blocks" },
        "livre": { "rest_base": "livres" }, "mal": { "rest_base": "../x" } });
    Mock::given(path("/wp-json/wp/v2/types")).respond_with(answer(types)).expect(1).mount(&server).await;
    let book = json!([{ "id": 77, "date_gmt": "2026-09-20T08:00:00", "title": { "rendered": "Un livre" } }]);
    Mock::given(path("/wp-json/wp/v2/livres"))
        .and(query_param("include", "77"))
        .respond_with(answer(book))
        .expect(1)
        .mount(&server)
        .await;
    let page = account.again().unwrap().look(&[post_name(4), post_name(77)]).await.unwrap();
    let told: Vec<_> = page.items.iter().map(|item| item.remote.as_str()).collect();
    assert_eq!(told, ["post:4", "post:77"]);
    assert!(page.gone.is_empty());
}

#[tokio::test]
async fn a_site_out_of_breath_makes_nothing_gone() {
    let (server, account) = site(true).await;
    included(&server, "1", json!([])).await;
    Mock::given(path("/wp-json/wp/v2/comments/1"))
        .respond_with(wiremock::ResponseTemplate::new(503))
        .mount(&server)
        .await;
    let looked = account.again().unwrap().look(&[comment_name(1)]).await;
    assert!(matches!(looked, Err(Fault::Later { .. })), "{looked:?}");
    let nothing = account.again().unwrap().look(&[RemoteId::new("autre")]).await.unwrap();
    assert!(nothing.items.is_empty() && nothing.gone.is_empty());
}
