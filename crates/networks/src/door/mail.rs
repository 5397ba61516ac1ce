//! Notification mails of the networks: who wrote what, and where.
//!
//! How such a mail looks changes by network, language and year, so that two things are asked of it before all others: who
//! sent it, and a link of that same network. Author and text are then taken by what stands before and after them, which
//! is data (`mails.json`, `model/look.rs`). What is not understood is said: the item has its link, and the mail's whole
//! text, marked, for a look that the CM has taught. What no known network sent, or what leads nowhere, is handed back
//! raw: somebody else's mail is never taken for a message. One that a person has forwarded is read below their words.

use super::forwarded;
use crate::{html, mime};
use guichet_model::link::{self, Linked};
use guichet_model::look::{Look, Told};
use guichet_model::{Kind, Millis, Noticed, Unread};
use mail_parser::{Message, PartType};
use regex::Regex;
use serde::Deserialize;

const MOST_MAILS: usize = 20_000;
/// What a taught look may be read in.
const LONGEST_TOLD: usize = 32_000;
const LONGEST_SUBJECT: usize = 200;

/// The mails of one network.
#[derive(Deserialize)]
struct Sent {
    network: String,
    /// Domains that such mails come from, and all below them.
    senders: Vec<String>,
    #[serde(flatten)]
    look: Look,
    /// Whether people are called by their handles there.
    #[serde(default)]
    handles: bool,
}

/// A letter of a mailbox that is a network's notification.
pub struct Letter {
    pub noticed: Noticed,
    /// Whether somebody forwarded it with words of their own: those stay a letter.
    pub with_words: bool,
}

/// The mails of a file: one, or as many as an mbox holds.
pub fn mails(bytes: &[u8]) -> Vec<&[u8]> {
    if !bytes.starts_with(b"From ") {
        let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let name = first.split(|byte| *byte == b':').next().unwrap_or_default();
        let header = name.len() < first.len()
            && !name.is_empty()
            && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-');
        return if header { vec![bytes] } else { Vec::new() };
    }
    let starts = bytes.windows(6).enumerate().filter(|(_, window)| *window == b"\nFrom ").map(|(at, _)| at + 1);
    let starts: Vec<usize> = std::iter::once(0).chain(starts).take(MOST_MAILS).collect();
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    starts
        .iter()
        .zip(ends)
        .filter_map(|(start, end)| {
            let mail = &bytes[*start..end];
            let after = mail.iter().position(|byte| *byte == b'\n')? + 1;
            Some(&mail[after..])
        })
        .collect()
}

/// What one mail tells of: the item, or why there is none.
pub fn notice(mail: &[u8]) -> Result<Noticed, Unread> {
    told(mail).map(|(letter, _)| letter.noticed)
}

/// The same of a letter in a mailbox, where a doubt leaves it a letter: `None` where neither its link names one item or
/// exchange nor anybody is understood to write.
pub fn of_letter(mail: &[u8]) -> Option<Letter> {
    let (letter, linked) = told(mail).ok()?;
    let sure = linked.precise || linked.kind == Kind::Message || letter.noticed.author.is_some() || !letter.noticed.raw;
    sure.then_some(letter)
}

fn told(mail: &[u8]) -> Result<(Letter, Linked), Unread> {
    let begun = &mail[..mail.len().min(mime::LARGEST)];
    let read = mime::read(begun, |message| told_by(message, mail));
    read.unwrap_or_else(|| Err(Unread { raw: String::from_utf8_lossy(mail).into_owned(), why: "mail".to_owned() }))
}

fn told_by(message: &Message<'_>, mail: &[u8]) -> Result<(Letter, Linked), Unread> {
    let unread = |why: &str| Unread { raw: String::from_utf8_lossy(mail).into_owned(), why: why.to_owned() };
    // Somebody else's mail is counted, and called by its subject so that it can be found again: the rest is not ours to keep.
    let strange = || {
        let subject = tidy(message.subject().unwrap_or_default());
        Unread { raw: subject.chars().take(LONGEST_SUBJECT).collect(), why: "sender".to_owned() }
    };
    let sender = message.from().and_then(|from| from.first()).ok_or_else(strange)?;
    let direct = sent_by(sender.address.as_deref().unwrap_or_default());
    let (body, mut links) = read(message);
    let of_sender = |sent: Sent, domain: String| {
        let from = tidy(sender.name.as_deref().unwrap_or_default());
        (
            sent,
            Told {
                domain,
                from,
                subject: tidy(message.subject().unwrap_or_default()),
                body: body.clone(),
                ..Told::default()
            },
        )
    };
    let found = direct.map(|(sent, domain)| (of_sender(sent, domain), false)).or_else(|| {
        let within = forwarded::attached(message).and_then(|inner| {
            let sender = inner.from().and_then(|from| from.first())?;
            let (sent, domain) = sent_by(sender.address.as_deref()?)?;
            let (body, inner_links) = read(inner);
            links = inner_links;
            let from = tidy(sender.name.as_deref().unwrap_or_default());
            let told =
                Told { domain, from, subject: tidy(inner.subject().unwrap_or_default()), body, ..Told::default() };
            Some(((sent, told), true))
        });
        within.or_else(|| {
            let below = forwarded::below(&body)?;
            let (sent, domain) = sent_by(&below.address)?;
            let told = Told { domain, from: below.from, subject: below.subject, body: below.body, ..Told::default() };
            Some(((sent, told), below.with_words))
        })
    });
    let found = found.filter(|_| !disproved(message)).ok_or_else(strange)?;
    let ((sent, mut told), with_words) = found;
    let linked = best(&links, &sent.network).ok_or_else(|| unread("link"))?;
    let rating = (linked.kind == Kind::Review).then(|| stars(&told.body)).flatten();
    let author = sent.look.author(&told);
    let text = author.as_deref().and_then(|author| sent.look.text(&told, Some(author)));
    // Stars alone are a review; any other item says something.
    let understood = author.is_some() && (text.is_some() || rating.is_some());
    let by = author.map(|author| if sent.handles { format!("@{}", author.trim_start_matches('@')) } else { author });
    told.handles = sent.handles;
    told.author.clone_from(&by);
    told.body = told.body.chars().take(LONGEST_TOLD).collect();
    let noticed = Noticed {
        network: Some(sent.network),
        author: by,
        text: match (text, understood) {
            (Some(text), _) => text,
            (None, true) => String::new(),
            (None, false) => told.unread(),
        },
        at: message.date().map(|date| Millis(date.to_timestamp().saturating_mul(1_000))),
        rating,
        raw: !understood,
        mail: Some(String::from_utf8_lossy(mail).into_owned()),
        told: Some(told),
        link: Some(linked.url.clone()),
    };
    Ok((Letter { noticed, with_words }, linked))
}

