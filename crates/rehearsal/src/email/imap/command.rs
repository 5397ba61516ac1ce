//! Reading what a client says to an IMAP server, as strictly as the grammar is: one space between words, no bare line
//! feeds, letters where letters belong. A real server may forgive more; who is understood here is understood there.

use std::io;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Longest command line, and largest literal, in octets.
const LINE: usize = 64 * 1024;
const LITERAL: usize = 30 << 20;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Arg {
    /// Letters without quotes: `INBOX`, `1:*`, `\Seen`, `BODY.PEEK[HEADER.FIELDS (DATE)]<0.9>`.
    Atom(String),
    /// Quoted, or a literal.
    Text(Vec<u8>),
    List(Vec<Arg>),
}

impl Arg {
    pub fn atom(&self) -> Option<&str> {
        match self {
            Arg::Atom(atom) => Some(atom),
            _ => None,
        }
    }

    /// What stands where a string may: an atom too, but for a parenthesis.
    pub fn text(&self) -> Option<String> {
        match self {
            Arg::Atom(atom) => Some(atom.clone()),
            Arg::Text(bytes) => String::from_utf8(bytes.clone()).ok(),
            Arg::List(_) => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Command {
    pub tag: String,
    /// In capitals; with what it is about by number: `UID FETCH`.
    pub name: String,
    pub args: Vec<Arg>,
}

/// A command, or the tag to complain under and why.
pub(crate) type Heard = Result<Command, (String, &'static str)>;

/// The next line, without its end. `None` where the client is gone.
pub(crate) async fn line<S: AsyncBufRead + Unpin>(stream: &mut S) -> io::Result<Option<Vec<u8>>> {
    let mut read = Vec::new();
    let mut bounded = stream.take(LINE as u64);
    if bounded.read_until(b'\n', &mut read).await? == 0 {
        return Ok(None);
    }
    if read.pop() != Some(b'\n') {
        return Ok(None);
    }
    Ok(Some(read))
}

/// The next command with its literals, each asked for where the client waits for that. `plus`: whether it need not wait.
pub(crate) async fn next<S>(stream: &mut S, plus: bool) -> io::Result<Option<Heard>>
where
    S: AsyncBufRead + AsyncWrite + Unpin,
{
    let mut units = Vec::new();
    loop {
        let Some(mut read) = line(stream).await? else {
            return Ok(None);
        };
        if read.pop() != Some(b'\r') {
            return Ok(Some(Err((tag_of(&read), "a line must end in CR LF"))));
        }
        let announced = announced(&read);
        let kept = announced.map_or(read.len(), |(_, _, at)| at);
        units.extend(read[..kept].iter().map(|byte| Unit::Byte(*byte)));
        let Some((size, waits, _)) = announced else {
            return Ok(Some(parsed(units)));
        };
        if !waits && !plus {
            return Ok(Some(Err((tag_of(&read), "LITERAL+ is not offered"))));
        }
        if size > LITERAL {
            return Ok(Some(Err((tag_of(&read), "literal too large"))));
        }
        if waits {
            stream.write_all(b"+ Ready for literal data\r\n").await?;
            stream.flush().await?;
        }
        let mut literal = vec![0; size];
        stream.read_exact(&mut literal).await?;
        units.push(Unit::Literal(literal));
    }
}

/// `{310}` or `{310+}` at the end of a line: the size, whether the client waits, where it stands.
fn announced(line: &[u8]) -> Option<(usize, bool, usize)> {
    let at = line.iter().rposition(|byte| *byte == b'{')?;
    let inside = std::str::from_utf8(line.get(at + 1..)?.strip_suffix(b"}")?).ok()?;
    let (digits, waits) = inside.strip_suffix('+').map_or((inside, true), |digits| (digits, false));
    let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| Some((digits.parse().ok()?, waits, at)))?
}

fn tag_of(line: &[u8]) -> String {
    let word: Vec<u8> = line.iter().copied().take_while(u8::is_ascii_alphanumeric).collect();
    if word.is_empty() { "*".to_owned() } else { String::from_utf8_lossy(&word).into_owned() }
}

enum Unit {
    Byte(u8),
    Literal(Vec<u8>),
}

struct Reader {
    units: Vec<Unit>,
    at: usize,
}

fn parsed(units: Vec<Unit>) -> Heard {
    let bytes: Vec<u8> =
        units.iter().map_while(|unit| if let Unit::Byte(byte) = unit { Some(*byte) } else { None }).collect();
    let tag = tag_of(&bytes);
    read(&mut Reader { units, at: 0 }).map_err(|why| (tag, why))
}

fn read(reader: &mut Reader) -> Result<Command, &'static str> {
    let Arg::Atom(tag) = reader.arg()? else { return Err("a command begins with its tag") };
    if tag.contains(['+', '\\', '*', '%', '[']) {
        return Err("invalid tag");
    }
    let word = |reader: &mut Reader| {
        reader.space()?;
        match reader.arg()? {
            Arg::Atom(name) => Ok(name.to_ascii_uppercase()),
            _ => Err("a command has a name"),
        }
    };
    let mut name = word(reader)?;
    if name == "UID" {
        name = format!("UID {}", word(reader)?);
    }
    let mut args = Vec::new();
    while !reader.ended() {
        reader.space()?;
        args.push(reader.arg()?);
    }
    Ok(Command { tag, name, args })
}

impl Reader {
    fn peek(&self) -> Option<u8> {
        match self.units.get(self.at) {
            Some(Unit::Byte(byte)) => Some(*byte),
            _ => None,
        }
    }

    fn ended(&self) -> bool {
        self.at >= self.units.len()
    }

    fn space(&mut self) -> Result<(), &'static str> {
        if self.peek() != Some(b' ') {
            return Err("one space between words");
        }
        self.at += 1;
        Ok(())
    }

    fn arg(&mut self) -> Result<Arg, &'static str> {
        if let Some(Unit::Literal(bytes)) = self.units.get_mut(self.at) {
            self.at += 1;
            return Ok(Arg::Text(std::mem::take(bytes)));
        }
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'(') => self.list(),
            _ => self.atom(),
        }
    }

    fn quoted(&mut self) -> Result<Arg, &'static str> {
        let mut text = Vec::new();
        self.at += 1;
        loop {
            let byte = self.peek().ok_or("a quote is not closed")?;
            self.at += 1;
            match byte {
                b'"' => return Ok(Arg::Text(text)),
                b'\\' => {
                    let byte = self.peek().filter(|byte| matches!(byte, b'"' | b'\\')).ok_or("invalid escape")?;
                    self.at += 1;
                    text.push(byte);
                }
                // Without UTF8=ACCEPT what is quoted is ASCII: the rest goes in literals.
                0x01..=0x7f if byte != b'\r' && byte != b'\n' => text.push(byte),
                _ => return Err("8-bit data in a quoted string"),
            }
        }
    }

    fn list(&mut self) -> Result<Arg, &'static str> {
        let mut inside = Vec::new();
        self.at += 1;
        if self.peek() == Some(b')') {
            self.at += 1;
            return Ok(Arg::List(inside));
        }
        loop {
            inside.push(self.arg()?);
            match self.peek() {
                Some(b')') => {
                    self.at += 1;
                    return Ok(Arg::List(inside));
                }
                Some(b' ') => self.at += 1,
                _ => return Err("a parenthesis is not closed"),
            }
        }
    }

    fn atom(&mut self) -> Result<Arg, &'static str> {
        let (mut text, mut within) = (String::new(), false);
        while let Some(byte) = self.peek() {
            match byte {
                b'[' => within = true,
                b']' => within = false,
                // A section names header fields, with spaces and parentheses.
                b' ' | b'(' | b')' | b'"' if within => {}
                b' ' | b')' => break,
                b'(' | b'{' | b'"' => return Err("invalid letter in an atom"),
                0x21..=0x7e => {}
                _ => return Err("invalid letter in an atom"),
            }
            text.push(char::from(byte));
            self.at += 1;
        }
        if text.is_empty() || within {
            return Err("a word is missing");
        }
        Ok(Arg::Atom(text))
    }
}

