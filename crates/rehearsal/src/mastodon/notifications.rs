//! Notifications over the API, one by one and grouped; the mentions set aside by the notification policy; read marks.

use super::accounts::with_link;
use super::paging::Page;
use super::params::{Params, Refusal, id_of};
use super::server::{Desk, Host};
use super::shapes;
use super::statuses::visible;
use super::world::{Id, Notice, Town, now_ms};
use crate::faults::Lag;
use crate::hold;
use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(crate) async fn list(
    State(host): Desk,
    lag: Option<Extension<Lag>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Refusal> {
    let who = host.signed_in(&headers, "read:notifications")?;
    let lag = lag.map(|Extension(lag)| lag).unwrap_or_default();
    let town = hold(&host.town);
    let page = Page::asked(&params, 40, 80);
    let found = page.cut(wanted(&town, who.id, &params, lag), |notice| notice.id);
    let ids: Vec<Id> = found.iter().map(|notice| notice.id).collect();
    let shapes: Vec<Value> = found.into_iter().filter_map(|notice| shapes::notice(&host, &town, notice)).collect();
    let address = format!("{}/api/v1/notifications", host.origin);
    Ok(with_link(Json(shapes), page.link(&address, &params, &ids)))
}

fn wanted<'a>(town: &'a Town, me: Id, params: &Params, lag: Lag) -> Vec<&'a Notice> {
    let (types, without) = (params.all("types"), params.all("exclude_types"));
    let from = params.id("account_id");
    town.notices
        .iter()
        .filter(|notice| notice.to == me)
        .filter(|notice| types.is_empty() || types.contains(&notice.kind))
        .filter(|notice| !without.contains(&notice.kind))
        .filter(|notice| from.is_none_or(|from| from == notice.from))
        .filter(|notice| !notice.filtered || params.flag("include_filtered"))
        .filter(|notice| {
            notice
                .status
                .is_none_or(|id| town.statuses.get(&id).is_some_and(|status| visible(town, Some(me), status, lag)))
        })
        .collect()
}

pub(crate) async fn one(State(host): Desk, Path(id): Path<String>, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    let who = host.signed_in(&headers, "read:notifications")?;
    let id = id_of(&id)?;
    let town = hold(&host.town);
    town.notices
        .iter()
        .find(|notice| notice.id == id && notice.to == who.id)
        .and_then(|notice| shapes::notice(&host, &town, notice))
        .map(Json)
        .ok_or_else(Refusal::not_found)
}

/// The grouped shape. Likes and boosts of one post, and follows, share a group; the rest stands alone.
pub(crate) async fn grouped(
    State(host): Desk,
    lag: Option<Extension<Lag>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Refusal> {
    let who = host.signed_in(&headers, "read:notifications")?;
    let lag = lag.map(|Extension(lag)| lag).unwrap_or_default();
    let town = hold(&host.town);
    let page = Page::asked(&params, 40, 80);
    let found = page.cut(wanted(&town, who.id, &params, lag), |notice| notice.id);
    let ids: Vec<Id> = found.iter().map(|notice| notice.id).collect();
    let mut groups: Vec<(String, Vec<&Notice>)> = Vec::new();
    for notice in found {
        let key = match (notice.kind, notice.status) {
            ("favourite" | "reblog", Some(status)) => format!("{}-{status}", notice.kind),
            ("follow", _) => "follow".to_owned(),
            _ => format!("ungrouped-{}", notice.id),
        };
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, group)) => group.push(notice),
            None => groups.push((key, vec![notice])),
        }
    }
    let body = grouped_shape(&host, &town, who.id, &groups);
    let address = format!("{}/api/v2/notifications", host.origin);
    Ok(with_link(Json(body), page.link(&address, &params, &ids)))
}

fn grouped_shape(host: &Host, town: &Town, me: Id, groups: &[(String, Vec<&Notice>)]) -> Value {
    let all = || groups.iter().flat_map(|(_, group)| group.iter());
    let people: BTreeSet<Id> = all().map(|notice| notice.from).collect();
    let posts: BTreeSet<Id> = all().filter_map(|notice| notice.status).collect();
    let shown: Vec<Value> = groups
        .iter()
        .filter_map(|(key, group)| {
            let (newest, oldest) = (group.first()?, group.last()?);
            Some(json!({
                "group_key": key,
                "notifications_count": group.len(),
                "type": newest.kind,
                // A number, not a string: so do real servers, whatever their documentation says.
                "most_recent_notification_id": newest.id,
                "page_min_id": oldest.id.to_string(),
                "page_max_id": newest.id.to_string(),
                "latest_page_notification_at": shapes::time(newest.at_ms),
                "sample_account_ids": group.iter().take(8).map(|notice| notice.from.to_string()).collect::<Vec<_>>(),
                "status_id": newest.status.map(|id| id.to_string()),
            }))
        })
        .collect();
    json!({
        "accounts": people.iter().filter_map(|id| town.people.get(id))
            .map(|person| shapes::account(host, town, person)).collect::<Vec<_>>(),
        "statuses": posts.iter().filter_map(|id| town.statuses.get(id))
            .map(|status| shapes::status(host, town, status, Some(me))).collect::<Vec<_>>(),
        "notification_groups": shown,
    })
}

