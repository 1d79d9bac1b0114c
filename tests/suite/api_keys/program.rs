//! A program that comes with a key.

use rocket::http::Header;
use rocket::{get, post, routes};
use rocket_security::testing::App;
use rocket_security::{
    ApiKey, ApiKeyUser, Auth, AuthUser, Fresh, HasAnyPermission, HasAnyRole, HasPermission, HasRole,
    Mechanism, NewApiKey, Security, Session, Token, User,
};
use serde_json::json;

use super::{ADA, DAY, MINUTE, app, scoped, user};
use crate::answer::{Answer, Speech};
use crate::support::{self, Browser, PASSWORD};

#[get("/by-key")]
fn by_key(user: ApiKeyUser) -> String {
    let name = user.key().map(|key| key.name.as_str());
    format!("{} {}", user.email, name.unwrap_or_default())
}

#[post("/by-key")]
fn change_by_key(user: ApiKeyUser) -> String {
    user.email.clone()
}

#[get("/may?<role>&<permission>")]
async fn may(
    user: ApiKeyUser,
    role: &str,
    permission: &str,
    req: Raw<'_>,
) -> Result<String, rocket::http::Status> {
    let roles = user.roles(req.0).await;
    let roles = roles.map_err(|_| rocket::http::Status::ServiceUnavailable)?;
    let has_role = roles.iter().any(|has| has.name == role);
    let permitted = roles.iter().any(|has| has.permissions.contains(permission));
    Ok(format!("{has_role} {permitted}"))
}

#[get("/optional")]
fn optional(key: Option<ApiKeyUser>, user: Option<AuthUser>) -> String {
    format!("{} {}", key.is_some(), user.is_some())
}

rocket_security::roles! { Admin = "admin"; Editor = "editor" }
rocket_security::permissions! { ReadDrafts = "read-drafts"; Write = "write" }

#[get("/role")]
fn role(_user: HasRole<Admin, ApiKey>) {}

#[get("/any-role")]
fn any_role(_user: HasAnyRole<(Admin, Editor), ApiKey>) {}

#[get("/permission")]
fn permission(_user: HasPermission<ReadDrafts, (Token, ApiKey, Session)>) {}

#[get("/any-permission")]
fn any_permission(_user: HasAnyPermission<(ReadDrafts, Write), ApiKey>) {}

#[get("/fresh-key")]
fn fresh_key(_user: Fresh<60, (ApiKey, Session)>) {}

#[get("/any")]
fn any(user: Auth<(Token, ApiKey, Session)>) -> &'static str {
    match user.mechanism() {
        Mechanism::ApiKey => "key",
        Mechanism::Session => "session",
        _ => "other",
    }
}

struct Raw<'r>(&'r rocket::Request<'r>);

#[rocket::async_trait]
impl<'r> rocket::request::FromRequest<'r> for Raw<'r> {
    type Error = std::convert::Infallible;

    async fn from_request(req: &'r rocket::Request<'_>) -> rocket::request::Outcome<Self, Self::Error> {
        rocket::request::Outcome::Success(Raw(req))
    }
}

/// An application with routes for keys, and Ada in it.
async fn program(app: &App) -> (Browser, User) {
    let rocket = support::with_fairing(app, scoped).mount("/", routes![by_key, change_by_key, may, optional]);
    let browser = Browser::on(rocket).await;
    browser.register(ADA).await;
    browser.sign_out().await;
    let ada = user(&browser, ADA).await;
    (browser, ada)
}

async fn key(security: &Security, user: &User, scopes: &[&str]) -> String {
    let new = scopes
        .iter()
        .fold(NewApiKey::new("deploy"), |new, scope| new.scope(*scope));
    let (_, text) = security.create_api_key(user, new).await.expect("a key");
    text.to_string()
}

async fn ask(browser: &Browser, url: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = browser
        .client
        .get(url.to_owned())
        .header(Header::new("Host", "app.example"))
        .header(Header::new("Accept", "application/json"));
    for (name, value) in headers {
        request = request.header(Header::new((*name).to_owned(), (*value).to_owned()));
    }
    Answer::of(request.dispatch().await).await
}

