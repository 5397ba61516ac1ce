//! HTML of strangers into plain text, with the places of its links.
//!
//! Only a tokenizer runs over it (html5ever's, which never fails, whatever it is fed): no tree is built, so depth
//! costs nothing. What a paragraph, a line or a list says is kept; what a script, a style or a picture says is not.

use guichet_model::Link;
use html5ever::Attribute;
use html5ever::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use std::cell::RefCell;
use url::Url;

/// Text (LF, trimmed) and its links; offsets are UTF-16 code units of `text`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plain {
    pub text: String,
    pub links: Vec<Link>,
}

/// Deeper quotes and lists than this are written as this deep.
const DEEPEST: usize = 8;
/// More links than this are text only.
const MOST_LINKS: usize = 1_000;

pub(crate) fn to_text(html: &str) -> Plain {
    let writer = Writer(RefCell::new(Page::default()));
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(html));
    let tokenizer = Tokenizer::new(writer, TokenizerOpts::default());
    // Each script tag interrupts the feeding once; there are no more of them than bytes.
    for _ in 0..=html.len() {
        match tokenizer.feed(&queue) {
            TokenizerResult::Done => break,
            TokenizerResult::Script(()) | TokenizerResult::EncodingIndicator(_) => {}
        }
    }
    tokenizer.end();
    tokenizer.sink.0.into_inner().finish()
}

struct Writer(RefCell<Page>);

