//! Taking mails apart: parts and where they lie, addresses, words.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

#[test]
fn parts_are_numbered_as_imap_counts() {
    let mail = b"Subject: x\r\nContent-Type: multipart/mixed; boundary=\"a b\"\r\n\r\npreamble\r\n--a b\r\n\r\nplain\r\n--a b\r\n\
        Content-Type: message/rfc822\r\n\r\nSubject: inner\r\nContent-Type: multipart/alternative; boundary=i\r\n\r\n\
        --i\r\nContent-Type: text/plain\r\n\r\none\r\n--i\r\nContent-Type: text/html\r\n\r\ntwo\r\n--i--\r\n--a b--\r\nepilogue";
    let part = Part::read(mail);
    let body = |numbers: &[usize]| String::from_utf8(mail[part.at(numbers).unwrap().body.clone()].to_vec()).unwrap();
    assert_eq!(body(&[1]), "plain");
    assert!(body(&[2]).starts_with("Subject: inner"));
    assert_eq!((body(&[2, 1]), body(&[2, 2])), ("one".into(), "two".into()));
    assert!(part.at(&[3]).is_none() && part.at(&[1, 2]).is_none() && part.at(&[0]).is_none());
    let single = Part::read(b"Subject: x\r\n\r\nonly");
    assert_eq!((single.at(&[1]).unwrap().kind.as_str(), single.at(&[2]).is_none()), ("text/plain", true));
}

#[test]
fn addresses_are_told_apart() {
    let one = |name: Option<&str>, local: &str, host: &str| Address {
        name: name.map(str::to_owned),
        local: local.to_owned(),
        host: host.to_owned(),
    };
    assert_eq!(
        addresses("\"Lup\\\"in, G.\" <g.lupin@poste.example>, b@x.example"),
        [one(Some("Lup\"in, G."), "g.lupin", "poste.example"), one(None, "b", "x.example")]
    );
    assert!(addresses("undisclosed-recipients:;").is_empty());
}

#[test]
fn words_are_read_whatever_they_are_written_in() {
    let mail = |head: &str, body: &[u8]| [head.as_bytes(), b"\r\n\r\n", body].concat();
    let plain = "Content-Type: text/plain; charset=";
    let quoted =
        mail(&format!("{plain}utf-8\r\nContent-Transfer-Encoding: quoted-printable"), b"d=C3=A9j=C3=A0 =\r\nvu =3D=3D");
    assert_eq!(words(&quoted), "déjà vu ==");
    let base64 = mail(&format!("{plain}utf-8\r\nContent-Transfer-Encoding: base64"), b"ZMOp\r\nasOg");
    assert_eq!(words(&base64), "déjà");
    assert_eq!(words(&mail(&format!("{plain}iso-8859-1"), b"d\xe9j\xe0")), "déjà");
    let flowed = mail(&format!("{plain}utf-8; format=flowed"), b"un \r\ndeux\r\n\r\ntrois\r\n  quatre");
    assert_eq!(words(&flowed), "un deux\n\ntrois\n quatre");
    assert_eq!(words(&mail(&format!("{plain}utf-8; format=flowed; delsp=yes"), b"un \r\ndeux")), "undeux");
}
