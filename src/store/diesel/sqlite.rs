//! The store on an SQLite file.

#[path = "api_keys.rs"]
mod api_keys;
#[path = "counters.rs"]
mod counters;
#[path = "refresh.rs"]
mod refresh;
#[path = "remember.rs"]
mod remember;
#[path = "roles.rs"]
mod roles;
#[path = "runner.rs"]
mod runner;
#[path = "sessions.rs"]
mod sessions;
#[path = "store.rs"]
mod store;
#[path = "users.rs"]
mod users;

use std::path::Path;
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, SimpleConnection};
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AsyncConnection, RunQueryDsl, TransactionManager};

use super::failure::Failure;
use super::line;
use super::readers::Readers;
use super::schema::security_users;
use super::threads::{Threads, at_once};
use crate::error::{Error, Result};
use crate::store::migrate::{Migration, migrations};
use crate::store::pool::{DieselPool, PoolConnection};

/// A connection to an SQLite file, as the application's queries and [`create_user_with`](crate::Security::create_user_with) get it.
///
/// For `BEGIN IMMEDIATE` hand the whole transaction to `spawn_blocking`:
/// `connection.spawn_blocking(|connection| connection.immediate_transaction(…))`.
pub type SqliteConn = SyncConnectionWrapper<SqliteConnection, Threads>;
type Conn = SqliteConn;
type Line = line::Line<Conn>;
type Inline = Readers;

/// A pool of connections to an SQLite file. The file and its folder are made where they are missing.
///
/// Each connection works in WAL mode with foreign keys on, waits five seconds for a lock, and syncs as WAL needs it.
pub type SqlitePool = DieselPool<SqliteConn>;
type Pool = SqlitePool;

const MIGRATIONS: &[Migration] =
    migrations!["sqlite": "0001_core", "0002_remember", "0003_refresh", "0004_api_keys"];

/// `busy_timeout` comes first, for the others may have to wait already.
const SETUP: &str = "PRAGMA busy_timeout = 5000;
PRAGMA foreign_keys = ON;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;";

impl PoolConnection for Conn {
    const WRITERS: Option<usize> = Some(1);

    type Address = String;

    fn address(url: &str) -> Result<String> {
        let path = path_of(url)?;
        prepare_file(Path::new(&path))?;
        Ok(path)
    }

    async fn connect(path: &String) -> diesel::ConnectionResult<Self> {
        let path = path.clone();
        // In a task of its own: when the pool's patience ends, dropping the driver's future would block this thread.
        let opened = tokio::task::spawn_blocking(move || establish(&path)).await;
        let opened = opened.map_err(|error| diesel::ConnectionError::BadConnection(error.to_string()))?;
        Ok(SyncConnectionWrapper::new(opened?))
    }

    async fn is_alive(&mut self) -> QueryResult<()> {
        // There is no other end to lose, and asking would cost a change of threads.
        Ok(())
    }
}

/// Readers want WAL mode, and it may be that no connection of the pool has been made yet. The first stays open until the
/// readers are: the last to leave would clear the log away.
fn inline(pool: &SqlitePool) -> Result<Readers> {
    let path = pool.address();
    let first = establish(path).map_err(|error| {
        Error::new(
            crate::error::ErrorKind::Unavailable,
            format!("the SQLite file `{path}` cannot be opened: {error}"),
        )
    })?;
    let readers = Readers::open(path);
    drop(first);
    Ok(readers)
}

