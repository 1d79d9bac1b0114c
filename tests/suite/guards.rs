//! What each guard answers to each visitor, over HTTP.

mod freshness;
mod options;
mod wire;

use std::time::Duration;

use rocket::http::{ContentType, Cookie, Header, Status};
use rocket::local::asynchronous::{Client, LocalResponse};
use rocket::{Build, Rocket, routes};
use rocket_security::testing::{self, App};
use rocket_security::{Security, guards};
use serde_json::json;

use crate::support::{app, json as read_json};

rocket_security::roles! { Admin = "admin"; Editor = "editor" }
rocket_security::permissions! { Read = "read"; Write = "write" }

#[guards]
mod site {
    use rocket::get;
    use rocket_security::{
        Anonymous, AuthUser, Fresh, HasAnyPermission, HasAnyRole, HasPermission, HasRole, SessionUser,
    };

    use super::{Admin, Editor, Read, Write};

    #[get("/user")]
    pub fn user(user: AuthUser) -> String {
        user.email.clone()
    }
    #[get("/session")]
    pub fn session(user: SessionUser) -> String {
        user.email.clone()
    }
    #[get("/role")]
    pub fn role(user: HasRole<"admin">) -> String {
        user.email.clone()
    }
    #[get("/role-type")]
    pub fn role_type(user: HasRole<Admin>) -> String {
        user.email.clone()
    }
    #[get("/any-role")]
    pub fn any_role(user: HasAnyRole<"admin", "editor">) -> String {
        user.email.clone()
    }
    #[get("/any-role-type")]
    pub fn any_role_type(user: HasAnyRole<(Admin, Editor)>) -> String {
        user.email.clone()
    }
    #[get("/permission")]
    pub fn permission(user: HasPermission<"read">) -> String {
        user.email.clone()
    }
    #[get("/any-permission")]
    pub fn any_permission(user: HasAnyPermission<(Read, Write)>) -> String {
        user.email.clone()
    }
    #[get("/both")]
    pub fn both(user: HasRole<"editor">, _and: HasPermission<"write">) -> String {
        user.email.clone()
    }
    #[get("/fresh")]
    pub fn fresh(user: Fresh) -> String {
        user.email.clone()
    }
    #[get("/fresh-minute")]
    pub fn fresh_minute(user: Fresh<1>) -> String {
        user.email.clone()
    }
    #[get("/anonymous")]
    pub fn anonymous(_visitor: Anonymous) -> &'static str {
        "nobody"
    }
}

fn site(app: &App) -> Rocket<Build> {
    use site::*;
    let one = routes![user, session, role, role_type, any_role, any_role_type];
    let two = routes![permission, any_permission, both, fresh, fresh_minute, anonymous];
    app.rocket(|fairing| fairing).mount("/", one).mount("/", two)
}

const PATHS: [&str; 12] = [
    "/user",
    "/session",
    "/role",
    "/role-type",
    "/any-role",
    "/any-role-type",
    "/permission",
    "/any-permission",
    "/both",
    "/fresh",
    "/fresh-minute",
    "/anonymous",
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Answer {
    Served,
    SignIn,
    Forbidden,
    ProveAgain,
    AnonymousOnly,
}
use Answer::*;

/// A client that forgets, so that what a request carries stands in the test.
async fn client(app: &App) -> Client {
    Client::untracked(site(app)).await.expect("the rocket ignites")
}

fn security(client: &Client) -> &Security {
    client
        .rocket()
        .state::<Security>()
        .expect("the fairing manages it")
}

async fn ask<'c>(
    client: &'c Client,
    path: &'c str,
    cookie: Option<&Cookie<'static>>,
    accept: &str,
) -> LocalResponse<'c> {
    let request = client.get(path).header(Header::new("Host", "app.example"));
    let request = request.header(Header::new("Accept", accept.to_owned()));
    match cookie {
        Some(cookie) => request.cookie(cookie.clone()).dispatch().await,
        None => request.dispatch().await,
    }
}

/// What a browser says when it navigates.
const PAGE: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn assert_page(who: &str, path: &str, wanted: Answer, response: LocalResponse<'_>) {
    let location = response.headers().get_one("Location").map(str::to_owned);
    let got = (response.status().code, location);
    let expected = match wanted {
        Served => (200, None),
        SignIn => (302, Some(format!("/login?next={path}"))),
        Forbidden => (403, None),
        ProveAgain => (302, Some(format!("/verify?next={path}"))),
        AnonymousOnly => (302, Some("/".to_owned())),
    };
    assert_eq!(got, expected, "{who} at {path} as a page");
    assert_headers(who, path, wanted, &response);
    if wanted == Forbidden {
        assert_eq!(
            response.content_type(),
            Some(ContentType::HTML),
            "{who} at {path}"
        );
    }
}

