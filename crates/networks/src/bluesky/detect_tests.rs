//! What is marked in a text and what is not (conformance of our own making, after the app's own behaviour).

use super::*;

/// The marked parts with what they mean.
fn found(text: &str) -> Vec<(String, String)> {
    let meaning = |kind: MarkKind| match kind {
        MarkKind::Link(url) => url,
        MarkKind::Name(handle) => format!("@{handle}"),
        MarkKind::Tag(tag) => format!("#{tag}"),
    };
    marks(text).into_iter().map(|mark| (text[mark.range].to_owned(), meaning(mark.kind))).collect()
}

fn check(cases: &[(&str, &[(&str, &str)])]) {
    for (text, wanted) in cases {
        let wanted: Vec<_> = wanted.iter().map(|(shown, means)| ((*shown).to_owned(), (*means).to_owned())).collect();
        assert_eq!(found(text), wanted, "{text:?}");
    }
}

#[test]
fn links() {
    check(&[
        ("voir https://exemple.fr/a?b=c#d.", &[("https://exemple.fr/a?b=c#d", "https://exemple.fr/a?b=c#d")]),
        ("(https://exemple.fr/a)", &[("https://exemple.fr/a", "https://exemple.fr/a")]),
        ("https://exemple.fr/a_(b)", &[("https://exemple.fr/a_(b)", "https://exemple.fr/a_(b)")]),
        ("é👩‍👩‍👧 https://exemple.fr !", &[("https://exemple.fr", "https://exemple.fr")]),
        (
            "exemple.fr et mon-site.fr/page,",
            &[("exemple.fr", "https://exemple.fr"), ("mon-site.fr/page", "https://mon-site.fr/page")],
        ),
        ("exemple.fr.", &[("exemple.fr", "https://exemple.fr")]),
        ("« https://exemple.fr/x »", &[("https://exemple.fr/x", "https://exemple.fr/x")]),
        ("https://exemple.fr…", &[("https://exemple.fr", "https://exemple.fr")]),
        // Not these: a mail address, a sentence without its space, no ending, other schemes, glued.
        ("lea@exemple.fr lea.dupont@exemple.fr", &[]),
        ("Merci.Et bonne journée", &[]),
        ("fin.bonjour 3.14 v1.2.3 etc...", &[]),
        ("javascript:alert(1) ftp://exemple.fr", &[]),
        ("https:// http://.", &[]),
    ]);
}

#[test]
fn names_of_people() {
    check(&[
        ("@lea.bsky.social merci", &[("@lea.bsky.social", "@lea.bsky.social")]),
        ("merci @Lea.Exemple.FR.", &[("@Lea.Exemple.FR", "@lea.exemple.fr")]),
        ("(@lea.exemple.test)", &[("@lea.exemple.test", "@lea.exemple.test")]),
        ("@lea", &[]),
        ("@lea.nulle-part-connu", &[]),
        ("x@lea.exemple.fr", &[]),
        ("@lea@exemple.social", &[]),
        ("@@lea.exemple.fr", &[]),
    ]);
}

#[test]
fn tags() {
    check(&[
        ("#rentrée 2026", &[("#rentrée", "#rentrée")]),
        ("＃日本 !", &[("＃日本", "#日本")]),
        ("vive le #port, et le #quai…", &[("#port", "#port"), ("#quai", "#quai")]),
        ("#a_b-c!", &[("#a_b-c", "#a_b-c")]),
        ("#1 #2026 #️⃣ # ##x", &[]),
        ("a#b (#c)", &[]),
        ("#2026fin", &[("#2026fin", "#2026fin")]),
    ]);
    assert!(marks(&format!("#{}", "é".repeat(64))).len() == 1);
    assert!(marks(&format!("#{}", "é".repeat(65))).is_empty());
}

#[test]
fn marks_stand_between_letters_in_order_and_apart() {
    let text = "👋 @lea.exemple.fr #né(https://exemple.fr/é) exemple.fr\u{200b} \u{202e}#x";
    let marks = marks(text);
    assert!(marks.windows(2).all(|two| two[0].range.end <= two[1].range.start));
    assert!(marks.iter().all(|mark| text.get(mark.range.clone()).is_some_and(|part| !part.is_empty())));
}
