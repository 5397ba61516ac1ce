//! For the tests of this folder: a passed-in clock, a secret that can be looked at, a budget, and what servers of this
//! network answer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::dpop::encoded;
use super::renew::Renewals;
use super::session::Account;
use crate::addresses::Reach;
use crate::http::Http;
use async_trait::async_trait;
use guichet_model::*;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// 2026-09-21T14:13:20Z.
pub(crate) const NOW: Millis = Millis(1_790_000_000_000);
pub(crate) const ME: &str = "did:plc:librairieduport222222222";
pub(crate) const LEA: &str = "did:plc:lea222222222222222222222";
pub(crate) const MARC: &str = "did:plc:marc22222222222222222222";

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Millis {
        NOW
    }
}

/// The secret, as it was replaced last; where the disk is full, it is not.
#[derive(Clone, Default)]
pub(crate) struct Kept(Arc<Mutex<String>>, Arc<AtomicBool>);

impl Kept {
    pub fn is_full(&self, full: bool) {
        self.1.store(full, Ordering::SeqCst);
    }

    pub fn put(&self, secret: &Value) {
        *self.0.lock().unwrap() = secret.to_string();
    }

    pub fn told(&self) -> Value {
        serde_json::from_str(&self.0.lock().unwrap()).unwrap()
    }
}

#[async_trait]
impl Secrets for Kept {
    async fn read(&self) -> Result<Secret, Fault> {
        Ok(Secret(self.0.lock().unwrap().clone()))
    }

    async fn replace(&self, secret: Secret) -> Result<(), Fault> {
        if self.1.load(Ordering::SeqCst) {
            return Err(Fault::unreadable("a full disk"));
        }
        *self.0.lock().unwrap() = secret.0;
        Ok(())
    }
}

#[derive(Default)]
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

/// A token that ends so many seconds from now.
pub(crate) fn token(name: &str, seconds: i64) -> String {
    let claims = json!({ "sub": ME, "exp": NOW.0 / 1_000 + seconds });
    format!("e30.{}.{name}", encoded(claims.to_string().as_bytes()))
}

pub(crate) fn identity(server: &str) -> Identity {
    Identity {
        server: server.to_owned(),
        me: Author {
            remote: RemoteId::new(ME),
            handle: "librairie.test".into(),
            name: "Librairie du Port".into(),
            avatar: None,
            url: None,
            bot: false,
        },
    }
}

pub(crate) fn secret(server: &str, access: &str) -> Value {
    json!({ "server": server, "did": ME, "access": access, "refresh": "refresh-1" })
}

pub(crate) fn account_of(secret: &Value) -> (Account, Kept) {
    let kept = Kept(Arc::new(Mutex::new(secret.to_string())), Arc::default());
    let doors = Doors { clock: Arc::new(Fixed), secrets: Arc::new(kept.clone()), budget: Arc::new(Purse) };
    let server = secret["server"].as_str().unwrap();
    (Account::new(Arc::new(Http::new(Reach::Loopback)), identity(server), doors, &Renewals::default()), kept)
}

/// A server, and us signed in at it.
pub(crate) async fn server() -> (MockServer, Account) {
    let server = MockServer::start().await;
    let (account, _) = account_of(&secret(&server.uri(), &token("access-1", 7_200)));
    (server, account)
}

pub(crate) fn answer(told: impl serde::Serialize) -> ResponseTemplate {
    at_our_time(ResponseTemplate::new(200).set_body_json(told))
}

pub(crate) fn refusal(status: u16, name: &str, message: &str) -> ResponseTemplate {
    at_our_time(ResponseTemplate::new(status).set_body_json(json!({ "error": name, "message": message })))
}

/// The clock of every answer is the tests' own: another would end our tokens.
pub(crate) fn at_our_time(answer: ResponseTemplate) -> ResponseTemplate {
    answer.insert_header("date", "Mon, 21 Sep 2026 14:13:20 GMT")
}

/// What a method answers from now on.
pub(crate) async fn says(server: &MockServer, nsid: &str, told: impl serde::Serialize) {
    on(nsid).respond_with(answer(told)).mount(server).await;
}

pub(crate) fn on(nsid: &str) -> wiremock::MockBuilder {
    Mock::given(path(format!("/xrpc/{nsid}")))
}

