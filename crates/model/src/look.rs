//! What a network's notification mails look like: which words stand around whoever wrote, and around what they wrote.
//!
//! A look is data. Ours are a file (`networks/src/door/mails.json`); others are made here from one mail in which the CM
//! shows both, and are kept in the store. Such a mail is a form: its own words stay, and what changes is the author, the
//! text and the titles. So the words next to what was shown are taken, few of them, none with a digit and none inside
//! quotes; then lines are counted from the author's. A look that does not read its own example is none.

use regex::{Regex, escape};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::OnceLock;
use ts_rs::TS;

/// How many words next to what was shown are the form's own.
const WORDS: usize = 3;
/// From the author's line, or from the beginning, to the text.
const MOST_LINES: usize = 8;
/// A mail that tells more than this tells it to nobody.
const LONGEST_UNREAD: usize = 4_000;
/// Each of one part, tried in turn.
const MOST_WAYS: usize = 6;
/// A longer line is somebody's text.
const LINE_WORDS: usize = 10;
/// No name is longer.
const LONGEST_NAME: usize = 99;
const QUOTES: [char; 7] = ['«', '»', '“', '”', '"', '‹', '›'];

/// A mail as looks read it: one kind of space and of line end, at most one empty line.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Where it came from (`facebookmail.com`).
    pub domain: String,
    /// The sender's display name.
    pub from: String,
    pub subject: String,
    pub body: String,
    /// Whether people are called by their handles there.
    pub handles: bool,
    /// As our own patterns found it.
    pub author: Option<String>,
}

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Told").field("domain", &self.domain).finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    pub author: Vec<Who>,
    pub text: Vec<Around>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    Subject,
    From,
    #[default]
    Body,
}

/// An author stands in one line between these words; nothing before: at the line's beginning; nothing after: to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    pub r#in: Place,
    #[serde(default)]
    pub before: String,
    pub after: String,
    #[serde(skip)]
    made: Made,
}

/// A text stands in the body between these words; nothing after: to its end. `{author}`: the author as found; `{line}`:
/// the rest of a line; `{words}`: a line of some words; `{start}`: the beginning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Around {
    pub before: String,
    pub after: String,
    #[serde(skip)]
    made: [Made; 2],
}

/// An expression, made once however many mails are read by it. It says nothing that the words do not.
#[derive(Clone, Default)]
struct Made(OnceLock<Option<Regex>>);

impl Made {
    fn of(&self, make: impl FnOnce() -> Option<String>) -> Option<&Regex> {
        self.0.get_or_init(|| Regex::new(&make()?).ok()).as_ref()
    }
}

impl PartialEq for Made {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Made {}

impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Made")
    }
}

/// A part of a mail, in UTF-16 units of `Told::whole`, the end excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

/// A part of one place of a mail, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    place: Place,
    start: usize,
    end: usize,
}

impl Told {
    /// As it is shown to whoever shows its parts.
    pub fn whole(&self) -> String {
        format!("{}\n{}\n\n{}", self.from, self.subject, self.body)
    }

    /// What stands for a message where neither author nor text is understood.
    pub fn unread(&self) -> String {
        format!("{}\n\n{}", self.subject, self.body).chars().take(LONGEST_UNREAD).collect()
    }

    /// What was shown, without the spaces and quotes around it; `None`: nothing, or something across two places.
    pub fn piece(&self, span: Span) -> Option<Piece> {
        let whole = self.whole();
        let (start, end) = (byte(&whole, span.start)?, byte(&whole, span.end)?);
        let places = [(Place::From, 0), (Place::Subject, self.from.len() + 1)];
        let body = (Place::Body, self.from.len() + self.subject.len() + 3);
        let (place, base) = places.into_iter().chain([body]).rfind(|(_, base)| *base <= start)?;
        let within = |at: usize| at.checked_sub(base).filter(|at| *at <= self.at(place).len());
        let (start, end) = (within(start)?, within(end)?);
        let said = self.at(place).get(start..end)?;
        let kept = bare(said);
        let start = start + said.find(kept)?;
        (!kept.is_empty()).then_some(Piece { place, start, end: start + kept.len() })
    }

