//! The IMAP half of the mailbox in memory: enough of the protocol for one client, with the traps that a client must know.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::fake::{Fail, ME, Message, NOW, State, bearer, line, met};
use super::imap::day;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use guichet_model::DAY;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

pub(crate) async fn imap(stream: TcpStream, state: State) -> Option<()> {
    let mut wire = BufReader::new(stream);
    wire.write_all(b"* OK ready\r\n").await.ok()?;
    greeted(wire, state).await
}

pub(crate) async fn greeted(mut wire: BufReader<impl AsyncRead + AsyncWrite + Unpin>, state: State) -> Option<()> {
    let mut open = String::new();
    loop {
        let asked = line(&mut wire).await?;
        let (tag, command) = asked.split_once(' ')?;
        let fail = met(&state, if command.starts_with("LOGIN") { "LOGIN" } else { command });
        match fail {
            Some(Fail::Cut) => return None,
            Some(Fail::Say(said)) => {
                wire.write_all(format!("{tag} {said}\r\n").as_bytes()).await.ok()?;
                continue;
            }
            _ => {}
        }
        let mut literal = Vec::new();
        if let Some(size) = command.strip_suffix('}').and_then(|c| c.rsplit('{').next()) {
            wire.write_all(b"+ go on\r\n").await.ok()?;
            literal = vec![0; size.parse().unwrap()];
            wire.read_exact(&mut literal).await.ok()?;
            line(&mut wire).await?;
        }
        if command == "AUTHENTICATE PLAIN" {
            wire.write_all(b"+ \r\n").await.ok()?;
            let said = STANDARD.decode(line(&mut wire).await?).unwrap();
            let good = String::from_utf8(said).unwrap() == format!("\0{ME}\0clé");
            wire.write_all(format!("{tag} {}\r\n", if good { "OK in" } else { "NO no" }).as_bytes()).await.ok()?;
            continue;
        }
        if command == "AUTHENTICATE XOAUTH2" {
            wire.write_all(b"+ \r\n").await.ok()?;
            let mut end = "OK in";
            if line(&mut wire).await? != bearer(&state) {
                // Why, in base64: the client has nothing to say to it, and says that.
                wire.write_all(b"+ eyJzdGF0dXMiOiI0MDAifQ==\r\n").await.ok()?;
                assert_eq!(line(&mut wire).await?, "");
                end = "NO [AUTHENTICATIONFAILED] no";
            }
            wire.write_all(format!("{tag} {end}\r\n").as_bytes()).await.ok()?;
            continue;
        }
        if command == "IDLE" {
            idle(&mut wire, &state, &open).await?;
            wire.write_all(format!("{tag} OK done\r\n").as_bytes()).await.ok()?;
            continue;
        }
        let held = held(&state, command);
        if let Some(no) = held.filter(|said| said.starts_with("NO")) {
            wire.write_all(format!("{tag} {no}\r\n").as_bytes()).await.ok()?;
            continue;
        }
        let mut answer = obeyed(&state, &mut open, command, literal);
        answer.extend(held.filter(|said| !said.is_empty()).map(|said| format!("{said}\r\n").into_bytes()));
        if let Some(Fail::CutAfter) = fail {
            return None;
        }
        for piece in answer {
            wire.write_all(&piece).await.ok()?;
        }
        let end = if command.starts_with("EXAMINE \"Rien") { "NO [NONEXISTENT] none" } else { "OK done" };
        wire.write_all(format!("{tag} {end}\r\n").as_bytes()).await.ok()?;
    }
}

async fn idle(wire: &mut BufReader<impl AsyncRead + AsyncWrite + Unpin>, state: &State, open: &str) -> Option<()> {
    wire.write_all(b"+ idling\r\n").await.ok()?;
    let known = state.lock().unwrap().folders[open].messages.len();
    loop {
        tokio::select! {
            done = line(wire) => return (done? == "DONE").then_some(()),
            () = tokio::time::sleep(Duration::from_millis(10)) => {
                let now = state.lock().unwrap().folders[open].messages.len();
                if now != known {
                    wire.write_all(format!("* {now} EXISTS\r\n").as_bytes()).await.ok()?;
                    return (line(wire).await? == "DONE").then_some(());
                }
            }
        }
    }
}

