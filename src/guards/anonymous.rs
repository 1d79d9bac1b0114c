use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use crate::guards::{Mechanisms, SecurityError, abort_without_fairing, fail, refuse, security, unavailable};
use crate::model::{Reason, Session, Token};
use crate::web::callers;

/// A visitor who is not signed in. Who is gets a redirect to `post_login_view`, or 400 as JSON
/// (`anonymous_user_required` of the reference).
///
/// ```
/// use rocket::get;
/// use rocket_security::Anonymous;
///
/// #[get("/welcome")]
/// fn welcome(_visitor: Anonymous) -> &'static str {
///     "sign up and stay a while"
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Anonymous(());

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Anonymous {
    type Error = SecurityError;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, SecurityError> {
        let security = match security(req) {
            Ok(security) => security,
            Err(missing) => return missing,
        };
        match callers::find(req, security, <(Token, Session)>::SET, None).await {
            Ok(Err(Reason::Unauthenticated)) => Outcome::Success(Anonymous(())),
            Ok(Err(reason)) => refuse(req, reason),
            Ok(Ok(_)) => refuse(req, Reason::AnonymousRequired),
            Err(error) => fail(unavailable(req, "it could not be found out who asks", &error)),
        }
    }
}

impl Sentinel for Anonymous {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        abort_without_fairing(rocket, "Anonymous")
    }
}
