//! `Option` and `Result` of a guard, and routes of the same path.

use std::time::Duration;

use rocket::http::{Cookie, Status};
use rocket::local::asynchronous::Client;
use rocket::{get, routes};
use rocket_security::{AuthUser, Fresh, HasPermission, HasRole, Reason, SecurityError, guards, testing};

use super::Answer::{Forbidden, ProveAgain, Served, SignIn};
use super::{PAGE, ask, assert_json, assert_page, security};
use crate::support::app;

/// The attribute brings nothing else along: an application may have a module of that name.
mod guards {
    pub const PATH: &str = "/optional";
}

#[guards]
#[get("/optional")]
fn optional(user: Option<HasRole<"admin">>) -> &'static str {
    if user.is_some() { "admin" } else { "somebody" }
}

type Reasoned<T> = Result<T, SecurityError>;

#[get("/reason")]
fn reason(user: Result<AuthUser, SecurityError>) -> String {
    match user {
        Ok(user) => user.email.clone(),
        Err(error) => format!("{:?}", error.reason()),
    }
}

#[guards]
#[get("/reasons")]
fn reasons(
    role: Reasoned<HasRole<"admin">>,
    read: Reasoned<HasPermission<"read">>,
    fresh: Reasoned<Fresh<1>>,
) -> String {
    let role = role.err().and_then(|error| error.reason());
    let read = read.err().and_then(|error| error.reason());
    let fresh = fresh.err().and_then(|error| error.reason());
    format!("{:?}", [role, read, fresh])
}

#[rocket::async_test]
async fn an_optional_guard_serves_everybody_and_a_result_says_why() {
    let app = app();
    let rocket = app
        .rocket(|fairing| fairing)
        .mount("/", routes![optional, reason, reasons]);
    let client = Client::untracked(rocket).await.unwrap();
    let text = async |path, cookie: Option<&Cookie<'static>>| {
        let response = ask(&client, path, cookie, PAGE).await;
        assert_eq!(response.status(), Status::Ok, "{path}");
        response.into_string().await.unwrap()
    };
    let none = format!("{:?}", Some(Reason::Unauthenticated));
    assert_eq!(text(guards::PATH, None).await, "somebody");
    assert_eq!(text("/reason", None).await, none);
    assert_eq!(
        text("/reasons", None).await,
        format!("{:?}", [Some(Reason::Unauthenticated); 3])
    );

    let ada = testing::sign_in(&client, "ada@example.org").await.unwrap();
    app.advance(Duration::from_secs(120));
    assert_eq!(text("/optional", Some(&ada.cookie)).await, "somebody");
    assert_eq!(text("/reason", Some(&ada.cookie)).await, "ada@example.org");
    let refused = [
        Some(Reason::Unauthorized),
        Some(Reason::Unauthorized),
        Some(Reason::Stale),
    ];
    assert_eq!(text("/reasons", Some(&ada.cookie)).await, format!("{refused:?}"));

    security(&client)
        .find_or_create_role("admin", &["read"])
        .await
        .unwrap();
    security(&client).add_role(ada.user.id, "admin").await.unwrap();
    assert_eq!(text("/optional", Some(&ada.cookie)).await, "admin");
    assert_eq!(
        text("/reasons", Some(&ada.cookie)).await,
        format!("{:?}", [None, None, Some(Reason::Stale)])
    );
}

#[guards]
#[get("/first-optional")]
fn first_optional(_role: Option<HasRole<"admin">>, user: Fresh<1>) -> String {
    user.email.clone()
}

#[guards]
#[get("/then-role")]
fn then_role(_fresh: Option<Fresh<1>>, user: HasRole<"admin">) -> String {
    user.email.clone()
}

/// The answer is to the guard that refused, not to the one before it that nobody insisted on.
#[rocket::async_test]
async fn a_refusal_after_an_optional_guard_is_its_own() {
    let app = app();
    let rocket = app
        .rocket(|fairing| fairing)
        .mount("/", routes![first_optional, then_role]);
    let client = Client::untracked(rocket).await.unwrap();
    let ada = testing::sign_in(&client, "ada@example.org").await.unwrap();
    let fresh = ask(&client, "/first-optional", Some(&ada.cookie), PAGE).await;
    assert_page("no admin", "/first-optional", Served, fresh).await;
    app.advance(Duration::from_secs(61));
    for (path, wanted) in [("/first-optional", ProveAgain), ("/then-role", Forbidden)] {
        assert_page(
            "stale and no admin",
            path,
            wanted,
            ask(&client, path, Some(&ada.cookie), PAGE).await,
        )
        .await;
        let response = ask(&client, path, Some(&ada.cookie), "application/json").await;
        assert_json("stale and no admin", path, wanted, response).await;
    }
}

#[guards]
#[get("/dash", rank = 1)]
fn dash_of_admins(_admin: HasRole<"admin">) -> &'static str {
    "admin"
}

#[get("/dash", rank = 2)]
fn dash_of_all() -> &'static str {
    "all"
}

/// A refusal is an answer, not an invitation to try the next route: else a catch-all would turn it into a 404, or
/// serve what the guard withheld.
#[rocket::async_test]
async fn a_refusal_ends_routing() {
    let app = app();
    let rocket = app
        .rocket(|fairing| fairing)
        .mount("/", routes![dash_of_admins, dash_of_all]);
    let client = Client::untracked(rocket).await.unwrap();
    assert_page("nobody", "/dash", SignIn, ask(&client, "/dash", None, PAGE).await).await;
    let ada = testing::sign_in(&client, "ada@example.org").await.unwrap();
    assert_page(
        "a member",
        "/dash",
        Forbidden,
        ask(&client, "/dash", Some(&ada.cookie), PAGE).await,
    )
    .await;
    security(&client).add_role(ada.user.id, "admin").await.unwrap();
    let served = ask(&client, "/dash", Some(&ada.cookie), PAGE).await;
    assert_eq!(served.into_string().await.as_deref(), Some("admin"));
}
