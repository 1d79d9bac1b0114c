//! Signing up.
//!
//! * Settings: `registerable`, `register_url`, `register_user_template`, `post_register_view`,
//!   `password_confirm_required`, `password_length_min`, `password_normalize_form`, `username_enable`,
//!   `username_required`, `username_min_length`, `username_max_length`, `username_normalize_form`
//! * Endpoints: `GET`, `POST /register` (when `registerable`)
//! * Events: `UserRegistered`, `UserNotRegistered`, `UserAuthenticated`, `WaitImposed`
//!
//! The reference is spec section 2.5. This version sends no mail, so an address cannot be confirmed and a taken one is
//! refused openly; the launch report says so. Taken addresses count as failures of the visitor's address, so that
//! nobody can ask for many.

use std::sync::{Arc, Mutex, PoisonError};

use rocket::futures::future::BoxFuture;
use rocket::http::Method;
use rocket::route::Route;
use rocket::{Data, Request};
use serde_json::json;

use crate::config::Config;
use crate::crypto::Password;
use crate::error::{Error, ErrorKind, Result};
use crate::gate::{Client, Evidence};
use crate::identity::{Email, Username, UsernameProblem};
use crate::model::{Event, NewUser, Reason, User};
use crate::security::Security;
use crate::store::{Along, BoxError, Identity, WithUser};
use crate::text::Message;
use crate::web::fields::{FieldErrors, Fields};
use crate::web::page::{Field, Form, Kind, Page};
use crate::web::reply::{self, Reply};
use crate::web::{next, receive, visit};

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
}

