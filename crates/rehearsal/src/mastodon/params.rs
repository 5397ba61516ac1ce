//! What a request asks for, whatever its dress: query, form or JSON give the same flat list of names and values, as
//! Rails does it (`types[]=mention`, `{"types":["mention"]}` and `types=mention` are one thing). And the refusals.

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Names and values in the order they came.
#[derive(Clone, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    pub fn read(query: &str, content_type: &str, body: &[u8]) -> Params {
        let mut params = Params(pairs(query.as_bytes()));
        if content_type.starts_with("application/json") {
            if let Ok(value) = serde_json::from_slice::<Value>(body) {
                flatten("", &value, &mut params.0);
            }
        } else if content_type.starts_with("application/x-www-form-urlencoded") {
            params.0.extend(pairs(body));
        }
        params
    }

    /// The last value of that name, as Rails takes it.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a list.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(known, _)| known.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('[')))
            .map(|(_, value)| value.as_str())
            .collect()
    }

    pub fn flag(&self, name: &str) -> bool {
        matches!(self.get(name), Some("true" | "1" | "on"))
    }

    pub fn id(&self, name: &str) -> Option<u64> {
        self.get(name).and_then(|value| value.parse().ok())
    }

    /// The query that asks the same, without the paging names.
    pub fn kept_for_paging(&self) -> Vec<(String, String)> {
        self.0.iter().filter(|(name, _)| !matches!(name.as_str(), "max_id" | "since_id" | "min_id")).cloned().collect()
    }
}

impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let content_type = text_of(&parts.headers, header::CONTENT_TYPE.as_str());
        let body = to_bytes(body, 1 << 20)
            .await
            .map_err(|_| Refusal::new(StatusCode::BAD_REQUEST, "Error reading request body"))?;
        Ok(Params::read(parts.uri.query().unwrap_or_default(), &content_type, &body))
    }
}

/// An id out of an address. What is no number names nothing.
pub(crate) fn id_of(text: &str) -> Result<u64, Refusal> {
    text.parse().map_err(|_| Refusal::not_found())
}

/// A header as text; empty where absent.
pub(crate) fn text_of(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

fn pairs(bytes: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(bytes).into_owned().collect()
}

fn flatten(name: &str, value: &Value, into: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::Bool(yes) => into.push((name.to_owned(), yes.to_string())),
        Value::Number(number) => into.push((name.to_owned(), number.to_string())),
        Value::String(text) => into.push((name.to_owned(), text.clone())),
        Value::Array(values) => {
            for value in values {
                flatten(&format!("{name}[]"), value, into);
            }
        }
        Value::Object(fields) => {
            for (key, value) in fields {
                let inner = if name.is_empty() { key.clone() } else { format!("{name}[{key}]") };
                flatten(&inner, value, into);
            }
        }
    }
}

/// An error answer: `{"error": …}` with Mastodon's words.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub code: StatusCode,
    error: String,
    description: Option<String>,
}

impl Refusal {
    pub fn new(code: StatusCode, error: &str) -> Refusal {
        Refusal { code, error: error.to_owned(), description: None }
    }

    pub fn not_found() -> Refusal {
        Refusal::new(StatusCode::NOT_FOUND, "Record not found")
    }

    pub fn token() -> Refusal {
        Refusal::new(StatusCode::UNAUTHORIZED, "The access token is invalid")
    }

    pub fn invalid(reason: &str) -> Refusal {
        Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, &format!("Validation failed: {reason}"))
    }

    /// An OAuth error with its sentence.
    pub fn oauth(code: StatusCode, error: &str, description: &str) -> Refusal {
        Refusal { code, error: error.to_owned(), description: Some(description.to_owned()) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!({ "error": self.error });
        if let Some(description) = self.description {
            body["error_description"] = Value::String(description);
        }
        (self.code, axum::Json(body)).into_response()
    }
}
