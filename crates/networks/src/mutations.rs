//! For the tests of every network: the ways in which a recorded answer may come otherwise. Fields are renamed, dropped and
//! retyped; values are huge, right to left, full of marks that do not show, of wild dates and of scripts.

#![allow(clippy::unwrap_used)]

use guichet_model::Item;
use serde_json::{Value, json};

/// How many answers are tried.
pub(crate) const ROUNDS: u64 = 1_000;
/// Where a round begins; one that fails names its own, to be played alone.
pub(crate) const SEED: u64 = 20_261_122;

/// A small generator of our own (splitmix64), so that a seed means the same for ever.
pub(crate) struct Luck(pub u64);

impl Luck {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

pub(crate) fn wild(luck: &mut Luck) -> Value {
    let texts = [
        "<script>alert(1)</script>bonjour<img src=x onerror=alert(1)>",
        "<p>ouvert <b>jamais <i>fermé <a href='javascript:alert(1)'>clic</a>",
        "\u{202e}à rebours\u{202c} \u{200f}שלום\u{200e}",
        "z\u{200b}e\u{200d}r\u{2060}o\u{feff}",
        "👩‍👩‍👧‍👦🏳️‍🌈 𝔣𝔬𝔫𝔱",
        "\u{0}\u{7}\u{1b}[31m\r\n\t",
        "&lt;b&gt;&amp;amp;&#0;&#x110000;&bogus;",
        "0000-00-00T00:00:00",
        "+275760-09-13T00:00:00Z",
        "-009999-01-01T00:00:00",
        "99999999999999999999",
        "javascript:alert(1)",
        "",
    ];
    match luck.below(12) {
        0 => Value::Null,
        1 => json!(luck.next()),
        2 => json!(-1),
        3 => json!(1.5e308),
        4 => json!(true),
        5 => json!([[[[]]]]),
        6 => json!({ "rendered": { "rendered": [] }, "raw": 7 }),
        7 => json!("é<b>".repeat(20_000)),
        8 => json!("<blockquote>".repeat(6_000)),
        _ => json!(texts[luck.below(texts.len())]),
    }
}

/// Each place in a value, as the names that lead to it.
fn places(value: &Value, at: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let inside: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(all) => all.iter().enumerate().map(|(n, value)| (n.to_string(), value)).collect(),
        _ => return,
    };
    for (name, value) in inside {
        at.push(name);
        found.push(at.clone());
        places(value, at, found);
        at.pop();
    }
}

/// One place of a value, changed.
pub(crate) fn mutate(told: &mut Value, luck: &mut Luck) {
    let mut found = Vec::new();
    places(told, &mut Vec::new(), &mut found);
    let place = found[luck.below(found.len())].clone();
    let (last, way) = place.split_last().unwrap();
    let mut at = &mut *told;
    for name in way {
        at = match at {
            Value::Array(all) => &mut all[name.parse::<usize>().unwrap()],
            other => &mut other[name.as_str()],
        };
    }
    let Value::Object(fields) = at else {
        *at = wild(luck);
        return;
    };
    match luck.below(4) {
        0 => {
            fields.remove(last);
        }
        1 => {
            let value = fields.remove(last).unwrap_or_default();
            fields.insert(format!("{last}_2"), value);
        }
        _ => {
            fields.insert(last.clone(), wild(luck));
        }
    }
}

/// What must hold of any item, whatever was sent.
pub(crate) fn sound(item: &Item, round: u64) {
    for said in [&item.body.text, &item.author.name, &item.author.handle] {
        let markup = ["<script", "<img", "<a ", "onerror=", "\u{0}", "\u{1b}"];
        assert!(!markup.iter().any(|mark| said.contains(mark)), "round {round}: {said:.80}");
    }
    let units = item.body.text.encode_utf16().count() as u32;
    assert!(item.body.links.iter().all(|link| link.start < link.end && link.end <= units), "round {round}");
    assert!(item.body.links.iter().all(|link| link.url.starts_with("http")), "round {round}");
    let kept = [&item.url, &item.author.url, &item.author.avatar];
    assert!(kept.into_iter().flatten().all(|url| url.starts_with("http")), "round {round}");
    assert!((0..7_258_118_400_000).contains(&item.at.0), "round {round}");
}
