//! What forums really send, read leniently: ids as numbers or strings, fields that are missing because of the version, the
//! role or a plugin. What a post cannot do without is an id, a time and a text; only their absence makes it unreadable.

use crate::asked::Ask;
use guichet_model::Millis;
use serde_json::Value;

pub(crate) struct Post {
    pub id: u64,
    pub topic: u64,
    /// Its place in the topic, from 1.
    pub number: u64,
    pub reply_to: Option<u64>,
    /// Who wrote what it answers.
    pub reply_to_user: Option<String>,
    pub username: String,
    pub name: String,
    /// An address with `{size}` in it, perhaps without its origin.
    pub avatar: Option<String>,
    pub at: Millis,
    /// Where its text was changed.
    pub edited: Option<Millis>,
    /// HTML, as shown.
    pub cooked: String,
    /// Markdown, as written, where it was asked for.
    pub raw: Option<String>,
    pub yours: bool,
    /// Taken away by staff, or taken back by its author.
    pub gone: bool,
    /// Out of sight until somebody looks at its flags.
    pub hidden: bool,
    pub liked: bool,
    pub likes: u32,
    pub replies: u32,
    pub slug: Option<String>,
}

impl Post {
    /// `Ok(None)`: something else that stands among posts: "closed this topic", a whisper among staff.
    pub fn read(value: &Value) -> Result<Option<Self>, String> {
        let id = id(value.at("id")).ok_or("no id")?;
        // app/models/post.rs, `Post.types`: regular 1, moderator_action 2, small_action 3, whisper 4.
        if matches!(value.at("post_type").as_u64(), Some(3 | 4)) {
            return Ok(None);
        }
        let at = time(value.at("created_at")).ok_or("no date")?;
        let (cooked, raw) = (text(value.at("cooked")), text(value.at("raw")));
        if cooked.is_none() && raw.is_none() {
            return Err("no text".to_owned());
        }
        let version = value.at("version").as_u64().unwrap_or(1);
        let updated = time(value.at("updated_at")).filter(|updated| *updated > at);
        let like = value.at("actions_summary").as_array().into_iter().flatten().find(|action| action.at("id") == 2);
        Ok(Some(Self {
            id,
            topic: self::id(value.at("topic_id")).ok_or("no topic")?,
            number: self::id(value.at("post_number")).unwrap_or(0),
            reply_to: self::id(value.at("reply_to_post_number")),
            reply_to_user: value.has("reply_to_user").and_then(|user| text(user.at("username"))),
            username: text(value.at("username")).unwrap_or_default(),
            name: text(value.at("name")).or_else(|| text(value.at("display_username"))).unwrap_or_default(),
            avatar: text(value.at("avatar_template")),
            at,
            // Many things touch a post; a new version alone is another text.
            edited: updated.filter(|_| version > 1),
            cooked: cooked.unwrap_or_default(),
            raw,
            yours: truth(value.at("yours")),
            gone: !value.at("deleted_at").is_null() || truth(value.at("user_deleted")),
            hidden: truth(value.at("hidden")),
            liked: like.is_some_and(|like| truth(like.at("acted"))),
            likes: count(like.map_or(&Value::Null, |like| like.at("count"))),
            replies: count(value.at("reply_count")),
            slug: text(value.at("topic_slug")),
        }))
    }
}

/// A topic with some of its posts.
pub(crate) struct Topic {
    pub id: u64,
    pub title: String,
    pub slug: String,
    pub at: Millis,
    pub private: bool,
    pub username: String,
    pub name: String,
    pub avatar: Option<String>,
    /// The ids of all posts that we are shown, in their order: those of people we ignore are left out. A topic of more than
    /// ten thousand posts does not tell them (topic_view.rb, `is_mega_topic?`).
    pub stream: Option<Vec<u64>>,
    /// Those of ours that wait for the forum's approval.
    pub pending: Vec<Pending>,
}

pub(crate) struct Pending {
    pub raw: String,
    pub at: Option<Millis>,
}

