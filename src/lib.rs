#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::todo,
    clippy::unimplemented
)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
//! Accounts for [Rocket](https://rocket.rs): sign-up, sign-in, sessions, roles, permissions, freshness and CSRF, with
//! a page and a JSON answer for each of them.
//!
//! ```no_run
//! #[macro_use] extern crate rocket;
//! use rocket_security::{AuthUser, Fresh, HasRole, SecurityFairing, guards};
//!
//! #[guards] // lets a role or permission be written as a string
//! #[get("/admin")]
//! fn admin(user: AuthUser, _role: HasRole<"admin">, _fresh: Fresh<15>) -> String {
//!     format!("hello {}", user.email)
//! }
//!
//! #[launch]
//! fn rocket() -> _ {
//!     rocket::build().attach(SecurityFairing::new()).mount("/", routes![admin])
//! }
//! ```
//!
//! With no configuration this keeps accounts in an SQLite file, makes keys for development, and refuses to start
//! anywhere else until real keys are set. `Rocket.toml` says the rest:
//!
//! ```toml
//! [default.security]
//! registerable = true          # let visitors sign up
//!
//! [default.databases.security]
//! url = "postgres://localhost/accounts"   # or mysql://…, or a path
//!
//! [release.security]
//! secret_keys = ["…"]          # openssl rand -base64 48
//! data_keys = ["…"]            # another one
//! ```
//!
//! # What to reach for
//!
//! | You want | You write |
//! |---|---|
//! | a page for members | [`AuthUser`] |
//! | a page that greets members and strangers | `Option<AuthUser>` |
//! | a page for one role, or one of several | [`HasRole<"admin">`](HasRole), [`HasAnyRole<"admin", "editor">`](HasAnyRole) under [`#[guards]`](macro@guards) |
//! | a page for a permission | [`HasPermission<"write">`](HasPermission), [`HasAnyPermission`] |
//! | a page for who gave a password lately | [`Fresh<15>`](Fresh) |
//! | a page for strangers only | [`Anonymous`] |
//! | an endpoint for clients without cookies | [`TokenUser`], [`BasicUser`], or [`Auth<(Token, Session, Basic)>`](Auth) |
//! | a whole mount behind a guard | [`Protected`]; open on purpose [`Public`]; nothing forgotten [`SecurityFairing::deny_by_default`] |
//! | a route that other sites cannot call | [`Csrf`] |
//! | a form of your own, safe from other sites | [`CsrfForm<T>`](CsrfForm), with the field from [`SecurityContext`] |
//! | more fields at sign-up, typed | [`RegistrationFields`] |
//! | a CAPTCHA, or any check, on a form of ours | [`FormExtension`] |
//! | values of your own in our pages | [`SecurityFairing::context`] |
//! | your own answer to a refusal | [`SecurityFairing::on_unauthenticated`] and its siblings, or a catcher with [`Refusal`] |
//! | your own form of JSON | [`SecurityFairing::render_json`] |
//! | the library in your own handler | [`&Security`](Security) |
//! | to know what happens | [`SecurityFairing::on_event`] |
//! | accounts in a store of your own | [`SecurityFairing::datastore`], [`store`] |
//! | to test a protected route | [`testing`](https://docs.rs/rocket_security/latest/rocket_security/testing/) |
//!
//! # Defaults and why
//!
//! * **Sessions are rows.** The cookie carries 256 random bits; the table holds a keyed hash of them. Signing out
//!   deletes the row, so a stolen copy dies with it. Idle for a day or thirty days old, a session has ended.
//! * **Passwords** are 15 characters at least while nothing else protects an account (NIST SP 800-63B-4), without rules
//!   of composition, hashed by argon2id with 19 MiB, two passes, off the runtime, and sealed under a key that the
//!   database does not have.
//! * **Answers do not tell who has an account.** Unknown, wrong and disabled read the same and cost the same.
//! * **Waiting instead of locking.** After five failures the next try waits 30 seconds, then twice as long, up to an
//!   hour; nobody can lock another one out for good.
//! * **Cookies** are `HttpOnly`, `Secure`, `SameSite=Lax` and named `__Host-…`; only in development on a loopback
//!   address may they do without TLS.
//! * **A wrong setting stops the launch** with a report that names the key, the value and the mend.
//!
//! # Attacks and how they are stopped
//!
//! | Attack | Stopped by |
//! |---|---|
//! | session fixation | the id changes at every sign-in and step-up; one that the visitor brought is deleted |
//! | stolen remember cookie | each token serves once; a copy that comes later ends the series and its session, and is told |
//! | stolen refresh token | the same; a client that lost an answer, or has two tabs, has ten seconds to ask again |
//! | stolen database | session ids, refresh tokens and API keys only as keyed hashes, password hashes sealed |
//! | leaked API key | scopes, an end, never fresh, on none of our own endpoints; a form that scanners know |
//! | guessing, in parallel too | tries are counted before the password is looked at |
//! | flooding the hasher | a bounded queue, two places an address, 503 with `Retry-After` |
//! | cross-site requests | a token bound to the session, masked per page; `Sec-Fetch-Site` and `Origin` inside the guards, so a plain `Form<T>` is covered; `_method` does not help |
//! | a token of another purpose | each purpose has keys of its own; a token names its key, and no other is tried |
//! | two credentials in one request | 400: nobody guesses as whom it comes |
//! | cross-site sign-in | the sign-in form has a token too, bound to the browser |
//! | open redirects | `next` is judged by the parser that browsers use, and leaves as a path; other hosts only where the settings list them |
//! | enumeration | same words, status, headers, hashes and queries |
//! | planted cookies | sealed, bound to their name and to the browser |
//! | injected markup | every value on a page is escaped; a strict content security policy with a nonce |
//!
//! # Features
//!
//! * `sqlite` (default), `postgres`, `mysql`: the databases that the library can speak to; any number of them.
//! * `openapi`: a description of the endpoints in OpenAPI 3.1, served at the setting `openapi_url`.
//! * `testing`: [`testing`](https://docs.rs/rocket_security/latest/rocket_security/testing/), for `[dev-dependencies]`.

