//! Who gets JSON, and in which form.

use rocket::http::{ContentType, Header, Method, Status};
use rocket_security::{JsonAnswer, Refusal, SecurityFairing, testing};
use serde_json::{Value, json};

use super::{MEMBER, browser, page, signed_in};
use crate::attempt::Attempt;
use crate::support::{self, Browser, PASSWORD};

fn shaped(_: &rocket::Request<'_>, answer: &JsonAnswer<'_>) -> Value {
    json!({
        "status": answer.status().code,
        "failed": answer.is_error(),
        "who": answer.user().map(|user| user.email.clone()),
        "data": answer.payload(),
    })
}

async fn body(browser: &Browser, attempt: &Attempt) -> (Status, Value) {
    let answer = browser.attempt(attempt).await;
    assert_eq!(answer.content_type(), Some(ContentType::JSON), "{}", attempt.url);
    assert_eq!(
        answer.headers().get_one("Cache-Control"),
        Some("private, no-store"),
        "{}",
        attempt.url
    );
    support::json(answer).await
}

#[rocket::async_test]
async fn every_json_answer_has_the_applications_form() {
    let (app, browser) = browser(|fairing| fairing.render_json(shaped)).await;
    browser.security().create_user(MEMBER, PASSWORD).await.unwrap();
    let post = |url: &str, body: Value| Attempt::post(url).json(&body).same_origin();

    let (status, login) = body(&browser, &page("/login").wants_json()).await;
    assert_eq!(status, Status::Ok);
    assert_eq!(login["data"]["identity_attributes"], json!(["email"]));
    assert_eq!((&login["failed"], &login["who"]), (&json!(false), &Value::Null));
    let token = login["data"]["csrf_token"].as_str().expect("a token").to_owned();

    // Failures of each kind: a refusal, a form, a body, another site.
    let failures = [
        (page("/profile").wants_json(), 401),
        (page("/verify").wants_json(), 401),
        (
            post(
                "/login",
                json!({ "csrf_token": token, "email": MEMBER, "password": "wrong" }),
            ),
            400,
        ),
        (
            post("/login", json!({ "email": MEMBER, "password": PASSWORD })),
            400,
        ),
        (Attempt::post("/login").body("application/json", "[1]"), 400),
        (Attempt::post("/login").body("application/json", "{"), 400),
    ];
    for (attempt, code) in failures {
        let (status, answer) = body(&browser, &attempt).await;
        assert_eq!(status.code, code, "{} {answer}", attempt.url);
        assert_eq!(answer["status"], code, "{answer}");
        assert_eq!(
            (&answer["failed"], &answer["who"]),
            (&json!(true), &Value::Null),
            "{answer}"
        );
        assert!(answer["data"]["error_codes"].is_array(), "{answer}");
        assert!(
            answer.get("meta").is_none() && answer.get("response").is_none(),
            "{answer}"
        );
    }

    let sign_in = post(
        "/login",
        json!({ "csrf_token": token, "email": MEMBER, "password": PASSWORD }),
    );
    let (status, answer) = body(&browser, &sign_in).await;
    assert_eq!((status, &answer["who"]), (Status::Ok, &json!(MEMBER)), "{answer}");
    let token = answer["data"]["csrf_token"].as_str().expect("a token").to_owned();

    // A failure names nobody, also while somebody is signed in.
    for attempt in [page("/admin").wants_json(), page("/register").wants_json()] {
        let (_, answer) = body(&browser, &attempt).await;
        assert_eq!(
            (&answer["failed"], &answer["who"]),
            (&json!(true), &Value::Null),
            "{answer}"
        );
    }
    app.advance(std::time::Duration::from_secs(3600));
    let (_, answer) = body(&browser, &page("/fresh").wants_json()).await;
    assert_eq!(answer["data"]["reauth_required"], true, "{answer}");

    let (_, answer) = body(&browser, &post("/logout", json!({ "csrf_token": token }))).await;
    assert_eq!(
        answer,
        json!({ "status": 200, "failed": false, "who": null, "data": {} })
    );
}