impl Topic {
    pub fn read(value: &Value) -> Result<Self, String> {
        let id = id(value.at("id")).ok_or("no id")?;
        let by = value.at("details").at("created_by");
        let stream = value.at("post_stream").has("stream").and_then(Value::as_array);
        Ok(Self {
            id,
            title: text(value.at("title")).or_else(|| text(value.at("fancy_title"))).unwrap_or_default(),
            slug: text(value.at("slug")).unwrap_or_default(),
            at: time(value.at("created_at")).ok_or("no date")?,
            private: value.at("archetype") == "private_message",
            username: text(by.at("username")).unwrap_or_default(),
            name: text(by.at("name")).unwrap_or_default(),
            avatar: text(by.at("avatar_template")),
            stream: stream.map(|ids| ids.iter().filter_map(self::id).collect()),
            pending: list(value.at("pending_posts")).filter_map(Pending::read).collect(),
        })
    }
}

impl Pending {
    pub fn read(value: &Value) -> Option<Self> {
        Some(Self { raw: text(value.at("raw"))?, at: time(value.at("created_at")) })
    }
}

/// The posts of a topic's answer, or of one by ids.
pub(crate) fn posts(value: &Value) -> impl Iterator<Item = &Value> {
    list(value.at("post_stream").at("posts"))
}

/// What a member is told.
pub(crate) struct Note {
    pub id: u64,
    pub kind: u64,
    pub at: Millis,
    pub topic: Option<u64>,
    pub number: Option<u64>,
    pub post: Option<u64>,
}

impl Note {
    pub fn read(value: &Value) -> Result<Self, String> {
        Ok(Self {
            id: id(value.at("id")).ok_or("no id")?,
            kind: value.at("notification_type").as_u64().ok_or("no type")?,
            at: time(value.at("created_at")).ok_or("no date")?,
            topic: id(value.at("topic_id")),
            number: id(value.at("post_number")),
            post: id(value.at("data").at("original_post_id")),
        })
    }
}

/// A private exchange in the list of them.
pub(crate) struct Row {
    pub id: u64,
    pub last: Millis,
    pub highest: u64,
}

impl Row {
    pub fn read(value: &Value) -> Result<Self, String> {
        let last = ["last_posted_at", "bumped_at", "created_at"].into_iter().find_map(|name| time(value.at(name)));
        Ok(Self {
            id: id(value.at("id")).ok_or("no id")?,
            last: last.ok_or("no date")?,
            highest: id(value.at("highest_post_number")).unwrap_or(1),
        })
    }
}

/// Somebody who may sign in.
pub(crate) struct User {
    pub username: String,
    pub name: String,
    pub avatar: Option<String>,
}

impl User {
    pub fn read(value: &Value) -> Result<Self, String> {
        Ok(Self {
            username: text(value.at("username")).filter(|name| !name.is_empty()).ok_or("no name")?,
            name: text(value.at("name")).unwrap_or_default(),
            avatar: text(value.at("avatar_template")),
        })
    }
}

/// The values of a list; nothing where it is none.
pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A number of the forum's own; none is 0, and the forum's own bots are below.
pub(crate) fn id(value: &Value) -> Option<u64> {
    let told = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())?;
    (1..=i64::MAX as u64).contains(&told).then_some(told)
}

pub(crate) fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn truth(value: &Value) -> bool {
    value.as_bool().unwrap_or_else(|| matches!(value.as_str(), Some("t" | "true")))
}

fn count(value: &Value) -> u32 {
    value.as_u64().and_then(|count| u32::try_from(count).ok()).unwrap_or(0)
}

/// ISO 8601, with milliseconds and Z, of old with an offset. Years that no inbox has are no time.
pub(crate) fn time(value: &Value) -> Option<Millis> {
    let at = Millis(value.as_str()?.trim().parse::<jiff::Timestamp>().ok()?.as_millisecond());
    // 1970 to 2200: what lies outside is a zero or a slip, and would sort first or last for ever.
    (0..7_258_118_400_000).contains(&at.0).then_some(at)
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
