//! SQLite without a detour: the look-ups of an authenticated request and of a sign-in, run where the request runs.
//!
//! A point read takes some ten microseconds, far less than handing it to another thread. In WAL mode a reader never
//! waits for a writer, so it may run on the runtime's own threads; in any other mode there are no readers and the pool
//! does it. Single statements only: an open transaction would go on seeing what has meanwhile changed.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, TryLockError};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::failure::Failure;
use super::lookups;
use super::rows::api_key::ApiKeyRow;
use super::rows::{CounterRow, RoleRow, SessionRow, UserRow};
use crate::model::{ApiKey, Counter, CounterKey, Role, Session, SessionHash, User, UserId};

/// More would not be used at once: a read holds its thread.
const MOST: usize = 32;

/// Connections for inline reads. They belong to one store, not to a thread: a test runs several stores in a process.
pub(super) struct Readers(Vec<Mutex<SqliteConnection>>);

#[derive(QueryableByName)]
struct JournalMode {
    #[diesel(sql_type = Text)]
    journal_mode: String,
}

impl Readers {
    /// Readers of the file at `path`, or none where inline reads would have to wait.
    pub(super) fn open(path: &str) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let readers = (0..threads.saturating_mul(2).min(MOST))
            .map_while(|_| reader(path).map(Mutex::new))
            .collect();
        Readers(readers)
    }

    #[cfg(test)]
    pub(super) fn none() -> Self {
        Readers(Vec::new())
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The session and its user; the outer `None` means that the pool has to answer.
    pub(super) fn session_with_user(
        &self,
        hashes: &[SessionHash],
        statements: &AtomicU64,
    ) -> Option<Option<(Session, User)>> {
        self.read(|connection| {
            for hash in hashes {
                statements.fetch_add(1, Ordering::Relaxed);
                let session: Option<SessionRow> =
                    lookups::session_by_hash(hash).get_result(connection).optional()?;
                let Some(session) = session else { continue };
                let user = user(connection, session.user_id, statements)?;
                // Between the two reads the user may have gone, and his sessions with him.
                let Some(user) = user else { return Ok(None) };
                return Ok(Some((Session::try_from(session)?, user)));
            }
            Ok(None)
        })
    }

    /// The API key of that public id and its user; the outer `None` means that the pool has to answer.
    pub(super) fn api_key(&self, id: &str, statements: &AtomicU64) -> Option<Option<(ApiKey, User)>> {
        self.read(|connection| {
            statements.fetch_add(1, Ordering::Relaxed);
            let key: Option<ApiKeyRow> = lookups::api_key_by_id(id).get_result(connection).optional()?;
            let Some(key) = key else { return Ok(None) };
            let user = user(connection, key.user_id, statements)?;
            // Between the two reads the user may have gone, and his keys with him.
            let Some(user) = user else { return Ok(None) };
            Ok(Some((ApiKey::try_from(key)?, user)))
        })
    }

    /// The user of that address; the outer `None` means that the pool has to answer.
    pub(super) fn user_by_email(&self, key: &str, statements: &AtomicU64) -> Option<Option<User>> {
        self.read(|connection| {
            statements.fetch_add(1, Ordering::Relaxed);
            let user: Option<UserRow> = lookups::user_by_email(key).get_result(connection).optional()?;
            Ok(user.map(User::from))
        })
    }

    /// The user with that `fs_uniquifier`; the outer `None` means that the pool has to answer.
    pub(super) fn user_by_uniquifier(&self, key: &str, statements: &AtomicU64) -> Option<Option<User>> {
        self.read(|connection| {
            statements.fetch_add(1, Ordering::Relaxed);
            let user: Option<UserRow> = lookups::user_by_uniquifier(key)
                .get_result(connection)
                .optional()?;
            Ok(user.map(User::from))
        })
    }

    /// The counter of that key; the outer `None` means that the pool has to answer.
    pub(super) fn counter(&self, key: &CounterKey, statements: &AtomicU64) -> Option<Option<Counter>> {
        self.read(|connection| {
            statements.fetch_add(1, Ordering::Relaxed);
            let row: Option<CounterRow> = lookups::counter_by_key(key).get_result(connection).optional()?;
            Ok(row.map(Counter::from))
        })
    }

    /// The counters of those keys; `None` means that the pool has to answer.
    pub(super) fn counters(
        &self,
        keys: &[CounterKey],
        statements: &AtomicU64,
    ) -> Option<Vec<Option<Counter>>> {
        keys.iter().map(|key| self.counter(key, statements)).collect()
    }

    /// The roles of a user; `None` means that the pool has to answer.
    pub(super) fn roles_of(&self, user: UserId, statements: &AtomicU64) -> Option<Vec<Role>> {
        self.read(|connection| {
            statements.fetch_add(1, Ordering::Relaxed);
            let rows: Vec<RoleRow> = lookups::roles_of(user).load(connection)?;
            Ok(rows.into_iter().map(Role::from).collect())
        })
    }

    /// Runs a read on a free connection. Whatever goes wrong, the pool is asked next, and its error is the one told.
    fn read<T>(&self, read: impl FnOnce(&mut SqliteConnection) -> Result<T, Failure>) -> Option<T> {
        let readers = &self.0;
        let first = slot();
        for step in 0..readers.len() {
            let mut connection = match readers[(first + step) % readers.len()].try_lock() {
                Ok(connection) => connection,
                // A read that panicked has written nothing.
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => continue,
            };
            return read(&mut connection).ok();
        }
        None
    }
}

/// The user of that id: a second point read, for a join is prepared anew each time on analysed tables.
fn user(
    connection: &mut SqliteConnection,
    id: UserId,
    statements: &AtomicU64,
) -> Result<Option<User>, Failure> {
    statements.fetch_add(1, Ordering::Relaxed);
    let user: Option<UserRow> = lookups::user_by_id(id).get_result(connection).optional()?;
    Ok(user.map(User::from))
}

/// Where this thread begins to look, so that each has a connection nearly for itself.
fn slot() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local!(static SLOT: Cell<usize> = Cell::new(NEXT.fetch_add(1, Ordering::Relaxed)));
    SLOT.with(Cell::get)
}

/// What a reader does without: waiting, for the pool does that; writing; and a page cache of its own. The cache would hold
/// a small table whole and little of a large one, and every write elsewhere would void it; the file as the system maps
/// it is as near with a million users as with a thousand. The size is of the address space, not of memory.
const SETUP: &str = "PRAGMA busy_timeout = 0; PRAGMA query_only = ON; PRAGMA mmap_size = 1073741824;";

fn reader(path: &str) -> Option<SqliteConnection> {
    let mut connection = SqliteConnection::establish(path).ok()?;
    connection.batch_execute(SETUP).ok()?;
    let mode: JournalMode = diesel::sql_query("PRAGMA journal_mode")
        .get_result(&mut connection)
        .ok()?;
    mode.journal_mode
        .eq_ignore_ascii_case("wal")
        .then_some(connection)
}
