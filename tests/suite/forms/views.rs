//! Values of the application's own on each view, as a page and as JSON.

use rocket::{get, routes};
use rocket_security::{Error, Security, SecurityContext};
use serde_json::{Value, json};

use super::{ADA, SIGN_IN, with_ada};
use crate::answer::{BOTH, Speech};
use crate::support::{Browser, app, with_fairing};

/// Pages that print what they get.
fn templates(app: &rocket_security::testing::App) {
    let folder = app.folder().join("templates/security");
    std::fs::create_dir_all(&folder).unwrap();
    let text =
        "<i>{{ app.brand }}|{{ app.who }}|{{ app.seen }}|{{ app.view }}|{{ view }}</i>{{ csrf_field() }}";
    for view in ["login", "logout", "register", "verify", "error"] {
        std::fs::write(folder.join(format!("{view}.html.j2")), text).unwrap();
    }
}

fn shown(body: &str) -> &str {
    let start = body.find("<i>").unwrap_or_else(|| panic!("{body}")) + 3;
    &body[start..body.find("</i>").expect("an end")]
}

#[get("/own")]
fn own(security: SecurityContext) -> String {
    serde_json::to_string(&security.app).expect("JSON")
}

#[rocket::async_test]
async fn every_view_has_the_applications_values() {
    let app = app();
    templates(&app);
    let browser = with_ada(&app, |fairing| {
        fairing
            .context(|view| {
                json!({
                    "brand": "<Acme>",
                    "who": view.user().map(|user| user.email.clone()),
                    "view": view.view(),
                    // The library's own names in JSON.
                    "csrf_token": "mine", "identity_attributes": "mine", "user": "mine",
                })
            })
            .context_async(None, |view| {
                Box::pin(async move {
                    let found = view.security().find_user(ADA).await?;
                    Ok(json!({ "seen": found.map(|user| user.id), "brand": "Acme & Co" }))
                })
            })
            .context_for("login", |_| json!({ "brand": "Sign in to Acme" }))
            .context_for("verify", |_| Value::Null)
    })
    .await;

    assert_eq!(
        shown(&browser.look(Speech::Page, "/login").await.body),
        "Sign in to Acme||1|login|login"
    );
    assert_eq!(
        shown(&browser.look(Speech::Page, "/register").await.body),
        "Acme &amp; Co||1|register|register"
    );
    let json = browser.look(Speech::Json, "/login").await.json();
    let response = &json["response"];
    assert_eq!(
        (&response["brand"], &response["seen"], &response["view"]),
        (&json!("Sign in to Acme"), &json!(1), &json!("login"))
    );
    assert_eq!(response["identity_attributes"], json!(["email"]), "ours win");
    assert_ne!(response["csrf_token"], "mine");

    // A form that failed is the same page; a POST in JSON says no more than before.
    let again = browser.send(Speech::Page, "/login", &[("email", ADA)]).await;
    assert_eq!(shown(&again.body), "Sign in to Acme||1|login|login");
    let done = browser.send(Speech::Json, "/login", &SIGN_IN).await;
    done.assert_done(
        Speech::Json,
        "",
        &["csrf_token", "tf_required", "user"],
        "sign-in",
    );

    assert_eq!(
        shown(&browser.look(Speech::Page, "/verify").await.body),
        format!("Acme &amp; Co|{ADA}|1|verify|verify")
    );
    assert_eq!(
        browser.look(Speech::Json, "/verify").await.json()["response"]["user"],
        json!({})
    );
    assert_eq!(
        shown(&browser.look(Speech::Page, "/logout").await.body),
        format!("Acme &amp; Co|{ADA}|1|logout|logout")
    );
    // A refusal, by a catcher.
    let refused = browser.look(Speech::Page, "/admin").await;
    assert_eq!(refused.status, 403);
    assert_eq!(shown(&refused.body), format!("Acme &amp; Co|{ADA}|1|error|error"));
}

#[rocket::async_test]
async fn the_guard_has_what_all_views_have() {
    let app = app();
    let rocket = with_fairing(&app, |fairing| {
        fairing
            .context(|view| json!({ "brand": "Acme", "view": view.view(), "path": view.path() }))
            .context_for("login", |_| json!({ "brand": "never here" }))
    });
    let browser = Browser::on(rocket.mount("/", routes![own])).await;
    let body = browser.look(Speech::Page, "/own").await.json();
    assert_eq!(body, json!({ "brand": "Acme", "view": null, "path": "/own" }));
}

#[rocket::async_test]
async fn a_context_function_that_fails_leaks_nothing() {
    fn broken(_: &Security) -> Result<Value, Error> {
        Err(super::lost())
    }
    let app = app();
    let rocket = with_fairing(&app, |fairing| {
        fairing
            .context_async(Some("login"), |view| {
                Box::pin(async move {
                    let path = std::fs::read_to_string(format!("/no/such/file/{}", view.path()))?;
                    Ok(json!({ "path": path }))
                })
            })
            .context_async(Some("register"), |view| {
                Box::pin(async move { Ok(broken(view.security())?) })
            })
            .context_for("verify", |_| "no map")
    });
    let browser = Browser::on(rocket.mount("/", routes![own])).await;
    for speech in BOTH {
        for url in ["/login", "/register"] {
            let answer = browser.look(speech, url).await;
            assert_eq!(answer.status, 500, "{url}");
            assert!(
                !answer.body.contains("such file") && !answer.body.contains("key"),
                "{}",
                answer.body
            );
        }
    }
    // Other views are not touched, nor is what needs no page.
    assert_eq!(browser.look(Speech::Page, "/own").await.status, 200);
    assert_eq!(
        browser
            .send(Speech::Json, "/login", &[("email", ADA)])
            .await
            .status,
        400
    );
}
