//! What sites really send, read leniently: ids as numbers or strings, texts as strings or `{rendered, raw}`, fields that
//! are missing because of the context, the role or an extension. What cannot be done without is an id and a time; only
//! their absence makes an item unreadable.

use crate::asked::Ask;
use guichet_model::{Millis, Publication};
use serde_json::Value;

pub(crate) struct Comment {
    pub id: u64,
    pub post: Option<u64>,
    /// `None`: it stands at the top.
    pub parent: Option<u64>,
    /// `None`: a guest.
    pub author: Option<u64>,
    pub name: String,
    pub url: Option<String>,
    pub avatar: Option<String>,
    /// For moderators alone, and only to tell guests apart: neither stored nor shown.
    pub email: Option<String>,
    /// For moderators alone: what an update must send back, or it is overwritten with ours.
    pub ip: Option<String>,
    pub agent: Option<String>,
    pub at: Millis,
    /// HTML, as shown.
    pub rendered: String,
    /// HTML, as written; for moderators alone.
    pub raw: Option<String>,
    pub link: Option<String>,
    pub publication: Publication,
    /// The address of the post at the interface, which says of which type it is.
    pub up: Option<String>,
}

impl Comment {
    /// `Ok(None)`: something else that WordPress keeps among its comments (a pingback, an editor's note, a shop's review).
    pub fn read(value: &Value) -> Result<Option<Self>, String> {
        let id = id(value.at("id")).ok_or("no id")?;
        if value.at("type").as_str().is_some_and(|kind| !matches!(kind, "comment" | "")) {
            return Ok(None);
        }
        let at = time(value.at("date_gmt")).or_else(|| time(value.at("date"))).ok_or("no date")?;
        let content = value.at("content");
        let raw = text(content.at("raw"));
        let rendered = text(content.at("rendered")).or_else(|| text(content));
        if rendered.is_none() && raw.is_none() {
            return Err("no content".to_owned());
        }
        Ok(Some(Self {
            id,
            post: self::id(value.at("post")),
            parent: self::id(value.at("parent")).filter(|parent| *parent != id),
            author: self::id(value.at("author")),
            name: text(value.at("author_name")).unwrap_or_default(),
            url: address(value.at("author_url")),
            avatar: avatar(value.at("author_avatar_urls")),
            email: text(value.at("author_email")).filter(|said| !said.trim().is_empty()),
            ip: text(value.at("author_ip")).filter(|said| !said.trim().is_empty()),
            agent: text(value.at("author_user_agent")).filter(|said| !said.trim().is_empty()),
            at,
            rendered: rendered.unwrap_or_default(),
            raw,
            link: address(value.at("link")),
            publication: publication(value.at("status")),
            up: text(value.at("_links").at("up").first().at("href")),
        }))
    }
}

/// What comments hang on: an article, a page, something of an extension's.
pub(crate) struct Post {
    pub id: u64,
    pub author: Option<u64>,
    pub name: String,
    pub author_url: Option<String>,
    pub avatar: Option<String>,
    pub at: Millis,
    /// HTML, both.
    pub title: String,
    pub excerpt: String,
    pub link: Option<String>,
    pub publication: Publication,
}

impl Post {
    pub fn read(value: &Value) -> Result<Self, String> {
        let shown = |value: &Value| text(value.at("rendered")).or_else(|| text(value)).unwrap_or_default();
        let author = value.at("_embedded").at("author").first();
        Ok(Self {
            id: id(value.at("id")).ok_or("no id")?,
            author: id(value.at("author")),
            name: text(author.at("name")).unwrap_or_default(),
            author_url: address(author.at("link")).or_else(|| address(author.at("url"))),
            avatar: avatar(author.at("avatar_urls")),
            at: time(value.at("date_gmt")).or_else(|| time(value.at("date"))).ok_or("no date")?,
            title: shown(value.at("title")),
            // What a password guards is not shown here either.
            excerpt: if value.at("excerpt").at("protected") == true {
                String::new()
            } else {
                shown(value.at("excerpt"))
            },
            link: address(value.at("link")),
            publication: match value.at("status").as_str() {
                Some("trash") => Publication::Trash,
                Some("publish" | "inherit") | None => Publication::Published,
                Some("pending" | "future" | "draft") => Publication::Pending,
                Some(_) => Publication::Hidden,
            },
        })
    }
}

/// Somebody who may sign in.
pub(crate) struct User {
    pub id: u64,
    pub login: String,
    pub name: String,
    pub url: Option<String>,
    pub avatar: Option<String>,
    pub moderates: bool,
}

impl User {
    pub fn read(value: &Value) -> Result<Self, String> {
        let id = id(value.at("id")).ok_or("no id")?;
        let login = ["username", "slug", "name"].into_iter().find_map(|field| text(value.at(field)));
        Ok(Self {
            id,
            login: login.unwrap_or_else(|| id.to_string()),
            name: text(value.at("name")).unwrap_or_default(),
            url: address(value.at("link")).or_else(|| address(value.at("url"))),
            avatar: avatar(value.at("avatar_urls")),
            moderates: truth(value.at("capabilities").at("moderate_comments")),
        })
    }
}

/// The values of a list; nothing where it is none.
pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A number of WordPress' own; none is 0.
pub(crate) fn id(value: &Value) -> Option<u64> {
    let told = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())?;
    (1..=i64::MAX as u64).contains(&told).then_some(told)
}

pub(crate) fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn truth(value: &Value) -> bool {
    value.as_bool().unwrap_or_else(|| matches!(value.as_u64(), Some(1)) || matches!(value.as_str(), Some("1" | "true")))
}

/// An address that may be opened.
pub(crate) fn address(value: &Value) -> Option<String> {
    let url = url::Url::parse(value.as_str()?.trim()).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.as_str().len() <= 8_192).then(|| url.into())
}

/// The largest of the sizes a site offers, 96 pixels as a rule.
fn avatar(value: &Value) -> Option<String> {
    let sizes = value.as_object()?;
    let sized = sizes.iter().filter_map(|(size, url)| Some((size.parse::<u32>().ok()?, address(url)?)));
    sized.max_by_key(|(size, _)| *size).map(|(_, url)| url)
}

/// `2021-07-01T10:50:11`: UTC without saying so. Years that no inbox has are no time.
pub(crate) fn time(value: &Value) -> Option<Millis> {
    let said = value.as_str()?.trim();
    let at = match said.parse::<jiff::Timestamp>() {
        Ok(at) => at,
        Err(_) => {
            let civil = said.parse::<jiff::civil::DateTime>().ok()?;
            civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp()
        }
    };
    let at = Millis(at.as_millisecond());
    // 1970 to 2200: what lies outside is a zero or a slip, and would sort first or last for ever.
    (0..7_258_118_400_000).contains(&at.0).then_some(at)
}

/// The words of an answer (a question has others). A status that an extension invented is not shown to visitors.
pub(crate) fn publication(value: &Value) -> Publication {
    match value.as_str() {
        None | Some("approved" | "approve" | "1" | "") => Publication::Published,
        Some("hold" | "unapproved" | "0") => Publication::Pending,
        Some("spam") => Publication::Spam,
        Some("trash" | "post-trashed") => Publication::Trash,
        Some(_) => Publication::Hidden,
    }
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
