//! The headers that go out with our answers: each once, whoever else says it.

use rocket::fairing::AdHoc;
use rocket::http::{Header, Method, Status};
use rocket::local::asynchronous::LocalResponse;
use rocket::shield::{Hsts, Referrer, Shield};
use rocket::time::Duration;
use rocket::{Build, Rocket, get, routes};
use rocket_security::testing::{self, App};
use rocket_security::{AuthUser, Visitor};

use crate::attempt::Attempt;
use crate::support::{self, Browser, PASSWORD, app};

const ADA: &str = "ada@example.org";
/// What must never stand twice in an answer.
const ONCE: [&str; 9] = [
    "Cache-Control",
    "Content-Security-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Clear-Site-Data",
    "Strict-Transport-Security",
];

fn header(answer: &LocalResponse<'_>, name: &str) -> Vec<String> {
    answer.headers().get(name).map(str::to_owned).collect()
}

fn one(answer: &LocalResponse<'_>, name: &str) -> String {
    let all = header(answer, name);
    assert_eq!(all.len(), 1, "{name}: {all:?}");
    all[0].clone()
}

/// Our pages, redirects, refusals and JSON, signed out and in.
fn answers() -> Vec<Attempt> {
    let get = |path: &str| Attempt::new(Method::Get, path);
    let mut all = vec![
        get("/login"),
        get("/register"),
        get("/verify"),
        get("/logout"),
        get("/admin"),
    ];
    let wrong = [("email", "nobody"), ("password", "x")];
    all.extend(["/login", "/register", "/verify"].map(|path| Attempt::post(path).form(&wrong).same_origin()));
    all.push(
        Attempt::post("/login")
            .body("application/json", "{")
            .same_origin(),
    );
    let json: Vec<_> = all.iter().map(|attempt| attempt.clone().wants_json()).collect();
    all.extend(json);
    all
}

async fn signed_in(rocket: Rocket<Build>) -> Browser {
    let browser = Browser::on(rocket).await;
    testing::sign_in(&browser.client, ADA).await.unwrap();
    browser
}

#[rocket::async_test]
async fn every_answer_of_ours_says_how_far_it_may_be_trusted() {
    let app = app();
    let (mut pages, mut bodies) = (0, 0);
    for member in [false, true] {
        // With Rocket's Shield, as it comes, and without it.
        for shield in [Shield::default(), Shield::new()] {
            let browser = Browser::on(support::rocket(&app).attach(shield)).await;
            if member {
                testing::sign_in(&browser.client, ADA).await.unwrap();
            }
            for attempt in answers() {
                let what = format!("{} {} {:?}", attempt.method, attempt.url, attempt.headers);
                let answer = browser.attempt(&attempt).await;
                for (name, value) in [
                    ("X-Content-Type-Options", "nosniff"),
                    ("Cross-Origin-Opener-Policy", "same-origin"),
                    ("Cross-Origin-Resource-Policy", "same-origin"),
                    ("Referrer-Policy", "same-origin"),
                    ("Cache-Control", "private, no-store"),
                ] {
                    assert_eq!(one(&answer, name), value, "{what}: {name}");
                }
                for name in ONCE {
                    assert!(header(&answer, name).len() < 2, "{what}: {name} twice");
                }
                let Some(kind) = answer.content_type() else {
                    assert_eq!(answer.status(), Status::Found, "{what}");
                    continue;
                };
                let policy = one(&answer, "Content-Security-Policy");
                assert!(policy.contains("default-src 'none'"), "{what}: {policy}");
                assert!(policy.contains("frame-ancestors 'none'"), "{what}: {policy}");
                if kind.is_html() {
                    for part in ["base-uri 'none'", "form-action 'self'", "'nonce-"] {
                        assert!(policy.contains(part), "{what}: {policy}");
                    }
                    pages += 1;
                } else {
                    bodies += 1;
                }
            }
        }
    }
    assert!(pages > 12 && bodies > 20, "{pages} {bodies}");
}

/// Whoever calls from another origin, as its script, gets no leave to read.
#[rocket::async_test]
async fn no_answer_of_ours_opens_itself_to_other_origins() {
    let app = app();
    let browser = signed_in(support::rocket(&app)).await;
    let mut all = answers();
    all.extend(["/login", "/verify"].map(|path| {
        Attempt::new(Method::Options, path)
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "x-csrf-token, content-type")
    }));
    for attempt in all {
        for origin in ["https://evil.example", "null", "http://app.example"] {
            let answer = browser.attempt(&attempt.clone().header("Origin", origin)).await;
            let opened = answer.headers().iter().any(|header| {
                let name = header.name().as_str().to_ascii_lowercase();
                name.starts_with("access-control-") || header.value().contains("evil.example")
            });
            assert!(
                !opened,
                "{} {} from {origin}: {:?}",
                attempt.method,
                attempt.url,
                answer.headers()
            );
        }
    }
}