pub(crate) fn asks(nsid: &str) -> wiremock::MockBuilder {
    on(nsid).and(method("GET"))
}

/// The requests that a method got.
pub(crate) async fn asked(server: &MockServer, nsid: &str) -> Vec<Request> {
    let all = server.received_requests().await.unwrap();
    all.into_iter().filter(|request| request.url.path() == format!("/xrpc/{nsid}")).collect()
}

pub(crate) fn uri(did: &str, key: &str) -> String {
    format!("at://{did}/app.bsky.feed.post/{key}")
}

/// An instant so many seconds before now.
pub(crate) fn ago(seconds: i64) -> String {
    jiff::Timestamp::from_millisecond(NOW.0 - seconds * 1_000).unwrap().to_string()
}

pub(crate) fn person(did: &str) -> Value {
    let (handle, name) = match did {
        ME => ("librairie.test", "Librairie du Port"),
        LEA => ("lea.test", "Léa"),
        _ => ("marc.test", "Marc"),
    };
    json!({ "did": did, "handle": handle, "displayName": name })
}

/// A post as it is shown.
pub(crate) fn post(did: &str, key: &str, seconds: i64, text: &str) -> Value {
    json!({
        "uri": uri(did, key), "cid": format!("cid-{key}"), "author": person(did),
        "record": { "$type": "app.bsky.feed.post", "text": text, "createdAt": ago(seconds) },
        "indexedAt": ago(seconds), "labels": [], "viewer": {},
    })
}

/// The same as an answer: what begins the thread, and what is answered.
pub(crate) fn under(mut post: Value, root: &Value, parent: &Value) -> Value {
    let at = |post: &Value| json!({ "uri": post["uri"], "cid": post["cid"] });
    post["record"]["reply"] = json!({ "root": at(root), "parent": at(parent) });
    post
}

/// The same as a notification.
pub(crate) fn notified(post: &Value, reason: &str) -> Value {
    let mut told = post.clone();
    told["reason"] = reason.into();
    told["isRead"] = false.into();
    told
}

pub(crate) fn message(did: &str, id: &str, seconds: i64, text: &str) -> Value {
    json!({
        "$type": "chat.bsky.convo.defs#messageView", "id": id, "rev": format!("222{id}"), "text": text,
        "sender": { "did": did }, "sentAt": ago(seconds),
    })
}

pub(crate) fn convo(id: &str, last: &Value) -> Value {
    json!({
        "id": id, "rev": "2222222e3prru", "members": [person(ME), person(LEA)], "muted": false, "unreadCount": 1,
        "status": "accepted", "lastMessage": last,
    })
}

/// Answers getPosts with those of these posts that are asked for.
pub(crate) async fn shows(server: &MockServer, posts: Vec<Value>) {
    asks("app.bsky.feed.getPosts")
        .respond_with(move |request: &Request| {
            let wanted: Vec<String> = request.url.query_pairs().map(|(_, uri)| uri.into_owned()).collect();
            assert!((1..=25).contains(&wanted.len()), "the lexicon wants 1 to 25");
            let there = |post: &&Value| wanted.iter().any(|uri| post["uri"] == uri.as_str());
            answer(json!({ "posts": posts.iter().filter(there).collect::<Vec<_>>() }))
        })
        .mount(server)
        .await;
}

pub(crate) fn fixture(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/bluesky/fixtures/");
    serde_json::from_slice(&std::fs::read(format!("{folder}{name}.json")).unwrap()).unwrap()
}

/// An answer to a post, as the desk asks for it.
pub(crate) fn outgoing(remote: &str, text: &str) -> Outgoing {
    Outgoing {
        key: "11111111-2222-4333-8444-555555555555".into(),
        written_at: Millis(1_790_000_000_000),
        place: Place {
            remote: RemoteId::new(remote),
            conversation: RemoteId::new(remote),
            post: None,
            visibility: None,
            edited_at: None,
            read_at: NOW.plus(-MINUTE),
        },
        text: text.into(),
        to: Vec::new(),
        visibility: None,
        warning: None,
        lang: Some("fr".into()),
        pictures: Vec::new(),
    }
}

pub(crate) fn code_of(fault: &Fault) -> Option<RefusalCode> {
    match fault {
        Fault::Refused { reason } => Some(reason.code),
        _ => None,
    }
}
