//! Other hosts that the settings allow, and views that lie there.

use rocket::http::{Method, Status};
use rocket_security::testing::App;
use rocket_security::{Security, SecurityFairing, testing};
use serde_json::json;

use super::{MEMBER, ways};
use crate::attempt::{Attempt, codes};
use crate::support::{self, Browser, PASSWORD, app};

fn listing() -> App {
    app()
        .set("security.redirect_base_domain", "base.example:8443")
        .set("security.redirect_allowed_subdomains", [".", "shop"])
}

fn below() -> App {
    app()
        .set("security.trusted_hosts", ["app.example"])
        .set("security.redirect_allow_subdomains", true)
}

async fn member(app: &App) -> Browser {
    let browser = Browser::new(app).await;
    browser.security().create_user(MEMBER, PASSWORD).await.unwrap();
    browser
}

/// Every way in which a `next` can come, and every endpoint that follows one.
#[rocket::async_test]
async fn an_allowed_host_is_followed_and_its_neighbours_are_not() {
    for (app, good, bad) in [
        (
            listing(),
            ["https://shop.base.example:8443/x?y", "https://base.example:8443/"],
            [
                "https://evilbase.example:8443/",
                "https://shop.base.example/",
                "https://x.shop.base.example:8443/",
                "https://user@shop.base.example:8443/",
                "//shop.base.example:8443/",
                "https://shop.base.example.:8443/",
            ],
        ),
        (
            below(),
            ["https://sub.app.example/x?y", "https://a.b.app.example/"],
            [
                "https://evilapp.example/",
                "https://sub.app.example:8443/",
                "https://app.example.evil.example/",
                "https://@sub.app.example/",
                "//sub.app.example/",
                "https://sub.app.example./",
            ],
        ),
    ] {
        let browser = member(&app).await;
        for next in good {
            for number in 0..3 {
                let (way, attempt) = ways(&browser, "/login", next, MEMBER).await.swap_remove(number);
                let answer = browser.attempt(&attempt).await;
                assert_eq!(answer.headers().get_one("Location"), Some(next), "{way}");
                drop(answer);
                let token = browser.csrf_token().await;
                let out = Attempt::post("/logout").form(&[("csrf_token", &token), ("next", next)]);
                let answer = browser.attempt(&out.same_origin()).await;
                assert_eq!(answer.headers().get_one("Location"), Some(next), "signing out");
            }
        }
        for next in bad {
            for number in [0, 1, 2, 5, 6, 7] {
                let (way, attempt) = ways(&browser, "/login", next, MEMBER).await.swap_remove(number);
                let answer = browser.attempt(&attempt).await;
                assert_eq!(answer.headers().get_one("Location"), None, "{way} {next}");
                if way.contains("JSON") {
                    let (status, body) = support::json(answer).await;
                    assert_eq!(status, Status::BadRequest, "{way} {next}");
                    assert_eq!(codes(&body), ["INVALID_REDIRECT"], "{way} {next}");
                }
                assert!(!browser.is_signed_in().await, "{way} {next}");
            }
        }
    }
}

/// `Host` is what the attacker writes: it widens nothing, with the settings or without.
#[rocket::async_test]
async fn a_forged_host_allows_no_subdomain_of_its_own() {
    for app in [app(), listing(), below()] {
        let browser = member(&app).await;
        for host in ["evil.example", "app.example.evil.example", "evilapp.example"] {
            for next in [
                format!("https://{host}/x"),
                format!("https://sub.{host}/x"),
                format!("http://sub.{host}/x"),
            ] {
                let (_, attempt) = ways(&browser, "/login", &next, MEMBER).await.swap_remove(0);
                let forged = attempt.header("Host", host).header("X-Forwarded-Host", host);
                let answer = browser.attempt(&forged).await;
                let location = answer.headers().get_one("Location").unwrap_or("/x").to_owned();
                drop(answer);
                assert!(
                    location.starts_with('/') && !location.starts_with("//"),
                    "{host} {next}: {location}"
                );
                if browser.is_signed_in().await {
                    browser.sign_out().await;
                }
            }
        }
    }
}

