//! Whether somebody has an account is not to be read off our answers: not off the status, a header, a cookie, the
//! body, nor off how soon one has to wait. Where this version must tell (no mail yet), it tells openly.

use std::time::Duration;

use rocket::http::{ContentType, Method, Status};
use rocket_security::testing::App;
use serde_json::{Value, json};

use crate::attempt::{Attempt, codes, headers};
use crate::support::{Browser, PASSWORD, app, json as read};

const MEMBER: &str = "ada@example.org";
const DISABLED: &str = "dis@example.org";
const UNKNOWN: &str = "who@example.org";
const WRONG: &str = "not the right password";

async fn visitor(app: &App) -> Browser {
    let browser = Browser::new(app).await;
    browser
        .security()
        .create_user(MEMBER, PASSWORD)
        .await
        .expect("a member");
    let disabled = browser
        .security()
        .create_user(DISABLED, PASSWORD)
        .await
        .expect("a member");
    assert!(
        browser
            .security()
            .deactivate_user(disabled.id)
            .await
            .expect("an answer")
    );
    browser
}

/// The answer of a browser that has never been here, as far as it may be compared: random values are taken out, as
/// many characters of them as there were left in.
async fn answer(
    app: &App,
    attempt: &Attempt,
    form: &[(&str, &str)],
) -> (Status, Vec<(String, String)>, String) {
    let browser = Browser::new(app).await;
    let token = browser.csrf_token().await;
    let fields = [&[("csrf_token", token.as_str())], form].concat();
    let attempt = if attempt.headers.iter().any(|(_, value)| value == "JSON") {
        let body: Value = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        attempt.clone().json(&body)
    } else {
        attempt.clone().form(&fields)
    };
    let response = browser.attempt(&attempt.same_origin()).await;
    let (status, mut headers) = (response.status(), headers(&response));
    let page = response.content_type() == Some(ContentType::HTML);
    let body = response.into_string().await.unwrap_or_default();
    let mut random: Vec<String> = browser.cookies().into_iter().map(|(_, value)| value).collect();
    if page {
        random.extend(crate::support::field(&body, "csrf_token"));
    }
    let nonces = headers
        .iter()
        .filter_map(|(_, value)| value.split_once("'nonce-")?.1.split_once('\''));
    random.extend(nonces.map(|(nonce, _)| nonce.to_owned()).collect::<Vec<_>>());
    let masked = |text: &str| {
        random.iter().fold(text.to_owned(), |it, value| {
            it.replace(value, &"*".repeat(value.len()))
        })
    };
    headers.iter_mut().for_each(|(_, value)| *value = masked(value));
    // The address is repeated in the form; all of them are equally long.
    let body = [MEMBER, DISABLED, UNKNOWN]
        .iter()
        .fold(masked(&body), |it, email| it.replace(email, "***"));
    (status, headers, body)
}

fn representations(path: &str) -> [Attempt; 3] {
    let post = || Attempt::post(path);
    [
        post().header("Accept", "text/html"),
        post().wants_json(),
        post().header("X-As", "JSON"),
    ]
}

#[rocket::async_test]
async fn unknown_wrong_and_disabled_are_answered_alike() {
    let app = app().set("security.login_wait_after", 100);
    visitor(&app).await;
    for attempt in representations("/login") {
        for next in ["", "/profile"] {
            let mut answers = Vec::new();
            for email in [UNKNOWN, MEMBER, DISABLED, UNKNOWN] {
                answers.push(
                    answer(
                        &app,
                        &attempt,
                        &[("email", email), ("password", WRONG), ("next", next)],
                    )
                    .await,
                );
            }
            assert!(
                matches!(answers[0].0, Status::Ok | Status::BadRequest),
                "{:?}",
                answers[0]
            );
            for other in &answers[1..] {
                assert_eq!(&answers[0], other);
            }
        }
    }
}