/// The people whose mentions wait outside.
pub(crate) async fn requests(State(host): Desk, headers: HeaderMap, params: Params) -> Result<Response, Refusal> {
    let who = host.signed_in(&headers, "read:notifications")?;
    let town = hold(&host.town);
    let waiting: Vec<&Notice> = town.notices.iter().filter(|notice| notice.to == who.id && notice.filtered).collect();
    let people: BTreeSet<Id> = waiting.iter().map(|notice| notice.from).collect();
    let page = Page::asked(&params, 40, 80);
    let people = page.cut(people.into_iter().collect(), |id| *id);
    let shapes: Vec<Value> = people
        .iter()
        .filter_map(|id| {
            let theirs: Vec<&&Notice> = waiting.iter().filter(|notice| notice.from == *id).collect();
            let (first, last) = (theirs.first()?, theirs.last()?);
            let post = last.status.and_then(|id| town.statuses.get(&id));
            Some(json!({
                "id": id.to_string(),
                "created_at": shapes::time(first.at_ms),
                "updated_at": shapes::time(last.at_ms),
                "notifications_count": theirs.len().to_string(),
                "account": town.people.get(id).map(|person| shapes::account(&host, &town, person)),
                "last_status": post.map(|post| shapes::status(&host, &town, post, Some(who.id))),
            }))
        })
        .collect();
    let address = format!("{}/api/v1/notifications/requests", host.origin);
    Ok(with_link(Json(shapes), page.link(&address, &params, &people)))
}

pub(crate) async fn settle_request(
    State(host): Desk,
    Path((id, act)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let who = host.signed_in(&headers, "write:notifications")?;
    let id = id_of(&id)?;
    let mut town = hold(&host.town);
    let theirs = |notice: &Notice| notice.to == who.id && notice.from == id && notice.filtered;
    if !town.notices.iter().any(theirs) {
        return Err(Refusal::not_found());
    }
    match act.as_str() {
        "accept" => {
            if let Some(person) = town.people.get_mut(&id) {
                person.filtered = false;
            }
            for notice in &mut town.notices {
                if theirs(notice) {
                    notice.filtered = false;
                }
            }
        }
        "dismiss" => town.notices.retain(|notice| !theirs(notice)),
        _ => return Err(Refusal::not_found()),
    }
    Ok(Json(json!({})))
}

pub(crate) async fn policy(State(host): Desk, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    let who = host.signed_in(&headers, "read:notifications")?;
    let town = hold(&host.town);
    let waiting: Vec<&Notice> = town.notices.iter().filter(|notice| notice.to == who.id && notice.filtered).collect();
    let people: BTreeSet<Id> = waiting.iter().map(|notice| notice.from).collect();
    Ok(Json(json!({
        "for_not_following": "accept",
        "for_not_followers": "accept",
        "for_new_accounts": "filter",
        "for_private_mentions": "accept",
        "for_limited_accounts": "filter",
        "summary": {
            "pending_requests_count": people.len(),
            "pending_notifications_count": waiting.len()
        }
    })))
}

pub(crate) async fn markers(State(host): Desk, headers: HeaderMap, params: Params) -> Result<Json<Value>, Refusal> {
    let who = host.signed_in(&headers, "read:statuses")?;
    let town = hold(&host.town);
    Ok(Json(marks(&town, who.id, &params.all("timeline"))))
}

pub(crate) async fn mark(State(host): Desk, headers: HeaderMap, params: Params) -> Result<Json<Value>, Refusal> {
    let who = host.signed_in(&headers, "write:statuses")?;
    let mut town = hold(&host.town);
    let mut changed = Vec::new();
    for timeline in ["home", "notifications"] {
        let Some(last) = params.get(&format!("{timeline}[last_read_id]")) else {
            continue;
        };
        let place = town.markers.entry((who.id, timeline.to_owned())).or_insert((String::new(), 0, 0));
        *place = (last.to_owned(), place.1 + 1, now_ms());
        changed.push(timeline);
    }
    Ok(Json(marks(&town, who.id, &changed)))
}

fn marks(town: &Town, me: Id, timelines: &[&str]) -> Value {
    let mut shape = json!({});
    for timeline in timelines {
        if let Some((last, version, at)) = town.markers.get(&(me, (*timeline).to_owned())) {
            shape[*timeline] = json!({
                "last_read_id": last,
                "version": version,
                "updated_at": shapes::time(*at)
            });
        }
    }
    shape
}
