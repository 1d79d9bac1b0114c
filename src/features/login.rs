//! Signing in with a password.
//!
//! * Settings: `login_url`, `login_user_template`, `post_login_view`, `user_identity_attributes`,
//!   `return_generic_responses`, `login_wait_after`, `login_wait_address_after`, `login_wait_first`, `login_wait_max`,
//!   `default_remember_me`
//! * Endpoints: `GET`, `POST /login` (`?include_auth_token`)
//! * Events: `UserAuthenticated`, `AuthTokenIssued`, `UserFailedAuthn`, `WaitImposed`, `PasswordRehashed`
//!
//! The reference is spec section 2.1. Whoever fails before the right password reads the same words, in the same time,
//! whether the account exists, is disabled or has no password.

use rocket::futures::future::BoxFuture;
use rocket::http::Method;
#[cfg(feature = "openapi")]
use rocket::http::Status;
use rocket::route::Route;
use rocket::{Data, Request};
use serde::Serialize;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::config::{Config, IdentityAttribute};
use crate::error::Result;
use crate::gate::{Client, LoginIdentity, PasswordRefusal};
use crate::model::Reason;
use crate::security::Security;
use crate::text::Message;
use crate::web::extend::{self, Sent};
use crate::web::fields::{FieldErrors, Fields};
use crate::web::form::{self, Sketch};
#[cfg(feature = "openapi")]
use crate::web::openapi::{About, CSRF, Takes};
use crate::web::page::{Field, Kind, Page};
#[cfg(feature = "openapi")]
use crate::web::reply::SignedIn;
use crate::web::reply::{self, Reply};
use crate::web::{next, receive, tokens, visit};

/// What the visitor sent.
struct LoginForm {
    identity: LoginIdentity,
    /// The field that the identity came in, for its errors.
    identity_field: &'static str,
    password: Zeroizing<String>,
    /// Whether this browser is to be remembered.
    remember: bool,
    next: Option<String>,
}

/// What a client needs to know before it shows its form.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = LoginOptions))]
struct Options<'a> {
    /// By what users sign in.
    identity_attributes: Vec<&'a str>,
    /// Who is signed in already; missing where nobody is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::web::openapi::UserPayload>))]
    user: Option<Value>,
}

pub(super) fn routes(config: &Config) -> Vec<Route> {
    vec![
        super::route("login", Method::Get, config.login_url.as_str(), get),
        super::route("login", Method::Post, config.login_url.as_str(), post),
    ]
}

#[cfg(feature = "openapi")]
pub(super) fn describe(config: &Config, name: &str, method: Method) -> Option<About> {
    Some(match (name, method) {
        ("login", Method::Get) => About::of_store("Asks how to sign in")
            .next()
            .page()
            .leads_on()
            .says::<Options<'_>>(),
        ("login", Method::Post) => {
            let about = About::of_store("Signs in with a password")
                .next()
                .include_auth_token()
                .by(&[CSRF])
                .form()
                .field(
                    "email",
                    Takes::Text,
                    "The address, or whatever else users sign in by.",
                )
                .field("password", Takes::Secret, "The password.")
                .field(
                    "remember",
                    Takes::Flag,
                    "Whether this browser is to be remembered.",
                )
                .next_field()
                .page()
                .leads_on()
                .says::<SignedIn>()
                .refuses(Status::TooManyRequests);
            match config.username_enable {
                true => about.field("username", Takes::Text, "The user name, instead of an address."),
                false => about,
            }
        }
        _ => return None,
    })
}

fn get<'r>(req: &'r Request<'_>, security: &'r Security, _: Data<'r>) -> BoxFuture<'r, Result<Reply>> {
    Box::pin(async move {
        let signed_in = reply::owned(visit::identify(req, security).await)?.is_some();
        if reply::wants_json(req) {
            return Reply::json(&Options {
                identity_attributes: attributes(security.config()),
                user: signed_in.then(|| reply::user_payload(req, security)),
            });
        }
        if signed_in {
            // `next` is ignored on purpose: a page that sends whoever lacks a role here would loop.
            return Ok(Reply::found(next::after_login(security.config())));
        }
        Ok(Reply::page(page(req, security, None, FieldErrors::default())))
    })
}

fn post<'r>(req: &'r Request<'_>, security: &'r Security, data: Data<'r>) -> BoxFuture<'r, Result<Reply>> {
    Box::pin(async move {
        let (fields, who) = match receive::form(req, security, data).await? {
            Ok(received) => received,
            Err(refused) => return Ok(refused),
        };
        if who.is_some() {
            return Ok(reply::refusal(req, Reason::AnonymousRequired));
        }
        if let Err(errors) = receive::csrf(req, security, &fields) {
            return Ok(again(req, security, &fields, errors));
        }
        let client = visit::client(req, security);
        let form = match LoginForm::parse(req, security, &fields) {
            Ok(form) => form,
            Err(errors) => return Ok(again(req, security, &fields, errors)),
        };
        // Before any account is looked up and any hash computed: what the application's checks say tells of none, so it is
        // said in their own words.
        let sent = Sent {
            form: "login",
            fields: &fields,
            user: None,
            client: &client,
            braked: true,
        };
        if let Err(refused) = extend::check_form(req, security, &sent).await? {
            return Ok(refused.answer(|errors| plainly(req, security, &fields, errors)));
        }
        let next = form.next.clone();
        match sign_in(req, security, &form, &client).await? {
            Ok(()) => tokens::granted(req, security, reply::signed_in(req, security, next)?).await,
            Err(reason) => Ok(refused(req, security, &fields, form.identity_field, reason)),
        }
    })
}

