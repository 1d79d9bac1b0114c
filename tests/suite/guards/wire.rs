//! Refusals on the wire: where they lead, who gets JSON, what another site can send.

use rocket::http::{ContentType, Header, Method, Status};
use rocket::local::asynchronous::Client;
use rocket::response::{Responder, Response};
use rocket::{Request, get, post, routes};
use rocket_security::AuthUser;
use rocket_security::testing;
use serde_json::json;

use super::Answer::SignIn;
use super::{PAGE, ask, assert_json, assert_page, client, site};
use crate::support::beside::drop_table;
use crate::support::{app, json as read_json};

#[post("/post", rank = 1)]
fn change(user: AuthUser) -> String {
    user.email.clone()
}

#[rocket::put("/put")]
fn replace(user: AuthUser) -> String {
    user.email.clone()
}

#[rocket::delete("/delete")]
fn remove(user: AuthUser) -> String {
    user.email.clone()
}

/// Whoever comes back by a redirect comes with GET: to a page that only takes a POST he would come in vain.
#[rocket::async_test]
async fn where_to_go_afterwards_is_kept_for_get_only() {
    let app = app();
    let rocket = app
        .rocket(|fairing| fairing)
        .mount("/", routes![site::user, change, replace, remove]);
    let client = Client::untracked(rocket).await.unwrap();
    for (method, url, location) in [
        (Method::Get, "/user", "/login?next=/user"),
        // The reference's own way to write it.
        (Method::Get, "/user?a=b", "/login?next=/user?a%3Db"),
        (
            Method::Get,
            "/user?a=b&c=%26d",
            "/login?next=/user?a%3Db%26c%3D%2526d",
        ),
        (Method::Post, "/post?a=b", "/login"),
        (Method::Put, "/put", "/login"),
        (Method::Delete, "/delete", "/login"),
    ] {
        let request = client.req(method, url).header(Header::new("Host", "app.example"));
        let response = request.header(Header::new("Accept", PAGE)).dispatch().await;
        assert_eq!(response.status(), Status::Found, "{method} {url}");
        assert_eq!(
            response.headers().get_one("Location"),
            Some(location),
            "{method} {url}"
        );
        // However it is written, a browser must read back what was asked for.
        if method == Method::Get {
            let there = url::Url::parse("http://app.example")
                .unwrap()
                .join(location)
                .unwrap();
            let next = there
                .query_pairs()
                .find(|(key, _)| key == "next")
                .map(|(_, value)| value.into_owned());
            assert_eq!(next.as_deref(), Some(url));
        }
    }
}

/// A script cannot follow a redirect to a page that asks for a password, and would take the page for its data.
#[rocket::async_test]
async fn a_script_gets_401_and_no_redirect() {
    let app = app();
    let client = client(&app).await;
    for (mode, accept, redirected) in [
        ("navigate", PAGE, true),
        ("cors", "*/*", false),
        ("cors", PAGE, false),
        ("no-cors", "*/*", false),
        ("same-origin", "*/*", false),
        ("websocket", "*/*", false),
    ] {
        let request = client.get("/user").header(Header::new("Host", "app.example"));
        let request = request.header(Header::new("Sec-Fetch-Mode", mode));
        let response = request.header(Header::new("Accept", accept)).dispatch().await;
        if redirected {
            assert_page(mode, "/user", SignIn, response).await;
        } else {
            assert_eq!(response.headers().get_one("Location"), None, "{mode}");
            assert_json(mode, "/user", SignIn, response).await;
        }
    }
}

#[rocket::async_test]
async fn json_is_for_those_who_prefer_it() {
    let app = app();
    let client = client(&app).await;
    for (accept, content_type, is_json) in [
        (None, None, false),
        (Some("*/*"), None, false),
        (Some("text/html,application/json"), None, false),
        (Some("application/json;q=0.5,text/html"), None, false),
        (Some("application/json"), None, true),
        (Some("application/json, text/plain, */*"), None, true),
        (None, Some("application/json"), true),
        (None, Some("application/problem+json"), true),
        (Some("text/html"), Some("application/json"), true),
    ] {
        let mut request = client.get("/user").header(Header::new("Host", "app.example"));
        if let Some(accept) = accept {
            request = request.header(Header::new("Accept", accept));
        }
        if let Some(content_type) = content_type {
            request = request.header(Header::new("Content-Type", content_type));
        }
        let response = request.dispatch().await;
        let wanted = if is_json {
            Status::Unauthorized
        } else {
            Status::Found
        };
        assert_eq!(
            response.status(),
            wanted,
            "Accept {accept:?}, Content-Type {content_type:?}"
        );
    }
}

