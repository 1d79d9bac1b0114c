//! On which thread SQLite works.
//!
//! The driver hands each statement to a thread that may block, the beginning and the end of a transaction too, and
//! each time two threads have to find a core. So the library goes there once for a whole operation, and the statements
//! stay. The application's own queries go as they always did.

use std::cell::Cell;
use std::error::Error as StdError;

use diesel::sqlite::SqliteConnection;
use diesel_async::sync_connection_wrapper::{SpawnBlocking, SyncConnectionWrapper};
use rocket::futures::future::{BoxFuture, ready};
use tokio::runtime::Handle;

use crate::error::{Error, Result};

thread_local!(static MAY_BLOCK: Cell<bool> = const { Cell::new(false) });

/// The driver does not export the name of its own.
#[doc(hidden)]
pub trait RunsOn {
    type Threads;
}

impl<C, S> RunsOn for SyncConnectionWrapper<C, S> {
    type Threads = S;
}

type Driver = <SyncConnectionWrapper<SqliteConnection> as RunsOn>::Threads;

/// Runs statements on a thread that may block: on this one, if it is such a one already.
pub struct Threads(Driver);

impl SpawnBlocking for Threads {
    fn spawn_blocking<'a, R: Send + 'static>(
        &mut self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> BoxFuture<'a, std::result::Result<R, Box<dyn StdError + Send + Sync>>> {
        match MAY_BLOCK.get() {
            true => Box::pin(ready(Ok(task()))),
            false => self.0.spawn_blocking(task),
        }
    }

    fn get_runtime() -> Self {
        Threads(Driver::get_runtime())
    }
}

/// Runs all of it on one thread that may block, to its end whatever becomes of the request that asked for it. Nothing of
/// the application's belongs in there: if it wanted such a thread too, and there were no more, both would wait for ever.
pub(super) async fn at_once<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let runtime = Handle::current();
    let done = tokio::task::spawn_blocking(move || {
        // No thread is given back with it on: neither after a panic.
        struct Off;
        impl Drop for Off {
            fn drop(&mut self) {
                MAY_BLOCK.set(false);
            }
        }
        MAY_BLOCK.set(true);
        let _off = Off;
        runtime.block_on(work)
    });
    match done.await {
        Ok(result) => result,
        Err(error) => Err(Error::internal("a database task ended before its time").with_source(error)),
    }
}
