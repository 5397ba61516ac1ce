//! A reply leaves. What is sent is made once, in `prepare`, and frozen; `send` adds nothing to it.
//!
//! On Mastodon the text itself says who is addressed, and in a private reply whoever is named can read it. So the
//! people addressed are put in front where the text does not name them yet, a text is never shown to more people
//! than the one it answers, and a private reply may name nobody from outside the exchange.

use super::session::Account;
use super::thread::{Places, Placing};
use super::wire::Status;
use guichet_model::text::{self, addressed, mentions, same_handle};
use guichet_model::{Capabilities, Fault, Identity, Item, Kind, LastWord, Outgoing, Prepared, RefusalCode, Visibility};
use serde_json::{Map, Value};
use std::sync::Arc;
use url::Url;

pub(crate) fn prepare(
    outgoing: &Outgoing,
    identity: &Identity,
    capabilities: &Capabilities,
) -> Result<Prepared, Fault> {
    let refused = |code| Err(Fault::refused(code, None));
    let written = outgoing.text.trim();
    // Pictures do not stand for words: a lost answer is looked for by its text.
    let only_names = without_names(written).trim().is_empty();
    if only_names {
        return refused(RefusalCode::Empty);
    }
    let visibility = visibility(outgoing)?;
    let home = host(identity);
    let text = addressed(written, &outgoing.to, &home);
    if visibility == Visibility::Direct {
        // Nobody addressed: nobody would ever read it. Somebody else named: somebody else would.
        let known = |name: &str| {
            let to = outgoing.to.iter().map(|to| &to.handle);
            to.chain([&identity.me.handle]).any(|known| same_handle(known, name, &home))
        };
        if outgoing.to.is_empty() {
            return refused(RefusalCode::Invalid);
        }
        if !mentions(&text).all(|(_, name)| known(name)) {
            return refused(RefusalCode::Forbidden);
        }
    }
    let warning = outgoing.warning.as_deref().map(str::trim).filter(|w| !w.is_empty());
    let counted = text::count(&text, warning, &capabilities.limit);
    if counted > capabilities.limit.most {
        return refused(RefusalCode::TooLong);
    }
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("status", text.clone().into());
    put("in_reply_to_id", outgoing.place.remote.as_str().into());
    put("visibility", word(visibility).into());
    if let Some(warning) = warning {
        put("spoiler_text", warning.into());
        put("sensitive", true.into());
    }
    if !outgoing.pictures.is_empty() {
        put("media_ids", outgoing.pictures.iter().map(|id| Value::from(id.as_str())).collect());
    }
    if let Some(lang) = &outgoing.lang {
        put("language", lang.as_str().into());
    }
    Ok(Prepared {
        key: outgoing.key.clone(),
        body: Value::Object(body).to_string(),
        place: outgoing.place.remote.clone(),
        text,
        proof: capabilities.proof,
    })
}

/// Never wider than what is answered; as wide as it, where nothing else is asked for.
fn visibility(outgoing: &Outgoing) -> Result<Visibility, Fault> {
    match (outgoing.visibility, outgoing.place.visibility) {
        (Some(asked), Some(parent)) if asked < parent => Err(Fault::refused(RefusalCode::Forbidden, None)),
        (Some(asked), _) => Ok(asked),
        (None, Some(parent)) => Ok(parent),
        // What is answered did not say who reads it: those who follow and those who are named, and no more.
        (None, None) => Ok(Visibility::Followers),
    }
}

fn word(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Public => "public",
        Visibility::Unlisted => "unlisted",
        Visibility::Followers => "private",
        Visibility::Direct => "direct",
    }
}

/// What people of this server leave out of their names.
fn host(identity: &Identity) -> String {
    let url = Url::parse(&identity.server).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    match url.as_ref().and_then(Url::port) {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn without_names(text: &str) -> String {
    let mut text = text.to_owned();
    let names: Vec<String> = mentions(&text).map(|(_, name)| format!("@{name}")).collect();
    for name in names {
        text = text.replacen(&name, "", 1);
    }
    text
}

/// Exactly one request, of the frozen bytes. An answer that cannot be read may hide a text that was published.
pub(crate) async fn send(account: &Account, prepared: &Prepared, last: Arc<dyn LastWord>) -> Result<Item, Fault> {
    let body = prepared.body.clone();
    let answer = account.api.publish("/api/v1/statuses", body, &prepared.key, last).await?;
    let told = answer.json().map_err(|_| Fault::Unsure)?;
    let status = Status::read(&told).map_err(|_| Fault::Unsure)?;
    // A server may answer 200 with another status; only ours, in its place, is the proof.
    let in_place = status.in_reply_to.as_deref().is_none_or(|to| to == prepared.place.as_str());
    if !account.me.wrote(&status) || !in_place {
        return Err(Fault::Unsure);
    }
    let placing = under(&account.places(), &status, account);
    Ok(account.placed(&status, placing))
}

/// Where our own answer stands: beside what it answers. The desk knows the rest.
pub(crate) fn under(places: &Places, status: &Status, account: &Account) -> Placing {
    let known = places.of(status, &account.me, false);
    known.filter(|_| status.in_reply_to.is_some()).unwrap_or_else(|| Placing {
        kind: if status.direct() { Kind::Message } else { Kind::Comment },
        conversation: None,
        post: None,
    })
}

#[cfg(test)]
#[path = "send_tests.rs"]
mod tests;
