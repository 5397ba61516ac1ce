//! Requests in the name of one account: its token goes to the origin that issued it and nowhere else, each request
//! is paid from the budget first, and each answer corrects the budget and tells the server's time.

use super::access::Access;
use super::errors;
use crate::addresses::same_origin;
use crate::http::{Answer, Http};
use crate::last_word::before_the_first_byte;
use guichet_model::{Doors, Fault, LastWord, Millis, Spending};
use reqwest::multipart::Form;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use url::Url;

/// What follows a path: names and values, in order.
pub(crate) type Query = Vec<(&'static str, String)>;

pub(crate) struct Api {
    pub http: Arc<Http>,
    pub doors: Doors,
    server: String,
    /// The server's clock less ours, in milliseconds.
    skew: AtomicI64,
    heard_date: AtomicBool,
}

impl Api {
    pub fn new(http: Arc<Http>, doors: Doors, server: &str) -> Self {
        Self {
            http,
            doors,
            server: server.trim_end_matches('/').to_owned(),
            skew: AtomicI64::new(0),
            heard_date: AtomicBool::new(false),
        }
    }

    pub fn now(&self) -> Millis {
        self.doors.clock.now()
    }

    /// The server's clock less ours, as last heard.
    pub fn skew(&self) -> i64 {
        self.skew.load(Ordering::Relaxed)
    }

    /// The same, once a server has told its time.
    pub fn known_skew(&self) -> Option<i64> {
        self.heard_date.load(Ordering::Relaxed).then(|| self.skew())
    }

    pub fn server_now(&self) -> Millis {
        self.now().plus(self.skew())
    }

    pub fn url(&self, path: &str) -> Result<Url, Fault> {
        let url = Url::parse(&format!("{}{path}", self.server));
        url.map_err(|_| Fault::unreadable("an address of this server"))
    }

    pub async fn token(&self) -> Result<String, Fault> {
        let secret = self.doors.secrets.read().await?;
        Ok(Access::open(&secret, &self.server)?.access_token)
    }

    /// Whether the access was granted a scope, or the large one it is part of. One that does not tell is believed to.
    pub async fn granted(&self, scope: &str) -> Result<bool, Fault> {
        let secret = self.doors.secrets.read().await?;
        let scopes = Access::open(&secret, &self.server)?.scopes;
        let large = scope.split(':').next().unwrap_or_default();
        Ok(scopes.is_empty() || scopes.split_whitespace().any(|granted| granted == scope || granted == large))
    }

    /// A read; its answer is 2xx.
    pub async fn get(&self, path: &str, query: &[(&'static str, String)]) -> Result<Answer, Fault> {
        let token = self.token().await?;
        self.doors.budget.reserve(Spending::Read)?;
        let mut url = self.url(path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = self.http.reading(url)?.bearer_auth(token);
        let answer = self.http.read_any(request, self.now()).await?;
        self.heard(&answer, Spending::Read);
        match crate::http::read_fault(&answer, self.now(), errors::table) {
            Some(fault) => Err(fault),
            None => Ok(answer),
        }
    }

    pub async fn json(&self, path: &str, query: &[(&'static str, String)]) -> Result<Value, Fault> {
        self.get(path, query).await?.json()
    }

    /// Something anybody may read: no token goes along.
    pub async fn public_json(&self, path: &str) -> Result<Value, Fault> {
        self.doors.budget.reserve(Spending::Read)?;
        let request = self.http.reading(self.url(path)?)?;
        let answer = self.http.read(request, self.now(), errors::table).await?;
        self.heard(&answer, Spending::Read);
        answer.json()
    }

    /// Exactly one write; its answer is 2xx.
    pub async fn post(&self, path: &str, body: String, key: Option<&str>) -> Result<Answer, Fault> {
        let token = self.token().await?;
        self.doors.budget.reserve(Spending::Send)?;
        let mut request = self
            .http
            .writing(self.url(path)?)?
            .bearer_auth(token)
            .header("content-type", "application/json")
            .body(body);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let heard = |answer: &Answer| self.heard(answer, Spending::Send);
        self.http.write(request, self.now(), errors::table, &heard).await
    }

    /// `post`, under a key, where nothing has held it back until it is connected.
    pub async fn publish(&self, path: &str, body: String, key: &str, last: Arc<dyn LastWord>) -> Result<Answer, Fault> {
        before_the_first_byte(last, self.post(path, body, Some(key))).await
    }

    /// Exactly one upload; its answer is 2xx.
    pub async fn upload(&self, path: &str, form: Form) -> Result<Answer, Fault> {
        let token = self.token().await?;
        self.doors.budget.reserve(Spending::Send)?;
        let request = self.http.writing(self.url(path)?)?.bearer_auth(token).multipart(form);
        // Media are limited apart: what is left of them says nothing of what is left to send.
        self.http.upload(request, self.now(), errors::table, &|answer| self.set_by(answer)).await
    }

    /// What every answer tells besides: how much is left, and what time it is there.
    pub fn heard(&self, answer: &Answer, spending: Spending) {
        self.set_by(answer);
        if let Some((left, reset)) = answer.rate(self.now()) {
            self.doors.budget.correct(spending, left, reset);
        }
    }

    fn set_by(&self, answer: &Answer) {
        if let Some(date) = answer.date() {
            // The header counts whole seconds: less than that is no difference.
            let skew = date.since(self.now());
            let skew = if skew.abs() < 1_500 { 0 } else { skew };
            self.skew.store(skew, Ordering::Relaxed);
            self.heard_date.store(true, Ordering::Relaxed);
        }
    }

    /// Where the pages beside this one are. A page of another origin must not be asked for, least of all with a
    /// token, so such an answer makes no sense at all.
    pub fn links(&self, answer: &Answer) -> Result<Links, Fault> {
        let mut links = Links::default();
        let Some(header) = answer.header("link") else {
            return Ok(links);
        };
        let here = self.url("")?;
        for part in header.split(',') {
            let Some((target, rest)) = part.trim().strip_prefix('<').and_then(|p| p.split_once('>')) else {
                continue;
            };
            let url = here.join(target).map_err(|_| Fault::unreadable("a paging link"))?;
            if !same_origin(&here, &url) {
                return Err(Fault::unreadable("a paging link of another origin"));
            }
            let value = |name: &str| {
                let found = url.query_pairs().find(|(key, _)| key == name);
                found.map(|(_, value)| value.into_owned()).filter(|v| !v.is_empty())
            };
            if rest.contains("rel=\"next\"") || rest.contains("rel=next") {
                links.older = value("max_id");
            } else if rest.contains("rel=\"prev\"") || rest.contains("rel=prev") {
                links.newer = value("min_id").or_else(|| value("since_id"));
            }
        }
        Ok(links)
    }
}

/// The cursors a `Link` header gives. They are no ids of what is listed: a list of conversations is paged by ids
/// of statuses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Links {
    pub older: Option<String>,
    pub newer: Option<String>,
}
