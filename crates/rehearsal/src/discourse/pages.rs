//! The forum as its visitors have it: a few pages to read, and faces.

use super::answers;
use super::server::Host;
use super::shapes::known;
use super::text::cooked;
use super::world::Topic;
use crate::hold;
use crate::paper::escaped;
use crate::pictures::{self, Drawing};
use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

pub(crate) fn page(host: &Host, parts: &[&str]) -> Response {
    let forum = hold(&host.forum);
    let open = |topic: &&Topic| topic.people.is_none() && !topic.deleted && !host.own.closed;
    let number = |part: &&str| part.parse::<u64>().ok();
    let topic = match parts {
        ["t", slug_or_id, rest @ ..] => rest.first().and_then(number).or_else(|| number(slug_or_id)),
        _ => None,
    };
    if let Some(topic) = topic.and_then(|id| forum.topics.get(&id)).filter(open) {
        let posts = forum.stream(topic.id, i64::MAX);
        let posts: String = posts
            .iter()
            .filter_map(|post| {
                let user = forum.users.get(&post.user)?;
                Some(format!(
                    "<h2 id=\"post_{}\">{}</h2>{}",
                    post.number,
                    escaped(&user.username),
                    cooked(&post.raw, &known(&forum))
                ))
            })
            .collect();
        return answers::page(host, StatusCode::OK, &topic.title, &posts);
    }
    if !parts.is_empty() {
        return answers::trouble(host, StatusCode::NOT_FOUND);
    }
    let titles = forum.topics.values().filter(open).map(|topic| {
        format!("<li><a href=\"{}/t/{}/{}\">{}</a></li>", host.own.folder, topic.slug, topic.id, escaped(&topic.title))
    });
    let list: String = titles.collect();
    let words = format!("<p>{}</p><ul>{list}</ul>", escaped(&host.line.description));
    answers::page(host, StatusCode::OK, &host.line.title, &words)
}

/// A face: a letter on a colour, `/letter_avatar_proxy/v4/letter/l/c0ffee/48.png`.
pub(crate) fn avatar(host: &Host, path: &str) -> Response {
    let drawn = || {
        let mut parts = path.trim_start_matches('/').split('/').skip(3);
        let (letter, color) = (parts.next()?, parts.next()?);
        parts.next()?.strip_suffix(".png")?.parse::<u32>().ok()?;
        let seed = u64::from_str_radix(color, 16).ok()?;
        let letters = letter.to_uppercase().chars().take(1).map(pictures::plain_letter).collect();
        host.gallery.known(path).or_else(|| {
            let bytes = pictures::draw(&Drawing::Avatar { letters, seed })?;
            Some(host.gallery.keep(path.to_owned(), Bytes::from(bytes)))
        })
    };
    match drawn() {
        Some(bytes) => ([(header::CONTENT_TYPE, "image/png")], bytes).into_response(),
        None => answers::trouble(host, StatusCode::NOT_FOUND),
    }
}
