//! Folders: listed, counted, opened, made, and given a mail from outside.

use super::command::{Arg, names};
use super::mails;
use super::out::Out;
use super::session::{Done, Known, Selected, Session, bad, no, ok};
use crate::clock::now_ms;
use crate::email::dates::instant;
use crate::email::world::{Folder, INBOX, Uid, Use};

impl Session {
    pub fn list(&self, out: &mut Out, reference: &Arg, pattern: &Arg, special: bool) -> Done {
        let (Some(reference), Some(pattern)) = (reference.text(), pattern.text()) else {
            return bad("Invalid words.");
        };
        if pattern.is_empty() {
            out.line("* LIST (\\Noselect) \"/\" \"\"");
            return ok("List completed.");
        }
        let wanted = format!("{reference}{pattern}");
        let told = self.with(|mailbox| {
            for folder in &mailbox.folders {
                let attribute = folder.role.attribute().filter(|_| !self.host.own.bare);
                let name = names::encoded(&folder.name);
                if fits(&wanted, &name) && (!special || attribute.is_some()) {
                    let given = attribute.map(|attribute| format!(" {attribute}")).unwrap_or_default();
                    out.say(&format!("* LIST (\\HasNoChildren{given}) \"/\" "));
                    out.string(name.as_bytes());
                    out.line("");
                }
            }
        });
        told.map_or_else(gone, |()| ok("List completed."))
    }

    pub fn status(&self, out: &mut Out, folder: &Arg, asked: &[Arg]) -> Done {
        let Some(name) = named(folder) else { return bad("Invalid folder name.") };
        let told = self.with(|mailbox| {
            let folder = mailbox.folder(&name)?;
            let mut items = Vec::new();
            for word in asked {
                let word = word.atom()?.to_ascii_uppercase();
                let seen = folder.mails.iter().filter(|mail| self.sees(mail));
                let number = match word.as_str() {
                    "MESSAGES" => seen.count().to_string(),
                    "UNSEEN" => seen.filter(|mail| !mail.flags.contains("\\Seen")).count().to_string(),
                    "RECENT" => "0".to_owned(),
                    "UIDNEXT" => self.next_of(folder).to_string(),
                    "UIDVALIDITY" => folder.validity.to_string(),
                    _ => return Some(Err(())),
                };
                items.push(format!("{word} {number}"));
            }
            Some(Ok(items))
        });
        match told.flatten() {
            Some(Ok(items)) => {
                out.say("* STATUS ");
                out.string(names::encoded(&name).as_bytes());
                out.line(&format!(" ({})", items.join(" ")));
                ok("Status completed.")
            }
            Some(Err(())) => bad("Unknown status item."),
            None => no("[NONEXISTENT] Mailbox doesn't exist."),
        }
    }

    pub fn select(&mut self, out: &mut Out, folder: &Arg, read_only: bool) -> Done {
        let Some(name) = named(folder) else { return bad("Invalid folder name.") };
        self.selected = None;
        let opened = self.with(|mailbox| {
            let folder = mailbox.folder(&name)?;
            let seen = folder.mails.iter().filter(|mail| self.sees(mail));
            let known: Vec<Known> = seen.map(|mail| Known { uid: mail.uid, flags: mail.flags.clone() }).collect();
            out.line("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Junk $NotJunk $Forwarded)");
            let kept = if read_only {
                ""
            } else {
                "\\Answered \\Flagged \\Deleted \\Seen \\Draft $Junk $NotJunk $Forwarded \\*"
            };
            out.line(&format!("* OK [PERMANENTFLAGS ({kept})] Flags permitted."));
            out.line(&format!("* {} EXISTS", known.len()));
            out.line("* 0 RECENT");
            if let Some(first) = known.iter().position(|mail| !mail.flags.contains("\\Seen")) {
                out.line(&format!("* OK [UNSEEN {}] First unseen.", first + 1));
            }
            out.line(&format!("* OK [UIDVALIDITY {}] UIDs valid", folder.validity));
            out.line(&format!("* OK [UIDNEXT {}] Predicted next UID", self.next_of(folder)));
            Some(Selected { folder: folder.name.clone(), read_only, validity: folder.validity, known })
        });
        match opened.flatten() {
            Some(selected) => {
                self.selected = Some(selected);
                ok(if read_only { "[READ-ONLY] Examine completed." } else { "[READ-WRITE] Select completed." })
            }
            None => no("[NONEXISTENT] Mailbox doesn't exist."),
        }
    }