async fn with_key(browser: &Browser, url: &str, key: &str) -> Answer {
    ask(browser, url, &[("X-API-Key", key)]).await
}

#[rocket::async_test]
async fn a_key_serves_in_either_header() {
    let app = app();
    let (browser, ada) = program(&app).await;
    let key = key(browser.security(), &ada, &[]).await;
    let bearer = format!("Bearer {key}");
    let lower = format!("bearer  {key}");
    for headers in [
        &[("X-API-Key", key.as_str())][..],
        &[("x-api-key", &key)],
        &[("Authorization", &bearer)],
        &[("Authorization", &lower)],
        // The same twice is one.
        &[("X-API-Key", &key), ("Authorization", &bearer)],
    ] {
        let answer = ask(&browser, "/by-key", headers).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, "ada@example.org deploy"),
            "{headers:?}"
        );
        answer.assert_not_cached("what depends on a key");
        assert!(answer.cookies().is_empty(), "a key makes no session");
    }
    // An unsafe request needs no token, wherever it comes from: no other site can write the header.
    let request = browser
        .client
        .post("/by-key")
        .header(Header::new("X-API-Key", key.clone()));
    let request = request.header(Header::new("Sec-Fetch-Site", "cross-site"));
    assert_eq!(Answer::of(request.dispatch().await).await.status, 200);
}

#[rocket::async_test]
async fn the_header_is_a_setting() {
    let app = app()
        .set("security.api_key_header", "X-Acme")
        .set("security.api_key_prefix", "acme_live");
    let (browser, ada) = program(&app).await;
    let key = key(browser.security(), &ada, &[]).await;
    assert!(key.starts_with("acme_live_"));
    assert_eq!(ask(&browser, "/by-key", &[("X-Acme", &key)]).await.status, 200);
    assert_eq!(with_key(&browser, "/by-key", &key).await.status, 401);
    let bearer = format!("Bearer {key}");
    assert_eq!(
        ask(&browser, "/by-key", &[("Authorization", &bearer)])
            .await
            .status,
        200
    );
}

#[rocket::async_test]
async fn a_key_is_looked_for_in_headers_alone() {
    let app = app();
    let (browser, ada) = program(&app).await;
    let key = key(browser.security(), &ada, &[]).await;
    for url in [
        format!("/by-key?X-API-Key={key}"),
        format!("/by-key?api_key={key}"),
        format!("/by-key?auth_token={key}"),
        format!("/by-key?access_token={key}"),
    ] {
        assert_eq!(ask(&browser, &url, &[]).await.status, 401, "{url}");
    }
    let cookie = format!("X-API-Key={key}; session={key}; __Host-session={key}; remember_token={key}");
    let basic = data_encoding::BASE64.encode(format!("{ADA}:{key}").as_bytes());
    for (name, value) in [
        ("Cookie", cookie),
        ("Authentication-Token", key.clone()),
        ("Authorization", format!("Basic {basic}")),
        ("Authorization", format!("Token {key}")),
        ("Authorization", key.clone()),
        ("X-API-Key2", key.clone()),
    ] {
        assert_eq!(
            ask(&browser, "/by-key", &[(name, &value)]).await.status,
            401,
            "{name}"
        );
    }
    let posts = [
        (
            "application/x-www-form-urlencoded",
            format!("X-API-Key={key}&api_key={key}"),
        ),
        (
            "application/json",
            json!({ "X-API-Key": key, "api_key": key }).to_string(),
        ),
    ];
    for (kind, body) in posts {
        let request = browser
            .client
            .post("/by-key")
            .header(Header::new("Content-Type", kind));
        let answer = Answer::of(
            request
                .header(Header::new("Accept", "application/json"))
                .body(body)
                .dispatch()
                .await,
        );
        assert_eq!(answer.await.status, 401, "{kind}");
    }
}

