//! API keys: the page and its JSON, the calls in process, and what the launch says of their settings.

mod program;

use std::time::Duration;

use rocket::http::{ContentType, Header, Status};
use rocket::local::asynchronous::Client;
use rocket_security::testing::{self, App};
use rocket_security::{ApiKey, Event, NewApiKey, Security, SecurityFairing, User};
use serde_json::{Value, json};

use crate::answer::{Answer, BOTH, Speech};
use crate::support::{self, Browser, PASSWORD, field};

const ADA: &str = "ada@example.org";
const BOB: &str = "bob@example.org";
const URL: &str = "/api-keys";
const DAY: Duration = Duration::from_secs(86_400);
const MINUTE: Duration = Duration::from_secs(60);

pub fn app() -> App {
    support::app().set("security.api_keys", true)
}

pub fn scoped(fairing: SecurityFairing) -> SecurityFairing {
    fairing.api_key_scopes(["read-drafts", "write", "role:admin"])
}

pub async fn browser(app: &App) -> Browser {
    Browser::on(support::with_fairing(app, scoped)).await
}

async fn with_ada(app: &App) -> Browser {
    let browser = browser(app).await;
    browser.register(ADA).await;
    browser
}

pub async fn user(browser: &Browser, email: &str) -> User {
    let found = browser.security().find_user(email).await.unwrap();
    found.expect("the user")
}

