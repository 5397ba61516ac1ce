//! Comments over the API: read, answered, changed, moderated, thrown away. The refusals come in the order in which a real
//! site finds them (`WP_REST_Comments_Controller`).

use super::acts::{Change, Writing};
use super::answers::{Refusal, Said};
use super::list::{self, Slice};
use super::server::{Caller, Host};
use super::shapes::{self, Context};
use super::text::{self, kept};
use super::world::{Comment, Id, Origin, PostStatus, Site, State};
use crate::clock::now_ms;
use crate::hold;
use axum::http::StatusCode;
use serde_json::{Value, json};

const ROUTE: &str = "/wp/v2/comments";
const ALL: &str = "GET, POST, PUT, PATCH, DELETE";
/// Who does not moderate writes once in this time.
pub(crate) const FLOOD_MS: i64 = 15_000;

fn context(caller: &Caller<'_>) -> Result<Context, Refusal> {
    let named = Context::named(caller.asked.params.get("context").unwrap_or("view"));
    named.ok_or_else(|| Refusal::parameter("context", "context : valeur inconnue"))
}

fn shape(host: &Host, site: &Site, caller: &Caller<'_>, comment: &Comment, context: Context) -> Value {
    let params = &caller.asked.params;
    let mut shape = shapes::comment(host, site, comment, context);
    if params.get("_embed").is_some() {
        shapes::embed(host, site, comment, &params.all("_embed"), &mut shape);
    }
    shapes::fields(shape, &params.all("_fields"))
}

pub(crate) fn list(host: &Host, caller: &Caller<'_>) -> Result<Said, Refusal> {
    let params = &caller.asked.params;
    let slice = Slice::asked(params)?;
    let context = context(caller)?;
    let site = hold(&host.site);
    list::allowed(&site, caller)?;
    let mut found = list::matching(host, &site, params)?;
    found.retain(|comment| is_there(comment, caller));
    let total = found.len();
    let user = caller.user(&site);
    // Counted, though not shown: pages may be shorter than they say.
    let shown = slice.cut(found).into_iter().filter(|comment| site.may_read(user, comment));
    let body = shown.map(|comment| shape(host, &site, caller, comment, context)).collect();
    let more = slice.headers(host, ROUTE, params, total);
    Ok(Said { more, ..Said::ok(Value::Array(body), if caller.who.is_some() { "GET, POST" } else { "GET" }) })
}

/// Not too young for reads that lag.
fn is_there(comment: &Comment, caller: &Caller<'_>) -> bool {
    comment.applied_ms <= now_ms().saturating_sub(caller.asked.lag.0)
}

fn found<'a>(site: &'a Site, id: &str) -> Result<&'a Comment, Refusal> {
    let known = id.parse().ok().and_then(|id: Id| site.comments.get(&id));
    known.ok_or_else(|| Refusal::json(404, "rest_comment_invalid_id"))
}

pub(crate) fn one(host: &Host, caller: &Caller<'_>, id: &str) -> Result<Said, Refusal> {
    let context = context(caller)?;
    let site = hold(&host.site);
    let comment = found(&site, id)?;
    if !is_there(comment, caller) {
        return Err(Refusal::json(404, "rest_comment_invalid_id"));
    }
    let known = caller.who.is_some();
    if context == Context::Edit && !caller.moderates(&site) {
        return Err(Refusal::denied(known, "rest_forbidden_context"));
    }
    if !site.may_read(caller.user(&site), comment) {
        return Err(Refusal::denied(known, "rest_cannot_read"));
    }
    Ok(Said::ok(shape(host, &site, caller, comment, context), if known { ALL } else { "GET" }))
}