/// Wrong in any way, and the answer is one: nobody learns which ids there are, or why a key is no good.
#[rocket::async_test]
async fn whatever_is_wrong_with_a_key_looks_the_same() {
    let app = app();
    let (browser, ada) = program(&app).await;
    let security = browser.security();
    let good = key(security, &ada, &[]).await;
    let stranger = ask(&browser, "/by-key", &[("X-API-Key", "x")]).await;
    assert_eq!(stranger.status, 401);
    let bits: Vec<&str> = good.split('_').collect();
    let other = key(security, &ada, &[]).await;
    let others: Vec<&str> = other.split('_').collect();
    let checked = |text: String| {
        use rocket_security::crypto::ApiKeySecret;
        // A right check over a wrong key, as an attacker would make it.
        let digest = sha(&text);
        let whole = format!("{text}_{digest}");
        assert!(ApiKeySecret::parse(&whole).is_some());
        whole
    };
    let guess = format!("rsk_{}_{}", bits[1], "0f".repeat(32));
    let unknown = format!("rsk_{}_{}", "0f".repeat(16), bits[2]);
    let swapped = format!("rsk_{}_{}", bits[1], others[2]);
    let renamed = format!("rsx_{}_{}", bits[1], bits[2]);
    for wrong in [
        String::new(),
        " ".to_owned(),
        good[..good.len() - 1].to_owned(),
        format!("{good}0"),
        good.to_uppercase(),
        "a".repeat(100_000),
        format!("{good}, {other}"),
        checked(guess),
        checked(unknown),
        checked(swapped),
        checked(renamed),
    ] {
        let answer = with_key(&browser, "/by-key", &wrong).await;
        assert_eq!(answer.status, 401, "{wrong:.120}");
        assert_eq!(
            (&answer.body, &answer.headers),
            (&stranger.body, &stranger.headers),
            "{wrong:.120}"
        );
        assert!(!answer.body.contains("rsk_"), "the answer repeats what was sent");
    }
    assert_eq!(with_key(&browser, "/by-key", &good).await.status, 200);
}

/// The check at a key's end.
fn sha(text: &str) -> String {
    use sha2::{Digest, Sha256};
    data_encoding::HEXLOWER.encode(&Sha256::digest(text.as_bytes())[..4])
}

#[rocket::async_test]
async fn two_keys_are_one_too_many() {
    let app = app();
    let (browser, ada) = program(&app).await;
    let security = browser.security();
    let (one, other) = (key(security, &ada, &[]).await, key(security, &ada, &[]).await);
    let bearer = format!("Bearer {other}");
    for headers in [
        [("X-API-Key", one.as_str()), ("X-API-Key", other.as_str())],
        [("X-API-Key", &one), ("Authorization", &bearer)],
        [("X-API-Key", "x"), ("Authorization", &bearer)],
    ] {
        assert_eq!(
            ask(&browser, "/by-key", &headers).await.status,
            400,
            "{headers:?}"
        );
    }
}

#[rocket::async_test]
async fn a_key_that_has_ended_serves_nobody() {
    for end in ["expired", "revoked", "deactivated", "signed out", "erased"] {
        let app = app();
        let (browser, ada) = program(&app).await;
        let security = browser.security();
        let text = key(security, &ada, &[]).await;
        assert_eq!(with_key(&browser, "/by-key", &text).await.status, 200);
        match end {
            "expired" => app.advance(90 * DAY),
            "revoked" => {
                let id = security.api_keys(ada.id).await.unwrap()[0].id.clone();
                assert!(security.revoke_api_key(ada.id, &id).await.unwrap());
            }
            "deactivated" => drop(security.deactivate_user(ada.id).await.unwrap()),
            "signed out" => drop(security.sign_out_everywhere(ada.id).await.unwrap()),
            _ => drop(security.datastore().delete_user(ada.id).await.unwrap()),
        }
        assert_eq!(with_key(&browser, "/by-key", &text).await.status, 401, "{end}");
        // Nor does it come back to life.
        security.activate_user(ada.id).await.unwrap();
        assert_eq!(with_key(&browser, "/by-key", &text).await.status, 401, "{end}");
    }
}

#[rocket::async_test]
async fn a_key_lives_until_its_last_moment() {
    let app = app();
    let (browser, ada) = program(&app).await;
    let new = NewApiKey::new("short").expires_in(10 * MINUTE);
    let (_, text) = browser.security().create_api_key(&ada, new).await.unwrap();
    app.advance(10 * MINUTE - std::time::Duration::from_millis(1));
    assert_eq!(with_key(&browser, "/by-key", &text).await.status, 200);
    app.advance(std::time::Duration::from_millis(1));
    assert_eq!(with_key(&browser, "/by-key", &text).await.status, 401);
}

