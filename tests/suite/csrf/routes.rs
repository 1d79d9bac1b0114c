//! Routes of the application: behind a guard, and with a `CsrfForm`.

use rocket::http::{Method, Status};
use serde_json::json;

use super::{MEMBER, before, own};
use crate::attempt::{Attempt, codes};
use crate::support::{Browser, app, json as read};

#[rocket::async_test]
async fn a_route_of_the_application_is_covered_by_its_guard() {
    let app = app();
    let browser = before(&app, true).await;
    let token = browser.csrf_token().await;
    let plain = || Attempt::post("/change").form(&[("text", "mine")]);
    let bare = || Attempt::post("/change");
    let text = || Attempt::post("/change").body("text/plain", "mine");
    let parts = || Attempt::post("/change").body("multipart/form-data; boundary=x", "--x--\r\n");
    let origin = |origin: &str| plain().header("Origin", origin);
    let site = |site: &str| plain().header("Sec-Fetch-Site", site);

    for allowed in [
        plain().same_origin(),
        bare().same_origin(),
        text().same_origin(),
        origin("http://app.example"),
    ] {
        assert_eq!(
            browser.attempt(&allowed).await.status(),
            Status::Ok,
            "{:?}",
            allowed.headers
        );
    }
    let put = Attempt::new(Method::Put, "/change");
    assert_eq!(
        browser.attempt(&put.clone().same_origin()).await.status(),
        Status::Ok
    );

    let with_token = Attempt::post("/change")
        .form(&[("csrf_token", &token)])
        .header("Sec-Fetch-Site", "cross-site");
    let refused = [
        ("nothing said", plain()),
        ("no body, nothing said", bare()),
        ("a PUT, nothing said", put.clone()),
        ("cross-site", site("cross-site")),
        ("same-site", site("same-site")),
        ("garbage", site("same-origin;")),
        ("another case", site("Same-Origin")),
        ("a foreign Origin", origin("http://evil.example")),
        ("the Origin null", origin("null")),
        ("an empty Origin", origin("")),
        (
            "an Origin with our name in it",
            origin("http://app.example.evil.example"),
        ),
        ("an Origin with a user", origin("http://app.example@evil.example")),
        ("another port", origin("http://app.example:8080")),
        (
            "cross-site, but our Origin",
            site("cross-site").header("Origin", "http://app.example"),
        ),
        (
            "text from another site",
            text().header("Sec-Fetch-Site", "cross-site"),
        ),
        (
            "multipart from another site",
            parts().header("Origin", "http://evil.example"),
        ),
        ("cross-site with our token", with_token.clone()),
        (
            "cross-site with our token in a header",
            with_token.header("X-CSRF-Token", &token),
        ),
        (
            "a PUT from another site",
            put.header("Sec-Fetch-Site", "cross-site"),
        ),
        (
            "two sites",
            site("same-origin").also("Sec-Fetch-Site", "cross-site"),
        ),
        (
            "two Origins",
            origin("http://app.example").also("Origin", "http://evil.example"),
        ),
    ];
    for (what, attempt) in refused {
        let page = browser.attempt(&attempt).await;
        assert!(
            matches!(page.status().code, 302 | 400..=403),
            "{what}: {}",
            page.status()
        );
        assert_ne!(page.into_string().await.as_deref(), Some(MEMBER), "{what}");
        let (status, body) = read(browser.attempt(&attempt.wants_json()).await).await;
        assert!(matches!(status.code, 400..=403), "{what}: {status} {body}");
        assert!(!codes(&body).is_empty(), "{what}: {body}");
    }
    assert!(
        browser.is_signed_in().await,
        "a refused request does not sign out"
    );
}

