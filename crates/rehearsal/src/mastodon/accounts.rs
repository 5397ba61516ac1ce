//! People over the API: who am I, who is this, what did they write; muting, blocking, reporting.

use super::paging::Page;
use super::params::{Params, Refusal, id_of};
use super::server::{Desk, Host};
use super::shapes;
use super::statuses::visible;
use super::world::{Id, now_ms};
use crate::faults::Lag;
use crate::hold;
use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

pub(crate) async fn myself(State(host): Desk, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    let who = host.signed_in(&headers, "read:accounts")?;
    let town = hold(&host.town);
    let person = town.people.get(&who.id).ok_or_else(Refusal::token)?;
    Ok(Json(shapes::own_account(&host, &town, person)))
}

pub(crate) async fn one(State(host): Desk, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    let town = hold(&host.town);
    let person = town.people.get(&id_of(&id)?).ok_or_else(Refusal::not_found)?;
    Ok(Json(shapes::account(&host, &town, person)))
}

pub(crate) async fn lookup(State(host): Desk, params: Params) -> Result<Json<Value>, Refusal> {
    let acct = params.get("acct").unwrap_or_default().trim_start_matches('@');
    let (user, domain) = match acct.split_once('@') {
        Some((user, domain)) => (user, Some(domain)),
        None => (acct, None),
    };
    let town = hold(&host.town);
    let person = host.find_person(&town, user, domain).and_then(|id| town.people.get(&id));
    let person = person.ok_or_else(Refusal::not_found)?;
    Ok(Json(shapes::account(&host, &town, person)))
}

pub(crate) async fn relationships(
    State(host): Desk,
    headers: HeaderMap,
    params: Params,
) -> Result<Json<Vec<Value>>, Refusal> {
    let who = host.signed_in(&headers, "read:follows")?;
    let town = hold(&host.town);
    let asked = params.all("id").into_iter().filter_map(|id| id.parse().ok());
    Ok(Json(
        asked.filter(|id| town.people.contains_key(id)).map(|id| shapes::relationship(&town, who.id, id)).collect(),
    ))
}

/// The posts of one account, newest first.
pub(crate) async fn posts(
    State(host): Desk,
    Path(id): Path<String>,
    lag: Option<Extension<Lag>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Refusal> {
    let viewer = host.maybe_signed_in(&headers, "read:statuses")?;
    let id = id_of(&id)?;
    let town = hold(&host.town);
    if !town.people.contains_key(&id) {
        return Err(Refusal::not_found());
    }
    let lag = lag.map(|Extension(lag)| lag).unwrap_or_default();
    let own = town
        .statuses
        .values()
        .filter(|status| status.author == id && !params.flag("pinned"))
        .filter(|status| visible(&town, viewer, status, lag))
        // A thread of one's own stays, as on a real server.
        .filter(|status| !params.flag("exclude_replies") || status.reply_to_author.is_none_or(|to| to == id))
        .filter(|status| !params.flag("only_media") || !status.pictures.is_empty())
        .collect();
    let page = Page::asked(&params, 20, 40);
    let own = page.cut(own, |status| status.id);
    let ids: Vec<Id> = own.iter().map(|status| status.id).collect();
    let shapes: Vec<Value> = own.into_iter().map(|status| shapes::status(&host, &town, status, viewer)).collect();
    let address = format!("{}/api/v1/accounts/{id}/statuses", host.origin);
    Ok(with_link(Json(shapes), page.link(&address, &params, &ids)))
}

pub(crate) fn with_link(body: impl IntoResponse, link: Option<axum::http::HeaderValue>) -> Response {
    let mut response = body.into_response();
    if let Some(link) = link {
        response.headers_mut().insert(header::LINK, link);
    }
    response
}

pub(crate) async fn act(
    State(host): Desk,
    Path((id, act)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let scope = if act.ends_with("block") { "write:blocks" } else { "write:mutes" };
    let who = host.signed_in(&headers, scope)?;
    stand(&host, who.id, id_of(&id)?, &act).map(Json)
}

fn stand(host: &Host, me: Id, other: Id, act: &str) -> Result<Value, Refusal> {
    let mut town = hold(&host.town);
    if !town.people.contains_key(&other) {
        return Err(Refusal::not_found());
    }
    let pair = (me, other);
    match act {
        "mute" => drop(town.muted.insert(pair)),
        "unmute" => drop(town.muted.remove(&pair)),
        "block" => {
            town.blocked.insert(pair);
            // A real server forgets the blocked person's notifications.
            town.notices.retain(|notice| (notice.to, notice.from) != pair);
        }
        "unblock" => drop(town.blocked.remove(&pair)),
        _ => return Err(Refusal::not_found()),
    }
    Ok(shapes::relationship(&town, me, other))
}

pub(crate) async fn report(State(host): Desk, headers: HeaderMap, params: Params) -> Result<Json<Value>, Refusal> {
    host.signed_in(&headers, "write:reports")?;
    let mut town = hold(&host.town);
    let target = params.id("account_id").filter(|id| town.people.contains_key(id));
    let target = target.ok_or_else(Refusal::not_found)?;
    let comment = params.get("comment").unwrap_or_default();
    if comment.chars().count() > 1000 {
        return Err(Refusal::invalid("Comment is too long (maximum is 1000 characters)"));
    }
    let rules = params.all("rule_ids");
    let category = if rules.is_empty() { params.get("category").unwrap_or("other") } else { "violation" };
    town.reports += 1;
    Ok(Json(json!({
        "id": town.reports.to_string(),
        "action_taken": false,
        "action_taken_at": null,
        "category": category,
        "comment": comment,
        "forwarded": params.flag("forward"),
        "created_at": shapes::time(now_ms()),
        "status_ids": params.all("status_ids"),
        "rule_ids": (!rules.is_empty()).then_some(rules),
        "collection_ids": [],
        "target_account": town.people.get(&target).map(|person| shapes::account(&host, &town, person))
    })))
}
