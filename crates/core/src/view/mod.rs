//! What is shown: plain data that crosses the seam to the interface and the command line.
//!
//! Each type is read in one go by the function of the same noun, carries codes and numbers, never sentences, and
//! is exported to TypeScript. Instants are milliseconds since 1970 UTC.

mod backup;
mod conversation;
mod desk;
mod outbox;
mod problem;
mod template;

pub use backup::*;
pub use conversation::*;
pub use desk::*;
pub use outbox::*;
pub use problem::*;
pub use template::*;
