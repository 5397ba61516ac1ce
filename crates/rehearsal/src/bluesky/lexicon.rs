//! What the servers check of a record and of an input before they keep it: Bluesky's lexicons, as far as they are spoken
//! here. The first thing wrong is named with its path, in the words of the reference server.

use super::names::{datetime, is_at_uri, is_cid, is_did, is_key, is_nsid, is_tid};
use super::refusal::Refusal;
use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation;

pub(crate) const POST: &str = "app.bsky.feed.post";
pub(crate) const LIKE: &str = "app.bsky.feed.like";
pub(crate) const REPOST: &str = "app.bsky.feed.repost";
pub(crate) const GATE: &str = "app.bsky.feed.threadgate";
pub(crate) const QUOTE_GATE: &str = "app.bsky.feed.postgate";
pub(crate) const FOLLOW: &str = "app.bsky.graph.follow";
pub(crate) const BLOCK: &str = "app.bsky.graph.block";
pub(crate) const PROFILE: &str = "app.bsky.actor.profile";

/// Largest picture of a post, in bytes.
const LARGEST: u64 = 2_000_000;

type Checked<T = ()> = Result<T, String>;

/// A value and where it stands.
#[derive(Clone)]
pub(crate) struct At<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> At<'a> {
    pub fn input(value: &'a Value) -> At<'a> {
        At { value, path: "$".into() }
    }

    fn wrong<T>(&self, why: &str) -> Checked<T> {
        Err(format!("{why} at {}", self.path))
    }

    fn got(&self) -> String {
        match self.value {
            Value::Object(_) => "{...}".into(),
            Value::Array(_) => "[...]".into(),
            plain => plain.to_string(),
        }
    }

    fn object(&self) -> Checked<&'a serde_json::Map<String, Value>> {
        match self.value.as_object() {
            Some(map) => Ok(map),
            None => self.wrong(&format!("Expected object value type (got {})", self.got())),
        }
    }

    pub fn maybe(&self, key: &str) -> Checked<Option<At<'a>>> {
        let inside = |value| At { value, path: format!("{}.{key}", self.path) };
        Ok(self.object()?.get(key).map(inside))
    }

    pub fn key(&self, key: &str) -> Checked<At<'a>> {
        match self.maybe(key)? {
            Some(found) => Ok(found),
            None => self.wrong(&format!("Missing required key \"{key}\"")),
        }
    }

    pub fn text(&self) -> Checked<&'a str> {
        match self.value.as_str() {
            Some(text) => Ok(text),
            None => self.wrong(&format!("Expected string value type (got {})", self.got())),
        }
    }

    /// Not longer than so many bytes, nor so many letters as people count them.
    pub fn short(&self, bytes: usize, graphemes: usize) -> Checked<&'a str> {
        let text = self.text()?;
        if text.len() > bytes {
            return self.wrong(&format!("string too big (maximum {bytes}, got {})", text.len()));
        }
        let counted = text.graphemes(true).count();
        if counted > graphemes {
            return self.wrong(&format!("grapheme too big (maximum {graphemes}, got {counted})"));
        }
        Ok(text)
    }

    fn list(&self, most: usize) -> Checked<Vec<At<'a>>> {
        let Some(all) = self.value.as_array() else {
            return self.wrong(&format!("Expected array value type (got {})", self.got()));
        };
        if all.len() > most {
            return self.wrong(&format!("array too big (maximum {most}, got {})", all.len()));
        }
        let inside = |(place, value)| At { value, path: format!("{}[{place}]", self.path) };
        Ok(all.iter().enumerate().map(inside).collect())
    }

    pub fn like(&self, what: &str, is: impl Fn(&str) -> bool) -> Checked<&'a str> {
        let text = self.text()?;
        if is(text) { Ok(text) } else { self.wrong(&format!("Invalid {what} (got \"{text}\")")) }
    }

    pub fn instant(&self) -> Checked<i64> {
        self.like("datetime", |text| datetime(text).is_some()).map(|text| datetime(text).unwrap_or_default())
    }

    pub fn did(&self) -> Checked<&'a str> {
        self.like("DID", is_did)
    }

    fn number(&self) -> Checked<u64> {
        match self.value.as_i64() {
            Some(number) if number >= 0 => Ok(number.unsigned_abs()),
            Some(number) => self.wrong(&format!("integer too small (minimum 0, got {number})")),
            None => self.wrong(&format!("Expected integer value type (got {})", self.got())),
        }
    }

    /// An address and the content it had.
    pub fn strong(&self) -> Checked {
        self.key("uri")?.like("at-uri", is_at_uri)?;
        self.key("cid")?.like("CID string", is_cid)?;
        Ok(())
    }

    /// The member of an open union.
    pub fn kind(&self) -> Checked<&'a str> {
        match self.object()?.get("$type").and_then(Value::as_str) {
            Some(kind) => Ok(kind),
            None => self.wrong(&format!(
                "Expected an object which includes the \"$type\" property value type (got {})",
                self.got()
            )),
        }
    }

    /// Marks in a text, by its bytes.
    pub fn facets(&self) -> Checked {
        for facet in self.list(usize::MAX)? {
            let index = facet.key("index")?;
            index.key("byteStart")?.number()?;
            index.key("byteEnd")?.number()?;
            for feature in facet.key("features")?.list(usize::MAX)? {
                match feature.kind()? {
                    "app.bsky.richtext.facet#mention" => feature.key("did")?.did().map(drop)?,
                    "app.bsky.richtext.facet#link" => {
                        feature.key("uri")?.like("uri", |uri| url::Url::parse(uri).is_ok()).map(drop)?;
                    }
                    "app.bsky.richtext.facet#tag" => feature.key("tag")?.short(640, 64).map(drop)?,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn blob(&self) -> Checked {
        if self.kind()? != "blob" {
            return self.wrong("Expected blob value type");
        }
        self.key("ref")?.key("$link")?.like("CID string", is_cid)?;
        self.key("mimeType")?.text()?;
        self.key("size")?.number().map(drop)
    }

    fn picture(&self) -> Checked {
        self.blob()?;
        let (kind, size) = (self.key("mimeType")?.text()?, self.key("size")?.number()?);
        if !kind.starts_with("image/") {
            return self.wrong(&format!("Expected \"image/*\" (got \"{kind}\")"));
        }
        if size > LARGEST {
            return self.wrong(&format!("blob too big (maximum {LARGEST}, got {size})"));
        }
        Ok(())
    }

    fn images(&self) -> Checked {
        for image in self.key("images")?.list(4)? {
            image.key("alt")?.text()?;
            image.key("image")?.picture()?;
            if let Some(ratio) = image.maybe("aspectRatio")? {
                ratio.key("width")?.number()?;
                ratio.key("height")?.number()?;
            }
        }
        Ok(())
    }

    fn embed(&self) -> Checked {
        match self.kind()? {
            "app.bsky.embed.images" => self.images(),
            "app.bsky.embed.record" => self.key("record")?.strong(),
            "app.bsky.embed.recordWithMedia" => {
                self.key("record")?.key("record")?.strong()?;
                self.key("media")?.embed()
            }
            "app.bsky.embed.external" => {
                let external = self.key("external")?;
                external.key("uri")?.like("uri", |uri| url::Url::parse(uri).is_ok())?;
                external.key("title")?.text()?;
                external.key("description")?.text().map(drop)
            }
            _ => Ok(()),
        }
    }
}

/// Whether the lexicon of the collection is known here, and the record as it wants it.
pub(crate) fn record(collection: &str, key: &str, record: &Value) -> Result<&'static str, Refusal> {
    let literal = collection == PROFILE;
    let known = [POST, LIKE, REPOST, GATE, QUOTE_GATE, FOLLOW, BLOCK, PROFILE].contains(&collection);
    if !known {
        return Ok("unknown");
    }
    if literal && key != "self" {
        return Err(Refusal::invalid(format!(
            "Invalid record key for {collection}: Expected \"self\" (got \"{key}\") at $"
        )));
    }
    if !literal && !is_tid(key) {
        let why = format!("Invalid TID string (got \"{key}\") at $");
        return Err(Refusal::invalid(format!("Invalid record key for {collection}: {why}")));
    }
    let at = At { value: record, path: "$.record".into() };
    let checked = match collection {
        POST => post(&at),
        LIKE | REPOST => at.key("subject").and_then(|subject| subject.strong()).and_then(|()| dated(&at)),
        FOLLOW | BLOCK => at.key("subject").and_then(|subject| subject.did().map(drop)).and_then(|()| dated(&at)),
        GATE => gate(&at),
        QUOTE_GATE => at
            .key("post")
            .and_then(|post| post.like("at-uri", is_at_uri).map(drop))
            .and_then(|()| addresses(&at, "detachedEmbeddingUris", 50))
            .and_then(|()| dated(&at)),
        _ => Ok(()),
    };
    checked.map_err(|why| Refusal::invalid(format!("Invalid {collection} record: {why}")))?;
    Ok("valid")
}

fn dated(at: &At<'_>) -> Checked {
    at.key("createdAt")?.instant().map(drop)
}

fn post(at: &At<'_>) -> Checked {
    // All that is missing is said before what is wrong.
    let (text, _) = (at.key("text")?, at.key("createdAt")?);
    text.short(3000, 300)?;
    if let Some(facets) = at.maybe("facets")? {
        facets.facets()?;
    }
    if let Some(reply) = at.maybe("reply")? {
        reply.key("root")?.strong()?;
        reply.key("parent")?.strong()?;
    }
    if let Some(embed) = at.maybe("embed")? {
        embed.embed()?;
    }
    if let Some(langs) = at.maybe("langs")? {
        let is_language = |text: &str| {
            let first = text.split('-').next().unwrap_or_default();
            (2..=3).contains(&first.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        for lang in langs.list(3)? {
            lang.like("language", is_language)?;
        }
    }
    if let Some(tags) = at.maybe("tags")? {
        for tag in tags.list(8)? {
            tag.short(640, 64)?;
        }
    }
    dated(at)
}

fn gate(at: &At<'_>) -> Checked {
    at.key("post")?.like("at-uri", is_at_uri)?;
    if let Some(allowed) = at.maybe("allow")? {
        for rule in allowed.list(5)? {
            rule.kind()?;
        }
    }
    addresses(at, "hiddenReplies", 300)?;
    dated(at)
}

fn addresses(at: &At<'_>, key: &str, most: usize) -> Checked {
    let Some(list) = at.maybe(key)? else { return Ok(()) };
    for uri in list.list(most)? {
        uri.like("at-uri", is_at_uri)?;
    }
    Ok(())
}

/// What a procedure is told, with the checks of its lexicon.
pub(crate) fn input<'a, T>(value: &'a Value, check: impl FnOnce(At<'a>) -> Checked<T>) -> Result<T, Refusal> {
    check(At::input(value)).map_err(Refusal::invalid)
}

/// Whose, of which collection.
pub(crate) fn place<'a>(at: &At<'a>) -> Checked<(&'a str, &'a str)> {
    let (repo, collection) = (at.key("repo")?, at.key("collection")?);
    Ok((repo.text()?, collection.like("NSID", is_nsid)?))
}

/// The key of a record, where it is given.
pub(crate) fn given_key<'a>(at: &At<'a>) -> Checked<Option<&'a str>> {
    at.maybe("rkey")?.map(|key| key.like("record key", is_key)).transpose()
}
