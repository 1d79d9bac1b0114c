//! The cookies: what is in them, what is not, what they look like, and what becomes of forged ones.

use std::time::Duration;

use rocket::get;
use rocket::http::{Cookie, Header};
use rocket_security::{AuthUser, SecurityContext, testing};

use crate::answer::{Answer, BOTH, Speech};
use crate::support::{Browser, PASSWORD, app, beside, rocket_on};

const ADA: &str = "ada@example.org";
const SECOND: Duration = Duration::from_secs(1);

async fn signed_in(app: &testing::App) -> Browser {
    let browser = Browser::new(app).await;
    browser.register(ADA).await;
    browser
}

#[rocket::async_test]
async fn the_browsers_secret_changes_at_sign_in_and_at_sign_out() {
    let app = app();
    let browser = signed_in(&app).await;
    browser.sign_out().await;
    let secrets = || {
        let jar = browser.client.cookies();
        let others = jar.iter().filter(|cookie| cookie.name() != "session");
        let pairs = others.map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned()));
        pairs.collect::<std::collections::BTreeMap<_, _>>()
    };
    for sign_in in [true, false] {
        browser.token().await;
        let before = secrets();
        assert!(!before.is_empty(), "tokens are bound to some cookie");
        match sign_in {
            true => assert_eq!(browser.sign_in(ADA, PASSWORD).await.status().code, 302),
            false => browser.sign_out().await,
        }
        let after = secrets();
        for (name, value) in before {
            // Who has signed in here before is no secret of the session.
            if name == "security_device" {
                continue;
            }
            assert_ne!(
                after.get(&name),
                Some(&value),
                "{name} stays, sign_in = {sign_in}"
            );
        }
    }
}

#[rocket::async_test]
async fn a_forged_or_cut_cookie_is_nobody() {
    let app = app();
    let browser = signed_in(&app).await;
    let stranger = Browser::stranger(&app).await;
    let good = browser.session().expect("a session");
    assert_eq!(stranger.who_with(&good).await.as_deref(), Some(ADA));
    let last = if good.ends_with('A') { "B" } else { "A" };
    let flipped = if good.starts_with('A') { "B" } else { "A" };
    let forged = [
        good[..good.len() - 1].to_owned(),
        format!("{good}A"),
        format!("{}{last}", &good[..good.len() - 1]),
        format!("{flipped}{}", &good[1..]),
        good.to_lowercase(),
        format!("{good}="),
        format!(" {good}"),
        format!("%20{good}"),
        "%00".repeat(43),
        "A".repeat(100_000),
        "\u{e9}".repeat(43),
        "' OR 1=1 --".to_owned(),
    ];
    for cookie in forged {
        // The jar of a client trims what it sends; a raw header does not.
        let request = stranger
            .client
            .get("/profile")
            .header(Header::new("Cookie", format!("session={cookie}")));
        assert_eq!(request.dispatch().await.status().code, 302, "{cookie:.60}");
        if cookie.trim() != good {
            assert_eq!(stranger.who_with(&cookie).await, None, "{cookie:.60}");
        }
    }
}

#[rocket::async_test]
async fn the_files_of_the_database_hold_neither_cookie_nor_password() {
    let app = app();
    if !beside::is_sqlite(&app, "the_files_of_the_database_hold_neither_cookie_nor_password") {
        return;
    }
    let browser = signed_in(&app).await;
    let cookie = browser.session().expect("a session");
    let secret = data_encoding::BASE64URL_NOPAD
        .decode(cookie.as_bytes())
        .expect("256 bits in base64url");
    assert_eq!(secret.len(), 32);
    let mut found = 0;
    for file in std::fs::read_dir(app.folder()).expect("the folder").flatten() {
        let Ok(bytes) = std::fs::read(file.path()) else {
            continue;
        };
        let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        found += usize::from(holds(ADA.as_bytes()));
        for (name, needle) in [
            ("cookie", cookie.as_bytes()),
            ("secret", &secret),
            ("password", PASSWORD.as_bytes()),
        ] {
            assert!(!holds(needle), "{} holds the {name}", file.path().display());
        }
        assert!(
            !holds(b"$argon2"),
            "{}: a hash lies there unsealed",
            file.path().display()
        );
    }
    assert!(found > 0, "the search finds what is there");
}

/// Each attribute of a cookie in lower case, without name and value.
fn attributes(cookie: &str) -> Vec<String> {
    let mut all: Vec<String> = cookie
        .split(';')
        .skip(1)
        .map(|part| part.trim().to_lowercase())
        .collect();
    all.sort();
    all
}

#[rocket::async_test]
async fn the_cookie_is_out_of_reach_for_scripts_and_other_sites() {
    let app = app();
    let browser = signed_in(&app).await;
    browser.sign_out().await;
    for speech in BOTH {
        let answer = browser
            .send(speech, "/login", &[("email", ADA), ("password", PASSWORD)])
            .await;
        let cookies = answer.cookies();
        let session: Vec<_> = cookies
            .iter()
            .filter(|cookie| cookie.starts_with("session="))
            .collect();
        assert_eq!(session.len(), 1, "{cookies:?}");
        // Neither Expires nor Max-Age: it ends with the browser. No Domain: for this host alone.
        assert_eq!(attributes(session[0]), ["httponly", "path=/", "samesite=lax"]);
        browser.sign_out().await;
    }
}

