/// Why a visitor was refused, in words that he may read. Never says whether an account exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Identity and password do not belong together, or the account is not to be told of.
    AuthenticationFailed,
    /// The account is deactivated; said only after the right password.
    DisabledAccount,
    /// The application has locked the account; said only after the right password.
    Locked,
    /// The address is not confirmed; said only after the right password.
    ConfirmationRequired,
    /// Too many tries; the next one counts after so many seconds.
    TryLater {
        /// Seconds to wait.
        seconds: u64,
    },
    /// The library is too busy to check a password now (503).
    Busy,
    /// Signing in comes first.
    Unauthenticated,
    /// Signed in, but not long enough ago proved who he is.
    Stale,
    /// Signed in, but without the role or permission.
    Unauthorized,
    /// Only for visitors who are not signed in.
    AnonymousRequired,
    /// The request brings more than one credential, and they differ (400).
    TwoCredentials,
    /// The CSRF token is missing or wrong, or the request came from another site.
    CrossSite,
    /// What was sent cannot be read, or does not fit.
    InvalidInput,
    /// The database cannot be reached (503).
    Unavailable,
}
