//! Tokens in a cookie: what it is like, what a request needs beside it, and when it goes.

use super::*;
use crate::answer::{BOTH, Speech};

#[rocket::async_test]
async fn the_cookie_holds_what_the_json_does_not() {
    let app = in_cookie();
    let (browser, ..) = open(&app).await;
    let mut device = Device::new(&browser);
    let answer = device.sign_in(ADA).await;
    assert!(!answer.body.contains("refresh_token"), "{}", answer.body);
    let first = device.refresh().expect("a cookie");
    let cookies = answer.cookies();
    let cookie = cookies
        .iter()
        .find(|cookie| cookie.starts_with("fs_refresh="))
        .unwrap();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie} lacks {part}");
    }
    assert!(
        !cookie.contains("Max-Age") && !cookie.contains("Expires"),
        "{cookie}"
    );
    // The session may be gone; the empty body is enough.
    device.jar.retain(|name, _| name == "fs_refresh");
    app.advance(60 * MINUTE);
    let answer = device.exchange().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(!answer.body.contains("refresh_token"), "{}", answer.body);
    assert_eq!(who(&browser, &auth_of(&answer)).await.as_deref(), Some(ADA));
    assert_ne!(device.refresh(), Some(first));
    assert!(!device.jar.contains_key("session"), "an exchange is no sign-in");
}

#[rocket::async_test]
async fn an_exchange_by_cookie_needs_the_visitors_token() {
    let app = in_cookie();
    let (browser, ears, _) = open(&app).await;
    let mut device = Device::new(&browser);
    device.sign_in(ADA).await;
    ears.heard();
    for anonymous in [false, true] {
        if anonymous {
            device.jar.retain(|name, _| name != "session");
        }
        let token = device.csrf().await;
        let bare = || Attempt::post("/refresh-token").json(&json!({}));
        let right = || bare().header("X-CSRF-Token", &token);
        for (what, attempt) in [
            ("no token", bare()),
            ("no token, our site", bare().same_origin()),
            ("another's", bare().header("X-CSRF-Token", &"A".repeat(86))),
            ("cross-site", right().header("Sec-Fetch-Site", "cross-site")),
            ("same-site", right().header("Sec-Fetch-Site", "same-site")),
            (
                "a foreign Origin",
                right().header("Origin", "http://evil.example"),
            ),
        ] {
            let answer = device.clone().ask(attempt).await;
            assert_eq!(answer.status, 400, "{what}: {}", answer.body);
            assert_eq!(answer.codes(), ["CSRF_FAILED"], "{what}");
            assert_eq!(answer.cookie("fs_refresh"), None, "{what}");
        }
    }
    assert_eq!((number(&app, GENERATIONS), ears.heard()), (1, vec![]));
    assert_eq!(device.exchange().await.status, 200);
}

#[rocket::async_test]
async fn clients_without_a_csrf_token_may_be_let_in_but_no_other_site() {
    let app = in_cookie()
        .set("security.csrf_ignore_unauth_endpoints", true)
        .set(
            "security.accepted_risks",
            ["argon2_memory_kib", "csrf_ignore_unauth_endpoints"],
        );
    let (browser, ..) = open(&app).await;
    let mut device = Device::new(&browser);
    device.sign_in(ADA).await;
    device.jar.retain(|name, _| name == "fs_refresh");
    let bare = Attempt::post("/refresh-token").json(&json!({}));
    for site in ["cross-site", "same-site"] {
        let answer = device.ask(bare.clone().header("Sec-Fetch-Site", site)).await;
        assert_eq!(
            (answer.status, answer.codes()),
            (400, vec!["CSRF_FAILED".to_owned()])
        );
    }
    assert_eq!(device.ask(bare).await.status, 200);
}

#[rocket::async_test]
async fn two_tokens_in_one_request_are_none() {
    let app = in_cookie();
    let (browser, ears, _) = open(&app).await;
    let (mut ada, mut bob) = (Device::new(&browser), Device::new(&browser));
    ada.sign_in(ADA).await;
    bob.sign_in(BOB).await;
    ears.heard();
    let (mine, theirs) = (ada.refresh().unwrap(), bob.refresh().unwrap());
    let answer = ada
        .send("/refresh-token", &json!({ "refresh_token": theirs }))
        .await;
    refused(&answer, "INVALID");
    assert_eq!((number(&app, GENERATIONS), ears.heard()), (1, vec![]));
    // Where cookies are in use, the body alone is none either.
    let mut bare = Device::new(&browser);
    let answer = bare
        .send("/refresh-token", &json!({ "refresh_token": theirs }))
        .await;
    assert_eq!(
        (answer.status, answer.codes()),
        (400, vec!["VALUE_NOT_PROVIDED".to_owned()])
    );
    let answer = ada
        .send("/refresh-token", &json!({ "refresh_token": mine }))
        .await;
    assert_eq!(answer.status, 200, "the same twice is one: {}", answer.body);
}

