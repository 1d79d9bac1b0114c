use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use crate::guards::{SecurityError, abort_without_fairing, fail, refuse, unavailable, visitor};
use crate::model::Reason;
use crate::web::receive;

/// A request that another site cannot have sent (`unauth_csrf` and `handle_csrf` of the reference). It says nothing of who
/// sends it: strangers may.
///
/// For an unsafe request (anything but GET, HEAD, OPTIONS and TRACE, and any with a form for a body) the browser must
/// vouch that it comes from this site by `Sec-Fetch-Site` or `Origin`, or, where it says neither, the request must
/// carry the visitor's CSRF token in a header. A token in the body is not looked at, since guards see no bodies: for the
/// form of a browser that tells nothing there is [`CsrfForm`](crate::CsrfForm).
///
/// ```
/// use rocket::post;
/// use rocket_security::Csrf;
///
/// #[post("/votes/<id>")]
/// fn vote(_csrf: Csrf, id: u32) -> String {
///     format!("one more for {id}")
/// }
/// ```
///
/// An auth token or an API key in a header is such evidence too, since browsers send none by themselves. Auth
/// tokens are none where `csrf_protect_mechanisms` lists them.
///
/// The guards that let signed-in users in ask the same by themselves. For a whole mount there is
/// [`Protected::require`](crate::Protected::require).
///
/// # Failures
/// 403 when another site may have sent it; 503 when the store does not answer.
#[derive(Debug, Clone, Copy)]
pub struct Csrf(());

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Csrf {
    type Error = SecurityError;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, SecurityError> {
        // Who comes decides which token is his, and whether he needs one.
        let security = match visitor(req).await {
            Ok((security, _)) => security,
            Err(failure) => return failure,
        };
        match receive::is_from_here(req, security).await {
            Ok(true) => Outcome::Success(Csrf(())),
            Ok(false) => refuse(req, Reason::CrossSite),
            Err(error) => fail(unavailable(req, "it could not be found out who asks", &error)),
        }
    }
}

impl Sentinel for Csrf {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        abort_without_fairing(rocket, "Csrf")
    }
}
