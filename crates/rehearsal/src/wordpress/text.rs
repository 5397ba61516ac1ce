//! From what people type to what the site keeps, and to what it shows: the few tags a comment may have, paragraphs, line
//! ends, curly quotes, links.

/// Tags that a comment keeps; `a` with its address alone.
const KEPT: [&str; 9] = ["a", "b", "strong", "i", "em", "code", "blockquote", "del", "s"];

/// Most bytes of a comment's column.
pub(crate) const MOST_BYTES: usize = 65_525;

/// As the site keeps it: other tags gone, a bare `&` written as an entity. Who may write any HTML keeps all.
pub(crate) fn kept(text: &str, any_html: bool) -> String {
    let text = text.trim().replace("\r\n", "\n");
    if any_html {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find(['<', '&']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with('&') {
            out.push_str(if is_entity(rest) { "&" } else { "&amp;" });
            rest = &rest[1..];
            continue;
        }
        match tag(rest) {
            Some((whole, name)) => {
                if KEPT.contains(&name.as_str()) {
                    out.push_str(whole);
                }
                rest = &rest[whole.len()..];
            }
            None => {
                out.push_str("&lt;");
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// As the site shows it.
pub(crate) fn shown(text: &str) -> String {
    let paragraphs: Vec<String> = dressed(text)
        .split("\n\n")
        .map(str::trim)
        .filter(|paragraph| !paragraph.is_empty())
        .map(|paragraph| format!("<p>{}</p>\n", paragraph.replace('\n', "<br />\n")))
        .collect();
    paragraphs.concat()
}

/// Apostrophes, three dots, bare `&` and bare links as the site sets them, outside of tags.
fn dressed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_link = false;
    for (place, piece) in text.split_inclusive(['<', '>']).enumerate() {
        if piece.ends_with('>') && place > 0 {
            in_link = piece.starts_with("a ") || (in_link && !piece.starts_with("/a"));
            out.push_str(piece);
            continue;
        }
        for word in piece.split_inclusive(char::is_whitespace) {
            let end = word.find(|c: char| c.is_whitespace() || c == '<').unwrap_or(word.len());
            let address = word[..end].trim_end_matches(['.', ',', ';', ')', '!', '?']);
            if !in_link && (address.starts_with("https://") || address.starts_with("http://")) {
                let escaped = ampersands(address);
                out.push_str(&format!("<a href=\"{escaped}\" rel=\"nofollow ugc\">{escaped}</a>"));
                out.push_str(&word[address.len()..]);
            } else {
                out.push_str(&ampersands(word).replace('\'', "&#8217;").replace("...", "&#8230;"));
            }
        }
    }
    out
}

fn ampersands(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            '&' if !is_entity(&text[at..]) => out.push_str("&#038;"),
            _ => out.push(c),
        }
    }
    out
}

/// The text without its tags, for a page's summary.
pub(crate) fn bare(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => inside = false,
            _ if !inside => out.push(c),
            _ => {}
        }
    }
    out
}

/// A title as an address: letters without their accents, joined by `-`.
pub(crate) fn slug(title: &str) -> String {
    let mut out = String::new();
    for c in title.to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' => out.push(c),
            'à' | 'â' | 'ä' => out.push('a'),
            'é' | 'è' | 'ê' | 'ë' => out.push('e'),
            'î' | 'ï' => out.push('i'),
            'ô' | 'ö' => out.push('o'),
            'ù' | 'û' | 'ü' => out.push('u'),
            'ç' => out.push('c'),
            'œ' => out.push_str("oe"),
            '’' | '\'' | ' ' | '\u{a0}' | '-' if !out.is_empty() && !out.ends_with('-') => out.push('-'),
            _ => {}
        }
    }
    out.trim_end_matches('-').to_owned()
}

/// The tag at the start of the text, and its name in small letters.
fn tag(text: &str) -> Option<(&str, String)> {
    let end = text.find('>')?;
    let name: String = text[1..end].trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
    (!name.is_empty()).then(|| (&text[..=end], name.to_ascii_lowercase()))
}

fn is_entity(text: &str) -> bool {
    let name = text[1..].split(';').next().unwrap_or_default();
    text.len() > name.len() + 1
        && !name.is_empty()
        && name.len() < 10
        && name.trim_start_matches('#').chars().all(|c| c.is_ascii_alphanumeric())
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