/// The key that an answer shows.
fn shown(speech: Speech, answer: &Answer) -> String {
    match speech {
        Speech::Json => answer.json()["response"]["key"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        Speech::Page => {
            let page = scraper::Html::parse_document(&answer.body);
            let secret = scraper::Selector::parse(".fs-secret").unwrap();
            let found = page.select(&secret).next();
            found.map(|found| found.text().collect()).unwrap_or_default()
        }
    }
}

async fn create(browser: &Browser, speech: Speech, fields: &[(&str, &str)]) -> (Answer, String) {
    let answer = browser.send(speech, URL, fields).await;
    let key = shown(speech, &answer);
    (answer, key)
}

async fn keys(browser: &Browser) -> Vec<Value> {
    let answer = browser.look(Speech::Json, URL).await;
    answer.json()["response"]["api_keys"]
        .as_array()
        .cloned()
        .unwrap_or_default()
}

#[rocket::async_test]
async fn there_are_none_unless_the_setting_says_so() {
    let app = support::app();
    let browser = Browser::new(&app).await;
    browser.register(ADA).await;
    assert_eq!(browser.look(Speech::Page, URL).await.status, 404);
    let security = browser.security();
    assert_eq!(security.url_for("api_keys", &[]), None);
    let refused = security
        .create_api_key(&user(&browser, ADA).await, NewApiKey::new("x"))
        .await;
    assert!(refused.is_err_and(|error| error.to_string().contains("api_keys = true")));
}

#[rocket::async_test]
async fn only_who_is_signed_in_reaches_it() {
    let app = app();
    let browser = browser(&app).await;
    let page = browser.look(Speech::Page, URL).await;
    assert_eq!(
        (page.status, page.location()),
        (302, Some("/login?next=/api-keys"))
    );
    let refused = browser.look(Speech::Json, URL).await;
    assert_eq!(
        (refused.status, refused.codes()),
        (401, vec!["UNAUTHENTICATED".to_owned()])
    );
    for fields in [&[("name", "deploy")][..], &[("delete", "x")]] {
        assert_eq!(browser.send(Speech::Page, URL, fields).await.status, 302);
        assert_eq!(browser.send(Speech::Json, URL, fields).await.status, 401);
    }
}

#[rocket::async_test]
async fn a_key_is_made_listed_and_revoked() {
    for speech in BOTH {
        let app = app();
        let browser = with_ada(&app).await;
        let fields = [
            ("name", " nightly <b>backup</b> "),
            ("scopes", "read-drafts"),
            ("expires", "7"),
        ];
        let (answer, key) = create(&browser, speech, &fields).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(key.starts_with("rsk_") && key.len() == 110, "{key}");
        answer.assert_not_cached("the answer with the key");
        if speech == Speech::Json {
            assert_eq!(answer.response_keys(), ["api_key", "csrf_token", "key"]);
        } else {
            assert!(answer.says("API_KEY_CREATED"));
            assert!(!answer.body.contains("<b>"), "a name is no markup");
        }

        let listed = keys(&browser).await;
        assert_eq!(listed.len(), 1);
        let id = listed[0]["id"].as_str().unwrap();
        let expected = json!({
            "id": id, "name": "nightly <b>backup</b>", "shown": format!("rsk_{}…", &id[..8]),
            "scopes": ["read-drafts"], "created_at": "2026-01-01T12:00:00Z",
            "expires_at": "2026-01-08T12:00:00Z", "expired": false, "last_used_at": null, "last_used_ip": null,
        });
        assert_eq!(listed[0], expected);
        let page = browser.look(Speech::Page, URL).await;
        assert!(page.body.contains("nightly &lt;b&gt;backup"), "{}", page.body);
        assert!(page.body.contains("expires 2026-01-08"), "{}", page.body);
        assert_eq!(page.input("delete").as_deref(), Some(id));

        let revoked = browser.send(speech, URL, &[("delete", id)]).await;
        match speech {
            Speech::Page => assert_eq!((revoked.status, revoked.location()), (302, Some(URL))),
            Speech::Json => assert_eq!(revoked.json()["response"]["deleted"], json!(id)),
        }
        assert!(keys(&browser).await.is_empty());
        let again = browser.send(speech, URL, &[("delete", id)]).await;
        again.assert_refused(speech, &[("delete", "API_KEY_NOT_FOUND")], "once more");
    }
}

#[rocket::async_test]
async fn a_key_is_shown_once_and_kept_nowhere() {
    for speech in BOTH {
        let app = app();
        let browser = with_ada(&app).await;
        let (answer, key) = create(&browser, speech, &[("name", "deploy")]).await;
        let secret = key.split('_').nth(2).expect("a secret").to_owned();
        assert_eq!(answer.body.matches(&secret).count(), 1, "once in the answer");
        for (name, value) in &answer.headers {
            assert!(!value.contains(&secret), "{name} carries the key");
        }
        // Neither the next pages, nor a message that waits, nor the list, nor a form that failed.
        for other in BOTH {
            for url in [URL, "/login", "/verify", "/"] {
                let later = browser.look(other, url).await;
                assert!(!format!("{later:?}").contains(&secret), "{url} has the key");
            }
            let failed = browser.send(other, URL, &[("name", "")]).await;
            assert!(
                !format!("{failed:?}").contains(&secret),
                "a failed form has the key"
            );
        }
        assert!(!format!("{:?}", browser.cookies()).contains(&secret));
        if app.database_url().contains("sqlite") {
            for entry in std::fs::read_dir(app.folder()).unwrap().flatten() {
                let bytes = std::fs::read(entry.path()).unwrap_or_default();
                let is_there = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
                assert!(!is_there(&secret), "{:?} has the key", entry.path());
            }
        }
    }
}

#[rocket::async_test]
async fn only_the_fresh_make_keys_and_everybody_revokes() {
    for speech in BOTH {
        let app = app()
            .set("security.freshness", "10 minutes")
            .set("security.freshness_grace_period", 0);
        let browser = with_ada(&app).await;
        create(&browser, speech, &[("name", "first")]).await;
        app.advance(11 * MINUTE);
        let (stale, key) = create(&browser, speech, &[("name", "second")]).await;
        assert_eq!(key, "");
        match speech {
            Speech::Page => {
                assert_eq!(
                    (stale.status, stale.location()),
                    (302, Some("/verify?next=%2Fapi-keys"))
                );
                let page = browser.look(Speech::Page, URL).await;
                assert!(page.body.contains("/verify?next=%2Fapi-keys"), "{}", page.body);
                assert_eq!(page.input("name"), None, "a form that would not be taken");
            }
            Speech::Json => {
                assert_eq!(
                    (stale.status, stale.codes()),
                    (401, vec!["REAUTHENTICATION_REQUIRED".to_owned()])
                );
            }
        }
        let listed = keys(&browser).await;
        assert_eq!(listed.len(), 1, "a stale session has made a key");
        browser
            .send(speech, URL, &[("delete", listed[0]["id"].as_str().unwrap())])
            .await;
        assert!(keys(&browser).await.is_empty(), "revoking is urgent");
        let verified = browser
            .send(
                Speech::Page,
                "/verify?next=%2Fapi-keys",
                &[("password", PASSWORD)],
            )
            .await;
        assert_eq!(verified.location(), Some(URL));
        let (_, key) = create(&browser, speech, &[("name", "second")]).await;
        assert_ne!(key, "");
    }
}

/// What is sent, and which error stands at which field.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);

#[rocket::async_test]
async fn what_cannot_be_is_told_at_its_field() {
    for speech in BOTH {
        let app = app();
        let browser = with_ada(&app).await;
        let long = "x".repeat(65);
        let name = ("name", "deploy");
        let cases: &[Case<'_>] = &[
            (&[], "name", "API_KEY_INVALID_NAME"),
            (&[("name", "  ")], "name", "API_KEY_INVALID_NAME"),
            (&[("name", &long)], "name", "API_KEY_INVALID_NAME"),
            (&[("name", "a\r\nX-Evil: 1")], "name", "API_KEY_INVALID_NAME"),
            (&[("name", "a\u{1b}[31m")], "name", "API_KEY_INVALID_NAME"),
            (&[name, ("scopes", "drop")], "scopes", "API_KEY_INVALID_SCOPE"),
            (&[name, ("scopes", "")], "scopes", "API_KEY_INVALID_SCOPE"),
            (
                &[name, ("scopes", "write\nrole:admin")],
                "scopes",
                "API_KEY_INVALID_SCOPE",
            ),
            // Declared, but a role that she does not have.
            (
                &[name, ("scopes", "role:admin")],
                "scopes",
                "API_KEY_INVALID_SCOPE",
            ),
            (&[name, ("expires", "0")], "expires", "API_KEY_INVALID_LIFETIME"),
            (&[name, ("expires", "-1")], "expires", "API_KEY_INVALID_LIFETIME"),
            (&[name, ("expires", "366")], "expires", "API_KEY_INVALID_LIFETIME"),
            (
                &[name, ("expires", "never")],
                "expires",
                "API_KEY_INVALID_LIFETIME",
            ),
            (
                &[name, ("expires", "99999999999999999999")],
                "expires",
                "API_KEY_INVALID_LIFETIME",
            ),
            (
                &[name, ("expires", "soon")],
                "expires",
                "API_KEY_INVALID_LIFETIME",
            ),
            (&[("delete", "")], "delete", "API_KEY_NOT_FOUND"),
            (&[("delete", "' OR 1=1 --")], "delete", "API_KEY_NOT_FOUND"),
        ];
        for (fields, at, code) in cases {
            let answer = browser.send(speech, URL, fields).await;
            answer.assert_refused(speech, &[(at, code)], &format!("{fields:?}"));
            assert_eq!(shown(speech, &answer), "");
        }
        assert!(keys(&browser).await.is_empty());
    }
}

#[rocket::async_test]
async fn json_takes_a_list_of_scopes_and_days_as_a_number() {
    let app = app();
    let browser = with_ada(&app).await;
    let post = async |body: Value| {
        let token = browser.token().await;
        let request = browser.client.post(URL).header(ContentType::JSON);
        let request = request.header(Header::new("X-CSRF-Token", token));
        Answer::of(request.body(body.to_string()).dispatch().await).await
    };
    let made = post(json!({ "name": "deploy", "scopes": ["write", "read-drafts"], "expires": 30 })).await;
    let key = &made.json()["response"]["api_key"];
    assert_eq!(key["scopes"], json!(["read-drafts", "write"]));
    assert_eq!(key["expires_at"], json!("2026-01-31T12:00:00Z"));
    let usual = post(json!({ "name": "deploy", "scopes": null, "expires": null })).await;
    assert_eq!(
        usual.json()["response"]["api_key"]["expires_at"],
        json!("2026-04-01T12:00:00Z")
    );
    for wrong in [
        json!({ "name": 7 }),
        json!({ "name": "x", "scopes": [["write"]] }),
        json!({ "name": "x", "scopes": { "write": true } }),
        json!({ "name": "x", "expires": 1.5 }),
        json!({ "name": "x", "expires": true }),
        json!({ "delete": 1 }),
        json!({ "delete": ["x"] }),
    ] {
        assert_eq!(post(wrong.clone()).await.status, 400, "{wrong}");
    }
    assert_eq!(keys(&browser).await.len(), 2);
}

#[rocket::async_test]
async fn a_role_is_offered_to_who_has_it() {
    let app = app();
    let browser = with_ada(&app).await;
    let offered = async || browser.look(Speech::Json, URL).await.json()["response"]["scopes"].clone();
    assert_eq!(offered().await, json!(["read-drafts", "write"]));
    assert!(!browser.look(Speech::Page, URL).await.body.contains("role:admin"));
    browser
        .security()
        .add_role(user(&browser, ADA).await.id, "admin")
        .await
        .unwrap();
    assert_eq!(offered().await, json!(["read-drafts", "role:admin", "write"]));
    assert!(browser.look(Speech::Page, URL).await.body.contains("role:admin"));
    let (answer, key) = create(&browser, Speech::Page, &[("name", "x"), ("scopes", "role:admin")]).await;
    assert_ne!(key, "", "{answer:?}");
}

#[rocket::async_test]
async fn nobody_has_more_than_he_may() {
    for speech in BOTH {
        let app = app().set("security.api_keys_max", 2);
        let browser = with_ada(&app).await;
        for _ in 0..2 {
            assert_ne!(create(&browser, speech, &[("name", "x")]).await.1, "");
        }
        let (answer, key) = create(&browser, speech, &[("name", "x")]).await;
        assert_eq!(key, "");
        answer.assert_refused(speech, &[("", "API_KEY_LIMIT_REACHED")], "a third");
        let id = keys(&browser).await[0]["id"].as_str().unwrap().to_owned();
        browser.send(speech, URL, &[("delete", &id)]).await;
        assert_ne!(create(&browser, speech, &[("name", "x")]).await.1, "");
    }
}

#[rocket::async_test]
async fn another_users_key_is_not_there() {
    for speech in BOTH {
        let app = app();
        let (ada, bob) = (with_ada(&app).await, browser(&app).await);
        bob.register(BOB).await;
        create(&ada, speech, &[("name", "hers")]).await;
        let id = keys(&ada).await[0]["id"].as_str().unwrap().to_owned();
        assert!(keys(&bob).await.is_empty());
        let hers = bob.send(speech, URL, &[("delete", &id)]).await;
        let nobodys = bob.send(speech, URL, &[("delete", &"0f".repeat(16))]).await;
        hers.assert_refused(speech, &[("delete", "API_KEY_NOT_FOUND")], "hers");
        nobodys.assert_refused(speech, &[("delete", "API_KEY_NOT_FOUND")], "nobody's");
        if speech == Speech::Json {
            assert_eq!(hers.body, nobodys.body, "an id of somebody else shows");
        }
        assert_eq!(keys(&ada).await.len(), 1);
    }
}

#[rocket::async_test]
async fn another_site_makes_and_revokes_nothing() {
    let app = app();
    let browser = with_ada(&app).await;
    create(&browser, Speech::Page, &[("name", "mine")]).await;
    let id = keys(&browser).await[0]["id"].as_str().unwrap().to_owned();
    let good = browser.token().await;
    for (token, site) in [
        ("", "same-origin"),
        ("wrong", "same-origin"),
        (&good, "cross-site"),
        (&good, "same-site"),
    ] {
        for fields in [
            &[("name", "theirs")][..],
            &[("delete", &id)],
            &[("_method", "get"), ("name", "theirs")],
        ] {
            let request = browser.client.post(URL).header(ContentType::Form);
            let mut all = vec![("csrf_token", token)];
            all.extend_from_slice(fields);
            let request = request
                .header(Header::new("Host", "app.example"))
                .body(support::encode(&all));
            let answer = Answer::of(
                request
                    .header(Header::new("Sec-Fetch-Site", site))
                    .dispatch()
                    .await,
            )
            .await;
            assert_eq!(shown(Speech::Page, &answer), "", "{site} {fields:?}");
        }
    }
    let listed = keys(&browser).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["name"], json!("mine"));
}

