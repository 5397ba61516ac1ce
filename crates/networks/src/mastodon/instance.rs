//! What a server says about itself, and what that lets an account do. Asked once a day.
//!
//! The idempotency key is the point where a wrong belief costs a double: it is relied on only where the software is
//! Mastodon by its own word. Compatible servers say "(compatible; …)" in their version, or "(not true; …)"; some
//! honour the key, some do not, and which is not to be guessed.

use super::api::Api;
use super::wire;
use crate::asked::Ask;
use guichet_model::{Capabilities, Fault, MINUTE, PictureLimit, Proof, TextLimit, TextUnit};
use serde_json::{Value, json};
use url::Url;

/// What a status may count where the server does not say.
const MOST: u32 = 500;
/// What one link counts where the server does not say.
const LINK: u32 = 23;
/// Mastodon keeps a key "up to 1 hour" (PostStatusService, `setex 3600`); half of it is counted on.
const KEY_VALID_FOR: i64 = 30 * MINUTE;
/// Own statuses show at once on a server that is well; a queue may hold them back.
const SETTLES_WITHIN: i64 = 2 * MINUTE;
/// The longest text a server is believed about: what it says is asked for, not trusted.
const LONGEST_BELIEVED: u64 = 10_000_000;

/// Pictures as Mastodon takes them where the server does not say (mastodon/mastodon app/models/media_attachment.rb).
const MOST_PICTURES: u32 = 4;
const LARGEST_PICTURE: u64 = 16 << 20;
const LONGEST_ALT: u32 = 1_500;
const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Instance {
    pub limit: TextLimit,
    pub is_mastodon: bool,
    /// Pictures with a status; `None`: not that we know.
    pub pictures: Option<PictureLimit>,
    /// Where the live stream is, as said; not yet checked.
    pub streaming: Option<String>,
}

pub(crate) async fn read(api: &Api) -> Result<Instance, Fault> {
    let told = match api.public_json("/api/v2/instance").await {
        Ok(told) => told,
        Err(Fault::Refused { .. } | Fault::Unreadable { .. }) => api.public_json("/api/v1/instance").await?,
        Err(fault) => return Err(fault),
    };
    let mut instance = told_by(&told);
    if instance.is_mastodon {
        // A second word, where there is one: the software's own name for itself.
        instance.is_mastodon = software(api).await?.is_none_or(|name| is_mastodon_name(&name));
    }
    Ok(instance)
}

/// A Mastodon that says no more than what it is.
pub(crate) fn usual() -> Instance {
    told_by(&json!({ "version": "4.0.0" }))
}

pub(crate) fn told_by(told: &Value) -> Instance {
    let statuses = told.at("configuration").at("statuses");
    // Pleroma and older servers say it at the top.
    let most = number(statuses.at("max_characters")).or_else(|| number(told.at("max_toot_chars")));
    let streaming = [
        told.at("configuration").at("urls").at("streaming"),
        told.at("urls").at("streaming_api"),
        told.at("urls").at("streaming"),
    ];
    Instance {
        limit: TextLimit {
            most: most.unwrap_or(MOST),
            unit: TextUnit::Graphemes,
            bytes: None,
            link_counts: Some(number(statuses.at("characters_reserved_per_url")).unwrap_or(LINK)),
            mention_domain_free: true,
        },
        is_mastodon: is_mastodon(told),
        pictures: pictures(told),
        streaming: streaming.into_iter().find_map(Value::as_str).map(str::to_owned),
    }
}

fn number(value: &Value) -> Option<u32> {
    let said = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    u32::try_from(said.min(LONGEST_BELIEVED)).ok().filter(|n| *n > 0)
}

