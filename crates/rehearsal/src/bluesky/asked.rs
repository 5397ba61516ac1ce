//! What a request asks: its method in the network's sense (a dotted name), its parameters with the types and bounds that
//! the real servers check, its input, and the service that a proxy header sends it to. Parameters that are not known
//! are passed over without a word: so it is on the real servers.

use super::names::{is_at_uri, is_did, is_handle};
use super::refusal::Refusal;
use crate::faults::Lag;
use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method};
use serde_json::Value;

/// Most bytes of a request: a picture, and then some.
const MOST: usize = 6 << 20;

pub(crate) struct Asked {
    pub method: Method,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub lag_ms: i64,
}

impl Asked {
    pub async fn read(request: Request) -> Result<Asked, Refusal> {
        let (parts, body) = request.into_parts();
        let too_large = |_| Refusal::new(413, "PayloadTooLarge", "request entity too large");
        let body = to_bytes(body, MOST).await.map_err(too_large)?;
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        Ok(Asked {
            path: parts.uri.path().to_owned(),
            query: url::form_urlencoded::parse(query).into_owned().collect(),
            lag_ms: parts.extensions.get::<Lag>().copied().unwrap_or_default().0,
            method: parts.method,
            headers: parts.headers,
            body,
        })
    }

    /// A header as text; empty where absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn name(&self) -> &str {
        self.path.strip_prefix("/xrpc/").unwrap_or_default()
    }

    fn wrong(&self, why: &str) -> Refusal {
        Refusal::invalid(format!("Invalid {} params: {why}", self.name()))
    }

    pub fn one(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn needed(&self, name: &str) -> Result<&str, Refusal> {
        self.one(name).ok_or_else(|| self.wrong(&format!("Missing required key \"{name}\"")))
    }

    /// All the values of a name, which must be given at least once.
    pub fn list(&self, name: &str, most: usize) -> Result<Vec<&str>, Refusal> {
        self.needed(name)?;
        let all = self.all(name);
        match all.len() > most {
            true => Err(self.wrong(&format!("array too big (maximum {most}, got {})", all.len()))),
            false => Ok(all),
        }
    }

    pub fn all(&self, name: &str) -> Vec<&str> {
        self.query.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    pub fn number(&self, name: &str, least: usize, most: usize, usual: usize) -> Result<usize, Refusal> {
        let Some(text) = self.one(name) else { return Ok(usual) };
        let Ok(number) = text.parse::<i64>() else {
            return Err(self.wrong(&format!("Expected integer value type (got \"{text}\")")));
        };
        match usize::try_from(number) {
            Ok(number) if number > most => Err(self.wrong(&format!("integer too big (maximum {most}, got {number})"))),
            Ok(number) if number >= least => Ok(number),
            _ => Err(self.wrong(&format!("integer too small (minimum {least}, got {number})"))),
        }
    }

    pub fn limit(&self) -> Result<usize, Refusal> {
        self.number("limit", 1, 100, 50)
    }

    /// The address of a record.
    pub fn uri(&self, name: &str) -> Result<&str, Refusal> {
        let text = self.needed(name)?;
        if is_at_uri(text) { Ok(text) } else { Err(self.wrong(&format!("Invalid at-uri (got \"{text}\")"))) }
    }

    /// Somebody, by did or handle.
    pub fn actor(&self, name: &str) -> Result<&str, Refusal> {
        let text = self.needed(name)?;
        let known = is_did(text) || is_handle(text);
        if known { Ok(text) } else { Err(self.wrong(&format!("Invalid at-identifier (got \"{text}\")"))) }
    }

    pub fn handle(&self, name: &str) -> Result<&str, Refusal> {
        let text = self.needed(name)?;
        if is_handle(text) { Ok(text) } else { Err(self.wrong(&format!("Invalid handle (got \"{text}\")"))) }
    }

    /// The JSON of a procedure.
    pub fn input(&self) -> Result<Value, Refusal> {
        let kind = self.header("content-type");
        if kind.is_empty() {
            return Err(Refusal::invalid("Request encoding (Content-Type) required but not provided"));
        }
        if kind.split(';').next().map(str::trim) != Some("application/json") {
            return Err(Refusal::invalid(format!("Wrong request encoding (Content-Type): {kind}")));
        }
        serde_json::from_slice(&self.body).map_err(|_| Refusal::new(400, "SyntaxError", "Unexpected token in JSON"))
    }
}
