//! The store on PostgreSQL.

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
    AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection, TransactionManager,
};

use row_lock::lock_user;
use tokio_postgres::NoTls;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::failure::Failure;
use super::line::{self, detached as at_once};
use super::network::{NoReaders, no_connection, not_understood, server_url};
use super::tls::{Encryption, Mode, client_config, is_local};
use crate::error::{Error, Result};
use crate::store::migrate::{Migration, migrations};
use crate::store::pool::{DieselPool, PoolConnection, Scheme};

/// A connection to a PostgreSQL server, as the application's queries and [`create_user_with`](crate::Security::create_user_with) get it.
pub type PostgresConn = AsyncPgConnection;
type Conn = PostgresConn;
type Line = line::Line<Conn>;
type Inline = NoReaders;

/// A pool of connections to a PostgreSQL server.
pub type PostgresPool = DieselPool<AsyncPgConnection>;
type Pool = PostgresPool;

const MIGRATIONS: &[Migration] =
    migrations!["postgres": "0001_core", "0002_remember", "0003_refresh", "0004_api_keys"];

/// The advisory lock that migrations hold; any number will do that nobody else takes.
const LOCK: i64 = 0x726f_636b_5f73_6563;

/// Where the server is and how it is spoken to.
pub struct PostgresServer {
    config: tokio_postgres::Config,
    encryption: Encryption,
    tls: Option<MakeRustlsConnect>,
}

impl PostgresServer {
    pub(super) fn new(url: &str) -> Result<Self> {
        let (url, asked) = server_url(url, Scheme::Postgres)?;
        let mut config: tokio_postgres::Config = url.parse().map_err(|_| not_understood(Scheme::Postgres))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(Error::config(
                "the URL of the PostgreSQL database names no host: write it behind the `@`, or `?host=/run/postgresql` \
                 for a socket",
            ));
        }
        let named = config.get_hosts().iter().all(|host| match host {
            Host::Tcp(name) => is_local(name),
            #[cfg(unix)]
            Host::Unix(_) => true,
        });
        // An address is where the connection goes to; the name beside it is only what the certificate must say.
        let local = match config.get_hostaddrs() {
            [] => named,
            addresses => addresses.iter().all(std::net::IpAddr::is_loopback),
        };
        let encryption = asked.settle(local);
        config.ssl_mode(match encryption.mode {
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            _ => SslMode::Require,
        });
        let tls = client_config(&encryption)?.map(MakeRustlsConnect::new);
        Ok(PostgresServer {
            config,
            encryption,
            tls,
        })
    }

    #[cfg(test)]
    pub(super) fn mode(&self) -> Mode {
        self.encryption.mode
    }

    async fn connect(&self) -> diesel::ConnectionResult<AsyncPgConnection> {
        let failed = |error: tokio_postgres::Error| no_connection(&self.encryption, &error);
        let mut connection = match &self.tls {
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await.map_err(failed)?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await?
            }
            None => {
                let (client, connection) = self.config.connect(NoTls).await.map_err(failed)?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await?
            }
        };
        // The server itself would wait for a lock for ever. Who writes `options=-c lock_timeout=…` knows better.
        let said = self.config.get_options().unwrap_or_default();
        if !said.contains("lock_timeout") {
            connection
                .batch_execute("SET lock_timeout = '2s'")
                .await
                .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
        }
        Ok(connection)
    }
}

impl PoolConnection for Conn {
    const WRITERS: Option<usize> = None;
    type Address = PostgresServer;

    fn address(url: &str) -> Result<PostgresServer> {
        PostgresServer::new(url)
    }

    async fn connect(server: &PostgresServer) -> diesel::ConnectionResult<Self> {
        server.connect().await
    }

    async fn is_alive(&mut self) -> QueryResult<()> {
        self.batch_execute("SELECT 1").await
    }
}

fn inline(_pool: &Pool) -> Result<NoReaders> {
    Ok(NoReaders)
}

/// Whatever the server's default: each operation is a conditional write, and READ COMMITTED is all that needs.
async fn begin(connection: &mut Conn) -> QueryResult<()> {
    AnsiTransactionManager::begin_transaction_sql(
        connection,
        "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
    )
    .await
}

/// The lock ends with the transaction, so it works through a pooler too and cannot be forgotten.
async fn lock_schema(connection: &mut Conn) -> std::result::Result<(), Failure> {
    begin(connection).await?;
    let locked = connection
        .batch_execute(&format!(
            "SET LOCAL lock_timeout = '60s'; SELECT pg_advisory_xact_lock({LOCK})"
        ))
        .await;
    if let Err(error) = locked {
        let _ = AnsiTransactionManager::rollback_transaction(connection).await;
        return Err(error.into());
    }
    Ok(())
}

async fn unlock_schema(connection: &mut Conn, keep: bool) -> std::result::Result<(), Failure> {
    if keep {
        Ok(AnsiTransactionManager::commit_transaction(connection).await?)
    } else {
        Ok(AnsiTransactionManager::rollback_transaction(connection).await?)
    }
}

/// Whether the library has ever migrated this database.
async fn is_migrated(connection: &mut Conn) -> std::result::Result<bool, Failure> {
    Ok(diesel::dsl::sql::<diesel::sql_types::Bool>(
        "SELECT to_regclass('security_schema_migrations') IS NOT NULL",
    )
    .get_result(connection)
    .await?)
}
