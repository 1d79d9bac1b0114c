//! Signing in, as a page and as JSON.

use rocket::http::{ContentType, Header};
use rocket_security::testing::App;
use serde_json::json;

use crate::answer::{Answer, BOTH, Speech};
use crate::support::{Browser, PASSWORD, app, encode};

const ADA: &str = "ada@example.org";
const SIGNED_IN: [&str; 3] = ["csrf_token", "tf_required", "user"];

/// An application with one account, and a browser that is signed out.
async fn with_ada(app: &App) -> Browser {
    let browser = Browser::new(app).await;
    browser.register(ADA).await;
    browser.sign_out().await;
    browser
}

#[rocket::async_test]
async fn the_page_asks_for_address_and_password() {
    let app = app();
    let browser = Browser::new(&app).await;
    let page = browser.look(Speech::Page, "/login").await;
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-type")
            .is_some_and(|kind| kind.starts_with("text/html"))
    );
    assert_eq!(page.input("email").as_deref(), Some(""));
    assert_eq!(
        page.input_attribute("password", "type").as_deref(),
        Some("password")
    );
    assert!(page.input("csrf_token").is_some_and(|token| !token.is_empty()));
    page.assert_not_cached("the page");
}

#[rocket::async_test]
async fn the_json_get_gives_what_a_client_needs_to_build_its_own_form() {
    let app = app();
    let browser = Browser::new(&app).await;
    let anonymous = browser.look(Speech::Json, "/login").await;
    anonymous.assert_done(
        Speech::Json,
        "",
        &["csrf_token", "identity_attributes"],
        "anonymous",
    );
    assert_eq!(
        anonymous.json()["response"]["identity_attributes"],
        json!(["email"])
    );
    anonymous.assert_not_cached("anonymous JSON");

    browser.register(ADA).await;
    let restored = browser.look(Speech::Json, "/login").await;
    restored.assert_done(
        Speech::Json,
        "",
        &["csrf_token", "identity_attributes", "user"],
        "signed in",
    );
    assert!(restored.json()["response"]["user"].is_object());
}

#[rocket::async_test]
async fn the_right_password_signs_in() {
    for speech in BOTH {
        let app = app();
        let browser = with_ada(&app).await;
        let answer = browser
            .send(speech, "/login", &[("email", ADA), ("password", PASSWORD)])
            .await;
        answer.assert_done(speech, "/", &SIGNED_IN, "signing in");
        answer.assert_not_cached("signing in");
        if speech == Speech::Json {
            assert_eq!(answer.json()["response"]["tf_required"], json!(false));
            for secret in ["fs_uniquifier", "handle", "password", "argon2", PASSWORD] {
                assert!(!answer.body.contains(secret), "{secret} leaks: {}", answer.body);
            }
        }
        assert_eq!(browser.who().await.as_deref(), Some(ADA), "{speech:?}");
    }
}

/// What is sent, what a stranger is told by default, and what with `return_generic_responses = false`.
type Case = (
    &'static [(&'static str, &'static str)],
    &'static [(&'static str, &'static str)],
    &'static [(&'static str, &'static str)],
);

const GENERIC: (&str, &str) = ("", "GENERIC_AUTHN_FAILED");

#[rustfmt::skip]
const REFUSED: [Case; 7] = [
    (&[("email", ADA), ("password", "not the right password")], &[GENERIC], &[("password", "INVALID_PASSWORD")]),
    (&[("email", "bob@example.org"), ("password", PASSWORD)], &[GENERIC], &[("email", "USER_DOES_NOT_EXIST")]),
    (&[("email", ADA)], &[GENERIC], &[("password", "PASSWORD_NOT_PROVIDED")]),
    (&[("email", ADA), ("password", "      ")], &[GENERIC], &[("password", "PASSWORD_NOT_PROVIDED")]),
    (&[("password", PASSWORD)], &[GENERIC], &[("email", "EMAIL_NOT_PROVIDED")]),
    (&[("email", ""), ("password", PASSWORD)], &[GENERIC], &[("email", "EMAIL_NOT_PROVIDED")]),
    // Once per field that failed, as in the reference.
    (&[], &[GENERIC, GENERIC], &[("email", "EMAIL_NOT_PROVIDED"), ("password", "PASSWORD_NOT_PROVIDED")]),
];