#[rocket::async_test]
async fn whatever_ends_all_sessions_ends_the_keys() {
    for end in ["deactivated", "signed out", "erased"] {
        let app = app();
        let browser = with_ada(&app).await;
        let (ada, security) = (user(&browser, ADA).await, browser.security());
        security.create_api_key(&ada, NewApiKey::new("x")).await.unwrap();
        match end {
            "deactivated" => assert!(security.deactivate_user(ada.id).await.unwrap()),
            "signed out" => assert!(security.sign_out_everywhere(ada.id).await.unwrap()),
            _ => assert!(security.datastore().delete_user(ada.id).await.unwrap()),
        }
        assert!(security.api_keys(ada.id).await.unwrap().is_empty(), "{end}");
        // Who still holds the user as he was makes none any more.
        let late = security.create_api_key(&ada, NewApiKey::new("x")).await;
        assert_eq!(
            late.err().and_then(|error| error.conflict()),
            Some("user_id"),
            "{end}"
        );
    }
}

#[rocket::async_test]
async fn in_process_the_same_rules_hold() {
    let app = app().set("security.api_keys_max", 3);
    let browser = with_ada(&app).await;
    let (ada, security) = (user(&browser, ADA).await, browser.security());
    for wrong in [
        NewApiKey::new(""),
        NewApiKey::new("x").scope("drop"),
        NewApiKey::new("x").scope("role:admin"),
        NewApiKey::new("x").without_end(),
        NewApiKey::new("x").expires_in(Duration::from_secs(59)),
        NewApiKey::new("x").expires_in(366 * DAY),
        NewApiKey::new("x").expires_in(Duration::MAX),
    ] {
        let refused = security.create_api_key(&ada, wrong.clone()).await;
        assert!(refused.is_err_and(|error| error.is_invalid()), "{wrong:?}");
    }
    let scoped = NewApiKey::new("x").scope("write").expires_in(MINUTE);
    let (key, text): (ApiKey, _) = security.create_api_key(&ada, scoped).await.unwrap();
    assert!(key.has_scope("write") && text.contains(&key.id));
    for _ in 0..2 {
        security.create_api_key(&ada, NewApiKey::new("y")).await.unwrap();
    }
    let fourth = security.create_api_key(&ada, NewApiKey::new("z")).await;
    assert_eq!(fourth.err().and_then(|error| error.conflict()), Some("api_keys"));
    assert_eq!(security.api_keys(ada.id).await.unwrap().len(), 3);
    assert!(!security.revoke_api_key(ada.id + 1, &key.id).await.unwrap());
    assert!(security.revoke_api_key(ada.id, &key.id).await.unwrap());
    assert!(!security.revoke_api_key(ada.id, &key.id).await.unwrap());
}

