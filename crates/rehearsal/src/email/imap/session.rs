//! One client's conversation with the IMAP server: who it is, which folder it has open, and which mails it was told of
//! there. A client counts mails by their place among those; nothing may be taken from that list behind its back.

use super::command::{Arg, Command, names, ranges};
use super::out::Out;
use super::{mails, search};
use crate::clock::now_ms;
use crate::email::dates::instant;
use crate::email::host::Host;
use crate::email::mime;
use crate::email::world::{Folder, INBOX, Mail, Mailbox, Uid, Use};
use crate::hold;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How a command ends.
pub(crate) enum Done {
    Ok(String),
    No(String),
    Bad(String),
    /// The server hangs up, with these words.
    Bye(String),
}

pub(crate) fn ok(words: &str) -> Done {
    Done::Ok(words.to_owned())
}

pub(crate) fn no(words: &str) -> Done {
    Done::No(words.to_owned())
}

pub(crate) fn bad(words: &str) -> Done {
    Done::Bad(words.to_owned())
}

#[derive(Clone)]
pub(crate) struct Session {
    pub host: Arc<Host>,
    /// The address of who signed in.
    pub who: Option<String>,
    pub selected: Option<Selected>,
    /// What arrived less than so many milliseconds ago is not there yet.
    pub lag_ms: i64,
}

#[derive(Clone)]
pub(crate) struct Selected {
    pub folder: String,
    pub read_only: bool,
    validity: u32,
    pub known: Vec<Known>,
}

/// A mail the client was told of.
#[derive(Clone)]
pub(crate) struct Known {
    pub uid: Uid,
    pub flags: BTreeSet<String>,
}

impl Session {
    pub fn new(host: Arc<Host>) -> Session {
        Session { host, who: None, selected: None, lag_ms: 0 }
    }

    /// What the server says to a command, and whether it hangs up then.
    pub fn run(&mut self, command: &Command) -> (Vec<u8>, bool) {
        let mut out = Out::default();
        let done = self.act(command, &mut out);
        let ended = match done {
            Done::Ok(words) => {
                out.line(&format!("{} OK {words}", command.tag));
                command.name == "LOGOUT"
            }
            Done::No(words) => {
                out.line(&format!("{} NO {words}", command.tag));
                false
            }
            Done::Bad(words) => {
                out.line(&format!("{} BAD {words}", command.tag));
                false
            }
            Done::Bye(words) => {
                out.line(&format!("* BYE {words}"));
                true
            }
        };
        (out.0, ended)
    }

    fn act(&mut self, command: &Command, out: &mut Out) -> Done {
        let args = &command.args;
        match (command.name.as_str(), args.as_slice()) {
            ("CAPABILITY", []) => {
                out.line(&format!("* CAPABILITY {}", self.host.capabilities(self.who.is_some())));
                return ok("Capability completed.");
            }
            ("LOGOUT", []) => {
                out.line("* BYE Logging out");
                return ok("Logout completed.");
            }
            ("NOOP", []) if self.selected.is_none() => return ok("NOOP completed."),
            ("LOGIN", [user, password]) if self.who.is_none() => return self.login(user, password),
            _ => {}
        }
        if self.who.is_none() {
            return bad("Command unknown or not allowed before signing in.");
        }
        match (command.name.as_str(), args.as_slice()) {
            ("LIST", [reference, pattern]) => self.list(out, reference, pattern, false),
            ("LIST", [Arg::List(only), reference, pattern])
                if matches!(only.as_slice(), [one] if is(one, "SPECIAL-USE")) && !self.host.own.bare =>
            {
                self.list(out, reference, pattern, true)
            }
            ("LIST", [reference, pattern, word, Arg::List(given)])
                if is(word, "RETURN")
                    && matches!(given.as_slice(), [one] if is(one, "SPECIAL-USE"))
                    && !self.host.own.bare =>
            {
                self.list(out, reference, pattern, false)
            }
            ("STATUS", [folder, Arg::List(asked)]) => self.status(out, folder, asked),
            ("SELECT" | "EXAMINE", [folder]) => self.select(out, folder, command.name == "EXAMINE"),
            ("CREATE", [folder]) => self.create(folder),
            ("APPEND", [folder, rest @ ..]) => self.append(folder, rest),
            _ if self.selected.is_some() => self.on_selected(command, out),
            _ => bad("Command unknown, or no folder is selected."),
        }
    }