#[rocket::async_test]
async fn a_locked_user_is_turned_away_with_his_keys() {
    struct Locked(std::sync::Arc<std::sync::atomic::AtomicBool>);

    #[rocket::async_trait]
    impl rocket_security::Policy for Locked {
        async fn is_locked(&self, _: &User) -> rocket_security::Result<bool> {
            Ok(self.0.load(std::sync::atomic::Ordering::SeqCst))
        }
    }

    let app = app();
    let lock = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let policy = Locked(lock.clone());
    let rocket = support::with_fairing(&app, |fairing| scoped(fairing).policy(policy));
    let browser = Browser::on(rocket.mount("/", routes![by_key])).await;
    browser.register(ADA).await;
    let ada = user(&browser, ADA).await;
    let text = key(browser.security(), &ada, &[]).await;
    for (locked, status) in [(false, 200), (true, 401), (false, 200)] {
        lock.store(locked, std::sync::atomic::Ordering::SeqCst);
        assert_eq!(with_key(&browser, "/by-key", &text).await.status, status);
    }
}

#[rocket::async_test]
async fn a_key_may_what_its_user_and_its_scopes_allow() {
    let app = app();
    let (browser, ada) = program(&app).await;
    let security = browser.security();
    security
        .find_or_create_role("admin", &["read-drafts", "rule"])
        .await
        .unwrap();
    security.find_or_create_role("writer", &["write"]).await.unwrap();
    security.add_role(ada.id, "admin").await.unwrap();
    let asked = async |text: &str, role: &str, permission: &str| {
        let url = format!("/may?role={role}&permission={permission}");
        with_key(&browser, &url, text).await.body
    };
    let none = key(security, &ada, &[]).await;
    let reads = key(security, &ada, &["read-drafts"]).await;
    let writes = key(security, &ada, &["write"]).await;
    let rules = key(security, &ada, &["role:admin"]).await;
    for (text, permission, expected) in [
        (&none, "read-drafts", "false false"),
        (&reads, "read-drafts", "false true"),
        (&reads, "rule", "false false"),
        // In its scopes, but nothing that she may.
        (&writes, "write", "false false"),
        (&rules, "read-drafts", "true true"),
        (&rules, "rule", "true true"),
        (&rules, "write", "true false"),
    ] {
        assert_eq!(asked(text, "admin", permission).await, expected, "{permission}");
    }
    // A nameless role is nobody's.
    assert_eq!(asked(&none, "", "").await, "false false");
    // What is taken from her is taken from her keys.
    security.remove_role(ada.id, "admin").await.unwrap();
    assert_eq!(asked(&rules, "admin", "rule").await, "false false");
    assert_eq!(asked(&reads, "admin", "read-drafts").await, "false false");
    security.add_role(ada.id, "writer").await.unwrap();
    assert_eq!(asked(&writes, "writer", "write").await, "false true");
}

#[rocket::async_test]
async fn a_key_goes_no_further_than_its_scopes_through_any_guard() {
    let app = app();
    let rocket = support::with_fairing(&app, scoped);
    let rocket = rocket.mount(
        "/",
        routes![role, any_role, permission, any_permission, fresh_key, any],
    );
    let browser = Browser::on(rocket).await;
    browser.register(ADA).await;
    browser.sign_out().await;
    let (ada, security) = (user(&browser, ADA).await, browser.security());
    security
        .find_or_create_role("admin", &["read-drafts"])
        .await
        .unwrap();
    security.add_role(ada.id, "admin").await.unwrap();
    // What the key may, and what the four guards and the two that ask for no right answer.
    for (scopes, role, permission) in [
        (&[][..], 403, 403),
        (&["write"], 403, 403),
        (&["read-drafts"], 403, 200),
        (&["role:admin"], 200, 200),
    ] {
        let text = key(security, &ada, scopes).await;
        for (url, status) in [
            ("/role", role),
            ("/any-role", role),
            ("/permission", permission),
            ("/any-permission", permission),
            ("/any", 200),
            ("/fresh-key", 401),
        ] {
            let answer = with_key(&browser, url, &text).await;
            assert_eq!(answer.status, status, "{scopes:?} {url}: {}", answer.body);
        }
    }
    // With a session beside it the key still is what serves: the session's rights do not ride along.
    browser.sign_in(ADA, PASSWORD).await;
    let bare = key(security, &ada, &[]).await;
    assert_eq!(with_key(&browser, "/any", &bare).await.body, "key");
    assert_eq!(with_key(&browser, "/permission", &bare).await.status, 403);
    assert_eq!(ask(&browser, "/permission", &[]).await.status, 200);
}

