//! By what users are known: telephone numbers, the application's own attributes, their order; and what is noted of a
//! sign-in.

use std::time::Duration;

use rocket::error::ErrorKind;
use rocket::http::Header;
use rocket::{get, routes};
use rocket_security::testing::App;
use rocket_security::{AuthUser, Factor, Security, User};
use serde_json::json;

use crate::answer::{Answer, BOTH, Speech};
use crate::support::{self, Browser, PASSWORD, app};

const ADA: &str = "ada@example.org";
const BOB: &str = "bob@example.org";
const GENERIC: (&str, &str) = ("", "GENERIC_AUTHN_FAILED");

/// `S-1` and `s-000001` are the same member of staff.
fn staff_number(typed: &str) -> Option<String> {
    let digits = typed.strip_prefix("S-").or_else(|| typed.strip_prefix("s-"))?;
    digits.parse::<u32>().ok().map(|number| format!("S-{number:06}"))
}

async fn browser_of(app: &App) -> Browser {
    let rocket = support::with_fairing(app, |fairing| fairing.identity("staff_number", staff_number));
    Browser::on(rocket.mount("/", routes![tracked, sure])).await
}

fn security(browser: &Browser) -> &Security {
    browser.client.rocket().state().expect("the fairing is attached")
}

async fn registered(browser: &Browser, email: &str) -> User {
    browser.register(email).await;
    browser.sign_out().await;
    let user = security(browser).find_user(email).await.expect("a look-up");
    user.expect("the user")
}

#[get("/tracked")]
fn tracked(user: AuthUser) -> String {
    format!(
        "{} {:?} {:?} {:?} {:?}",
        user.login_count,
        user.last_login_at.map(|at| at.as_millis()),
        user.current_login_at.map(|at| at.as_millis()),
        user.last_login_ip,
        user.current_login_ip
    )
}

#[get("/sure")]
fn sure(user: AuthUser) -> String {
    let factors: Vec<_> = user
        .assurance()
        .proofs()
        .iter()
        .map(|proof| format!("{}@{}", proof.factor.name(), proof.at.as_millis()))
        .collect();
    let password = user.assurance().when(Factor::Password).map(|at| at.as_millis());
    let at = user.assurance().authenticated_at().map(|at| at.as_millis());
    format!("{} {password:?} {at:?}", factors.join(","))
}

#[rocket::async_test]
async fn each_attribute_signs_in_in_the_one_field() {
    for speech in BOTH {
        let app = app().set(
            "security.user_identity_attributes",
            ["email", "us_phone_number", "staff_number"],
        );
        let browser = browser_of(&app).await;
        let ada = registered(&browser, ADA).await;
        let it = security(&browser);
        it.set_phone(ada.id, Some("+49 30 1234-567"))
            .await
            .expect("a number");
        it.set_identity(ada.id, "staff_number", "S-7")
            .await
            .expect("a staff number");

        for typed in [
            ADA,
            "+49 (30) 1234567",
            "0049301234567",
            "S-7",
            "s-000007",
            " S-07 ",
        ] {
            let fields = [("email", typed), ("password", PASSWORD)];
            let answer = browser.send(speech, "/login", &fields).await;
            answer.assert_done(speech, "/", &["csrf_token", "tf_required", "user"], typed);
            assert_eq!(browser.who().await.as_deref(), Some(ADA), "{typed}");
            browser.sign_out().await;
        }
        for typed in ["+49 30 1234568", "S-8", "S-", "+", "030 1234567", "staff_number"] {
            let fields = [("email", typed), ("password", PASSWORD)];
            let answer = browser.send(speech, "/login", &fields).await;
            answer.assert_refused(speech, &[GENERIC], typed);
            assert_eq!(browser.who().await, None, "{typed}");
        }
    }
}

#[rocket::async_test]
async fn an_attribute_that_is_not_listed_signs_nobody_in() {
    let app = app().set("security.user_identity_attributes", ["email"]);
    let browser = browser_of(&app).await;
    let ada = registered(&browser, ADA).await;
    let it = security(&browser);
    it.set_phone(ada.id, Some("+49301234567"))
        .await
        .expect("a number");
    it.set_identity(ada.id, "staff_number", "S-7")
        .await
        .expect("a staff number");
    for typed in ["+49301234567", "S-7"] {
        let fields = [("email", typed), ("password", PASSWORD)];
        let answer = browser.send(Speech::Json, "/login", &fields).await;
        answer.assert_refused(Speech::Json, &[GENERIC], typed);
        assert!(it.lookup_identity(typed).await.expect("a look-up").is_none());
    }
}