#[rocket::async_test]
async fn a_refusal_is_generic_by_default_and_open_when_that_is_switched_off() {
    for speech in BOTH {
        for generic in [true, false] {
            let app = app().set("security.return_generic_responses", generic);
            let browser = with_ada(&app).await;
            for (fields, told, told_openly) in REFUSED {
                let case = format!("{speech:?} generic={generic} {fields:?}");
                let answer = browser.send(speech, "/login", fields).await;
                answer.assert_refused(speech, if generic { told } else { told_openly }, &case);
                answer.assert_not_cached(&case);
            }
            assert_eq!(browser.who().await, None);
        }
    }
}

#[rocket::async_test]
async fn a_page_that_is_shown_again_keeps_the_address_and_forgets_the_password() {
    let app = app();
    let browser = with_ada(&app).await;
    let answer = browser
        .send(
            Speech::Page,
            "/login",
            &[("email", ADA), ("password", "hunter2 hunter2")],
        )
        .await;
    assert_eq!(answer.input("email").as_deref(), Some(ADA));
    assert!(
        !answer.body.contains("hunter2"),
        "the password comes back: {}",
        answer.body
    );
}

#[rocket::async_test]
async fn a_deactivated_user_hears_so_only_with_the_right_password() {
    for speech in BOTH {
        let app = app();
        let browser = with_ada(&app).await;
        let security = browser
            .client
            .rocket()
            .state::<rocket_security::Security>()
            .expect("attached");
        let ada = security.find_user(ADA).await.expect("an answer").expect("ada");
        assert!(security.deactivate_user(ada.id).await.expect("an answer"));

        let wrong = browser
            .send(
                speech,
                "/login",
                &[("email", ADA), ("password", "wrong wrong wrong")],
            )
            .await;
        wrong.assert_refused(speech, &[GENERIC], "wrong password");
        assert!(!wrong.says("DISABLED_ACCOUNT"));
        let right = browser
            .send(speech, "/login", &[("email", ADA), ("password", PASSWORD)])
            .await;
        right.assert_refused(speech, &[("email", "DISABLED_ACCOUNT")], "right password");
        assert_eq!(browser.who().await, None);

        assert!(security.activate_user(ada.id).await.expect("an answer"));
        let again = browser
            .send(speech, "/login", &[("email", ADA), ("password", PASSWORD)])
            .await;
        again.assert_done(speech, "/", &SIGNED_IN, "activated again");
    }
}

#[rocket::async_test]
async fn who_is_signed_in_already_is_sent_on_or_told_so() {
    let app = app();
    let browser = Browser::new(&app).await;
    browser.register(ADA).await;
    let session = browser.session();
    let form = [("email", ADA), ("password", PASSWORD), ("next", "/profile")];

    // `next` is ignored on purpose: it would send the visitor round in circles.
    for answer in [
        browser.look(Speech::Page, "/login?next=/profile").await,
        browser.send(Speech::Page, "/login", &form).await,
    ] {
        assert_eq!((answer.status, answer.location()), (302, Some("/")));
    }
    let answer = browser.send(Speech::Json, "/login", &form).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.codes(), ["ANONYMOUS_USER_REQUIRED"]);
    assert_eq!(
        answer.response_keys(),
        ["error_codes", "errors"],
        "not a matter of the form"
    );
    assert_eq!(browser.session(), session, "the session is the same as before");
    assert_eq!(browser.who().await.as_deref(), Some(ADA));
}

#[rocket::async_test]
async fn an_address_is_found_in_any_spelling() {
    let app = app();
    let browser = Browser::new(&app).await;
    browser.register("Ada@B\u{fc}cher.example").await;
    browser.sign_out().await;
    for spelling in [
        "ada@xn--bcher-kva.example",
        "ADA@BU\u{308}CHER.EXAMPLE",
        " Ada@B\u{fc}cher.example ",
        "a\u{64}a@b\u{fc}cher.example",
    ] {
        let answer = browser
            .send(
                Speech::Json,
                "/login",
                &[("email", spelling), ("password", PASSWORD)],
            )
            .await;
        assert_eq!(answer.status, 200, "{spelling:?}: {}", answer.body);
        browser.sign_out().await;
    }
    // Look-alikes are other people.
    for other in [
        "\u{430}da@b\u{fc}cher.example",
        "ada@bucher.example",
        "ada+1@b\u{fc}cher.example",
    ] {
        let answer = browser
            .send(
                Speech::Json,
                "/login",
                &[("email", other), ("password", PASSWORD)],
            )
            .await;
        answer.assert_refused(Speech::Json, &[GENERIC], other);
    }
}

