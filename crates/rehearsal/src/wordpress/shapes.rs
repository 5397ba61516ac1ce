//! How a site looks on the wire: the JSON of WordPress 6, field by field as recorded from a real one. Ids are numbers, times
//! have no zone, a map without entries is a list.

use super::server::Host;
use super::text::{bare, shown};
use super::world::{Comment, Post, Site};
use serde_json::{Map, Value, json};

const HOUR_MS: i64 = 3_600_000;

/// A time that many hours east of Greenwich, without saying so.
pub(crate) fn stamp(ms: i64, hours: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(ms + hours * HOUR_MS).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// What a post or a comment is asked with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Context {
    View,
    Embed,
    Edit,
}

impl Context {
    pub fn named(name: &str) -> Option<Context> {
        match name {
            "view" => Some(Context::View),
            "embed" => Some(Context::Embed),
            "edit" => Some(Context::Edit),
            _ => None,
        }
    }
}

pub(crate) fn comment(host: &Host, site: &Site, comment: &Comment, context: Context) -> Value {
    let mut content = json!({"rendered": shown(&comment.text)});
    if context == Context::Edit {
        content["raw"] = json!(comment.text);
    }
    let mut shape = json!({
        "id": comment.id,
        "parent": comment.parent,
        "author": comment.user,
        "author_name": comment.name,
        "author_url": comment.page,
        "author_avatar_urls": avatars(host, &comment.mail),
        "date": stamp(comment.at_ms, host.own.hours),
        "content": content,
        "link": comment_page(host, site, comment),
        "type": comment.kind,
        "_links": comment_links(host, site, comment)
    });
    if context != Context::Embed {
        shape["post"] = json!(comment.post);
        shape["date_gmt"] = json!(stamp(comment.at_ms, 0));
        shape["status"] = json!(comment.state.name());
        shape["meta"] = json!([]);
    }
    if context == Context::Edit {
        shape["author_email"] = json!(comment.mail);
        shape["author_ip"] = json!(comment.ip);
        shape["author_user_agent"] = json!(comment.agent);
    }
    shape
}

fn comment_links(host: &Host, site: &Site, comment: &Comment) -> Value {
    let to = |route: String| json!([{"embeddable": true, "href": host.link(&route, "")}]);
    let mut links = json!({
        "self": [{"href": host.link(&format!("/wp/v2/comments/{}", comment.id), "")}],
        "collection": [{"href": host.link("/wp/v2/comments", "")}],
        "up": [{
            "embeddable": true,
            "post_type": "post",
            "href": host.link(&format!("/wp/v2/posts/{}", comment.post), "")
        }]
    });
    if comment.user != 0 {
        links["author"] = to(format!("/wp/v2/users/{}", comment.user));
    }
    if comment.parent != 0 {
        links["in-reply-to"] = to(format!("/wp/v2/comments/{}", comment.parent));
    }
    if site.comments.values().any(|child| child.parent == comment.id) {
        let children = host.link("/wp/v2/comments", &format!("parent={}", comment.id));
        links["children"] = json!([{"embeddable": true, "href": children}]);
    }
    links
}

/// With what a `_embed` asks for.
pub(crate) fn embed(host: &Host, site: &Site, comment: &Comment, wanted: &[&str], shape: &mut Value) {
    let wants =
        |name: &str| wanted.is_empty() || wanted.iter().any(|asked| matches!(*asked, "1" | "true") || *asked == name);
    let mut embedded = Map::new();
    if let Some(post) = site.posts.get(&comment.post).filter(|_| wants("up")) {
        embedded.insert("up".to_owned(), json!([self::post(host, post, Context::Embed)]));
    }
    if let Some(user) = site.users.get(&comment.user).filter(|_| wants("author")) {
        let link = format!("{}/author/{}/", host.home(), user.login);
        let author = json!({"id": user.id, "name": user.name, "url": host.home(), "link": link, "slug": user.login});
        embedded.insert("author".to_owned(), json!([author]));
    }
    if let Some(parent) = site.comments.get(&comment.parent).filter(|_| wants("in-reply-to")) {
        embedded.insert("in-reply-to".to_owned(), json!([self::comment(host, site, parent, Context::Embed)]));
    }
    if !embedded.is_empty() {
        shape["_embedded"] = Value::Object(embedded);
    }
}

