//! By what a request says for whom it speaks: auth token, session, name and password.

mod basic;
mod mixed;
mod tokens;

use rocket::http::{ContentType, Header, Status};
use rocket::local::asynchronous::{LocalRequest, LocalResponse};
use rocket::{Build, Rocket, get, post, routes};
use rocket_security::testing::{self, App};
use rocket_security::{
    Anonymous, Auth, AuthUser, Basic, BasicUser, Fresh, HasRole, Security, Session, SessionUser, Token,
    TokenUser, guards,
};
use serde_json::{Value, json};

use crate::support::{self, Browser, PASSWORD, app};

const ADA: &str = "ada@example.org";

#[get("/who/token")]
fn by_token(user: TokenUser) -> String {
    format!("{:?} {}", user.mechanism(), user.email)
}

#[get("/who/session")]
fn by_session(user: SessionUser) -> String {
    format!("{:?} {}", user.mechanism(), user.email)
}

#[get("/who/basic")]
fn by_basic(user: BasicUser) -> String {
    format!("{:?} {}", user.mechanism(), user.email)
}

#[get("/who/any")]
fn by_any(user: Auth<(Basic, Session, Token)>) -> String {
    format!("{:?} {}", user.mechanism(), user.email)
}

#[post("/who/any")]
fn act_by_any(user: Auth<(Token, Session, Basic)>) -> String {
    format!("{:?} {}", user.mechanism(), user.email)
}

#[get("/who/user")]
fn by_user(user: AuthUser) -> String {
    format!("{:?} {}", user.mechanism(), user.email)
}

#[get("/who/nobody")]
fn nobody(_visitor: Anonymous) -> &'static str {
    "nobody"
}

#[guards]
#[get("/who/admin-basic")]
fn admin_by_basic(user: HasRole<"admin", Basic>) -> String {
    user.email.clone()
}

#[get("/who/fresh-token")]
fn fresh_token(user: Fresh<10, Token>) -> String {
    user.email.clone()
}

fn site(app: &App) -> Rocket<Build> {
    with(support::rocket(app))
}

fn with(rocket: Rocket<Build>) -> Rocket<Build> {
    rocket.mount(
        "/",
        routes![
            by_token,
            by_session,
            by_basic,
            by_any,
            act_by_any,
            by_user,
            nobody,
            admin_by_basic,
            fresh_token
        ],
    )
}

async fn browser(app: &App) -> Browser {
    Browser::on(site(app)).await
}

/// Signs somebody up, in a browser of his own, and gives out a token for him.
async fn token_of(browser: &Browser, email: &str) -> String {
    browser.register(email).await;
    browser.sign_out().await;
    let (status, body) = browser
        .submit_json(
            "/login?include_auth_token",
            json!({ "email": email, "password": PASSWORD }),
        )
        .await;
    assert_eq!(status, Status::Ok, "{body}");
    let token = body["response"]["user"]["authentication_token"]
        .as_str()
        .unwrap_or_else(|| panic!("no token: {body}"))
        .to_owned();
    browser.sign_out().await;
    token
}

async fn ask(browser: &Browser, path: &str, headers: &[(&str, &str)]) -> (Status, String) {
    let response = request(browser.client.get(path.to_owned()), headers)
        .dispatch()
        .await;
    let status = response.status();
    (status, response.into_string().await.unwrap_or_default())
}

fn request<'c>(mut request: LocalRequest<'c>, headers: &[(&str, &str)]) -> LocalRequest<'c> {
    request.add_header(Header::new("Host", "app.example"));
    for (name, value) in headers {
        request.add_header(Header::new((*name).to_owned(), (*value).to_owned()));
    }
    request
}

fn challenges(response: &LocalResponse<'_>) -> Vec<String> {
    response
        .headers()
        .get("WWW-Authenticate")
        .map(str::to_owned)
        .collect()
}

fn basic_of(name: &str, password: &str) -> String {
    let plain = format!("{name}:{password}");
    format!("Basic {}", data_encoding::BASE64.encode(plain.as_bytes()))
}

