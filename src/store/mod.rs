//! Where accounts live: small traits by capability, their Diesel implementation, and all that another implementation
//! needs. `docs/datastores.md` walks through writing one; `examples/own_datastore` is the result.
//!
//! Every operation is one atomic step: what happens once is decided by the database, never by a read that a
//! write follows later. Failures are [`Error`]s: a broken constraint is a conflict that names its
//! column, a full pool is busy, a lost server is unavailable.
//!
//! # Contract versions
//!
//! A trait promises more than its signatures say, and the compiler cannot tell a store that a promise has changed. So
//! each trait has a version, such as `<dyn Users>::CONTRACT`, and each store says as a number which one it was written
//! against. Where the two differ the launch stops. Write the number, never the constant: the constant moves on with the
//! library, and the promise of the store would with it.

mod along;
pub(crate) mod diesel;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
mod migrate;
#[doc(hidden)] // It is `rocket_security::db`.
pub mod pool;
mod schema;

#[cfg(any(test, feature = "testing"))]
pub(crate) mod contract;
pub mod rules;
mod versions;

pub use crate::model::{
    ApiKeyHash, Counter, CounterKey, CounterSwap, FIELDS_MAX, FamilyHash, Issued, NewUser, OwnIdentity,
    RefreshFamily, RefreshTurn, RememberSeries, Rotation, SeriesHash, SessionHash, TokenHash,
};
pub(crate) use versions::check_versions;

pub use along::{Along, BoxError, WithUser};

use crate::error::{Error, Result};
use crate::model::{ApiKey, Role, Session, Timestamp, User, UserId};

/// By which attribute a user is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Identity<'a> {
    /// The unique form of the e-mail address.
    Email,
    /// The unique form of the user name.
    Username,
    /// The telephone number in E.164 form.
    Phone,
    /// The `fs_uniquifier`: what a token names its user by.
    Uniquifier,
    /// The attribute that the application calls so, in the form that must be unique.
    Own(&'a str),
}

/// Accounts.
#[rocket::async_trait]
pub trait Users: Send + Sync {
    /// The version of this trait's contract that the store was written against, as a number; see the
    /// [module's page](self#contract-versions).
    fn contract(&self) -> u32;

    /// The user of that id.
    async fn user(&self, id: UserId) -> Result<Option<User>>;

    /// The user whose `attribute` has the unique form `key`.
    async fn user_by(&self, attribute: Identity<'_>, key: &str) -> Result<Option<User>>;

    /// Makes a user. A taken address, name or number is a conflict on `email`, `username` or `phone`, any other taken
    /// identity one on `identity`.
    async fn create_user(&self, new: NewUser) -> Result<User>;

    /// Makes a user and runs the application's part, both or neither. Conflicts as in `create_user`.
    ///
    /// A store without transactions need not offer it.
    async fn create_user_with(&self, new: NewUser, along: Along) -> Result<User> {
        let _ = (new, along);
        Err(Error::config(
            "this datastore makes no user together with rows of the application",
        ))
    }

    /// Replaces the password hash if it is still `expected`; used when the cost was raised. Signs nobody out.
    /// `false` when somebody changed it meanwhile.
    async fn replace_password(
        &self,
        id: UserId,
        expected: &crate::crypto::SealedPassword,
        new: &crate::crypto::SealedPassword,
        now: Timestamp,
    ) -> Result<bool>;

    /// Sets or removes the telephone number, in E.164 form. A taken one is a conflict on `phone`; `false` when there is
    /// no such user.
    async fn set_phone(&self, id: UserId, phone: Option<&str>, now: Timestamp) -> Result<bool>;

    /// Puts an identity in the place of the user's identity of the same attribute. A taken one is a conflict on
    /// `identity`, a user who is not there one on `user_id`.
    async fn set_identity(&self, id: UserId, identity: &OwnIdentity) -> Result<()>;

    /// Removes the user's identity of that attribute. `false` when there was none.
    async fn remove_identity(&self, id: UserId, attribute: &str) -> Result<bool>;

    /// What else the user is known by, in the order of the attributes' names.
    async fn identities_of(&self, id: UserId) -> Result<Vec<OwnIdentity>>;

    /// Activates or deactivates; deactivation ends all sessions, all remembered browsers' series, all families of refresh
    /// tokens and all API keys in the same transaction. `false` when nothing changed.
    async fn set_active(&self, id: UserId, active: bool, now: Timestamp) -> Result<bool>;

    /// Gives the user another `fs_uniquifier` and ends all sessions, all remembered browsers' series, all families of
    /// refresh tokens and all API keys in the same transaction.
    async fn set_uniquifier(&self, id: UserId, fs_uniquifier: &str, now: Timestamp) -> Result<bool>;

    /// Removes the user with everything that hangs on him. `false` when there was none.
    async fn delete_user(&self, id: UserId) -> Result<bool>;
}

/// Roles and who has them.
#[rocket::async_trait]
pub trait Roles: Send + Sync {
    /// The version of this trait's contract that the store was written against, as a number; see the
    /// [module's page](self#contract-versions).
    fn contract(&self) -> u32;