    pub fn said(&self, piece: Piece) -> &str {
        self.at(piece.place).get(piece.start..piece.end).unwrap_or_default()
    }

    fn at(&self, place: Place) -> &str {
        match place {
            Place::From => &self.from,
            Place::Subject => &self.subject,
            Place::Body => &self.body,
        }
    }
}

impl Look {
    pub fn author(&self, told: &Told) -> Option<String> {
        self.author.iter().find_map(|who| who.read(told))
    }

    pub fn text(&self, told: &Told, author: Option<&str>) -> Option<String> {
        self.text.iter().find_map(|around| around.read(&told.body, author))
    }

    /// Both, where it knows both.
    pub fn read(&self, told: &Told) -> Option<(Option<String>, String)> {
        let author = self.author(told);
        if author.is_none() && !self.author.is_empty() {
            return None;
        }
        let text = self.text(told, author.as_deref())?;
        Some((author, text))
    }

    /// From one example; `None`: nothing in it tells where they stand. Whoever wrote may stand in several places: any of
    /// them will do. What they wrote stands in the body.
    pub fn learn(told: &Told, author: Option<Piece>, text: Piece) -> Option<Self> {
        if text.place != Place::Body {
            return None;
        }
        let name = author.map(|piece| told.said(piece));
        let authors = author.map(|piece| authors(told, piece)).unwrap_or_default();
        if author.is_some() && authors.is_empty() {
            return None;
        }
        let wanted = told.said(text);
        let mut look = Self { author: authors, text: Vec::new() };
        for around in arounds(&told.body, text, name) {
            if around.read(&told.body, name).as_deref() == Some(wanted) && !look.text.contains(&around) {
                look.text.push(around);
            }
        }
        // Lines alone, counted from the beginning, would read any mail: somewhere the form must say something.
        if look.text.iter().any(|around| says(&around.before) || says(&around.after)) {
            look.text.retain(|around| says(&around.before) || says(&around.after));
        } else if look.author.is_empty() || !look.author.iter().all(|who| says(&who.before) || says(&who.after)) {
            return None;
        }
        look.text.truncate(MOST_WAYS);
        (!look.text.is_empty()).then_some(look)
    }
}

