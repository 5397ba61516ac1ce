//! A disk that can be cut off, fill up, fail or lie, under SQLite alone: a layer above the system's own, for the files of
//! one folder. Everywhere else it is not noticed.
//!
//! What was not synced is kept apart: when the power comes back, each of those writes is there or not, as dice say.
//!
//! It is the only unsafe code of the core, and of its tests alone: SQLite calls it through pointers. Each call hands on
//! to the system's layer, whose own file stands behind ours in the memory that SQLite gave.

use rusqlite::ffi::{self, sqlite3_file, sqlite3_io_methods, sqlite3_vfs};
use std::collections::BTreeMap;
use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

/// What every write meets from an instant on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    PowerCut,
    Full,
    WriteFails,
    SyncFails,
    ReadOnly,
}

pub struct Disk {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Writes, truncations, syncs and deletions so far.
    instants: u64,
    trouble: Option<(u64, Trouble)>,
    met: bool,
    /// Says that it has synced, and has not.
    lies: bool,
    files: BTreeMap<PathBuf, Image>,
}

/// A file as the disk surely has it, and what was written since.
#[derive(Default)]
struct Image {
    durable: Option<Vec<u8>>,
    since: Vec<Unsynced>,
}

enum Unsynced {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

static DISKS: Mutex<Vec<Weak<Disk>>> = Mutex::new(Vec::new());

impl Disk {
    /// Watches what SQLite opens in the folder from now on. What is there already counts as synced.
    pub fn under(folder: &Path) -> Arc<Self> {
        register();
        let folder = folder.canonicalize().unwrap();
        let disk = Arc::new(Self { folder, state: Mutex::default() });
        DISKS.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&disk));
        disk
    }

    fn of(path: &Path) -> Option<Arc<Self>> {
        let disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
        disks.iter().filter_map(Weak::upgrade).find(|disk| path.starts_with(&disk.folder))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From the `nth` instant after this one on, the first being 1.
    pub fn meets(&self, trouble: Trouble, nth: u64) {
        let mut state = self.state();
        (state.met, state.trouble) = (false, Some((state.instants + nth, trouble)));
    }

    /// Whether it came to that.
    pub fn met(&self) -> bool {
        self.state().met
    }

    pub fn recovers(&self) {
        self.state().trouble = None;
    }

    /// From now on nothing is synced, whatever it says.
    pub fn lies(&self) {
        self.state().lies = true;
    }

    /// After a cut, once nothing has the files open: each unsynced write is there or not.
    pub fn power_returns(&self, seed: u64) {
        let mut state = self.state();
        (state.trouble, state.lies) = (None, false);
        let mut dice = seed;
        for (path, image) in std::mem::take(&mut state.files) {
            let mut bytes = image.durable.clone().unwrap_or_default();
            let mut there = image.durable.is_some();
            for unsynced in image.since {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                // Seed 0: none of them.
                if seed == 0 || dice >> 63 == 0 {
                    continue;
                }
                there = true;
                unsynced.apply(&mut bytes);
            }
            if there {
                std::fs::write(&path, bytes).unwrap();
            } else {
                let _ = std::fs::remove_file(&path);
            }
        }
        // Shared memory is no file: it is gone with the power.
        for entry in std::fs::read_dir(&self.folder).unwrap().flatten() {
            if entry.path().to_string_lossy().ends_with("-shm") {
                std::fs::remove_file(entry.path()).unwrap();
            }
        }
    }

    /// One more instant; the trouble it meets, if any.
    fn instant(&self) -> Option<Trouble> {
        let mut state = self.state();
        state.instants += 1;
        let (at, trouble) = state.trouble?;
        let met = state.instants >= at;
        state.met |= met;
        met.then_some(trouble)
    }

    fn wrote(&self, path: &Path, unsynced: Unsynced) {
        if let Some(image) = self.state().files.get_mut(path) {
            image.since.push(unsynced);
        }
    }

    fn synced(&self, path: &Path) {
        let mut state = self.state();
        if state.lies {
            return;
        }
        if let Some(image) = state.files.get_mut(path) {
            let bytes = image.durable.get_or_insert_default();
            for unsynced in image.since.drain(..) {
                unsynced.apply(bytes);
            }
        }
    }
}

