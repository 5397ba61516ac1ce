//! A disk that forgets what was not synced, put under SQLite as its file system: what is written stays in this process
//! until it is synced, so that killing the process is a power cut. As on a real disk, a part of what was not synced is
//! there all the same, in any order.
//!
//! It can be made to fail on purpose, to see that a test of power cuts would see a missing sync. Everything but reading,
//! writing and syncing (locks, shared memory, names) is the system's own.

use crate::desk::Dice;
use rusqlite::ffi::{
    SQLITE_IOERR_SHORT_READ, SQLITE_IOERR_WRITE, SQLITE_OK, SQLITE_OPEN_MAIN_DB, SQLITE_OPEN_MAIN_JOURNAL,
    SQLITE_OPEN_WAL, sqlite3_file, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs, sqlite3_vfs_find,
    sqlite3_vfs_register,
};
use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Whether the log is synced when SQLite asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syncs {
    Always,
    /// As if no commit asked for it: FULL taken out.
    Never,
    /// Not from the instant a reply is prepared until it is answered: the write before the first byte taken out.
    NotBeforeTheFirstByte,
}

struct Disk {
    system: usize,
    syncs: Syncs,
    /// Between a reply prepared and answered.
    deaf: AtomicBool,
    dice: Dice,
    images: Mutex<HashMap<String, Arc<Mutex<Image>>>>,
    open: Mutex<HashMap<usize, Open>>,
}

#[derive(Clone)]
struct Open {
    image: Arc<Mutex<Image>>,
    methods: usize,
}

/// A file as the process sees it, and what of it the disk does not have yet.
struct Image {
    name: String,
    /// Never closed: closing any handle of a file would let go of the locks that SQLite holds on it.
    disk: File,
    whole: Vec<u8>,
    unsynced: Vec<(usize, usize)>,
    shortest: usize,
}

static DISK: OnceLock<Disk> = OnceLock::new();

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Image {
    fn of(name: &str) -> io::Result<Image> {
        let disk = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(name)?;
        let whole = std::fs::read(name)?;
        Ok(Image { name: name.to_owned(), disk, shortest: whole.len(), whole, unsynced: Vec::new() })
    }

    fn write(&mut self, bytes: &[u8], at: usize, at_once: bool) -> io::Result<()> {
        let end = at + bytes.len();
        if self.whole.len() < end {
            self.whole.resize(end, 0);
        }
        self.whole[at..end].copy_from_slice(bytes);
        if at_once {
            return self.disk.write_all_at(bytes, at as u64);
        }
        self.unsynced.push((at, bytes.len()));
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.shortest < self.whole.len() {
            // It was cut and grew again: nothing of what stood there may come back.
            self.unsynced.push((self.shortest, self.whole.len() - self.shortest));
        }
        for (at, length) in std::mem::take(&mut self.unsynced) {
            let end = (at + length).min(self.whole.len());
            if at < end {
                self.disk.write_all_at(&self.whole[at..end], at as u64)?;
            }
        }
        self.disk.set_len(self.whole.len() as u64)?;
        self.shortest = self.whole.len();
        Ok(())
    }
}

/// From now on every store of this process lies on such a disk. Before the first one is opened.
pub fn install(seed: u64, syncs: Syncs) {
    // SAFETY: SQLite gives its default file system, which lives as long as the process.
    let system = unsafe { sqlite3_vfs_find(std::ptr::null()) };
    assert!(!system.is_null(), "SQLite has a file system");
    let disk = Disk {
        system: system as usize,
        syncs,
        deaf: AtomicBool::new(false),
        dice: Dice::new(seed),
        images: Mutex::default(),
        open: Mutex::default(),
    };
    assert!(DISK.set(disk).is_ok(), "one disk a process");
    // SAFETY: a copy of a whole structure, leaked, with our two functions in it; SQLite keeps the pointer for good.
    let registered = unsafe {
        let mut ours = *system;
        ours.zName = c"forgetful".as_ptr();
        ours.pNext = std::ptr::null_mut();
        ours.xOpen = Some(open);
        ours.xDelete = Some(delete);
        sqlite3_vfs_register(Box::leak(Box::new(ours)), 1)
    };
    assert_eq!(registered, SQLITE_OK);
}

/// Where the outbox stands, for a disk that leaves a sync out.
pub fn step(step: &str) {
    let Some(disk) = DISK.get().filter(|disk| disk.syncs == Syncs::NotBeforeTheFirstByte) else {
        return;
    };
    match step {
        "reply prepared" => disk.deaf.store(true, Ordering::SeqCst),
        "reply answered" => disk.deaf.store(false, Ordering::SeqCst),
        // What a person was told is kept stays kept: only the one write is left out.
        "reply written" => sync_logs(disk),
        _ => {}
    }
}

fn is_log(name: &str) -> bool {
    name.ends_with("-wal")
}

fn sync_logs(disk: &Disk) {
    let logs: Vec<_> = lock(&disk.images).iter().filter(|(name, _)| is_log(name)).map(|(_, log)| log.clone()).collect();
    for log in logs {
        lock(&log).sync().expect("the disk takes it");
    }
}

fn disk() -> &'static Disk {
    DISK.get().expect("installed")
}

fn opened(file: *mut sqlite3_file) -> Open {
    lock(&disk().open).get(&(file as usize)).cloned().expect("opened by us")
}

