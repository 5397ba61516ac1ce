//! The names of things: content ids computed as the real network computes them (a client that keeps one may compare it for
//! ever), record keys made of time, and the syntaxes that every server refuses to see broken.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use serde_json::Value;
use sha2::{Digest, Sha256};

const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const SORTED: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";
/// Version 1, what follows, sha-256, 32 bytes of it.
const RECORD: [u8; 4] = [0x01, 0x71, 0x12, 0x20];
const BLOB: [u8; 4] = [0x01, 0x55, 0x12, 0x20];

/// The content id of a record: the hash of its DAG-CBOR. `Err` with the path of what that form cannot say.
pub(crate) fn cid_of(record: &Value) -> Result<String, (String, String)> {
    let mut bytes = Vec::new();
    encode(record, "$.record", &mut bytes)?;
    Ok(cid(RECORD, &bytes))
}

/// The content id of a picture's bytes.
pub(crate) fn cid_of_bytes(bytes: &[u8]) -> String {
    cid(BLOB, bytes)
}

fn cid(head: [u8; 4], bytes: &[u8]) -> String {
    let mut whole = head.to_vec();
    whole.extend(Sha256::digest(bytes));
    format!("b{}", base32(&whole))
}

/// Lower-case letters, no padding.
pub(crate) fn base32(bytes: &[u8]) -> String {
    let mut out = String::new();
    let (mut held, mut bits) = (0u32, 0);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(char::from(LETTERS[((held >> bits) & 31) as usize]));
        }
    }
    if bits > 0 {
        out.push(char::from(LETTERS[((held << (5 - bits)) & 31) as usize]));
    }
    out
}

fn unbase32(text: &str) -> Option<Vec<u8>> {
    let (mut held, mut bits, mut out) = (0u32, 0, Vec::new());
    for letter in text.bytes() {
        held = ((held << 5) | LETTERS.iter().position(|known| *known == letter)? as u32) & 0xFFFF;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push(((held >> bits) & 255) as u8);
        }
    }
    Some(out)
}

fn cid_bytes(text: &str) -> Option<Vec<u8>> {
    let bytes = unbase32(text.strip_prefix('b')?)?;
    (bytes.len() == 36 && (bytes.starts_with(&RECORD) || bytes.starts_with(&BLOB))).then_some(bytes)
}

/// Maps sorted by the length of their keys, then by their bytes; links and bytes in their JSON forms taken as such.
fn encode(value: &Value, path: &str, out: &mut Vec<u8>) -> Result<(), (String, String)> {
    let wrong = |said: String| Err((said, path.to_owned()));
    match value {
        Value::Null => out.push(0xf6),
        Value::Bool(yes) => out.push(if *yes { 0xf5 } else { 0xf4 }),
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => head(0x00, number, out),
            (None, Some(number)) => head(0x20, number.unsigned_abs() - 1, out),
            (None, None) => {
                let kinds = "null, boolean, integer, string, cid, bytes, array or object";
                return wrong(format!("Expected one of {kinds} value type (got {number})"));
            }
        },
        Value::String(text) => {
            head(0x60, text.len() as u64, out);
            out.extend(text.as_bytes());
        }
        Value::Array(all) => {
            head(0x80, all.len() as u64, out);
            for (place, one) in all.iter().enumerate() {
                encode(one, &format!("{path}[{place}]"), out)?;
            }
        }
        Value::Object(map) => {
            if let (1, Some(link)) = (map.len(), map.get("$link")) {
                let Some(bytes) = link.as_str().and_then(cid_bytes) else { return wrong("Invalid CID string".into()) };
                out.extend([0xd8, 0x2a]);
                head(0x40, bytes.len() as u64 + 1, out);
                out.push(0);
                out.extend(bytes);
                return Ok(());
            }
            if let (1, Some(Value::String(text))) = (map.len(), map.get("$bytes")) {
                let bytes = BASE64_STANDARD.decode(text).or_else(|_| BASE64_STANDARD_NO_PAD.decode(text));
                let Ok(bytes) = bytes else { return wrong("Invalid bytes".into()) };
                head(0x40, bytes.len() as u64, out);
                out.extend(bytes);
                return Ok(());
            }
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.as_bytes().cmp(b.as_bytes())));
            head(0xa0, keys.len() as u64, out);
            for key in keys {
                head(0x60, key.len() as u64, out);
                out.extend(key.as_bytes());
                encode(&map[key], &format!("{path}.{key}"), out)?;
            }
        }
    }
    Ok(())
}

