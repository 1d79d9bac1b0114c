//! A refusal on its way from the guard that noted it to whoever answers.

use rocket::Request;
use rocket::http::Status;

use crate::model::{Event, Reason};
use crate::security::Security;
use crate::web::visit::{self, Visit};

/// Why a guard refused, as it waits for the catcher.
#[derive(Debug, Clone)]
pub(crate) struct Challenge {
    pub reason: Reason,
    /// Whether the application was told already.
    pub told: bool,
}

/// Notes why this request is refused, for whoever answers it.
pub(crate) fn note(req: &Request<'_>, reason: Reason) {
    Visit::of(req).set_challenge(Challenge { reason, told: false });
}

/// The same, where the application was told by an event of its own.
pub(crate) fn note_told(req: &Request<'_>, reason: Reason) {
    Visit::of(req).set_challenge(Challenge { reason, told: true });
}

/// Tells the application of a refusal once it was answered: one that an `Option` swallowed has refused nobody.
pub(crate) fn tell(req: &Request<'_>, answered: Status) {
    let (Some(Challenge { reason, told: false }), Some(security)) =
        (Visit::of(req).challenge(), req.rocket().state::<Security>())
    else {
        return;
    };
    if answered.code < 300 {
        return;
    }
    let user = visit::identified(req).map(|who| who.user.id);
    let event = match (reason, user) {
        (Reason::CrossSite, _) => Event::CrossSiteRefused,
        (Reason::Unauthenticated, _) => Event::UserUnauthenticated,
        (Reason::Unauthorized | Reason::Stale, Some(user)) => Event::UserUnauthorized { user, reason },
        _ => return,
    };
    security.gate().events.emit(event);
}

/// With which status a guard fails.
pub(crate) const fn status(reason: Reason) -> Status {
    match reason {
        Reason::Unauthenticated | Reason::Stale | Reason::AuthenticationFailed => Status::Unauthorized,
        Reason::Busy | Reason::Unavailable => Status::ServiceUnavailable,
        Reason::TryLater { .. } => Status::TooManyRequests,
        Reason::InvalidInput => Status::BadRequest,
        Reason::Unauthorized
        | Reason::AnonymousRequired
        | Reason::CrossSite
        | Reason::DisabledAccount
        | Reason::Locked
        | Reason::ConfirmationRequired => Status::Forbidden,
    }
}
