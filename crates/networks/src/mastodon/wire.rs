//! What servers that speak Mastodon's language really send, read leniently: numbers or strings for ids, fields that
//! are missing, empty or unknown, times in half a dozen spellings. What cannot be done without is an id, an author
//! and a time; only their absence makes an item unreadable.

use crate::asked::Ask;
use guichet_model::{Attachment, AttachmentKind, Counts, Millis, Visibility};
use serde_json::Value;

pub(crate) struct Account {
    pub id: String,
    /// Without "@"; a local person's has no domain.
    pub acct: String,
    pub name: String,
    pub avatar: Option<String>,
    pub url: Option<String>,
    pub bot: bool,
}

/// Somebody a status names. Some servers number them anyhow: the address says who it is, too.
pub(crate) struct Named {
    pub id: String,
    pub acct: String,
    pub url: Option<String>,
}

pub(crate) struct Status {
    pub id: String,
    pub uri: Option<String>,
    pub account: Account,
    pub at: Millis,
    pub edited_at: Option<Millis>,
    /// HTML.
    pub content: String,
    pub warning: Option<String>,
    pub in_reply_to: Option<String>,
    pub in_reply_to_account: Option<String>,
    pub visibility: Option<Visibility>,
    pub url: Option<String>,
    pub lang: Option<String>,
    pub mentions: Vec<Named>,
    pub emoji: Vec<String>,
    pub attachments: Vec<Attachment>,
    pub counts: Counts,
    pub liked: bool,
    pub expires_at: Option<Millis>,
}

impl Status {
    pub fn direct(&self) -> bool {
        self.visibility == Some(Visibility::Direct)
    }

    pub fn read(value: &Value) -> Result<Self, String> {
        let id = id(value.at("id")).ok_or("no id")?;
        let account = Account::read(value.at("account"))?;
        let at = time(value.at("created_at")).ok_or("no created_at")?;
        // A boost on some servers is an empty wrapper around what it repeats.
        let boosted = value.at("reblog");
        let own = text(value.at("content")).unwrap_or_default();
        let content = match text(boosted.at("content")) {
            Some(theirs) if own.trim().is_empty() => theirs,
            _ => own,
        };
        Ok(Self {
            id,
            uri: address(value.at("uri")),
            account,
            at,
            edited_at: time(value.at("edited_at")),
            content,
            warning: text(value.at("spoiler_text")).filter(|w| !w.trim().is_empty()),
            in_reply_to: self::id(value.at("in_reply_to_id")),
            in_reply_to_account: self::id(value.at("in_reply_to_account_id")),
            visibility: text(value.at("visibility")).and_then(|v| visibility(&v)),
            url: address(value.at("url")).or_else(|| address(value.at("uri"))),
            lang: text(value.at("language")).filter(|l| !l.is_empty()),
            mentions: list(value.at("mentions")).filter_map(Named::read).collect(),
            emoji: list(value.at("emojis")).filter_map(|e| text(e.at("shortcode"))).collect(),
            attachments: list(value.at("media_attachments")).filter_map(attachment).collect(),
            counts: Counts {
                replies: number(value.at("replies_count")),
                shares: number(value.at("reblogs_count")),
                likes: number(value.at("favourites_count")),
            },
            liked: value.at("favourited").as_bool().unwrap_or(false),
            expires_at: time(value.at("expires_at")).or_else(|| time(value.at("pleroma").at("expires_at"))),
        })
    }
}

impl Account {
    pub fn read(value: &Value) -> Result<Self, String> {
        let acct = text(value.at("acct")).or_else(|| text(value.at("username")));
        let acct = acct.map(|a| a.trim_start_matches('@').to_owned());
        let id = id(value.at("id")).or_else(|| acct.clone());
        let id = id.filter(|id| !id.is_empty()).ok_or("no author")?;
        Ok(Self {
            acct: acct.filter(|a| !a.is_empty()).unwrap_or_else(|| id.clone()),
            id,
            name: text(value.at("display_name")).unwrap_or_default().trim().to_owned(),
            avatar: address(value.at("avatar_static")).or_else(|| address(value.at("avatar"))),
            url: address(value.at("url")),
            bot: value.at("bot").as_bool().unwrap_or(false),
        })
    }
}

impl Named {
    fn read(value: &Value) -> Option<Self> {
        let acct = text(value.at("acct")).or_else(|| text(value.at("username")))?;
        let acct = acct.trim_start_matches('@').to_owned();
        Some(Self { id: id(value.at("id")).unwrap_or_else(|| acct.clone()), acct, url: address(value.at("url")) })
    }
}

/// The elements of an array; none where it is no array.
pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// An id, whether it came as a string or as a number.
pub(crate) fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

pub(crate) fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// An address to show or to fetch: http and https only.
fn address(value: &Value) -> Option<String> {
    let said = value.as_str()?.trim();
    let known = said.starts_with("https://") || said.starts_with("http://");
    known.then(|| said.to_owned())
}

/// Counts that are negative, fractional, strings or missing do no harm.
fn number(value: &Value) -> u32 {
    let said = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    u32::try_from(said.unwrap_or(0)).unwrap_or(u32::MAX)
}

/// An instant: RFC 3339 with any number of decimals, without a zone (UTC), a date alone, or epoch seconds.
pub(crate) fn time(value: &Value) -> Option<Millis> {
    if let Some(seconds) = value.as_f64() {
        let millis = if seconds > 1e11 { seconds } else { seconds * 1000.0 };
        return Some(Millis(millis as i64));
    }
    let said = value.as_str()?.trim();
    if let Ok(at) = said.parse::<jiff::Timestamp>() {
        return Some(Millis(at.as_millisecond()));
    }
    let civil = said.parse::<jiff::civil::DateTime>().or_else(|_| {
        Ok::<_, jiff::Error>(said.parse::<jiff::civil::Date>()?.to_datetime(jiff::civil::Time::midnight()))
    });
    if let Ok(at) = civil.and_then(|at| at.to_zoned(jiff::tz::TimeZone::UTC)) {
        return Some(Millis(at.timestamp().as_millisecond()));
    }
    let at = jiff::Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", said).ok()?;
    Some(Millis(at.as_millisecond()))
}

/// Mastodon's four words, and those of servers that have more. A word not known tells nothing.
fn visibility(word: &str) -> Option<Visibility> {
    match word {
        "public" => Some(Visibility::Public),
        // Pleroma's "local": everybody, but of one server only; an answer must not go further than quietly.
        "unlisted" | "home" | "local" => Some(Visibility::Unlisted),
        "private" | "followers" | "followers_only" | "mutuals_only" | "limited" | "list" => Some(Visibility::Followers),
        "direct" | "specified" => Some(Visibility::Direct),
        _ => None,
    }
}

fn attachment(value: &Value) -> Option<Attachment> {
    let url = address(value.at("url"))
        .or_else(|| address(value.at("remote_url")))
        .or_else(|| address(value.at("preview_url")))?;
    let kind = match value.at("type").as_str() {
        Some("image") => AttachmentKind::Image,
        Some("video" | "gifv") => AttachmentKind::Video,
        Some("audio") => AttachmentKind::Audio,
        _ => AttachmentKind::Other,
    };
    Some(Attachment {
        kind,
        preview: address(value.at("preview_url")),
        alt: text(value.at("description")).filter(|d| !d.trim().is_empty()),
        url,
        file: None,
    })
}
