//! Refresh tokens: what they are exchanged for, until when, and who sees and ends them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rocket::http::Method;
use rocket::local::asynchronous::Client;
use rocket_security::testing::App;
use rocket_security::{Event, RefreshEnd, SecurityFairing};
use serde_json::{Value, json};

use crate::answer::{Answer, number};
use crate::attempt::Attempt;
use crate::support::{self, Browser, PASSWORD};

mod aftermath;
mod attacks;
mod cookie;
mod own;
mod settings;
mod theft;

const ADA: &str = "ada@example.org";
const BOB: &str = "bob@example.org";
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

const FAMILIES: &str = "SELECT COUNT(*) AS n FROM security_refresh";
const REVOKED: &str = "SELECT COUNT(*) AS n FROM security_refresh WHERE revoked_at IS NOT NULL";
const GENERATIONS: &str = "SELECT MAX(generation) AS n FROM security_refresh";

/// With tokens in the JSON, for clients that keep no cookies.
fn in_json() -> App {
    in_cookie().set("security.refresh_token_cookie_name", "")
}

fn in_cookie() -> App {
    support::app().set("security.refresh_token", true)
}

/// What the application was told of refresh tokens.
#[derive(Clone, Default)]
struct Ears(Arc<Mutex<Vec<Event>>>);

impl Ears {
    fn heard(&self) -> Vec<Event> {
        let mut all = std::mem::take(&mut *self.0.lock().unwrap());
        all.retain(|event| {
            matches!(
                event,
                Event::RefreshTrackerCreated { .. } | Event::RefreshTrackerRevoked { .. }
            )
        });
        all
    }

    /// Why families were revoked.
    fn ends(&self) -> Vec<RefreshEnd> {
        let why = |event| match event {
            Event::RefreshTrackerRevoked { why, .. } => Some(why),
            _ => None,
        };
        self.heard().into_iter().filter_map(why).collect()
    }
}

/// An instance of the application with Ada and Bob in it, and what it says.
async fn open_with(
    app: &App,
    setup: impl FnOnce(SecurityFairing) -> SecurityFairing,
) -> (Arc<Browser>, Ears, i64) {
    let ears = Ears::default();
    let heard = ears.clone();
    let rocket = support::with_fairing(app, |fairing| {
        setup(fairing).on_event(move |event: &Event| heard.0.lock().unwrap().push(event.clone()))
    });
    let client = Client::untracked(rocket).await.expect("the rocket ignites");
    let browser = Arc::new(Browser { client });
    let ada = browser.security().create_user(ADA, PASSWORD).await.expect("ada");
    browser.security().create_user(BOB, PASSWORD).await.expect("bob");
    (browser, ears, ada.id)
}

async fn open(app: &App) -> (Arc<Browser>, Ears, i64) {
    open_with(app, |fairing| fairing).await
}

/// A client with its cookies in the test's hands.
#[derive(Clone)]
struct Device {
    browser: Arc<Browser>,
    jar: BTreeMap<String, String>,
}

impl Device {
    fn new(browser: &Arc<Browser>) -> Self {
        Device {
            browser: browser.clone(),
            jar: BTreeMap::new(),
        }
    }

    async fn ask(&mut self, attempt: Attempt) -> Answer {
        let attempt = (self.jar.iter()).fold(attempt, |it, (name, value)| it.cookie(name, value));
        let answer = Answer::of(self.browser.attempt(&attempt).await).await;
        for cookie in answer.cookies() {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').expect("a name and a value");
            match attributes.to_lowercase().contains("max-age=0") {
                true => self.jar.remove(name),
                false => self.jar.insert(name.to_owned(), value.to_owned()),
            };
        }
        answer
    }

    async fn csrf(&mut self) -> String {
        self.ask(Attempt::new(Method::Get, "/token")).await.body
    }

    /// JSON as a front end of this site sends it.
    async fn send(&mut self, url: &str, body: &Value) -> Answer {
        let token = self.csrf().await;
        let attempt = Attempt::post(url).same_origin().header("X-CSRF-Token", &token);
        self.ask(attempt.json(body)).await
    }

