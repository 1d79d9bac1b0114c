//! Connection pools, for the application's own queries and for the library's.
//!
//! `SqlitePool`, `PostgresPool` and `MySqlPool`, each behind the Cargo feature of its name, plug into `rocket_db_pools`, so that an application declares
//! its database as with any other driver and the library works on the same connections:
//!
//! ```
//! # #[cfg(feature = "sqlite")] {
//! use rocket_db_pools::Database;
//! use rocket_security::db::SqlitePool;
//!
//! #[derive(Database)]
//! #[database("app")]
//! struct Db(SqlitePool);
//! # }
//! ```
//!
//! ```toml
//! [default.databases.app]
//! url = "data/app.sqlite"     # or postgres://…, mysql://…
//! max_connections = 16        # workers * 4 unless written
//! connect_timeout = 5         # seconds to wait for a connection: then "busy" (503)
//! idle_timeout = 300          # seconds after which an idle connection is replaced
//! ```
//!
//! The URL holds the database's password: it is never part of an error, and no type here shows it.
//!
//! To a server on another machine the connection is encrypted, and the server has to prove by its certificate that it
//! is the host of the URL. `sslrootcert=` names a file with the certificate authority to trust instead of the public
//! ones; `sslmode=disable`, `prefer`, `require`, `verify-ca` or `verify-full` says otherwise (MySQL's own words `ssl-mode=`
//! and `ssl-ca=` are understood too; it has no `verify-ca`). To `localhost`, a loopback address or a socket it is plain
//! unless the URL asks for more. What lets somebody in between listen is logged as a warning.
#![cfg_attr(
    not(any(feature = "sqlite", feature = "postgres", feature = "mysql")),
    allow(dead_code)
)]

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool::managed::{self, Metrics, Object, RecycleResult, TimeoutType};
use diesel_async::AsyncConnection;
use diesel_async::pooled_connection::PoolableConnection;
use rocket::figment::Figment;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, ErrorKind, Result};
use crate::store::Datastore;

#[cfg(feature = "mysql")]
pub use crate::store::diesel::mysql::{MySqlConn, MySqlPool};
#[cfg(feature = "postgres")]
pub use crate::store::diesel::postgres::{PostgresConn, PostgresPool};
#[cfg(feature = "sqlite")]
pub use crate::store::diesel::sqlite::{SqliteConn, SqlitePool};

/// A connection that answered within this time is taken for alive; any other is asked before it is handed out. So a
/// server that restarts costs its users a second, and asking costs next to nothing.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// A pool that the library can keep its accounts in.
#[rocket::async_trait]
pub trait StorePool: Send + Sync {
    /// The datastore on this pool. It opens what it needs beside the pool, so it is made once, at launch.
    fn store(&self) -> Result<Arc<dyn Datastore>>;

    /// Brings the library's tables up to date and says which steps it took. Any number of processes may do so at
    /// once: a lock in the database lets one of them work and the others find nothing left to do.
    async fn migrate(&self) -> Result<Vec<String>>;

    /// The steps that [`StorePool::migrate`] would take.
    async fn pending(&self) -> Result<Vec<String>>;

    /// Takes back the newest `steps` steps with all that their tables hold, and says which.
    async fn revert(&self, steps: usize) -> Result<Vec<String>>;
}

/// How many connections a pool keeps and how long it waits for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolOptions {
    /// The most connections at any time.
    pub max_connections: usize,
    /// How long a request waits for a connection before it is refused as busy.
    pub connect_timeout: Duration,
    /// After what idle time a connection is replaced; never, unless given.
    pub idle_timeout: Option<Duration>,
}

impl Default for PoolOptions {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        PoolOptions {
            max_connections: cores * 4,
            connect_timeout: Duration::from_secs(5),
            idle_timeout: None,
        }
    }
}

/// A database's table in `Rocket.toml`, with the names and units of `rocket_db_pools`.
#[derive(Deserialize)]
struct Table {
    url: String,
    max_connections: Option<usize>,
    connect_timeout: Option<u64>,
    idle_timeout: Option<u64>,
}

impl PoolOptions {
    /// The URL and the options in a figment that is focused on one database, such as `databases.app`.
    pub fn from_figment(figment: &Figment) -> Result<(String, PoolOptions)> {
        let table: Table = figment.extract().map_err(|error| {
            Error::config(format!("the database's configuration cannot be read: {error}"))
        })?;
        let default = PoolOptions::default();
        let options = PoolOptions {
            max_connections: table.max_connections.unwrap_or(default.max_connections),
            connect_timeout: table
                .connect_timeout
                .map_or(default.connect_timeout, Duration::from_secs),
            idle_timeout: table.idle_timeout.map(Duration::from_secs),
        };
        Ok((table.url, options))
    }
}

