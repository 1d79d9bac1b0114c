//! A connection while the store uses it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use deadpool::managed::Object;
use rocket::futures::future::BoxFuture;

use super::failure::Failure;
use crate::error::{Error, Result};
use crate::store::pool::{PoolConnection, PooledConnection};

/// What an operation of the store gives back once it ran on a [`Line`].
pub(super) type Answer<'a, T> = BoxFuture<'a, Result<T, Failure>>;

/// A connection that counts the statements sent over it.
pub(super) struct Line<C: PoolConnection> {
    connection: PooledConnection<C>,
    statements: Arc<AtomicU64>,
}

impl<C: PoolConnection> Line<C> {
    pub(super) fn new(connection: PooledConnection<C>, statements: Arc<AtomicU64>) -> Self {
        Line {
            connection,
            statements,
        }
    }

    /// The connection, for exactly one statement.
    pub(super) fn statement(&mut self) -> &mut C {
        self.statements.fetch_add(1, Ordering::Relaxed);
        &mut self.connection
    }

    /// The connection, for what is not counted: the beginning and the end of a transaction.
    pub(super) fn connection(&mut self) -> &mut C {
        &mut self.connection
    }

    /// Gives the connection back to the pool after an operation. One that may be dead, or in which a transaction stayed
    /// open, is thrown away instead: the next request would fail on it, and SQLite would stay locked.
    pub(super) fn close<T>(mut self, outcome: Result<T, Failure>) -> Result<T> {
        let outcome = outcome.map_err(Error::from);
        if let Err(error) = &outcome
            && (error.is_unavailable() || self.connection.is_broken())
        {
            drop(Object::take(self.connection));
        }
        outcome
    }
}

/// Runs to its end whatever becomes of the request that asked for it. A visitor who hangs up would otherwise leave
/// an open transaction in the pool, or make the SQLite driver block the runtime's thread until its query is done.
pub(super) async fn detached<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    match tokio::spawn(work).await {
        Ok(result) => result,
        Err(error) => Err(Error::internal("a database task ended before its time").with_source(error)),
    }
}