#[rocket::async_test]
async fn they_are_asked_in_the_order_token_session_basic() {
    let app = app();
    let browser = browser(&app).await;
    let grace = token_of(&browser, "grace@example.org").await;
    browser.register(ADA).await;
    let basic = basic_of("grace@example.org", PASSWORD);

    // A session rides along with every request; what the client puts in by itself comes first.
    let token = ("Authentication-Token", grace.as_str());
    for path in ["/who/any", "/who/user", "/who/token"] {
        let answer = ask(&browser, path, &[token]).await;
        assert_eq!(answer, (Status::Ok, "Token grace@example.org".into()), "{path}");
    }
    let answer = ask(&browser, "/who/session", &[token]).await;
    assert_eq!(answer, (Status::Ok, format!("Session {ADA}")));
    // And a session before a password.
    let answer = ask(&browser, "/who/any", &[("Authorization", &basic)]).await;
    assert_eq!(answer, (Status::Ok, format!("Session {ADA}")));
    let answer = ask(&browser, "/who/basic", &[("Authorization", &basic)]).await;
    assert_eq!(answer, (Status::Ok, "Basic grace@example.org".into()));
    // A token that is not good leaves the session its chance, and a guard that wants a token none.
    let forged = ("Authentication-Token", "v1.0123456789ab.AAAA.AAAA");
    let answer = ask(&browser, "/who/user", &[forged]).await;
    assert_eq!(answer, (Status::Ok, format!("Session {ADA}")));
    let answer = ask(&browser, "/who/token", &[forged]).await;
    assert_eq!(answer.0, Status::Unauthorized);
}

#[rocket::async_test]
async fn two_credentials_that_differ_are_refused_whichever_would_be_good() {
    let app = app();
    let browser = browser(&app).await;
    let token = token_of(&browser, ADA).await;
    let bearer = format!("Bearer {token}");
    let other = format!("Bearer {token}x");
    let basic = basic_of(ADA, PASSWORD);
    let cases: [&[(&str, &str)]; 4] = [
        &[("Authorization", &bearer), ("Authorization", &basic)],
        &[("Authentication-Token", &token), ("Authorization", &basic)],
        &[("Authentication-Token", &token), ("Authorization", &other)],
        &[("Authentication-Token", &token), ("Authentication-Token", "x")],
    ];
    for headers in cases {
        for path in ["/who/any", "/who/user", "/who/token", "/who/basic", "/who/nobody"] {
            let mut all = headers.to_vec();
            all.push(("Accept", "application/json"));
            let (status, body) = ask(&browser, path, &all).await;
            assert_eq!(status, Status::BadRequest, "{path} {headers:?}: {body}");
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(body["response"]["error_codes"], json!(["TWO_CREDENTIALS"]));
        }
        // A guard that looks at the cookie alone has nothing to choose from.
        let answer = ask(&browser, "/who/session", &[("Accept", "application/json")]).await;
        assert_eq!(answer.0, Status::Unauthorized);
    }
    // The same one twice is one.
    let twice = [
        ("Authentication-Token", token.as_str()),
        ("Authorization", &bearer),
    ];
    let answer = ask(&browser, "/who/token", &twice).await;
    assert_eq!(answer, (Status::Ok, format!("Token {ADA}")));
}

#[rocket::async_test]
async fn a_401_says_what_would_be_taken() {
    let app = app().set("security.default_http_auth_realm", "The House");
    let browser = browser(&app).await;
    let bearer = "Bearer realm=\"The House\"";
    let basic = "Basic realm=\"The House\", charset=\"UTF-8\"";
    let cases: [(&str, &[&str]); 5] = [
        ("/who/any", &[bearer, basic]),
        ("/who/user", &[bearer]),
        ("/who/token", &[bearer]),
        ("/who/basic", &[basic]),
        ("/who/session", &[]),
    ];
    for (path, expected) in cases {
        let headers = [("Accept", "application/json")];
        let response = request(browser.client.get(path), &headers).dispatch().await;
        assert_eq!(response.status(), Status::Unauthorized, "{path}");
        assert_eq!(challenges(&response), expected, "{path}");
    }
    // A page: to the sign-in page where that helps.
    for (path, redirected) in [
        ("/who/user", true),
        ("/who/session", true),
        ("/who/token", false),
        ("/who/basic", false),
        ("/who/any", false),
    ] {
        let response = request(browser.client.get(path), &[]).dispatch().await;
        let expected = if redirected {
            Status::Found
        } else {
            Status::Unauthorized
        };
        assert_eq!(response.status(), expected, "{path}");
    }
}

