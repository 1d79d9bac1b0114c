//! Browsers in which somebody has signed in before: spared the waits that strangers bring about, and nothing else.

use std::time::Duration;

use rocket::http::{ContentType, Header};
use rocket_security::Security;
use rocket_security::testing::App;

use crate::answer::{Speech, number};
use crate::support::{Browser, PASSWORD, app};

const ADA: &str = "ada@example.org";
const EVE: &str = "eve@example.org";
const WRONG: &str = "not the password at all";
const COOKIE: &str = "security_device";

async fn try_in(browser: &Browser, email: &str, password: &str) -> u16 {
    let fields = [("email", email), ("password", password)];
    browser.send(Speech::Json, "/login", &fields).await.status
}

async fn with_cookie(browser: &Browser, cookie: &str, password: &str) -> u16 {
    let token = browser.csrf("/login").await;
    let body = crate::support::encode(&[("csrf_token", &token), ("email", ADA), ("password", password)]);
    let request = browser
        .client
        .post("/login")
        .header(Header::new("Host", "app.example"))
        .header(Header::new("Sec-Fetch-Site", "same-origin"))
        .header(Header::new("Accept", "application/json"))
        .header(ContentType::Form)
        .cookie((COOKIE, cookie.to_owned()))
        .body(body);
    request.dispatch().await.status().code
}

/// A browser in which Ada has signed in, and signed out again.
async fn known(app: &App) -> Browser {
    let browser = Browser::new(app).await;
    browser.register(ADA).await;
    browser.sign_out().await;
    assert_eq!(try_in(&browser, ADA, PASSWORD).await, 200);
    browser.sign_out().await;
    browser
}

/// A stranger fails at an account until it makes him wait.
async fn besiege(app: &App, email: &str) -> Browser {
    let stranger = Browser::new(app).await;
    for _ in 0..5 {
        assert_eq!(try_in(&stranger, email, WRONG).await, 400);
    }
    assert_eq!(try_in(&stranger, email, PASSWORD).await, 429);
    stranger
}

#[rocket::async_test]
async fn strangers_do_not_keep_the_owner_waiting() {
    let app = app();
    let owner = known(&app).await;
    let stranger = besiege(&app, ADA).await;
    assert_eq!(try_in(&owner, ADA, WRONG).await, 400, "a mistake costs nothing");
    assert_eq!(try_in(&owner, ADA, PASSWORD).await, 200);
    // And the stranger does not learn of it: he waits as before.
    assert_eq!(try_in(&stranger, ADA, PASSWORD).await, 429);
    app.advance(Duration::from_secs(31));
    assert_eq!(try_in(&stranger, ADA, WRONG).await, 400);
    assert_eq!(
        try_in(&stranger, ADA, WRONG).await,
        429,
        "the owner's success reset the count"
    );
}

#[rocket::async_test]
async fn a_known_browser_that_fails_too_often_is_a_stranger() {
    let app = app();
    let browser = known(&app).await;
    for failure in 1..=10 {
        assert_eq!(try_in(&browser, ADA, WRONG).await, 400, "failure {failure}");
    }
    // From now on it is counted like all others, and a day changes nothing.
    app.advance(Duration::from_secs(3 * 86_400));
    for failure in 1..=5 {
        assert_eq!(
            try_in(&browser, ADA, WRONG).await,
            400,
            "failure {failure} of a stranger"
        );
    }
    assert_eq!(try_in(&browser, ADA, WRONG).await, 429);
    // Once in again it is known again.
    app.advance(Duration::from_secs(3 * 86_400));
    assert_eq!(try_in(&browser, ADA, PASSWORD).await, 200);
    browser.sign_out().await;
    besiege(&app, ADA).await;
    assert_eq!(try_in(&browser, ADA, PASSWORD).await, 200);
}

#[rocket::async_test]
async fn a_success_forgives_a_known_browser_its_mistakes() {
    let app = app();
    let browser = known(&app).await;
    for _ in 0..3 {
        for _ in 0..9 {
            assert_eq!(try_in(&browser, ADA, WRONG).await, 400);
        }
        assert_eq!(try_in(&browser, ADA, PASSWORD).await, 200);
        browser.sign_out().await;
    }
}

