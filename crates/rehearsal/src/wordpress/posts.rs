//! Posts over the API, as far as comments need them: which they hang on.

use super::answers::{Refusal, Said};
use super::list::Slice;
use super::server::{Caller, Host};
use super::shapes::{self, Context};
use super::world::{Id, Post, PostStatus, Site};
use crate::hold;
use serde_json::Value;

const ROUTE: &str = "/wp/v2/posts";

fn may_read(site: &Site, caller: &Caller<'_>, post: &Post) -> bool {
    post.status == PostStatus::Publish
        || caller.user(site).is_some_and(|user| user.role.moderates() || user.id == post.author)
}

fn context(site: &Site, caller: &Caller<'_>) -> Result<Context, Refusal> {
    let named = Context::named(caller.asked.params.get("context").unwrap_or("view"));
    let context = named.ok_or_else(|| Refusal::parameter("context", "context : valeur inconnue"))?;
    let writes = caller.user(site).is_some_and(|user| user.role.edits_posts());
    if context == Context::Edit && !writes {
        return Err(Refusal::denied(caller.who.is_some(), "rest_forbidden_context"));
    }
    Ok(context)
}

/// Newest first; a page too far is an error here, unlike that of comments.
pub(crate) fn list(host: &Host, caller: &Caller<'_>) -> Result<Said, Refusal> {
    let params = &caller.asked.params;
    let slice = Slice::asked(params)?;
    let site = hold(&host.site);
    let context = context(&site, caller)?;
    let status = params.get("status").unwrap_or("publish");
    let wanted = params.ids("include");
    let mut found: Vec<&Post> = site
        .posts
        .values()
        .filter(|post| post.status.name() == status && may_read(&site, caller, post))
        .filter(|post| wanted.is_empty() || wanted.contains(&post.id))
        .collect();
    found.sort_by_key(|post| (post.at_ms, post.id));
    if params.get("order") != Some("asc") {
        found.reverse();
    }
    let total = found.len();
    if slice.is_beyond(total) {
        return Err(Refusal::json(400, "rest_post_invalid_page_number"));
    }
    let fields = params.all("_fields");
    let body = slice.cut(found).into_iter().map(|post| shapes::fields(shapes::post(host, post, context), &fields));
    let body = Value::Array(body.collect());
    let more = slice.headers(host, ROUTE, params, total);
    Ok(Said { more, ..Said::ok(body, if caller.who.is_some() { "GET, POST" } else { "GET" }) })
}

pub(crate) fn one(host: &Host, caller: &Caller<'_>, id: &str) -> Result<Said, Refusal> {
    let site = hold(&host.site);
    let known = id.parse().ok().and_then(|id: Id| site.posts.get(&id));
    let post = known.ok_or_else(|| Refusal::json(404, "rest_post_invalid_id"))?;
    let context = context(&site, caller)?;
    if !may_read(&site, caller, post) {
        return Err(Refusal::denied(caller.who.is_some(), "rest_forbidden"));
    }
    let shape = shapes::fields(shapes::post(host, post, context), &caller.asked.params.all("_fields"));
    Ok(Said::ok(shape, "GET"))
}
