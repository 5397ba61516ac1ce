//! What is typed, and what the index is asked.

#![allow(clippy::unwrap_used)]

use super::*;

fn asked(typed: &str) -> Query {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(
        "CREATE TABLE client (id INTEGER, name TEXT);
         INSERT INTO client VALUES (1, 'Boulangerie Pâris'), (2, 'Théâtre des Halles'), (3, 'Ville de Saint-Aubin');
         CREATE TABLE account (id INTEGER, name TEXT, handle TEXT, network TEXT);
         INSERT INTO account VALUES (7, 'La Boulangerie', 'pain@exemple.social', 'mastodon');",
    )
    .unwrap();
    let here = Here { conn: &conn, now: Millis(1_795_291_200_000), zone: &TimeZone::UTC };
    read(typed, &here).unwrap()
}

fn expression(typed: &str) -> String {
    let expression = asked(typed).expression.unwrap_or_default();
    expression.replace('\u{E001}', "§").replace('\u{E000}', "¤")
}

#[test]
fn words_are_joined_and_the_last_is_begun() {
    assert_eq!(expression("Frais de por"), "\"frai\" AND \"de\" AND \"por\"*");
    assert_eq!(expression("frais "), "\"frai\"");
    assert_eq!(expression("comme"), "(\"comm\" OR \"comme\"*)");
    assert_eq!(expression("l'heur"), "\"l heur\"*");
    assert_eq!(expression("bravo 🎂"), "\"bravo\" AND \"¤1f382\"");
    assert_eq!(expression("18:30"), "\"18 30\"*");
    assert_eq!(expression("\") OR x"), "\"or x\"*");
}

#[test]
fn a_long_beginning_is_also_asked_as_its_first_three_letters() {
    let wide = |typed: &str| asked(typed).wide.map(|wide| wide.replace('\u{E001}', "§"));
    assert_eq!(wide("frais merc").unwrap(), "\"frai\" AND \"mer\"*");
    assert_eq!(wide("comme").unwrap(), "\"com\"*");
    assert_eq!(wide("l'heure").unwrap(), "\"l heu\"*");
    assert_eq!(wide("auteur:léa x").unwrap(), "\"§wl\"* AND \"x\"*");
    for typed in ["mer", "merci ", "auteur:l", "client:boul", "🎂"] {
        assert_eq!(wide(typed), None, "{typed}");
    }
}

#[test]
fn what_answers_the_wider_question_is_looked_at() {
    let query = asked("auteur:lea frais merc");
    let scope = index::author("leanne");
    assert!(query.is_answered_by("Frais ? MERCI", &format!("x {scope}")));
    assert!(!query.is_answered_by("Frais ? Mer", &scope));
    assert!(!query.is_answered_by("merci", &index::author("hugo")));
    assert!(asked("livree").is_answered_by("elles sont livrés", ""));
}

#[test]
fn quotes_make_phrases() {
    assert_eq!(expression("\"frais de port\" merci"), "\"frai de port\" AND \"merci\"*");
    assert_eq!(expression("« frais de port »"), "\"frai de port\"");
    assert_eq!(expression("\"frais de po"), "\"frai de po\"*");
}

#[test]
fn operators_with_or_without_accents_in_both_languages() {
    assert_eq!(expression("client:boul"), "\"§c1\"");
    assert_eq!(expression("CLIENT:\"saint aubin\""), "\"§c3\"");
    assert_eq!(expression("réseau:mastodon"), "\"§nmastodon\"");
    assert_eq!(expression("network:masto"), expression("reseau:mastodon"));
    assert_eq!(expression("compte:pain"), "\"§a7\"");
    assert_eq!(expression("auteur:Léa"), "\"§wlea\"*");
    assert_eq!(expression("author:\"léa mar\""), "\"§wlea\" AND \"§wmar\"*");
    assert_eq!(expression("auteur:@lea@exemple.social"), "\"§wlea\"*");
    assert_eq!(expression("de:nous"), "\"§u\"");
    assert_eq!(expression("from:us"), "\"§u\"");
    assert_eq!(expression("from:lea"), "\"§wlea\"*");
    assert_eq!(expression("type:avis"), "\"§kr\"");
    assert_eq!(expression("kind:comment x"), "\"§kc\" AND \"x\"*");
    assert_eq!(expression("langue:fr"), "\"§lfr\"");
    assert!(asked("client:personne").never);
}

#[test]
fn days_narrow_the_time() {
    let day = Millis(1_795_132_800_000);
    let after = day.plus(guichet_model::DAY);
    assert_eq!(asked("avant:2026-11-20").to, Some(day));
    assert_eq!(asked("après:20/11/2026").from, Some(after));
    let on = asked("le:2026-11-20 x");
    assert_eq!((on.from, on.to), (Some(day), Some(after)));
    assert!(!asked("before:today").asks_nothing());
    let both = asked("après:2026-11-01 avant:2026-11-20 avant:2026-11-25");
    assert_eq!(both.to, Some(day));
}

#[test]
fn what_is_not_understood_is_said_and_left_out() {
    let query = asked("étiquette:urgent merci avant:demain type:chose");
    assert_eq!(query.unknown, ["étiquette:urgent", "avant:demain", "type:chose"]);
    assert_eq!(query.expression.unwrap(), "\"merci\"");
    assert!(asked("").asks_nothing());
    assert!(asked(" … ").asks_nothing());
    assert!(asked("https://exemple.fr/x").unknown.is_empty());
}