    /// Signs in for an auth token.
    async fn sign_in(&mut self, email: &str) -> Answer {
        let body = json!({ "email": email, "password": PASSWORD });
        let answer = self.send("/login?include_auth_token", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer
    }

    async fn exchange(&mut self) -> Answer {
        self.send("/refresh-token", &json!({})).await
    }

    fn refresh(&self) -> Option<String> {
        self.jar.get("fs_refresh").cloned()
    }
}

/// The refresh token of a new sign-in, where tokens travel in the JSON.
async fn signed_in(browser: &Arc<Browser>, email: &str) -> String {
    let answer = Device::new(browser).sign_in(email).await;
    refresh_of(&answer)
}

/// Exchanges a token as a client without cookies does.
async fn exchange(browser: &Browser, token: &str) -> Answer {
    let attempt = Attempt::post("/refresh-token").json(&json!({ "refresh_token": token }));
    Answer::of(browser.attempt(&attempt).await).await
}

fn refresh_of(answer: &Answer) -> String {
    let token = &answer.json()["response"]["user"]["refresh_token"];
    token
        .as_str()
        .unwrap_or_else(|| panic!("no refresh token: {}", answer.body))
        .to_owned()
}

fn auth_of(answer: &Answer) -> String {
    let token = &answer.json()["response"]["user"]["authentication_token"];
    token
        .as_str()
        .unwrap_or_else(|| panic!("no auth token: {}", answer.body))
        .to_owned()
}

/// Whom an auth token stands for.
async fn who(browser: &Browser, auth_token: &str) -> Option<String> {
    let attempt = Attempt::new(Method::Get, "/profile")
        .wants_json()
        .header("Authentication-Token", auth_token);
    let answer = Answer::of(browser.attempt(&attempt).await).await;
    (answer.status == 200).then_some(answer.body)
}

/// A refusal of the token, for that reason and with nothing else in it.
#[track_caller]
fn refused(answer: &Answer, reason: &str) {
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert_eq!(answer.codes(), ["REFRESH_TOKEN_INVALID"], "{}", answer.body);
    assert_eq!(answer.response_keys(), ["error_codes", "errors", "field_errors"]);
    let errors = &answer.json()["response"]["field_errors"]["refresh_token"];
    let text = errors[0].as_str().expect("an error of the field");
    assert!(text.ends_with(&format!(" {reason}.")), "{text} is not {reason}");
    answer.assert_not_cached(reason);
}

#[rocket::async_test]
async fn an_exchange_brings_an_auth_token_and_the_next_refresh_token() {
    let app = in_json();
    let (browser, ears, user) = open(&app).await;
    let answer = Device::new(&browser).sign_in(ADA).await;
    let (auth, refresh) = (auth_of(&answer), refresh_of(&answer));
    assert_eq!(answer.cookie("fs_refresh"), None);
    let heard = ears.heard();
    let [Event::RefreshTrackerCreated { user: whose, family }] = heard.as_slice() else {
        panic!("{heard:?}");
    };
    assert_eq!(*whose, user);
    assert!(!refresh.contains(family.as_str()));
    assert_eq!(who(&browser, &auth).await.as_deref(), Some(ADA));
    app.advance(60 * MINUTE);
    assert_eq!(who(&browser, &auth).await, None, "it has expired");
    let mut before = refresh;
    for round in 2..5 {
        let answer = exchange(&browser, &before).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.json()["meta"], json!({ "code": 200 }));
        assert_eq!(answer.response_keys(), ["user"], "no CSRF token");
        answer.assert_not_cached("an exchange");
        assert!(answer.cookie("session").is_none() && answer.cookie("fs_refresh").is_none());
        assert_eq!(who(&browser, &auth_of(&answer)).await.as_deref(), Some(ADA));
        let next = refresh_of(&answer);
        assert_ne!(next, before, "each serves once");
        assert_eq!(number(&app, GENERATIONS), round);
        before = next;
        app.advance(DAY);
    }
    assert_eq!((number(&app, FAMILIES), ears.heard()), (1, vec![]));
}

