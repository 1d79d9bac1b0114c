//! Requests that another site has a visitor's browser send: none of them may change anything.

use std::time::Duration;

use rocket::http::{Method, Status};
use rocket::serde::json::Json;
use rocket::{Build, FromForm, Rocket, get, post, put, routes};
use rocket_security::testing::App;
use rocket_security::{AuthUser, CsrfForm, SecurityContext};
use serde_json::{Value, json};

use crate::attempt::{Attempt, codes};
use crate::support::{Browser, PASSWORD, app, json as read, rocket};

mod cookie;
mod everywhere;
mod routes;
mod tokens;

const MEMBER: &str = "ada@example.org";
const NEW: &str = "grace@example.org";
/// The endpoints that change something, and whether one must be signed in for it to matter.
const UNSAFE: [(&str, bool); 4] = [
    ("/login", false),
    ("/register", false),
    ("/logout", true),
    ("/verify", true),
];

#[derive(FromForm)]
struct Comment {
    text: String,
}

#[post("/comment", data = "<comment>")]
fn comment(comment: CsrfForm<Comment>) -> String {
    comment.into_inner().text
}

#[put("/change")]
fn replace(user: AuthUser) -> String {
    user.email.clone()
}

#[get("/whole")]
fn whole(security: SecurityContext) -> Json<SecurityContext> {
    Json(security)
}

fn own(app: &App) -> Rocket<Build> {
    rocket(app).mount("/", routes![comment, replace, whole])
}

/// A browser before one of our endpoints: signed out or signed in, and not fresh any more.
async fn before(app: &App, member: bool) -> Browser {
    let browser = Browser::on(own(app)).await;
    browser
        .security()
        .create_user(MEMBER, PASSWORD)
        .await
        .expect("a member");
    if member {
        assert_eq!(browser.sign_in(MEMBER, PASSWORD).await.status(), Status::Found);
        app.advance(Duration::from_secs(120));
    }
    browser
}

/// What the endpoint is sent when all is well, but without a token.
fn fields(path: &str) -> Vec<(&'static str, &'static str)> {
    match path {
        "/register" => vec![
            ("email", NEW),
            ("password", PASSWORD),
            ("password_confirm", PASSWORD),
        ],
        "/login" => vec![("email", MEMBER), ("password", PASSWORD)],
        "/verify" => vec![("password", PASSWORD)],
        _ => vec![],
    }
}

fn form(path: &str, token: Option<&str>) -> Attempt {
    let mut fields = fields(path);
    fields.extend(token.map(|token| ("csrf_token", token)).map(leak));
    Attempt::post(path).form(&fields).same_origin()
}

fn body(path: &str, token: Option<&str>) -> Attempt {
    let mut body: Value = fields(path)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect();
    if let Some(token) = token {
        body["csrf_token"] = token.into();
    }
    Attempt::post(path).json(&body).same_origin()
}