#[rocket::async_test]
async fn the_page_carries_an_allowed_next_and_its_policy_lets_the_form_go_there() {
    let browser = member(&listing()).await;
    let page = browser.get("/login?next=https://shop.base.example:8443/x").await;
    let policy = page
        .headers()
        .get_one("Content-Security-Policy")
        .unwrap()
        .to_owned();
    assert!(
        policy.contains("form-action 'self' http://base.example:8443 http://shop.base.example:8443"),
        "{policy}"
    );
    assert!(policy.contains("https://shop.base.example:8443;"), "{policy}");
    let html = page.into_string().await.unwrap();
    assert_eq!(
        support::field(&html, "next").as_deref(),
        Some("https://shop.base.example:8443/x")
    );
    let page = browser.get("/login?next=https://evil.example/").await;
    assert_eq!(support::field(&page.into_string().await.unwrap(), "next"), None);

    let plain = member(&app()).await;
    let page = plain.get("/login").await;
    let policy = page.headers().get_one("Content-Security-Policy").unwrap();
    assert!(policy.contains("form-action 'self'; base-uri"), "{policy}");
}

/// The settings of the operator are obeyed, with the front end's host in them.
#[rocket::async_test]
async fn views_lead_to_the_front_ends_host() {
    let app = app()
        .set("security.redirect_host", "localhost:8080")
        .set("security.post_login_view", "/home?tab=1#top")
        .set("security.post_logout_view", "https://old.example/bye")
        .set("security.post_verify_view", "login")
        .set("security.post_register_view", "/welcome")
        .set("security.unauthorized_view", "/sorry");
    let browser = member(&app).await;
    let location = |answer: &rocket::local::asynchronous::LocalResponse<'_>| {
        assert_eq!(answer.status(), Status::Found);
        answer.headers().get_one("Location").unwrap().to_owned()
    };
    let page = browser.get("/login").await;
    let policy = page.headers().get_one("Content-Security-Policy").unwrap();
    assert!(policy.contains("form-action 'self' localhost:8080; "), "{policy}");
    let answer = browser.sign_in(MEMBER, PASSWORD).await;
    assert_eq!(location(&answer), "//localhost:8080/home?tab=1#top");
    for (url, expected) in [
        ("/login", "//localhost:8080/home?tab=1#top"),
        ("/register", "//localhost:8080/home?tab=1#top"),
        ("/admin", "//localhost:8080/sorry"),
    ] {
        assert_eq!(location(&browser.get(url).await), expected, "{url}");
    }
    // A page of ours stays here, and so does a `next`.
    let answer = browser.submit("/verify", &[("password", PASSWORD)]).await;
    assert_eq!(location(&answer), "/login");
    let answer = browser.submit("/verify?next=/x", &[("password", PASSWORD)]).await;
    assert_eq!(location(&answer), "/x");
    let token = browser.csrf_token().await;
    let answer = browser.post("/logout", &[("csrf_token", &token)]).await;
    assert_eq!(location(&answer), "//localhost:8080/bye");
    let fields = [
        ("email", "new@example.org"),
        ("password", PASSWORD),
        ("password_confirm", PASSWORD),
    ];
    assert_eq!(
        location(&browser.submit("/register", &fields).await),
        "//localhost:8080/welcome"
    );
    // Our own sign-in stays where it is.
    browser.sign_out_to_nowhere().await;
    assert_eq!(location(&browser.get("/profile").await), "/login?next=/profile");
}

impl Browser {
    async fn sign_out_to_nowhere(&self) {
        let token = self.csrf_token().await;
        self.post("/logout", &[("csrf_token", &token)]).await;
    }
}

#[rocket::async_test]
async fn a_single_page_application_is_told_in_the_address() {
    let text = "Your%20account".replace("%20", "+");
    for (behavior, view, expected) in [
        ("", "/sorry?a=1", "/sorry?a=1".to_owned()),
        (
            "spa",
            "/sorry?a=1&error=forged",
            format!("/sorry?a=1&error={text}"),
        ),
        (
            "spa",
            "https://ui.example/sorry#x",
            format!("https://ui.example/sorry?error={text}"),
        ),
    ] {
        let app = app()
            .set("security.redirect_behavior", behavior)
            .set("security.unauthorized_view", view);
        let browser = Browser::new(&app).await;
        testing::sign_in(&browser.client, MEMBER).await.unwrap();
        let answer = browser.get("/admin").await;
        assert_eq!(answer.status(), Status::Found);
        let location = answer.headers().get_one("Location").unwrap().to_owned();
        assert!(location.starts_with(&expected), "{location}");
        assert!(!location.contains("forged"), "{location}");
        assert_eq!(location.ends_with("#x"), view.ends_with("#x"), "{location}");
        let flashed = answer
            .headers()
            .get("Set-Cookie")
            .any(|cookie| cookie.contains("flash"));
        assert_eq!(flashed, behavior.is_empty(), "the front end could not read it");
        // JSON is the same in both.
        let (status, body) = browser.get_json("/admin").await;
        assert_eq!(
            (status, codes(&body)),
            (Status::Forbidden, vec!["UNAUTHORIZED".to_owned()])
        );
    }
}

