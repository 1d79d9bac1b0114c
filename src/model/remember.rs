use crate::model::{Proof, SessionHash, Timestamp, UserId};

/// The keyed hash of a series' id.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SeriesHash(pub(crate) [u8; 32]);

impl SeriesHash {
    /// The 32 bytes as the store keeps them.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A hash as read from a store.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        SeriesHash(bytes)
    }
}

/// The keyed hash of a token of a series. A cookie is compared with it by
/// [`Keys::is_token`](crate::crypto::Keys::is_token), under each key.
#[derive(Clone, Copy)]
pub struct TokenHash(pub(crate) [u8; 32]);

impl TokenHash {
    /// The 32 bytes as the store keeps them.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A hash as read from a store.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        TokenHash(bytes)
    }
}

/// A browser that is to be remembered.
///
/// It holds one token, which is good for one session: each restore puts another in its place. A token that comes
/// again after that is a copy.
#[derive(Clone)]
#[non_exhaustive]
pub struct RememberSeries {
    /// The keyed hash of its id.
    pub hash: SeriesHash,
    /// Whose browser it is.
    pub user_id: UserId,
    /// The user's `fs_uniquifier` when the series was made; the series is dead when the user has another one.
    pub fs_uniquifier: String,
    /// The token that the browser should hold.
    pub token: TokenHash,
    /// The one before it.
    pub previous: Option<TokenHash>,
    /// What `token` was derived with from the one before it.
    pub nonce: Option<[u8; 16]>,
    /// The session that was last restored from it.
    pub session: Option<SessionHash>,
    /// When the user signed in.
    pub created_at: Timestamp,
    /// When `token` took the place of `previous`.
    pub rotated_at: Option<Timestamp>,
    /// When it last restored a session.
    pub last_used_at: Timestamp,
    /// From then on it restores nothing.
    pub expires_at: Timestamp,
    /// By what the user had proved who he is when the series was made.
    pub factors: Vec<Proof>,
    /// The address it was made from.
    pub ip: Option<String>,
    /// The browser it was made with, cut to 255 characters.
    pub user_agent: Option<String>,
}

impl RememberSeries {
    /// A series as a store reads it, with what no row can be without. The other fields are as in a series that has
    /// restored nothing yet; set them from the row.
    pub fn new(
        hash: SeriesHash,
        user_id: UserId,
        fs_uniquifier: impl Into<String>,
        token: TokenHash,
        created_at: Timestamp,
        expires_at: Timestamp,
    ) -> Self {
        RememberSeries {
            hash,
            user_id,
            fs_uniquifier: fs_uniquifier.into(),
            token,
            previous: None,
            nonce: None,
            session: None,
            created_at,
            rotated_at: None,
            last_used_at: created_at,
            expires_at,
            factors: Vec::new(),
            ip: None,
            user_agent: None,
        }
    }
}

/// One token taking the place of another.
#[derive(Clone)]
#[non_exhaustive]
pub struct Rotation {
    /// The series, as it was read.
    pub series: SeriesHash,
    /// The series' hash under the current key.
    pub rehashed: SeriesHash,
    /// The token that must still be the current one; it becomes the previous one.
    pub expected: TokenHash,
    /// The token that takes its place.
    pub token: TokenHash,
    /// What `token` was derived with.
    pub nonce: [u8; 16],
    /// The moment.
    pub now: Timestamp,
}
