//! Why a text cannot leave: what a template left behind, another client's name, someone outside a direct exchange.
//!
//! What stands in square brackets is ambiguous: `[à compléter]` must never leave, `[sic]`, `[1]` or `[…]` may. A
//! bracket blocks when the template the text came from asks for it, when its words are those of a place to fill
//! (`à …`, `numéro …`, `votre …`), or when it is written like a variable (`[NOM_CLIENT]`); anything else passes, and
//! so does the label of a Markdown link. A doubt blocks: a blocked text costs a keystroke, a leak a screenshot.

use crate::view::Leak;
use guichet_model::text::{self, mentions, same_handle};
use guichet_model::{Addressee, TextLimit};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What surrounds a text that wants to leave.
#[derive(Default)]
pub(crate) struct Around {
    pub limit: Option<TextLimit>,
    pub warning: Option<String>,
    /// Those it will address at its head, where the network wants their names in the text.
    pub to: Vec<Addressee>,
    /// Names of this client and of its accounts.
    pub own: Vec<String>,
    /// Names of the other clients and of their accounts.
    pub others: Vec<String>,
    pub other_handles: Vec<String>,
    /// Our server's host: the domain of a handle without one.
    pub home: String,
    /// Handles of a direct exchange, ours included; `None`: it is not direct.
    pub exchange: Option<Vec<String>>,
    /// What the text's template asks for: its variables and questions.
    pub asked: Vec<String>,
}

/// Everything that keeps the text from leaving, in no order that matters; empty: it may go.
pub(crate) fn find(text: &str, around: &Around) -> Vec<Leak> {
    let mut leaks = Vec::new();
    if text.trim().trim_matches(invisible).trim().is_empty() {
        leaks.push(Leak::Empty);
    }
    if let Some(limit) = &around.limit {
        let whole = text::addressed(text, &around.to, &around.home);
        let measure = text::measure(&whole, around.warning.as_deref(), limit);
        if measure.over() > 0 {
            leaks.push(Leak::TooLong { by: measure.over(), bytes: measure.bytes });
        }
    }
    braces(text, &mut leaks);
    blanks(text, &around.asked, &mut leaks);
    other_clients(text, around, &mut leaks);
    outsiders(text, around, &mut leaks);
    leaks
}

/// Without accents, case, ligatures, kinds of spaces and apostrophes: how two names are compared.
pub(crate) fn plain(text: &str) -> String {
    text.chars().flat_map(plain_char).collect()
}

fn invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}

fn plain_char(c: char) -> impl Iterator<Item = char> {
    let spelled: String = match c {
        'œ' | 'Œ' => "oe".into(),
        'æ' | 'Æ' => "ae".into(),
        'ß' => "ss".into(),
        '’' | '‘' | 'ʼ' => "'".into(),
        '-' | '‐' | '‑' => " ".into(),
        c if c.is_whitespace() => " ".into(),
        c if invisible(c) => String::new(),
        c => c.nfkd().filter(|d| !is_combining_mark(*d)).collect(),
    };
    spelled.chars().flat_map(char::to_lowercase).collect::<Vec<_>>().into_iter()
}

/// UTF-16 code units before the byte `at`.
fn utf16(text: &str, at: usize) -> u32 {
    u32::try_from(text[..at].encode_utf16().count()).unwrap_or(u32::MAX)
}

fn braces(text: &str, leaks: &mut Vec<Leak>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at + 1 < bytes.len() {
        if matches!(&bytes[at..at + 2], b"{{" | b"}}" | b"{%" | b"%}" | b"{#" | b"#}") {
            leaks.push(Leak::Braces { start: utf16(text, at), end: utf16(text, at + 2) });
            at += 2;
        } else {
            at += 1;
        }
    }
}

fn blanks(text: &str, asked: &[String], leaks: &mut Vec<Leak>) {
    let asked: Vec<String> = asked.iter().map(|name| plain(name.trim())).collect();
    for (open, close) in [('[', ']'), ('{', '}')] {
        let mut from = 0;
        while let Some(start) = text[from..].find(open).map(|at| at + from) {
            let inside = start + 1;
            let Some(length) = text[inside..].find([close, open, '\n']) else {
                break;
            };
            let end = inside + length;
            from = end;
            if !text[end..].starts_with(close) {
                continue;
            }
            let name = text[inside..end].trim();
            let label = open == '[' && text[end + 1..].starts_with('(');
            let blank = match open {
                '[' => !label && is_blank(name, &asked),
                // One brace is other programs' way to write a variable; two are told as braces.
                _ => is_variable(name) && !text[..start].ends_with('{'),
            };
            if blank {
                leaks.push(Leak::Blank { start: utf16(text, start), end: utf16(text, end + 1), name: name.to_owned() });
            }
        }
    }
}

/// First words of a place to fill, in French and in English, folded.
const FILL_FIRST: [&str; 18] = [
    "a",
    "to",
    "votre",
    "your",
    "numero",
    "n°",
    "no",
    "inserer",
    "insert",
    "indiquer",
    "preciser",
    "completer",
    "remplir",
    "ajouter",
    "add",
    "mettre",
    "fill",
    "enter",
];
/// Words that alone make a bracket a place to fill, folded.
const FILL_WORDS: [&str; 28] = [
    "prenom",
    "nom",
    "name",
    "date",
    "heure",
    "time",
    "lien",
    "link",
    "url",
    "adresse",
    "address",
    "montant",
    "amount",
    "commande",
    "order",
    "ville",
    "city",
    "telephone",
    "phone",
    "mail",
    "email",
    "client",
    "compte",
    "reseau",
    "completer",
    "todo",
    "placeholder",
    "signature",
];
const NEVER_BLANK: [&str; 8] = ["sic", "ndlr", "nda", "ndt", "nb", "edit", "maj", "hs"];

