use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use crate::guards::{SecurityError, abort_without_fairing, refuse, visitor};
use crate::model::Reason;

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
        match visitor(req).await {
            Ok((_, None)) => Outcome::Success(Anonymous(())),
            Ok((_, Some(_))) => refuse(req, Reason::AnonymousRequired),
            Err(failure) => failure,
        }
    }
}

impl Sentinel for Anonymous {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        abort_without_fairing(rocket, "Anonymous")
    }
}
