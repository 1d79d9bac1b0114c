//! Auth tokens: who gets one, what it is good for, and what ends it.

use std::time::Duration;

use rocket_security::{Error, Policy, Result, Timestamp, User};
use serde_json::Map;

use super::*;

async fn good(browser: &Browser, token: &str) -> bool {
    let (status, _) = ask(browser, "/who/token", &[("Authentication-Token", token)]).await;
    assert!([Status::Ok, Status::Unauthorized].contains(&status), "{status}");
    status == Status::Ok
}

fn token_in(body: &Value) -> Option<String> {
    Some(
        body["response"]["user"]["authentication_token"]
            .as_str()?
            .to_owned(),
    )
}

#[rocket::async_test]
async fn one_is_given_to_who_asks_for_it_and_signs_in_by_json() {
    let app = app();
    let browser = browser(&app).await;
    let account = json!({ "email": ADA, "password": PASSWORD, "password_confirm": PASSWORD });
    let (_, body) = browser.submit_json("/register?include_auth_token", account).await;
    let token = token_in(&body).unwrap_or_else(|| panic!("{body}"));
    assert!(good(&browser, &token).await);
    browser.sign_out().await;

    let login = json!({ "email": ADA, "password": PASSWORD });
    let (_, body) = browser.submit_json("/login", login.clone()).await;
    assert_eq!(body["response"]["user"], json!({}), "nobody asked");
    let (_, body) = browser
        .submit_json(
            "/verify?x=1&include_auth_token=no",
            json!({ "password": PASSWORD }),
        )
        .await;
    assert!(good(&browser, &token_in(&body).expect("the value means nothing")).await);
    // Asked for anew, the endpoint that only tells gives none.
    let (_, body) = browser.get_json("/login?include_auth_token").await;
    assert_eq!(token_in(&body), None);
    browser.sign_out().await;

    // A wrong password earns nothing, a page neither.
    let wrong = json!({ "email": ADA, "password": "wrong horse battery staple" });
    let (status, body) = browser.submit_json("/login?include_auth_token", wrong).await;
    assert_eq!((status, token_in(&body)), (Status::BadRequest, None));
    let page = browser.csrf("/login").await;
    let fields = [
        ("csrf_token", page.as_str()),
        ("email", ADA),
        ("password", PASSWORD),
    ];
    let answer = browser.post("/login?include_auth_token", &fields).await;
    assert_eq!(answer.status(), Status::Found);
    assert_eq!(answer.into_string().await.unwrap_or_default(), "");
}

#[rocket::async_test]
async fn every_json_sign_in_gives_one_where_old_clients_expect_it() {
    let app = app().set("security.backwards_compat_auth_token", true);
    let browser = browser(&app).await;
    browser.register(ADA).await;
    browser.sign_out().await;
    let login = json!({ "email": ADA, "password": PASSWORD });
    let (_, body) = browser.submit_json("/login", login).await;
    assert!(good(&browser, &token_in(&body).expect("a token")).await);
}

#[rocket::async_test]
async fn it_ends_by_time() {
    let app = app();
    let browser = browser(&app).await;
    let token = token_of(&browser, ADA).await;
    app.clock().advance(Duration::from_secs(15 * 60 - 1));
    assert!(good(&browser, &token).await);
    app.clock().advance(Duration::from_secs(2));
    assert!(!good(&browser, &token).await);
}

#[rocket::async_test]
async fn it_ends_with_the_account_and_with_its_uniquifier() {
    let app = app();
    let browser = browser(&app).await;
    let token = token_of(&browser, ADA).await;
    let security = browser.client.rocket().state::<Security>().unwrap();
    let ada = security.find_user(ADA).await.unwrap().unwrap().id;
    security.deactivate_user(ada).await.unwrap();
    assert!(!good(&browser, &token).await);
    security.activate_user(ada).await.unwrap();
    assert!(good(&browser, &token).await, "its user is himself again");
    security.sign_out_everywhere(ada).await.unwrap();
    assert!(!good(&browser, &token).await);

    let token = token_of(&browser, "grace@example.org").await;
    let grace = security.find_user("grace@example.org").await.unwrap().unwrap();
    security.datastore().delete_user(grace.id).await.unwrap();
    assert!(!good(&browser, &token).await);
}

