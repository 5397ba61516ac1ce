//! What comments hang on, fetched once a day each: articles, pages and what extensions add have each their own route,
//! which a comment's link upwards names.

use super::api::{Query, route_of};
use super::convert::{self, post_name};
use super::session::Account;
use super::wire::{Comment, Post};
use guichet_model::{DAY, Fault, Item, Millis};
use std::collections::{BTreeMap, HashMap};

const USUAL: &str = "/wp/v2/posts";
const BATCH: usize = 100;
/// What is asked of a post: not its text, which may be a book.
const FIELDS: &str = "id,date,date_gmt,link,title,excerpt,author,status,_links,_embedded";

/// Posts that were given, and when.
pub(crate) type Given = HashMap<u64, Millis>;

/// The posts of these comments that were not given today.
pub(crate) async fn of(account: &Account, comments: &[&Comment], given: &mut Given) -> Result<Vec<Item>, Fault> {
    let now = account.api.now();
    let (_, root) = account.api.access().await?;
    let mut asked: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for comment in comments {
        let Some(id) = comment.post.filter(|id| given.get(id).is_none_or(|at| now.since(*at) >= DAY)) else {
            continue;
        };
        given.insert(id, now);
        let route = comment.up.as_deref().and_then(|up| route_of(&root, up));
        let route = route.and_then(|route| route.rsplit_once('/').map(|(before, _)| before.to_owned()));
        asked.entry(route.unwrap_or_else(|| USUAL.to_owned())).or_default().push(id);
    }
    let mut items = Vec::new();
    for (route, ids) in asked {
        for ids in ids.chunks(BATCH) {
            match fetch(account, &route, ids).await {
                Ok(posts) => items.extend(posts),
                // A type that the interface does not show: its comments stand without it.
                Err(Fault::Refused { .. } | Fault::Unreadable { .. }) => {}
                Err(fault) => return Err(fault),
            }
        }
    }
    Ok(items)
}

/// Those of a route that are there.
pub(crate) async fn fetch(account: &Account, route: &str, ids: &[u64]) -> Result<Vec<Item>, Fault> {
    let query: Query = vec![
        ("include", list(ids)),
        ("per_page", ids.len().clamp(1, BATCH).to_string()),
        ("_fields", FIELDS.to_owned()),
        ("_embed", "author".to_owned()),
    ];
    let told = account.api.list(route, &query).await?;
    let posts = told.values.iter().filter_map(|value| Post::read(value).ok());
    Ok(posts
        .map(|post| convert::post(&post))
        .filter(|item| ids.iter().any(|id| post_name(*id) == item.remote))
        .collect())
}

pub(crate) fn list(ids: &[u64]) -> String {
    ids.iter().map(u64::to_string).collect::<Vec<_>>().join(",")
}
