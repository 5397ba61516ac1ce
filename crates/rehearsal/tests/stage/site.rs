//! A site of the rehearsal, and a plain HTTP client that is a user of it, or a visitor.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guichet_rehearsal::{AccountCard, Rehearsal};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;

pub struct Site {
    pub card: AccountCard,
    pub http: Client,
    /// Where its routes begin, to be followed by `wp/v2/…`.
    pub root: String,
}

/// The site account of that username.
pub fn site(rehearsal: &Rehearsal, username: &str) -> Site {
    let cards = rehearsal.clients().into_iter().flat_map(|client| client.accounts);
    let card = cards.into_iter().find(|card| card.handle.starts_with(&format!("{username}@"))).unwrap();
    assert_eq!(card.network, "wordpress");
    let root = format!("{}/wp-json/", card.server);
    Site { card, http: super::http(), root }
}

impl Site {
    /// The address of a route with its query, whatever the form of the site's addresses.
    pub fn at(&self, route: &str) -> String {
        match self.root.contains('?') {
            true => format!("{}{}", self.root, route.replacen('?', "&", 1)),
            false => format!("{}{route}", self.root),
        }
    }

    pub fn login(&self) -> &str {
        &self.card.sign_in.values()["user"]
    }

    /// As a visitor.
    pub fn visit(&self, method: Method, route: &str) -> RequestBuilder {
        self.http.request(method, self.at(route)).header("User-Agent", "essai/1")
    }

    /// As the account.
    pub fn ask(&self, method: Method, route: &str) -> RequestBuilder {
        self.visit(method, route).basic_auth(self.login(), Some(&self.card.token))
    }

    pub async fn try_get(&self, route: &str) -> reqwest::Result<Response> {
        self.ask(Method::GET, route).send().await
    }

    pub async fn get(&self, route: &str) -> Value {
        let response = self.try_get(route).await.unwrap();
        assert_eq!(response.status(), 200, "{route}");
        response.json().await.unwrap()
    }

    pub async fn try_post(&self, route: &str, body: Value) -> reqwest::Result<Response> {
        self.ask(Method::POST, route).json(&body).send().await
    }

    /// What a write is answered: its status, and its body.
    pub async fn post(&self, route: &str, body: Value) -> (u16, Value) {
        told(self.try_post(route, body).await.unwrap()).await
    }
}

/// Status and body.
pub async fn told(response: Response) -> (u16, Value) {
    (response.status().as_u16(), response.json().await.unwrap())
}

/// Status and code of a refusal.
pub async fn refused(request: RequestBuilder) -> (u16, String) {
    let (status, body) = told(request.send().await.unwrap()).await;
    assert_eq!(body["data"]["status"], status, "{body}");
    (status, body["code"].as_str().unwrap().to_owned())
}

pub fn ids(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(|item| item["id"].as_u64().unwrap()).collect()
}