#[rocket::async_test]
async fn the_application_gives_one_out_on_its_word() {
    #[get("/who/assured")]
    fn assured(user: TokenUser) -> String {
        let proofs = user.assurance().proofs();
        proofs.iter().map(|proof| proof.factor.name()).collect()
    }
    let app = app();
    let browser = Browser::on(site(&app).mount("/", routes![assured])).await;
    browser.register(ADA).await;
    browser.sign_out().await;
    let security = browser.client.rocket().state::<Security>().unwrap();
    let ada = security.find_user(ADA).await.unwrap().unwrap();
    let token = security.auth_token(&ada).await.unwrap();
    let answer = ask(&browser, "/who/assured", &[("Authentication-Token", &token)]).await;
    assert_eq!(answer, (Status::Ok, "application".into()));
    security.deactivate_user(ada.id).await.unwrap();
    assert!(!good(&browser, &security.auth_token(&ada).await.unwrap()).await);
}

#[rocket::async_test]
async fn it_ends_with_its_key() {
    const OLD: &str = "an old key for the tokens of this test: 1f9Kq";
    const NEW: &str = "a new key for the tokens of this test: 7Rm2z";
    let app = app();
    let app = app.set("security.secret_keys", vec![OLD]);
    let first = browser(&app).await;
    let token = token_of(&first, ADA).await;
    drop(first);
    let app = app.set("security.secret_keys", vec![NEW, OLD]);
    let rotated = browser(&app).await;
    assert!(good(&rotated, &token).await, "rotating a key signs nobody out");
    drop(rotated);
    let app = app.set("security.secret_keys", vec![NEW]);
    assert!(!good(&browser(&app).await, &token).await);
}

#[rocket::async_test]
async fn no_other_value_of_ours_is_one() {
    let app = app();
    let browser = browser(&app).await;
    let token = token_of(&browser, ADA).await;
    browser.register("grace@example.org").await;
    let mut values: Vec<String> = browser
        .client
        .cookies()
        .iter()
        .map(|cookie| cookie.value().to_owned())
        .collect();
    assert!(values.len() >= 2, "{values:?}");
    values.push(browser.get("/token").await.into_string().await.unwrap());
    // Its own pieces, cut, turned round and swapped.
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 4);
    values.push(token[..token.len() - 1].to_owned());
    values.push(format!("{}.{}.{}.{}", parts[0], parts[1], parts[3], parts[2]));
    values.push(format!("{}.{}.{}.", parts[0], parts[1], parts[2]));
    values.push(format!("{}.{}", parts[2], parts[3]));
    values.push("x".repeat(8000));
    for value in &values {
        assert!(!good(&browser, value).await, "{value}");
    }
    // And it is no session.
    let name = browser
        .client
        .cookies()
        .iter()
        .map(|cookie| cookie.name().to_owned())
        .find(|name| name.contains("session"))
        .expect("the session's cookie");
    browser.sign_out().await;
    let answer = browser
        .client
        .get("/who/session")
        .cookie((name, token))
        .dispatch()
        .await;
    assert_ne!(answer.status(), Status::Ok);
}

#[rocket::async_test]
async fn it_stands_in_a_header_and_nowhere_else_unless_the_settings_say_so() {
    let plain = app();
    let browser = browser(&plain).await;
    let token = token_of(&browser, ADA).await;
    let bearer = format!("bearer  {token}");
    assert_eq!(
        ask(&browser, "/who/token", &[("Authorization", &bearer)]).await.0,
        Status::Ok
    );
    let in_query = format!("/who/token?auth_token={token}");
    assert_ne!(ask(&browser, &in_query, &[]).await.0, Status::Ok);
    let in_body = json!({ "password": PASSWORD, "auth_token": token });
    let post = async |browser: &Browser| {
        let request = request(browser.client.post("/verify"), &[]);
        let response = request
            .header(ContentType::JSON)
            .body(in_body.to_string())
            .dispatch()
            .await;
        support::json(response).await
    };
    assert_eq!(post(&browser).await.0, Status::Unauthorized);
    drop(browser);

    let lax = plain
        .set("security.danger_token_in_query", true)
        .set("security.token_in_body", true)
        .set("security.token_authentication_header", "X-House-Token");
    let browser = super::browser(&lax).await;
    assert_eq!(ask(&browser, &in_query, &[]).await.0, Status::Ok);
    assert_eq!(
        ask(&browser, "/who/token", &[("X-House-Token", &token)]).await.0,
        Status::Ok
    );
    assert_ne!(
        ask(&browser, "/who/token", &[("Authentication-Token", &token)])
            .await
            .0,
        Status::Ok
    );
    // Not a header: the CSRF token is asked for as of everybody.
    let (status, body) = post(&browser).await;
    assert_eq!(status, Status::BadRequest, "{body}");
    assert_eq!(body["response"]["error_codes"], json!(["CSRF_FAILED"]));
}

