//! `next` may have been written by anybody: wherever it stands, the visitor stays on this host. The judge is the parser
//! that browsers use.

use std::path::PathBuf;

use rocket::http::{Method, Status};
use rocket::{Build, Rocket, get, routes};
use rocket_security::AuthUser;
use rocket_security::testing::{self, App};
use serde_json::{Value, json};
use url::Url;

use crate::attempt::{Attempt, codes};
use crate::support::{Browser, PASSWORD, app, encode, field, rocket};

mod corpus;
mod elsewhere;

use corpus::{CORPUS, GOOD, MORE};

const MEMBER: &str = "ada@example.org";

#[get("/files/<path..>", rank = 20)]
fn files(user: AuthUser, path: PathBuf) -> String {
    format!("{} {}", user.email, path.display())
}

#[get("/<path..>", rank = 30)]
fn anything(user: AuthUser, path: PathBuf) -> String {
    format!("{} {}", user.email, path.display())
}

fn own(app: &App) -> Rocket<Build> {
    rocket(app).mount("/", routes![files, anything])
}

async fn visitor(app: &App) -> Browser {
    let browser = Browser::on(own(app)).await;
    browser
        .security()
        .create_user(MEMBER, PASSWORD)
        .await
        .expect("a member");
    browser
}

/// Says what is wrong with a `Location`, read as any browser may read it, on any of our pages.
fn leads_away(location: &str) -> Option<String> {
    if !location.bytes().all(|byte| (0x21..0x7f).contains(&byte)) || location.contains('\\') {
        return Some(format!("{location:?} is not plain"));
    }
    if location.starts_with("//") {
        return Some(format!("{location:?} names a host"));
    }
    for base in [
        "http://app.example/login",
        "http://app.example/a/b/c?d",
        "http://app.example/",
    ] {
        let Ok(target) = Url::parse(base).and_then(|base| base.join(location)) else {
            return Some(format!("{location:?} is no address"));
        };
        let origin = target.origin().ascii_serialization();
        if origin != "http://app.example" || !target.username().is_empty() || target.password().is_some() {
            return Some(format!("{location:?} leads to {target}"));
        }
        // Some clients decode what stands before the first slash, or join slashes.
        if target.path().starts_with("//") {
            return Some(format!("{location:?} has the path {}", target.path()));
        }
    }
    None
}

/// How `next` can reach the endpoints that redirect.
async fn ways(browser: &Browser, path: &str, next: &str, email: &str) -> Vec<(&'static str, Attempt)> {
    let token = browser.csrf_token().await;
    let fields = [
        ("csrf_token", token.as_str()),
        ("email", email),
        ("password", PASSWORD),
        ("password_confirm", PASSWORD),
    ];
    let with_next = [fields.as_slice(), &[("next", next)]].concat();
    let twice = [with_next.as_slice(), &[("next", "/profile")]].concat();
    let object = |fields: &[(&str, &str)]| {
        fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect::<Value>()
    };
    let query = format!("{path}?{}", encode(&[("next", next)]));
    let both = format!("{path}?{}", encode(&[("next", "/profile"), ("next", next)]));
    vec![
        ("the query", Attempt::post(&query).form(&fields).same_origin()),
        ("the form", Attempt::post(path).form(&with_next).same_origin()),
        ("both", Attempt::post(&query).form(&with_next).same_origin()),
        ("the form twice", Attempt::post(path).form(&twice).same_origin()),
        (
            "the query twice",
            Attempt::post(&both).form(&fields).same_origin(),
        ),
        (
            "the query, form for JSON",
            Attempt::post(&query).form(&fields).same_origin().wants_json(),
        ),
        (
            "the query, JSON",
            Attempt::post(&query).json(&object(&fields)).same_origin(),
        ),
        (
            "the JSON",
            Attempt::post(path).json(&object(&with_next)).same_origin(),
        ),
    ]
}

/// Sends it and says what is wrong with where it leads.
async fn goes_astray(browser: &Browser, attempt: &Attempt) -> Option<String> {
    let response = browser.attempt(attempt).await;
    let status = response.status();
    let locations: Vec<_> = response.headers().get("Location").map(str::to_owned).collect();
    let refresh = response.headers().contains("Refresh");
    let body = response.into_string().await.unwrap_or_default();
    match (status.code, locations.as_slice()) {
        (302, [location]) => leads_away(location),
        (200..=299 | 400..=499, []) if !refresh => {
            let kept = field(&body, "next").filter(|next| !next.is_empty());
            kept.and_then(|next| leads_away(&next))
                .map(|problem| format!("the page keeps it: {problem}"))
        }
        _ => Some(format!("{status} with {locations:?}")),
    }
}

