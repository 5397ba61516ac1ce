//! What is saved stands where it was wanted, whole, and nothing else does.
#![allow(clippy::unwrap_used)]

use super::*;

fn fetched(name: &str, media_type: &str) -> Fetched {
    Fetched { name: name.into(), media_type: media_type.into(), bytes: Vec::new() }
}

#[test]
fn a_name_is_offered_that_every_disk_takes() {
    let offered = |name: &str, kind: &str| suggested(&fetched(name, kind), Locale::Fr);
    assert_eq!(offered("devis été.pdf", "image/png"), "devis été.pdf");
    assert_eq!(offered("../../.bashrc", "text/plain"), "_.._.bashrc");
    assert_eq!(offered("", "application/pdf"), "Pièce jointe sans nom.pdf");
    assert_eq!(offered("..", "application/x-msdownload"), "Pièce jointe sans nom");
}

#[test]
fn it_is_written_whole_over_what_stood_there_and_nothing_is_left_beside() {
    let home = tempfile::tempdir().unwrap();
    let place = home.path().join("devis.pdf");
    std::fs::write(&place, "autre chose, plus long que ce qui vient").unwrap();
    write(&place, b"%PDF").unwrap();
    assert_eq!(std::fs::read(&place).unwrap(), b"%PDF");
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&place).unwrap().permissions().mode() & 0o111, 0, "it could be run");
    }
}

#[test]
fn a_place_that_takes_nothing_is_said_to_be_one() {
    let home = tempfile::tempdir().unwrap();
    let trouble = Err(Problem::File { what: FileTrouble::Place, most: 0 });
    assert_eq!(write(&home.path().join("parti/devis.pdf"), b"x"), trouble);
    assert_eq!(write(home.path(), b"x"), trouble);
}

#[tokio::test]
async fn without_a_window_nobody_can_be_asked() {
    let home = tempfile::tempdir().unwrap();
    let shell = Shell::real(home.path().to_owned());
    assert_eq!(shell.save_file(MessageId(1), "x#1".into()).await, Err(Problem::NotOffered));
}