#[rocket::async_test]
async fn the_first_attribute_that_fits_decides() {
    for (order, expected) in [
        (["username", "staff_number", "email"], ADA),
        (["staff_number", "username", "email"], BOB),
    ] {
        let app = app()
            .set("security.username_enable", true)
            .set("security.user_identity_attributes", order);
        let rocket = support::with_fairing(&app, |fairing| {
            fairing.identity("staff_number", |typed| Some(typed.to_lowercase()))
        });
        let browser = Browser::on(rocket).await;
        for (email, name) in [(ADA, "ada1"), (BOB, "bob1")] {
            let fields = [
                ("email", email),
                ("username", name),
                ("password", PASSWORD),
                ("password_confirm", PASSWORD),
            ];
            assert_eq!(browser.submit("/register", &fields).await.status().code, 302);
            browser.sign_out().await;
        }
        let it = security(&browser);
        let bob = it.find_user(BOB).await.expect("a look-up").expect("bob").id;
        // Bob's staff number reads like Ada's name.
        it.set_identity(bob, "staff_number", "ADA1")
            .await
            .expect("a number");
        let found = it.lookup_identity("ada1").await.expect("a look-up");
        assert_eq!(
            found.map(|user| user.email).as_deref(),
            Some(expected),
            "{order:?}"
        );
        // What decides is the text, not who exists: the other attribute is not asked as well.
        let fields = [("email", "ada1"), ("password", PASSWORD)];
        browser.send(Speech::Json, "/login", &fields).await;
        assert_eq!(browser.who().await.as_deref(), Some(expected), "{order:?}");
    }
}

/// Names are chosen by visitors, numbers given by the application.
#[rocket::async_test]
async fn a_name_that_reads_like_anothers_number_takes_nothing_from_him() {
    let digits =
        |typed: &str| Some(typed.to_owned()).filter(|typed| typed.bytes().all(|byte| byte.is_ascii_digit()));
    let app = app().set("security.username_enable", true);
    let rocket = support::with_fairing(&app, |fairing| fairing.identity("staff_number", digits));
    let browser = Browser::on(rocket).await;
    let bob = registered(&browser, BOB).await;
    let it = security(&browser);
    it.set_identity(bob.id, "staff_number", "4711")
        .await
        .expect("a number");
    let squatter = rocket_security::Registration::new(ADA, PASSWORD).username("4711");
    it.register(squatter).await.expect("a name");
    let found = it.lookup_identity("4711").await.expect("a look-up");
    assert_eq!(found.map(|user| user.email).as_deref(), Some(BOB));
    // His own field still knows the name.
    let fields = [("username", "4711"), ("password", PASSWORD)];
    browser.send(Speech::Json, "/login", &fields).await;
    assert_eq!(browser.who().await.as_deref(), Some(ADA));
}

#[rocket::async_test]
async fn own_attributes_are_added_unless_the_setting_is_written() {
    let app = app().set("security.username_enable", true);
    let browser = browser_of(&app).await;
    let answer = browser.look(Speech::Json, "/login").await;
    assert_eq!(
        answer.json()["response"]["identity_attributes"],
        json!(["email", "staff_number", "username"])
    );
    let page = browser.look(Speech::Page, "/login").await;
    assert_eq!(page.input_attribute("email", "type").as_deref(), Some("text"));
}

#[rocket::async_test]
async fn an_identity_is_taken_once_and_checked() {
    let app = app();
    let browser = browser_of(&app).await;
    let (ada, bob) = (registered(&browser, ADA).await, registered(&browser, BOB).await);
    let it = security(&browser);
    it.set_phone(ada.id, Some("+49301234567"))
        .await
        .expect("a number");
    it.set_identity(ada.id, "staff_number", "S-7")
        .await
        .expect("a staff number");

    let taken = it
        .set_phone(bob.id, Some("0049 30 1234567"))
        .await
        .expect_err("taken");
    assert_eq!(taken.conflict(), Some("phone"));
    let taken = it
        .set_identity(bob.id, "staff_number", "s-07")
        .await
        .expect_err("taken");
    assert_eq!(taken.conflict(), Some("identity"));
    assert!(taken.to_string().contains("staff_number"), "{taken}");

    for bad in ["", "030 1234567", "+49", "nobody", "+49301234567890123"] {
        assert!(
            it.set_phone(bob.id, Some(bad)).await.expect_err(bad).is_invalid(),
            "{bad:?}"
        );
    }
    for bad in ["", "7", "S-x", "S-99999999999"] {
        let error = it.set_identity(bob.id, "staff_number", bad).await.expect_err(bad);
        assert!(error.is_invalid(), "{bad:?}: {error}");
    }
    let unknown = it
        .set_identity(bob.id, "badge", "1")
        .await
        .expect_err("no such attribute");
    assert!(
        unknown.to_string().contains("SecurityFairing::identity"),
        "{unknown}"
    );
    let nobody = it
        .set_identity(i64::MAX, "staff_number", "S-9")
        .await
        .expect_err("nobody");
    assert_eq!(nobody.conflict(), Some("user_id"));

    assert!(it.remove_identity(ada.id, "staff_number").await.expect("removed"));
    it.set_identity(bob.id, "staff_number", "S-7")
        .await
        .expect("free again");
}