/// Opens a pool on the database that the URL names: `postgres://`, `postgresql://`, `mysql://`, `mariadb://`,
/// or for SQLite `sqlite:` and a path, or just a path.
pub async fn open(url: &str, options: PoolOptions) -> Result<Arc<dyn StorePool>> {
    match Scheme::of(url)? {
        #[cfg(feature = "sqlite")]
        Scheme::Sqlite => Ok(Arc::new(SqlitePool::open(url, options)?)),
        #[cfg(feature = "postgres")]
        Scheme::Postgres => Ok(Arc::new(PostgresPool::open(url, options)?)),
        #[cfg(feature = "mysql")]
        Scheme::MySql => Ok(Arc::new(MySqlPool::open(url, options)?)),
        #[allow(unreachable_patterns)]
        scheme => {
            let _ = options;
            Err(Error::config(format!(
                "the database's URL asks for {name}, which this build leaves out: \
                 write `rocket_security = {{ features = [\"{feature}\"] }}` in Cargo.toml",
                name = scheme.name(),
                feature = scheme.feature(),
            )))
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Sqlite,
    Postgres,
    MySql,
}

impl Scheme {
    pub(crate) fn of(url: &str) -> Result<Scheme> {
        let lower = url.trim_start().to_ascii_lowercase();
        let is = |scheme: &str| lower.starts_with(scheme);
        if is("postgres://") || is("postgresql://") {
            Ok(Scheme::Postgres)
        } else if is("mysql://") || is("mariadb://") {
            Ok(Scheme::MySql)
        } else if is("sqlite:") || !lower.contains("://") {
            Ok(Scheme::Sqlite)
        } else {
            let scheme = lower.split("://").next().unwrap_or_default().to_owned();
            Err(Error::config(format!(
                "`{scheme}://` is no database that this library knows: write postgres://, mysql://, or the path of an \
                 SQLite file"
            )))
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Scheme::Sqlite => "SQLite",
            Scheme::Postgres => "PostgreSQL",
            Scheme::MySql => "MySQL",
        }
    }

    const fn feature(self) -> &'static str {
        match self {
            Scheme::Sqlite => "sqlite",
            Scheme::Postgres => "postgres",
            Scheme::MySql => "mysql",
        }
    }
}

/// What a pool must know of its kind of connection. Implemented by this library only.
#[doc(hidden)]
pub trait PoolConnection: AsyncConnection + PoolableConnection + Send + 'static {
    #[doc(hidden)]
    const WRITERS: Option<usize>;

    /// What a URL comes to. It holds a password, so it has no `Debug`.
    #[doc(hidden)]
    type Address: Send + Sync + 'static;

    /// Checks the URL without a connection and prepares what must exist.
    #[doc(hidden)]
    fn address(url: &str) -> Result<Self::Address>;

    #[doc(hidden)]
    fn connect(address: &Self::Address) -> impl Future<Output = diesel::ConnectionResult<Self>> + Send;

    /// Whether the other end still answers.
    #[doc(hidden)]
    fn is_alive(&mut self) -> impl Future<Output = diesel::QueryResult<()>> + Send;
}

/// Makes and revives the connections of one pool.
pub struct Manager<C: PoolConnection> {
    address: Arc<C::Address>,
    idle_timeout: Option<Duration>,
}

/// A connection, and when it last answered.
pub struct Checked<C> {
    connection: C,
    answered: Instant,
}

impl<C> Deref for Checked<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.connection
    }
}

impl<C> DerefMut for Checked<C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.connection
    }
}

impl<C: PoolConnection> managed::Manager for Manager<C> {
    type Type = Checked<C>;
    type Error = diesel_async::pooled_connection::PoolError;

    async fn create(&self) -> Result<Checked<C>, Self::Error> {
        let connection = C::connect(&self.address)
            .await
            .map_err(diesel_async::pooled_connection::PoolError::ConnectionError)?;
        Ok(Checked {
            connection,
            answered: Instant::now(),
        })
    }

