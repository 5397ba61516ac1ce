//! What hangs on a message: each file under the number that IMAP gives its part, its name safe to be shown and to stand on
//! a disk. A message is read to its end where it is short; of a longer one the server tells what it is made of.

use super::letter::line;
use crate::mime;
use async_imap::imap_proto::{BodyContentCommon, BodyContentSinglePart, BodyParams, BodyStructure, ContentEncoding};
use base64::Engine;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use guichet_model::file_name;
use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

const MOST_FILES: usize = 100;
/// Parts within parts; nobody sends more.
const DEEPEST: usize = 20;
/// Bytes of a line of base64 as it is sent, and those that it means.
const LINE: (u64, u64) = (78, 57);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    /// As IMAP counts: `2`, `1.3`.
    pub part: String,
    /// Safe on every disk; may be empty.
    pub name: String,
    pub media_type: String,
    /// In bytes, about; `None` where the message was not read to its end.
    pub size: Option<u64>,
}

/// Those of a message whose bytes are at hand. `cut`: its first ones only.
pub(crate) fn files(message: &Message<'_>, cut: bool) -> Vec<File> {
    let last = message.attachments.last().copied();
    let numbers = numbers(message);
    let mut files = Vec::new();
    for id in message.attachments.iter().copied().take(MOST_FILES) {
        let (Some(part), Some((_, number))) = (message.part(id), numbers.iter().find(|(known, _)| *known == id)) else {
            continue;
        };
        let inside_the_page = part.content_id().is_some()
            && matches!(part.body, PartType::InlineBinary(_))
            && part.content_disposition().is_none_or(|kind| !kind.is_attachment());
        if !inside_the_page {
            let size = (!cut || Some(id) != last).then(|| part.len() as u64);
            files.push(File { part: number.clone(), size, ..named(part) });
        }
    }
    files
}

/// The number of every part that is none of several.
fn numbers(message: &Message<'_>) -> Vec<(u32, String)> {
    let mut numbers = Vec::new();
    let mut open = vec![(0, String::new(), 0)];
    while let Some((id, number, depth)) = open.pop() {
        match message.part(id).map(|part| &part.body) {
            Some(PartType::Multipart(inside)) if depth < DEEPEST => {
                let below = |n: usize| if number.is_empty() { n.to_string() } else { format!("{number}.{n}") };
                open.extend(inside.iter().enumerate().map(|(n, id)| (*id, below(n + 1), depth + 1)));
            }
            Some(_) if number.is_empty() => numbers.push((id, "1".to_owned())),
            Some(_) => numbers.push((id, number)),
            None => {}
        }
    }
    numbers
}

/// What its header says it is.
fn named(part: &MessagePart<'_>) -> File {
    let kind = part.content_type();
    let media_type = kind.map(|kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or("*")));
    let media_type = media_type.map(|kind| line(&kind).to_ascii_lowercase());
    let name = part.attachment_name().map(line).filter(|name| !name.is_empty());
    let is_message = media_type.as_deref() == Some("message/rfc822");
    let name = name.unwrap_or_else(|| if is_message { "message.eml".to_owned() } else { String::new() });
    File {
        part: String::new(),
        name: file_name::safe(&name),
        media_type: media_type.unwrap_or_else(|| "application/octet-stream".to_owned()),
        size: None,
    }
}

/// Those of a message that the server took apart (RFC 3501, 7.4.2).
pub(crate) fn told(body: &BodyStructure<'_>) -> Vec<File> {
    let mut files = Vec::new();
    let mut open = vec![(body, String::new(), 0)];
    while let Some((body, number, depth)) = open.pop() {
        let (common, other) = match body {
            BodyStructure::Multipart { bodies, .. } if depth < DEEPEST => {
                let below = |n: usize| if number.is_empty() { n.to_string() } else { format!("{number}.{n}") };
                // The last in goes out first.
                open.extend(bodies.iter().enumerate().rev().map(|(n, body)| (body, below(n + 1), depth + 1)));
                continue;
            }
            BodyStructure::Multipart { .. } => continue,
            BodyStructure::Basic { common, other, .. }
            | BodyStructure::Text { common, other, .. }
            | BodyStructure::Message { common, other, .. } => (common, other),
        };
        let part = if number.is_empty() { "1".to_owned() } else { number };
        if files.len() < MOST_FILES {
            files.extend(one(common, other, part));
        }
    }
    files
}

