use crate::model::{Factor, Reason, UserId};

/// What happened. No event carries a password or a token.
///
/// Names after the reference's signals where it has one; the others fill what it lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A session was made.
    UserAuthenticated {
        /// Who signed in.
        user: UserId,
        /// By what.
        authn_via: Vec<Factor>,
    },
    /// A session was restored for a remembered browser.
    UserRemembered {
        /// Whose browser it is.
        user: UserId,
    },
    /// A remembered browser's token came once more after another had taken its place: two browsers hold copies. The
    /// series has ended, and so has the session restored from it.
    RememberTheft {
        /// Whose browser it was.
        user: UserId,
    },
    /// Who is signed in proved anew who he is.
    UserReauthenticated {
        /// Who.
        user: UserId,
    },
    /// An auth token was made for a client.
    AuthTokenIssued {
        /// Whom it speaks for.
        user: UserId,
    },
    /// Somebody failed to sign in as a known or an unknown user.
    UserFailedAuthn {
        /// The account, when there is one of that identity.
        user: Option<UserId>,
        /// By what he tried.
        factor: Factor,
        /// Why he was refused.
        reason: Reason,
    },
    /// A guard turned an anonymous visitor away.
    UserUnauthenticated,
    /// A guard turned a user away for want of a role, a permission or freshness.
    UserUnauthorized {
        /// Who.
        user: UserId,
        /// Why.
        reason: Reason,
    },
    /// An account was made.
    UserRegistered {
        /// Whose.
        user: UserId,
    },
    /// Somebody tried to register with an address or a name that is taken.
    UserNotRegistered {
        /// Whether the address was taken.
        existing_email: bool,
        /// Whether the name was taken.
        existing_username: bool,
    },
    /// A user signed out.
    UserLoggedOut {
        /// Who.
        user: UserId,
    },
    /// A hash was renewed because the cost had been raised.
    PasswordRehashed {
        /// Whose.
        user: UserId,
    },
    /// A wait began after failures.
    WaitImposed {
        /// Seconds until the next try is served.
        seconds: u64,
    },
    /// A request came from another site, or with a wrong CSRF token.
    CrossSiteRefused,
}
