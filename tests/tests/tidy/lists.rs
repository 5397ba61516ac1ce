//! One list of each thing: migrations, the shell's policy, the lock files. What is written twice drifts.

use crate::house::{none, pages, read, root};

#[test]
fn migrations_are_listed_without_holes() {
    let folder = root().join("crates/core/src/store/migrations");
    let mut files: Vec<String> = std::fs::read_dir(&folder)
        .expect("the migrations' folder")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".sql"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no migration");
    for (at, name) in files.iter().enumerate() {
        let number: usize = name[..4].parse().unwrap_or_else(|_| panic!("{name} does not open with its number"));
        assert_eq!(number, at + 1, "{name}: numbers run without holes from 0001");
    }
    let store: String = pages()
        .iter()
        .filter(|page| page.under("crates/core/src/store/") && page.ends(".rs"))
        .map(|page| page.text.clone())
        .collect();
    let unlisted = files.iter().filter(|name| !store.contains(name.as_str())).cloned().collect();
    none("a migration is in no list: it would never run", unlisted);
}

#[test]
fn the_window_loads_nothing_from_outside() {
    let conf: serde_json::Value = serde_json::from_str(&read("src-tauri/tauri.conf.json")).expect("JSON");
    let csp = &conf["app"]["security"]["csp"];
    let csp = match csp {
        serde_json::Value::String(one) => one.clone(),
        serde_json::Value::Object(parts) => parts
            .iter()
            .map(|(name, sources)| match sources {
                serde_json::Value::Array(list) => {
                    let list: Vec<&str> = list.iter().filter_map(|one| one.as_str()).collect();
                    format!("{name} {}", list.join(" "))
                }
                other => format!("{name} {}", other.as_str().unwrap_or_default()),
            })
            .collect::<Vec<_>>()
            .join("; "),
        _ => panic!("tauri.conf.json sets no content security policy"),
    };
    let directive = |name: &str| -> Option<Vec<String>> {
        csp.split(';')
            .map(str::trim)
            .find_map(|part| part.strip_prefix(name)?.strip_prefix(' '))
            .map(|rest| rest.split_whitespace().map(str::to_owned).collect())
    };
    assert!(directive("default-src").is_some(), "no default-src in: {csp}");
    for source in csp.split([' ', ';']).filter(|part| !part.is_empty()) {
        assert!(
            source != "*" && source != "https:" && source != "http:" && source != "data:*",
            "{source} opens the window to the outside"
        );
        assert!(!source.contains("unsafe-eval"), "unsafe-eval in the policy");
        if let Some(host) = source.strip_prefix("http://").or_else(|| source.strip_prefix("https://")) {
            // Tauri's own addresses on systems without custom schemes.
            assert!(host.ends_with(".localhost") || host == "localhost", "{source} is outside");
        }
    }
    let scripts = directive("script-src").or_else(|| directive("default-src")).unwrap_or_default();
    assert!(!scripts.iter().any(|source| source.contains("unsafe")), "scripts: {scripts:?}");
    assert_eq!(
        directive("object-src").or_else(|| directive("default-src")).map(|list| list.contains(&"*".to_owned())),
        Some(false)
    );
    let text = conf.to_string();
    assert!(!text.contains("dangerousDisableAssetCspModification\":true"), "the policy is switched off");
    assert_ne!(conf["app"]["withGlobalTauri"], serde_json::json!(true), "the seam is imported, never global");
}

#[test]
fn capabilities_are_few_and_local() {
    let folder = root().join("src-tauri/capabilities");
    let mut offences = Vec::new();
    for entry in std::fs::read_dir(&folder).expect("src-tauri/capabilities").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.ends_with(".json") {
            continue;
        }
        let one: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(entry.path()).expect("text")).expect("JSON");
        if !one["remote"].is_null() {
            offences.push(format!("{name}: remote pages may call"));
        }
        for permission in one["permissions"].as_array().into_iter().flatten() {
            let permission = permission.as_str().or_else(|| permission["identifier"].as_str()).unwrap_or_default();
            for wide in ["fs:", "shell:", "http:", "process:", "core:webview:allow-create"] {
                if permission.starts_with(wide) {
                    offences.push(format!("{name}: {permission}"));
                }
            }
        }
        let windows: Vec<&str> =
            one["windows"].as_array().into_iter().flatten().filter_map(|one| one.as_str()).collect();
        if windows.contains(&"*") {
            offences.push(format!("{name}: every window, the sign-in too"));
        }
    }
    none("the web view may do little, and only our window", offences);
}

#[test]
fn no_foreign_html_is_ever_shown() {
    let offences = pages()
        .iter()
        .filter(|page| page.under("ui/src/") && !page.is_test())
        .filter(|page| {
            page.text.contains("{@html") || page.text.contains("innerHTML") || page.text.contains("insertAdjacentHTML")
        })
        .map(|page| page.place.clone())
        .collect();
    none("messages are shown as text and links, never as HTML", offences);
}

#[test]
fn lock_files_are_committed_and_name_no_registry() {
    assert!(root().join("Cargo.lock").exists() && root().join("ui/package-lock.json").exists());
    let offences = read("ui/package-lock.json")
        .lines()
        .filter(|line| line.contains("\"resolved\"") && !line.contains("https://registry.npmjs.org/"))
        .map(|line| line.trim().to_owned())
        .collect();
    none("package-lock.json points at somebody's own registry", offences);
}

#[test]
fn the_contract_names_every_command() {
    // Whether contract.ts is fresh is the shell's own test, which generates it; here only that it is there and used.
    let contract = read("ui/src/backend/contract.ts");
    for name in ["DeskView", "ConversationView", "Row", "ReplyState", "Problem"] {
        assert!(contract.contains(name), "contract.ts lacks {name}");
    }
}
