//! A browser that says yes by itself: it presses the button of a consent page and goes where that leads. Loopback only,
//! by hand over HTTP/1.1, since the rehearsal is a server and brings no client.

use std::io::{self, Error, ErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::{Host, Url};

/// Says yes on that page for the account of that id. What the page shows to copy, where it leads nowhere.
pub(crate) async fn consent(page: &str, account: &str) -> io::Result<Option<String>> {
    let page = Url::parse(page).map_err(|_| wrong("the page has no address"))?;
    let form = url::form_urlencoded::Serializer::new(String::new()).append_pair("account", account).finish();
    let answer = ask(&page, "POST", &form).await?;
    match (answer.code, answer.location) {
        (302 | 303, Some(to)) => {
            let to = page.join(&to).map_err(|_| wrong("the page leads nowhere"))?;
            ask(&to, "GET", "").await.map(|_| None)
        }
        // Somebody waits elsewhere: the page says that it is done, and shows nothing to copy.
        (200, _) if answer.body.contains("id=\"done\"") => Ok(None),
        (200, _) => Ok(Some(shown(&answer.body).ok_or_else(|| wrong("the page shows nothing to copy"))?)),
        (code, _) => Err(wrong(&format!("the page answers {code}"))),
    }
}

struct Answer {
    code: u16,
    location: Option<String>,
    body: String,
}

async fn ask(url: &Url, method: &str, form: &str) -> io::Result<Answer> {
    let loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let (true, "http", Some(host), Some(port)) = (loopback, url.scheme(), url.host_str(), url.port()) else {
        return Err(wrong("only pages on loopback are opened"));
    };
    let place = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let request = format!(
        "{method} {place} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let mut stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let code = head.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(|| wrong("no HTTP answer"))?;
    let location = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("location").then(|| value.trim().to_owned())
    });
    Ok(Answer { code, location, body: body.to_owned() })
}

/// What stands in the element made to be copied.
fn shown(page: &str) -> Option<String> {
    let rest = page.split_once("<code id=\"code\">")?.1;
    Some(rest.split_once('<')?.0.to_owned())
}

fn wrong(words: &str) -> Error {
    Error::new(ErrorKind::InvalidData, words.to_owned())
}
