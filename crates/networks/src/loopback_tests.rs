//! The browser's way back: what is let in, and what a stranger may try.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

fn expected() -> Expected<'static> {
    Expected { state: "etat", issuer: Some("https://exemple.test/"), issuer_required: false }
}

fn code(query: &str) -> Result<String, Fault> {
    code_in(&Url::parse(&format!("http://127.0.0.1:1/cb?{query}")).unwrap(), &expected())
}

fn refused(outcome: Result<String, Fault>) -> RefusalCode {
    match outcome {
        Err(Fault::Refused { reason }) => reason.code,
        other => panic!("{other:?}"),
    }
}

/// A listener on any free port: the three registered ones belong to the sign-in's own tests.
async fn listening(longest: Duration) -> Listener {
    let inner = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = inner.local_addr().unwrap().port();
    Listener { inner, port, until: Instant::now() + longest }
}

async fn ask(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap_or_default();
    answer
}

#[test]
fn state_and_issuer_are_checked() {
    assert_eq!(code("code=abc&state=etat").unwrap(), "abc");
    assert_eq!(code("code=abc&state=etat&iss=https%3A%2F%2Fexemple.test").unwrap(), "abc");
    assert_eq!(refused(code("code=abc")), RefusalCode::Invalid);
    assert_eq!(refused(code("code=abc&state=autre")), RefusalCode::Invalid);
    assert_eq!(refused(code("code=abc&state=etat&iss=https%3A%2F%2Fautre.test")), RefusalCode::WrongServer);
    assert_eq!(refused(code("error=access_denied&state=etat")), RefusalCode::Forbidden);
    assert_eq!(refused(code("code=&state=etat")), RefusalCode::Forbidden);
    let strict = Expected { issuer_required: true, ..expected() };
    let url = Url::parse("http://127.0.0.1:1/cb?code=abc&state=etat").unwrap();
    assert_eq!(refused(code_in(&url, &strict)), RefusalCode::WrongServer);
}

#[tokio::test]
async fn one_good_request_ends_the_wait_with_a_page_in_both_languages() {
    let listener = listening(LONGEST).await;
    let port = listener.port;
    let browser = tokio::spawn(async move {
        // An idle connection, an icon and somebody curious come first.
        let idle = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        drop(idle);
        assert!(ask(port, "GET /favicon.ico HTTP/1.1\r\n\r\n").await.starts_with("HTTP/1.1 404"));
        assert!(ask(port, "POST /cb?code=x&state=etat HTTP/1.1\r\n\r\n").await.starts_with("HTTP/1.1 404"));
        ask(port, "GET /cb?code=abc&state=etat HTTP/1.1\r\nHost: x\r\n\r\n").await
    });
    assert_eq!(listener.code(&expected()).await.unwrap(), "abc");
    let page = browser.await.unwrap();
    assert!(page.starts_with("HTTP/1.1 200"));
    assert!(page.contains("fermer cette page") && page.contains("close this page"));
    assert!(!page.contains("abc"));
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err(), "the door is closed");
}

#[tokio::test]
async fn a_strangers_answer_ends_the_wait_too() {
    let listener = listening(LONGEST).await;
    let port = listener.port;
    let browser = tokio::spawn(async move { ask(port, "GET /cb?code=abc&state=non HTTP/1.1\r\n\r\n").await });
    assert_eq!(refused(listener.code(&expected()).await), RefusalCode::Invalid);
    assert!(browser.await.unwrap().starts_with("HTTP/1.1 400"));
}

#[tokio::test]
async fn the_wait_ends_by_itself_and_when_it_is_dropped() {
    let listener = listening(Duration::from_millis(50)).await;
    assert_eq!(refused(listener.code(&expected()).await), RefusalCode::WindowClosed);
    let listener = listening(LONGEST).await;
    let port = listener.port;
    let expected = expected();
    let waiting = listener.code(&expected);
    assert!(timeout(Duration::from_millis(50), waiting).await.is_err());
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err(), "dropping the wait closes the door");
}
