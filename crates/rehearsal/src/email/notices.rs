//! Notification mails as networks send them, invented by us and marked as ours: of Facebook, Instagram, LinkedIn, YouTube, X
//! and Google's reviews, in French and in English, with a few that only look like it. For each, what it tells: who reads
//! such mails can be held to it.

use serde::Deserialize;
use std::collections::BTreeMap;

/// One mail, and what it tells.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    pub file: String,
    /// `facebook`, `instagram`, `linkedin`, `youtube`, `x`, `google`; `unknown` for one that nobody has taught us.
    pub network: String,
    pub lang: String,
    /// `comment`, `reply`, `mention`, `message`, `review`; `none` where nothing can be answered, `false` for a thief's.
    pub kind: String,
    pub author: Option<String>,
    /// The name of the author's account, without "@", where the mail says it.
    pub handle: Option<String>,
    /// What they wrote; `None` where the mail does not say.
    pub text: Option<String>,
    /// Where it is, with all that the network hangs on it.
    pub link: Option<String>,
    /// 1 to 5.
    pub rating: Option<u8>,
    /// The title of what it hangs on.
    pub post: Option<String>,
    /// The mail cuts the text short.
    #[serde(default)]
    pub cut: bool,
    /// What is particular about it.
    pub note: Option<String>,
    /// The mail as it arrives, CR LF and all.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

macro_rules! files {
    ($($name:literal,)*) => {
        &[$(($name, include_bytes!(concat!("notices/", $name)) as &[u8])),*]
    };
}

const FILES: &[(&str, &[u8])] = files![
    "facebook-comment-fr-old.eml",
    "facebook-comment-fr.eml",
    "facebook-false-fr.eml",
    "facebook-mention-en.eml",
    "facebook-message-fr.eml",
    "facebook-reply-en.eml",
    "facebook-review-fr.eml",
    "facebook-summary-fr.eml",
    "google-review-en.eml",
    "google-review-fr-stars.eml",
    "google-review-fr.eml",
    "instagram-code-fr.eml",
    "instagram-comment-en.eml",
    "instagram-comment-fr.eml",
    "instagram-mention-fr.eml",
    "instagram-message-en.eml",
    "linkedin-comment-en.eml",
    "linkedin-comment-fr.eml",
    "linkedin-forwarded-fr.eml",
    "linkedin-mention-en.eml",
    "linkedin-message-fr.eml",
    "unknown-network-en.eml",
    "x-mention-en.eml",
    "x-mention-fr-old.eml",
    "x-message-en.eml",
    "x-reply-fr.eml",
    "youtube-comment-en.eml",
    "youtube-comment-fr.eml",
    "youtube-reply-en.eml",
];

/// All of them, by name of file.
pub fn notices() -> Vec<Notice> {
    let told: Vec<Notice> = serde_json::from_str(include_str!("notices/notices.json")).unwrap_or_default();
    let mut told: BTreeMap<String, Notice> = told.into_iter().map(|notice| (notice.file.clone(), notice)).collect();
    let with = |(name, bytes): &(&str, &[u8])| Some(Notice { bytes: bytes.to_vec(), ..told.remove(*name)? });
    FILES.iter().filter_map(with).collect()
}

/// The mail of that name, with or without its ending.
pub(crate) fn file(name: &str) -> Option<&'static [u8]> {
    let name = name.trim_end_matches(".eml");
    FILES.iter().find(|(known, _)| known.trim_end_matches(".eml") == name).map(|(_, bytes)| *bytes)
}

#[cfg(test)]
#[path = "notices_tests.rs"]
mod tests;
