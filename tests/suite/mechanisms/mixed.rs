//! Requests that speak for two, and requests that make no sense at all.

use super::*;
use rocket_security::{Policy, Reply, User, Visitor};
use serde_json::Map;

struct Named;

#[rocket::async_trait]
impl Policy for Named {
    fn payload(&self, user: &User) -> Map<String, Value> {
        Map::from_iter([("email".to_owned(), json!(user.email))])
    }
}

#[post("/enter/<email>")]
async fn enter(
    _came: Option<AuthUser>,
    visitor: Visitor<'_>,
    email: &str,
) -> Result<Reply, rocket_security::Error> {
    let evidence = visitor.check_password(email, PASSWORD).await?;
    let Ok(evidence) = evidence else {
        return Ok(visitor.refused(rocket_security::Reason::AuthenticationFailed));
    };
    match visitor.sign_in(evidence, false).await? {
        Ok(()) => Ok(visitor.signed_in(None)),
        Err(reason) => Ok(visitor.refused(reason)),
    }
}

/// Whoever came by a token: the answer to a sign-in speaks of who has signed in.
#[rocket::async_test]
async fn a_sign_in_answers_for_who_signed_in() {
    let app = app();
    let rocket = support::with_fairing(&app, |fairing| fairing.policy(Named));
    let browser = Browser::on(rocket.mount("/", routes![enter])).await;
    let token = token_of(&browser, ADA).await;
    browser.register("bob@example.org").await;
    browser.sign_out().await;
    let headers = [
        ("Authentication-Token", token.as_str()),
        ("Sec-Fetch-Site", "same-origin"),
        ("Accept", "application/json"),
    ];
    let request = request(browser.client.post("/enter/bob@example.org"), &headers);
    let (status, body) = support::json(request.dispatch().await).await;
    assert_eq!(status, Status::Ok, "{body}");
    assert_eq!(body["response"]["user"]["email"], "bob@example.org", "{body}");
}

#[rocket::async_test]
async fn odd_bytes_in_any_header_break_nothing() {
    let app = app()
        .set("security.api_keys", true)
        .set("security.refresh_token", true)
        .set("security.api_enabled_methods", ["session", "token", "basic"]);
    let browser = browser(&app).await;
    let token = token_of(&browser, ADA).await;
    let basic = |plain: String| format!("Basic {}", data_encoding::BASE64.encode(plain.as_bytes()));
    // One character that its compatibility form makes eighteen of.
    let growing = "\u{fdfa}".repeat(1500);
    let values = [
        String::new(),
        "Bearer".to_owned(),
        "Bearer \u{e9}".to_owned(),
        format!("Bearer {}", "x".repeat(100_000)),
        format!("Basic {}", "x".repeat(100_000)),
        "Basic Og==".to_owned(),
        format!(
            "Bearer rsk_{}_{}_{}",
            "a".repeat(32),
            "b".repeat(64),
            "c".repeat(8)
        ),
        format!("Bearer {}", &token[..token.len() - 1]),
        format!("Bearer {token}."),
        "Bearer v1.....".to_owned(),
        basic("x@xn--\u{130}\u{307}.example:pw".to_owned()),
        basic(format!("a@{growing}.example:pw")),
        basic(format!("a@b.example:{growing}")),
    ];
    for header in ["Authorization", "Authentication-Token", "X-API-Key"] {
        for value in &values {
            for path in [
                "/who/any",
                "/who/nobody",
                "/verify",
                "/refresh-tokens",
                "/api-keys",
            ] {
                let headers = [(header, value.as_str()), ("Accept", "application/json")];
                let status = ask(&browser, path, &headers).await.0;
                assert!(status.code < 500, "{header} {value:.40} {path}: {status}");
            }
        }
    }
}
