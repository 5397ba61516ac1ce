//! A file that lists items, as networks and their tools export them: CSV with any separator, JSON, or a line of JSON an
//! item. What each column says is guessed from its name and from what stands in it, and corrected by a person.
//!
//! A row that cannot be read is handed back as it came, with the reason; it never stops the others.

use super::dates;
use guichet_model::{Mapping, Noticed, Unread, link};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use std::collections::HashSet;

/// A larger file is no export of messages.
pub const LARGEST: usize = 32 * 1024 * 1024;
const MOST_COLUMNS: usize = 200;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    cells: Vec<String>,
    raw: String,
}

/// `None`: neither a table nor a list of items.
pub fn read(bytes: &[u8]) -> Option<Table> {
    if bytes.len() > LARGEST {
        return None;
    }
    let text = decoded(bytes);
    let table = match text.trim_start().chars().next()? {
        '{' | '[' => from_json(&text)?,
        _ => from_csv(&text)?,
    };
    (table.columns.len() > 1 && table.columns.len() <= MOST_COLUMNS && !table.rows.is_empty()).then_some(table)
}

/// UTF-8, UTF-16 with its mark, else the Western alphabet that spreadsheets write.
fn decoded(bytes: &[u8]) -> String {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|byte| western(*byte)).collect(),
        },
    }
}

fn western(byte: u8) -> char {
    match byte {
        0x80 => '€',
        0x85 => '…',
        0x8c => 'Œ',
        0x91 => '‘',
        0x92 => '’',
        0x93 => '“',
        0x94 => '”',
        0x96 => '–',
        0x97 => '—',
        0x9c => 'œ',
        byte => char::from(byte),
    }
}

fn from_csv(text: &str) -> Option<Table> {
    let separator = [',', ';', '\t', '|'].into_iter().max_by_key(|separator| {
        let first = records(text, *separator, 3);
        let width = first.first().map_or(0, |row| row.cells.len());
        // The right one cuts every row alike.
        if first.iter().all(|row| row.cells.len() == width) { width * 2 } else { width }
    })?;
    let mut rows = records(text, separator, usize::MAX).into_iter();
    // Some tools say what they are above the table: its head is the first row that is as wide as what follows, and full.
    let mut ahead: Vec<Row> = rows.by_ref().take(20).collect();
    let width = ahead.iter().map(|row| row.cells.len()).max()?;
    // Before anything is made of what stands in them.
    if width > MOST_COLUMNS {
        return None;
    }
    let full = |row: &Row| row.cells.iter().filter(|cell| !cell.trim().is_empty()).count() * 2 > width;
    let head = ahead.iter().position(|row| row.cells.len() == width && full(row))?;
    let rest = ahead.split_off(head + 1);
    let columns = named(ahead.pop()?.cells);
    Some(Table { columns, rows: rest.into_iter().chain(rows).collect() })
}

/// Every column has a name of its own.
fn named(cells: Vec<String>) -> Vec<String> {
    let mut taken = HashSet::new();
    let names = cells.into_iter().enumerate().map(|(at, cell)| {
        let name = if cell.trim().is_empty() { format!("{}", at + 1) } else { cell.trim().to_owned() };
        let name = if taken.contains(&name) { format!("{name} {}", at + 1) } else { name };
        taken.insert(name.clone());
        name
    });
    names.collect()
}

/// Quoted or not, with line ends inside quotes; a quote that is never closed ends with the file.
fn records(text: &str, separator: char, most: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let (mut cells, mut cell, mut raw) = (Vec::new(), String::new(), String::new());
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    let mut end = |cells: &mut Vec<String>, cell: &mut String, raw: &mut String| {
        cells.push(std::mem::take(cell));
        let row = Row { cells: std::mem::take(cells), raw: std::mem::take(raw).trim_end().to_owned() };
        if row.cells.iter().any(|cell| !cell.trim().is_empty()) {
            rows.push(row);
        }
        rows.len() >= most
    };
    while let Some(letter) = letters.next() {
        raw.push(letter);
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                raw.push('"');
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            _ if quoted => cell.push(letter),
            '\r' => {}
            '\n' => {
                if end(&mut cells, &mut cell, &mut raw) {
                    return rows;
                }
            }
            _ if letter == separator => cells.push(std::mem::take(&mut cell)),
            _ => cell.push(letter),
        }
    }
    end(&mut cells, &mut cell, &mut raw);
    rows
}