/// Guards that do not say that they take a key, and the library's own pages.
#[rocket::async_test]
async fn a_key_opens_nothing_else() {
    let app = app();
    let (browser, ada) = program(&app).await;
    let security = browser.security();
    security
        .find_or_create_role("admin", &["read-drafts"])
        .await
        .unwrap();
    security.add_role(ada.id, "admin").await.unwrap();
    let text = key(security, &ada, &["role:admin", "read-drafts"]).await;
    let bearer = format!("Bearer {text}");
    for headers in [("X-API-Key", text.as_str()), ("Authorization", &bearer)] {
        for url in ["/profile", "/admin", "/drafts", "/fresh", "/verify", "/api-keys"] {
            assert_eq!(ask(&browser, url, &[headers]).await.status, 401, "{url}");
        }
        let seen = ask(&browser, "/optional", &[headers]).await;
        assert_eq!(seen.body, "true false");
        for (url, body) in [
            ("/api-keys", json!({ "name": "another" })),
            ("/verify", json!({ "password": PASSWORD })),
            ("/logout", json!({})),
        ] {
            let request = browser.client.post(url).header(rocket::http::ContentType::JSON);
            let request = request.header(Header::new(headers.0, headers.1.to_owned()));
            let answer = Answer::of(request.body(body.to_string()).dispatch().await).await;
            assert!(
                !answer.body.contains("rsk_")
                    && answer.cookies().iter().all(|cookie| !cookie.contains("session"))
            );
        }
    }
    assert_eq!(security.api_keys(ada.id).await.unwrap().len(), 1);
    // A session that rides along does not lend itself to the key, nor the key to the session.
    browser.sign_in(ADA, PASSWORD).await;
    assert_eq!(ask(&browser, "/by-key", &[]).await.status, 401);
    let seen = ask(&browser, "/optional", &[("X-API-Key", "wrong")]).await;
    assert_eq!(seen.body, "false true");
}

/// Nor does a session's own endpoint waive its CSRF token because a key is there too.
#[rocket::async_test]
async fn a_key_beside_a_session_waives_no_token() {
    let app = app();
    let (browser, ada) = program(&app).await;
    browser.sign_in(ADA, PASSWORD).await;
    let text = key(browser.security(), &ada, &[]).await;
    for url in ["/api-keys", "/logout", "/verify"] {
        let request = browser.client.post(url).header(rocket::http::ContentType::Form);
        let request = request.header(Header::new("X-API-Key", text.clone()));
        let answer = Answer::of(request.body("name=theirs").dispatch().await).await;
        assert!(answer.location().is_none(), "{url}: {answer:?}");
        assert!(browser.is_signed_in().await, "{url}");
    }
    assert_eq!(browser.security().api_keys(ada.id).await.unwrap().len(), 1);
}

/// A setting that asks nobody when he proved who he is makes no proof of a key.
#[rocket::async_test]
async fn a_key_is_never_fresh_though_freshness_is_off() {
    #[get("/fresh-or-off")]
    fn fresh_or_off(_user: Fresh<{ u32::MAX }, (ApiKey, Session)>) {}

    let app = app().set("security.freshness", "off");
    let rocket = support::with_fairing(&app, scoped).mount("/", routes![fresh_or_off, by_key]);
    let browser = Browser::on(rocket).await;
    browser.register(ADA).await;
    assert_eq!(
        ask(&browser, "/fresh-or-off", &[]).await.status,
        200,
        "a session is"
    );
    browser.sign_out().await;
    let ada = user(&browser, ADA).await;
    let text = key(browser.security(), &ada, &[]).await;
    assert_eq!(with_key(&browser, "/by-key", &text).await.status, 200);
    assert_eq!(with_key(&browser, "/fresh-or-off", &text).await.status, 401);
}