impl Unsynced {
    fn apply(self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(at, written) => {
                let end = at + written.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[at..end].copy_from_slice(&written);
            }
            Self::Truncate(size) => bytes.resize(size, 0),
        }
    }
}

/// Our part of an open file; the system's stands right behind it.
#[repr(C)]
struct Open {
    base: sqlite3_file,
    watched: *mut Watched,
}

struct Watched {
    disk: Arc<Disk>,
    path: PathBuf,
}

/// SQLite keeps the pointer for as long as the process lives.
struct Layer(sqlite3_vfs);

// SAFETY: written once, before it is registered; its pointers are the system layer's, which are shared by threads too.
unsafe impl Send for Layer {}
// SAFETY: as above.
unsafe impl Sync for Layer {}

static LAYER: OnceLock<Layer> = OnceLock::new();

fn register() {
    let layer = LAYER.get_or_init(|| {
        // SAFETY: null asks for the default layer, which lives as long as the process.
        let system = unsafe { *ffi::sqlite3_vfs_find(std::ptr::null()) };
        // SAFETY: as above; the copy keeps every function that is not replaced here.
        let under = unsafe { ffi::sqlite3_vfs_find(std::ptr::null()) };
        Layer(sqlite3_vfs {
            szOsFile: system.szOsFile + c_int::try_from(size_of::<Open>()).unwrap(),
            zName: c"watched".as_ptr(),
            pAppData: under.cast(),
            pNext: std::ptr::null_mut(),
            xOpen: Some(open),
            xDelete: Some(delete),
            ..system
        })
    });
    let layer: *const sqlite3_vfs = &raw const layer.0;
    // SAFETY: it is never moved or freed; SQLite writes its list's link alone, under its own lock. Twice is once.
    let done = unsafe { ffi::sqlite3_vfs_register(layer.cast_mut(), 1) };
    assert_eq!(done, ffi::SQLITE_OK);
}

fn system() -> *mut sqlite3_vfs {
    LAYER.get().unwrap().0.pAppData.cast()
}

/// SAFETY: `file` is one that `open` filled: `szOsFile` made room for both parts.
unsafe fn real(file: *mut sqlite3_file) -> *mut sqlite3_file {
    unsafe { file.cast::<Open>().add(1).cast() }
}

/// SAFETY: as above.
unsafe fn watched<'a>(file: *mut sqlite3_file) -> Option<&'a Watched> {
    unsafe { (*file.cast::<Open>()).watched.as_ref() }
}

/// SAFETY: SQLite gives zero-ended names.
unsafe fn path(name: *const c_char) -> Option<PathBuf> {
    (!name.is_null()).then(|| PathBuf::from(OsStr::from_bytes(unsafe { CStr::from_ptr(name) }.to_bytes())))
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    given: *mut c_int,
) -> c_int {
    // SAFETY: SQLite hands a name or null, and `szOsFile` bytes; the system's layer gets its own part of them.
    unsafe {
        let ours = file.cast::<Open>();
        (*ours).base.pMethods = std::ptr::null();
        (*ours).watched = std::ptr::null_mut();
        let path = path(name);
        let there = path.as_ref().and_then(|path| std::fs::read(path).ok());
        let done = (*system()).xOpen.unwrap()(system(), name, real(file), flags, given);
        if (*real(file)).pMethods.is_null() {
            return done;
        }
        (*ours).base.pMethods = &raw const METHODS;
        if let Some(path) = path
            && let Some(disk) = Disk::of(&path)
        {
            disk.state().files.entry(path.clone()).or_insert(Image { durable: there, since: Vec::new() });
            (*ours).watched = Box::into_raw(Box::new(Watched { disk, path }));
        }
        done
    }
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    // SAFETY: handed on as it came.
    unsafe {
        if let Some(path) = path(name)
            && let Some(disk) = Disk::of(&path)
        {
            if disk.instant() == Some(Trouble::PowerCut) {
                return ffi::SQLITE_IOERR_DELETE;
            }
            disk.state().files.remove(&path);
        }
        (*system()).xDelete.unwrap()(system(), name, sync)
    }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: opened by `open`, closed once: the box is given back here.
    unsafe {
        let ours = file.cast::<Open>();
        if !(*ours).watched.is_null() {
            drop(Box::from_raw((*ours).watched));
        }
        (*(*real(file)).pMethods).xClose.unwrap()(real(file))
    }
}

