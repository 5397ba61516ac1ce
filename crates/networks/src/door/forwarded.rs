//! A mail that somebody has sent on: the one inside, attached whole, or quoted below a few lines that say whose it was.

use super::mail::tidy;
use mail_parser::{Message, PartType};

/// How far from its sender's line its subject's stands.
const HEADER: usize = 8;

/// What is quoted below somebody's words.
pub(super) struct Below {
    pub address: String,
    pub from: String,
    pub subject: String,
    pub body: String,
    /// Whether they wrote something above it.
    pub with_words: bool,
}

/// The first whole mail attached.
pub(super) fn attached<'x>(message: &'x Message<'x>) -> Option<&'x Message<'x>> {
    message.attachments().find_map(|part| match &part.body {
        PartType::Message(inner) => Some(inner),
        _ => None,
    })
}

/// In a body as patterns read it: "De : LinkedIn <…>" with a subject's line near it, and what follows.
pub(super) fn below(body: &str) -> Option<Below> {
    let lines: Vec<&str> = body.lines().map(|line| line.trim_start_matches(['>', ' '])).collect();
    let named = |line: &str, names: &[&str]| -> Option<String> {
        let (name, value) = line.split_once(':')?;
        let name = name.trim().trim_matches('*').to_lowercase();
        names.contains(&name.as_str()).then(|| value.trim_matches(['*', ' ']).to_owned())
    };
    let (at, sender) = lines.iter().enumerate().find_map(|(at, line)| {
        let sender = named(line, &["de", "from", "expéditeur"])?;
        sender.contains('@').then_some((at, sender))
    })?;
    let near = &lines[at..lines.len().min(at + HEADER)];
    let (below, subject) =
        near.iter().enumerate().find_map(|(n, line)| Some((n, named(line, &["sujet", "objet", "subject"])?)))?;
    // Where the header ends with an empty line; the subject may be folded, or stand before others.
    let rest = &lines[at + below + 1..];
    let ends = rest.iter().position(|line| line.is_empty()).map_or(0, |empty| empty + 1);
    let (from, address) = match sender.split_once(['<', '[']) {
        Some((name, address)) => (name.trim().trim_matches('"').to_owned(), address),
        None => (String::new(), sender.as_str()),
    };
    let address = address.trim_start_matches("mailto:").split(['>', ']', ' ']).next().unwrap_or_default();
    let above = lines[..at].iter().filter(|line| !line.starts_with("---") && !line.starts_with("___"));
    Some(Below {
        address: address.to_owned(),
        from,
        subject,
        body: tidy(&rest[ends..].join("\n")),
        with_words: above.into_iter().any(|line| line.chars().any(char::is_alphabetic)),
    })
}
