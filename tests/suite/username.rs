//! User names: choosing one, and signing in by it.

use serde_json::json;

use crate::answer::{BOTH, Speech};
use crate::support::{Browser, PASSWORD, app};

const ADA: &str = "ada@example.org";
const GENERIC: (&str, &str) = ("", "GENERIC_AUTHN_FAILED");

fn named() -> rocket_security::testing::App {
    app().set("security.username_enable", true)
}

async fn register(browser: &Browser, speech: Speech, email: &str, username: &str) -> crate::answer::Answer {
    let fields = [
        ("email", email),
        ("username", username),
        ("password", PASSWORD),
        ("password_confirm", PASSWORD),
    ];
    browser.send(speech, "/register", &fields).await
}

async fn with_ada(app: &rocket_security::testing::App) -> Browser {
    let browser = Browser::new(app).await;
    assert_eq!(
        register(&browser, Speech::Page, ADA, "lovelace").await.status,
        302
    );
    browser.sign_out().await;
    browser
}

#[rocket::async_test]
async fn forms_and_json_ask_for_it_only_where_it_is_on() {
    let app = named();
    let browser = Browser::new(&app).await;
    assert!(
        browser
            .look(Speech::Page, "/register")
            .await
            .input("username")
            .is_some()
    );
    let answer = browser.look(Speech::Json, "/login").await;
    assert_eq!(
        answer.json()["response"]["identity_attributes"],
        json!(["email", "username"])
    );

    let app = crate::support::app();
    let browser = Browser::new(&app).await;
    assert!(
        browser
            .look(Speech::Page, "/login")
            .await
            .input("username")
            .is_none()
    );
    let answer = browser.look(Speech::Json, "/login").await;
    assert_eq!(answer.json()["response"]["identity_attributes"], json!(["email"]));
}

#[rocket::async_test]
async fn either_identity_signs_in_in_either_field() {
    for speech in BOTH {
        let app = named();
        let browser = with_ada(&app).await;
        let table: [&[(&str, &str)]; 6] = [
            &[("email", ADA)],
            &[("username", "lovelace")],
            &[("email", ADA), ("username", "")],
            &[("email", ""), ("username", "lovelace")],
            // One field for both, for pages that offer a single one.
            &[("email", "lovelace")],
            &[("email", "LoveLace")],
        ];
        for identity in table {
            let mut fields = identity.to_vec();
            fields.push(("password", PASSWORD));
            let answer = browser.send(speech, "/login", &fields).await;
            answer.assert_done(
                speech,
                "/",
                &["csrf_token", "tf_required", "user"],
                &format!("{identity:?}"),
            );
            assert_eq!(browser.who().await.as_deref(), Some(ADA));
            browser.sign_out().await;
        }
    }
}

#[rocket::async_test]
async fn refusals_are_generic_by_default_and_at_the_field_that_was_used_otherwise() {
    type Case = (
        &'static [(&'static str, &'static str)],
        (&'static str, &'static str),
    );
    let table: [Case; 3] = [
        (
            &[("username", "nobody"), ("password", PASSWORD)],
            ("username", "USER_DOES_NOT_EXIST"),
        ),
        (
            &[("email", "bob@example.org"), ("password", PASSWORD)],
            ("email", "USER_DOES_NOT_EXIST"),
        ),
        (
            &[("username", "lovelace"), ("password", "wrong wrong wrong")],
            ("password", "INVALID_PASSWORD"),
        ),
    ];
    for speech in BOTH {
        for generic in [true, false] {
            let app = named().set("security.return_generic_responses", generic);
            let browser = with_ada(&app).await;
            for (fields, openly) in table {
                let answer = browser.send(speech, "/login", fields).await;
                answer.assert_refused(
                    speech,
                    &[if generic { GENERIC } else { openly }],
                    &format!("{fields:?}"),
                );
            }
        }
    }
}

#[rocket::async_test]
async fn a_name_and_another_users_address_do_not_mix() {
    let app = named();
    let browser = with_ada(&app).await;
    let other = "a wholly different passphrase";
    let fields = [
        ("email", "eve@example.org"),
        ("username", "evelyn"),
        ("password", other),
        ("password_confirm", other),
    ];
    assert_eq!(browser.send(Speech::Json, "/register", &fields).await.status, 200);
    browser.sign_out().await;
    // Whichever field counts: one password opens one account, and never the other one's.
    for (email, username) in [(ADA, "evelyn"), ("eve@example.org", "lovelace")] {
        for password in [PASSWORD, other] {
            let fields = [("email", email), ("username", username), ("password", password)];
            browser.send(Speech::Json, "/login", &fields).await;
            if let Some(who) = browser.who().await {
                assert_eq!(
                    who == ADA,
                    password == PASSWORD,
                    "{email} {username} opened {who}"
                );
                browser.sign_out().await;
            }
        }
    }
}

