//! Proving once more who one is, as a page and as JSON.

use std::time::Duration;

use rocket_security::testing;
use serde_json::json;

use crate::answer::{BOTH, Speech};
use crate::support::{Browser, PASSWORD, app};

const ADA: &str = "ada@example.org";
const MINUTE: Duration = Duration::from_secs(60);

#[rocket::async_test]
async fn only_who_is_signed_in_reaches_it() {
    let app = app();
    let browser = Browser::new(&app).await;
    let page = browser.look(Speech::Page, "/verify").await;
    assert_eq!((page.status, page.location()), (302, Some("/login?next=/verify")));
    let refused = browser.look(Speech::Json, "/verify").await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.codes(), ["UNAUTHENTICATED"]);
    assert_eq!(refused.response_keys(), ["error_codes", "errors"]);
    for speech in BOTH {
        let posted = browser.send(speech, "/verify", &[("password", PASSWORD)]).await;
        assert!(
            matches!((speech, posted.status), (Speech::Page, 302) | (Speech::Json, 401)),
            "{posted:?}"
        );
    }
}

#[rocket::async_test]
async fn the_gets_say_what_can_be_used() {
    let app = app();
    let browser = Browser::new(&app).await;
    browser.register(ADA).await;
    let page = browser.look(Speech::Page, "/verify?next=/fresh").await;
    assert_eq!(page.status, 200);
    assert_eq!(
        page.input_attribute("password", "type").as_deref(),
        Some("password")
    );
    assert_eq!(page.input("next").as_deref(), Some("/fresh"));
    page.assert_not_cached("the page");
    let answer = browser.look(Speech::Json, "/verify").await;
    let keys = [
        "csrf_token",
        "has_webauthn_verify_credential",
        "oauth_enabled",
        "oauth_providers",
        "user",
    ];
    answer.assert_done(Speech::Json, "", &keys, "JSON");
    let response = &answer.json()["response"];
    assert_eq!(response["has_webauthn_verify_credential"], json!(false));
    assert_eq!(response["oauth_enabled"], json!(false));
    assert_eq!(response["oauth_providers"], json!([]));
}

#[rocket::async_test]
async fn a_stale_session_is_sent_there_and_fresh_again_afterwards() {
    for speech in BOTH {
        let app = app();
        let browser = Browser::new(&app).await;
        browser.register(ADA).await;
        app.advance(2 * MINUTE);
        let stale = browser.look(speech, "/fresh").await;
        match speech {
            Speech::Page => assert_eq!(
                (stale.status, stale.location()),
                (302, Some("/verify?next=/fresh"))
            ),
            Speech::Json => {
                assert_eq!(stale.status, 401);
                assert_eq!(stale.codes(), ["REAUTHENTICATION_REQUIRED"]);
                let response = &stale.json()["response"];
                assert_eq!(response["reauth_required"], json!(true));
                for absent in [
                    "unified_signin_enabled",
                    "has_webauthn_verify_credential",
                    "oauth_enabled",
                ] {
                    assert_eq!(response[absent], json!(false), "{absent}");
                }
                assert_eq!(response["oauth_providers"], json!([]));
            }
        }
        let url = "/verify?next=/fresh";
        let wrong = browser
            .send(speech, url, &[("password", "some other password")])
            .await;
        wrong.assert_refused(speech, &[("password", "INVALID_PASSWORD")], "wrong");
        assert_ne!(
            browser.look(speech, "/fresh").await.status,
            200,
            "a wrong password makes fresh"
        );
        let right = browser.send(speech, url, &[("password", PASSWORD)]).await;
        right.assert_done(speech, "/fresh", &["csrf_token", "user"], "right");
        right.assert_not_cached("right");
        assert_eq!(browser.look(speech, "/fresh").await.status, 200);
    }
}

#[rocket::async_test]
async fn without_a_password_the_form_says_so() {
    for speech in BOTH {
        let app = app();
        let browser = Browser::new(&app).await;
        browser.register(ADA).await;
        for fields in [
            &[] as &[(&str, &str)],
            &[("password", "")],
            &[("password", "   ")],
        ] {
            let answer = browser.send(speech, "/verify", fields).await;
            answer.assert_refused(
                speech,
                &[("password", "PASSWORD_NOT_PROVIDED")],
                &format!("{fields:?}"),
            );
        }
    }
}

