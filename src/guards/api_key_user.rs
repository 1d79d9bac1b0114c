use std::ops::Deref;
use std::sync::Arc;

use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use crate::error::Error;
use crate::gate::ByKey;
use crate::guards::{SecurityError, abort_without_fairing, fail, refuse, security, unavailable};
use crate::model::{ApiKey, Reason, Role, User};
use crate::security::Security;
use crate::web::api_key::{self, Presented};

/// A user for whom a program came with one of his API keys, in the header `X-API-Key` (`api_key_header`) or in
/// `Authorization: Bearer`. A cookie plays no part, so no CSRF token is needed either.
///
/// ```
/// use rocket::post;
/// use rocket_security::ApiKeyUser;
///
/// #[post("/backups")]
/// fn back_up(user: ApiKeyUser) -> String {
///     format!("{} by the key {}", user.email, user.key().name)
/// }
/// ```
///
/// The key may no more than its scopes say: see [`ApiKey`]. It is never fresh, and none of the library's own endpoints takes
/// it.
///
/// # Failures
///
/// 401 without a key, and for one that is wrong, expired or revoked, or whose user is deactivated or locked: they all look the
/// same. 400 for two keys that differ, 503 when the database cannot be reached.
#[derive(Clone)]
pub struct ApiKeyUser(Arc<ByKey>);

impl ApiKeyUser {
    /// The key that served the request.
    pub fn key(&self) -> &ApiKey {
        &self.0.key
    }

    /// What is left of the user's roles within the key's scopes ([`ApiKey::narrow`]); read once per request, when they are
    /// first asked for.
    ///
    /// # Errors
    /// When the store does not answer; the failure has then been noted as this request's refusal.
    pub async fn roles(&self, req: &Request<'_>) -> Result<Arc<Vec<Role>>, SecurityError> {
        let cached = req
            .local_cache_async(async {
                let roles = match req.rocket().state::<Security>() {
                    Some(security) => security.datastore().roles_of(self.id).await,
                    None => Err(Error::config("SecurityFairing is not attached")),
                };
                Narrowed(
                    self.key().id.clone(),
                    roles.map(|roles| Arc::new(self.key().narrow(&roles))),
                )
            })
            .await;
        match &cached.1 {
            Ok(roles) if cached.0 == self.key().id => Ok(roles.clone()),
            Ok(_) => Err(SecurityError::new(Reason::Unauthorized)),
            Err(error) => Err(unavailable(req, "the roles of a user could not be read", error)),
        }
    }
}

/// Of which key, and what it leaves of the roles.
struct Narrowed(String, Result<Arc<Vec<Role>>, Error>);

impl Deref for ApiKeyUser {
    type Target = User;

    fn deref(&self) -> &User {
        &self.0.user
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for ApiKeyUser {
    type Error = SecurityError;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, SecurityError> {
        let security = match security(req) {
            Ok(security) => security,
            Err(missing) => return missing,
        };
        if api_key::presented(req, security) == Presented::Two {
            return refuse(req, Reason::InvalidInput);
        }
        match api_key::identify(req, security).await {
            Ok(Some(who)) => Outcome::Success(ApiKeyUser(who.clone())),
            Ok(None) => refuse(req, Reason::Unauthenticated),
            Err(error) => fail(unavailable(req, "an API key could not be looked up", error)),
        }
    }
}

impl Sentinel for ApiKeyUser {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        let is_off = rocket
            .state::<Security>()
            .is_some_and(|security| !security.config().api_keys);
        if is_off {
            eprintln!(
                "rocket_security: a route uses the guard ApiKeyUser, but API keys are off: write `api_keys = true`."
            );
        }
        is_off || abort_without_fairing(rocket, "ApiKeyUser")
    }
}