unsafe extern "C" fn write(file: *mut sqlite3_file, bytes: *const c_void, count: c_int, at: i64) -> c_int {
    // SAFETY: SQLite hands `count` bytes.
    unsafe {
        if let Some(watched) = watched(file) {
            match watched.disk.instant() {
                Some(Trouble::Full) => return ffi::SQLITE_FULL,
                Some(Trouble::WriteFails | Trouble::PowerCut) => return ffi::SQLITE_IOERR_WRITE,
                Some(Trouble::ReadOnly) => return ffi::SQLITE_READONLY,
                Some(Trouble::SyncFails) | None => {}
            }
            let written = std::slice::from_raw_parts(bytes.cast::<u8>(), usize::try_from(count).unwrap());
            let unsynced = Unsynced::Write(usize::try_from(at).unwrap(), written.to_vec());
            watched.disk.wrote(&watched.path, unsynced);
        }
        (*(*real(file)).pMethods).xWrite.unwrap()(real(file), bytes, count, at)
    }
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: i64) -> c_int {
    // SAFETY: handed on as it came.
    unsafe {
        if let Some(watched) = watched(file) {
            if watched.disk.instant() == Some(Trouble::PowerCut) {
                return ffi::SQLITE_IOERR_TRUNCATE;
            }
            watched.disk.wrote(&watched.path, Unsynced::Truncate(usize::try_from(size).unwrap()));
        }
        (*(*real(file)).pMethods).xTruncate.unwrap()(real(file), size)
    }
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, _: c_int) -> c_int {
    // SAFETY: as above. Nothing is really synced: the tests' own machine keeps its power.
    unsafe {
        if let Some(watched) = watched(file) {
            match watched.disk.instant() {
                Some(Trouble::PowerCut | Trouble::SyncFails) => return ffi::SQLITE_IOERR_FSYNC,
                _ => watched.disk.synced(&watched.path),
            }
        }
        ffi::SQLITE_OK
    }
}

/// A method that hands on to the system's file.
macro_rules! handed_on {
    ($name:ident, $method:ident, ($($argument:ident: $type:ty),*) $(-> $answer:ty)?) => {
        unsafe extern "C" fn $name(file: *mut sqlite3_file $(, $argument: $type)*) $(-> $answer)? {
            // SAFETY: the same arguments for the file that is meant.
            unsafe { (*(*real(file)).pMethods).$method.unwrap()(real(file) $(, $argument)*) }
        }
    };
}

handed_on!(read, xRead, (into: *mut c_void, count: c_int, at: i64) -> c_int);
handed_on!(size, xFileSize, (into: *mut i64) -> c_int);
handed_on!(lock, xLock, (level: c_int) -> c_int);
handed_on!(unlock, xUnlock, (level: c_int) -> c_int);
handed_on!(reserved, xCheckReservedLock, (into: *mut c_int) -> c_int);
handed_on!(control, xFileControl, (what: c_int, with: *mut c_void) -> c_int);
handed_on!(sector, xSectorSize, () -> c_int);
handed_on!(traits, xDeviceCharacteristics, () -> c_int);
handed_on!(map, xShmMap, (page: c_int, size: c_int, extend: c_int, into: *mut *mut c_void) -> c_int);
handed_on!(shared_lock, xShmLock, (offset: c_int, count: c_int, flags: c_int) -> c_int);
handed_on!(barrier, xShmBarrier, ());
handed_on!(unmap, xShmUnmap, (remove: c_int) -> c_int);

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    // Without the memory maps of version 3, which nothing here asks for.
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector),
    xDeviceCharacteristics: Some(traits),
    xShmMap: Some(map),
    xShmLock: Some(shared_lock),
    xShmBarrier: Some(barrier),
    xShmUnmap: Some(unmap),
    xFetch: None,
    xUnfetch: None,
};
