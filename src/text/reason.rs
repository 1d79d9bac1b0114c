use crate::model::Reason;
use crate::text::Message;

impl Reason {
    /// The catalogue's entry for it.
    pub const fn message(self) -> Message {
        match self {
            Reason::AuthenticationFailed => Message::GenericAuthnFailed,
            Reason::DisabledAccount => Message::DisabledAccount,
            Reason::Locked => Message::AccountLocked,
            Reason::ConfirmationRequired => Message::ConfirmationRequired,
            Reason::TryLater { .. } => Message::TooManyAttempts,
            Reason::Busy | Reason::Unavailable => Message::TemporarilyUnavailable,
            Reason::Unauthenticated => Message::Unauthenticated,
            Reason::Stale => Message::ReauthenticationRequired,
            Reason::Unauthorized => Message::Unauthorized,
            Reason::AnonymousRequired => Message::AnonymousUserRequired,
            Reason::TwoCredentials => Message::TwoCredentials,
            Reason::CrossSite => Message::CsrfFailed,
            Reason::InvalidInput => Message::ApiError,
        }
    }
}
