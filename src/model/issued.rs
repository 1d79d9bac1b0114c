use std::ops::Deref;

/// A session, a remembered browser, a family of refresh tokens or an API key that the gate has let in, on its way into the
/// store.
///
/// Only the gate makes one. So a store, or an application with a store at hand, can read a
/// [`Session`](crate::Session) and build one for a row, but it cannot bring a new one into the world.
pub struct Issued<T>(T);

impl<T> Issued<T> {
    pub(crate) fn new(value: T) -> Self {
        Issued(value)
    }

    pub(crate) fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Issued<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
