//! From what the servers sent to what the inbox keeps.

use super::names::{self, message_name};
use super::thread::Placing;
use super::wire::{Message, Person, Post};
use super::{facets, names::convo_name};
use guichet_model::{
    Alias, Attachment, AttachmentKind, Author, Body, Counts, Identity, Item, Kind, Publication, RemoteId, Visibility,
};

/// The app that shows everything public of this network.
const SHOWN_AT: &str = "https://bsky.app/profile";

/// Who we are, to tell our own texts and those that name us.
pub(crate) struct Me {
    pub author: Author,
}

impl Me {
    pub fn new(identity: &Identity) -> Self {
        Self { author: identity.me.clone() }
    }

    pub fn did(&self) -> &str {
        self.author.remote.as_str()
    }

    pub fn owns(&self, uri: &str) -> bool {
        names::owner(uri) == self.did()
    }

    pub fn wrote(&self, post: &Post) -> bool {
        post.author.did == self.did()
    }

    pub fn is_named_in(&self, post: &Post) -> bool {
        facets::names(&post.text, &post.facets, self.did())
    }

    /// The post of ours that another quotes.
    pub fn quoted_in<'a>(&self, post: &'a Post) -> Option<&'a String> {
        post.quoted.as_ref().filter(|uri| self.owns(uri))
    }
}

pub(crate) fn author(person: &Person) -> Author {
    Author {
        remote: RemoteId::new(&person.did),
        handle: person.handle.clone(),
        name: person.name.clone(),
        avatar: person.avatar.clone(),
        url: Some(format!("{SHOWN_AT}/{}", person.handle)),
        bot: false,
    }
}

pub(crate) fn post(post: &Post, placing: Placing, ours: bool, hidden: bool) -> Item {
    let key = names::At::read(&post.at.uri).map(|at| at.rkey.to_owned());
    Item {
        remote: RemoteId::new(&post.at.uri),
        aliases: vec![Alias { scope: "id".to_owned(), name: post.at.uri.clone() }],
        kind: placing.kind,
        conversation: placing.conversation,
        post: placing.post,
        in_reply_to: post.parent.as_ref().map(|parent| RemoteId::new(&parent.uri)),
        author: author(&post.author),
        ours,
        at: post.when,
        edited_at: None,
        body: Body {
            warning: (!post.labels.is_empty()).then(|| post.labels.join(", ")),
            ..facets::body(&post.text, &post.facets)
        },
        lang: post.lang.clone(),
        url: key.map(|key| format!("{SHOWN_AT}/{}/post/{key}", post.author.handle)),
        visibility: Some(Visibility::Public),
        publication: if hidden { Publication::Hidden } else { Publication::Published },
        rating: None,
        attachments: post.attachments.iter().cloned().chain(post.quoted.as_deref().and_then(card)).collect(),
        counts: post.counts,
        liked: post.like.is_some(),
        expires_at: None,
    }
}

/// A private message by one of the members of its exchange.
pub(crate) fn message(convo: &str, message: &Message, sender: Option<&Person>, me: &Me) -> Item {
    let remote = message_name(convo, &message.id);
    let ours = message.sender == me.did();
    let author = match sender {
        Some(person) => author(person),
        None if ours => me.author.clone(),
        // Somebody who left the exchange.
        None => author(&Person {
            did: message.sender.clone(),
            handle: message.sender.clone(),
            name: String::new(),
            avatar: None,
        }),
    };
    Item {
        aliases: vec![Alias { scope: "id".to_owned(), name: remote.0.clone() }],
        remote,
        kind: Kind::Message,
        conversation: Some(convo_name(convo)),
        post: None,
        in_reply_to: message.answers.as_ref().map(|id| message_name(convo, id)),
        author,
        ours,
        at: message.at,
        edited_at: None,
        body: facets::body(&message.text, &message.facets),
        lang: None,
        url: Some(format!("https://bsky.app/messages/{convo}")),
        visibility: Some(Visibility::Direct),
        publication: Publication::Published,
        rating: None,
        attachments: message.quoted.as_deref().and_then(card).into_iter().collect(),
        counts: Counts::default(),
        liked: message.reactions.iter().any(|(did, value)| did == me.did() && value == super::acts::HEART),
        expires_at: None,
    }
}

/// The post that another shows, as a place to go.
fn card(uri: &str) -> Option<Attachment> {
    let at = names::At::read(uri)?;
    let url = format!("{SHOWN_AT}/{}/post/{}", at.did, at.rkey);
    Some(Attachment { kind: AttachmentKind::Other, url, preview: None, alt: None, file: None })
}
