//! Posts over the API: read, publish once under a key, edit, delete, like, mute their thread.

use super::acts;
use super::instance::MOST_CHARACTERS;
use super::oauth::Who;
use super::params::{Params, Refusal, text_of};
use super::server::{Desk, Host};
use super::shapes;
use super::text::counted;
use super::uploads;
use super::world::{Id, Origin, Status, Town, Visibility, Writing, now_ms};
use crate::faults::Lag;
use crate::hold;
use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

/// A key is remembered this long.
const KEY_LIFE_MS: i64 = 3_600_000;
/// Most posts above or below that a signed-in reader is given.
const MOST_CONTEXT: usize = 4096;

/// Whether a read may show this post: allowed, and not too young for reads that lag.
pub(crate) fn visible(town: &Town, viewer: Option<Id>, status: &Status, lag: Lag) -> bool {
    town.may_see(viewer, status) && status.applied_ms <= now_ms().saturating_sub(lag.0)
}

fn found<'a>(town: &'a Town, id: &str, viewer: Option<Id>, lag: Lag) -> Result<&'a Status, Refusal> {
    id.parse()
        .ok()
        .and_then(|id: Id| town.statuses.get(&id))
        .filter(|status| visible(town, viewer, status, lag))
        .ok_or_else(Refusal::not_found)
}

fn lag_of(lag: Option<Extension<Lag>>) -> Lag {
    lag.map(|Extension(lag)| lag).unwrap_or_default()
}

pub(crate) async fn one(
    State(host): Desk,
    Path(id): Path<String>,
    lag: Option<Extension<Lag>>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let viewer = host.maybe_signed_in(&headers, "read:statuses")?;
    let town = hold(&host.town);
    let status = found(&town, &id, viewer, lag_of(lag))?;
    Ok(Json(shapes::status(&host, &town, status, viewer)))
}

/// Those of the asked ids that are still there.
pub(crate) async fn several(
    State(host): Desk,
    lag: Option<Extension<Lag>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Json<Vec<Value>>, Refusal> {
    let viewer = host.maybe_signed_in(&headers, "read:statuses")?;
    let lag = lag_of(lag);
    let town = hold(&host.town);
    let there = params.all("id").into_iter().take(40);
    Ok(Json(
        there
            .filter_map(|id| found(&town, id, viewer, lag).ok())
            .map(|status| shapes::status(&host, &town, status, viewer))
            .collect(),
    ))
}

pub(crate) async fn context(
    State(host): Desk,
    Path(id): Path<String>,
    lag: Option<Extension<Lag>>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let viewer = host.maybe_signed_in(&headers, "read:statuses")?;
    let lag = lag_of(lag);
    let town = hold(&host.town);
    let status = found(&town, &id, viewer, lag)?;
    let shown = |posts: Vec<&Status>| -> Vec<Value> {
        posts
            .into_iter()
            .filter(|status| visible(&town, viewer, status, lag))
            .take(MOST_CONTEXT)
            .map(|status| shapes::status(&host, &town, status, viewer))
            .collect()
    };
    Ok(Json(json!({
        "ancestors": shown(town.ancestors(status.id)),
        "descendants": shown(town.descendants(status.id)),
    })))
}

pub(crate) async fn source(
    State(host): Desk,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let who = host.signed_in(&headers, "read:statuses")?;
    let town = hold(&host.town);
    let status = own(&town, &id, &who)?;
    Ok(Json(json!({
        "id": status.id.to_string(),
        "text": status.text,
        "spoiler_text": status.spoiler
    })))
}

pub(crate) async fn publish(State(host): Desk, headers: HeaderMap, params: Params) -> Result<Json<Value>, Refusal> {
    let who = host.signed_in(&headers, "write:statuses")?;
    let key = Some(text_of(&headers, "idempotency-key")).filter(|key| !key.is_empty());
    let honoured = key.clone().filter(|_| host.honours_keys.load(Ordering::SeqCst));
    let now = now_ms();

    // One lock from the look at the key to the writing under it: two copies sent at once still make one post.
    let mut town = hold(&host.town);
    if let Some(key) = &honoured
        && let Some((id, at)) = town.keys.get(&(who.id, key.clone()))
        && now - at < KEY_LIFE_MS
        && let Some(status) = town.statuses.get(id)
    {
        return Ok(Json(shapes::status(&host, &town, status, Some(who.id))));
    }
    let parent = parent_of(&town, &who, &params)?;
    let mut writing = Writing::plain(
        who.id,
        params.get("status").unwrap_or_default().trim_end(),
        now,
        Origin::Api { key: key.clone(), asked_parent: parent },
    );
    writing.reply_to = parent;
    writing.spoiler = params.get("spoiler_text").unwrap_or_default().to_owned();
    writing.sensitive = params.flag("sensitive");
    writing.language = Some(params.get("language").unwrap_or("fr").to_owned());
    writing.app = Some(who.app.clone());
    if let Some(asked) = params.get("visibility") {
        writing.visibility =
            Visibility::named(asked).ok_or_else(|| Refusal::invalid("Visibility is not included in the list"))?;
    }
    writing.brought = uploads::named(&town, &who, &params)?;
    fits(&writing.spoiler, &writing.text, !writing.brought.is_empty())?;
    uploads::show(&mut town, &writing.brought);
    let id = host.write_in(&mut town, writing, acts::LOUD);
    if let Some(key) = honoured {
        town.keys.insert((who.id, key), (id, now));
    }
    let status = town.statuses.get(&id).ok_or_else(Refusal::not_found)?;
    Ok(Json(shapes::status(&host, &town, status, Some(who.id))))
}

fn parent_of(town: &Town, who: &Who, params: &Params) -> Result<Option<Id>, Refusal> {
    let Some(asked) = params.get("in_reply_to_id").filter(|id| !id.is_empty()) else {
        return Ok(None);
    };
    found(town, asked, Some(who.id), Lag::default()).map(|status| Some(status.id)).map_err(|_| {
        Refusal::new(StatusCode::NOT_FOUND, "The post you are trying to reply to does not appear to exist.")
    })
}

fn fits(spoiler: &str, text: &str, shows: bool) -> Result<(), Refusal> {
    if !shows && text.trim().is_empty() && spoiler.trim().is_empty() {
        return Err(Refusal::invalid("Text can't be blank"));
    }
    if counted(spoiler, text) > MOST_CHARACTERS {
        return Err(Refusal::invalid(&format!("Text character limit of {MOST_CHARACTERS} exceeded")));
    }
    Ok(())
}

/// A post of one's own; somebody else's is as if it were not there.
fn own<'a>(town: &'a Town, id: &str, who: &Who) -> Result<&'a Status, Refusal> {
    found(town, id, Some(who.id), Lag::default())
        .and_then(|status| (status.author == who.id).then_some(status).ok_or_else(Refusal::not_found))
}