unsafe extern "C" fn open(
    _vfs: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let system = disk().system as *mut sqlite3_vfs;
    // SAFETY: the system's own function, given what SQLite gave us; afterwards the file's table is whole, and a leaked
    // copy of it lives as long as the file.
    unsafe {
        let Some(really) = (*system).xOpen else { return SQLITE_IOERR_WRITE };
        let done = really(system, name, file, flags, out);
        let kept = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;
        if done != SQLITE_OK || flags & kept == 0 || name.is_null() {
            return done;
        }
        let Ok(name) = CStr::from_ptr(name).to_str() else { return SQLITE_IOERR_WRITE };
        let mut images = lock(&disk().images);
        let image = match images.get(name) {
            Some(known) => Arc::clone(known),
            None => {
                let Ok(image) = Image::of(name) else { return SQLITE_IOERR_WRITE };
                let image = Arc::new(Mutex::new(image));
                images.insert(name.to_owned(), Arc::clone(&image));
                image
            }
        };
        let methods = (*file).pMethods;
        let _before = lock(&disk().open).insert(file as usize, Open { image, methods: methods as usize });
        let mut ours = *methods;
        ours.xClose = Some(close);
        ours.xRead = Some(read);
        ours.xWrite = Some(write);
        ours.xTruncate = Some(truncate);
        ours.xSync = Some(sync);
        ours.xFileSize = Some(size);
        ours.xFetch = Some(fetch);
        ours.xUnfetch = Some(unfetch);
        (*file).pMethods = Box::leak(Box::new(ours));
        SQLITE_OK
    }
}

unsafe extern "C" fn delete(_vfs: *mut sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    let system = disk().system as *mut sqlite3_vfs;
    // SAFETY: the system's own function, given what SQLite gave us.
    unsafe {
        if let Ok(name) = CStr::from_ptr(name).to_str() {
            lock(&disk().images).remove(name);
        }
        (*system).xDelete.map_or(SQLITE_IOERR_WRITE, |really| really(system, name, sync_folder))
    }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    let known = lock(&disk().open).remove(&(file as usize));
    // SAFETY: the table is the one the system gave when the file was opened.
    unsafe {
        let Some(known) = known else { return SQLITE_OK };
        (*file).pMethods = known.methods as *const sqlite3_io_methods;
        (*(*file).pMethods).xClose.map_or(SQLITE_OK, |really| really(file))
    }
}

unsafe extern "C" fn read(file: *mut sqlite3_file, into: *mut c_void, many: c_int, at: sqlite3_int64) -> c_int {
    // SAFETY: SQLite gives a buffer of so many bytes.
    let into = unsafe { std::slice::from_raw_parts_mut(into.cast::<u8>(), many as usize) };
    let known = opened(file);
    let image = lock(&known.image);
    let start = (at as usize).min(image.whole.len());
    let end = (start + into.len()).min(image.whole.len());
    let there = end - start;
    into[..there].copy_from_slice(&image.whole[start..end]);
    into[there..].fill(0);
    if there == into.len() { SQLITE_OK } else { SQLITE_IOERR_SHORT_READ }
}

unsafe extern "C" fn write(file: *mut sqlite3_file, from: *const c_void, many: c_int, at: sqlite3_int64) -> c_int {
    // SAFETY: SQLite gives a buffer of so many bytes.
    let from = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), many as usize) };
    let known = opened(file);
    let mut image = lock(&known.image);
    if image.name.ends_with(".db") {
        // The log is always on the disk before what it holds goes into the store, whatever commits ask for.
        sync_logs(disk());
    }
    // A disk that leaves syncs out is not also lucky.
    let at_once = disk().syncs == Syncs::Always && disk().dice.below(4) == 0;
    match image.write(from, at as usize, at_once) {
        Ok(()) => SQLITE_OK,
        Err(_) => SQLITE_IOERR_WRITE,
    }
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    let known = opened(file);
    let mut image = lock(&known.image);
    image.whole.truncate(size as usize);
    image.shortest = image.shortest.min(size as usize);
    SQLITE_OK
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, _flags: c_int) -> c_int {
    let known = opened(file);
    let mut image = lock(&known.image);
    let left_out = match disk().syncs {
        Syncs::Always => false,
        Syncs::Never => true,
        Syncs::NotBeforeTheFirstByte => disk().deaf.load(Ordering::SeqCst),
    };
    if left_out && is_log(&image.name) {
        return SQLITE_OK;
    }
    match image.sync() {
        Ok(()) => SQLITE_OK,
        Err(_) => SQLITE_IOERR_WRITE,
    }
}

unsafe extern "C" fn size(file: *mut sqlite3_file, out: *mut sqlite3_int64) -> c_int {
    let known = opened(file);
    // SAFETY: SQLite gives a place for one number.
    unsafe { *out = lock(&known.image).whole.len() as sqlite3_int64 };
    SQLITE_OK
}

/// No mapping of files into memory: it would read past us.
unsafe extern "C" fn fetch(_file: *mut sqlite3_file, _at: sqlite3_int64, _many: c_int, out: *mut *mut c_void) -> c_int {
    // SAFETY: SQLite gives a place for one pointer.
    unsafe { *out = std::ptr::null_mut() };
    SQLITE_OK
}

unsafe extern "C" fn unfetch(_file: *mut sqlite3_file, _at: sqlite3_int64, _page: *mut c_void) -> c_int {
    SQLITE_OK
}
