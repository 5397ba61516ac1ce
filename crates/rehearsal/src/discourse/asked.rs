//! What a request asks of a forum: its place under the forum's folder without `.json`, whether JSON is wanted, and its
//! parameters as Rails takes them (`post[raw]=…` and `{"post":{"raw":…}}` are one thing, `post_ids[]=1` is a list).

use crate::faults::Lag;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, Method};
use serde_json::Value;
use std::collections::BTreeMap;

/// Most bytes of a request.
const MOST: usize = 1 << 20;

pub(crate) struct Asked {
    pub method: Method,
    /// Under the forum's folder, without `.json`; `None`: outside of it.
    pub path: Option<String>,
    pub json: bool,
    pub params: BTreeMap<String, Vec<String>>,
    pub headers: HeaderMap,
    /// Whether the body is JSON and says so.
    pub json_body: bool,
    pub lag: Lag,
}

impl Asked {
    /// `None`: a body that nobody can read.
    pub async fn read(folder: &str, request: Request) -> Option<Asked> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, MOST).await.ok()?;
        let mut params = BTreeMap::new();
        take_query(&mut params, parts.uri.query().unwrap_or_default().as_bytes());
        let kind = header(&parts.headers, "content-type");
        let json_body = kind.starts_with("application/json");
        if json_body && !body.is_empty() {
            take_json(&mut params, "", &serde_json::from_slice(&body).ok()?);
        } else if kind.starts_with("application/x-www-form-urlencoded") {
            take_query(&mut params, &body);
        }
        let path = under(folder, parts.uri.path());
        let plain = path.map(|path| path.strip_suffix(".json").unwrap_or(path).to_owned());
        let asks = header(&parts.headers, "accept").contains("application/json");
        let json = asks || path.is_some_and(|path| path.ends_with(".json"));
        let lag = parts.extensions.get::<Lag>().copied().unwrap_or_default();
        Some(Asked { method: parts.method, path: plain, json, params, headers: parts.headers, json_body, lag })
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.params.get(name)?.last().map(String::as_str)
    }

    pub fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.trim().parse().ok()
    }

    /// The whole numbers of a list, written `name[]`.
    pub fn ids(&self, name: &str) -> Vec<u64> {
        let values = self.params.get(&format!("{name}[]")).into_iter().flatten();
        values.filter_map(|value| value.parse().ok()).collect()
    }

    pub fn header(&self, name: &str) -> String {
        header(&self.headers, name)
    }
}

fn header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

pub(crate) fn under<'a>(folder: &str, path: &'a str) -> Option<&'a str> {
    let rest = path.strip_prefix(folder)?;
    if rest.is_empty() { Some("/") } else { rest.starts_with('/').then_some(rest) }
}

fn take_query(params: &mut BTreeMap<String, Vec<String>>, bytes: &[u8]) {
    for (name, value) in url::form_urlencoded::parse(bytes).into_owned() {
        let known = params.entry(name.clone()).or_default();
        if !name.ends_with("[]") {
            known.clear();
        }
        known.push(value);
    }
}

fn take_json(params: &mut BTreeMap<String, Vec<String>>, under: &str, value: &Value) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let name = if under.is_empty() { name.clone() } else { format!("{under}[{name}]") };
        match value {
            Value::Object(_) => take_json(params, &name, value),
            Value::Array(all) => {
                params.insert(format!("{name}[]"), all.iter().filter_map(plain).collect());
            }
            one => {
                params.insert(name, plain(one).into_iter().collect());
            }
        }
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}