#[rocket::async_test]
async fn a_cookie_that_is_worth_nothing_goes() {
    let app = in_cookie();
    let (browser, ears, _) = open(&app).await;
    let mut device = Device::new(&browser);
    device.sign_in(ADA).await;
    let mut copy = device.clone();
    device.exchange().await;
    app.advance(MINUTE);
    refused(&copy.exchange().await, "GEN_MISMATCH");
    assert_eq!(copy.refresh(), None);
    refused(&device.exchange().await, "REVOKED");
    assert_eq!(device.refresh(), None);
    assert_eq!(ears.ends(), [RefreshEnd::Reused]);
}

#[rocket::async_test]
async fn signing_out_ends_the_family_though_nobody_is_signed_in_any_more() {
    for speech in BOTH {
        for expired in [false, true] {
            let app = in_cookie();
            let (browser, ears, _) = open(&app).await;
            let mut device = Device::new(&browser);
            device.sign_in(ADA).await;
            if expired {
                app.advance(2 * DAY);
            }
            let copy = device.clone();
            ears.heard();
            let token = device.csrf().await;
            let attempt = Attempt::post("/logout").same_origin();
            let attempt = match speech {
                Speech::Page => attempt.form(&[("csrf_token", &token)]),
                Speech::Json => attempt.header("X-CSRF-Token", &token).json(&json!({})),
            };
            let answer = device.ask(attempt).await;
            assert!(matches!(answer.status, 200 | 302), "{}", answer.body);
            assert_eq!(device.refresh(), None, "the cookie goes");
            assert_eq!(ears.ends(), [RefreshEnd::SignedOut]);
            let mut copy = Device {
                browser: browser.clone(),
                jar: copy.jar,
            };
            refused(&copy.exchange().await, "REVOKED");
        }
    }
}

#[rocket::async_test]
async fn signing_out_with_the_token_in_a_field_ends_its_family() {
    let app = in_json();
    let (browser, ears, _) = open(&app).await;
    let (one, two) = (signed_in(&browser, ADA).await, signed_in(&browser, ADA).await);
    ears.heard();
    let json = Attempt::post("/logout").json(&json!({ "refresh_token": one }));
    let answer = Answer::of(browser.attempt(&json).await).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["response"], json!({}));
    let form = Attempt::post("/logout").form(&[("refresh_token", &two)]);
    assert_eq!(browser.attempt(&form).await.status().code, 302);
    assert_eq!(ears.ends(), [RefreshEnd::SignedOut, RefreshEnd::SignedOut]);
    for token in [one, two] {
        refused(&exchange(&browser, &token).await, "REVOKED");
    }
    // Whatever else stands there is passed over, and the answer is the same.
    for odd in ["", "x", &signed_by_nobody()] {
        let json = Attempt::post("/logout").json(&json!({ "refresh_token": odd }));
        assert_eq!(browser.attempt(&json).await.status().code, 200);
    }
    assert_eq!(ears.heard(), []);
}

#[rocket::async_test]
async fn another_site_signs_nobody_out() {
    let app = in_cookie();
    let (browser, ears, _) = open(&app).await;
    let mut device = Device::new(&browser);
    device.sign_in(ADA).await;
    device.jar.retain(|name, _| name == "fs_refresh");
    ears.heard();
    for (name, value) in [
        ("Sec-Fetch-Site", "cross-site"),
        ("Origin", "http://evil.example"),
    ] {
        let attempt = Attempt::post("/logout").header(name, value).form(&[("a", "b")]);
        device.ask(attempt).await;
        assert!(device.refresh().is_some(), "{value}");
    }
    assert_eq!(ears.heard(), []);
    assert_eq!(device.exchange().await.status, 200);
}

#[rocket::async_test]
async fn who_signs_in_keeps_no_token_of_the_one_before() {
    let app = in_cookie();
    let (browser, ears, _) = open(&app).await;
    let mut planted = Device::new(&browser);
    planted.sign_in(BOB).await;
    planted.jar.retain(|name, _| name == "fs_refresh");
    let mut ada = planted.clone();
    ears.heard();
    // She does not even ask for a token.
    let body = json!({ "email": ADA, "password": PASSWORD });
    assert_eq!(ada.send("/login", &body).await.status, 200);
    assert_eq!(ada.refresh(), None);
    assert_eq!(ears.ends(), [RefreshEnd::Replaced]);
    refused(&planted.exchange().await, "REVOKED");
    // And whoever does has one family, not two.
    ada.jar.remove("session");
    ada.sign_in(ADA).await;
    let before = ada.clone();
    ada.jar.remove("session");
    ada.sign_in(ADA).await;
    assert_eq!(ears.ends(), [RefreshEnd::Replaced]);
    refused(&before.clone().exchange().await, "REVOKED");
    assert_eq!(ada.exchange().await.status, 200);
}
