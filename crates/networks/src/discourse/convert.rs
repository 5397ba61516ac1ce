//! From what a forum sent to what the inbox keeps.
//!
//! A post is named with its topic, so that known ones can be asked for a topic at a time; where a moderator moves it to
//! another topic it keeps its number, which is one more of its names. People are named by their usernames, as the forum's
//! own routes name them. What is ours shows the Markdown that was written: it can then be compared and edited.

use super::wire::{Pending, Post, Topic, User};
use crate::html;
use guichet_model::text::{EntityKind, entities};
use guichet_model::{
    Alias, Author, Body, Counts, Identity, Item, Kind, Link, Millis, Publication, RemoteId, Visibility,
};
use sha2::{Digest, Sha256};
use url::Url;

/// Pixels of a face.
const FACE: &str = "96";
const MOST_LINKS: usize = 1_000;

pub(crate) fn post_name(topic: u64, id: u64) -> RemoteId {
    RemoteId::new(format!("post:{topic}.{id}"))
}

pub(crate) fn topic_name(id: u64) -> RemoteId {
    RemoteId::new(format!("topic:{id}"))
}

/// A text of ours that waits for approval has no number yet that a post would keep: its place and its words name it.
pub(crate) fn queued_name(topic: u64, raw: &str) -> RemoteId {
    let hash = Sha256::digest(folded(raw).as_bytes());
    let name = format!("queued:{topic}.");
    RemoteId::new(hash[..8].iter().fold(name, |name, byte| format!("{name}{byte:02x}")))
}

/// What a name names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Post { topic: u64, id: u64 },
    Topic(u64),
    Queued { topic: u64 },
}

pub(crate) fn named(remote: &RemoteId) -> Option<Named> {
    let number = |said: &str| said.parse().ok().filter(|id| *id > 0);
    let (kind, rest) = remote.as_str().split_once(':')?;
    match kind {
        "post" => {
            let (topic, id) = rest.split_once('.')?;
            Some(Named::Post { topic: number(topic)?, id: number(id)? })
        }
        "topic" => Some(Named::Topic(number(rest)?)),
        "queued" => Some(Named::Queued { topic: number(rest.split_once('.')?.0)? }),
        _ => None,
    }
}

/// Who we are there, to tell our own texts.
pub(crate) struct Me {
    username: String,
    author: Author,
}

impl Me {
    pub fn new(identity: &Identity) -> Self {
        Self { username: identity.me.remote.as_str().to_lowercase(), author: identity.me.clone() }
    }

    pub fn username(&self) -> &str {
        &self.username
    }

    pub fn is(&self, username: &str) -> bool {
        !self.username.is_empty() && username.to_lowercase() == self.username
    }

    pub fn wrote(&self, post: &Post) -> bool {
        post.yours || self.is(&post.username)
    }
}

pub(crate) fn me(user: &User, server: &str) -> Author {
    author(&user.username, &user.name, user.avatar.as_deref(), server)
}

pub(crate) fn author(username: &str, name: &str, avatar: Option<&str>, server: &str) -> Author {
    let plain = |text: &str| text.chars().filter(|c| !c.is_control() && !matches!(c, '<' | '>')).collect::<String>();
    let handle = plain(username);
    let mut url = Url::parse(server).ok();
    if let Some(mut segments) = url.as_mut().and_then(|url| url.path_segments_mut().ok()) {
        segments.pop_if_empty().extend(["u", &handle]);
    }
    Author {
        remote: RemoteId::new(handle.to_lowercase()),
        name: plain(name).trim().to_owned(),
        avatar: avatar.and_then(|template| face(template, server)),
        url: url.filter(|_| !handle.is_empty()).map(Url::into),
        // app/models/user.rs: the forum's own accounts have ids below 1 and these names.
        bot: matches!(handle.as_str(), "system" | "discobot"),
        handle,
    }
}

/// An avatar's address: its template may begin at the root of the origin, or without a scheme.
pub(crate) fn face(template: &str, server: &str) -> Option<String> {
    let sized = template.trim().replace("{size}", FACE);
    let url = Url::parse(server).ok()?.join(&sized).ok()?;
    let fits = matches!(url.scheme(), "http" | "https") && url.as_str().len() <= 8_192;
    (fits && !sized.is_empty()).then(|| url.into())
}

/// What of a topic its posts need to know.
pub(crate) struct Under<'a> {
    pub topic: &'a Topic,
    pub ours: bool,
}

/// `root` and `parent`: the first post of its thread, and the one it answers, where they are known.
pub(crate) fn item(
    post: &Post,
    under: &Under<'_>,
    (root, parent): (Option<u64>, Option<u64>),
    me: &Me,
    server: &str,
) -> Item {
    let (topic, private) = (under.topic.id, under.topic.private);
    let remote = post_name(topic, post.id);
    let ours = me.wrote(post);
    let url = url(server, &under.topic.slug, topic, post.number);
    Item {
        aliases: vec![alias("id", remote.as_str()), alias("post", &post.id.to_string())],
        remote,
        kind: match (private, under.ours) {
            (true, _) => Kind::Message,
            (false, true) => Kind::Comment,
            (false, false) => Kind::Mention,
        },
        conversation: if private { Some(topic_name(topic)) } else { root.map(|id| post_name(topic, id)) },
        post: (!private).then(|| topic_name(topic)),
        in_reply_to: parent.map(|id| post_name(topic, id)),
        author: author(&post.username, &post.name, post.avatar.as_deref(), server),
        ours,
        at: post.at,
        edited_at: post.edited,
        body: body(post, ours),
        lang: None,
        url,
        visibility: Some(if private { Visibility::Direct } else { Visibility::Public }),
        publication: if post.hidden { Publication::Hidden } else { Publication::Published },
        rating: None,
        attachments: Vec::new(),
        counts: Counts { replies: post.replies, shares: 0, likes: post.likes },
        liked: post.liked,
        expires_at: None,
    }
}

