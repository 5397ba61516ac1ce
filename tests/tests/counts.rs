//! The counter that is shown and the count that decides at the send agree: the desk's cases, through the connector.

#![allow(clippy::expect_used)]

use guichet_model::{TextLimit, TextUnit};
use serde_json::Value;

#[test]
fn the_connector_counts_as_the_desk_shows() {
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("../../crates/core/src/count_cases.json")).expect("cases are JSON");
    let limit = TextLimit { most: 500, unit: TextUnit::Graphemes, link_counts: Some(23), mention_domain_free: true };
    // Those addressed at the head are put there by each side itself; both have their own test of it.
    for case in cases.iter().filter(|case| case.get("to").is_none()) {
        let words = |name: &str| case.get(name).and_then(Value::as_str).unwrap_or_default();
        let counted = guichet_networks::count("mastodon", words("text"), words("warning"), &limit);
        let shown = case["counts"].as_u64().and_then(|n| u32::try_from(n).ok());
        assert_eq!(counted, shown, "{}", words("name"));
    }
}
