//! The door without a key, as far as reading goes: files that networks export, and the notification mails that they send.
//! Nothing here connects to anything; what comes out is `Noticed`, which the desk takes in.
//!
//! It stands beside the connectors, and not in the core, because it reads what the outside writes; the shell joins the
//! two, as it does with a sign-in. Links, which the core must compare as well, are read in `model/link.rs`.

mod dates;
mod forwarded;
pub mod mail;
pub mod table;
