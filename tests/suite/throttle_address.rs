//! The wait after failures of one address, and what an address is.

use std::time::Duration;

use rocket::http::Header;

use crate::answer::Speech;
use crate::support::{Browser, PASSWORD, app};
use crate::throttle::{assert_waits, with_ada};

const ADA: &str = "ada@example.org";
const SECOND: Duration = Duration::from_secs(1);
const WRONG: &str = "wrong wrong wrong";

async fn spray(browser: &Browser, from: &str, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for index in 0..count {
        let email = format!("victim{index}-{}@example.org", from.len());
        let fields = [("email", email.as_str()), ("password", WRONG)];
        statuses.push(
            browser
                .send_from(from, Speech::Json, "/login", &fields)
                .await
                .status,
        );
    }
    statuses
}

#[rocket::async_test]
async fn one_address_that_tries_many_accounts_waits_and_others_do_not() {
    let app = app();
    let browser = with_ada(&app).await;
    let statuses = spray(&browser, "203.0.113.7:40000", 30).await;
    assert!(statuses.iter().all(|status| *status == 400), "{statuses:?}");
    let good = [("email", ADA), ("password", PASSWORD)];
    // The port changes with every connection and must not matter.
    let braked = browser
        .send_from("203.0.113.7:40001", Speech::Json, "/login", &good)
        .await;
    assert_waits(&braked, Speech::Json, 30, "the address");
    let elsewhere = browser
        .send_from("203.0.113.8:40000", Speech::Json, "/login", &good)
        .await;
    assert_eq!(elsewhere.status, 200, "{}", elsewhere.body);
    browser.sign_out().await;
    app.advance(30 * SECOND);
    let later = browser
        .send_from("203.0.113.7:40002", Speech::Json, "/login", &good)
        .await;
    assert_eq!(later.status, 200, "{}", later.body);
}

#[rocket::async_test]
async fn a_network_of_ipv6_counts_as_one_address() {
    let app = app();
    let browser = with_ada(&app).await;
    for index in 0..30 {
        let from = format!("[2001:db8:1:2::{index:x}]:40000");
        let email = format!("victim{index}@example.org");
        let fields = [("email", email.as_str()), ("password", WRONG)];
        assert_eq!(
            browser
                .send_from(&from, Speech::Json, "/login", &fields)
                .await
                .status,
            400
        );
    }
    let good = [("email", ADA), ("password", PASSWORD)];
    let braked = browser
        .send_from("[2001:db8:1:2:ffff::1]:40000", Speech::Json, "/login", &good)
        .await;
    assert_eq!(braked.status, 429);
    let next_door = browser
        .send_from("[2001:db8:1:3::1]:40000", Speech::Json, "/login", &good)
        .await;
    assert_eq!(next_door.status, 200);
}

#[rocket::async_test]
async fn an_own_account_does_not_buy_an_address_more_guesses() {
    let app = app();
    let browser = with_ada(&app).await;
    let from = "203.0.113.9:40000";
    let mut checked = 0;
    for index in 0..60 {
        // Between the guesses the guesser signs in to an account of his own, which succeeds.
        if index % 10 == 9 {
            browser
                .send_from(
                    from,
                    Speech::Json,
                    "/login",
                    &[("email", ADA), ("password", PASSWORD)],
                )
                .await;
            if browser.who().await.is_some() {
                browser.sign_out().await;
            }
        }
        let email = format!("victim{index}@example.org");
        let fields = [("email", email.as_str()), ("password", WRONG)];
        checked += usize::from(
            browser
                .send_from(from, Speech::Json, "/login", &fields)
                .await
                .status
                == 400,
        );
    }
    assert!(checked <= 30, "{checked} guesses from one address without a wait");
}