impl LoginForm {
    fn parse(req: &Request<'_>, security: &Security, fields: &Fields) -> Result<Self, FieldErrors> {
        let config = security.config();
        let mut errors = FieldErrors::default();
        let email = errors.take("email", fields.text("email"));
        let username = match config.username_enable {
            true => errors.take("username", fields.text("username")),
            false => None,
        };
        let identities = &security.gate().identities;
        let (identity, identity_field) = match (filled(email), filled(username)) {
            (_, Some(name))
                if config
                    .user_identity_attributes
                    .contains(&IdentityAttribute::Username) =>
            {
                (Some(identities.parse_username(name)), "username")
            }
            // One field for all of them.
            (Some(typed), _) => (Some(identities.parse(typed)), "email"),
            _ => (None, "email"),
        };
        if identity.is_none() && !errors.has("email") && !errors.has("username") {
            errors.add("email", Message::EmailNotProvided, &[]);
        }
        let password = filled(errors.take("password", fields.text("password")));
        if password.is_none() && !errors.has("password") {
            errors.add("password", Message::PasswordNotProvided, &[]);
        }
        let next = errors
            .take_with("next", next::requested(req, security, fields))
            .flatten();
        match (identity, password) {
            (Some(identity), Some(password)) if errors.is_empty() => {
                let password = Zeroizing::new(password.to_owned());
                Ok(LoginForm {
                    identity,
                    identity_field,
                    password,
                    remember: fields.flag("remember"),
                    next,
                })
            }
            _ => Err(errors),
        }
    }
}

/// Why nobody was signed in.
enum Refused {
    /// The password was not right: who reads of it may be anybody.
    Password(PasswordRefusal),
    /// It was, but the account may not come in: who reads of it owns it.
    Gate(Reason),
}

/// Checks the password, asks the gate, and gives the browser its session. The one path that pages and JSON share.
async fn sign_in(
    req: &Request<'_>,
    security: &Security,
    form: &LoginForm,
    client: &Client,
) -> Result<Result<(), Refused>> {
    let password = security.password(&form.password);
    match security
        .gate()
        .check_password_to_admit(&form.identity, &password, client)
        .await?
    {
        Ok(evidence) => Ok(visit::admit(req, security, evidence, client, form.remember)
            .await?
            .map_err(Refused::Gate)),
        Err(refusal) => Ok(Err(Refused::Password(refusal))),
    }
}

/// The page again, or 400, in words that tell strangers nothing.
fn again(req: &Request<'_>, security: &Security, fields: &Fields, errors: FieldErrors) -> Reply {
    let errors = match security.config().return_generic_responses {
        true => errors.generic(&["email", "username", "password"], Message::GenericAuthnFailed),
        false => errors,
    };
    plainly(req, security, fields, errors)
}

fn plainly(req: &Request<'_>, security: &Security, fields: &Fields, errors: FieldErrors) -> Reply {
    form::again(req, security, fields, errors, page)
}

fn refused(
    req: &Request<'_>,
    security: &Security,
    fields: &Fields,
    identity_field: &'static str,
    refused: Refused,
) -> Reply {
    match refused {
        Refused::Password(PasswordRefusal::Wait { seconds }) => {
            form::Refused::Wait { seconds }.answer(|errors| again(req, security, fields, errors))
        }
        // `again` makes one text of both, unless the application gave generic answers up.
        Refused::Password(PasswordRefusal::Unknown) => again(
            req,
            security,
            fields,
            FieldErrors::one(identity_field, Message::UserDoesNotExist),
        ),
        Refused::Password(PasswordRefusal::Wrong) => again(
            req,
            security,
            fields,
            FieldErrors::one("password", Message::InvalidPassword),
        ),
        Refused::Gate(Reason::AuthenticationFailed) => plainly(
            req,
            security,
            fields,
            FieldErrors::one("", Message::GenericAuthnFailed),
        ),
        Refused::Gate(reason) => plainly(
            req,
            security,
            fields,
            FieldErrors::one(identity_field, reason.message()),
        ),
    }
}

fn page(req: &Request<'_>, security: &Security, fields: Option<&Fields>, errors: FieldErrors) -> Page {
    let config = security.config();
    use IdentityAttribute::{Email, Phone, Username};
    let identity = match &config.user_identity_attributes[..] {
        [Email] => Field::new("email", Kind::Email, "field-email", "username"),
        [Username] => Field::new("username", Kind::Text, "field-username", "username"),
        [Email, Username] | [Username, Email] => {
            Field::new("email", Kind::Text, "field-email-or-username", "username")
        }
        [Phone] => Field::new("email", Kind::Tel, "field-phone", "username"),
        _ => Field::new("email", Kind::Text, "field-identity", "username"),
    };
    let identity = Field {
        value: form::typed(fields, &identity.name).map(str::to_owned),
        ..identity
    };
    let form_fields = vec![
        identity,
        Field::new("password", Kind::Password, "field-password", "current-password"),
        Field::checkbox(
            "remember",
            "field-remember",
            fields.map_or(config.default_remember_me, |fields| fields.flag("remember")),
        ),
    ];
    let sketch = Sketch {
        view: "login",
        template: config.login_user_template.to_string(),
        name: "login_user_form",
        submit: "login-submit",
        fields: form_fields,
    };
    form::page(
        security,
        sketch,
        fields,
        errors,
        next::carried(req, security, fields),
    )
}

fn attributes(config: &Config) -> Vec<&str> {
    config
        .user_identity_attributes
        .iter()
        .map(IdentityAttribute::name)
        .collect()
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}
