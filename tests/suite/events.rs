//! What the application is told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rocket::http::Header;
use rocket::local::asynchronous::LocalResponse;
use rocket::{get, routes};
use rocket_security::testing::{self, App};
use rocket_security::{AuthUser, Event, Factor, Reason, Security};
use serde_json::json;

use crate::support::{self, Browser, PASSWORD, app};

/// What was heard by a handler on the builder and by the channel, which must be the same.
struct Ears {
    handler: Arc<Mutex<Vec<Event>>>,
    channel: Mutex<rocket::tokio::sync::broadcast::Receiver<Event>>,
}

impl Ears {
    /// What happened since the last time.
    fn heard(&self) -> Vec<Event> {
        let said = std::mem::take(&mut *self.handler.lock().unwrap());
        let mut sent = Vec::new();
        while let Ok(event) = self.channel.lock().unwrap().try_recv() {
            sent.push(event);
        }
        assert_eq!(said, sent, "the handler and the channel heard different things");
        said
    }
}

#[get("/optional")]
fn optional(user: Option<AuthUser>) -> String {
    user.map(|user| user.email.clone()).unwrap_or_default()
}

async fn listening(app: &App) -> (Browser, Ears) {
    let handler = Arc::new(Mutex::new(Vec::new()));
    let pen = handler.clone();
    let rocket = support::with_fairing(app, |fairing| {
        fairing.on_event(move |event: &Event| pen.lock().unwrap().push(event.clone()))
    });
    let browser = Browser::on(rocket.mount("/", routes![optional])).await;
    let channel = Mutex::new(browser.client.rocket().state::<Security>().unwrap().events());
    (browser, Ears { handler, channel })
}

async fn id_of(browser: &Browser, email: &str) -> i64 {
    browser
        .client
        .rocket()
        .state::<Security>()
        .unwrap()
        .find_user(email)
        .await
        .unwrap()
        .unwrap()
        .id
}

const WRONG: &str = "not the right password at all";

#[rocket::async_test]
async fn an_account_from_its_making_to_its_sign_out() {
    let app = app();
    let (browser, ears) = listening(&app).await;
    browser.register("ada@example.org").await;
    let user = id_of(&browser, "ada@example.org").await;
    let registered = Event::UserRegistered { user };
    assert_eq!(
        ears.heard(),
        [
            registered,
            Event::UserAuthenticated {
                user,
                authn_via: vec![Factor::Register]
            }
        ]
    );
    browser.get("/profile").await;
    assert_eq!(ears.heard(), [], "a page that is served is no event");
    browser.sign_out().await;
    assert_eq!(ears.heard(), [Event::UserLoggedOut { user }]);
    browser.sign_in("ada@example.org", PASSWORD).await;
    assert_eq!(
        ears.heard(),
        [Event::UserAuthenticated {
            user,
            authn_via: vec![Factor::Password]
        }]
    );
    browser.submit("/verify", &[("password", PASSWORD)]).await;
    assert_eq!(ears.heard(), [Event::UserReauthenticated { user }]);
}

#[rocket::async_test]
async fn the_same_in_json() {
    let app = app();
    let (browser, ears) = listening(&app).await;
    let account = json!({ "email": "ada@example.org", "password": PASSWORD, "password_confirm": PASSWORD });
    browser.submit_json("/register", account.clone()).await;
    let user = id_of(&browser, "ada@example.org").await;
    let registered = Event::UserRegistered { user };
    assert_eq!(
        ears.heard(),
        [
            registered,
            Event::UserAuthenticated {
                user,
                authn_via: vec![Factor::Register]
            }
        ]
    );
    browser.submit_json("/verify", json!({ "password": WRONG })).await;
    let failed = |user, reason| Event::UserFailedAuthn {
        user,
        factor: Factor::Password,
        reason,
    };
    assert_eq!(ears.heard(), [failed(Some(user), Reason::AuthenticationFailed)]);
    browser
        .submit_json("/verify", json!({ "password": PASSWORD }))
        .await;
    assert_eq!(ears.heard(), [Event::UserReauthenticated { user }]);
    browser.submit_json("/logout", json!({})).await;
    assert_eq!(ears.heard(), [Event::UserLoggedOut { user }]);
    browser.submit_json("/login", account).await;
    assert_eq!(
        ears.heard(),
        [Event::UserAuthenticated {
            user,
            authn_via: vec![Factor::Password]
        }]
    );
}

