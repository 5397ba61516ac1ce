//! Search as typed over a million messages, through the same call as the interface. The slowest class counts.

use crate::{bench_keys, fill, ingest::median};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::time::Instant;

const MESSAGES: usize = 1_000_000;
const CONVERSATIONS: usize = 100_000;
const REPEATS: usize = 20;

/// What is typed, by class: every query of a class is asked as often, and the class's 95th centile is taken.
const CLASSES: &[(&str, &[&str])] = &[
    ("first letter", &["b", "m", "v", "d", "r"]),
    ("two letters", &["me", "co", "vi", "ri"]),
    ("three letters", &["mer", "com", "lec", "aff"]),
    ("frequent word", &["merci", "bonjour", "commande", "pas"]),
    ("frequent words", &["bonjour commande retard", "merci pour la réponse"]),
    ("letter after a word", &["introuvable m", "merci b", "navette r"]),
    ("rare word", &["introuvable", "baviteur12"]),
    ("phrase", &["\"bonjour merci\"", "\"commande pas\"", "\"est ce que\""]),
    ("emoji", &["🎂"]),
    ("client", &["client:librairie m", "client:librairie introuvable"]),
    ("network", &["réseau:mastodon m", "réseau:mastodon merci"]),
    ("author", &["auteur:lectrice12 m", "auteur:lectrice"]),
    ("before", &["avant:2026-09-01 m", "avant:2026-08-01 introuvable"]),
    ("after", &["après:2026-09-20 m", "après:2026-07-01 introuvable"]),
    ("kind", &["type:mention b", "type:avis b"]),
    ("no hit", &["zzzzzz", "merci zzzzzz", "\"zzz merci\""]),
];

pub async fn measure(folder: &Path) -> Map<String, Value> {
    let (desk, _) = fill(folder, bench_keys(folder), MESSAGES, CONVERSATIONS).await;
    let mut all = Map::new();
    let mut worst = ("", 0.0);
    let mut classes = Map::new();
    for (class, queries) in CLASSES {
        let mut times = Vec::new();
        for query in queries.iter() {
            for _ in 0..REPEATS {
                let start = Instant::now();
                let hits = desk.search((*query).to_owned(), 50, None).await.unwrap();
                let answer = serde_json::to_string(&hits).unwrap();
                times.push(start.elapsed().as_secs_f64() * 1_000.0);
                std::hint::black_box(answer);
            }
        }
        let middle = median(&mut times);
        let p95 = times[times.len() * 95 / 100];
        classes.insert((*class).into(), json!({ "median": middle, "p95": p95 }));
        if p95 > worst.1 {
            worst = (class, p95);
        }
    }
    all.insert("search_p95_ms".into(), json!(worst.1));
    all.insert("search_worst_class".into(), json!(worst.0));
    all.insert("search_classes_ms".into(), Value::Object(classes));
    all
}
