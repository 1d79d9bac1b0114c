//! A name and a password in each request.

use std::time::Duration;

use super::*;

async fn try_basic(browser: &Browser, value: &str) -> Status {
    let headers = [("Authorization", value), ("Accept", "application/json")];
    ask(browser, "/who/basic", &headers).await.0
}

async fn made(app: &App) -> Browser {
    let browser = browser(app).await;
    browser.register(ADA).await;
    browser.sign_out().await;
    browser
}

#[rocket::async_test]
async fn it_signs_nobody_in() {
    let app = app()
        .set("security.username_enable", true)
        .set("security.user_identity_attributes", vec!["email", "username"]);
    let browser = browser(&app).await;
    let account = json!({
        "email": ADA, "username": "lovelace", "password": PASSWORD, "password_confirm": PASSWORD
    });
    let (status, body) = browser.submit_json("/register", account).await;
    assert_eq!(status, Status::Ok, "{body}");
    browser.sign_out().await;
    for name in [ADA, "ADA@example.org", "lovelace"] {
        let headers = [("Authorization", basic_of(name, PASSWORD))];
        let headers = [(headers[0].0, headers[0].1.as_str())];
        let response = request(browser.client.get("/who/basic"), &headers)
            .dispatch()
            .await;
        assert_eq!(response.status(), Status::Ok, "{name}");
        assert_eq!(
            response.cookies().iter().count(),
            0,
            "no session, and nothing else to keep"
        );
    }
    let id = browser
        .client
        .rocket()
        .state::<Security>()
        .unwrap()
        .find_user(ADA)
        .await
        .unwrap()
        .unwrap()
        .id;
    let store = browser.client.rocket().state::<Security>().unwrap();
    assert_eq!(store.datastore().delete_sessions_of(id, None).await.unwrap(), 0);
    // Case counts in a password, and in nothing before the scheme's space.
    assert_eq!(
        try_basic(&browser, &basic_of(ADA, &PASSWORD.to_uppercase())).await,
        Status::Unauthorized
    );
    let lower = basic_of(ADA, PASSWORD).replacen("Basic", "bAsIc", 1);
    assert_eq!(try_basic(&browser, &lower).await, Status::Ok);
}

#[rocket::async_test]
async fn what_cannot_be_read_is_as_wrong_as_a_wrong_password() {
    let app = app();
    let browser = made(&app).await;
    let colonless = format!("Basic {}", data_encoding::BASE64.encode(ADA.as_bytes()));
    let latin = format!("Basic {}", data_encoding::BASE64.encode(b"ad\xe4:x"));
    for value in [
        "Basic",
        "Basic ",
        "Basic !!!!",
        "Basic YWRh\u{e4}",
        colonless.as_str(),
        latin.as_str(),
        "Digest username=ada",
        &basic_of("", ""),
        &basic_of("nobody@example.org", PASSWORD),
        &basic_of(ADA, ""),
        &basic_of(ADA, &"x".repeat(5000)),
        &basic_of(&"x".repeat(5000), "x"),
    ] {
        assert_eq!(
            try_basic(&browser, value).await,
            Status::Unauthorized,
            "{value:.60}"
        );
    }
}

/// Guessing here is guessing at the sign-in page: one count for both.
#[rocket::async_test]
async fn it_waits_with_the_sign_in_page() {
    let app = app().set("security.login_wait_after", 3);
    let browser = made(&app).await;
    for guess in ["one", "two"] {
        assert_eq!(
            try_basic(&browser, &basic_of(ADA, guess)).await,
            Status::Unauthorized
        );
    }
    let (status, _) = browser
        .submit_json("/login", json!({ "email": ADA, "password": "three" }))
        .await;
    assert_eq!(status, Status::BadRequest);
    let headers = [
        ("Authorization", basic_of(ADA, PASSWORD)),
        ("Accept", "application/json".to_owned()),
    ];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let response = request(browser.client.get("/who/basic"), &headers)
        .dispatch()
        .await;
    assert_eq!(
        response.status(),
        Status::TooManyRequests,
        "the right one waits too"
    );
    assert_eq!(response.headers().get_one("Retry-After"), Some("30"));
    let (_, body) = support::json(response).await;
    assert_eq!(body["response"]["error_codes"], json!(["TOO_MANY_ATTEMPTS"]));
    app.clock().advance(Duration::from_secs(31));
    assert_eq!(try_basic(&browser, &basic_of(ADA, PASSWORD)).await, Status::Ok);
}