/// Who has a token and no cookie proves anew who he is, gets a token that says so, and never a session.
#[rocket::async_test]
async fn a_client_without_cookies_stays_fresh_by_verifying() {
    let app = app();
    let browser = browser(&app).await;
    let token = token_of(&browser, ADA).await;
    let fresh = async |token: &str| {
        let headers = [("Authentication-Token", token), ("Accept", "application/json")];
        ask(&browser, "/who/fresh-token", &headers).await.0
    };
    assert_eq!(fresh(&token).await, Status::Ok);
    app.clock().advance(Duration::from_secs(11 * 60));
    let headers = [
        ("Authentication-Token", token.as_str()),
        ("Accept", "application/json"),
    ];
    let (status, body) = ask(&browser, "/who/fresh-token", &headers).await;
    assert_eq!(status, Status::Unauthorized);
    assert!(body.contains("\"reauth_required\":true"), "{body}");

    let verify = async |password: &str| {
        let request = request(
            browser.client.post("/verify?include_auth_token"),
            &[("Authentication-Token", &token)],
        );
        let body = json!({ "password": password }).to_string();
        let response = request.header(ContentType::JSON).body(body).dispatch().await;
        assert!(
            response
                .cookies()
                .iter()
                .all(|cookie| !cookie.name().contains("session"))
        );
        support::json(response).await
    };
    let (status, body) = verify("wrong horse battery staple").await;
    assert_eq!((status, token_in(&body)), (Status::BadRequest, None));
    let (status, body) = verify(PASSWORD).await;
    assert_eq!(status, Status::Ok, "{body}");
    let newer = token_in(&body).expect("a token");
    assert_eq!(fresh(&newer).await, Status::Ok);
    assert_eq!(
        fresh(&token).await,
        Status::Unauthorized,
        "what was said before stands"
    );
}

#[rocket::async_test]
async fn a_token_made_late_is_no_fresher_than_its_session() {
    let app = app().set("security.freshness", "1 hour");
    let browser = browser(&app).await;
    browser.register(ADA).await;
    // Nothing but a new proof gives a token: the session alone never does.
    app.clock().advance(Duration::from_secs(30 * 60));
    let (_, body) = browser.get_json("/verify?include_auth_token").await;
    assert_eq!(token_in(&body), None);
}

#[rocket::async_test]
async fn a_setting_makes_every_token_stale() {
    let app = app().set("security.freshness_allow_auth_token", false);
    let browser = browser(&app).await;
    let token = token_of(&browser, ADA).await;
    let header = [("Authentication-Token", token.as_str())];
    assert_eq!(ask(&browser, "/who/token", &header).await.0, Status::Ok);
    let header = [header[0], ("Accept", "application/json")];
    assert_eq!(
        ask(&browser, "/who/fresh-token", &header).await.0,
        Status::Unauthorized
    );
}

#[rocket::async_test]
async fn our_endpoints_take_whom_the_settings_say() {
    for (methods, by_token, by_basic) in [
        (vec!["session", "token"], Status::Ok, Status::Unauthorized),
        (vec!["session"], Status::Unauthorized, Status::Unauthorized),
        (vec!["basic"], Status::Unauthorized, Status::Ok),
    ] {
        let app = app().set("security.api_enabled_methods", methods.clone());
        let browser = browser(&app).await;
        let token = token_of(&browser, ADA).await;
        let json = ("Accept", "application/json");
        let answer = ask(&browser, "/verify", &[("Authentication-Token", &token), json]).await;
        assert_eq!(answer.0, by_token, "{methods:?}");
        let basic = basic_of(ADA, PASSWORD);
        let answer = ask(&browser, "/verify", &[("Authorization", &basic), json]).await;
        assert_eq!(answer.0, by_basic, "{methods:?}");
    }
}

