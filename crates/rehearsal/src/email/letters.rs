//! Mails as strangers' programs write them: in UTF-8 and in Latin-1, quoted, in base64, in HTML alone or beside the plain
//! text, with papers attached, by machines, by lists, and by a server that could not deliver ours. The texts are the evening's;
//! only what is around them is made here.

use super::dates::date_of_mail;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

/// How a mail is built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Form {
    #[default]
    Plain,
    Quoted,
    Base64,
    Latin1,
    Flowed,
    /// HTML alone.
    Html,
    /// Plain and HTML, with the mail answered quoted below in both.
    Both,
    /// With two files.
    Attached,
    /// With a film that is heavier than all words, and a note behind it.
    Heavy,
    /// A picture inside the HTML, inside an alternative, beside a file.
    Nested,
    /// Written by a machine on behalf of a person who is away.
    Auto,
    /// A server tells that a mail of ours did not arrive.
    Bounce,
    /// Sent to many.
    List,
    /// Without a date, an id or a charset.
    Bare,
}

pub(crate) struct Letter<'a> {
    /// Name and address.
    pub from: (&'a str, &'a str),
    pub to: &'a str,
    /// As written, or already encoded where it is another's.
    pub subject: &'a str,
    pub text: &'a str,
    pub at_ms: i64,
    /// Without brackets, as all ids here.
    pub id: &'a str,
    pub answers: Option<&'a Answered>,
    pub form: Form,
}

/// The mail that is answered.
pub(crate) struct Answered {
    pub id: String,
    /// The ids before it, in their order.
    pub references: Vec<String>,
    pub words: String,
    /// Its header, for who sends it back.
    pub header: Vec<u8>,
}

pub(crate) fn written(letter: &Letter<'_>) -> Vec<u8> {
    let form = letter.form;
    let boundary = format!("=-{}", letter.id.split('@').next().unwrap_or_default());
    let mut out = String::new();
    let mut head = |name: &str, value: &str| out.push_str(&format!("{name}: {value}\r\n"));
    let encode = |text: &str| if form == Form::Latin1 { latin1_word(text) } else { utf8_words(text) };
    if form != Form::Bare {
        head("Date", &date_of_mail(letter.at_ms));
    }
    head("From", &format!("{} <{}>", named(letter.from.0, encode), letter.from.1));
    head("To", &format!("<{}>", letter.to));
    head("Subject", &encode(letter.subject));
    if form != Form::Bare {
        head("Message-ID", &format!("<{}>", letter.id));
    }
    if let Some(answered) = letter.answers.filter(|_| form != Form::Bounce) {
        let all: Vec<String> = answered.references.iter().chain([&answered.id]).map(|id| format!("<{id}>")).collect();
        head("In-Reply-To", &format!("<{}>", answered.id));
        head("References", &all.join("\r\n "));
    }
    match form {
        Form::Auto => {
            head("Auto-Submitted", "auto-replied");
            head("Precedence", "bulk");
            head("X-Auto-Response-Suppress", "All");
        }
        Form::Bounce => head("Auto-Submitted", "auto-replied"),
        Form::List => {
            head("List-Id", "Les nouvelles du fleuve <nouvelles.fleuve.example>");
            head("List-Unsubscribe", "<https://fleuve.example/desabonner?u=1>");
            head("Precedence", "list");
        }
        _ => {}
    }
    if form != Form::Bare {
        head("MIME-Version", "1.0");
    }
    match form {
        Form::Latin1 => return latin1(out, letter.text),
        Form::Bare => out.push_str(&format!("\r\n{}\r\n", crlf(letter.text))),
        _ => out.push_str(&body(letter, &boundary)),
    }
    out.into_bytes()
}

