//! Refusals beside what the application has of its own: catchers, fairings, other rockets.

mod addresses;
mod beside;

use std::collections::BTreeSet;

use rocket::http::{ContentType, Header, Status};
use rocket::local::asynchronous::{Client, LocalResponse};
use rocket::response::Responder;
use rocket::{Build, Request, Rocket, catch, catchers, get, routes};
use rocket_security::{AuthUser, Refusal, SecurityContext, testing};
use serde_json::json;

use crate::support::{self, Browser, app};

const JSON: &str = "application/json";

async fn ask<'c>(client: &'c Client, path: &'c str, accept: &str) -> LocalResponse<'c> {
    let request = client.get(path).header(Header::new("Host", "app.example"));
    request
        .header(Header::new("Accept", accept.to_owned()))
        .dispatch()
        .await
}

async fn tracked(rocket: Rocket<Build>) -> Client {
    Client::tracked(rocket).await.expect("the rocket ignites")
}

#[catch(401)]
fn own_unauthorized() -> &'static str {
    "my own 401"
}

#[catch(403)]
fn own_forbidden(req: &Request<'_>) -> String {
    format!(
        "my own 403: {:?}",
        Refusal::of(req).map(|refusal| refusal.reason())
    )
}

#[rocket::async_test]
async fn the_applications_catchers_win() {
    let app = app();
    let client =
        tracked(support::rocket(&app).register("/", catchers![own_unauthorized, own_forbidden])).await;
    for accept in ["text/html", JSON] {
        let refused = ask(&client, "/profile", accept).await;
        assert_eq!(refused.status(), Status::Unauthorized);
        assert_eq!(refused.into_string().await.as_deref(), Some("my own 401"));
    }
    testing::sign_in(&client, "ada@example.org").await.unwrap();
    let refused = ask(&client, "/admin", "text/html").await;
    assert_eq!(refused.status(), Status::Forbidden);
    assert_eq!(
        refused.into_string().await.as_deref(),
        Some("my own 403: Some(Unauthorized)")
    );
}

#[rocket::async_test]
async fn a_catcher_of_the_application_leaves_the_other_status_to_us() {
    let app = app();
    let client = tracked(support::rocket(&app).register("/", catchers![own_forbidden])).await;
    let refused = ask(&client, "/profile", "text/html").await;
    assert_eq!(
        refused.headers().get_one("Location"),
        Some("/login?next=/profile")
    );

    let app = support::app();
    let client = tracked(support::rocket(&app).register("/", catchers![own_unauthorized])).await;
    testing::sign_in(&client, "ada@example.org").await.unwrap();
    let (status, body) = support::json(ask(&client, "/admin", JSON).await).await;
    assert_eq!(
        (status, &body["response"]["error_codes"]),
        (Status::Forbidden, &json!(["UNAUTHORIZED"]))
    );
}

#[rocket::async_test]
async fn a_catcher_of_the_application_below_a_path_serves_that_path() {
    let app = app();
    let rocket = support::rocket(&app)
        .mount("/api", routes![inner])
        .register("/api", catchers![own_unauthorized]);
    let client = tracked(rocket).await;
    assert_eq!(
        ask(&client, "/api/inner", JSON)
            .await
            .into_string()
            .await
            .as_deref(),
        Some("my own 401")
    );
    assert_eq!(
        ask(&client, "/profile", "text/html").await.status(),
        Status::Found
    );
}

#[get("/inner")]
fn inner(_user: AuthUser) {}

/// What a catcher that only wants to count, or to change one case, would write.
#[catch(401)]
fn handing_on<'r>(req: &'r Request<'_>) -> Result<impl Responder<'r, 'static> + use<'r>, &'static str> {
    match Refusal::of(req) {
        Some(refusal) => Ok(refusal.respond(req)),
        None => Err("not refused by a guard"),
    }
}

#[catch(403)]
fn handing_on_403<'r>(req: &'r Request<'_>) -> Result<impl Responder<'r, 'static> + use<'r>, &'static str> {
    Refusal::of(req)
        .map(|refusal| refusal.respond(req))
        .ok_or("not refused by a guard")
}

