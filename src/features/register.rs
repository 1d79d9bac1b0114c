//! Signing up.
//!
//! * Settings: `registerable`, `register_url`, `register_user_template`, `post_register_view`,
//!   `password_confirm_required`, `password_length_min`, `password_normalize_form`, `username_enable`,
//!   `username_required`, `username_min_length`, `username_max_length`, `username_normalize_form`
//! * Endpoints: `GET`, `POST /register` (when `registerable`)
//! * Events: `UserRegistered`, `UserNotRegistered`, `UserAuthenticated`, `WaitImposed`
//!
//! The application may ask for more (`docs/features/forms.md`).
//!
//! The reference is spec section 2.5. This version sends no mail, so an address cannot be confirmed and a taken one is
//! refused openly; the launch report says so. Taken addresses count as failures of the visitor's address, so that
//! nobody can ask for many.

use rocket::futures::future::BoxFuture;
use rocket::http::Method;
#[cfg(feature = "openapi")]
use rocket::http::Status;
use rocket::route::Route;
use rocket::{Data, Request};

use crate::config::Config;
use crate::crypto::Password;
use crate::error::Result;
use crate::gate::{Client, Evidence};
use crate::identity::{Email, Username};
use crate::model::{Event, NewUser, Reason, User};
use crate::security::Security;
use crate::store::{Along, Identity};
use crate::text::Message;
use crate::web::extend::{self, Sent};
use crate::web::fields::{FieldErrors, Fields};
use crate::web::form::{self, Refused, Sketch};
#[cfg(feature = "openapi")]
use crate::web::openapi::{About, CSRF, Takes};
use crate::web::page::{Field, Kind, Page};
use crate::web::reply::{self, Done, Reply, SignedIn};
use crate::web::{next, receive, tokens, visit};

mod in_process;
mod rules;

pub use in_process::Registration;

/// The longest password, in code points after normalisation; the reference's number. NIST asks for 64 at least.
const PASSWORD_MAX: usize = 128;

/// The fields in the order of the form.
const FIELDS: [&str; 5] = ["email", "username", "password", "password_confirm", "next"];

/// What somebody wants to sign up with, as it came.
#[derive(Default)]
struct Wish<'a> {
    email: Option<&'a str>,
    username: Option<&'a str>,
    password: Option<&'a str>,
    /// The password again; nothing when it need not be.
    password_again: Option<Option<&'a str>>,
    /// What the application asks for besides, ready to be stored.
    fields: Option<String>,
}

/// The same, checked by every rule that needs no database.
struct Checked {
    email: Email,
    username: Option<Username>,
    password: Password,
}

pub(super) fn routes(config: &Config) -> Vec<Route> {
    if !config.registerable {
        return Vec::new();
    }
    vec![
        super::route("register", Method::Get, config.register_url.as_str(), get),
        super::route("register", Method::Post, config.register_url.as_str(), post),
    ]
}

#[cfg(feature = "openapi")]
pub(super) fn describe(config: &Config, name: &str, method: Method) -> Option<About> {
    Some(match (name, method) {
        ("register", Method::Get) => About::of_store("Asks how to sign up")
            .next()
            .page()
            .leads_on()
            .says::<Done>()
            .refuses(Status::BadRequest),
        ("register", Method::Post) => {
            let mut about = About::of_store("Signs up, and in")
                .next()
                .include_auth_token()
                .by(&[CSRF])
                .form()
                .field("email", Takes::Text, "The address.")
                .field("password", Takes::Secret, "The password.")
                .next_field()
                .page()
                .leads_on()
                .says::<SignedIn>()
                .refuses(Status::Forbidden)
                .refuses(Status::TooManyRequests);
            if config.username_enable {
                about = about.field("username", Takes::Text, "The user name.");
            }
            if config.password_confirm_required {
                about = about.field("password_confirm", Takes::Secret, "The password again.");
            }
            about
        }
        _ => return None,
    })
}

fn get<'r>(req: &'r Request<'_>, security: &'r Security, _: Data<'r>) -> BoxFuture<'r, Result<Reply>> {
    Box::pin(async move {
        if reply::owned(visit::identify(req, security).await)?.is_some() {
            return Ok(reply::refusal(req, Reason::AnonymousRequired));
        }
        if reply::wants_json(req) {
            return Reply::json(&Done {});
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
            return Ok(form::again(req, security, &fields, errors, page));
        }
        let mut errors = FieldErrors::default();
        let next = errors
            .take_with("next", next::requested(req, security, &fields))
            .flatten();
        let client = visit::client(req, security);
        let wish = Wish::parse(security, &fields, &mut errors)?;
        let sent = Sent {
            form: "register",
            fields: &fields,
            user: None,
            client: &client,
            braked: true,
        };
        let made = match extend::check_form(req, security, &sent).await? {
            Ok(()) => register(security, wish, errors, &client, None).await?,
            // Nobody has looked whether anything is taken: whoever fails a CAPTCHA cannot ask for that.
            Err(Refused::Fields(more)) => {
                let username = rules::check_username(security.config(), &wish, &mut errors);
                rules::check(security, &wish, username, &mut errors);
                errors.extend(more);
                Err(Refused::Fields(in_order(security, errors)))
            }
            Err(wait) => Err(wait),
        };
        let user = match made {
            Ok(user) => user,
            Err(refused) => {
                return Ok(refused.answer(|errors| form::again(req, security, &fields, errors, page)));
            }
        };
        let evidence = Evidence::registered(user, security.gate().clock.now());
        if let Err(reason) = visit::admit(req, security, evidence, &client, false).await? {
            return Ok(reply::refusal(req, reason));
        }
        if reply::wants_json(req) {
            let reply = Reply::json(&SignedIn::of(req, security))?;
            return tokens::granted(req, security, reply).await;
        }
        Ok(Reply::found(
            next.unwrap_or_else(|| next::after_register(security.config())),
        ))
    })
}

