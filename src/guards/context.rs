use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};
use serde::Serialize;

use crate::guards::{SecurityError, fail, unavailable};
use crate::web::views::{FlashView, UserView};
use crate::web::visit::{self, Visit};
use crate::web::{extend, render};

/// What an application's own template needs of the library: the user, the CSRF field, the messages that wait, the
/// addresses of our pages. A request guard that serialises into any template engine.
///
/// Asking for it takes the waiting messages: show them. It is no guard: `user` says who looks at the page, not that a
/// request may act for him.
///
/// ```
/// use rocket::get;
/// use rocket_dyn_templates::{Template, context};
/// use rocket_security::SecurityContext;
///
/// #[get("/")]
/// fn index(security: SecurityContext) -> Template {
///     // {{ security.csrf_token }}, {{ security.urls.login }}, {% if security.user %}{{ security.user.email }}{% endif %}
///     Template::render("index", context! { security })
/// }
/// ```
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SecurityContext {
    /// The signed-in user, if there is one.
    pub user: Option<UserView>,
    /// The name of the hidden field that carries the CSRF token.
    pub csrf_field_name: String,
    /// The CSRF token for a form on this page.
    pub csrf_token: String,
    /// The hidden field whole, as HTML to be put into a form unescaped.
    pub csrf_field: String,
    /// A nonce for this answer, for a content security policy that the application sends itself.
    pub nonce: String,
    /// The addresses of our pages by name: `login`, `logout`, `register`, `verify`, `refresh_tokens`, as far as they are on.
    pub urls: std::collections::BTreeMap<String, String>,
    /// The messages that wait, in the visitor's language.
    pub flashes: Vec<FlashView>,
    /// What the application's context functions say of every view, as our own pages have it.
    pub app: serde_json::Map<String, serde_json::Value>,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SecurityContext {
    type Error = SecurityError;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, SecurityError> {
        let security = match crate::guards::visitor(req).await {
            Ok((security, _)) => security,
            Err(failure) => return failure,
        };
        let (csrf_token, nonce) = match (visit::csrf_token(req, security), Visit::of(req).nonce()) {
            (Ok(token), Ok(nonce)) => (token, nonce),
            (Err(error), _) | (_, Err(error)) => {
                return fail(unavailable(req, "a CSRF token could not be made", &error));
            }
        };
        let app = match extend::values(req, security, None, false).await {
            Ok(values) => values,
            Err(error) => return fail(unavailable(req, "a page could not be filled in", &error)),
        };
        let locale = security
            .catalog()
            .negotiate(req.headers().get_one("Accept-Language"));
        let csrf_field_name = security.config().csrf_field_name.to_string();
        Outcome::Success(SecurityContext {
            user: render::user(req, security),
            // The token is base64url and the name is checked at launch: neither has anything to escape.
            csrf_field: format!(r#"<input type="hidden" name="{csrf_field_name}" value="{csrf_token}">"#),
            csrf_field_name,
            csrf_token,
            nonce,
            urls: render::urls(security),
            flashes: render::flashes(req, security, &locale),
            app,
        })
    }
}

impl Sentinel for SecurityContext {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        crate::guards::abort_without_fairing(rocket, "SecurityContext")
    }
}