#[rocket::async_test]
async fn a_name_has_a_length_and_an_alphabet() {
    let long = "x".repeat(33);
    let longest = "y".repeat(32);
    let table = [
        ("abc", Some("USERNAME_INVALID_LENGTH")),
        (long.as_str(), Some("USERNAME_INVALID_LENGTH")),
        ("with space", Some("USERNAME_DISALLOWED_CHARACTERS")),
        ("semi;colon", Some("USERNAME_DISALLOWED_CHARACTERS")),
        ("ada@example", Some("USERNAME_DISALLOWED_CHARACTERS")),
        ("lovelace", Some("USERNAME_ALREADY_ASSOCIATED")),
        ("LoveLace", Some("USERNAME_ALREADY_ASSOCIATED")),
        ("\u{ff4c}ovelace", Some("USERNAME_ALREADY_ASSOCIATED")),
        ("abcd", None),
        (longest.as_str(), None),
        ("", None),
    ];
    for speech in BOTH {
        let app = named();
        let browser = with_ada(&app).await;
        for (index, (name, code)) in table.into_iter().enumerate() {
            let email = format!("user{index}@example.org");
            let answer = register(&browser, speech, &email, name).await;
            match code {
                Some(code) => answer.assert_refused(speech, &[("username", code)], name),
                None => {
                    assert!(matches!(answer.status, 200 | 302), "{name}: {}", answer.body);
                    browser.sign_out().await;
                }
            }
        }
    }
}

#[rocket::async_test]
async fn it_can_be_required() {
    for speech in BOTH {
        let app = named().set("security.username_required", true);
        let browser = Browser::new(&app).await;
        for fields in [
            vec![
                ("email", ADA),
                ("password", PASSWORD),
                ("password_confirm", PASSWORD),
            ],
            vec![
                ("email", ADA),
                ("username", "  "),
                ("password", PASSWORD),
                ("password_confirm", PASSWORD),
            ],
        ] {
            let answer = browser.send(speech, "/register", &fields).await;
            answer.assert_refused(speech, &[("username", "USERNAME_NOT_PROVIDED")], "without");
        }
        assert!(matches!(
            register(&browser, speech, ADA, "lovelace").await.status,
            200 | 302
        ));
    }
}

#[rocket::async_test]
async fn a_name_cannot_pose_as_anothers_address() {
    let app = named();
    let browser = with_ada(&app).await;
    for name in [ADA, "ada\u{ff20}example.org", "ada\u{fe6b}example.org"] {
        let answer = register(&browser, Speech::Json, "eve@example.org", name).await;
        assert_eq!(answer.status, 400, "{name}: {}", answer.body);
    }
}

#[rocket::async_test]
async fn the_settings_say_what_identifies() {
    // (attributes, who signs in, who does not)
    let name: (&str, &str) = ("username", "lovelace");
    let address: (&str, &str) = ("email", ADA);
    let one_field: (&str, &str) = ("email", "lovelace");
    let table = [
        (vec!["email"], vec![address], vec![name, one_field]),
        (vec!["username"], vec![name], vec![address]),
        (vec!["username", "email"], vec![name, address, one_field], vec![]),
    ];
    for (attributes, good, bad) in table {
        let app = named().set("security.user_identity_attributes", attributes.clone());
        let browser = with_ada(&app).await;
        let listed = browser.look(Speech::Json, "/login").await;
        assert_eq!(
            listed.json()["response"]["identity_attributes"],
            json!(attributes)
        );
        for identity in good {
            let answer = browser
                .send(Speech::Json, "/login", &[identity, ("password", PASSWORD)])
                .await;
            assert_eq!(answer.status, 200, "{attributes:?} {identity:?}: {}", answer.body);
            browser.sign_out().await;
        }
        for identity in bad {
            let answer = browser
                .send(Speech::Json, "/login", &[identity, ("password", PASSWORD)])
                .await;
            answer.assert_refused(Speech::Json, &[GENERIC], &format!("{attributes:?} {identity:?}"));
            assert_eq!(browser.who().await, None);
        }
    }
}
