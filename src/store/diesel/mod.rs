//! The Diesel implementation of the datastore.
//!
//! `users.rs`, `roles.rs` and `sessions.rs` (the statements), `counters.rs`, `remember.rs`, `refresh.rs` and `api_keys.rs` (the
//! statements and the trait that runs them), `store.rs` (how an operation is run, and the other traits) and `runner.rs` (the
//! migrations) are written once, in terms of the `Conn` of the module that includes them; `sqlite.rs`, `postgres.rs` and
//! `mysql.rs` each include them and add the little that differs.
#![cfg_attr(
    not(any(feature = "sqlite", feature = "postgres", feature = "mysql")),
    allow(dead_code)
)]
// Included once per backend, on purpose.
#![allow(clippy::duplicate_mod)]

mod failure;
mod line;
mod lookups;
mod rows;
mod schema;

#[cfg(any(feature = "postgres", feature = "mysql"))]
mod network;
#[cfg(feature = "sqlite")]
mod readers;
#[cfg(feature = "sqlite")]
mod threads;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod tls;

#[cfg(feature = "mysql")]
pub(crate) mod mysql;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

#[cfg(test)]
mod tests;
