//! Remembered browsers: how they come back, with what, and until when.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rocket::http::Method;
use rocket::local::asynchronous::Client;
use rocket::{Build, Rocket, get, routes};
use rocket_security::testing::{self, App};
use rocket_security::{Event, Fresh};
use serde_json::json;

use crate::answer::{Answer, BOTH, Speech, number};
use crate::attempt::Attempt;
use crate::support::{self, Browser, PASSWORD, app};

mod cookies;
mod ends;
mod settings;
mod theft;

const ADA: &str = "ada@example.org";
const BOB: &str = "bob@example.org";
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

const SERIES: &str = "SELECT COUNT(*) AS n FROM security_remember";
const SESSIONS: &str = "SELECT COUNT(*) AS n FROM security_sessions";

#[get("/settled")]
fn settled(user: Fresh) -> String {
    user.email.clone()
}

/// A browser that can be closed: its cookies are in the test's hands.
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

    /// Another one with the same remember cookie and nothing else.
    fn copy(&self) -> Self {
        let mut copy = Device::new(&self.browser);
        copy.jar.insert("remember_token".to_owned(), self.remember());
        copy
    }

    async fn ask(&mut self, attempt: Attempt) -> Answer {
        let attempt = (self.jar.iter()).fold(attempt, |it, (name, value)| it.cookie(name, value));
        let answer = Answer::of(self.browser.attempt(&attempt).await).await;
        self.keep(&answer);
        answer
    }

    fn keep(&mut self, answer: &Answer) {
        for cookie in answer.cookies() {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').expect("a name and a value");
            match attributes.to_lowercase().contains("max-age=0") {
                true => self.jar.remove(name),
                false => self.jar.insert(name.to_owned(), value.to_owned()),
            };
        }
    }

    async fn get(&mut self, url: &str) -> Answer {
        self.ask(Attempt::new(Method::Get, url)).await
    }

    /// A form as our page would send it, or the same as JSON.
    async fn send(&mut self, speech: Speech, url: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.get("/token").await.body;
        let attempt = Attempt::post(url).same_origin();
        let attempt = match speech {
            Speech::Page => {
                let mut all = vec![("csrf_token", token.as_str())];
                all.extend_from_slice(fields);
                attempt.form(&all)
            }
            Speech::Json => {
                let body: BTreeMap<_, _> = fields.iter().copied().collect();
                attempt.header("X-CSRF-Token", &token).json(&json!(body))
            }
        };
        self.ask(attempt).await
    }

    async fn sign_in(&mut self, speech: Speech, email: &str) -> Answer {
        let fields = [("email", email), ("password", PASSWORD), ("remember", "y")];
        let answer = self.send(speech, "/login", &fields).await;
        assert!(matches!(answer.status, 200 | 302), "{}", answer.body);
        assert!(self.jar.contains_key("session"), "{}", answer.body);
        answer
    }

    async fn who(&mut self) -> Option<String> {
        let answer = self.ask(Attempt::new(Method::Get, "/profile").wants_json()).await;
        (answer.status == 200).then_some(answer.body)
    }

    /// What ends with the browser ends.
    fn close(&mut self) {
        self.jar.retain(|name, _| name == "remember_token");
    }

    fn remember(&self) -> String {
        self.jar.get("remember_token").expect("a remember cookie").clone()
    }

    fn session(&self) -> String {
        self.jar.get("session").expect("a session cookie").clone()
    }

    fn statements(&self) -> u64 {
        testing::work(&self.browser.client).statements
    }
}

/// What the application was told of remembered browsers.
#[derive(Clone, Default)]
struct Ears(Arc<Mutex<Vec<Event>>>);

impl Ears {
    fn heard(&self) -> Vec<Event> {
        let mut all = std::mem::take(&mut *self.0.lock().unwrap());
        all.retain(|event| matches!(event, Event::UserRemembered { .. } | Event::RememberTheft { .. }));
        all
    }
}

fn rocket(app: &App, ears: &Ears) -> Rocket<Build> {
    let ears = ears.clone();
    support::with_fairing(app, |fairing| {
        fairing.on_event(move |event: &Event| ears.0.lock().unwrap().push(event.clone()))
    })
    .mount("/", routes![settled])
}

async fn server(rocket: Rocket<Build>) -> Arc<Browser> {
    let client = Client::untracked(rocket).await.expect("the rocket ignites");
    Arc::new(Browser { client })
}

/// An instance of the application with Ada in it, and what it says.
async fn open(app: &App) -> (Arc<Browser>, Ears, i64) {
    let ears = Ears::default();
    let browser = server(rocket(app, &ears)).await;
    let ada = browser.security().create_user(ADA, PASSWORD).await.expect("ada");
    (browser, ears, ada.id)
}

