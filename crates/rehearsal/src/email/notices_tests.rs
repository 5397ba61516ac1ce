//! The invented mails are all there, marked as ours, and say what is said of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::email::mime::{Part, fields, first, words};

#[test]
fn every_mail_is_described_marked_and_whole() {
    let all = notices();
    let described: Vec<Notice> = serde_json::from_str(include_str!("notices/notices.json")).unwrap();
    assert_eq!((all.len(), described.len()), (FILES.len(), FILES.len()), "files and descriptions are one list");
    for network in ["facebook", "instagram", "linkedin", "youtube", "x", "google"] {
        for lang in ["fr", "en"] {
            assert!(all.iter().any(|one| one.network == network && one.lang == lang), "{network} in {lang}");
        }
    }
    for notice in all {
        let header = &notice.bytes[..super::super::mime::find(&notice.bytes, b"\r\n\r\n").unwrap()];
        let fields = fields(header);
        let mark = first(&fields, "x-guichet-rehearsal");
        assert!(mark.is_some_and(|mark| mark.contains("invented")), "{} does not say that it is ours", notice.file);
        for name in ["date", "from", "to", "subject", "message-id"] {
            assert!(first(&fields, name).is_some(), "{} has no {name}", notice.file);
        }
        let lines = notice.bytes.split(|byte| *byte == b'\n');
        assert!(lines.into_iter().all(|line| line.is_empty() || line.ends_with(b"\r")), "{}: bare LF", notice.file);
        let told = matches!(notice.kind.as_str(), "comment" | "reply" | "mention" | "message" | "review");
        assert_eq!(told, notice.link.is_some() && notice.author.is_some(), "{}", notice.file);
        assert!(told || matches!(notice.kind.as_str(), "none" | "false"), "{}", notice.file);
        let html = Part::read(&notice.bytes).kind == "text/html";
        if let Some(text) = notice.text.filter(|_| !html) {
            assert!(words(&notice.bytes).contains(&text), "{} does not say {text}", notice.file);
        }
    }
}