/// The session cookie comes with every request, also with those that another site makes the browser send.
#[rocket::async_test]
async fn a_session_does_not_serve_what_another_site_sends() {
    let app = app();
    let rocket = app
        .rocket(|fairing| fairing)
        .mount("/", routes![site::user, change, replace, remove]);
    let client = Client::untracked(rocket).await.unwrap();
    let cookie = testing::sign_in(&client, "ada@example.org").await.unwrap().cookie;
    for (name, value, served) in [
        ("Sec-Fetch-Site", "same-origin", true),
        ("Sec-Fetch-Site", "none", true),
        ("Sec-Fetch-Site", "cross-site", false),
        ("Sec-Fetch-Site", "same-site", false),
        ("Origin", "http://app.example", true),
        ("Origin", "http://evil.example", false),
        ("Origin", "http://app.example.evil.example", false),
        ("Origin", "null", false),
        ("X-Says-Nothing", "of its origin", false),
    ] {
        for (method, path) in [
            (Method::Post, "/post"),
            (Method::Put, "/put"),
            (Method::Delete, "/delete"),
        ] {
            let request = client
                .req(method, path)
                .header(Header::new("Host", "app.example"));
            let request = request.header(Header::new("Accept", "application/json"));
            let response = request
                .header(Header::new(name, value))
                .cookie(cookie.clone())
                .dispatch()
                .await;
            if served {
                assert_eq!(response.status(), Status::Ok, "{method} with {name}: {value}");
                continue;
            }
            let (status, body) = read_json(response).await;
            assert_eq!(
                status.class(),
                rocket::http::StatusClass::ClientError,
                "{method} with {name}: {value}"
            );
            assert_eq!(
                body["response"]["error_codes"],
                json!(["CSRF_FAILED"]),
                "{method} with {name}: {value}"
            );
        }
    }
    // A link from another site is a way to come here like any other.
    let request = client
        .get("/user")
        .header(Header::new("Sec-Fetch-Site", "cross-site"))
        .cookie(cookie);
    assert_eq!(request.dispatch().await.status(), Status::Ok);
}

#[rocket::async_test]
async fn head_is_answered_like_get_without_a_body() {
    let app = app();
    let client = client(&app).await;
    let cookie = testing::sign_in(&client, "ada@example.org").await.unwrap().cookie;
    let refused = client
        .head("/user")
        .header(Header::new("Accept", PAGE))
        .dispatch()
        .await;
    assert_eq!(refused.status(), Status::Found);
    assert_eq!(refused.into_string().await.unwrap_or_default(), "");
    let served = client.head("/user").cookie(cookie).dispatch().await;
    assert_eq!(served.status(), Status::Ok);
    assert_eq!(served.into_string().await.unwrap_or_default(), "");
}

#[rocket::async_test]
async fn a_database_that_does_not_answer_is_503_and_not_a_sign_out() {
    for (table, path) in [("security_sessions", "/user"), ("security_users_roles", "/role")] {
        let app = app();
        let client = client(&app).await;
        let cookie = testing::sign_in(&client, "ada@example.org").await.unwrap().cookie;
        drop_table(&app, table);
        for accept in [PAGE, "application/json"] {
            let response = ask(&client, path, Some(&cookie), accept).await;
            assert_eq!(
                response.status(),
                Status::ServiceUnavailable,
                "{path} without {table}, {accept}"
            );
            assert!(
                response.headers().contains("Retry-After"),
                "{path} without {table}, {accept}"
            );
            let ended = response.cookies().get(cookie.name());
            assert!(ended.is_none(), "the session cookie was touched: {ended:?}");
            let text = response.into_string().await.unwrap();
            assert!(!text.contains("security_"), "{text}");
        }
    }
}

#[rocket::async_test]
async fn a_503_of_a_guard_is_json_like_every_other_refusal() {
    let app = app();
    let client = client(&app).await;
    let cookie = testing::sign_in(&client, "ada@example.org").await.unwrap().cookie;
    drop_table(&app, "security_sessions");
    let (status, body) = read_json(ask(&client, "/user", Some(&cookie), "application/json").await).await;
    assert_eq!(status, Status::ServiceUnavailable);
    assert_eq!(
        body["response"]["error_codes"],
        json!(["TEMPORARILY_UNAVAILABLE"]),
        "{body}"
    );
}

#[get("/public")]
fn public() -> &'static str {
    "for all"
}

#[get("/cached")]
fn cached(_user: Option<AuthUser>) -> (ContentType, Cached) {
    (ContentType::Plain, Cached)
}

/// Says itself who may keep it.
struct Cached;

impl<'r> Responder<'r, 'static> for Cached {
    fn respond_to(self, _: &'r Request<'_>) -> rocket::response::Result<'static> {
        Response::build()
            .raw_header("Cache-Control", "public, max-age=60")
            .ok()
    }
}

/// A cache between must not serve what one visitor saw to the next; what does not look at the visitor is left alone.
#[rocket::async_test]
async fn a_page_that_looks_at_the_visitor_is_kept_by_no_cache() {
    let app = app();
    let client = Client::untracked(site(&app).mount("/", routes![public, cached]))
        .await
        .unwrap();
    let cookie = testing::sign_in(&client, "ada@example.org").await.unwrap().cookie;
    for (path, control, varies) in [
        ("/user", Some("private, no-store"), true),
        ("/role", Some("private, no-store"), true),
        ("/cached", Some("public, max-age=60"), true),
        ("/public", None, false),
    ] {
        let response = ask(&client, path, Some(&cookie), PAGE).await;
        assert_eq!(response.headers().get_one("Cache-Control"), control, "{path}");
        let vary = response
            .headers()
            .get("Vary")
            .any(|value| value.contains("Cookie"));
        assert_eq!(vary, varies, "{path}");
        assert_eq!(response.cookies().iter().count(), 0, "{path} set a cookie");
    }
}
