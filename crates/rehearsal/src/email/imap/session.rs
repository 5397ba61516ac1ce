//! One client's conversation with the IMAP server: who it is, which folder it has open, and which mails it was told of
//! there. A client counts mails by their place among those; nothing may be taken from that list behind its back.

use super::command::{Arg, Command, ranges};
use super::out::Out;
use super::{mails, search};
use crate::clock::now_ms;
use crate::email::host::Host;
use crate::email::mime;
use crate::email::world::{Folder, Mail, Mailbox, Uid};
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
    pub validity: u32,
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
}

fn is(arg: &Arg, word: &str) -> bool {
    arg.atom().is_some_and(|atom| atom.eq_ignore_ascii_case(word))
}

/// The Message-ID of a mail, without brackets.
pub(crate) fn id_of(bytes: &[u8]) -> String {
    let header = mime::find(bytes, b"\r\n\r\n").map_or(bytes, |end| &bytes[..end]);
    mime::first(&mime::fields(header), "message-id").map(|id| mime::bare_id(&id)).unwrap_or_default()
}