fn obeyed(state: &State, open: &mut String, command: &str, literal: Vec<u8>) -> Vec<Vec<u8>> {
    let mut state = state.lock().unwrap();
    let words = words(command);
    let mut said: Vec<Vec<u8>> = Vec::new();
    let mut say = |text: String| said.push(text.into_bytes());
    let at: Vec<&str> = words.iter().map(String::as_str).collect();
    match at.as_slice() {
        ["CAPABILITY"] => {
            let all = ["IMAP4rev1", "IDLE", "MOVE", "UIDPLUS"];
            let all: Vec<&str> = all.into_iter().filter(|name| !state.without.contains(name)).collect();
            say(format!("* CAPABILITY {}\r\n", all.join(" ")));
        }
        ["LIST", ..] => {
            for (name, folder) in &state.folders {
                say(format!("* LIST ({}) \"/\" \"{name}\"\r\n", folder.attributes));
            }
        }
        ["EXAMINE" | "SELECT", name] => {
            *open = (*name).to_owned();
            if let Some(folder) = state.folders.get(*name) {
                say(format!("* {} EXISTS\r\n", folder.messages.len()));
                say(format!("* OK [UIDVALIDITY {}] x\r\n* OK [UIDNEXT {}] x\r\n", folder.validity, folder.next));
            }
        }
        ["UID", "SEARCH", keys @ ..] => {
            let folder = &state.folders[open.as_str()];
            let last = folder.messages.last().map_or(0, |message| message.uid);
            let hit = |message: &&Message| {
                let mut keys = keys.iter().copied();
                let mut whole = true;
                while let Some(key) = keys.next() {
                    whole &= holds(key, &mut keys, message, last);
                }
                whole
            };
            let hits: Vec<String> = folder.messages.iter().filter(hit).map(|message| message.uid.to_string()).collect();
            say(format!("* SEARCH {}\r\n", hits.join(" ")));
        }
        ["UID", "FETCH", uid, ..] if command.contains("BODYSTRUCTURE") => {
            if let Some(told) = uid.parse().ok().and_then(|uid: u32| state.structures.get(&uid)) {
                say(format!("* 1 FETCH (UID {uid} BODYSTRUCTURE {told})\r\n"));
            }
        }
        ["UID", "FETCH", uid, ..]
            if command.contains("BODY.PEEK[") && section(command).starts_with(char::is_numeric) =>
        {
            let folder = &state.folders[open.as_str()];
            if let Some(message) = folder.messages.iter().find(|message| message.uid.to_string() == *uid) {
                let section = section(command);
                let found = match command.rsplit_once('<') {
                    Some((_, some)) => {
                        let (from, count) = some.trim_end_matches([')', '>']).split_once('.').unwrap();
                        let (from, count): (usize, usize) = (from.parse().unwrap(), count.parse().unwrap());
                        let whole = part(&message.bytes, section, from + count);
                        // Less of a piece than was asked for: some do.
                        let given = if from == 0 { count / 2 } else { count };
                        whole.map(|whole| whole.into_iter().skip(from).take(given).collect::<Vec<u8>>())
                    }
                    None => part(&message.bytes, section, 0),
                };
                match found {
                    Some(found) => {
                        let label = if section.ends_with("MIME") { "" } else { "<0>" };
                        let mut piece =
                            format!("* 1 FETCH (UID {uid} BODY[{section}]{label} {{{}}}\r\n", found.len()).into_bytes();
                        piece.extend(found);
                        piece.extend(b")\r\n");
                        said.push(piece);
                    }
                    None => say(format!("* 1 FETCH (UID {uid} BODY[{section}] NIL)\r\n")),
                }
            }
        }
        ["UID", "FETCH", set, ..] => {
            let folder = &state.folders[open.as_str()];
            let given = folder.messages.iter().enumerate().filter(|(_, m)| in_set(set, m.uid, 0));
            for (n, message) in given.filter(|(_, m)| !state.held.contains_key(&m.uid)) {
                let header = command.contains("HEADER.FIELDS");
                let whole = message.bytes.len();
                let text = String::from_utf8_lossy(&message.bytes).into_owned();
                let ids = text.split("\r\n").filter(|line| line.starts_with("Message-ID:"));
                let bytes = match header {
                    true => format!("{}\r\n\r\n", ids.collect::<Vec<_>>().join("\r\n")).into_bytes(),
                    false => message.bytes[..whole.min(crate::mime::LARGEST)].to_vec(),
                };
                let at = jiff::Timestamp::from_millisecond(message.at.0).unwrap();
                let section = if header { "HEADER.FIELDS (MESSAGE-ID)" } else { "" };
                let from = if header { "" } else { "<0>" };
                let mut piece = format!(
                    "* {} FETCH (UID {} FLAGS ({}) INTERNALDATE \"{}\" RFC822.SIZE {whole} BODY[{section}]{from} {{{}}}\r\n",
                    n + 1,
                    message.uid,
                    message.flags.join(" "),
                    at.strftime("%d-%b-%Y %H:%M:%S +0000"),
                    bytes.len(),
                )
                .into_bytes();
                piece.extend(bytes);
                piece.extend(b")\r\n");
                said.push(piece);
            }
        }
        ["UID", "STORE", uid, _, ..] => {
            let flags = command.split(['(', ')']).nth(1).unwrap().split(' ').map(str::to_owned);
            let folder = state.folders.get_mut(open.as_str()).unwrap();
            let message = folder.messages.iter_mut().find(|message| message.uid.to_string() == *uid).unwrap();
            message.flags.extend(flags);
        }
        ["UID", how @ ("MOVE" | "COPY"), uid, to] => {
            let folder = state.folders.get_mut(open.as_str()).unwrap();
            let at = folder.messages.iter().position(|message| message.uid.to_string() == *uid).unwrap();
            let mut message = folder.messages[at].clone();
            if *how == "MOVE" {
                folder.messages.remove(at);
            }
            let target = state.folders.get_mut(*to).unwrap();
            message.uid = target.next;
            target.next += 1;
            target.messages.push(message);
        }
        ["UID", "EXPUNGE", uid] => {
            let folder = state.folders.get_mut(open.as_str()).unwrap();
            let thrown = |m: &Message| m.uid.to_string() == *uid && m.flags.iter().any(|flag| flag == "\\Deleted");
            folder.messages.retain(|message| !thrown(message));
        }
        ["APPEND", name, ..] => {
            let folder = state.folders.get_mut(*name).unwrap();
            let uid = folder.next;
            folder.next += 1;
            folder.messages.push(Message { uid, flags: vec!["\\Seen".into()], at: NOW, bytes: literal });
        }
        ["NOOP" | "LOGOUT"] => {}
        ["LOGIN", ..] => {}
        other => panic!("the fake knows no {other:?}"),
    }
    said
}