fn head(kind: u8, number: u64, out: &mut Vec<u8>) {
    let bytes = number.to_be_bytes();
    match number {
        0..24 => out.push(kind | bytes[7]),
        24..0x100 => out.extend([kind | 24, bytes[7]]),
        0x100..0x1_0000 => out.extend([&[kind | 25], &bytes[6..]].concat()),
        0x1_0000..0x1_0000_0000 => out.extend([&[kind | 26], &bytes[4..]].concat()),
        _ => out.extend([&[kind | 27], &bytes[..]].concat()),
    }
}

/// A record key of that microsecond, made by the clock of that number.
pub(crate) fn tid(micros: u64, clock: u64) -> String {
    let whole = ((micros & ((1 << 53) - 1)) << 10) | (clock & 1023);
    (0..13).rev().map(|place| char::from(SORTED[((whole >> (place * 5)) & 31) as usize])).collect()
}

pub(crate) fn is_tid(text: &str) -> bool {
    text.len() == 13
        && text.bytes().all(|letter| SORTED.contains(&letter))
        && text.bytes().next().is_some_and(|first| first <= b'j')
}

pub(crate) fn is_cid(text: &str) -> bool {
    cid_bytes(text).is_some()
}

pub(crate) fn is_key(text: &str) -> bool {
    (1..=512).contains(&text.len())
        && !matches!(text, "." | "..")
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:~-".contains(&byte))
}

pub(crate) fn is_did(text: &str) -> bool {
    let Some((method, rest)) = text.strip_prefix("did:").and_then(|rest| rest.split_once(':')) else { return false };
    !method.is_empty()
        && method.bytes().all(|byte| byte.is_ascii_lowercase())
        && !rest.is_empty()
        && !rest.ends_with([':', '%'])
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:%-".contains(&byte))
}

pub(crate) fn is_handle(text: &str) -> bool {
    let labels: Vec<&str> = text.split('.').collect();
    let label = |part: &&str| {
        (1..=63).contains(&part.len())
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.len() <= 253
        && labels.len() > 1
        && labels.iter().all(label)
        && labels.last().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_alphabetic()))
}

pub(crate) fn is_nsid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    parts.len() > 2
        && text.len() <= 317
        && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
}

/// Who, of which collection, under which key.
pub(crate) fn parts(uri: &str) -> Option<(&str, &str, &str)> {
    let mut parts = uri.strip_prefix("at://")?.splitn(3, '/');
    let (who, collection, key) = (parts.next()?, parts.next()?, parts.next()?);
    ((is_did(who) || is_handle(who)) && is_nsid(collection) && is_key(key)).then_some((who, collection, key))
}

pub(crate) fn is_at_uri(text: &str) -> bool {
    let rest = text.strip_prefix("at://").unwrap_or_default();
    let who = rest.split('/').next().unwrap_or_default();
    parts(text).is_some() || (rest == who && (is_did(who) || is_handle(who)))
}

/// Seconds at least, a zone always.
pub(crate) fn datetime(text: &str) -> Option<i64> {
    let zoned = text.ends_with('Z') || text.get(19..).is_some_and(|rest| rest.contains(['+', '-']));
    let whole = text.len() >= 20 && text.as_bytes().get(10) == Some(&b'T') && zoned && !text.ends_with("-00:00");
    text.parse::<jiff::Timestamp>().ok().filter(|_| whole).map(jiff::Timestamp::as_millisecond)
}

/// As every answer writes an instant.
pub(crate) fn instant(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map(|at| format!("{at:.3}")).unwrap_or_default()
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
