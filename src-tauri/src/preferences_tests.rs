//! What is chosen is found again, and nonsense is not.
//!
//! Tests of the file of the same name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

#[test]
fn what_is_set_is_there_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Kept::open(folder.path(), None);
    kept.set("locale", "en").unwrap();
    kept.set("theme", "dark").unwrap();
    kept.set("single_keys", "off").unwrap();
    let expected = Preferences { locale: Some(Locale::En), theme: Theme::Dark, single_keys: false };
    assert_eq!(Kept::open(folder.path(), None).get(), expected);
}

#[test]
fn nonsense_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Kept::open(folder.path(), None);
    for (name, value) in [("locale", "de"), ("theme", "pink"), ("single_keys", "maybe"), ("x", "y")] {
        assert_eq!(kept.set(name, value), Err(Problem::Invalid { field: name.into() }));
    }
    assert_eq!(kept.get(), Preferences::default());
}

#[test]
fn a_torn_file_means_the_defaults() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(file(folder.path()), "{\"theme\":").unwrap();
    assert_eq!(Kept::open(folder.path(), None).get(), Preferences::default());
}

#[test]
fn a_rehearsal_starts_from_the_persons_preferences_and_keeps_its_own() {
    let (mine, rehearsal) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    Kept::open(mine.path(), None).set("theme", "dark").unwrap();
    let kept = Kept::open(rehearsal.path(), Some(mine.path()));
    assert_eq!(kept.get().theme, Theme::Dark);
    kept.set("theme", "light").unwrap();
    assert_eq!(Kept::open(mine.path(), None).get().theme, Theme::Dark);
}
