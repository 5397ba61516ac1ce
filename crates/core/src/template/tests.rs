//! The language, the names, and every mark where it stands.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::language::{self, Values};
use super::name::{display_name, first_name};
use crate::view::{Problem, TemplateTrouble};
use proptest::prelude::*;

fn lea() -> Values {
    let texts = [
        ("prenom", Some("Léa".to_owned())),
        ("nom", Some("Léa 👍 Morvan".to_owned())),
        ("client", Some("Théâtre du Phare".to_owned())),
        ("lien", None),
    ];
    Values { texts: texts.into_iter().collect(), ..Values::default() }
}

fn rendered(text: &str, values: &Values) -> String {
    let marked = language::render(text, values).unwrap();
    let units: Vec<u16> = marked.text.encode_utf16().collect();
    let cut = |start: u32, end: u32| String::from_utf16(&units[start as usize..end as usize]).unwrap();
    for missing in &marked.missing {
        assert_eq!(cut(missing.start, missing.end), format!("[{}]", missing.name));
    }
    let filled: Vec<String> = marked.filled.iter().map(|(a, b)| cut(*a, *b)).collect();
    format!("{} | {}", marked.text, filled.join(", "))
}

fn trouble(text: &str) -> (u32, TemplateTrouble, String) {
    match language::check(text) {
        Err(Problem::Template { line, what, name }) => (line, what, name),
        other => panic!("{other:?}"),
    }
}

#[test]
fn fills_and_says_where() {
    assert_eq!(rendered("Bonjour {{ prénom }} !", &lea()), "Bonjour Léa ! | Léa");
    assert_eq!(
        rendered("{{ Nom }}, {{ prenom|majuscules }} : {{ CLIENT }}", &lea()),
        "Léa 👍 Morvan, LÉA : Théâtre du Phare | Léa 👍 Morvan, LÉA, Théâtre du Phare"
    );
    // A decomposed accent is the same letter.
    assert_eq!(rendered("{{ pre\u{301}nom }}", &lea()), "Léa | Léa");
}

#[test]
fn what_is_missing_is_marked_as_it_was_typed() {
    assert_eq!(rendered("👍 {{ réseau }}, {{ lien }}", &lea()), "👍 [réseau], [lien] | ");
    assert_eq!(
        rendered("Commande {{ demander(\"numéro de commande\") }}.", &lea()),
        "Commande [numéro de commande]. | "
    );
    assert_eq!(rendered("{{ numero_suivi }}", &lea()), "[numero_suivi] | ");
    assert_eq!(rendered("{{ \"n° \" ~ numero }}", &lea()), "n° [numero] | n° [numero]");
}

#[test]
fn an_answer_fills_a_question_and_an_unknown_variable() {
    let mut values = lea();
    values.answers.insert("numéro de commande".into(), " 4521 ".into());
    values.answers.insert("jour".into(), "jeudi".into());
    values.answers.insert("vide".into(), " ".into());
    assert_eq!(
        rendered("{{ ask('numéro de commande') }} {{ jour }} {{ vide }}", &values),
        "4521 jeudi [vide] | 4521, jeudi"
    );
}

#[test]
fn fallbacks_and_conditions() {
    let mut values = lea();
    assert_eq!(rendered("{{ lien | default(\"bientôt\") }}", &values), "bientôt | bientôt");
    assert_eq!(rendered("{{ prenom | défaut('vous') }}{{ lien|default('') }}", &values), "Léa | Léa");
    let text = "{% if privé %}\nEn privé.\n{% else %}\nÀ tous.\n{% endif %}\n{% if lien %}non{% endif %}";
    assert_eq!(rendered(text, &values), "À tous. | ");
    values.private = true;
    assert_eq!(rendered(text, &values), "En privé. | ");
    assert_eq!(rendered("{% if lien is defined %}a{% else %}b{% endif %}", &values), "b | ");
}

#[test]
fn what_people_are_called_is_never_read_as_a_template() {
    let mut values = lea();
    values.texts.insert("prenom", Some("{{ client }}\u{e000}".into()));
    assert_eq!(rendered("{{ prenom }}", &values), "{{ client }} | {{ client }}");
}

#[test]
fn syntax_is_refused_with_its_line() {
    assert_eq!(trouble("Oui\n{{ prenom").0, 2);
    assert_eq!(trouble("a\nb {% if %}").1, TemplateTrouble::Syntax);
    assert_eq!(trouble("a\n\n{% for x in prenom %}{% endfor %}"), (3, TemplateTrouble::Syntax, "for".into()));
    assert_eq!(trouble("\n{{ prenom|majuscule }}"), (2, TemplateTrouble::UnknownVariable, "majuscule".into()));
    assert_eq!(trouble("{{ prenom.age }}").1, TemplateTrouble::UnknownVariable);
    assert_eq!(trouble(&"a".repeat(10_001)).1, TemplateTrouble::TooLong);
    assert_eq!(trouble("{{ 'aaaaaaaaaa' * 9000 }}").1, TemplateTrouble::TooLong);
    language::check("{{ ce_que_je_veux }} {% if prive %}{{ demander('x') }}{% endif %}").unwrap();
}

#[test]
fn asks_what_it_names() {
    let mut asked = language::asked("{{ prénom }} {{ demander(\"le jour\") }} {{ ask('x') }}");
    asked.sort();
    assert_eq!(asked, ["le jour", "prénom", "x"]);
}

#[test]
fn first_names() {
    let name = |display: &str, handle: &str| first_name(display, handle);
    for (display, first) in [
        ("Léa Morvan", "Léa"),
        ("✨ Léa ✨ (elle)", "Léa"),
        (":blobcat: Paul :verified:", "Paul"),
        ("JEAN-PIERRE K.", "Jean-Pierre"),
        ("marie", "Marie"),
        ("𝓛éa", "Léa"),
        ("Chloé🌻", "Chloé"),
        ("N'Golo | photos", "N'Golo"),
        ("Zoé, libraire", "Zoé"),
    ] {
        assert_eq!(name(display, "autre@exemple.social").as_deref(), Some(first), "{display}");
    }
    for display in ["", "🦊", "M. Morvan", "La Mairie", "x", "user_42", "R2D2", "Librairie du Port", "leabzh"] {
        assert_eq!(name(display, "leabzh@exemple.social"), None, "{display}");
    }
    assert_eq!(name("Léa", "lea").as_deref(), Some("Léa"));
    assert_eq!(display_name("✨ Léa  Morvan :blob:").as_deref(), Some("Léa Morvan"));
    assert_eq!(display_name("🦊"), None);
}

proptest! {
    #[test]
    fn never_breaks_on_any_text(text in ".{0,80}", value in ".{0,20}") {
        let mut values = lea();
        values.texts.insert("prenom", Some(value.clone()));
        let _ = language::render(&text, &values);
        let marked = language::render("a {{ prenom }} b {{ autre }}", &values).unwrap();
        let framed = marked.text.contains(|c| ('\u{e000}'..='\u{e002}').contains(&c));
        prop_assert!(!framed);
        first_name(&value, &text);
    }
}
