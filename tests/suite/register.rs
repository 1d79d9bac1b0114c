//! Signing up, as a page and as JSON.

use rocket::futures::future::join_all;
use rocket_security::Security;
use rocket_security::testing::App;
use serde_json::json;

use crate::answer::{Answer, BOTH, Speech, number};
use crate::support::{Browser, PASSWORD, app};

const ADA: &str = "ada@example.org";

type Fields = &'static [(&'static str, &'static str)];

fn users(app: &App) -> i64 {
    number(app, "SELECT COUNT(*) AS n FROM security_users")
}

#[rocket::async_test]
async fn the_gets_give_what_a_form_needs() {
    let app = app();
    let browser = Browser::new(&app).await;
    let page = browser.look(Speech::Page, "/register?next=/profile").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.input("email").as_deref(), Some(""));
    for name in ["password", "password_confirm"] {
        assert_eq!(
            page.input_attribute(name, "type").as_deref(),
            Some("password"),
            "{name}"
        );
    }
    assert_eq!(page.input("next").as_deref(), Some("/profile"));
    assert_eq!(page.input("username"), None, "nobody asked for user names");
    page.assert_not_cached("the page");
    let answer = browser.look(Speech::Json, "/register").await;
    answer.assert_done(Speech::Json, "", &["csrf_token"], "JSON");
}

#[rocket::async_test]
async fn signing_up_makes_an_account_and_signs_it_in() {
    for speech in BOTH {
        let app = app();
        let browser = Browser::new(&app).await;
        let fields = [
            ("email", ADA),
            ("password", PASSWORD),
            ("password_confirm", PASSWORD),
        ];
        let answer = browser.send(speech, "/register", &fields).await;
        answer.assert_done(speech, "/", &["csrf_token", "tf_required", "user"], "signing up");
        answer.assert_not_cached("signing up");
        if speech == Speech::Json {
            assert_eq!(answer.json()["response"]["tf_required"], json!(false));
            for secret in ["fs_uniquifier", "handle", "password", PASSWORD] {
                assert!(!answer.body.contains(secret), "{secret} leaks: {}", answer.body);
            }
        }
        assert_eq!(browser.who().await.as_deref(), Some(ADA), "{speech:?}");
        assert_eq!(users(&app), 1);
    }
}

#[rocket::async_test]
async fn without_registerable_there_is_no_such_page() {
    let app = App::new();
    let browser = Browser::new(&app).await;
    assert_eq!(browser.look(Speech::Page, "/register").await.status, 404);
    let fields = [
        ("email", ADA),
        ("password", PASSWORD),
        ("password_confirm", PASSWORD),
    ];
    for speech in BOTH {
        assert_eq!(browser.send(speech, "/register", &fields).await.status, 404);
    }
    assert_eq!(users(&app), 0);
}

const TAKEN: &str = "taken@example.org";
const LONG: &str = "fifteen letters and more";

/// What is sent and what is said about it, in the order of the form.
#[rustfmt::skip]
const REFUSED: [(Fields, Fields); 11] = [
    (&[("email", "bob@example.org"), ("password", "fourteen chars"), ("password_confirm", "fourteen chars")],
     &[("password", "PASSWORD_INVALID_LENGTH")]),
    (&[("email", "bob@example.org"), ("password", LONG), ("password_confirm", "something else entirely")],
     &[("password_confirm", "RETYPE_PASSWORD_MISMATCH")]),
    (&[("email", "bob@example.org"), ("password", LONG), ("password_confirm", "Fifteen letters and more")],
     &[("password_confirm", "RETYPE_PASSWORD_MISMATCH")]),
    (&[("email", "bob@example.org"), ("password", LONG)],
     &[("password_confirm", "RETYPE_PASSWORD_MISMATCH")]),
    (&[("password", LONG), ("password_confirm", LONG)], &[("email", "EMAIL_NOT_PROVIDED")]),
    (&[("email", "  "), ("password", LONG), ("password_confirm", LONG)], &[("email", "EMAIL_NOT_PROVIDED")]),
    (&[("email", "bob@example.org")], &[("password", "PASSWORD_NOT_PROVIDED")]),
    (&[("email", "bob@example.org"), ("password", "                "), ("password_confirm", "                ")],
     &[("password", "PASSWORD_NOT_PROVIDED")]),
    (&[("email", TAKEN), ("password", LONG), ("password_confirm", LONG)], &[("email", "EMAIL_ALREADY_ASSOCIATED")]),
    // Everything is said at once, so that nobody has to try three times.
    (&[("email", "Taken@EXAMPLE.org"), ("password", "short"), ("password_confirm", "other")],
     &[("email", "EMAIL_ALREADY_ASSOCIATED"), ("password", "PASSWORD_INVALID_LENGTH"),
       ("password_confirm", "RETYPE_PASSWORD_MISMATCH")]),
    (&[], &[("email", "EMAIL_NOT_PROVIDED"), ("password", "PASSWORD_NOT_PROVIDED")]),
];

