//! What the cache of pictures keeps, for how long, and what it does with a file that it cannot read.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::testing::{EVENING, Room, room, room_in};

async fn kept(room: &Room, name: &str) -> Option<Vec<u8>> {
    room.desk.kept_picture(name.into()).await.unwrap().map(|(_, bytes)| bytes)
}

async fn keep(room: &Room, name: &str, bytes: &[u8]) {
    room.desk.keep_picture(name.into(), "image/png".into(), bytes.to_vec()).await.unwrap();
}

#[tokio::test]
async fn a_picture_is_there_the_next_evening_and_not_in_clear() {
    let first = room(Vec::new()).await;
    assert_eq!(kept(&first, "a").await, None);
    keep(&first, "a", b"le visage de Lea").await;
    let Room { desk, doors, folder, .. } = first;
    drop(desk);
    let again = Desk::open(doors).await.unwrap();
    let back = again.kept_picture("a".into()).await.unwrap();
    assert_eq!(back, Some(("image/png".into(), b"le visage de Lea".to_vec())));
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(6).any(|part| part == b"visage"));
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(FILE), [7u8; 9_000]).unwrap();
    let room = room_in(folder, Vec::new()).await;
    assert_eq!(kept(&room, "a").await, None);
    keep(&room, "a", b"1").await;
    assert_eq!(kept(&room, "a").await.as_deref(), Some(&b"1"[..]));
}

#[tokio::test]
async fn one_too_large_pushes_nobody_out() {
    let room = room(Vec::new()).await;
    keep(&room, "a", &[0; LARGEST + 1]).await;
    assert_eq!(kept(&room, "a").await, None);
}

#[test]
fn those_not_looked_at_for_longest_leave_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut kept = open(&folder.path().join(FILE), &StoreKey::make(&crate::testing::Seeded(3.into()))).unwrap();
    let names = ["a", "b", "c"];
    for (day, name) in (0..).zip(names) {
        write(&mut kept, name, "image/png", &[1; 40], EVENING.plus(day * DAY), 100).unwrap();
        // « a » is looked at again each day.
        read(&mut kept, "a", EVENING.plus(day * DAY + 1)).unwrap();
    }
    let left = names.map(|name| read(&mut kept, name, EVENING).unwrap().is_some());
    assert_eq!(left, [true, false, true]);
}
