//! The description of all endpoints of ours, in OpenAPI 3.1: of the routes that are mounted, by what each feature says of its
//! own, and as the settings have it.

use std::io::Cursor;

use rocket::http::{ContentType, Method};
use rocket::route::{Handler, Outcome, Route};
use rocket::{Data, Request, Response};
use utoipa::openapi::path::{HttpMethod, PathsBuilder};
use utoipa::openapi::schema::{ComponentsBuilder, ObjectBuilder};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{InfoBuilder, OpenApiBuilder};

use super::well_known;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::features;
use crate::web::cookies::{CookieKind, CookiePolicy};
use crate::web::extend::Extensions;
use crate::web::openapi::{API_KEY, AUTH_TOKEN, About, BASIC, BEARER, CSRF, REFRESH, SESSION};
use crate::web::visit::Visit;

const NAME: &str = "openapi";

/// The address of the description, as long as there is nothing to serve at it.
pub(super) fn routes(config: &Config) -> Vec<Route> {
    let route = |url: &str| route(url, String::new());
    config.openapi_url.iter().map(|url| route(url.as_str())).collect()
}

fn route(url: &str, document: String) -> Route {
    let mut route = Route::new(Method::Get, url, Document(document));
    route.name = Some(format!("rocket_security::{NAME}").into());
    route
}

/// Puts the description where it is served: among `routes`, which it describes with those `at_root`.
///
/// # Errors
/// When a route is described nowhere, which is our mistake.
pub(super) fn describe(
    config: &Config,
    extensions: &Extensions,
    cookies: &CookiePolicy,
    routes: &mut [Route],
    at_root: &[Route],
) -> Result<()> {
    let Some(url) = &config.openapi_url else {
        return Ok(());
    };
    let prefix = config.url_prefix.as_ref().map_or("", |prefix| prefix.as_str());
    let prefix = prefix.trim_end_matches('/');
    let described = routes.iter().map(|route| (prefix, route));
    let all = described.chain(at_root.iter().map(|route| ("", route)));
    let document = document(config, extensions, cookies, all)?;
    for served in routes.iter_mut().filter(|route| name_of(route) == NAME) {
        *served = route(url.as_str(), document.clone());
    }
    Ok(())
}

fn name_of(route: &Route) -> &str {
    let name = route.name.as_deref().unwrap_or_default();
    name.rsplit("::").next().unwrap_or_default()
}

fn document<'a>(
    config: &Config,
    extensions: &Extensions,
    cookies: &CookiePolicy,
    routes: impl Iterator<Item = (&'a str, &'a Route)>,
) -> Result<String> {
    let mut components = schemes(config, cookies);
    let mut paths = PathsBuilder::new().build();
    for (prefix, route) in routes {
        let name = name_of(route);
        let about = match name {
            NAME => Some(own()),
            well_known::NAME => Some(well_known::describe()),
            _ => features::describe(config, name, route.method),
        };
        let (Some(about), Some(method)) = (about, method(route.method)) else {
            return Err(Error::internal(format!(
                "{} {name} has no description for OpenAPI",
                route.method
            )));
        };
        let (operation, schemas) = about.finish(config, extensions, name, route.method);
        paths.add_path_operation(format!("{prefix}{}", route.uri.path()), vec![method], operation);
        components = components.schemas_from_iter(schemas);
    }
    let info = InfoBuilder::new()
        .title("Accounts")
        .description(Some(
            "Signing up, signing in and out, and what belongs to an account, by rocket_security. Each address answers a browser \
             with pages and redirects, and a client whose body is JSON, or who accepts JSON, with JSON.",
        ))
        .version(env!("CARGO_PKG_VERSION"));
    let document = OpenApiBuilder::new()
        .info(info.build())
        .paths(paths)
        .components(Some(components.build()));
    document
        .build()
        .to_pretty_json()
        .map_err(|error| Error::internal("the description has no JSON").with_source(error))
}

fn own() -> About {
    let document = ObjectBuilder::new().description(Some("This document."));
    About::new("Describes these endpoints").says_plainly(document.build())
}

fn method(method: Method) -> Option<HttpMethod> {
    Some(match method {
        Method::Get => HttpMethod::Get,
        Method::Post => HttpMethod::Post,
        Method::Put => HttpMethod::Put,
        Method::Patch => HttpMethod::Patch,
        Method::Delete => HttpMethod::Delete,
        _ => return None,
    })
}

/// By what a client may say who it is.
fn schemes(config: &Config, cookies: &CookiePolicy) -> ComponentsBuilder {
    let header = |name: &str, about: &str| {
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(name, about)))
    };
    let cookie = |kind, about: &str| {
        let value = ApiKeyValue::with_description(cookies.name(kind), about);
        SecurityScheme::ApiKey(ApiKey::Cookie(value))
    };
    let http = |scheme, about: &str| {
        SecurityScheme::Http(HttpBuilder::new().scheme(scheme).description(Some(about)).build())
    };
    let mut components = ComponentsBuilder::new()
        .security_scheme(
            SESSION,
            cookie(CookieKind::Session, "The session of who is signed in."),
        )
        .security_scheme(
            CSRF,
            header(
                &config.csrf_header,
                &format!(
                    "The CSRF token of the last answer, with the cookies that came along; also as X-CSRFToken or X-CSRF-Token, or \
                     in the field {} of the body.",
                    config.csrf_field_name.as_str()
                ),
            ),
        )
        .security_scheme(
            AUTH_TOKEN,
            header(
                &config.token_authentication_header,
                "The auth token that a sign-in with `include_auth_token` brought.",
            ),
        )
        .security_scheme(BEARER, http(HttpAuthScheme::Bearer, "An auth token."))
        .security_scheme(
            BASIC,
            http(HttpAuthScheme::Basic, "What one signs in by, and the password."),
        );
    if config.api_keys {
        let about = "For the application's own endpoints; none of these takes one.";
        components = components.security_scheme(API_KEY, header(&config.api_key_header, about));
    }
    if config.refresh_token && cookies.has_refresh() {
        let about = "The refresh token.";
        components = components.security_scheme(REFRESH, cookie(CookieKind::Refresh, about));
    }
    components
}

/// Serves the description: the same for everybody.
#[derive(Clone)]
struct Document(String);

#[rocket::async_trait]
impl Handler for Document {
    async fn handle<'r>(&self, req: &'r Request<'_>, _: Data<'r>) -> Outcome<'r> {
        Visit::of(req).mark_ours();
        let body = self.0.clone();
        let response = Response::build()
            .header(ContentType::JSON)
            .sized_body(body.len(), Cursor::new(body))
            .finalize();
        Outcome::Success(response)
    }
}
