//! What is the same file and what is another.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

fn id(device: u64, inode: u64, born: Option<u64>) -> FileId {
    FileId { device, inode, born }
}

#[test]
fn a_device_numbered_anew_is_no_other_file_where_births_are_told() {
    assert!(id(1, 7, Some(5)).is(&id(2, 7, Some(5))));
    assert!(!id(1, 7, None).is(&id(2, 7, None)));
}

#[test]
fn a_number_given_to_the_next_file_is_another_file() {
    assert!(!id(1, 7, Some(5)).is(&id(1, 7, Some(6))));
    assert!(!id(1, 7, Some(5)).is(&id(1, 8, Some(5))));
    assert!(id(1, 7, None).is(&id(1, 7, Some(6))));
}

#[cfg(unix)]
#[test]
fn a_copy_is_another_file_and_what_is_written_into_one_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (file, copy) = (folder.path().join("desk.db"), folder.path().join("copy.db"));
    std::fs::write(&file, b"un").unwrap();
    let before = FileId::of(&file).unwrap();
    std::fs::write(&file, b"deux").unwrap();
    std::fs::copy(&file, &copy).unwrap();
    assert!(before.is(&FileId::of(&file).unwrap()));
    assert!(!before.is(&FileId::of(&copy).unwrap()));
    std::fs::rename(&copy, &file).unwrap();
    assert!(!before.is(&FileId::of(&file).unwrap()));
    assert_eq!(FileId::of(&copy), None);
}
