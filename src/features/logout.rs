//! Signing out.
//!
//! * Settings: `logout_url`, `logout_methods`, `logout_csrf`, `post_logout_view`, `logout_user_template`
//! * Endpoints: `POST /logout` (and `GET` when `logout_methods` says so)
//! * Events: `UserLoggedOut`, `RefreshTrackerRevoked`
//!
//! The reference is spec section 2.3. The session's row is deleted, and so is what the browser was remembered by: a copy
//! of either cookie is worth nothing. The refresh token in the cookie, or in the field `refresh_token`, is revoked with
//! its family, also when nobody is signed in any more.

use rocket::futures::future::BoxFuture;
use rocket::http::Method;
#[cfg(feature = "openapi")]
use rocket::http::Status;
use rocket::route::Route;
use rocket::{Data, Request};

use crate::config::Config;
use crate::error::Result;
use crate::security::Security;
use crate::text::Message;
use crate::web::extend::{self, Sent};
use crate::web::fields::{FieldErrors, Fields};
use crate::web::form::{self, Sketch};
#[cfg(feature = "openapi")]
use crate::web::openapi::{About, CSRF, SESSION, Takes};
use crate::web::page::Page;
use crate::web::reply::{self, Done, Reply};
use crate::web::{next, origin, receive, refresh, visit};

pub(super) fn routes(config: &Config) -> Vec<Route> {
    let url = config.logout_url.as_str();
    if config.logout_methods.is_empty() {
        return Vec::new();
    }
    let serves = |method: Method| config.logout_methods.contains(&method);
    let answer = |method: Method, serves: bool| {
        super::route("logout", method, url, if serves { logout } else { not_allowed })
    };
    vec![
        answer(Method::Get, serves(Method::Get)),
        answer(Method::Post, serves(Method::Post)),
    ]
}

#[cfg(feature = "openapi")]
pub(super) fn describe(config: &Config, name: &str, method: Method) -> Option<About> {
    if name != "logout" {
        return None;
    }
    let about = About::of_store("Signs out");
    if !config.logout_methods.contains(&method) {
        return Some(about.refuses(Status::MethodNotAllowed));
    }
    let about = match config.logout_csrf {
        true => about.by(&[SESSION, CSRF]),
        false => about.by(&[SESSION]),
    };
    let about = about
        .by(&[])
        .next()
        .page()
        .leads_on()
        .says_without_token::<Done>();
    let about = match method {
        Method::Get => about
            .refuses(Status::BadRequest)
            .refuses(Status::PayloadTooLarge)
            .refuses(Status::UnsupportedMediaType),
        _ => about.form().next_field().field(
            refresh::FIELD,
            Takes::Secret,
            "A refresh token to revoke, where it has no cookie.",
        ),
    };
    Some(about)
}

/// 405 as in the reference; a person who typed the address gets the page that asks.
fn not_allowed<'r>(
    req: &'r Request<'_>,
    security: &'r Security,
    _: Data<'r>,
) -> BoxFuture<'r, Result<Reply>> {
    Box::pin(async move {
        let methods = &security.config().logout_methods;
        let allow = methods
            .iter()
            .map(|method| method.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        let asks = methods.contains(&Method::Post) && !reply::wants_json(req);
        if asks && reply::owned(visit::identify(req, security).await)?.is_some() {
            return Ok(Reply::page(page(security, None, FieldErrors::default(), None)).not_allowed(allow));
        }
        Ok(reply::not_allowed(req, allow))
    })
}

fn logout<'r>(req: &'r Request<'_>, security: &'r Security, data: Data<'r>) -> BoxFuture<'r, Result<Reply>> {
    Box::pin(async move {
        let (fields, who) = match receive::form(req, security, data).await? {
            Ok(received) => received,
            Err(refused) => return Ok(refused),
        };
        let next = next::first_safe(req, security, &fields).ok().flatten();
        if let Some(who) = who {
            if security.config().logout_csrf
                && let Err(errors) = receive::csrf(req, security, &fields)
            {
                return Ok(match reply::wants_json(req) {
                    true => Reply::errors(errors),
                    // A click on the page is all that is asked, so the page does not speak of a mistake.
                    false => Reply::page(page(security, Some(&fields), FieldErrors::default(), next)),
                });
            }
            let client = visit::client(req, security);
            let sent = Sent {
                form: "logout",
                fields: &fields,
                user: Some(&who.user),
                client: &client,
                braked: false,
            };
            if let Err(refused) = extend::check_form(req, security, &sent).await? {
                return Ok(refused.answer(|errors| match reply::wants_json(req) {
                    true => Reply::errors(errors),
                    false => Reply::page(page(security, Some(&fields), errors, next)),
                }));
            }
            visit::sign_out(req, security, who).await?;
            // The cookie's went with the session.
            refresh::end(req, security, &fields, false).await?;
            if !reply::wants_json(req) {
                visit::flash(req, security, Message::LoggedOut, &[]);
            }
        } else {
            // The page's token went with the session, so all that is asked is what the browser says.
            let own = next::own(req, security);
            let elsewhere = origin::cross_site(req, own.as_ref()) == origin::Evidence::CrossSite;
            let from_here = !security.config().logout_csrf || !elsewhere;
            refresh::end(req, security, &fields, from_here).await?;
        }
        if reply::wants_json(req) {
            return Reply::json_without_token(&Done {});
        }
        Ok(Reply::found(
            next.unwrap_or_else(|| next::after_logout(security.config())),
        ))
    })
}

/// Shown when the request may have come from elsewhere: a click by the user himself settles it.
fn page(security: &Security, sent: Option<&Fields>, errors: FieldErrors, next: Option<String>) -> Page {
    let sketch = Sketch {
        view: "logout",
        template: security.config().logout_user_template.to_string(),
        name: "logout_form",
        submit: "logout-submit",
        fields: Vec::new(),
    };
    form::page(security, sketch, sent, errors, next)
}
