//! Messages nested as deep as they fit, plainly and behind an encoding, read from a stack as small as any here.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::door::mail;
use crate::email::letter;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write;

const LEVEL: &str = "Content-Type:message/rfc822\n\n";

fn nested(bytes: usize) -> String {
    LEVEL.repeat(bytes / LEVEL.len()) + "From: lea@lea.test\n\nx\n"
}

/// The same within one base64, where no look at the bytes finds it.
fn encoded() -> String {
    let inner = STANDARD.encode(nested(LARGEST / 4 * 3 - 8_000));
    let mut mail = String::from("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n");
    for line in inner.as_bytes().chunks(76) {
        write!(mail, "{}\r\n", std::str::from_utf8(line).unwrap()).unwrap();
    }
    mail
}

/// As they arrive: somebody's letter, and a network's with one attached.
fn letters() -> Vec<String> {
    let head = "From: Léa <lea@lea.test>\r\nSubject: Poupées\r\nMessage-ID: <p1@lea.test>\r\nDate: Mon, 21 Sep 2026 12:00:00 +0000\r\n";
    let plain = nested(LARGEST - 600);
    let digest = "Content-Type:multipart/digest;boundary=b\n\n--b\n\n".repeat(LARGEST / 60);
    let beside = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nBonjour\r\n--b\r\n{}",
        nested(LARGEST - 600)
    );
    [plain, digest, encoded(), beside].into_iter().map(|body| format!("{head}{body}")).collect()
}

/// The stack of a thread that tokio works on is four times as large.
fn on_a_small_stack(work: impl FnOnce() + Send) {
    thread::scope(|scope| {
        let working = thread::Builder::new().stack_size(512 << 10).spawn_scoped(scope, work);
        working.unwrap().join().unwrap();
    });
}

#[test]
fn a_letter_nested_without_end_is_a_letter_like_another() {
    on_a_small_stack(|| {
        for told in letters() {
            let bytes = &told.as_bytes()[..told.len().min(LARGEST)];
            assert_eq!(letter::read(bytes, true).unwrap().subject, "Poupées");
            assert!(mail::of_letter(told.as_bytes()).is_none());
            assert_eq!(mail::notice(told.as_bytes()).unwrap_err().why, "sender");
        }
    });
}

#[test]
fn what_falls_over_while_reading_takes_nothing_along() {
    assert_eq!(read(b"From: lea@lea.test\r\n\r\nx", |_| 1), Some(1));
    assert_eq!(read(b"From: lea@lea.test\r\n\r\nx", |_| -> u8 { panic!("of a parser") }), None);
}
