//! Who may import whom. The table is the house's drawing: `model` on top, `core` and `networks` side by side without
//! seeing each other, the shell below, the rehearsal beside. Cargo enforces most of it; this says it in one place,
//! and also reads the `use` lines, since a dependency of a test or an example opens the door to the code beside it.

use crate::house::{Page, none, pages, read};

struct Part {
    folder: &'static str,
    /// Of our own crates, those it may use.
    ours: &'static [&'static str],
    /// Crates it must never see, whoever asks for them.
    never: &'static [&'static str],
}

const OURS: &[&str] =
    &["guichet-model", "guichet-core", "guichet-networks", "guichet-rehearsal", "guichet-tests", "guichet"];

const PARTS: &[Part] = &[
    Part { folder: "crates/model", ours: &[], never: &["tokio", "rusqlite", "reqwest", "tauri", "axum", "keyring"] },
    Part { folder: "crates/core", ours: &["guichet-model"], never: &["reqwest", "hyper", "tauri", "axum"] },
    Part { folder: "crates/networks", ours: &["guichet-model"], never: &["rusqlite", "tauri", "axum", "keyring"] },
    Part {
        folder: "crates/rehearsal",
        ours: &[],
        never: &["rusqlite", "tauri", "keyring", "mastodon-async", "megalodon"],
    },
    Part {
        folder: "src-tauri",
        ours: &["guichet-model", "guichet-core", "guichet-networks", "guichet-rehearsal"],
        never: &["rusqlite", "reqwest", "hyper", "axum", "keyring"],
    },
    Part { folder: "xtask", ours: &[], never: &["tauri", "rusqlite", "reqwest", "axum"] },
    Part {
        folder: "tests",
        ours: &["guichet-model", "guichet-core", "guichet-networks", "guichet-rehearsal"],
        never: &["tauri", "keyring"],
    },
];

/// The one door of each to the outside: (crate, the only folder whose code may use it).
const DOORS: &[(&str, &str)] = &[
    ("rusqlite", "crates/core/"),
    ("keyring", "crates/core/"),
    ("age", "crates/core/"),
    ("axum", "crates/rehearsal/"),
    ("tauri", "src-tauri/"),
];

/// The names a manifest depends on, with the section they stand in.
fn dependencies(manifest: &str) -> Vec<(String, String)> {
    let mut section = String::new();
    let mut found = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
            // `[dependencies.tauri]` names its crate in the heading.
            if let Some((kind, name)) = section.split_once("dependencies.") {
                found.push((format!("{kind}dependencies"), name.to_owned()));
            }
        } else if section.ends_with("dependencies")
            && let Some((name, _)) = line.split_once(['.', '=', ' '])
            && !line.starts_with('#')
        {
            found.push((section.clone(), name.trim().trim_matches('"').to_owned()));
        }
    }
    found
}

#[test]
fn manifests_keep_to_the_table() {
    let mut offences = Vec::new();
    for part in PARTS {
        let place = format!("{}/Cargo.toml", part.folder);
        for (section, name) in dependencies(&read(&place)) {
            let ours = OURS.contains(&name.as_str());
            let never = part.never.iter().any(|never| name == *never || name.starts_with(&format!("{never}-plugin")));
            if (ours && !part.ours.contains(&name.as_str())) || never {
                offences.push(format!("{place}: [{section}] {name}"));
            }
        }
    }
    none("a part depends on what it must never see", offences);
}

#[test]
fn every_member_is_in_the_table() {
    let workspace = read("Cargo.toml");
    let members: Vec<&str> = workspace
        .lines()
        .skip_while(|line| !line.starts_with("members"))
        .skip(1)
        .take_while(|line| !line.starts_with(']'))
        .filter_map(|line| line.trim().strip_prefix('"')?.split('"').next())
        .collect();
    assert!(members.len() >= 7, "the members were not read: {members:?}");
    let missing = members
        .iter()
        .filter(|member| !PARTS.iter().any(|part| part.folder == **member))
        .map(|member| format!("{member} is in no row of the table"))
        .collect();
    none("a new part must say whom it may see", missing);
    let bare =
        workspace.lines().filter(|line| line.starts_with("    \"") && !line.contains('#')).map(str::to_owned).collect();
    none("each member has a one-line comment", bare);
}

/// The code of a Rust file, without comments and without what stands between quotes.
fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default();
        for (at, piece) in line.split('"').enumerate() {
            if at % 2 == 0 {
                out.push_str(piece);
            } else {
                out.push_str("\"\"");
            }
        }
        out.push('\n');
    }
    out
}

