//! The power goes at every write of a reply's life: what was acknowledged is there when it comes back, and leaves once.

use super::*;
use crate::desk::{Desk, Doors};
use crate::testing::disk::{Disk, Trouble};
use crate::testing::{HandClock, room_in};
use crate::view::Problem;
use guichet_model::{MINUTE, Proof};

struct Lived {
    /// How far the CM was told that it was kept.
    drafted: bool,
    written: Option<ReplyId>,
    /// Whether it lived to its end without a cut.
    whole: bool,
}

/// A draft, a reply, and its sending, on a disk that is cut at the `nth` instant.
async fn live(scene: &Scene, disk: &Disk, conversation: ConversationId, nth: u64) -> Lived {
    let mut lived = Lived { drafted: false, written: None, whole: false };
    disk.meets(Trouble::PowerCut, nth);
    let desk = &scene.room.desk;
    lived.drafted = desk.save_draft(conversation, text("Bien reçu")).await.is_ok();
    if !lived.drafted {
        return lived;
    }
    let sent = desk.send_reply(conversation, text("Bien reçu"), false).await;
    lived.written = sent.ok().map(|sent| sent.reply);
    if lived.written.is_none() {
        return lived;
    }
    scene.forward(21 * SECOND);
    let mut walk = Walk::default();
    for _ in 0..10 {
        match turn(desk, scene.account, &mut walk).await {
            Ok(Some(_)) => {}
            Ok(None) => break,
            // The engine goes on by itself; here the power is gone.
            Err(_) => return lived,
        }
    }
    lived.whole = !disk.met();
    lived
}

/// Opens the desk again and tells what is wrong with what it finds.
async fn look_after(lived: &Lived, scene: &Left) -> Result<(), String> {
    let desk = Desk::open(scene.doors.clone()).await.map_err(|problem| format!("it does not open: {problem}"))?;
    let count = |sql: &'static str| {
        desk.store().read_now(|conn| Ok(conn.query_row(sql, [], |row| row.get::<_, u32>(0))?)).unwrap()
    };
    let (replies, drafts) = (count("SELECT count(*) FROM reply"), count("SELECT count(*) FROM draft"));
    if lived.written.is_some() && replies != 1 {
        return Err(format!("{replies} replies"));
    }
    if lived.drafted && drafts + replies != 1 {
        return Err(format!("{drafts} drafts and {replies} replies"));
    }
    for _ in 0..10 {
        scene.clock.forward(60 * SECOND);
        let mut walk = Walk::default();
        while let Some(After::GoOn | After::Stays) = turn(&desk, scene.account, &mut walk).await.unwrap() {}
    }
    let open = count("SELECT count(*) FROM reply WHERE state <> 'sent'");
    let there = u32::try_from(scene.server.lock().unwrap().posts.len()).unwrap();
    if open != 0 || there != replies {
        return Err(format!("{open} of {replies} not sent, {there} there"));
    }
    Ok(())
}

/// What outlives a desk.
struct Left {
    doors: Doors,
    clock: Arc<HandClock>,
    server: Arc<Mutex<Server>>,
    account: AccountId,
    _folder: tempfile::TempDir,
}

/// `Ok(true)`: the cut came after its end.
async fn cut(nth: u64, seed: u64, lies: bool) -> Result<bool, String> {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::under(folder.path());
    let server = Arc::new(Mutex::new(Server::default()));
    server.lock().unwrap().proof = Proof::Key { valid_for: 30 * MINUTE };
    let room = room_in(folder, vec![Arc::new(Paper(server.clone()))]).await;
    let (client, account) = client_row(room.desk.store(), "Phare");
    let scene = Scene { room, server, client, account };
    let (conversation, _) = scene.conversation("Léa");
    if lies {
        disk.lies();
    }
    let lived = live(&scene, &disk, conversation, nth).await;
    if lived.whole {
        return Ok(true);
    }
    let Scene { room: Room { desk, clock, doors, folder }, server, account, .. } = scene;
    let after = Left { doors, clock, server, account, _folder: folder };
    close(desk, &after.doors).await;
    disk.power_returns(seed);
    look_after(&lived, &after).await.map(|()| false)
}

/// Drops it, and waits until the last thread has let go of its files.
async fn close(desk: Desk, doors: &Doors) {
    drop(desk);
    for _ in 0..200 {
        match crate::lock::take(&doors.folder) {
            Ok(_) => return,
            Err(Problem::Busy) => tokio::time::sleep(std::time::Duration::from_millis(5)).await,
            Err(problem) => panic!("{problem}"),
        }
    }
    panic!("the desk stays open");
}

#[tokio::test]
async fn the_power_may_go_at_any_write() {
    for nth in 1..1_000 {
        // Nothing of what was not synced, or some of it.
        let seed = if nth % 2 == 0 { nth } else { 0 };
        match cut(nth, seed, false).await {
            Ok(false) => {}
            Ok(true) => {
                assert!(nth > 10, "hardly anything was written");
                return;
            }
            Err(lost) => panic!("cut at {nth}, seed {seed}: {lost}"),
        }
    }
    panic!("the cuts never came to an end");
}

/// Where syncing does nothing, the same test finds what is lost.
#[tokio::test]
async fn without_syncing_it_would_be_lost() {
    let mut lost = 0;
    for nth in (1..1_000).step_by(5) {
        match cut(nth, 0, true).await {
            Ok(false) => {}
            Ok(true) => break,
            Err(_) => lost += 1,
        }
    }
    assert!(lost > 0, "nothing was lost");
}
