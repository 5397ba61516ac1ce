//! The desk: everything that is kept, ordered, found and sent later.
//!
//! `Desk` is the one face of this crate. It is opened with doors (clock, folder, keys, networks, randomness) and
//! reaches for nothing else; each noun has its own file, and each command of the desk is a thin call into one of them.

mod account;
mod acts;
mod attachment;
mod backup;
mod budget;
mod changes;
mod client;
mod conversation;
mod curation;
mod desk;
mod door;
mod draft;
mod dump;
mod file;
mod generation;
mod hold;
mod hours;
mod intake;
mod journal;
mod keepsake;
mod leak;
mod list;
mod lock;
mod online;
mod outbox;
mod picture;
mod round_trip;
mod search;
mod setting;
mod sidebar;
mod store;
mod template;
#[cfg(test)]
mod testing;
mod triage;
mod vault;
pub mod view;

pub use backup::{BACKUP_AT, restore};
pub use desk::{Desk, Doors, Engine, Random};
pub use file::Fetched;
pub use generation::RESTORED_AT;
pub use outbox::{STEPS, Steps};
pub use search::ZONE;
pub use store::{Durability, Store, StoreKey};
pub use vault::{InMemory, Key, Keychain, Keys, KeysFault, Passphrase};
