//! What is typed, what is shown, who is named.

use super::*;

#[test]
fn markdown_is_cooked_as_the_forum_cooks_it() {
    let known = |name: &str| name == "lea";
    assert_eq!(
        cooked("Bonjour @lea, merci.", &known),
        "<p>Bonjour <a class=\"mention\" href=\"/u/lea\">@lea</a>, merci.</p>"
    );
    assert_eq!(cooked("Un.\nDeux.\n\nTrois.", &known), "<p>Un.<br>\nDeux.</p>\n<p>Trois.</p>");
    assert_eq!(cooked("a < b & **c** *d*", &known), "<p>a &lt; b &amp; <strong>c</strong> <em>d</em></p>");
    assert_eq!(cooked("- un\n- deux", &known), "<ul>\n<li>un</li>\n<li>deux</li>\n</ul>");
    assert_eq!(cooked("2 * 3", &known), "<p>2 * 3</p>");
    let quote = cooked("[quote=\"lea, post:2, topic:9\"]\nOui\n[/quote]\n\nNon", &known);
    assert!(quote.contains("<blockquote>\n<p>Oui</p>\n</blockquote>") && quote.ends_with("<p>Non</p>"), "{quote}");
    assert!(cooked("voir https://exemple.fr/a?b=1&c=2.", &known).contains("href=\"https://exemple.fr/a?b=1&amp;c=2\""));
}

#[test]
fn people_are_named_once_and_quotes_name_otherwise() {
    assert_eq!(named("@lea, @Lea et a@b.fr, puis @max."), ["lea", "max"]);
    let quote = "[quote=\"lea, post:2, topic:9\"]\n@tom\n[/quote]\n@max";
    assert_eq!(named(quote), ["max"]);
    assert_eq!(quoted(quote), ["lea"]);
}

#[test]
fn a_title_becomes_an_address() {
    assert_eq!(slug("Où trouver l’œillet ?"), "ou-trouver-l-oeillet");
    assert_eq!(slug("!!"), "topic");
}
