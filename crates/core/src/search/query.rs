//! Reads what is typed into a query: words, phrases in quotes, operators in French or English, days.
//!
//! Everything but the days becomes words of one FTS5 expression, since a filter beside MATCH makes the index walk
//! every row of a frequent beginning. The last word is also a beginning: it is still being typed. The index answers
//! beginnings of up to three letters as they come, newest first; for longer ones it first gathers every row of every
//! word that begins so (80 ms for a frequent one). So a longer beginning is also asked as its first three letters, and
//! each row looked at: of a frequent word the newest ones are soon together.

use super::{dates, fold, index};
use crate::view::Problem;
use guichet_model::{AccountId, ClientId, Kind, Millis};
use jiff::tz::TimeZone;
use rusqlite::Connection;

/// A query ready for the index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    /// `None`: days alone, or nothing.
    pub expression: Option<String>,
    /// The same with every beginning cut to three letters, where that differs: more rows, to be looked at.
    pub wide: Option<String>,
    /// Author words begun, as the scope holds them; with `wanted`, what a row of `wide` is looked at for.
    pub authors: Vec<String>,
    /// What a hit shows marked.
    pub wanted: Vec<Phrase>,
    pub from: Option<Millis>,
    /// Excluded.
    pub to: Option<Millis>,
    /// Operators that were not understood, as typed.
    pub unknown: Vec<String>,
    /// An operator that nothing can answer: another client's name, an unknown network.
    pub never: bool,
}

impl Query {
    pub fn asks_nothing(&self) -> bool {
        self.never || self.expression.is_none() && self.from.is_none() && self.to.is_none()
    }

    /// Whether a message is one of those asked for, when its row answered `wide`.
    pub fn is_answered_by(&self, said: &str, scope: &str) -> bool {
        let words = fold::words(said);
        self.wanted.iter().filter(|phrase| phrase.open).all(|phrase| phrase.stands_in(&words))
            && self.authors.iter().all(|begun| scope.split(' ').any(|word| word.starts_with(begun)))
    }
}

/// The longest beginning that the index keeps a list of.
const BEGINNING: usize = 3;

/// A part of the expression, and the wider one that answers as it comes, where there is one.
struct Asked {
    exact: String,
    wide: Option<String>,
}

impl Asked {
    fn exactly(exact: String) -> Self {
        Self { exact, wide: None }
    }
}

/// A word cut to the index's longest beginning; `None` where it is no longer than that.
fn cut(word: &str) -> Option<&str> {
    word.char_indices().nth(BEGINNING).map(|(end, _)| &word[..end])
}

/// Words that stand one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Phrase {
    pub words: Vec<fold::Word>,
    /// Whether the last one may be the beginning of a longer word.
    pub open: bool,
}

impl Phrase {
    /// How many of `words`, from the first on, are this phrase: all of it, or none.
    pub fn stands_at(&self, words: &[fold::Word]) -> bool {
        let last = self.words.len().saturating_sub(1);
        words.len() >= self.words.len()
            && self.words.iter().zip(words).enumerate().all(|(nth, (wanted, word))| {
                let doubled = word.doubled.as_deref().map(fold::stem);
                word.stem() == wanted.stem()
                    || doubled == Some(wanted.stem())
                    || self.open && nth == last && word.plain.starts_with(&wanted.plain)
            })
    }

    fn stands_in(&self, words: &[fold::Word]) -> bool {
        (0..words.len()).any(|at| self.stands_at(&words[at..]))
    }

    fn asked(&self) -> Asked {
        let stems: Vec<_> = self.words.iter().map(fold::Word::stem).collect();
        let closed = format!("\"{}\"", stems.join(" "));
        let Some((last, before)) = self.words.split_last().filter(|_| self.open) else {
            return Asked::exactly(closed);
        };
        if last.plain.starts_with(fold::EMOJI) {
            return Asked::exactly(closed);
        }
        let begun = |last: &str| {
            let mut words = stems[..before.len()].to_vec();
            words.push(last);
            format!("\"{}\"*", words.join(" "))
        };
        Asked {
            // `comme` is stemmed where it stands whole, and begins `commentaire` where it does not.
            exact: if last.stem() == last.plain {
                begun(&last.plain)
            } else {
                format!("({closed} OR {})", begun(&last.plain))
            },
            wide: cut(&last.plain).map(begun),
        }
    }
}

