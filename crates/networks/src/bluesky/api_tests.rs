//! Tokens that end, pairs that are exchanged once, and what leaves with them.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::bluesky::fake::{
    ME, account_of, answer, asked, asks, code_of, fixture, identity, on, outgoing, post, refusal, says, secret, shows,
    token, uri, word,
};
use guichet_model::Session;
use serde_json::json;
use wiremock::matchers::header;
use wiremock::{MockServer, ResponseTemplate};

const READ: &str = "app.bsky.actor.getProfile";
const REFRESH: &str = "com.atproto.server.refreshSession";

/// Takes the second token alone, and gives it for the first refresh token, once.
async fn with_a_new_token(
    status: u16,
    name: &str,
) -> (MockServer, crate::bluesky::session::Account, crate::bluesky::fake::Kept) {
    let server = MockServer::start().await;
    let (old, new) = (token("access-1", 7_200), token("access-2", 7_200));
    asks(READ)
        .and(header("authorization", format!("Bearer {new}").as_str()))
        .respond_with(answer(json!({ "did": ME })))
        .mount(&server)
        .await;
    on(READ).respond_with(refusal(status, name, "Token has expired")).mount(&server).await;
    on(REFRESH)
        .and(header("authorization", "Bearer refresh-1"))
        .respond_with(answer(
            json!({ "accessJwt": new, "refreshJwt": "refresh-2", "did": ME, "handle": "librairie.test" }),
        ))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    on(REFRESH).respond_with(refusal(400, "ExpiredToken", "Token has been revoked")).mount(&server).await;
    let (account, kept) = account_of(&secret(&server.uri(), &old));
    (server, account, kept)
}

/// An exchange that takes a moment, and can be made once.
async fn slow() -> (MockServer, crate::bluesky::session::Account, crate::bluesky::fake::Kept) {
    let server = MockServer::start().await;
    let pair = json!({ "accessJwt": token("access-2", 7_200), "refreshJwt": "refresh-2", "did": ME });
    on(REFRESH)
        .respond_with(answer(pair).set_delay(std::time::Duration::from_millis(300)))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    on(REFRESH).respond_with(refusal(400, "ExpiredToken", "Token has been revoked")).mount(&server).await;
    says(&server, READ, json!({ "did": ME })).await;
    let (account, kept) = account_of(&secret(&server.uri(), &token("access-1", 30)));
    (server, account, kept)
}

/// The first token of a pair is good for one exchange: whoever gives up waiting for it must not take the new one along.
#[tokio::test]
async fn an_exchange_that_nobody_waits_for_is_kept_all_the_same() {
    let (server, account, kept) = slow().await;
    let short = std::time::Duration::from_millis(100);
    assert!(tokio::time::timeout(short, account.api.get(READ, &[])).await.is_err());
    assert!(account.api.get(READ, &[]).await.is_ok());
    assert_eq!((kept.told()["refresh"].as_str(), asked(&server, REFRESH).await.len()), (Some("refresh-2"), 1));
}

#[tokio::test]
async fn a_pair_that_the_vault_cannot_take_is_kept_until_it_can() {
    let (server, account, kept) = slow().await;
    kept.is_full(true);
    assert!(account.api.get(READ, &[]).await.is_err());
    assert!(account.api.get(READ, &[]).await.is_err(), "nor is it used before");
    kept.is_full(false);
    assert!(account.api.get(READ, &[]).await.is_ok());
    assert_eq!((kept.told()["refresh"].as_str(), asked(&server, REFRESH).await.len()), (Some("refresh-2"), 1));
}

#[tokio::test]
async fn an_exchange_does_not_overwrite_a_sign_in_made_meanwhile() {
    let (server, account, kept) = slow().await;
    let mut anew = secret(&server.uri(), &token("access-9", 7_200));
    anew["refresh"] = "refresh-9".into();
    let signed = async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        kept.put(&anew);
    };
    let (read, ()) = tokio::join!(account.api.get(READ, &[]), signed);
    assert!(read.is_ok());
    assert_eq!(kept.told()["refresh"], "refresh-9");
}

