//! The language of templates: minijinja, strict, and small. Expressions and `if` only, no loop, so that a template
//! always ends; what an expression writes is framed by private letters, so that the marks are known in the final text.

use crate::view::{Missing, Problem, TemplateTrouble};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use unicode_normalization::UnicodeNormalization;

/// Longest template and longest filled text, in characters.
pub(super) const MOST: usize = 10_000;
const FUEL: u64 = 20_000;
const WORDS: [&str; 5] = ["if", "elif", "else", "endif", "raw"];

const FILLED: char = '\u{e000}';
const MISSING: char = '\u{e001}';
const END: char = '\u{e002}';

/// What a template is filled with. Names are looked up without accents or case.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    pub texts: BTreeMap<&'static str, Option<String>>,
    pub private: bool,
    /// To questions and to variables the desk does not know, by their words as typed.
    pub answers: BTreeMap<String, String>,
}

/// A filled text with its marks, as UTF-16 ranges, end excluded.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Marked {
    pub text: String,
    pub filled: Vec<(u32, u32)>,
    pub missing: Vec<Missing>,
}

/// Whether the template reads, tried with everything known and with nothing, in public and in private.
pub(super) fn check(text: &str) -> Result<(), Problem> {
    if text.chars().count() > MOST {
        return Err(trouble(1, TemplateTrouble::TooLong, String::new()));
    }
    for private in [false, true] {
        for known in [false, true] {
            let texts = TEXTS.iter().map(|(_, name)| (*name, known.then(|| "x".to_owned())));
            let values = Values { texts: texts.collect(), private, answers: BTreeMap::new() };
            render(text, &values)?;
        }
    }
    Ok(())
}

/// The text filled. An error only where the template itself does not read.
pub(super) fn render(text: &str, values: &Values) -> Result<Marked, Problem> {
    let source: String = text.nfc().filter(|c| !is_frame(*c)).collect();
    if let Some((line, word)) = foreign_word(&source) {
        return Err(trouble(line, TemplateTrouble::Syntax, word));
    }
    let mut env = Environment::empty();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|_| AutoEscape::None);
    // A block alone on its line leaves no empty one.
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        env.set_syntax(syntax);
    }
    env.set_fuel(Some(FUEL));
    env.set_recursion_limit(40);
    for name in ["default", "défaut", "defaut", "d"] {
        env.add_filter(
            name,
            |value: &Value, other: Option<Value>| {
                if is_empty(value) { other.unwrap_or_else(|| Value::from("")) } else { value.clone() }
            },
        );
    }
    for name in ["upper", "majuscules"] {
        env.add_filter(name, |value: String| value.to_uppercase());
    }
    for name in ["lower", "minuscules"] {
        env.add_filter(name, |value: String| value.to_lowercase());
    }
    for name in ["capitalize", "capitale"] {
        env.add_filter(name, |value: String| capital(&value));
    }
    env.add_test("defined", |value: &Value| !is_empty(value));
    env.add_test("undefined", is_empty);
    env.set_formatter(|out, _, value| {
        if value.is_undefined() {
            return Err(Error::from(ErrorKind::UndefinedError));
        }
        let written = if value.downcast_object_ref::<Absent>().is_some() {
            // What is missing frames itself, alone or in the middle of others.
            write!(out, "{value}")
        } else if is_empty(value) {
            // An empty fallback writes nothing, on purpose.
            Ok(())
        } else {
            write!(out, "{FILLED}{value}{END}")
        };
        written.map_err(|_| Error::from(ErrorKind::WriteFailure))
    });
    let known = Value::from_object(Known(values.clone()));
    let written = env
        .template_from_str(&source)
        .and_then(|template| template.render(known))
        .map_err(|error| worded(&error, &source))?;
    if written.len() > 4 * MOST {
        return Err(trouble(1, TemplateTrouble::TooLong, String::new()));
    }
    Ok(unframe(&written))
}

/// Variables and questions that a template names, as typed.
pub(super) fn asked(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let env = Environment::empty();
    let source: String = text.nfc().collect();
    if let Ok(template) = env.template_from_str(&source) {
        let named = template.undeclared_variables(false);
        names.extend(named.into_iter().filter(|name| !is_question(name)));
    }
    for call in ["ask(", "demander("] {
        for (at, _) in source.match_indices(call) {
            let rest = source[at + call.len()..].trim_start();
            let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
                continue;
            };
            if let Some(end) = rest[1..].find(quote) {
                names.push(rest[1..=end].to_owned());
            }
        }
    }
    names
}

/// Every name of each text the desk knows, folded.
const TEXTS: [(&[&str], &str); 6] = [
    (&["prenom", "first_name", "firstname"], "prenom"),
    (&["nom", "name"], "nom"),
    (&["compte", "handle", "account"], "compte"),
    (&["client"], "client"),
    (&["reseau", "network"], "reseau"),
    (&["lien", "link"], "lien"),
];