#[rocket::async_test]
async fn the_request_decides_between_page_and_json() {
    // (Content-Type, Accept, whether JSON comes back)
    let forms = "application/x-www-form-urlencoded";
    let table = [
        (forms, None, false),
        (forms, Some("text/html"), false),
        (forms, Some("application/json"), true),
        (forms, Some("text/html,application/json"), false),
        (forms, Some("application/json;q=0.5,text/html"), false),
        (forms, Some("*/*"), false),
        ("application/json", None, true),
        ("application/json; charset=utf-8", Some("text/html"), true),
        ("application/vnd.api+json", Some("*/*"), true),
    ];
    let app = app();
    let browser = Browser::new(&app).await;
    for (kind, accept, json) in table {
        let token = browser.token().await;
        let fields = [
            ("email", "bob@example.org"),
            ("password", "whatever"),
            ("csrf_token", token.as_str()),
        ];
        let body = if kind == forms {
            encode(&fields)
        } else {
            json!({ "email": "bob@example.org", "password": "whatever", "csrf_token": token }).to_string()
        };
        let kind: ContentType = kind.parse().expect("a content type");
        let mut request = browser
            .client
            .post("/login")
            .header(Header::new("Host", "app.example"))
            .header(Header::new("Sec-Fetch-Site", "same-origin"))
            .header(kind.clone())
            .body(body);
        if let Some(accept) = accept {
            request = request.header(Header::new("Accept", accept));
        }
        let answer = Answer::of(request.dispatch().await).await;
        assert_eq!(
            answer.status == 400,
            json,
            "{kind} {accept:?}: {} {}",
            answer.status,
            answer.body
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&answer.body).is_ok(),
            json,
            "{kind} {accept:?}"
        );
        // Or the brake answers before the table ends.
        app.advance(std::time::Duration::from_secs(86_400));
    }
}

#[rocket::async_test]
async fn next_is_carried_through_the_form() {
    let app = app();
    let browser = with_ada(&app).await;
    let page = browser.look(Speech::Page, "/login?next=/profile?a=%26b").await;
    assert_eq!(page.input("next").as_deref(), Some("/profile?a=&b"));
    let page = browser
        .look(Speech::Page, "/login?next=%2Fprofile%3Fa%3D1%26b%3D2")
        .await;
    assert_eq!(page.input("next").as_deref(), Some("/profile?a=1&b=2"));

    // (url, field, where it leads)
    let table = [
        ("/login", Some("/profile"), "/profile"),
        ("/login?next=/profile", None, "/profile"),
        ("/login?next=/admin", Some("/profile"), "/profile"),
        ("/login?next=/profile", Some(""), "/profile"),
        ("/login", Some("   "), "/"),
        ("/login", Some("/profile?a=1&b=%2F#top"), "/profile?a=1&b=%2F#top"),
        ("/login", None, "/"),
    ];
    for (url, field, target) in table {
        let mut fields = vec![("email", ADA), ("password", PASSWORD)];
        fields.extend(field.map(|next| ("next", next)));
        let answer = browser.send(Speech::Page, url, &fields).await;
        answer.assert_done(Speech::Page, target, &[], &format!("{url} {field:?}"));
        browser.sign_out().await;
        let answer = browser.send(Speech::Json, url, &fields).await;
        answer.assert_done(Speech::Json, "", &SIGNED_IN, &format!("{url} {field:?}"));
        browser.sign_out().await;
    }
}

#[rocket::async_test]
async fn a_next_that_leads_elsewhere_fails_the_form_even_with_the_right_password() {
    let elsewhere = [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "https://app.example@evil.example/",
        "http:evil.example",
        "https://app.example.evil.example/",
        "\t//evil.example",
    ];
    let app = app();
    let browser = with_ada(&app).await;
    for speech in BOTH {
        for next in elsewhere {
            let query = url::form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>();
            let good = [("email", ADA), ("password", PASSWORD)];
            let in_query = browser.send(speech, &format!("/login?next={query}"), &good).await;
            let in_field = browser
                .send(speech, "/login", &[good[0], good[1], ("next", next)])
                .await;
            for answer in [in_query, in_field] {
                answer.assert_refused(speech, &[("next", "INVALID_REDIRECT")], next);
                assert_eq!(browser.who().await, None, "{next}");
            }
            // And the page does not offer it for the next try.
            let page = browser.look(Speech::Page, &format!("/login?next={query}")).await;
            assert_eq!(page.status, 200, "{next}");
            assert!(
                page.input("next").is_none_or(|kept| kept.is_empty()),
                "{next}: {}",
                page.body
            );
        }
    }
}