#[rocket::async_test]
async fn an_exchange_makes_nobody_fresh() {
    let app = in_json();
    let (browser, ..) = open(&app).await;
    let answer = Device::new(&browser).sign_in(ADA).await;
    let fresh = async |auth: &str| {
        let page = Attempt::new(Method::Get, "/fresh").wants_json();
        let attempt = page.header("Authentication-Token", auth);
        browser.attempt(&attempt).await.status().code
    };
    assert_eq!(fresh(&auth_of(&answer)).await, 200, "the password came just now");
    app.advance(2 * MINUTE);
    let answer = exchange(&browser, &refresh_of(&answer)).await;
    let auth = auth_of(&answer);
    assert_eq!(who(&browser, &auth).await.as_deref(), Some(ADA));
    assert_eq!(fresh(&auth).await, 401, "the token is new, the proof is not");
}

#[rocket::async_test]
async fn each_sign_in_for_a_token_is_a_family_of_its_own() {
    let app = in_json();
    let (browser, ..) = open(&app).await;
    let (one, two) = (signed_in(&browser, ADA).await, signed_in(&browser, ADA).await);
    assert_eq!(number(&app, FAMILIES), 2);
    // Who does not ask for an auth token gets none of either.
    let mut device = Device::new(&browser);
    let body = json!({ "email": ADA, "password": PASSWORD });
    let answer = device.send("/login", &body).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.body.contains("refresh_token"), "{}", answer.body);
    assert_eq!(number(&app, FAMILIES), 2);
    for token in [one, two] {
        assert_eq!(exchange(&browser, &token).await.status, 200);
    }
}

#[rocket::async_test]
async fn an_idle_family_ends_and_so_does_an_old_one() {
    let app = in_json();
    let (browser, ears, _) = open(&app).await;
    let idle = signed_in(&browser, ADA).await;
    let mut used = signed_in(&browser, ADA).await;
    // Used every six days, it lives for ninety.
    for _ in 0..14 {
        app.advance(6 * DAY);
        let answer = exchange(&browser, &used).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        used = refresh_of(&answer);
    }
    app.advance(6 * DAY);
    ears.heard();
    refused(&exchange(&browser, &used).await, "EXPIRED");
    // The other one was swept meanwhile or is told the same.
    let answer = exchange(&browser, &idle).await;
    assert!(answer.body.contains("NOT_FOUND") || answer.body.contains("EXPIRED"));
    let week = signed_in(&browser, ADA).await;
    app.advance(7 * DAY - SECOND);
    let answer = exchange(&browser, &week).await;
    assert_eq!(answer.status, 200, "a second before the week is over");
    app.advance(7 * DAY);
    refused(&exchange(&browser, &refresh_of(&answer)).await, "EXPIRED");
    // What has expired is no theft, whichever token of it comes.
    app.advance(MINUTE);
    refused(&exchange(&browser, &week).await, "GEN_MISMATCH");
    assert_eq!(ears.ends(), []);
}

#[rocket::async_test]
async fn what_is_over_is_swept() {
    let app = in_json();
    let (browser, ..) = open(&app).await;
    signed_in(&browser, ADA).await;
    signed_in(&browser, ADA).await;
    app.advance(8 * DAY);
    signed_in(&browser, ADA).await;
    crate::answer::settled(&browser).await;
    assert_eq!(number(&app, FAMILIES), 1);
}

#[rocket::async_test]
async fn keys_rotate_under_it() {
    let old = "a secret key for tests that is long enough, one";
    let new = "another secret key for tests that is long enough";
    let app = in_json();
    let (browser, ..) = open(&app).await;
    let token = signed_in(&browser, ADA).await;
    drop(browser);
    let app = app.set("security.secret_keys", [new, old]);
    let browser = Browser::stranger(&app).await;
    let answer = exchange(&browser, &token).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    // The lost answer is found again under whichever key it was made.
    let once_more = exchange(&browser, &token).await;
    assert_eq!(refresh_of(&once_more), refresh_of(&answer));
    drop(browser);
    let app = app.set("security.secret_keys", [new]);
    let browser = Browser::stranger(&app).await;
    app.advance(MINUTE);
    let answer = exchange(&browser, &refresh_of(&answer)).await;
    assert_eq!(answer.status, 200, "the row has moved to the current key");
    refused(&exchange(&browser, &signed_by_nobody()).await, "NOT_FOUND");
}

/// A token of the right form that nobody was given.
fn signed_by_nobody() -> String {
    "A".repeat(64)
}
