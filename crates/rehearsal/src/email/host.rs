//! One simulated mail house: which ports it has, what it offers, who may come in, and how a mail gets into it.

use super::imap::session::id_of;
use super::tokens::Tokens;
use super::world::{Accepted, House, INBOX, Mail, Use};
use crate::clock::now_ms;
use crate::door::Door;
use crate::hold;
use crate::network::Stand;
use crate::scenario::own_part;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use tokio::sync::watch;

/// What only e-mail reads of a server: how this house is made.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Own {
    /// IMAP and nothing more: no IDLE, MOVE, UIDPLUS, SPECIAL-USE; folders have French names.
    pub bare: bool,
    /// What is sent is filed by the house itself, as the largest ones do.
    pub files_sent: bool,
    /// No passwords: tokens alone open.
    pub tokens_only: bool,
    /// People sign in with what stands before the "@".
    pub short_names: bool,
    /// Nobody is told where the servers are.
    pub silent: bool,
}

/// The ports beside the one that speaks HTTP.
pub(crate) const IMAP: usize = 0;
pub(crate) const SMTP: usize = 1;

pub(crate) struct Host {
    stand: Stand,
    pub own: Own,
    pub house: Mutex<House>,
    pub tokens: Mutex<Tokens>,
    /// Counts what changed, so that who waits is woken.
    pub changes: watch::Sender<u64>,
    pub doors: OnceLock<[Arc<Door>; 2]>,
    /// When it began: what was sent before is not of this evening.
    pub opened_ms: i64,
    validities: AtomicU32,
    named: AtomicU32,
}

impl Host {
    pub fn new(stand: Stand) -> Host {
        let own = own_part(&stand.line.more).unwrap_or_default();
        Host {
            stand,
            own,
            house: Mutex::default(),
            tokens: Mutex::default(),
            changes: watch::Sender::new(0),
            doors: OnceLock::new(),
            opened_ms: now_ms(),
            validities: AtomicU32::new(1_700_000_000),
            named: AtomicU32::new(0),
        }
    }

    pub fn port(&self, which: usize) -> u16 {
        self.doors.get().map_or(0, |doors| doors[which].port())
    }

    /// What the IMAP server says it can do.
    pub fn capabilities(&self, inside: bool) -> String {
        let mut all = vec!["IMAP4rev1"];
        if !self.own.bare {
            all.extend(["SASL-IR", "LITERAL+"]);
        }
        if !inside {
            all.extend(if self.own.tokens_only { &["LOGINDISABLED"][..] } else { &["AUTH=PLAIN"] });
            all.push("AUTH=XOAUTH2");
        } else if !self.own.bare {
            all.extend(["IDLE", "UIDPLUS", "MOVE", "SPECIAL-USE", "UNSELECT"]);
        }
        if self.own.files_sent {
            all.push("X-GM-EXT-1");
        }
        all.join(" ")
    }

    /// What an address is called at the door.
    pub fn user_of<'a>(&self, address: &'a str) -> &'a str {
        let short = address.split('@').next().unwrap_or_default();
        if self.own.short_names { short } else { address }
    }

    /// The address of who signs in so.
    pub fn knows_password(&self, user: &str, password: &str) -> Option<String> {
        let house = hold(&self.house);
        let one = house.boxes.iter().find(|one| self.user_of(&one.address).eq_ignore_ascii_case(user))?;
        (one.password == password && !self.own.tokens_only).then(|| one.address.clone())
    }

    pub fn knows_token(&self, user: &str, token: &str) -> Option<String> {
        let house = hold(&self.house);
        let one = house.boxes.iter().find(|one| one.address.eq_ignore_ascii_case(user))?;
        let given = || self.token_of(token).is_some_and(|address| address == one.address);
        (one.token == token || given()).then(|| one.address.clone())
    }

    /// The next validity of a folder: none is given twice.
    pub fn validity(&self) -> u32 {
        self.validities.fetch_add(10, Ordering::Relaxed)
    }

    /// A Message-ID of this house, without brackets.
    pub fn new_id(&self) -> String {
        let number = self.named.fetch_add(1, Ordering::Relaxed);
        format!("{number:06}.{:08x}@{}", self.luck.draw(), self.line.domain)
    }

    /// A mail, ready to be put into a folder.
    pub fn mail(&self, bytes: Arc<[u8]>, at_ms: i64, flags: BTreeSet<String>) -> Mail {
        Mail { uid: 0, flags, at_ms, applied_ms: now_ms(), id: id_of(&bytes), bytes }
    }

    /// Wakes who waits for news.
    pub fn stir(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Brings a mail to those of its recipients who live here.
    pub fn deliver(&self, from: &str, to: &[String], bytes: &[u8], at_ms: i64) {
        let mut house = hold(&self.house);
        for address in to {
            if let Some(folder) = house.at(address).and_then(|mailbox| mailbox.folder_mut(INBOX)) {
                let mut whole = format!("Return-Path: <{from}>\r\nDelivered-To: {address}\r\n").into_bytes();
                whole.extend_from_slice(bytes);
                folder.put(self.mail(whole.into(), at_ms, BTreeSet::new()));
            }
        }
        drop(house);
        self.stir();
    }

    /// Takes a mail of ours upon itself: it is sent from here on, whatever its sender learns of it.
    pub fn accept(&self, accepted: Accepted) {
        let Accepted { from, to, bytes, at_ms, native } = &accepted;
        if *native || self.own.files_sent {
            let seen = BTreeSet::from(["\\Seen".to_owned()]);
            let copy = self.mail(Arc::clone(bytes), *at_ms, seen);
            let mut house = hold(&self.house);
            // The largest houses file a mail once, however often it was handed in.
            let there = house
                .at(from)
                .is_some_and(|mailbox| mailbox.find(&copy.id).is_some_and(|(at, _)| at.role == Use::Sent));
            if let Some(sent) = house.at(from).and_then(|mailbox| mailbox.for_use(Use::Sent)).filter(|_| !there) {
                sent.put(copy);
            }
        }
        self.deliver(from, to, bytes, *at_ms);
        hold(&self.house).accepted.push(accepted);
    }
}

/// A house is a server, and more: its origin and its luck are found on it.
impl Deref for Host {
    type Target = Stand;

    fn deref(&self) -> &Stand {
        &self.stand
    }
}
