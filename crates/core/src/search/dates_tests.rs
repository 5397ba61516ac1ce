//! The days a query may name.

#![allow(clippy::unwrap_used)]

use super::*;

fn paris() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
}

fn at(text: &str) -> Millis {
    Millis(text.parse::<Timestamp>().unwrap().as_millisecond())
}

#[test]
fn days_months_and_years_in_the_given_zone() {
    let now = at("2026-11-21T20:00:00Z");
    let span = |typed: &str| span(typed, now, &paris());
    let twentieth = Some((at("2026-11-19T23:00:00Z"), at("2026-11-20T23:00:00Z")));
    for typed in ["2026-11-20", "20/11/2026", "20/11/26", "20/11", "20.11.2026", "hier", "Yesterday"] {
        assert_eq!(span(typed), twentieth, "{typed}");
    }
    let today = Some((at("2026-11-20T23:00:00Z"), at("2026-11-21T23:00:00Z")));
    for typed in ["aujourd’hui", "aujourd'hui", "today"] {
        assert_eq!(span(typed), today, "{typed}");
    }
    assert_eq!(span("2026-07"), Some((at("2026-06-30T22:00:00Z"), at("2026-07-31T22:00:00Z"))));
    assert_eq!(span("2025"), Some((at("2024-12-31T23:00:00Z"), at("2025-12-31T23:00:00Z"))));
    assert_eq!(span("24/12").unwrap().0, at("2025-12-23T23:00:00Z"));
}

#[test]
fn what_is_no_day_is_none() {
    for typed in ["", "demain soir", "31/02/2026", "2026-13-01", "12", "a-b-c"] {
        assert_eq!(span(typed, at("2026-11-21T20:00:00Z"), &paris()), None, "{typed}");
    }
}
