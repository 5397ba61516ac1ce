//! The bytes of an answer, made once and frozen. Its Message-ID comes from the reply's key, so that the same reply is the
//! same message however often it is prepared; nothing of the letter answered is quoted, for it stands in their mailbox.

use super::convert::{self, Stood};
use super::folders::Folders;
use super::letter::{self, Letter, Person};
use super::names;
use super::session::{Account, keeps_copies};
use super::smtp::Envelope;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use guichet_model::{
    Capabilities, Fault, MINUTE, Millis, Outgoing, Prepared, Proof, Publication, RefusalCode, TextLimit, TextUnit,
};
use mail_builder::MessageBuilder;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::{BodyPart, MimePart};
use url::Host;

/// No server takes no more; the text of a letter is far below.
const LONGEST: u32 = 100_000;
/// The beginning of a long thread and its end: what lies between helps nobody, and a header has its limit.
const MOST_REFERENCES: usize = 20;

/// What is sent shows in the folder of sent messages within this time, where the server puts it there itself.
const SETTLES: i64 = 5 * MINUTE;

pub(crate) fn capabilities(folders: &Folders, keeps_copies: bool) -> Capabilities {
    able(folders.junk().is_some(), folders.trash().is_some(), proof(keeps_copies))
}

/// Where the mailbox has every folder, and its server keeps what it sends.
pub(crate) fn most() -> Capabilities {
    able(true, true, proof(true))
}

fn able(junk: bool, trash: bool, proof: Proof) -> Capabilities {
    let mut publications = Vec::new();
    if junk || trash {
        publications.push(Publication::Published);
    }
    publications.extend(junk.then_some(Publication::Spam));
    publications.extend(trash.then_some(Publication::Trash));
    Capabilities {
        publications,
        files: Some(super::files::LARGEST as u64),
        never_gives: ["read_receipts", "sending_attachments", "other_folders"].map(str::to_owned).into(),
        ..Capabilities::of(TextLimit::of(LONGEST, TextUnit::Characters), proof)
    }
}

/// Where the server keeps a copy of all it takes, that copy is found by its Message-ID. Elsewhere the copy is ours, made
/// after the answer: a lost answer leaves none, and nothing but a bounce or their reply can prove that it arrived.
pub(crate) fn proof(keeps_copies: bool) -> Proof {
    if keeps_copies { Proof::ReadBack { settles_within: SETTLES } } else { Proof::None }
}

/// Makes the message. Reads the one answered, for whom it goes to and what it belongs to.
pub(crate) async fn prepare(account: &Account, outgoing: &Outgoing) -> Result<Prepared, Fault> {
    let refused = |code| Err(Fault::refused(code, None));
    let text = outgoing.text.trim().replace("\r\n", "\n").replace('\r', "\n");
    if text.is_empty() {
        return refused(RefusalCode::Empty);
    }
    if !outgoing.pictures.is_empty() || outgoing.warning.as_ref().is_some_and(|warning| !warning.trim().is_empty()) {
        return refused(RefusalCode::NotOffered);
    }
    if text.chars().count() > LONGEST as usize {
        return refused(RefusalCode::TooLong);
    }
    let access = account.access().await?;
    let mut imap = account.imap(&access).await?;
    let found = account.anywhere(&mut imap, &access, &outgoing.place.remote).await?;
    imap.done();
    let Some((met, stood, _)) = found else {
        return refused(RefusalCode::Gone);
    };
    let to = match stood {
        // To one of our own: to whom that one went.
        Stood::Sent => met.letter.to.first().cloned(),
        _ => convert::correspondent(&met.letter),
    };
    let Some(to) = to else {
        return refused(RefusalCode::NotOffered);
    };
    let me = Person { address: access.address.clone(), name: account.me.name.clone() };
    let (from, to) = (deliverable(me)?, deliverable(to)?);
    let id = names::of_key(&outgoing.key, &access.address);
    let message = message(&id, &from, &to, &met.letter, &text, account.now())?;
    let envelope = Envelope { from: from.address, to: to.address, message };
    let body = serde_json::to_string(&envelope).map_err(|_| Fault::refused(RefusalCode::Invalid, None))?;
    Ok(Prepared {
        key: outgoing.key.clone(),
        body,
        place: outgoing.place.remote.clone(),
        text,
        proof: proof(keeps_copies(&access)),
    })
}