#[rocket::async_test]
async fn each_mistake_is_said_at_its_field() {
    for speech in BOTH {
        let app = app();
        let browser = Browser::new(&app).await;
        browser.register(TAKEN).await;
        browser.sign_out().await;
        for (fields, expected) in REFUSED {
            let case = format!("{speech:?} {fields:?}");
            let answer = browser.send(speech, "/register", fields).await;
            answer.assert_refused(speech, expected, &case);
            assert_eq!(users(&app), 1, "{case}");
            if speech == Speech::Page {
                assert!(!answer.body.contains(LONG), "{case}: the password comes back");
            }
        }
        assert_eq!(browser.who().await, None);
    }
}

#[rocket::async_test]
async fn what_is_no_address_is_refused() {
    let long = format!("{}@example.org", "a".repeat(250));
    let wrong = [
        "ada",
        "ada@",
        "@example.org",
        "ada@localhost",
        "a b@example.org",
        "ada@example..org",
        "ada@-example.org",
        "Ada <ada@example.org>",
        "ada@example.org, bob@example.org",
        "ada@example.org\r\nBcc: eve@example.org",
        "\"a@b\"@example.org",
        "ada@[127.0.0.1]",
        "ada@exam\u{202e}ple.org",
        "ada@example.org\u{0}",
        long.as_str(),
    ];
    let app = app();
    let browser = Browser::new(&app).await;
    for email in wrong {
        let fields = [
            ("email", email),
            ("password", PASSWORD),
            ("password_confirm", PASSWORD),
        ];
        let answer = browser.send(Speech::Json, "/register", &fields).await;
        assert_eq!(answer.status, 400, "{email:?}: {}", answer.body);
        let errors = &answer.json()["response"]["field_errors"];
        assert!(errors["email"].is_array(), "{email:?}: {errors}");
    }
    assert_eq!(users(&app), 0);
}

#[rocket::async_test]
async fn the_second_password_can_be_done_without() {
    for speech in BOTH {
        let app = app().set("security.password_confirm_required", false);
        let browser = Browser::new(&app).await;
        assert_eq!(
            browser
                .look(Speech::Page, "/register")
                .await
                .input("password_confirm"),
            None
        );
        let answer = browser
            .send(speech, "/register", &[("email", ADA), ("password", PASSWORD)])
            .await;
        assert!(matches!(answer.status, 200 | 302), "{}", answer.body);
        assert_eq!(browser.who().await.as_deref(), Some(ADA));
    }
}

#[rocket::async_test]
async fn who_is_signed_in_cannot_sign_up() {
    let app = app();
    let browser = Browser::new(&app).await;
    browser.register(ADA).await;
    let fields = [
        ("email", "bob@example.org"),
        ("password", PASSWORD),
        ("password_confirm", PASSWORD),
    ];
    let page = browser.look(Speech::Page, "/register?next=/profile").await;
    assert_eq!((page.status, page.location()), (302, Some("/")));
    let page = browser.send(Speech::Page, "/register", &fields).await;
    assert_eq!((page.status, page.location()), (302, Some("/")));
    for answer in [
        browser.look(Speech::Json, "/register").await,
        browser.send(Speech::Json, "/register", &fields).await,
    ] {
        assert_eq!(answer.status, 400, "{}", answer.body);
        assert_eq!(answer.codes(), ["ANONYMOUS_USER_REQUIRED"]);
        assert_eq!(answer.response_keys(), ["error_codes", "errors"]);
    }
    assert_eq!(users(&app), 1);
    assert_eq!(browser.who().await.as_deref(), Some(ADA));
}

#[rocket::async_test]
async fn next_leads_on_and_never_away() {
    let table = [
        ("/register", None, "/welcome"),
        ("/register", Some("/profile"), "/profile"),
        ("/register?next=/profile", None, "/profile"),
        ("/register?next=/admin", Some("/profile"), "/profile"),
    ];
    let app = app().set("security.post_register_view", "/welcome");
    let browser = Browser::new(&app).await;
    for (index, (url, field, target)) in table.into_iter().enumerate() {
        let email = format!("user{index}@example.org");
        let mut fields = vec![
            ("email", email.as_str()),
            ("password", PASSWORD),
            ("password_confirm", PASSWORD),
        ];
        fields.extend(field.map(|next| ("next", next)));
        let answer = browser.send(Speech::Page, url, &fields).await;
        answer.assert_done(Speech::Page, target, &[], &format!("{url} {field:?}"));
        browser.sign_out().await;
    }
    let before = users(&app);
    let mut fields = vec![
        ("email", ADA),
        ("password", PASSWORD),
        ("password_confirm", PASSWORD),
    ];
    for speech in BOTH {
        for next in ["https://evil.example/", "//evil.example", "/\\evil.example"] {
            let query: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
            let answer = browser
                .send(speech, &format!("/register?next={query}"), &fields)
                .await;
            answer.assert_refused(speech, &[("next", "INVALID_REDIRECT")], next);
            fields.push(("next", next));
            let answer = browser.send(speech, "/register", &fields).await;
            answer.assert_refused(speech, &[("next", "INVALID_REDIRECT")], next);
            fields.pop();
        }
    }
    assert_eq!(users(&app), before, "an account is made though the form failed");
}