fn from_json(text: &str) -> Option<Table> {
    let items: Vec<Value> = match serde_json::from_str(text) {
        Ok(whole) => listed(whole, 0)?,
        // A line an item; one that is torn is kept, as what it is.
        Err(_) => text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| Value::String(line.to_owned())))
            .collect(),
    };
    let mut columns: Vec<String> = Vec::new();
    let mut flat = Vec::with_capacity(items.len());
    for item in items {
        let raw = item.to_string();
        let mut cells = Vec::new();
        if let Value::Object(fields) = item {
            flatten(fields, "", &mut cells);
        }
        for (name, _) in &cells {
            if !columns.contains(name) && columns.len() < MOST_COLUMNS {
                columns.push(name.clone());
            }
        }
        flat.push((cells, raw));
    }
    let rows = flat.into_iter().map(|(cells, raw)| {
        let of = |name: &String| cells.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        Row { cells: columns.iter().map(|name| of(name).unwrap_or_default()).collect(), raw }
    });
    let rows = rows.collect();
    Some(Table { columns, rows })
}

/// The list itself, or the longest one a little below.
fn listed(value: Value, depth: u8) -> Option<Vec<Value>> {
    match value {
        Value::Array(items) if items.iter().any(Value::is_object) => Some(items),
        Value::Object(fields) if depth < 3 => {
            fields.into_iter().filter_map(|(_, value)| listed(value, depth + 1)).max_by_key(Vec::len)
        }
        _ => None,
    }
}

fn flatten(fields: Map<String, Value>, above: &str, cells: &mut Vec<(String, String)>) {
    for (name, value) in fields {
        let name = if above.is_empty() { name } else { format!("{above}.{name}") };
        match value {
            Value::Object(below) if above.matches('.').count() < 3 => flatten(below, &name, cells),
            Value::String(text) => cells.push((name, text)),
            Value::Null | Value::Array(_) | Value::Object(_) => {}
            other => cells.push((name, other.to_string())),
        }
    }
}

/// What each column is called, whole or in part, in the languages that exports are written in.
const TEXT: &[&str] =
    &["text", "texte", "message", "comment", "commentaire", "content", "contenu", "body", "review", "avis"];
const AUTHOR: &[&str] =
    &["author", "auteur", "user", "utilisateur", "username", "name", "nom", "from", "reviewer", "sender", "profil"];
const LINK: &[&str] = &["permalink", "url", "link", "lien", "adresse"];
const DATE: &[&str] = &["date", "created", "time", "timestamp", "horodatage", "heure", "publié", "posted", "jour"];
const NETWORK: &[&str] = &["network", "réseau", "reseau", "platform", "plateforme", "channel", "canal", "source"];
const RATING: &[&str] = &["rating", "stars", "note", "étoiles", "etoiles", "score"];

/// A mapping to begin with.
pub fn guess(table: &Table) -> Mapping {
    let mut taken: Vec<usize> = Vec::new();
    let mut pick = |words: &[&str], fits: &dyn Fn(&str) -> bool| -> Option<String> {
        let score = |at: usize| -> usize {
            let name = table.columns[at].to_lowercase();
            let parts: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).collect();
            let named = words.iter().any(|word| parts.contains(word));
            let called = named || words.iter().any(|word| name.contains(word));
            let filled: Vec<&str> =
                table.rows.iter().take(20).map(|row| row.at(at)).filter(|cell| !cell.is_empty()).collect();
            let fit = filled.iter().filter(|cell| fits(cell)).count() * 2 > filled.len();
            match (named, called, fit && !filled.is_empty()) {
                (_, _, false) => 0,
                (true, _, true) => 3,
                (_, true, true) => 2,
                _ => usize::from(words == LINK || words == DATE),
            }
        };
        let best = (0..table.columns.len()).filter(|at| !taken.contains(at)).rev().max_by_key(|at| score(*at))?;
        (score(best) > 0).then(|| {
            taken.push(best);
            table.columns[best].clone()
        })
    };
    let any = |cell: &str| !cell.is_empty();
    let link = pick(LINK, &|cell| cell.contains('.') && link::read(cell).is_some());
    let date = pick(DATE, &|cell| {
        dates::read(cell, true, &TimeZone::UTC).is_some() || dates::read(cell, false, &TimeZone::UTC).is_some()
    });
    let rating = pick(RATING, &|cell| stars(cell).is_some());
    let network = pick(NETWORK, &|cell| known_network(cell).is_some());
    let text = pick(TEXT, &any);
    let author = pick(AUTHOR, &any);
    // Read as months first, some rows are none: then the day comes first. Where both read, Europe's way.
    let day_first = match date.as_ref().and_then(|name| table.column(name)) {
        Some(at) => !table.rows.iter().any(|row| {
            dates::read(row.at(at), true, &TimeZone::UTC).is_none()
                && dates::read(row.at(at), false, &TimeZone::UTC).is_some()
        }),
        None => true,
    };
    Mapping { text, author, link, date, network, rating, of: None, day_first }
}