#[rocket::async_test]
async fn behind_a_proxy_that_was_not_declared_visitors_do_not_lock_each_other_out() {
    let app = app();
    let browser = with_ada(&app).await;
    for index in 0..40 {
        let token = browser.token().await;
        let email = format!("victim{index}@example.org");
        let request = browser
            .prepare(
                Speech::Json,
                "/login",
                &[("email", &email), ("password", WRONG)],
                &token,
            )
            .remote("127.0.0.1:40000".parse().expect("an address"))
            .header(Header::new("X-Forwarded-For", "198.51.100.1"));
        assert_eq!(request.dispatch().await.status().code, 400, "guess {index}");
    }
}

#[rocket::async_test]
async fn a_stranger_cannot_choose_his_address() {
    let app = app();
    let browser = with_ada(&app).await;
    let mut last = 0;
    for index in 0..31 {
        let token = browser.token().await;
        let email = format!("victim{index}@example.org");
        let request = browser
            .prepare(
                Speech::Json,
                "/login",
                &[("email", &email), ("password", WRONG)],
                &token,
            )
            .remote("203.0.113.10:40000".parse().expect("an address"))
            .header(Header::new("X-Forwarded-For", format!("198.51.100.{index}")))
            .header(Header::new("X-Real-IP", format!("198.51.100.{index}")))
            .header(Header::new("Forwarded", format!("for=198.51.100.{index}")));
        last = request.dispatch().await.status().code;
    }
    assert_eq!(last, 429);
}

#[rocket::async_test]
async fn a_declared_proxy_says_who_calls() {
    let app = app().set("security.trusted_proxies", ["10.0.0.0/8"]);
    let browser = with_ada(&app).await;
    let call = async |index: usize, caller: &str| {
        let token = browser.token().await;
        let email = format!("victim{index}@example.org");
        let request = browser
            .prepare(Speech::Json, "/login", &[("email", &email), ("password", WRONG)], &token)
            .remote("10.1.2.3:40000".parse().expect("an address"))
            // What stands to the left was written by the visitor himself.
            .header(Header::new("X-Forwarded-For", format!("192.0.2.{index}, {caller}")));
        request.dispatch().await.status().code
    };
    for index in 0..30 {
        assert_eq!(call(index, "198.51.100.1").await, 400, "guess {index}");
    }
    assert_eq!(call(30, "198.51.100.1").await, 429);
    assert_eq!(call(31, "198.51.100.2").await, 400);
}

/// Two people of one household sign in at the same moment: a success that is counted and taken back must not look like a
/// wait to the other one. On the real clock, for it is a matter of milliseconds.
#[rocket::async_test]
async fn a_parallel_success_makes_nobody_wait() {
    let app = app();
    let rocket = rocket::custom(app.figment()).attach(rocket_security::SecurityFairing::new());
    // Without a jar: each request comes from a browser that nobody is signed in with.
    let client = &rocket::local::asynchronous::Client::untracked(rocket)
        .await
        .unwrap();
    let security = client.rocket().state::<rocket_security::Security>().unwrap();
    let people: Vec<String> = (0..4).map(|n| format!("one{n}@example.org")).collect();
    for person in &people {
        security.create_user(person, PASSWORD).await.unwrap();
    }
    let page = client
        .get("/login")
        .header(rocket::http::Accept::JSON)
        .dispatch()
        .await;
    let cookies: Vec<_> = page.cookies().iter().cloned().collect();
    let (_, page) = crate::support::json(page).await;
    let token = &page["response"]["csrf_token"].as_str().unwrap().to_owned();
    let all = people.iter().map(|person| {
        let cookies = cookies.clone();
        async move {
            for _ in 0..25 {
                let body = serde_json::json!({ "email": person, "password": PASSWORD });
                let mut request = client
                    .post("/login")
                    .header(rocket::http::ContentType::JSON)
                    .header(rocket::http::Accept::JSON)
                    .header(Header::new("X-CSRF-Token", token.clone()))
                    .cookies(cookies.clone())
                    .body(body.to_string());
                request.set_remote("203.0.113.7:40000".parse().unwrap());
                let status = request.dispatch().await.status().code;
                // 503: two at a time may wait for a hash, and that is told as what it is.
                assert!(matches!(status, 200 | 503), "{status}");
            }
        }
    });
    rocket::futures::future::join_all(all).await;
}
