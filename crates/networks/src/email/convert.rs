//! From a message to what the inbox keeps. A person is an address: the one they want their answers at. What is ours is
//! what stands in the folder of sent messages: a sender's name can be forged, that folder cannot.

use super::letter::{Letter, Person};
use super::names;
use super::parts::File;
use guichet_model::{
    Alias, AttachedFile, Attachment, AttachmentKind, Author, Body, Counts, DAY, Item, Kind, Link, MINUTE, Millis,
    Publication, RemoteId, Visibility,
};

/// How far a message's own date may lie from its arrival and still be believed.
const EARLIER: i64 = 3 * DAY;
const LATER: i64 = 10 * MINUTE;

/// Where a message was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stood {
    Inbox,
    Sent,
    Junk,
    Trash,
}

impl Stood {
    pub fn publication(self) -> Publication {
        match self {
            Self::Inbox | Self::Sent => Publication::Published,
            Self::Junk => Publication::Spam,
            Self::Trash => Publication::Trash,
        }
    }
}

/// The name of a message that `me` received or sent.
pub(crate) fn name(letter: &Letter, stood: Stood, me: &Author) -> RemoteId {
    match &letter.id {
        // Whoever was answered knows our id, and could send another message under it: that one is not ours.
        Some(id) if stood == Stood::Sent || !names::is_of_key(id, &me.handle) => names::by_id(id),
        _ => own_name(letter),
    }
}

/// One that no other message can take: what was written is in it.
pub(crate) fn own_name(letter: &Letter) -> RemoteId {
    match &letter.id {
        Some(id) => names::by_both(&names::hash(&[&letter.hash, id]), id),
        None => names::by_hash(&letter.hash),
    }
}

pub(crate) fn item(letter: &Letter, arrived: Option<Millis>, stood: Stood, me: &Author) -> Item {
    named(name(letter, stood, me), letter, arrived, stood, me)
}

/// The same under that name.
pub(crate) fn named(remote: RemoteId, letter: &Letter, arrived: Option<Millis>, stood: Stood, me: &Author) -> Item {
    let ours = stood == Stood::Sent;
    let answered = letter.in_reply_to.as_ref().or(letter.references.last()).or(letter.bounced.as_ref());
    let in_reply_to = answered.map(|id| names::by_id(id)).filter(|id| *id != remote);
    let conversation = match (letter.references.first(), &in_reply_to) {
        (Some(root), _) => Some(names::by_id(root)),
        // What it answers belongs somewhere: the desk knows where, once it has it.
        (None, Some(_)) => None,
        (None, None) => Some(remote.clone()),
    };
    Item {
        aliases: vec![Alias { scope: "id".into(), name: remote.as_str().into() }],
        kind: Kind::Message,
        conversation,
        post: None,
        in_reply_to,
        author: if ours { me.clone() } else { author(letter) },
        ours,
        at: at(letter, arrived),
        edited_at: None,
        body: body(letter),
        lang: letter.lang.clone(),
        url: None,
        visibility: Some(Visibility::Direct),
        publication: stood.publication(),
        rating: None,
        attachments: letter.files.iter().map(|file| attachment(&remote, file)).collect(),
        counts: Counts::default(),
        liked: false,
        expires_at: None,
        remote,
    }
}

/// When it was written, by its own word where that can be true; else when it arrived.
fn at(letter: &Letter, arrived: Option<Millis>) -> Millis {
    match (letter.date, arrived) {
        (Some(date), Some(arrived)) if (-LATER..=EARLIER).contains(&arrived.since(date)) => date,
        (_, Some(arrived)) => arrived,
        (Some(date), None) => date,
        (None, None) => Millis(0),
    }
}

/// Where an answer goes: the address the writer asks for, else theirs.
pub(crate) fn correspondent(letter: &Letter) -> Option<Person> {
    let from = letter.from.as_ref();
    let mut person = letter.reply_to.as_ref().or(from)?.clone();
    // A form writes in its site's name, and the visitor's stands in front of their address, or nowhere.
    if person.name.is_empty()
        && let Some(from) = from
    {
        person.name = from.name.clone();
    }
    Some(person)
}

fn author(letter: &Letter) -> Author {
    let bot = letter.automatic || letter.to_many;
    match correspondent(letter) {
        Some(person) => Author { bot, ..known(&person) },
        None => {
            let nobody = Person { address: String::new(), name: String::new() };
            Author { remote: RemoteId::new("nobody"), bot, ..known(&nobody) }
        }
    }
}

pub(crate) fn known(person: &Person) -> Author {
    Author {
        remote: RemoteId::new(person.address.clone()),
        handle: person.address.clone(),
        name: person.name.clone(),
        avatar: None,
        url: None,
        bot: false,
    }
}

/// What it says, under its subject where the subject says something that no earlier message said.
fn body(letter: &Letter) -> Body {
    let begins = letter.in_reply_to.is_none() && letter.references.is_empty();
    let headed = !letter.subject.is_empty() && (begins || letter.text.is_empty());
    if !headed {
        return Body { text: letter.text.clone(), links: letter.links.clone(), ..Body::default() };
    }
    let head = if letter.text.is_empty() { letter.subject.clone() } else { format!("{}\n\n", letter.subject) };
    let units = head.encode_utf16().count() as u32;
    let moved =
        letter.links.iter().map(|link| Link { start: link.start + units, end: link.end + units, ..link.clone() });
    Body { links: moved.collect(), text: head + &letter.text, ..Body::default() }
}

/// It has no address of its own: it is named by its part.
fn attachment(remote: &RemoteId, file: &File) -> Attachment {
    let told = AttachedFile { name: file.name.clone(), media_type: file.media_type.clone(), size: file.size };
    Attachment {
        kind: kind(&file.media_type),
        url: format!("{}#{}", remote.as_str(), file.part),
        preview: None,
        alt: None,
        file: Some(told),
    }
}

/// The part that such a name names.
pub(crate) fn part_of<'a>(remote: &RemoteId, url: &'a str) -> Option<&'a str> {
    let part = url.strip_prefix(remote.as_str())?.strip_prefix('#')?;
    let number = |n: &str| n.parse::<u16>().is_ok_and(|n| n > 0);
    (part.len() <= 100 && part.split('.').all(number)).then_some(part)
}

/// Never a picture to the desk, which would go and fetch it: there is nothing to be fetched by an address.
fn kind(media_type: &str) -> AttachmentKind {
    match media_type.split('/').next() {
        Some("video") => AttachmentKind::Video,
        Some("audio") => AttachmentKind::Audio,
        _ => AttachmentKind::Other,
    }
}

#[cfg(test)]
#[path = "convert_tests.rs"]
mod tests;