#[rocket::async_test]
async fn a_catcher_may_give_the_answer_that_ours_would_give() {
    let (app, plain) = (app(), support::app());
    let ours = tracked(support::rocket(&plain)).await;
    let theirs = tracked(support::rocket(&app).register("/", catchers![handing_on, handing_on_403])).await;
    for path in ["/profile", "/admin"] {
        for accept in ["text/html", JSON] {
            let (one, two) = (ask(&ours, path, accept).await, ask(&theirs, path, accept).await);
            assert_same(one, two, &format!("{path} for {accept}")).await;
        }
    }
    testing::sign_in(&ours, "ada@example.org").await.unwrap();
    testing::sign_in(&theirs, "ada@example.org").await.unwrap();
    let (one, two) = (
        ask(&ours, "/admin", JSON).await,
        ask(&theirs, "/admin", JSON).await,
    );
    assert_same(one, two, "/admin without the role").await;
}

async fn assert_same(one: LocalResponse<'_>, two: LocalResponse<'_>, what: &str) {
    let of = |response: &LocalResponse<'_>| {
        let cookies: BTreeSet<_> = response
            .cookies()
            .iter()
            .map(|cookie| cookie.name().to_owned())
            .collect();
        let header = |name| response.headers().get_one(name).map(str::to_owned);
        (
            response.status(),
            header("Location"),
            header("Content-Type"),
            header("Cache-Control"),
            header("Vary"),
            cookies,
        )
    };
    assert_eq!(of(&one), of(&two), "{what}");
    if one.content_type() == Some(ContentType::JSON) {
        assert_eq!(support::json(one).await.1, support::json(two).await.1, "{what}");
    }
}

/// The message must get through although a catcher answers, and Rocket then forgets the cookies of the guard.
#[rocket::async_test]
async fn the_page_after_a_refusal_says_why() {
    let app = app().set("security.unauthorized_view", "/sorry");
    let rocket = support::rocket(&app).mount("/", routes![sorry]);
    let browser = Browser::on(rocket).await;
    browser.get("/profile").await;
    assert_eq!(
        browser.get("/sorry").await.into_string().await.unwrap(),
        "Please sign in to go on."
    );
    assert_eq!(
        browser.get("/sorry").await.into_string().await.unwrap(),
        "",
        "said once is enough"
    );

    testing::sign_in(&browser.client, "ada@example.org")
        .await
        .unwrap();
    browser.get("/admin").await;
    let text = browser.get("/sorry").await.into_string().await.unwrap();
    assert_eq!(text, "Your account is not allowed to open this page.");
}

#[get("/sorry")]
fn sorry(security: SecurityContext) -> String {
    security.flashes.iter().map(|flash| flash.text.clone()).collect()
}

#[rocket::async_test]
async fn unauthorized_view_is_where_a_page_goes_and_json_does_not() {
    let app = app().set("security.unauthorized_view", "/sorry");
    let client = tracked(support::rocket(&app)).await;
    testing::sign_in(&client, "ada@example.org").await.unwrap();
    for path in ["/admin", "/drafts"] {
        let page = ask(&client, path, "text/html").await;
        assert_eq!(
            (page.status(), page.headers().get_one("Location")),
            (Status::Found, Some("/sorry"))
        );
        let (status, body) = support::json(ask(&client, path, JSON).await).await;
        assert_eq!(
            (status, &body["response"]["error_codes"]),
            (Status::Forbidden, &json!(["UNAUTHORIZED"]))
        );
    }
}

#[get("/refuses-itself?<code>")]
fn refuses_itself(_user: Option<AuthUser>, code: u16) -> Status {
    Status::new(code)
}

/// An optional guard that found nobody has refused nothing: what the handler says afterwards is the handler's.
#[rocket::async_test]
async fn a_handlers_own_status_is_not_taken_for_a_refusal() {
    let app = app();
    let client = tracked(app.rocket(|fairing| fairing).mount("/", routes![refuses_itself])).await;
    for code in [403, 404, 418] {
        let path = format!("/refuses-itself?code={code}");
        let answer = ask(&client, &path, "text/html").await;
        assert_eq!(
            (answer.status().code, answer.headers().get_one("Location")),
            (code, None)
        );
        let answer = ask(&client, &path, JSON).await;
        assert_eq!(answer.status().code, code);
    }
}
