//! STARTTLS: what begins in clear is made safe before a name or a password leaves, or is left. Whoever stands between can
//! strip the offer, refuse it, promise it and not keep it, or slip words in before it holds.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::fake::{Fake, NOW, State, letter, line, outgoing, serve, word};
use super::servers::{Security, Server};
use super::{fake_imap, fake_smtp};
use guichet_model::{Fault, HOUR, Session, Unreached};
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// What stands between us and the server.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Between {
    Nobody,
    /// STARTTLS is not offered, or not known.
    Strips,
    /// It is offered, and then put off.
    Refuses,
    /// It is agreed to, and what comes is not TLS.
    Pretends,
    /// Words in clear behind the agreement, for whoever takes them for the safe server's.
    Injects,
    /// The greeting says that we are signed in already.
    Welcomes,
}

fn certificate(host: &str) -> (TlsAcceptor, TlsConnector) {
    let made = rcgen::generate_simple_self_signed([host.to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = || Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let known = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    let known = known.with_root_certificates(roots).with_no_client_auth();
    (TlsAcceptor::from(Arc::new(config)), TlsConnector::from(Arc::new(known)))
}

/// What is said in clear is written down with a mark in front.
fn overheard(state: &State, said: &str) {
    state.lock().unwrap().asked.push(format!("clear: {said}"));
}

async fn imap(stream: TcpStream, state: State, acceptor: TlsAcceptor, between: Between) -> Option<()> {
    let mut wire = BufReader::new(stream);
    let greeting = if between == Between::Welcomes { "* PREAUTH ready\r\n" } else { "* OK ready\r\n" };
    wire.write_all(greeting.as_bytes()).await.ok()?;
    let asked = line(&mut wire).await?;
    overheard(&state, asked.split_once(' ')?.1);
    let tag = asked.split(' ').next()?.to_owned();
    let answer = match between {
        Between::Strips => format!("{tag} BAD unknown command\r\n"),
        Between::Refuses => format!("{tag} NO not now\r\n"),
        Between::Injects => format!("{tag} OK begin\r\n* CAPABILITY IMAP4rev1\r\n* BYE injected\r\n"),
        _ => format!("{tag} OK begin\r\n"),
    };
    wire.write_all(answer.as_bytes()).await.ok()?;
    match between {
        Between::Nobody | Between::Injects => {
            let safe = acceptor.accept(wire.into_inner()).await.ok()?;
            fake_imap::greeted(BufReader::new(safe), state).await
        }
        Between::Pretends => pretend(wire, state, b"* OK still here\r\n").await,
        _ => listen(wire, state).await,
    }
}

async fn smtp(stream: TcpStream, state: State, acceptor: TlsAcceptor, between: Between) -> Option<()> {
    let mut wire = BufReader::new(stream);
    wire.write_all(b"220 fake ESMTP\r\n").await.ok()?;
    overheard(&state, &line(&mut wire).await?);
    let offer = if between == Between::Strips { "" } else { "250-STARTTLS\r\n" };
    wire.write_all(format!("250-fake\r\n{offer}250 AUTH PLAIN LOGIN\r\n").as_bytes()).await.ok()?;
    let asked = line(&mut wire).await?;
    overheard(&state, &asked);
    assert_eq!(asked, "STARTTLS");
    let answer: &[u8] = match between {
        Between::Refuses => b"454 4.7.0 not now\r\n",
        Between::Injects => b"220 begin\r\n250 AUTH PLAIN\r\n235 2.7.0 ok\r\n",
        _ => b"220 begin\r\n",
    };
    wire.write_all(answer).await.ok()?;
    match between {
        Between::Nobody | Between::Injects => {
            let safe = acceptor.accept(wire.into_inner()).await.ok()?;
            fake_smtp::greeted(BufReader::new(safe), state).await
        }
        Between::Pretends => pretend(wire, state, b"250 still here\r\n").await,
        _ => listen(wire, state).await,
    }
}

/// Speaks on in clear, and writes down what is answered.
async fn pretend(mut wire: BufReader<TcpStream>, state: State, said: &[u8]) -> Option<()> {
    let mut hello = [0; 5];
    wire.read_exact(&mut hello).await.ok()?;
    // A handshake, and no words (RFC 8446, 5.1).
    assert_eq!(hello[..2], [22, 3]);
    wire.write_all(said).await.ok()?;
    let mut rest = Vec::new();
    wire.read_to_end(&mut rest).await.ok()?;
    assert!(!String::from_utf8_lossy(&rest).contains("secret"));
    overheard(&state, "…");
    Some(())
}

async fn listen(mut wire: BufReader<TcpStream>, state: State) -> Option<()> {
    loop {
        overheard(&state, &line(&mut wire).await?);
    }
}

async fn house(at_imap: Between, at_smtp: Between, host: &str) -> Fake {
    let mut fake = Fake::start().await;
    let (acceptor, connector) = certificate(host);
    let (one, other) = (acceptor.clone(), acceptor);
    let safe = |server: Server| Server { security: Security::StartTls, ..server };
    fake.access.imap = safe(serve(&fake.state, move |stream, state| imap(stream, state, one.clone(), at_imap)).await);
    fake.access.smtp = safe(serve(&fake.state, move |stream, state| smtp(stream, state, other.clone(), at_smtp)).await);
    fake.roots = Some(connector);
    fake
}

async fn read_and_answer(fake: &Fake) -> Result<(), Fault> {
    fake.put("INBOX", 60, letter("a@x", "lea@poste.example", "Bonjour", "", "Vous livrez ?"));
    let account = fake.account();
    account.pull("inbox", None, NOW.plus(-HOUR)).await?;
    let prepared = account.prepare(&outgoing("mid:a@x", "Oui.")).await?;
    account.send(&prepared, word(true)).await.map(|_| ())
}

#[tokio::test]
async fn what_begins_in_clear_goes_on_safe() {
    for between in [Between::Nobody, Between::Injects] {
        let fake = house(between, between, "127.0.0.1").await;
        read_and_answer(&fake).await.unwrap_or_else(|fault| panic!("{between:?}: {fault}"));
        assert_eq!(fake.state().taken.len(), 1);
        let asked = fake.state().asked.clone();
        let clear: Vec<&str> = asked.iter().filter_map(|said| said.strip_prefix("clear: ")).collect();
        assert!(clear.iter().all(|said| *said == "STARTTLS" || said.starts_with("EHLO")), "{clear:?}");
        assert_eq!((fake.asked("LOGIN"), fake.asked("AUTH"), fake.asked("EHLO")), (1, 1, 1), "{asked:?}");
    }
}

#[tokio::test]
async fn where_it_is_not_made_safe_nothing_more_is_said() {
    let lost = Fault::Offline { why: Unreached::Unsafe };
    for between in [Between::Strips, Between::Refuses, Between::Pretends, Between::Welcomes] {
        let fake = house(between, Between::Nobody, "127.0.0.1").await;
        let fault = read_and_answer(&fake).await.unwrap_err();
        match between {
            Between::Strips | Between::Refuses => assert_eq!(fault, lost),
            _ => assert!(matches!(fault, Fault::Offline { .. } | Fault::Unreadable { .. }), "{between:?}: {fault}"),
        }
        assert_eq!(fake.asked("LOGIN") + fake.asked("clear: LOGIN") + fake.asked("clear: AUTH"), 0, "{between:?}");
    }
    for between in [Between::Strips, Between::Refuses, Between::Pretends] {
        let fake = house(Between::Nobody, between, "127.0.0.1").await;
        let fault = read_and_answer(&fake).await.unwrap_err();
        match between {
            Between::Strips => assert_eq!(fault, lost),
            _ => assert!(matches!(fault, Fault::Offline { .. } | Fault::Later { .. }), "{between:?}: {fault}"),
        }
        let asked = fake.state().asked.clone();
        assert!(!asked.iter().any(|said| said.contains("AUTH") || said.contains("MAIL")), "{between:?}: {asked:?}");
        assert!(fake.state().taken.is_empty());
    }
}

#[tokio::test]
async fn a_certificate_of_another_host_is_no_safety() {
    let fake = house(Between::Nobody, Between::Nobody, "mx.autre.test").await;
    assert!(matches!(read_and_answer(&fake).await, Err(Fault::Offline { .. })));
    assert_eq!(fake.asked("LOGIN"), 0);
}
