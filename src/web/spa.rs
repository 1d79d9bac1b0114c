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
    let told = (catalog.level(message).name(), text.as_str());
    // Nothing else speaks under the message's name.
    let others = params.iter().copied().filter(|(name, _)| *name != told.0);
    let all: Vec<(&str, &str)> = others.chain([told]).collect();
    Reply::found(config.view(view, &all))
}

#[cfg(test)]
mod tests {
    use rocket::local::blocking::Client;
    use rocket::{Request, get, routes};

    use super::*;
    use crate::testing::App;

    struct Leaving(Reply);

    #[rocket::async_trait]
    impl<'r> rocket::request::FromRequest<'r> for Leaving {
        type Error = ();

        async fn from_request(req: &'r Request<'_>) -> rocket::request::Outcome<Self, ()> {
            let security = req.rocket().state::<Security>().unwrap();
            let view = security.config().unauthorized_view.as_ref().unwrap();
            let message = (Message::TooManyAttempts, [("seconds", "90")].as_slice());
            let params = [
                ("token", "a+b/c="),
                ("email", "ada@example.org"),
                ("error", "none at all"),
            ];
            rocket::request::Outcome::Success(Leaving(leave(req, security, view, message, &params)))
        }
    }

    #[get("/leave")]
    fn leaving(leaving: Leaving) -> Reply {
        leaving.0
    }

    /// As the reference's links of mails do it: state in the parameters, the message under its level.
    #[test]
    fn an_emailed_link_carries_its_state_to_the_front_end() {
        for (behavior, host, expected) in [
            (
                "spa",
                "",
                "/lost?x=1&token=a%2Bb%2Fc%3D&email=ada%40example.org&error=Too+many",
            ),
            (
                "spa",
                "localhost:8080",
                "//localhost:8080/lost?x=1&token=a%2Bb%2Fc%3D&email=ada%40example.org&error=Too+many",
            ),
            // The parameters go along in form mode too; the message waits in the flash.
            (
                "",
                "",
                "/lost?x=1&token=a%2Bb%2Fc%3D&email=ada%40example.org&error=none+at+all",
            ),
        ] {
            let app = App::new()
                .set("security.unauthorized_view", "/lost?token=old&x=1&error=")
                .set("security.redirect_behavior", behavior)
                .set("security.redirect_host", host);
            let rocket = app.rocket(|fairing| fairing).mount("/", routes![leaving]);
            let client = Client::debug(rocket).unwrap();
            let response = client.get("/leave").dispatch();
            assert_eq!(response.status(), rocket::http::Status::Found);
            let location = response.headers().get_one("Location").unwrap();
            assert!(location.starts_with(expected), "{location}");
            assert_eq!(location.matches("error=").count(), 1, "{location}");
            let flashes = response
                .headers()
                .get("Set-Cookie")
                .any(|cookie| cookie.contains("flash"));
            assert_eq!(flashes, behavior.is_empty());
        }
    }
}
