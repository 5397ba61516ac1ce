//! Marks by bytes, in texts whose letters take one to four of them.

#![allow(clippy::unwrap_used)]

use super::*;
use serde_json::json;

fn mark(start: usize, end: usize, feature: Value) -> Value {
    json!({ "index": { "byteStart": start, "byteEnd": end }, "features": [feature] })
}

fn link(uri: &str) -> Value {
    json!({ "$type": "app.bsky.richtext.facet#link", "uri": uri })
}

fn mention(did: &str) -> Value {
    json!({ "$type": "app.bsky.richtext.facet#mention", "did": did })
}

fn shown(body: &Body, link: &Link) -> String {
    let units: Vec<u16> = body.text.encode_utf16().collect();
    String::from_utf16(&units[link.start as usize..link.end as usize]).unwrap()
}

#[test]
fn links_stand_where_their_letters_do() {
    // Conformance of our own making: text, what is marked, and what must be shown.
    let cases = [
        ("voir exemple.test", "exemple.test"),
        ("é è ê → exemple.test", "exemple.test"),
        ("👩‍👩‍👧‍👦🏳️‍🌈 exemple.test !", "exemple.test"),
        ("  \n exemple.test  ", "exemple.test"),
        ("\u{202e}שלום exemple.test", "exemple.test"),
        ("a\r\nb\r\nexemple.test", "exemple.test"),
        ("\u{0}\u{7}exemple.test\u{1b}", "exemple.test"),
        ("z\u{200b}z exemple.test", "exemple.test"),
        ("exemple.test", "exemple.test"),
    ];
    for (text, marked) in cases {
        let start = text.find(marked).unwrap();
        let facets = json!([mark(start, start + marked.len(), link("https://exemple.test/page"))]);
        let body = body(text, &facets);
        assert_eq!(body.links.len(), 1, "{text:?}");
        assert_eq!(shown(&body, &body.links[0]), marked, "{text:?}");
        assert_eq!(body.links[0].url, "https://exemple.test/page");
        assert!(!body.text.contains(['\r', '\u{0}', '\u{1b}']));
    }
}

#[test]
fn marks_that_make_no_sense_are_passed_over() {
    let text = "é exemple.test";
    let good = link("https://exemple.test");
    for (start, end) in [(1, 4), (3, 99), (5, 5), (9, 3), (0, 1)] {
        let body = body(text, &json!([mark(start, end, good.clone())]));
        assert!(body.links.is_empty(), "{start}..{end}");
        assert_eq!(body.text, text);
    }
    for feature in [link("javascript:alert(1)"), link("exemple"), json!({ "$type": "x#y" }), json!(7), Value::Null] {
        assert!(body(text, &json!([mark(3, 15, feature)])).links.is_empty());
    }
    for facets in [json!(null), json!("x"), json!([1, [], {}]), json!([{ "index": { "byteStart": -1, "byteEnd": 2 } }])]
    {
        assert_eq!(body(text, &facets), Body { text: text.to_owned(), ..Body::default() });
    }
    // Over another: the first one counts.
    let over = json!([mark(3, 15, link("https://a.test")), mark(5, 10, link("https://b.test"))]);
    assert_eq!(body(text, &over).links.len(), 1);
}

#[test]
fn people_are_named_by_what_lasts() {
    let text = "Merci @léa et @lea.exemple.test !";
    let start = text.find("@lea.").unwrap();
    let facets = json!([mark(start, start + 17, mention("did:plc:lea"))]);
    let body = body(text, &facets);
    assert_eq!(body.mentions, [Mention { remote: RemoteId::new("did:plc:lea"), handle: "lea.exemple.test".into() }]);
    assert!(names(text, &facets, "did:plc:lea"));
    assert!(!names(text, &facets, "did:plc:autre"));
    assert!(super::body(text, &json!([mark(start, start + 17, mention("lea.exemple.test"))])).mentions.is_empty());
}