#[rocket::async_test]
async fn an_expired_key_is_shown_for_a_while_and_then_swept() {
    let app = app()
        .set("security.session_idle_timeout", "100 days")
        .set("security.session_lifetime", "100 days");
    let browser = with_ada(&app).await;
    create(&browser, Speech::Page, &[("name", "old"), ("expires", "7")]).await;
    app.advance(7 * DAY);
    assert_eq!(keys(&browser).await[0]["expired"], json!(true));
    assert!(
        browser
            .look(Speech::Page, URL)
            .await
            .body
            .contains("expired 2026-01-08")
    );
    app.advance(31 * DAY);
    testing::sign_in(&browser.client, BOB).await.unwrap();
    while !testing::is_settled(&browser.client) {
        rocket::tokio::task::yield_now().await;
    }
    let ada = user(&browser, ADA).await.id;
    assert!(browser.security().api_keys(ada).await.unwrap().is_empty());
}

#[rocket::async_test]
async fn without_a_limit_a_key_may_have_no_end() {
    let app = app().set("security.api_key_lifetime_max", "");
    let browser = with_ada(&app).await;
    let page = browser.look(Speech::Page, URL).await;
    assert!(page.body.contains("value=\"never\""), "{}", page.body);
    create(&browser, Speech::Page, &[("name", "x"), ("expires", "never")]).await;
    assert_eq!(keys(&browser).await[0]["expires_at"], Value::Null);
}

