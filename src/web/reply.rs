//! The answer of an endpoint: a page, JSON, or a redirect. Features say what; how it looks on the wire is said here
//! once.

use rocket::http::{ContentType, Header, Status};
use rocket::response::{Responder, Response};
use rocket::{Request, response};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::model::{Mechanism, Reason};
use crate::security::Security;
use crate::text::{Locale, Message};
use crate::web::failure::Failure;
use crate::web::fields::FieldErrors;
use crate::web::headers::RETRY_AFTER;
use crate::web::page::Page;
use crate::web::refusal::{Refusal, status as refusal_status};
use crate::web::submission::BodyProblem;
use crate::web::{callers, extend, negotiate, next, render, spa, visit};

pub(crate) use crate::web::negotiate::wants_json;

/// What an endpoint or a refusal answers: made by the library, or by the application for a handler on
/// [`SecurityFairing`](crate::SecurityFairing::on_unauthenticated). A route or catcher may return it.
///
/// However it was made, it goes out with the `Cache-Control` of the settings (`private, no-store`) and the `Vary` that it
/// depends on.
pub struct Reply {
    status: Status,
    body: Body,
    headers: Vec<Header<'static>>,
}

enum Body {
    Page(Box<Page>),
    /// A success: `response` of the envelope, to which the CSRF token is added.
    Json(Value),
    /// A success without a CSRF token: the answer to signing out, and to who needs none.
    BareJson(Value),
    /// What is wrong with a form.
    Errors(FieldErrors),
    /// A refusal outside a form, with what else the reference says.
    Refused(Message, Vec<(&'static str, String)>, Box<Failure>),
    Empty,
    /// The application's own answer.
    Own(Own),
}

type Own = Box<dyn for<'r> FnOnce(&'r Request<'_>) -> response::Result<'static> + Send>;

impl Reply {
    /// An answer of the application's own: any responder that borrows nothing, such as `(Status, &'static str)`,
    /// `Json<T>`, `Redirect` or `Template`.
    ///
    /// ```
    /// use rocket::response::Redirect;
    /// use rocket_security::Reply;
    ///
    /// let reply = Reply::of(Redirect::found("/members-only"));
    /// # let _ = reply;
    /// ```
    pub fn of<R>(responder: R) -> Self
    where
        R: for<'r> Responder<'r, 'static> + Send + 'static,
    {
        let own: Own = Box::new(move |req| responder.respond_to(req));
        Self::new(Status::Ok, Body::Own(own))
    }

    /// Makes sure that what answers a refusal is none of the application's successes.
    pub(crate) fn refusing(mut self, status: Status) -> Self {
        if matches!(self.body, Body::Own(_)) {
            self.status = status;
        }
        self
    }

    fn new(status: Status, body: Body) -> Self {
        Reply {
            status,
            body,
            headers: Vec::new(),
        }
    }

    /// A page. That a form was wrong does not change the status: 200, as in the reference.
    pub(crate) fn page(page: Page) -> Self {
        Self::new(Status::Ok, Body::Page(Box::new(page)))
    }

    pub(crate) fn json(response: &impl Serialize) -> Result<Self> {
        Ok(Self::new(Status::Ok, Body::Json(value(response)?)))
    }

    pub(crate) fn json_without_token(response: &impl Serialize) -> Result<Self> {
        Ok(Self::new(Status::Ok, Body::BareJson(value(response)?)))
    }

    pub(crate) fn errors(errors: FieldErrors) -> Self {
        Self::new(Status::BadRequest, Body::Errors(errors))
    }

    /// 302, as the reference has it.
    pub(crate) fn found(location: impl Into<String>) -> Self {
        let mut reply = Self::new(Status::Found, Body::Empty);
        reply.headers.push(Header::new("Location", location.into()));
        reply
    }

    /// 405, with the methods that are.
    pub(crate) fn not_allowed(mut self, allow: String) -> Self {
        self.headers.push(Header::new("Allow", allow));
        self.status(Status::MethodNotAllowed)
    }

    /// The page, if it is one.
    pub(crate) fn page_mut(&mut self) -> Option<&mut Page> {
        match &mut self.body {
            Body::Page(page) => Some(page),
            _ => None,
        }
    }

    /// What a success says in JSON, if it is one.
    pub(crate) fn json_mut(&mut self) -> Option<&mut Map<String, Value>> {
        match &mut self.body {
            Body::Json(response) => response.as_object_mut(),
            _ => None,
        }
    }

    pub(crate) fn status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    /// 429, with the seconds to wait.
    pub(crate) fn too_many_requests(mut self, seconds: u64) -> Self {
        self.headers.push(Header::new("Retry-After", seconds.to_string()));
        self.status(Status::TooManyRequests)
    }
}

fn value(response: &impl Serialize) -> Result<Value> {
    serde_json::to_value(response)
        .map_err(|error| Error::internal("an answer has no JSON").with_source(error))
}

/// What a success says where there is nothing to say.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Done {}

/// What a sign-in says, and signing up, which is one.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct SignedIn {
    #[cfg_attr(feature = "openapi", schema(value_type = crate::web::openapi::UserPayload))]
    user: Value,
    /// Whether a second factor is owed.
    tf_required: bool,
}

impl SignedIn {
    pub(crate) fn of(req: &Request<'_>, security: &Security) -> Self {
        SignedIn {
            user: user_payload(req, security),
            tf_required: false,
        }
    }
}

/// What JSON says of who is signed in: nothing, as in the reference, unless the application's policy says more.
pub(crate) fn user_payload(req: &Request<'_>, security: &Security) -> Value {
    match visit::acting(req) {
        Some(who) => Value::Object(security.gate().policy.payload(who.user())),
        None => json!({}),
    }
}

/// The answer to a sign-in that is complete. `next` has been judged.
pub(crate) fn signed_in(req: &Request<'_>, security: &Security, next: Option<String>) -> Result<Reply> {
    if wants_json(req) {
        return Reply::json(&SignedIn::of(req, security));
    }
    Ok(Reply::found(
        next.unwrap_or_else(|| next::after_login(security.config())),
    ))
}

/// An error that the request's cache holds, as one that can be returned.
pub(crate) fn owned<T>(result: Result<T, &Error>) -> Result<T> {
    result.map_err(|error| Error::new(error.kind(), error.to_string()))
}

/// The answer to a refusal: what the catchers give, and the endpoints for what is not a matter of their form.
pub(crate) fn refusal(req: &Request<'_>, reason: Reason) -> Reply {
    refused(req, &Refusal::for_reason(req, reason))
}

/// The application's answer to a refusal, where it has a handler for it, else ours.
pub(crate) fn refused(req: &Request<'_>, refusal: &Refusal) -> Reply {
    let Some(security) = req.rocket().state::<Security>() else {
        return Reply::new(Status::InternalServerError, Body::Empty);
    };
    match security.handlers().refused(req, refusal) {
        Some(reply) => reply,
        None => usual(req, security, refusal),
    }
}

fn usual(req: &Request<'_>, security: &Security, refusal: &Refusal) -> Reply {
    let reason = refusal.reason();
    let json = negotiate::refusal_in_json(req);
    let message = reason.message();
    let refused = |status: Status, extras: Failure| plain(json, status, message, args(reason), extras);
    let to = |view: &str| {
        let url = security.config().page(view)?;
        visit::flash(req, security, message, &[]);
        Some(Reply::found(match next::here(req, security) {
            Some(next) => next.append_to(&url),
            None => url,
        }))
    };
    match reason {
        Reason::Unauthenticated => {
            let mechanisms = refusal.mechanisms();
            // The page where one signs in helps whom a session would let in, unless his client asks for a password itself.
            let by_session = mechanisms.is_empty() || mechanisms.contains(&Mechanism::Session);
            let page = match !json && by_session && !mechanisms.contains(&Mechanism::Basic) {
                true => to("login"),
                false => None,
            };
            page.unwrap_or_else(|| {
                let mut reply = refused(Status::Unauthorized, Failure::default());
                let challenges = callers::challenges(security.config(), mechanisms);
                reply.headers.extend(
                    challenges
                        .into_iter()
                        .map(|challenge| Header::new("WWW-Authenticate", challenge)),
                );
                reply
            })
        }
        Reason::Stale if !json => {
            to("verify").unwrap_or_else(|| refused(Status::Unauthorized, Failure::default()))
        }
        Reason::Stale => refused(Status::Unauthorized, Failure::reauthentication()),
        Reason::AnonymousRequired if json => refused(Status::BadRequest, Failure::default()),
        Reason::AnonymousRequired => Reply::found(next::after_login(security.config())),
        Reason::Unauthorized if !json => match &security.config().unauthorized_view {
            Some(view) => spa::leave(req, security, view, (message, &[]), &[]),
            None => refused(Status::Forbidden, Failure::default()),
        },
        Reason::TryLater { seconds } => {
            refused(Status::TooManyRequests, Failure::default()).too_many_requests(seconds)
        }
        Reason::Busy | Reason::Unavailable => {
            let mut reply = refused(Status::ServiceUnavailable, Failure::default());
            reply
                .headers
                .push(Header::new("Retry-After", RETRY_AFTER.to_string()));
            reply
        }
        reason => refused(refusal_status(reason), Failure::default()),
    }
}

fn args(reason: Reason) -> Vec<(&'static str, String)> {
    match reason {
        Reason::TryLater { seconds } => vec![("seconds", seconds.to_string())],
        _ => Vec::new(),
    }
}

/// The answer to a body that cannot be read.
pub(crate) fn bad_body(req: &Request<'_>, problem: BodyProblem) -> Reply {
    plain(
        wants_json(req),
        problem.status(),
        Message::ApiError,
        Vec::new(),
        Failure::default(),
    )
}

/// The answer to a method that an address of ours does not take.
pub(crate) fn not_allowed(req: &Request<'_>, allow: String) -> Reply {
    let status = Status::MethodNotAllowed;
    let message = Message::ApiError;
    plain(wants_json(req), status, message, Vec::new(), Failure::default()).not_allowed(allow)
}

/// The answer to a failure of ours: 500 without a word about why.
pub(crate) fn broken(req: &Request<'_>) -> Reply {
    let message = Message::TemporarilyUnavailable;
    plain(
        wants_json(req),
        Status::InternalServerError,
        message,
        Vec::new(),
        Failure::default(),
    )
}

/// A message and nothing else, as JSON or as the error page.
fn plain(
    json: bool,
    status: Status,
    message: Message,
    args: Vec<(&'static str, String)>,
    extras: Failure,
) -> Reply {
    match json {
        true => Reply::new(status, Body::Refused(message, args, Box::new(extras))),
        false => Reply::page(Page {
            view: "error",
            template: "security/error".to_owned(),
            message: Some((message, args)),
            ..Page::default()
        })
        .status(status),
    }
}

/// What our catchers answer: the refusal that a guard left, or a plain page for a status of the application's own.
pub(crate) async fn caught<'r>(status: Status, req: &'r Request<'_>) -> Result<Response<'r>, Status> {
    let security = req.rocket().state::<Security>();
    if let Some(security) = security {
        // Known before the page is made, so that its menu and its tokens are the visitor's own.
        let _ = visit::identify(req, security).await;
    }
    // `Option<AuthUser>` leaves a challenge though nothing was refused: only one of this very status speaks here.
    let challenge = visit::Visit::of(req)
        .challenge()
        .filter(|challenge| refusal_status(challenge.reason) == status);
    let reply = match challenge {
        Some(challenge) => refused(req, &Refusal::new(challenge)),
        None => {
            let reason = match status.code {
                401 => Reason::Unauthenticated,
                400 => Reason::InvalidInput,
                403 => Reason::Unauthorized,
                _ => Reason::Unavailable,
            };
            plain(
                wants_json(req),
                status,
                reason.message(),
                Vec::new(),
                Failure::default(),
            )
        }
    };
    let reply = match security {
        Some(security) => extend::complete_or_not(req, security, reply).await,
        None => reply,
    };
    reply.respond_to(req)
}

impl<'r> Responder<'r, 'static> for Reply {
    fn respond_to(self, req: &'r Request<'_>) -> response::Result<'static> {
        let Some(security) = req.rocket().state::<Security>() else {
            return Err(Status::InternalServerError);
        };
        let locale = security
            .catalog()
            .negotiate(req.headers().get_one("Accept-Language"));
        let is_own = matches!(self.body, Body::Own(_));
        if !is_own {
            visit::Visit::of(req).mark_ours();
        }
        let mut response = match self.body {
            Body::Page(page) => render::page(req, security, &locale, *page).map_err(fail)?,
            Body::Json(value) => {
                let mut value = value;
                let token = visit::csrf_token(req, security).map_err(fail)?;
                value["csrf_token"] = token.into();
                envelope(req, security, self.status, value)
            }
            Body::BareJson(value) => envelope(req, security, self.status, value),
            Body::Errors(errors) => {
                let errors = value(&errors.said(security.catalog(), &locale)).map_err(fail)?;
                envelope(req, security, self.status, errors)
            }
            Body::Refused(message, args, extras) => {
                let failure = refused_payload(security, &locale, message, &args, *extras);
                let errors = value(&failure).map_err(fail)?;
                envelope(req, security, self.status, errors)
            }
            Body::Empty => Response::new(),
            Body::Own(own) => own(req)?,
        };
        // The application's redirects and failures keep their status; its success is none where it answers a refusal.
        if !is_own || (self.status.code >= 300 && response.status().code < 300) {
            response.set_status(self.status);
        }
        for header in self.headers {
            response.adjoin_header(header);
        }
        if let Some(control) = &security.config().cache_control {
            response.set_raw_header("Cache-Control", control.to_string());
        }
        response.adjoin_raw_header("Vary", "Accept, Accept-Language, Cookie");
        Ok(response)
    }
}

fn refused_payload(
    security: &Security,
    locale: &Locale,
    message: Message,
    args: &[(&'static str, String)],
    extras: Failure,
) -> Failure {
    let args: Vec<(&str, &str)> = args.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Failure {
        errors: vec![security.catalog().message(locale, message, &args)],
        error_codes: vec![message.key().to_owned()],
        ..extras
    }
}

fn envelope(req: &Request<'_>, security: &Security, status: Status, payload: Value) -> Response<'static> {
    let body = security
        .handlers()
        .json(req, security, status, payload)
        .to_string();
    Response::build()
        .header(ContentType::JSON)
        .sized_body(body.len(), std::io::Cursor::new(body))
        .finalize()
}

fn fail(error: Error) -> Status {
    log::error!("an answer could not be made: {error}");
    Status::InternalServerError
}