#[rocket::async_test]
async fn a_form_that_calls_itself_a_get_is_as_unsafe_as_a_form() {
    let app = app();
    let browser = before(&app, true).await;
    let trick = |method: &str, path: &str| Attempt::post(path).form(&[("_method", method), ("text", "x")]);
    for (method, path) in [
        ("get", "/profile"),
        ("GET", "/profile"),
        ("head", "/profile"),
        ("put", "/change"),
    ] {
        for site in [Some("cross-site"), Some("same-site"), None] {
            let attempt = trick(method, path);
            let attempt = site
                .iter()
                .fold(attempt, |it, site| it.header("Sec-Fetch-Site", site));
            let response = browser.attempt(&attempt).await;
            assert_ne!(response.status(), Status::Ok, "{method} {path} {site:?}");
            assert_ne!(
                response.into_string().await.as_deref(),
                Some(MEMBER),
                "{method} {path} {site:?}"
            );
        }
        let allowed = browser.attempt(&trick(method, path).same_origin()).await.status();
        assert_eq!(allowed, Status::Ok, "{method} {path} from our own page");
    }
    // A link on another site is no form: following it stays possible.
    let link = Attempt::new(Method::Get, "/profile").header("Sec-Fetch-Site", "cross-site");
    assert_eq!(
        browser
            .attempt(&link.header("Sec-Fetch-Mode", "navigate"))
            .await
            .status(),
        Status::Ok
    );
}

#[rocket::async_test]
async fn a_form_of_the_application_asks_strangers_for_the_token_too() {
    let app = app();
    let browser = before(&app, false).await;
    let token = browser.csrf_token().await;
    let other = Browser::on(own(&app)).await.csrf_token().await;
    let good = [("csrf_token", token.as_str()), ("text", "hello")];
    let post = |fields: &[(&str, &str)]| Attempt::post("/comment").form(fields);
    let none = post(&[("text", "hello")]);
    let cases = [
        ("the token", post(&good).same_origin(), Status::Ok),
        ("the token alone", post(&good), Status::Ok),
        (
            "JSON",
            Attempt::post("/comment").json(&json!({"text": "hello", "csrf_token": token})),
            Status::Ok,
        ),
        (
            "a header",
            none.clone().header("X-CSRF-Token", &token),
            Status::Ok,
        ),
        (
            "JSON and a header",
            Attempt::post("/comment")
                .json(&json!({"text": "hello"}))
                .header("X-XSRF-Token", &token),
            Status::Ok,
        ),
        ("no token", none.clone(), Status::Forbidden),
        ("no token, our own page", none.same_origin(), Status::Forbidden),
        (
            "another's token",
            post(&[("csrf_token", &other), ("text", "x")]),
            Status::Forbidden,
        ),
        (
            "half a token",
            post(&[("csrf_token", &token[..20]), ("text", "x")]),
            Status::Forbidden,
        ),
        (
            "another site",
            post(&good).header("Sec-Fetch-Site", "cross-site"),
            Status::Forbidden,
        ),
        (
            "another origin",
            post(&good).header("Origin", "http://evil.example"),
            Status::Forbidden,
        ),
        (
            "JSON without a token",
            Attempt::post("/comment").json(&json!({"text": "hello"})),
            Status::Forbidden,
        ),
        (
            "a field that is missing",
            post(&good[..1]),
            Status::UnprocessableEntity,
        ),
        (
            "JSON that breaks off",
            Attempt::post("/comment").body("application/json", "{"),
            Status::BadRequest,
        ),
        (
            "an odd content type",
            Attempt::post("/comment").body("image/png", "x"),
            Status::UnsupportedMediaType,
        ),
        (
            "too much",
            post(&[("csrf_token", &token), ("text", &"x".repeat(70_000))]),
            Status::PayloadTooLarge,
        ),
    ];
    for (what, attempt, expected) in cases {
        assert_eq!(browser.attempt(&attempt).await.status(), expected, "{what}");
    }
    let said = browser
        .attempt(&post(&good).same_origin())
        .await
        .into_string()
        .await;
    assert_eq!(said.as_deref(), Some("hello"));
}