/// A browser that Ada has signed in with, to be remembered, and closed.
async fn remembered(browser: &Arc<Browser>) -> Device {
    let mut device = Device::new(browser);
    device.sign_in(Speech::Page, ADA).await;
    device.close();
    device
}

#[rocket::async_test]
async fn a_remembered_browser_comes_back_without_a_password() {
    for speech in BOTH {
        let app = app();
        let (browser, ears, user) = open(&app).await;
        let mut device = Device::new(&browser);
        device.sign_in(speech, ADA).await;
        let (first, signed_in) = (device.remember(), device.session());
        assert_eq!(device.who().await.as_deref(), Some(ADA));
        assert_eq!(
            device.remember(),
            first,
            "a live session needs no remember cookie"
        );
        assert_eq!(ears.heard(), []);
        for round in 1..=3 {
            device.close();
            app.advance(2 * DAY);
            let before = device.remember();
            assert_eq!(device.who().await.as_deref(), Some(ADA), "round {round}");
            assert_ne!(device.remember(), before, "the token is used up");
            assert_ne!(device.session(), signed_in);
            assert_eq!(ears.heard(), [Event::UserRemembered { user }]);
            // From now on the session serves.
            let after = device.remember();
            assert_eq!(device.who().await.as_deref(), Some(ADA));
            assert_eq!(device.remember(), after);
            assert_eq!(ears.heard(), []);
        }
        assert_eq!(number(&app, SERIES), 1);
    }
}

#[rocket::async_test]
async fn who_does_not_ask_for_it_is_not_remembered() {
    let app = app();
    let (browser, ..) = open(&app).await;
    let mut device = Device::new(&browser);
    let fields = [("email", ADA), ("password", PASSWORD)];
    let answer = device.send(Speech::Page, "/login", &fields).await;
    assert_eq!((answer.status, answer.cookie("remember_token")), (302, None));
    // Nor who fails.
    let mut stranger = Device::new(&browser);
    for speech in BOTH {
        let fields = [
            ("email", ADA),
            ("password", "wrong wrong wrong"),
            ("remember", "y"),
        ];
        let answer = stranger.send(speech, "/login", &fields).await;
        assert_eq!(answer.cookie("remember_token"), None);
    }
    assert_eq!(number(&app, SERIES), 0);
}

#[rocket::async_test]
async fn twenty_requests_at_once_share_one_session_and_end_nothing() {
    let app = app();
    let (browser, ears, user) = open(&app).await;
    let device = remembered(&browser).await;
    let requests = (0..20).map(|number| {
        let mut tab = device.copy();
        async move {
            let url = ["/profile", "/token", "/admin", "/", "/login"][number % 5];
            let answer = tab.get(url).await;
            (url, answer, tab)
        }
    });
    let answers = rocket::futures::future::join_all(requests).await;
    assert_eq!(ears.heard(), [Event::UserRemembered { user }]);
    let mut sessions = std::collections::BTreeSet::new();
    let mut tokens = Vec::new();
    for (url, answer, tab) in answers {
        let expected = match url {
            "/admin" => 403,
            "/login" => 302,
            _ => 200,
        };
        assert_eq!(answer.status, expected, "{url}");
        if url == "/" {
            assert!(answer.cookies().is_empty(), "nobody asked who comes");
            continue;
        }
        sessions.insert((tab.session(), tab.remember()));
        if url == "/token" {
            tokens.push(answer.body);
        }
    }
    assert_eq!(sessions.len(), 1, "one session and one next token for all");
    assert_eq!((number(&app, SERIES), number(&app, SESSIONS)), (1, 2));
    // The tokens of all pages agree: each was made for the session that they share.
    let (session, remember) = sessions.pop_first().expect("one");
    for token in tokens {
        let attempt = Attempt::post("/change").header("X-CSRF-Token", &token);
        let answer = browser.attempt(&attempt.cookie("session", &session)).await;
        assert_eq!(answer.status().code, 200);
    }
    // And the browser comes back next time.
    app.advance(2 * DAY);
    let mut device = device;
    device.jar.insert("remember_token".to_owned(), remember);
    assert_eq!(device.who().await.as_deref(), Some(ADA));
    assert!(
        !ears
            .heard()
            .iter()
            .any(|event| matches!(event, Event::RememberTheft { .. }))
    );
}