/// A topic as what answers hang on: its title, and its first post where it was read.
pub(crate) fn topic(topic: &Topic, first: Option<&Post>, ours: bool, server: &str) -> Item {
    let remote = topic_name(topic.id);
    let title = plain(&topic.title);
    let said = first.map(|post| html::to_text(&post.cooked).text).unwrap_or_default();
    let text = [title.as_str(), said.as_str()].join("\n\n").trim().to_owned();
    let by = match first {
        Some(post) => author(&post.username, &post.name, post.avatar.as_deref(), server),
        None => author(&topic.username, &topic.name, topic.avatar.as_deref(), server),
    };
    Item {
        aliases: vec![alias("id", remote.as_str())],
        url: url(server, &topic.slug, topic.id, 1),
        remote,
        kind: Kind::Post,
        conversation: None,
        post: None,
        in_reply_to: None,
        author: by,
        ours,
        at: topic.at,
        edited_at: first.and_then(|post| post.edited),
        body: Body { text, ..Body::default() },
        lang: None,
        visibility: Some(Visibility::Public),
        publication: Publication::Published,
        rating: None,
        attachments: Vec::new(),
        counts: first.map(|post| Counts { replies: post.replies, shares: 0, likes: post.likes }).unwrap_or_default(),
        liked: first.is_some_and(|post| post.liked),
        expires_at: None,
    }
}

/// A text of ours before the forum's moderators: nobody else sees it.
pub(crate) fn queued(topic: u64, parent: &RemoteId, pending: &Pending, now: Millis, me: &Me) -> Item {
    let remote = queued_name(topic, &pending.raw);
    let above = matches!(named(parent), Some(Named::Post { .. })).then(|| parent.clone());
    Item {
        aliases: vec![alias("id", remote.as_str())],
        remote,
        kind: Kind::Comment,
        conversation: None,
        post: Some(topic_name(topic)),
        in_reply_to: above,
        author: me.author.clone(),
        ours: true,
        at: pending.at.unwrap_or(now),
        edited_at: None,
        body: written(&pending.raw),
        lang: None,
        url: None,
        visibility: Some(Visibility::Public),
        publication: Publication::Pending,
        rating: None,
        attachments: Vec::new(),
        counts: Counts::default(),
        liked: false,
        expires_at: None,
    }
}

fn body(post: &Post, ours: bool) -> Body {
    if let Some(raw) = post.raw.as_deref().filter(|raw| ours && !raw.trim().is_empty()) {
        return written(raw);
    }
    let shown = if post.cooked.trim().is_empty() { post.raw.as_deref().unwrap_or_default() } else { &post.cooked };
    let plain = html::to_text(shown);
    Body { text: plain.text, links: plain.links, ..Body::default() }
}

/// Markdown as it was typed, with its bare addresses.
fn written(raw: &str) -> Body {
    let kept = |c: &char| *c == '\n' || !c.is_control();
    let text: String = raw.replace("\r\n", "\n").replace('\t', " ").chars().filter(kept).collect();
    let text = text.trim().to_owned();
    let units = |end: usize| text[..end].encode_utf16().count() as u32;
    let mut links = Vec::new();
    for entity in entities(&text) {
        let EntityKind::Link = entity.kind else { continue };
        let url = Url::parse(&text[entity.range.clone()]).ok();
        if let Some(url) = url.filter(|url| matches!(url.scheme(), "http" | "https"))
            && links.len() < MOST_LINKS
        {
            links.push(Link { start: units(entity.range.start), end: units(entity.range.end), url: url.into() });
        }
    }
    Body { text, links, ..Body::default() }
}

/// The form in which what was sent and what is kept of it are the same: a forum trims, and changes nothing inside.
pub(crate) fn folded(raw: &str) -> String {
    raw.replace("\r\n", "\n").trim().to_owned()
}

fn alias(scope: &str, name: &str) -> Alias {
    Alias { scope: scope.to_owned(), name: name.to_owned() }
}

fn url(server: &str, slug: &str, topic: u64, number: u64) -> Option<String> {
    let mut url = Url::parse(server).ok()?;
    let slug = if slug.is_empty() { "-" } else { slug };
    url.path_segments_mut().ok()?.pop_if_empty().extend(["t", slug, &topic.to_string(), &number.max(1).to_string()]);
    (url.as_str().len() <= 8_192).then(|| url.into())
}

/// A title: signs that mean something to HTML may stand in it as they are.
fn plain(title: &str) -> String {
    let clean = title.replace('<', "‹").replace('>', "›");
    clean.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
#[path = "convert_tests.rs"]
mod tests;
