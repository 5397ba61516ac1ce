//! Taking a mail apart, as far as an IMAP server must: header fields, the tree of its parts with where each lies in the
//! bytes, addresses. And what a plain reader needs to see its words: transfer encodings, three charsets, flowed lines.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::ops::Range;

/// A part of a mail, or the mail itself.
pub(crate) struct Part {
    /// Its header fields with the empty line after them.
    pub header: Range<usize>,
    pub body: Range<usize>,
    /// Lower case, `text/plain`.
    pub kind: String,
    pub params: Vec<(String, String)>,
    pub encoding: String,
    pub disposition: Option<(String, Vec<(String, String)>)>,
    pub id: Option<String>,
    pub description: Option<String>,
    /// The parts of a multipart, or the one mail inside a `message/rfc822`.
    pub inside: Vec<Part>,
}

impl Part {
    pub fn read(bytes: &[u8]) -> Part {
        part(bytes, 0..bytes.len(), "text/plain", 0)
    }

    pub fn is_multipart(&self) -> bool {
        self.kind.starts_with("multipart/")
    }

    pub fn is_mail(&self) -> bool {
        self.kind == "message/rfc822" && !self.inside.is_empty()
    }

    /// The part of these numbers, as IMAP counts: a mail that is no multipart has one part, 1.
    pub fn at(&self, numbers: &[usize]) -> Option<&Part> {
        let Some((first, rest)) = numbers.split_first() else {
            return Some(self);
        };
        let whole = if self.is_mail() { self.inside.first()? } else { self };
        if whole.is_multipart() {
            return whole.inside.get(first.checked_sub(1)?)?.at(rest);
        }
        if *first == 1 && rest.is_empty() { Some(whole) } else { None }
    }

    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first readable text, of this kind.
    fn text_of(&self, kind: &str) -> Option<&Part> {
        let kept = self.disposition.as_ref().is_none_or(|(name, _)| name != "attachment");
        if self.kind == kind && kept {
            return Some(self);
        }
        self.inside.iter().find_map(|part| part.text_of(kind))
    }
}

fn part(bytes: &[u8], range: Range<usize>, kind: &str, depth: usize) -> Part {
    let split = find(&bytes[range.clone()], b"\r\n\r\n").map_or(range.end, |at| range.start + at + 4);
    // A part may begin with the empty line itself: it has no header at all.
    let split = if bytes[range.clone()].starts_with(b"\r\n") { range.start + 2 } else { split };
    let (header, body) = (range.start..split, split..range.end);
    let fields = fields(&bytes[header.clone()]);
    let field = |name: &str| first(&fields, name);
    let (kind, params) = match field("content-type") {
        Some(value) => parameters(&value),
        None => (kind.to_owned(), Vec::new()),
    };
    let mut part = Part {
        header,
        body: body.clone(),
        kind,
        params,
        encoding: field("content-transfer-encoding").map_or_else(|| "7bit".to_owned(), |it| it.trim().to_lowercase()),
        disposition: field("content-disposition").map(|value| parameters(&value)),
        id: field("content-id"),
        description: field("content-description"),
        inside: Vec::new(),
    };
    if depth > 20 {
        return part;
    }
    if part.is_multipart() {
        let within = if part.kind == "multipart/digest" { "message/rfc822" } else { "text/plain" };
        if let Some(boundary) = part.param("boundary").map(str::to_owned) {
            part.inside = pieces(bytes, body, &boundary)
                .into_iter()
                .map(|one| self::part(bytes, one, within, depth + 1))
                .collect();
        }
    } else if part.kind == "message/rfc822" {
        part.inside = vec![self::part(bytes, body, "text/plain", depth + 1)];
    }
    part
}

/// What stands between the boundary lines.
fn pieces(bytes: &[u8], body: Range<usize>, boundary: &str) -> Vec<Range<usize>> {
    let mark = format!("--{boundary}");
    let (mut found, mut open, mut at) = (Vec::new(), None, body.start);
    while at < body.end {
        let end = find(&bytes[at..body.end], b"\r\n").map_or(body.end, |end| at + end);
        let line = bytes[at..end].trim_ascii_end();
        let last = line.strip_suffix(b"--").is_some_and(|line| line == mark.as_bytes());
        if line == mark.as_bytes() || last {
            // The line break before a boundary belongs to the boundary.
            if let Some(start) = open.take() {
                found.push(start..at.saturating_sub(2).max(start));
            }
            if last {
                return found;
            }
            open = Some((end + 2).min(body.end));
        }
        at = end + 2;
    }
    // Cut short: what is there is the last part.
    found.extend(open.map(|start| start..body.end));
    found
}

