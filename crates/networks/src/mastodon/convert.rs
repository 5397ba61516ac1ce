//! From what the server sent to what the inbox keeps.

use super::thread::Placing;
use super::wire::{Account, Named, Status};
use crate::html;
use guichet_model::{Alias, Author, Body, Identity, Item, Mention, Publication, RemoteId};

/// Who we are, to tell our own texts and those that name us.
pub(crate) struct Me {
    author: Author,
}

impl Me {
    pub fn new(identity: &Identity) -> Self {
        Self { author: identity.me.clone() }
    }

    pub fn id(&self) -> &str {
        self.author.remote.as_str()
    }

    pub fn wrote(&self, status: &Status) -> bool {
        status.account.id == self.id()
    }

    pub fn is_named_in(&self, status: &Status) -> bool {
        status.mentions.iter().any(|named| self.is(named)) || self.is_linked_in(&status.content)
    }

    fn is(&self, named: &Named) -> bool {
        let same_page = named.url.is_some() && named.url == self.author.url;
        let same_name = named.acct.eq_ignore_ascii_case(&self.author.handle);
        named.id == self.id() || same_page || same_name
    }

    /// Some servers leave the list of names empty but link the person in the text (snac, in its own /context).
    fn is_linked_in(&self, content: &str) -> bool {
        let Some(page) = &self.author.url else {
            return false;
        };
        content.contains("mention") && {
            let links = html::to_text(content).links;
            links.iter().any(|link| link.url.trim_end_matches('/') == page.trim_end_matches('/'))
        }
    }
}

pub(crate) fn author(account: &Account) -> Author {
    Author {
        remote: RemoteId::new(&account.id),
        handle: account.acct.clone(),
        name: account.name.clone(),
        avatar: account.avatar.clone(),
        url: account.url.clone(),
        bot: account.bot,
    }
}

pub(crate) fn body(status: &Status) -> Body {
    let plain = html::to_text(&status.content);
    let shown = |name: &String| plain.text.contains(&format!(":{name}:"));
    Body {
        emoji: status.emoji.iter().filter(|name| shown(name)).cloned().collect(),
        warning: status.warning.as_ref().map(|w| w.trim().to_owned()),
        mentions: status
            .mentions
            .iter()
            .map(|named| Mention { remote: RemoteId::new(&named.id), handle: named.acct.clone() })
            .collect(),
        links: plain.links,
        text: plain.text,
    }
}

pub(crate) fn item(status: &Status, placing: Placing, ours: bool) -> Item {
    let alias = |scope: &str, name: &String| Alias { scope: scope.to_owned(), name: name.clone() };
    // The address in the fediverse names the same status on every server that has it.
    let mut aliases = vec![alias("id", &status.id)];
    aliases.extend(status.uri.iter().map(|uri| alias("uri", uri)));
    Item {
        remote: RemoteId::new(&status.id),
        aliases,
        kind: placing.kind,
        conversation: placing.conversation,
        post: placing.post,
        in_reply_to: status.in_reply_to.as_ref().map(RemoteId::new),
        author: author(&status.account),
        ours,
        at: status.at,
        edited_at: status.edited_at,
        body: body(status),
        lang: status.lang.clone(),
        url: status.url.clone(),
        visibility: status.visibility,
        publication: Publication::Published,
        rating: None,
        attachments: status.attachments.clone(),
        counts: status.counts,
        liked: status.liked,
        expires_at: status.expires_at,
    }
}

#[cfg(test)]
#[path = "convert_tests.rs"]
mod tests;
