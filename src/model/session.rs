use crate::model::{Timestamp, UserId};

/// The keyed hash of a session's secret: what the table holds instead of the secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionHash(pub(crate) [u8; 32]);

impl SessionHash {
    /// The 32 bytes as the store keeps them.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A hash as read from a store.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        SessionHash(bytes)
    }
}

/// By what a user proved who he is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Factor {
    /// A password.
    Password,
    /// The word of the application, which found it out by means of its own.
    Application,
    /// Nothing but having just registered.
    Register,
    /// Nothing but a browser that was to be remembered. It is never fresh.
    Remember,
}

impl Factor {
    /// The name on the wire and in the store (`authn_via` of the reference).
    pub const fn name(self) -> &'static str {
        match self {
            Factor::Password => "password",
            Factor::Application => "application",
            Factor::Register => "register",
            Factor::Remember => "remember",
        }
    }

    /// The factor of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "password" => Some(Factor::Password),
            "application" => Some(Factor::Application),
            "register" => Some(Factor::Register),
            "remember" => Some(Factor::Remember),
            _ => None,
        }
    }
}

/// By what a user proved who he is, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// By what.
    pub factor: Factor,
    /// When.
    pub at: Timestamp,
}

/// A signed-in browser.
#[derive(Clone)]
#[non_exhaustive]
pub struct Session {
    /// The keyed hash of the secret in the cookie.
    pub hash: SessionHash,
    /// Whose session it is.
    pub user_id: UserId,
    /// The user's `fs_uniquifier` when the session was made; the session is dead when the user has another one.
    pub fs_uniquifier: String,
    /// When the user signed in, or last proved again who he is. The absolute lifetime counts from here; it is set back
    /// where a session that was restored for a remembered browser has to end sooner, with the browser's series.
    pub created_at: Timestamp,
    /// When a request last used it, to the minute.
    pub last_seen_at: Timestamp,
    /// When the user last proved who he is; freshness counts from here.
    pub authenticated_at: Timestamp,
    /// Until when a session found fresh once stays fresh.
    pub grace_until: Option<Timestamp>,
    /// By what the user proved who he is, each factor once with its latest time.
    pub factors: Vec<Proof>,
    /// The address it was made from.
    pub ip: Option<String>,
    /// The browser it was made with, cut to 255 characters.
    pub user_agent: Option<String>,
}

impl Session {
    /// A session as a store reads it, with what no row can be without. The other fields are as in a session made at
    /// `created_at` by which nobody has proved anything; set them from the row.
    ///
    /// ```
    /// use rocket_security::store::SessionHash;
    /// use rocket_security::{Session, Timestamp};
    ///
    /// let made = Timestamp::from_millis(1_790_000_000_000);
    /// let mut session = Session::new(SessionHash::from_bytes([7; 32]), 1, "0f".repeat(16), made);
    /// session.grace_until = Some(Timestamp::from_millis(1_790_000_060_000));
    /// assert!(session.factors.is_empty());
    /// ```
    pub fn new(
        hash: SessionHash,
        user_id: UserId,
        fs_uniquifier: impl Into<String>,
        created_at: Timestamp,
    ) -> Self {
        Session {
            hash,
            user_id,
            fs_uniquifier: fs_uniquifier.into(),
            created_at,
            last_seen_at: created_at,
            authenticated_at: created_at,
            grace_until: None,
            factors: Vec::new(),
            ip: None,
            user_agent: None,
        }
    }
}
