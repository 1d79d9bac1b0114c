//! The CSRF cookie for single-page applications, and clients that keep no cookies.

use rocket::http::{ContentType, Header};
use rocket_security::testing::App;
use serde_json::json;

use crate::answer::{Answer, Speech};
use crate::support::{Browser, PASSWORD, app};

const ADA: &str = "ada@example.org";
const NAME: &str = "XSRF-TOKEN";

fn spa() -> App {
    app().set("security.csrf_cookie_name", NAME)
}

fn value(browser: &Browser) -> Option<String> {
    let cookies = browser.client.cookies();
    cookies.get(NAME).map(|cookie| cookie.value().to_owned())
}

/// What a script does: the cookie's value in the header, and nothing that says where it comes from.
async fn post(browser: &Browser, url: &str, token: &str, body: serde_json::Value) -> Answer {
    let request = browser
        .client
        .post(url.to_owned())
        .header(Header::new("Host", "app.example"))
        .header(Header::new("X-XSRF-Token", token.to_owned()))
        .header(ContentType::JSON)
        .body(body.to_string());
    Answer::of(request.dispatch().await).await
}

#[rocket::async_test]
async fn a_script_signs_in_and_out_with_the_cookie_alone() {
    let app = spa();
    let browser = Browser::new(&app).await;
    browser.register(ADA).await;
    browser.sign_out().await;
    assert_eq!(value(&browser), None, "the cookie outlived the sign-out");

    let answer = browser.look(Speech::Json, "/login").await;
    let cookie = answer
        .cookies()
        .into_iter()
        .find(|cookie| cookie.starts_with(NAME));
    let cookie = cookie.expect("the first token brings the cookie");
    for attribute in ["SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(
        !cookie.contains("HttpOnly") && !cookie.contains("Max-Age"),
        "{cookie}"
    );
    let anonymous = value(&browser).expect("the cookie");
    let answer = browser.look(Speech::Json, "/login").await;
    assert_eq!(answer.cookie(NAME), None, "one that serves is not sent again");

    let credentials = json!({ "email": ADA, "password": PASSWORD });
    let answer = post(&browser, "/login", &anonymous, credentials).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let signed_in = value(&browser).expect("the cookie");
    assert_ne!(signed_in, anonymous);
    let answer = post(&browser, "/change", &anonymous, json!({})).await;
    assert_eq!(
        answer.status, 403,
        "a token from before the sign-in served after it"
    );
    assert_eq!(post(&browser, "/change", &signed_in, json!({})).await.status, 200);

    // Proving again changes the session, so the cookie changes with it.
    let answer = post(&browser, "/verify", &signed_in, json!({ "password": PASSWORD })).await;
    assert_eq!(answer.status, 200);
    let proved = value(&browser).expect("the cookie");
    assert_ne!(proved, signed_in);
    assert_eq!(post(&browser, "/change", &proved, json!({})).await.status, 200);

    let answer = post(&browser, "/logout", &proved, json!({})).await;
    assert_eq!(answer.status, 200);
    assert_eq!(value(&browser), None);
    assert_eq!(post(&browser, "/change", &proved, json!({})).await.status, 401);
}

#[rocket::async_test]
async fn a_cookie_that_serves_no_more_is_replaced() {
    let app = spa();
    let browser = Browser::new(&app).await;
    browser.register(ADA).await;
    let first = value(&browser).expect("the cookie");
    let answer = Answer::of(browser.get("/profile").await).await;
    assert_eq!(answer.cookie(NAME), None);
    for planted in ["", "rubbish", &"A".repeat(86)] {
        let request = browser.client.get("/profile").cookie((NAME, planted.to_owned()));
        let answer = Answer::of(request.dispatch().await).await;
        let now = answer.cookie(NAME).expect("another cookie");
        assert_ne!(now, planted);
        assert_eq!(post(&browser, "/change", &now, json!({})).await.status, 200);
    }
    assert_eq!(
        post(&browser, "/change", &first, json!({})).await.status,
        200,
        "it is masked, not another"
    );
    // What depends on nobody brings nothing.
    let request = browser.client.get("/").cookie((NAME, "rubbish"));
    let answer = Answer::of(request.dispatch().await).await;
    assert!(answer.cookies().is_empty(), "{:?}", answer.cookies());
}

#[rocket::async_test]
async fn each_answer_refreshes_it_where_that_is_asked() {
    let app = spa().set("security.csrf_cookie_refresh_each_request", true);
    let browser = Browser::new(&app).await;
    browser.register(ADA).await;
    let mut seen = vec![value(&browser).expect("the cookie")];
    for _ in 0..3 {
        let answer = Answer::of(browser.get("/profile").await).await;
        let now = answer.cookie(NAME).expect("sent each time");
        assert!(!seen.contains(&now));
        assert_eq!(post(&browser, "/change", &now, json!({})).await.status, 200);
        seen.push(now);
    }
}

#[rocket::async_test]
async fn without_the_setting_there_is_no_such_cookie() {
    let app = app();
    let browser = Browser::new(&app).await;
    browser.look(Speech::Json, "/login").await;
    browser.register(ADA).await;
    browser.get("/profile").await;
    let names: Vec<_> = browser
        .client
        .cookies()
        .iter()
        .map(|cookie| cookie.name().to_owned())
        .collect();
    assert!(
        names
            .iter()
            .all(|name| ["session", "security_browser"].contains(&name.as_str())),
        "{names:?}"
    );
}

#[rocket::async_test]
async fn another_browsers_cookie_proves_nothing() {
    let app = spa();
    let (victim, attacker) = (Browser::new(&app).await, Browser::new(&app).await);
    victim.register(ADA).await;
    attacker.register("eve@example.org").await;
    let planted = value(&attacker).expect("the cookie");
    // A subdomain may plant cookies; header and cookie then agree, but belong to another session.
    let request = victim
        .client
        .post("/change")
        .header(Header::new("Host", "app.example"))
        .header(Header::new("X-XSRF-Token", planted.clone()))
        .header(ContentType::JSON)
        .cookie((NAME, planted))
        .body("{}");
    assert_eq!(request.dispatch().await.status().code, 403);
}

#[rocket::async_test]
async fn a_client_without_cookies_signs_in_where_that_is_allowed() {
    let app = app().set("security.csrf_ignore_unauth_endpoints", true).set(
        "security.accepted_risks",
        ["argon2_memory_kib", "csrf_ignore_unauth_endpoints"],
    );
    let browser = Browser::new(&app).await;
    browser.register(ADA).await;
    browser.sign_out().await;
    let client = Browser::new(&app).await;
    let credentials = json!({ "email": ADA, "password": PASSWORD });
    let send = async |site: Option<&'static str>| {
        let mut request = client
            .client
            .post("/login")
            .header(Header::new("Host", "app.example"))
            .header(ContentType::JSON)
            .body(credentials.to_string());
        if let Some(site) = site {
            request = request.header(Header::new("Sec-Fetch-Site", site));
        }
        Answer::of(request.dispatch().await).await.status
    };
    assert_eq!(send(Some("cross-site")).await, 400, "a browser on another site");
    assert_eq!(send(None).await, 200);
    // Who is signed in needs the token as ever.
    let request = client
        .client
        .post("/verify")
        .header(Header::new("Host", "app.example"));
    let request = request
        .header(ContentType::JSON)
        .body(json!({ "password": PASSWORD }).to_string());
    assert_eq!(request.dispatch().await.status().code, 400);
}
