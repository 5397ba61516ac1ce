//! From what people type to what the forum shows: a small part of its Markdown (paragraphs, line ends, emphasis, quotes,
//! lists, links, mentions), cooked as the forum cooks it, and the people and groups a text names.

use crate::paper::escaped;

/// As the forum keeps it.
pub(crate) fn kept(raw: &str) -> String {
    raw.replace("\r\n", "\n").trim().to_owned()
}

/// The names after an `@`, each once, in order. Not inside of a quote: who is quoted is told so otherwise.
pub(crate) fn named(raw: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut before = ' ';
    let text = without_quotes(raw);
    for (at, c) in text.char_indices() {
        if c == '@' && !before.is_alphanumeric() {
            let rest = &text[at + 1..];
            let end = rest.find(|c: char| !(c.is_alphanumeric() || "_-.".contains(c))).unwrap_or(rest.len());
            let name = rest[..end].trim_end_matches(['.', '-', '_']);
            if !name.is_empty() && !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                names.push(name.to_owned());
            }
        }
        before = c;
    }
    names
}

/// Who is quoted: the `username` of `[quote="username, post:3, topic:9"]`.
pub(crate) fn quoted(raw: &str) -> Vec<String> {
    let heads = raw.split("[quote=\"").skip(1);
    heads.filter_map(|rest| rest.split(['"', ',']).next()).map(|name| name.trim().to_owned()).collect()
}

fn without_quotes(raw: &str) -> String {
    let mut out = String::new();
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once("[quote=") {
        out.push_str(before);
        rest = after.split_once("[/quote]").map_or("", |(_, after)| after);
    }
    out + rest
}

/// HTML, as a post's `cooked`.
pub(crate) fn cooked(raw: &str, known: &dyn Fn(&str) -> bool) -> String {
    let mut blocks = Vec::new();
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once("[quote=\"") {
        blocks.extend(plain(before, known));
        let Some((head, after)) = after.split_once("\"]") else {
            rest = after;
            continue;
        };
        let (inside, after) = after.split_once("[/quote]").unwrap_or((after, ""));
        let user = escaped(head.split(',').next().unwrap_or_default().trim());
        let said = plain(inside, known).join("\n");
        blocks.push(format!(
            "<aside class=\"quote no-group\" data-username=\"{user}\">\n<div class=\"title\">\n<div class=\"quote-controls\"></div>\n {user}:</div>\n<blockquote>\n{said}\n</blockquote>\n</aside>"
        ));
        rest = after;
    }
    blocks.extend(plain(rest, known));
    blocks.join("\n")
}

fn plain(text: &str, known: &dyn Fn(&str) -> bool) -> Vec<String> {
    let blocks = text.split("\n\n").map(str::trim).filter(|block| !block.is_empty());
    blocks
        .map(|block| {
            if block.lines().all(|line| line.starts_with("- ")) {
                let items = block.lines().map(|line| format!("<li>{}</li>", inline(&line[2..], known)));
                return format!("<ul>\n{}\n</ul>", items.collect::<Vec<_>>().join("\n"));
            }
            if block.lines().all(|line| line.starts_with('>')) {
                let lines = block.lines().map(|line| inline(line[1..].trim_start(), known));
                return format!("<blockquote>\n<p>{}</p>\n</blockquote>", lines.collect::<Vec<_>>().join("<br>\n"));
            }
            let lines: Vec<String> = block.lines().map(|line| inline(line, known)).collect();
            format!("<p>{}</p>", lines.join("<br>\n"))
        })
        .collect()
}

fn inline(line: &str, known: &dyn Fn(&str) -> bool) -> String {
    let words = line.split_inclusive(' ').map(|word| {
        let end = word.trim_end();
        let space = &word[end.len()..];
        let core = end.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\u{a0}', '»']);
        let tail = escaped(&end[core.len()..]);
        let core = if core.starts_with("https://") || core.starts_with("http://") {
            let address = escaped(core);
            format!("<a href=\"{address}\" rel=\"noopener nofollow ugc\">{address}</a>")
        } else {
            match core.strip_prefix('@') {
                Some(name) if known(name) => {
                    format!("<a class=\"mention\" href=\"/u/{0}\">@{0}</a>", escaped(name))
                }
                _ => escaped(core),
            }
        };
        format!("{core}{tail}{space}")
    });
    emphasised(&words.collect::<String>())
}

fn emphasised(html: &str) -> String {
    let mut out = String::new();
    for (mark, tag) in [("**", "strong"), ("*", "em")] {
        let from = if out.is_empty() { html.to_owned() } else { std::mem::take(&mut out) };
        let pieces: Vec<&str> = from.split(mark).collect();
        for (at, piece) in pieces.iter().enumerate() {
            if at > 0 {
                let closes = at % 2 == 0;
                let last = at + 1 == pieces.len() && !closes;
                out.push_str(&match (last, closes) {
                    (true, _) => mark.to_owned(),
                    (_, true) => format!("</{tag}>"),
                    _ => format!("<{tag}>"),
                });
            }
            out.push_str(piece);
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
            _ if !out.is_empty() && !out.ends_with('-') => out.push('-'),
            _ => {}
        }
    }
    let slug = out.trim_end_matches('-');
    if slug.is_empty() { "topic".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
