//! The README's table of what each network can do is what the connectors say, word for word.
//!
//! `INSTA_UPDATE=always` writes it anew.

use crate::house::{read, root};
use guichet_model::{Capabilities, Proof, Publication, TextLimit, TextUnit};
use guichet_networks::Reach;

const OPENS: &str = "<!-- what each network can do -->\n";
const CLOSES: &str = "<!-- end of what each network can do -->\n";

#[test]
fn the_readme_says_what_the_connectors_say() {
    let readme = read("README.md");
    let (before, rest) = readme.split_once(OPENS).expect("README.md has the table's opening");
    let (stands, after) = rest.split_once(CLOSES).expect("README.md has the table's end");
    let table = table();
    if std::env::var("INSTA_UPDATE").is_ok_and(|wish| wish == "always") {
        std::fs::write(root().join("README.md"), format!("{before}{OPENS}{table}{CLOSES}{after}")).expect("written");
    } else {
        assert_eq!(
            stands, table,
            "the table of README.md is not what the connectors say: INSTA_UPDATE=always writes it"
        );
    }
}

type Say = Box<dyn Fn(&Capabilities) -> String>;

fn table() -> String {
    let words: serde_json::Value = serde_json::from_str(&read("words/en.json")).expect("JSON");
    let networks = guichet_networks::all(Reach::Public);
    let offers: Vec<_> = networks.iter().map(|network| (network.name(), network.offer())).collect();
    let word = move |key: &str| words[key].as_str().unwrap_or_else(|| panic!("en lacks {key}")).to_owned();
    let named: Vec<String> = offers.iter().map(|(name, _)| word(&format!("network.{name}"))).collect();
    let publication = {
        let word = word.clone();
        move |one: &Publication| {
            let code = serde_json::to_value(one).expect("a word");
            word(&format!("publication.{}", code.as_str().unwrap_or_default())).to_lowercase()
        }
    };
    let lines: Vec<(&str, Say)> = vec![
        ("longest reply", Box::new(|can| long(&can.limit))),
        (
            "in private",
            Box::new(|can| match &can.direct_limit {
                Some(limit) => long(limit),
                None => yes(can.private_reply),
            }),
        ),
        (
            "pictures with a reply",
            Box::new(|can| can.pictures.as_ref().map_or(yes(false), |take| take.most.to_string())),
        ),
        (
            "files that hang on a message, saved",
            Box::new(|can| can.files.map_or(yes(false), |most| format!("up to {} MB", most / 1_000_000))),
        ),
        ("like", Box::new(|can| yes(can.like))),
        (
            "what others wrote may be",
            Box::new(move |can| some(can.publications.iter().map(&publication).collect::<Vec<_>>())),
        ),
        (
            "people may be",
            Box::new(|can| {
                let acts = [(can.mute, "muted"), (can.block, "blocked"), (can.report, "reported")];
                some(acts.iter().filter(|(can, _)| *can).map(|(_, act)| (*act).to_owned()).collect())
            }),
        ),
        (
            "our own may be",
            Box::new(|can| {
                let acts = [(can.edit_own, "changed"), (can.delete_own, "deleted")];
                some(acts.iter().filter(|(can, _)| *can).map(|(_, act)| (*act).to_owned()).collect())
            }),
        ),
        ("when an answer is lost", Box::new(|can| proof(can.proof).to_owned())),
        (
            "never gives",
            Box::new(move |can| {
                some(can.never_gives.iter().map(|code| word(&format!("never.{code}")).to_lowercase()).collect())
            }),
        ),
    ];
    let mut table = format!("| | {} |\n|---|{}\n", named.join(" | "), "---|".repeat(named.len()));
    for (about, say) in lines {
        let cells: Vec<String> = offers.iter().map(|(_, offer)| say(&offer.most)).collect();
        table.push_str(&format!("| {about} | {} |\n", cells.join(" | ")));
    }
    table
}

fn yes(can: bool) -> String {
    if can { "yes" } else { "–" }.to_owned()
}

fn some(words: Vec<String>) -> String {
    if words.is_empty() { yes(false) } else { words.join(", ") }
}

fn long(limit: &TextLimit) -> String {
    let unit = match limit.unit {
        TextUnit::Graphemes | TextUnit::Characters | TextUnit::Weighted => "characters",
        TextUnit::Bytes => "bytes",
    };
    let bytes = limit.bytes.map(|bytes| format!(", {bytes} bytes")).unwrap_or_default();
    format!("{} {unit}{bytes}", limit.most)
}

fn proof(proof: Proof) -> &'static str {
    match proof {
        Proof::Key { .. } => "sent again under one key: there once",
        Proof::OwnId => "we chose its id: looked up",
        Proof::RefusesDuplicate => "a second copy is refused",
        Proof::Upsert => "writing again replaces",
        Proof::ReadBack { .. } => "read back; else you are asked",
        Proof::None => "you are asked",
    }
}