#[rocket::async_test]
async fn who_brings_a_token_is_no_stranger() {
    let app = app();
    let browser = browser(&app).await;
    let token = token_of(&browser, ADA).await;
    let header = [
        ("Authentication-Token", token.as_str()),
        ("Accept", "application/json"),
    ];
    assert_eq!(ask(&browser, "/who/nobody", &header).await.0, Status::BadRequest);
    assert_eq!(ask(&browser, "/who/nobody", &[]).await.0, Status::Ok);
    let forged = [("Authentication-Token", "rubbish")];
    assert_eq!(ask(&browser, "/who/nobody", &forged).await.0, Status::Ok);
}

/// What no other site can make a browser send needs no other proof; what rides along does.
#[rocket::async_test]
async fn another_site_acts_for_nobody() {
    let app = app();
    let browser = browser(&app).await;
    let token = token_of(&browser, ADA).await;
    let basic = basic_of(ADA, PASSWORD);
    let post = async |headers: &[(&str, &str)]| {
        let response = request(browser.client.post("/who/any"), headers).dispatch().await;
        response.status()
    };
    let cross = [
        ("Sec-Fetch-Site", "cross-site"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
    ];
    for cross in cross {
        let by_token = post(&[("Authentication-Token", &token), cross]).await;
        assert_eq!(
            by_token,
            Status::Ok,
            "a token comes from where its page lets it: {cross:?}"
        );
        let by_basic = post(&[("Authorization", &basic), cross]).await;
        assert_eq!(
            by_basic,
            Status::Forbidden,
            "browsers add this by themselves: {cross:?}"
        );
    }
    // No browser at all.
    assert_eq!(post(&[("Authorization", &basic)]).await, Status::Ok);
    let own = ("Sec-Fetch-Site", "same-origin");
    assert_eq!(post(&[("Authorization", &basic), own]).await, Status::Ok);

    browser.register("grace@example.org").await;
    assert_eq!(post(&[own]).await, Status::Ok);
    assert_eq!(post(&[cross[0]]).await, Status::Forbidden);
    assert_eq!(
        post(&[]).await,
        Status::Forbidden,
        "a session needs a browser's word or a token"
    );
    // A token that is not good does not open the door for the session that rides along.
    let riding = post(&[("Authentication-Token", "rubbish"), cross[0]]).await;
    assert_eq!(riding, Status::Forbidden);
}

#[rocket::async_test]
async fn which_mechanisms_are_protected_from_other_sites_is_a_setting() {
    let app = app()
        .set("security.csrf_protect_mechanisms", vec!["token"])
        .set("security.accepted_risks", vec!["csrf_protect_mechanisms"]);
    let browser = browser(&app).await;
    let token = token_of(&browser, ADA).await;
    let cross = ("Sec-Fetch-Site", "cross-site");
    let post = async |headers: &[(&str, &str)]| {
        let response = request(browser.client.post("/who/any"), headers).dispatch().await;
        response.status()
    };
    assert_eq!(
        post(&[("Authentication-Token", &token), cross]).await,
        Status::Forbidden
    );
    assert_eq!(post(&[("Authentication-Token", &token)]).await, Status::Ok);
    let basic = basic_of(ADA, PASSWORD);
    assert_eq!(post(&[("Authorization", &basic), cross]).await, Status::Ok);
    browser.register("grace@example.org").await;
    assert_eq!(post(&[cross]).await, Status::Ok);
}
