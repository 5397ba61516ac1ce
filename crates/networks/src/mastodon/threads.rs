//! Reading the thread around a status, and gathering what of it belongs into the inbox.

use super::convert;
use super::pull::unread;
use super::session::{Account, segment};
use super::thread::{Places, Placing, Thread};
use super::wire::{self, Status};
use crate::asked::Ask;
use guichet_model::{Fault, Item, Kind, RemoteId, Unread};
use serde_json::Value;
use std::collections::HashSet;

/// What one pull has gathered so far.
#[derive(Default)]
pub(crate) struct Gathered {
    pub items: Vec<Item>,
    pub gone: Vec<RemoteId>,
    pub unreadable: Vec<Unread>,
    /// Statuses that a notification of this page says name us.
    pub named: HashSet<String>,
    seen: HashSet<String>,
}

impl Gathered {
    pub fn has(&self, id: &str) -> bool {
        self.seen.contains(id)
    }

    pub fn add(&mut self, item: Item) {
        if self.seen.insert(item.remote.0.clone()) {
            self.items.push(item);
        }
    }

    /// Even if it was gathered before: something about it has changed.
    pub fn renew(&mut self, item: Item) {
        self.items.retain(|known| known.remote != item.remote);
        self.seen.insert(item.remote.0.clone());
        self.items.push(item);
    }
}

/// A thread as the server tells it.
pub(crate) struct Context {
    pub ancestors: Vec<Status>,
    pub descendants: Vec<Status>,
    pub unreadable: Vec<Unread>,
}

impl Context {
    pub fn read(told: &Value) -> Self {
        let mut unreadable = Vec::new();
        let mut side = |name: &str| {
            let mut read = Vec::new();
            for value in wire::list(told.at(name)) {
                match Status::read(value) {
                    Ok(status) => read.push(status),
                    Err(why) => unreadable.push(unread(value, why)),
                }
            }
            read
        };
        Self { ancestors: side("ancestors"), descendants: side("descendants"), unreadable }
    }
}

impl Account {
    pub async fn context(&self, id: &str) -> Result<Context, Fault> {
        let path = format!("/api/v1/statuses/{}/context", segment(id));
        let told = self.api.json(&path, &[]).await?;
        Ok(Context::read(&told))
    }

    /// The status, with its thread where that was not read before.
    pub async fn with_thread(&self, status: &Status, named: bool, gathered: &mut Gathered) -> Result<(), Fault> {
        let known = self.places().of(status, &self.me, named);
        if let Some(placing) = known {
            gathered.add(self.placed(status, placing));
            return Ok(());
        }
        let Some(context) = self.context_or_none(status).await? else {
            gathered.add(self.placed(status, Places::guess(status, &self.me)));
            return Ok(());
        };
        self.gather_thread(status, context, gathered, false);
        Ok(())
    }

    /// A post of ours with everything under it.
    pub async fn whole_thread(&self, status: &Status, gathered: &mut Gathered) -> Result<(), Fault> {
        match self.context_or_none(status).await? {
            Some(context) => self.gather_thread(status, context, gathered, true),
            None => {
                let known = self.places().of(status, &self.me, false);
                let placing = known.unwrap_or_else(|| Places::guess(status, &self.me));
                gathered.add(self.placed(status, placing));
            }
        }
        Ok(())
    }

    /// `None` where the server refuses: a thread that is not shown does not take its text along.
    async fn context_or_none(&self, status: &Status) -> Result<Option<Context>, Fault> {
        match self.context(&status.id).await {
            Ok(context) => Ok(Some(context)),
            Err(Fault::Refused { .. } | Fault::Unreadable { .. }) => Ok(None),
            // Nor does one that the server cannot tell, time after time, hold up everything that comes after it.
            Err(Fault::Later { .. }) if self.stumbles_again(&status.id) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    fn gather_thread(&self, status: &Status, context: Context, gathered: &mut Gathered, everything_under: bool) {
        let mut named = std::mem::take(&mut gathered.named);
        named.extend(self.named_before(&context));
        let parts = || {
            let above = context.ancestors.iter();
            above.chain([status]).chain(&context.descendants)
        };
        let thread = Thread::new(parts(), &self.me, &named);
        let here = thread.place(status);
        let belongs = |other: &Status, placing: &Placing| {
            other.id == status.id
                || here.post.as_ref().is_some_and(|post| post.as_str() == other.id)
                || (placing.conversation.is_some() && placing.conversation == here.conversation)
        };
        let above = context.ancestors.len();
        let placed: Vec<(&Status, Placing)> = parts().map(|status| (status, thread.place(status))).collect();
        for (n, (part, placing)) in placed.into_iter().enumerate() {
            if belongs(part, &placing) || (everything_under && n > above) {
                gathered.add(self.placed(part, placing));
            }
        }
        gathered.named = named;
        gathered.unreadable.extend(context.unreadable);
    }

    /// Roots that an earlier page said name us.
    fn named_before(&self, context: &Context) -> Vec<String> {
        let places = self.places();
        let known = |status: &&Status| {
            let place = places.get(&status.id);
            place.is_some_and(|p| p.kind == Kind::Mention && p.post.is_none())
        };
        let roots = context.ancestors.iter().filter(known);
        roots.map(|status| status.id.clone()).collect()
    }

    /// The item of a status in its place, which is remembered.
    pub fn placed(&self, status: &Status, placing: Placing) -> Item {
        let ours = self.me.wrote(status);
        if placing.conversation.is_some() || placing.kind == Kind::Post {
            self.places().learn(&status.id, placing.clone(), ours);
        }
        convert::item(status, placing, ours)
    }
}
