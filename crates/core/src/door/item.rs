//! What the door tells, as an item like any other.

use crate::intake::{author, said_at};
use crate::leak::plain;
use guichet_model::link::{self, Linked};
use guichet_model::{Body, Counts, Item, Kind, Millis, Noticed, Publication, RemoteId};

/// Of which network, and of which server.
pub(super) struct Of {
    pub network: String,
    /// Its origin.
    pub server: String,
    pub host: String,
}

/// `None`: neither its link nor anything else tells its network, or it says nothing.
pub(super) fn of(noticed: &Noticed, client: &str, now: Millis) -> Option<(Of, Item)> {
    let linked = noticed.link.as_deref().and_then(link::read);
    let of = match &linked {
        Some(linked) => Of { network: linked.network.to_owned(), server: linked.origin(), host: linked.host.clone() },
        None => {
            let network = link::networks().find(|known| noticed.network.as_deref() == Some(known))?;
            Of { network: network.to_owned(), server: link::origin(network)?, host: String::new() }
        }
    };
    let text = clean(&noticed.text);
    if text.is_empty() && noticed.rating.is_none() {
        return None;
    }
    let told = noticed.author.as_deref().map(str::trim).filter(|told| !told.is_empty());
    let handle = linked.as_ref().and_then(|linked| linked.handle.as_ref()).map(|handle| format!("@{handle}"));
    let by = told.or(handle.as_deref());
    Some((
        of,
        Item {
            remote: RemoteId(remote(noticed, linked.as_ref(), &text, by.unwrap_or_default())),
            aliases: Vec::new(),
            kind: linked.as_ref().map_or(Kind::Comment, |linked| linked.kind),
            conversation: None,
            post: linked.as_ref().and_then(|linked| linked.post.clone()).map(RemoteId),
            in_reply_to: linked.as_ref().and_then(|linked| linked.parent.clone()).map(RemoteId),
            author: author(by),
            // The client by its own name: an answer given elsewhere.
            ours: by.is_some_and(|by| plain(by.trim_start_matches('@')) == plain(client)),
            at: noticed.at.filter(|at| *at <= now).unwrap_or(now),
            edited_at: None,
            body: Body { text, ..Body::default() },
            lang: None,
            url: linked.map(|linked| linked.url),
            visibility: None,
            publication: Publication::Published,
            rating: noticed.rating.filter(|stars| (1..=5).contains(stars)),
            attachments: Vec::new(),
            counts: Counts::default(),
            liked: false,
            expires_at: None,
        },
    ))
}

/// The link where it names the item; else what was said there, by whom, and when, where that is told.
fn remote(noticed: &Noticed, linked: Option<&Linked>, text: &str, by: &str) -> String {
    let place = match linked {
        Some(linked) if linked.precise => return linked.name.clone(),
        Some(linked) => linked.name.as_str(),
        None => noticed.network.as_deref().unwrap_or_default(),
    };
    match noticed.at {
        Some(at) => said_at(&format!("{place}@{}", at.0), text, by),
        None => said_at(place, text, by),
    }
}

/// Line ends as everywhere, nothing that hides or reorders, no more than a network's longest text.
fn clean(text: &str) -> String {
    const LONGEST: usize = 65_536;
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept = text.chars().filter(|c| *c == '\n' || *c == '\t' || !c.is_control()).take(LONGEST);
    kept.collect::<String>().trim().to_owned()
}
