//! The grammar of commands: what is one, and what is none.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use tokio::io::BufReader;

async fn heard(said: &[u8]) -> Heard {
    let (mut ours, theirs) = tokio::io::duplex(4096);
    ours.write_all(said).await.unwrap();
    next(&mut BufReader::new(theirs), true).await.unwrap().unwrap()
}

fn atom(text: &str) -> Arg {
    Arg::Atom(text.into())
}

#[tokio::test]
async fn commands_are_read() {
    let fetch = heard(b"a1 uid FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (DATE \"FROM\")]<0.9> FLAGS)\r\n").await.unwrap();
    assert_eq!((fetch.tag.as_str(), fetch.name.as_str()), ("a1", "UID FETCH"));
    let items = vec![atom("UID"), atom("BODY.PEEK[HEADER.FIELDS (DATE \"FROM\")]<0.9>"), atom("FLAGS")];
    assert_eq!(fetch.args, [atom("1:*"), Arg::List(items)]);
    let append = heard(b"a2 APPEND \"Envoy&AOk-s\" (\\Seen) {5+}\r\na\r\nb\n\r\n").await.unwrap();
    assert_eq!(append.args[2], Arg::Text(b"a\r\nb\n".to_vec()));
    let login = heard(b"a3 LOGIN \"a\\\"b\" x\r\n").await.unwrap();
    assert_eq!(login.args, [Arg::Text(b"a\"b".to_vec()), atom("x")]);
}

#[tokio::test]
async fn what_is_no_command_is_refused_under_its_tag() {
    for said in [
        &b"a1 NOOP\n"[..],
        b"a1  NOOP\r\n",
        b"a1 NOOP \r\n",
        b"a1 LOGIN \"a\r\n",
        b"a1 LOGIN \"\xc3\xa9\" b\r\n",
        b"a1 LOGIN \xc3\xa9 b\r\n",
        b"a1 FETCH 1 (FLAGS\r\n",
        b"a1 FETCH 1 BODY[\r\n",
        b"a1\r\n",
    ] {
        let (tag, _) = heard(said).await.unwrap_err();
        assert_eq!(tag, "a1", "{}", String::from_utf8_lossy(said));
    }
}

#[test]
fn sets_hold_the_last_mail_whatever_comes_first() {
    assert_eq!(ranges("900:*", 12), Some(vec![(12, 900)]));
    assert_eq!(ranges("3,7:5,*", 12), Some(vec![(3, 3), (5, 7), (12, 12)]));
    for wrong in ["", "0", "1:", "a", "1;2", "-1"] {
        assert_eq!(ranges(wrong, 12), None, "{wrong}");
    }
}

#[test]
fn names_of_folders_are_written_in_seven_bits() {
    for (name, wire) in
        [("Envoyés", "Envoy&AOk-s"), ("A & B", "A &- B"), ("日本語", "&ZeVnLIqe-"), ("INBOX/x", "INBOX/x")]
    {
        assert_eq!(names::encoded(name), wire);
        assert_eq!(names::decoded(wire).as_deref(), Some(name));
    }
    assert_eq!(names::decoded("a&b"), None);
}
