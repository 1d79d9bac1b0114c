//! What our cookies are, what they give away, and what a stolen or forged one is good for.

use std::collections::BTreeMap;

use rocket::http::{Method, SameSite, Status};
use rocket::local::asynchronous::LocalResponse;
use rocket::serde::json::Json;
use rocket::{Build, Rocket, get, routes};
use rocket_security::testing::App;
use rocket_security::{AuthUser, SecurityContext};
use serde_json::{Value, json};

use crate::attempt::Attempt;
use crate::support::{Browser, PASSWORD, app, encode, json as read, rocket};

mod headers;

const MEMBER: &str = "ada@example.org";

#[get("/whole")]
fn whole(security: SecurityContext) -> Json<SecurityContext> {
    Json(security)
}

#[get("/kept")]
fn kept(user: AuthUser) -> (rocket::http::ContentType, String) {
    (rocket::http::ContentType::Plain, user.email.clone())
}

#[derive(rocket::Responder)]
struct Cached {
    text: &'static str,
    control: rocket::http::Header<'static>,
}

#[get("/logo")]
fn logo(_user: AuthUser) -> Cached {
    Cached {
        text: "logo",
        control: rocket::http::Header::new("Cache-Control", "private, max-age=60"),
    }
}

fn own(app: &App) -> Rocket<Build> {
    rocket(app).mount("/", routes![whole, kept, logo])
}

async fn visitor(app: &App) -> Browser {
    let browser = Browser::on(own(app)).await;
    if browser
        .security()
        .find_user(MEMBER)
        .await
        .expect("an answer")
        .is_none()
    {
        browser
            .security()
            .create_user(MEMBER, PASSWORD)
            .await
            .expect("a member");
    }
    browser
}

/// The flashes that wait, by text. They are taken by asking.
async fn flashes(browser: &Browser, cookies: &[(String, String)]) -> Vec<String> {
    let attempt = Attempt::new(Method::Get, "/whole");
    let attempt = cookies
        .iter()
        .fold(attempt, |it, (name, value)| it.cookie(name, value));
    let (status, whole) = read(browser.attempt(&attempt).await).await;
    assert_eq!(status, Status::Ok);
    let flashes = whole["flashes"].as_array().cloned().unwrap_or_default();
    flashes
        .iter()
        .filter_map(|flash| flash["text"].as_str().map(str::to_owned))
        .collect()
}

/// A browser to which something waits to be said, and the cookie that says it.
async fn told(app: &App) -> (Browser, (String, String)) {
    let browser = visitor(app).await;
    browser.get("/login").await;
    let before: Vec<String> = browser.cookies().into_iter().map(|(name, _)| name).collect();
    assert_eq!(browser.get("/profile").await.status(), Status::Found);
    let mut new: Vec<_> = browser
        .cookies()
        .into_iter()
        .filter(|(name, _)| !before.contains(name))
        .collect();
    assert_eq!(new.len(), 1, "one cookie for what waits to be said: {new:?}");
    let flash = new.remove(0);
    (browser, flash)
}

#[rocket::async_test]
async fn a_flash_is_said_once_to_the_browser_it_is_meant_for() {
    let app = app();
    let (browser, flash) = told(&app).await;
    assert_eq!(flashes(&browser, &[]).await.len(), 1);
    assert!(
        browser.cookies().iter().all(|(name, _)| *name != flash.0),
        "the cookie is gone"
    );
    assert!(flashes(&browser, &[]).await.is_empty());
}

#[rocket::async_test]
async fn a_stolen_flash_says_nothing_in_another_browser() {
    let app = app();
    let (browser, flash) = told(&app).await;
    let thief = visitor(&app).await;
    thief.get("/login").await;
    assert!(flashes(&thief, std::slice::from_ref(&flash)).await.is_empty());
    // Nor where there is no cookie of the browser at all.
    let bare = visitor(&app).await;
    assert!(flashes(&bare, &[flash]).await.is_empty());
    assert_eq!(
        flashes(&browser, &[]).await.len(),
        1,
        "it is still there for whom it is meant"
    );
}

/// Who signs in is another one: what was said to the stranger before, or to the member after, is not said to both.
#[rocket::async_test]
async fn a_flash_does_not_outlive_signing_in_and_out() {
    let app = app();
    let (browser, flash) = told(&app).await;
    assert_eq!(flashes(&browser, &[]).await.len(), 1);
    assert_eq!(browser.sign_in(MEMBER, PASSWORD).await.status(), Status::Found);
    flashes(&browser, &[]).await;
    assert!(
        flashes(&browser, std::slice::from_ref(&flash)).await.is_empty(),
        "replayed after signing in"
    );
    browser.sign_out().await;
    flashes(&browser, &[]).await;
    assert!(
        flashes(&browser, &[flash]).await.is_empty(),
        "replayed after signing out"
    );
}

