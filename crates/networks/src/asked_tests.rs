//! Which paths of an answer the readers ask for, and whether a recording has ever shown them.
//!
//! Every recording beside a connector is read by its readers, and each question is noted: by the place in the source that
//! asked, with the path it stood at. A place whose field was there at least once is proved. The others, and the places that
//! no recording ever reached, are printed as unproved: each must stand in `unproved.txt` under the document that says so.
//! What stands there and is proved by now, or is asked for no more, fails as well. Letters are no JSON: of a mailbox, only its tokens are.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::http::Answer;
use crate::{bluesky, discourse, mastodon, recorded, wordpress};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::Location;
use std::path::{Path, PathBuf};

const JSON: [&str; 4] = [mastodon::NAME, bluesky::NAME, wordpress::NAME, discourse::NAME];
/// Of a mailbox, where only its tokens are JSON.
const TOKENS: &str = "email/grant.rs";

/// A place in a reader, and what it asks for there.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Spot {
    /// From the folder of its network on.
    file: String,
    line: u32,
    column: u32,
    name: String,
}

#[derive(Default)]
struct Asked {
    found: bool,
    /// The shortest of the paths it was asked at.
    path: String,
}

#[derive(Default)]
struct Watch {
    /// By a value's address, where it stands in the recording that is read. They live as long as it does.
    places: HashMap<usize, String>,
    spots: BTreeMap<Spot, Asked>,
}

thread_local! {
    static WATCH: RefCell<Option<Watch>> = const { RefCell::new(None) };
}

fn address(value: &Value) -> usize {
    std::ptr::from_ref(value).addr()
}

impl Watch {
    fn learn(&mut self, value: &Value, place: &str) {
        self.places.insert(address(value), place.to_owned());
        for one in value.as_array().into_iter().flatten() {
            self.learn(one, &format!("{place}[]"));
        }
        for (name, one) in value.as_object().into_iter().flatten() {
            self.learn(one, &format!("{place}.{name}"));
        }
    }

    /// What was copied out of its recording stands nowhere.
    fn place(&self, parent: &Value, name: &str) -> String {
        format!("{}.{name}", self.places.get(&address(parent)).map_or("…", String::as_str))
    }
}

/// Called for each question of a reader.
pub(super) fn asked(parent: &Value, name: &str, found: Option<&Value>, by: &'static Location<'static>) {
    WATCH.with_borrow_mut(|watch| {
        let Some(watch) = watch else { return };
        let path = watch.place(parent, name);
        let spot = Spot { file: within(by.file()), line: by.line(), column: by.column(), name: name.to_owned() };
        let asked = watch.spots.entry(spot).or_default();
        asked.found |= found.is_some_and(|value| !value.is_null());
        if asked.path.is_empty() || path.len() < asked.path.len() {
            asked.path = path;
        }
    });
}

/// What stands where nothing does: a value of its own while somebody watches, so that it is known what is asked of it.
pub(super) fn missing(parent: &Value, name: &str) -> &'static Value {
    WATCH.with_borrow_mut(|watch| {
        let Some(watch) = watch else { return &Value::Null };
        let place = watch.place(parent, name);
        let nothing: &'static Value = Box::leak(Box::new(Value::Null));
        watch.places.insert(address(nothing), place);
        nothing
    })
}

/// `mastodon/wire.rs`
fn within(file: &str) -> String {
    let file = file.replace('\\', "/");
    file.rsplit_once("/src/").map_or(file.as_str(), |(_, rest)| rest).to_owned()
}

fn watched(place: &str, told: &Value, read: impl FnOnce()) {
    WATCH.with_borrow_mut(|watch| watch.as_mut().expect("it was begun").learn(told, place));
    read();
    WATCH.with_borrow_mut(|watch| watch.as_mut().expect("it was begun").places.clear());
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The recordings that stand beside a connector, without their endings.
fn recordings(network: &str) -> Vec<String> {
    let files = std::fs::read_dir(source().join(network).join("fixtures")).unwrap().flatten();
    let mut names: Vec<String> =
        files.filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(".json")?.to_owned())).collect();
    names.sort();
    names
}

/// The refusals that a file of them holds, as they were answered.
pub(crate) fn refusals(told: &Value) -> Vec<Answer> {
    let answer = |refused: &Value| Answer {
        status: u16::try_from(refused["status"].as_u64().unwrap()).unwrap(),
        headers: Default::default(),
        body: refused["body"].to_string().into_bytes(),
    };
    told.as_object().unwrap().values().map(answer).collect()
}

