//! What the application decides: the policy, and its own handlers for signing in and out.

use std::sync::{Arc, Mutex};

use rocket::form::FromForm;
use rocket::http::{ContentType, Header};
use rocket::{get, post, routes};
use rocket_security::testing::App;
use rocket_security::{
    AuthUser, CsrfForm, Error, FailedAuthn, Policy, Reason, Reply, Result, Security, SecurityFairing, User,
    Visitor,
};
use serde_json::{Map, Value, json};

use crate::answer::{Answer, BOTH, Speech, number};
use crate::support::{self, Browser, PASSWORD, app};

const ADA: &str = "ada@example.org";

#[derive(Default)]
struct House {
    locked: Mutex<bool>,
    down: Mutex<bool>,
    failed: Mutex<Vec<String>>,
}

struct Door(Arc<House>);

#[rocket::async_trait]
impl Policy for Door {
    fn payload(&self, user: &User) -> Map<String, Value> {
        Map::from_iter([("email".to_owned(), json!(user.email))])
    }

    fn display_name(&self, user: &User) -> String {
        format!("Dr <{}>", user.email)
    }

    async fn is_locked(&self, _: &User) -> Result<bool> {
        if *self.0.down.lock().unwrap() {
            // What any call into a broken store gives.
            return Err(unavailable());
        }
        Ok(*self.0.locked.lock().unwrap())
    }

    async fn on_failed_authn(&self, failed: &FailedAuthn) {
        let who = failed.user.as_ref().map(|user| user.email.clone());
        let told = format!("{who:?} {} {:?}", failed.factor.name(), failed.reason);
        self.0.failed.lock().unwrap().push(told);
    }
}

/// An error such as the application meets: from our own store, asked for what cannot be.
fn unavailable() -> Error {
    rocket_security::db::PoolOptions::from_figment(&rocket::figment::Figment::new())
        .expect_err("a configuration without a URL")
}

#[derive(FromForm)]
struct Credentials {
    name: String,
    password: String,
    next: Option<String>,
}

#[post("/door", data = "<form>")]
async fn door(visitor: Visitor<'_>, form: CsrfForm<Credentials>) -> Result<Reply> {
    enter(&visitor, &form).await
}

#[post("/hatch?<name>&<password>")]
async fn hatch(visitor: Visitor<'_>, name: String, password: String) -> Result<Reply> {
    let form = Credentials {
        name,
        password,
        next: None,
    };
    enter(&visitor, &form).await
}

async fn enter(visitor: &Visitor<'_>, form: &Credentials) -> Result<Reply> {
    let evidence = match visitor.check_password(&form.name, &form.password).await? {
        Ok(evidence) => evidence,
        Err(reason) => return Ok(visitor.refused(reason)),
    };
    match visitor.sign_in(evidence, true).await? {
        Ok(()) => Ok(visitor.signed_in(form.next.as_deref())),
        Err(reason) => Ok(visitor.refused(reason)),
    }
}

#[get("/vouch/<email>")]
async fn vouch(visitor: Visitor<'_>, security: &Security, email: &str) -> Result<String> {
    let Some(user) = security.find_user(email).await? else {
        return Ok("nobody".to_owned());
    };
    let admitted = visitor.sign_in(visitor.vouch_for(user), false).await?;
    Ok(format!("{admitted:?}"))
}

#[post("/leave")]
async fn leave(visitor: Visitor<'_>) -> Result<String> {
    let was = visitor.user().map(|user| user.email.clone());
    Ok(format!("{was:?} {}", visitor.sign_out().await?))
}

#[get("/factors")]
fn factors(user: AuthUser) -> String {
    let names: Vec<_> = user
        .assurance()
        .proofs()
        .iter()
        .map(|proof| proof.factor.name())
        .collect();
    names.join(",")
}

async fn open(app: &App) -> (Browser, Arc<House>) {
    let house = Arc::new(House::default());
    let policy = Door(house.clone());
    let rocket = support::with_fairing(app, |fairing: SecurityFairing| fairing.policy(policy));
    let browser = Browser::on(rocket.mount("/", routes![door, hatch, vouch, leave, factors])).await;
    (browser, house)
}

