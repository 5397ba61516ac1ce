//! For the tests of this folder: a passed-in clock, a secret, a budget, and a forum's answers as it writes them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::session::Account;
use crate::addresses::Reach;
use crate::http::Http;
use async_trait::async_trait;
use guichet_model::*;
use serde_json::{Value, json};
use std::sync::Arc;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// 2026-09-30T14:13:20Z: after what the fixtures tell.
pub(crate) const NOW: Millis = Millis(1_790_777_600_000);

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Millis {
        NOW
    }
}

struct OneSecret(String);

#[async_trait]
impl Secrets for OneSecret {
    async fn read(&self) -> Result<Secret, Fault> {
        Ok(Secret(self.0.clone()))
    }

    async fn replace(&self, _: Secret) -> Result<(), Fault> {
        Ok(())
    }
}

struct Purse;

impl Budget for Purse {
    fn reserve(&self, _: Spending) -> Result<(), Fault> {
        Ok(())
    }

    fn correct(&self, _: Spending, _: u32, _: Millis) {}
}

/// A last word that is always the same.
pub(crate) fn word(may_leave: bool) -> Arc<dyn LastWord> {
    struct Word(bool);
    #[async_trait]
    impl LastWord for Word {
        async fn may_leave(&self) -> bool {
            self.0
        }
    }
    Arc::new(Word(may_leave))
}

pub(crate) fn identity(server: &str) -> Identity {
    Identity {
        server: server.to_owned(),
        me: Author {
            remote: RemoteId::new("librairie"),
            handle: "librairie".into(),
            name: "Librairie du Port".into(),
            avatar: None,
            url: None,
            bot: false,
        },
    }
}

pub(crate) fn account(server: &str) -> Account {
    let secret = json!({ "server": server, "client_id": "essai", "access_token": "c0ffee" });
    let doors =
        Doors { clock: Arc::new(Fixed), secrets: Arc::new(OneSecret(secret.to_string())), budget: Arc::new(Purse) };
    Account::new(Arc::new(Http::new(Reach::Loopback)), identity(server), doors)
}

/// A forum with the usual settings, and nothing else yet.
pub(crate) async fn forum() -> (MockServer, Account) {
    let server = MockServer::start().await;
    on(&server, "GET", "/site/settings.json", answer(json!({ "min_post_length": 20, "max_post_length": 100 }))).await;
    let account = account(&server.uri());
    (server, account)
}

pub(crate) async fn on(server: &MockServer, how: &str, place: &str, answer: ResponseTemplate) {
    Mock::given(method(how)).and(path(place)).respond_with(answer).mount(server).await;
}

/// An answer whose clock is the tests' own.
pub(crate) fn answer(told: impl serde::Serialize) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(told).insert_header("date", "Wed, 30 Sep 2026 14:13:20 GMT")
}

/// A refusal in Discourse's form.
pub(crate) fn refusal(status: u16, kind: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({ "errors": ["Non."], "error_type": kind }))
}

/// A post, so many seconds ago. `librairie` is us.
pub(crate) fn post(topic: u64, number: u64, by: &str, reply_to: Option<u64>, seconds: i64, raw: &str) -> Value {
    let at = jiff::Timestamp::from_millisecond(NOW.0 - seconds * 1000).unwrap();
    let at = at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    json!({
        "id": topic * 100 + number, "topic_id": topic, "post_number": number, "reply_to_post_number": reply_to,
        "username": by, "name": by, "avatar_template": format!("/letter_avatar_proxy/v4/letter/x/c0ffee/{{size}}.png"),
        "created_at": at, "updated_at": at, "version": 1, "post_type": 1, "yours": by == "librairie", "raw": raw,
        "cooked": format!("<p>{raw}</p>"), "topic_slug": "sujet", "deleted_at": null, "user_deleted": false,
    })
}

/// A topic of `by` with these posts, and nothing else in its stream.
pub(crate) fn topic(id: u64, by: &str, private: bool, posts: Vec<Value>) -> Value {
    let stream: Vec<_> = posts.iter().map(|post| post["id"].clone()).collect();
    json!({
        "id": id, "title": "Un sujet", "slug": "sujet", "created_at": "2026-09-20T08:00:00.000Z",
        "archetype": if private { "private_message" } else { "regular" },
        "details": { "created_by": { "username": by, "avatar_template": "/x/{size}.png" } },
        "post_stream": { "posts": posts, "stream": stream },
    })
}

pub(crate) fn place(remote: &str, visibility: Visibility) -> Place {
    Place {
        remote: RemoteId::new(remote),
        conversation: RemoteId::new(remote),
        post: None,
        visibility: Some(visibility),
        edited_at: None,
        read_at: NOW.plus(-3_600_000),
    }
}

pub(crate) fn outgoing(remote: &str, text: &str) -> Outgoing {
    Outgoing {
        key: "k".into(),
        written_at: Millis(1_790_000_000_000),
        place: place(remote, Visibility::Public),
        text: text.into(),
        to: Vec::new(),
        visibility: None,
        warning: None,
        lang: None,
        pictures: Vec::new(),
    }
}

pub(crate) fn refused(outcome: Result<impl std::fmt::Debug, Fault>) -> RefusalCode {
    match outcome {
        Err(Fault::Refused { reason }) => reason.code,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn fixture(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/discourse/fixtures/");
    serde_json::from_slice(&std::fs::read(format!("{folder}{name}.json")).unwrap()).unwrap()
}