/// `1:3,7,12:*`, with what `*` stands for. Which of two numbers is first does not matter: `900:*` holds the last mail
/// even where it is number 12.
pub(crate) fn ranges(set: &str, last: u32) -> Option<Vec<(u32, u32)>> {
    let number = |word: &str| match word {
        "*" => Some(last),
        _ if word.starts_with('0') || !word.bytes().all(|byte| byte.is_ascii_digit()) => None,
        _ => word.parse::<u32>().ok(),
    };
    set.split(',')
        .map(|piece| {
            let (from, to) = piece.split_once(':').unwrap_or((piece, piece));
            let (from, to) = (number(from)?, number(to)?);
            Some((from.min(to), from.max(to)))
        })
        .collect()
}

/// A folder's name on the wire: UTF-7 as IMAP changed it.
pub(crate) mod names {
    use base64::Engine;
    use base64::alphabet::IMAP_MUTF7;
    use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

    const LETTERS: GeneralPurpose = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);

    pub(crate) fn encoded(name: &str) -> String {
        let (mut out, mut held) = (String::new(), Vec::<u16>::new());
        let flush = |held: &mut Vec<u16>, out: &mut String| {
            if !held.is_empty() {
                let bytes: Vec<u8> = held.drain(..).flat_map(u16::to_be_bytes).collect();
                out.push_str(&format!("&{}-", LETTERS.encode(bytes)));
            }
        };
        for letter in name.chars() {
            if letter.is_ascii_graphic() || letter == ' ' {
                flush(&mut held, &mut out);
                out.push(letter);
                if letter == '&' {
                    out.push('-');
                }
            } else {
                held.extend(letter.encode_utf16(&mut [0; 2]).iter());
            }
        }
        flush(&mut held, &mut out);
        out
    }

    /// `None` where it is no such name.
    pub(crate) fn decoded(name: &str) -> Option<String> {
        let (mut out, mut rest) = (String::new(), name);
        while let Some((plain, after)) = rest.split_once('&') {
            let (inside, after) = after.split_once('-')?;
            out.push_str(plain);
            if inside.is_empty() {
                out.push('&');
            } else {
                let bytes = LETTERS.decode(inside).ok()?;
                let units: Vec<u16> = bytes.chunks_exact(2).map(|two| u16::from_be_bytes([two[0], two[1]])).collect();
                out.push_str(&String::from_utf16(&units).ok()?);
            }
            rest = after;
        }
        out.push_str(rest);
        (!out.chars().any(char::is_control)).then_some(out)
    }
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
