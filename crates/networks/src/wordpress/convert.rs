//! From what a site sent to what the inbox keeps.
//!
//! WordPress numbers comments, posts and users apart, so each name says of which kind it is. A guest has no number: an
//! e-mail address, where we may see it, tells them apart without being kept; else name and web site do.

use super::wire::{Comment, Post, User};
use crate::html;
use guichet_model::text::{EntityKind, entities, normal};
use guichet_model::{Alias, Author, Body, Counts, Identity, Item, Kind, Link, RemoteId, Visibility};
use sha2::{Digest, Sha256};

pub(crate) fn comment_name(id: u64) -> RemoteId {
    RemoteId::new(format!("comment:{id}"))
}

pub(crate) fn post_name(id: u64) -> RemoteId {
    RemoteId::new(format!("post:{id}"))
}

pub(crate) fn user_name(id: u64) -> RemoteId {
    RemoteId::new(format!("user:{id}"))
}

/// What a name names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Comment(u64),
    Post(u64),
}

pub(crate) fn named(remote: &RemoteId) -> Option<Named> {
    let (kind, id) = remote.as_str().split_once(':')?;
    let id = id.parse().ok().filter(|id| *id > 0)?;
    match kind {
        "comment" => Some(Named::Comment(id)),
        "post" => Some(Named::Post(id)),
        _ => None,
    }
}

/// Who we are there, to tell our own texts.
pub(crate) struct Me {
    author: Author,
}

impl Me {
    pub fn new(identity: &Identity) -> Self {
        Self { author: identity.me.clone() }
    }

    pub fn wrote(&self, author: Option<u64>) -> bool {
        author.is_some_and(|id| user_name(id) == self.author.remote)
    }

    pub fn id(&self) -> Option<&str> {
        self.author.remote.as_str().strip_prefix("user:")
    }
}

pub(crate) fn me(user: &User) -> Author {
    Author {
        remote: user_name(user.id),
        handle: user.login.clone(),
        name: plain(&user.name),
        avatar: user.avatar.clone(),
        url: user.url.clone(),
        bot: false,
    }
}

/// A comment's author, as the site at `server` knows them.
pub(crate) fn author(comment: &Comment, server: &str) -> Author {
    let name = plain(&comment.name);
    let remote = match comment.author {
        Some(id) => user_name(id),
        None => guest(comment, &name, server),
    };
    Author { remote, handle: name.clone(), name, avatar: comment.avatar.clone(), url: comment.url.clone(), bot: false }
}

/// The server's address goes in, so that one guest of two sites is not found out by their names.
fn guest(comment: &Comment, name: &str, server: &str) -> RemoteId {
    let who = match &comment.email {
        Some(email) => format!("{server}\nemail\n{}", email.trim().to_lowercase()),
        None => format!("{server}\nname\n{}\n{}", name.to_lowercase(), comment.url.as_deref().unwrap_or_default()),
    };
    let hash = Sha256::digest(who.as_bytes());
    RemoteId::new(hash[..12].iter().fold("guest:".to_owned(), |name, byte| format!("{name}{byte:02x}")))
}

/// What was written where we may see it: what is shown has its quotes bent and its dashes stretched, and an answer of
/// ours would seem altered.
pub(crate) fn body(comment: &Comment) -> Body {
    let plain = match comment.raw.as_ref().filter(|raw| !raw.trim().is_empty()) {
        Some(raw) => {
            let mut plain = html::to_text(&lines(raw));
            plain.links = linked(&plain.text, plain.links);
            plain
        }
        None => html::to_text(&comment.rendered),
    };
    Body { text: plain.text, links: plain.links, ..Body::default() }
}

/// Line ends mean lines in what is kept; they become tags only when it is shown (`wpautop`).
fn lines(raw: &str) -> String {
    raw.replace("\r\n", "\n").replace('\n', "<br>")
}

