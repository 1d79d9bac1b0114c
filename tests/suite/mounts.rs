//! Whole sets of routes behind a guard, or open on purpose.

use std::path::PathBuf;
use std::time::Duration;

use rocket::error::ErrorKind;
use rocket::fs::FileServer;
use rocket::http::{Method, Status};
use rocket::request::{FromRequest, Outcome};
use rocket::{Build, Data, FromForm, Request, Rocket, Route, get, post, routes};
use rocket_security::testing::{self, App};
use rocket_security::{
    Anonymous, AuthUser, Csrf, CsrfForm, Fresh, HasAnyPermission, HasAnyRole, HasPermission, HasRole,
    NewApiKey, Protected, Public, Requirement, Security, SessionUser,
};

use crate::attempt::{Attempt, codes};
use crate::support::{self, Browser, app, json as read};

rocket_security::roles! { Admin = "admin"; Editor = "editor" }
rocket_security::permissions! { Write = "write" }

const ADA: &str = "ada@example.org";

#[get("/page")]
fn page() -> &'static str {
    "inside"
}

/// Reached only when the route before it forwards.
#[get("/<number>", rank = 2)]
fn number(number: u32) -> String {
    format!("number {number}")
}

#[get("/<rest..>", rank = 3)]
fn rest(rest: PathBuf) -> String {
    format!("rest {}", rest.display())
}

#[post("/echo", data = "<body>")]
async fn echo(body: Data<'_>) -> String {
    let body = body.open(rocket::data::ByteUnit::from(64)).into_string().await;
    body.map_or_else(|_| "unreadable".to_owned(), |body| body.into_inner())
}

#[derive(FromForm)]
struct Note {
    text: String,
}

#[post("/note", data = "<note>")]
fn note(note: CsrfForm<Note>) -> String {
    note.text.clone()
}

fn all() -> Vec<Route> {
    routes![page, number, rest, echo, note]
}

/// The same routes behind each guard.
fn mounted(app: &App) -> Rocket<Build> {
    support::rocket(app)
        .mount("/user", Protected::new(all()).require::<AuthUser>())
        .mount("/session", Protected::new(all()).require::<SessionUser>())
        .mount("/admin-only", Protected::new(all()).require::<HasRole<Admin>>())
        .mount(
            "/staff",
            Protected::new(all()).require::<HasAnyRole<(Admin, Editor)>>(),
        )
        .mount(
            "/writers",
            Protected::new(all()).require::<HasPermission<Write>>(),
        )
        .mount(
            "/authors",
            Protected::new(all()).require::<HasAnyPermission<(Write,)>>(),
        )
        .mount("/lately", Protected::new(all()).require::<Fresh<1>>())
        .mount("/strangers", Protected::new(all()).require::<Anonymous>())
        .mount("/here", Protected::new(all()).require::<Csrf>())
        .mount(
            "/both",
            Protected::new(all())
                .require::<HasRole<Admin>>()
                .require::<Fresh<1>>(),
        )
        .mount("/open", Public::new(all()))
        .mount("/subscribed", Protected::new(all()).require::<Subscriber>())
}

const MOUNTS: [&str; 8] = [
    "/user",
    "/session",
    "/admin-only",
    "/staff",
    "/writers",
    "/authors",
    "/lately",
    "/both",
];

fn ways(base: &str) -> Vec<Attempt> {
    vec![
        Attempt::new(Method::Get, &format!("{base}/page")),
        Attempt::new(Method::Get, &format!("{base}/7")),
        Attempt::new(Method::Get, &format!("{base}/a/b")),
        Attempt::new(Method::Head, &format!("{base}/page")),
        Attempt::post(&format!("{base}/echo"))
            .body("text/plain", "hello")
            .same_origin(),
    ]
}