#[rocket::async_test]
async fn addresses_of_pages_take_parameters_and_a_host_of_the_settings() {
    let ask = |security: &Security, view: &str| security.absolute_url_for(view, &[("next", "/a b")]);
    let app = app().set("security.url_prefix", "/auth");
    let browser = Browser::new(&app).await;
    let security = browser.security();
    assert_eq!(security.url_for("login", &[]).as_deref(), Some("/auth/login"));
    assert_eq!(
        security
            .url_for("login", &[("next", "/x?y=1&z"), ("email", "a+b@example.org")])
            .as_deref(),
        Some("/auth/login?next=%2Fx%3Fy%3D1%26z&email=a%2Bb%40example.org")
    );
    assert_eq!(security.url_for("nothing", &[("a", "b")]), None);
    // In development without trusted hosts: where Rocket listens, whatever a request says.
    let forged = Attempt::new(Method::Get, "/login").header("Host", "evil.example");
    browser.attempt(&forged).await;
    let whole = ask(security, "login").unwrap();
    assert_eq!(
        whole.as_deref(),
        Some("http://127.0.0.1:8000/auth/login?next=%2Fa+b")
    );
    assert_eq!(ask(security, "nothing").unwrap(), None);

    let app = support::app().set("security.trusted_hosts", ["Ada.example:8443", "b.example"]);
    let browser = Browser::new(&app).await;
    let whole = ask(browser.security(), "verify").unwrap();
    assert_eq!(
        whole.as_deref(),
        Some("http://ada.example:8443/verify?next=%2Fa+b")
    );

    // Outside development it is `https`, and nothing without a host that somebody wrote.
    for (hosts, expected) in [
        (vec!["ada.example"], Some("https://ada.example/login?next=%2Fa+b")),
        (vec![], None),
    ] {
        let app = support::app()
            .set("address", "0.0.0.0")
            .set("security.trusted_hosts", hosts);
        let browser = Browser::new(&app).await;
        match (ask(browser.security(), "login"), expected) {
            (Ok(whole), Some(expected)) => assert_eq!(whole.as_deref(), Some(expected)),
            (Err(error), None) => assert!(error.to_string().contains("trusted_hosts"), "{error}"),
            (whole, expected) => panic!("{whole:?} {expected:?}"),
        }
    }
}

/// What a front end asks for at its start, on a host of its own.
#[rocket::async_test]
async fn json_sends_nobody_anywhere() {
    let app = listing().set("security.redirect_host", "localhost:8080");
    let browser = member(&app).await;
    let body = json!({ "email": MEMBER, "password": PASSWORD, "next": "https://shop.base.example:8443/" });
    let (status, answer) = browser.submit_json("/login", body).await;
    assert_eq!(status, Status::Ok, "{answer}");
    assert!(!answer.to_string().contains("base.example"), "{answer}");
}

#[rocket::async_test]
async fn what_cannot_be_allowed_stops_the_launch() {
    for (key, value) in [
        ("security.redirect_allow_subdomains", json!(true)),
        ("security.redirect_base_domain", json!("a.example")),
        ("security.redirect_allowed_subdomains", json!(["x"])),
        ("security.post_login_view", json!("regster")),
    ] {
        let app = app().set(key, &value);
        let rocket = app.rocket(|fairing: SecurityFairing| fairing);
        let error = rocket.ignite().await.err();
        // Rocket's error wants to be looked at.
        let kind = error.as_ref().map(|error| error.kind().to_string());
        assert!(kind.is_some(), "{key} = {value}");
    }
}
