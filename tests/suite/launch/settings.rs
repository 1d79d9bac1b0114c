//! Settings that stop the launch, in development and outside.

use rocket::{Build, Rocket};
use rocket_security::SecurityFairing;
use rocket_security::testing::App;

use super::Launch::{Refused, Starts};
use super::launch;
use crate::support::{self, app};

#[rocket::async_test]
async fn a_wrong_setting_stops_the_launch() {
    let wrong: &[(&str, rocket::figment::value::Value, rocket::figment::value::Value)] = &[
        // The key, a wrong value, a right one.
        ("registerable", "perhaps".into(), true.into()),
        ("login_url", "login".into(), "/sign-in".into()),
        ("login_url", "https://app.example/login".into(), "/a/b".into()),
        ("login_url", "/<user>".into(), "/user".into()),
        ("login_url", "//evil.example".into(), "/e".into()),
        ("login_url", "/in?now".into(), "/in".into()),
        ("login_url", "/in#now".into(), "/in-".into()),
        ("login_url", "/a//b".into(), "/a.b".into()),
        ("login_url", "/a/../b".into(), "/a_b".into()),
        ("login_url", "/a b".into(), "/a%20b".into()),
        ("url_prefix", "auth".into(), "/auth".into()),
        ("url_prefix", "/<user>".into(), "/my/account".into()),
        ("url_prefix", "https://app.example".into(), "/app".into()),
        ("session_lifetime", "soon".into(), "2 days".into()),
        ("session_lifetime", (-1).into(), 86_400.into()),
        ("session_idle_timeout", "1 s".into(), "1 hour".into()),
        ("session_cookie_name", "a b".into(), "sid".into()),
        ("session_cookie_samesite", "lax-ish".into(), "Strict".into()),
        ("password_length_min", 0.into(), 20.into()),
        ("password_length_min", 65.into(), "auto".into()),
        ("password_hash", "md5".into(), "argon2".into()),
        ("argon2_iterations", 0.into(), 1.into()),
        ("hash_queue", 0.into(), 2.into()),
        ("login_wait_after", 0.into(), 1.into()),
        ("form_limit", 1.into(), "64KiB".into()),
        ("csrf_field_name", "".into(), "token".into()),
        ("csrf_header", "X Y".into(), "X-Token".into()),
        ("user_identity_attributes", "phone".into(), "email".into()),
        ("logout_methods", "DELETE".into(), "POST".into()),
        ("trusted_proxies", "everyone".into(), "10.0.0.0/8".into()),
        (
            "trusted_hosts",
            "http://app.example/".into(),
            "app.example".into(),
        ),
        ("unauthorized_view", "javascript:alert(1)".into(), "/sorry".into()),
        ("post_login_view", "".into(), "/home".into()),
        (
            "secret_keys",
            "short".into(),
            "long enough to be a key, and nobody guesses it".into(),
        ),
        (
            "data_keys",
            "short".into(),
            "long enough to be a key, and nobody guesses it".into(),
        ),
        ("compat", "django".into(), "none".into()),
        ("confirmable", true.into(), false.into()),
        ("migrate", "later".into(), true.into()),
        ("username_min_length", 300.into(), 3.into()),
        // A key that is none, or the name that it has in Flask.
        (
            "login_ulr",
            "/sign-in".into(),
            rocket::figment::value::Value::from(""),
        ),
        (
            "SECURITY_LOGIN_URL",
            "/sign-in".into(),
            rocket::figment::value::Value::from(""),
        ),
        (
            "msg_no_such_message",
            "x".into(),
            rocket::figment::value::Value::from(""),
        ),
    ];
    let mut surprises = Vec::new();
    for (key, bad, good) in wrong {
        for (value, wanted) in [(bad, Refused), (good, Starts)] {
            let app = app().set(&format!("security.{key}"), value);
            let nothing = wanted == Starts && value.as_str() == Some("");
            if !nothing && launch(app.rocket(|fairing| fairing)).await != wanted {
                surprises.push(format!("{key} = {value:?} is not {wanted:?}"));
            }
        }
    }
    assert!(surprises.is_empty(), "{surprises:#?}");
    let app = app().set("security.accepted_risks", ["no_such_setting"]);
    assert_eq!(
        launch(app.rocket(|fairing| fairing)).await,
        Refused,
        "a risk that is none"
    );
}

