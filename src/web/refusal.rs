//! A refusal on its way from the guard that noted it to whoever answers.

use std::borrow::Cow;
use std::time::Duration;

use rocket::Request;
use rocket::http::Status;

use crate::model::{Event, Mechanism, Reason};
use crate::security::Security;
use crate::web::next;
use crate::web::reply::{self, Reply};
use crate::web::visit::{self, Visit};

/// Why a guard refused, as it waits for the catcher.
#[derive(Debug, Clone)]
pub(crate) struct Challenge {
    pub reason: Reason,
    /// What would have been enough.
    pub wanted: Wanted,
    /// Whether the application was told already.
    pub told: bool,
}

/// What a guard asked for, as far as it is more than somebody who is signed in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub mechanisms: Cow<'static, [Mechanism]>,
    pub roles: &'static [&'static str],
    pub permissions: &'static [&'static str],
    pub within: Option<Duration>,
    pub grace: Option<Duration>,
}

/// A refusal, for an application's own catcher, or for a handler on
/// [`SecurityFairing`](crate::SecurityFairing::on_unauthenticated).
///
/// ```
/// use rocket::{Request, catch};
/// use rocket_security::Refusal;
///
/// #[catch(403)]
/// fn forbidden(req: &Request<'_>) -> String {
///     match Refusal::of(req) {
///         Some(refusal) => format!("refused: {:?}, one of {:?} is needed", refusal.reason(), refusal.roles()),
///         None => "forbidden".into(),
///     }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Refusal(Challenge);

impl Refusal {
    /// The refusal that a guard of ours left in this request. An `Option<Guard>` that was `None` leaves one too: compare
    /// its reason where your handler answers the same status by itself.
    pub fn of(req: &Request<'_>) -> Option<Self> {
        Visit::of(req).challenge().map(Refusal)
    }

    /// The one that a guard left for this reason, else one that says no more than the reason.
    pub(crate) fn for_reason(req: &Request<'_>, reason: Reason) -> Self {
        Self::of(req)
            .filter(|refusal| refusal.reason() == reason)
            .unwrap_or(Refusal(Challenge {
                reason,
                wanted: Wanted::default(),
                told: false,
            }))
    }

    pub(crate) fn new(challenge: Challenge) -> Self {
        Refusal(challenge)
    }

    /// Why.
    pub fn reason(&self) -> Reason {
        self.0.reason
    }

    /// The status that goes with it.
    pub fn status(&self) -> Status {
        status(self.0.reason)
    }

    /// By what the visitor could have shown who he is; none where that was not what he was refused for.
    pub fn mechanisms(&self) -> &[Mechanism] {
        &self.0.wanted.mechanisms
    }

    /// The roles of which one was needed; none when no role was asked for, or when nobody was signed in to have one.
    pub fn roles(&self) -> &'static [&'static str] {
        self.0.wanted.roles
    }

    /// The permissions of which one was needed; none when no permission was asked for.
    pub fn permissions(&self) -> &'static [&'static str] {
        self.0.wanted.permissions
    }

    /// How long ago he may have proved who he is, when that was too long ago.
    pub fn within(&self) -> Option<Duration> {
        self.0.wanted.within
    }

    /// How long a session that was found fresh would have stayed so from one use to the next.
    pub fn grace(&self) -> Option<Duration> {
        self.0.wanted.grace
    }

    /// The address of this request, to come back to afterwards: a path of this site. Nothing unless it was a `GET`.
    pub fn next(&self, req: &Request<'_>) -> Option<String> {
        let security = req.rocket().state::<Security>()?;
        next::here(req, security).map(|next| next.to_string())
    }

    /// The answer that our own catcher would give: that of your handler on the fairing, else the redirect, the page or
    /// the JSON. Within that handler it is always ours.
    pub fn respond(&self, req: &Request<'_>) -> Reply {
        reply::refused(req, self)
    }
}

/// Notes why this request is refused, for whoever answers it.
pub(crate) fn note(req: &Request<'_>, reason: Reason) {
    note_wanting(req, reason, Wanted::default());
}

/// The same, with what would have been enough.
pub(crate) fn note_wanting(req: &Request<'_>, reason: Reason, wanted: Wanted) {
    Visit::of(req).set_challenge(Challenge {
        reason,
        wanted,
        told: false,
    });
}

/// The same, where the application was told by an event of its own.
pub(crate) fn note_told(req: &Request<'_>, reason: Reason) {
    Visit::of(req).set_challenge(Challenge {
        reason,
        wanted: Wanted::default(),
        told: true,
    });
}

/// Tells the application of a refusal once it was answered: one that an `Option` swallowed has refused nobody.
pub(crate) fn tell(req: &Request<'_>, visit: &Visit, answered: Status) {
    let (
        Some(Challenge {
            reason, told: false, ..
        }),
        Some(security),
    ) = (visit.challenge(), req.rocket().state::<Security>())
    else {
        return;
    };
    if answered.code < 300 {
        return;
    }
    let user = visit::acting(req).map(|who| who.user().id);
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
        Reason::InvalidInput | Reason::TwoCredentials => Status::BadRequest,
        Reason::Unauthorized
        | Reason::AnonymousRequired
        | Reason::CrossSite
        | Reason::DisabledAccount
        | Reason::Locked
        | Reason::ConfirmationRequired => Status::Forbidden,
    }
}