#[tokio::test]
async fn a_token_that_ended_is_exchanged_once_and_the_pair_is_kept() {
    for (status, name) in [(400, "ExpiredToken"), (401, "ExpiredToken")] {
        let (server, account, kept) = with_a_new_token(status, name).await;
        let read = || account.api.get(READ, &[]);
        // Three at once: the pair is good for one exchange.
        let (one, two, three) = tokio::join!(read(), read(), read());
        assert!([one, two, three].iter().all(Result::is_ok));
        assert_eq!(asked(&server, REFRESH).await.len(), 1);
        assert_eq!(kept.told()["refresh"], "refresh-2");
        assert_eq!(kept.told()["access"], token("access-2", 7_200));
        let request = asked(&server, REFRESH).await.remove(0);
        assert!(request.body.is_empty(), "the method takes nothing");
    }
}

#[tokio::test]
async fn a_token_about_to_end_is_exchanged_before_it_is_used() {
    let (server, _, _) = with_a_new_token(400, "ExpiredToken").await;
    let (account, kept) = account_of(&secret(&server.uri(), &token("access-1", 60)));
    account.api.get(READ, &[]).await.unwrap();
    assert_eq!(asked(&server, READ).await.len(), 1);
    assert_eq!(kept.told()["refresh"], "refresh-2");
}

#[tokio::test]
async fn what_cannot_be_exchanged_asks_for_a_sign_in() {
    let (server, account, _) = with_a_new_token(400, "ExpiredToken").await;
    account.api.get(READ, &[]).await.unwrap();
    // The pair was lost, and the old one comes back from a copy.
    let (account, kept) = account_of(&secret(&server.uri(), &token("access-1", 7_200)));
    assert_eq!(account.api.get(READ, &[]).await, Err(Fault::NeedsLogin));
    assert_eq!(kept.told()["refresh"], "refresh-1");
    // Of another server or another person.
    for (server, did) in [("https://ailleurs.test", ME), (server.uri().as_str(), "did:plc:autre")] {
        let told = json!({ "server": server, "did": did, "access": "a", "refresh": "b" }).to_string();
        assert!(Access::open(&guichet_model::Secret(told), &account.api.server, ME).is_err());
    }
    let broken = ResponseTemplate::new(503);
    let server = MockServer::start().await;
    on(READ).respond_with(refusal(400, "ExpiredToken", "x")).mount(&server).await;
    on(REFRESH).respond_with(broken).mount(&server).await;
    let (account, kept) = account_of(&secret(&server.uri(), &token("access-1", 7_200)));
    assert!(matches!(account.api.get(READ, &[]).await, Err(Fault::Later { .. })), "the server is not well");
    assert_eq!(kept.told()["refresh"], "refresh-1");
}

#[tokio::test]
async fn a_reply_with_a_token_that_ended_leaves_by_the_next_try_and_never_twice() {
    let (server, account, kept) = with_a_new_token(400, "ExpiredToken").await;
    shows(&server, vec![post("did:plc:lea222222222222222222222", "a", 60, "Bonjour")]).await;
    let create = "com.atproto.repo.createRecord";
    let new = token("access-2", 7_200);
    on(create)
        .and(header("authorization", format!("Bearer {new}").as_str()))
        .respond_with(|request: &wiremock::Request| {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            answer(json!({ "uri": uri(ME, body["rkey"].as_str().unwrap()), "cid": "bafy" }))
        })
        .mount(&server)
        .await;
    on(create).respond_with(refusal(400, "ExpiredToken", "Token has expired")).mount(&server).await;
    let prepared = account.prepare(&outgoing(&uri("did:plc:lea222222222222222222222", "a"), "Merci")).await.unwrap();
    let first = account.send(&prepared, word(true)).await;
    assert!(matches!(first, Err(Fault::Later { .. })), "{first:?}");
    assert_eq!(asked(&server, create).await.len(), 1, "exactly one request");
    assert_eq!(kept.told()["refresh"], "refresh-2");
    assert!(account.send(&prepared, word(true)).await.is_ok());
}

