//! Pages as Mastodon cuts them: newest first, walked backwards by `max_id`, forwards by `min_id` (the page nearest to the
//! mark, still newest first inside), or from the top by `since_id`. The `Link` header names the neighbours.

use super::params::Params;
use axum::http::HeaderValue;

pub(crate) struct Page {
    limit: usize,
    max_id: Option<u64>,
    since_id: Option<u64>,
    min_id: Option<u64>,
}

impl Page {
    pub fn asked(params: &Params, usual: usize, most: usize) -> Page {
        Page {
            limit: params.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(usual).clamp(1, most),
            max_id: params.id("max_id"),
            since_id: params.id("since_id"),
            min_id: params.id("min_id"),
        }
    }

    /// Cuts one page out of `items`, in any order; `id` gives the paging id. Newest first comes out.
    pub fn cut<T>(&self, mut items: Vec<T>, id: impl Fn(&T) -> u64) -> Vec<T> {
        items.retain(|item| self.max_id.is_none_or(|max| id(item) < max));
        items.sort_by_key(|item| std::cmp::Reverse(id(item)));
        if let Some(min) = self.min_id {
            items.retain(|item| id(item) > min);
            let skipped = items.len().saturating_sub(self.limit);
            items.drain(..skipped);
        } else {
            items.retain(|item| self.since_id.is_none_or(|since| id(item) > since));
            items.truncate(self.limit);
        }
        items
    }

    /// The `Link` header of a page whose ids, newest first, are these. `next` only after a full page.
    pub fn link(&self, address: &str, params: &Params, ids: &[u64]) -> Option<HeaderValue> {
        let (newest, oldest) = (ids.first()?, ids.last()?);
        let to = |name: &str, id: &u64, rel: &str| {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(params.kept_for_paging())
                .append_pair(name, &id.to_string())
                .finish();
            format!("<{address}?{query}>; rel=\"{rel}\"")
        };
        let mut links = Vec::new();
        if ids.len() == self.limit {
            links.push(to("max_id", oldest, "next"));
        }
        links.push(to("min_id", newest, "prev"));
        HeaderValue::from_str(&links.join(", ")).ok()
    }
}

#[cfg(test)]
#[path = "paging_tests.rs"]
mod tests;