/// A program that sends its password every minute must not give those who guess between them a fresh start each time.
#[rocket::async_test]
async fn a_right_password_washes_no_guesses_away() {
    let app = app().set("security.login_wait_after", 4);
    let browser = made(&app).await;
    for round in 0..3 {
        let wrong = try_basic(&browser, &basic_of(ADA, "a guess")).await;
        assert_eq!(wrong, Status::Unauthorized, "{round}");
        let right = try_basic(&browser, &basic_of(ADA, PASSWORD)).await;
        assert_eq!(right, Status::Ok, "{round}");
    }
    assert_eq!(
        try_basic(&browser, &basic_of(ADA, "a guess")).await,
        Status::Unauthorized
    );
    assert_eq!(
        try_basic(&browser, &basic_of(ADA, "a guess")).await,
        Status::TooManyRequests
    );
    // Signing in starts anew, as ever.
    app.clock().advance(Duration::from_secs(31));
    browser.sign_in(ADA, PASSWORD).await;
    browser.sign_out().await;
    for _ in 0..4 {
        let wrong = try_basic(&browser, &basic_of(ADA, "a guess")).await;
        assert_eq!(wrong, Status::Unauthorized);
    }
}

#[rocket::async_test]
async fn the_account_is_asked_what_a_sign_in_asks_of_it() {
    let app = app();
    let browser = made(&app).await;
    let security = browser.client.rocket().state::<Security>().unwrap();
    let ada = security.find_user(ADA).await.unwrap().unwrap().id;
    security.deactivate_user(ada).await.unwrap();
    let headers = [
        ("Authorization", basic_of(ADA, PASSWORD)),
        ("Accept", "application/json".to_owned()),
    ];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let (status, body) = ask(&browser, "/who/basic", &headers).await;
    assert_eq!(status, Status::Forbidden);
    assert!(
        body.contains("DISABLED_ACCOUNT"),
        "who knows the password reads the truth: {body}"
    );
    assert_eq!(
        try_basic(&browser, &basic_of(ADA, "wrong")).await,
        Status::Unauthorized,
        "and a stranger nothing"
    );
}

#[rocket::async_test]
async fn roles_can_be_asked_of_it() {
    let app = app();
    let browser = made(&app).await;
    let value = basic_of(ADA, PASSWORD);
    let headers = [("Authorization", value.as_str()), ("Accept", "application/json")];
    assert_eq!(
        ask(&browser, "/who/admin-basic", &headers).await.0,
        Status::Forbidden
    );
    let security = browser.client.rocket().state::<Security>().unwrap();
    let ada = security.find_user(ADA).await.unwrap().unwrap().id;
    security.add_role(ada, "admin").await.unwrap();
    assert_eq!(ask(&browser, "/who/admin-basic", &headers).await.0, Status::Ok);
}

/// One request, however many guards it meets, checks a password once.
#[rocket::async_test]
async fn one_request_is_one_hash() {
    #[get("/who/twice")]
    fn twice(one: BasicUser, two: Auth<(Token, Basic)>) -> String {
        format!("{} {}", one.email, two.email)
    }
    let app = app();
    let browser = Browser::on(site(&app).mount("/", routes![twice])).await;
    browser.register(ADA).await;
    browser.sign_out().await;
    let work = |browser: &Browser| testing::work(&browser.client).hashes;
    let before = work(&browser);
    let value = basic_of(ADA, PASSWORD);
    let answer = ask(&browser, "/who/twice", &[("Authorization", &value)]).await;
    assert_eq!(answer.0, Status::Ok);
    assert_eq!(work(&browser) - before, 1);
    // Nobody of that name costs the same.
    let before = work(&browser);
    try_basic(&browser, &basic_of("nobody@example.org", PASSWORD)).await;
    assert_eq!(work(&browser) - before, 1);
}
