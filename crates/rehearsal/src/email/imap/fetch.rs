//! `FETCH`: what a client may ask of a mail, and the answer to each.

use super::command::Arg;
use super::out::Out;
use super::shape;
use crate::email::dates::internal_date;
use crate::email::mime::{Part, fields};
use crate::email::world::Mail;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item {
    Uid,
    Flags,
    InternalDate,
    Size,
    Envelope,
    Body,
    Structure,
    Section(Section),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Section {
    /// Looked at without being marked as seen.
    pub peek: bool,
    /// What the answer calls it.
    label: String,
    numbers: Vec<usize>,
    what: What,
    /// From this octet, so many.
    partial: Option<(usize, usize)>,
}

#[derive(Clone, Debug, PartialEq)]
enum What {
    All,
    Header,
    Text,
    Mime,
    /// In capitals; these, or all but these.
    Fields(Vec<String>, bool),
}

/// The items asked for; `None` where one is unknown.
pub(crate) fn items(arg: &Arg) -> Option<Vec<Item>> {
    let known = |words: &[&str]| words.iter().map(|word| item(word)).collect();
    match arg {
        Arg::Atom(word) => match word.to_ascii_uppercase().as_str() {
            "ALL" => known(&["FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"]),
            "FAST" => known(&["FLAGS", "INTERNALDATE", "RFC822.SIZE"]),
            "FULL" => known(&["FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"]),
            _ => Some(vec![item(word)?]),
        },
        Arg::List(list) if !list.is_empty() => list.iter().map(|arg| item(arg.atom()?)).collect(),
        _ => None,
    }
}

fn item(word: &str) -> Option<Item> {
    let upper = word.to_ascii_uppercase();
    let plain = |label: &str, peek: bool, what: What| {
        Item::Section(Section { peek, label: label.to_owned(), numbers: Vec::new(), what, partial: None })
    };
    Some(match upper.as_str() {
        "UID" => Item::Uid,
        "FLAGS" => Item::Flags,
        "INTERNALDATE" => Item::InternalDate,
        "RFC822.SIZE" => Item::Size,
        "ENVELOPE" => Item::Envelope,
        "BODY" => Item::Body,
        "BODYSTRUCTURE" => Item::Structure,
        "RFC822" => plain("RFC822", false, What::All),
        "RFC822.HEADER" => plain("RFC822.HEADER", true, What::Header),
        "RFC822.TEXT" => plain("RFC822.TEXT", false, What::Text),
        _ => {
            let (peek, rest) = match upper.strip_prefix("BODY.PEEK[") {
                Some(rest) => (true, rest),
                None => (false, upper.strip_prefix("BODY[")?),
            };
            let (inside, after) = rest.rsplit_once(']')?;
            let (numbers, what) = section(inside)?;
            let partial = if after.is_empty() { None } else { Some(octets(after)?) };
            let start = partial.map(|(start, _)| format!("<{start}>")).unwrap_or_default();
            Item::Section(Section { peek, label: format!("BODY[{inside}]{start}"), numbers, what, partial })
        }
    })
}

/// `<0.2048>`
fn octets(text: &str) -> Option<(usize, usize)> {
    let (start, count) = text.strip_prefix('<')?.strip_suffix('>')?.split_once('.')?;
    let count = count.parse().ok().filter(|count| *count > 0)?;
    Some((start.parse().ok()?, count))
}

fn section(inside: &str) -> Option<(Vec<usize>, What)> {
    let mut numbers = Vec::new();
    let mut rest = inside;
    while rest.starts_with(|letter: char| letter.is_ascii_digit()) {
        let (number, after) = rest.split_once('.').unwrap_or((rest, ""));
        numbers.push(number.parse().ok().filter(|number| *number > 0)?);
        rest = after;
    }
    let what = match rest {
        "" if !inside.ends_with('.') => What::All,
        "HEADER" => What::Header,
        "TEXT" => What::Text,
        "MIME" if !numbers.is_empty() => What::Mime,
        _ => {
            let (not, names) = match rest.strip_prefix("HEADER.FIELDS.NOT (") {
                Some(names) => (true, names),
                None => (false, rest.strip_prefix("HEADER.FIELDS (")?),
            };
            let names: Vec<String> = names.strip_suffix(')')?.split(' ').map(|name| name.replace('"', "")).collect();
            if names.iter().any(String::is_empty) {
                return None;
            }
            What::Fields(names, not)
        }
    };
    Some((numbers, what))
}

/// The inside of one answer, without its number.
pub(crate) fn tell(out: &mut Out, mail: &Mail, items: &[Item]) {
    let part = Part::read(&mail.bytes);
    out.list(items, |out, item| match item {
        Item::Uid => out.say(&format!("UID {}", mail.uid)),
        Item::Flags => {
            out.say("FLAGS ");
            out.flags(mail);
        }
        Item::InternalDate => out.say(&format!("INTERNALDATE \"{}\"", internal_date(mail.at_ms))),
        Item::Size => out.say(&format!("RFC822.SIZE {}", mail.bytes.len())),
        Item::Envelope => {
            out.say("ENVELOPE ");
            shape::envelope(out, &mail.bytes[part.header.clone()]);
        }
        Item::Body | Item::Structure => {
            let full = *item == Item::Structure;
            out.say(if full { "BODYSTRUCTURE " } else { "BODY " });
            shape::structure(out, &mail.bytes, &part, full);
        }
        Item::Section(section) => {
            out.say(&format!("{} ", section.label));
            match section.of(&mail.bytes, &part) {
                Some(bytes) => out.literal(&bytes),
                None => out.say("NIL"),
            }
        }
    });
}

impl Section {
    fn of(&self, bytes: &[u8], mail: &Part) -> Option<Vec<u8>> {
        let part = mail.at(&self.numbers)?;
        let whole = self.numbers.is_empty();
        // The header and the text of a numbered part are those of the mail inside it.
        let inner = if whole { Some(part) } else { part.inside.first().filter(|_| part.is_mail()) };
        let found = match &self.what {
            What::All if whole => bytes.to_vec(),
            What::All => bytes[part.body.clone()].to_vec(),
            What::Mime => bytes[part.header.clone()].to_vec(),
            What::Header => bytes[inner?.header.clone()].to_vec(),
            What::Text => bytes[inner?.body.clone()].to_vec(),
            What::Fields(names, not) => chosen(&bytes[inner?.header.clone()], names, *not),
        };
        Some(match self.partial {
            Some((start, count)) => found.into_iter().skip(start).take(count).collect(),
            None => found,
        })
    }
}

/// The fields of these names as they were written, folds and all, and the empty line.
fn chosen(header: &[u8], names: &[String], not: bool) -> Vec<u8> {
    let (mut out, mut keep) = (Vec::new(), false);
    for line in header.split_inclusive(|byte| *byte == b'\n') {
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let name = fields(line).first().map(|(name, _)| name.to_ascii_uppercase());
            keep = name.is_some_and(|name| names.contains(&name) != not);
        }
        if keep {
            out.extend_from_slice(line);
        }
    }
    out.extend_from_slice(b"\r\n");
    out
}
