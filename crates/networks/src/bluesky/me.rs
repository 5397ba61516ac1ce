//! What this access may do, and what follows from it.

use guichet_model::{Capabilities, Proof, Publication, TextLimit, TextUnit};

/// Lexicon app.bsky.feed.post: maxGraphemes 300, maxLength 3000 (UTF-8 bytes).
const LIMIT: (u32, u32) = (300, 3_000);
/// Lexicon chat.bsky.convo.defs#messageInput.
const DIRECT_LIMIT: (u32, u32) = (1_000, 10_000);

/// A link counts as it is written: nothing is shortened here.
fn limit((most, bytes): (u32, u32)) -> TextLimit {
    TextLimit { most, unit: TextUnit::Graphemes, bytes: Some(bytes), link_counts: None, mention_domain_free: false }
}

pub(crate) fn post_limit() -> TextLimit {
    limit(LIMIT)
}

pub(crate) fn direct_limit() -> TextLimit {
    limit(DIRECT_LIMIT)
}

/// `chats`: the access opens private messages too.
pub(crate) fn capabilities(chats: bool) -> Capabilities {
    let mut never_gives = vec!["muted_replies", "edits", "deletions", "read_receipts"];
    if !chats {
        never_gives.push("direct_messages");
    }
    Capabilities {
        direct_limit: Some(direct_limit()),
        private_reply: chats,
        like: true,
        mute: true,
        block: true,
        report: true,
        // Of answers in threads that we began.
        publications: vec![Publication::Published, Publication::Hidden],
        delete_own: true,
        never_gives: never_gives.into_iter().map(str::to_owned).collect(),
        ..Capabilities::of(post_limit(), Proof::OwnId)
    }
}