/// A recording, read by everything that reads such an answer. One that nothing reads fails.
fn read(network: &str, name: &str) {
    let file = source().join(network).join("fixtures").join(format!("{name}.json"));
    let text = std::fs::read_to_string(&file).unwrap();
    let kind = match (network, name) {
        ("mastodon", name) => name.rsplit('-').next().unwrap(),
        ("wordpress", "view") => "comments",
        ("discourse", "post" | "edited") => "posts",
        ("discourse", "private") => "messages",
        (_, name) => name,
    };
    let mut is_read = false;
    if let Ok(what) = recorded::kind(network, kind) {
        for exchange in recorded::exchanges(what, &text).unwrap() {
            watched(kind, &exchange.body, || (what.read)(&exchange, &mut recorded::Reading::default()));
        }
        is_read = true;
    }
    let told: Value = serde_json::from_str(&text).unwrap();
    watched(name, &told, || {
        is_read |= match network {
            mastodon::NAME => mastodon::recorded::ask(kind, &told),
            bluesky::NAME => bluesky::recorded::ask(name, &told),
            wordpress::NAME => wordpress::recorded::ask(name, &told),
            _ => false,
        };
    });
    assert!(is_read, "{}: nothing reads it", file.display());
}

/// Every place of the connectors that asks an answer for a field. `(name)`: for whichever that word says.
fn every_spot() -> BTreeSet<Spot> {
    let mut spots = BTreeSet::new();
    spots_of(TOKENS, &mut spots);
    for network in JSON {
        for file in std::fs::read_dir(source().join(network)).unwrap().flatten() {
            let name = file.file_name().into_string().unwrap();
            if name.ends_with(".rs") && !name.ends_with("_tests.rs") && !name.starts_with("fake") {
                spots_of(&format!("{network}/{name}"), &mut spots);
            }
        }
    }
    spots
}

fn spots_of(file: &str, spots: &mut BTreeSet<Spot>) {
    let number = |n: usize| u32::try_from(n).unwrap();
    let text = std::fs::read_to_string(source().join(file)).unwrap();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
        for (at_byte, _) in line.match_indices("[\"") {
            let before = line[..at_byte].chars().next_back();
            let asks = before.is_some_and(|c| c.is_alphanumeric() || matches!(c, ')' | ']' | '?'));
            let is_set = line[at_byte..].split_once(']').is_some_and(|(_, rest)| rest.trim_start().starts_with("= "));
            assert!(!asks || is_set, "{file}:{}: asked for without `at`, so that nobody sees it", at + 1);
        }
        for (at_byte, call) in [".at(", ".has("].iter().flat_map(|call| line.match_indices(call)) {
            let asked = line[at_byte + call.len()..].split(')').next().unwrap();
            let name = match asked.strip_prefix('"') {
                Some(name) => name.replace('"', ""),
                None if asked.chars().all(|c| c.is_ascii_lowercase() || c == '_') => format!("({asked})"),
                // Of a map of our own.
                None => continue,
            };
            let column = number(line[..at_byte].chars().count() + 2);
            spots.insert(Spot { file: file.to_owned(), line: number(at + 1), column, name });
        }
    }
}

/// What is unproved: the file, and the end of the path, as `unproved.txt` writes it, with the whole of it.
fn unproved() -> BTreeMap<(String, String), String> {
    WATCH.set(Some(Watch::default()));
    for network in JSON {
        recordings(network).iter().for_each(|name| read(network, name));
    }
    let seen = WATCH.take().unwrap().spots;
    let mut unproved = BTreeMap::new();
    for (spot, asked) in seen.iter().filter(|(_, asked)| !asked.found) {
        let mut last = asked.path.rsplit('.');
        let name = last.next().unwrap();
        let end = last.next().map_or(name.to_owned(), |above| format!("{above}.{name}"));
        unproved.insert((spot.file.clone(), end), asked.path.clone());
    }
    for spot in every_spot() {
        let here = |known: &Spot| (&known.file, known.line, known.column) == (&spot.file, spot.line, spot.column);
        if !seen.keys().any(here) {
            let path = format!("{}, in no recording's way", spot.name);
            unproved.insert((spot.file, spot.name), path);
        }
    }
    unproved
}

/// `file: path path … | the document that says so`, one a line.
fn documented() -> BTreeSet<(String, String)> {
    let mut known = BTreeSet::new();
    for line in include_str!("unproved.txt").lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let (what, document) = line.split_once('|').unwrap_or((line, ""));
        assert!(document.trim().len() > 10, "unproved.txt: no document says so: {line}");
        let (file, paths) = what.split_once(':').expect("a file and its paths");
        for path in paths.split_whitespace() {
            let new = known.insert((file.trim().to_owned(), path.to_owned()));
            assert!(new, "unproved.txt: twice: {file} {path}");
        }
    }
    known
}

#[test]
fn every_path_that_a_reader_asks_for_was_recorded_or_stands_in_a_document() {
    let (unproved, documented) = (unproved(), documented());
    for ((file, _), path) in &unproved {
        println!("unproved: {file}: {path}");
    }
    println!("{} unproved", unproved.len());
    let new: Vec<_> = unproved.keys().filter(|known| !documented.contains(known)).collect();
    assert!(new.is_empty(), "no recording shows them, and unproved.txt names no document: {new:#?}");
    let old: Vec<_> = documented.iter().filter(|known| !unproved.contains_key(known)).collect();
    assert!(old.is_empty(), "unproved.txt names what is proved, or not asked for: {old:#?}");
}
