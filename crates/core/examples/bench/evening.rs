//! Invented messages from a seed: French sentences whose words are as unevenly frequent as in life.

use crate::NOW;
use guichet_model::{Author, Body, Counts, Item, Kind, Millis, Page, Publication, RemoteId, Visibility};

const COMMON: &[&str] = &[
    "bonjour",
    "merci",
    "vous",
    "est",
    "ce",
    "que",
    "pour",
    "la",
    "les",
    "une",
    "avec",
    "pas",
    "commande",
    "horaires",
    "samedi",
    "demain",
    "encore",
    "toujours",
    "magasin",
    "livre",
    "livraison",
    "retard",
    "réponse",
    "question",
    "bravo",
];
const MIDDLING: &[&str] = &[
    "vitrine",
    "lecture",
    "dédicace",
    "poche",
    "enfant",
    "cadeau",
    "carte",
    "rayon",
    "polar",
    "roman",
    "affiche",
    "terrasse",
    "vélo",
    "quai",
    "œuvre",
    "théâtre",
    "navette",
    "grève",
    "échange",
    "rembourser",
    "fidélité",
    "atelier",
    "soirée",
    "parking",
    "fauteuil",
    "réservation",
    "abonnement",
    "catalogue",
    "libraire",
    "conseil",
];

/// A well-mixed number from a counter (the finaliser of SplitMix64).
pub fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

pub struct Evening {
    state: u64,
    conversations: usize,
    written: usize,
}

impl Evening {
    pub fn new(seed: u64, conversations: usize) -> Self {
        Self { state: seed, conversations, written: 0 }
    }

    fn pick(&mut self, below: usize) -> usize {
        self.state = self.state.wrapping_add(1);
        (mix(self.state) % below.max(1) as u64) as usize
    }

    /// So many messages, oldest first; `of` in all end just before now, one every seven seconds.
    pub fn page(&mut self, count: usize, of: usize) -> Page {
        let items = (0..count).map(|_| self.item(of)).collect();
        Page { items, ..Page::default() }
    }

    fn item(&mut self, of: usize) -> Item {
        let number = self.written;
        self.written += 1;
        let conversation = number % self.conversations;
        let root = format!("c{conversation}");
        let remote = if number < self.conversations { root.clone() } else { format!("m{number}") };
        let reply = number >= self.conversations;
        let at = Millis(NOW.0 - (of - number) as i64 * 7_000 - 60_000);
        let author = self.pick(20_000);
        Item {
            remote: RemoteId::new(remote),
            aliases: Vec::new(),
            kind: Kind::Mention,
            conversation: Some(RemoteId::new(root.clone())),
            post: None,
            in_reply_to: reply.then(|| RemoteId::new(root)),
            author: Author {
                remote: RemoteId::new(format!("p{author}")),
                handle: format!("lectrice{author}@banc.invalid"),
                name: format!("Lectrice {author}"),
                avatar: None,
                url: None,
                bot: false,
            },
            ours: false,
            at,
            edited_at: None,
            body: Body { text: self.text(number), ..Body::default() },
            lang: Some("fr".into()),
            url: None,
            visibility: Some(Visibility::Public),
            publication: Publication::Published,
            rating: None,
            attachments: Vec::new(),
            counts: Counts::default(),
            liked: false,
            expires_at: None,
        }
    }

    fn text(&mut self, number: usize) -> String {
        let length = 6 + self.pick(18);
        let mut words: Vec<String> = (0..length)
            .map(|_| match self.pick(10) {
                0..=5 => COMMON[self.pick(COMMON.len())].to_owned(),
                6..=8 => MIDDLING[self.pick(MIDDLING.len())].to_owned(),
                // The long tail: half a million words met a few times each.
                _ => self.rare(),
            })
            .collect();
        if number.is_multiple_of(97) {
            words.push("🎂".into());
        }
        if number.is_multiple_of(250_000) {
            words.push("introuvable".into());
        }
        words.join(" ")
    }

    fn rare(&mut self) -> String {
        const HEADS: &[&str] = &["ba", "cor", "dé", "fi", "gra", "ju", "lo", "mer", "no", "pa", "ri", "so", "tu", "vi"];
        const TAILS: &[&str] = &["let", "tion", "rin", "mage", "son", "teur", "ville", "dan", "que", "ner"];
        let head = self.pick(HEADS.len());
        let middle = self.pick(HEADS.len());
        let tail = self.pick(TAILS.len());
        format!("{}{}{}{}", HEADS[head], HEADS[middle], TAILS[tail], self.pick(300))
    }
}