struct House;

#[rocket::async_trait]
impl Policy for House {
    fn payload(&self, user: &User) -> Map<String, Value> {
        Map::from_iter([("email".to_owned(), user.email.clone().into())])
    }

    async fn augment_token(&self, user: &User) -> Result<Map<String, Value>> {
        if user.email.starts_with("broken") {
            return Err(Error::unavailable("the directory does not answer"));
        }
        Ok(Map::from_iter([
            ("tenant".to_owned(), json!(user.email.len())),
            // None of these is the library's own.
            ("uid".to_owned(), json!("somebody else")),
            ("exp".to_owned(), json!(i64::MAX)),
        ]))
    }

    async fn verify_token(&self, user: &User, data: &Map<String, Value>) -> Result<bool> {
        Ok(data["tenant"] == json!(user.email.len()) && user.login_count < 3)
    }

    fn token_expires_at(&self, user: &User, now: Timestamp) -> Option<Timestamp> {
        match user.email.starts_with("short") {
            true => Some(now + Duration::from_secs(60)),
            false => Some(now + Duration::from_secs(24 * 60 * 60)),
        }
    }
}

#[get("/who/tenant")]
fn tenant(user: TokenUser) -> String {
    user.token()
        .map(|token| token.data["tenant"].to_string())
        .unwrap_or_default()
}

#[rocket::async_test]
async fn the_application_puts_data_in_and_has_its_word() {
    let app = app().set("security.trackable", true);
    let rocket = with(support::with_fairing(&app, |fairing| fairing.policy(House)));
    let browser = Browser::on(rocket.mount("/", routes![tenant])).await;
    let token = token_of(&browser, ADA).await;
    let header = [("Authentication-Token", token.as_str())];
    assert_eq!(
        ask(&browser, "/who/tenant", &header).await,
        (Status::Ok, "15".into())
    );
    browser.sign_in(ADA, PASSWORD).await;
    browser.sign_out().await;
    assert!(!good(&browser, &token).await, "verify_token says so now");

    let short = token_of(&browser, "short@example.org").await;
    app.clock().advance(Duration::from_secs(59));
    assert!(good(&browser, &short).await);
    app.clock().advance(Duration::from_secs(1));
    assert!(!good(&browser, &short).await);
    let long = token_of(&browser, "long@example.org").await;
    app.clock().advance(Duration::from_secs(16 * 60));
    assert!(!good(&browser, &long).await, "never longer than token_max_age");

    let account =
        json!({ "email": "broken@example.org", "password": PASSWORD, "password_confirm": PASSWORD });
    let (status, body) = browser.submit_json("/register?include_auth_token", account).await;
    assert_eq!(status, Status::ServiceUnavailable, "{body}");
    assert_eq!(token_in(&body), None);
}

#[rocket::async_test]
async fn answers_with_a_token_are_kept_by_nobody() {
    let app = app();
    let browser = browser(&app).await;
    let token = token_of(&browser, ADA).await;
    let response = request(
        browser.client.get("/who/token"),
        &[("Authentication-Token", &token)],
    )
    .dispatch()
    .await;
    assert_eq!(
        response.headers().get_one("Cache-Control"),
        Some("private, no-store")
    );
}

#[rocket::async_test]
async fn a_request_by_token_costs_one_look_up() {
    let app = app();
    let browser = browser(&app).await;
    let token = token_of(&browser, ADA).await;
    let count = || {
        let security = browser.client.rocket().state::<Security>().unwrap();
        security.datastore().statements().unwrap()
    };
    let before = count();
    assert!(good(&browser, &token).await);
    assert_eq!(count() - before, 1);
    let before = count();
    assert!(!good(&browser, "v1.0123456789ab.AAAA.AAAA").await);
    assert_eq!(count() - before, 0, "a forged one costs none");
}