#[tokio::test]
async fn a_reply_that_met_a_broken_server_is_unsure_whatever_the_breakage_is_called() {
    let (server, account, _) = with_a_new_token(400, "ExpiredToken").await;
    let nsid = "com.atproto.repo.createRecord";
    on(nsid).respond_with(refusal(502, "ExpiredToken", "x")).mount(&server).await;
    let failed = account.api.publish(nsid, "{}", None, word(true)).await.err().unwrap();
    assert_eq!(failed.fault, Fault::Unsure);
    assert!(asked(&server, REFRESH).await.is_empty());
}

#[tokio::test]
async fn a_method_that_is_not_there_and_an_answer_of_something_else_are_told_apart() {
    let server = MockServer::start().await;
    let (account, _) = account_of(&secret(&server.uri(), "opaque"));
    on("a.b.notThere")
        .respond_with(refusal(501, "MethodNotImplemented", "Method Not Implemented"))
        .mount(&server)
        .await;
    on("a.b.html").respond_with(ResponseTemplate::new(404).set_body_string("<html>404</html>")).mount(&server).await;
    on("a.b.upstream").respond_with(refusal(502, "UpstreamFailure", "pipethrough network error")).mount(&server).await;
    let get = |nsid: &'static str| account.api.get(nsid, &[]);
    assert_eq!(code_of(&get("a.b.notThere").await.unwrap_err()), Some(RefusalCode::NotOffered));
    assert!(matches!(get("a.b.html").await, Err(Fault::Unreadable { .. })));
    assert!(matches!(get("a.b.upstream").await, Err(Fault::Later { .. })));
    let act = async |nsid: &str| account.api.act(nsid, &Value::Null, None).await.err().map(|failed| failed.fault);
    assert_eq!(code_of(&act("a.b.notThere").await.unwrap()), Some(RefusalCode::NotOffered));
    assert_eq!(act("a.b.html").await, Some(Fault::Unsure));
    assert_eq!(act("a.b.upstream").await, Some(Fault::Unsure));
}

#[tokio::test]
async fn what_is_left_and_the_time_are_heard_as_this_network_tells_them() {
    use std::sync::Mutex;
    #[derive(Default)]
    struct Counting(Mutex<Vec<(Spending, u32, i64)>>);
    impl guichet_model::Budget for Counting {
        fn reserve(&self, _: Spending) -> Result<(), Fault> {
            Ok(())
        }
        fn correct(&self, spending: Spending, left: u32, reset: Millis) {
            self.0.lock().unwrap().push((spending, left, reset.0));
        }
    }
    let server = MockServer::start().await;
    let reset = (crate::bluesky::fake::NOW.0 / 1_000 + 290).to_string();
    let told =
        answer(json!({})).insert_header("ratelimit-remaining", "2996").insert_header("ratelimit-reset", reset.as_str());
    on(READ).respond_with(told).mount(&server).await;
    let (seen, _) = account_of(&secret(&server.uri(), "opaque"));
    let budget = Arc::new(Counting::default());
    let doors = Doors { budget: budget.clone(), ..seen.api.doors.clone() };
    let http = Arc::new(Http::new(crate::addresses::Reach::Loopback));
    let api = Arc::new(Api::new(http, doors, &identity(&server.uri()), &Renewals::default()));
    api.get(READ, &[]).await.unwrap();
    assert_eq!(*budget.0.lock().unwrap(), [(Spending::Read, 2_996, crate::bluesky::fake::NOW.0 + 290_000)]);
    assert_eq!(api.known_skew(), Some(0));
    let limited = fixture("errors")["rate-limit"].clone();
    assert_eq!(limited["headers"]["ratelimit-remaining"], "0", "the name of the header is the recorded one");
}

#[tokio::test]
async fn the_token_goes_to_its_server_alone_and_services_are_asked_through_it() {
    let server = MockServer::start().await;
    let (account, _) = account_of(&secret(&server.uri(), "opaque"));
    says(&server, "chat.bsky.convo.getLog", json!({ "logs": [] })).await;
    account.api.get_by("chat.bsky.convo.getLog", &[], CHAT).await.unwrap();
    let request = asked(&server, "chat.bsky.convo.getLog").await.remove(0);
    assert_eq!(request.headers["atproto-proxy"], "did:web:api.bsky.chat#bsky_chat");
    assert_eq!(request.headers["authorization"], "Bearer opaque");
}