/// What is said instead of a message that was asked for.
fn held(state: &State, command: &str) -> Option<&'static str> {
    let set = command.strip_prefix("UID FETCH ")?.split(' ').next()?;
    state.lock().unwrap().held.iter().find(|(uid, _)| in_set(set, **uid, 0)).map(|(_, said)| *said)
}

fn section(command: &str) -> &str {
    command.split(['[', ']']).nth(1).unwrap()
}

/// A part of a message in several, its outermost ones alone; the ninety-ninth has no end.
fn part(bytes: &[u8], section: &str, until: usize) -> Option<Vec<u8>> {
    let (number, mime) = section.split_once('.').map_or((section, false), |(number, _)| (number, true));
    if number == "99" {
        return Some(vec![b'A'; if mime { 0 } else { until }]);
    }
    let text = String::from_utf8_lossy(bytes);
    let boundary = text.split_once("boundary=\"")?.1.split('"').next()?;
    let inside = text.split(&format!("--{boundary}\r\n")).nth(number.parse().ok()?)?;
    let inside = inside.split(&format!("\r\n--{boundary}--")).next()?;
    let (header, body) = inside.split_once("\r\n\r\n")?;
    Some(
        if mime { format!("{header}\r\n\r\n") } else { body.strip_suffix("\r\n").unwrap_or(body).to_owned() }
            .into_bytes(),
    )
}

fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for c in command.chars() {
        let last = words.last_mut().unwrap();
        match c {
            c if escaped => {
                last.push(c);
                escaped = false;
            }
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => last.push(c),
        }
    }
    words
}

fn in_set(set: &str, uid: u32, last: u32) -> bool {
    set.split(',').any(|range| match range.split_once(':') {
        // The trap: `n:*` is `*:n` where n is the larger.
        Some((from, "*")) => {
            let from: u32 = from.parse().unwrap();
            uid >= from || uid == last
        }
        Some((from, to)) => (from.parse().unwrap()..=to.parse::<u32>().unwrap()).contains(&uid),
        None if range == "*" => uid == last,
        None => range.parse() == Ok(uid),
    })
}

fn holds<'a>(key: &str, keys: &mut impl Iterator<Item = &'a str>, message: &Message, last: u32) -> bool {
    let mut next = || keys.next().unwrap().to_owned();
    let text = String::from_utf8_lossy(&message.bytes).to_lowercase();
    match key {
        "UID" => in_set(&next(), message.uid, last),
        "SINCE" => {
            let wanted = next();
            (0..60).any(|days| day(message.at.plus(-days * DAY)) == wanted)
        }
        "HEADER" => {
            let (name, value) = (next().to_lowercase(), next().to_lowercase());
            let header = text.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ").replace("\r\n\t", " ");
            header.split("\r\n").any(|line| line.split_once(':').is_some_and(|(n, v)| n == name && v.contains(&value)))
        }
        "TEXT" => text.contains(&next().to_lowercase()),
        "NOT" => {
            let key = next();
            !holds(&key, keys, message, last)
        }
        "OR" => {
            let key = next();
            let first = holds(&key, keys, message, last);
            let key = keys.next().unwrap().to_owned();
            let second = holds(&key, keys, message, last);
            first || second
        }
        other => panic!("the fake searches no {other}"),
    }
}
