//! What an application puts in the place of our answers: its own refusals, its own JSON, its own word on who gets JSON.
//!
//! Each is asked in one place, whoever answers: a catcher, an endpoint, or `Refusal::respond`. Each can say nothing
//! (`None`), and ours is given.

use rocket::Request;
use rocket::http::Status;
use serde_json::{Value, json};

use crate::gate::Caller;
use crate::model::{Reason, User};
use crate::security::Security;
use crate::web::refusal::Refusal;
use crate::web::reply::Reply;
use crate::web::visit::{self, Visit};

type OnRefusal = Box<dyn Fn(&Request<'_>, &Refusal) -> Option<Reply> + Send + Sync>;
type WantsJson = Box<dyn Fn(&Request<'_>) -> Option<bool> + Send + Sync>;
type RenderJson = Box<dyn Fn(&Request<'_>, &JsonAnswer<'_>) -> Option<Value> + Send + Sync>;

/// The handlers that the builder was given.
#[derive(Default)]
pub(crate) struct Handlers {
    pub unauthenticated: Option<OnRefusal>,
    pub unauthorized: Option<OnRefusal>,
    pub reauthenticate: Option<OnRefusal>,
    pub wants_json: Option<WantsJson>,
    pub render_json: Option<RenderJson>,
}

impl Handlers {
    /// What the application answers to a refusal, if it has a handler for it that wants to.
    pub fn refused(&self, req: &Request<'_>, refusal: &Refusal) -> Option<Reply> {
        let handler = match refusal.reason() {
            Reason::Unauthenticated => self.unauthenticated.as_ref(),
            Reason::Unauthorized => self.unauthorized.as_ref(),
            Reason::Stale => self.reauthenticate.as_ref(),
            _ => None,
        }?;
        // A handler that asks for "the usual answer" by `Refusal::respond` must not be asked once more.
        asking(req, Asked::Refused, || handler(req, refusal))?.map(|reply| reply.refusing(refusal.status()))
    }

    /// Whether the application says which form the answer takes.
    pub fn wants_json(&self, req: &Request<'_>) -> Option<bool> {
        let handler = self.wants_json.as_ref()?;
        asking(req, Asked::WantsJson, || handler(req))?
    }

    /// The body of a JSON answer.
    pub fn json(&self, req: &Request<'_>, security: &Security, status: Status, payload: Value) -> Value {
        let who = match status.code < 300 {
            true => visit::acting(req),
            false => None,
        };
        let answer = JsonAnswer {
            status,
            payload,
            user: who.as_ref().map(Caller::user),
        };
        let own = (security.handlers().render_json.as_ref()).and_then(|render| render(req, &answer));
        own.unwrap_or_else(|| answer.envelope())
    }
}

/// Which handler is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Refused,
    WantsJson,
}

/// Asks a handler, unless it is this handler that asks: nothing then.
fn asking<T>(req: &Request<'_>, what: Asked, ask: impl FnOnce() -> T) -> Option<T> {
    let visit = Visit::of(req);
    if !visit.begin(what) {
        return None;
    }
    let answer = ask();
    visit.end(what);
    Some(answer)
}

/// A JSON answer before it has its outer form, for [`SecurityFairing::render_json`](crate::SecurityFairing::render_json).
#[derive(Clone)]
pub struct JsonAnswer<'a> {
    status: Status,
    payload: Value,
    user: Option<&'a User>,
}

impl JsonAnswer<'_> {
    /// The status that goes out with it. A handler cannot change it.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Whether it tells of a failure.
    pub fn is_error(&self) -> bool {
        self.status.code >= 400
    }

    /// What the endpoint says: `response` of the usual form. On failure `errors`, `error_codes` and, for forms,
    /// `field_errors`; on success what the endpoint has to tell and the `csrf_token`.
    pub fn payload(&self) -> &Value {
        &self.payload
    }

    /// Who is signed in once this answer has arrived; nobody on failure.
    pub fn user(&self) -> Option<&User> {
        self.user
    }

    /// The usual form: `{"meta": {"code": 200}, "response": {…}}`.
    pub fn envelope(&self) -> Value {
        json!({ "meta": { "code": self.status.code }, "response": self.payload })
    }
}