#[rocket::async_test]
async fn settings_that_cannot_go_together_stop_the_launch() {
    let mut surprises = Vec::new();
    for settings in [
        vec![("login_url", "/same"), ("register_url", "/same")],
        vec![("login_url", "/same"), ("logout_url", "/same")],
        vec![("verify_url", "/same"), ("logout_url", "/same")],
        vec![("verify_url", "/login")],
        vec![("register_url", "/verify")],
    ] {
        let mut app = app();
        for (key, value) in &settings {
            app = app.set(&format!("security.{key}"), value);
        }
        let launched = launch(app.rocket(|fairing| fairing)).await;
        if launched != Refused {
            surprises.push((settings, launched));
        }
    }
    assert!(surprises.is_empty(), "{surprises:#?}");
    let app = app()
        .set("security.username_min_length", 20)
        .set("security.username_max_length", 10);
    assert_eq!(
        launch(app.rocket(|fairing| fairing)).await,
        Refused,
        "no user name could be long enough"
    );
    let app = support::app().set("security.username_required", true);
    assert_eq!(
        launch(app.rocket(|fairing| fairing)).await,
        Refused,
        "a name is required and there are none"
    );
}

/// The debug profile on a loopback address is development; each of the two alone can be left.
fn elsewhere(app: &App, public_address: bool) -> Rocket<Build> {
    let figment = match public_address {
        true => app.figment().merge(("address", "0.0.0.0")),
        false => app.figment().select("release"),
    };
    rocket::custom(figment).attach(SecurityFairing::new().clock(app.clock().clone()))
}

#[rocket::async_test]
async fn outside_development_keys_must_be_written() {
    let development = "development-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for public_address in [true, false] {
        assert_eq!(
            launch(elsewhere(&app(), public_address)).await,
            Starts,
            "with both"
        );
        for ring in ["security.secret_keys", "security.data_keys"] {
            let none: [&str; 0] = [];
            let app = app().set(ring, none);
            assert_eq!(
                launch(elsewhere(&app, public_address)).await,
                Refused,
                "without {ring}"
            );
            let app = support::app().set(ring, [development]);
            assert_eq!(
                launch(elsewhere(&app, public_address)).await,
                Refused,
                "{ring} of a developer"
            );
        }
    }
}

#[rocket::async_test]
async fn outside_development_a_weakness_must_be_accepted() {
    let weak: &[(&str, rocket::figment::value::Value)] = &[
        ("logout_csrf", false.into()),
        ("logout_methods", "GET".into()),
        ("return_generic_responses", false.into()),
        ("password_length_min", 6.into()),
        ("session_cookie_samesite", "None".into()),
        ("freshness", "off".into()),
        ("trusted_proxies", "0.0.0.0/0".into()),
    ];
    for (key, value) in weak {
        for public_address in [true, false] {
            let with = |risks: &[&str]| {
                app()
                    .set(&format!("security.{key}"), value)
                    .set("security.accepted_risks", risks)
            };
            let alone = with(&["argon2_memory_kib"]);
            assert_eq!(
                launch(elsewhere(&alone, public_address)).await,
                Refused,
                "{key} = {value:?}"
            );
            let accepted = with(&["argon2_memory_kib", key]);
            assert_eq!(
                launch(elsewhere(&accepted, public_address)).await,
                Starts,
                "{key} accepted"
            );
            // In development it is said and not refused.
            assert_eq!(
                launch(alone.rocket(|fairing| fairing)).await,
                Starts,
                "{key} in development"
            );
        }
    }
    let compat = || app().set("security.compat", "flask-security");
    assert_eq!(
        launch(elsewhere(&compat(), false)).await,
        Refused,
        "compat without its acknowledgement"
    );
    assert_eq!(
        launch(elsewhere(
            &compat().set("security.danger_compat_ack", true),
            false
        ))
        .await,
        Starts
    );
}
