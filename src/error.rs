//! The one error that an application meets.
//!
//! It says what kind of thing failed (see [`Error::is_busy`], [`Error::is_unavailable`], [`Error::is_conflict`])
//! and keeps its cause for the log. What a visitor may read is a [`Reason`](crate::model::Reason), never this.

use std::fmt;

use rocket::Request;
use rocket::http::Status;
use rocket::response::{self, Responder, Response};

/// A failure of the library itself, as opposed to a refusal of a visitor.
///
/// ```
/// use rocket_security::Error;
///
/// fn status(error: &Error) -> u16 {
///     if error.is_busy() || error.is_unavailable() { 503 } else { 500 }
/// }
/// ```
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The hashing queue or the pool is full: the same request may succeed in a moment.
    Busy,
    /// The database cannot be reached or did not answer.
    Unavailable,
    /// A unique or foreign key refused the write; carries the column.
    Conflict(&'static str),
    /// What the caller passed breaks a rule.
    Invalid,
    /// The application's own part of a transaction failed.
    Application,
    /// The configuration or the environment is wrong.
    Config,
    /// Anything that should not happen.
    Internal,
}

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error {
            kind,
            message: message.into(),
            source: None,
        }
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// For a store: a key refused the write. `column` is the name that the trait's documentation gives, such as
    /// `"email"`; what was refused belongs in no message.
    ///
    /// ```
    /// use rocket_security::Error;
    ///
    /// assert_eq!(Error::conflict_on("email").conflict(), Some("email"));
    /// ```
    pub fn conflict_on(column: &'static str) -> Self {
        Self::new(
            ErrorKind::Conflict(column),
            format!("a constraint on `{column}` refused the write"),
        )
    }

    /// For a store: there is no place now, and may be one in a moment (503 with `Retry-After`).
    ///
    /// ```
    /// # use rocket_security::Error;
    /// assert!(Error::busy("all connections are in use").is_busy());
    /// ```
    pub fn busy(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Busy, message)
    }

    /// For a store: what it keeps things in cannot be reached, or did not answer in time (503 with `Retry-After`).
    ///
    /// ```
    /// # use rocket_security::Error;
    /// assert!(Error::unavailable("the server closed the connection").is_unavailable());
    /// ```
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unavailable, message)
    }

    /// For a store: what it was given breaks a rule, as [`store::rules`](crate::store::rules) finds it (400).
    ///
    /// ```
    /// # use rocket_security::Error;
    /// assert!(Error::invalid("the name has more than 80 characters").is_invalid());
    /// ```
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// For a store: what should not happen, such as a row that cannot be read (500). The message goes to the log.
    pub fn broken(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// The same with its cause, for the log.
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The hashing queue or the connection pool was full; the same request may succeed in a moment (503).
    pub fn is_busy(&self) -> bool {
        self.kind == ErrorKind::Busy
    }

    /// The database could not be reached or did not answer in time (503).
    pub fn is_unavailable(&self) -> bool {
        self.kind == ErrorKind::Unavailable
    }

    /// A unique or foreign key refused the write. [`Error::conflict`] names the column.
    pub fn is_conflict(&self) -> bool {
        matches!(self.kind, ErrorKind::Conflict(_))
    }

    /// What was passed breaks a rule, such as a password that is too short (400). The message says which.
    pub fn is_invalid(&self) -> bool {
        self.kind == ErrorKind::Invalid
    }

    /// The application's own part of a transaction failed, and so all of it
    /// ([`Security::create_user_with`](crate::Security::create_user_with)). [`Error::application`] has the cause.
    pub fn is_application(&self) -> bool {
        self.kind == ErrorKind::Application
    }

    /// The error that the application's part of a transaction returned, if it is of that type.
    ///
    /// ```
    /// use rocket::http::Status;
    /// use rocket_security::Error;
    ///
    /// #[derive(Debug, PartialEq)]
    /// struct TitleTaken;
    /// # impl std::fmt::Display for TitleTaken {
    /// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("taken") }
    /// # }
    /// # impl std::error::Error for TitleTaken {}
    ///
    /// fn status(error: &Error) -> Status {
    ///     match error.application() {
    ///         Some(TitleTaken) => Status::Conflict,
    ///         None => Status::InternalServerError,
    ///     }
    /// }
    /// ```
    pub fn application<E: std::error::Error + 'static>(&self) -> Option<&E> {
        match self.is_application() {
            true => self.source.as_ref()?.downcast_ref(),
            false => None,
        }
    }

    /// The column whose constraint refused the write, such as `"email"`.
    pub fn conflict(&self) -> Option<&'static str> {
        match self.kind {
            ErrorKind::Conflict(column) => Some(column),
            _ => None,
        }
    }
}

/// What `main` prints when it returns one: the message, not the fields.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// For an application's own handlers, `Result<T, Error>`: 503 with `Retry-After` when it may succeed in a moment, 409 for a
/// conflict, 400 for what breaks a rule, else 500. The cause goes to the log, never to the visitor.
impl<'r> Responder<'r, 'static> for Error {
    fn respond_to(self, req: &'r Request<'_>) -> response::Result<'static> {
        let status = match self.kind {
            ErrorKind::Busy | ErrorKind::Unavailable => Status::ServiceUnavailable,
            ErrorKind::Conflict(_) => Status::Conflict,
            ErrorKind::Invalid => Status::BadRequest,
            ErrorKind::Application | ErrorKind::Config | ErrorKind::Internal => Status::InternalServerError,
        };
        if status.code >= 500 {
            log::error!("{}: {self}", req.uri().path());
        }
        if status == Status::ServiceUnavailable {
            return Response::build()
                .status(status)
                .raw_header("Retry-After", "2")
                .ok();
        }
        Err(status)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as _)
    }
}