fn leak((name, value): (&'static str, &str)) -> (&'static str, &'static str) {
    (name, value.to_owned().leak())
}

/// Whether the endpoint did what it is there for.
async fn happened(browser: &Browser, path: &str) -> bool {
    match path {
        "/login" => browser.is_signed_in().await,
        "/register" => {
            browser
                .security()
                .find_user(NEW)
                .await
                .expect("an answer")
                .is_some()
                || browser.is_signed_in().await
        }
        "/logout" => !browser.is_signed_in().await,
        _ => browser.get("/fresh").await.status() == Status::Ok,
    }
}

/// Sends it and makes sure that it was refused, in the way that its kind is refused.
async fn refused(browser: &Browser, path: &str, what: &str, attempt: &Attempt) {
    let response = browser.attempt(attempt).await;
    let status = response.status();
    let json = attempt
        .headers
        .iter()
        .any(|(_, value)| value == "application/json");
    if json {
        let (_, body) = read(response).await;
        assert!(
            (400..500).contains(&status.code),
            "{path}, {what}: {status} {body}"
        );
        assert!(!codes(&body).is_empty(), "{path}, {what}: {body}");
    } else {
        assert!(status.code < 500, "{path}, {what}: {status}");
    }
    assert!(
        !happened(browser, path).await,
        "{path}, {what}: it happened, with {status}"
    );
}

#[rocket::async_test]
async fn with_the_token_of_this_browser_it_works() {
    for (path, member) in UNSAFE {
        for way in [
            "form",
            "JSON body",
            "JSON header",
            "form header",
            "own Origin",
            "no headers",
        ] {
            let app = app();
            let browser = before(&app, member).await;
            let token = browser.csrf_token().await;
            let attempt = match way {
                "JSON body" => body(path, Some(&token)),
                "JSON header" => body(path, None).header("X-CSRF-Token", &token),
                "form header" => form(path, None).header("X-CSRFToken", &token),
                "own Origin" => form(path, Some(&token))
                    .without("Sec-Fetch-Site")
                    .header("Origin", "http://app.example"),
                // A client that is no browser, as curl.
                "no headers" => body(path, None)
                    .without("Sec-Fetch-Site")
                    .header("X-XSRF-Token", &token),
                _ => form(path, Some(&token)),
            };
            let status = browser.attempt(&attempt).await.status();
            assert!(happened(&browser, path).await, "{path}, {way}: {status}");
        }
    }
}

#[rocket::async_test]
async fn without_the_token_of_this_browser_nothing_happens() {
    for (path, member) in UNSAFE {
        let app = app();
        // The brakes must not be what refuses.
        let browser = before(&app, member).await;
        let other = Browser::on(own(&app)).await;
        let stranger = other.csrf_token().await;
        other.register("eve@example.org").await;
        let eve = other.csrf_token().await;
        other.sign_out().await;
        assert_eq!(other.sign_in(MEMBER, PASSWORD).await.status(), Status::Found);
        let elsewhere = other.csrf_token().await;
        let mine = browser.csrf_token().await;
        let last = mine.chars().last().expect("a token");
        let turned = if last == 'A' { 'Q' } else { 'A' };
        let begun = if mine.starts_with('A') { "Q" } else { "A" };
        let middle = mine.len() / 2;
        let tokens: Vec<(&str, Option<String>)> = vec![
            ("no token", None),
            ("an empty token", Some(String::new())),
            ("a blank token", Some(" ".to_owned())),
            ("a word for a token", Some("token".to_owned())),
            ("zeros for a token", Some("0".repeat(mine.len()))),
            ("the token of another browser", Some(stranger)),
            ("the token of another member", Some(eve)),
            ("the token of the same member's other session", Some(elsewhere)),
            (
                "the token without its end",
                Some(mine[..mine.len() - 1].to_owned()),
            ),
            ("the token without its beginning", Some(mine[1..].to_owned())),
            ("the first half of the token", Some(mine[..middle].to_owned())),
            ("the token twice over", Some(mine.repeat(2))),
            ("the token and one more", Some(format!("{mine}A"))),
            (
                "the token turned at its end",
                Some(format!("{}{turned}", &mine[..mine.len() - 1])),
            ),
            (
                "the token turned at its beginning",
                Some(format!("{begun}{}", &mine[1..])),
            ),
            (
                "the token's halves exchanged",
                Some(format!("{}{}", &mine[middle..], &mine[..middle])),
            ),
            ("the token backwards", Some(mine.chars().rev().collect())),
            (
                "a cookie for a token",
                browser.cookies().first().map(|(_, value)| value.clone()),
            ),
        ];
        for (what, token) in &tokens {
            let token = token.as_deref();
            refused(&browser, path, what, &form(path, token)).await;
            refused(&browser, path, what, &form(path, token).wants_json()).await;
            refused(&browser, path, what, &body(path, token)).await;
            refused(
                &browser,
                path,
                what,
                &body(path, None).header("X-CSRF-Token", token.unwrap_or_default()),
            )
            .await;
            refused(
                &browser,
                path,
                what,
                &form(path, None).header("X-CSRFToken", token.unwrap_or_default()),
            )
            .await;
        }
        let status = browser.attempt(&form(path, Some(&mine))).await.status();
        assert!(
            happened(&browser, path).await,
            "{path} refused the right token in the end: {status}"
        );
    }
}

#[rocket::async_test]
async fn a_refusal_is_the_page_again_or_json_that_says_why() {
    for (path, member) in UNSAFE {
        let app = app();
        let browser = before(&app, member).await;
        let again = browser.attempt(&form(path, None)).await;
        assert_eq!(again.status(), Status::Ok, "{path}");
        let html = again.into_string().await.unwrap_or_default();
        assert!(
            crate::support::field(&html, "csrf_token").is_some(),
            "{path}: {html}"
        );
        assert!(!html.contains(PASSWORD), "{path} sends the password back");
        let (status, refusal) = read(browser.attempt(&body(path, None)).await).await;
        assert_eq!(status, Status::BadRequest, "{path}: {refusal}");
        assert_eq!(codes(&refusal), ["CSRF_FAILED"], "{path}: {refusal}");
        assert!(
            refusal["response"].get("csrf_token").is_none(),
            "{path}: an error carries no token: {refusal}"
        );
    }
}

#[rocket::async_test]
async fn another_site_cannot_even_with_the_right_token() {
    let foreign: [(&str, &[(&str, &str)]); 9] = [
        ("cross-site", &[("Sec-Fetch-Site", "cross-site")]),
        ("same-site", &[("Sec-Fetch-Site", "same-site")]),
        ("a foreign Origin", &[("Origin", "http://evil.example")]),
        ("the Origin null", &[("Origin", "null")]),
        (
            "our name within another",
            &[("Origin", "http://app.example.evil.example")],
        ),
        (
            "our name at another's end",
            &[("Origin", "http://evilapp.example")],
        ),
        ("another port", &[("Origin", "http://app.example:8080")]),
        (
            "cross-site, but our Origin",
            &[("Sec-Fetch-Site", "cross-site"), ("Origin", "http://app.example")],
        ),
        (
            "cross-site, as a navigation",
            &[("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")],
        ),
    ];
    for (path, member) in UNSAFE {
        let app = app();
        let browser = before(&app, member).await;
        for (what, headers) in foreign {
            let token = browser.csrf_token().await;
            let attempts = [
                form(path, Some(&token)),
                form(path, None),
                body(path, Some(&token)),
                body(path, None).header("X-CSRF-Token", &token),
            ];
            for attempt in attempts {
                let attempt = attempt.without("Sec-Fetch-Site");
                let attempt = headers
                    .iter()
                    .fold(attempt, |it, (name, value)| it.header(name, value));
                refused(&browser, path, what, &attempt).await;
            }
        }
    }
}

#[rocket::async_test]
async fn signing_out_by_get_is_off() {
    let app = app();
    let browser = before(&app, true).await;
    for attempt in [
        Attempt::new(Method::Get, "/logout"),
        Attempt::new(Method::Get, "/logout").same_origin(),
    ] {
        browser.attempt(&attempt).await;
        assert!(browser.is_signed_in().await);
    }
}
