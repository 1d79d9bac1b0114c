//! What an application may decide about its users: [`Policy`].

use std::net::IpAddr;

use serde_json::{Map, Value};

use crate::error::Result;
use crate::model::{Factor, Reason, Timestamp, User};

/// Decisions that are the application's, each with the library's own answer as its default. Implement what differs and
/// give it to [`SecurityFairing::policy`](crate::SecurityFairing::policy).
///
/// ```
/// use rocket::serde::json::serde_json::{Map, Value};
/// use rocket_security::{Policy, Result, SecurityFairing, User};
///
/// struct House;
///
/// #[rocket::async_trait]
/// impl Policy for House {
///     fn payload(&self, user: &User) -> Map<String, Value> {
///         Map::from_iter([("email".to_owned(), user.email.clone().into())])
///     }
///
///     async fn is_locked(&self, user: &User) -> Result<bool> {
///         Ok(user.email.ends_with("@left.example.org"))
///     }
/// }
///
/// let fairing = SecurityFairing::new().policy(House);
/// ```
///
/// The reference's model methods are spec section 6.7.
#[rocket::async_trait]
pub trait Policy: Send + Sync + 'static {
    /// What JSON answers say of the signed-in user under `user`: nothing by default, as in the reference
    /// (`get_security_payload`). Only what the user himself may read.
    fn payload(&self, _user: &User) -> Map<String, Value> {
        Map::new()
    }

    /// By what name pages speak of a user: his user name, else his address (`calc_username`).
    fn display_name(&self, user: &User) -> String {
        user.username.clone().unwrap_or_else(|| user.email.clone())
    }

    /// Whether the account may not come in for now (`is_locked`). Asked after the right password only, so that a stranger
    /// learns nothing, and again when a remembered browser comes back. Sessions that are there go on; end them with
    /// [`Security::sign_out_everywhere`](crate::Security::sign_out_everywhere).
    ///
    /// # Errors
    /// When it cannot be found out: then nobody comes in (503).
    async fn is_locked(&self, _user: &User) -> Result<bool> {
        Ok(false)
    }

    /// What goes into an auth token beside the library's own (`augment_auth_token`). Everybody who holds the token can read
    /// it. A token is at most 4096 characters long.
    ///
    /// # Errors
    /// When it cannot be found out: then there is no token.
    async fn augment_token(&self, _user: &User) -> Result<Map<String, Value>> {
        Ok(Map::new())
    }

    /// Whether a token that is good otherwise may serve, by what [`augment_token`](Policy::augment_token) put in when it was
    /// made (`verify_auth_token`). Asked in every request that brings one.
    ///
    /// # Errors
    /// When it cannot be found out: then nobody comes in (503).
    async fn verify_token(&self, _user: &User, _data: &Map<String, Value>) -> Result<bool> {
        Ok(true)
    }

    /// When a token made now ends for this user, where that is sooner than `token_max_age` says (`TOKEN_EXPIRE_TIMESTAMP`).
    fn token_expires_at(&self, _user: &User, _now: Timestamp) -> Option<Timestamp> {
        None
    }

    /// Told of each failed attempt (`track_failed_authn`), beside the request and not within it, so that what is done here
    /// does not tell by its time who has an account. 256 calls run at once; while they do, further attempts are told as
    /// [`Event`](crate::Event)s only.
    async fn on_failed_authn(&self, _failed: &FailedAuthn) {}
}

/// An attempt that failed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FailedAuthn {
    /// The account, when there is one of that identity.
    pub user: Option<User>,
    /// By what he tried.
    pub factor: Factor,
    /// Why he was refused.
    pub reason: Reason,
    /// From where, as far as it can be known.
    pub address: Option<IpAddr>,
}

/// The library's own answers.
pub(crate) struct Defaults;

impl Policy for Defaults {}