#[rocket::async_test]
async fn somebody_without_a_password_is_refused_like_a_wrong_one() {
    for speech in BOTH {
        let app = app();
        let browser = Browser::new(&app).await;
        // In the reference this is a 500.
        testing::sign_in(&browser.client, "nopassword@example.org")
            .await
            .expect("signed in");
        let answer = browser.send(speech, "/verify", &[("password", PASSWORD)]).await;
        answer.assert_refused(speech, &[("password", "INVALID_PASSWORD")], "no password");
    }
}

#[rocket::async_test]
async fn one_users_password_does_not_prove_another() {
    let app = app();
    let browser = Browser::new(&app).await;
    let other = "a wholly different passphrase";
    let fields = [
        ("email", "eve@example.org"),
        ("password", other),
        ("password_confirm", other),
    ];
    assert_eq!(browser.send(Speech::Json, "/register", &fields).await.status, 200);
    browser.sign_out().await;
    browser.register(ADA).await;
    // Whatever else is in the form: who is asked is who is signed in.
    let answer = browser
        .send(
            Speech::Json,
            "/verify",
            &[("email", "eve@example.org"), ("password", other)],
        )
        .await;
    answer.assert_refused(
        Speech::Json,
        &[("password", "INVALID_PASSWORD")],
        "eve's password",
    );
}

#[rocket::async_test]
async fn next_leads_on_and_never_away() {
    let app = app();
    let browser = Browser::new(&app).await;
    browser.register(ADA).await;
    let table = [
        ("/verify", None, "/"),
        ("/verify", Some("/profile"), "/profile"),
        ("/verify?next=/profile", None, "/profile"),
        ("/verify?next=/admin", Some("/profile"), "/profile"),
    ];
    for (url, field, target) in table {
        let mut fields = vec![("password", PASSWORD)];
        fields.extend(field.map(|next| ("next", next)));
        let answer = browser.send(Speech::Page, url, &fields).await;
        answer.assert_done(Speech::Page, target, &[], &format!("{url} {field:?}"));
    }
    for next in ["https://evil.example/", "//evil.example", "/\\evil.example"] {
        for fields in [
            vec![("password", PASSWORD), ("next", next)],
            vec![("password", PASSWORD)],
        ] {
            let query: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
            let answer = browser
                .send(Speech::Page, &format!("/verify?next={query}"), &fields)
                .await;
            // To fail the form or to go home are both fine; to leave is not.
            assert!(
                answer.status == 200 || answer.location() == Some("/"),
                "{next}: {:?}",
                answer.location()
            );
        }
    }
}

#[rocket::async_test]
async fn guessing_there_is_braked_like_signing_in() {
    for speech in BOTH {
        let app = app();
        let browser = Browser::new(&app).await;
        browser.register(ADA).await;
        let session = browser.session();
        for _ in 0..5 {
            let answer = browser
                .send(speech, "/verify", &[("password", "guess guess guess")])
                .await;
            assert_ne!(answer.status, 429);
        }
        let before = testing::work(&browser.client).hashes;
        let braked = browser.send(speech, "/verify", &[("password", PASSWORD)]).await;
        assert_eq!(braked.status, 429, "{speech:?}");
        assert_eq!(braked.header("retry-after"), Some("30"));
        assert_eq!(
            testing::work(&browser.client).hashes,
            before,
            "a braked guess is checked"
        );
        assert_eq!(browser.session(), session, "and the owner stays signed in");
        assert_eq!(browser.who().await.as_deref(), Some(ADA));
        app.advance(Duration::from_secs(30));
        let after = browser.send(speech, "/verify", &[("password", PASSWORD)]).await;
        after.assert_done(speech, "/", &["csrf_token", "user"], "after the wait");
    }
}

#[rocket::async_test]
async fn it_is_not_there_where_nothing_asks_for_freshness() {
    let app = app().set("security.freshness", "off");
    let browser = Browser::new(&app).await;
    browser.register(ADA).await;
    assert_eq!(browser.look(Speech::Page, "/verify").await.status, 404);
    assert_eq!(
        browser
            .send(Speech::Json, "/verify", &[("password", PASSWORD)])
            .await
            .status,
        404
    );
}
