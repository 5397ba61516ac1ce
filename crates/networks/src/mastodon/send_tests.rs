//! What leaves: the text, its audience, its bytes, and what an answer proves.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::mastodon::fake::{self, ME, NOW, account, identity, status, with};
use crate::mastodon::instance;
use guichet_model::{Addressee, Millis, Place, Proof, RemoteId, Session, Spending};
use serde_json::json;
use wiremock::matchers::{body_string, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn outgoing(text: &str) -> Outgoing {
    Outgoing {
        key: "11111111-2222-3333-4444-555555555555".into(),
        written_at: Millis(1_790_000_000_000),
        place: Place {
            remote: RemoteId::new("A"),
            conversation: RemoteId::new("A"),
            post: None,
            visibility: Some(Visibility::Unlisted),
            edited_at: None,
            read_at: NOW,
        },
        text: text.into(),
        to: vec![to("lea@b.test"), to("zoe")],
        visibility: None,
        warning: None,
        lang: Some("fr".into()),
        pictures: Vec::new(),
    }
}

fn to(handle: &str) -> Addressee {
    Addressee { remote: RemoteId::new(handle), handle: handle.into() }
}

fn made(outgoing: &Outgoing) -> Result<Prepared, Fault> {
    let told = instance::told_by(&json!({ "version": "4.6.0" }));
    prepare(outgoing, &identity("https://exemple.test"), &instance::capabilities(&told))
}

fn refusal(outgoing: &Outgoing) -> RefusalCode {
    match made(outgoing) {
        Err(Fault::Refused { reason }) => reason.code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn those_addressed_stand_in_front_once() {
    assert_eq!(made(&outgoing(" Merci ! ")).unwrap().text, "@lea@b.test @zoe Merci !");
    assert_eq!(made(&outgoing("@zoe merci")).unwrap().text, "@lea@b.test @zoe merci");
    assert_eq!(
        made(&outgoing("Merci @Lea@B.test et @zoe@exemple.test")).unwrap().text,
        "Merci @Lea@B.test et @zoe@exemple.test"
    );
    let doubled = Outgoing { to: vec![to("@zoe"), to("zoe"), to("zoe@exemple.test")], ..outgoing("oui") };
    assert_eq!(made(&doubled).unwrap().text, "@zoe oui");
}

#[test]
fn the_request_is_whole_and_the_same_each_time() {
    let one = Outgoing { warning: Some(" Prix ".into()), ..outgoing("12 €") };
    let prepared = made(&one).unwrap();
    assert_eq!(
        prepared.body,
        r#"{"status":"@lea@b.test @zoe 12 €","in_reply_to_id":"A","visibility":"unlisted","spoiler_text":"Prix","sensitive":true,"language":"fr"}"#
    );
    assert_eq!(made(&one).unwrap(), prepared);
    assert!(matches!(prepared.proof, Proof::Key { .. }));
    assert!(!format!("{prepared:?}").contains("12 €"));
}

#[test]
fn pictures_go_along_in_their_order_and_stand_for_no_words() {
    let pictures = vec![RemoteId::new("12"), RemoteId::new("7")];
    let one = Outgoing { pictures, ..outgoing("12 €") };
    let body: serde_json::Value = serde_json::from_str(&made(&one).unwrap().body).unwrap();
    assert_eq!(body["media_ids"], json!(["12", "7"]));
    assert_eq!(refusal(&Outgoing { text: "@zoe ".into(), ..one }), RefusalCode::Empty);
}

#[test]
fn nobody_reads_it_who_could_not_read_what_it_answers() {
    let with = |asked, parent| {
        let mut one = outgoing("oui");
        one.visibility = asked;
        one.place.visibility = parent;
        one
    };
    use Visibility::*;
    let asked = |asked, parent| made(&with(asked, parent)).map(|p| p.body.contains("\"public\""));
    assert_eq!(asked(Some(Public), Some(Public)), Ok(true));
    assert_eq!(refusal(&with(Some(Public), Some(Unlisted))), RefusalCode::Forbidden);
    assert_eq!(refusal(&with(Some(Unlisted), Some(Followers))), RefusalCode::Forbidden);
    assert_eq!(refusal(&with(Some(Followers), Some(Direct))), RefusalCode::Forbidden);
    assert!(made(&with(Some(Direct), Some(Public))).unwrap().body.contains("\"visibility\":\"direct\""));
    assert!(made(&with(None, Some(Direct))).unwrap().body.contains("\"visibility\":\"direct\""));
    assert!(made(&with(None, None)).unwrap().body.contains("\"visibility\":\"private\""));
}

#[test]
fn a_private_reply_names_nobody_from_outside() {
    let private = |text: &str| Outgoing { visibility: Some(Visibility::Direct), ..outgoing(text) };
    assert!(made(&private("merci @zoe")).is_ok());
    assert!(made(&private("c'est @librairie qui paie")).is_ok(), "we are in it ourselves");
    assert_eq!(refusal(&private("demandez à @max")), RefusalCode::Forbidden);
    assert_eq!(refusal(&private("demandez à @zoe@autre.test")), RefusalCode::Forbidden);
    assert!(made(&private("écrivez à max@autre.test ou https://a.fr/@max")).is_ok(), "an address is no mention");
    assert_eq!(refusal(&Outgoing { to: Vec::new(), ..private("seul") }), RefusalCode::Invalid);
    assert!(made(&outgoing("demandez à @max")).is_ok(), "in public it only invites");
}

#[test]
fn too_long_and_empty_are_refused_before_leaving() {
    assert_eq!(refusal(&outgoing("")), RefusalCode::Empty);
    assert_eq!(refusal(&outgoing(" \n ")), RefusalCode::Empty);
    assert_eq!(refusal(&outgoing("@lea@b.test @zoe ")), RefusalCode::Empty);
    // "@lea" and "@zoe" and their spaces count ten.
    assert!(made(&outgoing(&"x".repeat(490))).is_ok());
    assert_eq!(refusal(&outgoing(&"x".repeat(491))), RefusalCode::TooLong);
    let warned = Outgoing { warning: Some("ab".into()), ..outgoing(&"x".repeat(489)) };
    assert_eq!(refusal(&warned), RefusalCode::TooLong);
}

#[tokio::test]
async fn one_request_leaves_with_the_frozen_bytes_and_its_key() {
    let server = MockServer::start().await;
    let prepared = made(&outgoing("oui")).unwrap();
    let told = with(status("N", ME, Some("A"), 0, "@lea@b.test @zoe oui"), "visibility", json!("unlisted"));
    Mock::given(method("POST"))
        .and(path("/api/v1/statuses"))
        .and(header("idempotency-key", prepared.key.as_str()))
        .and(header("authorization", "Bearer jeton"))
        .and(header("content-type", "application/json"))
        .and(body_string(prepared.body.clone()))
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_json(told)
                .insert_header("x-ratelimit-remaining", "235")
                .insert_header("x-ratelimit-reset", "2026-09-21T15:00:00Z"),
        )
        .expect(1)
        .mount(&server)
        .await;
    let (account, purse) = account(&server.uri());
    let item = Session::send(&account, &prepared, fake::word(true)).await.unwrap();
    assert!(item.ours && item.remote.as_str() == "N" && item.in_reply_to == Some(RemoteId::new("A")));
    assert_eq!((item.kind, item.conversation), (Kind::Comment, None));
    let (spending, left, _) = purse.told.lock().unwrap()[0];
    assert_eq!((spending, left), (Spending::Send, 235));
}

#[tokio::test]
async fn an_answer_that_proves_nothing_is_unsure() {
    for told in [
        json!({}),
        json!([]),
        json!({ "id": "N" }),
        status("N", "quelquun", Some("A"), 0, "pas de nous"),
        status("N", ME, Some("B"), 0, "pas ici"),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .respond_with(ResponseTemplate::new(200).set_body_json(&told))
            .expect(1)
            .mount(&server)
            .await;
        let (account, _) = account(&server.uri());
        let outcome = Session::send(&account, &made(&outgoing("oui")).unwrap(), fake::word(true)).await;
        assert_eq!(outcome.err(), Some(Fault::Unsure), "{told}");
    }
}

#[tokio::test]
async fn without_budget_nothing_leaves() {
    let server = MockServer::start().await;
    let (account, purse) = account(&server.uri());
    *purse.left.lock().unwrap() = Some(0);
    let outcome = Session::send(&account, &made(&outgoing("oui")).unwrap(), fake::word(true)).await;
    assert!(matches!(outcome, Err(Fault::Later { .. })));
    assert!(server.received_requests().await.unwrap().is_empty());
}

/// The connection stands, the handshake is over, and the last word is no: the server has read nothing, and it is certain.
#[tokio::test]
async fn held_while_it_connects_no_byte_leaves() {
    use tokio::io::AsyncReadExt;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (account, _) = account(&format!("http://{}", listener.local_addr().unwrap()));
    let read = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.map(|_| bytes)
    });
    let sent = Session::send(&account, &made(&outgoing("Merci")).unwrap(), fake::word(false)).await;
    assert!(matches!(sent, Err(Fault::Offline { .. })), "{sent:?}");
    assert_eq!(read.await.unwrap().unwrap_or_default(), b"", "connected, and nothing came");
}
