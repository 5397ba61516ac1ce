//! What a client does with the mails of the folder it has open: reads, marks, moves, searches, removes.

use super::command::Arg;
use super::fetch::{self, Item};
use super::folders::named;
use super::out::Out;
use super::search::Key;
use super::session::{Done, Session, bad, no, ok};
use crate::email::world::Uid;
use std::collections::BTreeSet;

const SYSTEM: [&str; 5] = ["\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"];

/// Flags as they are kept; `None` where one may not be set.
pub(crate) fn flags(args: &[Arg]) -> Option<BTreeSet<String>> {
    let flag = |arg: &Arg| {
        let word = arg.atom()?;
        match word.strip_prefix('\\') {
            Some(_) => SYSTEM.iter().find(|known| known.eq_ignore_ascii_case(word)).map(|known| (*known).to_owned()),
            None if word.contains(['[', ']', '*', '%']) => None,
            None => Some(word.to_owned()),
        }
    };
    args.iter().map(flag).collect()
}

pub(crate) fn fetch(session: &mut Session, out: &mut Out, set: &Arg, asked: &Arg, by_uid: bool) -> Done {
    let (Some(uids), Some(mut items)) = (session.chosen(set, by_uid), fetch::items(asked)) else {
        return bad("Invalid set or unknown items.");
    };
    if by_uid && !items.contains(&Item::Uid) {
        items.insert(0, Item::Uid);
    }
    let read_only = session.selected.as_ref().is_some_and(|selected| selected.read_only);
    let reads = items.iter().any(|item| matches!(item, Item::Section(section) if !section.peek));
    let marks = reads && !read_only;
    if marks && !items.contains(&Item::Flags) {
        items.push(Item::Flags);
    }
    for uid in uids {
        let place = session.place(uid);
        let mail = session.with_selected(|folder| {
            let mail = folder.mail_mut(uid)?;
            if marks {
                mail.flags.insert("\\Seen".to_owned());
            }
            Some(mail.clone())
        });
        let Some(mail) = mail.flatten() else { continue };
        remember(session, uid, &mail.flags);
        out.say(&format!("* {place} FETCH "));
        fetch::tell(out, &mail, &items);
        out.line("");
    }
    if marks {
        session.host.stir();
    }
    ok("Fetch completed.")
}

/// The client knows these flags now.
fn remember(session: &mut Session, uid: Uid, flags: &BTreeSet<String>) {
    let known = session.selected.iter_mut().flat_map(|selected| &mut selected.known);
    for mail in known.filter(|mail| mail.uid == uid) {
        mail.flags.clone_from(flags);
    }
}

pub(crate) fn store(session: &mut Session, out: &mut Out, set: &Arg, how: &Arg, given: &Arg, by_uid: bool) -> Done {
    let how = how.atom().unwrap_or_default().to_ascii_uppercase();
    let (act, silent) = how.strip_suffix(".SILENT").map_or((how.as_str(), false), |act| (act, true));
    let given = match given {
        Arg::List(list) => flags(list),
        one => flags(std::slice::from_ref(one)),
    };
    let (Some(uids), Some(given)) = (session.chosen(set, by_uid), given) else {
        return bad("Invalid set or flags.");
    };
    if !matches!(act, "FLAGS" | "+FLAGS" | "-FLAGS") {
        return bad("Unknown store.");
    }
    if session.selected.as_ref().is_some_and(|selected| selected.read_only) {
        return no("[READ-ONLY] The folder is open for reading.");
    }
    for uid in uids {
        let kept = session.with_selected(|folder| {
            let mail = folder.mail_mut(uid)?;
            match act {
                "+FLAGS" => mail.flags.extend(given.iter().cloned()),
                "-FLAGS" => mail.flags.retain(|flag| !given.contains(flag)),
                _ => mail.flags.clone_from(&given),
            }
            Some(mail.flags.clone())
        });
        let Some(kept) = kept.flatten() else { continue };
        remember(session, uid, &kept);
        if !silent {
            let flags: Vec<&str> = kept.iter().map(String::as_str).collect();
            let number = if by_uid { format!("UID {uid} ") } else { String::new() };
            out.line(&format!("* {} FETCH ({number}FLAGS ({}))", session.place(uid), flags.join(" ")));
        }
    }
    session.host.stir();
    ok("Store completed.")
}

pub(crate) fn search(session: &Session, out: &mut Out, key: &Key, by_uid: bool) -> Done {
    let known = session.selected.iter().flat_map(|selected| &selected.known);
    let found = known.enumerate().filter_map(|(at, known)| {
        let place = u32::try_from(at + 1).ok()?;
        let holds = session.with_selected(|folder| folder.mail(known.uid).is_some_and(|mail| key.holds(mail, place)));
        holds?.then(|| format!(" {}", if by_uid { known.uid } else { place }))
    });
    let found: String = found.collect();
    out.line(&format!("* SEARCH{found}"));
    ok("Search completed.")
}

/// `MOVE` and `COPY`.
pub(crate) fn carry(session: &mut Session, out: &mut Out, set: &Arg, folder: &Arg, takes: bool) -> Done {
    let (Some(uids), Some(target)) = (session.chosen(set, true), named(folder)) else {
        return bad("Invalid set or folder name.");
    };
    let Some(from) = session.selected.as_ref().map(|selected| (selected.folder.clone(), selected.read_only)) else {
        return bad("No folder is selected.");
    };
    if takes && from.1 {
        return no("[READ-ONLY] The folder is open for reading.");
    }
    let moved = session.with(|mailbox| {
        let validity = mailbox.folder(&target)?.validity;
        let mut pairs = Vec::new();
        for uid in uids {
            let folder = mailbox.folder_mut(&from.0)?;
            let mail = if takes { folder.take(uid) } else { folder.mail(uid).cloned() };
            if let Some(mail) = mail {
                pairs.push((uid, mailbox.folder_mut(&target)?.put(mail)));
            }
        }
        Some((validity, pairs))
    });
    let Some((validity, pairs)) = moved.flatten() else {
        return no("[TRYCREATE] Mailbox doesn't exist.");
    };
    session.host.stir();
    let join = |numbers: Vec<String>| numbers.join(",");
    let (old, new) = (pairs.iter().map(|pair| pair.0.to_string()), pairs.iter().map(|pair| pair.1.to_string()));
    let told = format!("[COPYUID {validity} {} {}] ", join(old.collect()), join(new.collect()));
    let told = if pairs.is_empty() || session.host.own.bare { String::new() } else { told };
    if !takes {
        return Done::Ok(format!("{told}Copy completed."));
    }
    if !told.is_empty() {
        out.line(&format!("* OK {told}Moved UIDs."));
    }
    match session.sync(out, true) {
        Ok(()) => ok("Move completed."),
        Err(words) => Done::Bye(words),
    }
}

/// Takes away what is marked as deleted: all of it, or what is also among these numbers.
pub(crate) fn expunge(session: &mut Session, out: &mut Out, among: Option<&[Uid]>) -> Done {
    if session.selected.as_ref().is_some_and(|selected| selected.read_only) {
        return no("[READ-ONLY] The folder is open for reading.");
    }
    session.with_selected(|folder| {
        folder
            .mails
            .retain(|mail| !mail.flags.contains("\\Deleted") || among.is_some_and(|among| !among.contains(&mail.uid)));
    });
    session.host.stir();
    match session.sync(out, true) {
        Ok(()) => ok("Expunge completed."),
        Err(words) => Done::Bye(words),
    }
}