#[rocket::async_test]
async fn a_forged_flash_is_ignored() {
    let app = app();
    let (browser, (name, value)) = told(&app).await;
    let others: Vec<_> = browser
        .cookies()
        .into_iter()
        .filter(|(other, _)| *other != name)
        .collect();
    assert_eq!(flashes(&browser, &[]).await.len(), 1);
    let mut forged = vec![
        String::new(),
        "success:You have won".to_owned(),
        "5:errorYou have lost".to_owned(),
        json!([["You have won", "success"]]).to_string(),
        data_encoding::BASE64URL_NOPAD.encode(b"{\"key\":\"UNAUTHENTICATED\"}"),
        value[..value.len() - 1].to_owned(),
        value[1..].to_owned(),
        value.repeat(2),
        "A".repeat(value.len()),
        "A".repeat(5_000),
    ];
    forged.extend(others.into_iter().map(|(_, value)| value));
    for index in 0..value.len() {
        let with = if &value[index..=index] == "A" { "Q" } else { "A" };
        forged.push(format!("{}{with}{}", &value[..index], &value[index + 1..]));
    }
    for value in forged {
        let said = flashes(&browser, &[(name.clone(), value.clone())]).await;
        assert!(said.is_empty(), "{value} says {said:?}");
        let page = Attempt::new(Method::Get, "/login").cookie(&name, &value);
        assert_eq!(browser.attempt(&page).await.status(), Status::Ok, "{value}");
    }
}

#[rocket::async_test]
async fn every_cookie_changes_with_signing_in_and_out() {
    let app = app();
    let browser = visitor(&app).await;
    let now = || browser.cookies().into_iter().collect::<BTreeMap<_, _>>();
    browser.get("/login").await;
    let stranger = now();
    assert!(!stranger.is_empty());
    assert_eq!(browser.sign_in(MEMBER, PASSWORD).await.status(), Status::Found);
    let member = now();
    browser.sign_out().await;
    browser.get("/login").await;
    let after = now();
    for (one, other) in [(&stranger, &member), (&member, &after), (&stranger, &after)] {
        for (name, value) in one.iter().filter(|(name, _)| *name != "security_device") {
            assert_ne!(other.get(name), Some(value), "{name} stayed");
        }
    }
    assert!(
        stranger.keys().all(|name| member.contains_key(name)),
        "{stranger:?} {member:?}"
    );
    // The session is what only a member has; and the browser knows that somebody has signed in.
    assert_eq!(member.len(), stranger.len() + 2, "{member:?}");
    // Without need they do not change: two tabs are one browser.
    browser.get("/register").await;
    browser.get("/token").await;
    assert_eq!(now(), after);
}

/// An attacker plants his own cookies in a browser (from a sister host, say): he knows what the stranger's token is
/// there, and must not know the member's.
#[rocket::async_test]
async fn a_planted_secret_is_gone_after_signing_in() {
    let app = app();
    let attacker = visitor(&app).await;
    let known = attacker.csrf_token().await;
    let victim = visitor(&app).await;
    let form = [
        ("csrf_token", known.as_str()),
        ("email", MEMBER),
        ("password", PASSWORD),
    ];
    let sign_in = Attempt::post("/login").form(&form).same_origin();
    let planted = attacker.cookies();
    let sign_in = planted
        .iter()
        .fold(sign_in, |it, (name, value)| it.cookie(name, value));
    assert_eq!(victim.attempt(&sign_in).await.status(), Status::Found);
    assert!(victim.is_signed_in().await);
    for (name, value) in &planted {
        assert!(
            !victim.cookies().contains(&(name.clone(), value.clone())),
            "{name} is still the planted one"
        );
    }
    let logout = Attempt::post("/logout")
        .form(&[("csrf_token", &known)])
        .same_origin();
    victim.attempt(&logout).await;
    let replanted = planted
        .iter()
        .fold(logout, |it, (name, value)| it.cookie(name, value));
    victim.attempt(&replanted).await;
    assert!(victim.is_signed_in().await);
}

