//! What a statement can fail with, and what the rest of the library learns of it.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

use crate::error::{Error, ErrorKind};
use crate::store::BoxError;

/// The failure of an operation, still close to the database.
pub(crate) enum Failure {
    /// The database or the driver said no.
    Diesel(DieselError),
    /// The operation itself found the conflict.
    Conflict(&'static str),
    /// A value that the caller should not have passed.
    Refused(String),
    /// A row that the library did not write.
    Broken(&'static str),
    /// What the application did in the same transaction failed.
    Application(BoxError),
}

impl From<DieselError> for Failure {
    fn from(error: DieselError) -> Self {
        Failure::Diesel(error)
    }
}

impl Failure {
    /// Whether the database gave the statement up for another one (a deadlock, a serialization failure) or for having
    /// waited too long for a lock. It has then done nothing, and may simply be run again.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Failure::Diesel(error) => is_passing(error),
            Failure::Application(error) => diesel_cause(error.as_ref()).is_some_and(is_passing),
            _ => false,
        }
    }

    pub(crate) fn is_unique_violation(&self) -> bool {
        matches!(
            self,
            Failure::Diesel(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
        )
    }

    pub(crate) fn is_foreign_key_violation(&self) -> bool {
        matches!(
            self,
            Failure::Diesel(DieselError::DatabaseError(
                DatabaseErrorKind::ForeignKeyViolation,
                _
            ))
        )
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        match failure {
            Failure::Diesel(error) => from_diesel(error),
            Failure::Conflict(column) => conflict(column),
            Failure::Refused(message) => Error::new(ErrorKind::Internal, message),
            Failure::Broken(message) => Error::internal(message),
            Failure::Application(error) => from_application(error),
        }
    }
}

/// The database's own word in an error of the application.
fn diesel_cause<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a DieselError> {
    let mut error = Some(error);
    while let Some(cause) = error {
        if let Some(diesel) = cause.downcast_ref() {
            return Some(diesel);
        }
        error = cause.source();
    }
    None
}

/// A broken constraint among the application's tables is its own affair; a database that cannot serve is everybody's.
fn from_application(error: BoxError) -> Error {
    let error = match error.downcast::<Error>() {
        Ok(ours) if ours.kind() == ErrorKind::Config => return *ours,
        Ok(ours) => ours as BoxError,
        Err(error) => error,
    };
    let kind = match diesel_cause(error.as_ref()).map(kind_of) {
        Some(kind @ (ErrorKind::Unavailable | ErrorKind::Busy)) => kind,
        _ => ErrorKind::Application,
    };
    Error::new(kind, "the application's part of the transaction failed").with_source(error)
}

fn conflict(column: &'static str) -> Error {
    Error::new(
        ErrorKind::Conflict(column),
        format!("a constraint on `{column}` refused the write"),
    )
}

fn from_diesel(error: DieselError) -> Error {
    let kind = kind_of(&error);
    let message = match kind {
        // Without its cause: MySQL repeats the value there, and that is somebody's address.
        ErrorKind::Conflict(column) => return conflict(column),
        ErrorKind::Busy => format!("the database is busy with others: {error}"),
        ErrorKind::Unavailable => format!("the database is not available: {error}"),
        _ => format!("the database refused a statement: {error}"),
    };
    Error::new(kind, message).with_source(error)
}

fn kind_of(error: &DieselError) -> ErrorKind {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => {
            ErrorKind::Conflict(column_of(info.constraint_name(), info.message()))
        }
        DieselError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => {
            ErrorKind::Conflict("user_id")
        }
        error if is_passing(error) => ErrorKind::Busy,
        DieselError::DatabaseError(
            DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::ReadOnlyTransaction,
            _,
        ) => ErrorKind::Unavailable,
        DieselError::DatabaseError(_, info) if is_outage(info.message()) => ErrorKind::Unavailable,
        DieselError::BrokenTransactionManager | DieselError::RollbackErrorOnCommit { .. } => {
            ErrorKind::Unavailable
        }
        _ => ErrorKind::Internal,
    }
}

/// The column behind a broken unique constraint. All three databases name it in the same way, up to
/// punctuation, because the migrations call each constraint `<table>_<column>`.
fn column_of(constraint: Option<&str>, message: &str) -> &'static str {
    // MySQL's message quotes the value that was refused, so a visitor can write a constraint's name into it:
    // only what stands behind the last "for key" comes from the database.
    let name = match constraint {
        Some(name) => name,
        None => match message.rsplit_once("for key '") {
            Some((_, name)) => {
                let name = name.trim_end_matches('\'');
                name.rsplit_once('.').map_or(name, |(_, name)| name)
            }
            None => message.rsplit_once(": ").map_or(message, |(_, column)| column),
        },
    };
    match name.replace('.', "_").as_str() {
        "security_users_email_key" => "email",
        "security_users_username_key" => "username",
        "security_users_fs_uniquifier" => "fs_uniquifier",
        "security_users_handle" => "handle",
        "security_users_phone" => "phone",
        "security_identities_identity_key" => "identity",
        "security_roles_name" => "name",
        _ => "key",
    }
}

