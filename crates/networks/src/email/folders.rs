//! The folders of a mailbox by what they are for: as the server says (RFC 6154), else by the names that mail programs give
//! them.

use async_imap::imap_proto::NameAttribute;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Folders {
    pub sent: Option<String>,
    pub junk: Option<String>,
    pub trash: Option<String>,
    pub archive: Option<String>,
    /// Every message there is, wherever it lies.
    pub all: Option<String>,
    /// All that can be opened, as listed.
    pub names: Vec<String>,
    named_sent: Option<String>,
    named_junk: Option<String>,
    named_trash: Option<String>,
    named_archive: Option<String>,
}

/// In lower case, without the folder they lie in. Accents as IMAP spells them (modified UTF-7).
const SENT: [&str; 7] = [
    "sent",
    "sent items",
    "sent messages",
    "sent mail",
    "envoy&aokas-",
    "messages envoy&aok-s",
    "&amk-l&amk-ments envoy&aok-s",
];
const JUNK: [&str; 6] = ["junk", "junk e-mail", "junk email", "spam", "ind&aok-sirables", "courrier ind&aok-sirable"];
const TRASH: [&str; 6] = ["trash", "deleted items", "deleted messages", "bin", "corbeille", "deleted"];
const ARCHIVE: [&str; 3] = ["archive", "archives", "archiv&aok-s"];

impl Folders {
    pub fn met(&mut self, name: &str, attributes: &[NameAttribute<'_>], delimiter: Option<&str>) {
        if attributes.iter().any(|told| matches!(told, NameAttribute::NoSelect)) {
            return;
        }
        self.names.push(name.to_owned());
        let first = |place: &mut Option<String>| {
            place.get_or_insert_with(|| name.to_owned());
        };
        for told in attributes {
            match told {
                NameAttribute::Sent => first(&mut self.sent),
                NameAttribute::Junk => first(&mut self.junk),
                NameAttribute::Trash => first(&mut self.trash),
                NameAttribute::Archive => first(&mut self.archive),
                NameAttribute::All => first(&mut self.all),
                _ => {}
            }
        }
        let last = delimiter.and_then(|delimiter| name.rsplit(delimiter).next()).unwrap_or(name).to_lowercase();
        let is = |names: &[&str]| names.contains(&last.as_str());
        if is(&SENT) {
            first(&mut self.named_sent);
        } else if is(&JUNK) {
            first(&mut self.named_junk);
        } else if is(&TRASH) {
            first(&mut self.named_trash);
        } else if is(&ARCHIVE) {
            first(&mut self.named_archive);
        }
    }

    pub fn sent(&self) -> Option<&str> {
        self.sent.as_ref().or(self.named_sent.as_ref()).map(String::as_str)
    }

    pub fn junk(&self) -> Option<&str> {
        self.junk.as_ref().or(self.named_junk.as_ref()).map(String::as_str)
    }

    pub fn trash(&self) -> Option<&str> {
        self.trash.as_ref().or(self.named_trash.as_ref()).map(String::as_str)
    }

    /// Where a message may lie that was tidied away, and still is to be answered.
    pub fn tidied(&self) -> impl Iterator<Item = &str> {
        self.archive.iter().chain(&self.named_archive).chain(&self.all).map(String::as_str)
    }
}

/// A folder's name as typed, in the letters of IMAP (RFC 3501, 5.1.3).
pub(crate) fn spelled(typed: &str) -> String {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD_NO_PAD;
    let mut spelled = String::new();
    let mut other: Vec<u16> = Vec::new();
    let flush = |other: &mut Vec<u16>, spelled: &mut String| {
        if !other.is_empty() {
            let bytes: Vec<u8> = other.drain(..).flat_map(u16::to_be_bytes).collect();
            spelled.push('&');
            spelled.push_str(&STANDARD_NO_PAD.encode(bytes).replace('/', ","));
            spelled.push('-');
        }
    };
    for c in typed.trim().chars() {
        if (' '..='~').contains(&c) {
            flush(&mut other, &mut spelled);
            spelled.push(c);
            if c == '&' {
                spelled.push('-');
            }
        } else {
            other.extend(c.encode_utf16(&mut [0; 2]).iter());
        }
    }
    flush(&mut other, &mut spelled);
    spelled
}

#[cfg(test)]
#[path = "folders_tests.rs"]
mod tests;
