//! Files as networks and spreadsheets write them, in French and in English; all of them invented.

#![allow(clippy::unwrap_used)]

use super::*;
use guichet_model::Millis;

const FRENCH: &str = "\u{feff}Export des commentaires;;;\r\nDate;Auteur;Commentaire;Lien\r\n21/11/2026 18:42;Nadège Roussel;\"Bonjour,\r\nreste-t-il \"\"deux\"\" places ?\";https://www.facebook.com/quai/posts/1?comment_id=12\r\n22/11/2026 09:05;;Merci;https://www.instagram.com/p/Cabc/\r\n;Paul;;\r\n";

fn took(text: &str, mapping: Option<Mapping>) -> Vec<Result<Noticed, Unread>> {
    let table = read(text.as_bytes()).unwrap();
    let mapping = mapping.unwrap_or_else(|| guess(&table));
    take(&table, &mapping, &TimeZone::get("Europe/Paris").unwrap())
}

#[test]
fn a_french_spreadsheet_reads_by_itself() {
    let table = read(FRENCH.as_bytes()).unwrap();
    let mapping = guess(&table);
    let named =
        [&mapping.date, &mapping.author, &mapping.text, &mapping.link].map(|name| name.as_deref().unwrap_or("-"));
    assert_eq!(named, ["Date", "Auteur", "Commentaire", "Lien"]);
    assert!(mapping.day_first && mapping.network.is_none() && mapping.rating.is_none());
    let rows = took(FRENCH, None);
    let first = rows[0].as_ref().unwrap();
    assert_eq!(first.text, "Bonjour,\nreste-t-il \"deux\" places ?".replace('\n', "\r\n"));
    assert_eq!((first.author.as_deref(), first.at), (Some("Nadège Roussel"), Some(Millis(1_795_282_920_000))));
    assert_eq!(rows[1].as_ref().unwrap().author, None);
    let unread = rows[2].as_ref().unwrap_err();
    assert_eq!((unread.why.as_str(), unread.raw.as_str()), ("text", ";Paul;;"), "kept as it came");
}

#[test]
fn american_dates_are_told_by_a_day_above_twelve() {
    let text = "Created,Username,Content,Permalink\n\"11/02/2026, 6:42 PM\",lea,One,x.com/lea/status/1\n11/21/2026 06:05,paul,Two,x.com/paul/status/2\n";
    let table = read(text.as_bytes()).unwrap();
    let mapping = guess(&table);
    assert!(!mapping.day_first);
    let rows = take(&table, &mapping, &TimeZone::UTC);
    assert_eq!(rows[0].as_ref().unwrap().at, Some(Millis(1_793_644_920_000)));
    // Read the other way round the second is no day: kept, not dated wrongly.
    let wrong = take(&table, &Mapping { day_first: true, ..mapping }, &TimeZone::UTC);
    assert_eq!(wrong[1].as_ref().unwrap_err().why, "date");
}

#[test]
fn json_is_found_wherever_its_list_is() {
    let text = r#"{"export":{"version":2,"reviews":[
        {"reviewer":{"displayName":"Josette"},"starRating":"FIVE","comment":"Le meilleur pain.","createTime":"2026-11-22T06:58:03.123Z"},
        {"reviewer":{"displayName":"T. B."},"starRating":"THREE","createTime":"2026-11-19T16:20:00Z"},
        {"reviewer":{"displayName":"Nul"},"createTime":"2026-11-19T16:20:00Z"}]}}"#;
    let table = read(text.as_bytes()).unwrap();
    let mapping = guess(&table);
    assert_eq!(mapping.rating.as_deref(), Some("starRating"));
    assert_eq!(mapping.author.as_deref(), Some("reviewer.displayName"));
    let rows = take(&table, &mapping, &TimeZone::UTC);
    assert!(rows.iter().all(|row| row.as_ref().is_err_and(|unread| unread.why == "network" || unread.why == "text")));
    let rows = take(&table, &Mapping { of: Some("google".into()), ..mapping }, &TimeZone::UTC);
    let (first, second) = (rows[0].as_ref().unwrap(), rows[1].as_ref().unwrap());
    assert_eq!(
        (first.rating, first.text.as_str(), first.network.as_deref()),
        (Some(5), "Le meilleur pain.", Some("google"))
    );
    assert_eq!((second.rating, second.text.as_str()), (Some(3), ""), "stars alone are a review");
    assert_eq!(rows[2].as_ref().unwrap_err().why, "text");
}

#[test]
fn a_line_an_item_and_a_torn_line_is_kept() {
    let text = "{\"message\":\"Un\",\"platform\":\"Twitter\",\"from\":\"@lea\"}\n{\"message\":\"De\n{\"message\":\"Trois\",\"platform\":\"facebook_page\",\"from\":\"Paul\"}\n";
    let rows = took(text, None);
    assert_eq!(rows[0].as_ref().unwrap().network.as_deref(), Some("x"));
    assert_eq!(rows[1].as_ref().unwrap_err().raw, "\"{\\\"message\\\":\\\"De\"");
    assert_eq!(rows[2].as_ref().unwrap().network.as_deref(), Some("facebook"));
}

#[test]
fn what_a_spreadsheet_writes_in_its_own_alphabet_is_read() {
    let mut bytes = b"Date\tAuteur\tTexte\tURL\n2026-11-21 18:42:07+0100\tJos\xe9phine\tC\x92est ouvert ?\thttps://quais.exemple/a#comment-3\n".to_vec();
    let table = read(&bytes).unwrap();
    let row = take(&table, &guess(&table), &TimeZone::UTC).remove(0).unwrap();
    assert_eq!(
        (row.author.as_deref(), row.text.as_str(), row.at),
        (Some("Joséphine"), "C’est ouvert ?", Some(Millis(1_795_282_927_000)))
    );
    bytes.truncate(10);
    assert_eq!(read(&bytes), None);
}

#[test]
fn what_is_no_table_is_none() {
    for text in ["", " ", "bonjour", "{}", "[1,2]", "{\"a\":1}", "une seule colonne\nune ligne\n"] {
        assert_eq!(read(text.as_bytes()), None, "{text:?}");
    }
    assert_eq!(read(&vec![b','; LARGEST + 1]), None);
    // More columns than anybody has: said at once, however long the line.
    let mut wide = (0..400_000).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    wide.push_str("\na,b\n");
    assert_eq!(read(wide.as_bytes()), None);
    // Whatever is cut off, nothing breaks.
    for end in 0..FRENCH.len() {
        if let Some(table) = read(&FRENCH.as_bytes()[..end]) {
            take(&table, &guess(&table), &TimeZone::UTC);
        }
    }
}
