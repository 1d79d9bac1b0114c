use std::any::{Any, type_name};
use std::sync::Arc;

use rocket::futures::future::BoxFuture;

use crate::error::Error;
use crate::model::User;

/// Whatever an application's own code fails with.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

type Work =
    dyn for<'a> Fn(&'a mut (dyn Any + Send), &'a User) -> BoxFuture<'a, Result<(), BoxError>> + Send + Sync;

/// What an application wants done in the transaction that makes a user: the argument of
/// [`Users::create_user_with`](crate::store::Users::create_user_with).
///
/// A datastore of one's own runs it inside its transaction, on whatever type its connection has; the application names
/// the same type in [`Security::create_user_with`](crate::Security::create_user_with).
#[derive(Clone)]
pub struct Along(Arc<Work>);

impl Along {
    /// Wraps work that wants a connection of the type `C`. It may be run several times: a transaction that lost to
    /// another one starts anew.
    pub fn new<C: Any + Send>(
        work: impl for<'a> Fn(&'a mut C, &'a User) -> BoxFuture<'a, Result<(), BoxError>> + Send + Sync + 'static,
    ) -> Self {
        Along(Arc::new(move |connection, user| {
            match connection.downcast_mut::<C>() {
                Some(connection) => work(connection, user),
                None => Box::pin(std::future::ready(Err(Error::config(format!(
                    "the accounts are not kept on connections of the type `{}`: name the one of the application's pool",
                    type_name::<C>()
                ))
                .into()))),
            }
        }))
    }

    /// Runs it on the connection on which the transaction is open, with the user that was just made. On an error the
    /// transaction must be rolled back.
    ///
    /// # Errors
    /// What the application failed with; or a configuration error when it wants another type of connection.
    pub async fn run<C: Any + Send>(&self, connection: &mut C, user: &User) -> Result<(), BoxError> {
        (self.0)(connection, user).await
    }
}

/// An async closure of an application that gets a connection and a new user. Implemented for all of them; the long form
/// of `async FnOnce(&mut C, &User) -> Result<T, E>` says that its future may move between threads.
pub trait WithUser<'a, C: 'a, T, E>:
    AsyncFnOnce(&'a mut C, &'a User) -> Result<T, E>
    + FnOnce(&'a mut C, &'a User) -> <Self as WithUser<'a, C, T, E>>::Done
{
    /// The future of its result.
    type Done: Future<Output = Result<T, E>>;
}

impl<'a, C: 'a, T, E, F, Done> WithUser<'a, C, T, E> for F
where
    F: AsyncFnOnce(&'a mut C, &'a User) -> Result<T, E> + FnOnce(&'a mut C, &'a User) -> Done,
    Done: Future<Output = Result<T, E>>,
{
    type Done = Done;
}