/// The first 55 words, as wp_trim_excerpt makes them of a text that has no excerpt of its own.
fn summary(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.len() > 55 {
        true => format!("{} [&hellip;]", words[..55].join(" ")),
        false => words.join(" "),
    }
}

pub(crate) fn post(host: &Host, post: &Post, context: Context) -> Value {
    let summary = summary(&bare(&post.text));
    let own = format!("/wp/v2/posts/{}", post.id);
    let mut shape = json!({
        "id": post.id,
        "date": stamp(post.at_ms, host.own.hours),
        "slug": post.slug,
        "type": "post",
        "link": post_page(host, post),
        "title": {"rendered": post.title},
        "excerpt": {"rendered": format!("<p>{summary}</p>\n"), "protected": false},
        "author": post.author,
        "featured_media": 0,
        "_links": {
            "self": [{"href": host.link(&own, "")}],
            "collection": [{"href": host.link("/wp/v2/posts", "")}],
            "replies": [{"embeddable": true, "href": host.link("/wp/v2/comments", &format!("post={}", post.id))}]
        }
    });
    if context != Context::Embed {
        shape["date_gmt"] = json!(stamp(post.at_ms, 0));
        shape["modified"] = shape["date"].clone();
        shape["modified_gmt"] = shape["date_gmt"].clone();
        shape["guid"] = json!({"rendered": format!("{}/?p={}", host.home(), post.id)});
        shape["status"] = json!(post.status.name());
        shape["content"] = json!({"rendered": shown(&post.text), "protected": false});
        shape["comment_status"] = json!(if post.comments_open { "open" } else { "closed" });
        shape["ping_status"] = json!("closed");
        shape["format"] = json!("standard");
        shape["meta"] = json!([]);
        shape["categories"] = json!([1]);
        shape["tags"] = json!([]);
    }
    if context == Context::Edit {
        shape["title"]["raw"] = json!(post.title);
        shape["content"]["raw"] = json!(post.text);
    }
    shape
}

pub(crate) fn post_page(host: &Host, post: &Post) -> String {
    if host.own.plain { format!("{}/?p={}", host.home(), post.id) } else { format!("{}/{}/", host.home(), post.slug) }
}

pub(crate) fn comment_page(host: &Host, site: &Site, comment: &Comment) -> String {
    let post = site.posts.get(&comment.post).map(|post| post_page(host, post)).unwrap_or_default();
    format!("{post}#comment-{}", comment.id)
}

/// Three sizes of a face, drawn by the site itself.
pub(crate) fn avatars(host: &Host, mail: &str) -> Value {
    let seed = crate::pictures::seed_of(mail);
    let faces = [24, 48, 96]
        .map(|size| (size.to_string(), json!(format!("{}/wp-content/uploads/avatars/{seed}-{size}.png", host.home()))));
    Value::Object(faces.into_iter().collect())
}

/// Only the asked fields: `_fields=id,title.rendered`.
pub(crate) fn fields(shape: Value, wanted: &[&str]) -> Value {
    if wanted.is_empty() {
        return shape;
    }
    let all = match shape {
        Value::Object(all) => all,
        other => return other,
    };
    let mut kept = Map::new();
    for (name, value) in all {
        let within = format!("{name}.");
        if wanted.contains(&name.as_str()) || (name == "_links" && wanted.contains(&"_embedded")) {
            kept.insert(name, value);
        } else {
            let inner: Vec<&str> = wanted.iter().filter_map(|field| field.strip_prefix(&within)).collect();
            if !inner.is_empty() {
                kept.insert(name, fields(value, &inner));
            }
        }
    }
    Value::Object(kept)
}
