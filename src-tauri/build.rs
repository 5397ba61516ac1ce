//! Before the shell compiles: the words become a Rust table, and the folder of the interface exists.
//!
//! The interface is built apart; on a clean clone its folder is empty, and the program must compile all the same.

use std::fmt::Write;
use std::path::{Path, PathBuf};

fn main() {
    let here = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(std::env::var("OUT_DIR").unwrap_or_default());
    let root = here.parent().unwrap_or(&here);
    let done = words(&root.join("words"), &out).and_then(|()| placeholder(&root.join("ui/dist")));
    if let Err(why) = done {
        println!("cargo::error={why}");
        return;
    }
    tauri_build::build();
}

/// `words/fr.json` and `words/en.json` as one sorted table each.
fn words(folder: &Path, out: &Path) -> Result<(), String> {
    let mut rust = String::new();
    for language in ["fr", "en"] {
        let file = folder.join(format!("{language}.json"));
        println!("cargo::rerun-if-changed={}", file.display());
        let text = std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let words: std::collections::BTreeMap<String, String> =
            serde_json::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))?;
        let _ = writeln!(rust, "static {}: &[(&str, &str)] = &[", language.to_uppercase());
        for (key, word) in words {
            let _ = writeln!(rust, "    ({key:?}, {word:?}),");
        }
        let _ = writeln!(rust, "];");
    }
    std::fs::write(out.join("words.rs"), rust).map_err(|e| e.to_string())
}

fn placeholder(dist: &Path) -> Result<(), String> {
    println!("cargo::rerun-if-changed={}", dist.display());
    let page = dist.join("index.html");
    if page.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(dist).map_err(|e| e.to_string())?;
    let text = "<!doctype html><meta charset=utf-8><title>Guichet</title><p>npm run build";
    std::fs::write(page, text).map_err(|e| e.to_string())
}
