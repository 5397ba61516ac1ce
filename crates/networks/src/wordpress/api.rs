//! Requests in the name of one account: its application password goes to the origin that issued it and nowhere else, each
//! request is paid from the budget first, and each answer tells the site's time.
//!
//! Some sites serve their routes as paths (`/wp-json/wp/v2/comments`), some as a question (`/?rest_route=/wp/v2/comments`).

use super::access::Access;
use super::errors;
use crate::http::{Answer, Http, read_fault};
use crate::last_word::before_the_first_byte;
use guichet_model::{Doors, Fault, LastWord, Millis, RefusalCode, SECOND, Spending};
use serde_json::Value;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use url::Url;

/// What follows a route: names and values, in order.
pub(crate) type Query = Vec<(&'static str, String)>;

pub(crate) struct Api {
    pub http: Arc<Http>,
    pub doors: Doors,
    server: String,
    /// The site's clock less ours, in milliseconds.
    skew: AtomicI64,
    heard_date: AtomicBool,
}

/// A list, and how long it is altogether where the site says so.
pub(crate) struct Listed {
    pub values: Vec<Value>,
    pub total: Option<u64>,
    pub pages: Option<u64>,
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

    /// The site's clock less ours, as last heard.
    pub fn skew(&self) -> i64 {
        self.skew.load(Ordering::Relaxed)
    }

    /// The same, once a site has told its time.
    pub fn known_skew(&self) -> Option<i64> {
        self.heard_date.load(Ordering::Relaxed).then(|| self.skew())
    }

    pub fn server_now(&self) -> Millis {
        self.now().plus(self.skew())
    }

    pub fn server(&self) -> &str {
        &self.server
    }

    pub async fn access(&self) -> Result<(Access, Url), Fault> {
        let secret = self.doors.secrets.read().await?;
        let access = Access::open(&secret, &self.server)?;
        let root = Url::parse(&access.root).map_err(|_| Fault::NeedsLogin)?;
        Ok((access, root))
    }

    /// A read; its answer is 2xx.
    pub async fn get(&self, route: &str, query: &[(&'static str, String)]) -> Result<Answer, Fault> {
        let (access, root) = self.access().await?;
        self.doors.budget.reserve(Spending::Read)?;
        let url = at(&root, route, query);
        let request = self.http.reading(url)?.basic_auth(&access.user, Some(&access.password));
        let answer = self.http.read_any(request, self.now()).await?;
        self.set_by(&answer);
        match read_fault(&answer, self.now(), errors::table) {
            // "Not there" from a firewall or a broken rewriting is nothing that the site said.
            Some(Fault::Refused { .. }) if errors::table(&answer).is_none() => {
                Err(Fault::unreadable(format!("a {} that is not the site's", answer.status)))
            }
            Some(fault) => Err(self.dated(fault)),
            None => Ok(answer),
        }
    }

    pub async fn json(&self, route: &str, query: &[(&'static str, String)]) -> Result<Value, Fault> {
        self.get(route, query).await?.json()
    }

    pub async fn list(&self, route: &str, query: &[(&'static str, String)]) -> Result<Listed, Fault> {
        let answer = self.get(route, query).await?;
        let number = |name: &str| answer.header(name).and_then(|said| said.trim().parse().ok());
        let (total, pages) = (number("x-wp-total"), number("x-wp-totalpages"));
        match answer.json()? {
            Value::Array(values) => Ok(Listed { values, total, pages }),
            _ => Err(Fault::unreadable("a list that is none")),
        }
    }

    /// Exactly one write; its answer is 2xx.
    pub async fn post(&self, route: &str, query: &[(&'static str, String)], body: String) -> Result<Answer, Fault> {
        let (access, root) = self.access().await?;
        self.doors.budget.reserve(Spending::Send)?;
        let request = self
            .http
            .writing(at(&root, route, query))?
            .basic_auth(&access.user, Some(&access.password))
            .header("content-type", "application/json")
            .body(body);
        let worded = Mutex::new(None);
        let heard = |answer: &Answer| {
            self.set_by(answer);
            *worded.lock().unwrap_or_else(PoisonError::into_inner) = errors::code(answer);
        };
        let outcome = self.http.write(request, self.now(), errors::table, &heard).await;
        let worded = worded.into_inner().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            // A 501 in the site's own word is as certain as a 4xx: nothing is thrown away where there is no trash.
            Err(Fault::Unsure) if worded.as_deref() == Some("rest_trash_not_supported") => {
                Err(Fault::refused(RefusalCode::NotOffered, None))
            }
            other => other.map_err(|fault| self.dated(fault)),
        }
    }

    /// `post`, where nothing has held it back until it is connected.
    pub async fn publish(&self, route: &str, body: String, last: Arc<dyn LastWord>) -> Result<Answer, Fault> {
        before_the_first_byte(last, self.post(route, &[], body)).await
    }

    fn dated(&self, fault: Fault) -> Fault {
        match fault {
            Fault::Later { after } if after == errors::SOON => Fault::Later { after: self.now().plus(15 * SECOND) },
            other => other,
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
}

/// A route of the site whose routes begin at `root`, in the form it has them. `route` begins with a slash.
pub(crate) fn at(root: &Url, route: &str, query: &[(&'static str, String)]) -> Url {
    let mut url = root.clone();
    let asked: Vec<(String, String)> = root.query_pairs().into_owned().collect();
    let mut pairs = Vec::new();
    if asked.iter().any(|(name, _)| name == "rest_route") {
        for (name, value) in asked {
            let value = if name == "rest_route" { format!("{}{route}", value.trim_end_matches('/')) } else { value };
            pairs.push((name, value));
        }
    } else {
        url.set_path(&format!("{}{route}", root.path().trim_end_matches('/')));
    }
    pairs.extend(query.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    url.set_query(None);
    url.set_fragment(None);
    if !pairs.is_empty() {
        url.query_pairs_mut().extend_pairs(pairs);
    }
    url
}

/// The route that an address of the site names; `None` for an address of elsewhere.
pub(crate) fn route_of(root: &Url, address: &str) -> Option<String> {
    let url = Url::parse(address).ok().filter(|url| crate::addresses::same_origin(url, root))?;
    let asked = url.query_pairs().find(|(name, _)| name == "rest_route").map(|(_, value)| value.into_owned());
    let route = match asked {
        Some(route) => route,
        None => url.path().strip_prefix(root.path().trim_end_matches('/'))?.to_owned(),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_');
    (route.starts_with("/wp/v2/") && route.len() < 200 && route.chars().all(plain)).then_some(route)
}

#[cfg(test)]
#[path = "api_tests.rs"]
mod tests;