/// `None`: words to be read, or a picture inside the page.
fn one(common: &BodyContentCommon<'_>, other: &BodyContentSinglePart<'_>, part: String) -> Option<File> {
    let header = header(common);
    let read = MessageParser::default().parse(header.as_bytes())?;
    let file = named(read.root_part());
    let is = |kind: &str| common.ty.ty.eq_ignore_ascii_case(kind);
    let attached = common.disposition.as_ref().is_some_and(|told| told.ty.eq_ignore_ascii_case("attachment"));
    let subtype = common.ty.subtype.to_ascii_lowercase();
    let words = is("text") && matches!(subtype.as_str(), "plain" | "html") && file.name.is_empty();
    let inside_the_page = other.id.is_some() && !is("text") && !is("message");
    if !attached && (words || inside_the_page) {
        return None;
    }
    let sent = u64::from(other.octets);
    let size = match other.transfer_encoding {
        ContentEncoding::Base64 => sent * LINE.1 / LINE.0,
        _ => sent,
    };
    Some(File { part, size: Some(size), ..file })
}

/// Written as a header again, so that names are decoded by the one who decodes them everywhere else.
fn header(common: &BodyContentCommon<'_>) -> String {
    let plain =
        |text: &str| -> String { text.chars().filter(|c| !c.is_control() && *c != '"' && *c != '\\').collect() };
    let params = |params: &BodyParams<'_>| -> String {
        let params = params.iter().flatten();
        let told = params.map(|(name, value)| {
            // A value with a charset in front stands without quotes (RFC 2231).
            let mark = if name.ends_with('*') { "" } else { "\"" };
            format!(";\r\n {}={mark}{}{mark}", plain(name), plain(value))
        });
        told.collect()
    };
    let mut header = format!(
        "Content-Type: {}/{}{}\r\n",
        plain(&common.ty.ty),
        plain(&common.ty.subtype),
        params(&common.ty.params)
    );
    if let Some(told) = &common.disposition {
        header.push_str(&format!("Content-Disposition: {}{}\r\n", plain(&told.ty), params(&told.params)));
    }
    header + "\r\n"
}

/// The part of that number as it was sent: its encoding, and its bytes. `None`: there is none.
pub(crate) fn part(bytes: &[u8], number: &str) -> Option<(String, Vec<u8>)> {
    mime::read(bytes, |message| {
        let (id, _) = numbers(message).into_iter().find(|(_, known)| known == number)?;
        let part = message.part(id)?;
        let body = bytes.get(part.offset_body as usize..part.offset_end as usize)?;
        Some((part.content_transfer_encoding().unwrap_or_default().to_owned(), body.to_vec()))
    })?
}

/// How the part with this header is encoded.
pub(crate) fn encoding(header: &[u8]) -> String {
    let read = MessageParser::default().parse_headers(header);
    read.and_then(|read| read.content_transfer_encoding().map(str::to_owned)).unwrap_or_default()
}

/// `None`: torn, or encoded in a way that nobody uses any more.
pub(crate) fn decoded(encoding: &str, sent: &[u8]) -> Option<Vec<u8>> {
    match encoding.trim().to_ascii_lowercase().as_str() {
        "base64" => {
            let letters: Vec<u8> = sent.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
            // Its end is looked at: a file cut on its way must not pass for a whole one.
            let config = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
            GeneralPurpose::new(&alphabet::STANDARD, config).decode(letters).ok()
        }
        "quoted-printable" => {
            let mut whole = b"Content-Type: application/octet-stream\r\n".to_vec();
            whole.extend_from_slice(b"Content-Transfer-Encoding: quoted-printable\r\n\r\n");
            whole.extend_from_slice(sent);
            let read = MessageParser::default().parse(&whole)?;
            let part = read.root_part();
            (!part.is_encoding_problem).then(|| part.contents().to_vec())
        }
        "" | "7bit" | "8bit" | "binary" => Some(sent.to_vec()),
        _ => None,
    }
}

#[cfg(test)]
#[path = "parts_tests.rs"]
mod tests;