/// Where a query is asked: its days, and the names its operators mean.
pub(super) struct Here<'a> {
    pub conn: &'a Connection,
    pub now: Millis,
    pub zone: &'a TimeZone,
}

pub(super) fn read(typed: &str, here: &Here<'_>) -> Result<Query, Problem> {
    let mut query = Query::default();
    let mut matches: Vec<Asked> = Vec::new();
    let typed_parts = parts(typed);
    let count = typed_parts.len();
    for (nth, part) in typed_parts.into_iter().enumerate() {
        let last = nth + 1 == count;
        match part {
            Part::Words { text, quoted } => {
                let words = fold::words(&text);
                if words.is_empty() {
                    continue;
                }
                let phrase = Phrase { words, open: last && !quoted && !typed.ends_with(char::is_whitespace) };
                matches.push(phrase.asked());
                query.wanted.push(phrase);
            }
            Part::Operator { name, value, typed } => match operator(&name, &value, here)? {
                Some(Meaning::Words(expression)) => matches.push(Asked::exactly(expression)),
                Some(Meaning::Author { asked, begun }) => {
                    matches.push(asked);
                    query.authors.push(begun);
                }
                Some(Meaning::Never) => query.never = true,
                Some(Meaning::Before(at)) => query.to = Some(query.to.map_or(at, |to| to.min(at))),
                Some(Meaning::From(at)) => {
                    query.from = Some(query.from.map_or(at, |from| from.max(at)));
                }
                Some(Meaning::Within(from, to)) => {
                    query.from = Some(query.from.map_or(from, |known| known.max(from)));
                    query.to = Some(query.to.map_or(to, |known| known.min(to)));
                }
                None => query.unknown.push(typed),
            },
        }
    }
    let all = |part: fn(&Asked) -> &str| matches.iter().map(part).collect::<Vec<_>>().join(" AND ");
    query.expression = (!matches.is_empty()).then(|| all(|asked| &asked.exact));
    query.wide = (matches.iter().any(|asked| asked.wide.is_some()))
        .then(|| all(|asked| asked.wide.as_deref().unwrap_or(&asked.exact)));
    Ok(query)
}

enum Meaning {
    Words(String),
    Author { asked: Asked, begun: String },
    Before(Millis),
    From(Millis),
    Within(Millis, Millis),
    Never,
}

/// `None`: the name, or its value, is not understood.
fn operator(name: &str, value: &str, here: &Here<'_>) -> Result<Option<Meaning>, Problem> {
    let day = |to: fn(Millis, Millis) -> Meaning| {
        dates::span(value, here.now, here.zone).map(|(from, after)| to(from, after))
    };
    Ok(match name {
        "client" => Some(any(clients(here.conn, value)?)),
        "reseau" | "network" => Some(any(networks(here.conn, value)?)),
        "compte" | "account" => Some(any(accounts(here.conn, value)?)),
        "auteur" | "author" => authors(value),
        "de" | "from" => match folded(value).as_str() {
            "nous" | "us" | "moi" | "me" => Some(Meaning::Words(quoted(&index::ours()))),
            _ => authors(value),
        },
        "type" | "kind" => match folded(value).as_str() {
            "commentaire" | "commentaires" | "comment" | "comments" => Some(Kind::Comment),
            "mention" | "mentions" => Some(Kind::Mention),
            "message" | "messages" | "dm" => Some(Kind::Message),
            "avis" | "review" | "reviews" => Some(Kind::Review),
            _ => None,
        }
        .map(|kind| Meaning::Words(quoted(&index::kind(kind)))),
        "langue" | "lang" | "language" => {
            Some(folded(value)).filter(|tag| !tag.is_empty()).map(|tag| Meaning::Words(quoted(&index::language(&tag))))
        }
        "avant" | "before" => day(|from, _| Meaning::Before(from)),
        "apres" | "after" => day(|_, after| Meaning::From(after)),
        "le" | "on" => day(Meaning::Within),
        _ => None,
    })
}