impl TokenSink for Writer {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut page = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) => {
                page.tag(&tag);
                // What looks like a tag in there is none, and only their own end ends them.
                if tag.kind == TagKind::StartTag && !tag.self_closing {
                    match &*tag.name {
                        "script" => return TokenSinkResult::RawData(RawKind::ScriptData),
                        "style" => return TokenSinkResult::RawData(RawKind::Rawtext),
                        _ => {}
                    }
                }
            }
            Token::CharacterTokens(text) => page.characters(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

#[derive(Default)]
struct Page {
    text: String,
    /// UTF-16 length of `text`.
    units: u32,
    links: Vec<Link>,
    /// Line breaks owed before the next character, and a space owed instead where none is.
    breaks: u8,
    space: bool,
    /// The open link: where it starts once it has a character, and where it leads.
    link: Option<(Option<u32>, String)>,
    /// The tag whose content is not shown, and how many of it are open.
    hidden: Option<(String, u32)>,
    quotes: usize,
    /// Open lists: the next number, or `None` for a list of points.
    lists: Vec<Option<u32>>,
    verbatim: u32,
}

impl Page {
    fn tag(&mut self, tag: &Tag) {
        let name: &str = &tag.name;
        let opens = tag.kind == TagKind::StartTag;
        // A letter whose head or title never ends is shown all the same.
        if opens && name == "body" && self.hidden.as_ref().is_some_and(|(hidden, _)| hidden == "title") {
            self.hidden = None;
        }
        if let Some((hidden, depth)) = &mut self.hidden {
            if hidden == name && !tag.self_closing {
                *depth = if opens { *depth + 1 } else { depth.saturating_sub(1) };
                if *depth == 0 {
                    self.hidden = None;
                }
            }
            return;
        }
        if opens && hides(tag) {
            // An empty element has no end to wait for.
            if !tag.self_closing {
                self.hidden = Some((name.to_owned(), 1));
            }
            return;
        }
        match name {
            "br" => self.break_line(),
            "hr" => self.at_least(2),
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" | "dl" | "figure" => {
                self.at_least(2);
            }
            "div" | "section" | "article" | "header" | "footer" | "aside" | "main" | "tr" | "dt" | "dd"
            | "figcaption" | "details" | "summary" | "address" => self.at_least(1),
            "td" | "th" => self.space = true,
            "blockquote" => {
                self.at_least(2);
                self.quotes = if opens { self.quotes + 1 } else { self.quotes.saturating_sub(1) };
            }
            "pre" => {
                self.at_least(2);
                self.verbatim = if opens { self.verbatim + 1 } else { self.verbatim.saturating_sub(1) };
            }
            "ul" | "ol" | "menu" => self.list(tag, opens),
            "li" => self.at_least(1),
            "a" => self.anchor(tag, opens),
            "img" if opens => {
                // A custom emoji written as a picture says its name here.
                if let Some(alt) = attribute(tag, "alt") {
                    self.characters(alt);
                }
            }
            _ => {}
        }
        if name == "li" && opens {
            self.bullet();
        }
    }

    fn list(&mut self, tag: &Tag, opens: bool) {
        self.at_least(if self.lists.is_empty() { 2 } else { 1 });
        if !opens {
            self.lists.pop();
        } else if self.lists.len() < 256 {
            let start = attribute(tag, "start").and_then(|n| n.parse().ok());
            self.lists.push((&*tag.name == "ol").then(|| start.unwrap_or(1)));
        }
    }

    fn bullet(&mut self) {
        let depth = self.lists.len().clamp(1, DEEPEST) - 1;
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                let mark = format!("{number}. ");
                *number = number.saturating_add(1);
                mark
            }
            _ => "- ".to_owned(),
        };
        self.settle();
        self.push(&"  ".repeat(depth));
        self.push(&mark);
    }

    fn anchor(&mut self, tag: &Tag, opens: bool) {
        self.close_link();
        if !opens {
            return;
        }
        let leads = attribute(tag, "href").and_then(|href| Url::parse(href.trim()).ok());
        if let Some(url) = leads
            && matches!(url.scheme(), "http" | "https")
            && url.as_str().len() <= 8_192
        {
            self.link = Some((None, url.into()));
        }
    }

    fn close_link(&mut self) {
        if let Some((Some(start), url)) = self.link.take()
            && self.units > start
            && self.links.len() < MOST_LINKS
        {
            let end = self.units;
            self.links.push(Link { start, end, url });
        }
    }

    fn characters(&mut self, text: &str) {
        if self.hidden.is_some() {
            return;
        }
        for c in text.chars() {
            match c {
                '\n' if self.verbatim > 0 => self.break_line(),
                ' ' | '\t' if self.verbatim > 0 => {
                    self.settle();
                    self.push(" ");
                }
                '\r' if self.verbatim > 0 => {}
                ' ' | '\t' | '\n' | '\r' | '\u{c}' => self.space = true,
                // Control characters say nothing and can disturb a terminal.
                c if c.is_control() => {}
                c => {
                    self.settle();
                    if let Some((start @ None, _)) = &mut self.link {
                        *start = Some(self.units);
                    }
                    self.push(c.encode_utf8(&mut [0; 4]));
                }
            }
        }
    }

    fn at_least(&mut self, breaks: u8) {
        self.breaks = self.breaks.max(breaks);
    }

    /// Each `<br>` is a line; more than one empty line in a row says no more than one.
    fn break_line(&mut self) {
        self.breaks = (self.breaks + 1).min(2);
    }

    /// Writes what is owed before the next character.
    fn settle(&mut self) {
        let (breaks, space) = (self.breaks, self.space);
        self.breaks = 0;
        self.space = false;
        if self.text.is_empty() {
            self.push(&"> ".repeat(self.quotes.min(DEEPEST)));
        } else if breaks > 0 {
            for n in 1..=breaks {
                self.push("\n");
                if n == breaks {
                    self.push(&"> ".repeat(self.quotes.min(DEEPEST)));
                }
            }
        } else if space && !self.text.ends_with([' ', '\n']) {
            self.push(" ");
        }
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.units += text.encode_utf16().count() as u32;
    }

    fn finish(mut self) -> Plain {
        self.close_link();
        // Only spaces can stand at an end here: breaks are written before a character, never after one.
        let before = self.text.len() - self.text.trim_start().len();
        let lead = self.text[..before].encode_utf16().count() as u32;
        let text = self.text.trim().to_owned();
        let units = text.encode_utf16().count() as u32;
        let links = self.links.into_iter().filter_map(|mut link| {
            link.start = link.start.saturating_sub(lead);
            link.end = link.end.saturating_sub(lead).min(units);
            (link.start < link.end).then_some(link)
        });
        Plain { links: links.collect(), text }
    }
}

fn attribute<'a>(tag: &'a Tag, name: &str) -> Option<&'a str> {
    let named = |attr: &&'a Attribute| &*attr.name.local == name;
    tag.attrs.iter().find(named).map(|attr| &*attr.value)
}

/// Content that is for machines, or that repeats beside the text what the network tells in its own fields: the
/// fallback link of a quote (`quote-inline`).
fn hides(tag: &Tag) -> bool {
    let machine = matches!(
        &*tag.name,
        "script"
            | "style"
            | "title"
            | "template"
            | "noscript"
            | "textarea"
            | "iframe"
            | "object"
            | "svg"
            | "math"
            | "select"
            | "option"
            | "audio"
            | "video"
            | "canvas"
            | "noembed"
            | "noframes"
    );
    let repeats = matches!(&*tag.name, "p" | "span" | "div")
        && attribute(tag, "class").is_some_and(|classes| classes.split_whitespace().any(|c| c == "quote-inline"));
    machine || repeats
}

#[cfg(test)]
#[path = "html_tests.rs"]
mod tests;
