//! Files by their parts: as a message's own bytes tell, as a server tells, and as they come back.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::super::fake::fixture;
use super::super::letter;
use super::*;
use async_imap::imap_proto::{AttributeValue, Response};

fn told_by(structure: &str) -> Vec<File> {
    let line = format!("* 1 FETCH (BODYSTRUCTURE {structure})\r\n");
    let (_, read) = Response::parse(line.as_bytes()).unwrap();
    let Response::Fetch(_, values) = read else { panic!("no FETCH") };
    values
        .iter()
        .find_map(|value| if let AttributeValue::BodyStructure(body) = value { Some(told(body)) } else { None })
        .unwrap()
}

fn names(files: &[File]) -> Vec<(&str, &str)> {
    files.iter().map(|file| (file.part.as_str(), file.name.as_str())).collect()
}

#[test]
fn a_file_is_found_under_the_number_that_it_is_listed_by() {
    let bytes = fixture("question");
    let (encoding, sent) = part(&bytes, "2").unwrap();
    assert_eq!(decoded(&encoding, &sent).unwrap(), b"%PDF-1.4\n%\xc3\xa4\xc3\xbc\xc3\xb6\xc3\x9f\n");
    // The picture inside the page is not listed, and has its number all the same.
    assert_eq!(part(&bytes, "3").unwrap().0, "base64");
    assert!(part(&bytes, "1.2").is_some() && part(&bytes, "4").is_none() && part(&bytes, "1").is_none());
    let alone =
        b"From: a@b.test\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: BASE64\r\n\r\nJVBE\r\nRg==\r\n";
    assert_eq!(names(&letter::read(alone, false).unwrap().files), [("1", "")]);
    let (encoding, sent) = part(alone, "1").unwrap();
    assert_eq!(decoded(&encoding, &sent).unwrap(), b"%PDF");
}

#[test]
fn a_server_tells_what_stands_beyond_the_bytes_that_were_read() {
    let files = told_by(
        "(((\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"quoted-printable\" 120 4 NIL NIL NIL NIL)\
          (\"text\" \"html\" NIL NIL NIL \"7bit\" 99 2 NIL NIL NIL NIL) \"alternative\" (\"boundary\" \"b\") NIL NIL NIL)\
          (\"image\" \"png\" (\"name\" \"logo.png\") \"<logo@x>\" NIL \"base64\" 780 NIL (\"inline\" (\"filename\" \"logo.png\")) NIL NIL)\
          (\"application\" \"pdf\" NIL NIL NIL \"base64\" 780000 NIL \
            (\"attachment\" (\"filename*\" \"utf-8''devis%20%C3%A9t%C3%A9.pdf\")) NIL NIL)\
          (\"image\" \"jpeg\" (\"name\" \"=?utf-8?Q?mur_=E2=80=AEgpj=2Eexe?=\") NIL NIL \"base64\" 78 NIL NIL NIL NIL)\
          (\"text\" \"plain\" (\"name\" \"../notes.txt\") NIL NIL \"8bit\" 12 1 NIL NIL NIL NIL) \
          \"mixed\" (\"boundary\" \"a\") NIL NIL NIL)",
    );
    assert_eq!(names(&files), [("3", "devis été.pdf"), ("4", "mur gpj.exe"), ("5", "_notes.txt")]);
    let about: Vec<_> = files.iter().map(|file| (file.media_type.as_str(), file.size)).collect();
    assert_eq!(about, [("application/pdf", Some(570_000)), ("image/jpeg", Some(57)), ("text/plain", Some(12))]);
    // One part alone; a message in a message, whose own parts are its own.
    let alone = told_by("(\"application\" \"pdf\" NIL NIL NIL \"base64\" 78 NIL NIL NIL NIL)");
    assert_eq!(names(&alone), [("1", "")]);
}

#[test]
fn what_was_torn_on_its_way_passes_for_nothing_whole() {
    assert_eq!(decoded("Base64", b"aGVs\r\nbG8=\r\n"), Some(b"hello".to_vec()));
    for torn in ["aGVsbG8", "aGVsb", "aGV$bG8=", "aGVsbG8=\r\n-- \r\nliste"] {
        assert_eq!(decoded("base64", torn.as_bytes()), None, "{torn}");
    }
    assert_eq!(decoded("quoted-printable", b"=C3=A9t=\r\n=C3=A9\r\n"), Some("été\r\n".as_bytes().to_vec()));
    assert_eq!(
        decoded("8bit", b"\xe9\x00\r\n"),
        Some(b"\xe9\x00\r\n".to_vec()),
        "as it was sent, whatever its charset"
    );
    assert_eq!(decoded("x-uuencode", b"begin"), None);
}
