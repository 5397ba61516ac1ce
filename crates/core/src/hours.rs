//! When a client answers: hours of the week, in the person's own time zone.
//!
//! They keep nothing from leaving. They are what « send when they open » means, and what the composer says outside them.

use crate::view::Opening;
use guichet_model::{DAY, Millis};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

const MINUTES_A_DAY: u16 = 24 * 60;
/// A whole week and the day it begins on.
const LOOKED_AT: i64 = 8;
/// More would be nobody's week.
const MOST: usize = 70;

/// Whether every opening is one: a day of the week, and minutes in order.
pub(crate) fn sane(hours: &[Opening]) -> bool {
    let sane = |o: &Opening| (1..=7).contains(&o.day) && o.from < o.to && o.to <= MINUTES_A_DAY;
    hours.len() <= MOST && hours.iter().all(sane)
}

/// When they open next; `None` where they are open now, always, or never again.
pub(crate) fn opens_at(hours: &[Opening], now: Millis, zone: &TimeZone) -> Option<Millis> {
    let here = Timestamp::from_millisecond(now.0).ok()?.to_zoned(zone.clone());
    if hours.is_empty() || open_at(hours, &here) {
        return None;
    }
    let today = here.date();
    // A clock that is set forward may open them in the middle of their hours, and one that is set back twice: changes of
    // the clock are tried beside the beginnings.
    let last = now.plus(LOOKED_AT * DAY);
    let changes = zone
        .following(here.timestamp())
        .map(|change| change.timestamp())
        .take_while(|at| at.as_millisecond() <= last.0);
    (0..LOOKED_AT)
        .filter_map(|days| today.checked_add(days.days()).ok())
        .flat_map(|date| hours.iter().filter(move |o| on(o, date)).filter_map(move |o| begins(o, date)))
        .flat_map(|begins| {
            let ambiguous = zone.to_ambiguous_timestamp(begins);
            [ambiguous.earlier().ok(), ambiguous.later().ok()].into_iter().flatten()
        })
        .chain(changes)
        .filter(|at| at.as_millisecond() > now.0)
        .filter(|at| open_at(hours, &at.to_zoned(zone.clone())))
        .map(|at| Millis(at.as_millisecond()))
        .min()
}

fn open_at(hours: &[Opening], here: &Zoned) -> bool {
    let minute = i32::from(here.hour()) * 60 + i32::from(here.minute());
    hours.iter().any(|o| on(o, here.date()) && (i32::from(o.from)..i32::from(o.to)).contains(&minute))
}

fn on(opening: &Opening, date: Date) -> bool {
    i16::from(opening.day) == i16::from(date.weekday().to_monday_one_offset())
}

fn begins(opening: &Opening, date: Date) -> Option<DateTime> {
    let (hour, minute) = (i8::try_from(opening.from / 60).ok()?, i8::try_from(opening.from % 60).ok()?);
    Some(date.to_datetime(Time::new(hour, minute, 0, 0).ok()?))
}

#[cfg(test)]
#[path = "hours_tests.rs"]
mod tests;
