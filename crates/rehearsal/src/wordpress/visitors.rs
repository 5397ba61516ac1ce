//! The site as its visitors have it: pages to read, and the form by which they comment, with its own refusals.

use super::acts::Writing;
use super::answers::{self, add, api_link};
use super::asked::Asked;
use super::comments::FLOOD_MS;
use super::server::Host;
use super::shapes::{comment_page, post_page};
use super::text::{MOST_BYTES, bare, kept, shown};
use super::world::{Id, Origin, Post, PostStatus, State};
use crate::clock::now_ms;
use crate::hold;
use crate::paper::escaped;
use crate::pictures::{self, Drawing};
use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Where the form of a post sends a comment.
pub(crate) const WRITE: &str = "/wp-comments-post.php";
const FACES: &str = "/wp-content/uploads/avatars/";

/// A page for people, with the header that tells programs where the API is.
pub(crate) fn page(host: &Host, path: &str, asked: &Asked) -> Response {
    if let Some(face) = path.strip_prefix(FACES) {
        return avatar(host, face).unwrap_or_else(|| answers::trouble(host, StatusCode::NOT_FOUND));
    }
    let number = asked.params.get("p").and_then(|id| id.parse::<Id>().ok());
    let home = matches!(path, "/" | "/index.php");
    let site = hold(&host.site);
    let public = |post: &&Post| post.status == PostStatus::Publish;
    let mut posts: Vec<&Post> = site.posts.values().filter(public).collect();
    posts.sort_by_key(|post| post.at_ms);
    let slug = path.trim_matches('/');
    let asked_for = |post: &&&Post| if home { number == Some(post.id) } else { !host.own.plain && post.slug == slug };
    let mut response = if let Some(post) = posts.iter().find(asked_for) {
        let comments: String = site
            .comments
            .values()
            .filter(|comment| comment.post == post.id && comment.state == State::Approved)
            .map(|comment| {
                format!("<h2 id=\"comment-{}\">{}</h2>{}", comment.id, escaped(&comment.name), shown(&comment.text))
            })
            .collect();
        answers::page(host, StatusCode::OK, &post.title, &format!("{}{comments}", shown(&post.text)))
    } else if home && number.is_none() {
        let titles = posts.iter().rev().map(|post| {
            format!("<li><a href=\"{}\">{}</a></li>", escaped(&post_page(host, post)), escaped(&post.title))
        });
        let list: String = titles.collect();
        let words = format!("<p>{}</p><ul>{list}</ul>", escaped(&host.line.description));
        answers::page(host, StatusCode::OK, &host.line.title, &words)
    } else {
        answers::trouble(host, StatusCode::NOT_FOUND)
    };
    if !path.starts_with("/wp-admin") {
        add(response.headers_mut(), "link", &api_link(host));
    }
    response
}

/// A visitor comments: sent back to the post, or told why not, in what is JSON for a program and a page for a person.
pub(crate) fn write(host: &Host, asked: &Asked) -> Response {
    let params = &asked.params;
    let field = |name: &str| params.get(name).unwrap_or_default().trim().to_owned();
    let mut site = hold(&host.site);
    let post = params.get("comment_post_ID").and_then(|id| id.parse::<Id>().ok()).and_then(|id| site.posts.get(&id));
    let Some(post) = post.filter(|post| post.status == PostStatus::Publish) else {
        return answers::trouble(host, StatusCode::NOT_FOUND);
    };
    if !post.comments_open {
        return no(StatusCode::FORBIDDEN, "Les commentaires de cet article sont fermés.");
    }
    let (name, mail, text) = (field("author"), field("email"), kept(&field("comment"), false));
    if name.is_empty() || !mail.contains('@') {
        return no(StatusCode::OK, "Un nom et une adresse sont demandés.");
    }
    if text.is_empty() || text.len() > MOST_BYTES {
        return no(StatusCode::OK, "Un commentaire a un texte, ni vide ni sans fin.");
    }
    let now = now_ms();
    let writing = Writing {
        post: post.id,
        parent: params.get("comment_parent").and_then(|id| id.parse().ok()).unwrap_or_default(),
        user: 0,
        name,
        mail,
        text,
        ip: "127.0.0.1".to_owned(),
        agent: asked.agent(),
        at_ms: now,
        applied_ms: now,
        state: if host.own.moderated { State::Hold } else { State::Approved },
        kind: "comment".to_owned(),
        origin: Origin::Said,
    };
    if site.is_double(&writing) {
        return no(StatusCode::CONFLICT, "Commentaire en double.");
    }
    if site.is_flood(&writing, FLOOD_MS) {
        return no(StatusCode::TOO_MANY_REQUESTS, "Vous commentez trop vite.");
    }
    let id = site.write(writing);
    let place = site.comments.get(&id).map(|comment| comment_page(host, &site, comment)).unwrap_or_default();
    (StatusCode::FOUND, [(header::LOCATION, place)]).into_response()
}

fn no(code: StatusCode, words: &str) -> Response {
    let body = serde_json::json!({
        "code": "wp_die",
        "message": format!("<p>{words}</p>"),
        "data": {"status": code.as_u16()},
        "additional_errors": []
    });
    (code, [(header::CONTENT_TYPE, "application/json; charset=UTF-8")], body.to_string()).into_response()
}

/// A face: the initials of whoever has that address.
fn avatar(host: &Host, file: &str) -> Option<Response> {
    let seed: u64 = file.split('-').next()?.parse().ok()?;
    let bytes = match host.gallery.known(file) {
        Some(bytes) => bytes,
        None => {
            let drawing = Drawing::Avatar { letters: initials(host, seed), seed };
            host.gallery.keep(file.to_owned(), Bytes::from(pictures::draw(&drawing)?))
        }
    };
    Some(([(header::CONTENT_TYPE, "image/png")], bytes).into_response())
}

fn initials(host: &Host, seed: u64) -> String {
    let site = hold(&host.site);
    let users = site.users.values().map(|user| (&user.mail, &user.name));
    let visitors = site.comments.values().map(|comment| (&comment.mail, &comment.name));
    let name = users.chain(visitors).find(|(mail, _)| pictures::seed_of(mail) == seed).map(|(_, name)| bare(name));
    name.unwrap_or_default()
        .split(|c: char| !c.is_alphanumeric())
        .filter_map(|word| word.chars().next())
        .filter(|c| c.is_uppercase())
        .map(pictures::plain_letter)
        .take(2)
        .collect()
}