#[rocket::async_test]
async fn nobody_comes_to_any_route_of_a_protected_mount() {
    let app = app();
    let browser = Browser::on(mounted(&app)).await;
    for base in MOUNTS {
        for attempt in ways(base) {
            let what = format!("{} {}", attempt.method, attempt.url);
            let refused = browser.attempt(&attempt).await;
            assert_eq!(refused.status(), Status::Found, "{what}");
            let to = refused.headers().get_one("Location").unwrap().to_owned();
            let back = match attempt.method {
                Method::Get => format!("/login?next={}", attempt.url),
                _ => "/login".to_owned(),
            };
            // Rocket asks the GET route for a HEAD.
            assert!(to == back || attempt.method == Method::Head, "{what}: {to}");
            drop(refused);
            if attempt.method != Method::Head {
                let (status, body) = read(browser.attempt(&attempt.wants_json()).await).await;
                assert_eq!(status, Status::Unauthorized, "{what}");
                assert_eq!(codes(&body), ["UNAUTHENTICATED"], "{what}");
            }
        }
    }
}

#[rocket::async_test]
async fn each_guard_lets_its_own_in_and_keeps_others_out() {
    let app = app();
    let browser = Browser::on(mounted(&app)).await;
    let user = testing::sign_in(&browser.client, ADA).await.unwrap().user;
    let security = browser.security();
    // What may be entered: as a member, as an editor who may write, as an administrator, and later on.
    let states: [(&str, &[&str]); 4] = [
        ("member", &["/user", "/session", "/lately"]),
        (
            "editor",
            &["/user", "/session", "/lately", "/staff", "/writers", "/authors"],
        ),
        ("admin", &MOUNTS),
        (
            "stale",
            &[
                "/user",
                "/session",
                "/staff",
                "/writers",
                "/authors",
                "/admin-only",
            ],
        ),
    ];
    for (state, open) in states {
        match state {
            "editor" => {
                security.find_or_create_role("editor", &["write"]).await.unwrap();
                security.add_role(user.id, "editor").await.unwrap();
            }
            "admin" => {
                security.add_role(user.id, "admin").await.unwrap();
            }
            "stale" => app.advance(Duration::from_secs(90)),
            _ => {}
        }
        for base in MOUNTS {
            for attempt in ways(base) {
                let what = format!("{state}: {} {}", attempt.method, attempt.url);
                let answer = browser.attempt(&attempt).await;
                let status = answer.status();
                if open.contains(&base) {
                    assert_eq!(status, Status::Ok, "{what}");
                    let expected = match attempt.url.strip_prefix(base).unwrap() {
                        "/page" => "inside",
                        "/7" => "number 7",
                        "/a/b" => "rest a/b",
                        _ => "hello",
                    };
                    if attempt.method != Method::Head {
                        assert_eq!(answer.into_string().await.as_deref(), Some(expected), "{what}");
                    }
                } else {
                    assert!(
                        [Status::Forbidden, Status::Found].contains(&status),
                        "{what}: {status}"
                    );
                    let code = match state {
                        "stale" => "REAUTHENTICATION_REQUIRED",
                        _ => "UNAUTHORIZED",
                    };
                    drop(answer);
                    if attempt.method != Method::Head {
                        let (_, body) = read(browser.attempt(&attempt.wants_json()).await).await;
                        assert_eq!(codes(&body), [code], "{what}");
                    }
                }
            }
        }
    }
    let refused = browser.get("/strangers/page").await;
    assert_eq!(refused.headers().get_one("Location"), Some("/"));
    drop(refused);
    browser.sign_out().await;
    assert_eq!(browser.get("/strangers/page").await.status(), Status::Ok);
}

#[rocket::async_test]
async fn an_open_mount_is_as_it_was() {
    let app = app();
    let browser = Browser::on(mounted(&app)).await;
    for attempt in ways("/open") {
        let answer = browser
            .attempt(&attempt.header("Sec-Fetch-Site", "cross-site"))
            .await;
        assert_eq!(answer.status(), Status::Ok);
        assert!(
            !answer.headers().contains("Cache-Control"),
            "nobody was asked for"
        );
    }
    assert_eq!(
        browser.get("/open/").await.into_string().await.as_deref(),
        Some("rest ")
    );
}

