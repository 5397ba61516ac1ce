//! The pictures of a reply, uploaded before it leaves.
//!
//! An upload is seen by nobody, so that it may fail and be tried again; but it is not made twice: what the network calls a
//! picture is on the disk before the next one is begun, and only a process that dies in between uploads one again.

use super::row::Reply;
use crate::desk::Desk;
use crate::store::Durability;
use crate::view::Problem;
use crate::{attachment, budget};
use guichet_model::{Fault, Outgoing, RefusalCode, Session};
use std::sync::Arc;

/// What is to be prepared, every picture of it at the network.
pub(super) async fn outgoing(
    desk: &Desk,
    session: &Arc<dyn Session>,
    reply: &Reply,
) -> Result<Result<Outgoing, Fault>, Problem> {
    let mut outgoing = reply.outgoing();
    if !reply.pictured {
        return Ok(Ok(outgoing));
    }
    let key = reply.key.clone();
    let pictures = desk.store().read(move |conn| attachment::carried(conn, &key)).await?;
    for carried in pictures {
        if let Some(remote) = carried.uploaded {
            outgoing.pictures.push(remote);
            continue;
        }
        let Some(uploads) = session.uploads() else {
            return Ok(Err(Fault::refused(RefusalCode::NotOffered, None)));
        };
        let id = carried.id;
        let picture = desk.store().read(move |conn| attachment::picture(conn, id)).await?;
        let remote = match budget::first(uploads.upload(&picture)).await {
            Ok(remote) => remote,
            Err(fault) => return Ok(Err(fault)),
        };
        let (key, name) = (reply.key.clone(), remote.clone());
        desk.store().write(Durability::Full, move |tx| attachment::uploaded(tx, id, &key, &name)).await?;
        desk.step("picture uploaded");
        outgoing.pictures.push(remote);
    }
    Ok(Ok(outgoing))
}

#[cfg(test)]
#[path = "pictures_tests.rs"]
mod tests;
