//! What one file may look like: its length, its opening, and the words that must not be in it.

use crate::house::{Page, none, pages, read, root};

const LONGEST: usize = 500;

/// Written by a program, or a list that only grows.
fn is_made(page: &Page) -> bool {
    page.ends("contract.ts") || page.ends("package-lock.json") || page.under("words/") || page.ends(".md")
}

#[test]
fn files_are_short() {
    let offences = pages()
        .iter()
        .filter(|page| !page.is_test() && !is_made(page) && page.lines() > LONGEST)
        .map(|page| format!("{}: {} lines", page.place, page.lines()))
        .collect();
    none("a file has at most 500 lines: split it by noun", offences);
}

#[test]
fn files_open_with_what_they_are_for() {
    let mut offences = Vec::new();
    for page in pages() {
        // What a file is for may follow what is allowed in it.
        let first = page.text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        let second = page.text.lines().map(str::trim).filter(|line| !line.is_empty()).nth(1).unwrap_or_default();
        let opens = if page.ends(".rs") {
            let allowed = |line: &&str| line.starts_with("#![");
            let opening = page.text.lines().filter(|line| !line.trim().is_empty()).find(|line| !allowed(line));
            opening.is_some_and(|line| line.starts_with("//!"))
        } else if page.ends(".ts") || page.ends(".js") {
            first.starts_with("//") || first.starts_with("/*")
        } else if page.ends(".svelte") {
            first.starts_with("<!--")
                || (first.starts_with("<script") && (second.starts_with("//") || second.starts_with("/*")))
        } else if page.ends(".css") {
            first.starts_with("/*")
        } else if page.ends(".sql") {
            first.starts_with("--")
        } else if page.ends(".sh") {
            first.starts_with("#!") && second.starts_with('#')
        } else {
            true
        };
        if !opens {
            offences.push(page.place);
        }
    }
    none("a file opens with what it is for", offences);
}

/// Split, so that this file does not offend against itself.
const LEFT_BEHIND: &[&str] = &[
    concat!("todo", "!("),
    concat!("dbg", "!("),
    concat!("unimplemented", "!("),
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X:"),
    concat!("#[ig", "nore"),
    concat!("it.sk", "ip("),
    concat!("it.on", "ly("),
    concat!("debug", "ger;"),
    concat!("@ts-ig", "nore"),
    concat!("../sha", "red"),
    concat!("/work/sha", "red"),
    concat!("/tmp/br", "ief"),
];

#[test]
fn nothing_is_left_for_later() {
    let mut offences = Vec::new();
    for page in pages() {
        for word in LEFT_BEHIND {
            for (at, line) in page.text.lines().enumerate().filter(|(_, line)| line.contains(word)) {
                offences.push(format!("{}:{}: {}", page.place, at + 1, line.trim()));
            }
        }
    }
    for place in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        let text = read(place);
        offences.extend(LEFT_BEHIND.iter().filter(|word| text.contains(**word)).map(|word| format!("{place}: {word}")));
    }
    none("nothing for later, and the project speaks of itself only", offences);
}

#[test]
fn names_are_nouns_of_the_user() {
    let vague = ["Manager", "Service", "Helper", "Util", "Utils", "Handler", "Processor"];
    let mut offences = Vec::new();
    for page in pages().iter().filter(|page| page.ends(".rs") || page.ends(".ts")) {
        for line in page.text.lines() {
            let line = line
                .trim_start()
                .trim_start_matches("export ")
                .trim_start_matches("pub ")
                .trim_start_matches("pub(crate) ");
            let Some(rest) =
                ["struct ", "enum ", "trait ", "class ", "interface "].iter().find_map(|word| line.strip_prefix(word))
            else {
                continue;
            };
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if vague.iter().any(|word| name.ends_with(word)) {
                offences.push(format!("{}: {name}", page.place));
            }
        }
    }
    none("a name says a noun of the user, not a pattern", offences);
}

#[test]
fn the_pages_for_people_are_there() {
    let readme = read("README.md");
    assert!(
        readme.contains("cargo xtask run") && readme.contains("cargo xtask test"),
        "README.md says the two commands"
    );
    assert!(readme.contains("!["), "README.md shows the desk");
    for part in [
        "crates/model",
        "crates/core",
        "crates/networks",
        "crates/rehearsal",
        "src-tauri",
        "ui",
        "words",
        "tests",
        "xtask",
    ] {
        assert!(readme.contains(part.rsplit('/').next().expect("a name")), "README.md's map lacks {part}");
    }
    let architecture = read("ARCHITECTURE.md").lines().count();
    assert!(architecture <= 150, "ARCHITECTURE.md has {architecture} lines, 150 at most");
    let _changes = read("CHANGELOG.md");
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        let one = root().join(licence).exists() || root().join("LICENSE").exists();
        assert!(one, "{licence} is missing");
    }
}

#[test]
fn pictures_named_by_the_readme_exist() {
    let readme = read("README.md");
    let missing = readme
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#', ' ']).next())
        .filter(|link| !link.is_empty() && !link.contains("://") && !root().join(link).exists())
        .map(str::to_owned)
        .collect();
    none("README.md points at what is not there", missing);
}
