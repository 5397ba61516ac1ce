//! Whose trouble it is, and that everybody is woken once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::{Room, room};
use futures::FutureExt;
use guichet_model::RefusalCode;

const ONE: AccountId = AccountId(1);
const OTHER: AccountId = AccountId(2);

fn unreached(why: Unreached) -> Fault {
    Fault::Offline { why }
}

/// Whether anybody woke the outbox and the intake since the last look.
fn woken(room: &Room) -> (bool, bool) {
    let inner = &room.desk.inner;
    (inner.wake_outbox.notified().now_or_never().is_some(), inner.wake_intake.notified().now_or_never().is_some())
}

#[tokio::test]
async fn one_server_is_its_own_trouble_and_all_of_them_are_ours() {
    let room = room(Vec::new()).await;
    let (desk, online) = (&room.desk, &room.desk.inner.online);
    assert_eq!((online.now(), online.trouble()), (None, None));
    desk.met_network(ONE, None);
    desk.met_network(OTHER, Some(&unreached(Unreached::NoName)));
    assert_eq!((online.now(), online.trouble()), (Some(true), None));
    desk.met_network(ONE, Some(&unreached(Unreached::NoName)));
    assert_eq!((online.now(), online.trouble()), (Some(false), Some(Unreached::NoName)));
    // What tells most is told.
    desk.met_network(ONE, Some(&unreached(Unreached::Portal)));
    assert_eq!(online.trouble(), Some(Unreached::Portal));
    // An account that left does not keep the others offline, nor online.
    desk.inner.forget_session(ONE);
    assert_eq!(online.trouble(), Some(Unreached::NoName));
    // What was found without a network says nothing of it.
    desk.met_network(OTHER, Some(&Fault::NeedsLogin));
    desk.met_network(OTHER, Some(&Fault::refused(RefusalCode::Empty, None)));
    assert_eq!(online.now(), Some(false));
    // The system has the first word.
    desk.met_network(OTHER, None);
    desk.set_system_online(false);
    assert_eq!((online.now(), online.trouble()), (Some(false), Some(Unreached::NoNetwork)));
}

#[tokio::test]
async fn back_online_everybody_is_woken_once() {
    let room = room(Vec::new()).await;
    let (desk, online) = (&room.desk, &room.desk.inner.online);
    desk.met_network(ONE, None);
    assert_eq!((woken(&room), online.comebacks()), ((false, false), 0), "the first answer is no return");
    desk.met_network(ONE, Some(&unreached(Unreached::NoAnswer)));
    desk.set_system_online(false);
    desk.set_system_online(false);
    assert_eq!(woken(&room), (false, false));
    // The system's word, then the answers that prove it.
    desk.set_system_online(true);
    assert_eq!(woken(&room), (true, true));
    for account in [ONE, OTHER, ONE] {
        desk.met_network(account, None);
    }
    desk.set_system_online(true);
    assert_eq!((woken(&room), online.comebacks()), ((false, false), 1));
    // Without the system's word: the first answer of all.
    for account in [ONE, OTHER, ONE] {
        desk.met_network(account, Some(&unreached(Unreached::NoName)));
    }
    desk.met_network(OTHER, None);
    desk.met_network(ONE, None);
    assert_eq!((woken(&room), online.comebacks()), ((true, true), 2));
    assert_eq!(woken(&room), (false, false));
}

#[tokio::test]
async fn our_clock_is_wrong_when_every_server_says_so() {
    let room = room(Vec::new()).await;
    let (desk, online) = (&room.desk, &room.desk.inner.online);
    desk.heard_clock(ONE, None);
    assert_eq!(online.trouble(), None);
    desk.heard_clock(ONE, Some(6 * MINUTE));
    assert_eq!(online.trouble(), Some(Unreached::Clock));
    desk.heard_clock(OTHER, Some(-6 * MINUTE));
    assert_eq!(online.trouble(), None, "they do not agree");
    desk.heard_clock(OTHER, Some(7 * MINUTE));
    assert_eq!(online.trouble(), Some(Unreached::Clock));
    desk.heard_clock(ONE, Some(0));
    assert_eq!(online.trouble(), None);
}
