//! Direct conversations over the API. Their pages are cut by the id of the last post, not of the conversation.

use super::accounts::with_link;
use super::paging::Page;
use super::params::{Params, Refusal, id_of};
use super::server::Desk;
use super::shapes;
use super::statuses::visible;
use super::world::{Id, Talk};
use crate::faults::Lag;
use crate::hold;
use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;

pub(crate) async fn list(
    State(host): Desk,
    lag: Option<Extension<Lag>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Refusal> {
    let who = host.signed_in(&headers, "read:statuses")?;
    let lag = lag.map(|Extension(lag)| lag).unwrap_or_default();
    let town = hold(&host.town);
    let own: Vec<(Id, &Talk)> = town
        .talks
        .iter()
        .filter(|talk| talk.owner == who.id)
        .filter_map(|talk| talk.last.map(|last| (last, talk)))
        .filter(|(last, _)| {
            let last = town.statuses.get(last);
            last.is_some_and(|last| visible(&town, Some(who.id), last, lag))
        })
        .collect();
    let page = Page::asked(&params, 20, 40);
    let own = page.cut(own, |(last, _)| *last);
    let ids: Vec<Id> = own.iter().map(|(last, _)| *last).collect();
    let shapes: Vec<Value> = own.into_iter().map(|(_, talk)| shapes::talk(&host, &town, talk)).collect();
    let address = format!("{}/api/v1/conversations", host.origin);
    Ok(with_link(Json(shapes), page.link(&address, &params, &ids)))
}

pub(crate) async fn read(
    State(host): Desk,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let who = host.signed_in(&headers, "write:conversations")?;
    let id = id_of(&id)?;
    let mut town = hold(&host.town);
    let talk =
        town.talks.iter_mut().find(|talk| talk.id == id && talk.owner == who.id).ok_or_else(Refusal::not_found)?;
    talk.unread = false;
    let talk = talk.clone();
    Ok(Json(shapes::talk(&host, &town, &talk)))
}
