//! Days as people type them in a query: `2026-11-20`, `20/11/2026`, `20/11`, `2026-11`, `2026`, `hier`, `today`.

use guichet_model::Millis;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// From the first instant, to the first instant after, in the given zone. `None` where it is no day, month or year.
pub(super) fn span(typed: &str, now: Millis, zone: &TimeZone) -> Option<(Millis, Millis)> {
    let today = Timestamp::from_millisecond(now.0).ok()?.to_zoned(zone.clone()).date();
    let (first, after) = days(typed, today)?;
    Some((starts(first, zone)?, starts(after, zone)?))
}

fn days(typed: &str, today: Date) -> Option<(Date, Date)> {
    let day = |date: Date| Some((date, date.checked_add(1.day()).ok()?));
    let plain: String = super::fold::words(typed).iter().map(|word| word.plain.as_str()).collect();
    match plain.as_str() {
        "aujourdhui" | "today" => return day(today),
        "hier" | "yesterday" => return day(today.checked_sub(1.day()).ok()?),
        "avanthier" => return day(today.checked_sub(2.days()).ok()?),
        _ => {}
    }
    let parts: Vec<i16> = typed.split(['-', '/', '.']).map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let date =
        |year: i16, month: i16, day: i16| Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok();
    match (parts.as_slice(), typed.contains('-')) {
        ([year, month, of_month], true) => day(date(*year, *month, *of_month)?),
        ([of_month, month, year], false) => {
            let year = if *year < 100 { 2000 + *year } else { *year };
            day(date(year, *month, *of_month)?)
        }
        ([year, month], true) => {
            let first = date(*year, *month, 1)?;
            Some((first, first.checked_add(1.month()).ok()?))
        }
        // Without a year it is the last such day, never one to come.
        ([of_month, month], false) => {
            let this_year = date(today.year(), *month, *of_month)?;
            if this_year > today { day(date(today.year() - 1, *month, *of_month)?) } else { day(this_year) }
        }
        ([year], _) if *year >= 1970 => {
            let first = date(*year, 1, 1)?;
            Some((first, first.checked_add(1.year()).ok()?))
        }
        _ => None,
    }
}

fn starts(date: Date, zone: &TimeZone) -> Option<Millis> {
    let zoned = date.to_zoned(zone.clone()).ok()?;
    Some(Millis(zoned.timestamp().as_millisecond()))
}

#[cfg(test)]
#[path = "dates_tests.rs"]
mod tests;
