//! What leaves: the text, its place, its bytes, and what an answer proves.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::wordpress::convert::comment_name;
use crate::wordpress::fake::{NOW, answer, comment, refusal, site, with, word};
use guichet_model::{Millis, Place, Proof, Publication, RemoteId, Session};
use wiremock::matchers::{body_string, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn outgoing(text: &str) -> Outgoing {
    Outgoing {
        key: "11111111-2222-3333-4444-555555555555".into(),
        written_at: Millis(1_790_000_000_000),
        place: Place {
            remote: comment_name(7),
            conversation: comment_name(7),
            post: Some(post_name(4)),
            visibility: None,
            edited_at: None,
            read_at: NOW,
        },
        text: text.into(),
        to: Vec::new(),
        visibility: None,
        warning: None,
        lang: None,
        pictures: Vec::new(),
    }
}

async fn refused(account: &Account, outgoing: &Outgoing) -> RefusalCode {
    match prepare(account, outgoing).await {
        Err(Fault::Refused { reason }) => reason.code,
        other => panic!("{other:?}"),
    }
}

async fn answered(server: &MockServer, answer: ResponseTemplate) {
    Mock::given(method("POST")).and(path("/wp-json/wp/v2/comments")).respond_with(answer).expect(1).mount(server).await;
}

#[tokio::test]
async fn the_request_is_whole_and_the_same_each_time() {
    let (server, account) = site(true).await;
    let prepared = prepare(&account, &outgoing(" 2 < 3 & <b>\r\n« oui » ")).await.unwrap();
    assert_eq!(prepared.body, r#"{"post":4,"parent":7,"content":"2 &lt; 3 &amp; &lt;b&gt;\n« oui »"}"#);
    assert_eq!(prepared.text, "2 < 3 & <b>\n« oui »");
    assert_eq!(prepare(&account, &outgoing(" 2 < 3 & <b>\r\n« oui » ")).await.unwrap(), prepared);
    assert_eq!(prepared.proof, Proof::RefusesDuplicate);
    assert!(server.received_requests().await.unwrap().is_empty(), "nothing was asked");
}

#[tokio::test]
async fn a_post_is_answered_at_its_top_and_an_unknown_one_is_asked_for() {
    let (server, account) = site(true).await;
    let mut at_post = outgoing("oui");
    at_post.place.remote = post_name(4);
    assert_eq!(place(&prepare(&account, &at_post).await.unwrap()).unwrap(), (4, 0));
    let mut unknown = outgoing("oui");
    unknown.place.post = None;
    Mock::given(path("/wp-json/wp/v2/comments/7")).respond_with(answer(comment(7, 0, 0, 60, "x"))).mount(&server).await;
    assert_eq!(place(&prepare(&account, &unknown).await.unwrap()).unwrap(), (4, 7));
    unknown.place.remote = RemoteId::new("user:7");
    assert_eq!(refused(&account, &unknown).await, RefusalCode::NotOffered);
}

#[tokio::test]
async fn too_long_and_empty_are_refused_before_leaving() {
    let (_server, account) = site(true).await;
    assert_eq!(refused(&account, &outgoing(" \n ")).await, RefusalCode::Empty);
    assert!(prepare(&account, &outgoing(&"x".repeat(65_525))).await.is_ok());
    assert_eq!(refused(&account, &outgoing(&"x".repeat(65_526))).await, RefusalCode::TooLong);
    // Bytes are counted, as they will be stored.
    assert_eq!(refused(&account, &outgoing(&"é".repeat(32_763))).await, RefusalCode::TooLong);
    assert_eq!(refused(&account, &outgoing(&"&".repeat(13_106))).await, RefusalCode::TooLong);
    let pictured = Outgoing { pictures: vec![RemoteId::new("1")], ..outgoing("oui") };
    assert_eq!(refused(&account, &pictured).await, RefusalCode::NotOffered);
}

#[tokio::test]
async fn one_request_leaves_with_the_frozen_bytes() {
    let (server, account) = site(true).await;
    let prepared = prepare(&account, &outgoing("Merci <3")).await.unwrap();
    let told = with(comment(50, 7, 1, 0, "Merci &lt;3"), "status", "hold");
    Mock::given(method("POST"))
        .and(path("/wp-json/wp/v2/comments"))
        .and(header("authorization", "Basic bGlicmFpcmllOmFiY2QgRUZHSA=="))
        .and(header("content-type", "application/json"))
        .and(body_string(prepared.body.clone()))
        .respond_with(ResponseTemplate::new(201).set_body_json(told))
        .expect(1)
        .mount(&server)
        .await;
    let item = Session::send(&account, &prepared, word(true)).await.unwrap();
    assert!(item.ours);
    assert_eq!((item.remote, item.in_reply_to), (comment_name(50), Some(comment_name(7))));
    assert_eq!(item.body.text, prepared.text);
    assert_eq!(item.publication, Publication::Pending, "the site lets it wait, and says so");
}

#[tokio::test]
async fn an_answer_that_proves_nothing_is_unsure() {
    for told in [
        json!({}),
        json!([]),
        json!({ "id": 50 }),
        comment(50, 7, 2, 0, "pas de nous"),
        comment(50, 8, 1, 0, "pas ici"),
        with(comment(50, 7, 1, 0, "pas là"), "post", 5),
        with(comment(50, 7, 1, 0, "autre chose"), "type", "note"),
    ] {
        let (server, account) = site(true).await;
        answered(&server, ResponseTemplate::new(200).set_body_json(&told)).await;
        let prepared = prepare(&account, &outgoing("oui")).await.unwrap();
        let outcome = Session::send(&account, &prepared, word(true)).await;
        assert_eq!(outcome.err(), Some(Fault::Unsure), "{told}");
    }
}

#[tokio::test]
async fn a_duplicate_is_read_where_it_stands() {
    let (server, account) = site(true).await;
    answered(&server, refusal(409, "comment_duplicate")).await;
    let there = json!([
        comment(60, 7, 1, 10, "autre"),
        comment(55, 7, 1, 30, "C'est &quot;oui&quot;"),
        with(comment(56, 7, 1, 20, "C'est \"oui\""), "status", "trash"),
    ]);
    Mock::given(method("GET"))
        .and(path("/wp-json/wp/v2/comments"))
        .and(query_param("post", "4"))
        .and(query_param("parent", "7"))
        .and(query_param("author", "1"))
        .respond_with(answer(there))
        .expect(1)
        .mount(&server)
        .await;
    let prepared = prepare(&account, &outgoing("C'est \"oui\"")).await.unwrap();
    let item = Session::send(&account, &prepared, word(true)).await.unwrap();
    assert_eq!(item.remote, comment_name(55));
}

#[tokio::test]
async fn a_duplicate_that_is_not_shown_or_cannot_be_read_is_looked_for() {
    for shown in [answer(json!([])), ResponseTemplate::new(503)] {
        let (server, account) = site(true).await;
        answered(&server, refusal(409, "comment_duplicate")).await;
        Mock::given(method("GET")).and(path("/wp-json/wp/v2/comments")).respond_with(shown).mount(&server).await;
        let prepared = prepare(&account, &outgoing("oui")).await.unwrap();
        let outcome = Session::send(&account, &prepared, word(true)).await;
        assert_eq!(outcome.err(), Some(Fault::Unsure));
    }
}

#[tokio::test]
async fn refusals_are_certain_and_a_firewalls_page_is_not() {
    for (told, wanted) in [
        (refusal(403, "rest_comment_closed"), Fault::refused(RefusalCode::WindowClosed, Some("Non’".into()))),
        (refusal(400, "comment_flood"), Fault::Later { after: NOW.plus(15_000) }),
        (refusal(401, "rest_not_logged_in"), Fault::NeedsLogin),
        (ResponseTemplate::new(403).set_body_string("<html>Blocked</html>"), Fault::Unsure),
        (refusal(500, "rest_comment_failed_create"), Fault::Unsure),
        (ResponseTemplate::new(302).insert_header("location", "/wp-login.php"), Fault::Unsure),
    ] {
        let (server, account) = site(true).await;
        answered(&server, told).await;
        let prepared = prepare(&account, &outgoing("oui")).await.unwrap();
        assert_eq!(Session::send(&account, &prepared, word(true)).await.err(), Some(wanted));
    }
}

/// The connection stands and the last word is no: the server has read nothing, and it is certain.
#[tokio::test]
async fn held_while_it_connects_no_byte_leaves() {
    let (server, account) = site(true).await;
    let prepared = prepare(&account, &outgoing("oui")).await.unwrap();
    let sent = Session::send(&account, &prepared, word(false)).await;
    assert!(matches!(sent, Err(Fault::Offline { .. })), "{sent:?}");
    assert!(server.received_requests().await.unwrap().is_empty());
}
