//! What people do with mail: strangers write to us and answer, we write from another program, somebody files a mail
//! elsewhere, a house makes a folder anew.

use super::dates::date_of_mail;
use super::host::Host;
use super::letters::{Answered, Form, Letter, written};
use super::mime::{bare_id, fields, find, first, words};
use super::notices;
use super::world::{Accepted, INBOX, Mailbox, Use};
use crate::hold;
use std::sync::Arc;

pub(crate) struct Writing<'a> {
    /// Name and address.
    pub from: (&'a str, &'a str),
    /// The address of a mailbox here, or of a stranger where we write.
    pub to: &'a str,
    /// The Message-ID of what is answered.
    pub answers: Option<&'a str>,
    pub subject: &'a str,
    pub text: &'a str,
    pub form: Form,
    pub at_ms: i64,
}

/// Somebody writes to us. The mail's id.
pub(crate) fn receive(host: &Host, writing: &Writing<'_>) -> Option<String> {
    let answered = writing.answers.and_then(|id| answered(host, id));
    let id = host.new_id();
    let subject = subject(writing, answered.as_ref().map(|(_, subject)| subject.as_str()));
    let bytes = written(&Letter {
        from: writing.from,
        to: writing.to,
        subject: &subject,
        text: writing.text,
        at_ms: writing.at_ms,
        id: &id,
        answers: answered.as_ref().map(|(answered, _)| answered),
        form: writing.form,
    });
    // A report of what failed has no sender, so that nobody answers it by itself.
    let sender = if writing.form == Form::Bounce { "" } else { writing.from.1 };
    host.deliver(sender, &[writing.to.to_owned()], &bytes, writing.at_ms);
    Some(id)
}

/// A mail of a network's, as it came with the rehearsal, dated now.
pub(crate) fn receive_notice(host: &Host, file: &str, to: &str, at_ms: i64) -> Option<String> {
    let bytes = notices::file(file)?;
    let text = String::from_utf8_lossy(bytes);
    let dated: Vec<String> = text
        .split("\r\n")
        .map(|line| if line.starts_with("Date: ") { format!("Date: {}", date_of_mail(at_ms)) } else { line.to_owned() })
        .collect();
    let bytes = dated.join("\r\n").into_bytes();
    let id = super::imap::session::id_of(&bytes);
    host.deliver("bounce@notice.example", &[to.to_owned()], &bytes, at_ms);
    Some(id)
}

/// We write, from another program. The mail's id.
pub(crate) fn send(host: &Host, writing: &Writing<'_>) -> Option<String> {
    let answered = writing.answers.and_then(|id| answered(host, id));
    let id = host.new_id();
    let subject = subject(writing, answered.as_ref().map(|(_, subject)| subject.as_str()));
    let bytes = written(&Letter {
        from: writing.from,
        to: writing.to,
        subject: &subject,
        text: writing.text,
        at_ms: writing.at_ms,
        id: &id,
        answers: answered.as_ref().map(|(answered, _)| answered),
        form: writing.form,
    });
    let to = vec![writing.to.to_owned()];
    host.accept(Accepted {
        from: writing.from.1.to_owned(),
        to,
        bytes: bytes.into(),
        at_ms: writing.at_ms,
        native: true,
    });
    Some(id)
}

fn subject(writing: &Writing<'_>, before: Option<&str>) -> String {
    match before {
        Some(before) if writing.subject.is_empty() => {
            let again = before.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:"));
            if again { before.to_owned() } else { format!("Re: {before}") }
        }
        _ if writing.subject.is_empty() => {
            // As people do who begin with the text.
            writing.text.split_whitespace().take(5).collect::<Vec<_>>().join(" ")
        }
        _ => writing.subject.to_owned(),
    }
}

/// The mail of that id, wherever it lies, with its subject as written.
fn answered(host: &Host, id: &str) -> Option<(Answered, String)> {
    let bytes = bytes_of(host, id)?;
    let header = &bytes[..find(&bytes, b"\r\n\r\n")? + 2];
    let fields = fields(header);
    let references = first(&fields, "references").unwrap_or_default();
    let answered = Answered {
        id: id.to_owned(),
        references: references.split_whitespace().map(bare_id).collect(),
        words: words(&bytes),
        header: header.to_vec(),
    };
    Some((answered, first(&fields, "subject").unwrap_or_default()))
}

pub(crate) fn bytes_of(host: &Host, id: &str) -> Option<Arc<[u8]>> {
    let house = hold(&host.house);
    let kept = house.boxes.iter().find_map(|one| one.find(id)).map(|(_, mail)| Arc::clone(&mail.bytes));
    let sent = || {
        house.accepted.iter().map(|sent| &sent.bytes).find(|bytes| super::imap::session::id_of(bytes) == id).cloned()
    };
    kept.or_else(sent)
}

/// Who wrote a mail of ours that lies in no folder, or whose folder holds it.
pub(crate) fn home_of(host: &Host, id: &str) -> Option<String> {
    let mut house = hold(&host.house);
    if let Some(mailbox) = house.holding(id) {
        return Some(mailbox.address.clone());
    }
    house.accepted.iter().find(|sent| super::imap::session::id_of(&sent.bytes) == id).map(|sent| sent.from.clone())
}

/// Puts a mail where that word says, or marks it: `inbox`, `spam`, `trash`, `sent`; `seen`, `unseen`, `flagged`; `gone`.
pub(crate) fn file(host: &Host, id: &str, state: &str) -> bool {
    let done = hold(&host.house).holding(id).and_then(|mailbox| filed(mailbox, id, state)).is_some();
    host.stir();
    done
}

fn filed(mailbox: &mut Mailbox, id: &str, state: &str) -> Option<()> {
    let (name, uid) = mailbox.find(id).map(|(folder, mail)| (folder.name.clone(), mail.uid))?;
    let target = match state {
        "inbox" => Some(INBOX.to_owned()),
        "spam" => Some(mailbox.for_use(Use::Junk)?.name.clone()),
        "trash" => Some(mailbox.for_use(Use::Trash)?.name.clone()),
        "sent" => Some(mailbox.for_use(Use::Sent)?.name.clone()),
        _ => None,
    };
    let folder = mailbox.folder_mut(&name)?;
    match (target, state) {
        (Some(target), _) => {
            let mail = folder.take(uid)?;
            mailbox.folder_mut(&target)?.put(mail);
        }
        (None, "seen" | "flagged") => {
            let flag = if state == "seen" { "\\Seen" } else { "\\Flagged" };
            folder.mail_mut(uid)?.flags.insert(flag.to_owned());
        }
        (None, "unseen") => {
            folder.mail_mut(uid)?.flags.remove("\\Seen");
        }
        (None, "gone") => {
            folder.take(uid)?;
        }
        (None, _) => return None,
    }
    Some(())
}

/// Every folder of a mailbox is made anew: what was known by number is known no more.
pub(crate) fn renumber(host: &Host, address: &str) -> bool {
    let mut house = hold(&host.house);
    let done = house.at(address).map(|mailbox| mailbox.folders.iter_mut().for_each(super::world::Folder::renumber));
    drop(house);
    host.stir();
    done.is_some()
}