/// Of which network an address sends the mails, and under which domain.
fn sent_by(address: &str) -> Option<(Sent, String)> {
    let address = address.to_ascii_lowercase();
    let domain = address.rsplit('@').next().unwrap_or_default();
    let sent = sent().into_iter().find(|sent| sent.senders.iter().any(|of| below(domain, of)))?;
    Some((sent, domain.to_owned()))
}

fn sent() -> Vec<Sent> {
    // Ours, and a test reads it: it cannot be torn.
    serde_json::from_str(include_str!("mails.json")).unwrap_or_default()
}

fn below(domain: &str, of: &str) -> bool {
    domain == of || domain.strip_suffix(of).is_some_and(|rest| rest.ends_with('.'))
}

/// Whether a server that it came through says that its sender is none. Whoever wrote it may have put a better word below.
fn disproved(message: &Message<'_>) -> bool {
    let mut said = message.headers_raw().filter(|(name, _)| name.eq_ignore_ascii_case("Authentication-Results"));
    said.any(|(_, said)| said.to_ascii_lowercase().contains("dmarc=fail"))
}

/// The plain part where there is one, and the links of both.
fn read(message: &Message<'_>) -> (String, Vec<String>) {
    let plain = message.text_bodies().find_map(|part| match &part.body {
        PartType::Text(text) => Some(text.as_ref()),
        _ => None,
    });
    let marked = message.html_bodies().find_map(|part| match &part.body {
        PartType::Html(html) => Some(html::to_text(html)),
        _ => None,
    });
    let body =
        plain.map(str::to_owned).or_else(|| marked.as_ref().map(|marked| marked.text.clone())).unwrap_or_default();
    let in_text = body.split_whitespace().filter(|word| word.starts_with("http")).map(str::to_owned);
    let in_marks = marked.iter().flat_map(|marked| marked.links.iter().map(|link| link.url.clone()));
    let links = in_text.chain(in_marks).collect();
    (tidy(&body), links)
}

/// As patterns are written: one kind of space, one kind of line end, at most one empty line.
pub(super) fn tidy(text: &str) -> String {
    let text: String =
        text.chars().filter(|c| *c != '\r' && !matches!(c, '\u{200b}' | '\u{200c}' | '\u{feff}')).collect();
    let text = text.replace(['\u{a0}', '\u{202f}', '\t'], " ");
    let mut tidied = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines().map(str::trim) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            tidied.push_str(line);
            tidied.push('\n');
        }
    }
    tidied.trim().to_owned()
}

/// The link of the network that leads to one item; else to an exchange, or to what items hang on.
fn best(links: &[String], network: &str) -> Option<Linked> {
    let read: Vec<Linked> =
        links.iter().filter_map(|link| link::read(link)).filter(|linked| linked.network == network).collect();
    let told = |fits: &dyn Fn(&Linked) -> bool| read.iter().find(|linked| fits(linked)).cloned();
    told(&|linked| linked.precise)
        .or_else(|| told(&|linked| linked.kind == Kind::Message))
        .or_else(|| told(&|linked| leads_to_item(linked)))
}

/// A page of the network that is no item's: settings, statistics, the way out of these mails.
fn leads_to_item(linked: &Linked) -> bool {
    let plain = linked.url.trim_start_matches("https://").trim_start_matches("http://").trim_start_matches("www.");
    let written = linked.name != plain.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let other = [
        "unsubscribe",
        "settings",
        "insights",
        "/o.php",
        "/help",
        "profile.php",
        "email_open",
        "/emails/",
        "/login",
        "/psettings",
    ];
    written && !other.iter().any(|word| linked.url.contains(word))
}

fn stars(body: &str) -> Option<u8> {
    let said = Regex::new(r"(?m)^([1-5]) (?:étoiles? sur|out of) 5").ok()?;
    let number = said.captures(body).and_then(|found| found.get(1)).and_then(|number| number.as_str().parse().ok());
    number.or_else(|| {
        u8::try_from(body.chars().filter(|c| *c == '★').count()).ok().filter(|count| (1..=5).contains(count))
    })
}

#[cfg(test)]
#[path = "mail_tests.rs"]
mod tests;
