//! The remember cookie: what it looks like, what the store keeps of it, how long it serves, and its keys.

use rocket::figment::Figment;

use super::*;
use crate::support::{beside, rocket_on};

/// Name and attributes of the remember cookie of an answer, in lower case and sorted.
fn attributes(answer: &Answer) -> Vec<String> {
    let cookies = answer.cookies();
    let cookie = cookies.iter().find(|cookie| cookie.contains("remember_token="));
    let cookie = cookie.unwrap_or_else(|| panic!("{cookies:?}"));
    let mut all: Vec<String> = cookie.split(';').map(|part| part.trim().to_lowercase()).collect();
    all[0] = all[0].split('=').next().unwrap_or_default().to_owned();
    all.sort();
    all
}

#[rocket::async_test]
async fn the_cookie_lives_as_long_as_the_series_and_out_of_reach_for_scripts() {
    let app = app();
    let (browser, ..) = open(&app).await;
    let mut device = Device::new(&browser);
    let days = |days: u64| format!("max-age={}", days * 86_400);
    let expected = |age: String| {
        [
            "httponly".to_owned(),
            age,
            "path=/".into(),
            "remember_token".into(),
            "samesite=lax".into(),
        ]
    };
    for speech in BOTH {
        let answer = device.sign_in(speech, ADA).await;
        assert_eq!(attributes(&answer), expected(days(30)));
        device.send(Speech::Page, "/logout", &[]).await;
    }
    device.sign_in(Speech::Page, ADA).await;
    assert_eq!(device.remember().len(), 64);
    device.close();
    app.advance(10 * DAY);
    let answer = device.get("/profile").await;
    assert_eq!(
        attributes(&answer),
        expected(days(20)),
        "the thirty days do not begin anew"
    );
    let answer = device.send(Speech::Page, "/logout", &[]).await;
    let gone = attributes(&answer);
    assert!(
        gone.contains(&days(0)) && gone.contains(&"path=/".to_owned()),
        "{gone:?}"
    );
}

#[rocket::async_test]
async fn outside_of_development_it_is_secure_and_tied_to_the_host() {
    for (domain, name) in [
        ("", "__host-remember_token"),
        ("app.example", "__secure-remember_token"),
    ] {
        let app = app().set("security.session_cookie_domain", domain);
        let browser = server(rocket_on(&app, app.figment().select("release"))).await;
        browser.security().create_user(ADA, PASSWORD).await.expect("ada");
        let mut device = Device::new(&browser);
        let fields = [("email", ADA), ("password", PASSWORD), ("remember", "y")];
        let answer = device.send(Speech::Page, "/login", &fields).await;
        let found = attributes(&answer);
        for wanted in [name, "secure", "httponly", "path=/", "samesite=lax"] {
            assert!(found.iter().any(|part| part == wanted), "{found:?}: no {wanted}");
        }
        let has_domain = found.iter().any(|part| part == "domain=app.example");
        assert_eq!(has_domain, !domain.is_empty(), "{found:?}");
        device.jar.retain(|name, _| name.ends_with("remember_token"));
        assert_eq!(device.who().await.as_deref(), Some(ADA));
        // Under a name that another host of the site could have set it says nothing.
        let value = device
            .jar
            .iter()
            .find(|(name, _)| name.ends_with("remember_token"));
        let value = value.expect("the cookie").1.clone();
        let mut other = Device::new(&browser);
        other.jar.insert("remember_token".to_owned(), value);
        assert_eq!(other.who().await, None);
    }
}

#[rocket::async_test]
async fn the_files_of_the_database_hold_no_token() {
    let app = app();
    if !beside::is_sqlite(&app, "the_files_of_the_database_hold_no_token") {
        return;
    }
    let (browser, ..) = open(&app).await;
    let mut device = remembered(&browser).await;
    let mut cookies = vec![device.remember()];
    assert!(device.who().await.is_some());
    cookies.extend([device.remember(), device.session()]);
    let mut found = 0;
    for file in std::fs::read_dir(app.folder()).expect("the folder").flatten() {
        let Ok(bytes) = std::fs::read(file.path()) else {
            continue;
        };
        let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        found += usize::from(holds(ADA.as_bytes()));
        for cookie in &cookies {
            let secret = data_encoding::BASE64URL_NOPAD
                .decode(cookie.as_bytes())
                .expect("base64url");
            assert!(
                !holds(cookie.as_bytes()),
                "{} holds a cookie",
                file.path().display()
            );
            for part in secret.chunks(16) {
                assert!(!holds(part), "{} holds a part of one", file.path().display());
            }
        }
    }
    assert!(found > 0, "the search finds what is there");
}

#[rocket::async_test]
async fn after_thirty_days_the_password_is_asked_for_again() {
    let app = app();
    let (browser, ears, _) = open(&app).await;
    let device = remembered(&browser).await;
    app.advance(30 * DAY - SECOND);
    assert_eq!(device.copy().who().await.as_deref(), Some(ADA));
    ears.heard();
    let mut device = remembered(&browser).await;
    app.advance(30 * DAY);
    assert_eq!(device.who().await, None);
    assert!(
        !device.jar.contains_key("remember_token"),
        "what is over is taken away"
    );
    assert_eq!(ears.heard(), [], "and no theft");
}