#[rocket::async_test]
async fn without_a_word_json_keeps_its_form() {
    let (_plain_app, plain) = browser(|fairing| fairing).await;
    let (_none_app, none) = browser(|fairing| fairing.render_json(|_, _| None::<Value>)).await;
    let (_usual_app, usual) =
        browser(|fairing| fairing.render_json(|_, answer: &JsonAnswer<'_>| answer.envelope())).await;
    let attempt = page("/profile").wants_json();
    let expected = body(&plain, &attempt).await;
    assert_eq!(expected.1["meta"]["code"], 401);
    assert_eq!(body(&none, &attempt).await, expected);
    assert_eq!(body(&usual, &attempt).await, expected);
}

#[rocket::async_test]
async fn the_form_of_json_changes_neither_status_nor_cookies() {
    let setup = |fairing: SecurityFairing| fairing.render_json(|_, _| json!("an answer that says nothing"));
    let (_app, browser) = browser(setup).await;
    browser.security().create_user(MEMBER, PASSWORD).await.unwrap();
    let token = browser.csrf_token().await;
    let fields = json!({ "csrf_token": token, "email": MEMBER, "password": PASSWORD });
    let (status, answer) = body(&browser, &Attempt::post("/login").json(&fields)).await;
    assert_eq!(
        (status, answer),
        (Status::Ok, json!("an answer that says nothing"))
    );
    assert!(browser.is_signed_in().await, "the session's cookie went out");
    let (status, _) = body(&browser, &page("/admin").wants_json()).await;
    assert_eq!(status, Status::Forbidden);
}

#[rocket::async_test]
async fn the_application_may_say_who_gets_json() {
    let setup = |fairing: SecurityFairing| {
        fairing.wants_json(|req| match req.headers().get_one("X-Form") {
            Some("json") => Some(true),
            Some("page") => Some(false),
            _ => None,
        })
    };
    let (_app, browser) = browser(setup).await;
    browser.security().create_user(MEMBER, PASSWORD).await.unwrap();
    let is_json =
        async |attempt: &Attempt| browser.attempt(attempt).await.content_type() == Some(ContentType::JSON);
    // Endpoints, forms, refusals by endpoint and by catcher: everywhere at once.
    for url in ["/login", "/register", "/verify", "/profile"] {
        let plain = page(url).header("Accept", "text/html");
        assert!(!is_json(&plain).await, "{url}");
        assert!(is_json(&plain.clone().header("X-Form", "json")).await, "{url}");
        let json = page(url).wants_json();
        assert!(is_json(&json).await, "{url}");
        assert!(!is_json(&json.clone().header("X-Form", "page")).await, "{url}");
        assert!(is_json(&json.header("X-Form", "neither")).await, "{url}");
    }
    // A script that gets 401 in JSON by the usual rules gets what the application says.
    let script = page("/profile").header("Sec-Fetch-Mode", "cors");
    assert_eq!(browser.attempt(&script).await.status(), Status::Unauthorized);
    let told = script.header("X-Form", "page");
    assert_eq!(browser.attempt(&told).await.status(), Status::Found);
    // How a body is read stays a matter of its type.
    let token = browser.csrf_token().await;
    let fields = json!({ "csrf_token": token, "email": MEMBER, "password": PASSWORD });
    let as_page = Attempt::post("/login").json(&fields).header("X-Form", "page");
    assert_eq!(browser.attempt(&as_page).await.status(), Status::Found);
    let token = browser.csrf_token().await;
    let form = Attempt::post("/logout")
        .form(&[("csrf_token", &token)])
        .same_origin()
        .header("X-Form", "json");
    assert!(is_json(&form).await);
}

/// It asks us for the usual answer, which asks who gets JSON, which asks …
#[rocket::async_test]
async fn a_handler_that_asks_back_ends() {
    let setup = |fairing: SecurityFairing| {
        fairing.wants_json(|req| {
            let _ = Refusal::of(req).map(|refusal| refusal.respond(req));
            true
        })
    };
    let (_app, browser) = signed_in(setup).await;
    let answer = browser.get("/admin").await;
    assert_eq!(answer.status(), Status::Forbidden);
    assert_eq!(answer.content_type(), Some(ContentType::JSON));
}

#[rocket::async_test]
async fn a_form_of_json_that_panics_is_a_500() {
    let setup = |fairing: SecurityFairing| fairing.render_json(|_, _| -> Value { panic!("a mistake") });
    let (_app, browser) = browser(setup).await;
    let request = browser
        .client
        .get("/login")
        .header(Header::new("Accept", "application/json"));
    assert_eq!(request.dispatch().await.status(), Status::InternalServerError);
    let ok = Attempt::new(Method::Get, "/login");
    assert_eq!(browser.attempt(&ok).await.status(), Status::Ok);
    testing::sign_in(&browser.client, MEMBER).await.unwrap();
}
