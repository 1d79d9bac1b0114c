//! Proving again who one is.
//!
//! * Settings: `verify_url`, `verify_template`, `post_verify_view`, `freshness`, `api_enabled_methods`
//! * Endpoints: `GET`, `POST /verify` (`?include_auth_token`; unless `freshness` is negative)
//! * Events: `UserReauthenticated`, `AuthTokenIssued`, `UserFailedAuthn`, `WaitImposed`, `PasswordRehashed`
//!
//! The reference is spec section 2.4. The session gets a new id (ASVS 7.2.4); wrong passwords are
//! followed by a wait as at sign-in, counted apart.

use rocket::futures::future::BoxFuture;
use rocket::http::Method;
#[cfg(feature = "openapi")]
use rocket::http::Status;
use rocket::route::Route;
use rocket::{Data, Request};
use serde::Serialize;
use serde_json::Value;

use crate::config::Config;
use crate::error::Result;
use crate::gate::{Caller, Client, PasswordRefusal};
use crate::model::Reason;
use crate::security::Security;
use crate::text::Message;
use crate::web::extend::{self, Sent};
use crate::web::fields::{FieldErrors, Fields};
use crate::web::form::{self, Refused, Sketch};
#[cfg(feature = "openapi")]
use crate::web::openapi::{About, Takes};
use crate::web::page::{Field, Kind, Page};
use crate::web::reply::{self, Reply};
use crate::web::{next, receive, tokens, visit};

/// By what he may prove it.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = VerifyOptions))]
struct Options {
    #[cfg_attr(feature = "openapi", schema(value_type = crate::web::openapi::UserPayload))]
    user: Value,
    /// Whether by a passkey.
    has_webauthn_verify_credential: bool,
    /// Whether at another provider.
    oauth_enabled: bool,
    /// Those providers.
    oauth_providers: Vec<String>,
}

/// Who has proved it.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct Verified {
    #[cfg_attr(feature = "openapi", schema(value_type = crate::web::openapi::UserPayload))]
    user: Value,
}

pub(super) fn routes(config: &Config) -> Vec<Route> {
    if config.freshness.within().is_none() {
        return Vec::new();
    }
    vec![
        super::route("verify", Method::Get, config.verify_url.as_str(), get),
        super::route("verify", Method::Post, config.verify_url.as_str(), post),
    ]
}

#[cfg(feature = "openapi")]
pub(super) fn describe(config: &Config, name: &str, method: Method) -> Option<About> {
    Some(match (name, method) {
        ("verify", Method::Get) => About::of_store("Asks how to prove again who one is")
            .next()
            .by_mechanisms(config, method)
            .page()
            .says::<Options>(),
        ("verify", Method::Post) => About::of_store("Proves again who one is")
            .next()
            .include_auth_token()
            .by_mechanisms(config, method)
            .form()
            .field("password", Takes::Secret, "The password.")
            .next_field()
            .page()
            .leads_on()
            .says::<Verified>()
            .refuses(Status::TooManyRequests),
        _ => return None,
    })
}

fn get<'r>(req: &'r Request<'_>, security: &'r Security, _: Data<'r>) -> BoxFuture<'r, Result<Reply>> {
    Box::pin(async move {
        if let Err(refused) = receive::signed_in(req, security, None).await? {
            return Ok(refused);
        }
        if reply::wants_json(req) {
            return Reply::json(&Options {
                user: reply::user_payload(req, security),
                has_webauthn_verify_credential: false,
                oauth_enabled: false,
                oauth_providers: Vec::new(),
            });
        }
        Ok(Reply::page(page(req, security, None, FieldErrors::default())))
    })
}