#[rocket::async_test]
async fn no_next_leads_away() {
    let mut astray = Vec::new();
    for (path, member) in [
        ("/login", false),
        ("/register", false),
        ("/verify", true),
        ("/logout", true),
    ] {
        let app = app()
            .set("security.login_wait_after", 100)
            .set("security.login_wait_address_after", 10_000);
        let browser = visitor(&app).await;
        for (index, next) in CORPUS.into_iter().chain(MORE).enumerate() {
            for number in 0..8 {
                if browser.is_signed_in().await != member {
                    if member {
                        testing::sign_in(&browser.client, MEMBER)
                            .await
                            .expect("signed in");
                    } else {
                        browser.sign_out().await;
                    }
                }
                let new = format!("new-{index}-{number}@example.org");
                let email = if path == "/register" { &new } else { MEMBER };
                let (way, attempt) = ways(&browser, path, next, email).await.swap_remove(number);
                if let Some(problem) = goes_astray(&browser, &attempt).await {
                    astray.push(format!("{path} by {way}, {next:?}: {problem}"));
                }
            }
        }
    }
    assert!(
        astray.is_empty(),
        "{} lead away:\n{}",
        astray.len(),
        astray.join("\n")
    );
}

#[rocket::async_test]
async fn a_bad_next_fails_the_form_and_signs_nobody_in() {
    let app = app();
    let browser = visitor(&app).await;
    for next in [
        "//evil.example",
        "https://evil.example/",
        r"/\evil.example",
        "javascript:alert(1)",
    ] {
        for (way, attempt) in ways(&browser, "/login", next, MEMBER).await {
            if way == "the query twice" {
                // The first one is good there.
                continue;
            }
            let response = browser.attempt(&attempt).await;
            let (status, body) = (
                response.status(),
                response.into_string().await.unwrap_or_default(),
            );
            if way.contains("JSON") {
                assert_eq!(status, Status::BadRequest, "{way} {next}: {body}");
                let body: Value = serde_json::from_str(&body).expect("JSON");
                assert!(
                    codes(&body).contains(&"INVALID_REDIRECT".to_owned()),
                    "{way} {next}: {body}"
                );
                assert!(
                    body["response"]["field_errors"]["next"].is_array(),
                    "{way} {next}: {body}"
                );
            } else {
                assert_eq!(status, Status::Ok, "{way} {next}");
            }
            assert!(!browser.is_signed_in().await, "{way} {next}");
        }
    }
}

#[rocket::async_test]
async fn a_good_next_is_followed() {
    let app = app();
    let browser = visitor(&app).await;
    for (next, expected) in GOOD {
        for number in [0, 1] {
            let (way, attempt) = ways(&browser, "/login", next, MEMBER).await.swap_remove(number);
            let response = browser.attempt(&attempt).await;
            assert_eq!(response.status(), Status::Found, "{way} {next}");
            let location = response
                .headers()
                .get_one("Location")
                .unwrap_or_default()
                .to_owned();
            assert_eq!(leads_away(&location), None, "{way} {next}");
            let at =
                |location: &str| Url::parse("http://app.example/login").and_then(|base| base.join(location));
            assert_eq!(at(&location).ok(), at(expected).ok(), "{way} {next}");
            browser.sign_out().await;
        }
    }
}

#[rocket::async_test]
async fn the_next_of_the_form_comes_before_that_of_the_query() {
    let app = app();
    let browser = visitor(&app).await;
    let response = browser.submit(
        "/login?next=/admin",
        &[("email", MEMBER), ("password", PASSWORD), ("next", "/profile")],
    );
    assert_eq!(response.await.headers().get_one("Location"), Some("/profile"));
}

