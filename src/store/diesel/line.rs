//! A connection while the store uses it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use deadpool::managed::Object;
use rocket::futures::future::BoxFuture;

use super::failure::Failure;
use crate::error::{Error, ErrorKind, Result};
use crate::store::pool::{PoolConnection, PooledConnection};

/// What an operation of the store gives back once it ran on a [`Line`].
pub(super) type Answer<'a, T> = BoxFuture<'a, Result<T, Failure>>;

/// How often an operation that lost to another one is run in all.
const TRIES: u32 = 5;

/// After this time it is not run again: whoever waits for the answer has waited long enough.
const PATIENCE: Duration = Duration::from_secs(5);

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

    /// Whether nothing can be done with the connection any more.
    pub(super) fn is_broken(&mut self) -> bool {
        self.connection.is_broken()
    }

    /// Gives the connection back to the pool after an operation. One that may be dead, or in which a transaction stayed
    /// open, is thrown away instead: the next request would fail on it, and SQLite would stay locked.
    pub(super) fn close<T>(mut self, outcome: Result<T, Failure>) -> Result<T> {
        let outcome = outcome.map_err(Error::from);
        let Err(error) = outcome else { return outcome };
        let is_broken = self.is_broken();
        if error.is_unavailable() || is_broken {
            drop(Object::take(self.connection));
        }
        // Whatever the server's words were: with its connection lost, the same request may succeed on another.
        if is_broken && error.kind() == ErrorKind::Internal {
            return Err(
                Error::new(ErrorKind::Unavailable, "the connection to the database was lost")
                    .with_source(error),
            );
        }
        Err(error)
    }
}

/// How often what lost to another transaction is run again.
pub(super) struct Tries {
    began: Instant,
    made: u32,
}

impl Tries {
    pub(super) fn new() -> Self {
        Tries {
            began: Instant::now(),
            made: 0,
        }
    }

    /// Whether to run it again; if so, waits a little, and not as long as the one that it lost to.
    pub(super) async fn may_again<C: PoolConnection>(
        &mut self,
        line: &mut Line<C>,
        failure: &Failure,
    ) -> bool {
        self.made += 1;
        let may = failure.is_passing()
            && self.made < TRIES
            && self.began.elapsed() < PATIENCE
            // Where even the rollback failed, nobody knows what became of it.
            && !line.is_broken();
        if may {
            let longest = 20 * self.made;
            let wait = getrandom::u32().unwrap_or_default() % longest + self.made;
            tokio::time::sleep(Duration::from_millis(wait.into())).await;
        }
        may
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
