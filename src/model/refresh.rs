use std::time::Duration;

use crate::model::{Proof, Timestamp, TokenHash, UserId};

/// The keyed hash of a family's id.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FamilyHash(pub(crate) [u8; 32]);

impl FamilyHash {
    /// The 32 bytes as the store keeps them.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A hash as read from a store.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        FamilyHash(bytes)
    }
}

/// The refresh tokens that follow one another on one sign-in (`FsRefreshTracker` of the reference).
///
/// One of them is good at a time: each exchange puts another in its place. One that comes again after that is a copy.
#[derive(Clone)]
#[non_exhaustive]
pub struct RefreshFamily {
    /// The keyed hash of what all its tokens have in common.
    pub hash: FamilyHash,
    /// By what its owner names it: 32 hexadecimal digits, of which no token can be made.
    pub id: String,
    /// Whose it is.
    pub user_id: UserId,
    /// The user's `fs_uniquifier` when the family was made; it is dead when the user has another one.
    pub fs_uniquifier: String,
    /// How many tokens there were, the first one included.
    pub generation: i64,
    /// The token that is good.
    pub token: TokenHash,
    /// The one before it.
    pub previous: Option<TokenHash>,
    /// What `token` was derived with from the one before it.
    pub nonce: Option<[u8; 16]>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the user proved who he is. What is exchanged is never fresher than that.
    pub authenticated_at: Timestamp,
    /// When `token` took the place of `previous`.
    pub rotated_at: Option<Timestamp>,
    /// When a token of it was last exchanged.
    pub last_used_at: Timestamp,
    /// From then on nothing is exchanged, used or not.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// By what the user had proved who he is.
    pub factors: Vec<Proof>,
    /// The address it was made from.
    pub ip: Option<String>,
    /// The browser or program it was made with, cut to 255 characters.
    pub user_agent: Option<String>,
}

impl RefreshFamily {
    /// A family as a store reads it, with what no row can be without. The other fields are as in a family of which
    /// nothing has been exchanged yet; set them from the row.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rocket_security::store::{FamilyHash, RefreshFamily, TokenHash};
    /// use rocket_security::Timestamp;
    ///
    /// let (hash, token) = (FamilyHash::from_bytes([7; 32]), TokenHash::from_bytes([8; 32]));
    /// let made = Timestamp::from_millis(1_790_000_000_000);
    /// let family = RefreshFamily::new(hash, "0f".repeat(16), 1, "1e".repeat(16), token, made, made + Duration::from_secs(60));
    /// assert_eq!(family.generation, 1);
    /// assert!(family.is_live(made, Duration::from_secs(60)));
    /// ```
    pub fn new(
        hash: FamilyHash,
        id: impl Into<String>,
        user_id: UserId,
        fs_uniquifier: impl Into<String>,
        token: TokenHash,
        created_at: Timestamp,
        expires_at: Timestamp,
    ) -> Self {
        RefreshFamily {
            hash,
            id: id.into(),
            user_id,
            fs_uniquifier: fs_uniquifier.into(),
            generation: 1,
            token,
            previous: None,
            nonce: None,
            created_at,
            authenticated_at: created_at,
            rotated_at: None,
            last_used_at: created_at,
            expires_at,
            revoked_at: None,
            factors: Vec::new(),
            ip: None,
            user_agent: None,
        }
    }

    /// Whether its time is over: it is too old, or nobody has used it for longer than `max_idle`.
    pub fn is_over(&self, now: Timestamp, max_idle: Duration) -> bool {
        now >= self.expires_at || now.since(self.last_used_at) >= max_idle
    }

    /// Whether its token can be exchanged, as far as the family alone tells.
    pub fn is_live(&self, now: Timestamp, max_idle: Duration) -> bool {
        self.revoked_at.is_none() && !self.is_over(now, max_idle)
    }
}

/// One refresh token taking the place of another.
#[derive(Clone)]
#[non_exhaustive]
pub struct RefreshTurn {
    /// The family, as it was read.
    pub family: FamilyHash,
    /// The family's hash under the current key.
    pub rehashed: FamilyHash,
    /// The token that must still be the current one; it becomes the previous one.
    pub expected: TokenHash,
    /// The token that takes its place.
    pub token: TokenHash,
    /// What `token` was derived with.
    pub nonce: [u8; 16],
    /// The moment.
    pub now: Timestamp,
}

/// Why refresh tokens were revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefreshEnd {
    /// A token came again after another had taken its place: two hold copies.
    Reused,
    /// Who held the token signed out.
    SignedOut,
    /// Somebody signed in with the browser that held the token.
    Replaced,
    /// Its owner, or the application, said so.
    Revoked,
}