#[rocket::async_test]
async fn the_payload_stands_in_each_answer_that_has_a_user() {
    let app = app();
    let (browser, _) = open(&app).await;
    let expected = json!({ "email": ADA });
    let fields = [
        ("email", ADA),
        ("password", PASSWORD),
        ("password_confirm", PASSWORD),
    ];
    let answer = browser.send(Speech::Json, "/register", &fields).await;
    assert_eq!(answer.json()["response"]["user"], expected);
    let answer = browser.look(Speech::Json, "/login").await;
    assert_eq!(answer.json()["response"]["user"], expected);
    let answer = browser
        .send(Speech::Json, "/verify", &[("password", PASSWORD)])
        .await;
    assert_eq!(answer.json()["response"]["user"], expected);
    browser.sign_out().await;
    let answer = browser
        .send(Speech::Json, "/login", &[("email", ADA), ("password", PASSWORD)])
        .await;
    assert_eq!(answer.json()["response"]["user"], expected);
    // Not where nobody has proved anything.
    browser.sign_out().await;
    let answer = browser.look(Speech::Json, "/login").await;
    assert_eq!(answer.json()["response"].get("user"), None);
}

#[rocket::async_test]
async fn pages_call_the_user_as_the_policy_says() {
    let app = app();
    let (browser, _) = open(&app).await;
    browser.register(ADA).await;
    let page = browser.look(Speech::Page, "/verify").await;
    assert!(
        page.body.contains("Dr &lt;ada@example.org&gt;"),
        "not named, or not escaped"
    );
}

#[rocket::async_test]
async fn a_locked_user_hears_so_only_with_the_right_password() {
    for speech in BOTH {
        let app = app();
        let (browser, house) = open(&app).await;
        browser.register(ADA).await;
        browser.sign_out().await;
        *house.locked.lock().unwrap() = true;
        let wrong = [("email", ADA), ("password", "not the password at all")];
        let answer = browser.send(speech, "/login", &wrong).await;
        answer.assert_refused(speech, &[("", "GENERIC_AUTHN_FAILED")], "wrong");
        let right = [("email", ADA), ("password", PASSWORD)];
        let answer = browser.send(speech, "/login", &right).await;
        answer.assert_refused(speech, &[("email", "ACCOUNT_LOCKED")], "right");
        assert_eq!(browser.who().await, None);
        assert_eq!(number(&app, "SELECT COUNT(*) AS n FROM security_sessions"), 0);
        *house.locked.lock().unwrap() = false;
        browser.send(speech, "/login", &right).await;
        assert_eq!(browser.who().await.as_deref(), Some(ADA));
    }
}

#[rocket::async_test]
async fn a_locked_user_is_neither_restored_nor_refreshed() {
    let app = app();
    let (browser, house) = open(&app).await;
    browser.register(ADA).await;
    browser.sign_out().await;
    let fields = [("email", ADA), ("password", PASSWORD), ("remember", "y")];
    browser.send(Speech::Page, "/login", &fields).await;
    *house.locked.lock().unwrap() = true;
    // The session that is there goes on, but cannot be made fresh.
    assert_eq!(browser.who().await.as_deref(), Some(ADA));
    let answer = browser
        .send(Speech::Json, "/verify", &[("password", PASSWORD)])
        .await;
    assert_eq!(answer.codes(), ["ACCOUNT_LOCKED"]);
    app.advance(std::time::Duration::from_secs(2 * 86_400));
    assert_eq!(browser.who().await, None, "restored though locked");
    // The browser is still remembered: a lock ends.
    *house.locked.lock().unwrap() = false;
    assert_eq!(browser.who().await.as_deref(), Some(ADA));
}

#[rocket::async_test]
async fn nobody_comes_in_while_the_policy_cannot_tell() {
    let app = app();
    let (browser, house) = open(&app).await;
    browser.register(ADA).await;
    browser.sign_out().await;
    *house.down.lock().unwrap() = true;
    let answer = browser
        .send(Speech::Json, "/login", &[("email", ADA), ("password", PASSWORD)])
        .await;
    assert!(answer.status >= 500, "{}", answer.status);
    assert_eq!(browser.who().await, None);
}

