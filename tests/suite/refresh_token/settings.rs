//! The settings, and what they change.

use super::*;

#[rocket::async_test]
async fn while_it_is_off_there_is_nothing() {
    let app = support::app();
    let (browser, ears, _) = open(&app).await;
    let mut device = Device::new(&browser);
    let answer = device.sign_in(ADA).await;
    assert!(!answer.body.contains("refresh_token"), "{}", answer.body);
    assert_eq!(device.refresh(), None);
    for attempt in [
        Attempt::post("/refresh-token").json(&json!({})),
        Attempt::new(Method::Get, "/refresh-tokens"),
        Attempt::post("/refresh-tokens").form(&[("delete_all", "y")]),
    ] {
        assert_eq!(device.ask(attempt).await.status, 404);
    }
    let security = browser.security();
    assert_eq!(security.url_for("refresh_token", &[]), None);
    assert_eq!(security.url_for("refresh_tokens", &[]), None);
    assert_eq!((number(&app, FAMILIES), ears.heard()), (0, vec![]));
}

#[rocket::async_test]
async fn addresses_and_times_are_the_settings() {
    let app = in_json()
        .set("security.url_prefix", "/account")
        .set("security.refresh_token_url", "/again")
        .set("security.refresh_tokens_url", "/apps")
        .set("security.refresh_token_max_idle", "1 hour")
        .set("security.refresh_token_max_age", "2 hours")
        .set("security.refresh_token_overlap", "30 s");
    let (browser, ..) = open(&app).await;
    let security = browser.security();
    assert_eq!(
        security.url_for("refresh_token", &[]).as_deref(),
        Some("/account/again")
    );
    assert_eq!(
        security.url_for("refresh_tokens", &[]).as_deref(),
        Some("/account/apps")
    );
    let again = async |token: &str| {
        let attempt = Attempt::post("/account/again").json(&json!({ "refresh_token": token }));
        Answer::of(browser.attempt(&attempt).await).await
    };
    let mut device = Device::new(&browser);
    let body = json!({ "email": ADA, "password": PASSWORD });
    let answer = device.send("/account/login?include_auth_token", &body).await;
    let first = refresh_of(&answer);
    app.advance(59 * MINUTE);
    let second = refresh_of(&again(&first).await);
    app.advance(29 * SECOND);
    assert_eq!(refresh_of(&again(&first).await), second);
    app.advance(59 * MINUTE);
    let third = refresh_of(&again(&second).await);
    app.advance(2 * MINUTE);
    refused(&again(&third).await, "EXPIRED");
}

#[rocket::async_test]
async fn the_cookie_has_its_own_name_and_the_prefix_where_there_is_tls() {
    let app = in_cookie().set("security.refresh_token_cookie_name", "renew");
    let (browser, ..) = open(&app).await;
    let mut device = Device::new(&browser);
    device.sign_in(ADA).await;
    assert!(device.jar.contains_key("renew") && device.refresh().is_none());
    let mut answer = device.send("/refresh-token", &json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    // Outside development.
    let rocket = support::rocket_on(&app, app.figment().select("release"));
    let client = Client::untracked(rocket).await.expect("the rocket ignites");
    let browser = Arc::new(Browser { client });
    let mut device = Device::new(&browser);
    answer = device.sign_in(ADA).await;
    let cookie = answer
        .cookies()
        .into_iter()
        .find(|cookie| cookie.contains("renew="));
    let cookie = cookie.expect("a cookie");
    assert!(
        cookie.starts_with("__Host-renew=") && cookie.contains("Secure"),
        "{cookie}"
    );
}

#[rocket::async_test]
async fn what_cannot_be_stops_the_launch() {
    for (key, value, told) in [
        (
            "refresh_token_overlap",
            json!("2 minutes"),
            "refresh_token_overlap",
        ),
        ("refresh_token_max_age", json!("1 day"), "refresh_token_max_idle"),
        ("refresh_token_cookie_name", json!("session"), "another cookie"),
        ("refresh_token_url", json!("/login"), "login_url"),
        ("refresh_tokens_url", json!("/refresh-token"), "refresh_token_url"),
        ("refresh_token", json!("perhaps"), "refresh_token"),
    ] {
        let app = in_cookie().set(&format!("security.{key}"), value);
        let figment = app.figment();
        let report = rocket_security::config::Config::from_figment(
            &figment,
            rocket_security::config::Development::On,
            &[],
        );
        let text = report.err().map_or_else(String::new, |report| report.to_string());
        assert!(text.contains(told) && text.contains(key), "{key}: {text}");
    }
}
