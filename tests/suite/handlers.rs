//! What an application answers in our place, and what it cannot change by it.

mod json;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rocket::http::{ContentType, Header, Method, Status};
use rocket::local::asynchronous::LocalResponse;
use rocket::response::Redirect;
use rocket::{Request, catch, catchers, get, routes};
use rocket_security::{AuthUser, Mechanism, Reason, Refusal, Reply, SecurityFairing, guards, testing};

use crate::attempt::Attempt;
use crate::support::{self, Browser, PASSWORD, app};

const MEMBER: &str = "ada@example.org";

async fn browser(setup: impl FnOnce(SecurityFairing) -> SecurityFairing) -> (testing::App, Browser) {
    let app = app();
    let browser = Browser::on(support::with_fairing(&app, setup)).await;
    (app, browser)
}

async fn signed_in(setup: impl FnOnce(SecurityFairing) -> SecurityFairing) -> (testing::App, Browser) {
    let (app, browser) = browser(setup).await;
    testing::sign_in(&browser.client, MEMBER).await.unwrap();
    (app, browser)
}

fn page(url: &str) -> Attempt {
    Attempt::new(Method::Get, url)
}

fn header(response: &LocalResponse<'_>, name: &str) -> Option<String> {
    response.headers().get_one(name).map(str::to_owned)
}

/// What every refusal has, whoever answers.
fn assert_private(response: &LocalResponse<'_>, what: &str) {
    assert_eq!(
        header(response, "Cache-Control").as_deref(),
        Some("private, no-store"),
        "{what}"
    );
    let vary: Vec<_> = response.headers().get("Vary").collect();
    assert!(vary.join(", ").contains("Cookie"), "{what}: {vary:?}");
}

fn own(name: &'static str) -> impl Fn(&Request<'_>, &Refusal) -> Reply + Send + Sync + 'static {
    move |_req, refusal| Reply::of(format!("{name}: {:?}", refusal.reason()))
}

#[rocket::async_test]
async fn each_refusal_has_its_handler_and_keeps_its_status() {
    let every = |fairing: SecurityFairing| {
        fairing
            .on_unauthenticated(own("nobody"))
            .on_unauthorized(own("not he"))
            .on_reauthenticate(own("too old"))
    };
    let (app, browser) = browser(every).await;
    for attempt in [
        page("/profile"),
        page("/profile").wants_json(),
        page("/verify"),
        page("/verify").wants_json(),
    ] {
        let answer = browser.attempt(&attempt).await;
        assert_eq!(answer.status(), Status::Unauthorized, "{}", attempt.url);
        assert_private(&answer, &attempt.url);
        assert_eq!(
            answer.into_string().await.unwrap(),
            "nobody: Unauthenticated",
            "{}",
            attempt.url
        );
    }
    testing::sign_in(&browser.client, MEMBER).await.unwrap();
    for (url, status, text) in [
        ("/admin", Status::Forbidden, "not he: Unauthorized"),
        ("/drafts", Status::Forbidden, "not he: Unauthorized"),
    ] {
        for attempt in [page(url), page(url).wants_json()] {
            let answer = browser.attempt(&attempt).await;
            assert_eq!(answer.status(), status, "{url}");
            assert_private(&answer, url);
            assert_eq!(answer.into_string().await.unwrap(), text, "{url}");
        }
    }
    app.advance(Duration::from_secs(3600));
    for attempt in [page("/fresh"), page("/fresh").wants_json()] {
        let answer = browser.attempt(&attempt).await;
        assert_eq!(answer.status(), Status::Unauthorized);
        assert_eq!(answer.into_string().await.unwrap(), "too old: Stale");
    }
}