#[rocket::async_test]
async fn it_is_known_for_its_own_user_alone() {
    let app = app();
    let eve = Browser::new(&app).await;
    eve.register(EVE).await;
    eve.sign_out().await;
    assert_eq!(try_in(&eve, EVE, PASSWORD).await, 200);
    eve.sign_out().await;
    known(&app).await;
    for _ in 0..5 {
        assert_eq!(try_in(&eve, ADA, WRONG).await, 400);
    }
    assert_eq!(try_in(&eve, ADA, PASSWORD).await, 429);
    assert_eq!(try_in(&eve, EVE, PASSWORD).await, 200);
    // Two people may share a browser.
    eve.sign_out().await;
    app.advance(Duration::from_secs(3600));
    assert_eq!(try_in(&eve, ADA, PASSWORD).await, 200);
    eve.sign_out().await;
    for user in [ADA, EVE] {
        besiege(&app, user).await;
        assert_eq!(try_in(&eve, user, PASSWORD).await, 200, "{user}");
        eve.sign_out().await;
    }
}

#[rocket::async_test]
async fn cookies_that_are_none_make_nothing_known() {
    let app = app();
    let owner = known(&app).await;
    let genuine = owner
        .client
        .cookies()
        .get(COOKIE)
        .expect("the cookie")
        .value()
        .to_owned();
    let session = owner
        .client
        .cookies()
        .get("security_browser")
        .expect("a cookie")
        .value()
        .to_owned();
    let stranger = besiege(&app, ADA).await;
    let mut flipped = genuine.clone().into_bytes();
    let last = flipped.len() - 5;
    flipped[last] = if flipped[last] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).expect("text");
    // Sealed by us, but for another purpose.
    for forged in ["", "rubbish", &flipped, &session, &"A".repeat(4000)] {
        assert_eq!(with_cookie(&stranger, forged, PASSWORD).await, 429, "{forged}");
    }
    // A copy of the cookie is worth ten tries, and no sign-in.
    assert_eq!(with_cookie(&stranger, &genuine, WRONG).await, 400);
    assert_eq!(stranger.who().await, None);
}

/// However often the owner signs in, a copy of his cookie is forgiven once at most.
#[rocket::async_test]
async fn a_copy_of_the_cookie_does_not_live_on_the_owners_successes() {
    let app = app();
    let owner = known(&app).await;
    let copy = owner
        .client
        .cookies()
        .get(COOKIE)
        .expect("the cookie")
        .value()
        .to_owned();
    let thief = besiege(&app, ADA).await;
    let mut looked_at = 0;
    for _ in 0..4 {
        for _ in 0..9 {
            looked_at += u32::from(with_cookie(&thief, &copy, WRONG).await == 400);
        }
        assert_eq!(try_in(&owner, ADA, PASSWORD).await, 200);
        owner.sign_out().await;
    }
    assert!(looked_at <= 20, "{looked_at} guesses with one copy");
}

#[rocket::async_test]
async fn signing_out_everywhere_makes_all_browsers_strangers() {
    let app = app();
    let owner = known(&app).await;
    let security: &Security = owner.client.rocket().state().expect("the fairing");
    let ada = security.find_user(ADA).await.expect("a look-up").expect("ada").id;
    security.sign_out_everywhere(ada).await.expect("signed out");
    besiege(&app, ADA).await;
    assert_eq!(try_in(&owner, ADA, PASSWORD).await, 429);
}

#[rocket::async_test]
async fn registering_makes_no_browser_known() {
    let app = app();
    let browser = Browser::new(&app).await;
    browser.register(ADA).await;
    assert!(browser.client.cookies().get(COOKIE).is_none());
}

#[rocket::async_test]
async fn of_many_tries_at_once_no_more_get_through() {
    let app = app();
    let browser = known(&app).await;
    let token = browser.csrf("/login").await;
    let tries = (0..40).map(|_| {
        let fields = [
            ("csrf_token", token.as_str()),
            ("email", ADA),
            ("password", WRONG),
        ];
        let body = crate::support::encode(&fields);
        let request = browser
            .client
            .post("/login")
            .header(Header::new("Host", "app.example"))
            .header(Header::new("Sec-Fetch-Site", "same-origin"))
            .header(Header::new("Accept", "application/json"))
            .header(ContentType::Form)
            .body(body);
        async move { request.dispatch().await.status().code }
    });
    let statuses = rocket::futures::future::join_all(tries).await;
    let looked_at = statuses.iter().filter(|status| **status == 400).count();
    // Ten of the known browser, five of a stranger.
    assert!(looked_at <= 15, "{looked_at} were looked at: {statuses:?}");
    let over = number(
        &app,
        "SELECT COUNT(*) AS n FROM security_counters WHERE failures > 15",
    );
    assert_eq!(over, 0, "a counter went on");
}