#[rocket::async_test]
async fn what_the_application_says_is_not_said_again() {
    let app = app();
    let said = [
        ("Referrer-Policy", "strict-origin"),
        ("Cross-Origin-Opener-Policy", "unsafe-none"),
        ("Cross-Origin-Resource-Policy", "same-site"),
        ("X-Content-Type-Options", "nosniff"),
        ("Clear-Site-Data", "\"executionContexts\""),
    ];
    let own = AdHoc::on_response("own headers", move |_, response| {
        Box::pin(async move {
            for (name, value) in said {
                response.set_header(Header::new(name, value));
            }
        })
    });
    let shield = Shield::default().enable(Referrer::NoReferrer);
    let browser = signed_in(support::rocket(&app).attach(own).attach(shield)).await;
    let token = browser.csrf_token().await;
    let out = Attempt::post("/logout")
        .form(&[("csrf_token", &token)])
        .same_origin();
    for attempt in [Attempt::new(Method::Get, "/verify"), out] {
        let answer = browser.attempt(&attempt).await;
        for (name, value) in said {
            assert_eq!(one(&answer, name), value);
        }
    }
    // The Shield's word stands before ours too.
    let shield = Shield::default().enable(Referrer::NoReferrer);
    let browser = Browser::on(support::rocket(&app).attach(shield)).await;
    assert_eq!(
        one(&browser.get("/login").await, "Referrer-Policy"),
        "no-referrer"
    );
}

#[rocket::async_test]
async fn an_address_with_a_secret_in_it_is_told_to_nobody() {
    let app = app();
    let browser = Browser::new(&app).await;
    for (url, expected) in [
        ("/login", "same-origin"),
        ("/login?next=/x", "same-origin"),
        ("/login?tokens=1", "same-origin"),
        ("/login?token=abc", "no-referrer"),
        ("/login?next=/x&token=abc", "no-referrer"),
        ("/login?code=1", "no-referrer"),
        ("/register?state=x", "no-referrer"),
    ] {
        assert_eq!(one(&browser.get(url).await, "Referrer-Policy"), expected, "{url}");
    }
    let shield = Shield::default().enable(Referrer::UnsafeUrl);
    let browser = Browser::on(support::rocket(&app).attach(shield)).await;
    let answer = browser.get("/login?token=abc").await;
    assert_eq!(
        one(&answer, "Referrer-Policy"),
        "no-referrer",
        "whatever was said"
    );
}

#[get("/mine")]
fn mine(user: AuthUser) -> String {
    user.email.clone()
}

#[get("/leave")]
async fn leave(visitor: Visitor<'_>) -> String {
    format!("{:?}", visitor.sign_out().await.ok())
}

#[rocket::async_test]
async fn signing_out_clears_what_the_browser_keeps() {
    for (setting, expected) in [
        (None, vec!["\"cache\", \"storage\""]),
        (Some(vec!["storage"]), vec!["\"storage\""]),
        (Some(vec!["cache", "cache"]), vec!["\"cache\""]),
        (Some(vec![]), vec![]),
    ] {
        let mut app = app();
        if let Some(kinds) = &setting {
            app = app.set("security.clear_site_data", kinds);
        }
        for way in ["page", "JSON", "own"] {
            let browser = signed_in(support::rocket(&app).mount("/", routes![mine, leave])).await;
            assert!(header(&browser.get("/mine").await, "Clear-Site-Data").is_empty());
            let asks = Attempt::post("/logout").form(&[]).same_origin();
            assert!(
                header(&browser.attempt(&asks).await, "Clear-Site-Data").is_empty(),
                "not yet signed out"
            );
            let token = browser.csrf_token().await;
            let out = Attempt::post("/logout")
                .form(&[("csrf_token", &token)])
                .same_origin();
            let out = match way {
                "page" => out,
                "JSON" => out.wants_json(),
                _ => Attempt::new(Method::Get, "/leave"),
            };
            let answer = browser.attempt(&out).await;
            assert_eq!(header(&answer, "Clear-Site-Data"), expected, "{way}");
            drop(answer);
            assert!(!browser.is_signed_in().await);
            // Who is not signed in leaves nothing behind.
            assert!(
                header(&browser.attempt(&out).await, "Clear-Site-Data").is_empty(),
                "{way}"
            );
        }
    }
}