impl<'a> Wish<'a> {
    fn parse(security: &Security, fields: &'a Fields, errors: &mut FieldErrors) -> Result<Self> {
        let config = security.config();
        Ok(Wish {
            email: errors.take("email", fields.text("email")),
            username: match config.username_enable {
                true => errors.take("username", fields.text("username")),
                false => None,
            },
            password: errors.take("password", fields.text("password")),
            password_again: config
                .password_confirm_required
                .then(|| errors.take("password_confirm", fields.text("password_confirm"))),
            fields: extend::registration(security, fields, errors)?,
        })
    }
}

/// Makes an account: the one path that pages, JSON and in-process callers share. All that is wrong is told at once.
async fn register(
    security: &Security,
    mut wish: Wish<'_>,
    mut errors: FieldErrors,
    client: &Client,
    along: Option<Along>,
) -> Result<Result<User, Refused>> {
    let username = rules::check_username(security.config(), &wish, &mut errors);
    let registration = rules::check(security, &wish, username.clone(), &mut errors);
    // Taken before the look-up, so that a full queue says nothing about who exists.
    let ticket = security.gate().passwords.admit(client.limit)?;
    if let Some(seconds) = security.gate().address_wait(client).await? {
        return Ok(Err(Refused::Wait { seconds }));
    }
    let (mut existing_email, mut existing_username) = (false, false);
    if let Some(email) = wish.email.and_then(Email::parse) {
        existing_email = security
            .datastore()
            .user_by(Identity::Email, email.key())
            .await?
            .is_some();
    }
    if let Some(name) = &username {
        existing_username = security
            .datastore()
            .user_by(Identity::Username, name.key())
            .await?
            .is_some();
    }
    let registration = match registration {
        Some(registration) if !existing_email && !existing_username => registration,
        _ => return taken(security, wish, errors, existing_email, existing_username, client).await,
    };
    let mut new = NewUser::new(&registration.email, security.gate().clock.now())?;
    let password = ticket
        .hash(&security.gate().keys, &registration.password, &new.handle)
        .await?;
    new.password = Some(password);
    new.fields = wish.fields.take();
    if let Some(name) = &registration.username {
        new.username = Some(name.as_str().to_owned());
        new.username_key = Some(name.key().to_owned());
    }
    let store = security.datastore();
    let made = match along {
        None => store.create_user(new).await,
        Some(along) => store.create_user_with(new, along).await,
    };
    match made {
        Ok(user) => {
            security
                .gate()
                .events
                .emit(Event::UserRegistered { user: user.id });
            Ok(Ok(user))
        }
        // Somebody was faster between the look-up and the insert: the same answer as if he had come first.
        Err(error) => match error.conflict() {
            Some("email") => taken(security, wish, errors, true, false, client).await,
            Some("username") => taken(security, wish, errors, false, true, client).await,
            _ => Err(error),
        },
    }
}

/// Adds what is taken to what is wrong.
async fn taken(
    security: &Security,
    wish: Wish<'_>,
    mut errors: FieldErrors,
    existing_email: bool,
    existing_username: bool,
    client: &Client,
) -> Result<Result<User, Refused>> {
    if existing_email {
        errors.add(
            "email",
            Message::EmailAlreadyAssociated,
            &[("email", wish.email.unwrap_or_default().trim())],
        );
    }
    if existing_username {
        let name = wish.username.unwrap_or_default().trim();
        errors.add(
            "username",
            Message::UsernameAlreadyAssociated,
            &[("username", name)],
        );
    }
    if existing_email || existing_username {
        security.gate().events.emit(Event::UserNotRegistered {
            existing_email,
            existing_username,
        });
        security.gate().count_address(client).await?;
    }
    Ok(Err(Refused::Fields(in_order(security, errors))))
}

/// The errors in the order of the form.
fn in_order(security: &Security, errors: FieldErrors) -> FieldErrors {
    let order: Vec<&str> = FIELDS
        .into_iter()
        .chain(security.extensions().names("register"))
        .collect();
    errors.sorted(&order)
}

fn page(req: &Request<'_>, security: &Security, fields: Option<&Fields>, errors: FieldErrors) -> Page {
    let config = security.config();
    let min = config.password_length();
    let mut form_fields = vec![
        Field::new("email", Kind::Email, "field-email", "email")
            .value(form::typed(fields, "email"))
            .length(None, Some(crate::identity::EMAIL_MAX)),
    ];
    if config.username_enable {
        let (min, max) = (config.username_min_length, config.username_max_length);
        let name = Field::new("username", Kind::Text, "field-username", "username")
            .value(form::typed(fields, "username"))
            .hint("username-hint", &[("min", min), ("max", max)])
            .length(Some(min), Some(max));
        form_fields.push(if config.username_required {
            name
        } else {
            name.optional()
        });
    }
    form_fields.push(
        Field::new("password", Kind::Password, "field-new-password", "new-password")
            .hint("password-hint", &[("min", min)])
            .length(Some(min), Some(PASSWORD_MAX)),
    );
    if config.password_confirm_required {
        form_fields.push(
            Field::new(
                "password_confirm",
                Kind::Password,
                "field-password-confirm",
                "new-password",
            )
            .length(Some(min), Some(PASSWORD_MAX)),
        );
    }
    let sketch = Sketch {
        view: "register",
        template: config.register_user_template.to_string(),
        name: "register_user_form",
        submit: "register-submit",
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
