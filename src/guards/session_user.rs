use std::ops::Deref;
use std::sync::Arc;

use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use crate::gate::Authenticated;
use crate::guards::{SecurityError, abort_without_fairing, refuse, visitor};
use crate::model::{Reason, Session, User};
use crate::web::visit;

/// A user who came with a session cookie, or whose browser is remembered and has just been given a session.
///
/// For an unsafe request (anything but GET, HEAD, OPTIONS and TRACE, and any with a form for a body) the browser
/// must vouch that it comes from this site by `Sec-Fetch-Site` or `Origin`, or the request must carry the CSRF token
/// in a header; else it is refused with 403. So an application's own `Form<T>` is covered too.
#[derive(Clone)]
pub struct SessionUser(Arc<Authenticated>);

impl SessionUser {
    /// The session itself: since when, by what, from where.
    pub fn session(&self) -> &Session {
        &self.0.session
    }

    pub(crate) fn authenticated(&self) -> &Arc<Authenticated> {
        &self.0
    }
}

impl Deref for SessionUser {
    type Target = User;

    fn deref(&self) -> &User {
        &self.0.user
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SessionUser {
    type Error = SecurityError;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, SecurityError> {
        match visitor(req).await {
            // The session that this very request ended or replaced is no way in.
            Ok((security, Some(who))) if !visit::session_changed(req) => {
                match visit::may_act(req, security) {
                    true => Outcome::Success(SessionUser(who.clone())),
                    false => refuse(req, Reason::CrossSite),
                }
            }
            Ok(_) => refuse(req, Reason::Unauthenticated),
            Err(failure) => failure,
        }
    }
}

impl Sentinel for SessionUser {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        abort_without_fairing(rocket, "SessionUser")
    }
}
