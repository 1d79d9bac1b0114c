//! The headers of our pages, and of what the guards keep.

use rocket::http::{Method, Status};
use rocket::local::asynchronous::LocalResponse;

use super::{MEMBER, visitor};
use crate::attempt::Attempt;
use crate::support::{PASSWORD, app};

fn header(response: &LocalResponse<'_>, name: &str) -> String {
    response
        .headers()
        .get(name)
        .collect::<Vec<_>>()
        .join(", ")
        .to_lowercase()
}

fn is_kept_out_of_caches(response: &LocalResponse<'_>, what: &str) {
    let control = header(response, "Cache-Control");
    assert!(
        control.contains("no-store") && control.contains("private"),
        "{what}: {control:?}"
    );
    assert!(
        header(response, "Vary").contains("cookie"),
        "{what}: Vary {:?}",
        header(response, "Vary")
    );
}

#[rocket::async_test]
async fn our_pages_are_kept_out_of_caches_and_frames() {
    let app = app();
    let browser = visitor(&app).await;
    let mut nonces = Vec::new();
    for signed_in in [false, true] {
        if signed_in {
            assert_eq!(browser.sign_in(MEMBER, PASSWORD).await.status(), Status::Found);
        }
        for path in ["/login", "/register", "/verify", "/logout"] {
            let token = browser.csrf_token().await;
            let wrong = [
                ("csrf_token", token.as_str()),
                ("email", "nobody"),
                ("password", "x"),
            ];
            let attempts = [
                Attempt::new(Method::Get, path),
                Attempt::new(Method::Get, path).wants_json(),
                Attempt::post(path).form(&wrong[1..]).same_origin(),
                Attempt::post(path).form(&wrong[1..]).same_origin().wants_json(),
            ];
            for attempt in attempts {
                let what = format!(
                    "{} {path}, signed in: {signed_in}, {:?}",
                    attempt.method, attempt.headers
                );
                let response = browser.attempt(&attempt).await;
                is_kept_out_of_caches(&response, &what);
                assert_eq!(header(&response, "X-Content-Type-Options"), "nosniff", "{what}");
                let page = response.content_type().is_some_and(|it| it.is_html());
                if response.status() == Status::Ok && page {
                    let policy = header(&response, "Content-Security-Policy");
                    for part in [
                        "default-src 'none'",
                        "frame-ancestors 'none'",
                        "base-uri 'none'",
                        "form-action 'self'",
                    ] {
                        assert!(policy.contains(part), "{what}: {policy}");
                    }
                    assert!(!policy.contains("unsafe"), "{what}: {policy}");
                    assert!(!header(&response, "Referrer-Policy").is_empty(), "{what}");
                    nonces.extend(policy.split_once("'nonce-").map(|(_, rest)| rest.to_owned()));
                }
            }
        }
    }
    let all = nonces.len();
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), all, "a nonce was used twice");
}

#[rocket::async_test]
async fn what_a_guard_keeps_is_kept_out_of_caches() {
    let app = app();
    let browser = visitor(&app).await;
    for path in ["/kept", "/profile", "/admin"] {
        is_kept_out_of_caches(&browser.get(path).await, path);
        let json = browser
            .attempt(&Attempt::new(Method::Get, path).wants_json())
            .await;
        is_kept_out_of_caches(&json, path);
    }
    assert_eq!(browser.sign_in(MEMBER, PASSWORD).await.status(), Status::Found);
    for (path, status) in [
        ("/kept", Status::Ok),
        ("/profile", Status::Ok),
        ("/admin", Status::Forbidden),
    ] {
        let response = browser.get(path).await;
        assert_eq!(response.status(), status);
        is_kept_out_of_caches(&response, path);
    }
    // The application may know better; and what is open to all stays as it is (the reference's trap 44).
    assert_eq!(
        header(&browser.get("/logo").await, "Cache-Control"),
        "private, max-age=60"
    );
    assert_eq!(header(&browser.get("/").await, "Cache-Control"), "");
    // A page with a token of this browser in it is this browser's.
    is_kept_out_of_caches(&browser.get("/token").await, "/token");
}