/// Every row: what it tells, or why it tells nothing.
pub fn take(table: &Table, mapping: &Mapping, zone: &TimeZone) -> Vec<Result<Noticed, Unread>> {
    let at = |name: &Option<String>| name.as_ref().and_then(|name| table.column(name));
    let columns =
        [&mapping.text, &mapping.author, &mapping.link, &mapping.date, &mapping.network, &mapping.rating].map(at);
    table
        .rows
        .iter()
        .map(|row| {
            let [text, author, link, date, network, rating] = columns.map(|at| at.map_or("", |at| row.at(at)));
            row_of(text, author, link, date, network, rating, mapping, zone)
                .map_err(|why| Unread { raw: row.raw.clone(), why: why.into() })
        })
        .collect()
}

#[allow(clippy::too_many_arguments)]
fn row_of(
    text: &str,
    author: &str,
    link: &str,
    date: &str,
    network: &str,
    rating: &str,
    mapping: &Mapping,
    zone: &TimeZone,
) -> Result<Noticed, &'static str> {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let rating = stars(rating);
    if text.is_empty() && rating.is_none() {
        return Err("text");
    }
    let link = some(link).filter(|link| link::read(link).is_some());
    let network = known_network(network).or_else(|| mapping.of.as_deref().and_then(known_network));
    if link.is_none() && network.is_none() {
        return Err("network");
    }
    // A date that is there and cannot be read is a mapping gone wrong: "now" would be a lie.
    let at = match date {
        "" => None,
        date => Some(dates::read(date, mapping.day_first, zone).ok_or("date")?),
    };
    let network = network.map(str::to_owned);
    Ok(Noticed { link, network, author: some(author), text: text.to_owned(), at, rating, ..Noticed::default() })
}

/// `4`, `4/5`, `4,0`, `FOUR`, `★★★★☆`.
fn stars(text: &str) -> Option<u8> {
    let text = text.trim();
    let full = text.chars().filter(|c| *c == '★').count();
    let words = ["one", "two", "three", "four", "five"];
    if let Some(at) = words.iter().position(|word| text.eq_ignore_ascii_case(word)) {
        return u8::try_from(at + 1).ok();
    }
    let number = text.split(['/', ' ', '.', ',']).next().and_then(|number| number.parse::<u8>().ok());
    number.or_else(|| u8::try_from(full).ok()).filter(|stars| (1..=5).contains(stars))
}

/// As exports call them: `Facebook`, `facebook_page`, `Google My Business`, `Twitter`.
fn known_network(text: &str) -> Option<&'static str> {
    let lower = text.trim().to_lowercase();
    let other = match lower.as_str() {
        "fb" => Some("facebook"),
        "ig" | "insta" => Some("instagram"),
        "yt" => Some("youtube"),
        _ if lower.contains("twitter") => Some("x"),
        _ => None,
    };
    other.or_else(|| {
        let mut words = lower.split(|c: char| !c.is_alphanumeric());
        link::networks().find(|network| lower == *network || (network.len() > 1 && words.any(|word| word == *network)))
    })
}

impl Table {
    fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|known| known == name)
    }
}

impl Row {
    fn at(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", |cell| cell.trim())
    }
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