fn body(letter: &Letter<'_>, boundary: &str) -> String {
    let text = letter.text;
    match letter.form {
        Form::Quoted | Form::List => part("text/plain; charset=utf-8", "quoted-printable", &quoted_printable(text)),
        Form::Base64 => part("text/plain; charset=\"utf-8\"", "base64", &base64_lines(text.as_bytes())),
        Form::Flowed => part("text/plain; charset=utf-8; format=flowed", "8bit", &flowed(text)),
        Form::Html => part("text/html; charset=utf-8", "quoted-printable", &quoted_printable(&html(text, ""))),
        Form::Both => {
            let quote = letter.answers.map(|answered| answered.words.as_str()).unwrap_or_default();
            let below = if quote.is_empty() {
                String::new()
            } else {
                format!("\n\nLe 21 nov. 2026 à 18:42, vous avez écrit :\n{}", quoted(quote))
            };
            let plain =
                part("text/plain; charset=\"UTF-8\"", "quoted-printable", &quoted_printable(&format!("{text}{below}")));
            let rich = part("text/html; charset=\"UTF-8\"", "quoted-printable", &quoted_printable(&html(text, quote)));
            multipart("alternative", boundary, &[&plain, &rich], "")
        }
        Form::Attached => {
            let words = part("text/plain; charset=utf-8", "8bit", &crlf(text));
            let paper = part(
                "application/pdf; name=\"=?UTF-8?Q?devis_=C3=A9t=C3=A9.pdf?=\"",
                "base64\r\nContent-Disposition: attachment;\r\n filename*=UTF-8''devis%20%C3%A9t%C3%A9.pdf; size=44",
                &base64_lines(b"%PDF-1.4\n% un devis, pour de faux\n%%EOF 0123\n"),
            );
            let photo = part(
                "image/png; name=photo.png",
                "base64\r\nContent-Disposition: attachment; filename=\"photo.png\"",
                DOT,
            );
            multipart("mixed", boundary, &[&words, &paper, &photo], "")
        }
        Form::Heavy => {
            let words = part("text/plain; charset=utf-8", "8bit", &crlf(text));
            let film = "base64\r\nContent-Disposition: attachment; filename=\"le mur.mp4\"";
            let film = part("video/mp4; name=\"le mur.mp4\"", film, &base64_lines(&film_bytes()));
            let note = part(
                "text/plain; charset=iso-8859-1; name=\"=?iso-8859-1?Q?=E0_lire.txt?=\"",
                "quoted-printable\r\nContent-Disposition: attachment",
                "D=E9j=E0 =3D fini",
            );
            multipart("mixed", boundary, &[&words, &film, &note], "")
        }
        Form::Nested => {
            let picture = "<p><img src=\"cid:plan@poste.example\" alt=\"plan\"></p>";
            let plain = part("text/plain; charset=utf-8", "quoted-printable", &quoted_printable(text));
            let rich = html(text, "").replace("</body>", &format!("{picture}</body>"));
            let rich = part("text/html; charset=utf-8", "quoted-printable", &quoted_printable(&rich));
            let inline = "base64\r\nContent-ID: <plan@poste.example>\r\nContent-Disposition: inline; filename=plan.png";
            let inline = part("image/png", inline, DOT);
            let related = multipart("related", &format!("{boundary}r"), &[&rich, &inline], "");
            let both = multipart("alternative", &format!("{boundary}a"), &[&plain, &related], "");
            let note = part(
                "text/calendar; charset=utf-8; method=REQUEST",
                "8bit\r\nContent-Disposition: attachment; filename=visite.ics",
                "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
            );
            multipart("mixed", boundary, &[&both, &note], "")
        }
        Form::Bounce => {
            let words = part("text/plain; charset=utf-8", "8bit", &crlf(text));
            let status = "Reporting-MTA: dns; poste.example\r\n\r\nFinal-Recipient: rfc822; perdu@nulle-part.example\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\r\n";
            let status = part("message/delivery-status", "7bit", status);
            let header = letter.answers.map(|answered| String::from_utf8_lossy(&answered.header).into_owned());
            let header = part("text/rfc822-headers", "7bit", &header.unwrap_or_default());
            multipart("report", boundary, &[&words, &status, &header], "; report-type=delivery-status")
        }
        _ => part("text/plain; charset=utf-8", "8bit", &crlf(text)),
    }
}