/// The path in `app.sqlite`, `sqlite:app.sqlite`, `sqlite://app.sqlite` or `sqlite:///var/lib/app.sqlite`.
fn path_of(url: &str) -> Result<String> {
    let url = url.trim();
    let has_scheme = url
        .get(..7)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("sqlite:"));
    let path = if has_scheme { &url[7..] } else { url };
    let path = if has_scheme {
        path.strip_prefix("//").unwrap_or(path)
    } else {
        path
    };
    let lower = path.to_ascii_lowercase();
    if lower.contains(":memory:") || lower.contains("mode=memory") {
        return Err(Error::config(
            "an SQLite database in memory does not work here: each connection would have one of its own; write the \
             path of a file, in tests of a temporary one",
        ));
    }
    if path.is_empty() {
        return Err(Error::config(
            "the URL of the SQLite database has no path: write the path of a file",
        ));
    }
    if lower.starts_with("file:") || (has_scheme && path.contains('?')) {
        return Err(Error::config(format!(
            "the SQLite database `{path}` is written with options, which this library does not read: write only the \
             path of the file"
        )));
    }
    if path.contains('\0') {
        return Err(Error::config(
            "the path of the SQLite database contains a NUL character",
        ));
    }
    Ok(path.to_owned())
}

/// Makes the folder and the file where they are missing, the file readable by its owner only: it holds addresses,
/// and SQLite gives its log files the same mode.
fn prepare_file(path: &Path) -> Result<()> {
    let failed = |what: &str, error: std::io::Error| {
        Error::config(format!(
            "{what} of the SQLite database `{}` cannot be made",
            path.display()
        ))
        .with_source(error)
    };
    if path.is_dir() {
        return Err(Error::config(format!(
            "the SQLite database `{}` is a folder: write the path of a file",
            path.display()
        )));
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent).map_err(|error| failed("the folder", error))?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed("the file", error)),
    }
}

/// Opens and sets up a connection. Two that switch a new file to WAL at once can fail each other without waiting, so
/// this tries again for a while.
fn establish(path: &str) -> diesel::ConnectionResult<SqliteConnection> {
    let mut tries = 0;
    loop {
        let mut connection = SqliteConnection::establish(path)?;
        match connection.batch_execute(SETUP) {
            Ok(()) => return Ok(connection),
            Err(error) if tries == 40 => {
                return Err(diesel::ConnectionError::CouldntSetupConfiguration(error));
            }
            Err(_) => {
                tries += 1;
                std::thread::sleep(Duration::from_millis(25));
            }
        }
    }
}

/// Takes the write lock at the start: a transaction that reads first and writes later fails when another has written
/// in between.
async fn begin(connection: &mut Conn) -> QueryResult<()> {
    connection
        .spawn_blocking(|connection| {
            AnsiTransactionManager::begin_transaction_sql(connection, "BEGIN IMMEDIATE")
        })
        .await
}

/// Whether the user is active and still has this uniquifier. The transaction holds the only write lock there is.
async fn lock_user(line: &mut Line, id: i64, fs_uniquifier: String) -> std::result::Result<bool, Failure> {
    let found: Option<i64> = security_users::table
        .filter(security_users::id.eq(id))
        .filter(security_users::fs_uniquifier.eq(fs_uniquifier))
        .filter(security_users::active.eq(true))
        .select(security_users::id)
        .get_result(line.statement())
        .await
        .optional()?;
    Ok(found.is_some())
}

async fn lock_schema(connection: &mut Conn) -> std::result::Result<(), Failure> {
    Ok(begin(connection).await?)
}

async fn unlock_schema(connection: &mut Conn, keep: bool) -> std::result::Result<(), Failure> {
    type Transactions = <Conn as AsyncConnection>::TransactionManager;
    if keep {
        Ok(Transactions::commit_transaction(connection).await?)
    } else {
        Ok(Transactions::rollback_transaction(connection).await?)
    }
}

/// Whether the library has ever migrated this database.
async fn is_migrated(connection: &mut Conn) -> std::result::Result<bool, Failure> {
    let tables: i64 = diesel::dsl::sql::<diesel::sql_types::BigInt>(
        "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'security_schema_migrations'",
    )
    .get_result(connection)
    .await?;
    Ok(tables > 0)
}

/// The store as it is where inline reads are not possible.
#[cfg(test)]
pub(super) fn store_without_readers(pool: &SqlitePool) -> std::sync::Arc<dyn crate::store::Datastore> {
    std::sync::Arc::new(store::Store::new(pool.clone(), Readers::none()))
}
