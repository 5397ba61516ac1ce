//! The SMTP half of the mailbox in memory: an SMTP server that takes one user's messages, writes them down, and fails
//! by command. What it takes counts as sent, whatever becomes of its answer.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::fake::{Fail, ME, State, bearer, line, met};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

pub(crate) async fn smtp(stream: TcpStream, state: State) -> Option<()> {
    let mut wire = BufReader::new(stream);
    wire.write_all(b"220 fake ESMTP\r\n").await.ok()?;
    greeted(wire, state).await
}

pub(crate) async fn greeted(mut wire: BufReader<impl AsyncRead + AsyncWrite + Unpin>, state: State) -> Option<()> {
    let (mut from, mut to) = (String::new(), String::new());
    loop {
        let asked = line(&mut wire).await?;
        let fail = met(&state, if asked.starts_with("AUTH") { "AUTH" } else { &asked });
        let mut answer = match asked.split([' ', ':']).next()? {
            "EHLO" => "250-fake\r\n250-SIZE 2000000\r\n250 AUTH PLAIN LOGIN XOAUTH2\r\n".to_owned(),
            "AUTH" if asked.starts_with("AUTH XOAUTH2 ") => {
                if asked.rsplit(' ').next() == Some(&bearer(&state)) {
                    "235 2.7.0 ok\r\n".to_owned()
                } else {
                    wire.write_all(b"334 eyJzdGF0dXMiOiI0MDAifQ==\r\n").await.ok()?;
                    line(&mut wire).await?;
                    "535 5.7.8 no\r\n".to_owned()
                }
            }
            "AUTH" => {
                let wanted = format!("\0{ME}\0secret \"du\" port");
                let good = asked.rsplit(' ').next() == Some(&STANDARD.encode(wanted));
                if good { "235 2.7.0 ok\r\n" } else { "535 5.7.8 no\r\n" }.to_owned()
            }
            "MAIL" => {
                from = asked.split(['<', '>']).nth(1)?.to_owned();
                "250 2.1.0 ok\r\n".to_owned()
            }
            "RCPT" => {
                to = asked.split(['<', '>']).nth(1)?.to_owned();
                "250 2.1.5 ok\r\n".to_owned()
            }
            "DATA" => "354 go on\r\n".to_owned(),
            "QUIT" => "221 bye\r\n".to_owned(),
            other => panic!("the fake knows no {other}"),
        };
        match fail {
            Some(Fail::Cut | Fail::CutAfter) => return None,
            Some(Fail::Say(said)) => answer = format!("{said}\r\n"),
            None => {}
        }
        wire.write_all(answer.as_bytes()).await.ok()?;
        if answer.starts_with("354") {
            let mut message = String::new();
            loop {
                let got = line(&mut wire).await?;
                if got == "." {
                    break;
                }
                message.push_str(got.strip_prefix('.').unwrap_or(&got));
                message.push_str("\r\n");
            }
            let fail = met(&state, ".");
            if !matches!(fail, Some(Fail::Cut | Fail::Say(_))) {
                state.lock().unwrap().taken.push((from.clone(), to.clone(), message));
            }
            match fail {
                Some(Fail::Cut | Fail::CutAfter) => return None,
                Some(Fail::Say(said)) => wire.write_all(format!("{said}\r\n").as_bytes()).await.ok()?,
                None => wire.write_all(b"250 2.0.0 queued\r\n").await.ok()?,
            }
        }
    }
}