    /// The number that the next mail will have: where reads lag, the first one that is not there yet has it.
    fn next_of(&self, folder: &Folder) -> Uid {
        folder.mails.iter().find(|mail| !self.sees(mail)).map_or(folder.next, |mail| mail.uid)
    }

    pub fn create(&self, folder: &Arg) -> Done {
        let Some(name) = named(folder).filter(|name| !name.is_empty()) else { return bad("Invalid folder name.") };
        let validity = self.host.validity();
        let made = self.with(|mailbox| {
            let free = mailbox.folder(&name).is_none();
            if free {
                mailbox.folders.push(Folder::new(&name, Use::Plain, validity));
            }
            free
        });
        match made {
            Some(true) => ok("Create completed."),
            _ => no("[ALREADYEXISTS] Mailbox already exists"),
        }
    }

    pub fn append(&self, folder: &Arg, rest: &[Arg]) -> Done {
        let (flags, rest) = match rest {
            [Arg::List(flags), rest @ ..] => (flags.as_slice(), rest),
            rest => (&[] as &[Arg], rest),
        };
        let (date, bytes) = match rest {
            [Arg::Text(bytes)] => (None, bytes),
            [Arg::Text(date), Arg::Text(bytes)] => (Some(String::from_utf8_lossy(date).into_owned()), bytes),
            _ => return bad("APPEND wants a folder and a literal."),
        };
        let at_ms = match date.as_deref().map(instant) {
            None => now_ms(),
            Some(Some(at_ms)) => at_ms,
            Some(None) => return bad("Invalid date."),
        };
        let (Some(name), Some(flags)) = (named(folder), mails::flags(flags)) else {
            return bad("Invalid folder name or flags.");
        };
        let mail = self.host.mail(bytes.as_slice().into(), at_ms, flags);
        let put = self.with(|mailbox| {
            let folder = mailbox.folder_mut(&name)?;
            Some((folder.validity, folder.put(mail)))
        });
        self.host.stir();
        match put.flatten() {
            Some(_) if self.host.own.bare => ok("Append completed."),
            Some((validity, uid)) => Done::Ok(format!("[APPENDUID {validity} {uid}] Append completed.")),
            None => no("[TRYCREATE] Mailbox doesn't exist."),
        }
    }
}

fn gone() -> Done {
    Done::Bye("The mailbox is gone.".to_owned())
}

pub(crate) fn named(folder: &Arg) -> Option<String> {
    let name = names::decoded(&folder.text()?)?;
    Some(if name.eq_ignore_ascii_case(INBOX) { INBOX.to_owned() } else { name })
}

/// `*` fits anything, `%` anything within one level.
fn fits(pattern: &str, name: &str) -> bool {
    let Some(first) = pattern.chars().next() else { return name.is_empty() };
    let rest = &pattern[first.len_utf8()..];
    match first {
        '*' | '%' => {
            let ends = (0..=name.len()).filter(|end| name.is_char_boundary(*end));
            ends.take_while(|end| first == '*' || !name[..*end].contains('/')).any(|end| fits(rest, &name[end..]))
        }
        _ => name
            .chars()
            .next()
            .is_some_and(|letter| letter.eq_ignore_ascii_case(&first) && fits(rest, &name[letter.len_utf8()..])),
    }
}