fn is_blank(name: &str, asked: &[String]) -> bool {
    let folded = plain(name);
    if asked.contains(&folded) {
        return true;
    }
    if NEVER_BLANK.contains(&folded.as_str()) || folded.chars().count() < 2 {
        return false;
    }
    let mut words = folded.split(|c: char| !(c.is_alphanumeric() || c == '°')).filter(|word| !word.is_empty());
    let Some(first) = words.next() else {
        // `[…]`, `[...]`; but a line to write on is one.
        return folded.contains("__");
    };
    FILL_FIRST.contains(&first)
        || FILL_WORDS.contains(&first)
        || words.any(|word| FILL_WORDS.contains(&word))
        || is_shouted_variable(name)
        || first.len() > 1 && first.chars().all(|c| c == 'x')
}

/// `NOM_CLIENT`, `order_number`, `%nom%`: written for a program.
fn is_shouted_variable(name: &str) -> bool {
    let written = name.trim_matches(|c| c == '%' || c == '$');
    let joined = written.contains('_') && is_variable(written);
    joined || (written.len() < name.len() && is_variable(written))
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && name.chars().count() <= 40
        && name.chars().next().is_some_and(char::is_alphabetic)
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

fn other_clients(text: &str, around: &Around, leaks: &mut Vec<Leak>) {
    let own: Vec<Folded> = around.own.iter().map(|name| Folded::of(name)).collect();
    let folded = Folded::of(text);
    let handles: Vec<(u32, u32)> =
        mentions(text).map(|(at, handle)| (utf16(text, at), utf16(text, at + 1 + handle.len()))).collect();
    let mut seen: Vec<(u32, u32)> = Vec::new();
    for name in &around.others {
        let wanted = Folded::of(name.trim());
        // Two letters are a word of the language before they are a name.
        if wanted.chars.len() < 3 || own.iter().any(|own| !own.places(&wanted).is_empty()) {
            continue;
        }
        for (start, end) in folded.places(&wanted) {
            // Inside a mention only the whole handle tells whose it is.
            let mentioned = handles.iter().any(|(from, to)| *from <= start && end <= *to);
            if !mentioned && !seen.contains(&(start, end)) {
                seen.push((start, end));
                leaks.push(Leak::OtherClient { start, end, name: name.clone() });
            }
        }
    }
    for (at, handle) in mentions(text) {
        let theirs = around.other_handles.iter().any(|other| same_handle(other, handle, &around.home));
        if theirs {
            leaks.push(Leak::OtherClient {
                start: utf16(text, at),
                end: utf16(text, at + 1 + handle.len()),
                name: handle.to_owned(),
            });
        }
    }
}

fn outsiders(text: &str, around: &Around, leaks: &mut Vec<Leak>) {
    let Some(exchange) = &around.exchange else {
        return;
    };
    let inside = |handle: &str| exchange.iter().any(|known| same_handle(known, handle, &around.home));
    for addressee in &around.to {
        if !inside(&addressee.handle) {
            leaks.push(Leak::Outsider { start: 0, end: 0, name: addressee.handle.clone() });
        }
    }
    for (at, handle) in mentions(text) {
        if !inside(handle) {
            leaks.push(Leak::Outsider {
                start: utf16(text, at),
                end: utf16(text, at + 1 + handle.len()),
                name: handle.to_owned(),
            });
        }
    }
}

/// A text folded for comparison, each folded character knowing where it came from.
struct Folded {
    chars: Vec<char>,
    /// UTF-16 offsets of the character that each folded one came from: its start and its end.
    from: Vec<(u32, u32)>,
}

impl Folded {
    fn of(text: &str) -> Self {
        let mut folded = Self { chars: Vec::with_capacity(text.len()), from: Vec::with_capacity(text.len()) };
        let mut at = 0u32;
        for c in text.chars() {
            let end = at + if c.len_utf16() == 2 { 2 } else { 1 };
            if is_combining_mark(c) {
                // A decomposed accent belongs to the letter before it.
                if let Some(last) = folded.from.last_mut() {
                    last.1 = end;
                }
            }
            for p in plain_char(c) {
                folded.chars.push(p);
                folded.from.push((at, end));
            }
            at = end;
        }
        folded
    }

    /// Where `wanted` stands as whole words: UTF-16 ranges.
    fn places(&self, wanted: &Self) -> Vec<(u32, u32)> {
        let n = wanted.chars.len();
        if n == 0 || n > self.chars.len() {
            return Vec::new();
        }
        let inside = |at: usize| self.chars.get(at).is_some_and(|c| c.is_alphanumeric());
        let mut places = Vec::new();
        for at in 0..=self.chars.len() - n {
            if self.chars[at..at + n] != wanted.chars[..] {
                continue;
            }
            let cut_before = at > 0 && inside(at - 1) && inside(at);
            let cut_after = inside(at + n) && inside(at + n - 1);
            if !cut_before && !cut_after {
                places.push((self.from[at].0, self.from[at + n - 1].1));
            }
        }
        places
    }
}

#[cfg(test)]
#[path = "leak_tests.rs"]
mod tests;