    fn on_selected(&mut self, command: &Command, out: &mut Out) -> Done {
        // Places may not move while a client speaks by them.
        let by_place = matches!(command.name.as_str(), "FETCH" | "STORE" | "SEARCH");
        if let Err(words) = self.sync(out, !by_place) {
            return Done::Bye(words);
        }
        match (command.name.as_str(), command.args.as_slice()) {
            ("NOOP" | "CHECK", []) => ok("Done."),
            ("CLOSE", []) => {
                mails::expunge(self, &mut Out::default(), None);
                self.selected = None;
                ok("Close completed.")
            }
            ("UNSELECT", []) if !self.host.own.bare => {
                self.selected = None;
                ok("Unselect completed.")
            }
            ("EXPUNGE", []) => mails::expunge(self, out, None),
            ("UID EXPUNGE", [set]) if !self.host.own.bare => match self.chosen(set, true) {
                Some(uids) => mails::expunge(self, out, Some(&uids)),
                None => bad("Invalid set."),
            },
            ("FETCH" | "UID FETCH", [set, items]) => mails::fetch(self, out, set, items, !by_place),
            ("STORE" | "UID STORE", [set, how, flags]) => mails::store(self, out, set, how, flags, !by_place),
            ("UID MOVE", [set, folder]) if !self.host.own.bare => mails::carry(self, out, set, folder, true),
            ("UID COPY", [set, folder]) => mails::carry(self, out, set, folder, false),
            ("SEARCH" | "UID SEARCH", keys) => {
                let known = self.selected.as_ref().map(|selected| &selected.known);
                let last = known.and_then(|known| known.last()).map_or(0, |last| last.uid);
                let places = u32::try_from(known.map_or(0, Vec::len)).unwrap_or(u32::MAX);
                match search::keys(keys, places, last) {
                    Ok(key) => mails::search(self, out, &key, !by_place),
                    Err(why) if why.starts_with('[') => no(why),
                    Err(why) => bad(why),
                }
            }
            _ => bad("Command unknown, or its words are not what it wants."),
        }
    }

    fn login(&mut self, user: &Arg, password: &Arg) -> Done {
        if self.host.own.tokens_only {
            return no("[PRIVACYREQUIRED] LOGIN is disabled here.");
        }
        let (Some(user), Some(password)) = (user.text(), password.text()) else {
            return bad("Invalid words.");
        };
        self.signed_in(self.host.knows_password(&user, &password))
    }

    /// After a password or a token was looked at.
    pub fn signed_in(&mut self, who: Option<String>) -> Done {
        self.who = who;
        if self.who.is_none() {
            return no("[AUTHENTICATIONFAILED] Authentication failed.");
        }
        Done::Ok(format!("[CAPABILITY {}] Logged in", self.host.capabilities(true)))
    }

    /// Does something with the mailbox of who signed in; `None` where it is no more.
    pub fn with<T>(&self, act: impl FnOnce(&mut Mailbox) -> T) -> Option<T> {
        let mut house = hold(&self.host.house);
        Some(act(house.at(self.who.as_deref()?)?))
    }

    /// Does something with the selected folder.
    pub fn with_selected<T>(&self, act: impl FnOnce(&mut Folder) -> T) -> Option<T> {
        let name = &self.selected.as_ref()?.folder;
        self.with(|mailbox| mailbox.folder_mut(name).map(act))?
    }

    /// Whether a mail is there yet, for reads that lag.
    pub fn sees(&self, mail: &Mail) -> bool {
        mail.applied_ms + self.lag_ms <= now_ms() || self.lag_ms == 0
    }

