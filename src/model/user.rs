use std::fmt;

use crate::crypto::SealedPassword;
use crate::model::Timestamp;

/// The id of a user; made by the store, never by a visitor.
pub type UserId = i64;

/// An account.
///
/// It carries no secret that can be read: the password hash is sealed and has no `Debug` and no `Serialize`.
#[derive(Clone)]
#[non_exhaustive]
pub struct User {
    /// Made by the store.
    pub id: UserId,
    /// As the user wrote it, the domain in lower case.
    pub email: String,
    /// The name chosen at registration, when `username_enable` is on.
    pub username: Option<String>,
    /// A deactivated user cannot sign in, and what was signed in is signed out.
    pub active: bool,
    /// 32 hexadecimal digits. A new one signs the user out everywhere.
    pub fs_uniquifier: String,
    /// 32 hexadecimal digits that never change: the associated data of what is sealed in this row.
    pub handle: String,
    /// When the e-mail address was confirmed, if it was.
    pub confirmed_at: Option<Timestamp>,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When the account was last changed.
    pub updated_at: Timestamp,
    pub(crate) password: Option<SealedPassword>,
}

impl User {
    /// Whether the account has a password at all.
    pub fn has_password(&self) -> bool {
        self.password.is_some()
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("active", &self.active)
            .finish_non_exhaustive()
    }
}

/// What the store needs to make a user.
pub struct NewUser {
    /// The address to keep and show.
    pub email: String,
    /// The same address in the form that must be unique (see `identity`).
    pub email_key: String,
    /// The name to keep and show.
    pub username: Option<String>,
    /// The same name in the form that must be unique.
    pub username_key: Option<String>,
    /// Whether the user may sign in.
    pub active: bool,
    /// 32 hexadecimal digits from the system's random source.
    pub fs_uniquifier: String,
    /// 32 hexadecimal digits from the system's random source; never changes.
    pub handle: String,
    /// Set when the address counts as confirmed from the start.
    pub confirmed_at: Option<Timestamp>,
    /// The moment of creation.
    pub created_at: Timestamp,
    /// The sealed hash, or nothing for an account without a password.
    pub password: Option<SealedPassword>,
}
