//! Whatever a stranger calls a file, it stays in its folder and says what it is.

use super::*;

#[test]
fn an_honest_name_stays() {
    for name in
        ["devis été.pdf", "Plan (2) – rez-de-chaussée.png", "数据.xlsx", "عرض.pdf", "archive.tar.gz", "sans ending"]
    {
        assert_eq!(safe(name), name);
    }
}

#[test]
fn none_leaves_its_folder_or_hides() {
    assert_eq!(safe("../../etc/passwd"), "_.._etc_passwd");
    assert_eq!(safe("..\\..\\Windows\\x.dll"), "_.._Windows_x.dll");
    assert_eq!(safe("C:\\autoexec.bat"), "C__autoexec.bat");
    assert_eq!(safe("/etc/shadow"), "_etc_shadow");
    assert_eq!(safe(".bashrc"), "bashrc");
    assert_eq!(safe("... . "), "");
    assert_eq!(safe("facture.pdf:exe"), "facture.pdf_exe");
    assert_eq!(safe("facture.exe. . ."), "facture.exe");
}

#[test]
fn none_steers_a_screen_or_is_read_backwards() {
    // Shown, it would end with "exe.pdf".
    assert_eq!(safe("facture\u{202e}fdp.exe"), "facturefdp.exe");
    assert_eq!(safe("a\u{2066}b\u{200b}c\u{feff}.pdf"), "abc.pdf");
    assert_eq!(safe("a\u{0}b\u{1b}[2Jc\r\n\td.txt"), "ab[2Jc d.txt");
    assert_eq!(safe("\u{e0001}\u{e0041}x"), "x");
    // Joiners belong to words of some languages.
    assert_eq!(safe("می\u{200c}خواهم.pdf"), "می\u{200c}خواهم.pdf");
}

#[test]
fn none_is_a_device() {
    for name in ["con", "NUL.txt", "aux .pdf", "COM1.jpg", "lpt¹", "CONOUT$"] {
        assert_eq!(safe(name), format!("_{name}"), "{name}");
    }
    for name in ["contrat.pdf", "COM12.pdf", "nulle part.txt", "command.com"] {
        assert_eq!(safe(name), name);
    }
}

#[test]
fn none_is_longer_than_a_disk_takes_and_its_ending_stays() {
    let long = format!("{}.pdf", "é".repeat(5_000));
    let short = safe(&long);
    assert!(short.len() <= 180 && short.ends_with("é.pdf"), "{short}");
    assert!(safe(&"👩‍👩‍👧‍👦".repeat(500)).len() <= 180);
    assert!(safe(&format!("a.{}", "b".repeat(5_000))).len() <= 180);
}
