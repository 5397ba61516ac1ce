//! What servers really send, read leniently. Unions are open: a kind of node, embed, notification or log entry that is not
//! known is passed over. A post cannot be done without its address, its author, its text and a time; a private message not
//! without its id, its sender, its text and a time.

use super::names;
use crate::asked::Ask;
use guichet_model::{Attachment, AttachmentKind, Counts, Millis};
use serde_json::Value;

/// More pictures than a post can have are not read.
const MOST_ATTACHMENTS: usize = 20;
const LONGEST_ADDRESS: usize = 8_192;

#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub did: String,
    pub handle: String,
    pub name: String,
    pub avatar: Option<String>,
}

impl Person {
    pub fn read(value: &Value) -> Option<Self> {
        let did = value.at("did").as_str().filter(|did| names::is_did(did))?;
        Some(Self {
            did: did.to_owned(),
            // One that no longer proves its handle is shown by its lasting name (`handle.invalid`).
            handle: text(value.at("handle"))
                .filter(|handle| names::is_handle(handle) && handle != "handle.invalid")
                .unwrap_or_else(|| did.to_owned()),
            name: text(value.at("displayName")).map(|name| super::facets::line(&name)).unwrap_or_default(),
            avatar: address(value.at("avatar")),
        })
    }
}

/// A record at an instant of its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ref {
    pub uri: String,
    pub cid: String,
}

impl Ref {
    pub fn read(value: &Value) -> Option<Self> {
        let uri = value.at("uri").as_str().filter(|uri| names::At::read(uri).is_some())?;
        Some(Self { uri: uri.to_owned(), cid: text(value.at("cid"))? })
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub at: Ref,
    pub author: Person,
    /// As in its record, facets and all.
    pub text: String,
    pub facets: Value,
    pub root: Option<Ref>,
    pub parent: Option<Ref>,
    /// What it quotes.
    pub quoted: Option<String>,
    pub lang: Option<String>,
    /// The earlier of what its author and the server say: the first may lie.
    pub when: Millis,
    pub attachments: Vec<Attachment>,
    /// Warnings, by its author or a labeler, in the network's words.
    pub labels: Vec<String>,
    pub counts: Counts,
    /// Our like of it, a record.
    pub like: Option<String>,
    /// Whether its author lets us answer, as far as is said.
    pub answerable: bool,
    /// Of a root: the answers its author hid.
    pub hidden: Option<Vec<String>>,
}

impl Post {
    /// A view of a post: in a list, a thread, a feed.
    pub fn read(value: &Value) -> Result<Self, String> {
        let at = Ref::read(value).ok_or("no uri")?;
        if !names::At::read(&at.uri).is_some_and(|at| at.is_post()) {
            return Err("not a post".to_owned());
        }
        let author = Person::read(value.at("author")).ok_or("no author")?;
        if names::owner(&at.uri) != author.did {
            return Err("another author".to_owned());
        }
        let record = value.at("record");
        let written = text(record.at("text")).ok_or("no text")?;
        let times = [time(record.at("createdAt")), time(value.at("indexedAt"))];
        let when = times.into_iter().flatten().min().ok_or("no time")?;
        let seen = value.at("embed");
        let embed = record.at("embed");
        Ok(Self {
            facets: record.at("facets").clone(),
            root: Ref::read(record.at("reply").at("root")),
            parent: Ref::read(record.at("reply").at("parent")),
            quoted: quoted(embed),
            lang: list(record.at("langs")).find_map(lang),
            attachments: attachments(seen),
            labels: labels(value.at("labels"), record.at("labels")),
            counts: Counts {
                replies: count(value.at("replyCount")),
                shares: count(value.at("repostCount")).saturating_add(count(value.at("quoteCount"))),
                likes: count(value.at("likeCount")),
            },
            like: text(value.at("viewer").at("like")),
            answerable: value.at("viewer").at("replyDisabled") != true,
            hidden: hidden(value.at("threadgate")),
            at,
            author,
            text: written,
            when,
        })
    }