fn is_question(name: &str) -> bool {
    matches!(name, "ask" | "demander")
}

#[derive(Debug)]
struct Known(Values);

impl Object for Known {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        if is_question(name) {
            let known = self.clone();
            return Some(Value::from_function(move |question: String| known.answer(question.trim())));
        }
        let folded = crate::leak::plain(name);
        if matches!(folded.as_str(), "prive" | "private") {
            return Some(Value::from(self.0.private));
        }
        let text = TEXTS
            .iter()
            .find(|(names, _)| names.contains(&folded.as_str()))
            .and_then(|(_, name)| self.0.texts.get(name));
        Some(match text {
            Some(Some(text)) if !text.trim().is_empty() => Value::from(bare(text)),
            // What the person typed names the mark; an answer given for it fills it.
            _ => self.answer(name),
        })
    }
}

impl Known {
    fn answer(&self, question: &str) -> Value {
        let given = self
            .0
            .answers
            .iter()
            .find(|(asked, _)| asked.trim() == question)
            .map(|(_, answer)| bare(answer.trim()))
            .filter(|answer| !answer.is_empty());
        match given {
            Some(answer) => Value::from(answer),
            None => Value::from_object(Absent(bare(question))),
        }
    }
}

/// A value nobody has given yet: false in a condition, a mark in the text.
#[derive(Debug)]
struct Absent(String);

impl Object for Absent {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        false
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MISSING}{}{END}", self.0)
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_undefined()
        || value.is_none()
        || value.downcast_object_ref::<Absent>().is_some()
        || value.as_str().is_some_and(|text| text.trim().is_empty())
}

fn is_frame(c: char) -> bool {
    matches!(c, FILLED | MISSING | END)
}

fn bare(text: &str) -> String {
    text.chars().filter(|c| !is_frame(*c)).collect()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// The frames taken out, and where they stood.
fn unframe(written: &str) -> Marked {
    let mut marked = Marked::default();
    let mut open: Vec<(char, u32, usize)> = Vec::new();
    let mut at = 0u32;
    for c in written.trim().chars() {
        match c {
            FILLED => open.push((c, at, marked.text.len())),
            MISSING => {
                open.push((c, at, marked.text.len()));
                marked.text.push('[');
                at += 1;
            }
            END => match open.pop() {
                Some((MISSING, start, from)) => {
                    let name = marked.text[from + 1..].to_owned();
                    marked.text.push(']');
                    at += 1;
                    marked.missing.push(Missing { start, end: at, name });
                }
                Some((_, start, _)) if start < at => marked.filled.push((start, at)),
                _ => {}
            },
            _ => {
                marked.text.push(c);
                at += if c.len_utf16() == 2 { 2 } else { 1 };
            }
        }
    }
    marked
}

/// A block that is none of ours: its line and its word.
fn foreign_word(source: &str) -> Option<(u32, String)> {
    let mut raw = false;
    for (at, _) in source.match_indices("{%") {
        let word: String = source[at + 2..]
            .trim_start_matches(['-', '+'])
            .trim_start()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        if raw {
            raw = word != "endraw";
        } else if word == "raw" {
            raw = true;
        } else if !WORDS.contains(&word.as_str()) {
            return Some((line_of(source, at), word));
        }
    }
    None
}

fn line_of(source: &str, at: usize) -> u32 {
    u32::try_from(source[..at].matches('\n').count() + 1).unwrap_or(u32::MAX)
}

fn worded(error: &Error, source: &str) -> Problem {
    let line = error.line().and_then(|line| u32::try_from(line).ok());
    let what = match error.kind() {
        ErrorKind::UnknownFilter
        | ErrorKind::UnknownTest
        | ErrorKind::UnknownFunction
        | ErrorKind::UnknownMethod
        | ErrorKind::UndefinedError => TemplateTrouble::UnknownVariable,
        ErrorKind::OutOfFuel => TemplateTrouble::TooLong,
        _ => TemplateTrouble::Syntax,
    };
    // « filter foo is unknown »: the engine names what it does not know in its second word.
    let told =
        error.detail().filter(|detail| detail.ends_with("is unknown")).and_then(|detail| detail.split(' ').nth(1));
    let line = line.unwrap_or(1);
    let name = match told {
        Some(name) => name.to_owned(),
        None => source
            .lines()
            .nth(line.saturating_sub(1) as usize)
            .map(|text| text.trim().chars().take(60).collect())
            .unwrap_or_default(),
    };
    trouble(line, what, name)
}

fn trouble(line: u32, what: TemplateTrouble, name: String) -> Problem {
    Problem::Template { line, what, name }
}