#[rocket::async_test]
async fn the_addresses_of_the_pages_are_settings() {
    let app = app()
        .set("security.url_prefix", "/auth")
        .set("security.login_url", "/signin")
        .set("security.post_login_view", "/profile");
    let browser = Browser::new(&app).await;
    assert_eq!(browser.look(Speech::Page, "/login").await.status, 404);
    assert_eq!(browser.look(Speech::Page, "/signin").await.status, 404);
    let away = browser.look(Speech::Page, "/profile").await;
    assert_eq!(away.location(), Some("/auth/signin?next=/profile"));
    let fields = [
        ("email", ADA),
        ("password", PASSWORD),
        ("password_confirm", PASSWORD),
    ];
    assert_eq!(
        browser.send(Speech::Json, "/auth/register", &fields).await.status,
        200
    );
    assert_eq!(browser.send(Speech::Json, "/auth/logout", &[]).await.status, 200);
    let answer = browser
        .send(
            Speech::Page,
            "/auth/signin",
            &[("email", ADA), ("password", PASSWORD)],
        )
        .await;
    answer.assert_done(Speech::Page, "/profile", &[], "post_login_view");
}

#[rocket::async_test]
async fn errors_come_in_the_order_of_the_form() {
    let app = app();
    let browser = Browser::new(&app).await;
    for speech in BOTH {
        let answer = browser
            .send(speech, "/login", &[("next", "https://evil.example/")])
            .await;
        answer.assert_refused(
            speech,
            &[GENERIC, GENERIC, ("next", "INVALID_REDIRECT")],
            "everything is wrong",
        );
    }
}

#[rocket::async_test]
async fn compat_brings_back_the_answers_of_the_reference() {
    let app = app().set("security.compat", "flask-security");
    let browser = with_ada(&app).await;
    let wrong = browser
        .send(
            Speech::Json,
            "/login",
            &[("email", ADA), ("password", "wrong wrong wrong")],
        )
        .await;
    wrong.assert_refused(
        Speech::Json,
        &[("password", "INVALID_PASSWORD")],
        "wrong password",
    );
    let unknown = browser
        .send(
            Speech::Json,
            "/login",
            &[("email", "bob@example.org"), ("password", "wrong")],
        )
        .await;
    unknown.assert_refused(Speech::Json, &[("email", "USER_DOES_NOT_EXIST")], "unknown user");
    let right = browser
        .send(Speech::Json, "/login", &[("email", ADA), ("password", PASSWORD)])
        .await;
    right.assert_done(Speech::Json, "", &SIGNED_IN, "right password");
    assert_eq!(
        Answer::of(browser.post("/logout", &[]).await).await.location(),
        Some("/")
    );
    assert_eq!(browser.who().await, None, "without a token too");
}

#[rocket::async_test]
async fn password_managers_and_paste_are_welcome() {
    let app = app();
    let browser = Browser::new(&app).await;
    for (url, expected) in [
        (
            "/login",
            &[("email", "username"), ("password", "current-password")][..],
        ),
        (
            "/register",
            &[
                ("email", "email"),
                ("password", "new-password"),
                ("password_confirm", "new-password"),
            ][..],
        ),
    ] {
        let html = browser.get(url).await.into_string().await.unwrap();
        let page = scraper::Html::parse_document(&html);
        for (name, autocomplete) in expected {
            let selector = scraper::Selector::parse(&format!("input[name={name}]")).unwrap();
            let input = page.select(&selector).next().unwrap().value();
            assert_eq!(input.attr("autocomplete"), Some(*autocomplete), "{url} {name}");
            let hidden = name.starts_with("password");
            assert_eq!(input.attr("type") == Some("password"), hidden, "{url} {name}");
            // A password that is cut without a word is worse than one that is refused.
            assert!(
                !hidden || input.attr("maxlength").is_none(),
                "{url} {name} cuts what is pasted"
            );
            assert!(
                input.attrs().all(|(name, _)| !name.starts_with("on")),
                "{url} {name} listens"
            );
        }
        assert!(
            page.select(&scraper::Selector::parse("script").unwrap())
                .next()
                .is_none(),
            "{url} has a script"
        );
    }
}