    /// Tells what changed in the selected folder since the client was last told.
    ///
    /// # Errors
    /// Where the folder is another one by now: what to hang up with.
    pub fn sync(&mut self, out: &mut Out, removals: bool) -> Result<(), String> {
        let Some(before) = &self.selected else { return Ok(()) };
        let (folder, validity) = (before.folder.clone(), before.validity);
        // What was told once does not go away because reads lag.
        let told = |mail: &Mail| before.known.iter().any(|known| known.uid == mail.uid);
        let now = self.with(|mailbox| {
            let folder = mailbox.folder(&folder).filter(|folder| folder.validity == validity)?;
            let seen = folder.mails.iter().filter(|mail| told(mail) || self.sees(mail));
            Some(seen.map(|mail| Known { uid: mail.uid, flags: mail.flags.clone() }).collect::<Vec<_>>())
        });
        let Some(now) = now.flatten() else {
            return Err("[UNAVAILABLE] The folder was made anew.".to_owned());
        };
        let Some(selected) = &mut self.selected else { return Ok(()) };
        let known = &mut selected.known;
        if removals {
            for place in (0..known.len()).rev() {
                if now.iter().all(|mail| mail.uid != known[place].uid) {
                    known.remove(place);
                    out.line(&format!("* {} EXPUNGE", place + 1));
                }
            }
        }
        for (place, mail) in known.iter_mut().enumerate() {
            if let Some(new) = now.iter().find(|new| new.uid == mail.uid && new.flags != mail.flags) {
                mail.flags.clone_from(&new.flags);
                let flags: Vec<&str> = mail.flags.iter().map(String::as_str).collect();
                out.line(&format!("* {} FETCH (UID {} FLAGS ({}))", place + 1, mail.uid, flags.join(" ")));
            }
        }
        let last = known.last().map_or(0, |mail| mail.uid);
        let count = known.len();
        known.extend(now.into_iter().filter(|mail| mail.uid > last));
        if known.len() != count {
            out.line(&format!("* {} EXISTS", known.len()));
            out.line("* 0 RECENT");
        }
        Ok(())
    }

    /// The numbers that a set means here, in order.
    pub fn chosen(&self, set: &Arg, by_uid: bool) -> Option<Vec<Uid>> {
        let known = &self.selected.as_ref()?.known;
        let last = if by_uid { known.last().map_or(0, |mail| mail.uid) } else { u32::try_from(known.len()).ok()? };
        let ranges = ranges(set.atom()?, last)?;
        // A place that is not there is an error; a number that is not there is nothing.
        if !by_uid && ranges.iter().any(|(from, to)| *from == 0 || *to > last) {
            return None;
        }
        let place = |at: usize| u32::try_from(at + 1).unwrap_or(u32::MAX);
        let meant = known
            .iter()
            .enumerate()
            .filter(|(at, mail)| search::inside(&ranges, if by_uid { mail.uid } else { place(*at) }));
        Some(meant.map(|(_, mail)| mail.uid).collect())
    }

    /// The client's place for a number, and 0 for one it was never told of.
    pub fn place(&self, uid: Uid) -> usize {
        let known = self.selected.iter().flat_map(|selected| &selected.known);
        known.enumerate().find(|(_, mail)| mail.uid == uid).map_or(0, |(at, _)| at + 1)
    }

    fn list(&self, out: &mut Out, reference: &Arg, pattern: &Arg, special: bool) -> Done {
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

    fn status(&self, out: &mut Out, folder: &Arg, asked: &[Arg]) -> Done {
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
                    "UIDNEXT" => folder.next.to_string(),
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

    fn select(&mut self, out: &mut Out, folder: &Arg, read_only: bool) -> Done {
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
            out.line(&format!("* OK [UIDNEXT {}] Predicted next UID", folder.next));
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

    fn create(&self, folder: &Arg) -> Done {
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

    fn append(&self, folder: &Arg, rest: &[Arg]) -> Done {
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

fn is(arg: &Arg, word: &str) -> bool {
    arg.atom().is_some_and(|atom| atom.eq_ignore_ascii_case(word))
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

/// The Message-ID of a mail, without brackets.
pub(crate) fn id_of(bytes: &[u8]) -> String {
    let header = mime::find(bytes, b"\r\n\r\n").map_or(bytes, |end| &bytes[..end]);
    mime::first(&mime::fields(header), "message-id").map(|id| mime::bare_id(&id)).unwrap_or_default()
}