impl Who {
    fn read(&self, told: &Told) -> Option<String> {
        let found = self.made.of(|| {
            let before = if self.before.is_empty() { "(?m:^)".to_owned() } else { pattern(&self.before, None)? };
            let after = if self.after.is_empty() { "(?m:$)".to_owned() } else { escape(&self.after) };
            Some(format!("{before}([^\n]{{1,{LONGEST_NAME}}}?){after}"))
        })?;
        let name = found.captures(told.at(self.r#in))?.get(1)?.as_str().trim();
        (!name.is_empty()).then(|| name.to_owned())
    }
}

impl Around {
    fn read(&self, body: &str, author: Option<&str>) -> Option<String> {
        let find = |words: &str, made: &Made, text: &str| -> Option<Range<usize>> {
            // Another author, another expression.
            if words.contains("{author}") {
                return Some(Regex::new(&pattern(words, author)?).ok()?.find(text)?.range());
            }
            Some(made.of(|| pattern(words, None))?.find(text)?.range())
        };
        let rest = &body[find(&self.before, &self.made[0], body)?.end..];
        let end = match self.after.as_str() {
            "" => rest.len(),
            after => find(after, &self.made[1], rest)?.start,
        };
        let text = bare(&rest[..end]);
        (!text.is_empty()).then(|| text.to_owned())
    }
}

/// As an expression; `None`: it names an author that is not known.
fn pattern(words: &str, author: Option<&str>) -> Option<String> {
    let mut made = String::new();
    let mut rest = words;
    while let Some(at) = rest.find('{') {
        made.push_str(&escape(&rest[..at]));
        rest = &rest[at..];
        let known = [("{line}", "[^\n]*"), ("{words}", "[^\n]+"), ("{start}", r"\A")];
        if let Some(after) = rest.strip_prefix("{author}") {
            made.push_str(&escape(author?));
            rest = after;
        } else if let Some((token, means)) = known.iter().find(|(token, _)| rest.starts_with(token)) {
            made.push_str(means);
            rest = &rest[token.len()..];
        } else {
            made.push_str(&escape("{"));
            rest = &rest[1..];
        }
    }
    made.push_str(&escape(rest));
    Some(made)
}

/// Without the spaces around it, nor the quotes where it has both.
fn bare(text: &str) -> &str {
    let text = text.trim();
    match (text.chars().next(), text.chars().last()) {
        (Some('«' | '“' | '"'), Some('»' | '”' | '"')) => {
            text.trim_matches(|c| c == ' ' || c == '\n' || QUOTES.contains(&c))
        }
        _ => text,
    }
}

/// Where whoever was shown stands: as shown first, then wherever else the same name does.
fn authors(told: &Told, shown: Piece) -> Vec<Who> {
    let name = told.said(shown);
    if name.contains('\n') || name.chars().count() > LONGEST_NAME {
        return Vec::new();
    }
    let elsewhere = [Place::Subject, Place::From, Place::Body].into_iter().filter_map(|place| {
        let start = told.at(place).find(name)?;
        Some(Piece { place, start, end: start + name.len() })
    });
    let mut found: Vec<Who> = Vec::new();
    for piece in std::iter::once(shown).chain(elsewhere) {
        for who in whos(told.at(piece.place), piece) {
            if who.read(told).as_deref() == Some(name) && !found.contains(&who) {
                found.push(who);
            }
        }
    }
    found.truncate(MOST_WAYS);
    found
}

fn whos(text: &str, piece: Piece) -> Vec<Who> {
    let line = Line::of(text, piece.start, piece.end);
    let who = |before: String, after: String| Who { r#in: piece.place, before, after, made: Made::default() };
    let after = head(line.after);
    if !line.before.is_empty() || !line.after.is_empty() {
        return vec![who(tail(line.before), after)];
    }
    // Alone on its line: the lines above say which one it is. The whole of a subject is no name.
    if piece.place != Place::Body {
        return Vec::new();
    }
    let above = above(text, line.start, None);
    above.into_iter().map(|before| who(before, String::new())).collect()
}

/// What stands around a text, the surest first.
fn arounds(body: &str, text: Piece, author: Option<&str>) -> Vec<Around> {
    let line = Line::of(body, text.start, text.end);
    let mut befores: Vec<String> = Vec::new();
    let own = named(line.before, author);
    if own.chars().any(char::is_alphabetic) {
        let words = tail(&own);
        befores.push(if words == own && line.start > 0 { format!("\n{words}") } else { words });
    }
    befores.extend(above(body, line.start, author).into_iter().map(|above| above + &tail(&own)));
    let next = below(&body[line.end..], author);
    let own = head(&named(line.after, author));
    // However many lines the text has, its end is the form's next words; where the form says no more, a line's end.
    let afters = match (own.is_empty(), next) {
        (true, Some(next)) => vec![next],
        (true, None) => vec![if body[line.end..].is_empty() { String::new() } else { "\n".to_owned() }],
        (false, Some(next)) => vec![format!("{own}{next}"), own],
        (false, None) => vec![own],
    };
    let pair = |before: &String, after: &String| Around {
        before: before.clone(),
        after: after.clone(),
        made: Default::default(),
    };
    afters.iter().flat_map(|after| befores.iter().map(move |before| pair(before, after))).collect()
}

/// What ends the line, and the form's next words: a line that says a day or a number is only a line.
fn below(text: &str, author: Option<&str>) -> Option<String> {
    const FURTHER: usize = 3;
    let mut way = String::new();
    for line in text.split('\n').skip(1).take(MOST_LINES) {
        way.push('\n');
        let words = head(&named(line, author));
        let dated = line.split(' ').take(WORDS + 1).any(changes) && !line.starts_with("http");
        if line.is_empty() {
            // The text's own last line may be an empty one, or not.
            if way == "\n" {
                way.clear();
            }
        } else if dated && way.matches("{words}").count() < FURTHER {
            way.push_str("{words}");
        } else {
            return (!words.is_empty()).then(|| way + &words);
        }
    }
    None
}

/// How to come to the line that starts here: from the words above it, from the author's line, from the beginning.
fn above(text: &str, start: usize, author: Option<&str>) -> Vec<String> {
    let lines: Vec<&str> = text[..start].split('\n').collect();
    // The last one is what stands on the line itself: nothing.
    let lines = &lines[..lines.len().saturating_sub(1)];
    let counted = |lines: &[&str]| -> String {
        lines.iter().map(|line| if line.is_empty() { "\n" } else { "{words}\n" }).collect()
    };
    let mut ways = Vec::new();
    if let Some(at) = lines.iter().rposition(|line| !line.is_empty()) {
        let own = named(lines[at], author);
        let gap = "\n".repeat(lines.len() - at);
        if own.split(' ').count() <= LINE_WORDS && !own.split(' ').any(|word| changes(word) || word.contains(QUOTES)) {
            ways.push(format!("{}{own}{gap}", if at == 0 { "{start}" } else { "\n" }));
        }
    }
    let of_author = author.and_then(|name| lines.iter().rposition(|line| line.contains(name)));
    if let (Some(at), Some(name)) = (of_author, author)
        && lines.len() - at <= MOST_LINES
        && let Some((before, after)) = lines[at].split_once(name)
    {
        ways.push(format!("{}{{author}}{}{{line}}\n{}", tail(before), head(after), counted(&lines[at + 1..])));
    }
    if lines.len() <= MOST_LINES {
        ways.push(format!("{{start}}{}", counted(lines)));
    }
    ways
}

struct Line<'a> {
    start: usize,
    end: usize,
    before: &'a str,
    after: &'a str,
}

impl<'a> Line<'a> {
    /// The lines that a part stands on.
    fn of(text: &'a str, start: usize, end: usize) -> Self {
        let first = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let last = text[end..].find('\n').map_or(text.len(), |at| end + at);
        Self { start: first, end: last, before: &text[first..start], after: &text[end..last] }
    }
}

fn named(line: &str, author: Option<&str>) -> String {
    author.map_or_else(|| line.to_owned(), |author| line.replace(author, "{author}"))
}

/// Whether these are words of the form, and not only lines.
fn says(words: &str) -> bool {
    let lines = ["{start}", "{words}", "{line}"].iter().fold(words.to_owned(), |rest, token| rest.replace(token, ""));
    lines.chars().any(char::is_alphabetic)
}

fn changes(word: &str) -> bool {
    word.chars().any(|c| c.is_ascii_digit()) || word.contains("://")
}

/// The first words that are the form's own.
fn head(line: &str) -> String {
    let (mut kept, mut words) = (String::new(), 0);
    for word in line.split_inclusive(' ') {
        if let Some(quote) = word.chars().next().filter(|c| QUOTES.contains(c)) {
            kept.push(quote);
            // One that closes may be followed by more.
            if word.trim().chars().count() > 1 || matches!(quote, '«' | '“') {
                break;
            }
            kept.push_str(&word[quote.len_utf8()..]);
            continue;
        }
        if changes(word) || words == WORDS {
            break;
        }
        words += usize::from(word.chars().any(char::is_alphabetic));
        kept.push_str(word);
    }
    if kept.is_empty() && line.starts_with("http") { "http".to_owned() } else { kept.trim_end().to_owned() }
}

/// The last words that are the form's own, and the author.
fn tail(line: &str) -> String {
    let (mut kept, mut words) = (Vec::new(), 0);
    for word in line.split_inclusive(' ').rev() {
        let said = word.trim();
        let closes = said.ends_with(['»', '”']) || (said.ends_with('"') && said.len() > 1);
        if closes || (changes(word) && word != "{author}") || words == WORDS {
            break;
        }
        words += usize::from(word.chars().any(char::is_alphabetic));
        kept.push(word);
    }
    kept.into_iter().rev().collect()
}

fn byte(text: &str, unit: u32) -> Option<usize> {
    let mut units = 0;
    for (at, c) in text.char_indices() {
        if units >= unit {
            return (units == unit).then_some(at);
        }
        units += u32::try_from(c.len_utf16()).ok()?;
    }
    (units == unit).then_some(text.len())
}

#[cfg(test)]
#[path = "look_tests.rs"]
mod tests;
