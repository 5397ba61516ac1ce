//! Dates as mails and IMAP write them: `Sat, 21 Nov 2026 18:42:07 +0000`, `21-Nov-2026 18:42:07 +0000`, `1-Nov-2026`.

use jiff::Timestamp;
use jiff::fmt::{rfc2822, strtime};

const DAY_MS: i64 = 86_400_000;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or_default()
}

/// IMAP's, at Greenwich; a day below 10 begins with a space.
pub(crate) fn internal_date(ms: i64) -> String {
    at(ms).strftime("%e-%b-%Y %H:%M:%S +0000").to_string()
}

/// An instant as IMAP writes it.
pub(crate) fn instant(text: &str) -> Option<i64> {
    let time = strtime::parse("%d-%b-%Y %H:%M:%S %z", text.trim_start()).ok()?;
    Some(time.to_timestamp().ok()?.as_millisecond())
}

/// Days since 1970.
pub(crate) fn day(ms: i64) -> i64 {
    ms.div_euclid(DAY_MS)
}

pub(crate) fn named_day(text: &str) -> Option<i64> {
    let date = strtime::parse("%d-%b-%Y", text).ok()?.to_date().ok()?;
    Some(day(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond()))
}

pub(crate) fn date_of_mail(ms: i64) -> String {
    at(ms).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

pub(crate) fn instant_of_mail(text: &str) -> Option<i64> {
    Some(rfc2822::parse(text.trim()).ok()?.timestamp().as_millisecond())
}
