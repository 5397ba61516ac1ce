//! What a request asks of a site: its place under the site's folder, its REST route however it was written, and its
//! parameters as PHP takes them (`include=1,2`, `include[]=1` and `{"include":[1,2]}` are one thing).

use super::answers::Refusal;
use super::server::Host;
use crate::faults::Lag;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, Uri, header};
use serde_json::Value;
use std::collections::BTreeMap;

/// Where the REST API begins, on a site with pretty addresses.
pub(crate) const API: &str = "/wp-json";
/// Most bytes of a request.
const MOST: usize = 1 << 20;

pub(crate) struct Asked {
    pub method: Method,
    /// Under the site's folder; `None`: outside of it.
    pub path: Option<String>,
    /// The REST route, `/wp/v2/comments`.
    pub route: Option<String>,
    pub params: Params,
    pub headers: HeaderMap,
    pub lag: Lag,
}

impl Asked {
    pub async fn read(host: &Host, request: Request) -> Result<Asked, Refusal> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, MOST).await.map_err(|_| Refusal::json(400, "rest_invalid_json"))?;
        let mut params = Params::default();
        params.take_query(parts.uri.query().unwrap_or_default().as_bytes());
        let kind = text_of(&parts.headers, header::CONTENT_TYPE.as_str());
        if kind.starts_with("application/json") && !body.is_empty() {
            let value = serde_json::from_slice(&body).map_err(|_| Refusal::json(400, "rest_invalid_json"))?;
            params.take_json(&value);
        } else if kind.starts_with("application/x-www-form-urlencoded") {
            params.take_query(&body);
        }
        let path = under(&host.own.folder, parts.uri.path()).map(str::to_owned);
        let route = path.as_deref().and_then(|path| route(path, &parts.uri, host.own.plain));
        let method = text_of(&parts.headers, "x-http-method-override");
        let method =
            params.get("_method").map(str::to_owned).filter(|_| parts.method == Method::POST).unwrap_or(method);
        let method = match parts.method {
            Method::HEAD => Method::GET,
            Method::POST if !method.is_empty() => Method::try_from(method.as_str()).unwrap_or(Method::POST),
            other => other,
        };
        let lag = parts.extensions.get::<Lag>().copied().unwrap_or_default();
        Ok(Asked { method, path, route, params, headers: parts.headers, lag })
    }

    /// User and password, as Basic authentication carries them.
    pub fn basic(&self) -> Option<(String, String)> {
        use base64::Engine;
        let header = text_of(&self.headers, header::AUTHORIZATION.as_str());
        let pair = base64::prelude::BASE64_STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
        let pair = String::from_utf8(pair).ok()?;
        pair.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
    }

    pub fn agent(&self) -> String {
        text_of(&self.headers, header::USER_AGENT.as_str())
    }
}

/// The path of the pretty address, for the rules of the faults.
pub(crate) fn place(host: &Host, uri: &Uri) -> String {
    let path = under(&host.own.folder, uri.path()).unwrap_or(uri.path());
    match rest_route(uri) {
        Some(route) => format!("{API}{route}"),
        None => path.to_owned(),
    }
}

fn under<'a>(folder: &str, path: &'a str) -> Option<&'a str> {
    let rest = path.strip_prefix(folder)?;
    if rest.is_empty() { Some("/") } else { rest.starts_with('/').then_some(rest) }
}

fn route(path: &str, uri: &Uri, plain: bool) -> Option<String> {
    let route = match path {
        "/" | "/index.php" => rest_route(uri)?,
        _ if plain => return None,
        _ => {
            let rest = path.strip_prefix(API)?;
            if !rest.is_empty() && !rest.starts_with('/') {
                return None;
            }
            rest.to_owned()
        }
    };
    let route = route.trim_end_matches('/');
    Some(if route.is_empty() { "/".to_owned() } else { route.to_owned() })
}

fn rest_route(uri: &Uri) -> Option<String> {
    let query = uri.query()?.as_bytes();
    url::form_urlencoded::parse(query).find(|(name, _)| name == "rest_route").map(|(_, route)| route.into_owned())
}

/// A header as text; empty where absent.
pub(crate) fn text_of(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// Names with their values; a later source overwrites an earlier one.
#[derive(Default)]
pub(crate) struct Params {
    values: BTreeMap<String, Vec<String>>,
    /// As they came in the address, for the links to other pages.
    pub query: Vec<(String, String)>,
}

impl Params {
    fn take_query(&mut self, bytes: &[u8]) {
        let mut taken: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(bytes).into_owned() {
            let plain = name.split('[').next().unwrap_or(&name).to_owned();
            let listed = plain.len() < name.len();
            let known = taken.entry(plain).or_default();
            if !listed {
                known.clear();
            }
            known.push(value.clone());
            self.query.push((name, value));
        }
        self.values.extend(taken);
    }

    fn take_json(&mut self, value: &Value) {
        for (name, value) in value.as_object().into_iter().flatten() {
            let plain = |value: &Value| match value {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                Value::Bool(yes) => Some(if *yes { "1".to_owned() } else { String::new() }),
                _ => None,
            };
            let values = match value {
                Value::Array(all) => all.iter().filter_map(plain).collect(),
                Value::Object(parts) => parts.get("raw").and_then(plain).into_iter().collect(),
                one => plain(one).into_iter().collect(),
            };
            if !value.is_null() {
                self.values.insert(name.clone(), values);
            }
        }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.last().map(String::as_str)
    }

    /// A list, however it was written.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let values = self.values.get(name).into_iter().flatten();
        values.flat_map(|value| value.split(',')).map(str::trim).filter(|value| !value.is_empty()).collect()
    }

    /// The whole numbers of a list.
    pub fn ids(&self, name: &str) -> Vec<u64> {
        self.all(name).into_iter().filter_map(|id| id.parse().ok()).collect()
    }

    pub fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| !matches!(value, "" | "0" | "false"))
    }
}
