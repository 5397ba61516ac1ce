//! A thousand ways in which a message may come: cut, with bytes changed, wrongly labelled, huge, right to left, with marks
//! that do not show, faces of four bytes, wild dates and scripts. Nothing falls over, nothing steers a screen, and
//! whatever befalls one message, the others are read.

#![allow(clippy::unwrap_used)]

use super::convert::{Stood, item};
use super::fake::{Fake, NOW, fixture, me};
use super::letter;
use guichet_model::{HOUR, Session};

const NAMES: [&str; 5] = ["question", "answer", "form", "bounce", "newsletter"];
const ROUNDS: u64 = 1_000;
/// Where a round begins; one that fails names its own, to be played alone.
const SEED: u64 = 20_261_122;

/// A small generator of our own (splitmix64), so that a seed means the same for ever.
struct Luck(u64);

impl Luck {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

fn wild(luck: &mut Luck) -> Vec<u8> {
    let texts: [&[u8]; 16] = [
        b"<script>alert(1)</script><img src=x onerror=alert(1)>",
        b"<a href='javascript:alert(1)'>clic",
        "\u{202e}à rebours\u{202c} \u{200f}שלום\u{200e}".as_bytes(),
        "z\u{200b}e\u{200d}r\u{2060}o\u{feff}👩‍👩‍👧‍👦🏳️‍🌈".as_bytes(),
        b"\x00\x07\x1b[31m\r\x0b\xff\xfe\x80",
        b"=?utf-8?B?////?= =?x-unknown?Q?=FF=00?= =?utf-8?Q?=1B[2J?=",
        b"Mon, 99 Foo 99999 99:99:99 +9999",
        b"Thu, 01 Jan 0000 00:00:00 -0000",
        b"\r\n\r\n",
        b"\r\nContent-Type: text/html\r\n\r\n<p>",
        b"charset=x-nope; boundary=\"",
        b"Content-Type: multipart/mixed; boundary=dehors\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"References: <a@b> c d@e,<<f@g>> <>\r\n",
        b"From: \"a\" <b@c>, d@e;\r\n",
        b"Content-Type: message/rfc822\r\n\r\n",
    ];
    match luck.below(20) {
        0 => "é<b>".repeat(30_000).into_bytes(),
        1 => b"--dedans\r\n".repeat(2_000),
        2 => b"<blockquote>".repeat(6_000),
        _ => texts[luck.below(texts.len())].to_vec(),
    }
}

fn mutate(message: &mut Vec<u8>, luck: &mut Luck) {
    let at = luck.below(message.len());
    match luck.below(6) {
        0 => message.truncate(at),
        1 => {
            let end = (at + luck.below(80)).min(message.len());
            message.drain(at..end);
        }
        2 => message[at..].iter_mut().take(3).for_each(|byte| *byte = byte.wrapping_add(129)),
        3 => {
            // A line of its own, as another header or another part.
            let line = message[at..].windows(2).position(|end| end == b"\r\n").map_or(at, |n| at + n + 2);
            message.splice(line..line, wild(luck));
        }
        _ => {
            message.splice(at..at, wild(luck));
        }
    }
    if message.is_empty() {
        message.push(b'x');
    }
}

#[test]
fn whatever_comes_nothing_falls_over_and_nothing_steers() {
    let mut read = 0;
    for round in 0..ROUNDS {
        let mut luck = Luck(SEED + round);
        let mut message = fixture(NAMES[luck.below(NAMES.len())]);
        for _ in 0..=luck.below(4) {
            mutate(&mut message, &mut luck);
        }
        let Some(letter) = letter::read(&message, luck.below(2) == 0) else { continue };
        read += 1;
        let item = item(&letter, Some(NOW), Stood::Inbox, &me());
        let one_line = [&item.author.name, &item.author.handle, &letter.subject];
        assert!(one_line.iter().all(|said| !said.contains(char::is_control)), "round {round}");
        let steers = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
        assert!(!item.body.text.contains(steers), "round {round}: {:.80}", item.body.text);
        let units = item.body.text.encode_utf16().count() as u32;
        assert!(item.body.links.iter().all(|link| link.start < link.end && link.end <= units), "round {round}");
        assert!(item.body.links.iter().all(|link| link.url.starts_with("http")), "round {round}");
        assert!(item.body.text.len() <= 210_000 && item.attachments.len() <= 100, "round {round}");
        assert!((NOW.plus(-4 * 24 * HOUR).0..=NOW.plus(HOUR).0).contains(&item.at.0), "round {round}");
        assert!(item.author.handle.is_empty() || letter::is_address(&item.author.handle), "round {round}");
        let files = item.attachments.iter().filter_map(|one| one.file.as_ref());
        let safe = |name: &str| name == guichet_model::file_name::safe(name) && !name.contains(char::is_control);
        assert!(
            files.clone().all(|file| safe(&file.name) && !file.media_type.contains(char::is_control)),
            "round {round}"
        );
        // Whatever is listed can be had, or is said to be torn.
        for file in &letter.files {
            let (encoding, sent) = super::parts::part(&message, &file.part).unwrap();
            let _had = super::parts::decoded(&encoding, &sent);
        }
    }
    assert!(read > ROUNDS * 9 / 10, "only {read} were read at all");
}

#[tokio::test]
async fn whatever_befalls_one_the_others_are_read() {
    let (mut whole, mut read) = (0, 0);
    for round in 0..20 {
        let mut luck = Luck(SEED ^ round);
        let fake = Fake::start().await;
        for name in NAMES {
            fake.put("INBOX", 60, fixture(name));
            let mut message = fixture(NAMES[luck.below(NAMES.len())]);
            for _ in 0..3 {
                mutate(&mut message, &mut luck);
            }
            fake.put("INBOX", 60, message);
        }
        let page = fake.account().pull("inbox", None, NOW.plus(-HOUR)).await.unwrap();
        assert!(page.items.len() + page.unreadable.len() == 2 * NAMES.len(), "round {round}");
        whole += NAMES.len();
        let untouched =
            NAMES.map(|name| item(&letter::read(&fixture(name), false).unwrap(), None, Stood::Inbox, &me()));
        read += untouched
            .iter()
            // Under a name of its own, where one before it bears its id in another's name.
            .filter(|item| page.items.iter().any(|seen| seen.author == item.author && seen.body == item.body))
            .count();
    }
    assert_eq!(read, whole, "a message was lost over its neighbour");
}