#[rocket::async_test]
async fn the_application_is_told() {
    let app = app();
    let browser = with_ada(&app).await;
    let mut heard = browser.security().events();
    create(&browser, Speech::Json, &[("name", "x")]).await;
    let key = keys(&browser).await[0]["id"].as_str().unwrap().to_owned();
    browser.send(Speech::Json, URL, &[("delete", &key)]).await;
    browser.send(Speech::Json, URL, &[("delete", &key)]).await;
    let user = user(&browser, ADA).await.id;
    let events: Vec<Event> = std::iter::from_fn(|| heard.try_recv().ok()).collect();
    assert_eq!(
        events,
        [
            Event::ApiKeyCreated {
                user,
                key: key.clone()
            },
            Event::ApiKeyRevoked { user, key },
        ]
    );
}

#[rocket::async_test]
async fn the_page_names_everything_it_asks() {
    let app = app();
    let browser = with_ada(&app).await;
    let page = browser.look(Speech::Page, URL).await;
    assert!(!page.body.contains("<script"), "it works without scripts");
    let html = scraper::Html::parse_document(&page.body);
    let select = |css: &str| scraper::Selector::parse(css).unwrap();
    for input in html.select(&select("main input:not([type=hidden]), main select")) {
        let id = input.value().attr("id").expect("an id");
        let label = select(&format!("label[for=\"{id}\"]"));
        assert!(html.select(&label).next().is_some(), "{id} has no label");
    }
    assert!(field(&page.body, "csrf_token").is_some());
    // What she ticked stays ticked when the form comes again.
    let again = browser
        .send(Speech::Page, URL, &[("name", ""), ("scopes", "write")])
        .await;
    let html = scraper::Html::parse_document(&again.body);
    let boxes = select("input[name=scopes][checked]");
    let ticked = html.select(&boxes);
    let ticked: Vec<_> = ticked.filter_map(|input| input.value().attr("value")).collect();
    assert_eq!(ticked, ["write"]);
}

