//! The house's rules, as tests: who may import whom, how long a file may be, how it opens, what must not be in it,
//! and that each list (words, migrations, commands) is one list. A rule that only a reviewer knows is soon forgotten.
//!
//! Nothing is built or started here: files are read as text, so that this runs in a second and fails first.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "tidy/house.rs"]
mod house;
#[path = "tidy/imports.rs"]
mod imports;
#[path = "tidy/lists.rs"]
mod lists;
#[path = "tidy/networks.rs"]
mod networks;
#[path = "tidy/pages.rs"]
mod pages;
#[path = "tidy/words.rs"]
mod words;
