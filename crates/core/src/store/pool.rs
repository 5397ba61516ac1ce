//! The readers, lent one at a time; whoever comes when all are lent waits for the next to come back.

use rusqlite::Connection;
use std::ops::Deref;
use std::sync::{Condvar, Mutex, PoisonError};

pub(super) struct Readers {
    free: Mutex<Vec<Connection>>,
    back: Condvar,
}

impl Readers {
    pub fn new(free: Vec<Connection>) -> Self {
        Self { free: Mutex::new(free), back: Condvar::new() }
    }

    pub fn take(&self) -> Lent<'_> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(connection) = free.pop() {
                return Lent { readers: self, connection: Some(connection) };
            }
            free = self.back.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

pub(super) struct Lent<'a> {
    readers: &'a Readers,
    connection: Option<Connection>,
}

impl Deref for Lent<'_> {
    type Target = Connection;

    #[allow(clippy::expect_used, reason = "the connection leaves only when this is dropped")]
    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("lent until dropped")
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            let mut free = self.readers.free.lock().unwrap_or_else(PoisonError::into_inner);
            free.push(connection);
            self.readers.back.notify_one();
        }
    }
}