async fn assert_json(who: &str, path: &str, wanted: Answer, response: LocalResponse<'_>) {
    if wanted == Served {
        assert_eq!(response.status(), Status::Ok, "{who} at {path} as JSON");
        return;
    }
    assert_headers(who, path, wanted, &response);
    assert_eq!(
        response.content_type(),
        Some(ContentType::JSON),
        "{who} at {path}"
    );
    let (status, mut body) = read_json(response).await;
    let (code, key) = match wanted {
        SignIn => (401, "UNAUTHENTICATED"),
        Forbidden => (403, "UNAUTHORIZED"),
        ProveAgain => (401, "REAUTHENTICATION_REQUIRED"),
        _ => (400, "ANONYMOUS_USER_REQUIRED"),
    };
    assert_eq!(status.code, code, "{who} at {path} as JSON: {body}");
    let response = body["response"].as_object_mut().expect("a response");
    let texts = response.remove("errors").unwrap_or_default();
    assert_eq!(
        texts.as_array().map(Vec::len),
        Some(1),
        "{who} at {path}: {texts}"
    );
    // Whole, so that nothing else tells a deactivated user from a stranger.
    let expected = match wanted {
        ProveAgain => json!({
            "error_codes": [key],
            "reauth_required": true,
            "unified_signin_enabled": false,
            "has_webauthn_verify_credential": false,
            "oauth_enabled": false,
            "oauth_providers": [],
        }),
        _ => json!({ "error_codes": [key] }),
    };
    assert_eq!(
        body,
        json!({ "meta": { "code": code }, "response": expected }),
        "{who} at {path}"
    );
}

/// No cache may keep a refusal or serve it to the next visitor.
fn assert_headers(who: &str, path: &str, wanted: Answer, response: &LocalResponse<'_>) {
    if wanted == Served {
        return;
    }
    let has = |name, word: &str| {
        response
            .headers()
            .get(name)
            .any(|value| value.to_lowercase().contains(word))
    };
    assert!(
        has("Cache-Control", "no-store"),
        "{who} at {path}: {:?}",
        response.headers()
    );
    assert!(has("Vary", "cookie"), "{who} at {path}: {:?}", response.headers());
    // A browser would ask for a password in a box of its own.
    assert!(!has("WWW-Authenticate", "basic"), "{who} at {path}");
}

async fn assert_all(
    who: &str,
    client: &Client,
    cookie: Option<&Cookie<'static>>,
    wanted: impl Fn(&str) -> Answer,
) {
    for path in PATHS {
        assert_page(who, path, wanted(path), ask(client, path, cookie, PAGE).await).await;
        assert_json(
            who,
            path,
            wanted(path),
            ask(client, path, cookie, "application/json").await,
        )
        .await;
    }
}

fn as_nobody(path: &str) -> Answer {
    if path == "/anonymous" { Served } else { SignIn }
}

#[rocket::async_test]
async fn a_visitor_without_a_session_is_asked_to_sign_in() {
    let app = app();
    let client = client(&app).await;
    let real = testing::sign_in(&client, "ada@example.org").await.unwrap().cookie;
    let name = real.name().to_owned();
    let value = real.value().to_owned();
    // One changed, one cut, one longer, and such as never were any.
    let flipped = format!(
        "{}{}",
        if value.starts_with('A') { 'B' } else { 'A' },
        &value[1..]
    );
    let forged = [
        flipped,
        value[..value.len() - 1].to_owned(),
        format!("{value}A"),
        String::new(),
        "null".to_owned(),
        "A".repeat(value.len()),
        "%00".to_owned(),
        "A".repeat(4000),
    ];
    assert_all("nobody", &client, None, as_nobody).await;
    for value in forged {
        let cookie = Cookie::new(name.clone(), value);
        assert_all(
            &format!("a forged cookie {cookie}"),
            &client,
            Some(&cookie),
            as_nobody,
        )
        .await;
    }
    assert_page(
        "the real one",
        "/user",
        Served,
        ask(&client, "/user", Some(&real), PAGE).await,
    )
    .await;
}

#[rocket::async_test]
async fn a_session_that_has_ended_is_none() {
    for (who, visits, hours) in [
        ("idle for a day", 0, 24),
        // Used every twelve hours, and yet over after thirty days.
        ("as old as a session gets", 59, 12),
    ] {
        let app = app();
        let client = client(&app).await;
        let cookie = testing::sign_in(&client, "ada@example.org").await.unwrap().cookie;
        for _ in 0..visits {
            app.advance(Duration::from_secs(hours * 3600));
            assert_eq!(
                ask(&client, "/user", Some(&cookie), PAGE).await.status(),
                Status::Ok,
                "{who}"
            );
        }
        app.advance(Duration::from_secs(hours * 3600 + 1));
        assert_all(who, &client, Some(&cookie), as_nobody).await;
    }
}