fn is_passing(error: &DieselError) -> bool {
    let DieselError::DatabaseError(kind, info) = error else {
        return false;
    };
    match kind {
        DatabaseErrorKind::SerializationFailure => true,
        DatabaseErrorKind::Unknown => is_one_of(info.message(), PASSING),
        _ => false,
    }
}

/// Whether the message tells of a database that cannot serve now.
fn is_outage(message: &str) -> bool {
    is_one_of(message, OUTAGES)
}

// Diesel hands no code on for these, only the text, and a PostgreSQL server may translate it (`lc_messages`). So the
// signs are few words, in lower case; that a connection is lost is seen by other means too (`Line::close`).

const PASSING: &[&str] = &[
    // 40P01 of PostgreSQL in most of its languages, 1213 of MySQL, and Galera's
    "deadlock",
    // 55P03 of PostgreSQL
    "due to lock timeout",
    "could not obtain lock",
    // 1205 and 1020 of MySQL and MariaDB
    "lock wait timeout exceeded",
    "record has changed since last read",
    // SQLITE_BUSY and SQLITE_LOCKED
    "database is locked",
    "database table is locked",
    "database schema is locked",
];

const OUTAGES: &[&str] = &[
    // SQLite
    "unable to open database file",
    "disk i/o error",
    "database or disk is full",
    "attempt to write a readonly database",
    // PostgreSQL
    "terminating connection",
    "the database system is",
    "too many clients",
    "too many connections",
    "remaining connection slots",
    "canceling statement due to",
    "no space left on device",
    // MySQL and MariaDB, driver and server
    "input/output error",
    "driver error",
    "server shutdown in progress",
    "connection was killed",
    "query execution was interrupted",
    "' is full",
    "disk full",
    "read-only option",
];

fn is_one_of(message: &str, signs: &[&str]) -> bool {
    let message = message.to_ascii_lowercase();
    signs.iter().any(|sign| message.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(kind: DatabaseErrorKind, message: &str) -> Error {
        Failure::Diesel(DieselError::DatabaseError(kind, Box::new(message.to_owned()))).into()
    }

    #[test]
    fn a_conflict_names_its_column_on_each_database() {
        for (message, column) in [
            ("UNIQUE constraint failed: security_users.email_key", "email"),
            ("UNIQUE constraint failed: security_roles.name", "name"),
            (
                "Duplicate entry 'a' for key 'security_users_username_key'",
                "username",
            ),
            (
                "Duplicate entry 'a' for key 'security_users.security_users_email_key'",
                "email",
            ),
            // The value itself names another constraint.
            (
                "Duplicate entry 'x' for key 'security_users_username_key' for key 'security_users_email_key'",
                "email",
            ),
            ("something else", "key"),
        ] {
            let error = database(DatabaseErrorKind::UniqueViolation, message);
            assert_eq!(error.conflict(), Some(column), "{message}");
        }
        assert_eq!(
            column_of(Some("security_users_handle"), "duplicate key value"),
            "handle"
        );
    }

    #[test]
    fn a_conflict_does_not_repeat_the_value() {
        let error = database(
            DatabaseErrorKind::UniqueViolation,
            "Duplicate entry 'jo@example.org' for key 'security_users_email_key'",
        );
        let told = format!(
            "{error} {error:?} {:?}",
            std::error::Error::source(&error).map(ToString::to_string)
        );
        assert!(!told.contains("example.org"), "{told}");
    }

    #[test]
    fn an_outage_is_told_from_a_mistake() {
        assert!(database(DatabaseErrorKind::Unknown, "database or disk is full").is_unavailable());
        assert!(database(DatabaseErrorKind::Unknown, "Input/output error: broken pipe").is_unavailable());
        assert!(database(DatabaseErrorKind::ClosedConnection, "gone").is_unavailable());
        let mistake = database(DatabaseErrorKind::Unknown, "no such table: security_users");
        assert!(!mistake.is_unavailable() && !mistake.is_busy() && !mistake.is_conflict());
    }
    #[test]
    fn what_passes_is_run_again_and_then_called_busy() {
        for message in [
            "deadlock detected",
            "Verklemmung (Deadlock) entdeckt",
            "Deadlock found when trying to get lock; try restarting transaction",
            "canceling statement due to lock timeout",
            "Lock wait timeout exceeded; try restarting transaction",
            "Record has changed since last read in table 'security_users'",
            "database is locked",
        ] {
            let failure = Failure::Diesel(DieselError::DatabaseError(
                DatabaseErrorKind::Unknown,
                Box::new(message.to_owned()),
            ));
            assert!(failure.is_passing(), "{message}");
            assert!(Error::from(failure).is_busy(), "{message}");
        }
        assert!(
            database(
                DatabaseErrorKind::SerializationFailure,
                "could not serialize access"
            )
            .is_busy()
        );
        // A value that somebody chose to look like one of these is quoted by a conflict, and changes nothing.
        let taken = "Duplicate entry 'deadlock' for key 'security_users_email_key'";
        assert!(database(DatabaseErrorKind::UniqueViolation, taken).is_conflict());
    }
}