#[rocket::async_test]
async fn the_code_of_the_error_is_the_generic_one_at_form_level() {
    let app = app();
    let browser = visitor(&app).await;
    for (email, password) in [
        (UNKNOWN, WRONG),
        (MEMBER, WRONG),
        (DISABLED, WRONG),
        (UNKNOWN, PASSWORD),
        ("nobody", WRONG),
    ] {
        let (status, body) = browser
            .submit_json("/login", json!({"email": email, "password": password}))
            .await;
        assert_eq!(status, Status::BadRequest, "{email}");
        assert_eq!(codes(&body), ["GENERIC_AUTHN_FAILED"], "{email}: {body}");
        assert_eq!(
            body["response"]["errors"].as_array().map(Vec::len),
            Some(1),
            "{email}: {body}"
        );
        let fields = body["response"]["field_errors"].as_object().expect("an object");
        assert_eq!(fields.keys().collect::<Vec<_>>(), [""], "{email}: {body}");
        for extra in ["user", "csrf_token", "identity_attributes", "tf_required"] {
            assert!(body["response"].get(extra).is_none(), "{email}: {body}");
        }
        assert!(
            !body.to_string().contains(password),
            "{email}: the password comes back: {body}"
        );
    }
}

#[rocket::async_test]
async fn after_the_right_password_the_true_reason_is_told() {
    let app = app();
    let browser = visitor(&app).await;
    let (status, body) = browser
        .submit_json("/login", json!({"email": DISABLED, "password": PASSWORD}))
        .await;
    assert_eq!(
        (status, codes(&body)),
        (Status::BadRequest, vec!["DISABLED_ACCOUNT".to_owned()]),
        "{body}"
    );
    assert!(!browser.is_signed_in().await);
    assert_eq!(browser.sign_in(DISABLED, PASSWORD).await.status(), Status::Ok);
    assert!(!browser.is_signed_in().await);
}

#[rocket::async_test]
async fn other_spellings_of_the_address_tell_nothing_either() {
    let app = app();
    visitor(&app).await;
    let [_, attempt, _] = representations("/login");
    let mut answers = Vec::new();
    for email in [
        "ADA@EXAMPLE.ORG",
        "ada@example.org ",
        "ada@EXAMPLE.org",
        "who@EXAMPLE.ORG",
        "who@example.org ",
    ] {
        answers.push(answer(&app, &attempt, &[("email", email), ("password", WRONG)]).await);
    }
    for other in &answers[1..] {
        assert_eq!(&answers[0], other);
    }
}

#[rocket::async_test]
async fn one_has_to_wait_as_soon_for_an_unknown_account() {
    let wait = async |email: &str| {
        let app = app().set("security.login_wait_after", 3);
        let browser = visitor(&app).await;
        let mut said = Vec::new();
        for _ in 0..6 {
            let token = browser.csrf_token().await;
            let form = [
                ("csrf_token", token.as_str()),
                ("email", email),
                ("password", WRONG),
            ];
            let response = browser
                .attempt(&Attempt::post("/login").form(&form).same_origin().wants_json())
                .await;
            let after = response.headers().get_one("Retry-After").map(str::to_owned);
            let (status, body) = read(response).await;
            said.push((status, after, body));
            app.advance(Duration::from_secs(1));
        }
        said
    };
    let unknown = wait(UNKNOWN).await;
    let waits = unknown
        .iter()
        .filter(|(_, _, body)| codes(body) == ["TOO_MANY_ATTEMPTS"])
        .count();
    assert!((1..6).contains(&waits), "{unknown:?}");
    assert_eq!(unknown, wait(MEMBER).await);
    assert_eq!(unknown, wait(DISABLED).await);
}

/// While the brake holds, not even the right password may tell itself from a wrong one.
#[rocket::async_test]
async fn while_one_has_to_wait_the_right_password_is_answered_like_a_wrong_one() {
    let app = app().set("security.login_wait_after", 2);
    let browser = visitor(&app).await;
    for _ in 0..3 {
        browser.sign_in(MEMBER, WRONG).await;
    }
    let wrong = browser
        .submit_json("/login", json!({"email": MEMBER, "password": WRONG}))
        .await;
    let right = browser
        .submit_json("/login", json!({"email": MEMBER, "password": PASSWORD}))
        .await;
    assert_eq!(codes(&wrong.1), ["TOO_MANY_ATTEMPTS"], "{}", wrong.1);
    assert_eq!((wrong.0, codes(&wrong.1)), (right.0, codes(&right.1)));
    assert!(!browser.is_signed_in().await);
}

