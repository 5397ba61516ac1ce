//! HTML as Mastodon and its neighbours write it, and as somebody who means harm would.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use proptest::prelude::*;

fn text(html: &str) -> String {
    to_text(html).text
}

/// The links as what they stand on and where they lead.
fn links(html: &str) -> Vec<(String, String)> {
    let plain = to_text(html);
    let units: Vec<u16> = plain.text.encode_utf16().collect();
    let on = |link: &Link| String::from_utf16(&units[link.start as usize..link.end as usize]).unwrap();
    plain.links.iter().map(|link| (on(link), link.url.clone())).collect()
}

#[test]
fn paragraphs_lines_and_spaces() {
    assert_eq!(text("<p>Bonjour !</p><p>Ouvert<br>dimanche&nbsp;?</p>"), "Bonjour !\n\nOuvert\ndimanche\u{a0}?");
    assert_eq!(text("<p>un<br/><br />deux</p>"), "un\n\ndeux");
    assert_eq!(text("  <p>  un   deux\n trois </p>\n\n<p></p><p> quatre</p>  "), "un deux trois\n\nquatre");
    assert_eq!(text("Hello<br>"), "Hello");
    assert_eq!(text("<div>un</div><div>deux</div>"), "un\ndeux");
    assert_eq!(text("<p>a</p><br><br><br><br><p>b</p>"), "a\n\nb");
    assert_eq!(text("sans balise & sans fin <b>gras</b>"), "sans balise & sans fin gras");
    assert_eq!(text("&lt;script&gt; &amp;amp; &quot;&#39;&eacute;&#x1F44B;"), "<script> &amp; \"'é👋");
    assert_eq!(text(""), "");
}

#[test]
fn lists_quotes_and_verbatim() {
    assert_eq!(
        text("<p>Avant</p><ul><li>un</li><li>deux<ul><li>trois</li></ul></li></ul><p>Après</p>"),
        "Avant\n\n- un\n- deux\n  - trois\n\nAprès"
    );
    assert_eq!(text("<ol start=\"3\"><li>c</li><li>d</li></ol>"), "3. c\n4. d");
    assert_eq!(
        text("<blockquote><p>un</p><p>deux</p></blockquote>non"),
        "> un\n> \n> deux\n\nnon".replace("> \n", "\n")
    );
    assert_eq!(text("<pre><code>a  b\n  c</code></pre>"), "a  b\n  c");
    assert_eq!(text("<h1>Titre</h1>texte"), "Titre\n\ntexte");
}

#[test]
fn a_head_or_a_title_that_never_ends_hides_no_letter() {
    for head in [
        "<head><title>x</title><body>",
        "<head><title>x</title>",
        "<head><head><style>p{}</style></head><body>",
        "<head><title>x<body>",
        "<title>x<title>y</title><body>",
        "<head><script>a<b</script><body>",
    ] {
        assert_eq!(text(&format!("<html>{head}<p>Bonjour</p></html>")), "Bonjour", "{head}");
    }
    assert_eq!(text("<head><title>x</title><meta a=b><style>p{}</style></head><p>Oui</p>"), "Oui");
}

#[test]
fn links_keep_the_whole_address_and_stand_where_they_are_seen() {
    let html = "<p>👋 voir <a href=\"https://exemple.fr/une/page?x=1\" rel=\"nofollow\"><span class=\"invisible\">https://</span>\
        <span class=\"ellipsis\">exemple.fr/une/p</span><span class=\"invisible\">age?x=1</span></a> !</p>";
    assert_eq!(text(html), "👋 voir https://exemple.fr/une/page?x=1 !");
    assert_eq!(links(html), [("https://exemple.fr/une/page?x=1".into(), "https://exemple.fr/une/page?x=1".into())]);
    assert_eq!(to_text(html).links[0].start, 8, "the hand is two UTF-16 units");
    assert_eq!(links("<p> <a href=\"https://a.fr\"> un </a></p>"), [("un".into(), "https://a.fr/".into())]);
    let two = "<a href='https://a.fr/'>a</a><a href='https://b.fr/'>b</a>";
    assert_eq!(links(two), [("a".into(), "https://a.fr/".into()), ("b".into(), "https://b.fr/".into())]);
    let mention = "<span class=\"h-card\"><a href=\"https://x.test/@lea\" class=\"u-url mention\">@<span>lea</span></a></span> oui";
    assert_eq!(text(mention), "@lea oui");
    assert_eq!(links(mention), [("@lea".into(), "https://x.test/@lea".into())]);
}

#[test]
fn only_web_addresses_are_links() {
    for href in [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " data:text/html,x",
        "ftp://a/",
        "//a.fr",
        "/x",
        "",
        "file:///etc",
    ] {
        assert_eq!(links(&format!("<a href=\"{href}\">x</a>")), [], "{href}");
    }
    assert_eq!(links("<a>x</a><a href='https://a.fr'></a>"), []);
}

#[test]
fn what_is_for_machines_is_not_shown() {
    assert_eq!(text("a<script>b</script>c<style>d{}</style>e<svg><text>f</text></svg>g"), "aceg");
    assert_eq!(
        text("<p class=\"quote-inline\">RE: <a href=\"https://a.fr\">https://a.fr</a></p><p>texte</p>"),
        "texte"
    );
    assert_eq!(text("a<!-- b -->c<iframe src=x>d</iframe><img src=x onerror=y alt=\":livre:\">"), "ac:livre:");
    assert_eq!(text("a\u{0}b\u{7}\u{1b}[31mc"), "ab[31mc");
}

#[test]
fn hostile_html_is_only_text() {
    assert_eq!(text("<p>a<b><i>b</p></i></b><p>c"), "ab\n\nc");
    assert_eq!(text("<<p>x</p"), "<\n\nx");
    assert_eq!(text("</p></blockquote></ul></pre>x"), "x");
    assert_eq!(text("<a href=\"https://a.fr\" <b>x"), "x");
    let deep = format!("{}x", "<blockquote>".repeat(50_000));
    assert!(text(&deep).ends_with('x'));
    let lists = format!("{}x", "<ul><li>".repeat(20_000));
    assert!(text(&lists).len() < 2_000_000);
    assert!(to_text(&"<a href='https://a.fr'>x</a>".repeat(5_000)).links.len() <= 1_000);
}

#[test]
fn long_texts_are_read_to_their_end() {
    for piece in ["<p>un deux</p>", "<br>", "<", "&amp;", "<a href=x>", "<script>", "é<!--", "<p class=quote-inline>"]
    {
        let html = piece.repeat((200 << 10) / piece.len());
        let plain = to_text(&html);
        assert!(plain.text.len() <= html.len());
    }
    let ten_megabytes = format!("<p>{}</p><p>fin", "é".repeat(5 << 20));
    assert!(text(&ten_megabytes).ends_with("\n\nfin"));
}

proptest! {
    #[test]
    fn whatever_comes_links_stand_inside_the_text(html in "(<(/?(p|br|a|ul|li|pre|blockquote|script|span)|a href='https://x.fr/')>|[ a👋&;\n\u{301}]|&amp;){0,60}") {
        let plain = to_text(&html);
        prop_assert_eq!(plain.text.trim(), &plain.text);
        prop_assert!(!plain.text.contains('\r') && !plain.text.contains("\n\n\n"));
        let units: Vec<u16> = plain.text.encode_utf16().collect();
        for link in &plain.links {
            prop_assert!(link.start < link.end && link.end as usize <= units.len());
            prop_assert!(String::from_utf16(&units[link.start as usize..link.end as usize]).is_ok());
        }
    }
}