#[rocket::async_test]
async fn names_that_cannot_be_stop_the_launch() {
    for name in [
        "",
        "email",
        "username",
        "us_phone_number",
        "Staff",
        "staff number",
        "1st",
        "ß",
    ] {
        let rocket = app().rocket(|fairing| fairing.identity(name, staff_number));
        let error = rocket.ignite().await.expect_err(name);
        assert!(matches!(error.kind(), ErrorKind::FailedFairings(_)), "{name:?}");
    }
    let app = app().set("security.user_identity_attributes", ["email", "badge"]);
    let error = app
        .rocket(|fairing| fairing)
        .ignite()
        .await
        .expect_err("no badge");
    assert!(matches!(error.kind(), ErrorKind::FailedFairings(_)));
}

#[rocket::async_test]
async fn failures_count_for_the_account_however_its_number_is_written() {
    let app = app().set("security.user_identity_attributes", ["email", "us_phone_number"]);
    let browser = browser_of(&app).await;
    let ada = registered(&browser, ADA).await;
    security(&browser)
        .set_phone(ada.id, Some("+49301234567"))
        .await
        .expect("a number");
    let mut statuses = Vec::new();
    for typed in [
        "+49301234567",
        "0049301234567",
        "+49 30 1234567",
        "+49-30-1234567",
        "+49301234567",
        "+49 (30) 1234567",
    ] {
        let fields = [("email", typed), ("password", "not the password at all")];
        statuses.push(browser.send(Speech::Json, "/login", &fields).await.status);
    }
    assert_eq!(statuses, [400, 400, 400, 400, 400, 429]);
}

#[rocket::async_test]
async fn sign_ins_are_tracked_where_that_is_on() {
    let app = app()
        .set("security.trackable", true)
        .set("security.trusted_proxies", ["127.0.0.1"]);
    let browser = browser_of(&app).await;
    browser.register(ADA).await;
    let from = |ip: &str| Header::new("X-Forwarded-For", ip.to_owned());
    let noon = app.clock().now().as_millis();
    app.advance(Duration::from_secs(60));
    browser.sign_out().await;
    let token = browser.csrf("/login").await;
    let body = support::encode(&[("csrf_token", &token), ("email", ADA), ("password", PASSWORD)]);
    let request = browser
        .client
        .post("/login")
        .remote("127.0.0.1:4711".parse().expect("an address"))
        .header(from("192.0.2.7"))
        .header(Header::new("Host", "app.example"))
        .header(Header::new("Sec-Fetch-Site", "same-origin"))
        .header(rocket::http::ContentType::Form)
        .body(body);
    assert_eq!(Answer::of(request.dispatch().await).await.status, 302);
    let now = noon + 60_000;
    let tracked = browser.get("/tracked").await.into_string().await;
    assert_eq!(
        tracked.as_deref(),
        Some(format!("2 Some({noon}) Some({now}) None Some(\"192.0.2.7\")").as_str())
    );

    // Proving again is no sign-in.
    browser
        .send(Speech::Json, "/verify", &[("password", PASSWORD)])
        .await;
    let tracked = browser.get("/tracked").await.into_string().await.expect("a page");
    assert!(tracked.starts_with("2 "), "{tracked}");
}

#[rocket::async_test]
async fn nothing_is_tracked_by_default() {
    let app = app();
    let browser = browser_of(&app).await;
    browser.register(ADA).await;
    let tracked = browser.get("/tracked").await.into_string().await;
    assert_eq!(tracked.as_deref(), Some("0 None None None None"));
}

#[rocket::async_test]
async fn assurance_tells_by_what_and_when() {
    let app = app();
    let browser = browser_of(&app).await;
    let noon = app.clock().now().as_millis();
    browser.register(ADA).await;
    let sure = async || browser.get("/sure").await.into_string().await.expect("a page");
    assert_eq!(sure().await, format!("register@{noon} None Some({noon})"));
    // The first proof takes the place of having just registered, a later one that of the earlier.
    for minutes in [1, 2] {
        app.advance(Duration::from_secs(60));
        let answer = browser
            .send(Speech::Json, "/verify", &[("password", PASSWORD)])
            .await;
        assert_eq!(answer.status, 200);
        let at = noon + minutes * 60_000;
        assert_eq!(sure().await, format!("password@{at} Some({at}) Some({at})"));
    }
    browser.sign_out().await;
    let fields = [("email", ADA), ("password", PASSWORD), ("remember", "y")];
    browser.send(Speech::Page, "/login", &fields).await;
    app.advance(Duration::from_secs(2 * 86_400));
    let now = app.clock().now().as_millis();
    assert_eq!(
        sure().await,
        format!("remember@{now} None None"),
        "a remembered browser proves nothing"
    );
}
