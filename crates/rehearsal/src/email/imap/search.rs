//! `SEARCH`: the keys a client may combine, and whether a mail answers to them.

use super::command::{Arg, ranges};
use crate::email::dates::{day, named_day};
use crate::email::mime::{fields, first, words};
use crate::email::world::{Mail, Uid};

#[derive(Debug)]
pub(crate) enum Key {
    All,
    Flag(String, bool),
    /// A header field, or any where it has no name.
    Field(String, String),
    Anywhere {
        words: String,
        header: bool,
    },
    /// Days since 1970 by the house's date: from, to, end excluded.
    Days(i64, i64),
    Larger(usize),
    Smaller(usize),
    Uids(Vec<(Uid, Uid)>),
    Places(Vec<(u32, u32)>),
    Not(Box<Key>),
    Either(Box<Key>, Box<Key>),
    Every(Vec<Key>),
}

/// What the search asks; the last place and the last number say what `*` is.
pub(crate) fn keys(args: &[Arg], last_place: u32, last_uid: Uid) -> Result<Key, &'static str> {
    let args = match args {
        [Arg::Atom(word), charset, rest @ ..] if word.eq_ignore_ascii_case("CHARSET") => {
            let charset = charset.text().unwrap_or_default().to_ascii_uppercase();
            if !matches!(charset.as_str(), "UTF-8" | "US-ASCII") {
                return Err("[BADCHARSET (UTF-8)]");
            }
            rest
        }
        rest => rest,
    };
    let mut reader = Reader { args, last_place, last_uid };
    let mut all = Vec::new();
    while !reader.args.is_empty() {
        all.push(reader.key()?);
    }
    if all.is_empty() { Err("search keys are missing") } else { Ok(Key::Every(all)) }
}

struct Reader<'a> {
    args: &'a [Arg],
    last_place: u32,
    last_uid: Uid,
}

impl<'a> Reader<'a> {
    fn take(&mut self) -> Result<&'a Arg, &'static str> {
        let (first, rest) = self.args.split_first().ok_or("a search key is cut short")?;
        self.args = rest;
        Ok(first)
    }

    fn text(&mut self) -> Result<String, &'static str> {
        self.take()?.text().ok_or("a string was expected")
    }

    fn day(&mut self) -> Result<i64, &'static str> {
        named_day(&self.text()?).ok_or("invalid date")
    }

    fn key(&mut self) -> Result<Key, &'static str> {
        let (last_place, last_uid) = (self.last_place, self.last_uid);
        let word = match self.take()? {
            Arg::List(inside) => return keys(inside, last_place, last_uid),
            Arg::Atom(word) => word.to_ascii_uppercase(),
            Arg::Text(_) => return Err("a search key is no string"),
        };
        let flag = |name: &str, on| Ok(Key::Flag(name.to_owned(), on));
        match word.as_str() {
            "ALL" | "OLD" => Ok(Key::All),
            "ANSWERED" | "DELETED" | "DRAFT" | "FLAGGED" | "SEEN" => flag(&marked(&word), true),
            "UNANSWERED" | "UNDELETED" | "UNDRAFT" | "UNFLAGGED" | "UNSEEN" => flag(&marked(&word[2..]), false),
            "KEYWORD" => Ok(Key::Flag(self.text()?, true)),
            "UNKEYWORD" => Ok(Key::Flag(self.text()?, false)),
            "NEW" | "RECENT" => Ok(Key::Not(Box::new(Key::All))),
            "FROM" | "TO" | "CC" | "BCC" | "SUBJECT" => Ok(Key::Field(word, self.text()?)),
            "HEADER" => Ok(Key::Field(self.text()?, self.text()?)),
            "BODY" => Ok(Key::Anywhere { words: self.text()?, header: false }),
            "TEXT" => Ok(Key::Anywhere { words: self.text()?, header: true }),
            "SINCE" | "SENTSINCE" => Ok(Key::Days(self.day()?, i64::MAX)),
            "BEFORE" | "SENTBEFORE" => Ok(Key::Days(i64::MIN, self.day()?)),
            "ON" | "SENTON" => self.day().map(|day| Key::Days(day, day + 1)),
            "LARGER" => Ok(Key::Larger(self.text()?.parse().map_err(|_| "invalid number")?)),
            "SMALLER" => Ok(Key::Smaller(self.text()?.parse().map_err(|_| "invalid number")?)),
            "UID" => Ok(Key::Uids(ranges(&self.text()?, last_uid).ok_or("invalid set")?)),
            "NOT" => Ok(Key::Not(Box::new(self.key()?))),
            "OR" => Ok(Key::Either(Box::new(self.key()?), Box::new(self.key()?))),
            _ => Ok(Key::Places(ranges(&word, last_place).ok_or("unknown search key")?)),
        }
    }
}

fn marked(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    format!("\\{first}{}", rest.to_ascii_lowercase())
}

impl Key {
    pub fn holds(&self, mail: &Mail, place: u32) -> bool {
        match self {
            Key::All => true,
            Key::Flag(name, on) => mail.flags.iter().any(|flag| flag.eq_ignore_ascii_case(name)) == *on,
            Key::Field(name, wanted) => {
                let value = first(&fields(header(&mail.bytes)), name);
                value.is_some_and(|value| within(&value, wanted))
            }
            Key::Anywhere { words: wanted, header: also } => {
                let head = String::from_utf8_lossy(header(&mail.bytes));
                within(&words(&mail.bytes), wanted) || (*also && within(&head, wanted))
            }
            Key::Days(from, to) => (*from..*to).contains(&day(mail.at_ms)),
            Key::Larger(size) => mail.bytes.len() > *size,
            Key::Smaller(size) => mail.bytes.len() < *size,
            Key::Uids(ranges) => inside(ranges, mail.uid),
            Key::Places(ranges) => inside(ranges, place),
            Key::Not(key) => !key.holds(mail, place),
            Key::Either(one, other) => one.holds(mail, place) || other.holds(mail, place),
            Key::Every(keys) => keys.iter().all(|key| key.holds(mail, place)),
        }
    }
}

fn header(bytes: &[u8]) -> &[u8] {
    crate::email::mime::find(bytes, b"\r\n\r\n").map_or(bytes, |end| &bytes[..end + 2])
}

fn within(text: &str, wanted: &str) -> bool {
    text.to_lowercase().contains(&wanted.to_lowercase())
}

pub(crate) fn inside(ranges: &[(u32, u32)], number: u32) -> bool {
    ranges.iter().any(|(from, to)| (*from..=*to).contains(&number))
}
