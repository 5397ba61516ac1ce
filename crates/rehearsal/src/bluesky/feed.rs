//! Posts as the AppView shows them: a thread around one of them, some by their addresses, one person's latest, those that
//! quote one. What its reader's account has just written is in its threads and its own feed at once, and nowhere else.

use super::asked::Asked;
use super::lexicon::POST;
use super::names::{datetime, instant};
use super::refusal::Refusal;
use super::server::Host;
use super::shapes::Eye;
use super::tokens::Caller;
use super::world::{Record, Sky};
use crate::clock::now_ms;
use crate::hold;
use serde_json::{Value, json};

fn eye<'a>(host: &'a Host, sky: &'a Sky, asked: &Asked, caller: &'a Caller, own_fresh: bool) -> Eye<'a> {
    let until_ms = now_ms().saturating_sub(asked.lag_ms);
    Eye { host, sky, me: &caller.did, until_ms, own_fresh }
}

pub(crate) fn thread(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let (uri, depth) = (asked.uri("uri")?, asked.number("depth", 0, 1000, 6)?);
    let height = asked.number("parentHeight", 0, 1000, 80)?;
    let sky = hold(&host.sky);
    let eye = eye(host, &sky, asked, caller, true);
    let plain = sky.plain_uri(uri).unwrap_or_else(|| uri.to_owned());
    let not_found = || Refusal::new(400, "NotFound", format!("Post not found: {uri}"));
    let post = eye.post(&plain).ok_or_else(not_found)?;
    let mut told = json!({"thread": below(&eye, post, depth)});
    if !eye.apart(&post.did)
        && let Some(parent) = above(&eye, post, height)
    {
        told["thread"]["parent"] = parent;
    }
    if let Some(gate) = sky.gate(post.root().unwrap_or(&post.uri)) {
        told["threadgate"] = eye.gate(gate);
    }
    Ok(told)
}

fn below(eye: &Eye<'_>, post: &Record, depth: usize) -> Value {
    if eye.apart(&post.did) {
        return eye.blocked(post);
    }
    let mut node = node(eye, post);
    if depth > 0 {
        let answers = eye.answers(&post.uri).into_iter().filter(|answer| !eye.apart(&answer.did));
        node["replies"] = answers.map(|answer| below(eye, answer, depth - 1)).collect();
    }
    node
}

fn above(eye: &Eye<'_>, post: &Record, height: usize) -> Option<Value> {
    let uri = post.parent().filter(|_| height > 0)?;
    let Some(parent) = eye.post(uri) else { return Some(eye.missing(uri)) };
    if eye.apart(&parent.did) {
        return Some(eye.blocked(parent));
    }
    let mut node = node(eye, parent);
    if let Some(more) = above(eye, parent, height - 1) {
        node["parent"] = more;
    }
    Some(node)
}

fn node(eye: &Eye<'_>, post: &Record) -> Value {
    json!({"$type": "app.bsky.feed.defs#threadViewPost", "post": eye.shown(post), "threadContext": {}})
}

/// Those that are there, in the order they were asked, each once.
pub(crate) fn posts(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let uris = asked.list("uris", 25)?;
    let sky = hold(&host.sky);
    let eye = eye(host, &sky, asked, caller, false);
    let mut found: Vec<&Record> = Vec::new();
    for uri in uris {
        let plain = sky.plain_uri(uri).unwrap_or_default();
        if let Some(post) = eye.post(&plain).filter(|post| !eye.apart(&post.did))
            && found.iter().all(|known| known.uri != post.uri)
        {
            found.push(post);
        }
    }
    Ok(json!({"posts": found.into_iter().map(|post| eye.shown(post)).collect::<Vec<_>>()}))
}

/// A page of what is sorted newest first, and the cursor to the rest.
fn page<'a>(asked: &Asked, mut all: Vec<&'a Record>) -> Result<(Vec<&'a Record>, Option<String>), Refusal> {
    let limit = asked.limit()?;
    if let Some(cursor) = asked.one("cursor") {
        let before = datetime(cursor).ok_or_else(|| Refusal::of(axum::http::StatusCode::BAD_GATEWAY))?;
        all.retain(|record| record.at_ms < before);
    }
    let more = all.len() >= limit;
    all.truncate(limit);
    let cursor = all.last().filter(|_| more).map(|record| instant(record.at_ms));
    Ok((all, cursor))
}

pub(crate) fn author(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let actor = asked.actor("actor")?;
    let sky = hold(&host.sky);
    let did = sky.did_of(actor).ok_or_else(|| Refusal::invalid("Profile not found"))?;
    let eye = eye(host, &sky, asked, caller, true);
    if sky.block(&caller.did, &did).is_some() {
        return Err(Refusal::new(400, "BlockedActor", format!("Requester has blocked actor: {did}")));
    }
    if eye.apart(&did) {
        return Err(Refusal::new(400, "BlockedByActor", format!("Requester is blocked by actor: {did}")));
    }
    let without = asked.one("filter") == Some("posts_no_replies");
    let mut all: Vec<&Record> =
        sky.of(&did, POST).filter(|record| eye.sees(record) && !(without && record.parent().is_some())).collect();
    all.sort_by_key(|record| -record.at_ms);
    let (page, cursor) = page(asked, all)?;
    let item = |post: &Record| {
        let mut item = json!({"post": eye.shown(post)});
        if let (Some(root), Some(parent)) = (post.root(), post.parent()) {
            let shown = |uri: &str| match eye.post(uri) {
                Some(post) if eye.apart(&post.did) => eye.blocked(post),
                Some(post) => {
                    let mut shape = eye.shown(post);
                    shape["$type"] = "app.bsky.feed.defs#postView".into();
                    shape
                }
                None => eye.missing(uri),
            };
            item["reply"] = json!({"root": shown(root), "parent": shown(parent)});
        }
        item
    };
    let mut told = json!({"feed": page.into_iter().map(item).collect::<Vec<_>>()});
    if let Some(cursor) = cursor {
        told["cursor"] = cursor.into();
    }
    Ok(told)
}

pub(crate) fn quotes(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    let uri = asked.uri("uri")?;
    let sky = hold(&host.sky);
    let eye = eye(host, &sky, asked, caller, false);
    let plain = sky.plain_uri(uri).unwrap_or_else(|| uri.to_owned());
    let all = eye.quotes(&plain).into_iter().filter(|post| !eye.apart(&post.did)).collect();
    let (page, cursor) = page(asked, all)?;
    let mut told = json!({"uri": plain, "posts": page.into_iter().map(|post| eye.shown(post)).collect::<Vec<_>>()});
    if let Some(cursor) = cursor {
        told["cursor"] = cursor.into();
    }
    Ok(told)
}