#[rocket::async_test]
async fn a_form_cannot_give_itself_more_than_an_account() {
    let app = app();
    let browser = Browser::new(&app).await;
    let fields = [
        ("email", ADA),
        ("password", PASSWORD),
        ("password_confirm", PASSWORD),
        ("role", "admin"),
        ("roles", "admin"),
        ("id", "4711"),
        ("active", "false"),
        ("confirmed_at", "1"),
        ("username", "root"),
        ("handle", "0123"),
        ("fs_uniquifier", "00000000000000000000000000000000"),
    ];
    assert_eq!(browser.send(Speech::Json, "/register", &fields).await.status, 200);
    assert_eq!(browser.who().await.as_deref(), Some(ADA));
    assert_eq!(browser.look(Speech::Page, "/admin").await.status, 403);
    let security = browser.client.rocket().state::<Security>().expect("attached");
    let ada = security.find_user(ADA).await.expect("an answer").expect("ada");
    assert_ne!(ada.id, 4711);
    assert_eq!(ada.username, None, "user names are off");
    assert!(ada.fs_uniquifier.bytes().any(|byte| byte != b'0'));
    assert_ne!(ada.handle, "0123");
}

#[rocket::async_test]
async fn of_many_at_once_with_one_address_a_single_one_wins() {
    let app = app().set("security.hash_queue_per_address", 64);
    let browser = Browser::new(&app).await;
    let token = browser.token().await;
    let spellings = [ADA, "Ada@example.org", "ADA@EXAMPLE.ORG", "ada@EXAMPLE.org"];
    let requests = (0..24).map(|index| {
        let email = spellings[index % spellings.len()];
        let fields = [
            ("email", email),
            ("password", PASSWORD),
            ("password_confirm", PASSWORD),
        ];
        let request = browser.prepare(Speech::Json, "/register", &fields, &token);
        async move { Answer::of(request.dispatch().await).await }
    });
    let answers = join_all(requests).await;
    assert_eq!(users(&app), 1);
    let winners = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(winners, 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(answer.status, 400, "{}", answer.body);
        // The cookies of the winner may have reached the client before a late request was sent.
        assert!(
            matches!(
                answer.codes()[0].as_str(),
                "EMAIL_ALREADY_ASSOCIATED" | "ANONYMOUS_USER_REQUIRED" | "CSRF_FAILED"
            ),
            "{}",
            answer.body
        );
    }
}

#[rocket::async_test]
async fn in_process_the_same_rules_hold() {
    let app = App::new();
    let browser = Browser::new(&app).await;
    let security = browser.client.rocket().state::<Security>().expect("attached");
    for (email, password) in [
        (ADA, "too short"),
        ("ada", PASSWORD),
        ("", PASSWORD),
        (ADA, ""),
        (ADA, &"p".repeat(129)),
    ] {
        assert!(
            security.create_user(email, password).await.is_err(),
            "{email:?} {password:.9}"
        );
    }
    assert_eq!(users(&app), 0);
    let ada = security.create_user(ADA, PASSWORD).await.expect("made");
    assert_eq!(ada.email, ADA);
    let error = security
        .create_user("ADA@example.org", PASSWORD)
        .await
        .expect_err("taken");
    assert!(error.is_conflict(), "{error}");
    assert_eq!(users(&app), 1);
    assert_eq!(browser.who().await, None);
    assert_eq!(browser.sign_in(ADA, PASSWORD).await.status().code, 302);
}

#[rocket::async_test]
async fn asking_for_taken_addresses_is_braked_per_address() {
    let app = app();
    let browser = Browser::new(&app).await;
    browser.register(TAKEN).await;
    browser.sign_out().await;
    let fields = [
        ("email", TAKEN),
        ("password", PASSWORD),
        ("password_confirm", PASSWORD),
    ];
    for count in 0..30 {
        let answer = browser
            .send_from("203.0.113.7:40000", Speech::Json, "/register", &fields)
            .await;
        answer.assert_refused(
            Speech::Json,
            &[("email", "EMAIL_ALREADY_ASSOCIATED")],
            &format!("{count}"),
        );
    }
    for speech in BOTH {
        let answer = browser
            .send_from("203.0.113.7:40000", speech, "/register", &fields)
            .await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("30")));
        assert!(!answer.says("EMAIL_ALREADY_ASSOCIATED"), "{}", answer.body);
    }
    let elsewhere = browser
        .send_from("203.0.113.8:40000", Speech::Json, "/register", &fields)
        .await;
    assert_eq!(elsewhere.status, 400);
}
