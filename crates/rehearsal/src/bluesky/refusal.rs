//! How the servers say no: a status, a name that programs read, a sentence in English as the real ones write it.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

#[derive(Debug)]
pub(crate) struct Refusal {
    pub status: u16,
    pub error: &'static str,
    pub message: String,
}

impl Refusal {
    pub fn new(status: u16, error: &'static str, message: impl Into<String>) -> Refusal {
        Refusal { status, error, message: message.into() }
    }

    /// A request that cannot be.
    pub fn invalid(message: impl Into<String>) -> Refusal {
        Refusal::new(400, "InvalidRequest", message)
    }

    pub fn token(message: &str) -> Refusal {
        Refusal::new(400, "InvalidToken", message)
    }

    pub fn expired(message: &str) -> Refusal {
        Refusal::new(400, "ExpiredToken", message)
    }

    pub fn not_implemented() -> Refusal {
        Refusal::new(501, "MethodNotImplemented", "Method Not Implemented")
    }

    pub fn too_many() -> Refusal {
        Refusal::new(429, "RateLimitExceeded", "Rate Limit Exceeded")
    }

    /// Whatever a server says that broke, or the one before it.
    pub fn of(code: StatusCode) -> Refusal {
        let (error, message) = match code.as_u16() {
            401 => ("AuthenticationRequired", "Authentication Required"),
            403 => ("Forbidden", "Forbidden"),
            404 => ("XRPCNotSupported", "XRPCNotSupported"),
            413 => ("PayloadTooLarge", "request entity too large"),
            429 => ("RateLimitExceeded", "Rate Limit Exceeded"),
            501 => ("MethodNotImplemented", "Method Not Implemented"),
            502 => ("UpstreamFailure", "Upstream service unreachable"),
            503 => ("NotEnoughResources", "Not Enough Resources"),
            504 => ("UpstreamTimeout", "Upstream Timeout"),
            400..=499 => ("InvalidRequest", "Invalid Request"),
            _ => ("InternalServerError", "Internal Server Error"),
        };
        Refusal::new(code.as_u16(), error, message)
    }

    pub fn respond(self) -> Response {
        let code = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = told(&json!({"error": self.error, "message": self.message}));
        *response.status_mut() = code;
        response
    }
}

/// An answer of JSON; of nothing at all, where there is nothing to say.
pub(crate) fn told(body: &Value) -> Response {
    if body.is_null() {
        return [(header::CACHE_CONTROL, "private")].into_response();
    }
    let headers = [(header::CONTENT_TYPE, "application/json; charset=utf-8"), (header::CACHE_CONTROL, "private")];
    (headers, body.to_string()).into_response()
}

pub(crate) fn add(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}
