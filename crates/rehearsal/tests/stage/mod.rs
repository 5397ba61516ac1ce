//! What every test of the rehearsal needs: a running evening and a plain HTTP client that is signed in.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod ciel;
pub mod mail;
pub mod site;

use guichet_rehearsal::{AccountCard, Options, Rehearsal, Scenario};
use reqwest::{Client, Response};
use serde_json::Value;

pub struct Account {
    pub card: AccountCard,
    pub http: Client,
}

/// An evening with nothing arriving by itself.
pub async fn quiet(name: &str) -> Rehearsal {
    start(name, 0.0).await
}

pub async fn start(name: &str, pace: f64) -> Rehearsal {
    let scenario = Scenario::named(name).unwrap();
    Rehearsal::start(Options { scenario, seed: 7, pace, ports: None }).await.unwrap()
}

/// The Mastodon account of the client at this place.
pub fn account(rehearsal: &Rehearsal, client: usize) -> Account {
    let accounts = rehearsal.clients()[client].accounts.clone();
    let card = accounts.into_iter().find(|account| account.network == "mastodon").unwrap();
    Account { card, http: http() }
}

/// A plain client.
pub fn http() -> Client {
    // No pool: a kept connection would make a refused one look like a cut one.
    Client::builder().pool_max_idle_per_host(0).no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

impl Account {
    pub fn at(&self, path: &str) -> String {
        if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.card.server) }
    }

    pub async fn try_get(&self, path: &str) -> reqwest::Result<Response> {
        self.http.get(self.at(path)).bearer_auth(&self.card.token).send().await
    }

    pub async fn get(&self, path: &str) -> Value {
        let response = self.try_get(path).await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    pub async fn try_post(&self, path: &str, body: Value, key: Option<&str>) -> reqwest::Result<Response> {
        let request = self.http.post(self.at(path)).bearer_auth(&self.card.token).json(&body);
        let request = match key {
            Some(key) => request.header("Idempotency-Key", key),
            None => request,
        };
        request.send().await
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        let response = self.try_post(path, body, None).await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    pub async fn publish(&self, text: &str, key: Option<&str>) -> Value {
        let body = serde_json::json!({"status": text});
        let response = self.try_post("/api/v1/statuses", body, key).await.unwrap();
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }
}

/// The address of a neighbour page in a `Link` header.
pub fn neighbour(response: &Response, rel: &str) -> Option<String> {
    let link = response.headers().get("link")?.to_str().unwrap();
    let part = link.split(", ").find(|part| part.ends_with(&format!("rel=\"{rel}\"")))?;
    Some(part.split_once('<')?.1.split_once('>')?.0.to_owned())
}

pub fn ids(items: &Value) -> Vec<u64> {
    items.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().parse().unwrap()).collect()
}