extern crate self as rocket_security;

/// The examples of the README compile, and its test passes.
#[cfg(all(doctest, feature = "testing"))]
#[doc = include_str!("../README.md")]
struct Readme;

/// So do those of the page that leads from decorators to guards.
#[cfg(doctest)]
#[doc = include_str!("../docs/features/decorators.md")]
struct Decorators;

mod clock;
mod error;
mod fairing;
mod features;
mod gate;
mod identity;
mod policy;
mod security;
mod web;

pub mod cli;
pub mod config;
pub mod crypto;
mod guards;
mod model;
pub mod store;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod text;

pub use crate::guards::guards;
pub use clock::Clock;
pub use error::{Error, Result};
pub use fairing::SecurityFairing;
pub use features::register::Registration;
pub use gate::Evidence;
#[doc(hidden)]
pub use guards::Name;
pub use guards::{
    Anonymous, ApiKeyUser, Auth, AuthUser, Basic, BasicUser, Csrf, CsrfForm, Fresh, HasAnyPermission,
    HasAnyRole, HasPermission, HasRole, Mechanisms, PermissionName, PermissionSet, Protected, Public,
    Refusal, Requirement, RoleName, RoleSet, SecurityContext, SecurityError, SessionUser, TokenUser, Visitor,
};
pub use identity::{Email, Phone, Username, UsernameProblem};
pub use model::{
    ApiKey, Assurance, Event, Factor, Mechanism, NewApiKey, Proof, Reason, RefreshEnd, RefreshFamily, Role,
    Session, Timestamp, Token, User, UserId,
};
pub use policy::{FailedAuthn, Policy};
pub use security::Security;
#[doc(inline)]
pub use store::pool as db;
pub use text::Words;
pub use web::extend::{ExtraField, FormErrors, FormExtension, FormInput, RegistrationFields, ViewContext};
pub use web::handlers::JsonAnswer;
pub use web::reply::Reply;
pub use web::views::{FlashView, UserView};
