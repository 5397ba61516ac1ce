//! What is kept of a comment, and how it is shown, against what a real site makes of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

#[test]
fn a_comment_keeps_few_tags() {
    assert_eq!(kept("First! lovely <b>post</b> & more", false), "First! lovely <b>post</b> &amp; more");
    assert_eq!(kept("<script>alert(1)</script>a < b &eacute; &#233;", false), "alert(1)a &lt; b &eacute; &#233;");
    assert_eq!(kept(" <h1>tout</h1> ", true), "<h1>tout</h1>");
}

#[test]
fn a_comment_is_shown_in_paragraphs() {
    assert_eq!(shown("Un\ndeux\n\ntrois"), "<p>Un<br />\ndeux</p>\n<p>trois</p>\n");
    assert_eq!(shown("L'été <a href='x'>l'an</a>..."), "<p>L&#8217;été <a href='x'>l&#8217;an</a>&#8230;</p>\n");
    let link = "<a href=\"https://a.example/?b=1&#038;c\" rel=\"nofollow ugc\">https://a.example/?b=1&#038;c</a>";
    assert_eq!(shown("Vu : https://a.example/?b=1&c."), format!("<p>Vu : {link}.</p>\n"));
    assert_eq!(shown("<a href=\"https://b.example\">https://b.example</a>").matches("<a ").count(), 1);
    assert_eq!(shown(""), "");
}

#[test]
fn a_title_becomes_an_address() {
    assert_eq!(slug("Pourquoi ta chaîne « craque » : l’œil dessus"), "pourquoi-ta-chaine-craque-l-oeil-dessus");
    assert_eq!(bare("<p>Un <b>mot</b></p>"), "Un mot");
}
