//! Attacks that should fail.

mod extensions;

use std::sync::Arc;
use std::time::Duration;

use rocket::fairing::AdHoc;
use rocket::futures::future::join;
use rocket::http::{ContentType, Cookie, Header};
use rocket::local::asynchronous::Client;
use rocket_security::{Role, testing};

use crate::answer::Speech;
use crate::support::{Browser, PASSWORD, app, encode, rocket, with_fairing};

const WRONG: &str = "wrong wrong wrong";
const SECOND: Duration = Duration::from_secs(1);

async fn login(browser: &Browser, from: &str, email: &str, password: &str) -> (u16, String) {
    let answer = browser
        .send_from(
            from,
            Speech::Json,
            "/login",
            &[("email", email), ("password", password)],
        )
        .await;
    let wait = answer.header("retry-after").unwrap_or_default().to_owned();
    (answer.status, wait)
}

/// A: a right password from a busy address (an office behind one NAT) must not make the next one wait.
#[rocket::async_test]
async fn a_right_password_does_not_make_the_address_wait() {
    let app = app();
    let browser = Browser::new(&app).await;
    for email in ["ada@example.org", "bob@example.org"] {
        browser.register(email).await;
        browser.sign_out().await;
    }
    let office = "203.0.113.50:4000";
    // 36 failures of the whole office within a day, each after its wait.
    for index in 0..36 {
        let (status, wait) = login(&browser, office, &format!("typo{index}@example.org"), WRONG).await;
        assert_eq!(status, 400, "{index} {wait}");
        if index >= 29 {
            app.advance(3601 * SECOND);
        }
    }
    let (status, _) = login(&browser, office, "ada@example.org", PASSWORD).await;
    assert_eq!(status, 200);
    browser.sign_out().await;
    // Nobody failed since the last wait was over.
    let (status, wait) = login(&browser, office, "bob@example.org", PASSWORD).await;
    assert_eq!(
        status, 200,
        "bob has to wait {wait} s because ada's password was right"
    );
}

/// B: what an address becomes in its unique form must not be longer than its column.
#[rocket::async_test]
async fn an_address_that_grows_when_it_is_normalised_is_refused_not_broken() {
    let app = app();
    let browser = Browser::new(&app).await;
    let local = "\u{fdfa}".repeat(21);
    let label = "a".repeat(61);
    let email = format!("{local}@{label}.{label}.{label}.org");
    let answer = browser
        .send(
            Speech::Json,
            "/register",
            &[
                ("email", &email),
                ("password", PASSWORD),
                ("password_confirm", PASSWORD),
            ],
        )
        .await;
    assert!(answer.status < 500, "{} {}", answer.status, answer.body);
}

/// B2: white space and separators by way of NFKC.
#[rocket::async_test]
async fn the_unique_form_of_an_address_is_an_address() {
    for raw in [
        "a\u{ff20}b.org@c.org",
        "\u{fdfa}@c.org",
        "a\u{ff1c}b@c.org",
        "a@c.org.",
        "\u{2100}@c.org",
    ] {
        if let Some(email) = rocket_security::Email::parse(raw) {
            let again = rocket_security::Email::parse(email.key());
            assert_eq!(again.as_ref().map(|it| it.key()), Some(email.key()), "{raw:?}");
        }
    }
}

/// G: what an application keeps in the request's cache must not become the user's roles.
#[rocket::async_test]
async fn the_applications_cache_gives_nobody_a_role() {
    let app = app();
    let rocket = with_fairing(&app, |fairing| fairing).attach(AdHoc::on_request("menu", |req, _| {
        Box::pin(async move {
            let security = req.rocket().state::<rocket_security::Security>();
            let Some(security) = security else { return };
            // All roles, for the menu of an administration page.
            let all: Option<Arc<Vec<Role>>> = security
                .find_role("admin")
                .await
                .ok()
                .flatten()
                .map(|role| Arc::new(vec![role]));
            req.local_cache(|| all);
        })
    }));
    let client = Client::tracked(rocket).await.expect("ignites");
    let security = client
        .rocket()
        .state::<rocket_security::Security>()
        .expect("attached");
    security.find_or_create_role("admin", &[]).await.expect("made");
    testing::sign_in(&client, "ada@example.org")
        .await
        .expect("signed in");
    let status = client.get("/admin").dispatch().await.status();
    assert_eq!(status.code, 403);
}

