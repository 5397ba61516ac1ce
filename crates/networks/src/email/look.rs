//! Known messages looked at again by their names: where they lie now. A letter does not change, so one that is remembered
//! is not fetched again; one that lies in any other folder was tidied away, and is not gone.

use super::convert::{self, Stood};
use super::imap::Imap;
use super::letter;
use super::names::{self, Named};
use super::session::{Account, Met, places};
use guichet_model::{Fault, Item, Page, RemoteId, Unread};

/// Names of one look.
pub(crate) const MOST: usize = 25;
/// Folders beyond the usual ones.
const MOST_FOLDERS: usize = 40;

pub(crate) async fn look(account: &Account, items: &[RemoteId]) -> Result<Page, Fault> {
    let access = account.access().await?;
    let mut imap = account.imap(&access).await?;
    let folders = account.folders(&mut imap).await?;
    let mut wanted: Vec<RemoteId> = items.to_vec();
    let mut page = Page::default();
    let mut all = places(&access, &folders);
    let usual = all.len();
    for name in &folders.names {
        if all.len() < usual + MOST_FOLDERS && all.iter().all(|(known, _)| known != name) {
            all.push((name.clone(), Stood::Inbox));
        }
    }
    for (folder, stood) in all {
        if wanted.is_empty() {
            break;
        }
        match within(account, &mut imap, &folder, stood, &mut wanted, &mut page).await {
            Ok(()) => {}
            // Not opened, not looked through: whoever is not found is not missed either.
            Err(Fault::Refused { .. }) => {
                page.unreadable.push(Unread { raw: "a folder".into(), why: "not opened".into() });
            }
            Err(fault) => return Err(fault),
        }
    }
    imap.done();
    if folders.names.len() > usual + MOST_FOLDERS && !wanted.is_empty() {
        page.unreadable.push(Unread { raw: "more folders".into(), why: "not looked through".into() });
    }
    Ok(page)
}

async fn within(
    account: &Account,
    imap: &mut Imap,
    folder: &str,
    stood: Stood,
    wanted: &mut Vec<RemoteId>,
    page: &mut Page,
) -> Result<(), Fault> {
    imap.examine(folder).await?;
    let ids = wanted.iter().filter_map(|name| match names::named(name) {
        Some(Named::Id(id)) => names::searchable(&id),
        _ => None,
    });
    let keys: Vec<String> = ids.map(|id| format!("HEADER Message-ID {id}")).collect();
    if let Some((last, others)) = keys.split_last() {
        let query = others.iter().map(|key| format!("OR {key} ")).collect::<String>() + last;
        let hits = imap.search(&query).await?;
        let mut fetched = Vec::new();
        for raw in imap.ids(&hits).await?.into_iter().filter(|raw| !raw.is_left_behind(stood)) {
            let id = letter::read(&raw.bytes, true).and_then(|letter| letter.id);
            let Some(name) = id.map(|id| names::by_id(&id)).filter(|name| wanted.contains(name)) else {
                continue;
            };
            match account.remembered(&name) {
                Some(item) => {
                    wanted.retain(|other| *other != name);
                    page.items.push(Item { publication: stood.publication(), ..item });
                }
                None => fetched.push(raw.uid),
            }
        }
        for raw in account.fetch(imap, &fetched).await? {
            if let Some(letter) = raw.letter() {
                let name = convert::name(&letter, stood, &account.me);
                if wanted.contains(&name) {
                    wanted.retain(|other| *other != name);
                    page.items.push(account.item(&Met { raw, letter }, stood));
                }
            }
        }
    }
    let nameless: Vec<RemoteId> =
        wanted.iter().filter(|name| !matches!(names::named(name), Some(Named::Id(_)) | None)).cloned().collect();
    for name in nameless {
        if let Some(met) = account.seek(imap, &name, stood).await? {
            wanted.retain(|other| *other != name);
            page.items.push(account.named(name, &met, stood));
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "look_tests.rs"]
mod tests;
