//! On which network a round is played, and what a round must know of it: where its servers are asked, and how what stands
//! there is recognised.

/// A network as the rounds see it.
#[derive(Debug)]
pub struct Ground {
    pub network: &'static str,
    pub scenario: &'static str,
    /// So many of its accounts are played with: two that do not hear the same.
    pub accounts: usize,
    /// As a rule of the faults names it.
    pub publish: &'static str,
    /// Where pictures are brought; `None`: none go along.
    pub upload: Option<&'static str>,
    /// Where is read what stands there.
    pub read: &'static str,
    /// A client's own key counts, where the server is in the mood.
    pub keys: bool,
    /// The same words may stand twice at one place.
    pub twins: bool,
    /// The addressee stands first in what is published; what was written follows it.
    pub addressed: bool,
    /// The last part of a message's address, and of its id at the server: the same.
    pub name: fn(&str) -> &str,
}

pub static GROUNDS: &[Ground] = &[
    Ground {
        network: "mastodon",
        scenario: "calme",
        accounts: 2,
        publish: "=/api/v1/statuses",
        upload: Some("=/api/v2/media"),
        read: "/statuses",
        keys: true,
        twins: true,
        addressed: true,
        name: |said| said.rsplit('/').next().unwrap_or(said),
    },
    Ground {
        network: "wordpress",
        scenario: "sites",
        accounts: 1,
        publish: "=/wp-json/wp/v2/comments",
        upload: None,
        read: "/wp/v2/comments",
        keys: false,
        // It refuses the same words by the same author under the same comment.
        twins: false,
        addressed: false,
        name: |said| said.rsplit("#comment-").next().unwrap_or(said),
    },
    Ground {
        network: "bluesky",
        scenario: "ciels",
        accounts: 2,
        publish: "=/xrpc/com.atproto.repo.createRecord",
        upload: None,
        read: "/xrpc/com.atproto.repo.getRecord",
        keys: false,
        twins: true,
        addressed: false,
        name: |said| said.rsplit('/').next().unwrap_or(said),
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
}