/// I: whoever reads that he is signed out must be.
#[rocket::async_test]
async fn who_signed_out_stays_out_whatever_was_under_way() {
    let app = app().set("security.login_wait_after", 100);
    let client = Client::untracked(rocket(&app)).await.expect("ignites");
    let tracked = Browser::new(&app).await;
    tracked.register("ada@example.org").await;
    let mut survived = 0;
    let mut rounds = 0;
    for round in 0..120u64 {
        let signed = testing::sign_in(&client, "ada@example.org").await.expect("in");
        let cookie = || Cookie::new(signed.cookie.name().to_owned(), signed.cookie.value().to_owned());
        let token = client
            .get("/token")
            .cookie(cookie())
            .dispatch()
            .await
            .into_string()
            .await
            .expect("token");
        let send = |url: &'static str, fields: Vec<(&'static str, String)>| {
            let mut all = vec![("csrf_token", token.clone())];
            all.extend(fields);
            let all: Vec<(&str, &str)> = all.iter().map(|(n, v)| (*n, v.as_str())).collect();
            client
                .post(url)
                .header(Header::new("Host", "app.example"))
                .header(Header::new("Sec-Fetch-Site", "same-origin"))
                .header(ContentType::Form)
                .cookie(cookie())
                .body(encode(&all))
                .dispatch()
        };
        let (verified, out) = join(send("/verify", vec![("password", PASSWORD.to_owned())]), async {
            rocket::tokio::time::sleep(Duration::from_micros(round * 25)).await;
            send("/logout", vec![]).await
        })
        .await;
        let name = signed.cookie.name();
        let renewed = verified
            .cookies()
            .get(name)
            .map(|it| it.value().to_owned())
            .filter(|it| !it.is_empty());
        let removed = out
            .headers()
            .get("Set-Cookie")
            .any(|line| line.starts_with(&format!("{name}=;")));
        rounds += usize::from(removed);
        if let (true, Some(renewed)) = (removed, renewed) {
            let status = client
                .get("/profile")
                .cookie(Cookie::new(name.to_owned(), renewed))
                .dispatch()
                .await
                .status();
            survived += usize::from(status.code == 200);
        }
    }
    assert_eq!(
        survived, 0,
        "of {rounds} sign-outs that were confirmed, sessions live on"
    );
}

/// K: an imported account must cost what an unknown one costs, whatever is typed as its password.
#[rocket::async_test]
async fn an_imported_account_costs_what_an_unknown_one_costs() {
    let md5 = "md5$seasalt$b18eb9b3e53cc3bb1c2cff3a05bb1a8a";
    let app = app().set("security.password_schemes", ["django_salted_md5"]);
    let browser = Browser::new(&app).await;
    let security = browser
        .client
        .rocket()
        .state::<rocket_security::Security>()
        .expect("attached");
    security
        .import_user("ada@example.org", md5)
        .await
        .expect("imported");
    let mut told = Vec::new();
    for (what, password) in [
        ("plain", WRONG.to_owned()),
        ("not in normal form", "caf\u{e9} caf\u{e9} caf\u{e9}".to_owned()),
        ("long", "x".repeat(5000)),
    ] {
        let mut hashes = Vec::new();
        for email in ["ada@example.org", "nobody@example.org"] {
            let before = testing::work(&browser.client);
            assert_eq!(login(&browser, "203.0.113.69:1", email, &password).await.0, 400);
            hashes.push((testing::work(&browser.client) - before).hashes);
        }
        if hashes[0] != hashes[1] {
            told.push(format!(
                "{what}: known {}, unknown {} hashes",
                hashes[0], hashes[1]
            ));
        }
    }
    assert!(told.is_empty(), "{told:?}");
}

/// L: the wait can be set away without a word of it in `accepted_risks`.
#[test]
fn a_brake_that_does_not_brake_is_a_risk() {
    use rocket::figment::{
        Figment,
        providers::{Format, Toml},
    };
    use rocket_security::config::{Config, Development};
    let toml = r#"
        [security]
        secret_keys = ["pQ7cV2xJtB8mZsR4nKfW3GdLy6hTuE9wXaCb5iMo"]
        data_keys = ["Yk1qN8rDvS0zFjHp7UeI4TzGq6VrXoBw9fKp2LmX"]
        login_wait_after = 100
        login_wait_address_after = 10000
        login_wait_first = "1 s"
        login_wait_max = "1 s"
    "#;
    let figment = Figment::from(Toml::string(toml));
    let config = Config::from_figment(&figment, Development::ReleaseBuild, &[]);
    assert!(
        config.is_err(),
        "86,400 guesses a day at one account, and the launch says nothing"
    );
}