/// Header fields in their order: the name as written, the value unfolded.
pub(crate) fn fields(header: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(header);
    let mut found: Vec<(String, String)> = Vec::new();
    for line in text.split("\r\n") {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = found.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            found.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    found
}

pub(crate) fn first(fields: &[(String, String)], name: &str) -> Option<String> {
    fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
}

/// The first id between brackets.
pub(crate) fn bare_id(value: &str) -> String {
    let inside = value.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or(value, |(id, _)| id).trim().to_owned()
}

/// `text/plain; charset="utf-8"`: the value in lower case, the parameters with their names in lower case.
fn parameters(value: &str) -> (String, Vec<(String, String)>) {
    let mut pieces = split_outside_quotes(value, ';').into_iter();
    let kind = pieces.next().unwrap_or_default().trim().to_lowercase();
    let params = pieces.filter_map(|piece| {
        let (name, value) = piece.split_once('=')?;
        Some((name.trim().to_lowercase(), unquoted(value.trim())))
    });
    (kind, params.collect())
}

fn unquoted(text: &str) -> String {
    match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inside) => inside.replace("\\\"", "\"").replace("\\\\", "\\"),
        None => text.to_owned(),
    }
}

fn split_outside_quotes(text: &str, mark: char) -> Vec<&str> {
    let (mut pieces, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if letter == mark && !quoted => {
                pieces.push(&text[start..at]);
                start = at + letter.len_utf8();
            }
            _ => {}
        }
    }
    pieces.push(&text[start..]);
    pieces
}

/// An address of a header: the name as written there, before and after the "@".
#[derive(Debug, PartialEq)]
pub(crate) struct Address {
    pub name: Option<String>,
    pub local: String,
    pub host: String,
}

pub(crate) fn addresses(value: &str) -> Vec<Address> {
    let read = |piece: &str| {
        let piece = piece.trim();
        let (name, address) = match piece.rsplit_once('<') {
            Some((name, rest)) => (unquoted(name.trim()), rest.trim_end_matches('>').trim()),
            None => (String::new(), piece),
        };
        let (local, host) = address.rsplit_once('@')?;
        let name = (!name.is_empty()).then_some(name);
        Some(Address { name, local: local.to_owned(), host: host.to_owned() })
    };
    split_outside_quotes(value, ',').into_iter().filter_map(read).collect()
}

/// The words of a mail as a plain reader shows them: LF between lines, nothing at the ends.
pub(crate) fn words(bytes: &[u8]) -> String {
    let mail = Part::read(bytes);
    let Some(part) = mail.text_of("text/plain").or_else(|| mail.text_of("text/html")) else {
        return String::new();
    };
    let raw = decoded(&bytes[part.body.clone()], &part.encoding);
    let text = match part.param("charset").map(str::to_lowercase).as_deref() {
        Some("iso-8859-1" | "iso-8859-15" | "windows-1252") => raw.iter().map(|byte| char::from(*byte)).collect(),
        _ => String::from_utf8_lossy(&raw).into_owned(),
    };
    let text = text.replace("\r\n", "\n");
    let flowed = part.param("format").is_some_and(|format| format.eq_ignore_ascii_case("flowed"));
    let kept = part.param("delsp").is_none_or(|word| !word.eq_ignore_ascii_case("yes"));
    (if flowed { joined(&text, kept) } else { text }).trim().to_owned()
}

/// RFC 3676: a line that ends in a space goes on in the next one.
fn joined(text: &str, keep_space: bool) -> String {
    let (mut lines, mut open) = (Vec::<String>::new(), false);
    for line in text.split('\n') {
        let line = line.strip_prefix(' ').unwrap_or(line);
        match lines.last_mut().filter(|_| open) {
            Some(last) => last.push_str(line),
            None => lines.push(line.to_owned()),
        }
        open = line.ends_with(' ') && line != "-- ";
        if open
            && !keep_space
            && let Some(last) = lines.last_mut()
        {
            last.pop();
        }
    }
    lines.join("\n")
}

fn decoded(body: &[u8], encoding: &str) -> Vec<u8> {
    match encoding {
        "base64" => {
            let letters: Vec<u8> = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
            BASE64_STANDARD.decode(letters).unwrap_or_default()
        }
        "quoted-printable" => unquoted_printable(body),
        _ => body.to_vec(),
    }
}

fn unquoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'=' {
            out.push(*byte);
        } else if let Some(after) = rest.strip_prefix(b"\r\n") {
            rest = after;
        } else if let Some(code) =
            rest.get(..2).and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok())
        {
            out.push(code);
            rest = &rest[2..];
        } else {
            out.push(b'=');
        }
    }
    out
}

pub(crate) fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|piece| piece == what)
}

#[cfg(test)]
#[path = "mime_tests.rs"]
mod tests;
