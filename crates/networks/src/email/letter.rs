//! A message's bytes, read: who wrote it, what it answers, what it says and what hangs on it. Whatever is missing, cut,
//! wrongly labelled or a lie leaves the rest standing.

use super::names;
use super::parts::{self, File};
use crate::{html, mime};
use guichet_model::text::{EntityKind, entities};
use guichet_model::{Link, Millis};
use mail_parser::{Address, HeaderValue, Message, MessageParser, MessagePart, MimeHeaders, PartType};
use url::Url;

/// Longer texts are cut, visibly: nobody answers a book from a list.
const LONGEST_TEXT: usize = 200_000;
const LONGEST_LINE: usize = 400;
const MOST_LINKS: usize = 1_000;

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Letter {
    pub id: Option<String>,
    /// What names it where it has no id.
    pub hash: String,
    /// Oldest first, as told.
    pub references: Vec<String>,
    pub in_reply_to: Option<String>,
    pub from: Option<Person>,
    pub reply_to: Option<Person>,
    pub to: Vec<Person>,
    pub subject: String,
    pub date: Option<Millis>,
    pub text: String,
    pub links: Vec<Link>,
    pub files: Vec<File>,
    /// Written by a machine: an absence, a receipt, a failed delivery.
    pub automatic: bool,
    /// Sent to many: a list, a newsletter.
    pub to_many: bool,
    /// The id of what could not be delivered.
    pub bounced: Option<String>,
    pub lang: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    /// In lower case.
    pub address: String,
    pub name: String,
}

/// `None`: not a message at all. `cut`: these are its first bytes only.
pub(crate) fn read(bytes: &[u8], cut: bool) -> Option<Letter> {
    mime::read(bytes, |message| read_of(message, cut))?
}

fn read_of(message: &Message<'_>, cut: bool) -> Option<Letter> {
    if message.parts.first().is_none_or(|part| part.headers.is_empty()) {
        return None;
    }
    let raw = |name: &'static str| raw(message, name);
    let subject = line(message.subject().unwrap_or_default());
    let (text, links) = text(message);
    let precedence = raw("Precedence").to_ascii_lowercase();
    let list = !raw("List-Id").is_empty() || !raw("List-Unsubscribe").is_empty();
    let submitted = raw("Auto-Submitted").to_ascii_lowercase();
    let no_return = message.header_raw("Return-Path").is_some_and(|path| path.trim() == "<>");
    let bounced = bounced(message);
    Some(Letter {
        id: own_id(message),
        hash: names::hash(&[raw("From"), raw("Date"), raw("Subject"), raw("To")]),
        references: ids(message.references()),
        in_reply_to: ids(message.in_reply_to()).into_iter().next(),
        from: person(message.from()).or_else(|| person(message.sender())),
        reply_to: person(message.reply_to()).filter(|_| raw("List-Id").is_empty()),
        to: message.to().into_iter().flat_map(Address::iter).filter_map(one).collect(),
        subject,
        date: date(message),
        text,
        links,
        files: parts::files(message, cut),
        automatic: (!submitted.is_empty() && !submitted.starts_with("no"))
            || precedence == "auto_reply"
            || no_return
            || bounced.is_some(),
        to_many: list || matches!(precedence.as_str(), "bulk" | "list" | "junk"),
        bounced,
        lang: language(message.root_part().content_language()),
    })
}

fn raw<'a>(message: &'a Message<'_>, name: &'static str) -> &'a str {
    message.header_raw(name).map(str::trim).unwrap_or_default()
}

/// Some servers give what passes through them an id of their own, and keep the one it had beside it.
fn own_id(message: &Message<'_>) -> Option<String> {
    let kept = ["X-Microsoft-Original-Message-ID", "X-Google-Original-Message-ID"];
    let kept = kept.iter().find_map(|name| names::id(message.header_raw(*name)?));
    kept.filter(|id| names::is_any_key(id)).or_else(|| message.message_id().and_then(names::id))
}

/// Names, ids and subjects are one line without what steers a screen.
pub(crate) fn line(text: &str) -> String {
    let seen = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !c.is_control());
    let words = seen.collect::<String>();
    let words = words.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    words.chars().take(LONGEST_LINE).collect()
}

fn ids(value: &HeaderValue<'_>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |text: &str| {
        // Some put several into one, or words around them.
        let inside = text.split(['<', '>', ' ', '\t', ',']).filter(|piece| piece.contains('@') || !text.contains('@'));
        for id in inside.filter_map(names::id) {
            if !found.contains(&id) && found.len() < 1_000 {
                found.push(id);
            }
        }
    };
    match value {
        HeaderValue::Text(one) => add(one),
        HeaderValue::TextList(all) => all.iter().for_each(|one| add(one)),
        _ => {}
    }
    found
}

fn person(address: Option<&Address<'_>>) -> Option<Person> {
    address?.iter().find_map(one)
}

fn one(addr: &mail_parser::Addr<'_>) -> Option<Person> {
    let address: String = addr.address.as_deref()?.trim().chars().flat_map(char::to_lowercase).collect();
    let name = line(addr.name.as_deref().unwrap_or_default());
    is_address(&address).then_some(Person { address, name })
}

