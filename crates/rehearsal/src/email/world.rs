//! What a simulated mail house holds: mailboxes with their folders and mails, and every mail it accepted for delivery.
//! Nouns only; what clients do with them is in `imap` and `smtp`.
//!
//! Folders number their mails upwards and for ever under one validity. A folder made anew has another validity, and its
//! mails other numbers: what a client remembered is worth nothing then.

use std::collections::BTreeSet;
use std::sync::Arc;

pub(crate) type Uid = u32;

pub(crate) const INBOX: &str = "INBOX";

/// A mail as it lies in a folder.
#[derive(Clone)]
pub(crate) struct Mail {
    pub uid: Uid,
    pub flags: BTreeSet<String>,
    /// The house's own date for it, in milliseconds since 1970.
    pub at_ms: i64,
    /// When the house got it; reads that lag count from here.
    pub applied_ms: i64,
    pub bytes: Arc<[u8]>,
    /// Its Message-ID without brackets; empty where it has none.
    pub id: String,
}

/// What a folder is for, as SPECIAL-USE names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Inbox,
    Sent,
    Drafts,
    Junk,
    Trash,
    Plain,
}

impl Use {
    pub fn attribute(self) -> Option<&'static str> {
        match self {
            Use::Sent => Some("\\Sent"),
            Use::Drafts => Some("\\Drafts"),
            Use::Junk => Some("\\Junk"),
            Use::Trash => Some("\\Trash"),
            Use::Inbox | Use::Plain => None,
        }
    }
}

#[derive(Clone)]
pub(crate) struct Folder {
    pub name: String,
    pub role: Use,
    pub validity: u32,
    pub next: Uid,
    /// In the order of their numbers.
    pub mails: Vec<Mail>,
}

impl Folder {
    pub fn new(name: &str, role: Use, validity: u32) -> Folder {
        Folder { name: name.to_owned(), role, validity, next: 1, mails: Vec::new() }
    }

    pub fn put(&mut self, mut mail: Mail) -> Uid {
        mail.uid = self.next;
        self.next += 1;
        self.mails.push(mail);
        self.next - 1
    }

    pub fn mail(&self, uid: Uid) -> Option<&Mail> {
        self.mails.iter().find(|mail| mail.uid == uid)
    }

    pub fn mail_mut(&mut self, uid: Uid) -> Option<&mut Mail> {
        self.mails.iter_mut().find(|mail| mail.uid == uid)
    }

    pub fn take(&mut self, uid: Uid) -> Option<Mail> {
        let at = self.mails.iter().position(|mail| mail.uid == uid)?;
        Some(self.mails.remove(at))
    }

    /// Made anew with the same mails: another validity, other numbers, some of which meant another mail before.
    pub fn renumber(&mut self) {
        self.validity += 1;
        self.next = 1;
        let mut mails = std::mem::take(&mut self.mails);
        mails.reverse();
        for mail in mails {
            self.put(mail);
        }
    }
}

/// The mail of one address of ours.
pub(crate) struct Mailbox {
    pub address: String,
    pub username: String,
    pub name: String,
    /// An app password.
    pub password: String,
    /// What `XOAUTH2` wants to hear.
    pub token: String,
    pub folders: Vec<Folder>,
}

impl Mailbox {
    /// `INBOX` is the only name whose capitals do not count.
    pub fn folder(&self, name: &str) -> Option<&Folder> {
        self.folders.iter().find(|folder| named(folder, name))
    }

    pub fn folder_mut(&mut self, name: &str) -> Option<&mut Folder> {
        self.folders.iter_mut().find(|folder| named(folder, name))
    }

    pub fn for_use(&mut self, role: Use) -> Option<&mut Folder> {
        self.folders.iter_mut().find(|folder| folder.role == role)
    }

    pub fn find(&self, id: &str) -> Option<(&Folder, &Mail)> {
        self.folders.iter().find_map(|folder| Some((folder, folder.mails.iter().find(|mail| mail.id == id)?)))
    }
}

fn named(folder: &Folder, name: &str) -> bool {
    folder.name == name || (folder.role == Use::Inbox && name.eq_ignore_ascii_case(INBOX))
}

/// A mail that the house took upon itself to deliver: one for each time it said so.
pub(crate) struct Accepted {
    /// The address it was sent as.
    pub from: String,
    pub to: Vec<String>,
    pub bytes: Arc<[u8]>,
    pub at_ms: i64,
    /// Written in another program, not handed in here.
    pub native: bool,
}

#[derive(Default)]
pub(crate) struct House {
    pub boxes: Vec<Mailbox>,
    pub accepted: Vec<Accepted>,
}

impl House {
    /// By address, whatever its capitals.
    pub fn at(&mut self, address: &str) -> Option<&mut Mailbox> {
        self.boxes.iter_mut().find(|one| one.address.eq_ignore_ascii_case(address))
    }

    /// The mailbox that holds a mail of that Message-ID.
    pub fn holding(&mut self, id: &str) -> Option<&mut Mailbox> {
        self.boxes.iter_mut().find(|one| one.find(id).is_some())
    }
}