#[rocket::async_test]
async fn a_handler_is_told_what_would_have_been_enough() {
    #[guards]
    mod asked {
        use super::*;
        use rocket_security::{Fresh, HasAnyPermission, HasAnyRole};
        #[get("/roles")]
        pub fn roles(_user: HasAnyRole<"admin", "editor">) {}
        #[get("/permissions")]
        pub fn permissions(_user: HasAnyPermission<"read", "write">) {}
        #[get("/lately")]
        pub fn lately(_user: Fresh<5>) {}
        #[get("/usually")]
        pub fn usually(_user: Fresh) {}
    }
    let tell = |_: &Request<'_>, refusal: &Refusal| {
        let usual = [Mechanism::Token, Mechanism::Session];
        match refusal.reason() {
            Reason::Unauthenticated => assert_eq!(refusal.mechanisms(), usual),
            _ => assert_eq!(refusal.mechanisms(), [], "he has shown who he is"),
        }
        Reply::of(format!(
            "{:?} {:?} {:?} {:?}",
            refusal.roles(),
            refusal.permissions(),
            refusal.within(),
            refusal.grace()
        ))
    };
    let app = app();
    let fairing = |fairing: SecurityFairing| {
        fairing
            .on_unauthenticated(tell)
            .on_unauthorized(tell)
            .on_reauthenticate(tell)
    };
    let rocket = app.rocket(fairing).mount(
        "/",
        routes![asked::roles, asked::permissions, asked::lately, asked::usually],
    );
    let browser = Browser::on(rocket).await;
    let nobody = browser.get("/roles").await.into_string().await.unwrap();
    assert_eq!(nobody, "[] [] None None");
    testing::sign_in(&browser.client, MEMBER).await.unwrap();
    app.advance(Duration::from_secs(2 * 3600));
    for (url, told) in [
        ("/roles", r#"["admin", "editor"] [] None None"#),
        ("/permissions", r#"[] ["read", "write"] None None"#),
        ("/lately", "[] [] Some(300s) Some(0ns)"),
    ] {
        assert_eq!(browser.get(url).await.into_string().await.unwrap(), told, "{url}");
    }
    // Seen now and then, so that the session itself has not ended.
    app.advance(Duration::from_secs(12 * 3600));
    assert_eq!(browser.get("/usually").await.status(), Status::Ok);
    app.advance(Duration::from_secs(13 * 3600));
    let told = browser.get("/usually").await.into_string().await.unwrap();
    assert_eq!(told, "[] [] Some(86400s) Some(3600s)");
}

#[rocket::async_test]
async fn none_and_the_usual_answer_are_the_usual_answer() {
    let (_plain_app, plain) = browser(|fairing| fairing).await;
    let (_none_app, none) = browser(|fairing| fairing.on_unauthenticated(|_, _| None::<Reply>)).await;
    // A handler that hands on must not be asked for ever.
    let (_handed_app, handed) =
        browser(|fairing| fairing.on_unauthenticated(|req, refusal| refusal.respond(req))).await;
    for attempt in [
        page("/profile"),
        page("/profile").wants_json(),
        page("/verify").wants_json(),
    ] {
        let mut answers = Vec::new();
        for browser in [&plain, &none, &handed] {
            let answer = browser.attempt(&attempt).await;
            let seen = (
                answer.status(),
                header(&answer, "Location"),
                answer.content_type(),
                header(&answer, "Cache-Control"),
                answer.headers().get("Set-Cookie").count(),
            );
            answers.push((seen, answer.into_string().await));
        }
        assert_eq!(answers[0], answers[1], "{}", attempt.url);
        assert_eq!(answers[0], answers[2], "{}", attempt.url);
    }
}

#[rocket::async_test]
async fn a_handlers_own_redirect_or_failure_keeps_its_status() {
    let setup = |fairing: SecurityFairing| {
        fairing.on_unauthenticated(|req, refusal| match req.uri().path().as_str() {
            "/profile" => Reply::of(Redirect::found(format!(
                "/my-login?from={}",
                refusal.next(req).unwrap_or_default()
            ))),
            "/change" => {
                assert_eq!(refusal.next(req), None, "a POST is nothing to come back to");
                Reply::of(Status::NotFound)
            }
            _ => Reply::of((Status::ImATeapot, "tea")),
        })
    };
    let (_app, browser) = browser(setup).await;
    let answer = browser.get("/profile?a=b").await;
    assert_eq!(answer.status(), Status::Found);
    assert_eq!(
        header(&answer, "Location").as_deref(),
        Some("/my-login?from=/profile?a=b")
    );
    assert_private(&answer, "a redirect");
    let answer = browser.get("/admin").await;
    assert_eq!(answer.status(), Status::ImATeapot);
    assert_private(&answer, "tea");
    // A responder that fails is no success either, and the next request is served.
    let answer = browser
        .attempt(&Attempt::post("/change").form(&[]).same_origin())
        .await;
    assert!(answer.status().code >= 400, "{}", answer.status());
    assert_eq!(browser.get("/").await.status(), Status::Ok);
}

#[rocket::async_test]
async fn a_handler_cannot_make_a_refusal_fit_for_caches() {
    #[derive(rocket::Responder)]
    struct Public(&'static str, Header<'static>, Header<'static>);
    let setup = |fairing: SecurityFairing| {
        fairing.on_unauthorized(|_, _| {
            Reply::of(Public(
                "no",
                Header::new("Cache-Control", "public, max-age=3600"),
                Header::new("X-Own", "1"),
            ))
        })
    };
    let (_app, browser) = signed_in(setup).await;
    let answer = browser.get("/admin").await;
    assert_eq!(answer.status(), Status::Forbidden);
    assert_private(&answer, "a public refusal");
    assert_eq!(answer.headers().get("Cache-Control").count(), 1);
    assert_eq!(header(&answer, "X-Own").as_deref(), Some("1"));
}

#[rocket::async_test]
async fn head_has_the_head_of_a_handlers_answer() {
    let (_app, browser) = browser(|fairing| fairing.on_unauthenticated(own("nobody"))).await;
    for url in ["/profile", "/verify"] {
        let answer = browser.attempt(&Attempt::new(Method::Head, url)).await;
        assert_eq!(answer.status(), Status::Unauthorized, "{url}");
        assert_private(&answer, url);
        assert_eq!(answer.into_string().await.unwrap_or_default(), "", "{url}");
    }
}

/// What a guard put into the ledger goes out with an answer of the application's own too.
#[rocket::async_test]
async fn the_ledgers_cookies_go_out_with_a_handlers_answer() {
    let setup = |fairing: SecurityFairing| fairing.on_unauthorized(own("not he"));
    let app = app();
    let browser = Browser::on(support::with_fairing(&app, setup)).await;
    browser.security().create_user(MEMBER, PASSWORD).await.unwrap();
    let fields = [("email", MEMBER), ("password", PASSWORD), ("remember", "y")];
    assert_eq!(browser.submit("/login", &fields).await.status(), Status::Found);
    app.advance(Duration::from_secs(25 * 3600));
    // The session has ended of idleness: the remember cookie brings a new one, on the very request that is refused.
    let answer = browser.get("/admin").await;
    assert_eq!(answer.status(), Status::Forbidden);
    let cookies: Vec<_> = answer.headers().get("Set-Cookie").collect();
    assert!(
        cookies.iter().any(|cookie| cookie.starts_with("session=")),
        "{cookies:?}"
    );
    assert!(
        cookies.iter().any(|cookie| cookie.starts_with("remember_token=")),
        "{cookies:?}"
    );
    drop(answer);
    assert!(browser.is_signed_in().await);
}

#[catch(401)]
fn own_catcher() -> &'static str {
    "my catcher"
}

#[catch(403)]
fn handing_on(req: &Request<'_>) -> Reply {
    Refusal::of(req).map_or_else(
        || Reply::of("nothing was refused"),
        |refusal| refusal.respond(req),
    )
}

#[rocket::async_test]
async fn an_own_catcher_comes_first_and_may_ask_the_handler() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counting = asked.clone();
    let app = app();
    let rocket = support::with_fairing(&app, |fairing| {
        fairing
            .on_unauthenticated(move |_, _| {
                counting.fetch_add(1, Ordering::SeqCst);
                Reply::of("the handler")
            })
            .on_unauthorized(own("not he"))
    })
    .register("/", catchers![own_catcher, handing_on]);
    let browser = Browser::on(rocket).await;
    assert_eq!(
        browser.get("/profile").await.into_string().await.unwrap(),
        "my catcher"
    );
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    testing::sign_in(&browser.client, MEMBER).await.unwrap();
    let answer = browser.get("/admin").await;
    assert_eq!(answer.status(), Status::Forbidden);
    assert_eq!(answer.into_string().await.unwrap(), "not he: Unauthorized");
}