/// Who is asked for knows what the visitor is not told: whether there is such an account, and what is the matter.
#[rocket::async_test]
async fn a_failure_to_sign_in_says_whose_account_it_was() {
    let app = app();
    let (browser, ears) = listening(&app).await;
    browser.register("ada@example.org").await;
    let user = id_of(&browser, "ada@example.org").await;
    browser.sign_out().await;
    ears.heard();
    let failed = |user, reason| Event::UserFailedAuthn {
        user,
        factor: Factor::Password,
        reason,
    };
    browser.sign_in("ada@example.org", WRONG).await;
    assert_eq!(ears.heard(), [failed(Some(user), Reason::AuthenticationFailed)]);
    browser.sign_in("nobody@example.org", WRONG).await;
    assert_eq!(ears.heard(), [failed(None, Reason::AuthenticationFailed)]);
    let security = browser.client.rocket().state::<Security>().unwrap();
    security.deactivate_user(user).await.unwrap();
    browser.sign_in("ada@example.org", PASSWORD).await;
    assert_eq!(ears.heard(), [failed(Some(user), Reason::DisabledAccount)]);
}

#[rocket::async_test]
async fn a_taken_address_is_told() {
    let app = app();
    let (browser, ears) = listening(&app).await;
    browser.register("ada@example.org").await;
    browser.sign_out().await;
    ears.heard();
    let again = [
        ("email", "ADA@example.org"),
        ("password", PASSWORD),
        ("password_confirm", PASSWORD),
    ];
    browser.submit("/register", &again).await;
    assert_eq!(
        ears.heard(),
        [Event::UserNotRegistered {
            existing_email: true,
            existing_username: false
        }]
    );
}

#[rocket::async_test]
async fn a_guard_that_turns_somebody_away_tells_once() {
    let app = app();
    let (browser, ears) = listening(&app).await;
    for path in ["/profile", "/admin", "/fresh"] {
        browser.get(path).await;
        assert_eq!(ears.heard(), [Event::UserUnauthenticated], "{path}");
    }
    let user = testing::sign_in(&browser.client, "ada@example.org")
        .await
        .unwrap()
        .user
        .id;
    ears.heard();
    for path in ["/admin", "/drafts"] {
        browser.get(path).await;
        assert_eq!(
            ears.heard(),
            [Event::UserUnauthorized {
                user,
                reason: Reason::Unauthorized
            }],
            "{path}"
        );
    }
    app.advance(Duration::from_secs(61));
    browser.get("/fresh").await;
    assert_eq!(
        ears.heard(),
        [Event::UserUnauthorized {
            user,
            reason: Reason::Stale
        }]
    );
}

/// Every visitor of a public page would be an alarm else.
#[rocket::async_test]
async fn an_optional_guard_turns_nobody_away_and_tells_nothing() {
    let app = app();
    let (browser, ears) = listening(&app).await;
    assert_eq!(
        browser.get("/optional").await.into_string().await.as_deref(),
        Some("")
    );
    assert_eq!(ears.heard(), []);
}

#[rocket::async_test]
async fn a_request_from_another_site_is_told() {
    let app = app();
    let (browser, ears) = listening(&app).await;
    testing::sign_in(&browser.client, "ada@example.org")
        .await
        .unwrap();
    ears.heard();
    let from = |site: &'static str| {
        let request = browser
            .client
            .post("/change")
            .header(Header::new("Host", "app.example"));
        request.header(Header::new("Sec-Fetch-Site", site))
    };
    assert_eq!(from("same-origin").dispatch().await.status().code, 200);
    assert_eq!(ears.heard(), []);
    from("cross-site").dispatch().await;
    assert_eq!(ears.heard(), [Event::CrossSiteRefused]);
    browser.post("/logout", &[("csrf_token", "forged")]).await;
    assert_eq!(ears.heard(), [Event::CrossSiteRefused]);
}

