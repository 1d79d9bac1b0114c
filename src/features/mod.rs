//! What visitors can do: one file per capability, all of the same anatomy, none knowing another.

pub(crate) mod api_keys;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod refresh_token;
pub(crate) mod register;
pub(crate) mod verify;

use rocket::futures::future::BoxFuture;
use rocket::http::{Method, Status};
use rocket::route::{Handler, Outcome, Route};
use rocket::{Data, Request};

use crate::config::Config;
use crate::error::Result;
use crate::model::Reason;
use crate::security::Security;
use crate::web::extend;
#[cfg(feature = "openapi")]
use crate::web::openapi::About;
use crate::web::reply::{self, Reply};

/// What answers a request to one of our endpoints.
type Answer = for<'r, 'x> fn(&'r Request<'x>, &'r Security, Data<'r>) -> BoxFuture<'r, Result<Reply>>;

/// The routes of the features that are on.
pub(crate) fn routes(config: &Config) -> Vec<Route> {
    let mut routes = login::routes(config);
    routes.extend(logout::routes(config));
    routes.extend(refresh_token::routes(config));
    routes.extend(register::routes(config));
    routes.extend(verify::routes(config));
    routes.extend(api_keys::routes(config));
    routes
}

/// What the endpoint of this name takes and answers.
#[cfg(feature = "openapi")]
pub(crate) fn describe(config: &Config, name: &str, method: Method) -> Option<About> {
    login::describe(config, name, method)
        .or_else(|| logout::describe(config, name, method))
        .or_else(|| refresh_token::describe(config, name, method))
        .or_else(|| register::describe(config, name, method))
        .or_else(|| verify::describe(config, name, method))
        .or_else(|| api_keys::describe(name, method))
}

/// A route by its feature's name.
fn route(name: &'static str, method: Method, url: &str, answer: Answer) -> Route {
    let mut route = Route::new(method, url, Endpoint { view: name, answer });
    route.name = Some(format!("rocket_security::{name}").into());
    route
}

#[derive(Clone)]
struct Endpoint {
    view: &'static str,
    answer: Answer,
}

#[rocket::async_trait]
impl Handler for Endpoint {
    async fn handle<'r>(&self, req: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        let Some(security) = req.rocket().state::<Security>() else {
            return Outcome::error(Status::InternalServerError);
        };
        let answered = match (self.answer)(req, security, data).await {
            Ok(reply) => extend::complete(req, security, self.view, reply).await,
            Err(error) => Err(error),
        };
        let reply = match answered {
            Ok(reply) => reply,
            Err(error) if error.is_busy() => reply::refusal(req, Reason::Busy),
            Err(error) if error.is_unavailable() => {
                log::error!("{}: {error}", req.uri().path());
                reply::refusal(req, Reason::Unavailable)
            }
            Err(error) => {
                log::error!("{}: {error}", req.uri().path());
                reply::broken(req)
            }
        };
        Outcome::from(req, extend::complete_or_not(req, security, reply).await)
    }
}