/// Signs up, goes about and signs out outside of development; every cookie that was set, with the session.
async fn outside_of_development(app: &testing::App) -> (Vec<String>, Browser) {
    let browser = Browser::on(rocket_on(app, app.figment().select("release"))).await;
    let mut cookies = Vec::new();
    let fields = [
        ("email", ADA),
        ("password", PASSWORD),
        ("password_confirm", PASSWORD),
    ];
    for answer in [
        browser.look(Speech::Page, "/profile").await,
        browser.look(Speech::Page, "/login").await,
        browser.send(Speech::Page, "/register", &fields).await,
        browser
            .send(Speech::Page, "/verify", &[("password", PASSWORD)])
            .await,
        browser.send(Speech::Page, "/logout", &[]).await,
        browser
            .send(Speech::Json, "/login", &[("email", ADA), ("password", PASSWORD)])
            .await,
    ] {
        assert!(answer.status < 400, "{answer:?}");
        cookies.extend(answer.cookies().into_iter().map(str::to_owned));
    }
    assert_eq!(browser.who().await.as_deref(), Some(ADA));
    (cookies, browser)
}

#[rocket::async_test]
async fn outside_of_development_every_cookie_is_secure_and_tied_to_the_host() {
    let app = app();
    let (cookies, browser) = outside_of_development(&app).await;
    assert!(
        cookies.iter().any(|cookie| cookie.starts_with("__Host-session=")),
        "{cookies:?}"
    );
    for cookie in &cookies {
        assert!(cookie.starts_with("__Host-"), "{cookie}");
        let attributes = attributes(cookie);
        for wanted in ["secure", "httponly", "path=/", "samesite=lax"] {
            assert!(
                attributes.iter().any(|attribute| attribute == wanted),
                "{cookie}: no {wanted}"
            );
        }
        assert!(
            !attributes.iter().any(|attribute| attribute.starts_with("domain")),
            "{cookie}"
        );
    }
    // Without the prefix another host of the site could have set it.
    let good = browser
        .client
        .cookies()
        .get("__Host-session")
        .expect("a session")
        .value()
        .to_owned();
    let figment = app.figment().select("release");
    let client = rocket::local::asynchronous::Client::untracked(rocket_on(&app, figment)).await;
    let stranger = Browser {
        client: client.expect("the rocket ignites"),
    };
    assert_eq!(stranger.who_with(&good).await, None);
    let request = stranger
        .client
        .get("/profile")
        .cookie(Cookie::new("__Host-session", good));
    assert_eq!(request.dispatch().await.status().code, 200);
}

#[rocket::async_test]
async fn with_a_domain_the_cookie_says_secure_instead_of_host() {
    let app = app().set("security.session_cookie_domain", "app.example");
    let (cookies, _) = outside_of_development(&app).await;
    let session = cookies
        .iter()
        .find(|cookie| cookie.starts_with("__Secure-session="));
    let session = session.unwrap_or_else(|| panic!("{cookies:?}"));
    assert_eq!(
        attributes(session),
        [
            "domain=app.example",
            "httponly",
            "path=/",
            "samesite=lax",
            "secure"
        ]
    );
    assert!(
        !cookies.iter().any(|cookie| cookie.starts_with("__Host-session")),
        "{cookies:?}"
    );
}

/// Another instance with these keys, called by a client that keeps no cookies.
async fn with_keys(app: &testing::App, keys: &[&str]) -> Browser {
    let figment = app.figment().merge(("security.secret_keys", keys));
    let client = rocket::local::asynchronous::Client::untracked(rocket_on(app, figment)).await;
    Browser {
        client: client.expect("the rocket ignites"),
    }
}

#[rocket::async_test]
async fn a_renewed_key_signs_nobody_out_and_a_dropped_one_does() {
    let (old, new) = (
        "a secret key for tests that is long enough, one",
        "another secret key, long enough as well",
    );
    let app = app();
    let browser = signed_in(&app).await;
    let cookie = browser.session().expect("a session");
    assert_eq!(
        with_keys(&app, &[new]).await.who_with(&cookie).await,
        None,
        "the old key is needed at first"
    );
    // The first use of the next minute writes the hash under the current key.
    app.advance(61 * SECOND);
    assert_eq!(
        with_keys(&app, &[new, old])
            .await
            .who_with(&cookie)
            .await
            .as_deref(),
        Some(ADA)
    );
    assert_eq!(
        with_keys(&app, &[new]).await.who_with(&cookie).await.as_deref(),
        Some(ADA)
    );
    assert_eq!(with_keys(&app, &[old]).await.who_with(&cookie).await, None);
}

#[get("/public")]
fn public(_user: Option<AuthUser>, security: SecurityContext) -> Public {
    Public(security.csrf_token)
}

#[derive(rocket::Responder)]
#[response(status = 200)]
struct Inner(String, Header<'static>);

struct Public(String);

impl<'r> rocket::response::Responder<'r, 'static> for Public {
    fn respond_to(self, req: &'r rocket::Request<'_>) -> rocket::response::Result<'static> {
        Inner(self.0, Header::new("Cache-Control", "public, max-age=60")).respond_to(req)
    }
}

/// Whatever the application says of its own page: with a cookie of ours it is nobody else's.
#[rocket::async_test]
async fn no_shared_cache_keeps_an_answer_with_our_cookies() {
    let app = app();
    let browser = Browser::on(crate::support::rocket(&app).mount("/", rocket::routes![public])).await;
    let first = Answer::of(browser.get("/public").await).await;
    assert!(!first.cookies().is_empty(), "the first token brings a cookie");
    assert_eq!(first.header("cache-control"), Some("private, no-store"));
    // Without one the application's word stands.
    let second = Answer::of(browser.get("/public").await).await;
    assert!(second.cookies().is_empty(), "{:?}", second.cookies());
    assert_eq!(second.header("cache-control"), Some("public, max-age=60"));
}
