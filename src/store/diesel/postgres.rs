//! The store on PostgreSQL.

#[path = "queries.rs"]
mod queries;
#[path = "remember.rs"]
mod remember;
#[path = "runner.rs"]
mod runner;
#[path = "store.rs"]
mod store;
#[path = "users.rs"]
mod users;

use std::sync::Arc;

use diesel::prelude::*;
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
    TransactionManager,
};

use super::failure::Failure;
use super::line;
use super::network::{NoReaders, server_url};
use super::schema::security_users;
use crate::error::Result;
use crate::store::Datastore;
use crate::store::migrate::{Migration, migrations};
use crate::store::pool::{DieselPool, PoolConnection, Scheme, StorePool};

/// A connection to a PostgreSQL server, as the application's queries and [`create_user_with`](crate::Security::create_user_with) get it.
pub type PostgresConn = AsyncPgConnection;
type Conn = PostgresConn;
type Line = line::Line<Conn>;
type Inline = NoReaders;

/// A pool of connections to a PostgreSQL server.
pub type PostgresPool = DieselPool<AsyncPgConnection>;
type Pool = PostgresPool;

const MIGRATIONS: &[Migration] = migrations!["postgres": "0001_core", "0002_remember"];

/// The advisory lock that migrations hold; any number will do that nobody else takes.
const LOCK: i64 = 0x726f_636b_5f73_6563;

impl PoolConnection for Conn {
    const WRITERS: Option<usize> = None;

    fn prepare_url(url: &str) -> Result<String> {
        server_url(url, Scheme::Postgres)
    }

    async fn connect(url: &str) -> diesel::ConnectionResult<Self> {
        AsyncPgConnection::establish(url).await
    }

    async fn is_alive(&mut self) -> QueryResult<()> {
        self.batch_execute("SELECT 1").await
    }
}

#[rocket::async_trait]
impl StorePool for PostgresPool {
    fn store(&self) -> Result<Arc<dyn Datastore>> {
        Ok(Arc::new(store::Store::new(self.clone(), NoReaders)))
    }

    async fn migrate(&self) -> Result<Vec<String>> {
        let mut connection = self.connection().await?;
        line::detached(async move { Ok(runner::migrate(&mut connection).await?) }).await
    }

    async fn pending(&self) -> Result<Vec<String>> {
        let mut connection = self.connection().await?;
        line::detached(async move { Ok(runner::pending(&mut connection).await?) }).await
    }

    async fn revert(&self, steps: usize) -> Result<Vec<String>> {
        let mut connection = self.connection().await?;
        line::detached(async move { Ok(runner::revert(&mut connection, steps).await?) }).await
    }
}

/// Whatever the server's default: each operation is a conditional write, and READ COMMITTED is all that needs.
async fn begin(connection: &mut Conn) -> QueryResult<()> {
    AnsiTransactionManager::begin_transaction_sql(
        connection,
        "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
    )
    .await
}

/// Whether the user is active and still has this uniquifier; until the transaction ends nobody can change that.
async fn lock_user(line: &mut Line, id: i64, fs_uniquifier: String) -> std::result::Result<bool, Failure> {
    let found: Option<i64> = security_users::table
        .filter(security_users::id.eq(id))
        .filter(security_users::fs_uniquifier.eq(fs_uniquifier))
        .filter(security_users::active.eq(true))
        .select(security_users::id)
        .for_update()
        .get_result(line.statement())
        .await
        .optional()?;
    Ok(found.is_some())
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