/// The same, checked by every rule that needs no database.
struct Registration {
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

fn get<'r>(req: &'r Request<'_>, security: &'r Security, _: Data<'r>) -> BoxFuture<'r, Result<Reply>> {
    Box::pin(async move {
        if reply::owned(visit::identify(req, security).await)?.is_some() {
            return Ok(reply::refusal(req, Reason::AnonymousRequired));
        }
        if reply::wants_json(req) {
            return Ok(Reply::json(json!({})));
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
        let mut errors = FieldErrors::default();
        let next = errors
            .take_with("next", next::requested(req, security, &fields))
            .flatten();
        let wish = Wish::parse(security.config(), &fields, &mut errors);
        let client = visit::client(req, security);
        let user = match register(security, wish, errors, &client, None).await? {
            Ok(user) => user,
            Err(Refused::Fields(errors)) => return Ok(again(req, security, &fields, errors)),
            Err(Refused::Wait { seconds }) => {
                let mut errors = FieldErrors::default();
                errors.add("", Message::TooManyAttempts, &[("seconds", &seconds.to_string())]);
                return Ok(again(req, security, &fields, errors).too_many_requests(seconds));
            }
        };
        let evidence = Evidence::registered(user, security.gate().clock.now());
        if let Err(reason) = visit::admit(req, security, evidence, &client, false).await? {
            return Ok(reply::refusal(req, reason));
        }
        if reply::wants_json(req) {
            return Ok(Reply::json(
                json!({ "user": reply::user_payload(req, security), "tf_required": false }),
            ));
        }
        Ok(Reply::found(
            next.unwrap_or_else(|| next::after_register(security.config())),
        ))
    })
}

impl<'a> Wish<'a> {
    fn parse(config: &Config, fields: &'a Fields, errors: &mut FieldErrors) -> Self {
        Wish {
            email: errors.take("email", fields.text("email")),
            username: match config.username_enable {
                true => errors.take("username", fields.text("username")),
                false => None,
            },
            password: errors.take("password", fields.text("password")),
            password_again: config
                .password_confirm_required
                .then(|| errors.take("password_confirm", fields.text("password_confirm"))),
        }
    }
}

/// Why no account was made.
enum Refused {
    Fields(FieldErrors),
    Wait { seconds: u64 },
}

/// Makes an account: the one path that pages, JSON and in-process callers share. All that is wrong is told at once.
async fn register(
    security: &Security,
    wish: Wish<'_>,
    mut errors: FieldErrors,
    client: &Client,
    along: Option<Along>,
) -> Result<Result<User, Refused>> {
    let username = check_username(security.config(), &wish, &mut errors);
    let registration = check(security, &wish, username.clone(), &mut errors);
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

/// The rules for the name, apart: whether it is taken is told beside whatever else is wrong.
fn check_username(config: &Config, wish: &Wish<'_>, errors: &mut FieldErrors) -> Option<Username> {
    match wish.username.map(str::trim).filter(|name| !name.is_empty()) {
        Some(raw) => {
            let (min, max) = (config.username_min_length, config.username_max_length);
            match Username::parse(raw, config.username_normalize_form.into(), min, max) {
                Ok(name) => Some(name),
                Err(UsernameProblem::Length) => {
                    let args = [("min", min.to_string()), ("max", max.to_string())];
                    errors.add(
                        "username",
                        Message::UsernameInvalidLength,
                        &[("min", &args[0].1), ("max", &args[1].1)],
                    );
                    None
                }
                Err(UsernameProblem::Characters) => {
                    errors.add("username", Message::UsernameDisallowedCharacters, &[]);
                    None
                }
            }
        }
        None if config.username_required => errors.missing("username", Message::UsernameNotProvided),
        None => None,
    }
}

/// Every rule that needs no database.
fn check(
    security: &Security,
    wish: &Wish<'_>,
    username: Option<Username>,
    errors: &mut FieldErrors,
) -> Option<Registration> {
    let config = security.config();
    let email = match wish.email.map(str::trim).filter(|email| !email.is_empty()) {
        Some(raw) => errors.require("email", Email::parse(raw), Message::InvalidEmailAddress),
        None => errors.missing("email", Message::EmailNotProvided),
    };
    let password = wish
        .password
        .map(|raw| security.password(raw))
        .filter(|password| !password.is_blank());
    let password = match password {
        Some(password) => {
            let length = password.code_points();
            let min = config.password_length();
            if length < min || length > PASSWORD_MAX {
                errors.add(
                    "password",
                    Message::PasswordInvalidLength,
                    &[("length", &min.to_string())],
                );
            }
            if let Some(again) = wish.password_again
                && again != wish.password
            {
                errors.add("password_confirm", Message::RetypePasswordMismatch, &[]);
            }
            Some(password)
        }
        None => errors.missing("password", Message::PasswordNotProvided),
    };
    match (errors.is_empty(), email, password) {
        (true, Some(email), Some(password)) => Some(Registration {
            email,
            username,
            password,
        }),
        _ => None,
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
    Ok(Err(Refused::Fields(errors.sorted(&FIELDS))))
}

impl Security {
    /// Makes a user, by the same rules as the registration page but without signing anybody in.
    ///
    /// # Errors
    /// A conflict on `email` when the address is taken; [`Error::is_invalid`] with the texts of the page when address or
    /// password break a rule, or when `username_required` asks for a name.
    pub async fn create_user(&self, email: &str, password: &str) -> Result<User> {
        self.create(email, password, None).await
    }

    /// Makes a user and, in the same transaction, rows of the application: either all of it happens or nothing. By the
    /// same rules as [`Security::create_user`].
    ///
    /// `along` gets the connection on which the transaction is open, of the type that the application's pool has
    /// (`SqliteConn`, `PostgresConn` or `MySqlConn` of `rocket_security::db`), and the user that was just made. When the
    /// database gives the transaction up for another one, it is run again, on a clone of what it captured: so it must do
    /// nothing that a rollback does not undo, such as sending a mail. Keep it short: an SQLite file has one writer.
    ///
    /// ```no_run
    /// # #[cfg(feature = "sqlite")] mod example {
    /// use diesel_async::RunQueryDsl;
    /// use rocket_security::db::SqliteConn;
    /// use rocket_security::{Result, Security, User};
    ///
    /// diesel::table! {
    ///     posts (id) {
    ///         id -> BigInt,
    ///         author_id -> BigInt,
    ///         title -> Text,
    ///     }
    /// }
    ///
    /// async fn join(security: &Security, email: &str, password: &str, title: String) -> Result<User> {
    ///     let first_post = async move |db: &mut SqliteConn, user: &User| {
    ///         use diesel::ExpressionMethods;
    ///         let post = (posts::author_id.eq(user.id), posts::title.eq(title));
    ///         diesel::insert_into(posts::table).values(post).execute(db).await
    ///     };
    ///     let (user, _rows) = security.create_user_with(email, password, first_post).await?;
    ///     Ok(user)
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Security::create_user`]. [`Error::is_application`] when `along` failed: its error is in
    /// [`Error::application`]. [`Error::is_unavailable`] when the database cannot serve, or gave the transaction up four
    /// times. A configuration error when the accounts are kept on another type of connection, or in a datastore that
    /// has no transactions.
    pub async fn create_user_with<C, T, E, F>(
        &self,
        email: &str,
        password: &str,
        along: F,
    ) -> Result<(User, T)>
    where
        C: std::any::Any + Send,
        T: Send + 'static,
        E: Into<BoxError>,
        F: for<'a> WithUser<'a, C, T, E, Done: Send> + Clone + Send + Sync + 'static,
    {
        let made = Arc::new(Mutex::new(None));
        let slot = made.clone();
        let along = Along::new(move |connection: &mut C, user| {
            let (along, slot) = (along.clone(), slot.clone());
            Box::pin(async move {
                let value = along(connection, user).await.map_err(Into::into)?;
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
                Ok(())
            })
        });
        let user = self.create(email, password, Some(along)).await?;
        let made = made.lock().unwrap_or_else(PoisonError::into_inner).take();
        match made {
            Some(value) => Ok((user, value)),
            None => Err(Error::internal(
                "the datastore made a user without the application's part",
            )),
        }
    }

    async fn create(&self, email: &str, password: &str, along: Option<Along>) -> Result<User> {
        let wish = Wish {
            email: Some(email),
            password: Some(password),
            ..Wish::default()
        };
        match register(self, wish, FieldErrors::default(), &Client::default(), along).await? {
            Ok(user) => Ok(user),
            Err(Refused::Wait { .. }) => Err(Error::new(ErrorKind::Busy, "too many tries")),
            Err(Refused::Fields(errors)) => {
                let kind = match errors.contains(Message::EmailAlreadyAssociated) {
                    true => ErrorKind::Conflict("email"),
                    false => ErrorKind::Invalid,
                };
                let locale = self.catalog().negotiate(None);
                Err(Error::new(kind, errors.texts(self.catalog(), &locale).join(" ")))
            }
        }
    }
}

/// The page again, or 400.
fn again(req: &Request<'_>, security: &Security, fields: &Fields, errors: FieldErrors) -> Reply {
    match reply::wants_json(req) {
        true => Reply::errors(errors),
        false => Reply::page(page(req, security, Some(fields), errors)),
    }
}

fn page(req: &Request<'_>, security: &Security, fields: Option<&Fields>, errors: FieldErrors) -> Page {
    let config = security.config();
    let typed = |name: &str| {
        fields
            .map(|fields| fields.echo(name))
            .filter(|text| !text.is_empty())
    };
    let min = config.password_length();
    let next = next::carried(req, security, fields);
    let mut form_fields = vec![
        Field::new("email", Kind::Email, "field-email", "email")
            .value(typed("email"))
            .length(None, Some(crate::identity::EMAIL_MAX)),
    ];
    if config.username_enable {
        let (min, max) = (config.username_min_length, config.username_max_length);
        let name = Field::new("username", Kind::Text, "field-username", "username")
            .value(typed("username"))
            .hint(
                "username-hint",
                vec![("min", min.to_string()), ("max", max.to_string())],
            )
            .length(Some(min), Some(max));
        form_fields.push(if config.username_required {
            name
        } else {
            name.optional()
        });
    }
    form_fields.push(
        Field::new("password", Kind::Password, "field-new-password", "new-password")
            .hint("password-hint", vec![("min", min.to_string())])
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
    if let Some(next) = &next {
        form_fields.push(Field::new("next", Kind::Hidden, "", "off").value(Some(next)));
    }
    Page {
        view: "register",
        template: config.register_user_template.to_string(),
        form: Some(Form {
            name: "register_user_form",
            action: config.page("register").unwrap_or_default(),
            fields: form_fields,
            submit: "register-submit",
        }),
        errors,
        message: None,
        next,
    }
}
