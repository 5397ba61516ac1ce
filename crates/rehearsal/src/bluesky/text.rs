//! The marks that people's apps put on what they write: who is named, what is linked, what is tagged, by the bytes of the
//! text. A name that nobody bears stays plain text.

use super::names::is_handle;
use super::world::Sky;
use serde_json::{Value, json};

pub(crate) fn facets(sky: &Sky, text: &str) -> Value {
    let mut facets = Vec::new();
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let open = word.trim_start_matches(['(', '«', '\u{a0}', '"']);
        let from = at + word.len() - open.len();
        let plain = open.trim_end().trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '»', '"', '…', '\u{a0}']);
        if let Some(feature) = feature(sky, plain) {
            let index = json!({"byteStart": from, "byteEnd": from + plain.len()});
            facets.push(json!({"index": index, "features": [feature]}));
        }
        at += word.len();
    }
    Value::Array(facets)
}

fn feature(sky: &Sky, word: &str) -> Option<Value> {
    if let Some(handle) = word.strip_prefix('@') {
        let did = is_handle(handle).then(|| sky.did_of(handle)).flatten()?;
        return Some(json!({"$type": "app.bsky.richtext.facet#mention", "did": did}));
    }
    if word.starts_with("https://") && url::Url::parse(word).is_ok() {
        return Some(json!({"$type": "app.bsky.richtext.facet#link", "uri": word}));
    }
    let tag = word.strip_prefix('#').filter(|tag| tag.chars().any(char::is_alphabetic))?;
    Some(json!({"$type": "app.bsky.richtext.facet#tag", "tag": tag}))
}