/// Each word of the name, the last as a beginning: `auteur:"léa mar"`.
fn authors(value: &str) -> Option<Meaning> {
    let words = fold::words(index::user(value));
    let (last, before) = words.split_last()?;
    let mut all: Vec<_> = before.iter().map(|word| quoted(&index::author(&word.plain))).collect();
    let begun = index::author(&last.plain);
    let mut joined = |begun: &str| {
        all.push(format!("{}*", quoted(begun)));
        let joined = all.join(" AND ");
        all.pop();
        joined
    };
    let asked = Asked { exact: joined(&begun), wide: cut(&begun).map(&mut joined) };
    Some(Meaning::Author { asked, begun })
}

fn any(words: Vec<String>) -> Meaning {
    match words.as_slice() {
        [] => Meaning::Never,
        [one] => Meaning::Words(quoted(one)),
        many => {
            let many: Vec<_> = many.iter().map(|word| quoted(word)).collect();
            Meaning::Words(format!("({})", many.join(" OR ")))
        }
    }
}

fn clients(conn: &Connection, value: &str) -> Result<Vec<String>, Problem> {
    let mut named = conn.prepare_cached("SELECT id, name FROM client")?;
    let rows = named.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    let mut found = Vec::new();
    for row in rows {
        let (id, name) = row?;
        if is_named(&name, value) {
            found.push(index::client(ClientId(id)));
        }
    }
    Ok(found)
}

fn accounts(conn: &Connection, value: &str) -> Result<Vec<String>, Problem> {
    let mut named = conn.prepare_cached("SELECT id, name, handle FROM account")?;
    let rows = named.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)))?;
    let mut found = Vec::new();
    for row in rows {
        let (id, name, handle) = row?;
        if is_named(&name, value) || is_named(&handle, value) {
            found.push(index::account(AccountId(id)));
        }
    }
    Ok(found)
}

fn networks(conn: &Connection, value: &str) -> Result<Vec<String>, Problem> {
    let mut named = conn.prepare_cached("SELECT DISTINCT network FROM account")?;
    let rows = named.query_map([], |row| row.get::<_, String>(0))?;
    let mut found = Vec::new();
    for name in rows {
        let name = name?;
        if is_named(&name, value) {
            found.push(index::network(&name));
        }
    }
    Ok(found)
}

/// Whether the value's words stand one after the other in the name, the last perhaps begun.
fn is_named(name: &str, value: &str) -> bool {
    let wanted = Phrase { words: fold::words(value), open: true };
    !wanted.words.is_empty() && wanted.stands_in(&fold::words(name))
}

fn folded(value: &str) -> String {
    let words = fold::words(value);
    words.iter().map(|word| word.plain.as_str()).collect()
}

/// Folded words hold letters, digits and our private marks: nothing that could end a string.
fn quoted(word: &str) -> String {
    format!("\"{word}\"")
}

enum Part {
    Words { text: String, quoted: bool },
    Operator { name: String, value: String, typed: String },
}

/// Cuts at spaces outside quotes. A quote left open is one being typed.
fn parts(typed: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut quote = None;
    for letter in typed.chars() {
        match quote {
            Some(end) if letter == end => {
                part.push('"');
                quote = None;
            }
            Some(_) => part.push(letter),
            None if letter.is_whitespace() => parts.extend(one_part(&std::mem::take(&mut part))),
            None => match closing(letter) {
                Some(end) => {
                    part.push('"');
                    quote = Some(end);
                }
                None => part.push(letter),
            },
        }
    }
    parts.extend(one_part(&part));
    parts
}

fn closing(letter: char) -> Option<char> {
    match letter {
        '"' => Some('"'),
        '«' => Some('»'),
        '“' => Some('”'),
        _ => None,
    }
}

fn one_part(part: &str) -> Option<Part> {
    if part.is_empty() {
        return None;
    }
    if let Some((name, value)) = part.split_once(':') {
        // `18:30` is an hour and `https://…` an address.
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphabetic());
        if is_name && !value.is_empty() && !value.starts_with('/') {
            return Some(Part::Operator {
                name: folded(name),
                value: value.replace('"', " ").trim().to_string(),
                typed: part.to_string(),
            });
        }
    }
    let begun = part.strip_prefix('"');
    Some(Part::Words { text: part.replace('"', " "), quoted: begun.is_some_and(|rest| rest.ends_with('"')) })
}

#[cfg(test)]
#[path = "query_tests.rs"]
mod tests;
