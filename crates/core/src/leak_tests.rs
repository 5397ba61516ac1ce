//! What blocks, and what a careful blocker must let go.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use guichet_model::{RemoteId, TextUnit};

fn names(leaks: &[Leak]) -> Vec<String> {
    leaks
        .iter()
        .map(|leak| match leak {
            Leak::Empty => "empty".into(),
            Leak::TooLong { by, bytes: false } => format!("too long by {by}"),
            Leak::TooLong { by, bytes: true } => format!("too long by {by} bytes"),
            Leak::Braces { start, end } => format!("braces {start}-{end}"),
            Leak::Blank { start, end, name } => format!("blank {start}-{end} {name}"),
            Leak::OtherClient { start, end, name } => format!("other {start}-{end} {name}"),
            Leak::Outsider { start, end, name } => format!("outsider {start}-{end} {name}"),
        })
        .collect()
}

fn found(text: &str) -> Vec<String> {
    names(&find(text, &Around::default()))
}

#[test]
fn an_ordinary_answer_goes() {
    for text in [
        "Bonjour Léa, merci de votre patience !",
        "« Nous sommes désolé [sic] »",
        "Voir la note [1] et [2], […] ou [...]",
        "Lisez [notre page](https://exemple.fr)",
        "Je lis [x] coché, [vidéo] à venir [ndlr]",
        "Tarif {réduit ou plein} : 8 €",
    ] {
        assert_eq!(found(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn nothing_is_not_an_answer() {
    for text in ["", "  \n", "\u{200b}"] {
        assert_eq!(found(text), ["empty"]);
    }
}

#[test]
fn what_a_template_left_blocks() {
    assert_eq!(found("Bonjour {{ prenom }}"), ["braces 8-10", "braces 18-20"]);
    assert_eq!(found("👍 {% if x %}"), ["braces 3-5", "braces 11-13"]);
    assert_eq!(found("👍 [à compléter]"), ["blank 3-16 à compléter"]);
    assert_eq!(found("[numéro de commande]"), ["blank 0-20 numéro de commande"]);
    assert_eq!(found("Le [NOM_CLIENT] ici"), ["blank 3-15 NOM_CLIENT"]);
    assert_eq!(found("Bonjour {prenom}"), ["blank 8-16 prenom"]);
    assert_eq!(found("[XXX]"), ["blank 0-5 XXX"]);
    assert_eq!(found("[votre jour préféré]").len(), 1);
}

#[test]
fn what_this_template_asks_blocks_whatever_its_words() {
    let around = Around { asked: vec!["couleur du maillot".into()], ..Around::default() };
    assert_eq!(names(&find("En [Couleur du maillot] ?", &around)).len(), 1);
    assert_eq!(find("En [couleur] ?", &around), []);
}

#[test]
fn another_clients_name_blocks() {
    let around = Around {
        own: vec!["Mairie de Ploërmel".into(), "mairie@exemple.social".into()],
        others: vec!["Théâtre du Phare".into(), "Mairie".into(), "Or".into(), "Cœur d'Atelier".into()],
        other_handles: vec!["phare@exemple.social".into()],
        home: "exemple.social".into(),
        ..Around::default()
    };
    assert_eq!(names(&find("👍 au THEATRE-DU-PHARE !", &around)), ["other 6-22 Théâtre du Phare"]);
    assert_eq!(names(&find("Au the\u{301}a\u{302}tre du phare", &around)), ["other 3-21 Théâtre du Phare"]);
    assert_eq!(names(&find("coeur d’atelier", &around)), ["other 0-15 Cœur d'Atelier"]);
    assert_eq!(names(&find("Voyez @phare", &around)), ["other 6-12 phare"]);
    assert_eq!(names(&find("Voyez @phare@exemple.social.", &around)).len(), 1);
    // Our own name holds it; too short to be a name; part of a longer word.
    assert_eq!(find("La mairie vaut de l'or, le théâtre du pharee aussi", &around), []);
}

#[test]
fn a_direct_answer_names_nobody_from_outside() {
    let lea = Addressee { remote: RemoteId::new("1"), handle: "lea".into() };
    let mut around = Around {
        home: "exemple.social".into(),
        to: vec![lea],
        exchange: Some(vec!["lea@exemple.social".into(), "boutique".into()]),
        ..Around::default()
    };
    assert_eq!(find("Oui @lea@exemple.social", &around), []);
    assert_eq!(names(&find("Vu avec @paul.", &around)), ["outsider 8-13 paul"]);
    around.exchange = Some(vec!["boutique".into()]);
    assert_eq!(names(&find("Oui", &around)), ["outsider 0-0 lea"]);
    around.exchange = None;
    assert_eq!(find("Vu avec @paul", &around), []);
}

#[test]
fn too_long_with_those_addressed() {
    let mut around = Around {
        limit: Some(TextLimit {
            most: 10,
            unit: TextUnit::Graphemes,
            bytes: None,
            link_counts: Some(23),
            mention_domain_free: true,
        }),
        to: vec![Addressee { remote: RemoteId::new("1"), handle: "lea@exemple.social".into() }],
        ..Around::default()
    };
    assert_eq!(find("Merci", &around), []);
    assert_eq!(names(&find("Merci beaucoup", &around)), ["too long by 9"]);
    around.limit = around.limit.map(|limit| TextLimit { most: 300, bytes: Some(28), ..limit });
    assert_eq!(find("Merci !", &around), []);
    assert_eq!(names(&find("Merci été", &around)), ["too long by 3 bytes"]);
}