/// Whether code names a crate: `name::` that no letter, `_`, `.` or `:` precedes, or `use name;`.
fn names(code: &str, krate: &str) -> bool {
    let krate = krate.replace('-', "_");
    let path = format!("{krate}::");
    let whole = code.match_indices(&path).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '.')
    });
    whole || code.contains(&format!("use {krate};")) || code.contains(&format!("use {krate} as"))
}

fn rust_of<'a>(pages: &'a [Page], folder: &str) -> Vec<&'a Page> {
    pages.iter().filter(|page| page.under(&format!("{folder}/")) && page.ends(".rs")).collect()
}

#[test]
fn code_keeps_to_the_table() {
    let pages = pages();
    let mut offences = Vec::new();
    for part in PARTS {
        for page in rust_of(&pages, part.folder) {
            let code = code(&page.text);
            for never in part.never {
                if names(&code, never) {
                    offences.push(format!("{} names {never}", page.place));
                }
            }
            for ours in OURS.iter().filter(|name| **name != "guichet") {
                let own = page.under("tests/") && *ours == "guichet-tests";
                let itself = read(&format!("{}/Cargo.toml", part.folder)).contains(&format!("name = \"{ours}\""));
                if names(&code, ours) && !part.ours.contains(ours) && !own && !itself {
                    offences.push(format!("{} names {ours}", page.place));
                }
            }
        }
    }
    none("a file uses what its part must never see", offences);
}

#[test]
fn each_door_is_used_in_one_place() {
    let pages = pages();
    let mut offences = Vec::new();
    for page in pages.iter().filter(|page| page.ends(".rs") && !page.is_test()) {
        let code = code(&page.text);
        for (door, folder) in DOORS {
            if !page.under(folder) && names(&code, door) {
                offences.push(format!("{} opens {door}", page.place));
            }
        }
        // Mail is no web: its protocols are a door of their own, for the one network that is mail.
        for door in ["async-imap", "mail-send"] {
            if names(&code, door) && !page.under("crates/networks/src/email/") {
                offences.push(format!("{} opens {door}", page.place));
            }
        }
        if names(&code, "reqwest") && !page.under("crates/networks/") && !page.under("tests/") {
            offences.push(format!("{} opens reqwest", page.place));
        }
    }
    none("a door to the outside is used elsewhere", offences);
}

#[test]
fn the_desk_asks_nobody_for_the_time_or_the_surroundings() {
    let asked =
        ["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now", "env::var", "env::args", "thread_rng"];
    let pages = pages();
    let mut offences = Vec::new();
    for folder in ["crates/model", "crates/core", "crates/networks"] {
        for page in rust_of(&pages, folder).into_iter().filter(|page| !page.is_test()) {
            if page.place.contains("/examples/") || page.place.contains("/benches/") || page.place.contains("/bin/") {
                continue;
            }
            let code = code(&page.text);
            // tokio's is for waiting: a test can stop it. The system's would be a second idea of what time it is.
            let waits = code.contains("tokio::time::Instant") || code.contains("use tokio::time::{");
            for word in asked.iter().filter(|word| code.contains(**word) && !(waits && **word == "Instant::now")) {
                offences.push(format!("{}: {word}", page.place));
            }
        }
    }
    none("time, folders and surroundings come in by the door", offences);
}

#[test]
fn tauri_is_seen_by_one_folder_of_the_interface() {
    let offences = pages()
        .iter()
        .filter(|page| page.under("ui/src/") && !page.under("ui/src/backend/"))
        .filter(|page| page.text.contains("@tauri-apps"))
        .map(|page| page.place.clone())
        .collect();
    none("only ui/src/backend may import @tauri-apps", offences);
}

#[test]
fn the_reader_of_imports_sees() {
    // The rules above are worth what these two functions see.
    assert!(names(&code("use reqwest::Client;"), "reqwest"));
    assert!(names(&code("    let c = reqwest::Client::new();"), "reqwest"));
    assert!(names(&code("use guichet_core as core;"), "guichet-core"));
    assert!(!names(&code("// reqwest::Client is not ours"), "reqwest"));
    assert!(!names(&code("let s = \"reqwest::Client\";"), "reqwest"));
    assert!(!names(&code("crate::tauri::x(); my_tauri::y()"), "tauri"));
    let read = dependencies(
        "[dependencies]\ntokio.workspace = true\n[dev-dependencies]\nx = \"1\"\n[dependencies.tauri]\nversion = \"2\"\n",
    );
    let names: Vec<&str> = read.iter().map(|(_, name)| name.as_str()).collect();
    assert!(names.contains(&"tokio") && names.contains(&"x") && names.contains(&"tauri"), "{names:?}");
}
