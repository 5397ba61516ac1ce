//! An account of the rehearsal's Bluesky, and a plain HTTP client that is signed in to it.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guichet_rehearsal::{AccountCard, Rehearsal};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};

pub const CHAT: (&str, &str) = ("atproto-proxy", "did:web:api.bsky.chat#bsky_chat");
pub const POST: &str = "app.bsky.feed.post";

pub struct Ciel {
    pub card: AccountCard,
    pub http: Client,
    pub session: Value,
}

/// The account of that username, signed in with its app password.
pub async fn ciel(rehearsal: &Rehearsal, username: &str) -> Ciel {
    let cards = rehearsal.clients().into_iter().flat_map(|client| client.accounts);
    let card = cards.into_iter().find(|card| card.handle.starts_with(&format!("{username}."))).unwrap();
    assert_eq!(card.network, "bluesky");
    let mut ciel = Ciel { card, http: super::http(), session: Value::Null };
    let values = ciel.card.sign_in.values();
    let body = json!({"identifier": values["user"], "password": values["password"]});
    let request = ciel.plain(Method::POST, "com.atproto.server.createSession").json(&body);
    let (status, session) = told(request).await;
    assert_eq!(status, 200, "{session}");
    ciel.session = session;
    ciel
}

/// Status and body; a body that is no JSON is null.
pub async fn told(request: RequestBuilder) -> (u16, Value) {
    read(request.send().await.unwrap()).await
}

pub async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null))
}

/// Status, error and message of a refusal.
pub async fn refused(request: RequestBuilder) -> (u16, String, String) {
    let (status, body) = told(request).await;
    let word = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("{status} {body}")).to_owned();
    (status, word("error"), word("message"))
}

impl Ciel {
    pub fn did(&self) -> &str {
        &self.card.remote
    }

    pub fn at(&self, method: &str) -> String {
        format!("{}/xrpc/{method}", self.card.server)
    }

    /// As nobody.
    pub fn plain(&self, verb: Method, method: &str) -> RequestBuilder {
        self.http.request(verb, self.at(method))
    }

    /// As the account, through the chat where the method is of it.
    pub fn ask(&self, verb: Method, method: &str) -> RequestBuilder {
        let request = self.plain(verb, method).bearer_auth(self.session["accessJwt"].as_str().unwrap());
        if method.starts_with("chat.") { request.header(CHAT.0, CHAT.1) } else { request }
    }

    pub async fn get(&self, method: &str) -> Value {
        let (status, body) = told(self.ask(Method::GET, method)).await;
        assert_eq!(status, 200, "{method}: {body}");
        body
    }

    pub fn posting(&self, method: &str, body: &Value) -> RequestBuilder {
        self.ask(Method::POST, method).json(body)
    }

    pub async fn post(&self, method: &str, body: Value) -> Value {
        let (status, told) = told(self.posting(method, &body)).await;
        assert_eq!(status, 200, "{method}: {told}");
        told
    }

    /// A new record of a collection, refused or not.
    pub fn creating(&self, collection: &str, record: &Value, key: Option<&str>) -> RequestBuilder {
        let mut body = json!({"repo": self.did(), "collection": collection, "record": record});
        if let Some(key) = key {
            body["rkey"] = key.into();
        }
        self.posting("com.atproto.repo.createRecord", &body)
    }

    /// Publishes a post; its address and its content id.
    pub async fn publish(&self, record: &Value) -> Value {
        let (status, told) = told(self.creating(POST, record, None)).await;
        assert_eq!(status, 200, "{told}");
        json!({"uri": told["uri"], "cid": told["cid"]})
    }

    /// What the account was told: why, and in which words.
    pub async fn notices(&self, query: &str) -> Vec<(String, String)> {
        let told = self.get(&format!("app.bsky.notification.listNotifications?limit=100{query}")).await;
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let notice = |one: &Value| (word(&one["reason"]), word(&one["record"]["text"]));
        told["notifications"].as_array().unwrap().iter().map(notice).collect()
    }

    /// The address of the post that says this.
    pub async fn saying(&self, words: &str) -> Value {
        let told = self.get("app.bsky.notification.listNotifications?limit=100").await;
        let own = self.get(&format!("app.bsky.feed.getAuthorFeed?actor={}", self.did())).await;
        let own = own["feed"].as_array().unwrap().iter().map(|item| item["post"].clone());
        let all = told["notifications"].as_array().unwrap().iter().cloned().chain(own);
        let found = all.into_iter().find(|one| one["record"]["text"].as_str().is_some_and(|text| text.contains(words)));
        let found = found.unwrap_or_else(|| panic!("nobody says {words}"));
        json!({"uri": found["uri"], "cid": found["cid"]})
    }
}

pub fn post(text: &str) -> Value {
    json!({"$type": POST, "text": text, "createdAt": "2026-11-21T22:01:06.741Z"})
}

pub fn answer(text: &str, root: &Value, parent: &Value) -> Value {
    let mut record = post(text);
    record["reply"] = json!({"root": root, "parent": parent});
    record
}
