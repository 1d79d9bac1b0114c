//! Addresses at which software looks for pages of any site. They stand at the root, whatever `url_prefix` says.

use rocket::http::Method;
use rocket::route::{Handler, Outcome, Route};
use rocket::{Build, Data, Request, Rocket};

use crate::config::Config;
use crate::error::{Error, Result};
use crate::web::reply::Reply;

/// Where password managers look (W3C, A Well-Known URL for Changing Passwords).
const CHANGE_PASSWORD: &str = "/.well-known/change-password";

/// The last part of the route's name.
#[cfg(feature = "openapi")]
pub(super) const NAME: &str = "change_password";

#[cfg(feature = "openapi")]
pub(super) fn describe() -> crate::web::openapi::About {
    crate::web::openapi::About::new("Leads to the page for changing the password").leads_on()
}

/// The routes to mount at `/`.
///
/// # Errors
/// When the application has a route there already.
pub(super) fn routes(rocket: &Rocket<Build>, config: &Config) -> Result<Vec<Route>> {
    let Some(view) = &config.change_password_view else {
        return Ok(Vec::new());
    };
    let to = config.view(view, &[]);
    if to.split(['?', '#']).next() == Some(CHANGE_PASSWORD) {
        return Err(Error::config(format!(
            "`change_password_view` leads to {CHANGE_PASSWORD}, which leads to it again: write the page itself"
        )));
    }
    let theirs = rocket
        .routes()
        .find(|theirs| theirs.method == Method::Get && theirs.uri.path() == CHANGE_PASSWORD);
    if let Some(theirs) = theirs {
        return Err(Error::config(format!(
            "the application has a route at {} ({}), where `change_password_view` puts ours: leave the setting out, or \
             remove yours",
            theirs.uri,
            theirs.name.as_deref().unwrap_or("unnamed"),
        )));
    }
    let mut route = Route::new(Method::Get, CHANGE_PASSWORD, Elsewhere(to));
    route.name = Some("rocket_security::change_password".into());
    Ok(vec![route])
}

/// Sends everybody to one address of the settings.
#[derive(Clone)]
struct Elsewhere(String);

#[rocket::async_trait]
impl Handler for Elsewhere {
    async fn handle<'r>(&self, req: &'r Request<'_>, _: Data<'r>) -> Outcome<'r> {
        Outcome::from(req, Reply::found(self.0.clone()))
    }
}