#[rocket::async_test]
async fn nothing_of_a_cookie_can_be_read() {
    let app = app().set("security.username_enable", true);
    let browser = visitor(&app).await;
    browser.get("/profile").await;
    let mut values: Vec<_> = browser.cookies();
    browser.sign_in(MEMBER, PASSWORD).await;
    browser.get("/fresh").await;
    values.extend(browser.cookies());
    let user = browser
        .security()
        .find_user(MEMBER)
        .await
        .expect("an answer")
        .expect("a member");
    // None so short that random characters spell it.
    let told = [
        "ada@example",
        "example.org",
        "UNAUTHENTICATED",
        "LOGIN_",
        "sign in",
        "csrf_token",
        &user.fs_uniquifier,
    ];
    for (name, value) in values {
        let mut readings = vec![value.clone().into_bytes()];
        for part in value.split(['.', '|', ':', '~', '-']).chain([value.as_str()]) {
            let ways = [
                data_encoding::BASE64URL_NOPAD.decode(part.as_bytes()),
                data_encoding::BASE64_NOPAD.decode(part.as_bytes()),
                data_encoding::HEXLOWER_PERMISSIVE.decode(part.as_bytes()),
                data_encoding::BASE32_NOPAD.decode(part.as_bytes()),
            ];
            readings.extend(ways.into_iter().flatten());
        }
        for reading in readings {
            let text = String::from_utf8_lossy(&reading).to_lowercase();
            for word in told {
                assert!(!text.contains(&word.to_lowercase()), "{name} can be read: {text}");
            }
        }
    }
}

#[rocket::async_test]
async fn cookies_are_out_of_reach_for_scripts_and_other_sites() {
    let app = app();
    let browser = visitor(&app).await;
    let mut seen = BTreeMap::new();
    let mut note = |response: &LocalResponse<'_>| {
        for cookie in response.cookies().iter() {
            seen.insert(cookie.name().to_owned(), cookie.clone().into_owned());
        }
    };
    note(&browser.get("/login").await);
    note(&browser.get("/profile").await);
    note(&browser.sign_in(MEMBER, PASSWORD).await);
    assert!(seen.len() >= 3, "{seen:?}");
    for (name, cookie) in seen {
        assert_eq!(cookie.http_only(), Some(true), "{name}");
        assert!(
            matches!(cookie.same_site(), Some(SameSite::Lax | SameSite::Strict)),
            "{name}"
        );
        assert_eq!(cookie.path(), Some("/"), "{name}");
        assert_eq!(cookie.domain(), None, "{name}");
    }
}

/// Browsers drop a cookie beyond 4096 bytes, name and attributes included, without a word.
#[rocket::async_test]
async fn cookies_stay_small_whatever_is_said() {
    let app = app();
    let browser = visitor(&app).await;
    let check = |response: &LocalResponse<'_>| {
        for header in response.headers().get("Set-Cookie") {
            assert!(header.len() < 4096, "{} bytes: {header}", header.len());
        }
    };
    for number in 0..60 {
        let url = format!("/profile?{}", encode(&[("x", &"long ".repeat(number * 20))]));
        check(&browser.get(&url).await);
    }
    assert!(flashes(&browser, &[]).await.len() <= 20, "what waits is limited");
    let long = format!("{}@{}.example.org", "a".repeat(64), "b".repeat(60));
    for email in [long.clone(), "a".repeat(60_000), "\u{1f600}".repeat(10_000)] {
        let form = [
            ("email", email.as_str()),
            ("password", PASSWORD),
            ("password_confirm", PASSWORD),
        ];
        for path in [
            "/register",
            "/login",
            &format!("/login?next=/{}", "n".repeat(1_000)),
        ] {
            check(&browser.submit(path, &form).await);
            if browser.is_signed_in().await {
                check(&browser.get("/admin").await);
                check(&browser.submit("/verify", &[("password", PASSWORD)]).await);
                browser.sign_out().await;
            }
        }
    }
}

#[rocket::async_test]
async fn after_signing_out_the_old_cookies_are_dead_on_the_server() {
    let app = app();
    let browser = visitor(&app).await;
    assert_eq!(browser.sign_in(MEMBER, PASSWORD).await.status(), Status::Found);
    let old = browser.cookies();
    browser.sign_out().await;
    let profile = Attempt::new(Method::Get, "/profile").wants_json();
    let replay = old
        .iter()
        .fold(profile, |it, (name, value)| it.cookie(name, value));
    let (status, body): (Status, Value) = read(browser.attempt(&replay).await).await;
    assert_eq!(status, Status::Unauthorized, "{body}");
}