#[rocket::async_test]
async fn the_last_use_is_noted_once_a_minute() {
    let app = app();
    let (browser, ada) = program(&app).await;
    let security = browser.security();
    let text = key(security, &ada, &[]).await;
    let used = async || security.api_keys(ada.id).await.unwrap()[0].clone();
    assert!(used().await.last_used_at.is_none());
    let from = |address: &str| {
        let request = browser
            .client
            .get("/by-key")
            .remote(address.parse().expect("an address"));
        request.header(Header::new("X-API-Key", text.clone()))
    };
    from("203.0.113.7:1").dispatch().await;
    let first = used().await;
    assert_eq!(first.last_used_ip.as_deref(), Some("203.0.113.7"));
    app.advance(MINUTE - std::time::Duration::from_millis(1));
    from("203.0.113.8:1").dispatch().await;
    assert_eq!(used().await.last_used_at, first.last_used_at);
    assert_eq!(used().await.last_used_ip, first.last_used_ip);
    app.advance(std::time::Duration::from_millis(1));
    from("203.0.113.8:1").dispatch().await;
    assert_eq!(used().await.last_used_ip.as_deref(), Some("203.0.113.8"));
    let answer = browser.sign_in(ADA, PASSWORD).await.status();
    assert_eq!(answer.code, 302);
    let page = browser.look(Speech::Page, "/api-keys").await;
    assert!(
        page.body.contains("last used 2026-01-01 from 203.0.113.8"),
        "{}",
        page.body
    );
}

#[rocket::async_test]
async fn keys_move_on_with_the_ring() {
    let (old, new) = (
        "a secret key for tests that is long enough, one",
        "another secret key for tests, 7RyBfEw0CtGp5uKiNaVh",
    );
    let app = app();
    let (browser, ada) = program(&app).await;
    let used = key(browser.security(), &ada, &[]).await;
    let unused = key(browser.security(), &ada, &[]).await;
    let mut figment = app.figment().merge(("security.secret_keys", [new, old]));
    for (keys, statuses) in [([new, old].as_slice(), [200, 0]), (&[new], [200, 401])] {
        figment = figment.merge(("security.secret_keys", keys));
        let fairing = scoped(rocket_security::SecurityFairing::new().clock(app.clock().clone()));
        let rocket = rocket::custom(figment.clone())
            .attach(fairing)
            .mount("/", routes![by_key]);
        let browser = Browser::on(rocket).await;
        for (text, status) in [&used, &unused].into_iter().zip(statuses) {
            if status != 0 {
                assert_eq!(with_key(&browser, "/by-key", text).await.status, status);
            }
        }
    }
}

#[rocket::async_test]
async fn switched_off_the_keys_serve_nobody_and_the_guard_stops_the_launch() {
    let app = app();
    let (browser, ada) = program(&app).await;
    let text = key(browser.security(), &ada, &[]).await;
    assert_eq!(with_key(&browser, "/by-key", &text).await.status, 200);
    let app = app.set("security.api_keys", false);
    let rocket = support::with_fairing(&app, scoped).mount("/", routes![by_key]);
    let launched = rocket::local::asynchronous::Client::untracked(rocket).await;
    assert!(launched.map_err(|error| drop(error.kind().to_string())).is_err());
}

/// What one database holds opens nothing where the keys are others.
#[rocket::async_test]
async fn a_stolen_table_opens_nothing() {
    let app = app();
    let (browser, ada) = program(&app).await;
    let text = key(browser.security(), &ada, &[]).await;
    let key = browser.security().api_keys(ada.id).await.unwrap().remove(0);
    let hash = data_encoding::HEXLOWER.encode(key.hash.as_bytes());
    assert!(!text.contains(&hash));
    let forged = format!("rsk_{}_{hash}", key.id);
    let forged = format!("{forged}_{}", sha(&forged));
    assert_eq!(with_key(&browser, "/by-key", &forged).await.status, 401);
}