#[rocket::async_test]
async fn failed_attempts_are_told_with_or_without_an_account() {
    let app = app();
    let (browser, house) = open(&app).await;
    browser.register(ADA).await;
    browser.sign_out().await;
    for email in [ADA, "nobody@example.org"] {
        let fields = [("email", email), ("password", "not the password at all")];
        browser.send(Speech::Json, "/login", &fields).await;
    }
    // They run beside the requests, on a machine that may be busy.
    for _ in 0..1000 {
        if house.failed.lock().unwrap().len() == 2 {
            break;
        }
        rocket::tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let mut told = house.failed.lock().unwrap().clone();
    told.sort();
    assert_eq!(
        told,
        [
            "None password AuthenticationFailed".to_owned(),
            format!("Some({ADA:?}) password AuthenticationFailed"),
        ]
    );
}

#[rocket::async_test]
async fn an_own_handler_signs_in_through_the_gate() {
    let app = app();
    let (browser, house) = open(&app).await;
    browser.register(ADA).await;
    browser.sign_out().await;
    let planted = browser.session();
    let token = browser.csrf("/login").await;
    let enter = async |password: &str, next: &str| {
        let fields = [
            ("csrf_token", token.as_str()),
            ("name", ADA),
            ("password", password),
            ("next", next),
        ];
        Answer::of(browser.post("/door", &fields).await).await
    };
    let answer = enter("not the password at all", "").await;
    assert_eq!((answer.status, answer.cookies().is_empty()), (401, true));
    *house.locked.lock().unwrap() = true;
    assert_eq!(enter(PASSWORD, "").await.status, 403);
    *house.locked.lock().unwrap() = false;
    assert_eq!(browser.who().await, None);

    let answer = enter(PASSWORD, "https://evil.example/").await;
    assert_eq!((answer.status, answer.location()), (302, Some("/")), "never away");
    assert_ne!(browser.session(), planted);
    assert_eq!(browser.who().await.as_deref(), Some(ADA));
    assert!(answer.cookie("remember_token").is_some() || answer.cookie("__Host-remember_token").is_some());
    assert_eq!(
        browser.get("/factors").await.into_string().await.as_deref(),
        Some("password")
    );
}

#[rocket::async_test]
async fn an_own_handler_counts_guesses_like_ours() {
    let app = app();
    let (browser, _) = open(&app).await;
    browser.register(ADA).await;
    browser.sign_out().await;
    let mut statuses = Vec::new();
    for _ in 0..6 {
        let token = browser.csrf("/login").await;
        let fields = [
            ("csrf_token", token.as_str()),
            ("name", ADA),
            ("password", "not the password at all"),
        ];
        statuses.push(browser.post("/door", &fields).await.status().code);
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429]);
    // And the sign-in page knows of them.
    let answer = browser.sign_in(ADA, PASSWORD).await;
    assert_eq!(answer.status().code, 429);
}

#[rocket::async_test]
async fn another_site_cannot_sign_its_visitors_in() {
    let app = app();
    let (browser, _) = open(&app).await;
    browser.register(ADA).await;
    browser.sign_out().await;
    let url = format!("/hatch?name={ADA}&password={}", PASSWORD.replace(' ', "%20"));
    for site in [Some("cross-site"), Some("same-site"), None] {
        let mut request = browser
            .client
            .post(url.clone())
            .header(Header::new("Host", "app.example"))
            .header(ContentType::Text);
        if let Some(site) = site {
            request = request.header(Header::new("Sec-Fetch-Site", site));
        }
        let answer = Answer::of(request.dispatch().await).await;
        assert_eq!(answer.status, 403, "{site:?}");
        assert_eq!(browser.who().await, None, "{site:?}");
    }
    let request = browser
        .client
        .post(url)
        .header(Header::new("Host", "app.example"))
        .header(Header::new("Sec-Fetch-Site", "same-origin"));
    assert_eq!(request.dispatch().await.status().code, 302);
    assert_eq!(browser.who().await.as_deref(), Some(ADA));
}

#[rocket::async_test]
async fn the_application_may_vouch_for_whom_the_gate_lets_in() {
    let app = app();
    let (browser, house) = open(&app).await;
    browser.register(ADA).await;
    browser.sign_out().await;
    let vouch = async || {
        let answer = browser.get("/vouch/ada@example.org").await;
        answer.into_string().await.expect("an answer")
    };
    *house.locked.lock().unwrap() = true;
    assert_eq!(vouch().await, format!("{:?}", Err::<(), _>(Reason::Locked)));
    assert_eq!(browser.who().await, None);
    *house.locked.lock().unwrap() = false;
    let security: &Security = browser.client.rocket().state().expect("the fairing");
    let ada = security.find_user(ADA).await.expect("a look-up").expect("ada").id;
    security.deactivate_user(ada).await.expect("deactivated");
    assert_eq!(
        vouch().await,
        format!("{:?}", Err::<(), _>(Reason::DisabledAccount))
    );
    security.activate_user(ada).await.expect("activated");
    assert_eq!(vouch().await, "Ok(())");
    assert_eq!(
        browser.get("/factors").await.into_string().await.as_deref(),
        Some("application")
    );
}

#[rocket::async_test]
async fn an_own_handler_signs_out() {
    let app = app();
    let (browser, _) = open(&app).await;
    browser.register(ADA).await;
    let before = browser.session().expect("a session");
    let leave = async || {
        let answer = browser.post("/leave", &[]).await;
        answer.into_string().await.expect("an answer")
    };
    assert_eq!(leave().await, format!("Some({ADA:?}) true"));
    assert_eq!(browser.who().await, None);
    assert_eq!(
        browser.who_with(&before).await,
        None,
        "the old cookie still works"
    );
    assert_eq!(leave().await, "None false");
}
