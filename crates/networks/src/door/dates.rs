//! When something was written, in the ways in which exports write it: ISO with or without a zone, seconds or milliseconds
//! since 1970, and days written with slashes, of which only the reader can say whether the day comes first.

use guichet_model::Millis;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

/// `None`: it is no date that we can read.
pub(super) fn read(text: &str, day_first: bool, zone: &TimeZone) -> Option<Millis> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        let number: i64 = text.parse().ok()?;
        return match text.len() {
            9..=10 => Some(Millis(number.checked_mul(1_000)?)),
            12..=13 => Some(Millis(number)),
            _ => None,
        };
    }
    if let Some(at) = iso(text) {
        return Some(at);
    }
    let (date, time) = match text.split_once(['T', ' ', ',']) {
        Some((date, time)) => (date, time.trim_start_matches([',', ' '])),
        None => (text, ""),
    };
    let at = DateTime::from_parts(day(date, day_first)?, hour(time)?);
    at.to_zoned(zone.clone()).ok().map(|at| Millis(at.timestamp().as_millisecond()))
}

/// With a zone of its own: `Z`, `+01:00`, and the `+0100` that some networks write.
fn iso(text: &str) -> Option<Millis> {
    let whole = text.replacen(' ', "T", 1);
    let whole = match whole.as_bytes() {
        [.., sign, a, b, c, d]
            if matches!(sign, b'+' | b'-') && [a, b, c, d].iter().all(|d| d.is_ascii_digit()) && whole.len() > 16 =>
        {
            format!("{}:{}", &whole[..whole.len() - 2], &whole[whole.len() - 2..])
        }
        _ => whole.trim_end_matches("TUTC").to_owned(),
    };
    let at: jiff::Timestamp = whole.parse().ok()?;
    Some(Millis(at.as_millisecond()))
}

/// `2026-11-22`, `22/11/2026`, `11/22/2026`, `22.11.26`.
fn day(text: &str, day_first: bool) -> Option<Date> {
    let parts: Vec<i16> = text.split(['-', '/', '.']).map(|part| part.trim().parse().ok()).collect::<Option<_>>()?;
    let [a, b, c] = parts[..] else { return None };
    let (year, month, day) = if a > 31 {
        (a, b, c)
    } else if day_first || a > 12 {
        (c, b, a)
    } else {
        (c, a, b)
    };
    let year = if (0..100).contains(&year) { year + 2_000 } else { year };
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// `18:42`, `18:42:07`, `6:42 PM`, `18h42`; nothing: midnight.
fn hour(text: &str) -> Option<Time> {
    let lower = text.trim().to_ascii_lowercase();
    if lower.is_empty() {
        return Some(Time::midnight());
    }
    let half = lower.trim_end_matches(['.', 'm']).chars().last().filter(|c| matches!(c, 'a' | 'p'));
    let digits = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '.' || c.is_whitespace());
    let parts: Vec<i8> = digits
        .split([':', 'h'])
        .map(|part| part.split('.').next().unwrap_or_default().trim().parse().ok())
        .collect::<Option<_>>()?;
    let (hour, minute, second) = match parts[..] {
        [hour] => (hour, 0, 0),
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    let hour = match half {
        Some('p') if hour < 12 => hour + 12,
        Some('a') if hour == 12 => 0,
        _ => hour,
    };
    Time::new(hour, minute, second, 0).ok()
}
