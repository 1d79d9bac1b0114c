use std::sync::Arc;

use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use crate::error::Result;
use crate::gate::{Authenticated, Evidence, PasswordRefusal};
use crate::guards::{SecurityError, abort_without_fairing, fail, unavailable, without_fairing};
use crate::model::{Event, Reason, User};
use crate::security::Security;
use crate::web::reply::{self, Reply};
use crate::web::{next, refresh, visit};

/// Whoever makes this request, signed in or not, for an application's own sign-in and sign-out: its handlers can do all
/// that ours do, through the same gate.
///
/// ```
/// use rocket::{FromForm, post};
/// use rocket_security::{CsrfForm, Error, Reply, Visitor};
///
/// #[derive(FromForm)]
/// struct Door {
///     name: String,
///     password: String,
/// }
///
/// #[post("/door", data = "<door>")]
/// async fn door(visitor: Visitor<'_>, door: CsrfForm<Door>) -> Result<Reply, Error> {
///     match visitor.check_password(&door.name, &door.password).await? {
///         Ok(evidence) => match visitor.sign_in(evidence, false).await? {
///             Ok(()) => Ok(visitor.signed_in(None)),
///             Err(reason) => Ok(visitor.refused(reason)),
///         },
///         Err(reason) => Ok(visitor.refused(reason)),
///     }
/// }
/// ```
///
/// It guards nothing: everybody is somebody.
pub struct Visitor<'r> {
    req: &'r Request<'r>,
    security: &'r Security,
    who: Option<Arc<Authenticated>>,
}

impl Visitor<'_> {
    /// The signed-in user as the request came, if there is one. Nobody for an unsafe request that another site may have
    /// sent: it does not speak for the user ([`SessionUser`](crate::SessionUser) says what is asked of it).
    pub fn user(&self) -> Option<&User> {
        let who = self.who.as_ref().filter(|_| self.may_act());
        who.map(|who| &who.user)
    }

    /// Checks an identity (an address, a name, whatever `user_identity_attributes` has) and a password, as the sign-in page
    /// does: with its waits, its counters, and the same work whether or not there is such an account.
    ///
    /// # Errors
    /// Busy when the hashing queue is full, unavailable when the store does not answer. A refusal is no error: it is the
    /// inner `Err`, and says [`Reason::AuthenticationFailed`] or [`Reason::TryLater`].
    pub async fn check_password(&self, identity: &str, password: &str) -> Result<Result<Evidence, Reason>> {
        let gate = self.security.gate();
        let client = visit::client(self.req, self.security);
        let checked = gate
            .check_password(
                &gate.identities.parse(identity),
                &self.security.password(password),
                &client,
            )
            .await?;
        Ok(checked.map_err(|refusal| match refusal {
            PasswordRefusal::Wait { seconds } => Reason::TryLater { seconds },
            PasswordRefusal::Unknown | PasswordRefusal::Wrong => Reason::AuthenticationFailed,
        }))
    }

    /// Evidence on the application's word: it has found out by means of its own (a directory, a partner's signed token)
    /// that this is `user`. The session then says [`Factor::Application`](crate::Factor::Application). What speaks against
    /// the account is asked all the same by [`Visitor::sign_in`].
    pub fn vouch_for(&self, user: User) -> Evidence {
        Evidence::vouched(user, self.security.gate().clock.now())
    }

    /// Signs in whom the evidence speaks for: a new session, in the place of the one that the browser had. With `remember`
    /// the browser will be remembered. The cookies go out with the answer to this request.
    ///
    /// A request that another site may have sent is refused with [`Reason::CrossSite`]: it would sign its visitor in to
    /// somebody else's account. Take the form by [`CsrfForm`](crate::CsrfForm), or let the browser say where it comes from.
    /// A GET is let through: an address that signs in must hold something that only its visitor can have.
    ///
    /// # Errors
    /// When the store does not answer. A refusal is no error: it is the inner `Err`.
    pub async fn sign_in(&self, evidence: Evidence, remember: bool) -> Result<Result<(), Reason>> {
        if !self.may_act() {
            self.security.gate().events.emit(Event::CrossSiteRefused);
            return Ok(Err(Reason::CrossSite));
        }
        let client = visit::client(self.req, self.security);
        visit::admit(self.req, self.security, evidence, &client, remember).await
    }

    /// Signs out whoever is signed in, forgets the browser, and ends the refresh token that it holds, also where nobody is
    /// signed in any more. `false` when nobody was, or when another site may have sent the request: then nothing happens.
    ///
    /// # Errors
    /// When the store does not answer: then nobody was signed out.
    pub async fn sign_out(&self) -> Result<bool> {
        // Who came, or who was signed in since.
        let who = visit::identified(self.req);
        if !self.may_act() {
            if who.is_some() {
                self.security.gate().events.emit(Event::CrossSiteRefused);
            }
            return Ok(false);
        }
        let Some(who) = who else {
            refresh::leave(self.req, self.security).await?;
            return Ok(false);
        };
        visit::sign_out(self.req, self.security, &who).await?;
        Ok(true)
    }

    /// `to` if every browser stays within this application by following it, or on a host that the settings allow, ready
    /// for `Location`; nothing otherwise. For a `next` of the application's own forms.
    pub fn safe_next(&self, to: &str) -> Option<String> {
        next::safe(self.req, self.security, to)
    }

    /// What the sign-in page answers after a sign-in: JSON or a redirect, to `next` where that is safe, else to
    /// `post_login_view`.
    pub fn signed_in(&self, next: Option<&str>) -> Reply {
        reply::signed_in(
            self.req,
            self.security,
            next.and_then(|next| self.safe_next(next)),
        )
        .unwrap_or_else(|_| reply::broken(self.req))
    }

    /// What the library answers to a refusal: the redirect, the page or the JSON.
    pub fn refused(&self, reason: Reason) -> Reply {
        reply::refusal(self.req, reason)
    }

    /// Asked anew each time: a `CsrfForm` is read after the guards.
    fn may_act(&self) -> bool {
        visit::may_act(self.req, self.security)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Visitor<'r> {
    type Error = SecurityError;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, SecurityError> {
        let Some(security) = req.rocket().state::<Security>() else {
            return without_fairing();
        };
        match visit::identify(req, security).await {
            Ok(who) => Outcome::Success(Visitor {
                req,
                security,
                who: who.cloned(),
            }),
            Err(error) => fail(unavailable(req, "the session could not be read", error)),
        }
    }
}

impl Sentinel for Visitor<'_> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        abort_without_fairing(rocket, "Visitor")
    }
}
