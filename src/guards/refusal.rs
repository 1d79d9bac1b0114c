use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use rocket::http::Status;
use rocket::request::Outcome;
use rocket::{Ignite, Request, Rocket};

use crate::error::Error;
use crate::gate::Authenticated;
use crate::model::Reason;
use crate::security::Security;
use crate::web::refusal::{self, Wanted};
use crate::web::visit;

/// What a guard fails with, for `Result<Guard, SecurityError>`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SecurityError(Option<Reason>);

impl SecurityError {
    pub(crate) const WITHOUT_FAIRING: Self = SecurityError(None);

    pub(crate) const fn new(reason: Reason) -> Self {
        SecurityError(Some(reason))
    }

    /// Why the visitor was refused; nothing when the fairing is not attached.
    pub fn reason(&self) -> Option<Reason> {
        self.0
    }
}

impl fmt::Debug for SecurityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(reason) => write!(f, "{reason:?}"),
            None => f.write_str("SecurityFairing is not attached"),
        }
    }
}

impl fmt::Display for SecurityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl std::error::Error for SecurityError {}

/// Refuses: notes why, tells the application, and fails with the status of that reason.
pub(crate) fn refuse<T>(req: &Request<'_>, reason: Reason) -> Outcome<T, SecurityError> {
    refuse_wanting(req, reason, Wanted::default())
}

/// The same, with what would have been enough.
pub(crate) fn refuse_wanting<T>(
    req: &Request<'_>,
    reason: Reason,
    wanted: Wanted,
) -> Outcome<T, SecurityError> {
    refusal::note_wanting(req, reason, wanted);
    Outcome::Error((refusal::status(reason), SecurityError(Some(reason))))
}

/// The library's state, or the failure that says that the fairing is missing.
pub(crate) fn security<'r, T>(req: &'r Request<'_>) -> Result<&'r Security, Outcome<T, SecurityError>> {
    req.rocket().state::<Security>().ok_or_else(without_fairing)
}

/// Who comes, as far as the session's cookie says; or the failure when that cannot be found out.
pub(crate) async fn visitor<'r, T>(
    req: &'r Request<'_>,
) -> Result<(&'r Security, Option<&'r Arc<Authenticated>>), Outcome<T, SecurityError>> {
    let security = security(req)?;
    match visit::identify(req, security).await {
        Ok(who) => Ok((security, who)),
        Err(error) => Err(fail(unavailable(req, "the session could not be read", error))),
    }
}

/// Notes that the store did not answer; the log says why.
pub(crate) fn unavailable(req: &Request<'_>, what: &str, error: &Error) -> SecurityError {
    log::error!("{what}: {error}");
    let reason = if error.is_busy() {
        Reason::Busy
    } else {
        Reason::Unavailable
    };
    refusal::note(req, reason);
    SecurityError(Some(reason))
}

/// Fails with what was noted.
pub(crate) fn fail<T>(error: SecurityError) -> Outcome<T, SecurityError> {
    Outcome::Error((
        error.0.map_or(Status::InternalServerError, refusal::status),
        error,
    ))
}

/// The failure of a guard without the fairing. The `Sentinel`s stop the launch before it can happen, unless the guard
/// hides behind a type that they cannot see through.
pub(crate) fn without_fairing<T>() -> Outcome<T, SecurityError> {
    log::error!("a guard of rocket_security was asked, but SecurityFairing is not attached: {ATTACH}");
    Outcome::Error((Status::InternalServerError, SecurityError::WITHOUT_FAIRING))
}

const ATTACH: &str = "add `.attach(SecurityFairing::new())` to the rocket";

/// For a `Sentinel`: whether to stop the launch because the fairing is missing; says what to do.
pub(crate) fn abort_without_fairing(rocket: &Rocket<Ignite>, guard: &str) -> bool {
    let missing = rocket.state::<Security>().is_none();
    if missing {
        eprintln!(
            "rocket_security: a route uses the guard {guard}, but SecurityFairing is not attached: {ATTACH}."
        );
    }
    missing
}

/// The roles that the application declared to the fairing, if it did.
pub(crate) fn declared_roles(rocket: &Rocket<Ignite>) -> Option<&BTreeSet<String>> {
    rocket.state::<Security>()?.declared_roles()
}
