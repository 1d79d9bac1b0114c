//! The box at sign-in, and the settings.

use serde_json::Value;

use super::*;

/// Whether the box on the page is ticked; none where there is no box.
fn ticked(page: &Answer) -> Option<bool> {
    let html = scraper::Html::parse_document(&page.body);
    let selector = scraper::Selector::parse("input[type=checkbox][name=remember]").expect("a selector");
    let input = html.select(&selector).next()?;
    assert_eq!(input.value().attr("value"), Some("y"));
    assert_eq!(input.value().attr("required"), None);
    Some(input.value().attr("checked").is_some())
}

#[rocket::async_test]
async fn the_box_is_ticked_as_the_setting_says_and_as_the_visitor_left_it() {
    for default in [None, Some(false), Some(true)] {
        let app = match default {
            Some(default) => app().set("security.default_remember_me", default),
            None => app(),
        };
        let (browser, ..) = open(&app).await;
        let mut device = Device::new(&browser);
        let page = device.get("/login").await;
        assert_eq!(ticked(&page), Some(default == Some(true)));
        assert!(page.body.contains("Keep me signed in on this device"));
        for tick in [true, false] {
            let mut fields = vec![("email", ADA), ("password", "wrong wrong wrong")];
            fields.extend(tick.then_some(("remember", "y")));
            let again = device.send(Speech::Page, "/login", &fields).await;
            assert_eq!(ticked(&again), Some(tick), "{default:?}");
        }
        // What is not sent is no, whatever the box would be.
        let answer = device
            .send(Speech::Page, "/login", &[("email", ADA), ("password", PASSWORD)])
            .await;
        assert_eq!((answer.status, answer.cookie("remember_token")), (302, None));
    }
}

#[rocket::async_test]
async fn json_says_yes_and_no_as_on_the_references_wire() {
    let app = app();
    let (browser, ..) = open(&app).await;
    for (value, yes) in [
        (json!(true), true),
        (json!("y"), true),
        (json!("on"), true),
        (json!(1), true),
        (json!("no"), true),
        (Value::Null, true),
        (json!(false), false),
        (json!(0), false),
        (json!(""), false),
        (json!("false"), false),
        (json!([]), false),
    ] {
        let mut device = Device::new(&browser);
        let token = device.get("/token").await.body;
        let body = json!({ "email": ADA, "password": PASSWORD, "remember": value.clone() });
        let attempt = Attempt::post("/login").header("X-CSRF-Token", &token);
        let answer = device.ask(attempt.json(&body)).await;
        assert_eq!(answer.status, 200, "{value}: {}", answer.body);
        assert_eq!(answer.cookie("remember_token").is_some(), yes, "{value}");
    }
}

#[rocket::async_test]
async fn how_long_and_under_which_name_are_settings() {
    let app = app()
        .set("security.remember_duration", "2 hours")
        .set("security.remember_cookie_name", "keepsake");
    let (browser, ..) = open(&app).await;
    let mut device = Device::new(&browser);
    let answer = device.sign_in(Speech::Page, ADA).await;
    let cookie = answer
        .cookies()
        .into_iter()
        .find(|cookie| cookie.starts_with("keepsake="));
    assert!(cookie.is_some_and(|cookie| cookie.contains("Max-Age=7200")));
    app.advance(119 * MINUTE);
    device.jar.retain(|name, _| name == "keepsake");
    assert_eq!(device.who().await.as_deref(), Some(ADA));
    app.advance(MINUTE);
    device.jar.retain(|name, _| name == "keepsake");
    assert_eq!(device.who().await, None);
}

#[rocket::async_test]
async fn under_compat_a_browser_is_remembered_for_a_year() {
    let app = app().set("security.compat", "flask-security");
    let (browser, ..) = open(&app).await;
    let mut device = Device::new(&browser);
    let answer = device.sign_in(Speech::Page, ADA).await;
    let cookies = answer.cookies();
    let year = "Max-Age=31536000";
    assert!(
        cookies
            .iter()
            .any(|cookie| cookie.starts_with("remember_token=") && cookie.contains(year))
    );
    device.close();
    app.advance(364 * DAY);
    assert_eq!(device.who().await.as_deref(), Some(ADA));
    app.advance(DAY);
    assert_eq!(device.who().await, None);
}
