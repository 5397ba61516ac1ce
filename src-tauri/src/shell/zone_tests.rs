//! A zone that changes is told once.
//!
//! Tests of the file of the same name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::rehearsal::Rehearsal;

#[tokio::test]
async fn another_zone_is_told_once_and_an_unnamed_one_never() {
    let shell = Shell::rehearsing(Rehearsal::start("calme").await.unwrap());
    shell.open(None).await.unwrap();
    let desk = shell.desk().unwrap();
    let known = || async { desk.setting(ZONE.into()).await.unwrap() };
    for zone in ["Europe/Paris", "America/Montreal"] {
        let zone = TimeZone::get(zone).unwrap();
        assert!(tell(&desk, &zone).await.unwrap());
        assert!(!tell(&desk, &zone).await.unwrap());
        assert_eq!(known().await.as_deref(), zone.iana_name());
    }
    assert!(!tell(&desk, &TimeZone::fixed(jiff::tz::offset(5))).await.unwrap());
    assert_eq!(known().await.as_deref(), Some("America/Montreal"));
    shell.rehearsal().unwrap().throw_away();
}
