//! The store on MySQL and MariaDB.

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
#[path = "row_lock.rs"]
mod row_lock;
#[path = "runner.rs"]
mod runner;
#[path = "sessions.rs"]
mod sessions;
#[path = "store.rs"]
mod store;
#[path = "users.rs"]
mod users;

use diesel::prelude::*;
use diesel_async::{
    AsyncConnection, AsyncMysqlConnection, RunQueryDsl, SimpleAsyncConnection, TransactionManager,
};

use mysql_async::{DriverError, Opts, OptsBuilder, SslOpts};
use row_lock::lock_user;

use super::failure::Failure;
use super::line::{self, detached as at_once};
use super::network::{NoReaders, no_connection, not_understood, server_url};
use super::tls::{Encryption, Mode, is_local};
use crate::error::{Error, Result};
use crate::store::migrate::{Migration, migrations};
use crate::store::pool::{DieselPool, PoolConnection, Scheme};

/// A connection to a MySQL or MariaDB server, as the application's queries and [`create_user_with`](crate::Security::create_user_with) get it.
pub type MySqlConn = AsyncMysqlConnection;
type Conn = MySqlConn;
type Line = line::Line<Conn>;
type Inline = NoReaders;

/// A pool of connections to a MySQL or MariaDB server.
pub type MySqlPool = DieselPool<AsyncMysqlConnection>;
type Pool = MySqlPool;

const MIGRATIONS: &[Migration] =
    migrations!["mysql": "0001_core", "0002_remember", "0003_refresh", "0004_api_keys"];

/// Locks have names of the whole server, at most 64 characters long, hence the digest of the database's name.
const LOCK: &str = "CONCAT('rocket_security_', MD5(DATABASE()))";

/// How long a statement waits for a row (the server would wait for 50 seconds) and for a table (a day, or a year).
const PATIENCE: &str = "SET SESSION innodb_lock_wait_timeout = 2, SESSION lock_wait_timeout = 5";

/// Where the server is and how it is spoken to.
pub struct MySqlServer {
    options: Opts,
    encryption: Encryption,
}

impl MySqlServer {
    pub(super) fn new(url: &str) -> Result<Self> {
        let (url, asked) = server_url(url, Scheme::MySql)?;
        let options = Opts::from_url(&url).map_err(|_| not_understood(Scheme::MySql))?;
        let encryption = asked.settle(options.socket().is_some() || is_local(options.ip_or_hostname()));
        let builder = OptsBuilder::from_opts(options)
            .init(vec![PATIENCE])
            // Diesel keeps the prepared statements, and counts the rows that matched.
            .stmt_cache_size(0)
            .client_found_rows(true);
        let builder = match encryption.mode {
            Mode::Disable => builder.ssl_opts(None),
            // Over the socket nothing is encrypted, and this asks for more.
            _ => builder.ssl_opts(ssl_options(&encryption)?).prefer_socket(false),
        };
        Ok(MySqlServer {
            options: builder.into(),
            encryption,
        })
    }

    #[cfg(test)]
    pub(super) fn mode(&self) -> Mode {
        self.encryption.mode
    }

    async fn connect(&self) -> diesel::ConnectionResult<AsyncMysqlConnection> {
        if self.encryption.mode != Mode::Disable {
            // The driver takes the process's provider, and panics where two are compiled in and none was chosen.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let connection = match mysql_async::Conn::new(self.options.clone()).await {
            Err(mysql_async::Error::Driver(DriverError::NoClientSslFlagFromServer))
                if self.encryption.mode == Mode::Prefer =>
            {
                let plain = OptsBuilder::from_opts(self.options.clone()).ssl_opts(None);
                mysql_async::Conn::new(plain).await
            }
            outcome => outcome,
        };
        let connection = connection.map_err(|error| no_connection(&self.encryption, &error))?;
        let mut connection = AsyncMysqlConnection::try_from(connection).await?;
        // What failed is told by the text alone, which a server may translate; one without translations refuses this.
        let _ = connection
            .batch_execute("SET SESSION lc_messages = 'en_US'")
            .await;
        Ok(connection)
    }
}

fn ssl_options(encryption: &Encryption) -> Result<SslOpts> {
    let options = match &encryption.roots {
        Some(file) => SslOpts::default()
            .with_root_certs(vec![file.clone().into()])
            .with_disable_built_in_roots(true),
        None => SslOpts::default(),
    };
    match encryption.mode {
        // The driver has a way to leave out the name, which no longer recognises the refusal that it should overlook.
        Mode::VerifyCa => Err(Error::config(
            "the URL of the MySQL database asks to check the certificate without its name, which is not supported: write \
             `ssl-mode=VERIFY_IDENTITY` and the name that the certificate has",
        )),
        Mode::VerifyFull => Ok(options),
        _ => Ok(options.with_danger_accept_invalid_certs(true)),
    }
}

impl PoolConnection for Conn {
    const WRITERS: Option<usize> = None;
    type Address = MySqlServer;

    fn address(url: &str) -> Result<MySqlServer> {
        MySqlServer::new(url)
    }

    async fn connect(server: &MySqlServer) -> diesel::ConnectionResult<Self> {
        server.connect().await
    }

    async fn is_alive(&mut self) -> QueryResult<()> {
        self.batch_execute("SELECT 1").await
    }
}

fn inline(_pool: &Pool) -> Result<NoReaders> {
    Ok(NoReaders)
}

/// At the server's default, REPEATABLE READ, a statement that finds no row still locks the gap, and two sign-ins can
/// block each other; each operation is a conditional write, and READ COMMITTED is all that needs.
async fn begin(connection: &mut Conn) -> QueryResult<()> {
    connection
        .batch_execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        .await?;
    <Conn as AsyncConnection>::TransactionManager::begin_transaction(connection).await
}

/// MySQL commits each change of a table at once, so this is a lock beside the transactions; it ends with the
/// connection at the latest.
async fn lock_schema(connection: &mut Conn) -> std::result::Result<(), Failure> {
    let locked: Option<i64> = diesel::dsl::sql::<diesel::sql_types::Nullable<diesel::sql_types::BigInt>>(
        &format!("SELECT GET_LOCK({LOCK}, 60)"),
    )
    .get_result(connection)
    .await?;
    match locked {
        // Beside an application that is at work, a step waits longer than a request may.
        Some(1) => Ok(connection
            .batch_execute("SET SESSION lock_wait_timeout = 60")
            .await?),
        // The words that the server uses for a lock of its own.
        _ => Err(Failure::Diesel(diesel::result::Error::DatabaseError(
            diesel::result::DatabaseErrorKind::Unknown,
            Box::new(
                "Lock wait timeout exceeded: another process has been migrating for a minute".to_owned(),
            ),
        ))),
    }
}

async fn unlock_schema(connection: &mut Conn, _keep: bool) -> std::result::Result<(), Failure> {
    connection.batch_execute(PATIENCE).await?;
    Ok(connection
        .batch_execute(&format!("DO RELEASE_LOCK({LOCK})"))
        .await?)
}

/// Whether the library has ever migrated this database.
async fn is_migrated(connection: &mut Conn) -> std::result::Result<bool, Failure> {
    let tables: i64 = diesel::dsl::sql::<diesel::sql_types::BigInt>(
        "SELECT COUNT(*) FROM information_schema.tables \
         WHERE table_schema = DATABASE() AND table_name = 'security_schema_migrations'",
    )
    .get_result(connection)
    .await?;
    Ok(tables > 0)
}