    /// The role of that name.
    async fn role(&self, name: &str) -> Result<Option<Role>>;

    /// Makes a role. A taken name is a conflict on `name`; a permission that is empty or has a comma is refused.
    async fn create_role(&self, name: &str, description: Option<&str>, permissions: &[&str]) -> Result<Role>;

    /// Replaces the permissions of a role. `false` when there is no such role.
    async fn set_permissions(&self, role_id: i64, permissions: &[&str]) -> Result<bool>;

    /// The roles of a user, by name.
    async fn roles_of(&self, user: UserId) -> Result<Vec<Role>>;

    /// `false` when the user had the role already.
    async fn add_role_to_user(&self, user: UserId, role_id: i64) -> Result<bool>;

    /// `false` when the user did not have the role.
    async fn remove_role_from_user(&self, user: UserId, role_id: i64) -> Result<bool>;
}

/// Signed-in browsers.
#[rocket::async_trait]
pub trait Sessions: Send + Sync {
    /// The version of this trait's contract that the store was written against, as a number; see the
    /// [module's page](self#contract-versions).
    fn contract(&self) -> u32;

    /// The session with one of these hashes (one per key of the ring, the current one first), and its user.
    /// The one query of an authenticated request: point reads by unique keys only.
    async fn session_with_user(&self, hashes: &[SessionHash]) -> Result<Option<(Session, User)>>;

    /// Stores a new session and, in the same transaction, ends the one that it `replaces`. When the user is gone or
    /// deactivated by now, or has another `fs_uniquifier` than the session, it is a conflict on `user_id`, and nothing
    /// has changed.
    ///
    /// With `track` the same transaction counts the sign-in in the user's `login_count`, puts its time and address into
    /// `current_login_*`, and what was there into `last_login_*`.
    async fn create_session(
        &self,
        session: &Issued<Session>,
        replaces: Option<&SessionHash>,
        track: bool,
    ) -> Result<()>;

    /// Ends `old` and stores `new` in its place, in one transaction. `false` when `old` has ended meanwhile: who signed
    /// out must not be signed in again by a step-up that was still under way. Conflicts as in `create_session`.
    async fn renew_session(&self, old: &SessionHash, new: &Issued<Session>) -> Result<bool>;

    /// Writes when it was last seen and the hash under the current key. `false` when it has ended meanwhile. `true` also
    /// when another request has rehashed it first: whoever ends a session has to name its hash under each key.
    async fn touch_session(&self, hash: &SessionHash, rehashed: &SessionHash, now: Timestamp)
    -> Result<bool>;

    /// Writes the end of the grace period. `false` when the session has ended meanwhile.
    async fn set_grace(&self, hash: &SessionHash, until: Timestamp) -> Result<bool>;

    /// Ends a session. `false` when there was none.
    async fn delete_session(&self, hash: &SessionHash) -> Result<bool>;

