//! The store on MySQL and MariaDB.

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
    AsyncConnection, AsyncMysqlConnection, RunQueryDsl, SimpleAsyncConnection, TransactionManager,
};

use super::failure::Failure;
use super::line;
use super::network::{NoReaders, server_url};
use super::schema::security_users;
use crate::error::Result;
use crate::store::Datastore;
use crate::store::migrate::{Migration, migrations};
use crate::store::pool::{DieselPool, PoolConnection, Scheme, StorePool};

/// A connection to a MySQL or MariaDB server, as the application's queries and [`create_user_with`](crate::Security::create_user_with) get it.
pub type MySqlConn = AsyncMysqlConnection;
type Conn = MySqlConn;
type Line = line::Line<Conn>;
type Inline = NoReaders;

/// A pool of connections to a MySQL or MariaDB server.
pub type MySqlPool = DieselPool<AsyncMysqlConnection>;
type Pool = MySqlPool;

const MIGRATIONS: &[Migration] = migrations!["mysql": "0001_core", "0002_remember"];

/// Locks have names of the whole server, at most 64 characters long, hence the digest of the database's name.
const LOCK: &str = "CONCAT('rocket_security_', MD5(DATABASE()))";

impl PoolConnection for Conn {
    const WRITERS: Option<usize> = None;

    fn prepare_url(url: &str) -> Result<String> {
        server_url(url, Scheme::MySql)
    }

    async fn connect(url: &str) -> diesel::ConnectionResult<Self> {
        AsyncMysqlConnection::establish(url).await
    }

    async fn is_alive(&mut self) -> QueryResult<()> {
        self.batch_execute("SELECT 1").await
    }
}

#[rocket::async_trait]
impl StorePool for MySqlPool {
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

/// At the server's default, REPEATABLE READ, a statement that finds no row still locks the gap, and two sign-ins can
/// block each other; each operation is a conditional write, and READ COMMITTED is all that needs.
async fn begin(connection: &mut Conn) -> QueryResult<()> {
    connection
        .batch_execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        .await?;
    <Conn as AsyncConnection>::TransactionManager::begin_transaction(connection).await
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

/// MySQL commits each change of a table at once, so this is a lock beside the transactions; it ends with the
/// connection at the latest.
async fn lock_schema(connection: &mut Conn) -> std::result::Result<(), Failure> {
    let locked: Option<i64> = diesel::dsl::sql::<diesel::sql_types::Nullable<diesel::sql_types::BigInt>>(
        &format!("SELECT GET_LOCK({LOCK}, 60)"),
    )
    .get_result(connection)
    .await?;
    match locked {
        Some(1) => Ok(()),
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