#[rocket::async_test]
async fn a_taken_address_is_refused_openly_while_there_is_no_mail() {
    let app = app();
    let browser = visitor(&app).await;
    for email in [MEMBER, DISABLED, "ADA@example.org", "ada@EXAMPLE.ORG"] {
        let body = json!({"email": email, "password": PASSWORD, "password_confirm": PASSWORD});
        let (status, body) = browser.submit_json("/register", body).await;
        assert_eq!(status, Status::BadRequest, "{email}: {body}");
        assert_eq!(codes(&body), ["EMAIL_ALREADY_ASSOCIATED"], "{body}");
        assert!(body["response"]["field_errors"]["email"].is_array(), "{body}");
        assert!(body["response"].get("user").is_none(), "{body}");
        let form = [
            ("email", email),
            ("password", PASSWORD),
            ("password_confirm", PASSWORD),
        ];
        let page = browser.submit("/register", &form).await;
        assert_eq!(page.status(), Status::Ok);
        let page = page.into_string().await.unwrap_or_default();
        assert!(!page.contains(PASSWORD), "the page repeats the password");
        assert!(!browser.is_signed_in().await);
    }
    // A password that breaks a rule is reported together with it: nobody registers twice to learn both.
    let body = json!({"email": MEMBER, "password": "short", "password_confirm": "short"});
    let (_, body) = browser.submit_json("/register", body).await;
    let mut both = codes(&body);
    both.sort();
    assert_eq!(
        both,
        ["EMAIL_ALREADY_ASSOCIATED", "PASSWORD_INVALID_LENGTH"],
        "{body}"
    );
}

#[rocket::async_test]
async fn a_taken_user_name_is_a_field_error_and_a_wrong_one_at_sign_in_is_not() {
    let app = app().set("security.username_enable", true);
    let browser = Browser::new(&app).await;
    let register = |email: &str, name: &str| json!({"email": email, "username": name, "password": PASSWORD, "password_confirm": PASSWORD});
    let (status, body) = browser
        .submit_json("/register", register(MEMBER, "adalovelace"))
        .await;
    assert_eq!(status, Status::Ok, "{body}");
    browser.sign_out().await;
    for name in ["adalovelace", "AdaLovelace"] {
        let (status, body) = browser
            .submit_json("/register", register("new@example.org", name))
            .await;
        assert_eq!(status, Status::BadRequest, "{name}: {body}");
        assert_eq!(codes(&body), ["USERNAME_ALREADY_ASSOCIATED"], "{body}");
        assert!(body["response"]["field_errors"]["username"].is_array(), "{body}");
    }
    let sign_in = async |body: Value| browser.submit_json("/login", body).await;
    let unknown = sign_in(json!({"username": "nobodyatall", "password": WRONG})).await;
    assert_eq!(codes(&unknown.1), ["GENERIC_AUTHN_FAILED"], "{}", unknown.1);
    assert_eq!(
        unknown,
        sign_in(json!({"username": "adalovelace", "password": WRONG})).await
    );
    assert_eq!(
        unknown,
        sign_in(json!({"email": MEMBER, "password": WRONG})).await
    );
    assert_eq!(
        unknown,
        sign_in(json!({"email": "adalovelace", "password": WRONG})).await
    );
    let right = sign_in(json!({"username": "adalovelace", "password": PASSWORD})).await;
    assert_eq!(right.0, Status::Ok, "{}", right.1);
}

#[rocket::async_test]
async fn pages_that_are_only_looked_at_tell_nothing() {
    let app = app();
    visitor(&app).await;
    for path in ["/login", "/register"] {
        let mut answers = Vec::new();
        for email in [MEMBER, UNKNOWN, DISABLED] {
            let page = Attempt {
                method: Method::Get,
                ..Attempt::post(&format!("{path}?email={email}"))
            };
            let browser = Browser::new(&app).await;
            let (status, body) = read(browser.attempt(&page.wants_json()).await).await;
            let mut body = body["response"].clone();
            body["csrf_token"] = Value::Null;
            answers.push((status, body));
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0], answers[2]);
    }
}

/// A session of a member who was deactivated is that of a stranger, and is told nothing more.
#[rocket::async_test]
async fn who_was_deactivated_is_answered_like_a_stranger() {
    let app = app();
    let browser = visitor(&app).await;
    let page = Attempt::new(Method::Get, "/profile").wants_json();
    let stranger = browser.attempt(&page).await.into_string().await;
    assert_eq!(browser.sign_in(MEMBER, PASSWORD).await.status(), Status::Found);
    let member = browser
        .security()
        .find_user(MEMBER)
        .await
        .expect("an answer")
        .expect("a member");
    assert!(
        browser
            .security()
            .deactivate_user(member.id)
            .await
            .expect("an answer")
    );
    let answer = browser.attempt(&page).await;
    assert_eq!(answer.status(), Status::Unauthorized);
    assert_eq!(answer.into_string().await, stranger);
}
