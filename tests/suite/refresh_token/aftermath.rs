//! What is left of a family when something around it changes: the application's own sign-out, a store that fails half-way,
//! settings, the clock.

use super::*;
use crate::support::beside::Beside;
use rocket::{post, routes};
use rocket_security::{Error, Policy, Result, User, Visitor};
use serde_json::Map;
use std::sync::atomic::{AtomicBool, Ordering};

#[post("/leave")]
async fn leave(visitor: Visitor<'_>) -> &'static str {
    match visitor.sign_out().await {
        Ok(true) => "left",
        _ => "stayed",
    }
}

/// An application's own sign-out does all that ours does.
#[rocket::async_test]
async fn signing_out_by_the_application_ends_the_family_too() {
    let app = in_cookie();
    let rocket = support::rocket(&app).mount("/", routes![leave]);
    let client = Client::untracked(rocket).await.expect("the rocket ignites");
    let browser = Arc::new(Browser { client });
    browser.security().create_user(ADA, PASSWORD).await.expect("ada");
    let mut device = Device::new(&browser);
    device.sign_in(ADA).await;
    let stolen = device.refresh().expect("a refresh token");
    // Not for another site.
    let elsewhere = || Attempt::post("/leave").header("Sec-Fetch-Site", "cross-site");
    assert_eq!(device.ask(elsewhere()).await.body, "stayed");
    assert_eq!((number(&app, REVOKED), device.refresh().is_some()), (0, true));
    assert_eq!(
        device.ask(Attempt::post("/leave").same_origin()).await.body,
        "left"
    );
    assert_eq!(device.refresh(), None, "the cookie goes");
    device.jar.insert("fs_refresh".to_owned(), stolen);
    refused(&device.exchange().await, "REVOKED");
    // The same where the session is over already.
    device.sign_in(ADA).await;
    device.jar.remove("session");
    assert_eq!(device.ask(elsewhere()).await.body, "stayed");
    assert_eq!((number(&app, REVOKED), device.refresh().is_some()), (1, true));
    let here = Attempt::post("/leave").same_origin();
    assert_eq!(device.ask(here).await.body, "stayed");
    assert_eq!((number(&app, REVOKED), device.refresh()), (2, None));
}

/// Who is told that it did not work is not signed in behind his back.
#[rocket::async_test]
async fn a_family_that_cannot_be_made_signs_nobody_in() {
    for app in [in_cookie(), in_json()] {
        let (browser, ..) = open(&app).await;
        crate::answer::settled(&browser).await;
        let mut device = Device::new(&browser);
        let token = device.csrf().await;
        Beside::of(&app).await.run("DROP TABLE security_refresh").await;
        let body = json!({ "email": ADA, "password": PASSWORD });
        let attempt = Attempt::post("/login?include_auth_token")
            .same_origin()
            .header("X-CSRF-Token", &token);
        let answer = device.ask(attempt.json(&body)).await;
        assert!(answer.status >= 500, "{}", answer.body);
        assert_eq!(answer.cookie("session"), None, "{:?}", answer.cookies());
        assert!(!answer.body.contains("authentication_token"), "{}", answer.body);
    }
}

struct Moody(Arc<AtomicBool>);

#[rocket::async_trait]
impl Policy for Moody {
    async fn augment_token(&self, _: &User) -> Result<Map<String, Value>> {
        match self.0.load(Ordering::SeqCst) {
            true => Err(Error::unavailable("the directory is away")),
            false => Ok(Map::new()),
        }
    }
}

/// What the application could not do must not make a thief of the owner.
#[rocket::async_test]
async fn an_auth_token_that_cannot_be_made_uses_nothing_up() {
    let app = in_json();
    let fails = Arc::new(AtomicBool::new(false));
    let policy = Moody(fails.clone());
    let (browser, ears, _) = open_with(&app, |fairing| fairing.policy(policy)).await;
    let token = signed_in(&browser, ADA).await;
    ears.heard();
    fails.store(true, Ordering::SeqCst);
    assert_eq!(exchange(&browser, &token).await.status, 503);
    assert_eq!(number(&app, GENERATIONS), 1);
    app.advance(MINUTE);
    assert_eq!(exchange(&browser, &token).await.status, 503);
    fails.store(false, Ordering::SeqCst);
    let answer = exchange(&browser, &token).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(ears.ends(), []);
}

/// A shorter life is for those that live already.
#[rocket::async_test]
async fn a_shortened_age_ends_old_families() {
    let app = in_json();
    let (browser, ..) = open(&app).await;
    let first = exchange(&browser, &signed_in(&browser, ADA).await).await;
    app.advance(2 * DAY);
    let old = refresh_of(&exchange(&browser, &refresh_of(&first)).await);
    drop(browser);
    let app = app
        .set("security.refresh_token_max_age", "1 day")
        .set("security.refresh_token_max_idle", "1 day");
    let browser = Arc::new(Browser::stranger(&app).await);
    let ada = browser.security().find_user(ADA).await.unwrap().unwrap();
    refused(&exchange(&browser, &old).await, "EXPIRED");
    assert!(
        browser
            .security()
            .refresh_families(ada.id)
            .await
            .unwrap()
            .is_empty()
    );
    let new = signed_in(&browser, ADA).await;
    assert_eq!(exchange(&browser, &new).await.status, 200);
}

/// A clock that was set back gives a thief no more time.
#[rocket::async_test]
async fn a_clock_that_was_set_back_prolongs_no_overlap() {
    let app = in_json();
    let (browser, ears, _) = open(&app).await;
    let first = signed_in(&browser, ADA).await;
    app.advance(60 * MINUTE);
    assert_eq!(exchange(&browser, &first).await.status, 200);
    // Another instance may be a little behind.
    let back = |by: Duration| {
        app.clock().advance(Duration::from_millis(
            (by.as_millis() as i64).wrapping_neg() as u64
        ))
    };
    back(2 * SECOND);
    assert_eq!(exchange(&browser, &first).await.status, 200);
    back(30 * MINUTE);
    refused(&exchange(&browser, &first).await, "GEN_MISMATCH");
    assert_eq!(ears.ends(), [RefreshEnd::Reused]);
}

#[rocket::async_test]
async fn another_page_at_its_address_stops_the_launch() {
    for (one, other) in [
        ("api_keys_url", "/refresh-token"),
        ("api_keys_url", "/refresh-tokens"),
    ] {
        let app = in_cookie()
            .set("security.api_keys", true)
            .set(&format!("security.{one}"), other);
        let report = rocket_security::config::Config::from_figment(
            &app.figment(),
            rocket_security::config::Development::On,
            &[],
        );
        let text = report.err().map_or_else(String::new, |report| report.to_string());
        assert!(text.contains(one), "{other}: {text}");
    }
}

/// Who is signed in already stays so, under his new id.
#[rocket::async_test]
async fn a_family_that_cannot_be_made_signs_nobody_out() {
    let app = in_cookie();
    let (browser, ..) = open(&app).await;
    let mut device = Device::new(&browser);
    device.sign_in(ADA).await;
    crate::answer::settled(&browser).await;
    let token = device.csrf().await;
    Beside::of(&app).await.run("DROP TABLE security_refresh").await;
    let attempt = Attempt::post("/verify?include_auth_token")
        .same_origin()
        .header("X-CSRF-Token", &token);
    let answer = device.ask(attempt.json(&json!({ "password": PASSWORD }))).await;
    assert!(answer.status >= 500, "{}", answer.body);
    let page = device.ask(Attempt::new(Method::Get, "/profile")).await;
    assert_eq!((page.status, page.body.as_str()), (200, ADA));
}
