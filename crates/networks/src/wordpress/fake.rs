//! For the tests of this folder: a passed-in clock, a secret, a budget, and comments as a site writes them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::session::Account;
use crate::addresses::Reach;
use crate::http::Http;
use async_trait::async_trait;
use guichet_model::*;
use serde_json::{Value, json};
use std::sync::Arc;
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// 2026-09-21T14:13:20Z.
pub(crate) const NOW: Millis = Millis(1_790_000_000_000);

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
            remote: RemoteId::new("user:1"),
            handle: "librairie".into(),
            name: "Librairie du Port".into(),
            avatar: None,
            url: None,
            bot: false,
        },
    }
}

pub(crate) fn account(server: &str) -> Account {
    let secret = json!({
        "server": server, "root": format!("{server}/wp-json/"), "user": "librairie", "password": "abcd EFGH",
    });
    let doors =
        Doors { clock: Arc::new(Fixed), secrets: Arc::new(OneSecret(secret.to_string())), budget: Arc::new(Purse) };
    Account::new(Arc::new(Http::new(Reach::Loopback)), identity(server), doors)
}

/// A site where we moderate, or do not; it has one post.
pub(crate) async fn site(moderates: bool) -> (MockServer, Account) {
    let server = MockServer::start().await;
    let me = json!({ "id": 1, "username": "librairie", "name": "Librairie du Port",
        "capabilities": { "moderate_comments": moderates, "read": true } });
    Mock::given(path("/wp-json/wp/v2/users/me")).respond_with(answer(me)).mount(&server).await;
    let post = json!([{ "id": 4, "author": 1, "date_gmt": "2026-09-20T08:00:00", "status": "publish",
        "link": "https://exemple.test/la-rentree/", "title": { "rendered": "La rentrée" },
        "excerpt": { "rendered": "<p>Nos horaires.</p>", "protected": false } }]);
    Mock::given(path("/wp-json/wp/v2/posts")).respond_with(answer(post)).mount(&server).await;
    let account = account(&server.uri());
    (server, account)
}

/// An answer whose clock is the tests' own.
pub(crate) fn answer(told: impl serde::Serialize) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(told).insert_header("date", "Mon, 21 Sep 2026 14:13:20 GMT")
}

/// A refusal in WordPress' form.
pub(crate) fn refusal(status: u16, code: &str) -> ResponseTemplate {
    let told = json!({ "code": code, "message": "Non&#8217;", "data": { "status": status } });
    ResponseTemplate::new(status).set_body_json(told)
}

/// An instant so many seconds before now, as WordPress writes it.
pub(crate) fn ago(seconds: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(NOW.0 - seconds * 1000).unwrap();
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// A comment under post 4; author 1 is us, 0 a guest.
pub(crate) fn comment(id: u64, parent: u64, author: u64, seconds: i64, text: &str) -> Value {
    json!({
        "id": id, "post": 4, "parent": parent, "author": author, "author_name": "Léa", "author_url": "",
        "author_email": "lea@exemple.test", "author_ip": "203.0.113.7", "author_user_agent": "Navigateur/1",
        "date": ago(seconds), "date_gmt": ago(seconds), "status": "approved", "type": "comment",
        "content": { "rendered": format!("<p>{text}</p>\n"), "raw": text },
        "link": format!("https://exemple.test/la-rentree/#comment-{id}"),
    })
}

pub(crate) fn with(mut comment: Value, field: &str, value: impl Into<Value>) -> Value {
    comment[field] = value.into();
    comment
}

/// The list that a question for these numbers gets.
pub(crate) async fn included(server: &MockServer, ids: &str, told: Value) {
    Mock::given(method("GET"))
        .and(path("/wp-json/wp/v2/comments"))
        .and(query_param("include", ids))
        .respond_with(answer(told))
        .mount(server)
        .await;
}

pub(crate) fn fixture(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/wordpress/fixtures/");
    serde_json::from_slice(&std::fs::read(format!("{folder}{name}.json")).unwrap()).unwrap()
}