#[rocket::async_test]
async fn a_mount_for_requests_of_this_site_takes_no_others() {
    let app = app();
    let browser = Browser::on(mounted(&app)).await;
    for signed_in in [false, true] {
        if signed_in {
            testing::sign_in(&browser.client, ADA).await.unwrap();
        }
        let token = browser.csrf_token().await;
        let post = || Attempt::post("/here/echo").body("text/plain", "hello");
        let cases = [
            ("our page", post().same_origin(), true),
            ("our origin", post().header("Origin", "http://app.example"), true),
            (
                "a script with the token",
                post().header("X-CSRF-Token", &token),
                true,
            ),
            ("a script without", post(), false),
            ("a wrong token", post().header("X-CSRF-Token", "A"), false),
            (
                "another site",
                post().header("Sec-Fetch-Site", "cross-site"),
                false,
            ),
            ("a sibling", post().header("Sec-Fetch-Site", "same-site"), false),
            (
                "another origin",
                post().header("Origin", "http://evil.example"),
                false,
            ),
            (
                "another site with the token",
                post()
                    .header("Sec-Fetch-Site", "cross-site")
                    .header("X-CSRF-Token", &token),
                false,
            ),
            (
                "a form that calls itself a GET",
                Attempt::post("/here/page").form(&[("_method", "get")]),
                false,
            ),
            (
                "a link on another site",
                Attempt::new(Method::Get, "/here/page").header("Sec-Fetch-Site", "cross-site"),
                true,
            ),
        ];
        for (what, attempt, passes) in cases {
            let status = browser.attempt(&attempt).await.status();
            let expected = if passes { Status::Ok } else { Status::Forbidden };
            assert_eq!(status, expected, "{what}, signed in: {signed_in}");
            if !passes {
                let (_, body) = read(browser.attempt(&attempt.wants_json()).await).await;
                assert!(!codes(&body).is_empty(), "{what}: {body}");
            }
        }
        // A guard and the form's own check go together.
        let note = Attempt::post("/here/note").form(&[("text", "x"), ("csrf_token", &token)]);
        assert_eq!(browser.attempt(&note.same_origin()).await.status(), Status::Ok);
    }
}

#[rocket::async_test]
async fn who_needs_no_token_still_comes_from_no_other_site() {
    let app = app().set("security.csrf_ignore_unauth_endpoints", true);
    let browser = Browser::on(mounted(&app)).await;
    let post = || Attempt::post("/here/echo").body("text/plain", "hello");
    let status = async |attempt: Attempt| browser.attempt(&attempt).await.status();
    assert_eq!(status(post()).await, Status::Ok);
    let foreign = post().header("Sec-Fetch-Site", "cross-site");
    assert_eq!(status(foreign).await, Status::Forbidden);
    testing::sign_in(&browser.client, ADA).await.unwrap();
    assert_eq!(status(post()).await, Status::Forbidden, "a session is somebody's");
}