pub(crate) fn create(host: &Host, caller: &Caller<'_>) -> Result<Said, Refusal> {
    let params = &caller.asked.params;
    // One lock from the look for a double to the writing: two copies sent at once still make one comment.
    let mut site = hold(&host.site);
    let user = caller.user(&site).ok_or_else(|| Refusal::json(401, "rest_comment_login_required"))?;
    let moderates = user.role.moderates();
    let named = params.get("author").and_then(|id| id.parse::<Id>().ok());
    if named.is_some_and(|author| author != user.id) && !moderates {
        return Err(Refusal::json(403, "rest_comment_invalid_author"));
    }
    if params.get("author_ip").is_some() && !moderates {
        return Err(Refusal::json(403, "rest_comment_invalid_author_ip"));
    }
    if params.get("status").is_some() && !moderates {
        return Err(Refusal::json(403, "rest_comment_invalid_status"));
    }
    let post = params.get("post").and_then(|id| id.parse::<Id>().ok()).unwrap_or_default();
    let post = site.posts.get(&post).ok_or_else(|| Refusal::json(403, "rest_comment_invalid_post_id"))?;
    match post.status {
        PostStatus::Draft => return Err(Refusal::json(403, "rest_comment_draft_post")),
        PostStatus::Trash => return Err(Refusal::json(403, "rest_comment_trash_post")),
        PostStatus::Publish if !post.comments_open => return Err(Refusal::json(403, "rest_comment_closed")),
        PostStatus::Publish => {}
    }
    if params.get("id").is_some() {
        return Err(Refusal::json(400, "rest_comment_exists"));
    }
    if params.get("type").is_some_and(|kind| kind != "comment") {
        return Err(Refusal::json(400, "rest_invalid_comment_type"));
    }
    let trusted = moderates || post.author == user.id;
    let now = now_ms();
    let writing = Writing {
        post: post.id,
        parent: params.get("parent").and_then(|id| id.parse().ok()).unwrap_or_default(),
        user: user.id,
        name: user.name.clone(),
        mail: user.mail.clone(),
        text: content(params.get("content").unwrap_or_default(), moderates)?,
        ip: params.get("author_ip").unwrap_or("127.0.0.1").to_owned(),
        agent: params.get("author_user_agent").map_or_else(|| caller.asked.agent(), str::to_owned),
        at_ms: now,
        applied_ms: now,
        state: if trusted || !host.own.moderated { State::Approved } else { State::Hold },
        kind: "comment".to_owned(),
        origin: Origin::Api,
    };
    if site.is_double(&writing) {
        return Err(Refusal::json(409, "comment_duplicate"));
    }
    if !moderates && site.is_flood(&writing, FLOOD_MS) {
        return Err(Refusal::json(400, "comment_flood"));
    }
    let id = site.write(writing);
    if let Some(change) = params.get("status").and_then(Change::named) {
        site.put(id, change);
    }
    let comment = found(&site, &id.to_string())?;
    let context = if moderates { Context::Edit } else { Context::View };
    let place = host.link(&format!("{ROUTE}/{id}"), "");
    Ok(Said {
        code: StatusCode::CREATED,
        more: vec![("location", place)],
        ..Said::ok(shape(host, &site, caller, comment, context), "GET, POST")
    })
}

/// The text as it is kept, if it may be.
fn content(text: &str, any_html: bool) -> Result<String, Refusal> {
    let text = kept(text, any_html);
    if text.is_empty() {
        return Err(Refusal::json(400, "rest_comment_content_invalid"));
    }
    if text.len() > text::MOST_BYTES {
        return Err(Refusal::json(400, "comment_content_column_length"));
    }
    Ok(text)
}

/// The comment that the caller may change.
fn own<'a>(site: &'a Site, caller: &Caller<'_>, id: &str, refusal: &'static str) -> Result<&'a Comment, Refusal> {
    let comment = found(site, id)?;
    let may = caller.user(site).is_some_and(|user| site.may_change(user, comment));
    may.then_some(comment).ok_or_else(|| Refusal::denied(caller.who.is_some(), refusal))
}

/// Edits and moderates. Whatever is asked, address and program of whoever asks are written into the comment, unless
/// they are given: so it is on a real site.
pub(crate) fn change(host: &Host, caller: &Caller<'_>, id: &str) -> Result<Said, Refusal> {
    let params = &caller.asked.params;
    let mut site = hold(&host.site);
    let id = own(&site, caller, id, "rest_cannot_edit")?.id;
    if params.get("type").is_some_and(|kind| kind != "comment") {
        return Err(Refusal::json(404, "rest_comment_invalid_type"));
    }
    let any_html = caller.moderates(&site);
    let text = params.get("content").map(|text| content(text, any_html)).transpose()?;
    if let Some(comment) = site.comments.get_mut(&id) {
        if let Some(text) = text {
            comment.text = text;
        }
        comment.ip = params.get("author_ip").unwrap_or("127.0.0.1").to_owned();
        comment.agent = params.get("author_user_agent").map_or_else(|| caller.asked.agent(), str::to_owned);
    }
    // A word that is not known changes nothing, and nobody says so.
    if let Some(change) = params.get("status").and_then(Change::named) {
        site.put(id, change);
    }
    let comment = found(&site, &id.to_string())?;
    Ok(Said::ok(shape(host, &site, caller, comment, Context::Edit), ALL))
}

pub(crate) fn remove(host: &Host, caller: &Caller<'_>, id: &str) -> Result<Said, Refusal> {
    let mut site = hold(&host.site);
    let comment = own(&site, caller, id, "rest_cannot_delete")?;
    let (id, state) = (comment.id, comment.state);
    if caller.asked.params.flag("force") {
        let previous = shape(host, &site, caller, comment, Context::Edit);
        site.remove(id);
        return Ok(Said::ok(json!({"deleted": true, "previous": previous}), ALL));
    }
    if state == State::Trash {
        return Err(Refusal::json(410, "rest_already_trashed"));
    }
    site.put(id, Change::To(State::Trash));
    let comment = found(&site, &id.to_string())?;
    Ok(Said::ok(shape(host, &site, caller, comment, Context::Edit), ALL))
}