#[get("/refuses")]
fn refuses(_user: Option<AuthUser>) -> Status {
    Status::Unauthorized
}

#[get("/forbids")]
fn forbids(_user: Option<AuthUser>) -> Status {
    Status::Forbidden
}

/// The reasons that have no handler, and a status that the application says itself.
#[rocket::async_test]
async fn what_is_no_refusal_of_its_kind_asks_no_handler() {
    let app = app();
    let panic = |_: &Request<'_>, refusal: &Refusal| -> Reply { panic!("asked for {:?}", refusal.reason()) };
    let rocket = support::with_fairing(&app, |fairing| {
        fairing.on_unauthorized(panic).on_reauthenticate(panic)
    })
    .mount("/", routes![refuses, forbids]);
    let browser = Browser::on(rocket).await;
    assert_eq!(browser.get("/forbids").await.status(), Status::Forbidden);
    testing::sign_in(&browser.client, MEMBER).await.unwrap();
    assert_eq!(browser.get("/refuses").await.status(), Status::Unauthorized);
    // Another site's request is refused as such.
    let foreign = Attempt::post("/change")
        .form(&[])
        .header("Sec-Fetch-Site", "cross-site");
    assert_eq!(browser.attempt(&foreign).await.status(), Status::Forbidden);
    // Who is signed in cannot sign up.
    assert_eq!(browser.get("/register").await.status(), Status::Found);
}