/// An address as every server takes it: an international domain in its ASCII form. Other letters before the "@" need a
/// server that knows them, on both sides.
fn deliverable(person: Person) -> Result<Person, Fault> {
    let refused = || Fault::refused(RefusalCode::NotOffered, None);
    let (local, domain) = person.address.rsplit_once('@').ok_or_else(refused)?;
    let domain =
        if domain.is_ascii() { domain.to_owned() } else { Host::parse(domain).map_err(|_| refused())?.to_string() };
    let address = format!("{local}@{domain}");
    if !address.is_ascii() || !letter::is_address(&address) {
        return Err(refused());
    }
    Ok(Person { address, name: person.name })
}

fn message(id: &str, from: &Person, to: &Person, answered: &Letter, text: &str, now: Millis) -> Result<String, Fault> {
    let mut built = MessageBuilder::new()
        .message_id(id.to_owned())
        .date(now.0.div_euclid(1000))
        .header("From", Raw::new(addressed(from)))
        .header("To", Raw::new(addressed(to)))
        .subject(subject(&answered.subject));
    if let Some(answered_id) = answered.id.as_deref().filter(|id| plain(id)) {
        built = built.in_reply_to(answered_id.to_owned());
        built = built.references(MessageId::new_list(references(answered, answered_id).into_iter()));
    }
    let bytes = built.body(plain_text(text)).write_to_vec();
    let written = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let written = written.filter(|written| written.is_ascii() && one_kind_of_line(written));
    written.ok_or_else(|| Fault::refused(RefusalCode::Invalid, None))
}

/// Encoded by another library than the rest: mail-builder's own lines are one sign longer than a line may be (RFC 2045,
/// 6.7), and the strictest of servers refuse them.
fn plain_text(text: &str) -> MimePart<'static> {
    // A line feed alone must not be in a message.
    let lines = text.replace('\n', "\r\n");
    let options = quoted_printable::Options::default().input_mode(quoted_printable::InputMode::Text);
    let encoded = quoted_printable::encode_with_options(lines, options);
    let part = MimePart::new("text/plain", BodyPart::Text(encoded.into()));
    part.transfer_encoding("quoted-printable")
}

/// `"Librairie du Port" <contact@librairie.fr>`. Written here: mail-builder puts encoded words between quotes, where they
/// are no words (RFC 2047, 5), and leaves a name's own quotes standing.
fn addressed(person: &Person) -> String {
    let Person { address, name } = person;
    if name.is_empty() {
        return format!("<{address}>");
    }
    if name.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && !name.contains("=?") && name.len() <= 60 {
        return format!("\"{}\" <{address}>", name.replace('\\', "\\\\").replace('"', "\\\""));
    }
    // Words of 75 letters at most, each whole in itself.
    let (mut words, mut piece) = (Vec::new(), String::new());
    for c in name.chars() {
        if piece.len() + c.len_utf8() > 42 {
            words.push(std::mem::take(&mut piece));
        }
        piece.push(c);
    }
    words.push(piece);
    let words = words.iter().map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word)));
    format!("{} <{address}>", words.collect::<Vec<_>>().join(" "))
}

/// Every line ends with CRLF, and none is longer than a server must take (RFC 5321, 4.5.3.1.6).
fn one_kind_of_line(message: &str) -> bool {
    message.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n', '\0']))
}

/// What was told, then the one answered (RFC 5322, 3.6.4).
fn references(answered: &Letter, id: &str) -> Vec<String> {
    let told = if answered.references.is_empty() {
        answered.in_reply_to.iter().cloned().collect()
    } else {
        answered.references.clone()
    };
    let mut all: Vec<String> = told.into_iter().filter(|told| told != id && plain(told)).collect();
    if all.len() > MOST_REFERENCES {
        all.drain(1..all.len() - MOST_REFERENCES + 1);
    }
    all.push(id.to_owned());
    all
}

fn plain(id: &str) -> bool {
    id.bytes().all(|byte| byte.is_ascii_graphic()) && id.len() <= 250
}

/// "Re: " once, whatever it was answered with before, in whichever language.
fn subject(answered: &str) -> String {
    let mut rest = answered.trim();
    while let Some((head, tail)) = rest.split_once(':')
        && matches!(head.trim().to_lowercase().as_str(), "re" | "ré" | "rép" | "aw" | "sv" | "antw" | "rif" | "ref")
    {
        rest = tail.trim();
    }
    format!("Re: {rest}").trim_end().to_owned()
}

#[cfg(test)]
#[path = "write_tests.rs"]
mod tests;
