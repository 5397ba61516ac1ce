//! The evenings as data: whole, short enough, and set as French is set.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::text::counted;
use std::collections::BTreeSet;

fn all() -> Vec<Scenario> {
    FILES.iter().map(|file| serde_json::from_str(file).unwrap()).collect()
}

fn lines(scenario: &Scenario) -> Vec<&Line> {
    scenario.start.iter().chain(&scenario.arrivals).collect()
}

#[test]
fn every_line_has_its_author_and_its_place() {
    for scenario in all() {
        let own: BTreeSet<&str> =
            scenario.clients.iter().flat_map(|client| &client.accounts).map(|own| own.username.as_str()).collect();
        let mut posts = BTreeSet::new();
        let mut ordered = lines(&scenario);
        ordered.sort_by(|a, b| a.at.total_cmp(&b.at));
        // Minutes before the start are negative, seconds after it are not: one order for both.
        for line in ordered {
            assert!(own.contains(line.by.as_str()) || scenario.people.contains_key(&line.by), "{line:?}");
            for about in [&line.re, &line.edit, &line.delete, &line.like, &line.boost].into_iter().flatten() {
                assert!(posts.contains(about.as_str()), "{about} comes later than {line:?}");
            }
            for named in line.to.iter().chain(&line.follow) {
                assert!(own.contains(named.as_str()), "{line:?}");
            }
            posts.extend(line.id.as_deref());
        }
        assert!(scenario.start.iter().all(|line| line.at < 0.0));
        assert!(scenario.arrivals.iter().all(|line| line.at > 0.0));
    }
}

#[test]
fn nothing_is_longer_than_the_network_allows() {
    for scenario in all() {
        for line in lines(&scenario) {
            assert!(counted(&line.spoiler, &line.text) < 450, "{line:?}");
        }
        for template in scenario.clients.iter().flat_map(|client| &client.templates) {
            assert!(counted("", &template.text) < 400, "{template:?}");
        }
    }
}

#[test]
fn french_is_set_in_french() {
    for scenario in all() {
        let french = lines(&scenario).into_iter().filter(|line| line.lang.is_none()).map(|line| &line.text);
        let templates = scenario.clients.iter().flat_map(|client| &client.templates);
        let templates = templates.filter(|template| template.lang == "fr").map(|template| &template.text);
        for text in french.chain(templates) {
            for wrong in [" ?", " !", " ;", " :", "« ", " »", "'"] {
                assert!(!text.replace(" :velo:", "").replace(" :brioche:", "").contains(wrong), "{wrong:?} in {text}");
            }
        }
    }
}
