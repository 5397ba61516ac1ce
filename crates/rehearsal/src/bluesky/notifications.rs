//! What an account is told, newest first: who named it, answered it, quoted it, applauded. Who is muted or blocked is left
//! out, and so is an answer that the account has hidden in its own thread. The cursor goes into the past alone. Whoever asks
//! for some reasons may get a page of nothing with a cursor: so many notices are looked through, whatever is among them.

use super::asked::Asked;
use super::lexicon;
use super::names::{datetime, instant};
use super::refusal::Refusal;
use super::server::Host;
use super::shapes::Eye;
use super::tokens::Caller;
use super::world::{Notice, Sky};
use crate::clock::now_ms;
use crate::hold;
use serde_json::{Value, json};

/// Times that half a page is looked through for what was asked for.
const LOOKS: usize = 10;

/// An account's notices, newest first.
fn all<'a>(sky: &'a Sky, eye: &Eye<'_>) -> Vec<&'a Notice> {
    let me = eye.me;
    let told = |notice: &&Notice| {
        let Some(record) = sky.records.get(&notice.uri) else { return false };
        let own_thread = record.root().is_some_and(|root| root.starts_with(&format!("at://{me}/")));
        let quiet = record.root().is_some_and(|root| sky.quiet_threads.contains(&(me.to_owned(), root.to_owned())));
        notice.to == me
            && notice.applied_ms <= eye.until_ms
            && !sky.mutes.contains(&(me.to_owned(), record.did.clone()))
            && !eye.apart(&record.did)
            && !quiet
            && !(notice.reason == "reply" && own_thread && sky.is_hidden(record))
    };
    let mut found: Vec<&Notice> = sky.notices.iter().filter(told).collect();
    found.sort_by(|a, b| (b.at_ms, &b.uri).cmp(&(a.at_ms, &a.uri)));
    found
}

fn eye<'a>(host: &'a Host, sky: &'a Sky, asked: &Asked, caller: &'a Caller) -> Eye<'a> {
    let until_ms = now_ms().saturating_sub(asked.lag_ms);
    Eye { host, sky, me: &caller.did, until_ms, own_fresh: false }
}

pub(crate) fn list(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let limit = asked.limit()?;
    if asked.one("seenAt").is_some() {
        return Err(Refusal::invalid("The seenAt parameter is unsupported"));
    }
    let before = match asked.one("cursor") {
        // The AppView stumbles over it, and the data server hears no more than that.
        Some(cursor) => Some(datetime(cursor).ok_or_else(|| Refusal::of(axum::http::StatusCode::BAD_GATEWAY))?),
        None => None,
    };
    let reasons = asked.all("reasons");
    let sky = hold(&host.sky);
    let eye = eye(host, &sky, asked, caller);
    let mut found = all(&sky, &eye);
    found.retain(|notice| before.is_none_or(|before| notice.at_ms < before));
    let (last, more);
    if reasons.is_empty() {
        more = found.len() >= limit;
        found.truncate(limit);
        last = found.last().map(|notice| notice.at_ms);
    } else {
        let step = limit.div_ceil(2);
        let (mut looked, mut fits) = (0, Vec::new());
        for some in found.chunks(step).take(LOOKS) {
            looked += some.len();
            fits.extend(some.iter().copied().filter(|notice| reasons.contains(&notice.reason)));
            if fits.len() >= step {
                break;
            }
        }
        more = looked < found.len();
        last = looked.checked_sub(1).and_then(|n| found.get(n)).map(|notice| notice.at_ms);
        found = fits;
    }
    // Without a word of the account, the first alone is new.
    let first = found.first().filter(|_| before.is_none()).map(|notice| notice.at_ms);
    let seen = sky.seen.get(&caller.did).copied();
    let is_read = |notice: &Notice| match (seen, first) {
        (Some(seen), _) => notice.at_ms <= seen,
        (None, Some(first)) => notice.at_ms < first,
        (None, None) => false,
    };
    let shape = |notice: &Notice| {
        let record = sky.records.get(&notice.uri)?;
        let mut shape = json!({
            "uri": record.uri,
            "cid": record.cid,
            "author": eye.person(&record.did),
            "reason": notice.reason,
            "record": record.value,
            "isRead": is_read(notice),
            "indexedAt": instant(notice.at_ms),
            "labels": [],
        });
        if let Some(subject) = &notice.subject {
            shape["reasonSubject"] = subject.clone().into();
        }
        Some(shape)
    };
    let shown: Vec<Value> = found.iter().filter_map(|notice| shape(notice)).collect();
    let mut told = json!({"notifications": shown, "priority": false});
    if let Some(last) = last.filter(|_| more) {
        told["cursor"] = instant(last).into();
    }
    if let Some(seen) = seen.or(first) {
        told["seenAt"] = instant(seen).into();
    }
    Ok(told)
}

pub(crate) fn count(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let sky = hold(&host.sky);
    let seen = sky.seen.get(&caller.did).copied().unwrap_or(i64::MIN);
    let eye = eye(host, &sky, asked, caller);
    Ok(json!({"count": all(&sky, &eye).iter().filter(|notice| notice.at_ms > seen).count()}))
}

pub(crate) fn seen(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let input = asked.input()?;
    let until = lexicon::input(&input, |at| at.key("seenAt")?.instant())?;
    hold(&host.sky).seen.insert(caller.did.clone(), until);
    Ok(Value::Null)
}
