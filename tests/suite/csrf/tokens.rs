//! The token itself: masked anew each time, and another one after signing in and out.

use std::time::Duration;

use rocket::http::Status;

use super::{MEMBER, before, body, form, refused};
use crate::attempt::Attempt;
use crate::support::{PASSWORD, app, json as read};

#[rocket::async_test]
async fn the_token_is_masked_and_good_each_time() {
    let app = app();
    let browser = before(&app, true).await;
    let mut seen = Vec::new();
    for page in ["/token", "/token", "/token"] {
        seen.push(browser.get(page).await.into_string().await.expect("a token"));
    }
    seen.push(browser.csrf("/verify").await);
    seen.push(browser.csrf("/verify").await);
    let (_, whole) = browser.get_json("/whole").await;
    let text = whole["csrf_token"].as_str().expect("a token").to_owned();
    assert!(
        whole["csrf_field"]
            .as_str()
            .is_some_and(|field| field.contains(&text)),
        "{whole}"
    );
    seen.push(text);
    seen.push(
        browser.get_json("/verify").await.1["response"]["csrf_token"]
            .as_str()
            .expect("a token")
            .to_owned(),
    );
    for (index, token) in seen.iter().enumerate() {
        assert!(!seen[..index].contains(token), "{token} came twice");
        // What BREACH reads off the length of a compressed page is what two tokens have in common.
        for other in &seen[..index] {
            let common = token
                .bytes()
                .zip(other.bytes())
                .filter(|(one, two)| one == two)
                .count();
            assert!(common < token.len() / 2, "{token} is like {other}");
        }
        let sent = Attempt::post("/comment")
            .form(&[("csrf_token", token), ("text", "x")])
            .same_origin();
        assert_eq!(browser.attempt(&sent).await.status(), Status::Ok, "{token}");
    }
}

#[rocket::async_test]
async fn the_token_changes_with_signing_in_and_out() {
    let app = app();
    let browser = before(&app, false).await;
    let accepts = async |token: &str| {
        let sent = Attempt::post("/comment")
            .form(&[("csrf_token", token), ("text", "x")])
            .same_origin();
        browser.attempt(&sent).await.status()
    };
    let stranger = browser.csrf_token().await;
    assert_eq!(accepts(&stranger).await, Status::Ok);
    assert_eq!(browser.sign_in(MEMBER, PASSWORD).await.status(), Status::Found);
    let member = browser.csrf_token().await;
    assert_eq!(accepts(&member).await, Status::Ok);
    assert_eq!(
        accepts(&stranger).await,
        Status::Forbidden,
        "the token from before signing in"
    );
    for (path, _) in [("/logout", true), ("/verify", true)] {
        app.advance(Duration::from_secs(120));
        refused(
            &browser,
            path,
            "the token from before signing in",
            &form(path, Some(&stranger)),
        )
        .await;
        refused(
            &browser,
            path,
            "the token from before signing in",
            &body(path, Some(&stranger)),
        )
        .await;
    }
    browser.sign_out().await;
    assert_eq!(
        accepts(&member).await,
        Status::Forbidden,
        "the token from before signing out"
    );
    assert_eq!(
        accepts(&stranger).await,
        Status::Forbidden,
        "the token from before signing in"
    );
    refused(
        &browser,
        "/login",
        "the token from before signing out",
        &form("/login", Some(&member)),
    )
    .await;
    let new = browser.csrf_token().await;
    assert_eq!(accepts(&new).await, Status::Ok);
}

#[rocket::async_test]
async fn signing_in_by_json_changes_the_token_and_tells_the_new_one() {
    let app = app();
    let browser = before(&app, false).await;
    let old = browser.csrf_token().await;
    let (status, answer) = read(browser.attempt(&body("/login", Some(&old))).await).await;
    assert_eq!(status, Status::Ok, "{answer}");
    let new = answer["response"]["csrf_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    refused(
        &browser,
        "/logout",
        "the token from before",
        &body("/logout", Some(&old)),
    )
    .await;
    assert_eq!(
        browser.attempt(&body("/logout", Some(&new))).await.status(),
        Status::Ok
    );
    assert!(!browser.is_signed_in().await);
}
