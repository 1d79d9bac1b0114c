use std::ops::Deref;
use std::sync::Arc;

use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use crate::error::Error;
use crate::guards::{SecurityError, SessionUser, abort_without_fairing, unavailable};
use crate::model::{Assurance, Reason, Role, Session, User, UserId};
use crate::security::Security;

/// The signed-in user. Who is not signed in is sent to the sign-in page, or gets 401.
///
/// ```
/// use rocket::get;
/// use rocket_security::AuthUser;
///
/// #[get("/profile")]
/// fn profile(user: AuthUser) -> String {
///     format!("hello {}", user.email)
/// }
///
/// #[get("/")]
/// fn index(user: Option<AuthUser>) -> String {
///     match user {
///         Some(user) => format!("hello {}", user.email),
///         None => "hello stranger".into(),
///     }
/// }
/// ```
///
/// What served the request is a session; see [`SessionUser`] for what it asks of an unsafe request.
#[derive(Clone)]
pub struct AuthUser(SessionUser);

impl AuthUser {
    /// The session that served the request.
    pub fn session(&self) -> &Session {
        self.0.session()
    }

    /// By what the user proved who he is in this session, and when.
    pub fn assurance(&self) -> Assurance<'_> {
        Assurance::of(self.session())
    }

    pub(crate) fn session_user(&self) -> &SessionUser {
        &self.0
    }

    /// The user's roles, read once per request when they are first asked for.
    ///
    /// # Errors
    /// When the store does not answer; the failure has then been noted as this request's refusal.
    pub async fn roles(&self, req: &Request<'_>) -> Result<Arc<Vec<Role>>, SecurityError> {
        let cached = req
            .local_cache_async(async {
                let roles = match req.rocket().state::<Security>() {
                    Some(security) => security.datastore().roles_of(self.id).await.map(Arc::new),
                    None => Err(Error::config("SecurityFairing is not attached")),
                };
                Roles(self.id, roles)
            })
            .await;
        match &cached.1 {
            Ok(roles) if cached.0 == self.id => Ok(roles.clone()),
            Ok(_) => Err(SecurityError::new(Reason::Unauthorized)),
            Err(error) => Err(unavailable(req, "the roles of a user could not be read", error)),
        }
    }
}

/// Whose roles, and which: in the request's cache, where other types of the application lie too.
struct Roles(UserId, Result<Arc<Vec<Role>>, Error>);

impl Deref for AuthUser {
    type Target = User;

    fn deref(&self) -> &User {
        &self.0
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for AuthUser {
    type Error = SecurityError;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, SecurityError> {
        SessionUser::from_request(req).await.map(AuthUser)
    }
}

impl Sentinel for AuthUser {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        abort_without_fairing(rocket, "AuthUser")
    }
}
