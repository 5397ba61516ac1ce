//! A picture stays with its text, wherever that goes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