pub(crate) async fn edit(
    State(host): Desk,
    Path(id): Path<String>,
    headers: HeaderMap,
    params: Params,
) -> Result<Json<Value>, Refusal> {
    let who = host.signed_in(&headers, "write:statuses")?;
    let text = params.get("status").unwrap_or_default().trim_end();
    let spoiler = params.get("spoiler_text");
    let (known, shows) = {
        let town = hold(&host.town);
        let status = own(&town, &id, &who)?;
        (status.id, !status.pictures.is_empty())
    };
    fits(spoiler.unwrap_or_default(), text, shows)?;
    host.edit(known, text, spoiler, now_ms());
    let town = hold(&host.town);
    let status = own(&town, &id, &who)?;
    Ok(Json(shapes::status(&host, &town, status, Some(who.id))))
}

/// The deleted post comes back once more, with its text as typed, to be written anew.
pub(crate) async fn delete(
    State(host): Desk,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let who = host.signed_in(&headers, "write:statuses")?;
    let known = {
        let town = hold(&host.town);
        let status = own(&town, &id, &who)?;
        let mut shape = shapes::status(&host, &town, status, Some(who.id));
        if let Some(fields) = shape.as_object_mut() {
            fields.remove("content");
            fields.insert("text".to_owned(), Value::String(status.text.clone()));
        }
        (status.id, shape)
    };
    host.delete(known.0);
    Ok(Json(known.1))
}

pub(crate) async fn act(
    State(host): Desk,
    Path((id, act)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let scope = if act.ends_with("mute") { "write:mutes" } else { "write:favourites" };
    let who = host.signed_in(&headers, scope)?;
    perform(&host, &who, &id, &act).map(Json)
}

fn perform(host: &Host, who: &Who, id: &str, act: &str) -> Result<Value, Refusal> {
    let mut town = hold(&host.town);
    let status = found(&town, id, Some(who.id), Lag::default())?;
    let (id, thread) = (status.id, status.thread);
    let change = match act {
        "favourite" => i64::from(town.liked.insert((who.id, id))),
        "unfavourite" => -i64::from(town.liked.remove(&(who.id, id))),
        "mute" => {
            town.muted_threads.insert((who.id, thread));
            0
        }
        "unmute" => {
            town.muted_threads.remove(&(who.id, thread));
            0
        }
        _ => return Err(Refusal::not_found()),
    };
    if let Some(status) = town.statuses.get_mut(&id) {
        status.likes = status.likes.saturating_add_signed(i32::try_from(change).unwrap_or_default());
    }
    let status = town.statuses.get(&id).ok_or_else(Refusal::not_found)?;
    Ok(shapes::status(host, &town, status, Some(who.id)))
}