/// Cookies stay: the one that spares a known browser the waits among them.
#[rocket::async_test]
async fn signing_out_leaves_the_cookie_of_known_browsers() {
    let app = app();
    let browser = Browser::new(&app).await;
    browser.security().create_user(ADA, PASSWORD).await.unwrap();
    browser.sign_in(ADA, PASSWORD).await;
    let known = |browser: &Browser| browser.client.cookies().get("security_device").is_some();
    assert!(known(&browser));
    browser.sign_out().await;
    assert!(known(&browser));
}

#[rocket::async_test]
async fn strict_transport_security_goes_out_once_and_for_a_year() {
    let app = app();
    let hsts = Shield::default().enable(Hsts::IncludeSubDomains(Duration::days(365)));
    let browser = Browser::on(support::rocket(&app).attach(hsts)).await;
    for path in ["/", "/login", "/profile"] {
        let said = one(&browser.get(path).await, "Strict-Transport-Security");
        assert_eq!(said, "max-age=31536000; includeSubDomains", "{path}");
    }
    // It is the Shield's to say: over plain http nobody does.
    let browser = Browser::new(&app).await;
    assert!(header(&browser.get("/login").await, "Strict-Transport-Security").is_empty());
}

#[rocket::async_test]
async fn caching_is_a_setting_but_no_shared_cache_gets_cookies() {
    let control = async |app: App, path: &str| {
        let browser = signed_in(support::rocket(&app).mount("/", routes![mine])).await;
        let answer = browser.get(path).await;
        let cookies = answer.headers().contains("Set-Cookie");
        (header(&answer, "Cache-Control"), cookies)
    };
    let kept = vec!["private, no-store".to_owned()];
    assert_eq!(control(app(), "/mine").await, (kept.clone(), false));
    let weaker = || app().set("security.cache_control", "Private, max-age=0,must-revalidate");
    let said = vec!["private, max-age=0, must-revalidate".to_owned()];
    for path in ["/mine", "/verify"] {
        assert_eq!(control(weaker(), path).await, (said.clone(), false), "{path}");
    }
    let off = || app().set("security.cache_control", "");
    assert_eq!(control(off(), "/mine").await, (vec![], false));
    // An anonymous page gives the browser its secret.
    for app in [weaker(), off()] {
        let browser = Browser::new(&app).await;
        let answer = browser.get("/login").await;
        assert!(answer.headers().contains("Set-Cookie"));
        assert_eq!(header(&answer, "Cache-Control"), kept);
    }
}

#[rocket::async_test]
async fn what_the_policy_stops_is_reported_where_the_settings_say() {
    for (setting, expected) in [
        ("/reports", "report-uri /reports"),
        (
            "https://reports.example/csp",
            "report-uri https://reports.example/csp",
        ),
        ("/r;script-src*", "report-uri /r%3Bscript-src*"),
    ] {
        let app = app().set("security.csp_report_uri", setting);
        let browser = Browser::new(&app).await;
        let policy = one(&browser.get("/login").await, "Content-Security-Policy");
        assert!(policy.ends_with(expected), "{policy}");
        assert_eq!(policy.matches("report-uri").count(), 1);
    }
    let policy = one(
        &Browser::new(&app()).await.get("/login").await,
        "Content-Security-Policy",
    );
    assert!(!policy.contains("report"), "{policy}");
}

#[get("/.well-known/change-password")]
fn own_well_known() -> &'static str {
    "own"
}

#[rocket::async_test]
async fn password_managers_find_the_page_for_changing_the_password() {
    for (view, expected) in [
        ("/account/password", "/account/password"),
        ("https://id.example/password", "https://id.example/password"),
        ("verify", "/auth/verify"),
    ] {
        let app = app()
            .set("security.url_prefix", "/auth")
            .set("security.change_password_view", view);
        let browser = Browser::new(&app).await;
        let answer = browser.get("/.well-known/change-password").await;
        assert_eq!(answer.status(), Status::Found);
        assert_eq!(one(&answer, "Location"), expected);
        // What password managers ask for to learn whether a 200 means anything here.
        let nothing = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
        assert_eq!(browser.get(nothing).await.status(), Status::NotFound);
    }
    let browser = Browser::new(&app()).await;
    let answer = browser.get("/.well-known/change-password").await;
    assert_eq!(answer.status(), Status::NotFound, "there is no such page");
    drop(answer);

    let starts = async |view: &str, own: bool| {
        let app = app().set("security.change_password_view", view);
        let mut rocket = support::rocket(&app);
        if own {
            rocket = rocket.mount("/", routes![own_well_known]);
        }
        // Rocket's error wants to be looked at.
        rocket
            .ignite()
            .await
            .map_err(|error| error.kind().to_string())
            .is_ok()
    };
    assert!(starts("/password", false).await);
    assert!(!starts("/password", true).await, "two routes at one place");
    assert!(!starts("/.well-known/change-password?x", false).await, "a circle");
    assert!(starts("", true).await);
}