#[rocket::async_test]
async fn a_wait_after_failures_is_told() {
    let app = app();
    let (browser, ears) = listening(&app).await;
    browser.register("ada@example.org").await;
    browser.sign_out().await;
    ears.heard();
    let mut waits = Vec::new();
    for _ in 0..6 {
        browser.sign_in("ada@example.org", WRONG).await;
        waits.extend(ears.heard().into_iter().filter_map(|event| match event {
            Event::WaitImposed { seconds } => Some(seconds),
            _ => None,
        }));
    }
    assert_eq!(waits.first(), Some(&30), "{waits:?}");
}

#[rocket::async_test]
async fn a_hash_that_is_renewed_is_told_once() {
    let app = app();
    {
        let (browser, _) = listening(&app).await;
        browser.register("ada@example.org").await;
    }
    let app = app.set("security.argon2_memory_kib", 128);
    let (browser, ears) = listening(&app).await;
    let user = id_of(&browser, "ada@example.org").await;
    browser.sign_in("ada@example.org", PASSWORD).await;
    let signed_in = Event::UserAuthenticated {
        user,
        authn_via: vec![Factor::Password],
    };
    let heard = ears.heard();
    assert!(
        heard.contains(&Event::PasswordRehashed { user }) && heard.contains(&signed_in),
        "{heard:?}"
    );
    assert_eq!(heard.len(), 2, "{heard:?}");
    browser.sign_out().await;
    ears.heard();
    browser.sign_in("ada@example.org", PASSWORD).await;
    assert_eq!(ears.heard(), [signed_in]);
}

#[rocket::async_test]
async fn every_handler_hears_every_event() {
    let app = app();
    let counts = [Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0))];
    let [one, two] = counts.clone();
    let rocket = support::with_fairing(&app, |fairing| {
        let count = |count: Arc<Mutex<i32>>| move |_: &Event| *count.lock().unwrap() += 1;
        fairing.on_event(count(one)).on_event(count(two))
    });
    Browser::on(rocket).await.register("ada@example.org").await;
    assert_eq!(counts.map(|count| *count.lock().unwrap()), [2, 2]);
}

fn cookies_of(response: &LocalResponse<'_>) -> Vec<String> {
    response
        .cookies()
        .iter()
        .map(|cookie| cookie.value().to_owned())
        .filter(|value| value.len() > 8)
        .collect()
}

/// Applications log events, and Rocket logs the errors of guards by `Debug`.
#[rocket::async_test]
async fn nothing_that_is_told_carries_a_secret() {
    let app = app();
    let (browser, ears) = listening(&app).await;
    let mut secrets = vec![
        PASSWORD.to_owned(),
        WRONG.to_owned(),
        "a secret key for tests".to_owned(),
    ];
    let token = browser.csrf("/register").await;
    secrets.push(token.clone());
    let account = [
        ("csrf_token", token.as_str()),
        ("email", "ada@example.org"),
        ("password", PASSWORD),
        ("password_confirm", PASSWORD),
    ];
    let response = browser.post("/register", &account).await;
    secrets.extend(cookies_of(&response));
    secrets.push(browser.get("/token").await.into_string().await.unwrap());
    browser.submit("/verify", &[("password", WRONG)]).await;
    browser.submit("/verify", &[("password", PASSWORD)]).await;
    browser.get("/admin").await;
    browser.post("/logout", &[("csrf_token", "forged")]).await;
    browser.sign_out().await;
    browser.sign_in("ada@example.org", WRONG).await;
    let response = browser.sign_in("ada@example.org", PASSWORD).await;
    secrets.extend(cookies_of(&response));
    assert!(secrets.len() > 6, "the cookies were not seen: {secrets:?}");

    let security = browser.client.rocket().state::<Security>().unwrap();
    let user = security.find_user("ada@example.org").await.unwrap().unwrap();
    secrets.push(user.fs_uniquifier.clone());
    secrets.push("$argon2".to_owned());
    let heard = ears.heard();
    assert!(heard.len() > 8, "{heard:?}");
    let clashes = security
        .create_user("ada@example.org", PASSWORD)
        .await
        .err()
        .unwrap();
    let weak = security
        .create_user("eve@example.org", "hunter2hunter2")
        .await
        .err()
        .unwrap();
    let said = format!("{heard:?} {heard:#?} {user:?} {clashes:?} {clashes} {weak:?} {weak}");
    for secret in secrets.iter().map(String::as_str).chain(["hunter2"]) {
        assert!(!said.contains(secret), "{secret} was told: {said}");
    }
}
