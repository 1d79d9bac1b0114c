//! What an application needs to test its own routes: a rocket with a throw-away database, a clock that can be set,
//! and a way to be signed in.
//!
//! Turn it on for tests alone: `rocket_security = { version = "…", features = ["testing"] }` under
//! `[dev-dependencies]`.
//!
//! ```
//! # #[macro_use] extern crate rocket;
//! use rocket::{http::Status, local::asynchronous::Client};
//! use rocket_security::{AuthUser, testing};
//!
//! #[get("/profile")]
//! fn profile(user: AuthUser) -> String {
//!     user.email.clone()
//! }
//!
//! #[rocket::async_test]
//! # async fn hidden() {}
//! # fn main() { rocket::async_test(async {
//! async fn profile_is_for_members() {
//! # }
//!     let app = testing::App::new();
//!     let rocket = app.rocket(|fairing| fairing).mount("/", routes![profile]);
//!     let client = Client::tracked(rocket).await.unwrap();
//!     assert_eq!(client.get("/profile").dispatch().await.status(), Status::Found);
//!     testing::sign_in(&client, "ada@example.org").await.unwrap();
//!     let answer = client.get("/profile").dispatch().await;
//!     assert_eq!(answer.into_string().await.as_deref(), Some("ada@example.org"));
//! # }) }
//! ```

mod app;
mod database;
mod sign_in;
mod work;

/// What every [`Datastore`](crate::store::Datastore) owes, as rules that any of them can be tried against.
///
/// A store is told each rule that it breaks: its trait, the rule as a sentence, what was expected and what was found.
/// It may panic, fail or hang; that is told as well. `docs/datastores.md` walks through a store that passes.
///
/// ```no_run
/// use std::sync::Arc;
/// use rocket_security::store::Datastore;
/// use rocket_security::testing::contract;
/// # async fn open() -> rocket_security::Result<Arc<dyn Datastore>> {
/// #     Err(rocket_security::Error::unavailable(""))
/// # }
///
/// #[test]
/// fn my_store_keeps_the_contract() {
///     contract::check(|| async { open().await }).assert();
/// }
/// ```
pub mod contract {
    pub use crate::store::contract::{Broken, Contract, Report, check, rules};
}

pub use app::App;
pub use sign_in::{SignedIn, sign_in};
pub use work::{Work, is_settled, work};

pub use crate::clock::Clock;
