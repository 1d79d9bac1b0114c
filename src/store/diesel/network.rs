//! What the databases behind a network have in common.

use std::sync::atomic::AtomicU64;

use crate::error::{Error, Result};
use crate::model::{Role, Session, SessionHash, User, UserId};
use crate::store::pool::Scheme;

/// In the place of SQLite's readers: a server is always asked over the pool.
pub(super) struct NoReaders;

impl NoReaders {
    pub(super) fn session_with_user(
        &self,
        _hashes: &[SessionHash],
        _statements: &AtomicU64,
    ) -> Option<Option<(Session, User)>> {
        None
    }

    pub(super) fn roles_of(&self, _user: UserId, _statements: &AtomicU64) -> Option<Vec<Role>> {
        None
    }
}

/// The URL as the driver wants it. What is wrong with one is said without repeating it: it holds a password.
pub(super) fn server_url(url: &str, expected: Scheme) -> Result<String> {
    let url = url.trim();
    if Scheme::of(url)? != expected {
        return Err(Error::config(format!(
            "the URL of this pool does not begin like one of {}",
            expected.name()
        )));
    }
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let scheme = match expected {
        Scheme::MySql => "mysql",
        _ => "postgres",
    };
    // PostgreSQL falls back to a database of the user's name, and takes several hosts; the driver knows the rest.
    let database = rest.split('?').next().and_then(|rest| rest.split_once('/'));
    if expected == Scheme::MySql && database.is_none_or(|(_, database)| database.is_empty()) {
        return Err(Error::config(
            "the URL of the MySQL database names no database: write it behind the last slash",
        ));
    }
    Ok(format!("{scheme}://{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_url_is_refused_without_its_password() {
        for url in [
            "mysql://app:s3cret@db",
            "mysql://app:s3cret@db/?x=/y",
            "postgres://app:s3cret@db/app",
            "app:s3cret",
        ] {
            let error = server_url(url, Scheme::MySql).expect_err(url).to_string();
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn other_names_of_a_scheme_are_understood() {
        let url = server_url("mariadb://app@localhost/app?prefer_socket=false", Scheme::MySql).ok();
        assert_eq!(
            url.as_deref(),
            Some("mysql://app@localhost/app?prefer_socket=false")
        );
        let url = server_url("postgresql://app@%2Frun%2Fpostgresql/app", Scheme::Postgres).ok();
        assert_eq!(url.as_deref(), Some("postgres://app@%2Frun%2Fpostgresql/app"));
        let url = server_url("postgres://app@one:5432,two:5433/app", Scheme::Postgres).ok();
        assert_eq!(url.as_deref(), Some("postgres://app@one:5432,two:5433/app"));
    }
}