#[rocket::async_test]
async fn settings_that_cannot_work_stop_the_launch() {
    // Rocket's error panics when nobody looks at it.
    let launches = async |app: App, setup: fn(SecurityFairing) -> SecurityFairing| {
        let launched = Client::untracked(app.rocket(setup)).await;
        launched.map_err(|error| drop(error.kind().to_string())).is_ok()
    };
    assert!(launches(app(), scoped).await);
    for (setting, value) in [
        ("security.api_key_prefix", ""),
        ("security.api_key_prefix", "a-b"),
        ("security.api_key_prefix", "seventeen_letters"),
        ("security.api_key_header", "Authorization"),
        ("security.api_key_header", "x-xsrf-token"),
        ("security.api_key_lifetime", "366 days"),
        ("security.api_keys_url", "/login"),
        ("security.api_keys_url", "api-keys"),
    ] {
        assert!(
            !launches(app().set(setting, value), scoped).await,
            "{setting} = {value:?}"
        );
    }
    for setup in [
        (|fairing| fairing.api_key_scopes([""])) as fn(SecurityFairing) -> SecurityFairing,
        |fairing| fairing.api_key_scopes([" read"]),
        |fairing| fairing.api_key_scopes(["re\nad"]),
        |fairing| fairing.api_key_scopes(["role:"]),
        |fairing| fairing.api_key_scopes([String::from_utf8(vec![b'x'; 101]).unwrap()]),
        |fairing| fairing.api_key_scopes((0..101).map(|number| number.to_string())),
        |fairing| {
            fairing
                .roles::<rocket_security::Name<'a'>>()
                .api_key_scopes(["role:b"])
        },
    ] {
        assert!(!launches(app(), setup).await);
    }
    assert!(
        launches(app(), |fairing| fairing
            .roles::<rocket_security::Name<'a'>>()
            .api_key_scopes(["role:a"]))
        .await
    );
}

#[rocket::async_test]
async fn a_form_of_the_applications_is_asked_before_a_key_is_made() {
    use rocket_security::{ExtraField, FormErrors, FormExtension};
    let app = app();
    let rocket = support::with_fairing(&app, |fairing| {
        let ticket = FormExtension::new().field(ExtraField::text("ticket", "Ticket"));
        let ticket = ticket.validate(|form| match form.text("ticket") {
            Some("7") => Ok(()),
            _ => Err(FormErrors::one("ticket", "Not this one.")),
        });
        fairing.form("api_keys", ticket)
    });
    let browser = Browser::on(rocket).await;
    browser.register(ADA).await;
    let page = browser.look(Speech::Page, URL).await;
    assert_eq!(page.input("ticket").as_deref(), Some(""));
    for speech in BOTH {
        let (answer, key) = create(&browser, speech, &[("name", "x"), ("ticket", "8")]).await;
        assert!(
            key.is_empty() && answer.body.contains("Not this one."),
            "{answer:?}"
        );
        let (_, key) = create(&browser, speech, &[("name", "x"), ("ticket", "7")]).await;
        assert_ne!(key, "");
    }
    assert_eq!(browser.get("/profile").await.status(), Status::Ok);
    let _: &Security = browser.security();
}