    async fn recycle(&self, checked: &mut Checked<C>, metrics: &Metrics) -> RecycleResult<Self::Error> {
        // Broken also means that a transaction was left open.
        if checked.connection.is_broken() {
            return Err(managed::RecycleError::message("the connection is broken"));
        }
        if self
            .idle_timeout
            .is_some_and(|timeout| metrics.last_used() > timeout)
        {
            return Err(managed::RecycleError::message(
                "the connection was idle for too long",
            ));
        }
        if checked.answered.elapsed() > TRUSTED_FOR {
            checked
                .connection
                .is_alive()
                .await
                .map_err(diesel_async::pooled_connection::PoolError::QueryError)?;
            checked.answered = Instant::now();
        }
        Ok(())
    }
}

/// A connection out of a pool; it goes back when it is dropped. Diesel's queries run on it as on the connection
/// itself.
pub type PooledConnection<C> = Object<Manager<C>>;

/// A pool of Diesel connections of one kind. Cheap to clone: all clones are the same pool.
pub struct DieselPool<C: PoolConnection> {
    connections: managed::Pool<Manager<C>>,
    address: Arc<C::Address>,
    options: PoolOptions,
    writers: Option<Arc<Semaphore>>,
}

impl<C: PoolConnection> DieselPool<C> {
    /// A pool on the database of that URL. No connection is made yet.
    pub fn open(url: &str, options: PoolOptions) -> Result<Self> {
        let address = Arc::new(C::address(url)?);
        if options.max_connections == 0 {
            return Err(Error::config(
                "`max_connections` of the database is 0: write 1 or more",
            ));
        }
        let manager = Manager {
            address: address.clone(),
            idle_timeout: options.idle_timeout,
        };
        let connections = managed::Pool::builder(manager)
            .max_size(options.max_connections)
            .wait_timeout(Some(options.connect_timeout))
            .create_timeout(Some(options.connect_timeout))
            .recycle_timeout(Some(options.connect_timeout))
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(|error| Error::internal("the connection pool cannot be built").with_source(error))?;
        Ok(DieselPool {
            connections,
            address,
            options,
            writers: C::WRITERS.map(|writers| Arc::new(Semaphore::new(writers))),
        })
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn address(&self) -> &C::Address {
        &self.address
    }

    /// A connection, as soon as one is free.
    pub async fn connection(&self) -> Result<PooledConnection<C>> {
        self.connections.get().await.map_err(|error| match error {
            managed::PoolError::Timeout(TimeoutType::Wait) => Error::new(
                ErrorKind::Busy,
                "all connections to the database are in use; raise `max_connections` if this lasts",
            ),
            managed::PoolError::Timeout(_) => {
                Error::new(ErrorKind::Unavailable, "the database did not answer in time")
            }
            managed::PoolError::Closed => {
                Error::new(ErrorKind::Unavailable, "the connection pool has been closed")
            }
            error => Error::new(ErrorKind::Unavailable, "the database cannot be reached").with_source(error),
        })
    }

    /// Where the database lets only so many write at once, a place in that line. Waiting here is fair and holds no
    /// connection; waiting inside SQLite is neither.
    pub(crate) async fn writer(&self) -> Result<Option<OwnedSemaphorePermit>> {
        let Some(writers) = &self.writers else {
            return Ok(None);
        };
        match tokio::time::timeout(self.options.connect_timeout, writers.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Some(permit)),
            Ok(Err(_)) => Err(Error::new(
                ErrorKind::Unavailable,
                "the connection pool has been closed",
            )),
            Err(_) => Err(Error::new(
                ErrorKind::Busy,
                "too many requests wait for their turn to write to the database",
            )),
        }
    }
}

impl<C: PoolConnection> Clone for DieselPool<C> {
    fn clone(&self) -> Self {
        DieselPool {
            connections: self.connections.clone(),
            address: self.address.clone(),
            options: self.options,
            writers: self.writers.clone(),
        }
    }
}

impl<C: PoolConnection> fmt::Debug for DieselPool<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DieselPool")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

#[rocket::async_trait]
impl<C: PoolConnection> rocket_db_pools::Pool for DieselPool<C> {
    type Connection = PooledConnection<C>;
    type Error = Error;

    async fn init(figment: &Figment) -> Result<Self> {
        let (url, options) = PoolOptions::from_figment(figment)?;
        Self::open(&url, options)
    }

    async fn get(&self) -> Result<Self::Connection> {
        self.connection().await
    }

    async fn close(&self) {
        self.connections.close();
    }
}

#[cfg(test)]
mod tests;
