//! Recorded answers read through the connectors' own readers, for trying them on servers nobody here has.
//!
//! A recording is one answer's body, or one exchange, or an array of exchanges, in either spelling:
//! `{request:{method,uri,body}, response:{status,headers,body}}` or `{request:{method,url,body}, status, headers, body}`.

use crate::{bluesky, discourse, email, mastodon, wordpress};
use guichet_model::{Item, Kind, Millis, RemoteId, Visibility};
use serde_json::{Value, json};

/// What a recording held.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// One object an item, in the answer's order.
    pub lines: Vec<Value>,
    pub unreadable: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    Network,
    What,
}

/// A kind of answer: how it is named, which requests ask for it, and how it is read.
pub(crate) struct What {
    pub name: &'static str,
    pub asked: fn(method: &str, path: &str) -> bool,
    /// No JSON: it is recorded as it came, and read as one string.
    pub text: bool,
    pub read: fn(&Exchange, &mut Reading),
}

const NETWORKS: [(&str, &[What]); 5] = [
    (mastodon::NAME, mastodon::recorded::WHATS),
    (bluesky::NAME, bluesky::recorded::WHATS),
    (wordpress::NAME, wordpress::recorded::WHATS),
    (discourse::NAME, discourse::recorded::WHATS),
    (email::NAME, email::recorded::WHATS),
];

/// Each network, with the kinds of answers that can be read.
pub fn recorded_kinds() -> Vec<(&'static str, Vec<&'static str>)> {
    NETWORKS.iter().map(|(network, whats)| (*network, whats.iter().map(|what| what.name).collect())).collect()
}

/// Reads `text`, a recording of `what` at `network`.
pub fn read_recorded(network: &str, what: &str, text: &str) -> Result<Reading, Unknown> {
    let what = kind(network, what)?;
    let mut reading = Reading::default();
    match exchanges(what, text) {
        Some(all) => all.iter().for_each(|exchange| (what.read)(exchange, &mut reading)),
        None => reading.unreadable += 1,
    }
    Ok(reading)
}

pub(crate) fn kind(network: &str, what: &str) -> Result<&'static What, Unknown> {
    let (_, whats) = NETWORKS.iter().find(|(name, _)| *name == network).ok_or(Unknown::Network)?;
    whats.iter().find(|known| known.name == what).ok_or(Unknown::What)
}

pub(crate) struct Exchange {
    pub path: Option<String>,
    pub body: Value,
}

impl Exchange {
    fn body_alone(body: Value) -> Self {
        Self { path: None, body }
    }

    /// `None`: not an exchange. `Some(None)`: one that was refused and so brought nothing.
    fn read(value: &Value) -> Option<Option<(String, Self)>> {
        let request = value.get("request")?;
        let response = value.get("response").unwrap_or(value);
        let status = response.get("status")?.as_u64()?;
        let asked = request["uri"].as_str().or_else(|| request["url"].as_str())?;
        let path = match url::Url::parse(asked) {
            Ok(url) => url.path().trim_end_matches('/').to_owned(),
            Err(_) => asked.split('?').next()?.trim_end_matches('/').to_owned(),
        };
        if !(200..300).contains(&status) {
            return Some(None);
        }
        let method = request["method"].as_str().unwrap_or("GET").to_owned();
        let body = match &response["body"] {
            // Bodies are kept as text where they could not be parsed, and in some tools always.
            Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone())),
            body => body.clone(),
        };
        let path = Some(path);
        Some(Some((method, Self { path, body })))
    }
}

/// The exchanges of a recording that asked for what is wanted. One exchange alone was chosen by whoever gave it. `None`: it
/// cannot be read at all.
pub(crate) fn exchanges(what: &What, text: &str) -> Option<Vec<Exchange>> {
    let told: Value = match serde_json::from_str(text) {
        Ok(told) => told,
        Err(_) if what.text => return Some(vec![Exchange::body_alone(Value::String(text.to_owned()))]),
        Err(_) => return None,
    };
    if let Some(one) = Exchange::read(&told) {
        return Some(one.into_iter().map(|(_, exchange)| exchange).collect());
    }
    let all: Option<Vec<_>> =
        told.as_array().filter(|list| !list.is_empty()).and_then(|list| list.iter().map(Exchange::read).collect());
    let Some(all) = all else {
        return Some(vec![Exchange::body_alone(told)]);
    };
    let wanted =
        |(method, exchange): &(String, Exchange)| (what.asked)(method, exchange.path.as_deref().unwrap_or_default());
    let kept = all.into_iter().flatten().filter(wanted);
    Some(kept.map(|(_, exchange)| exchange).collect())
}

/// One item as it is printed.
pub(crate) fn line(item: &Item) -> Value {
    let id = |id: &Option<RemoteId>| id.as_ref().map(|id| id.as_str().to_owned());
    json!({
        "remote_id": item.remote.as_str(),
        "conversation": id(&item.conversation),
        "in_reply_to": id(&item.in_reply_to),
        "kind": match item.kind {
            Kind::Post => "post",
            Kind::Comment => "comment",
            Kind::Mention => "mention",
            Kind::Message => "message",
            Kind::Review => "review",
        },
        "author": item.author.handle,
        "author_name": item.author.name,
        "at": instant(item.at),
        "edited_at": item.edited_at.and_then(instant),
        "text": item.body.text,
        "url": item.url,
        "visibility": item.visibility.map(|visibility| match visibility {
            Visibility::Public => "public",
            Visibility::Unlisted => "unlisted",
            Visibility::Followers => "followers",
            Visibility::Direct => "direct",
        }),
        "rating": item.rating,
    })
}

/// RFC 3339, UTC, with milliseconds.
fn instant(at: Millis) -> Option<String> {
    let at = jiff::Timestamp::from_millisecond(at.0).ok()?;
    Some(at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}

#[cfg(test)]
#[path = "recorded_tests.rs"]
mod tests;
