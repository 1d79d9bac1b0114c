use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use super::mechanisms::guard_name;
use crate::error::Error;
use crate::gate::Caller;
use crate::guards::{
    Basic, Mechanisms, SecurityError, abort_without_fairing, fail, refuse_wanting, security, unavailable,
};
use crate::model::{Assurance, Mechanism, Role, Session, Token, User, UserId};
use crate::security::Security;
use crate::web::callers;
use crate::web::refusal::Wanted;

/// A user who has shown who he is by one of the mechanisms `M`: [`Token`], [`Session`], [`Basic`] or a tuple of them
/// (`auth_required` of the reference). Each of the usual choices has a name of its own: [`AuthUser`], [`SessionUser`],
/// [`TokenUser`], [`BasicUser`].
///
/// ```
/// use rocket::get;
/// use rocket_security::{Auth, Basic, Session, Token};
///
/// #[get("/report")]
/// fn report(user: Auth<(Token, Session, Basic)>) -> String {
///     format!("{} came by {:?}", user.email, user.mechanism())
/// }
/// ```
///
/// # How it decides
///
/// They are asked in the order token, session, basic, and the first that is good serves; [`Auth::mechanism`] says which.
///
/// * **Token**: an auth token in `Authentication-Token` or `Authorization: Bearer`.
/// * **Session**: the session cookie, or the remember cookie. For an unsafe request (anything but GET, HEAD, OPTIONS and
///   TRACE, and any with a form for a body) the browser must vouch that it comes from this site by `Sec-Fetch-Site` or
///   `Origin`, or the request must carry the CSRF token in a header; else it is refused with 403. So an application's own
///   `Form<T>` is covered too.
/// * **Basic**: a name and a password in `Authorization: Basic`, checked as at the sign-in page, with the same waits. There
///   is no session, and each request costs a hash. What a browser says to come from another site is refused here too, for
///   browsers add this header by themselves.
///
/// # Failures
///
/// 401 for whom no mechanism lets in: the sign-in page where a session would do, else `WWW-Authenticate`. 400 for two
/// credentials that differ, 403 for a request from another site and for an account that may not come in, 429 for a
/// password that may not be tried yet, 503 when the database cannot be reached.
pub struct Auth<M = (Token, Session)> {
    caller: Caller,
    mechanisms: PhantomData<fn() -> M>,
}

/// The signed-in user, by an auth token or a session. Who is not signed in is sent to the sign-in page, or gets 401.
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
/// [`Auth`] says how it decides.
pub type AuthUser = Auth<(Token, Session)>;

/// A user who came with a session cookie, or whose browser is remembered and has just been given a session. [`Auth`]
/// says what it asks of an unsafe request.
pub type SessionUser = Auth<Session>;

/// A user who came with an auth token (`auth_token_required` of the reference).
pub type TokenUser = Auth<Token>;

/// A user who came with his name and his password (`http_auth_required` of the reference).
pub type BasicUser = Auth<Basic>;

impl<M> Auth<M> {
    /// By what the user has shown who he is in this request.
    pub fn mechanism(&self) -> Mechanism {
        self.caller.mechanism()
    }

    /// The session that served the request, if one did.
    pub fn session(&self) -> Option<&Session> {
        self.caller.session()
    }

    /// What the auth token says that served the request, if one did.
    pub fn token(&self) -> Option<&Token> {
        self.caller.token()
    }

    /// By what the user proved who he is, and when: in this session, before this token was made, or in this request.
    pub fn assurance(&self) -> Assurance<'_> {
        Assurance::of(self.caller.proofs(), self.caller.authenticated_at())
    }

    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The user's roles, read once per request when they are first asked for.
    ///
    /// # Errors
    /// When the store does not answer; the failure has then been noted as this request's refusal.
    pub async fn roles(&self, req: &Request<'_>) -> Result<Arc<Vec<Role>>, SecurityError> {
        let user = self.caller.user().id;
        let cached = req
            .local_cache_async(async {
                let roles = match req.rocket().state::<Security>() {
                    Some(security) => security.datastore().roles_of(user).await.map(Arc::new),
                    None => Err(Error::config("SecurityFairing is not attached")),
                };
                Roles(user, roles)
            })
            .await;
        if cached.0 != user {
            // Two mechanisms of one request, two users: the cache is the other one's.
            return match req.rocket().state::<Security>() {
                Some(security) => match security.datastore().roles_of(user).await {
                    Ok(roles) => Ok(Arc::new(roles)),
                    Err(error) => Err(unavailable(req, "the roles of a user could not be read", &error)),
                },
                None => Err(SecurityError::WITHOUT_FAIRING),
            };
        }
        match &cached.1 {
            Ok(roles) => Ok(roles.clone()),
            Err(error) => Err(unavailable(req, "the roles of a user could not be read", error)),
        }
    }
}

impl<M: Mechanisms> Auth<M> {
    /// What the guards call that ask for more, without the box that the trait puts around it.
    pub(super) async fn of(req: &Request<'_>) -> Outcome<Self, SecurityError> {
        let security = match security(req) {
            Ok(security) => security,
            Err(missing) => return missing,
        };
        match callers::caller(req, security, M::SET).await {
            Ok(Ok(caller)) => Outcome::Success(Auth {
                caller,
                mechanisms: PhantomData,
            }),
            Ok(Err(reason)) => refuse_wanting(
                req,
                reason,
                Wanted {
                    mechanisms: M::SET.into(),
                    ..Wanted::default()
                },
            ),
            Err(error) => fail(unavailable(req, "it could not be found out who asks", &error)),
        }
    }
}

/// Whose roles, and which: in the request's cache, where other types of the application lie too.
struct Roles(UserId, Result<Arc<Vec<Role>>, Error>);

impl<M> Clone for Auth<M> {
    fn clone(&self) -> Self {
        Auth {
            caller: self.caller.clone(),
            mechanisms: PhantomData,
        }
    }
}

impl<M> Deref for Auth<M> {
    type Target = User;

    fn deref(&self) -> &User {
        self.caller.user()
    }
}

#[rocket::async_trait]
impl<'r, M: Mechanisms> FromRequest<'r> for Auth<M> {
    type Error = SecurityError;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, SecurityError> {
        Auth::of(req).await
    }
}

impl<M: Mechanisms> Sentinel for Auth<M> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        abort_without_fairing(rocket, guard_name::<M>())
    }
}
