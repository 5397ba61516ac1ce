//! A stranger's message taken apart, on a stack of its own.
//!
//! mail-parser holds a message inside a message inside a message, as deep as somebody has written them: 28 bytes a level,
//! thousands in one letter, and more behind a base64 that no look at the bytes sees through. Copying such a tree, or
//! letting it go, goes as deep again, and a stack that ends takes the whole program along. So the tree lives and dies on a
//! thread with room for the deepest that fits into what is read of a letter; that thread also keeps a parser's panic to
//! itself. Counting levels beforehand was tried and dropped: what is encoded hides them.

use mail_parser::{Message, MessageParser};
use std::thread;

/// Read of one message at most, in bytes: its words stand before what hangs on it.
pub(crate) const LARGEST: usize = 256 << 10;
/// Seven kilobytes a level at most, twice over. Only what is used of it is ever taken.
const STACK: usize = 128 << 20;

/// What `take` makes of the message; `None`: it is none, or one that nothing can be made of. No more of a stranger's bytes
/// than `LARGEST` may come here.
pub(crate) fn read<T: Send>(bytes: &[u8], take: impl FnOnce(&Message<'_>) -> T + Send) -> Option<T> {
    thread::scope(|scope| {
        let work = || MessageParser::default().parse(bytes).map(|message| take(&message));
        let working = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        working.ok()?.join().ok()?
    })
}

#[cfg(test)]
#[path = "mime_tests.rs"]
mod tests;
