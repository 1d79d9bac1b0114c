use std::fmt;

use serde::de::DeserializeOwned;

use crate::crypto::{SealedPassword, random_hex32};
use crate::error::{Error, Result};
use crate::identity::Email;
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
    /// The telephone number in E.164 form, as in `+4930123456`.
    pub phone: Option<String>,
    /// When the user signed in the time before the last; kept where `trackable` is on, like the four below.
    pub last_login_at: Option<Timestamp>,
    /// When the user last signed in.
    pub current_login_at: Option<Timestamp>,
    /// From where the user signed in the time before the last.
    pub last_login_ip: Option<String>,
    /// From where the user last signed in.
    pub current_login_ip: Option<String>,
    /// How often the user has signed in.
    pub login_count: u64,
    /// What the application asked at registration, as JSON.
    pub(crate) fields: Option<String>,
    pub(crate) password: Option<SealedPassword>,
}

impl User {
    /// The user that a store has just made from `new` under this id; nobody has signed in yet.
    ///
    /// ```
    /// use rocket_security::store::NewUser;
    /// use rocket_security::{Email, Timestamp, User};
    ///
    /// let email = Email::parse("ada@example.org").unwrap();
    /// let new = NewUser::new(&email, Timestamp::from_millis(1_790_000_000_000))?;
    /// let user = User::made(1, &new);
    /// assert_eq!((user.id, user.email.as_str(), user.login_count), (1, "ada@example.org", 0));
    /// # Ok::<(), rocket_security::Error>(())
    /// ```
    pub fn made(id: UserId, new: &NewUser) -> Self {
        User {
            id,
            email: new.email.clone(),
            username: new.username.clone(),
            active: new.active,
            fs_uniquifier: new.fs_uniquifier.clone(),
            handle: new.handle.clone(),
            confirmed_at: new.confirmed_at,
            created_at: new.created_at,
            updated_at: new.created_at,
            phone: new.phone.clone(),
            last_login_at: None,
            current_login_at: None,
            last_login_ip: None,
            current_login_ip: None,
            login_count: 0,
            fields: new.fields.clone(),
            password: new.password.clone(),
        }
    }

    /// A user as a store reads him, with what no row can be without: inactive, not confirmed, without a password. The
    /// other fields are to be set from the row, `password` and `fields` by [`User::set_password`] and
    /// [`User::set_fields`].
    ///
    /// ```
    /// use rocket_security::crypto::SealedPassword;
    /// use rocket_security::{Timestamp, User};
    ///
    /// let made = Timestamp::from_millis(1_790_000_000_000);
    /// let mut user = User::new(1, "ada@example.org", "0f".repeat(16), "1e".repeat(16), made);
    /// user.active = true;
    /// user.set_password(Some(SealedPassword::from_stored("v1.….…".to_owned())));
    /// assert!(user.has_password());
    /// ```
    pub fn new(
        id: UserId,
        email: impl Into<String>,
        fs_uniquifier: impl Into<String>,
        handle: impl Into<String>,
        created_at: Timestamp,
    ) -> Self {
        User {
            id,
            email: email.into(),
            username: None,
            active: false,
            fs_uniquifier: fs_uniquifier.into(),
            handle: handle.into(),
            confirmed_at: None,
            created_at,
            updated_at: created_at,
            phone: None,
            last_login_at: None,
            current_login_at: None,
            last_login_ip: None,
            current_login_ip: None,
            login_count: 0,
            fields: None,
            password: None,
        }
    }

    /// The sealed password hash, for the store that keeps it. Without the keys it is noise.
    pub fn password(&self) -> Option<&SealedPassword> {
        self.password.as_ref()
    }

    /// Sets the sealed password hash, as the store has it. It changes this copy and no row.
    pub fn set_password(&mut self, password: Option<SealedPassword>) {
        self.password = password;
    }

    /// The registration fields as the JSON that the store keeps; [`User::fields`] reads them.
    pub fn fields_json(&self) -> Option<&str> {
        self.fields.as_deref()
    }

    /// Sets the registration fields, as the store has them. It changes this copy and no row.
    pub fn set_fields(&mut self, json: Option<String>) {
        self.fields = json;
    }

    /// Whether the account has a password at all.
    pub fn has_password(&self) -> bool {
        self.password.is_some()
    }

    /// What the application asked at registration, as the type that it asked it with; nothing for a user who was made
    /// without it.
    ///
    /// # Errors
    /// When what was stored does not fit `T`: the type has changed since. Give new fields a `#[serde(default)]`.
    pub fn fields<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        let Some(fields) = &self.fields else {
            return Ok(None);
        };
        serde_json::from_str(fields).map(Some).map_err(|error| {
            // Without its cause, which may quote what somebody typed.
            Error::internal(format!(
                "the registration fields of user {} do not fit {}: {:?} at column {}",
                self.id,
                std::any::type_name::<T>(),
                error.classify(),
                error.column()
            ))
        })
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

/// Something else that a user is known by: an attribute of the application's, such as a staff number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnIdentity {
    /// What the application calls it.
    pub attribute: String,
    /// To keep and show.
    pub value: String,
    /// In the form that must be unique for its attribute.
    pub key: String,
}

/// How many bytes of JSON the application's registration fields may have.
pub const FIELDS_MAX: usize = 16 * 1024;

/// What the store needs to make a user.
#[derive(Clone)]
#[non_exhaustive]
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
    /// A telephone number in E.164 form; unique.
    pub phone: Option<String>,
    /// What the application asked at registration, as JSON.
    pub fields: Option<String>,
    /// What else the user is known by.
    pub identities: Vec<OwnIdentity>,
}

impl NewUser {
    /// An active user of that address, without a password and not confirmed, with ids from the system's random source.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn new(email: &Email, now: Timestamp) -> Result<Self> {
        Ok(NewUser {
            email: email.as_str().to_owned(),
            email_key: email.key().to_owned(),
            username: None,
            username_key: None,
            active: true,
            fs_uniquifier: random_hex32()?,
            handle: random_hex32()?,
            confirmed_at: None,
            created_at: now,
            password: None,
            phone: None,
            fields: None,
            identities: Vec::new(),
        })
    }
}
