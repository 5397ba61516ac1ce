//! What is one word for the search, and what is not.

use super::*;

fn same(left: &str, right: &str) {
    assert_eq!(indexed(left), indexed(right), "{left:?} and {right:?}");
}

#[test]
fn accents_case_and_ligatures_do_not_matter() {
    same("Été", "ete");
    same("E\u{301}te\u{301}", "été");
    same("Sœur", "soeur");
    same("STRASSE", "straße");
    same("Ex Æquo", "ex aequo");
    same("İstanbul", "istanbul");
}

#[test]
fn styled_letters_are_plain_ones() {
    same("𝓶𝓮𝓻𝓬𝓲", "merci");
    same("𝐌𝐄𝐑𝐂𝐈", "merci");
    same("ｍｅｒｃｉ", "merci");
    same("ᴍᴇʀᴄɪ", "merci");
    same("🅼🅴🆁🅲🅸", "merci");
    same("ⓜⓔⓡⓒⓘ", "merci");
}

#[test]
fn stretched_letters_shrink_and_doubles_are_kept_beside() {
    same("merciii", "merciiiiiiii");
    assert_eq!(indexed("merciii"), "merci mercii");
    assert_eq!(indexed("coooool"), "col cool");
    assert_eq!(indexed("cool"), "cool");
    assert_eq!(indexed("commande 1000000"), "command 1000000");
    assert_eq!(indexed("poisson"), "poisson");
}

#[test]
fn the_stem_takes_plurals_and_mute_endings_alone() {
    for form in ["livré", "livrée", "livrés", "livrées", "livre"] {
        assert_eq!(indexed(form), "livr", "{form}");
    }
    same("cadeaux", "cadeau");
    same("Commandes", "commande");
    assert_eq!(indexed("bus"), "bus");
    assert_eq!(indexed("les"), "les");
    assert_eq!(indexed("express"), "express");
    assert_ne!(indexed("cheval"), indexed("chevaux"));
}

#[test]
fn each_emoji_is_a_word() {
    assert_eq!(indexed("Bravo🎂!"), "bravo \u{E000}1f382");
    same("👍🏽", "👍");
    same("❤️", "❤");
    assert_eq!(indexed("👨‍👩‍👧").split(' ').count(), 3);
}

#[test]
fn punctuation_and_apostrophes_part_words() {
    assert_eq!(indexed("l’heure d'été : 18h30, #Merci @lea"), "l heur d ete 18h30 merci lea");
    assert_eq!(indexed(""), "");
    assert_eq!(indexed(" …! "), "");
}

#[test]
fn places_are_those_of_the_source() {
    let text = "Ça, l’Œuvre 🎂 est 𝓫𝓮𝓵𝓵𝓮!";
    let found: Vec<_> = words(text).iter().map(|w| &text[w.start..w.end]).collect();
    assert_eq!(found, ["Ça", "l", "Œuvre", "🎂", "est", "𝓫𝓮𝓵𝓵𝓮"]);
}
