//! The next opening against every minute of two weeks, in zones whose clocks change.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use guichet_model::MINUTE;
use proptest::prelude::*;

fn paris() -> TimeZone {
    TimeZone::get("Europe/Paris").unwrap()
}

fn at(text: &str) -> Millis {
    Millis(text.parse::<DateTime>().unwrap().to_zoned(paris()).unwrap().timestamp().as_millisecond())
}

fn office() -> Vec<Opening> {
    (1..=5).flat_map(|day| [(540, 720), (840, 1080)].map(|(from, to)| Opening { day, from, to })).collect()
}

#[test]
fn an_office_opens_after_lunch_tomorrow_and_on_monday() {
    let opens = |now: &str| opens_at(&office(), at(now), &paris());
    assert_eq!(opens("2029-03-01T10:00"), None);
    assert_eq!(opens("2029-03-01T12:00"), Some(at("2029-03-01T14:00")));
    assert_eq!(opens("2029-03-01T18:00"), Some(at("2029-03-02T09:00")));
    assert_eq!(opens("2029-03-02T23:00"), Some(at("2029-03-05T09:00")));
    assert_eq!(opens_at(&[], at("2029-03-02T23:00"), &paris()), None);
}

#[test]
fn one_hour_a_week_is_a_week_away_when_it_is_over() {
    let sunday = [Opening { day: 7, from: 600, to: 660 }];
    assert_eq!(opens_at(&sunday, at("2029-03-04T11:00"), &paris()), Some(at("2029-03-11T10:00")));
}

#[test]
fn an_hour_that_the_clock_skips_begins_where_it_goes_on() {
    // Sunday 25 March 2029: from 2:00 the clock is set to 3:00.
    let night = [Opening { day: 7, from: 150, to: 240 }];
    assert_eq!(opens_at(&night, at("2029-03-25T01:00"), &paris()), Some(at("2029-03-25T03:00")));
}

#[test]
fn what_is_no_opening_is_refused() {
    for (day, from, to) in [(0, 0, 60), (8, 0, 60), (1, 60, 60), (1, 120, 60), (1, 0, 1_441)] {
        assert!(!sane(&[Opening { day, from, to }]), "{day} {from} {to}");
    }
    assert!(sane(&[Opening { day: 7, from: 0, to: 1_440 }]));
    assert!(!sane(&vec![Opening { day: 1, from: 0, to: 1 }; 71]));
}

fn openings() -> impl Strategy<Value = Vec<Opening>> {
    let opening = (1..=7_u8, 0..1_440_u16, 1..600_u16).prop_map(|(day, from, long)| Opening {
        day,
        from,
        to: (from + long).min(1_440),
    });
    proptest::collection::vec(opening, 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// Walked minute by minute through the weeks of both changes of the clock.
    #[test]
    fn it_is_the_first_open_minute(
        hours in openings(),
        zone in prop_oneof![Just("Europe/Paris"), Just("America/St_Johns"), Just("Australia/Lord_Howe"), Just("UTC")],
        week in prop_oneof![Just("2029-03-19T00:00"), Just("2029-10-22T00:00"), Just("2029-04-01T00:00")],
        minute in 0..10_080_i64,
    ) {
        let zone = TimeZone::get(zone).unwrap();
        let begin = week.parse::<DateTime>().unwrap().to_zoned(zone.clone()).unwrap().timestamp().as_millisecond();
        let now = Millis(begin + minute * MINUTE);
        let open = |at: Millis| {
            open_at(&hours, &Timestamp::from_millisecond(at.0).unwrap().to_zoned(zone.clone()))
        };
        let first = (0..9 * 1_440).map(|later| now.plus(later * MINUTE)).find(|at| open(*at));
        let wanted = first.filter(|at| *at != now);
        prop_assert_eq!(opens_at(&hours, now, &zone), wanted);
    }
}
