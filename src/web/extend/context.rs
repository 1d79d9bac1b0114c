use rocket::futures::future::BoxFuture;
use rocket::{Orbit, Request, Rocket};
use serde::Serialize;
use serde_json::{Map, Value};

use super::check::failure;
use crate::error::{Error, Result};
use crate::model::User;
use crate::security::Security;
use crate::web::reply::Reply;
use crate::web::visit;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Now = dyn Fn(&ViewContext<'_>) -> serde_json::Result<Value> + Send + Sync;
type Later = dyn for<'a> Fn(&'a ViewContext<'a>) -> BoxFuture<'a, Result<Value, BoxError>> + Send + Sync;

/// One context function of the application's.
pub(crate) enum Contribution {
    Now(Box<Now>),
    Later(Box<Later>),
}

impl Contribution {
    pub fn now<S: Serialize>(function: impl Fn(&ViewContext<'_>) -> S + Send + Sync + 'static) -> Self {
        Contribution::Now(Box::new(move |view| serde_json::to_value(function(view))))
    }

    pub fn later<F>(function: F) -> Self
    where
        F: for<'a> Fn(&'a ViewContext<'a>) -> BoxFuture<'a, Result<Value, BoxError>> + Send + Sync + 'static,
    {
        Contribution::Later(Box::new(function))
    }
}

/// What a context function sees of the page that is about to be made. See
/// [`SecurityFairing::context`](crate::SecurityFairing::context).
pub struct ViewContext<'a> {
    view: Option<&'a str>,
    json: bool,
    user: Option<&'a User>,
    locale: &'a str,
    path: &'a str,
    security: &'a Security,
    rocket: &'a Rocket<Orbit>,
}

impl<'a> ViewContext<'a> {
    /// The view's name: `"login"`, or `"error"` for a refusal. Nothing for a page of the application's own, which asks by
    /// [`SecurityContext`](crate::SecurityContext).
    pub fn view(&self) -> Option<&'a str> {
        self.view
    }

    /// Whether the answer is JSON rather than a page.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Who is signed in.
    pub fn user(&self) -> Option<&'a User> {
        self.user
    }

    /// The tag of the visitor's language: `"en"`.
    pub fn locale(&self) -> &'a str {
        self.locale
    }

    /// The path of the request.
    pub fn path(&self) -> &'a str {
        self.path
    }

    /// The library.
    pub fn security(&self) -> &'a Security {
        self.security
    }

    /// The rocket, for the application's own state: `view.rocket().state::<Db>()`.
    pub fn rocket(&self) -> &'a Rocket<Orbit> {
        self.rocket
    }
}

/// What all functions for this view say together; of two equal names the later one holds, and one view's before all views'.
pub(crate) async fn values(
    req: &Request<'_>,
    security: &Security,
    view: Option<&str>,
    json: bool,
) -> Result<Map<String, Value>> {
    let functions = security.extensions().contributions(view);
    let mut all = Map::new();
    if functions.is_empty() {
        return Ok(all);
    }
    let who = visit::identified(req);
    let locale = security
        .catalog()
        .negotiate(req.headers().get_one("Accept-Language"));
    let context = ViewContext {
        view,
        json,
        user: who.as_ref().map(|who| &who.user),
        locale: locale.tag(),
        path: req.uri().path().as_str(),
        security,
        rocket: req.rocket(),
    };
    for function in functions {
        let what = "a context function of the application's failed";
        let value = match function {
            Contribution::Now(function) => function(&context).map_err(|error| failure(what, error.into()))?,
            Contribution::Later(function) => {
                function(&context).await.map_err(|error| failure(what, error))?
            }
        };
        match value {
            Value::Null => {}
            Value::Object(values) => all.extend(values),
            _ => {
                return Err(Error::internal(format!(
                    "{what}: it returns neither a map nor a struct, whose names templates could use"
                )));
            }
        }
    }
    Ok(all)
}

/// Gives the page what the application adds to its view; and a JSON answer to GET the same, with what a front end needs of
/// the form's own fields.
pub(crate) async fn complete(
    req: &Request<'_>,
    security: &Security,
    view: &'static str,
    mut reply: Reply,
) -> Result<Reply> {
    if let Some(page) = reply.page_mut() {
        page.app = values(req, security, Some(page.view), false)
            .await?
            .into_iter()
            .collect();
    } else if req.method() == rocket::http::Method::Get
        && let Some(response) = reply.json_mut()
    {
        for (name, value) in values(req, security, Some(view), true).await? {
            // The wire is ours: a name that we use is not replaced.
            response.entry(name).or_insert(value);
        }
        let locale = security
            .catalog()
            .negotiate(req.headers().get_one("Accept-Language"));
        let fields = security
            .extensions()
            .describe(view, |words| words.say(security.catalog(), &locale));
        if !fields.is_empty() {
            response.insert("extra_fields".into(), fields.into());
        }
    }
    Ok(reply)
}

/// The same for a page that answers a refusal: one without the application's values is better than none.
pub(crate) async fn complete_or_not(req: &Request<'_>, security: &Security, mut reply: Reply) -> Reply {
    if let Some(page) = reply.page_mut()
        && page.app.is_empty()
    {
        match values(req, security, Some(page.view), false).await {
            Ok(values) => page.app = values.into_iter().collect(),
            Err(error) => log::error!("{}: {error}", req.uri().path()),
        }
    }
    reply
}
