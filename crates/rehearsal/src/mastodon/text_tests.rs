//! The count, the pieces and the HTML of a text, against what Mastodon makes of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

fn shown(text: &str) -> String {
    html(text, "http://127.0.0.1:1", |user, domain| {
        (user == "lea").then(|| match domain {
            Some(domain) => (format!("https://{domain}/@lea"), "lea".to_owned()),
            None => ("http://127.0.0.1:1/@lea".to_owned(), "lea".to_owned()),
        })
    })
}

#[test]
fn counts_as_mastodon_counts() {
    for (text, count) in [
        ("", 0),
        ("été", 3),
        ("e\u{301}te\u{301}", 3),
        ("👩‍👩‍👧", 1),
        ("https://exemple.example/un/chemin/bien/long/qui/ne/compte/pas", 23),
        ("http://a.b", 23),
        ("(https://a.b/c).", 26),
        ("exemple.example/sans-schema", 27),
        ("@lea@loin.example", 4),
        ("@lea@loin.example, oui", 9),
        ("lea@loin.example", 16),
        ("#tag", 4),
    ] {
        assert_eq!(counted("", text), count, "{text}");
    }
    assert_eq!(counted("Été", "oui"), 6);
}

#[test]
fn nothing_of_a_text_is_lost() {
    for text in ["@lea @@ # #1 #été https:// http://x, @a.b. «@lea»", "", "é@lea", "@lea@loin.example: oui"] {
        let whole: String = pieces(text)
            .iter()
            .map(|piece| match piece {
                Piece::Plain(plain) | Piece::Url(plain) => *plain,
                Piece::Mention { whole, .. } | Piece::Tag { whole, .. } => whole,
            })
            .collect();
        assert_eq!(whole, text);
    }
}

#[test]
fn becomes_the_html_of_mastodon() {
    assert_eq!(shown("a <b> & \"c\"\nd\n\ne"), "<p>a &lt;b&gt; &amp; &quot;c&quot;<br />d</p><p>e</p>");
    assert_eq!(
        shown("@lea oui"),
        "<p><span class=\"h-card\" translate=\"no\"><a href=\"http://127.0.0.1:1/@lea\" class=\"u-url mention\">@<span>lea</span></a></span> oui</p>"
    );
    assert_eq!(shown("@bob non"), "<p>@bob non</p>");
    assert_eq!(
        shown("https://www.exemple.example/une-adresse-plus-longue-que-trente"),
        "<p><a href=\"https://www.exemple.example/une-adresse-plus-longue-que-trente\" target=\"_blank\" rel=\"nofollow noopener\" translate=\"no\"><span class=\"invisible\">https://www.</span><span class=\"ellipsis\">exemple.example/une-adresse-pl</span><span class=\"invisible\">us-longue-que-trente</span></a></p>"
    );
    assert!(shown("#Pain").contains("/tags/pain\" class=\"mention hashtag\" rel=\"tag\">#<span>Pain</span></a>"));
}