#[rocket::async_test]
async fn a_refusal_straight_after_the_return_keeps_both_cookies() {
    for (url, status) in [("/admin", 403), ("/fresh", 401), ("/drafts", 403)] {
        let app = app();
        let (browser, ears, user) = open(&app).await;
        let mut device = remembered(&browser).await;
        let before = device.remember();
        let answer = device.ask(Attempt::new(Method::Get, url).wants_json()).await;
        assert_eq!(answer.status, status, "{url}");
        assert_ne!(device.remember(), before);
        assert!(answer.cookie("session").is_some(), "{url}");
        app.advance(2 * MINUTE);
        assert_eq!(device.who().await.as_deref(), Some(ADA));
        device.close();
        assert_eq!(device.who().await.as_deref(), Some(ADA));
        let back = Event::UserRemembered { user };
        assert_eq!(ears.heard(), [back.clone(), back], "{url}");
    }
}

#[rocket::async_test]
async fn a_restored_session_is_never_fresh_until_verify_makes_it_so() {
    for speech in BOTH {
        let app = app().set("security.freshness", "36500 days");
        let (browser, ..) = open(&app).await;
        let mut device = remembered(&browser).await;
        for url in ["/fresh", "/settled"] {
            let answer = device.ask(Attempt::new(Method::Get, url).wants_json()).await;
            assert_eq!(answer.status, 401, "{url}");
            assert_eq!(answer.codes(), ["REAUTHENTICATION_REQUIRED"], "{url}");
        }
        let session = device.session();
        let wrong = device
            .send(speech, "/verify", &[("password", "wrong wrong wrong")])
            .await;
        assert!(matches!(wrong.status, 200 | 400));
        assert_eq!(device.get("/fresh").await.status, 302);
        let answer = device.send(speech, "/verify", &[("password", PASSWORD)]).await;
        assert!(matches!(answer.status, 200 | 302), "{}", answer.body);
        assert_ne!(device.session(), session, "the id changes");
        for url in ["/fresh", "/settled"] {
            assert_eq!(device.get(url).await.status, 200, "{url}");
        }
        assert_eq!(
            number(
                &app,
                "SELECT COUNT(*) AS n FROM security_sessions WHERE factors LIKE '%remember%'"
            ),
            0,
            "what was proved is the password"
        );
    }
}

#[rocket::async_test]
async fn what_changes_something_needs_its_own_site_as_ever() {
    let app = app();
    let (browser, ..) = open(&app).await;
    for (origin, status) in [("same-origin", 200), ("cross-site", 403), ("", 403)] {
        let mut device = remembered(&browser).await;
        let attempt = match origin {
            "" => Attempt::post("/change"),
            origin => Attempt::post("/change").header("Sec-Fetch-Site", origin),
        };
        let answer = device.ask(attempt.wants_json()).await;
        assert_eq!(answer.status, status, "{origin:?}");
        // A refusal loses nothing.
        app.advance(2 * MINUTE);
        assert_eq!(device.who().await.as_deref(), Some(ADA), "{origin:?}");
    }
    // A form of ours from before the browser was closed: its token is that of another session.
    let mut device = Device::new(&browser);
    device.sign_in(Speech::Page, ADA).await;
    let stale = device.get("/token").await.body;
    device.close();
    let fields = [("csrf_token", stale.as_str()), ("password", PASSWORD)];
    let answer = device
        .ask(Attempt::post("/verify").same_origin().form(&fields))
        .await;
    assert_eq!(answer.status, 200, "the page again");
    assert!(answer.says("CSRF_FAILED"));
    let token = answer.input("csrf_token").expect("a token");
    let fields = [("csrf_token", token.as_str()), ("password", PASSWORD)];
    let answer = device
        .ask(Attempt::post("/verify").same_origin().form(&fields))
        .await;
    assert_eq!(answer.status, 302, "{}", answer.body);
    assert_eq!(device.get("/fresh").await.status, 200);
}

#[rocket::async_test]
async fn it_costs_nothing_where_it_is_not_needed() {
    let app = app();
    let (browser, ..) = open(&app).await;
    let mut device = Device::new(&browser);
    device.sign_in(Speech::Page, ADA).await;
    crate::answer::settled(&browser).await;
    let before = device.statements();
    assert!(device.who().await.is_some());
    assert_eq!(
        device.statements() - before,
        crate::support::beside::session_reads(&app),
        "a live session: itself and its user"
    );
    let mut stranger = Device::new(&browser);
    let before = stranger.statements();
    assert!(stranger.who().await.is_none());
    assert_eq!(stranger.statements() - before, 0, "nobody");
    stranger.jar.insert("remember_token".to_owned(), "A".repeat(63));
    assert!(stranger.who().await.is_none());
    assert_eq!(
        stranger.statements() - before,
        0,
        "what is no cookie of ours is not looked up"
    );
}