    /// Ends all sessions of a user but `except`; says how many. Remembered browsers come back unless their series end
    /// too.
    async fn delete_sessions_of(&self, user: UserId, except: Option<&SessionHash>) -> Result<usize>;

    /// Ends the sessions of a user that were made at `since` or later; says how many.
    async fn delete_sessions_since(&self, user: UserId, since: Timestamp) -> Result<usize>;

    /// Removes at most `limit` sessions last seen before `idle` or made before `absolute`; says how many.
    async fn sweep_sessions(&self, idle: Timestamp, absolute: Timestamp, limit: i64) -> Result<usize>;
}

/// Browsers that are to be remembered.
#[rocket::async_trait]
pub trait Remember: Send + Sync {
    /// The version of this trait's contract that the store was written against, as a number; see the
    /// [module's page](self#contract-versions).
    fn contract(&self) -> u32;

    /// Stores a new series. When the user is gone or deactivated by now, or has another `fs_uniquifier` than the series,
    /// it is a conflict on `user_id`.
    async fn create_series(&self, series: &Issued<RememberSeries>) -> Result<()>;

    /// The series with one of these hashes (one per key of the ring, the current one first), and its user.
    async fn series(&self, hashes: &[SeriesHash]) -> Result<Option<(RememberSeries, User)>>;

    /// Puts one token in the place of another and stores the session restored with it, all or nothing. The session
    /// restored before ends.
    ///
    /// One conditional write decides: `false` when the expected token is no longer the current one, or the series has
    /// ended or expired. Whoever is told so finds the winner's session, for it came with the same write. Conflicts as
    /// in `create_session`.
    async fn rotate_series(&self, rotation: &Rotation, session: &Issued<Session>) -> Result<bool>;

    /// Ends a series and the session restored from it. `false` when there was none.
    async fn end_series(&self, series: &SeriesHash) -> Result<bool>;

    /// Ends all series of a user and the sessions restored from them; says how many series.
    async fn end_series_of(&self, user: UserId) -> Result<usize>;

    /// Removes at most `limit` series that expired before `now`; says how many.
    async fn sweep_series(&self, now: Timestamp, limit: i64) -> Result<usize>;
}

/// Families of refresh tokens.
#[rocket::async_trait]
pub trait RefreshFamilies: Send + Sync {
    /// The version of this trait's contract that the store was written against, as a number; see the
    /// [module's page](self#contract-versions).
    fn contract(&self) -> u32;

    /// Stores a new family. When the user is gone or deactivated by now, or has another `fs_uniquifier` than the family,
    /// it is a conflict on `user_id`; a hash or an id that is taken is one on `family`.
    async fn create_family(&self, family: &Issued<RefreshFamily>) -> Result<()>;

    /// The family with one of these hashes (one per key of the ring, the current one first), revoked or over though it may
    /// be, and its user.
    async fn family(&self, hashes: &[FamilyHash]) -> Result<Option<(RefreshFamily, User)>>;

    /// Puts one token in the place of another and counts the generation.
    ///
    /// One conditional write decides: `false` when the expected token is no longer the current one, or the family has
    /// been revoked, has expired or is gone.
    async fn rotate_family(&self, turn: &RefreshTurn) -> Result<bool>;

    /// Revokes the user's family of that id. `false` when he has none, or it has been revoked before: whoever tells of a
    /// revocation does so once. The row stays until it is swept, so that its tokens are known.
    async fn revoke_family(&self, user: UserId, id: &str, now: Timestamp) -> Result<bool>;

    /// Revokes all families of a user; says how many had not been revoked before.
    async fn revoke_families_of(&self, user: UserId, now: Timestamp) -> Result<usize>;

    /// The user's families that are neither revoked nor expired at `now` nor last used at `idle` or before, the one used
    /// last first.
    async fn families_of(&self, user: UserId, now: Timestamp, idle: Timestamp) -> Result<Vec<RefreshFamily>>;

