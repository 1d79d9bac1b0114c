//! Sending a visitor to a view of the settings with something to read.
//!
//! A page of ours, or of the application, finds the message in the flash cookie. A single-page application on another
//! host cannot: with `redirect_behavior = "spa"` it gets the text as a query parameter named by its level (`?error=…`,
//! trap 7 of the reference), beside whatever else the view needs (`token`, `email`, `identity`).

use rocket::Request;

use crate::config::{RedirectBehavior, View};
use crate::security::Security;
use crate::text::Message;
use crate::web::reply::Reply;
use crate::web::visit;

/// 302 to `view` with a message and parameters.
pub(crate) fn leave(
    req: &Request<'_>,
    security: &Security,
    view: &View,
    (message, args): (Message, &[(&str, &str)]),
    params: &[(&str, &str)],
) -> Reply {
    let config = security.config();
    if config.redirect_behavior != Some(RedirectBehavior::Spa) {
        visit::flash(req, security, message, args);
        return Reply::found(config.view(view, params));
    }
    let catalog = security.catalog();
    let locale = catalog.negotiate(req.headers().get_one("Accept-Language"));
    let text = catalog.message(&locale, message, args);
    // The message comes last: no parameter of the caller's can take its place.
    let told = [(catalog.level(message).name(), text.as_str())];
    Reply::found(config.view(view, &[params, &told].concat()))
}
