//! Opening the store and running the migrations on one kind of connection. Included by each backend's module, like
//! `roles.rs`.

use std::sync::Arc;

use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use super::super::failure::Failure;
use super::super::line::detached;
use super::super::schema::security_schema_migrations;
use super::store::Store;
use super::{Conn, MIGRATIONS, Pool, inline, is_migrated, lock_schema, unlock_schema};
use crate::clock::Clock;
use crate::store::Datastore;
use crate::store::migrate::statements;
use crate::store::pool::StorePool;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS security_schema_migrations (
    version VARCHAR(64) NOT NULL PRIMARY KEY,
    applied_at BIGINT NOT NULL
)";

#[rocket::async_trait]
impl StorePool for Pool {
    fn store(&self) -> crate::Result<Arc<dyn Datastore>> {
        Ok(Arc::new(Store::new(self.clone(), inline(self)?)))
    }

    async fn migrate(&self) -> crate::Result<Vec<String>> {
        let turn = self.writer().await?;
        let mut connection = self.connection().await?;
        detached(async move {
            let _turn = turn;
            Ok(migrate(&mut connection).await?)
        })
        .await
    }

    async fn pending(&self) -> crate::Result<Vec<String>> {
        let mut connection = self.connection().await?;
        detached(async move { Ok(pending(&mut connection).await?) }).await
    }

    async fn revert(&self, steps: usize) -> crate::Result<Vec<String>> {
        let turn = self.writer().await?;
        let mut connection = self.connection().await?;
        detached(async move {
            let _turn = turn;
            Ok(revert(&mut connection, steps).await?)
        })
        .await
    }
}

async fn migrate(connection: &mut Conn) -> Result<Vec<String>, Failure> {
    lock_schema(connection).await?;
    let outcome = forward(connection).await;
    finish(connection, outcome).await
}

async fn revert(connection: &mut Conn, steps: usize) -> Result<Vec<String>, Failure> {
    lock_schema(connection).await?;
    let outcome = backward(connection, steps).await;
    finish(connection, outcome).await
}

async fn pending(connection: &mut Conn) -> Result<Vec<String>, Failure> {
    let applied = match is_migrated(connection).await? {
        true => applied(connection).await?,
        false => Vec::new(),
    };
    let missing = MIGRATIONS.iter().map(|migration| migration.version);
    let missing = missing.filter(|version| !applied.iter().any(|done| done == version));
    Ok(missing.map(str::to_owned).collect())
}

async fn finish<T>(connection: &mut Conn, outcome: Result<T, Failure>) -> Result<T, Failure> {
    let unlocked = unlock_schema(connection, outcome.is_ok()).await;
    let value = outcome?;
    unlocked?;
    Ok(value)
}

/// The steps that were taken, oldest first. A newer version of the library may have taken more than this one knows.
async fn applied(connection: &mut Conn) -> Result<Vec<String>, Failure> {
    Ok(security_schema_migrations::table
        .select(security_schema_migrations::version)
        .order(security_schema_migrations::version)
        .load(connection)
        .await?)
}

async fn forward(connection: &mut Conn) -> Result<Vec<String>, Failure> {
    // Not unconditionally: in a read-only role, with nothing left to do, the launch must not need to create tables.
    if !is_migrated(connection).await? {
        connection.batch_execute(TABLE).await?;
    }
    let applied = applied(connection).await?;
    let mut taken = Vec::new();
    for migration in MIGRATIONS {
        if applied.iter().any(|done| done == migration.version) {
            continue;
        }
        for statement in statements(migration.up) {
            connection.batch_execute(&statement).await?;
        }
        diesel::insert_into(security_schema_migrations::table)
            .values((
                security_schema_migrations::version.eq(migration.version),
                security_schema_migrations::applied_at.eq(Clock::system().now().as_millis()),
            ))
            .execute(connection)
            .await?;
        taken.push(migration.version.to_owned());
    }
    Ok(taken)
}

async fn backward(connection: &mut Conn, steps: usize) -> Result<Vec<String>, Failure> {
    if !is_migrated(connection).await? {
        return Ok(Vec::new());
    }
    let applied = applied(connection).await?;
    let mut taken = Vec::new();
    for version in applied.into_iter().rev().take(steps) {
        let Some(migration) = MIGRATIONS.iter().find(|migration| migration.version == version) else {
            return Err(Failure::Refused(format!(
                "the step `{version}` was taken by a newer version of the library, which alone can take it back"
            )));
        };
        for statement in statements(migration.down) {
            connection.batch_execute(&statement).await?;
        }
        diesel::delete(
            security_schema_migrations::table.filter(security_schema_migrations::version.eq(&version)),
        )
        .execute(connection)
        .await?;
        taken.push(version);
    }
    Ok(taken)
}
