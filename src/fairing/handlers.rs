//! Answers of the application's own, on the builder.

use rocket::Request;

use super::SecurityFairing;
use crate::web::handlers::JsonAnswer;
use crate::web::refusal::Refusal;
use crate::web::reply::Reply;

impl SecurityFairing {
    /// Answers in our place when nobody is signed in where somebody must be (`unauthn_handler` of the reference).
    ///
    /// The handler returns a [`Reply`], or `None` for the usual answer; it is asked wherever that would be given: by our
    /// catchers, our endpoints and [`Refusal::respond`]. A catcher of the application's own for 401 comes first. What is
    /// answered with success gets the status of the refusal, and no cache keeps it. It runs in line with the request,
    /// so keep it short; if it panics, Rocket answers 500.
    ///
    /// ```
    /// use rocket::response::Redirect;
    /// use rocket_security::{Reply, SecurityFairing};
    ///
    /// let fairing = SecurityFairing::new().on_unauthenticated(|req, refusal| {
    ///     // Pages of the shop get a sign-in page of their own; all others the usual answer.
    ///     let shop = req.uri().path().starts_with("/shop");
    ///     let from = refusal.next(req).is_some().then_some("?from=a-page").unwrap_or_default();
    ///     shop.then(|| Reply::of(Redirect::found(format!("/shop/sign-in{from}"))))
    /// });
    /// ```
    pub fn on_unauthenticated<A>(
        self,
        handler: impl Fn(&Request<'_>, &Refusal) -> A + Send + Sync + 'static,
    ) -> Self
    where
        A: Into<Option<Reply>>,
    {
        self.with(|setup| {
            setup.handlers.unauthenticated = Some(Box::new(move |req, refusal| handler(req, refusal).into()))
        })
    }

    /// Answers in our place when a role or permission is missing (`unauthz_handler` of the reference): see
    /// [`on_unauthenticated`](Self::on_unauthenticated). [`Refusal::roles`] and [`Refusal::permissions`] say which.
    ///
    /// ```
    /// use rocket::http::Status;
    /// use rocket_security::{Reply, SecurityFairing};
    ///
    /// let fairing = SecurityFairing::new().on_unauthorized(|_req, refusal| {
    ///     Reply::of((Status::Forbidden, format!("ask an administrator for one of {:?}", refusal.roles())))
    /// });
    /// ```
    pub fn on_unauthorized<A>(
        self,
        handler: impl Fn(&Request<'_>, &Refusal) -> A + Send + Sync + 'static,
    ) -> Self
    where
        A: Into<Option<Reply>>,
    {
        self.with(|setup| {
            setup.handlers.unauthorized = Some(Box::new(move |req, refusal| handler(req, refusal).into()))
        })
    }

    /// Answers in our place when somebody has to prove again who he is (`reauthn_handler` of the reference): see
    /// [`on_unauthenticated`](Self::on_unauthenticated). [`Refusal::within`] says how long ago would have been enough.
    pub fn on_reauthenticate<A>(
        self,
        handler: impl Fn(&Request<'_>, &Refusal) -> A + Send + Sync + 'static,
    ) -> Self
    where
        A: Into<Option<Reply>>,
    {
        self.with(|setup| {
            setup.handlers.reauthenticate = Some(Box::new(move |req, refusal| handler(req, refusal).into()))
        })
    }

    /// Decides in our place whether a request is answered in JSON (`want_json` of the reference), everywhere at once;
    /// `None` for the usual rules. It may be asked more than once in a request. How a body is read still follows its
    /// `Content-Type`.
    ///
    /// ```
    /// use rocket_security::SecurityFairing;
    ///
    /// let fairing =
    ///     SecurityFairing::new().wants_json(|req| req.uri().path().starts_with("/api").then_some(true));
    /// ```
    pub fn wants_json<A>(self, handler: impl Fn(&Request<'_>) -> A + Send + Sync + 'static) -> Self
    where
        A: Into<Option<bool>>,
    {
        self.with(|setup| setup.handlers.wants_json = Some(Box::new(move |req| handler(req).into())))
    }

    /// Gives every JSON answer of ours another form (`render_json` of the reference), failures too; `None` for the usual
    /// one. The status, the type and the headers stay.
    ///
    /// ```
    /// use rocket::serde::json::json;
    /// use rocket_security::SecurityFairing;
    ///
    /// let fairing = SecurityFairing::new().render_json(|_req, answer| {
    ///     json!({ "ok": !answer.is_error(), "data": answer.payload() })
    /// });
    /// ```
    pub fn render_json<A>(
        self,
        handler: impl Fn(&Request<'_>, &JsonAnswer<'_>) -> A + Send + Sync + 'static,
    ) -> Self
    where
        A: Into<Option<serde_json::Value>>,
    {
        self.with(|setup| {
            setup.handlers.render_json = Some(Box::new(move |req, answer| handler(req, answer).into()))
        })
    }
}