/// Whether it can stand in an envelope: one "@", nothing that a protocol would take for its own.
pub(crate) fn is_address(text: &str) -> bool {
    let mut halves = text.rsplitn(2, '@');
    let (domain, local) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
    let plain =
        |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | ',' | ';' | '"' | '(' | ')');
    let fits = (3..=320).contains(&text.len()) && !local.is_empty() && !local.contains('@') && !domain.is_empty();
    fits && text.chars().all(plain) && !domain.starts_with('.') && !domain.contains("..")
}

fn date(message: &Message<'_>) -> Option<Millis> {
    let date = message.date().filter(|date| date.is_valid())?;
    let at = date.to_timestamp().checked_mul(1000)?;
    (0..4_102_444_800_000).contains(&at).then_some(Millis(at))
}

fn language(value: &HeaderValue<'_>) -> Option<String> {
    let tag = value.as_text()?.split(',').next()?.trim();
    let fits = (2..=35).contains(&tag.len()) && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    fits.then(|| tag.to_owned())
}

/// What it says, in its own plain words where it has some, else what its HTML shows. Nothing is fetched for it.
fn text(message: &Message<'_>) -> (String, Vec<Link>) {
    let of = |list: &[u32]| {
        let (mut text, mut links) = (String::new(), Vec::new());
        for part in list.iter().filter_map(|id| message.part(*id)) {
            let (said, linked) = said(part);
            if said.is_empty() {
                continue;
            }
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            let units = text.encode_utf16().count() as u32;
            links.extend(linked.into_iter().map(|link| Link {
                start: link.start + units,
                end: link.end + units,
                ..link
            }));
            text.push_str(&said);
        }
        (text, links)
    };
    let (mut text, mut links) = of(&message.text_body);
    if text.is_empty() {
        (text, links) = of(&message.html_body);
    }
    if text.len() > LONGEST_TEXT {
        let end = (0..=LONGEST_TEXT).rev().find(|n| text.is_char_boundary(*n)).unwrap_or(0);
        text.truncate(end);
        let units = text.encode_utf16().count() as u32;
        links.retain(|link| link.end <= units);
        text.push_str("\n[…]");
    }
    links.truncate(MOST_LINKS);
    (text, links)
}

fn said(part: &MessagePart<'_>) -> (String, Vec<Link>) {
    match &part.body {
        PartType::Html(html) => {
            let plain = html::to_text(html);
            (plain.text, plain.links)
        }
        PartType::Text(text) => {
            let kind = part.content_type();
            let is = |name: &str, value: &str| {
                kind.and_then(|kind| kind.attribute(name)).is_some_and(|told| told.eq_ignore_ascii_case(value))
            };
            let text = lines(text);
            let text = if is("format", "flowed") { unfolded(&text, is("delsp", "yes")) } else { text };
            let text = text.trim().to_owned();
            let links = linked(&text);
            (text, links)
        }
        _ => (String::new(), Vec::new()),
    }
}

/// LF alone between lines, nothing that steers a screen, no more than one empty line in a row.
fn lines(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.replace("\r\n", "\n").replace('\r', "\n").split('\n') {
        let line: String = line.chars().filter(|c| *c == '\t' || !c.is_control()).collect();
        empty = if line.trim().is_empty() { empty + 1 } else { 0 };
        if empty <= 1 {
            clean.push_str(&line);
            clean.push('\n');
        }
    }
    clean
}

/// RFC 3676: a line that ends with a space goes on in the next one, unless it is the mark before a signature.
fn unfolded(text: &str, drops_space: bool) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for line in text.split('\n') {
        let depth = line.chars().take_while(|c| *c == '>').count();
        let said = &line[depth..];
        let said = said.strip_prefix(' ').unwrap_or(said);
        if open != Some(depth) {
            if !whole.is_empty() {
                whole.push('\n');
            }
            whole.push_str(&"> ".repeat(depth));
        }
        let flows = said.ends_with(' ') && said != "-- ";
        whole.push_str(if flows && drops_space { &said[..said.len() - 1] } else { said });
        open = flows.then_some(depth);
    }
    whole
}

fn linked(text: &str) -> Vec<Link> {
    let mut links = Vec::new();
    let (mut at, mut units) = (0, 0);
    for entity in entities(text) {
        let EntityKind::Link = entity.kind else { continue };
        if entity.range.start < at || links.len() >= MOST_LINKS {
            continue;
        }
        let start = units + text[at..entity.range.start].encode_utf16().count() as u32;
        let end = start + text[entity.range.clone()].encode_utf16().count() as u32;
        (at, units) = (entity.range.end, end);
        if let Ok(url) = Url::parse(&text[entity.range])
            && matches!(url.scheme(), "http" | "https")
        {
            links.push(Link { start, end, url: url.into() });
        }
    }
    links
}

/// RFC 3464: what a postmaster sends back names the message it could not deliver, whole or by its header.
fn bounced(message: &Message<'_>) -> Option<String> {
    let root = message.root_part();
    let report = root.is_content_type("multipart", "report")
        && root
            .content_type()
            .and_then(|kind| kind.attribute("report-type"))
            .is_some_and(|kind| kind.eq_ignore_ascii_case("delivery-status"));
    if !report {
        return None;
    }
    message.parts.iter().find_map(|part| match &part.body {
        PartType::Message(inner) => inner.message_id().and_then(names::id),
        PartType::Text(text) if part.is_content_type("text", "rfc822-headers") => {
            let header = MessageParser::default().parse_headers(text.as_bytes())?;
            header.message_id().and_then(names::id)
        }
        _ => None,
    })
}

#[cfg(test)]
#[path = "letter_tests.rs"]
mod tests;
