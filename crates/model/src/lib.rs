//! The words everybody shares: the nouns of the inbox, and what a network must be able to do.
//!
//! Nothing here does I/O. `core` and `networks` both speak these types and never see each other;
//! the shell joins them.

mod capabilities;
mod door;
mod doors;
mod fault;
pub mod file_name;
mod ids;
mod item;
pub mod link;
mod login;
pub mod look;
mod network;
mod outgoing;
pub mod text;
mod time;

pub use capabilities::*;
pub use door::*;
pub use doors::*;
pub use fault::*;
pub use ids::*;
pub use item::*;
pub use login::*;
pub use network::*;
pub use outgoing::*;
pub use time::*;
