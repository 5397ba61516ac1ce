//! On which network a round is played, and what a round must know of it: where its servers are asked, what they make of the
//! same words twice, and how what stands there is recognised.

/// A network as the rounds see it.
#[derive(Debug)]
pub struct Ground {
    pub network: &'static str,
    pub scenario: &'static str,
    /// Of its accounts these are played with: two that do not hear the same.
    pub accounts: &'static [Account],
    pub publish: Asked,
    /// Where pictures are brought; `None`: none go along.
    pub upload: Option<Asked>,
    /// Where is read what stands there.
    pub read: Asked,
    /// The code of a server that cannot just now.
    pub failing: u16,
    /// A client's own key counts, where the server is in the mood.
    pub keys: bool,
    /// What was published is known by the name that every copy of the desk has for its reply, and by nothing else: the same
    /// words written natively are never taken for it.
    pub named: bool,
    /// The addressee stands first in what is published; what was written follows it.
    pub addressed: bool,
    /// What was published may be shown to nobody here: an answer to it proves that it is there, and nothing else may.
    pub unseen: bool,
    /// Of what the desk calls a message, the part that is its id at the server.
    pub name: fn(&str) -> &str,
}

/// What is asked of a server, as a rule of the faults names it: by its method and its path.
pub type Asked = (&'static str, &'static str);

#[derive(Debug)]
pub struct Account {
    /// Its name up to the server's.
    pub user: &'static str,
    pub twins: Twins,
}

/// What becomes of the same words, written again at the same place by the same account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twins {
    /// They stand there twice.
    Stand,
    /// The server says that they are there.
    AreThere,
    /// The server refuses them with a sentence for people: that they are there is told by nothing else.
    Refused,
}

const fn account(user: &'static str, twins: Twins) -> Account {
    Account { user, twins }
}

fn after_the_last_slash(said: &str) -> &str {
    said.rsplit('/').next().unwrap_or(said)
}

pub static GROUNDS: &[Ground] = &[
    Ground {
        network: "mastodon",
        scenario: "calme",
        accounts: &[account("boulangerie_halles", Twins::Stand), account("quaivert", Twins::Stand)],
        publish: ("POST", "=/api/v1/statuses"),
        upload: Some(("POST", "=/api/v2/media")),
        read: ("GET", "/statuses"),
        failing: 503,
        keys: true,
        named: false,
        addressed: true,
        unseen: false,
        name: after_the_last_slash,
    },
    Ground {
        network: "wordpress",
        scenario: "sites",
        accounts: &[account("plume_racine", Twins::AreThere)],
        publish: ("POST", "=/wp-json/wp/v2/comments"),
        upload: None,
        read: ("GET", "/wp/v2/comments"),
        failing: 503,
        keys: false,
        named: false,
        addressed: false,
        unseen: false,
        name: |said| said.rsplit(':').next().unwrap_or(said),
    },
    Ground {
        network: "bluesky",
        scenario: "ciels",
        accounts: &[account("auberge", Twins::Stand), account("terrasse", Twins::Stand)],
        publish: ("POST", "=/xrpc/com.atproto.repo.createRecord"),
        upload: None,
        read: ("GET", "/xrpc/com.atproto.repo.getRecord"),
        failing: 503,
        keys: false,
        named: false,
        addressed: false,
        unseen: false,
        name: after_the_last_slash,
    },
    Ground {
        network: "discourse",
        scenario: "forums",
        // A forum's staff may repeat itself; everybody else may not, for five minutes.
        accounts: &[account("vasseur_equipe", Twins::Stand), account("vasseur_ancien", Twins::Refused)],
        publish: ("POST", "=/posts"),
        upload: None,
        read: ("GET", "/t/"),
        failing: 503,
        keys: false,
        named: false,
        addressed: false,
        unseen: false,
        // A post's address ends with its number in the topic; its name with its id.
        name: |said| said.rsplit('.').next().unwrap_or(said),
    },
    Ground {
        network: "email",
        scenario: "courriers",
        // One house leaves the copy of what is sent to who sends it; the other makes it as it takes the letter.
        accounts: &[account("pension_claire", Twins::Stand), account("pension_grande", Twins::Stand)],
        publish: ("SMTP", "=TEXT"),
        upload: None,
        read: ("IMAP", "UID"),
        failing: 451,
        keys: false,
        named: true,
        addressed: false,
        unseen: true,
        name: |said| said.strip_prefix("mid:").unwrap_or(said),
    },
];

impl Ground {
    /// The one of a seed.
    pub fn of(seed: u64) -> &'static Ground {
        // Apart from what else the seed says, so that it stays what it was.
        let drawn = crate::desk::Dice::new(seed.rotate_left(32)).draw();
        &GROUNDS[(drawn % GROUNDS.len() as u64) as usize]
    }

    pub fn named(name: &str) -> Option<&'static Ground> {
        GROUNDS.iter().find(|ground| ground.network == name)
    }

    /// The account that is spoken to at a place.
    pub fn account_at(&self, place: usize) -> &'static Account {
        &self.accounts[place % self.accounts.len()]
    }
}