#[rocket::async_test]
async fn a_restored_session_does_not_outlive_its_series() {
    let app = app().set("security.session_idle_timeout", "30 days");
    let (browser, ..) = open(&app).await;
    let mut device = remembered(&browser).await;
    app.advance(20 * DAY);
    assert_eq!(device.who().await.as_deref(), Some(ADA));
    app.advance(10 * DAY - SECOND);
    assert_eq!(device.who().await.as_deref(), Some(ADA));
    app.advance(SECOND);
    assert_eq!(device.who().await, None, "thirty days without a password");
    assert!(!device.jar.contains_key("remember_token"));
}

#[rocket::async_test]
async fn expired_series_are_swept() {
    let app = app();
    let (browser, ..) = open(&app).await;
    for _ in 0..3 {
        remembered(&browser).await;
    }
    assert_eq!(number(&app, SERIES), 3);
    app.advance(30 * DAY + SECOND);
    let mut device = remembered(&browser).await;
    // The sweep runs beside the request that began it: give it turns, not time.
    for _ in 0..1_000 {
        if number(&app, SERIES) == 1 {
            break;
        }
        device.who().await;
    }
    assert_eq!(number(&app, SERIES), 1);
}

async fn with_keys(app: &App, keys: &[&str]) -> Arc<Browser> {
    let figment: Figment = app.figment().merge(("security.secret_keys", keys));
    server(rocket_on(app, figment)).await
}

#[rocket::async_test]
async fn a_renewed_key_forgets_no_browser_and_a_dropped_one_does() {
    let (old, new) = (
        "a secret key for tests that is long enough, one",
        "another secret key, long enough as well",
    );
    let app = app();
    let (browser, ..) = open(&app).await;
    let mut device = remembered(&browser).await;
    let mut late = remembered(&browser).await;
    let mut tab = device.copy();
    device.browser = with_keys(&app, &[new, old]).await;
    assert_eq!(device.who().await.as_deref(), Some(ADA));
    // An instance that already takes the old key for the current one's elder finds the same session.
    tab.browser = with_keys(&app, &[old, new]).await;
    assert_eq!(tab.who().await.as_deref(), Some(ADA));
    assert_eq!(
        (tab.session(), tab.remember()),
        (device.session(), device.remember())
    );
    // What was used since lives on without the old key; what was not does not.
    device.close();
    app.advance(2 * DAY);
    device.browser = with_keys(&app, &[new]).await;
    assert_eq!(device.who().await.as_deref(), Some(ADA));
    late.browser = device.browser.clone();
    assert_eq!(late.who().await, None);
    assert!(!late.jar.contains_key("remember_token"));
}

#[rocket::async_test]
async fn a_session_that_moved_to_a_new_key_still_ends_with_its_series() {
    let (old, new) = (
        "a secret key for tests that is long enough, one",
        "another secret key, long enough as well",
    );
    let app = app();
    let (browser, ..) = open(&app).await;
    let mut device = remembered(&browser).await;
    let mut thief = device.copy();
    assert!(device.who().await.is_some());
    app.advance(2 * MINUTE);
    device.browser = with_keys(&app, &[new, old]).await;
    assert!(device.who().await.is_some());
    assert_eq!(thief.who().await, None);
    assert_eq!(device.who().await, None);
}

#[rocket::async_test]
async fn a_store_that_does_not_answer_is_503_and_never_a_theft() {
    let app = app();
    let (browser, ears, user) = open(&app).await;
    let mut device = remembered(&browser).await;
    let rename = |from: &str, to: &str| beside::run(&app, &format!("ALTER TABLE {from} RENAME TO {to}"));
    let before = device.jar.clone();
    // Neither where the series is read nor, having been read, where it is written.
    for table in ["security_remember", "security_sessions"] {
        rename(table, "elsewhere");
        for accept in ["application/json", "text/html"] {
            let attempt = Attempt::new(Method::Get, "/profile").header("Accept", accept);
            let answer = device.ask(attempt).await;
            assert_eq!(answer.status, 503, "{table}: {}", answer.body);
            assert_eq!(device.remember(), before["remember_token"], "{table}");
            assert!(!device.jar.contains_key("session"), "{table}");
        }
        rename("elsewhere", table);
    }
    assert_eq!(ears.heard(), []);
    assert_eq!(device.who().await.as_deref(), Some(ADA));
    assert_eq!(ears.heard(), [Event::UserRemembered { user }]);
}

#[rocket::async_test]
async fn a_sign_in_by_the_application_replaces_the_series_too() {
    let app = app();
    let (_, ears, user) = open(&app).await;
    let client = Client::tracked(rocket(&app, &ears))
        .await
        .expect("the rocket ignites");
    let browser = Browser { client };
    let fields = [("email", ADA), ("password", PASSWORD), ("remember", "y")];
    assert_eq!(browser.submit("/login", &fields).await.status().code, 302);
    assert_eq!(number(&app, SERIES), 1);
    testing::sign_in(&browser.client, BOB).await.expect("bob");
    assert_eq!(number(&app, SERIES), 0);
    assert!(browser.client.cookies().get("remember_token").is_none());
    let heard = ears.0.lock().unwrap().clone();
    assert!(heard.contains(&Event::UserAuthenticated {
        user,
        authn_via: vec![rocket_security::Factor::Password]
    }));
}