#[rocket::async_test]
async fn a_deactivated_user_is_out_at_once_and_his_sessions_do_not_come_back() {
    let app = app();
    let client = client(&app).await;
    let ada = testing::sign_in(&client, "ada@example.org").await.unwrap();
    let bob = testing::sign_in(&client, "bob@example.org").await.unwrap();
    assert!(security(&client).add_role(ada.user.id, "admin").await.unwrap());
    assert!(security(&client).deactivate_user(ada.user.id).await.unwrap());
    assert_all("deactivated", &client, Some(&ada.cookie), as_nobody).await;
    assert!(security(&client).activate_user(ada.user.id).await.unwrap());
    assert_all("activated again", &client, Some(&ada.cookie), as_nobody).await;
    assert_eq!(
        ask(&client, "/user", Some(&bob.cookie), PAGE).await.status(),
        Status::Ok
    );
}

#[rocket::async_test]
async fn a_user_who_is_signed_out_everywhere_is_out_in_each_browser() {
    let app = app();
    let client = client(&app).await;
    let one = testing::sign_in(&client, "ada@example.org").await.unwrap();
    let two = testing::sign_in(&client, "ada@example.org").await.unwrap();
    assert_ne!(one.cookie.value(), two.cookie.value());
    assert!(security(&client).sign_out_everywhere(one.user.id).await.unwrap());
    assert_all("the first browser", &client, Some(&one.cookie), as_nobody).await;
    assert_all("the second browser", &client, Some(&two.cookie), as_nobody).await;
}

#[rocket::async_test]
async fn a_role_and_a_permission_open_what_asks_for_them_and_nothing_else() {
    let app = app();
    let client = client(&app).await;
    security(&client)
        .find_or_create_role("admin", &["read"])
        .await
        .unwrap();
    security(&client)
        .find_or_create_role("editor", &["write"])
        .await
        .unwrap();
    // Names that resemble the real ones.
    security(&client)
        .find_or_create_role("administrator", &["reader"])
        .await
        .unwrap();
    security(&client)
        .find_or_create_role("Admin", &["Read"])
        .await
        .unwrap();
    let guarded = &PATHS[2..9];
    for (who, roles, opened) in [
        ("a member", vec![], vec![]),
        (
            "an admin",
            vec!["admin"],
            vec![
                "/role",
                "/role-type",
                "/any-role",
                "/any-role-type",
                "/permission",
                "/any-permission",
            ],
        ),
        (
            "an editor",
            vec!["editor"],
            vec!["/any-role", "/any-role-type", "/any-permission", "/both"],
        ),
        ("an editor and admin", vec!["editor", "admin"], guarded.to_vec()),
        ("somebody alike", vec!["administrator", "Admin"], vec![]),
    ] {
        let signed_in = testing::sign_in(&client, &format!("{}@example.org", who.replace(' ', "-")))
            .await
            .unwrap();
        for role in &roles {
            assert!(security(&client).add_role(signed_in.user.id, role).await.unwrap());
        }
        assert_all(who, &client, Some(&signed_in.cookie), |path| match path {
            "/anonymous" => AnonymousOnly,
            _ if guarded.contains(&path) && !opened.contains(&path) => Forbidden,
            _ => Served,
        })
        .await;
    }
}

#[rocket::async_test]
async fn a_role_given_or_taken_counts_for_the_next_request() {
    let app = app();
    let client = client(&app).await;
    let ada = testing::sign_in(&client, "ada@example.org").await.unwrap();
    let security = security(&client);
    security.find_or_create_role("admin", &["read"]).await.unwrap();
    for _ in 0..2 {
        for path in ["/role", "/permission"] {
            assert_page(
                "before",
                path,
                Forbidden,
                ask(&client, path, Some(&ada.cookie), PAGE).await,
            )
            .await;
        }
        assert!(security.add_role(ada.user.id, "admin").await.unwrap());
        assert!(
            !security.add_role(ada.user.id, "admin").await.unwrap(),
            "he has it already"
        );
        for path in ["/role", "/permission"] {
            assert_page(
                "with it",
                path,
                Served,
                ask(&client, path, Some(&ada.cookie), PAGE).await,
            )
            .await;
        }
        assert!(security.remove_role(ada.user.id, "admin").await.unwrap());
        assert!(
            !security.remove_role(ada.user.id, "admin").await.unwrap(),
            "he has it no more"
        );
    }
}