    /// Removes at most `limit` families that expired before `now` or were last used before `idle`; says how many.
    async fn sweep_families(&self, now: Timestamp, idle: Timestamp, limit: i64) -> Result<usize>;
}

/// Failures counted per account and address.
#[rocket::async_trait]
pub trait Counters: Send + Sync {
    /// The version of this trait's contract that the store was written against, as a number; see the
    /// [module's page](self#contract-versions).
    fn contract(&self) -> u32;

    /// The row of that key.
    async fn counter(&self, key: &CounterKey) -> Result<Option<Counter>>;

    /// The rows of these keys, in their order. They need not be of one moment: whoever decides by them names them when
    /// he swaps.
    async fn counters(&self, keys: &[CounterKey]) -> Result<Vec<Option<Counter>>> {
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            found.push(self.counter(key).await?);
        }
        Ok(found)
    }

    /// Changes all these rows, in one transaction, if each still is as expected; else none, and `false`. No key comes
    /// twice. Two calls that name the same rows in another order must not wait for each other.
    async fn swap_counters(&self, swaps: &[CounterSwap]) -> Result<bool>;

    /// Removes at most `limit` rows that expired before `now`; says how many.
    async fn sweep_counters(&self, now: Timestamp, limit: i64) -> Result<usize>;
}

/// Keys by which programs act for users.
#[rocket::async_trait]
pub trait ApiKeys: Send + Sync {
    /// The version of this trait's contract that the store was written against, as a number; see the
    /// [module's page](self#contract-versions).
    fn contract(&self) -> u32;

    /// Stores a new key, unless the user has `limit` of them already, expired ones among them: then `false`, and nothing
    /// has changed. However many are made at once, he never has more.
    ///
    /// What does not fit is refused ([`rules::check_api_key`]), a taken id is a conflict on `api_key`. When the user is
    /// gone or deactivated by now, or has another `fs_uniquifier` than the key, it is a conflict on `user_id`.
    async fn create_api_key(&self, key: &Issued<ApiKey>, limit: u32) -> Result<bool>;

    /// The key of that id, expired or not, and its user.
    async fn api_key(&self, id: &str) -> Result<Option<(ApiKey, User)>>;

    /// Writes when and from where a key was used, and its hash under the current key of the ring. `false` when its hash is
    /// not `expected`, or it has been revoked meanwhile.
    async fn touch_api_key(
        &self,
        id: &str,
        expected: &ApiKeyHash,
        rehashed: &ApiKeyHash,
        now: Timestamp,
        ip: Option<&str>,
    ) -> Result<bool>;

    /// All keys of a user, the youngest first, expired ones among them.
    async fn api_keys_of(&self, user: UserId) -> Result<Vec<ApiKey>>;

    /// Removes a key of this user. `false` when he has none of that id, whoever else has it.
    async fn delete_api_key(&self, user: UserId, id: &str) -> Result<bool>;

    /// Removes all keys of a user; says how many.
    async fn delete_api_keys_of(&self, user: UserId) -> Result<usize>;

    /// Removes at most `limit` keys that expired before `now`; says how many. A key without an end stays.
    async fn sweep_api_keys(&self, now: Timestamp, limit: i64) -> Result<usize>;
}

/// Everything that this version of the library asks of a store.
#[rocket::async_trait]
pub trait Datastore: Users + Roles + Sessions + Remember + RefreshFamilies + Counters + ApiKeys {
    /// Whether the store answers at all; asked once at launch.
    async fn ping(&self) -> Result<()>;

    /// What a right password ends in: stores a session as [`Sessions::create_session`] does and changes these counters as
    /// [`Counters::swap_counters`] does, in one transaction. `false` when a counter is not as expected, and conflicts as in
    /// `create_session`; either way nothing has changed.
    async fn sign_in(
        &self,
        session: &Issued<Session>,
        replaces: Option<&SessionHash>,
        track: bool,
        forgiven: &[CounterSwap],
    ) -> Result<bool>;

    /// How many statements it has run, where it counts them: tests compare requests by it.
    fn statements(&self) -> Option<u64> {
        None
    }
}