/// Of no film that anybody could see: every byte there is, in no order that packs well.
fn film_bytes() -> Vec<u8> {
    (0..400_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

/// One grey dot, as PNG.
const DOT: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==\r\n";

fn part(kind: &str, encoding: &str, body: &str) -> String {
    let body = body.strip_suffix("\r\n").unwrap_or(body);
    format!("Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n")
}

fn multipart(kind: &str, boundary: &str, parts: &[&str], more: &str) -> String {
    let inside: String = parts.iter().map(|part| format!("--{boundary}\r\n{part}\r\n")).collect();
    format!("Content-Type: multipart/{kind}; boundary=\"{boundary}\"{more}\r\n\r\n{inside}--{boundary}--\r\n")
}

fn crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

fn quoted(text: &str) -> String {
    text.lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n")
}

/// As a mail program writes it, with a style, a script that must not run and a picture that must not be fetched.
fn html(text: &str, quote: &str) -> String {
    let escaped =
        |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', "<br>\n");
    let quote = if quote.is_empty() {
        String::new()
    } else {
        format!("<blockquote type=\"cite\">{}</blockquote>", escaped(quote))
    };
    format!(
        "<html><head><style>p {{ color: #222 }}</style><script>document.title = 'pris'</script></head><body>\n\
         <p>{}</p>\n{quote}<img src=\"https://suivi.example/vu.gif?qui=vous\" width=\"1\" height=\"1\" alt=\"\">\n</body></html>\n",
        escaped(text)
    )
}

/// RFC 3676: lines of at most 72 letters, a space at the end of each that goes on.
fn flowed(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut width = 0;
        for word in line.split_inclusive(' ') {
            if width > 0 && width + word.chars().count() > 72 {
                out.push_str("\r\n");
                width = 0;
            }
            if width == 0 && word.starts_with([' ', '>']) {
                out.push(' ');
            }
            out.push_str(word);
            width += word.chars().count();
        }
        // A space at the end of what does not go on would join it to the next line.
        out.truncate(out.trim_end_matches(' ').len());
        out.push_str("\r\n");
    }
    out
}

fn base64_lines(bytes: &[u8]) -> String {
    let letters = BASE64_STANDARD.encode(bytes);
    letters.as_bytes().chunks(76).map(|line| format!("{}\r\n", String::from_utf8_lossy(line))).collect()
}

fn quoted_printable(text: &str) -> String {
    crlf(text).split("\r\n").map(|line| quoted_line(line.as_bytes())).collect::<Vec<_>>().join("\r\n")
}

fn quoted_line(line: &[u8]) -> String {
    let (mut out, mut width) = (String::new(), 0);
    for (at, byte) in line.iter().enumerate() {
        let last = at + 1 == line.len();
        let plain = matches!(byte, 0x21..=0x7e) && *byte != b'=' || (*byte == b' ' && !last);
        let piece = if plain { char::from(*byte).to_string() } else { format!("={byte:02X}") };
        if width + piece.len() > 75 {
            out.push_str("=\r\n");
            width = 0;
        }
        out.push_str(&piece);
        width += piece.len();
    }
    out
}

/// A name before an address.
fn named(name: &str, encode: impl Fn(&str) -> String) -> String {
    let plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == ' ');
    if plain {
        name.to_owned()
    } else if name.is_ascii() {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        encode(name)
    }
}

/// RFC 2047, in base64: words of at most 75 letters, each whole by itself.
pub(crate) fn utf8_words(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let (mut words, mut held) = (Vec::new(), String::new());
    for letter in text.chars() {
        if held.len() + letter.len_utf8() > 42 {
            words.push(std::mem::take(&mut held));
        }
        held.push(letter);
    }
    words.push(held);
    let words: Vec<String> = words.iter().map(|word| format!("=?UTF-8?B?{}?=", BASE64_STANDARD.encode(word))).collect();
    words.join("\r\n ")
}

/// RFC 2047, in Latin-1 and quoted.
fn latin1_word(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let byte = |byte: u8| match byte {
        b' ' => "_".to_owned(),
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("={byte:02X}"),
    };
    let words: Vec<String> = latin1_bytes(text)
        .chunks(18)
        .map(|piece| format!("=?iso-8859-1?Q?{}?=", piece.iter().copied().map(byte).collect::<String>()))
        .collect();
    words.join("\r\n ")
}

fn latin1(head: String, text: &str) -> Vec<u8> {
    let mut out = head.into_bytes();
    out.extend_from_slice(b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
    out.extend(latin1_bytes(&crlf(text)));
    out.extend_from_slice(b"\r\n");
    out
}

/// What Latin-1 has no letter for is written as an old program does.
fn latin1_bytes(text: &str) -> Vec<u8> {
    let letter = |letter: char| match letter {
        '’' | '‘' => b'\'',
        _ => u8::try_from(u32::from(letter)).unwrap_or(b'?'),
    };
    text.chars().map(letter).collect()
}

#[cfg(test)]
#[path = "letters_tests.rs"]
mod tests;
