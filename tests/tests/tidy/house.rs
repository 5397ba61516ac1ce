//! Reading the checkout: every file that people write, with its text and its place.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of the checkout. `place` is its path from the root, with `/`.
pub struct Page {
    pub place: String,
    pub text: String,
}

impl Page {
    pub fn ends(&self, ending: &str) -> bool {
        self.place.ends_with(ending)
    }

    pub fn under(&self, folder: &str) -> bool {
        self.place.starts_with(folder)
    }

    pub fn lines(&self) -> usize {
        self.text.lines().count()
    }

    /// Whether it proves rather than does: tests may be long, and may say `unwrap`.
    pub fn is_test(&self) -> bool {
        let name = self.place.rsplit('/').next().unwrap_or_default();
        self.place.split('/').any(|part| part == "tests" || part == "__tests__")
            || name == "tests.rs"
            || name.ends_with("_tests.rs")
            || name.contains(".test.")
            || name.contains(".spec.")
    }
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace stands above").to_path_buf()
}

pub fn read(place: &str) -> String {
    let path = root().join(place);
    fs::read_to_string(&path).unwrap_or_else(|why| panic!("{place}: {why}"))
}

/// Folders that hold what is built, fetched or recorded.
const NOT_OURS: &[&str] = &["target", "node_modules", ".git", "dist", "fixtures", "snapshots", "gen", "pictures"];

/// Every text file people write, sorted by place.
pub fn pages() -> Vec<Page> {
    let root = root();
    let mut found = Vec::new();
    for part in ["crates", "src-tauri", "tests", "xtask", "ui", "words"] {
        walk(&root.join(part), &root, &mut found);
    }
    found.sort_by(|a, b| a.place.cmp(&b.place));
    assert!(found.len() > 20, "the checkout was not found under {}", root.display());
    found
}

fn walk(folder: &Path, root: &Path, found: &mut Vec<Page>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if !NOT_OURS.contains(&name.as_str()) {
                walk(&path, root, found);
            }
            continue;
        }
        let known = [".rs", ".ts", ".svelte", ".css", ".sql", ".toml", ".json", ".html", ".js", ".sh", ".md"];
        if !known.iter().any(|ending| name.ends_with(ending)) {
            continue;
        }
        if let Ok(text) = fs::read_to_string(&path) {
            let place = path.strip_prefix(root).expect("below the root");
            found.push(Page { place: place.to_string_lossy().replace('\\', "/"), text });
        }
    }
}

/// Fails with every offence at once, one a line: a rule is mended in one go.
pub fn none(rule: &str, offences: Vec<String>) {
    assert!(offences.is_empty(), "{rule}\n  {}", offences.join("\n  "));
}
