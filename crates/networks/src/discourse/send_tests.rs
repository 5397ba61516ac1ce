//! What leaves, and what its answers mean.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::discourse::fake::{NOW, answer, forum, on, outgoing, post, refusal, refused, topic, word};
use guichet_model::{Kind, Publication, Session};
use wiremock::ResponseTemplate;
use wiremock::matchers::{body_json, method, path};

const TEXT: &str = "Jeudi à 18 h 30, **comme d’habitude**.";

#[tokio::test]
async fn the_request_is_made_once_and_says_where() {
    let (server, account) = forum().await;
    on(&server, "GET", "/posts/902.json", answer(post(9, 2, "lea", None, 60, "À quelle heure ?"))).await;
    let prepared = account.prepare(&outgoing("post:9.902", &format!(" {TEXT}\r\n"))).await.unwrap();
    let body: Value = serde_json::from_str(&prepared.body).unwrap();
    assert_eq!(body, json!({ "raw": TEXT, "topic_id": 9, "reply_to_post_number": 2 }));
    assert_eq!((prepared.text.as_str(), place(&prepared).unwrap()), (TEXT, (9, Some(2))));
    assert!(!prepared.proof.allows_resend(0), "staff may double: nothing leaves again by itself");
    account.prepare(&outgoing("post:9.902", TEXT)).await.unwrap();
    assert_eq!(server.received_requests().await.unwrap().len(), 2, "the settings and the number are asked once");
    let to_all = account.prepare(&outgoing("topic:9", TEXT)).await.unwrap();
    assert_eq!(place(&to_all).unwrap(), (9, None));
}

#[tokio::test]
async fn what_the_forum_would_refuse_is_refused_before() {
    let (server, account) = forum().await;
    on(&server, "GET", "/posts/902.json", refusal(404, "not_found")).await;
    let code = |text: &str, at: &str| {
        let outgoing = outgoing(at, text);
        let account = &account;
        async move { refused(account.prepare(&outgoing).await) }
    };
    assert_eq!(code(" \n", "topic:9").await, RefusalCode::Empty);
    assert_eq!(code("Trop court", "topic:9").await, RefusalCode::TooShort);
    assert_eq!(code(&"é".repeat(101), "topic:9").await, RefusalCode::TooLong);
    assert_eq!(code(TEXT, "post:9.902").await, RefusalCode::Gone);
    assert_eq!(code(TEXT, "queued:9.00").await, RefusalCode::NotOffered);
    let mut private = outgoing("topic:9", "Dix signes.");
    private.place.visibility = Some(Visibility::Direct);
    account.prepare(&private).await.unwrap();
    private.warning = Some("attention".into());
    assert_eq!(refused(account.prepare(&private).await), RefusalCode::NotOffered);
}

async fn sent(told: ResponseTemplate, may_leave: bool) -> (Result<Item, Fault>, usize) {
    let (server, account) = forum().await;
    let at = topic(9, "librairie", false, vec![post(9, 2, "lea", None, 60, "À quelle heure ?")]);
    on(&server, "GET", "/t/9/999999.json", answer(at)).await;
    on(&server, "GET", "/posts/902.json", answer(post(9, 2, "lea", None, 60, "À quelle heure ?"))).await;
    let prepared = account.prepare(&outgoing("post:9.902", TEXT)).await.unwrap();
    let wanted = json!({ "raw": TEXT, "topic_id": 9, "reply_to_post_number": 2 });
    let write = wiremock::Mock::given(method("POST")).and(path("/posts.json")).and(body_json(wanted));
    write.respond_with(told).mount(&server).await;
    let outcome = account.send(&prepared, word(may_leave)).await;
    let asked = server.received_requests().await.unwrap();
    (outcome, asked.iter().filter(|request| request.method.as_str() == "POST").count())
}

#[tokio::test]
async fn what_is_published_is_told_with_its_thread() {
    let mine = post(9, 3, "librairie", Some(2), 0, TEXT);
    for told in [mine.clone(), json!({ "action": "create_post", "post": mine, "success": true })] {
        let (item, asked) = sent(answer(told), true).await;
        let item = item.unwrap();
        assert_eq!((item.remote.as_str(), item.ours, item.kind), ("post:9.903", true, Kind::Comment));
        assert_eq!(item.in_reply_to, Some(post_name(9, 902)));
        assert_eq!((item.body.text.as_str(), item.publication, asked), (TEXT, Publication::Published, 1));
    }
    let mut bare = post(9, 3, "librairie", Some(2), 0, TEXT);
    bare.as_object_mut().unwrap().remove("raw");
    assert_eq!(sent(answer(bare), true).await.0.unwrap().body.text, TEXT, "of old without what was written");
}

#[tokio::test]
async fn what_waits_for_approval_is_there_and_pending() {
    let told = json!({ "action": "enqueued", "success": true, "pending_count": 1,
        "pending_post": { "id": 5, "raw": TEXT, "topic_id": 9, "created_at": "2026-09-30T14:13:20.000Z" } });
    for told in [told, json!({ "action": "enqueued", "success": true })] {
        let item = sent(answer(told), true).await.0.unwrap();
        assert_eq!((item.publication, item.ours, item.at), (Publication::Pending, true, NOW));
        assert_eq!((item.remote, item.body.text.as_str()), (convert::queued_name(9, TEXT), TEXT));
    }
}

#[tokio::test]
async fn a_refusal_is_certain_and_everything_else_is_not() {
    let short = json!({ "action": "create_post", "errors": ["Le corps du message est trop court"] });
    let (outcome, _) = sent(ResponseTemplate::new(422).set_body_json(short), true).await;
    let Err(Fault::Refused { reason }) = outcome else { unreachable!() };
    assert_eq!(reason.said.as_deref(), Some("Le corps du message est trop court"));
    let others = [
        ResponseTemplate::new(502),
        ResponseTemplate::new(200).set_body_string("<html>"),
        ResponseTemplate::new(302).insert_header("location", "/login"),
        answer(json!({})),
        answer(post(9, 3, "lea", Some(2), 0, TEXT)),
        answer(post(8, 3, "librairie", Some(2), 0, TEXT)),
    ];
    for told in others {
        let (outcome, asked) = sent(told, true).await;
        assert_eq!((outcome, asked), (Err(Fault::Unsure), 1));
    }
}

#[tokio::test]
async fn a_forum_that_takes_nothing_just_now_has_not_taken_this() {
    let (outcome, asked) = sent(refusal(503, "read_only"), true).await;
    assert!(matches!(outcome, Err(Fault::Later { .. })), "{outcome:?}");
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn a_hold_placed_while_connecting_lets_nothing_leave() {
    let (outcome, asked) = sent(answer(json!({})), false).await;
    assert!(matches!(outcome, Err(Fault::Offline { .. })));
    assert_eq!(asked, 0);
}