/// Bare addresses become links only when it is shown (`make_clickable`).
fn linked(text: &str, mut links: Vec<Link>) -> Vec<Link> {
    let units = |end: usize| text[..end].encode_utf16().count() as u32;
    for entity in entities(text) {
        let EntityKind::Link = entity.kind else { continue };
        let (start, end) = (units(entity.range.start), units(entity.range.end));
        let apart = links.iter().all(|link| end <= link.start || link.end <= start);
        let url = url::Url::parse(&text[entity.range.clone()]).ok();
        if let Some(url) = url.filter(|url| apart && matches!(url.scheme(), "http" | "https"))
            && links.len() < 1_000
        {
            links.push(Link { start, end, url: url.into() });
        }
    }
    links.sort_by_key(|link| link.start);
    links
}

/// The form in which what was sent and what is shown of it are the same: WordPress bends quotes, stretches dashes and
/// joins three points (`wptexturize`), in each language otherwise.
pub(crate) fn folded(text: &str) -> String {
    let mut straight = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '‘' | '’' | '‚' | '‛' | '′' | '`' => straight.push('\''),
            '“' | '”' | '„' | '«' | '»' | '″' => straight.push('"'),
            '–' | '—' | '‒' => straight.push('-'),
            '…' => straight.push_str("..."),
            '×' => straight.push('x'),
            c if c.is_whitespace() => straight.push(' '),
            c => straight.push(c),
        }
    }
    while straight.contains("--") {
        straight = straight.replace("--", "-");
    }
    let straight = straight.replace("''", "\"").replace("\" ", "\"").replace(" \"", "\"");
    normal(&straight)
}

/// The comment at the top of its conversation, where it is known.
pub(crate) fn item(comment: &Comment, top: Option<u64>, me: &Me, server: &str) -> Item {
    let remote = comment_name(comment.id);
    Item {
        aliases: aliases(&remote, comment.link.as_ref()),
        remote,
        kind: Kind::Comment,
        conversation: top.map(comment_name),
        post: comment.post.map(post_name),
        in_reply_to: comment.parent.map(comment_name),
        author: author(comment, server),
        ours: me.wrote(comment.author),
        at: comment.at,
        // WordPress keeps no such date: an edit is seen by its text alone.
        edited_at: None,
        body: body(comment),
        lang: None,
        url: comment.link.clone(),
        visibility: Some(Visibility::Public),
        publication: comment.publication,
        rating: None,
        attachments: Vec::new(),
        counts: Counts::default(),
        liked: false,
        expires_at: None,
    }
}

/// A post as what comments hang on: its title, and how it begins.
pub(crate) fn post(post: &Post) -> Item {
    let remote = post_name(post.id);
    let title = plain(&post.title);
    let excerpt = html::to_text(&post.excerpt);
    let text = [title.as_str(), excerpt.text.as_str()].join("\n\n").trim().to_owned();
    let name = plain(&post.name);
    Item {
        aliases: aliases(&remote, post.link.as_ref()),
        remote,
        kind: Kind::Post,
        conversation: None,
        post: None,
        in_reply_to: None,
        author: Author {
            remote: post.author.map_or_else(|| RemoteId::new("user:0"), user_name),
            handle: name.clone(),
            name,
            avatar: post.avatar.clone(),
            url: post.author_url.clone(),
            bot: false,
        },
        // What the site published, whoever of its people wrote it: its comments are the client's to answer.
        ours: true,
        at: post.at,
        edited_at: None,
        body: Body { text, ..Body::default() },
        lang: None,
        url: post.link.clone(),
        visibility: Some(Visibility::Public),
        publication: post.publication,
        rating: None,
        attachments: Vec::new(),
        counts: Counts::default(),
        liked: false,
        expires_at: None,
    }
}

fn aliases(remote: &RemoteId, link: Option<&String>) -> Vec<Alias> {
    let alias = |scope: &str, name: &str| Alias { scope: scope.to_owned(), name: name.to_owned() };
    let mut aliases = vec![alias("id", remote.as_str())];
    aliases.extend(link.map(|link| alias("url", link)));
    aliases
}

/// A name or a title: WordPress stores both with marks and entities.
fn plain(html: &str) -> String {
    html::to_text(html).text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[path = "convert_tests.rs"]
mod tests;