#[rocket::async_test]
async fn who_is_signed_in_already_is_not_sent_to_next() {
    let app = app();
    let browser = visitor(&app).await;
    assert_eq!(browser.sign_in(MEMBER, PASSWORD).await.status(), Status::Found);
    for path in [
        "/login?next=/profile",
        "/login?next=//evil.example",
        "/register?next=/profile",
    ] {
        let response = browser.get(path).await;
        assert_eq!(response.status(), Status::Found, "{path}");
        assert_eq!(
            response.headers().get_one("Location"),
            Some("/"),
            "{path}: or two pages send him to and fro"
        );
    }
}

/// The page that was refused becomes `next` of our own making: that too must stay here, and come back whole.
#[rocket::async_test]
async fn a_refused_address_makes_no_next_that_leads_away() {
    let app = app();
    let browser = visitor(&app).await;
    let addresses = [
        "/files/a?b=c&d=e%26f",
        "/files/a%2f%2fevil.example",
        "/files/%5cevil.example",
        "/%5cevil.example",
        "/%5c%5cevil.example",
        "//evil.example",
        "//evil.example/a",
        "///evil.example",
        "/%2f/evil.example",
        "/%09/evil.example",
        "/.//evil.example",
        "/files/x?next=//evil.example",
        "/files/x?a=b;c",
        "/x/%0d%0aX-Evil:1",
        "/files/caf%C3%A9?x=%C3%A9",
        "/@evil.example",
        "/javascript:alert(1)",
    ];
    for address in addresses {
        let refused = browser.get(address).await;
        let status = refused.status();
        let location = refused
            .headers()
            .get_one("Location")
            .unwrap_or_default()
            .to_owned();
        if status == Status::NotFound || status == Status::BadRequest {
            continue;
        }
        assert_eq!(status, Status::Found, "{address}");
        assert_eq!(leads_away(&location), None, "{address}");
        assert!(location.starts_with("/login"), "{address}: {location}");
        let signed_in = browser
            .submit(&location, &[("email", MEMBER), ("password", PASSWORD)])
            .await;
        assert_eq!(signed_in.status(), Status::Found, "{address}: {location}");
        let back = signed_in
            .headers()
            .get_one("Location")
            .unwrap_or_default()
            .to_owned();
        assert_eq!(leads_away(&back), None, "{address}");
        if address.starts_with("/files/") {
            let at = |path: &str| {
                Url::parse("http://app.example")
                    .and_then(|base| base.join(path))
                    .ok()
            };
            assert_eq!(at(&back), at(address), "{location}");
            assert_ne!(browser.get(&back).await.status(), Status::Found, "{address}");
        }
        browser.sign_out().await;
    }
}

/// A `Host` can be forged where a cache or a mail scanner listens; it is not repeated.
#[rocket::async_test]
async fn a_forged_host_gets_no_place_in_a_redirect() {
    let app = app();
    let browser = visitor(&app).await;
    for host in [
        "evil.example",
        "evil.example:80",
        "app.example@evil.example",
        "app.example\\.evil.example",
    ] {
        let page = Attempt::new(Method::Get, "/profile")
            .header("Host", host)
            .header("X-Forwarded-Host", "evil.example");
        let refused = browser.attempt(&page).await;
        assert!(
            refused
                .headers()
                .iter()
                .all(|header| !header.value().contains("evil")),
            "{host}"
        );
        for next in [
            "http://evil.example/profile",
            "//evil.example/profile",
            "https://evil.example/",
        ] {
            let (_, attempt) = ways(&browser, "/login", next, MEMBER).await.swap_remove(0);
            let answer = browser.attempt(&attempt.header("Host", host)).await;
            let location = answer.headers().get_one("Location").unwrap_or("/").to_owned();
            assert_eq!(leads_away(&location), None, "{host} {next}");
            if browser.is_signed_in().await {
                browser.sign_out().await;
            }
        }
    }
}

#[rocket::async_test]
async fn next_cannot_write_into_the_page() {
    let app = app();
    let browser = visitor(&app).await;
    for next in [
        "/\"><script>alert(1)</script>",
        "/'><img src=x onerror=alert(1)>",
        "/</form><form action=//evil.example>",
    ] {
        let url = format!("/login?{}", encode(&[("next", next)]));
        let html = browser.get(&url).await.into_string().await.expect("a page");
        let page = scraper::Html::parse_document(&html);
        for hostile in ["script", "img", "form[action*=\"evil\"]"] {
            let selector = scraper::Selector::parse(hostile).expect("a selector");
            assert!(page.select(&selector).next().is_none(), "{next}: {html}");
        }
    }
}
