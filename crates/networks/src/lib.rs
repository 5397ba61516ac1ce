//! Speaks to the outside: one folder a network, behind the contract of `guichet-model`.
//!
//! What is common stands beside them: which addresses may be reached, the two HTTP clients and the one place
//! where their failures become a `Fault`, the loopback listener of a sign-in, pictures, and HTML into text.
//! A connector takes its reach when it is built, and nothing a person types or a server says can widen it.

mod addresses;
mod asked;
pub mod bluesky;
pub mod discourse;
pub mod door;
pub mod email;
mod html;
mod http;
mod last_word;
mod loopback;
pub mod mastodon;
mod mime;
#[cfg(test)]
mod mutations;
pub mod pictures;
mod recorded;
mod unreached;
pub mod wordpress;

pub use addresses::Reach;
pub use recorded::{Reading, Unknown, read_recorded, recorded_kinds};

use guichet_model::Network;
use std::sync::Arc;

/// Every network, each able to reach what `reach` says and nothing else.
pub fn all(reach: Reach) -> Vec<Arc<dyn Network>> {
    vec![
        Arc::new(mastodon::Mastodon::new(reach)),
        Arc::new(bluesky::Bluesky::new(reach)),
        Arc::new(wordpress::WordPress::new(reach)),
        Arc::new(discourse::Discourse::new(reach)),
        Arc::new(email::Email::new(reach)),
    ]
}