/// A script that names itself by a header needs no CSRF token: no other site can have a browser say that.
#[rocket::async_test]
async fn an_auth_token_in_a_header_is_evidence_enough() {
    let app = app().set("security.api_keys", true);
    let browser = Browser::on(mounted(&app)).await;
    browser.register(ADA).await;
    browser.sign_out().await;
    let account = serde_json::json!({ "email": ADA, "password": support::PASSWORD });
    let (_, body) = browser.submit_json("/login?include_auth_token", account).await;
    let token = body["response"]["user"]["authentication_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let security = browser.client.rocket().state::<Security>().unwrap();
    let ada = security.find_user(ADA).await.unwrap().unwrap();
    let (_, key) = security
        .create_api_key(&ada, NewApiKey::new("deploy"))
        .await
        .unwrap();
    for signed_in in [true, false] {
        if !signed_in {
            browser.sign_out().await;
        }
        let post = || Attempt::post("/here/echo").body("text/plain", "hello");
        for (what, attempt, passes) in [
            ("the token", post().header("Authentication-Token", &token), true),
            (
                "as a bearer",
                post().header("Authorization", &format!("Bearer {token}")),
                true,
            ),
            (
                "forged",
                post().header("Authentication-Token", &format!("{token}A")),
                false,
            ),
            ("an API key", post().header("X-API-Key", &key), true),
            (
                "a forged API key",
                post().header("X-API-Key", &key.replace('0', "1")),
                false,
            ),
            (
                "in the address",
                Attempt::post(&format!("/here/echo?auth_token={token}")),
                false,
            ),
            (
                "a password",
                post().header("Authorization", "Basic YWRhOng="),
                false,
            ),
        ] {
            let status = browser.attempt(&attempt).await.status();
            let expected = if passes { Status::Ok } else { Status::Forbidden };
            assert_eq!(status, expected, "{what}, signed in: {signed_in}");
        }
    }
    // A mount takes any mechanism.
    let user = Attempt::new(Method::Get, "/user/page").header("Authentication-Token", &token);
    assert_eq!(browser.attempt(&user).await.status(), Status::Ok);
    let session = Attempt::new(Method::Get, "/session/page").header("Authentication-Token", &token);
    assert_eq!(browser.attempt(&session).await.status(), Status::Found);
}

/// Of the application's own making.
struct Subscriber;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Subscriber {
    type Error = ();

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, ()> {
        match req.headers().get_one("X-Subscription") {
            Some("paid") => Outcome::Success(Subscriber),
            Some("elsewhere") => Outcome::Forward(Status::NotFound),
            _ => Outcome::Error((Status::PaymentRequired, ())),
        }
    }
}

impl Requirement for Subscriber {}

#[rocket::async_test]
async fn a_guard_of_the_applications_own_is_required_alike() {
    let app = app();
    let browser = Browser::on(mounted(&app)).await;
    for (says, status) in [
        ("paid", Status::Ok),
        ("no", Status::PaymentRequired),
        ("elsewhere", Status::NotFound),
    ] {
        for attempt in ways("/subscribed") {
            let answer = browser.attempt(&attempt.header("X-Subscription", says)).await;
            assert_eq!(answer.status(), status, "{says}");
        }
    }
}

/// `true` when it starts, `false` when a fairing of ours said no.
async fn starts(rocket: Rocket<Build>) -> bool {
    match rocket.ignite().await {
        Ok(_) => true,
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::FailedFairings(_)), "{error}");
            false
        }
    }
}

#[rocket::async_test]
async fn deny_by_default_stops_the_launch_for_a_route_that_nobody_decided_about() {
    let app = app();
    let strict = || app.rocket(|fairing| fairing.deny_by_default());
    let user = || Protected::new(all()).require::<AuthUser>();
    assert!(starts(strict()).await, "our own pages are ours to answer for");
    assert!(starts(strict().mount("/a", user()).mount("/b", Public::new(all()))).await);
    let files = || FileServer::from(app.folder());
    assert!(starts(strict().mount("/files", Public::new(files()))).await);
    assert!(!starts(strict().mount("/files", files())).await);
    assert!(!starts(strict().mount("/a", user()).mount("/b", routes![page])).await);
    #[get("/guarded")]
    fn guarded(_user: AuthUser) {}
    assert!(
        !starts(strict().mount("/", routes![guarded])).await,
        "Rocket hides its guards"
    );
    assert!(starts(app.rocket(|fairing| fairing).mount("/", all())).await);
}

#[rocket::async_test]
async fn a_mount_for_a_role_that_nobody_declared_stops_the_launch() {
    let app = app();
    let declared = || app.rocket(|fairing| fairing.roles::<(Editor,)>());
    assert!(starts(declared().mount("/", Protected::new(all()).require::<HasRole<Editor>>())).await);
    assert!(!starts(declared().mount("/", Protected::new(all()).require::<HasRole<Admin>>())).await);
    assert!(!starts(declared().mount("/", Protected::new(all()).require::<Fresh<0>>())).await);
}

/// A fairing that was forgotten opens nothing.
#[rocket::async_test]
async fn without_the_fairing_a_protected_mount_lets_nobody_in() {
    let app = app();
    let rocket =
        rocket::custom(app.figment()).mount("/", Protected::new(routes![page]).require::<AuthUser>());
    let browser = Browser::on(rocket).await;
    assert_eq!(browser.get("/page").await.status(), Status::InternalServerError);
}