#[rocket::async_test]
async fn a_handler_that_panics_is_a_500_and_lets_nobody_in() {
    let setup = |fairing: SecurityFairing| {
        fairing.on_unauthenticated(|_, _| -> Reply { panic!("a mistake of the application") })
    };
    let (_app, browser) = browser(setup).await;
    for url in ["/profile", "/verify"] {
        let answer = browser.get(url).await;
        assert_eq!(answer.status(), Status::InternalServerError, "{url}");
        assert_eq!(
            browser.get("/").await.status(),
            Status::Ok,
            "and the next request is served"
        );
    }
    let asks = Attempt::new(Method::Get, "/login").wants_json();
    assert_eq!(browser.attempt(&asks).await.status(), Status::Ok);
}

#[rocket::async_test]
async fn refusals_are_told_of_whoever_answers() {
    let told = Arc::new(AtomicUsize::new(0));
    let counting = told.clone();
    let setup = move |fairing: SecurityFairing| {
        fairing.on_unauthorized(own("not he")).on_event(move |event| {
            if let rocket_security::Event::UserUnauthorized { reason, .. } = event {
                assert_eq!(*reason, Reason::Unauthorized);
                counting.fetch_add(1, Ordering::SeqCst);
            }
        })
    };
    let (_app, browser) = signed_in(setup).await;
    browser.get("/admin").await;
    assert_eq!(told.load(Ordering::SeqCst), 1);
}

#[rocket::async_test]
async fn a_page_of_the_applications_engine_may_answer() {
    let setup = |fairing: SecurityFairing| {
        fairing.on_unauthorized(|_, _| {
            Reply::of((Status::Forbidden, (ContentType::HTML, "<h1>not for you</h1>")))
        })
    };
    let (_app, browser) = signed_in(setup).await;
    let answer = browser.get("/admin").await;
    assert_eq!(
        (answer.status(), answer.content_type()),
        (Status::Forbidden, Some(ContentType::HTML))
    );
    assert_eq!(answer.into_string().await.unwrap(), "<h1>not for you</h1>");
}
