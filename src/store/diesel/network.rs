//! What the databases behind a network have in common.

use std::error::Error as StdError;
use std::sync::atomic::AtomicU64;

use super::tls::{self, Asked, Encryption, Mode};
use crate::error::{Error, Result};
use crate::model::{ApiKey, Counter, CounterKey, Role, Session, SessionHash, User, UserId};
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

    pub(super) fn api_key(&self, _id: &str, _statements: &AtomicU64) -> Option<Option<(ApiKey, User)>> {
        None
    }

    pub(super) fn user_by_email(&self, _key: &str, _statements: &AtomicU64) -> Option<Option<User>> {
        None
    }

    pub(super) fn user_by_uniquifier(&self, _key: &str, _statements: &AtomicU64) -> Option<Option<User>> {
        None
    }

    pub(super) fn counter(&self, _key: &CounterKey, _statements: &AtomicU64) -> Option<Option<Counter>> {
        None
    }

    pub(super) fn counters(
        &self,
        _keys: &[CounterKey],
        _statements: &AtomicU64,
    ) -> Option<Vec<Option<Counter>>> {
        None
    }

    pub(super) fn roles_of(&self, _user: UserId, _statements: &AtomicU64) -> Option<Vec<Role>> {
        None
    }
}

/// The URL as the driver wants it, and what it says about encryption. What is wrong with one is said without repeating
/// it: it holds a password.
pub(super) fn server_url(url: &str, expected: Scheme) -> Result<(String, Asked)> {
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
    tls::take(&format!("{scheme}://{rest}"))
}

/// A URL that the driver does not understand; its own words might repeat a piece of the password.
pub(super) fn not_understood(scheme: Scheme) -> Error {
    Error::config(format!(
        "the URL of the {} database cannot be read: check its host, its port and its parameters, and write `%` codes for \
         signs such as `@ / ? # %` in the password",
        scheme.name()
    ))
}

/// Why no connection came about, with all that the driver knows of it.
pub(super) fn no_connection(
    encryption: &Encryption,
    error: &(dyn StdError + 'static),
) -> diesel::ConnectionError {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !told.contains(&more) {
            told = format!("{told}: {more}");
        }
        cause = error.source();
    }
    let lower = told.to_ascii_lowercase();
    if encryption.mode != Mode::Disable
        && ["tls", "ssl", "certificate"]
            .iter()
            .any(|word| lower.contains(word))
    {
        told = format!("{told} ({})", tls::ADVICE);
    }
    diesel::ConnectionError::BadConnection(told)
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
        let url = |url, scheme| server_url(url, scheme).ok().map(|(url, _)| url);
        let mysql = url("mariadb://app@localhost/app?prefer_socket=false", Scheme::MySql);
        assert_eq!(
            mysql.as_deref(),
            Some("mysql://app@localhost/app?prefer_socket=false")
        );
        let socket = url("postgresql://app@%2Frun%2Fpostgresql/app", Scheme::Postgres);
        assert_eq!(socket.as_deref(), Some("postgres://app@%2Frun%2Fpostgresql/app"));
        let two = url("postgres://app@one:5432,two:5433/app", Scheme::Postgres);
        assert_eq!(two.as_deref(), Some("postgres://app@one:5432,two:5433/app"));
    }
}
