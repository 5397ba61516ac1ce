//! What was read lately is looked up again in turn: Mastodon tells nobody when a text that names them is edited
//! or deleted, nor when somebody answers a post without naming its author.
//!
//! Twenty statuses are looked up by one request where the server can (4.3); one that is missing from the answer
//! is asked for by itself, because only the server's explicit word makes it gone.

use super::convert::Me;
use super::pull::List;
use super::session::{Account, segment};
use super::threads::Gathered;
use super::wire::{self, Status};
use guichet_model::{DAY, Fault, Millis, RefusalCode, RemoteId};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::Ordering;

const MOST: usize = 100;
/// Mastodon refuses more in one question.
const BATCH: usize = 20;
/// Where each costs a request.
const SINGLES: usize = 4;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Watch(VecDeque<Watched>);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Watched {
    id: String,
    at: Millis,
    edited_at: Option<Millis>,
    replies: u32,
}

impl Watch {
    pub fn add(&mut self, list: List, status: &Status, me: &Me) {
        let ours = me.wrote(status);
        let wanted = match list {
            List::Notifications => !ours,
            List::Own => ours && !status.direct(),
            List::Conversations => false,
        };
        if !wanted || self.0.iter().any(|watched| watched.id == status.id) {
            return;
        }
        self.0.push_front(Watched {
            id: status.id.clone(),
            at: status.at,
            edited_at: status.edited_at,
            replies: status.counts.replies,
        });
        if self.0.len() > MOST {
            // The oldest text goes, wherever it stands in the turn.
            let oldest = self.0.iter().enumerate().min_by_key(|(_, w)| w.at);
            if let Some(n) = oldest.map(|(n, _)| n) {
                self.0.remove(n);
            }
        }
    }

    /// Looks up those whose turn it is. A failure leaves them for their next turn: what the page itself brought
    /// must not be lost over it.
    pub async fn look(&mut self, account: &Account, list: List, gathered: &mut Gathered) {
        let kept_for = match list {
            List::Own => 14 * DAY,
            _ => 3 * DAY,
        };
        let now = account.api.server_now();
        self.0.retain(|watched| now.since(watched.at) < kept_for);
        let many = account.knows_batches.load(Ordering::Relaxed);
        let turn = if many { BATCH } else { SINGLES };
        let turn: Vec<Watched> = self.0.drain(..turn.min(self.0.len())).collect();
        match turn_over(account, list, &turn, many, gathered).await {
            Ok(kept) => self.0.extend(kept),
            Err(fault) => {
                tracing::debug!(%fault, "nothing was looked up again");
                self.0.extend(turn);
            }
        }
    }
}

async fn turn_over(
    account: &Account,
    list: List,
    turn: &[Watched],
    many: bool,
    gathered: &mut Gathered,
) -> Result<Vec<Watched>, Fault> {
    let mut told = if many && !turn.is_empty() { batch(account, turn).await? } else { HashMap::new() };
    let mut kept = Vec::new();
    for watched in turn {
        let status = match told.remove(&watched.id) {
            Some(status) => Ok(Some(status)),
            None => single(account, &watched.id).await,
        };
        let status = match status {
            Ok(Some(status)) => status,
            Ok(None) => {
                gathered.gone.push(RemoteId::new(&watched.id));
                continue;
            }
            // One that fails waits for its next turn, and holds up no other.
            Err(Fault::Refused { .. } | Fault::Unreadable { .. } | Fault::Later { .. }) => {
                kept.push(watched.clone());
                continue;
            }
            Err(fault) => return Err(fault),
        };
        let mut fresh = Gathered::default();
        let looked = if account.me.wrote(&status) && status.counts.replies > watched.replies {
            account.whole_thread(&status, &mut fresh).await
        } else if status.edited_at != watched.edited_at {
            account.with_thread(&status, list == List::Notifications, &mut fresh).await
        } else {
            Ok(())
        };
        match looked {
            Ok(()) => {}
            Err(Fault::Later { .. }) => {
                kept.push(watched.clone());
                continue;
            }
            Err(fault) => return Err(fault),
        }
        gathered.unreadable.append(&mut fresh.unreadable);
        for item in fresh.items {
            gathered.renew(item);
        }
        kept.push(Watched {
            id: watched.id.clone(),
            at: watched.at,
            edited_at: status.edited_at,
            replies: status.counts.replies,
        });
    }
    Ok(kept)
}

async fn batch(account: &Account, turn: &[Watched]) -> Result<HashMap<String, Status>, Fault> {
    let ids: Vec<_> = turn.iter().map(|w| ("id[]", w.id.clone())).collect();
    let told = match account.api.json("/api/v1/statuses", &ids).await {
        Ok(told) if told.is_array() => told,
        Ok(_) | Err(Fault::Refused { .. } | Fault::Unreadable { .. }) => {
            account.knows_batches.store(false, Ordering::Relaxed);
            return Err(Fault::refused(RefusalCode::NotOffered, None));
        }
        Err(fault) => return Err(fault),
    };
    let read = wire::list(&told).filter_map(|value| Status::read(value).ok());
    Ok(read.map(|status| (status.id.clone(), status)).collect())
}

/// `None`: the server's own word that it is gone.
pub(crate) async fn single(account: &Account, id: &str) -> Result<Option<Status>, Fault> {
    let path = format!("/api/v1/statuses/{}", segment(id));
    match account.api.json(&path, &[]).await {
        Ok(told) => Status::read(&told).map(Some).map_err(Fault::unreadable),
        Err(Fault::Refused { reason }) if reason.code == RefusalCode::Gone => Ok(None),
        Err(fault) => Err(fault),
    }
}
