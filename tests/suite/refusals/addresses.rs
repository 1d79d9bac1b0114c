//! Refusals lead to where the settings say.

use rocket::http::Status;
use rocket::{get, routes};
use rocket_security::testing::{self, App};
use rocket_security::{Security, SecurityContext, SecurityFairing};
use serde_json::json;

use super::{JSON, ask, tracked};
use crate::support::{self, Browser, PASSWORD, app};

fn moved() -> App {
    app()
        .set("security.url_prefix", "/auth")
        .set("security.login_url", "/sign-in")
        .set("security.logout_url", "/bye")
        .set("security.register_url", "/join")
        .set("security.verify_url", "/prove")
}

#[get("/urls")]
fn urls(security: SecurityContext) -> String {
    serde_json::to_string(&security.urls).unwrap()
}

#[rocket::async_test]
async fn moved_addresses_hold_everywhere() {
    let app = moved();
    let rocket = support::rocket(&app).mount("/", routes![urls]);
    let browser = Browser::on(rocket).await;
    let refused = browser.get("/profile").await;
    assert_eq!(
        refused.headers().get_one("Location"),
        Some("/auth/sign-in?next=/profile")
    );
    for gone in [
        "/login",
        "/logout",
        "/register",
        "/verify",
        "/sign-in",
        "/join",
        "/auth/login",
        "/auth/verify",
    ] {
        assert_eq!(browser.get(gone).await.status(), Status::NotFound, "{gone}");
    }
    let listed: serde_json::Value = browser.get_json("/urls").await.1;
    let expected = json!({ "login": "/auth/sign-in", "logout": "/auth/bye", "register": "/auth/join", "verify": "/auth/prove" });
    for (view, path) in expected.as_object().unwrap() {
        assert_eq!(&listed[view], path, "{view}");
    }
    let security = browser.client.rocket().state::<Security>().unwrap();
    for (view, path) in expected.as_object().unwrap() {
        assert_eq!(security.url_for(view, &[]).as_deref(), path.as_str(), "{view}");
    }
    assert_eq!(security.url_for("nothing", &[]), None);

    // The whole way round by the moved addresses.
    let fields = [
        ("email", "ada@example.org"),
        ("password", PASSWORD),
        ("password_confirm", PASSWORD),
    ];
    assert_eq!(
        browser.submit("/auth/join", &fields).await.status(),
        Status::Found
    );
    let token = browser.get("/token").await.into_string().await.unwrap();
    let out = browser.post("/auth/bye", &[("csrf_token", &token)]).await;
    assert_eq!(
        (out.status(), out.headers().get_one("Location")),
        (Status::Found, Some("/"))
    );
    let credentials = [("email", "ada@example.org"), ("password", PASSWORD)];
    let signed_in = browser.submit("/auth/sign-in?next=/fresh", &credentials).await;
    assert_eq!(signed_in.headers().get_one("Location"), Some("/fresh"));
    app.advance(std::time::Duration::from_secs(61));
    let stale = browser.get("/fresh").await;
    assert_eq!(
        stale.headers().get_one("Location"),
        Some("/auth/prove?next=/fresh")
    );
}

/// Form actions, links and the menu. (Needs the real pages.)
#[rocket::async_test]
async fn moved_addresses_hold_in_pages() {
    let app = moved();
    let browser = Browser::new(&app).await;
    for (page, action) in [("/auth/sign-in", "/auth/sign-in"), ("/auth/join", "/auth/join")] {
        assert_points(&browser, page, action).await;
    }
    let fields = [
        ("email", "ada@example.org"),
        ("password", PASSWORD),
        ("password_confirm", PASSWORD),
    ];
    assert_eq!(
        browser.submit("/auth/join", &fields).await.status(),
        Status::Found
    );
    assert_points(&browser, "/auth/prove", "/auth/prove").await;
    assert_points(&browser, "/auth/prove", "/auth/bye").await;
}

/// A form of the page posts to `action`, and nothing on it leads to where no page is.
async fn assert_points(browser: &Browser, page: &str, action: &str) {
    let html = browser.get(page).await.into_string().await.unwrap();
    let document = scraper::Html::parse_document(&html);
    let mut actions = Vec::new();
    for (selector, attribute) in [("form", "action"), ("a", "href")] {
        for element in document.select(&scraper::Selector::parse(selector).unwrap()) {
            let target = element.value().attr(attribute).unwrap_or(page).to_owned();
            let path = target.split(['?', '#']).next().unwrap_or_default().to_owned();
            assert!(
                path.is_empty() || path == "/" || path.starts_with("/auth/"),
                "{page} leads to {target}: {html}"
            );
            if selector == "form" {
                actions.push(path);
            }
        }
    }
    let found = actions
        .iter()
        .any(|found| found == action || found.is_empty() && page == action);
    assert!(found, "no form on {page} posts to {action}: {actions:?}");
}

#[get("/login")]
fn own_login() -> &'static str {
    "my own page"
}

/// For an application that has pages of its own, at the addresses that the settings name.
#[rocket::async_test]
async fn without_routes_guards_and_refusals_stay() {
    let app = app();
    let rocket = support::with_fairing(&app, SecurityFairing::without_routes).mount("/", routes![own_login]);
    let client = tracked(rocket).await;
    assert_eq!(
        ask(&client, "/login", "text/html")
            .await
            .into_string()
            .await
            .as_deref(),
        Some("my own page")
    );
    for gone in ["/register", "/logout", "/verify"] {
        assert_eq!(
            ask(&client, gone, "text/html").await.status(),
            Status::NotFound,
            "{gone}"
        );
    }
    let (status, body) = support::json(ask(&client, "/profile", JSON).await).await;
    assert_eq!(
        (status, &body["response"]["error_codes"]),
        (Status::Unauthorized, &json!(["UNAUTHENTICATED"]))
    );
    let page = ask(&client, "/profile", "text/html").await;
    assert_eq!(
        (page.status(), page.headers().get_one("Location")),
        (Status::Found, Some("/login?next=/profile"))
    );
    testing::sign_in(&client, "ada@example.org").await.unwrap();
    assert_eq!(ask(&client, "/profile", "text/html").await.status(), Status::Ok);
}