    /// The root of its thread: itself where it answers nothing.
    pub fn root(&self) -> &Ref {
        match (&self.root, &self.parent) {
            (Some(root), Some(_)) => root,
            _ => &self.at,
        }
    }
}

/// One line of the notifications. Only some reasons bring a text.
pub(crate) struct Notification {
    pub key: String,
    pub at: Millis,
    pub names_us: bool,
    pub post: Option<Post>,
}

impl Notification {
    pub fn read(value: &Value) -> Result<Self, String> {
        let uri = text(value.at("uri")).ok_or("no uri")?;
        let cid = text(value.at("cid")).unwrap_or_default();
        let reason = value.at("reason").as_str().unwrap_or_default();
        let brings = matches!(reason, "mention" | "reply" | "quote");
        // One that brings nothing counts for its time alone.
        let at = time(value.at("indexedAt")).or_else(|| time(value.at("record").at("createdAt"))).ok_or("no time")?;
        let post = if brings { Some(Post::read(value)?) } else { None };
        Ok(Self { key: format!("{uri} {cid}"), at, names_us: matches!(reason, "mention" | "quote"), post })
    }
}

/// A private message as its exchange shows it.
pub(crate) struct Message {
    pub id: String,
    pub sender: String,
    pub text: String,
    pub facets: Value,
    pub at: Millis,
    pub answers: Option<String>,
    pub quoted: Option<String>,
    /// Who reacted, and with what.
    pub reactions: Vec<(String, String)>,
}

pub(crate) enum Told {
    Message(Message),
    /// Taken away by its author, or by us from our own view.
    Deleted(String),
}

impl Told {
    /// `Ok(None)`: something else than a message (a member who came, a kind that is not known).
    pub fn read(value: &Value) -> Result<Option<Self>, String> {
        let kind = value.at("$type").as_str().unwrap_or("chat.bsky.convo.defs#messageView");
        match kind.rsplit('#').next() {
            Some("messageView") => {}
            Some("deletedMessageView") => return Ok(Some(Self::Deleted(text(value.at("id")).ok_or("no id")?))),
            _ => return Ok(None),
        }
        let sender = value.at("sender").at("did").as_str().filter(|did| names::is_did(did)).ok_or("no sender")?;
        let id = text(value.at("id")).filter(|id| !id.is_empty() && !id.contains('/')).ok_or("no id")?;
        let reaction = |value: &Value| Some((text(value.at("sender").at("did"))?, text(value.at("value"))?));
        Ok(Some(Self::Message(Message {
            id,
            sender: sender.to_owned(),
            text: text(value.at("text")).ok_or("no text")?,
            facets: value.at("facets").clone(),
            at: time(value.at("sentAt")).ok_or("no time")?,
            answers: text(value.at("replyTo").at("id")),
            quoted: text(value.at("embed").at("record").at("uri")),
            reactions: list(value.at("reactions")).filter_map(reaction).collect(),
        })))
    }
}

/// The values of a list; nothing where it is none.
pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

pub(crate) fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// An address that may be opened.
pub(crate) fn address(value: &Value) -> Option<String> {
    let url = url::Url::parse(value.as_str()?.trim()).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.as_str().len() <= LONGEST_ADDRESS).then(|| url.into())
}

fn count(value: &Value) -> u32 {
    value.as_u64().map_or(0, |n| u32::try_from(n).unwrap_or(u32::MAX))
}

fn lang(value: &Value) -> Option<String> {
    let said = value.as_str()?;
    let sound = (2..=35).contains(&said.len()) && said.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    sound.then(|| said.to_owned())
}

/// RFC 3339 with any fraction and offset. Years that no inbox has are no time.
pub(crate) fn time(value: &Value) -> Option<Millis> {
    let at: jiff::Timestamp = value.as_str()?.trim().parse().ok()?;
    let at = Millis(at.as_millisecond());
    // 1970 to 2200: what lies outside is a zero or a slip, and would sort first or last for ever.
    (0..7_258_118_400_000).contains(&at.0).then_some(at)
}

fn quoted(embed: &Value) -> Option<String> {
    // Quoted alone, or with pictures beside it (`app.bsky.embed.recordWithMedia`).
    let uri = [embed.at("record").at("uri"), embed.at("record").at("record").at("uri")].into_iter().find_map(text)?;
    names::At::read(&uri).is_some_and(|at| at.is_post()).then_some(uri)
}

/// What a view shows besides the text.
fn attachments(embed: &Value) -> Vec<Attachment> {
    let media = if embed.at("media").is_object() { embed.at("media") } else { embed };
    let alt = |value: &Value| text(value).map(|alt| super::facets::line(&alt)).filter(|alt| !alt.is_empty());
    let picture = |value: &Value| {
        Some(Attachment {
            kind: AttachmentKind::Image,
            url: address(value.at("fullsize"))?,
            preview: address(value.at("thumb")).or_else(|| address(value.at("thumbnail"))),
            alt: alt(value.at("alt")),
            file: None,
        })
    };
    let mut found: Vec<Attachment> =
        list(media.at("images")).chain(list(media.at("items"))).filter_map(picture).collect();
    found.extend(address(media.at("playlist")).map(|url| Attachment {
        kind: AttachmentKind::Video,
        url,
        preview: address(media.at("thumbnail")),
        alt: alt(media.at("alt")),
        file: None,
    }));
    let card = media.at("external");
    found.extend(address(card.at("uri")).map(|url| Attachment {
        kind: AttachmentKind::Other,
        url,
        preview: address(card.at("thumb")),
        alt: alt(card.at("title")),
        file: None,
    }));
    found.truncate(MOST_ATTACHMENTS);
    found
}

/// Those of labelers and the author's own; one that begins with "!" is an order to apps, no warning.
fn labels(by_labelers: &Value, own: &Value) -> Vec<String> {
    let taken_back = |value: &&Value| value.at("neg") != true;
    let named = |value: &Value| text(value.at("val"));
    let mut found: Vec<String> =
        list(by_labelers).filter(taken_back).chain(list(own.at("values"))).filter_map(named).collect();
    found.retain(|name| !name.starts_with('!') && !name.is_empty() && name.len() <= 128);
    found.sort_unstable();
    found.dedup();
    found
}

/// The answers that a thread's gate hides; `None`: nothing is said of a gate.
pub(crate) fn hidden(gate: &Value) -> Option<Vec<String>> {
    let record = gate.has("record")?;
    Some(list(record.at("hiddenReplies")).filter_map(text).collect())
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