/// A Mastodon that does not say takes what Mastodon takes; another software that does not say takes none.
fn pictures(told: &Value) -> Option<PictureLimit> {
    let (statuses, media) = (told.at("configuration").at("statuses"), told.at("configuration").at("media_attachments"));
    let said = media.is_object();
    if (!said && !is_mastodon(told)) || statuses.at("max_media_attachments") == 0 {
        return None;
    }
    let named: Vec<&str> = wire::list(media.at("supported_mime_types")).filter_map(Value::as_str).collect();
    let taken = |kind: &&&str| named.is_empty() || named.contains(*kind);
    let media_types: Vec<String> = PICTURES.iter().filter(taken).map(|kind| (*kind).to_owned()).collect();
    (!media_types.is_empty()).then(|| PictureLimit {
        most: number(statuses.at("max_media_attachments")).unwrap_or(MOST_PICTURES),
        bytes: media.at("image_size_limit").as_u64().filter(|n| *n > 0).unwrap_or(LARGEST_PICTURE),
        media_types,
        alt: number(media.at("description_limit")).unwrap_or(LONGEST_ALT),
    })
}

/// "4.6.4", "4.4.0+glitch", "4.3.0-rc.1": a plain version from 3 on. "2.7.2 (compatible; Pleroma …)",
/// "4.0.0 (not true; really snac/2.75)" and "0.18.1+git-…" (GoToSocial) are others.
fn is_mastodon(told: &Value) -> bool {
    let version = told.at("version").as_str().unwrap_or_default();
    let numbers: Vec<Option<u32>> = version
        .split(['+', '-', '~', 'r', 'b', 'a'])
        .next()
        .unwrap_or_default()
        .split('.')
        .map(|part| part.parse().ok())
        .collect();
    let plain = !version.contains(['(', ';', ' ', '/']);
    plain && matches!(numbers.as_slice(), [Some(major), Some(_), Some(_)] if *major >= 3)
}

fn is_mastodon_name(name: &str) -> bool {
    matches!(name, "mastodon" | "hometown" | "glitch" | "glitchcafe" | "mastodon_mock" | "mastodon-mock")
}

/// NodeInfo: the name of the software, lower case; `None` where the server does not tell.
async fn software(api: &Api) -> Result<Option<String>, Fault> {
    let answered = |result: Result<Value, Fault>| match result {
        Ok(value) => Ok(Some(value)),
        Err(Fault::Refused { .. } | Fault::Unreadable { .. }) => Ok(None),
        Err(fault) => Err(fault),
    };
    let Some(index) = answered(api.public_json("/.well-known/nodeinfo").await)? else {
        return Ok(None);
    };
    let here = api.url("")?;
    let path = wire::list(index.at("links"))
        .filter_map(|link| link.at("href").as_str())
        .filter_map(|href| Url::parse(href).ok())
        .filter(|url| crate::addresses::same_origin(url, &here))
        .last();
    let Some(path) = path.map(|url| url.path().to_owned()) else {
        return Ok(None);
    };
    let told = answered(api.public_json(&path).await)?;
    Ok(told.and_then(|told| Some(told.at("software").at("name").as_str()?.to_lowercase())))
}

pub(crate) fn capabilities(instance: &Instance) -> Capabilities {
    let mut never_gives = vec!["unseen_replies".to_owned(), "read_receipts".to_owned()];
    if !instance.is_mastodon {
        never_gives.push("filtered_mentions".to_owned());
    }
    Capabilities {
        limit: instance.limit.clone(),
        direct_limit: None,
        reply: true,
        private_reply: true,
        audiences: true,
        warnings: true,
        like: true,
        mute: true,
        block: true,
        report: true,
        // An answer by somebody else cannot be hidden from under a post.
        publications: Vec::new(),
        delete_own: false,
        edit_own: false,
        addresses: true,
        pictures: instance.pictures.clone(),
        files: None,
        proof: if instance.is_mastodon {
            Proof::Key { valid_for: KEY_VALID_FOR }
        } else {
            Proof::ReadBack { settles_within: SETTLES_WITHIN }
        },
        never_gives,
    }
}

#[cfg(test)]
#[path = "instance_tests.rs"]
mod tests;