fn post<'r>(req: &'r Request<'_>, security: &'r Security, data: Data<'r>) -> BoxFuture<'r, Result<Reply>> {
    Box::pin(async move {
        let (fields, _) = match receive::form(req, security, data).await? {
            Ok(received) => received,
            Err(refused) => return Ok(refused),
        };
        let who = match receive::signed_in(req, security, Some(&fields)).await? {
            Ok(who) => who,
            Err(refused) => return Ok(refused),
        };
        if let Err(errors) = receive::csrf(req, security, &fields) {
            return Ok(again(req, security, &fields, errors));
        }
        let mut errors = FieldErrors::default();
        let next = errors.take("next", next::first_safe(req, security, &fields));
        let password = errors.take("password", fields.text("password"));
        if password.is_none_or(|password| password.trim().is_empty()) && !errors.has("password") {
            errors.add("password", Message::PasswordNotProvided, &[]);
        }
        if !errors.is_empty() {
            return Ok(again(req, security, &fields, errors));
        }
        let client = visit::client(req, security);
        let sent = Sent {
            form: "verify",
            fields: &fields,
            user: Some(who.user()),
            client: &client,
            braked: true,
        };
        if let Err(refused) = extend::check_form(req, security, &sent).await? {
            return Ok(refused.answer(|errors| again(req, security, &fields, errors)));
        }
        match verify(req, security, &who, &client, password.unwrap_or_default()).await? {
            Ok(who) if reply::wants_json(req) => {
                let reply = Reply::json(&Verified {
                    user: reply::user_payload(req, security),
                })?;
                tokens::granted_to(req, security, &who, reply).await
            }
            Ok(_) => {
                visit::flash(req, security, Message::ReauthenticationSuccessful, &[]);
                Ok(Reply::found(
                    next.unwrap_or_else(|| next::after_verify(security.config())),
                ))
            }
            // The session ended while the password was being looked at.
            Err(Reason::Unauthenticated) => Ok(receive::refuse(req, security, Reason::Unauthenticated)),
            Err(reason) => {
                let refused = match reason {
                    Reason::TryLater { seconds } => Refused::Wait { seconds },
                    Reason::AuthenticationFailed => {
                        Refused::Fields(FieldErrors::one("password", Message::InvalidPassword))
                    }
                    reason => Refused::Fields(FieldErrors::one("password", reason.message())),
                };
                Ok(refused.answer(|errors| again(req, security, &fields, errors)))
            }
        }
    })
}

/// Checks the password and refreshes the session under a new id; without a session, what a new token may say.
async fn verify(
    req: &Request<'_>,
    security: &Security,
    who: &Caller,
    client: &Client,
    password: &str,
) -> Result<Result<Caller, Reason>> {
    let evidence = match security
        .gate()
        .check_own_password(who.user(), &security.password(password), client)
        .await?
    {
        Ok(evidence) => evidence,
        Err(PasswordRefusal::Wait { seconds }) => return Ok(Err(Reason::TryLater { seconds })),
        Err(PasswordRefusal::Unknown | PasswordRefusal::Wrong) => {
            return Ok(Err(Reason::AuthenticationFailed));
        }
    };
    let Caller::Session(session) = who else {
        return security.gate().prove_again(who, evidence, client).await;
    };
    let stepped = visit::step_up(req, security, session, evidence, client).await?;
    Ok(stepped.map(|()| visit::identified(req).map_or_else(|| who.clone(), Caller::Session)))
}

fn again(req: &Request<'_>, security: &Security, fields: &Fields, errors: FieldErrors) -> Reply {
    form::again(req, security, fields, errors, page)
}

fn page(req: &Request<'_>, security: &Security, fields: Option<&Fields>, errors: FieldErrors) -> Page {
    let password = Field::new("password", Kind::Password, "field-password", "current-password");
    let sketch = Sketch {
        view: "verify",
        template: security.config().verify_template.to_string(),
        name: "verify_form",
        submit: "verify-submit",
        fields: vec![password],
    };
    form::page(
        security,
        sketch,
        fields,
        errors,
        next::carried(req, security, fields),
    )
}
